//! `arg_max` and `arg_min`: records picked by their greatest or least value.

use std::sync::Arc;

use super::aggregate::whole_repr;
use super::{Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{AggregateCall, ColumnId, CompareOp, Schema};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Aggregate, Command, Eval, SortField, Stats};
use crate::target::usage::Usage;

/// A call that picks records.
pub(super) struct Picker<'a> {
    pub(super) call: &'a AggregateCall,
    pub(super) greatest: bool,
}

impl Lower<'_> {
    /// `arg_max` and `arg_min` on their own: the first row of each group in the right order. What else is aggregated
    /// stands on each row by then.
    #[expect(clippy::too_many_arguments, reason = "each is another part of one operator")]
    pub(super) fn pick_rows(
        &mut self,
        flow: &mut Flow,
        picker: &Picker<'_>,
        others: &[&AggregateCall],
        keys: &[(ColumnId, Arc<str>)],
        schema: &Schema,
        after: &Usage,
        span: Span,
    ) -> Result<()> {
        let mut parts = self.parts(flow, others, schema, after)?;
        let (by, restore) = self.group_fields(flow, keys)?;
        // The aggregates must not overwrite what the picked row is to show.
        for (_, field) in &mut parts.aggregates {
            let old = field.clone();
            let read = picker.call.arguments.iter().any(|a| {
                let mut found = false;
                a.for_each_column(&mut |id| found |= flow.slots.get(&id).is_some_and(|s| s.val.expr.reads(&old)));
                found
            });
            if read || by.contains(&old) {
                *field = self.helper(&old);
                for (_, slot) in &mut parts.slots {
                    if slot.val.expr == Eval::field(&old) {
                        slot.val.expr = Eval::field(field.as_str());
                    }
                }
                parts.zeroed.iter_mut().filter(|f| **f == old).for_each(|f| f.clone_from(field));
                for (f, value) in &mut parts.shortened {
                    if *f == old {
                        f.clone_from(field);
                        value.rename_field(&old, field);
                    }
                }
            }
        }
        if !parts.aggregates.is_empty() {
            let aggregates = std::mem::take(&mut parts.aggregates);
            self.emit(flow, Stats::Rows, std::mem::take(&mut parts.emptied), aggregates, by.clone());
        }
        let Some(first) = picker.call.arguments.first() else {
            return refuse(LossKind::UnsupportedAggregate, span, "what is to be greatest is missing");
        };
        let val = self.value(flow, first)?;
        let val = if val.repr == Repr::TimeText { Val::new(self.to_time(val, first.span)?, Repr::Time) } else { val };
        let repr = whole_repr(&val.repr);
        let mut value = self.whole_value(&val);
        // A text that is missing is the least of all, where `sort` takes it for the greatest.
        if repr == Repr::Text && !picker.greatest && !self.is_filled(flow, first) {
            value = super::text::or_empty(value);
        }
        let sort_field = self.in_field(flow, value, "greatest");
        let text = repr == Repr::Text;
        let keys = vec![SortField { field: sort_field.clone(), descending: picker.greatest, text }];
        if by.is_empty() {
            flow.push(Command::Sort { count: 1, keys });
        } else {
            flow.push(Command::Sort { count: 0, keys });
            flow.push(Command::Dedup(by));
        }
        let mut outputs = Vec::new();
        for (position, (argument, output)) in picker.call.arguments.iter().zip(&picker.call.outputs).enumerate() {
            if !after.live.contains(output) {
                continue;
            }
            if position == 0 {
                outputs.push((*output, Slot::new(Val::new(Eval::field(&sort_field), repr.clone()))));
                continue;
            }
            let name = self.query.columns[*output].name.clone();
            let deciding = after.deciding.contains(output);
            let filled = self.is_filled(flow, argument);
            if let Some(slot) = argument.as_column().and_then(|id| flow.slots.get(&id)) {
                outputs.push((*output, slot.clone()));
                continue;
            }
            let mut attempt = flow.clone();
            match self.shown_or(deciding, &name, |lower| lower.value(&mut attempt, argument))? {
                Some(val) => {
                    *flow = attempt;
                    let loose = self.may_be_text(flow, argument);
                    outputs.push((*output, Slot { filled, loose, ..Slot::new(val) }));
                }
                None => outputs.push((*output, Slot::new(Val::new(Eval::call("null", []), Repr::Any)))),
            }
        }
        self.settle(flow, parts, restore);
        flow.slots.extend(outputs);
        Ok(())
    }

    /// Several that pick records: the greatest and least values on each row, then of each group the values of the rows
    /// that have them.
    pub(super) fn pick_values(
        &mut self,
        flow: &mut Flow,
        pickers: &[Picker<'_>],
        keys: &[(ColumnId, Arc<str>)],
        after: &Usage,
    ) -> Result<Vec<(Aggregate, String, ColumnId, Repr)>> {
        if pickers.is_empty() {
            return Ok(Vec::new());
        }
        let (by, _) = self.group_fields(flow, keys)?;
        let (mut extremes, mut texts) = (Vec::new(), Vec::new());
        let mut values: Vec<(Aggregate, String, ColumnId, Repr)> = Vec::new();
        for picker in pickers {
            let Some(first) = picker.call.arguments.first() else { continue };
            let val = self.value(flow, first)?;
            let val =
                if val.repr == Repr::TimeText { Val::new(self.to_time(val, first.span)?, Repr::Time) } else { val };
            let text = val.repr == Repr::Text;
            let value = self.whole_value(&val);
            let value = if text && !self.is_filled(flow, first) { super::text::or_empty(value) } else { value };
            let field = self.in_field(flow, value, "value");
            let (function, wanted) = if picker.greatest { ("max", "greatest") } else { ("min", "least") };
            let extreme = self.helper(wanted);
            // Texts that look like numbers are none: `values` has all in the order of texts.
            let function = if text {
                let end = Eval::integer(if picker.greatest { -1 } else { 0 });
                texts.push((extreme.clone(), Eval::call("mvindex", [Eval::field(&extreme), end])));
                "values"
            } else {
                function
            };
            let aggregate = Aggregate { function: function.into(), argument: Some(Eval::field(&field)) };
            extremes.push((aggregate, extreme.clone()));
            let is_it = Eval::compare(CompareOp::Equal, Eval::field(&field), Eval::field(&extreme));
            for (argument, output) in picker.call.arguments.iter().zip(&picker.call.outputs) {
                if !after.live.contains(output) {
                    continue;
                }
                let val = self.value(flow, argument)?;
                let value = self.whole_value(&val);
                let is_text = matches!(val.repr, Repr::Text | Repr::Any) && !self.is_filled(flow, argument);
                let value = if is_text { super::text::or_empty(value) } else { value };
                let chosen = Eval::call("if", [is_it.clone(), value, Eval::call("null", [])]);
                let mut name = super::clean(&self.query.columns[*output].name);
                while by.contains(&name) || values.iter().any(|(_, other, ..)| *other == name) || name.starts_with('_')
                {
                    name = self.helper(name.trim_start_matches('_'));
                }
                values.push((
                    Aggregate { function: "first".into(), argument: Some(chosen) },
                    name,
                    *output,
                    whole_repr(&val.repr),
                ));
            }
        }
        flow.push(Command::Stats { kind: Stats::Rows, aggregates: extremes, by });
        if !texts.is_empty() {
            flow.push(Command::Eval(texts));
        }
        Ok(values)
    }
}
