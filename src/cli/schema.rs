//! `kqlc schema`: the columns that queries give.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;

use super::Global;
use super::bound::{Answer, AnswerFormat, over_queries};
use super::input::Paths;
use super::output::{Exit, Output};
use super::schemas::SchemaOptions;
use crate::diagnostic::render::Record;

/// Arguments of `kqlc schema`.
#[derive(Debug, clap::Args)]
pub struct Schema {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    schemas: SchemaOptions,
    /// How the columns are written
    #[arg(long, value_enum, default_value_t)]
    format: AnswerFormat,
}

/// The answer for one query, as `--format json` gives it.
#[derive(Serialize)]
struct SchemaRecord<'a> {
    path: &'a str,
    query: Option<usize>,
    ok: bool,
    /// Null where the query cannot be read.
    columns: Option<Vec<ColumnRecord>>,
    /// Whether rows may have columns besides.
    open: bool,
    diagnostics: Vec<Record<'a>>,
}

#[derive(Serialize)]
struct ColumnRecord {
    name: String,
    #[serde(rename = "type")]
    ty: &'static str,
}

impl Schema {
    /// Derives the columns and writes them.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let color = global.color.on_stdout();
        over_queries(&self.paths, &self.schemas, global, out, |answer| match self.format {
            AnswerFormat::Json => json(answer),
            AnswerFormat::Text => text(answer, color),
        })
    }
}

fn columns(answer: &Answer<'_>) -> Option<(Vec<ColumnRecord>, bool)> {
    let bound = answer.bound.as_ref()?;
    let Some(query) = &bound.query else { return Some((Vec::new(), false)) };
    let schema = query.plan.schema();
    let columns = schema.iter().map(|column| ColumnRecord { name: column.name.to_string(), ty: column.ty.ty.name() });
    Some((columns.collect(), schema.open))
}

fn json(answer: &Answer<'_>) -> String {
    let (columns, open) = columns(answer).unzip();
    let record = SchemaRecord {
        path: answer.file.name(),
        query: answer.index,
        ok: answer.ok(),
        columns,
        open: open.unwrap_or(false),
        diagnostics: answer.diagnostics.iter().map(|diagnostic| Record::new(answer.file, diagnostic)).collect(),
    };
    // Strings, numbers and lists: nothing that JSON cannot hold.
    serde_json::to_string(&record).map(|line| line + "\n").unwrap_or_default()
}

fn text(answer: &Answer<'_>, color: bool) -> String {
    let mut text = answer.findings(color);
    if let Some((columns, open)) = columns(answer).filter(|_| answer.ok()) {
        let width = columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0);
        let _ = writeln!(text, "{}:", answer.file.name());
        for ColumnRecord { name, ty } in columns {
            let _ = writeln!(text, "  {name:width$}  {ty}");
        }
        if open {
            text.push_str("  and whatever else the rows hold\n");
        }
    }
    text
}
