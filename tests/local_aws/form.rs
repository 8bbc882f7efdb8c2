//! The parameters of one request: form decoding, and the constraints of AWS's service models with
//! the sentences AWS answers when they are not met.
//!
//! Strict where AWS is lenient: a parameter given twice, one the action does not have, or an empty
//! one is refused. A correct client sends none of these.

use super::refusal::Refusal;
use super::sigv4::percent_decoded;

#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` text.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let malformed = |why: &str| {
            Refusal::new(
                404,
                "MalformedQueryString",
                format!("The query string contains a syntax error: {why}"),
            )
            .violation()
        };
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| malformed("a parameter without a value"))?;
            let decode = |text: &str| {
                percent_decoded(&text.replace('+', " "))
                    .and_then(|bytes| String::from_utf8(bytes).ok())
                    .ok_or_else(|| malformed("a bad percent escape"))
            };
            let (name, value) = (decode(name)?, decode(value)?);
            if pairs.iter().any(|(present, _)| *present == name) {
                return Err(malformed(&format!("'{name}' occurs more than once")));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(present, _)| present == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Refuses any parameter outside `known` (besides Action and Version). A number as a step of a
    /// name is written `N` there: `Tags.member.N.Key`.
    pub fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let unknown = self.0.iter().map(|(name, _)| name).find(|name| {
            let general: Vec<&str> = name
                .split('.')
                .map(|step| {
                    if step.bytes().all(|byte| byte.is_ascii_digit()) && !step.is_empty() {
                        "N"
                    } else {
                        step
                    }
                })
                .collect();
            let general = general.join(".");
            !["Action", "Version"].contains(&general.as_str()) && !known.contains(&general.as_str())
        });
        match unknown {
            Some(name) => Err(Refusal::new(
                400,
                "MalformedInput",
                format!("Unexpected parameter '{name}'"),
            )
            .violation()),
            None => Ok(()),
        }
    }
}

/// What a service model says about a string member.
#[derive(Debug)]
pub struct Text {
    pub parameter: &'static str,
    pub length: std::ops::RangeInclusive<usize>,
    /// As AWS quotes it.
    pub pattern: &'static str,
    /// What the pattern means.
    pub allows: fn(char) -> bool,
}

/// Collects every unmet constraint, as AWS does: all of them are reported at once.
#[derive(Debug)]
pub struct Check<'a> {
    form: &'a Form,
    unmet: Vec<String>,
    /// IAM looks at the letters of a name only once everything else is met, and says so otherwise.
    misnamed: Option<String>,
    /// What cannot even be read as what it should be.
    malformed: Option<String>,
}

impl<'a> Check<'a> {
    pub fn new(form: &'a Form) -> Self {
        Self {
            form,
            unmet: Vec::new(),
            misnamed: None,
            malformed: None,
        }
    }

