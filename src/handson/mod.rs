//! The hands-on user: somebody without any permission, whose key may lie on a laptop, and a role
//! that only this user can put on, and only with a code.
//!
//! Pure: nothing here asks AWS, reads a file or prints. [`tags`] says by what AWS can be told what is
//! ours, [`trust`] whom the role trusts, [`files`] which sections of the user's two files belong to
//! it. [`up`] and [`down`] are the order in which it is put up and taken down, as functions of what is
//! seen; [`crate::commands`] looks, does and looks again.
//!
//! There is no list of hands-on users anywhere but at AWS: what carries the tags is one. What a run
//! that is cut short has left there in doubt is a [`note`].

pub mod down;
pub mod files;
pub mod note;
pub mod tags;
pub mod trust;
pub mod up;

/// What a role's description says, which is the only thing about it that AWS's list of roles shows.
pub fn description(user: &str) -> String {
    format!("{DESCRIPTION}{user}")
}

/// The user of a role with this description.
pub fn described(description: &str) -> Option<&str> {
    description.strip_prefix(DESCRIPTION)
}

const DESCRIPTION: &str = "awsmfa handson: with a code, for user ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_leads_back_to_the_user() {
        assert_eq!(described(&description("alice")), Some("alice"));
        assert_eq!(described("for the build"), None);
    }
}
