//! `kqlc functions`: the catalogue of what KQL has built in, and what each target makes of it.

mod samples;
mod support;

use std::fmt::Write as _;
use std::io::{self, Write as _};

use rayon::prelude::*;
use serde::Serialize;

use self::support::{Support, support};
use super::output::{Exit, Output, complain};
use crate::functions::{self, Function, Kind, Operator};
use crate::target::registry::{self, TARGETS};

/// Arguments of `kqlc functions`.
#[derive(Debug, clap::Args)]
pub struct Functions {
    /// Functions, aggregates, plugins or operators to tell about; all are listed where none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How the catalogue is written
    #[arg(long, value_enum, default_value_t)]
    format: CatalogueFormat,
}

/// How the catalogue is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum CatalogueFormat {
    /// For people
    #[default]
    Text,
    /// One object a line, a built-in
    Json,
    /// The page of the documentation
    Markdown,
}

/// A row of the catalogue.
#[derive(Clone, Copy, Debug)]
enum BuiltIn {
    /// A function of any kind.
    Function(&'static Function),
    /// An operator of expressions.
    Operator(Operator),
}

/// A built-in and what the targets make of it, in the order of [`TARGETS`].
struct Row {
    built_in: BuiltIn,
    support: Vec<Support>,
}

/// A row of the catalogue, as `--format json` gives it.
#[derive(Serialize)]
struct Record<'a> {
    name: &'static str,
    kind: &'static str,
    doc: &'static str,
    signatures: Vec<String>,
    replaced_by: Vec<&'static str>,
    targets: Vec<TargetRecord<'a>>,
}

#[derive(Serialize)]
struct TargetRecord<'a> {
    target: &'static str,
    #[serde(flatten)]
    support: &'a Support,
}

impl BuiltIn {
    /// Every built-in, in the order of kinds and names; of the operators in that of the catalogue.
    fn all() -> impl Iterator<Item = Self> {
        let scalars = functions::scalars().map(functions::FunctionId::row);
        let aggregates = functions::aggregates().map(functions::AggregateId::row);
        let plugins = functions::plugins().map(functions::PluginId::row);
        scalars.chain(aggregates).chain(plugins).map(Self::Function).chain(Operator::all().map(Self::Operator))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Function(function) => function.name,
            Self::Operator(operator) => operator.symbol(),
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Function(function) => match function.kind {
                Kind::Scalar => "function",
                Kind::Aggregate => "aggregate",
                Kind::Plugin => "plugin",
            },
            Self::Operator(_) => "operator",
        }
    }

    fn doc(self) -> &'static str {
        match self {
            Self::Function(function) => function.doc,
            Self::Operator(operator) => operator.row().doc,
        }
    }

    /// Whether lists leave it out.
    fn hidden(self) -> bool {
        match self {
            Self::Function(function) => function.hidden,
            Self::Operator(_) => false,
        }
    }

    /// What is better written in its place.
    fn replaced_by(self) -> Vec<&'static str> {
        match self {
            Self::Function(function) => function.replaced_by.to_vec(),
            Self::Operator(operator) => operator.row().replaced_by.into_iter().collect(),
        }
    }

    /// How it is used, a line for each overload.
    fn signatures(self) -> Vec<String> {
        match self {
            Self::Function(function) => functions::signatures(function).collect(),
            Self::Operator(operator) => functions::operator::signatures(operator).collect(),
        }
    }
}

impl Row {
    fn new(built_in: BuiltIn) -> Self {
        Self { built_in, support: support(built_in, TARGETS) }
    }

    /// The names of the targets, each with what it makes of the built-in.
    fn targets(&self) -> impl Iterator<Item = (&'static str, &Support)> {
        registry::names().zip(&self.support)
    }
}

