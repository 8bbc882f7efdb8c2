//! The order in which a device is set up, as a step machine: what is seen says what is next.
//!
//! Nothing needs to be remembered between two runs. AWS shows whether the device is there and
//! whether it is enabled, the config file whether the profile names it. What nobody can show is the
//! seed: it is told once, so a device that was created by a run that is over cannot be handed to an
//! authenticator any more. It is enabled if its codes are given, and else gives way to a new one.

/// Where the device is, by what AWS shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// There is none of this name, or it cannot be seen.
    Absent,
    /// It was created, and nobody has enabled it; or it cannot be seen, and its codes were given.
    Waiting,
    /// It is the user's.
    Enabled,
}

/// All that the next step depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    pub device: Seen,
    /// The seed was told to this run.
    pub seed_known: bool,
    /// Both codes were given beforehand, so the seed is in an authenticator already.
    pub codes_given: bool,
    /// The profile names this device, or shall not.
    pub in_profile: bool,
    /// The person wants no credentials, or there is nobody to make a code for them.
    pub no_login: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Create the device and hand its seed over.
    Create,
    /// Delete the device whose seed is lost.
    Delete,
    /// Get two codes and enable the device with them.
    Enable,
    /// Write the device into the profile.
    WriteSerial,
    /// Get credentials with the next code.
    SignIn,
    /// Nothing: everything is there.
    Done,
    /// Nothing can be done: codes were given and there is no device that they could be of.
    NothingToEnable,
}

/// The step that follows from what is seen.
pub fn next(observed: &Observed) -> Step {
    let Observed {
        device,
        seed_known,
        codes_given,
        in_profile,
        no_login,
    } = *observed;
    match device {
        // What was created is there, whatever the lists say.
        Seen::Absent if seed_known => Step::Enable,
        Seen::Absent if codes_given => Step::NothingToEnable,
        Seen::Absent => Step::Create,
        Seen::Waiting if seed_known || codes_given => Step::Enable,
        Seen::Waiting => Step::Delete,
        Seen::Enabled if !in_profile => Step::WriteSerial,
        Seen::Enabled if !no_login => Step::SignIn,
        Seen::Enabled => Step::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: [Seen; 3] = [Seen::Absent, Seen::Waiting, Seen::Enabled];

    fn all() -> impl Iterator<Item = Observed> {
        SEEN.into_iter().flat_map(|device| {
            (0..16).map(move |bits| Observed {
                device,
                seed_known: bits & 1 > 0,
                codes_given: bits & 2 > 0,
                in_profile: bits & 4 > 0,
                no_login: bits & 8 > 0,
            })
        })
    }

    /// What a step changes if it is carried out.
    fn after(observed: Observed, step: Step) -> Observed {
        match step {
            Step::Create => Observed {
                device: Seen::Waiting,
                seed_known: true,
                ..observed
            },
            Step::Delete => Observed {
                device: Seen::Absent,
                seed_known: false,
                ..observed
            },
            Step::Enable => Observed {
                device: Seen::Enabled,
                ..observed
            },
            Step::WriteSerial => Observed {
                in_profile: true,
                ..observed
            },
            Step::SignIn => Observed {
                no_login: true,
                ..observed
            },
            Step::Done | Step::NothingToEnable => observed,
        }
    }

    fn ends_at(mut observed: Observed) -> (Seen, Step, usize) {
        for steps in 0..10 {
            match next(&observed) {
                step @ (Step::Done | Step::NothingToEnable) => {
                    return (observed.device, step, steps);
                }
                step => observed = after(observed, step),
            }
        }
        panic!("{observed:?} leads nowhere");
    }

    #[test]
    fn from_whatever_is_seen_the_way_leads_to_an_enabled_device() {
        for observed in all() {
            let (device, step, steps) = ends_at(observed);
            let unseen = observed.device == Seen::Absent && !observed.seed_known;
            if observed.codes_given && unseen {
                assert_eq!((step, steps), (Step::NothingToEnable, 0));
            } else {
                assert_eq!((device, step), (Seen::Enabled, Step::Done), "{observed:?}");
                assert!(steps <= 5, "{observed:?}");
            }
        }
    }

    #[test]
    fn cut_off_before_or_after_any_step_the_next_run_ends_in_the_same_state() {
        for start in all().filter(|start| !start.seed_known && !start.codes_given) {
            let undisturbed = ends_at(start);
            let mut observed = start;
            loop {
                let step = next(&observed);
                if step == Step::Done {
                    break;
                }
                // Whether it was carried out or not: the next run does not know the seed.
                for left in [observed, after(observed, step)] {
                    let again = Observed {
                        seed_known: false,
                        ..left
                    };
                    let (device, end, _) = ends_at(again);
                    assert_eq!((device, end), (undisturbed.0, undisturbed.1), "{left:?}");
                }
                observed = after(observed, step);
            }
        }
    }

    #[test]
    fn a_device_that_is_enabled_is_never_touched_again() {
        for observed in all().filter(|observed| observed.device == Seen::Enabled) {
            assert!(matches!(
                next(&observed),
                Step::WriteSerial | Step::SignIn | Step::Done
            ));
        }
    }

    #[test]
    fn a_device_whose_seed_is_at_hand_is_not_thrown_away() {
        for (device, seed_known, codes_given) in [
            (Seen::Waiting, true, false),
            (Seen::Waiting, false, true),
            // The lists do not show it yet.
            (Seen::Absent, true, false),
        ] {
            let observed = Observed {
                device,
                seed_known,
                codes_given,
                in_profile: false,
                no_login: false,
            };
            assert_eq!(next(&observed), Step::Enable);
        }
    }
}
