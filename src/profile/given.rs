//! What was said on a command line about the role: on this one, or on the one that made a section
//! of ours and is recorded there.
//!
//! It is meant for one role, the first on the way back; [`super::follow`] hands it over there.

use super::{Marks, Origin, Request, Sourced};

/// What a command line says about the role, this one's or the one recorded in a section.
#[derive(Default)]
pub(super) struct Given {
    pub(super) role_arn: Option<Sourced<String>>,
    pub(super) external_id: Option<Sourced<String>>,
    pub(super) session_name: Option<Sourced<String>>,
}

impl Given {
    pub(super) fn by_flags(request: &Request) -> Self {
        let flag = |value: &Option<String>, name| {
            let value = value.clone()?;
            Some(Sourced::new(value, Origin::Flag(name)))
        };
        Self {
            role_arn: flag(&request.role_arn, "--role-arn"),
            external_id: flag(&request.external_id, "--external-id"),
            session_name: flag(&request.role_session_name, "--role-session-name"),
        }
    }

    /// What the section recorded, where nothing stronger was said. Another role than the recorded
    /// one takes nothing that was meant for that.
    pub(super) fn or_recorded(&mut self, section: &str, marks: &Marks) {
        if self.role_arn.is_some() {
            return;
        }
        let recorded = |value: &Option<String>| {
            let value = value.clone()?;
            Some(Sourced::new(value, Origin::Section(section.to_owned())))
        };
        if marks.role_from_flag {
            self.role_arn = recorded(&marks.role_arn);
        }
        self.external_id = self
            .external_id
            .take()
            .or_else(|| recorded(&marks.external_id));
        self.session_name = self
            .session_name
            .take()
            .or_else(|| recorded(&marks.session_name));
    }
}
