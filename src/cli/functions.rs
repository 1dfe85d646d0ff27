//! `kqlc functions`: the catalogue of what KQL has built in.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;

use super::bound::AnswerFormat;
use super::output::{Exit, Output, complain};
use crate::functions::{self, Function, Kind};

/// Arguments of `kqlc functions`.
#[derive(Debug, clap::Args)]
pub struct Functions {
    /// Functions, aggregates or plugins to tell about; all are listed where none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How the catalogue is written
    #[arg(long, value_enum, default_value_t)]
    format: AnswerFormat,
}

/// A row of the catalogue, as `--format json` gives it.
#[derive(Serialize)]
struct FunctionRecord {
    name: &'static str,
    kind: &'static str,
    doc: &'static str,
    signatures: Vec<String>,
    replaced_by: &'static [&'static str],
}

impl FunctionRecord {
    fn new(function: &'static Function) -> Self {
        Self {
            name: function.name,
            kind: kind(function.kind),
            doc: function.doc,
            signatures: functions::signatures(function).collect(),
            replaced_by: function.replaced_by,
        }
    }
}

impl Functions {
    /// Writes the rows that are asked for.
    pub(super) fn run(&self, out: &mut Output<impl io::Write>) -> Exit {
        let mut exit = Exit::Clean;
        let mut rows: Vec<&'static Function> = Vec::new();
        for name in &self.names {
            let found: Vec<_> = all().filter(|function| function.name == name).collect();
            if found.is_empty() {
                let near = functions::nearest(name, all().map(|function| function.name));
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                complain(format_args!("KQL has no function, aggregate or plugin `{name}`{hint}"));
                exit = Exit::Failed;
            }
            rows.extend(found);
        }
        if self.names.is_empty() {
            rows.extend(all().filter(|function| !function.hidden));
        }
        let text = match (self.format, self.names.is_empty()) {
            (AnswerFormat::Json, _) => json(&rows),
            (AnswerFormat::Text, true) => list(&rows),
            (AnswerFormat::Text, false) => rows.iter().map(|function| tell(function)).collect(),
        };
        // Whether that went well is for the output to tell, at the end.
        let _ = out.write_all(text.as_bytes());
        exit
    }
}

/// Every row, in the order of kinds and names.
fn all() -> impl Iterator<Item = &'static Function> {
    let scalars = functions::scalars().map(functions::FunctionId::row);
    let aggregates = functions::aggregates().map(functions::AggregateId::row);
    scalars.chain(aggregates).chain(functions::plugins().map(functions::PluginId::row))
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Scalar => "function",
        Kind::Aggregate => "aggregate",
        Kind::Plugin => "plugin",
    }
}

fn json(rows: &[&'static Function]) -> String {
    let lines = rows.iter().filter_map(|function| serde_json::to_string(&FunctionRecord::new(function)).ok());
    lines.map(|line| line + "\n").collect()
}

fn list(rows: &[&'static Function]) -> String {
    let width = rows.iter().map(|function| function.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for function in rows {
        let _ = writeln!(text, "{:width$}  {:9}  {}", function.name, kind(function.kind), function.doc);
    }
    text
}

fn tell(function: &'static Function) -> String {
    let mut text = format!("{} ({})\n  {}\n\n", function.name, kind(function.kind), function.doc);
    for signature in functions::signatures(function) {
        let _ = writeln!(text, "  {signature}");
    }
    if !function.replaced_by.is_empty() {
        let _ = writeln!(text, "\n  An old name; use {} instead.", function.replaced_by.join(" or "));
    }
    if let Some(cheaper) = function.cheaper {
        let _ = writeln!(text, "\n  `{cheaper}` gives nearly the same for less.");
    }
    for example in function.examples {
        let _ = writeln!(text, "\n  {}\n  gives {}", example.query, example.result);
    }
    text
}
