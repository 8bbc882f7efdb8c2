//! What a set-up asks the person to agree to: a device that is replaced, and the line in the profile.

use super::course::Course;
use crate::consent;
use crate::failure::{Failure, Kind, Result};
use crate::signin;
use crate::terminal::Terminal;

impl Course<'_> {
    /// Consent is refused before the first deed, where there is nobody to give it.
    pub(super) fn consent_can_be_had(&self) -> Result<()> {
        let wiring = self.wiring()?;
        if let (Some(wiring), false, Err(_)) = (wiring, self.yes, Terminal::open(self.ui)) {
            return Err(Failure::new(
                Kind::Configuration,
                format!(
                    "to write `mfa_serial` into profile {} needs consent, and there is no terminal to ask for it",
                    wiring.profile
                ),
            )
            .at(wiring.file.display())
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
                Kind::Configuration => failure.next("if an app has its seed: `awsmfa mfa setup --code1 CODE --code2 CODE` enables it as it is"),
                _ => failure,
            })
    }

    /// Where the device would have to be written; `None` where it is, or shall not be.
    pub(super) fn wiring(&self) -> Result<Option<signin::Wiring>> {
        match &self.request {
            Some(request) => signin::wiring(self.context, request, &self.serial),
            None => Ok(None),
        }
    }

    /// Writes the device into the profile; `None` where the person does not want that.
    pub(super) async fn wire(&self) -> Result<Option<String>> {
        let (Some(wiring), Some(request)) = (self.wiring()?, &self.request) else {
            return Ok(None);
        };
        let file = wiring.file.display().to_string();
        let profile = &wiring.profile;
        let what = match &wiring.present {
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
        signin::wire(context, ui, request, &wiring, &self.serial, self.timeout).await?;
        self.errand
            .done(format!("mfa_serial of profile {profile} is in {file}"));
        Ok(Some(file))
    }
}
