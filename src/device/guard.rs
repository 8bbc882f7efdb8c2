//! What a user loses with a device: pure, so that it can be said before it is done.

use crate::aws::Device;

/// One thing that stops working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// No other device of the user makes codes.
    LastOne,
    /// A section that is still good was made with it, and cannot be renewed.
    Section(String),
}

/// What goes with the device `serial` of a user who has `devices`. `sections` are those that are
/// good now, with the device each was made with.
pub fn losses(serial: &str, devices: &[Device], sections: &[(String, String)]) -> Vec<Loss> {
    let mut able = devices.iter().filter(|device| device.can_make_codes());
    let last = able.clone().any(|device| device.serial == serial)
        && able.all(|device| device.serial == serial);
    let made = sections.iter().filter(|(_, device)| device == serial);
    last.then_some(Loss::LastOne)
        .into_iter()
        .chain(made.map(|(section, _)| Loss::Section(section.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::aws::DeviceKind;

    const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";
    const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";
    const KEY: &str = "arn:aws:iam::123456789012:u2f/user/alice/key";

    fn devices(serials: &[&str]) -> Vec<Device> {
        let device = |serial: &&str| Device {
            serial: (*serial).to_owned(),
            enabled: Timestamp::UNIX_EPOCH,
            kind: DeviceKind::of_serial(serial),
        };
        serials.iter().map(device).collect()
    }

    #[test]
    fn the_last_device_that_makes_codes_and_what_it_made() {
        let sections = [("default-mfa".to_owned(), ALICE.to_owned())];
        let section = || Loss::Section("default-mfa".to_owned());
        for (serial, all, expected) in [
            (ALICE, &[ALICE][..], vec![Loss::LastOne, section()]),
            (ALICE, &[ALICE, KEY], vec![Loss::LastOne, section()]),
            (ALICE, &[ALICE, PHONE], vec![section()]),
            (PHONE, &[ALICE, PHONE], vec![]),
            (PHONE, &[PHONE], vec![Loss::LastOne]),
            // A device that is not enabled is nobody's last one.
            (PHONE, &[ALICE], vec![]),
            (PHONE, &[], vec![]),
            // A security key makes no codes: what is lost with it is not signing in here.
            (KEY, &[ALICE, KEY], vec![]),
            (KEY, &[KEY], vec![]),
        ] {
            assert_eq!(
                losses(serial, &devices(all), &sections),
                expected,
                "{serial} {all:?}"
            );
        }
    }
}
