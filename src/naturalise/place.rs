//! Which table of Sentinel holds the events of a log source: what is said of the back end's tables, read the other way
//! round.

use std::sync::Arc;

use super::{Refused, State, refuse};
use crate::ir::{ColumnId, Columns, Expr, ExprKind, LogSource, Origin, StringMatch, StringRules, StringTest, Value};
use crate::schema::Table;
use crate::source::Span;
use crate::target::sigma::rows::{Part, Table as Row};
use crate::target::sigma::tree::LogSource as Collected;
use crate::target::{Fields, LossKind};
use crate::types::Type;

/// A field of the other language, and the column that holds it or a part of it.
pub(super) struct Known<'d> {
    /// The field.
    pub(super) name: &'d str,
    /// The column.
    pub(super) column: &'d str,
    /// What the column's value is of the field's.
    pub(super) part: Part,
    /// Whether that is a guess.
    pub(super) guess: bool,
    /// Beginnings of the column's values that are written in another way in the field.
    pub(super) prefixes: Vec<(&'d str, &'d str)>,
}

/// A table, and which of its records are meant.
pub(super) struct Place {
    /// The table.
    pub(super) table: String,
    /// What is known of its fields; nothing where they have the names of columns.
    pub(super) known: Option<Vec<Known<'static>>>,
    /// Whether columns of which nothing is said have the names of fields.
    pub(super) verbatim: bool,
    /// What stands before the names of all fields.
    pub(super) prefix: String,
    /// Its columns, where they are known.
    pub(super) schema: Option<Arc<Table>>,
    /// A column and the value by which the records are told from others.
    pub(super) chosen: Option<(String, String)>,
    /// The column that holds the time of an event.
    pub(super) time: &'static str,
}

/// Whether a log source says all that one of the table's says, and whose kind and service are no other.
fn fits(known: &Collected, asked: &LogSource) -> bool {
    let same = |known: &Option<String>, asked: &Option<crate::ir::Name>| match (known, asked) {
        (Some(known), Some(asked)) => known.as_str() == &**asked,
        (None, None) => true,
        _ => false,
    };
    // A table that holds the events of several products says nothing of them.
    let product = known.product.is_none() || same(&known.product, &asked.product);
    product && same(&known.category, &asked.category) && same(&known.service, &asked.service)
}

/// A table with its row, and the value of the column that chooses the log source there, if one does.
type Candidate = (&'static String, &'static Row, Option<(String, String)>);

impl State<'_> {
    /// The table that holds the events of a log source.
    pub(super) fn place(&self, source: &LogSource, span: Span) -> Result<Place, Refused> {
        if let Some(table) = self.options.table {
            let row = self.data.tables.get(table);
            return Ok(self.place_of(table, row.map(fields), row.is_some_and(|row| row.verbatim), None));
        }
        let mut found: Vec<Candidate> = Vec::new();
        for (name, row) in &self.data.tables {
            if !row.guess && row.logsource.as_ref().is_some_and(|known| fits(known, source)) {
                found.push((name, row, None));
            }
            for (column, values) in &row.choose {
                for (value, known) in values {
                    if fits(known, source) {
                        found.push((name, row, Some((column.clone(), value.clone()))));
                    }
                }
            }
        }
        let told = told(source);
        match found.len() {
            0 => {
                let message = format!(
                    "no table of Sentinel is known to hold the events of {told}; name the one that does with `--table`"
                );
                Err(refuse(LossKind::UnsupportedSource, span, message))
            }
            1 => {
                let (name, row, chosen) = found.remove(0);
                Ok(self.place_of(name, Some(fields(row)), row.verbatim, chosen))
            }
            _ => {
                let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
                let message =
                    format!("the events of {told} may be in {}; name the table with `--table`", names.join(" or "));
                Err(refuse(LossKind::UnsupportedSource, span, message))
            }
        }
    }

    /// A table of which so much is known.
    pub(super) fn place_of(
        &self,
        table: &str,
        known: Option<Vec<Known<'static>>>,
        verbatim: bool,
        chosen: Option<(String, String)>,
    ) -> Place {
        let schema = self.options.schemas.table(table);
        let dialect = self.options.schemas.dialect();
        let time = schema.as_ref().and_then(|schema| schema.time_column(dialect)).unwrap_or("TimeGenerated");
        let known = known.filter(|_| self.options.fields == Fields::Siem);
        Place { table: table.to_owned(), known, verbatim, prefix: String::new(), schema, chosen, time }
    }
}

/// What Sigma's data says of a table's fields.
fn fields(row: &'static Row) -> Vec<Known<'static>> {
    row.fields
        .iter()
        .map(|(column, field)| Known {
            name: &field.name,
            column,
            part: field.part,
            guess: field.guess,
            prefixes: field.prefixes.iter().map(|(here, there)| (here.as_str(), there.as_str())).collect(),
        })
        .collect()
}

impl Place {
    /// The test that tells the records that are meant from others.
    pub(super) fn condition(&self, columns: &mut Columns, span: Span) -> Option<Expr> {
        let (column, value) = self.chosen.as_ref()?;
        let id = self.column(column, Type::String, columns, span);
        let node = StringMatch {
            test: StringTest::Equals,
            rules: StringRules::KQL_EQUALITY,
            negated: false,
            subject: Expr::column(id, Type::String.into(), span),
            needle: Expr::literal(Value::string(value.as_str()), span),
        };
        Some(Expr::new(ExprKind::Match(Box::new(node)), Type::Bool, span))
    }

    /// A column of the table.
    pub(super) fn column(&self, name: &str, ty: Type, columns: &mut Columns, span: Span) -> ColumnId {
        columns.add(name, ty, Origin::Table(self.table.as_str().into()), span)
    }

    /// The type of a column of the table, where it has such a column.
    pub(super) fn type_of(&self, name: &str) -> Option<Type> {
        match &self.schema {
            Some(schema) => match schema.column(name) {
                Some(column) => Some(column.ty),
                None => schema.open.then_some(Type::Unknown),
            },
            None => Some(Type::Unknown),
        }
    }
}

/// A log source in words.
fn told(source: &LogSource) -> String {
    let parts = [("category", &source.category), ("product", &source.product), ("service", &source.service)];
    let parts: Vec<String> =
        parts.iter().filter_map(|(word, value)| value.as_ref().map(|value| format!("{word} `{value}`"))).collect();
    if parts.is_empty() { "any log source".to_owned() } else { parts.join(", ") }
}
