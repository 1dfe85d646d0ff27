//! `kqlc rule`: what a lint is about, and how to mend what it finds.

use std::io::{self, Write};

use super::output::{Exit, Output, complain};
use crate::diagnostic::code;
use crate::lint::settings::json_schema;
use crate::lint::{doc, registry};

/// Arguments of `kqlc rule`.
#[derive(Debug, clap::Args)]
pub struct Rule {
    /// The code or name of a lint, such as F001 or missing-id
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    code: Option<String>,
    /// All lints
    #[arg(long)]
    all: bool,
    /// How it is written; `json` gives one document
    #[arg(long, value_enum, default_value_t)]
    format: RuleFormat,
}

/// How a lint is described.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum RuleFormat {
    /// Text with headings, for people and for pages.
    #[default]
    Markdown,
    /// For programs.
    Json,
    /// The JSON schema of `kqlc.toml`, for editors; it knows the codes and names of all lints.
    SettingsSchema,
}

impl Rule {
    /// Writes what is known of the lint.
    pub(super) fn run(&self, out: &mut Output<impl io::Write>) -> Exit {
        let written = match &self.code {
            None => self.write(registry::ALL, out),
            Some(name) => match registry::find(name) {
                Some(lint) => self.write(&[lint], out),
                None => return other(name, out),
            },
        };
        // An error of the output is told by the output itself, at the end.
        let _ = written;
        Exit::Clean
    }

    fn write(&self, lints: &[&'static crate::lint::Lint], out: &mut Output<impl io::Write>) -> io::Result<()> {
        match self.format {
            RuleFormat::Markdown if self.all => out.write_all(doc::book(lints).as_bytes()),
            RuleFormat::Markdown => lints.iter().try_for_each(|lint| out.write_all(doc::markdown(lint).as_bytes())),
            RuleFormat::SettingsSchema => {
                serde_json::to_writer_pretty(&mut *out, &json_schema()).map_err(io::Error::from)?;
                writeln!(out)
            }
            RuleFormat::Json => {
                let records: Vec<doc::Record> = lints.iter().map(|lint| doc::Record::of(lint)).collect();
                let written = match records.as_slice() {
                    [record] if !self.all => serde_json::to_writer_pretty(&mut *out, record),
                    records => serde_json::to_writer_pretty(&mut *out, records),
                };
                written.map_err(io::Error::from)?;
                writeln!(out)
            }
        }
    }
}

/// Codes that are no lints have a sentence, too.
fn other(name: &str, out: &mut Output<impl io::Write>) -> Exit {
    if let Some(code) = code::ALL.iter().find(|code| code.id.eq_ignore_ascii_case(name) || code.name == name) {
        // As above.
        let _ = writeln!(out, "# {} ({})\n\n{}", code.name, code.id, code.summary);
        return Exit::Clean;
    }
    let names = registry::ALL.iter().flat_map(|lint| [lint.code.id, lint.code.name]);
    match crate::schema::nearest(name, names) {
        Some(near) => complain(format_args!("no lint has the code or name `{name}`; did you mean `{near}`?")),
        None => complain(format_args!("no lint has the code or name `{name}`; `kqlc rule --all` lists them")),
    }
    Exit::Failed
}
