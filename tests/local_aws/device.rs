//! One MFA device: its seed, which codes it can still spend, how far its clock has drifted.
//!
//! Time is passed in; whose device it is and who may ask is decided elsewhere.

use super::lag::Settling;
use super::model::InIam;
use super::totp;

/// Where, in steps from what AWS takes for the device's time, EnableMFADevice and ResyncMFADevice
/// look for the second code. AWS publishes no numbers; these were observed.
const SEARCH: std::ops::RangeInclusive<i64> = -998..=1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Virtual,
    Hardware,
    /// Passkeys and security keys: AWS lists both under `u2f/`.
    Passkey,
}

#[derive(Debug)]
pub struct Device {
    pub serial: String,
    pub kind: Kind,
    /// Empty for a device that makes no codes.
    pub seed: Vec<u8>,
    /// Enabled without a user: the root user's.
    pub user: Option<String>,
    pub enabled: Option<u64>,
    pub tags: Vec<(String, String)>,
    /// Until it can sign in.
    pub settling: Settling,
    /// How the lists show it until they know better.
    former: Option<Listed>,
    listing: Settling,
    pub in_iam: InIam,
    /// Steps by which the device is ahead of AWS, as far as AWS has been told.
    drift: i64,
    /// Time steps whose code was accepted; each can be spent once.
    spent: Vec<u64>,
    /// The second step of the latest pair; the next pair has to be newer.
    paired: u64,
}

/// A device as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub user: Option<String>,
    pub enabled: Option<u64>,
}

impl Device {
    pub fn new(serial: String, kind: Kind, seed: Vec<u8>) -> Self {
        Self {
            serial,
            kind,
            seed,
            user: None,
            enabled: None,
            tags: Vec::new(),
            settling: Settling::default(),
            former: None,
            listing: Settling::default(),
            in_iam: InIam::default(),
            drift: 0,
            spent: Vec::new(),
            paired: 0,
        }
    }

    /// The steps whose codes AWS accepts at `now`: the current one first, then its neighbours.
    fn window(&self, now: u64) -> [u64; 3] {
        let current = totp::step(now).saturating_add_signed(self.drift);
        [current, current + 1, current - 1]
    }

    /// The step that `code` belongs to, if it can be spent at `now`.
    pub fn accepts(&self, code: &str, now: u64) -> Option<u64> {
        self.window(now)
            .into_iter()
            .find(|step| self.fits(*step, code))
    }

    /// The first of the two consecutive steps that these codes belong to, in this order, if both
    /// are newer than the latest pair; that a code was signed in with does not matter. Codes of
    /// long ago are taken too, and leave the device out of step with AWS (IAM API Reference,
    /// EnableMFADevice, "Important").
    pub fn accepts_pair(&self, first: &str, second: &str, now: u64) -> Option<u64> {
        let current = totp::step(now).saturating_add_signed(self.drift);
        SEARCH
            .map(|steps| current.saturating_add_signed(steps) - 1)
            .filter(|step| *step > self.paired)
            .find(|step| self.makes(*step, first) && self.makes(step + 1, second))
    }

    fn fits(&self, step: u64, code: &str) -> bool {
        self.makes(step, code) && !self.spent.contains(&step)
    }

    fn makes(&self, step: u64, code: &str) -> bool {
        self.kind != Kind::Passkey && totp::code(&self.seed, step) == code
    }

    pub fn spend(&mut self, step: u64) {
        self.spent.push(step);
    }

    /// Spends both codes of a pair and learns from it how far the device's clock is off. AWS would
    /// still let them sign in, once each; here a client must not count on it.
    pub fn synchronise(&mut self, first_step: u64, now: u64) {
        let drift = (first_step + 1) as i64 - totp::step(now) as i64;
        self.drift = if drift.abs() <= 1 { 0 } else { drift };
        self.paired = first_step + 1;
        self.spent.extend([first_step, first_step + 1]);
    }

