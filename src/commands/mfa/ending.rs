//! The end of a set-up: whether a sign-in follows, and when there is a code for it.
//!
//! The sign-in itself is [`crate::commands::login`]'s, after the course is over.

use super::course::Course;
use crate::failure::Result;
use crate::spelled::word;
use crate::terminal::Terminal;

impl Course<'_> {
    /// Whether anybody can make a code for the sign-in.
    pub(super) fn can_sign_in(&self) -> bool {
        self.operator.plan().mfa_process.is_some() || Terminal::open(self.ui).is_ok()
    }

    pub(super) async fn before_the_end(&self, sign_in: bool) -> Result<()> {
        if sign_in {
            return self.await_unspent_code().await;
        }
        if !self.no_login {
            let profile = &self.operator.plan().profile.value;
            self.ui.note(&format!(
                "there is nobody to ask for the next code: `awsmfa -p {} CODE` signs in",
                word(profile)
            ));
        }
        Ok(())
    }

    /// The code that the device shows was the second one, if this run has asked for it.
    async fn await_unspent_code(&self) -> Result<()> {
        let Some(next) = self.next_code.get() else {
            return Ok(());
        };
        let terminal = Terminal::open(self.ui).ok();
        self.clerk().wait_until(next, terminal.as_ref()).await
    }

    pub(super) fn nothing_to_do(&self) {
        let Self { serial, user, .. } = self;
        self.ui.say(&format!(
            "nothing to do: device {serial} of {user} is enabled already"
        ));
    }
}
