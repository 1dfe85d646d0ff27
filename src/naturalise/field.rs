//! Which column of a table holds what a field of the other language holds.

use super::place::{Known, Place};
use super::value::{call, string};
use super::{Refused, State, refuse};
use crate::ir::{ColumnId, Expr};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::sigma::rows::Part;
use crate::types::Type;

/// The fields that hold the time of an event.
const TIME: &[&str] = &["@timestamp", "_time"];

/// What holds a field.
pub(super) enum Field {
    /// A column, and its type.
    Column(String, Type),
    /// Several columns put together.
    Composed(Expr),
}

impl State<'_> {
    /// What holds a field.
    pub(super) fn field(&mut self, id: ColumnId, place: &Place) -> Result<Field, Refused> {
        let info = self.columns[id].clone();
        let span = info.span;
        let name = info.name.strip_prefix(place.prefix.as_str()).unwrap_or(&info.name);
        if TIME.contains(&name) {
            return Ok(Field::Column(place.time.to_owned(), Type::DateTime));
        }
        let Some(known) = &place.known else {
            return match place.type_of(name) {
                Some(ty) => Ok(Field::Column(name.to_owned(), ty)),
                None => Err(missing(name, place, span)),
            };
        };
        let rows: Vec<&Known<'_>> = known.iter().filter(|known| known.name == name).collect();
        let whole = |guess: bool| rows.iter().filter(move |row| row.part == Part::Whole && row.guess == guess);
        if let Some(row) = whole(false).chain(whole(true)).next() {
            let column = row.column;
            let several = whole(row.guess).count() > 1;
            if row.guess || several {
                self.differs(
                    LossKind::UnmappedField,
                    span,
                    format!("that `{name}` is in `{column}` of `{}` is a guess", place.table),
                );
            }
            let Some(ty) = place.type_of(column) else { return Err(missing(name, place, span)) };
            return Ok(Field::Column(column.to_owned(), ty));
        }
        let part = |part: Part| rows.iter().find(|row| row.part == part);
        if let (Some(of), Some(rest)) = (part(Part::Ancestor), part(Part::BaseName)) {
            let (folder, base) = (of.column, rest.column);
            let message = format!(
                "`{name}` is put together of `{folder}` and `{base}`, whose values `{}` writes in its own way",
                place.table
            );
            self.differs(LossKind::UnmappedField, span, message);
            return Ok(Field::Composed(self.composed(folder, base, of, place, span)));
        }
        if place.verbatim
            && let Some(ty) = place.schema.as_ref().and_then(|schema| schema.column(name)).map(|column| column.ty)
        {
            return Ok(Field::Column(name.to_owned(), ty));
        }
        if let Some(column) = place.schema.as_ref().and_then(|schema| schema.column(name)) {
            let message =
                format!("that the column `{name}` of `{}` holds the field of that name is a guess", place.table);
            self.differs(LossKind::UnmappedField, span, message);
            return Ok(Field::Column(name.to_owned(), column.ty));
        }
        if let Some(column) = rows.first().map(|row| row.column) {
            let message = format!(
                "`{}` has a part of `{name}` alone, in `{column}`; name a table that has all of it with `--table`",
                place.table
            );
            return Err(refuse(LossKind::UnsupportedExpression, span, message));
        }
        Err(missing(name, place, span))
    }

    /// A path, of the column that holds its beginning and the one that holds the rest.
    fn composed(&mut self, folder: &str, base: &str, of: &Known<'_>, place: &Place, span: Span) -> Expr {
        let column = |columns: &mut _, name: &str| {
            let id = place.column(name, Type::String, columns, span);
            Expr::column(id, Type::String.into(), span)
        };
        let mut path = column(&mut self.columns, folder);
        for (here, there) in &of.prefixes {
            let pattern = string(format!("^{}", regex::escape(here)), span);
            path = call("replace_regex", vec![path, pattern, string(there, span)], Type::String, span);
        }
        let base = column(&mut self.columns, base);
        call("strcat", vec![path, string("\\", span), base], Type::String, span)
    }
}

#[allow(clippy::unnecessary_box_returns, reason = "a refusal is boxed wherever it goes")]
fn missing(name: &str, place: &Place, span: Span) -> Refused {
    let message = format!("`{name}` has no counterpart among the columns of `{}`", place.table);
    refuse(LossKind::UnsupportedExpression, span, message)
}
