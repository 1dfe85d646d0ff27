//! Typed reading of a mapping's entries, lenient about types: what is wrong is told, what can be understood is taken.

use crate::diagnostic::{Diagnostic, Severity, code};
use crate::source::Span;

use super::{Duration, Field, UnknownKey};
use crate::yaml::{Entry, Node, ScalarStyle};

/// Collects what is wrong with fields while they are read.
pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) unknown: Vec<UnknownKey>,
}

/// A mapping of which keys are taken one by one; what is left over is unknown.
pub(super) struct Fields<'n> {
    entries: &'n [Entry],
    taken: Vec<bool>,
}

impl<'n> Fields<'n> {
    pub(super) fn new(node: &'n Node) -> Self {
        let entries = node.as_mapping().unwrap_or_default();
        Self { entries, taken: vec![false; entries.len()] }
    }

    /// The entry of the first of these names that is there and not null. Of a repeated key the last counts.
    pub(super) fn take(&mut self, names: &[&str]) -> Option<&'n Entry> {
        let mut found: Option<&'n Entry> = None;
        for name in names {
            let before = found;
            for (entry, taken) in self.entries.iter().zip(&mut self.taken) {
                if entry.name() == Some(name) {
                    *taken = true;
                    if before.is_none() && !entry.value.is_null() {
                        found = Some(entry);
                    }
                }
            }
        }
        found
    }

    /// Tells the reader which keys nobody took.
    pub(super) fn finish(self, within: &'static str, reader: &mut Reader<'_>) {
        for (entry, _) in self.entries.iter().zip(self.taken).filter(|(_, taken)| !taken) {
            reader.unknown.push(UnknownKey {
                name: entry.name().unwrap_or_default().to_owned(),
                within,
                key: entry.key.span,
                span: entry.value.span,
            });
        }
    }
}

fn field<T>(entry: &Entry, value: T) -> Field<T> {
    Field { value, key: entry.key.span, span: entry.value.span }
}

