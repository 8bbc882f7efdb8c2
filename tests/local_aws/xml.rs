//! Writes the XML of a Query protocol reply: elements, text, two spaces a level.
//!
//! It knows no element names; escaping happens here and nowhere else.

use std::fmt::Write as _;

#[derive(Debug, Default)]
pub struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    /// `<name>value</name>`.
    pub fn text(&mut self, name: &str, value: impl AsRef<str>) -> &mut Self {
        self.indent();
        let _ = writeln!(self.text, "<{name}>{}</{name}>", escape(value.as_ref()));
        self
    }

    /// `<name>`, what `inside` writes, `</name>`.
    pub fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.element(name, "", inside)
    }

    /// The root: `<name xmlns="namespace">`.
    pub fn root(name: &str, namespace: &str, inside: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self::default();
        xml.element(name, &format!(" xmlns=\"{namespace}\""), inside);
        xml.text
    }

    /// Takes over what another writer wrote, line by line, at this depth.
    pub fn nested(&mut self, other: &Self) -> &mut Self {
        for line in other.text.lines() {
            self.indent();
            self.text.push_str(line);
            self.text.push('\n');
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn element(
        &mut self,
        name: &str,
        attributes: &str,
        inside: impl FnOnce(&mut Self),
    ) -> &mut Self {
        self.indent();
        let _ = writeln!(self.text, "<{name}{attributes}>");
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.indent();
        let _ = writeln!(self.text, "</{name}>");
        self
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A line break inside a value must not be taken for layout.
            '\n' => escaped.push_str("&#xA;"),
            '\r' => escaped.push_str("&#xD;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_indented_and_escaped() {
        let mut result = Xml::default();
        result.text("Arn", "a<b & \"c\"\n");
        let text = Xml::root("R", "https://example/", |xml| {
            xml.within("Result", |xml| {
                xml.nested(&result);
            });
        });
        assert_eq!(
            text,
            "<R xmlns=\"https://example/\">\n  <Result>\n    \
             <Arn>a&lt;b &amp; &quot;c&quot;&#xA;</Arn>\n  </Result>\n</R>\n"
        );
    }
}
