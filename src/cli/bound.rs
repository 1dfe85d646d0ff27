//! Queries with their meaning: what `schema` and `ir` have in common.

use std::io::{self, Write as _};

use super::Global;
use super::files::{Flow, over_files};
use super::input::{Paths, Text};
use super::output::{Exit, Output};
use super::queries::Content;
use super::schemas::SchemaOptions;
use crate::bind::Bound;
use crate::diagnostic::render::{Format, Renderer, Report};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceFile;

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum AnswerFormat {
    /// For people
    #[default]
    Text,
    /// One object a line, a query
    Json,
}

/// A query, what it means, and what is wrong with it.
pub(super) struct Answer<'a> {
    /// The file it stands in.
    pub(super) file: &'a SourceFile,
    /// Which query of the file, from 0; `None` where the file could not be read as rules.
    pub(super) index: Option<usize>,
    /// What it means; `None` where it cannot be read.
    pub(super) bound: Option<Bound>,
    /// What is wrong, with spans in the file.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Answer<'_> {
    /// Whether nothing is wrong.
    pub(super) fn ok(&self) -> bool {
        self.bound.is_some() && self.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error)
    }

    /// The findings for people.
    pub(super) fn findings(&self, color: bool) -> String {
        let report = Report { file: self.file, query: self.index, diagnostics: &self.diagnostics };
        Renderer::new(Format::Human, color).render(&report).into_text()
    }
}

/// Binds every query of the files and writes what `show` makes of each.
pub(super) fn over_queries(
    paths: &Paths,
    options: &SchemaOptions,
    global: Global,
    out: &mut Output<impl io::Write>,
    show: impl Fn(&Answer<'_>) -> String + Sync,
) -> Exit {
    let Some(schemas) = options.load() else { return Exit::Failed };
    let mut findings = false;
    let work = |text: &Text| {
        let content = Content::with_meaning(text, &schemas);
        let file = &text.file;
        let mut clean = true;
        let mut shown = String::new();
        let mut add = |answer: &Answer<'_>| {
            clean &= answer.ok();
            shown.push_str(&show(answer));
        };
        if content.queries.is_empty() {
            add(&Answer { file, index: None, bound: None, diagnostics: content.diagnostics });
        } else {
            for (index, query) in content.queries.into_iter().enumerate() {
                let mut diagnostics: Vec<Diagnostic> = query.syntax_errors().collect();
                diagnostics.extend(query.folded.clone());
                diagnostics.extend(query.meaning_errors());
                diagnostics.extend(query.nothing_asked());
                add(&Answer { file, index: Some(index), bound: query.bound, diagnostics });
            }
        }
        (shown, clean)
    };
    let exit = over_files(paths, global, work, |(shown, clean)| {
        findings |= !clean;
        Flow::from(out.write_all(shown.as_bytes()))
    });
    exit.max(if findings { Exit::Findings } else { Exit::Clean })
}
