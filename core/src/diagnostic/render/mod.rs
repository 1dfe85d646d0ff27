//! Diagnostics as people and programs read them: one file a format.
//!
//! Files are analysed in parallel and printed in order, so rendering has two halves. A [`Renderer`] turns a
//! [`Report`] into a [`Chunk`] on whatever thread has the file; a [`Sink`] takes the chunks in order and writes
//! them. Text goes out at once; SARIF is one document, so it is kept until [`Sink::finish`].
//!
//! Whatever is rendered has passed through a terminal before long, and messages quote the rule: control
//! characters never reach the output of a format for people.

mod concise;
mod elide;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;

use std::borrow::Cow;
use std::io;

use super::{Diagnostic, Severity};
use crate::source::{Location, SourceFile, Span};

pub use json::{EditRecord, FixRecord, LabelRecord, NoteRecord, QueryRecord, Record};
pub use junit::escape as xml_escape;

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Snippets with the words underlined, for people.
    #[default]
    Human,
    /// One line a finding: path, place, severity, code, headline.
    Concise,
    /// One JSON object a line, one line a query.
    Json,
    /// One SARIF 2.1.0 document, for code scanning.
    Sarif,
    /// Annotations of a GitHub workflow run.
    Github,
    /// A code quality report of GitLab.
    Gitlab,
    /// One `JUnit` document, for build servers.
    Junit,
}

/// What was found in one query, or in a file as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The file; the spans of the diagnostics count in its decoded text.
    pub file: &'a SourceFile,
    /// Which query of the file, from 0; `None` when the findings are about the file, which then has no query.
    pub query: Option<usize>,
    /// The findings, in the order they are to be shown.
    pub diagnostics: &'a [Diagnostic],
}

impl Report<'_> {
    /// Whether nothing in it is an error.
    pub fn ok(&self) -> bool {
        self.diagnostics.iter().all(|diagnostic| diagnostic.severity < Severity::Error)
    }
}

/// Turns reports into text. Cheap to copy, and shared between threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renderer {
    format: Format,
    coloured: bool,
}

/// A rendered report, not yet written.
#[derive(Debug, Default)]
pub struct Chunk {
    text: String,
    sarif: sarif::Results,
}

impl Renderer {
    /// A renderer for a format; `coloured` matters to [`Format::Human`] and [`Format::Concise`] alone.
    pub fn new(format: Format, coloured: bool) -> Self {
        Self { format, coloured }
    }

    /// The format it writes.
    pub fn format(self) -> Format {
        self.format
    }

    /// Renders one report. Spans that do not fit the file are clamped to it.
    pub fn render(self, report: &Report<'_>) -> Chunk {
        let mut chunk = Chunk::default();
        match self.format {
            Format::Human => human::render(report, self.coloured, &mut chunk.text),
            Format::Concise => concise::render(report, self.coloured, &mut chunk.text),
            Format::Json => json::render(report, &mut chunk.text),
            Format::Sarif => chunk.sarif = sarif::Results::of(report),
            Format::Github => github::render(report, &mut chunk.text),
            Format::Gitlab => gitlab::render(report, &mut chunk.text),
            Format::Junit => junit::render(report, &mut chunk.text),
        }
        chunk
    }
}

impl Chunk {
    /// A text that is written as it is, between the reports.
    pub fn text(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// Puts another chunk behind this one, so that a file of several queries is one chunk.
    pub fn append(&mut self, other: Self) {
        self.text.push_str(&other.text);
        self.sarif.append(other.sarif);
    }

    /// The text, for formats that do not wait for the end.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// Writes rendered reports in the order they come.
#[derive(Debug)]
pub struct Sink<W> {
    out: W,
    format: Format,
    sarif: sarif::Results,
    /// Whether what stands before the first finding of a document has been written.
    begun: bool,
}

impl<W: io::Write> Sink<W> {
    /// A sink that writes to `out`.
    pub fn new(out: W, format: Format) -> Self {
        Self { out, format, sarif: sarif::Results::default(), begun: false }
    }

    /// Takes the next chunk.
    ///
    /// # Errors
    /// What writing to the output gives.
    pub fn write(&mut self, chunk: Chunk) -> io::Result<()> {
        self.sarif.append(chunk.sarif);
        match self.format {
            Format::Gitlab => {
                for line in chunk.text.lines() {
                    let before = if self.begun { ",\n" } else { "[\n" };
                    self.begun = true;
                    self.out.write_all(before.as_bytes())?;
                    self.out.write_all(line.as_bytes())?;
                }
                Ok(())
            }
            Format::Junit => {
                self.begin_junit()?;
                self.out.write_all(chunk.text.as_bytes())
            }
            _ => self.out.write_all(chunk.text.as_bytes()),
        }
    }

    fn begin_junit(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        self.out.write_all(junit::HEAD.as_bytes())
    }

    /// Writes what had to wait for the end, flushes, and gives back the output.
    ///
    /// # Errors
    /// What writing to the output gives.
    pub fn finish(mut self) -> io::Result<W> {
        match self.format {
            Format::Sarif => std::mem::take(&mut self.sarif).write(&mut self.out)?,
            Format::Gitlab => self.out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })?,
            Format::Junit => {
                self.begin_junit()?;
                self.out.write_all(junit::TAIL.as_bytes())?;
            }
            Format::Human | Format::Concise | Format::Json | Format::Github => {}
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

impl Severity {
    /// The word for it, as it stands in every format but SARIF and GitHub's.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Where a span begins and ends. A span whose end lies before its start is taken as empty.
fn extent(file: &SourceFile, span: Span) -> (Location, Location) {
    let (start, end) = (span.start as usize, span.end.max(span.start) as usize);
    let first = file.location(start);
    (first, if end == start { first } else { file.location(end) })
}

/// Stands for a snippet's path until the text is laid out. A private-use character that nothing rendered keeps.
const ORIGIN: &str = "\u{f0000}";

/// `text` with everything that could steer a terminal made visible; line feeds stay.
fn visible(text: &str) -> Cow<'_, str> {
    fn stand_in(character: char) -> Option<char> {
        match character {
            '\n' => None,
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + character as u32),
            '\u{7f}' => Some('\u{2421}'),
            // C1 controls, the marks that reorder what is shown, and our own.
            '\u{80}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{f0000}' => Some('\u{fffd}'),
            _ => None,
        }
    }
    if text.chars().all(|character| stand_in(character).is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|character| stand_in(character).unwrap_or(character)).collect())
}

/// As [`visible`], on one line.
fn visible_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        text if text.contains('\n') => Cow::Owned(text.replace('\n', " ")),
        text => text,
    }
}

#[cfg(test)]
mod tests;
