//! What a set-up asks the person to agree to: a device that is replaced, and the line in the profile.
//! And what can be done with the device that was there, where it is not replaced.

use super::course::Course;
use crate::consent;
use crate::failure::{Failure, Kind, Result};
use crate::signin;
use crate::terminal::Terminal;

impl Course<'_> {
    /// Consent is refused before the first deed, where there is nobody to give it.
    pub(super) fn consent_can_be_had(&self) -> Result<()> {
        let line = self.serial_line()?;
        if let (Some(line), false, Err(_)) = (line, self.yes, Terminal::open(self.ui)) {
            return Err(Failure::new(
                Kind::Configuration,
                format!(
                    "to write `mfa_serial` into profile {} needs consent, and there is no terminal to ask for it",
                    line.profile
                ),
            )
            .at(line.file.display())
            .next("agree with `--yes`"));
        }
        Ok(())
    }

    pub(super) async fn consent_to_replace(&self) -> Result<()> {
        let serial = &self.serial;
        let what = format!(
            "replace device {serial}, which was created before and never enabled, by a new one"
        );
        consent::obtain(self.ui, self.yes, &what)
            .await
            .map_err(|failure| match failure.kind() {
                Kind::Configuration => failure.next(format!(
                    "if an app has its seed: `{}` enables it as it is",
                    self.with_codes()
                )),
                _ => failure,
            })
    }

    /// Of a device that is waiting, the file in the way may hold the seed.
    pub(super) fn with_file_of_before(&self, failure: Failure) -> Failure {
        if !self.handing.file_is_there() {
            return failure;
        }
        failure
            .next(format!(
                "if it holds the seed of device {}, which was created before and never enabled: `{}` enables it",
                self.serial,
                self.with_codes()
            ))
            .next("else remove the file and run the same again: the device is replaced")
    }

    /// The same command for whoever has the seed.
    pub(super) fn with_codes(&self) -> String {
        let setup = self.spelled.command("mfa setup");
        format!("{setup} --code1 CODE --code2 CODE")
    }

    /// Where the device would have to be written; `None` where it is, or shall not be.
    pub(super) fn serial_line(&self) -> Result<Option<signin::SerialLine>> {
        match &self.request {
            Some(request) => signin::serial_line(self.context, request, &self.serial),
            None => Ok(None),
        }
    }

    /// Writes the device into the profile; `None` where the person does not want that.
    pub(super) async fn write_serial(&self) -> Result<Option<String>> {
        let (Some(line), Some(request)) = (self.serial_line()?, &self.request) else {
            return Ok(None);
        };
        let file = line.file.display().to_string();
        let profile = &line.profile;
        let what = match &line.present {
            Some(other) => {
                format!(
                    "replace `mfa_serial = {other}` of profile {profile} in {file} by the new device"
                )
            }
            None => format!("write `mfa_serial` of profile {profile} into {file}"),
        };
        match consent::obtain(self.ui, self.yes, &what).await {
            Err(failure) if failure.kind() == Kind::Configuration => {
                self.ui
                    .note(&format!("to do it yourself: mfa_serial = {}", self.serial));
                return Ok(None);
            }
            agreed => agreed?,
        }
        let (context, ui) = (self.context, self.ui);
        signin::write_serial(context, ui, request, &line, &self.serial, self.timeout).await?;
        self.errand
            .done(format!("mfa_serial of profile {profile} is in {file}"));
        Ok(Some(file))
    }
}
