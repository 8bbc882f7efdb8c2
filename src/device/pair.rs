//! Two codes in a row, which AWS wants to see before it believes a device.
//!
//! What can be known here is told here: that both are the same, and where the seed is known, that
//! a code is of another device, or of another half minute than the one after the first.

use jiff::Timestamp;

use super::totp::{Seed, start_of, step_of};
use crate::code::Code;

/// The first code, and what is known about it.
#[derive(Clone, Debug)]
pub struct Pair<'s> {
    seed: Option<&'s Seed>,
    first: Code,
    /// The step of the first code by the device's clock: known by the seed, else taken for AWS's.
    step: i64,
    /// The step that AWS was in when it was given.
    given: i64,
}

/// Why a code is none of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The device with this seed makes no such code now.
    OtherDevice,
    /// The same as the first.
    Same,
    /// Of an earlier half minute than the first.
    Before,
    /// Of a later one than the next: it can be the first of a new pair.
    TooLate,
}

impl Wrong {
    /// What is the matter, for the person who typed it.
    pub const fn words(self) -> &'static str {
        match self {
            Wrong::OtherDevice => {
                "this is no code of the new device: has the app taken over this very QR code or seed?"
            }
            Wrong::Same => "that is the first code again: wait until the device shows the next one",
            Wrong::Before => {
                "that is an older code than the first one: two in a row are wanted, in their order"
            }
            Wrong::TooLate => "that is not the code right after the first one",
        }
    }
}

impl<'s> Pair<'s> {
    /// Begins with a code that was given at `now`, by AWS's clock.
    ///
    /// # Errors
    ///
    /// [`Wrong::OtherDevice`] where the seed is known.
    pub fn begin(first: Code, seed: Option<&'s Seed>, now: Timestamp) -> Result<Self, Wrong> {
        let step = match seed {
            Some(seed) => seed.step_of_code(&first, now).ok_or(Wrong::OtherDevice)?,
            None => step_of(now),
        };
        Ok(Self {
            seed,
            first,
            step,
            given: step_of(now),
        })
    }

    /// From when on the device shows the second code. One that was typed late has been followed
    /// already; a device whose clock is ahead changes its code as often as any other.
    pub fn second_from(&self) -> Timestamp {
        match self.step < self.given {
            true => start_of(self.given),
            false => start_of(self.given + 1),
        }
    }

    /// The step of the second code, where the seed tells it.
    pub fn second_step(&self) -> Option<i64> {
        self.seed.map(|_| self.step + 1)
    }

    /// Whether `second` can follow the first.
    ///
    /// # Errors
    ///
    /// Why it cannot, as far as that is known here.
    pub fn check(&self, second: &Code, now: Timestamp) -> Result<(), Wrong> {
        if self.first.is_same(second) {
            return Err(Wrong::Same);
        }
        let Some(seed) = self.seed else {
            return Ok(());
        };
        match seed.step_of_code(second, now).ok_or(Wrong::OtherDevice)? - self.step {
            1 => Ok(()),
            ..1 => Err(Wrong::Before),
            _ => Err(Wrong::TooLate),
        }
    }

    pub fn into_first(self) -> Code {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    /// The seed of RFC 6238, appendix B, whose codes at 1111111109 and 1111111111 are known and
    /// follow one another.
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const FIRST: &str = "081804";
    const SECOND: &str = "050471";

    fn code(text: &str) -> Code {
        Code::parse(text).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn with_the_seed_everything_about_a_pair_is_known() {
        let seed = Seed::from_base32(&Secret::new(SEED)).unwrap();
        let begin = |first| Pair::begin(code(first), Some(&seed), at(1_111_111_109));
        let pair = begin(FIRST).unwrap();
        assert_eq!(pair.second_from(), at(1_111_111_110));
        let now = at(1_111_111_111);
        assert_eq!(pair.check(&code(SECOND), now), Ok(()));
        assert_eq!(pair.check(&code(FIRST), now), Err(Wrong::Same));
        assert_eq!(pair.check(&code("000000"), now), Err(Wrong::OtherDevice));
        let late = Pair::begin(code(FIRST), Some(&seed), now).unwrap();
        assert_eq!(late.second_from(), at(1_111_111_110), "it is there already");
        let backwards = begin(SECOND).unwrap();
        assert_eq!(backwards.second_from(), at(1_111_111_110));
        assert_eq!(backwards.check(&code(FIRST), now), Err(Wrong::Before));
        assert_eq!(begin("000000").unwrap_err(), Wrong::OtherDevice);
    }

    #[test]
    fn without_the_seed_only_equal_codes_are_known_to_be_wrong() {
        let pair = Pair::begin(code("111111"), None, at(59)).unwrap();
        assert_eq!(pair.second_from(), at(60));
        assert_eq!(pair.check(&code("111 111"), at(61)), Err(Wrong::Same));
        assert_eq!(pair.check(&code("222222"), at(61)), Ok(()));
    }
}
