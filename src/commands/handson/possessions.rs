//! What a user has besides the user itself, asked for in one round trip.

use super::none_if_gone;
use crate::aws::{Belonging, Holder, Situation, UserKey};
use crate::signin::{Obstacle, Operator};
use crate::ui::Ui;

/// What a user may have.
pub(super) struct Possessions {
    pub(super) keys: Vec<UserKey>,
    pub(super) devices: Vec<String>,
    pub(super) login_profile: bool,
    pub(super) attached: Vec<String>,
    pub(super) inline: Vec<String>,
    pub(super) belongings: Vec<Belonging>,
}

/// Asks for all of it at once.
///
/// # Errors
///
/// The first obstacle; a user who is gone has nothing.
pub(super) async fn possessions(
    operator: &Operator<'_>,
    ui: &Ui,
    user: &str,
) -> Result<Possessions, Obstacle> {
    let holder = Holder::User(user);
    let (keys, devices, login, attached, inline, groups, certificates, ssh_keys, services) = tokio::join!(
        operator.call(async |aws, key| aws.access_keys(key, user).await),
        operator.call(async |aws, key| aws.mfa_devices_of(key, Some(user)).await),
        operator.call(async |aws, key| aws.login_profile(key, user).await),
        operator.call(async |aws, key| aws.attached_policies(key, holder).await),
        operator.call(async |aws, key| aws.inline_policies(key, holder).await),
        operator.call(async |aws, key| aws.groups_of(key, user).await),
        operator.call(async |aws, key| aws.signing_certificates_of(key, user).await),
        operator.call(async |aws, key| aws.ssh_public_keys_of(key, user).await),
        operator.call(async |aws, key| aws.service_credentials_of(key, user).await),
    );
    let belongings = [
        none_if_gone(groups)?,
        none_if_untold(ui, "signing certificates", certificates)?,
        none_if_untold(ui, "SSH public keys", ssh_keys)?,
        none_if_untold(ui, "service credentials", services)?,
    ];
    let devices = none_if_gone(devices)?.into_iter();
    Ok(Possessions {
        keys: none_if_gone(keys)?,
        devices: devices.map(|device| device.serial).collect(),
        login_profile: none_if_gone(login)?.is_some(),
        attached: none_if_gone(attached)?,
        inline: none_if_gone(inline)?,
        belongings: belongings.concat(),
    })
}

/// The stand-ins for AWS that people practise on do not know every question. If there is such a thing
/// all the same, AWS refuses to delete the user.
fn none_if_untold(
    ui: &Ui,
    things: &str,
    outcome: Result<Vec<Belonging>, Obstacle>,
) -> Result<Vec<Belonging>, Obstacle> {
    match none_if_gone(outcome) {
        Err(obstacle)
            if matches!(
                obstacle.situation(),
                Some(Situation::Foreign { .. } | Situation::Other)
            ) =>
        {
            ui.note(&format!(
                "this endpoint does not tell whether the user has {things}"
            ));
            Ok(Vec::new())
        }
        outcome => outcome,
    }
}
