//! The queries of a file, whatever kind of file it is.

use super::input::{Kind, Text};
use crate::bind::{self, Bound};
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::rule::{self, Rule};
use crate::schema::Schemas;
use crate::source::{SourceFile, Span, TextMap};
use crate::syntax::{self, Parsed};

/// What a file holds: rules with their queries, or queries alone.
#[derive(Debug)]
pub struct Content {
    /// The rules; none in a query file.
    pub rules: Vec<Rule>,
    /// The queries, in the order of the file.
    pub queries: Vec<Query>,
    /// What is wrong with the file itself. Spans count in the decoded file.
    pub diagnostics: Vec<Diagnostic>,
}

/// A query of a file.
#[derive(Debug)]
pub struct Query {
    /// Its text.
    pub text: String,
    /// From offsets in the text to offsets in the decoded file.
    pub map: TextMap,
    /// Which of [`Content::rules`] it belongs to.
    pub rule: Option<usize>,
    /// Its tree, and its diagnostics with spans in the text.
    pub parsed: Parsed,
    /// That folding has made comments swallow code, where it has. The span counts in the decoded file.
    pub folded: Option<Diagnostic>,
    /// What it means, where that was [asked for](Content::with_meaning) and the query can be read as it was meant: it
    /// parses, and no part of it was swallowed.
    pub bound: Option<Bound>,
}

impl Query {
    /// The syntax errors, with spans in the decoded file.
    pub fn syntax_errors(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.parsed.diagnostics.iter().map(|diagnostic| diagnostic.clone().mapped(&self.map))
    }

    /// That it has a meaning and no result, where that is so; the span counts in the decoded file. For `check` a lint
    /// says it, since a file may hold declarations to copy from.
    pub fn nothing_asked(&self) -> Option<Diagnostic> {
        self.bound.as_ref().filter(|bound| bound.query.is_none())?;
        let statements = self.parsed.query.as_ref().map(|query| query.statements.as_slice()).unwrap_or_default();
        let span = statements.last().map_or_else(Span::default, |statement| statement.span);
        let found = Diagnostic::new(&code::NOTHING_ASKED, span, "the query declares names and asks for nothing")
            .help("add the table or the name whose records are wanted, as the last line");
        Some(found.mapped(&self.map))
    }

    /// What is wrong with its meaning, with spans in the decoded file.
    pub fn meaning_errors(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        let found = self.bound.iter().flat_map(|bound| &bound.diagnostics);
        found.map(|diagnostic| diagnostic.clone().mapped(&self.map))
    }
}

impl Content {
    /// Reads and parses what a file holds.
    pub fn of(text: &Text) -> Self {
        match text.kind {
            Kind::Rule => Self::of_rules(&text.file),
            Kind::Query => Self::of_queries(&text.file),
        }
    }

    /// Reads, parses and binds what a file holds.
    pub fn with_meaning(text: &Text, schemas: &Schemas) -> Self {
        let mut content = Self::of(text);
        for query in &mut content.queries {
            let readable = query.parsed.is_ok() && query.folded.is_none();
            let tree = query.parsed.query.as_ref().filter(|_| readable);
            query.bound = tree.map(|tree| bind::bind(tree, schemas));
        }
        content
    }

    fn of_rules(file: &SourceFile) -> Self {
        let document = rule::read(file);
        let queries = document
            .rules
            .iter()
            .enumerate()
            .filter_map(|(index, rule)| {
                let query = rule.query.as_ref()?;
                Some(Query {
                    text: query.text.clone(),
                    map: query.map.clone(),
                    rule: Some(index),
                    parsed: syntax::parse(&query.text),
                    folded: rule::folded_comment(file.text(), query),
                    bound: None,
                })
            })
            .collect();
        Self { rules: document.rules, queries, diagnostics: document.diagnostics }
    }

    fn of_queries(file: &SourceFile) -> Self {
        let queries = syntax::split_queries(file.text())
            .into_iter()
            .map(|(span, parsed)| Query {
                text: span.of(file.text()).to_owned(),
                map: TextMap::verbatim(span.start as usize, span.len()),
                rule: None,
                parsed,
                folded: None,
                bound: None,
            })
            .collect();
        Self { rules: Vec::new(), queries, diagnostics: Vec::new() }
    }

    /// Whether the file could not be read as rules at all.
    pub fn is_unreadable(&self) -> bool {
        self.queries.is_empty() && self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}
