//! What IAM's service model says about parameters that more than one action takes.

use super::super::form::{Text, is_word_or};

/// Letters of a user's name where it is made, and where a few later actions name it.
pub const NEW_USER: usize = 64;
/// Letters of a user's name everywhere else.
pub const USER: usize = 128;
pub const ROLE: usize = 64;
/// Also groups and instance profiles.
pub const POLICY: usize = 128;

pub const PATH_PREFIX: Text = Text {
    parameter: "PathPrefix",
    length: 1..=512,
    pattern: "\\u002F[\\u0021-\\u007F]*",
    allows: |letter| letter.is_ascii_graphic(),
};

pub const SERIAL_NUMBER: Text = Text {
    parameter: "SerialNumber",
    length: 9..=256,
    pattern: "[\\w+=/:,.@-]+",
    allows: |letter| is_word_or(letter, "+=/:,.@-"),
};

pub const ACCESS_KEY_ID: Text = Text {
    parameter: "AccessKeyId",
    length: 16..=128,
    pattern: "[\\w]+",
    allows: |letter| is_word_or(letter, ""),
};

pub const POLICY_ARN: Text = Text {
    parameter: "PolicyArn",
    length: 20..=2048,
    pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+",
    allows: |letter| matches!(letter, '\t' | '\n' | '\r' | '\u{85}') || !letter.is_control(),
};

const fn document(parameter: &'static str) -> Text {
    Text {
        parameter,
        length: 1..=131_072,
        pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
        allows: latin,
    }
}

pub const POLICY_DOCUMENT: Text = document("PolicyDocument");
pub const TRUST_DOCUMENT: Text = document("AssumeRolePolicyDocument");

pub const fn password(parameter: &'static str) -> Text {
    Text {
        parameter,
        length: 1..=128,
        pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
        allows: latin,
    }
}

fn latin(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')
}
