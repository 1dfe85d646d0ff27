//! `kqlc parse`: whether the syntax of queries is right, by the latitude of the official parser; for other languages,
//! whether they are understood.

use super::Global;
use super::files::{Flow, over_inputs};
use super::findings;
use super::input::{Paths, Text};
use super::language::{From, Reading};
use super::output::{Exit, Output};
use super::queries::Content;
use crate::diagnostic::render::{Chunk, Format, Renderer, Report, Sink};
use crate::diagnostic::{Diagnostic, Severity};
use crate::read::{self, ReadBack};
use std::io;

/// Arguments of `kqlc parse`.
#[derive(Debug, clap::Args)]
pub struct Parse {
    #[command(flatten)]
    paths: Paths,
    /// How findings are written; `json` gives one object a line, a query
    #[arg(long, value_parser = findings::format(), default_value = "human")]
    format: Format,
    #[command(flatten)]
    reading: Reading,
}

impl Parse {
    /// Parses, and writes what is wrong.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let renderer = Renderer::new(self.format, global.color.on_stdout());
        let mut sink = Sink::new(out, self.format);
        let mut findings = false;
        let Some(options) = self.reading.options() else { return Exit::Failed };
        let inputs = self.reading.from.find(&self.paths);
        let work = |text: &Text| match self.reading.from {
            From::Kql => report(text, renderer),
            From::Other(language) => report_read(text, &read::read(language, &text.file, &options), renderer),
        };
        let exit = over_inputs(inputs, global, work, |(chunk, clean)| {
            findings |= !clean;
            Flow::from(sink.write(chunk))
        });
        // An error of the output is told by the output itself, at the end.
        let _ = sink.finish();
        exit.max(if findings { Exit::Findings } else { Exit::Clean })
    }
}

/// One report a query, and whether all of them are clean.
fn report(text: &Text, renderer: Renderer) -> (Chunk, bool) {
    let content = Content::of(text);
    let file = &text.file;
    if content.is_unreadable() {
        let report = Report { file, query: None, diagnostics: &content.diagnostics };
        return (renderer.render(&report), false);
    }
    let mut clean = true;
    let mut chunk: Option<Chunk> = None;
    for (index, query) in content.queries.iter().enumerate() {
        let mut diagnostics: Vec<Diagnostic> = query.syntax_errors().collect();
        // What is left of a folded query may well parse, so this is no error of syntax.
        diagnostics.extend(query.folded.clone().map(|folded| Diagnostic { severity: Severity::Warning, ..folded }));
        let report = Report { file, query: Some(index), diagnostics: &diagnostics };
        clean &= report.ok();
        let next = renderer.render(&report);
        match &mut chunk {
            Some(chunk) => chunk.append(next),
            None => chunk = Some(next),
        }
    }
    let none = Report { file, query: None, diagnostics: &content.diagnostics };
    (chunk.unwrap_or_else(|| renderer.render(&none)), clean)
}

/// One report a detection that was read, and whether all of them are clean.
fn report_read(text: &Text, found: &[ReadBack], renderer: Renderer) -> (Chunk, bool) {
    let (mut clean, mut chunk) = (true, Chunk::default());
    for (index, ReadBack { diagnostics, .. }) in found.iter().enumerate() {
        let report = Report { file: &text.file, query: Some(index), diagnostics };
        clean &= report.ok();
        chunk.append(renderer.render(&report));
    }
    (chunk, clean)
}
