//! The documents about a new key: the one with its secret, and the one without.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::list::status;
use crate::aws::NewKey;
use crate::failure::{Failure, Kind, Result};
use crate::profile;

/// What AWS CLI's `create-access-key` prints.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document<'a> {
    access_key: Part<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Part<'a> {
    user_name: &'a str,
    access_key_id: &'a str,
    status: &'a str,
    secret_access_key: &'a str,
    create_date: String,
}

/// What `--output json` prints beside `--to`. There is no secret in it.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    action: &'static str,
    user_name: &'a str,
    access_key_id: &'a str,
    status: &'static str,
    create_date: String,
    profile: &'a str,
    file: String,
}

/// Room for the document, so that it is not moved about in memory.
const ROOM: usize = 4096;

impl<'a> Document<'a> {
    pub(super) fn of(new: &'a NewKey) -> Self {
        Self {
            access_key: Part {
                user_name: &new.user,
                access_key_id: &new.key.id,
                status: status(true),
                secret_access_key: new.key.secret.expose(),
                create_date: spell(new.created),
            },
        }
    }

    pub(super) fn print(&self) -> Result<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        serde_json::to_writer_pretty(&mut *bytes, self).map_err(|error| {
            Failure::new(Kind::Internal, "the key could not be put into a document").because(error)
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

impl<'a> Report<'a> {
    pub(super) fn of(
        user: &'a str,
        id: &'a str,
        created: Timestamp,
        profile: &'a str,
        file: &Path,
    ) -> Self {
        Self {
            action: "created",
            user_name: user,
            access_key_id: id,
            status: status(true),
            create_date: profile::spell_expiration(created),
            profile,
            file: file.display().to_string(),
        }
    }
}

/// As the AWS CLI spells a date: RFC 3339 with `+00:00`.
fn spell(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}
