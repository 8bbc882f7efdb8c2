//! The actions of AWS IAM, version 2010-05-08.
//!
//! One function per action: constraints, permission, then the deed. Source: IAM API Reference.

use super::access;
use super::clock;
use super::form::{Check, Text, is_word_or};
use super::model::{Account, Device, Principal, User};
use super::refusal::Refusal;
use super::service::{Action, Api, Call};
use super::xml::Xml;

pub const API: Api = Api {
    service: "iam",
    name: "AWSIdentityManagementV20100508",
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    actions: &[
        Action {
            name: "GetUser",
            parameters: &["UserName"],
            run: get_user,
        },
        Action {
            name: "ListMFADevices",
            parameters: &["UserName", "Marker", "MaxItems"],
            run: list_mfa_devices,
        },
        Action {
            name: "ListUsers",
            parameters: &["PathPrefix", "Marker", "MaxItems"],
            run: list_users,
        },
    ],
};

const USER_NAME: Text = Text {
    parameter: "UserName",
    length: 1..=128,
    pattern: "[\\w+=,.@-]+",
    allows: |letter| is_word_or(letter, "+=,.@-"),
};

const PATH_PREFIX: Text = Text {
    parameter: "PathPrefix",
    length: 1..=512,
    pattern: "\\u002F[\\u0021-\\u007F]*",
    allows: |letter| letter.is_ascii_graphic(),
};

const MARKER: Text = Text {
    parameter: "Marker",
    length: 1..=320,
    pattern: "[\\u0020-\\u00FF]+",
    allows: |letter| ('\u{20}'..='\u{ff}').contains(&letter),
};

fn get_user(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.optional(&USER_NAME);
    check.done()?;
    let user = user_meant(call, named, "iam:GetUser")?;
    let account = call.world.account(&call.caller.account);
    let mut result = Xml::default();
    result.within("User", |xml| describe_user(xml, account, user));
    Ok(result)
}

fn list_users(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let prefix = check.optional(&PATH_PREFIX).unwrap_or("/");
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let account = call.world.account(&call.caller.account);
    let resource = account.arn(&format!("user{prefix}"));
    let request = access::Request {
        action: "iam:ListUsers",
        resource: &resource,
        shown: &resource,
    };
    access::allow(call.world, call.caller, call.now, &request)?;
    let users: Vec<&User> = account
        .users
        .values()
        .filter(|user| user.path.starts_with(prefix))
        .collect();
    let (shown, next) = page?.cut(&users)?;
    let mut result = Xml::default();
    result.within("Users", |xml| {
        for user in shown {
            xml.within("member", |xml| describe_user(xml, account, user));
        }
    });
    end_page(&mut result, next);
    Ok(result)
}

fn describe_user(xml: &mut Xml, account: &Account, user: &User) {
    xml.text("Path", &user.path)
        .text("UserName", &user.name)
        .text("UserId", &user.id)
        .text("Arn", account.user_arn(user))
        .text("CreateDate", clock::iso8601(user.created));
}

fn list_mfa_devices(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.optional(&USER_NAME);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let user = user_meant(call, named, "iam:ListMFADevices")?;
    let account = call.world.account(&call.caller.account);
    let devices: Vec<&Device> = account.devices_of(&user.name).collect();
    let mut result = Xml::default();
    let (shown, next) = page?.cut(&devices)?;
    result.within("MFADevices", |xml| {
        for device in shown {
            xml.within("member", |xml| {
                xml.text("UserName", &user.name)
                    .text("SerialNumber", &device.serial)
                    .text(
                        "EnableDate",
                        clock::iso8601(device.enabled.unwrap_or_default()),
                    );
            });
        }
    });
    end_page(&mut result, next);
    Ok(result)
}

/// The user a request is about, named or implied by the key, once the caller may do `action` to it.
fn user_meant<'c>(
    call: &'c Call<'_>,
    named: Option<&'c str>,
    action: &str,
) -> Result<&'c User, Refusal> {
    let name = match (named, &call.caller.principal) {
        (Some(name), _) => name,
        (None, Principal::User { name }) => name,
        (None, _) => {
            return Err(Refusal::validation(
                "Must specify userName when calling with non-User credentials",
            ));
        }
    };
    let account = call.world.account(&call.caller.account);
    let found = account.users.get(name);
    let resource = found.map_or_else(
        || account.arn(&format!("user/{name}")),
        |user| account.user_arn(user),
    );
    let request = access::Request {
        action,
        resource: &resource,
        shown: &format!("user {name}"),
    };
    access::allow(call.world, call.caller, call.now, &request)?;
    found.ok_or_else(|| {
        Refusal::no_such_entity(format!("The user with name {name} cannot be found."))
    })
}

/// What every list ends with.
fn end_page(result: &mut Xml, next: Option<String>) {
    result.text("IsTruncated", next.is_some().to_string());
    if let Some(next) = next {
        result.text("Marker", next);
    }
}

/// `Marker` and `MaxItems`, which every list action of IAM has.
struct Page {
    start: usize,
    count: usize,
}

impl Page {
    /// The outer result is the marker's, to be looked at after the constraints.
    fn read(check: &mut Check<'_>, usual: u64) -> Result<Self, Refusal> {
        let count = check.number("MaxItems", 1..=1000, usual) as usize;
        let start = match check.optional(&MARKER) {
            None => 0,
            Some(marker) => marker
                .strip_prefix("AAMA")
                .and_then(|place| place.parse().ok())
                .ok_or_else(|| Refusal::validation("Invalid Marker.").violation())?,
        };
        Ok(Self { start, count })
    }

    /// This page of `items`, and the marker of the next.
    fn cut<'i, T>(&self, items: &'i [T]) -> Result<(&'i [T], Option<String>), Refusal> {
        let rest = items
            .get(self.start..)
            .ok_or_else(|| Refusal::validation("Invalid Marker.").violation())?;
        let shown = &rest[..rest.len().min(self.count)];
        let end = self.start + shown.len();
        Ok((shown, (end < items.len()).then(|| format!("AAMA{end}"))))
    }
}
