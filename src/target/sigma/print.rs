//! The printer: documents as YAML, with every scalar quoted so that it is read back as what it is.

use std::fmt::Write as _;

use super::tree::{
    Condition, Correlation, Detection, Document, Item, LogSource, Metadata, Selection, SigmaRule, Value,
};

/// The documents of one file.
pub(super) fn print(documents: &[Document]) -> String {
    let mut out = Out::default();
    for (at, document) in documents.iter().enumerate() {
        if at > 0 {
            out.text.push_str("---\n");
        }
        match document {
            Document::Rule(rule) => out.rule(rule),
            Document::Correlation(correlation) => out.correlation(correlation),
        }
    }
    out.text
}

/// The detection alone: what identifies a rule that has no id of its own.
pub(super) fn fingerprint(rule: &SigmaRule) -> String {
    let mut out = Out::default();
    out.logsource(&rule.logsource);
    out.detection(&rule.detection);
    out.text
}

#[derive(Default)]
struct Out {
    text: String,
}

impl Out {
    fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.text.push_str("    ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn pair(&mut self, depth: usize, key: &str, value: &str) {
        self.line(depth, &format!("{key}: {value}"));
    }

    fn list(&mut self, depth: usize, key: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.line(depth, &format!("{key}:"));
        for item in items {
            self.line(depth + 1, &format!("- {item}"));
        }
    }

    fn rule(&mut self, rule: &SigmaRule) {
        self.head(&rule.metadata);
        self.logsource(&rule.logsource);
        self.detection(&rule.detection);
        self.foot(&rule.metadata);
    }

    fn head(&mut self, metadata: &Metadata) {
        self.pair(0, "title", &scalar(&metadata.title));
        self.pair(0, "id", &metadata.id);
        if let Some(name) = &metadata.name {
            self.pair(0, "name", name);
        }
        if let Some(id) = &metadata.derived_from {
            self.line(0, "related:");
            self.line(1, &format!("- id: {id}"));
            self.line(1, "  type: derived");
        }
        if let Some(status) = &metadata.status {
            self.pair(0, "status", &scalar(status));
        }
        if let Some(description) = &metadata.description {
            self.description(description);
        }
        if let Some(license) = &metadata.license {
            self.pair(0, "license", &scalar(license));
        }
        let scalars = |texts: &[String]| texts.iter().map(|text| scalar(text)).collect::<Vec<_>>();
        self.list(0, "references", &scalars(&metadata.references));
        if let Some(author) = &metadata.author {
            self.pair(0, "author", &scalar(author));
        }
        if let Some(date) = &metadata.date {
            // Unquoted it would be a date of YAML; the two are the same to Sigma.
            self.pair(0, "date", &quoted(date));
        }
        self.list(0, "tags", &metadata.tags);
    }

    fn foot(&mut self, metadata: &Metadata) {
        let items: Vec<String> = metadata.false_positives.iter().map(|text| scalar(text)).collect();
        self.list(0, "falsepositives", &items);
        if let Some(level) = &metadata.level {
            self.pair(0, "level", level);
        }
    }

    /// A block where the text has several lines and nothing that a block cannot hold.
    fn description(&mut self, text: &str) {
        let plain = |line: &str| !line.ends_with([' ', '\t']) && !line.chars().any(needs_escape);
        let first_is_indented =
            text.lines().next().is_some_and(|line| line.starts_with([' ', '\t']) || line.is_empty());
        if !text.contains('\n') || first_is_indented || !text.split('\n').all(plain) || text.ends_with('\n') {
            self.pair(0, "description", &scalar(text));
            return;
        }
        self.line(0, "description: |-");
        for line in text.split('\n') {
            self.line(usize::from(!line.is_empty()), line);
        }
    }

    fn logsource(&mut self, logsource: &LogSource) {
        self.line(0, "logsource:");
        for (key, value) in [
            ("category", &logsource.category),
            ("product", &logsource.product),
            ("service", &logsource.service),
            ("definition", &logsource.definition),
        ] {
            if let Some(value) = value {
                self.pair(1, key, &scalar(value));
            }
        }
    }

