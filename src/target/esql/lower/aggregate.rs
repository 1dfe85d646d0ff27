//! `summarize`: what makes a group, and what is said of it.

use super::{Flow, Lower, Result, Slot, refuse};
use crate::ir::{AggregateCall, ColumnId, Computed, Expr as Ir, Schema};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::esql::rows::AggregateEmit;
use crate::target::esql::tree::{Aggregate, Command, Compare, Expr};
use crate::target::usage::Usage;
use crate::types::Type;

impl Lower<'_> {
    pub(super) fn summarize(
        &mut self,
        flow: &mut Flow,
        keys: &[Computed],
        calls: &[AggregateCall],
        schema: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let name_of = |lower: &Self, id: ColumnId| {
            schema
                .iter()
                .find(|c| c.id == id)
                .map_or_else(|| lower.query.columns[id].name.to_string(), |c| c.name.to_string())
        };
        let mut slots: Vec<(ColumnId, Slot)> = Vec::new();
        let mut by: Vec<(String, Option<Expr>)> = Vec::new();
        for key in keys {
            let old = self.slot(flow, &key.expr).cloned();
            let filled = self.is_filled(flow, &key.expr);
            let value = if key.expr.ty.ty == Type::Dynamic {
                self.text(flow, &key.expr)?
            } else {
                self.value(flow, &key.expr)?
            };
            let (name, given) = match value {
                Expr::Field(name) if !by.iter().any(|(n, _)| *n == name) => (name, None),
                value => {
                    let own = name_of(self, key.id);
                    let mut name = if self.tables.is_time(&own) { "@timestamp".to_owned() } else { own };
                    while by.iter().any(|(n, _)| *n == name) {
                        name.push('_');
                    }
                    (name, Some(value))
                }
            };
            let slot = Slot {
                filled,
                values: old.as_ref().and_then(|s| s.values),
                stored: old.and_then(|s| if given.is_none() { s.stored } else { None }),
                ..Slot::new(Expr::field(&name))
            };
            by.push((name, given));
            slots.push((key.id, slot));
        }
        let mut aggregates: Vec<Aggregate> = Vec::new();
        for call in calls {
            let live: Vec<usize> =
                (0..call.outputs.len()).filter(|at| after.live.contains(&call.outputs[*at])).collect();
            if live.is_empty() {
                continue;
            }
            let name = call.function.name();
            let Some(row) = self.data.aggregates.get(name) else {
                let deciding = call.outputs.iter().any(|id| after.deciding.contains(id));
                let message = format!("the aggregate `{name}` has no counterpart in ES|QL");
                if deciding || self.cap > crate::target::Fidelity::Approximate {
                    return refuse(LossKind::UnsupportedAggregate, call.span, message);
                }
                let column = name_of(self, call.outputs[0]);
                self.losses.push(crate::target::Loss::shown(
                    LossKind::Null,
                    call.span,
                    format!("the column `{column}` stays empty; it decides nothing. {message}"),
                ));
                for id in &call.outputs {
                    slots.push((*id, Slot::new(Expr::Null)));
                }
                continue;
            };
            for at in live {
                let id = call.outputs[at];
                let deciding = after.deciding.contains(&id);
                let column = name_of(self, id);
                let mut attempt = flow.clone();
                let lowered = self.shown_or(deciding, &column, |lower| {
                    if let Some((kind, message)) = &row.loss {
                        lower.lose(*kind, call.span, message.clone());
                    }
                    let value = match &row.emit {
                        AggregateEmit::Template(template) => {
                            lower.aggregate_template(&mut attempt, template, &call.arguments, row.counts_empty)?
                        }
                        AggregateEmit::ArgMax => lower.picked(&mut attempt, "LAST", "MAX", call, at)?,
                        AggregateEmit::ArgMin => lower.picked(&mut attempt, "FIRST", "MIN", call, at)?,
                        AggregateEmit::TakeAny => lower.any_of(&mut attempt, call, at)?,
                    };
                    let condition = row.condition.and_then(|at| call.arguments.get(at - 1));
                    let condition = condition.map(|c| lower.condition(&mut attempt, c, true)).transpose()?;
                    Ok((value, condition))
                })?;
                match lowered {
                    Some((value, condition)) => {
                        *flow = attempt;
                        let mut name = if self.tables.is_time(&column) { "@timestamp".to_owned() } else { column };
                        while by.iter().any(|(n, _)| *n == name) || aggregates.iter().any(|a| a.name == name) {
                            name.push('_');
                        }
                        let counts = matches!(&value, Expr::Call(f, _) if f.starts_with("COUNT"));
                        aggregates.push(Aggregate { name: name.clone(), value, condition });
                        slots.push((id, Slot { filled: counts, ..Slot::new(Expr::Field(name)) }));
                    }
                    None => slots.push((id, Slot::new(Expr::Null))),
                }
            }
        }
        if aggregates.is_empty() && by.is_empty() {
            aggregates.push(Aggregate {
                name: self.helper("rows"),
                value: Expr::call("COUNT", [Expr::All]),
                condition: None,
            });
        }
        let _ = span;
        flow.push(Command::Stats { inline: false, aggregates, by });
        flow.unique = Some(keys.iter().map(|key| key.id).collect());
        flow.slots = slots.into_iter().collect();
        flow.closed = true;
        flow.narrowed = true;
        flow.pool = None;
        Ok(())
    }

    /// An aggregate by its template. An empty string is a value, but it is stored as a missing field.
    fn aggregate_template(
        &mut self,
        flow: &mut Flow,
        template: &Expr,
        arguments: &[Ir],
        counts_empty: bool,
    ) -> Result<Expr> {
        let value = self.filled(flow, template, arguments)?;
        let Some(first) = arguments.first().filter(|a| counts_empty && a.ty.ty == Type::String) else {
            return Ok(value);
        };
        if self.is_filled(flow, first) {
            return Ok(value);
        }
        Ok(match value {
            Expr::Call(name, mut inner) if !inner.is_empty() => {
                let text = inner.remove(0);
                inner.insert(0, Expr::call("COALESCE", [text, Expr::text("")]));
                Expr::Call(name, inner)
            }
            value => value,
        })
    }

    /// The value of a column in the record that another is greatest or least in.
    fn picked(&mut self, flow: &mut Flow, pick: &str, bound: &str, call: &AggregateCall, at: usize) -> Result<Expr> {
        let Some(by) = call.arguments.first() else {
            return refuse(LossKind::UnsupportedAggregate, call.span, "what the record is picked by is missing");
        };
        let order = self.value(flow, by)?;
        let Some(argument) = call.arguments.get(at) else {
            return refuse(
                LossKind::UnsupportedAggregate,
                call.span,
                "the columns of the whole record are not known here; name them",
            );
        };
        if at == 0 {
            return Ok(Expr::call(bound, [order]));
        }
        let value = self.value(flow, argument)?;
        if value == order {
            return Ok(Expr::call(bound, [order]));
        }
        if !self.is_filled(flow, argument) {
            self.lose(LossKind::Null, call.span, "a record in which the column is missing is passed over for it, so that its value may be of an older record");
        }
        Ok(Expr::call(pick, [value, order]))
    }

    /// Any value; of one record where there are several columns.
    fn any_of(&mut self, flow: &mut Flow, call: &AggregateCall, at: usize) -> Result<Expr> {
        let Some(argument) = call.arguments.get(at) else {
            return refuse(
                LossKind::UnsupportedAggregate,
                call.span,
                "the columns of the whole record are not known here; name them",
            );
        };
        if call.outputs.len() > 1 {
            self.lose(
                LossKind::Order,
                call.span,
                "each column holds the least of its values, which need not be of the same record",
            );
        }
        let value = self.value(flow, argument)?;
        Ok(Expr::call("MIN", [value]))
    }
}

/// Rows whose side is this one.
pub(super) fn of_side(side: &str, name: &str) -> Expr {
    Expr::compare(Compare::Equal, Expr::field(side), Expr::text(name))
}
