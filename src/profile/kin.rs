//! The role profiles that one base opens: for signing in to all of them at once.

use super::names::LONG_TERM;
use super::settings::Shared;
use super::{Files, Plan, Request, resolve, rewire};
use crate::context::Context;
use crate::failure::Result;

/// How many profiles a way to the key may lead over before it is taken for a circle.
const FAR: usize = 64;

/// Every profile whose roles are assumed from `base`, in file order, with its plan, or why it has
/// none. `request` says what the command line said; its profile is not looked at.
pub fn kin(
    context: &Context,
    files: &Files,
    base: &str,
    request: &Request,
) -> Vec<(String, Result<Plan>)> {
    let shared = Shared::new(files);
    let named = |name: &str| Request {
        profile: Some(name.to_owned()),
        ..request.clone()
    };
    let names = shared.names().into_iter();
    names
        .filter_map(|name| match resolve(context, files, &named(name)) {
            // A section of ours leads to the profile that it was made for, which is listed itself.
            Ok(plan) if plan.profile.value != name => None,
            Ok(plan) => {
                let is_kin = !plan.roles.is_empty() && plan.base.as_deref() == Some(base);
                is_kin.then(|| (name.to_owned(), Ok(plan)))
            }
            Err(failure) => leads_to(&shared, name, base).then(|| (name.to_owned(), Err(failure))),
        })
        .collect()
}

/// Whether a profile that does not add up was meant to have its role from `base`.
fn leads_to(shared: &Shared<'_>, name: &str, base: &str) -> bool {
    let mut at = name.to_owned();
    let has_role = |name: &str| {
        let profile = shared.profile(name);
        profile.is_some_and(|profile| profile.has("role_arn"))
    };
    for _ in 0..FAR {
        if !has_role(&at) {
            return false;
        }
        let Some(settings) = shared.profile(&at) else {
            return false;
        };
        let Some(next) = rewire::base(shared, &settings) else {
            return false;
        };
        let next = next.text.into_owned();
        if next == base || next.strip_suffix(LONG_TERM) == Some(base) {
            return true;
        }
        at = next;
    }
    false
}
