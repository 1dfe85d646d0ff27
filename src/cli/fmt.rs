//! `kqlc fmt`: queries in the one layout, in place.

use std::io::{self, Write};

use super::Global;
use super::files::{Flow, over_files};
use super::input::{Kind, Paths, Text};
use super::output::{Exit, Output, complain};
use super::{replace, unified};
use crate::diagnostic::render::{Chunk, Format, Renderer, Report, Sink};
use crate::diagnostic::{Diagnostic, code};
use crate::format::{format_rules, format_text};

/// Arguments of `kqlc fmt`.
#[derive(Debug, clap::Args)]
pub struct Fmt {
    #[command(flatten)]
    paths: Paths,
    /// Write nothing, list the files that would change
    #[arg(long)]
    check: bool,
    /// Write nothing, show what would change
    #[arg(long)]
    diff: bool,
    /// Pass over named files that hold no rule, as is done in folders
    #[arg(long)]
    skip_others: bool,
}

/// What formatting has made of a file.
enum Outcome {
    /// Its text on standard output, since it came from standard input.
    Text(Vec<u8>),
    /// It is as it should be.
    Unchanged,
    /// It was written.
    Written,
    /// It would change: its name, or the diff.
    WouldChange(String),
    /// It holds no rule, and nobody has said that it does.
    Other,
    /// It cannot be formatted.
    Findings(Chunk),
    /// It cannot be written.
    Unwritable(String),
}

/// How many files ended how.
#[derive(Default)]
struct Tally {
    unchanged: usize,
    written: usize,
    would_change: usize,
    refused: usize,
    failed: bool,
}

impl Fmt {
    /// Formats, and tells what has changed or would.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        // What is found goes to standard error: standard output is for text, names and diffs.
        let renderer = Renderer::new(Format::Human, global.color.on_stderr());
        let mut findings = Sink::new(io::stderr(), Format::Human);
        let mut tally = Tally::default();
        let exit = over_files(
            &self.paths,
            global,
            |text| self.format(text, renderer),
            |outcome| {
                let written = match outcome {
                    Outcome::Text(bytes) => out.write_all(&bytes),
                    Outcome::Unchanged => {
                        tally.unchanged += 1;
                        Ok(())
                    }
                    Outcome::Other => Ok(()),
                    Outcome::Written => {
                        tally.written += 1;
                        Ok(())
                    }
                    Outcome::WouldChange(what) => {
                        tally.would_change += 1;
                        out.write_all(what.as_bytes())
                    }
                    Outcome::Findings(chunk) => {
                        tally.refused += 1;
                        // There is nowhere else to turn to if standard error is closed.
                        let _ = findings.write(chunk);
                        Ok(())
                    }
                    Outcome::Unwritable(error) => {
                        complain(error);
                        tally.failed = true;
                        Ok(())
                    }
                };
                Flow::from(written)
            },
        );
        let _ = findings.finish();
        if !global.quiet {
            let _ = tally.write(io::stderr());
        }
        exit.max(tally.exit())
    }

    /// Whether a file is none of ours: YAML or JSON of another kind, which was found in a folder.
    fn is_other(&self, text: &Text, diagnostics: &[Diagnostic]) -> bool {
        let named = text.path.is_none() || !self.skip_others && self.paths.names(text);
        !named && diagnostics.iter().all(|diagnostic| diagnostic.code == &code::NOT_A_RULE)
    }

    fn format(&self, text: &Text, renderer: Renderer) -> Outcome {
        let file = &text.file;
        let formatted = match text.kind {
            Kind::Rule => format_rules(file),
            Kind::Query => format_text(file.text()),
        };
        let formatted = match formatted {
            Ok(formatted) => formatted,
            Err(diagnostics) if self.is_other(text, &diagnostics) => return Outcome::Other,
            Err(diagnostics) => {
                let report = Report { file, query: None, diagnostics: &diagnostics };
                return Outcome::Findings(renderer.render(&report));
            }
        };
        let changed = formatted != file.text();
        if changed && self.diff {
            return Outcome::WouldChange(unified::diff(file.name(), file.text(), file.name(), &formatted));
        }
        if changed && self.check {
            return Outcome::WouldChange(format!("{}\n", file.name()));
        }
        if self.diff || self.check || (!changed && text.path.is_some()) {
            return Outcome::Unchanged;
        }
        let written = match &text.path {
            None => replace::encode(file, &formatted).map(Outcome::Text),
            Some(path) => replace::write_text(path, file, &formatted).map(|()| Outcome::Written),
        };
        written.unwrap_or_else(|error| Outcome::Unwritable(error.to_string()))
    }
}

impl Tally {
    fn exit(&self) -> Exit {
        if self.failed {
            Exit::Failed
        } else if self.refused + self.would_change > 0 {
            Exit::Findings
        } else {
            Exit::Clean
        }
    }

    /// One line, such as `2 files formatted, 5 unchanged`.
    fn write(&self, mut to: impl Write) -> io::Result<()> {
        let parts = [
            (self.written, "formatted"),
            (self.would_change, "to be formatted"),
            (self.unchanged, "unchanged"),
            (self.refused, "left alone because of errors"),
        ];
        let told = parts.into_iter().filter(|(count, _)| *count > 0).enumerate().map(|(index, (count, what))| {
            let noun = match (index, count) {
                (0, 1) => " file",
                (0, _) => " files",
                _ => "",
            };
            format!("{count}{noun} {what}")
        });
        let line = told.collect::<Vec<_>>().join(", ");
        if line.is_empty() { Ok(()) } else { writeln!(to, "{line}") }
    }
}