    /// The name of a user, role, policy and the like, of at most that many letters.
    pub fn name(&mut self, parameter: &str, most: usize) -> Option<&'a str> {
        let value = self.form.get(parameter)?;
        self.at_most(parameter, value, most);
        if value.is_empty() || !value.chars().all(|letter| is_word_or(letter, "+=,.@-")) {
            self.misnamed(
                parameter,
                "It must contain only alphanumeric characters and/or the following: +=,.@_-",
            );
        }
        Some(value)
    }

    /// A name that must be there.
    pub fn required_name(&mut self, parameter: &str, most: usize) -> &'a str {
        self.name(parameter, most).unwrap_or_else(|| {
            self.fail(parameter, None, "Member must not be null");
            ""
        })
    }

    /// `/`, or `/one/or/more/`.
    pub fn path(&mut self, parameter: &str) -> &'a str {
        let value = self.form.get(parameter).unwrap_or("/");
        self.at_most(parameter, value, 512);
        let inside = value
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'));
        let graphic =
            |inside: &str| !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_graphic());
        if value != "/" && !inside.is_some_and(graphic) {
            self.misnamed(
                parameter,
                "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
            );
        }
        value
    }

    /// One of a few words.
    pub fn one_of(&mut self, parameter: &str, words: &[&str]) -> Option<&'a str> {
        let value = self.form.get(parameter)?;
        if !words.contains(&value) {
            let constraint = format!("Member must satisfy enum value set: [{}]", words.join(", "));
            self.fail(parameter, Some(value), &constraint);
        }
        Some(value)
    }

    /// One of a few words that must be there.
    pub fn required_one_of(&mut self, parameter: &str, words: &[&str]) -> &'a str {
        self.one_of(parameter, words).unwrap_or_else(|| {
            self.fail(parameter, None, "Member must not be null");
            ""
        })
    }

    /// `true` or `false`; AWS takes `1` and `0`, too, and nothing else.
    pub fn boolean(&mut self, parameter: &str) -> Option<bool> {
        let value = self.form.get(parameter)?;
        if !["true", "false", "1", "0"].contains(&value) {
            self.malformed = Some(format!("'{value}' is not a valid boolean"));
        }
        Some(["true", "1"].contains(&value))
    }

    fn at_most(&mut self, parameter: &str, value: &str, most: usize) {
        if value.chars().count() > most {
            let constraint = format!("Member must have length less than or equal to {most}");
            self.fail(parameter, Some(value), &constraint);
        }
    }

    fn misnamed(&mut self, parameter: &str, rule: &str) {
        let member = member_name(parameter);
        let message = format!("The specified value for {member} is invalid. {rule}");
        self.misnamed.get_or_insert(message);
    }

    /// A string that may be absent.
    pub fn optional(&mut self, rule: &Text) -> Option<&'a str> {
        self.text(rule.parameter, rule)
    }

    /// A string of that kind under another name: a member of a list.
    pub fn text(&mut self, parameter: &str, rule: &Text) -> Option<&'a str> {
        let value = self.form.get(parameter)?;
        let length = value.chars().count();
        if !value.chars().all(rule.allows) || (value.is_empty() && rule.pattern.ends_with('+')) {
            self.fail(
                parameter,
                Some(value),
                &format!(
                    "Member must satisfy regular expression pattern: {}",
                    rule.pattern
                ),
            );
        }
        if length < *rule.length.start() {
            let least = rule.length.start();
            self.fail(
                parameter,
                Some(value),
                &format!("Member must have length greater than or equal to {least}"),
            );
        }
        if length > *rule.length.end() {
            let most = rule.length.end();
            self.fail(
                parameter,
                Some(value),
                &format!("Member must have length less than or equal to {most}"),
            );
        }
        Some(value)
    }

    /// A string that must be there; empty in the answer only when the check has failed.
    pub fn required(&mut self, rule: &Text) -> &'a str {
        self.required_text(rule.parameter, rule)
    }

    /// The same under another name.
    pub fn required_text(&mut self, parameter: &str, rule: &Text) -> &'a str {
        self.text(parameter, rule).unwrap_or_else(|| {
            self.fail(parameter, None, "Member must not be null");
            ""
        })
    }

    /// A whole number between bounds.
    pub fn number(
        &mut self,
        parameter: &str,
        range: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> u64 {
        let Some(text) = self.form.get(parameter) else {
            return default;
        };
        let Ok(value) = text.parse::<i64>() else {
            self.fail(parameter, Some(text), "Member must be an integer");
            return default;
        };
        if value < *range.start() as i64 {
            let least = range.start();
            self.fail(
                parameter,
                Some(text),
                &format!("Member must have value greater than or equal to {least}"),
            );
        }
        if value > *range.end() as i64 {
            let most = range.end();
            self.fail(
                parameter,
                Some(text),
                &format!("Member must have value less than or equal to {most}"),
            );
        }
        value.max(0) as u64
    }

    /// The verdict on everything looked at so far.
    pub fn done(self) -> Result<(), Refusal> {
        if let Some(why) = self.malformed {
            return Err(Refusal::new(400, "MalformedInput", why).violation());
        }
        let errors = match self.unmet.len() {
            0 => {
                return self
                    .misnamed
                    .map_or(Ok(()), |why| Err(Refusal::validation(why)));
            }
            1 => "1 validation error".to_owned(),
            count => format!("{count} validation errors"),
        };
        Err(Refusal::validation(format!(
            "{errors} detected: {}",
            self.unmet.join("; ")
        )))
    }

    fn fail(&mut self, parameter: &str, value: Option<&str>, constraint: &str) {
        let value = value.map_or("null".to_owned(), |value| format!("'{value}'"));
        let member = member_name(parameter);
        self.unmet.push(format!(
            "Value {value} at '{member}' failed to satisfy constraint: {constraint}"
        ));
    }
}

/// AWS's messages name the member of its Java model: `roleArn` for `RoleArn`, `tags.1.member.key`
/// for `Tags.member.1.Key`, and `virtualMFADeviceName` for `VirtualMFADeviceName`.
fn member_name(parameter: &str) -> String {
    let steps: Vec<&str> = parameter.split('.').collect();
    match steps.as_slice() {
        [list, "member", number] => format!("{}.{number}.member", lower_first(list)),
        [list, "member", number, field] => {
            let (list, field) = (lower_first(list), lower_first(field));
            format!("{list}.{number}.member.{field}")
        }
        _ => lower_first(parameter),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// `\w` and the marks that follow it in IAM's patterns.
pub fn is_word_or(letter: char, marks: &str) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || marks.contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Text = Text {
        parameter: "RoleSessionName",
        length: 2..=64,
        pattern: "[\\w+=,.@-]*",
        allows: |letter| is_word_or(letter, "+=,.@-"),
    };

    fn verdict(form: &str) -> String {
        let form = Form::parse(form).unwrap();
        let mut check = Check::new(&form);
        check.required(&NAME);
        check.number("DurationSeconds", 900..=43_200, 3_600);
        check
            .done()
            .map_or_else(|refusal| refusal.message, |()| "ok".to_owned())
    }

    #[test]
    fn constraints_are_reported_in_aws_words() {
        for (form, expected) in [
            ("RoleSessionName=ab&DurationSeconds=900", "ok"),
            (
                "RoleSessionName=a%2Fb",
                "1 validation error detected: Value 'a/b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
            ),
            (
                "DurationSeconds=899",
                "2 validation errors detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null; Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
            ),
            (
                "RoleSessionName=a&DurationSeconds=43201",
                "2 validation errors detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
            ),
        ] {
            assert_eq!(verdict(form), expected, "{form}");
        }
    }

    #[test]
    fn a_form_is_decoded_once_and_each_name_given_once() {
        let form = Form::parse("A=b+c%2B%C3%A9&Tags.member.1.Key=k").unwrap();
        assert_eq!(form.get("A"), Some("b c+é"));
        assert!(form.only(&["A", "Tags.member.N.Key"]).is_ok());
        assert!(form.only(&["A"]).unwrap_err().violation.is_some());
        for bad in ["A=1&A=1", "A", "A=%4", "A=%zz", "A=%ff"] {
            assert!(
                Form::parse(bad).is_err_and(|refusal| refusal.violation.is_some()),
                "{bad}"
            );
        }
    }
}