impl Functions {
    /// Writes the rows that are asked for.
    pub(super) fn run(&self, out: &mut Output<impl io::Write>) -> Exit {
        let mut exit = Exit::Clean;
        let mut chosen: Vec<BuiltIn> = Vec::new();
        for name in &self.names {
            let found: Vec<_> = BuiltIn::all().filter(|built_in| built_in.name() == name).collect();
            if found.is_empty() {
                let near = functions::nearest(name, BuiltIn::all().map(BuiltIn::name));
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                complain(format_args!("KQL has no function, aggregate, plugin or operator `{name}`{hint}"));
                exit = Exit::Failed;
            }
            chosen.extend(found);
        }
        if self.names.is_empty() {
            chosen.extend(BuiltIn::all().filter(|built_in| !built_in.hidden()));
        }
        let rows: Vec<Row> = chosen.into_par_iter().map(Row::new).collect();
        let text = match (self.format, self.names.is_empty()) {
            (CatalogueFormat::Json, _) => json(&rows),
            (CatalogueFormat::Markdown, _) => markdown(&rows),
            (CatalogueFormat::Text, true) => list(&rows),
            (CatalogueFormat::Text, false) => rows.iter().map(tell).collect::<Vec<_>>().join("\n"),
        };
        // Whether that went well is for the output to tell, at the end.
        let _ = out.write_all(text.as_bytes());
        exit
    }
}

fn json(rows: &[Row]) -> String {
    let record = |row: &Row| {
        let targets = row.targets().map(|(target, support)| TargetRecord { target, support });
        serde_json::to_string(&Record {
            name: row.built_in.name(),
            kind: row.built_in.kind(),
            doc: row.built_in.doc(),
            signatures: row.built_in.signatures(),
            replaced_by: row.built_in.replaced_by(),
            targets: targets.collect(),
        })
    };
    // Strings and lists: nothing that JSON cannot hold.
    rows.iter().filter_map(|row| record(row).ok()).map(|line| line + "\n").collect()
}

/// One line each. What a target makes of it is a letter under the target's name.
fn list(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.built_in.name().len()).max().unwrap_or(0);
    let heads: Vec<&str> = registry::names().collect();
    let mut text = format!("{:width$}  {:9}  {}  (e exact, a approximate)\n", "", "", heads.join("  "));
    for row in rows {
        let _ = write!(text, "{:width$}  {:9}  ", row.built_in.name(), row.built_in.kind());
        for (name, support) in row.targets() {
            let letter = match support {
                Support::Exact => "e",
                Support::Approximate { .. } => "a",
                Support::Unsupported => "-",
            };
            let _ = write!(text, "{letter:width$}  ", width = name.len());
        }
        text.push_str(row.built_in.doc());
        text.push('\n');
    }
    text
}

/// All there is to say of one.
fn tell(row: &Row) -> String {
    let built_in = row.built_in;
    let mut text = format!("{} ({})\n  {}\n\n", built_in.name(), built_in.kind(), built_in.doc());
    for signature in built_in.signatures() {
        let _ = writeln!(text, "  {signature}");
    }
    let better = built_in.replaced_by();
    if !better.is_empty() {
        let _ = writeln!(text, "\n  An old name; use {} instead.", better.join(" or "));
    }
    text.push('\n');
    for (target, support) in row.targets() {
        let _ = writeln!(text, "  {target:8}{}", support.word());
        if let Support::Approximate { losses } = support {
            for loss in losses {
                let _ = writeln!(text, "          {loss}");
            }
        }
    }
    if let BuiltIn::Function(function) = built_in {
        if let Some(cheaper) = function.cheaper {
            let _ = writeln!(text, "\n  `{cheaper}` gives nearly the same for less.");
        }
        for example in function.examples {
            let _ = writeln!(text, "\n  {}\n  gives {}", example.query, example.result);
        }
    }
    text
}

/// `docs/functions.md`.
fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(include_str!("head.md"));
    for (kind, title) in
        [("function", "Functions"), ("aggregate", "Aggregates"), ("operator", "Operators"), ("plugin", "Plugins")]
    {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.built_in.kind() == kind).collect();
        let heads: Vec<&str> = registry::names().collect();
        let _ = writeln!(text, "\n## {title}\n\n| name | {} | what it gives |", heads.join(" | "));
        let _ = writeln!(text, "|---|{}---|", "---|".repeat(heads.len()));
        for row in rows {
            let cells: Vec<&str> = row.targets().map(|(_, support)| cell(support)).collect();
            let name = row.built_in.name().replace('|', "\\|");
            let _ = writeln!(text, "| `{name}` | {} | {} |", cells.join(" | "), row.built_in.doc());
        }
    }
    text
}

/// In a table, what is missing is to leave a gap.
const fn cell(support: &Support) -> &'static str {
    match support {
        Support::Unsupported => "",
        supported => supported.word(),
    }
}

#[cfg(test)]
mod tests;