    /// As the lists show it; `None` if they do not show it yet. Counts as a look.
    pub fn listed(&self, now: u64) -> Option<Listed> {
        match self.listing.settled(now) {
            true => Some(self.as_it_is()),
            false => self.former.clone(),
        }
    }

    /// Has the lists show it as until now for as long as `listing` says, whatever changes next.
    pub fn lag_behind(&mut self, listing: Settling, now: u64) {
        if self.listing.is_over(now) {
            self.former = Some(self.as_it_is());
        }
        self.listing = listing;
    }

    /// Has the lists not show it at all for as long as `listing` says.
    pub fn appear_after(&mut self, listing: Settling) {
        self.listing = listing;
    }

    fn as_it_is(&self) -> Listed {
        Listed {
            user: self.user.clone(),
            enabled: self.enabled,
        }
    }

    /// Forgets whose it was; the seed and what was spent of it stay.
    pub fn release(&mut self) {
        self.user = None;
        self.enabled = None;
        self.settling = Settling::default();
    }

    /// A code that would be accepted at `now`, the one that stays good longest.
    pub fn unspent(&self, now: u64) -> Option<String> {
        self.window(now)
            .into_iter()
            .map(|step| totp::code(&self.seed, step))
            .find(|code| self.accepts(code, now).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::lag::{Lag, Lags, New};
    use super::*;

    const NOW: u64 = 3_000_000;

    fn device() -> Device {
        Device::new("GAHT12345678".into(), Kind::Hardware, vec![7; 20])
    }

    fn code(steps: i64) -> String {
        totp::code(&[7; 20], totp::step(NOW).saturating_add_signed(steps))
    }

    #[test]
    fn a_pair_is_two_consecutive_codes_in_their_order_and_newer_than_the_last() {
        let mut device = device();
        let accepted = |device: &Device, first, second| {
            device
                .accepts_pair(&code(first), &code(second), NOW)
                .is_some()
        };
        assert!(accepted(&device, -1, 0) && accepted(&device, 0, 1));
        assert!(accepted(&device, -999, -998) && accepted(&device, 999, 1_000));
        for (first, second) in [(0, 0), (0, -1), (-1, 1), (-1_000, -999), (1_000, 1_001)] {
            assert!(!accepted(&device, first, second), "{first} {second}");
        }
        device.spend(totp::step(NOW));
        assert!(accepted(&device, -1, 0), "signing in is another matter");
        device.synchronise(totp::step(NOW) - 1, NOW);
        assert!(!accepted(&device, -1, 0) && !accepted(&device, 0, 1));
        assert!(accepted(&device, 1, 2));
    }

    #[test]
    fn the_lists_show_a_device_as_it_was_until_they_know_better() {
        let mut lags = Lags::default();
        lags.set(New::DeviceListing, Some(Lag::Requests(1)));
        let mut device = device();
        device.appear_after(lags.start(New::DeviceListing, NOW));
        device.lag_behind(lags.start(New::DeviceListing, NOW), NOW);
        device.enabled = Some(NOW);
        assert_eq!(device.listed(NOW), None);
        assert_eq!(device.listed(NOW).unwrap().enabled, Some(NOW));
        device.lag_behind(lags.start(New::DeviceListing, NOW), NOW);
        device.release();
        assert_eq!(device.listed(NOW).unwrap().enabled, Some(NOW));
        assert_eq!(device.listed(NOW).unwrap().enabled, None);
    }

    #[test]
    fn a_drifted_device_is_refused_until_it_is_synchronised() {
        let mut device = device();
        assert_eq!(device.accepts(&code(10), NOW), None);
        let pair = device.accepts_pair(&code(9), &code(10), NOW).unwrap();
        device.synchronise(pair, NOW);
        assert_eq!(device.accepts(&code(10), NOW), None, "spent by the pair");
        assert!(device.accepts(&code(11), NOW).is_some());
        assert_eq!(device.accepts(&code(0), NOW), None);
    }
}
