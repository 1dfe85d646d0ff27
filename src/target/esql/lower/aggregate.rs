//! `summarize`: what makes a group, and what is said of it.

use super::partners::identity;
use super::{Elements, Flow, Lower, Result, Slot, refuse};
use crate::ir::{AggregateCall, ColumnId, CompareOp, Computed, Expr as Ir, ExprKind, Schema};
use crate::target::elastic::tables::{StoredType, Values};
use crate::target::esql::rows::AggregateEmit;
use crate::target::esql::tree::{Aggregate, Command, Expr};
use crate::target::ledger::Accounts as _;
use crate::target::usage::Usage;
use crate::target::{Loss, LossKind};
use crate::types::Type;

/// What is computed of a group, and over which of its rows.
type Aggregated = (Expr, Option<Expr>);

impl Lower<'_> {
    pub(super) fn summarize(
        &mut self,
        flow: &mut Flow,
        keys: &[Computed],
        calls: &[AggregateCall],
        schema: &Schema,
        after: &Usage,
    ) -> Result<()> {
        if let Some((picker, bound)) = self.row_picker(calls, after)
            && let Some(identity) = identity(flow)
        {
            return self.pick_rows(flow, keys, calls, picker, bound, identity, schema, after);
        }
        let mut slots: Vec<(ColumnId, Slot)> = Vec::new();
        let mut by: Vec<(String, Option<Expr>)> = Vec::new();
        for key in keys {
            let old = Self::slot(flow, &key.expr).cloned();
            self.merged(flow, &key.expr);
            let filled = Self::is_filled(flow, &key.expr);
            let value = if key.expr.ty.ty == Type::Dynamic {
                self.text(flow, &key.expr)?
            } else {
                self.value(flow, &key.expr)?
            };
            let (name, given) = match value {
                Expr::Field(name) if !by.iter().any(|(n, _)| *n == name) => (name, None),
                value => {
                    let own = self.name_in(schema, key.id);
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
            for (id, aggregate) in self.aggregate(flow, call, schema, after)? {
                let Some((value, condition)) = aggregate else {
                    slots.push((id, Slot::new(Expr::Null)));
                    continue;
                };
                let column = self.name_in(schema, id);
                let mut name = if self.tables.is_time(&column) { "@timestamp".to_owned() } else { column };
                while by.iter().any(|(n, _)| *n == name) || aggregates.iter().any(|a| a.name == name) {
                    name.push('_');
                }
                let (values, stored) = (self.as_stored(flow, call, id), self.typed_as(flow, call, id));
                let (filled, elements) = (counts(&value), elements(call));
                slots.push((id, Slot { filled, elements, values, stored, ..Slot::new(Expr::field(&name)) }));
                aggregates.push(Aggregate { name, value, condition });
            }
        }
        if aggregates.is_empty() && by.is_empty() {
            aggregates.push(Aggregate {
                name: self.helper("rows"),
                value: Expr::call("COUNT", [Expr::All]),
                condition: None,
            });
        }
        flow.push(Command::Stats { inline: false, aggregates, by });
        flow.unique = Some(keys.iter().map(|key| key.id).collect());
        flow.slots = slots.into_iter().collect();
        flow.closed = true;
        flow.narrowed = true;
        flow.pool = None;
        Ok(())
    }

    /// Tells that keys which differ in case alone make one group, where the pipeline changes the case of a field.
    pub(super) fn merged(&mut self, flow: &Flow, key: &Ir) {
        let folds =
            matches!(&key.kind, ExprKind::Call(function, _) if matches!(function.name(), "tolower" | "toupper"));
        let mut names = Vec::new();
        key.for_each_column(&mut |id| {
            if flow.slots.get(&id).and_then(|slot| slot.values).is_some_and(|values| !values.keeps_case())
                && key.ty.ty == Type::String
            {
                names.push(self.query.columns[id].name.to_string());
            }
        });
        for name in names.into_iter().filter(|_| !folds) {
            let message = format!(
                "the values of `{name}` are stored there in another case, so that keys which differ in case alone are one group"
            );
            self.ledger.losses.push(Loss::approximate(LossKind::Case, key.span, message));
        }
    }

    /// The call that picks a record of each group, and the aggregate that says which, where it is the only one.
    fn row_picker<'c>(&self, calls: &'c [AggregateCall], after: &Usage) -> Option<(&'c AggregateCall, &'static str)> {
        let mut pickers =
            calls.iter().filter(|call| call.outputs.iter().any(|id| after.live.contains(id))).filter_map(|call| {
                match self.data.aggregates.get(call.function.name())?.emit {
                    AggregateEmit::ArgMax => Some((call, "MAX")),
                    AggregateEmit::ArgMin => Some((call, "MIN")),
                    _ => None,
                }
            });
        let first = pickers.next()?;
        let more_than_the_order = first.0.open || first.0.outputs.iter().skip(1).any(|id| after.live.contains(id));
        (pickers.next().is_none() && more_than_the_order).then_some(first)
    }

    /// `arg_max` and `arg_min`: of each group the one row that has the greatest or least value, whole. What else is
    /// aggregated stands on each row by then.
    #[expect(clippy::too_many_arguments, reason = "each is another part of one operator")]
    fn pick_rows(
        &mut self,
        flow: &mut Flow,
        keys: &[Computed],
        calls: &[AggregateCall],
        picker: &AggregateCall,
        bound: &str,
        identity: Expr,
        schema: &Schema,
        after: &Usage,
    ) -> Result<()> {
        let before = flow.slots.len();
        let Some(order) = picker.arguments.first() else {
            return refuse(LossKind::UnsupportedAggregate, picker.span, "what the record is picked by is missing");
        };
        let mut usage = Usage::of_deciding(keys.iter().map(|key| key.id));
        for call in calls {
            for argument in &call.arguments {
                argument.for_each_column(&mut |id| {
                    usage.live.insert(id);
                });
            }
        }
        for key in keys {
            self.merged(flow, &key.expr);
        }
        self.compute(flow, keys, schema, &usage)?;
        let mut by: Vec<(String, Option<Expr>)> = Vec::new();
        for key in keys {
            let value = self.column(flow, key.id, key.expr.span);
            let name = self.in_column(flow, value, "key");
            if !by.iter().any(|(given, _)| *given == name) {
                by.push((name, None));
            }
        }
        let mut aggregates = Vec::new();
        let mut outputs = Vec::new();
        for call in calls.iter().filter(|call| !std::ptr::eq(*call, picker)) {
            for (id, aggregate) in self.aggregate(flow, call, schema, after)? {
                match aggregate {
                    Some((value, condition)) => {
                        let name = self.helper(&format!("{}_of_all", self.query.columns[id].name));
                        let (values, stored) = (self.as_stored(flow, call, id), self.typed_as(flow, call, id));
                        let (filled, elements) = (counts(&value), elements(call));
                        outputs.push((id, Slot { filled, elements, values, stored, ..Slot::new(Expr::field(&name)) }));
                        aggregates.push(Aggregate { name, value, condition });
                    }
                    None => outputs.push((id, Slot::new(Expr::Null))),
                }
            }
        }
        if !aggregates.is_empty() {
            flow.push(Command::Stats { inline: true, aggregates, by: by.clone() });
        }
        let filled = Self::is_filled(flow, order);
        let value = self.value(flow, order)?;
        let value = Expr::Field(self.in_column(flow, value, "order"));
        self.keep_one(flow, bound, value.clone(), by.clone(), filled);
        // Of several rows with that value any one.
        self.keep_one(flow, "MIN", identity, by, true);
        for (at, (argument, id)) in picker.arguments.iter().zip(&picker.outputs).enumerate() {
            if !after.live.contains(id) {
                continue;
            }
            if let Some(slot) = argument.as_column().and_then(|of| flow.slots.get(&of)).cloned() {
                outputs.push((*id, slot));
                continue;
            }
            let slot = if at == 0 {
                Slot::new(value.clone())
            } else {
                let name = self.query.columns[*id].name.to_string();
                let mut attempt = flow.clone();
                let deciding = after.deciding.contains(id);
                match self.shown_or(deciding, &name, |lower| lower.value(&mut attempt, argument))? {
                    Some(value) => {
                        *flow = attempt;
                        Slot::new(value)
                    }
                    None => Slot::new(Expr::Null),
                }
            };
            outputs.push((*id, slot));
        }
        let kept: Vec<ColumnId> = schema.iter().map(|c| c.id).collect();
        flow.slots.extend(outputs);
        flow.slots.retain(|id, _| kept.contains(id));
        flow.narrowed |= picker.arguments.len() + keys.len() < before;
        flow.unique = Some(keys.iter().map(|key| key.id).collect());
        Ok(())
    }

    /// What a call computes for each of its columns that is read later on; nothing where it stays empty.
    fn aggregate(
        &mut self,
        flow: &mut Flow,
        call: &AggregateCall,
        schema: &Schema,
        after: &Usage,
    ) -> Result<Vec<(ColumnId, Option<Aggregated>)>> {
        let live: Vec<usize> = (0..call.outputs.len()).filter(|at| after.live.contains(&call.outputs[*at])).collect();
        let name = call.function.name();
        let Some(row) = self.data.aggregates.get(name) else {
            let Some(first) = live.first() else { return Ok(Vec::new()) };
            let deciding = call.outputs.iter().any(|id| after.deciding.contains(id));
            let message = format!("the aggregate `{name}` has no counterpart in ES|QL");
            let column = self.name_in(schema, call.outputs[*first]);
            self.shown_or(deciding, &column, |_| refuse::<()>(LossKind::UnsupportedAggregate, call.span, message))?;
            return Ok(live.into_iter().map(|at| (call.outputs[at], None)).collect());
        };
        let mut found = Vec::with_capacity(live.len());
        for at in live {
            let id = call.outputs[at];
            let column = self.name_in(schema, id);
            let mut attempt = flow.clone();
            let lowered = self.shown_or(after.deciding.contains(&id), &column, |lower| {
                if let Some(loss) = &row.loss {
                    lower.lose(loss.kind, call.span, &loss.message);
                }
                if let Some(limit) = row.limit.and_then(|at| call.arguments.get(at - 1)) {
                    lower.lose(LossKind::RowCap, limit.span, "all values of a group are listed, however many they are");
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
            if lowered.is_some() {
                *flow = attempt;
            }
            found.push((id, lowered));
        }
        Ok(found)
    }

    /// How the pipeline changed the values that a call gives on, one or several.
    fn as_stored(&self, flow: &Flow, call: &AggregateCall, id: ColumnId) -> Option<Values> {
        let at = call.outputs.iter().position(|output| *output == id)?;
        // A number that is made of values shows none of them.
        let is_of_values = matches!(self.query.columns[id].ty.ty, Type::String | Type::Dynamic | Type::Unknown);
        let of = call.arguments.get(at).filter(|_| is_of_values)?.as_column()?;
        flow.slots.get(&of)?.values
    }

    /// The type of the field, where a call gives on one of its values.
    fn typed_as(&self, flow: &Flow, call: &AggregateCall, id: ColumnId) -> Option<StoredType> {
        let at = call.outputs.iter().position(|output| *output == id)?;
        let of = call.arguments.get(at).filter(|of| of.ty.ty == self.query.columns[id].ty.ty)?.as_column()?;
        // A count has the type of a number, and is none of the values.
        let gives_on = matches!(call.function.name(), "take_any" | "any" | "take_anyif" | "anyif")
            || matches!(self.query.columns[id].ty.ty, Type::String);
        flow.slots.get(&of).filter(|_| gives_on)?.stored
    }

    /// What a column is called in a schema.
    fn name_in(&self, schema: &Schema, id: ColumnId) -> String {
        let column = schema.iter().find(|c| c.id == id);
        column.map_or_else(|| self.query.columns[id].name.to_string(), |c| c.name.to_string())
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
        let filled = Self::is_filled(flow, first);
        // Addresses and numbers make a list of texts, as they do in KQL; `COALESCE` takes values of one type alone.
        let is_no_text =
            matches!(Self::slot(flow, first).and_then(|slot| slot.stored), Some(StoredType::Ip | StoredType::Long));
        Ok(match value {
            Expr::Call(name, mut inner) if !inner.is_empty() => {
                let mut text = inner.remove(0);
                if is_no_text {
                    text = Expr::call("TO_STRING", [text]);
                }
                inner.insert(0, if filled { text } else { Expr::call("COALESCE", [text, Expr::text("")]) });
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
        if !Self::is_filled(flow, argument) {
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

/// What the list holds that a call makes.
fn elements(call: &AggregateCall) -> Option<Elements> {
    let name = call.function.name();
    let repeat = name.contains("list");
    (repeat || name.contains("set")).then_some(())?;
    call.arguments.first().map(|of| Elements { ty: of.ty.ty, repeat })
}

/// Whether an aggregate has a value for every group.
fn counts(value: &Expr) -> bool {
    matches!(value, Expr::Call(name, _) if name.starts_with("COUNT"))
}

/// Rows whose side is this one.
pub(super) fn of_side(side: &str, name: &str) -> Expr {
    Expr::compare(CompareOp::Equal, Expr::field(side), Expr::text(name))
}
