//! What is wrong with the meaning of a query for the language, and may run all the same: `check` warns of it.
//!
//! A workspace, or the portal that a query is written for, knows more than the schemas do. That is no error of the rule's.

use std::collections::HashSet;

use super::queries::Query;
use crate::bind::bind;
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::schema::{Dialect, Schemas, is_hidden_column};
use crate::source::Span;

/// Names of `parse_json` whose declared parameter is a string, while its page says that a dynamic value "is used as-is".
const READERS_OF_JSON: &[&str] = &["todynamic", "toobject", "parsejson"];

/// What is wrong with the meaning of a query, with spans in its text.
pub(super) fn meaning(query: &Query, schemas: &Schemas) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = query.bound.iter().flat_map(|bound| bound.diagnostics.iter().cloned()).collect();
    let hunted = columns_of_hunting(query, &found, schemas);
    for diagnostic in &mut found {
        let note = if diagnostic.code == &code::UNKNOWN_NAME && is_hidden_column(diagnostic.span.of(&query.text)) {
            "tables may have this column without listing it"
        } else if hunted.contains(&diagnostic.span) {
            "advanced hunting in Microsoft Defender has this column: `--dialect defender` judges by it"
        } else if diagnostic.code == &code::WRONG_ARGUMENT && reads_json(&query.text, diagnostic) {
            "what is JSON already is given back as it is, though the function is declared to take a string"
        } else {
            continue;
        };
        diagnostic.severity = Severity::Warning;
        *diagnostic = diagnostic.clone().note(note);
    }
    found
}

/// The unknown names of a query for Sentinel that stand for columns where it is run in advanced hunting.
fn columns_of_hunting(query: &Query, found: &[Diagnostic], schemas: &Schemas) -> HashSet<Span> {
    let unknown = |found: &[Diagnostic]| -> HashSet<Span> {
        found.iter().filter(|found| found.code == &code::UNKNOWN_NAME).map(|found| found.span).collect()
    };
    let mut names = unknown(found);
    if names.is_empty() || schemas.dialect() != Dialect::Sentinel {
        return HashSet::new();
    }
    let Some(tree) = &query.parsed.query else { return HashSet::new() };
    let there = unknown(&bind(tree, &schemas.in_dialect(Dialect::Defender)).diagnostics);
    names.retain(|name| !there.contains(name));
    names
}

/// Whether a dynamic value is given to a function that reads JSON.
fn reads_json(query: &str, diagnostic: &Diagnostic) -> bool {
    let before = query.get(..diagnostic.span.start as usize).unwrap_or_default().trim_end();
    let name = before.strip_suffix('(').unwrap_or_default().trim_end();
    let own = |c: char| c.is_alphanumeric() || c == '_';
    let name = &name[name.trim_end_matches(own).len()..];
    READERS_OF_JSON.contains(&name) && diagnostic.message.ends_with("is given a dynamic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::input::{Kind, Text};
    use crate::cli::queries::Content;
    use crate::source::SourceFile;

    fn told(query: &str, dialect: Dialect) -> Vec<(&'static str, Severity)> {
        let schemas = Schemas::builtin(dialect);
        let text = Text { file: SourceFile::from_text("q.kql", query), kind: Kind::Query, path: None };
        let content = Content::with_meaning(&text, &schemas);
        meaning(&content.queries[0], &schemas).iter().map(|found| (found.code.id, found.severity)).collect()
    }

    #[test]
    fn columns_of_advanced_hunting_are_no_error() {
        let query = "IdentityInfo | where EmailAddress endswith '.org' | project AccountUpn, NoSuchColumn";
        let warned = ("K2001", Severity::Warning);
        assert_eq!(told(query, Dialect::Sentinel), [warned, warned, ("K2001", Severity::Error)]);
        assert_eq!(told(query, Dialect::Defender), [("K2001", Severity::Error)]);
        assert_eq!(told("SigninLogs | where EmailAddress == ''", Dialect::Sentinel), [("K2001", Severity::Error)]);
    }

    #[test]
    fn reading_what_is_read_already_is_no_error() {
        let given = |call: &str| told(&format!("SigninLogs | project x = {call}"), Dialect::Sentinel);
        assert_eq!(given("todynamic( parse_user_agent(UserAgent, 'browser'))"), [("K2007", Severity::Warning)]);
        assert_eq!(given("todynamic(1)"), [("K2007", Severity::Error)]);
        assert_eq!(given("parse_json(parse_json(UserAgent))"), []);
    }
}
