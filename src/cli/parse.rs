//! `kqlc parse`: whether the syntax of queries is right, by the latitude of the official parser; for other languages,
//! whether they are understood.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::Global;
use super::files::{Flow, over_inputs};
use super::input::{Paths, Text};
use super::output::{Exit, Output, complain};
use super::queries::Content;
use crate::diagnostic::render::{Chunk, Format, Renderer, Report, Sink};
use crate::diagnostic::{Diagnostic, Severity};
use crate::read::{self, Language, Macros, Options, ReadBack};

/// Arguments of `kqlc parse`.
#[derive(Debug, clap::Args)]
pub struct Parse {
    #[command(flatten)]
    paths: Paths,
    /// How findings are written; `json` gives one object a line, a query
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What the files hold; of a folder, the files of that language are taken
    #[arg(long, value_enum, default_value_t, value_name = "LANGUAGE")]
    from: From,
    /// Macro definitions that searches may call: a JSON list of {"name", "arguments", "definition"}
    #[arg(long, value_name = "FILE")]
    macros: Option<PathBuf>,
}

/// What files are parsed as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum From {
    /// Rules and queries in KQL.
    #[default]
    Kql,
    /// Another language, read into the IR.
    Other(Language),
}

impl ValueEnum for From {
    fn value_variants<'a>() -> &'a [Self] {
        static VARIANTS: LazyLock<Vec<From>> = LazyLock::new(|| {
            std::iter::once(From::Kql).chain(Language::ALL.iter().copied().map(From::Other)).collect()
        });
        &VARIANTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Kql => Some(PossibleValue::new("kql").help("Sentinel rules and KQL queries")),
            Self::Other(language) => language.to_possible_value(),
        }
    }
}

impl From {
    /// Whether a folder's file of this name holds it.
    fn wants(self, path: &Path) -> bool {
        let Self::Other(language) = self else { return false };
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        language.endings().iter().any(|known| known.eq_ignore_ascii_case(ending))
    }
}

impl Parse {
    /// Parses, and writes what is wrong.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let renderer = Renderer::new(self.format, global.color.on_stdout());
        let mut sink = Sink::new(out, self.format);
        let mut findings = false;
        let macros = match self.macros.as_deref().map(Macros::read).transpose() {
            Ok(macros) => macros.unwrap_or_default(),
            Err(error) => {
                complain(error);
                return Exit::Failed;
            }
        };
        let options = Options { macros };
        let inputs = match self.from {
            From::Kql => self.paths.find(),
            From::Other(_) => self.paths.find_ending(|path| self.from.wants(path)),
        };
        let work = |text: &Text| match self.from {
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
