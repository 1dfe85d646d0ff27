//! Faulty queries in files of Markdown: a heading, a word or two, and the query with the faulty words in ⟦ ⟧.

// Not every test uses all of it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use kqlc::diagnostic::Diagnostic;
use kqlc::diagnostic::render::{Format, Renderer, Report, Sink};
use kqlc::source::{SourceFile, Span};

const OPEN: char = '⟦';
const CLOSE: char = '⟧';

/// A faulty query of a fixture.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) query: String,
    /// The places that findings are to underline, in order.
    pub(crate) marked: Vec<Span>,
    /// Whether every finding is to offer a change.
    pub(crate) mends: bool,
    /// The codes of Microsoft's analyser for the findings, in order; `-` where it has none.
    pub(crate) official: Vec<String>,
}

/// The fixtures of a folder.
pub(crate) fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder of fixtures");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a fixture").path()).collect();
    files.sort();
    files
}

/// The queries of a fixture.
pub(crate) fn cases(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).expect("a readable fixture");
    text.split("\n## ")
        .skip(1)
        .map(|section| {
            let (name, rest) = section.split_once('\n').expect("a heading ends with its line");
            let (before, rest) = rest.split_once("```kql\n").unwrap_or_else(|| panic!("{name}: no query"));
            let (marked_query, _) = rest.split_once("\n```").expect("a fence is closed");
            let (query, marked) = unmarked(marked_query);
            let official = before.split_whitespace().filter(|word| word.starts_with("KS") || *word == "-");
            let official = official.map(ToOwned::to_owned).collect();
            Case { name: name.to_owned(), query, marked, mends: !before.contains("No fix."), official }
        })
        .collect()
}

/// The text without its marks, and the spans that were marked.
fn unmarked(text: &str) -> (String, Vec<Span>) {
    let (mut query, mut spans, mut open) = (String::new(), Vec::new(), 0);
    for character in text.chars() {
        match character {
            OPEN => open = query.len(),
            CLOSE => spans.push(Span::new(open, query.len())),
            _ => query.push(character),
        }
    }
    (query, spans)
}

/// What is said about a query, for people.
pub(crate) fn rendered(query: &str, findings: &[Diagnostic]) -> String {
    let file = SourceFile::from_text("query.kql", query);
    let mut sink = Sink::new(Vec::new(), Format::Human);
    let report = Report { file: &file, query: Some(0), diagnostics: findings };
    sink.write(Renderer::new(Format::Human, false).render(&report)).expect("memory takes all");
    String::from_utf8(sink.finish().expect("memory takes all")).expect("renderings are UTF-8")
}

/// The settings of a snapshot in a folder of `snapshots/`.
pub(crate) fn settings(folder: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