    fn detection(&mut self, detection: &Detection) {
        self.line(0, "detection:");
        for (name, selection) in &detection.selections {
            self.line(1, &format!("{name}:"));
            match selection {
                Selection::AnyOf(maps) if maps.len() == 1 => self.items(2, &maps[0], false),
                Selection::AnyOf(maps) => maps.iter().for_each(|items| self.items(2, items, true)),
                Selection::Keywords(values) => {
                    for value in values {
                        self.line(2, &format!("- {}", value_text(value)));
                    }
                }
            }
        }
        let mut condition = String::new();
        write_condition(&mut condition, &detection.condition, false);
        self.pair(1, "condition", &condition);
    }

    /// The items of a map; behind a dash where it is one of several.
    fn items(&mut self, depth: usize, items: &[Item], dash: bool) {
        for (at, item) in items.iter().enumerate() {
            let mut key = item.field.clone();
            for modifier in &item.modifiers {
                key.push('|');
                key.push_str(modifier.word());
            }
            let lead = match (dash, at) {
                (true, 0) => "- ",
                (true, _) => "  ",
                (false, _) => "",
            };
            let key = format!("{lead}{}:", scalar(&key));
            match item.values.as_slice() {
                [value] => self.line(depth, &format!("{key} {}", value_text(value))),
                values => {
                    self.line(depth, &key);
                    let inner = if dash { "  " } else { "" };
                    for value in values {
                        self.line(depth + 1, &format!("{inner}- {}", value_text(value)));
                    }
                }
            }
        }
    }

    fn correlation(&mut self, correlation: &Correlation) {
        self.head(&correlation.metadata);
        self.line(0, "correlation:");
        self.pair(1, "type", correlation.kind.word());
        self.list(1, "rules", &correlation.rules);
        let keys: Vec<String> = correlation.group_by.iter().map(|key| scalar(key)).collect();
        self.list(1, "group-by", &keys);
        self.pair(1, "timespan", &timespan(correlation.seconds));
        if !correlation.aliases.is_empty() {
            self.line(1, "aliases:");
            for (alias, fields) in &correlation.aliases {
                self.line(2, &format!("{}:", scalar(alias)));
                for (rule, field) in fields {
                    self.pair(3, rule, &scalar(field));
                }
            }
        }
        self.line(1, "condition:");
        let threshold = &correlation.threshold;
        self.pair(2, threshold.op.word(), &value_text(&threshold.value));
        if let Some(field) = correlation.kind.field() {
            self.pair(2, "field", &scalar(field));
        }
        self.foot(&correlation.metadata);
    }
}

/// The width of a window in the greatest unit that measures it evenly.
fn timespan(seconds: u64) -> String {
    for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] {
        if seconds.is_multiple_of(length) && seconds > 0 {
            return format!("{}{unit}", seconds / length);
        }
    }
    format!("{seconds}s")
}

fn write_condition(out: &mut String, condition: &Condition, inner: bool) {
    let mut chain = |operands: &[Condition], word: &str| {
        if inner {
            out.push('(');
        }
        for (at, operand) in operands.iter().enumerate() {
            if at > 0 {
                let _ = write!(out, " {word} ");
            }
            write_condition(out, operand, true);
        }
        if inner {
            out.push(')');
        }
    };
    match condition {
        Condition::Name(name) => out.push_str(name),
        Condition::And(operands) => chain(operands, "and"),
        Condition::Or(operands) => chain(operands, "or"),
        Condition::Not(operand) => {
            out.push_str("not ");
            write_condition(out, operand, true);
        }
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(&escaped(text)),
        Value::Pattern(text) | Value::Verbatim(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
    }
}

/// A literal as Sigma reads it back: `*` and `?` are wildcards, and a backslash takes that from them and from itself.
///
/// Elsewhere a backslash is itself, so it is doubled only where it would be read as an escape: paths stay readable.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => {
                // One before an ordinary character is itself; at the end, what a modifier appends may follow.
                let single = chars.peek().is_some_and(|next| !matches!(next, '*' | '?' | '\\'));
                out.push('\\');
                if !single {
                    out.push('\\');
                }
            }
            c => {
                out.push(c);
            }
        }
    }
    out
}

