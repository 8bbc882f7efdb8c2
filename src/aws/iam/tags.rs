//! Tags, as they go out and come in (IAM User Guide, "Tags for IAM resources").

use aws_sdk_iam::types;

/// A key, unique without regard to case, and its value. Both may hold letters, digits, blanks and
/// `_.:/=+-@`: 128 characters the key, 256 the value.
pub type Tag = (String, String);

/// `None` for no tags at all, which the SDK then does not mention.
pub(super) fn sdk_tags(tags: &[Tag]) -> Option<Vec<types::Tag>> {
    let tag = |(key, value): &Tag| {
        let tag = types::Tag::builder().key(key).value(value).build();
        tag.expect("key and value are given")
    };
    (!tags.is_empty()).then(|| tags.iter().map(tag).collect())
}

pub(super) fn tags_of(found: Option<Vec<types::Tag>>) -> Vec<Tag> {
    let found = found.unwrap_or_default().into_iter();
    found.map(|tag| (tag.key, tag.value)).collect()
}