/// Whether a JSON string is an expression that ARM works out when the template is deployed.
pub(super) fn is_template_expression(node: &Node) -> bool {
    node.as_scalar().is_some_and(|scalar| {
        let text = scalar.text.as_str();
        scalar.style == ScalarStyle::Json && text.starts_with('[') && !text.starts_with("[[") && text.ends_with(']')
    })
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, diagnostics: Vec::new(), unknown: Vec::new() }
    }

    /// Says that a value is not of the type its key asks for.
    pub(super) fn wrong(&mut self, name: &str, value: &Node, expected: &str, severity: Severity, help: &str) {
        let found = if is_template_expression(value) { "a template expression" } else { value.describe() };
        let mut diagnostic = Diagnostic::new(
            &code::FIELD_TYPE,
            value.head(self.source),
            format!("`{name}` is {found} where {expected} is due"),
        )
        .label(format!("expected {expected}"));
        diagnostic.severity = severity;
        if is_template_expression(value) {
            diagnostic = diagnostic.note("what it stands for is known only when the template is deployed");
        }
        self.diagnostics.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }

    fn name_of(entry: &Entry) -> &str {
        entry.name().unwrap_or("this key")
    }

    pub(super) fn text(&mut self, entry: Option<&Entry>) -> Option<Field<String>> {
        let entry = entry?;
        let Some(text) = entry.value.as_str() else {
            let placeholder = entry.value.span.of(self.source).starts_with("{{");
            let help = if placeholder { "a value that begins with `{{` needs quotes" } else { "" };
            self.wrong(Self::name_of(entry), &entry.value, "text", Severity::Error, help);
            return None;
        };
        Some(field(entry, text.to_owned()))
    }

    /// A scalar that `parse` understands.
    fn parsed<T>(
        &mut self,
        entry: Option<&Entry>,
        expected: &str,
        help: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Field<T>> {
        let entry = entry?;
        let Some(value) = entry.value.as_str().and_then(parse) else {
            let name = Self::name_of(entry);
            match entry.value.as_str().filter(|_| !is_template_expression(&entry.value)) {
                None => self.wrong(name, &entry.value, expected, Severity::Error, help),
                Some(text) => {
                    let message =
                        format!("`{name}` is `{}` where {expected} is due", text.lines().next().unwrap_or(""));
                    let diagnostic = Diagnostic::new(&code::FIELD_TYPE, entry.value.head(self.source), message)
                        .label(format!("expected {expected}"));
                    self.diagnostics.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
                }
            }
            return None;
        };
        Some(field(entry, value))
    }

    pub(super) fn duration(&mut self, entry: Option<&Entry>) -> Option<Field<Duration>> {
        const HELP: &str = "write `5m`, `1h` or `14d`; `1.00:00:00` and, as in ARM, `PT5M` and `P14D` are read too";
        self.parsed(entry, "a duration", HELP, Duration::parse)
    }

    pub(super) fn boolean(&mut self, entry: Option<&Entry>) -> Option<Field<bool>> {
        self.parsed(entry, "true or false", "", |text| match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    pub(super) fn integer(&mut self, entry: Option<&Entry>) -> Option<Field<i64>> {
        self.parsed(entry, "a whole number", "", |text| text.trim().parse().ok())
    }

    /// A list, of which each item is read by `read`. Null items are passed over as nothing, a lone value as its item.
    fn list<T>(
        &mut self,
        entry: Option<&Entry>,
        expected: &'static str,
        mut read: impl FnMut(&mut Self, &str, &Node) -> Option<T>,
    ) -> Option<Field<Vec<T>>> {
        let entry = entry?;
        let name = Self::name_of(entry);
        let Some(items) = entry.value.as_sequence() else {
            // One item without the list around it is understood, but not by every reader of rules.
            let told = self.diagnostics.len();
            let item = read(self, name, &entry.value).filter(|_| !is_template_expression(&entry.value));
            if item.is_none() {
                self.diagnostics.truncate(told);
            }
            let severity = if item.is_some() { Severity::Warning } else { Severity::Error };
            self.wrong(name, &entry.value, expected, severity, "write each item on a line of its own, behind `- `");
            return Some(field(entry, vec![item?]));
        };
        let items = items.iter().filter_map(|item| read(self, name, item)).collect();
        Some(field(entry, items))
    }

    pub(super) fn texts(&mut self, entry: Option<&Entry>) -> Option<Field<super::Texts>> {
        self.list(entry, "a list", |reader, name, item| {
            let Some(text) = item.as_str().filter(|_| !item.is_null()) else {
                let help = if item.is_null() { "take the empty item out" } else { "" };
                reader.wrong(name, item, "text", Severity::Error, help);
                return None;
            };
            Some(Field { value: text.to_owned(), key: item.span, span: item.span })
        })
    }

    /// A list of mappings.
    pub(super) fn mappings<T>(
        &mut self,
        entry: Option<&Entry>,
        within: &'static str,
        mut read: impl FnMut(&mut Self, &mut Fields<'_>, Span) -> T,
    ) -> Option<Field<Vec<T>>> {
        self.list(entry, "a list", |reader, name, item| {
            if item.as_mapping().is_none() {
                reader.wrong(name, item, "a mapping", Severity::Error, "");
                return None;
            }
            let mut fields = Fields::new(item);
            let value = read(reader, &mut fields, item.span);
            fields.finish(within, reader);
            Some(value)
        })
    }

    /// A mapping.
    pub(super) fn mapping<T>(
        &mut self,
        entry: Option<&Entry>,
        within: &'static str,
        read: impl FnOnce(&mut Self, &mut Fields<'_>) -> T,
    ) -> Option<Field<T>> {
        let entry = entry?;
        if entry.value.as_mapping().is_none() {
            self.wrong(Self::name_of(entry), &entry.value, "a mapping", Severity::Error, "");
            return None;
        }
        let mut fields = Fields::new(&entry.value);
        let value = read(self, &mut fields);
        fields.finish(within, self);
        Some(field(entry, value))
    }

    /// A mapping of free names to texts.
    pub(super) fn pairs(&mut self, entry: Option<&Entry>) -> Option<Field<super::Texts>> {
        let entry = entry?;
        let Some(entries) = entry.value.as_mapping() else {
            self.wrong(Self::name_of(entry), &entry.value, "a mapping", Severity::Error, "");
            return None;
        };
        let pairs = entries.iter().filter_map(|pair| self.text(Some(pair))).collect();
        Some(field(entry, pairs))
    }

    pub(super) fn any(entry: Option<&Entry>) -> Option<Field<Node>> {
        entry.map(|entry| field(entry, entry.value.clone()))
    }
}