/// Whether a character cannot stand in a YAML block or in single quotes.
fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// A string in quotes.
fn quoted(text: &str) -> String {
    if !text.chars().any(needs_escape) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            c if needs_escape(c) => {
                let _ = match c as u32 {
                    code @ 0..=0xff => write!(out, "\\x{code:02x}"),
                    code => write!(out, "\\u{code:04x}"),
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A string without quotes where nothing could take it for anything else.
fn scalar(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '|' | '-' | '/' | ' ' | '(' | ')' | ',');
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.chars().all(word)
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "nan" | "inf"
        );
    if plain { text.to_owned() } else { quoted(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What Sigma reads a value as: the characters, and for each whether it is a wildcard.
    fn read(text: &str) -> Vec<(char, bool)> {
        let mut out = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek().is_some_and(|next| matches!(next, '*' | '?' | '\\')) => {
                    out.extend(chars.next().map(|next| (next, false)));
                }
                '*' | '?' => out.push((c, true)),
                c => out.push((c, false)),
            }
        }
        out
    }

    fn literal(text: &str) -> Vec<(char, bool)> {
        text.chars().map(|c| (c, false)).collect()
    }

    #[test]
    fn escapes_are_those_that_are_needed() {
        for (text, want) in [
            (r"C:\Users\a", r"C:\Users\a"),
            (r"\\host\share", r"\\\host\share"),
            (r"\", r"\\"),
            ("a*b?", r"a\*b\?"),
            (r"\*", r"\\\*"),
            (r"a\\", r"a\\\\"),
        ] {
            assert_eq!(escaped(text), want);
            assert_eq!(read(&escaped(text)), literal(text));
        }
    }

    proptest! {
        #[test]
        fn any_literal_is_read_back(text in r#"[\\*?a'"\n%#:|\[{é -]{0,12}|\PC{0,12}"#) {
            prop_assert_eq!(read(&escaped(&text)), literal(&text));
            // What follows, as a modifier would put it, stays what it is.
            let followed = escaped(&text) + "*";
            prop_assert_eq!(read(&followed).last().copied(), Some(('*', true)));
        }

        #[test]
        fn any_scalar_is_read_back_as_a_string(text in r#"[\\*?a'"\n\t%#:|\[{é -]{0,12}|[a-z0-9.~_ -]{0,8}|\PC{0,12}|[\x00-\x20]{0,4}"#) {
            for yaml in [scalar(&text), quoted(&text)] {
                let back: serde_yaml::Value = serde_yaml::from_str(&format!("k: {yaml}\n")).unwrap();
                prop_assert_eq!(back["k"].as_str(), Some(text.as_str()));
            }
        }

        #[test]
        fn any_description_is_read_back(text in r#"([a-z:#'"| \t-]{0,6}\n){0,4}[a-z ]{0,4}"#) {
            let mut out = Out::default();
            out.description(&text);
            let back: serde_yaml::Value = serde_yaml::from_str(&out.text).unwrap();
            prop_assert_eq!(back["description"].as_str(), Some(text.as_str()));
        }
    }

    #[test]
    fn windows_are_told_in_their_greatest_unit() {
        assert_eq!([timespan(300), timespan(86_400 * 7), timespan(5400), timespan(61)], ["5m", "7d", "90m", "61s"]);
    }

    #[test]
    fn conditions_are_in_parentheses_inside_others() {
        let name = |name: &str| Condition::Name(name.to_owned());
        let inner =
            Condition::Or(vec![name("a"), Condition::Not(Box::new(Condition::And(vec![name("b"), name("c")])))]);
        let mut text = String::new();
        write_condition(&mut text, &Condition::And(vec![name("s"), inner]), false);
        assert_eq!(text, "s and (a or not (b and c))");
    }
}
