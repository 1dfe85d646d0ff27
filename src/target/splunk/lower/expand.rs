//! Arrays and bags: a row for each element, and columns of slots.

use super::{Flow, Lower, Repr, Result, Slot, Val, refuse};
use crate::ir::{Argument, CompareOp, Evaluate, ExprKind, MvExpand, Op, Plan, Step, Value};
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Command, Eval, Stats};
use crate::target::usage::{PlanUsage, Usage};
use crate::target::{Loss, LossKind};
use crate::types::Type;

impl Lower<'_> {
    /// `bag_unpack`: slots become columns when something names them.
    pub(super) fn unpack(&mut self, flow: &mut Flow, evaluate: &Evaluate, step: &Step) -> Result<()> {
        let [(_, Argument::Scalar(bag)), rest @ ..] = evaluate.arguments.as_slice() else {
            return refuse(LossKind::UnsupportedOperator, step.span, "`bag_unpack` needs the bag to unpack");
        };
        let prefix = match rest {
            [] => String::new(),
            [(_, Argument::Scalar(prefix))] if prefix.as_literal().and_then(Value::as_str).is_some() => {
                prefix.as_literal().and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            _ => {
                return refuse(
                    LossKind::UnsupportedOperator,
                    step.span,
                    "`bag_unpack` can only be said with a bag and a prefix",
                );
            }
        };
        let val = self.value(flow, bag)?;
        let json = self.to_json(val, bag.span)?;
        let field = self.in_field(flow, json, "bag");
        self.ledger.losses.push(Loss::shown(
            LossKind::Null,
            step.span,
            "a slot that the query does not name gets no column of its own; it stays in the bag",
        ));
        if let Some(declared) = &evaluate.declared {
            for column in declared {
                let value = super::object_text(Eval::field(&field), &column.name);
                let slot = Slot::new(Val::new(value, Repr::Json));
                flow.slots.entry(column.id).or_insert(slot);
            }
        }
        flow.unpacked = Some((field, prefix));
        Ok(())
    }

    pub(super) fn mv_expand(&mut self, flow: &mut Flow, expand: &MvExpand, step: &Step, after: &Usage) -> Result<()> {
        let counted = expand.index.is_some_and(|id| after.live.contains(&id));
        let [item] = expand.items.as_slice() else { return self.expand_by_position(flow, expand, step, after) };
        if counted {
            return self.expand_by_position(flow, expand, step, after);
        }
        let limit = match &expand.limit {
            None => None,
            Some(limit) => limit.as_literal().and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok()),
        };
        let val = self.value(flow, &item.expr)?;
        let val = Self::as_found(flow, &item.expr, val);
        let span = item.expr.span;
        let name = step
            .schema
            .iter()
            .find(|c| c.id == item.id)
            .map_or_else(|| self.query.columns[item.id].name.clone(), |c| c.name.clone());
        let mut live = after.live.clone();
        if let Some(body) = &expand.body {
            body.walk(&mut |e| {
                e.for_each_column(&mut |id| {
                    live.insert(id);
                });
            });
        }
        // Rows are told apart by number where a later step has to bring their elements together again.
        let regroups = expand.body.as_ref().is_some_and(|body| body.steps.iter().any(|s| !is_row_by_row(&s.op)));
        let row = regroups.then(|| self.helper("row"));
        if let Some(row) = &row {
            let count = crate::target::splunk::tree::Aggregate { function: "count".into(), argument: None };
            flow.push(Command::Stats { kind: Stats::Running, aggregates: vec![(count, row.clone())], by: Vec::new() });
        }
        let field = self.field_for(flow, item.id, &name, &live);
        let loose = self.may_hold_texts(flow, &item.expr);
        let quoted = loose && self.parted.contains(&item.id) && self.is_array(flow, &item.expr);
        // Whether an expanded row holds an element.
        let mut there = None;
        let never_empty = Self::is_parts(flow, &item.expr) || Self::is_matches(flow, &item.expr);
        if val.repr == Repr::Multi {
            if val.expr != Eval::field(&field) {
                flow.push(Command::Eval(vec![(field.clone(), val.expr.clone())]));
            }
            flow.push(Command::MvExpand(field.clone(), limit));
            if !never_empty {
                if !self.is_always(flow, &item.expr) {
                    self.lose(LossKind::Null, span, "a row without an array is left out, where KQL keeps it");
                }
                there = Some(Eval::call("isnotnull", [Eval::field(&field)]));
            }
        } else {
            if !self.is_array(flow, &item.expr) {
                self.lose(
                    LossKind::Null,
                    span,
                    "where the value is a bag, it is one element, while KQL makes one of each of its slots",
                );
            }
            let json = self.to_json(val.clone(), span)?;
            let mut multi = self.elements(flow, &item.expr, val)?;
            if quoted {
                keep_quotes(&mut multi);
            }
            let source = if json.reads(&field) {
                let filled = Eval::compare(CompareOp::NotEqual, json.clone(), Eval::text("[]"));
                flow.push(Command::Where(Eval::any(vec![Eval::call("isnull", [json]), filled])));
                None
            } else {
                Some(json)
            };
            flow.push(Command::Eval(vec![(field.clone(), multi)]));
            flow.push(Command::MvExpand(field.clone(), limit));
            // An array without elements gives no row, a value that is missing gives one.
            if let Some(json) = source {
                let missing = Eval::call("isnull", [json]);
                there = Some(Eval::any(vec![Eval::call("isnotnull", [Eval::field(&field)]), missing]));
            }
        }
        // A row without elements stays where all of them are put together at once, and nothing of it is.
        let stays =
            expand.body.as_ref().is_some_and(|body| puts_all_together(body)) && (there.is_some() || never_empty);
        if !stays {
            flow.commands.extend(there.take().map(Command::Where));
        }
        let slot = Slot::new(element(Eval::field(&field), item.to));
        flow.slots.insert(item.id, Slot { loose: loose && !quoted, ..slot });
        if let Some(body) = &expand.body {
            let end = Usage { live: live.clone(), deciding: after.deciding.clone(), ordered: after.ordered };
            let rows = row.as_deref().map(|row| Rows { row, stays, there });
            self.applied(flow, body, end, rows.as_ref(), step)?;
        }
        Ok(())
    }

    /// Several arrays side by side, or the positions of their elements: what is expanded is the position.
    fn expand_by_position(&mut self, flow: &mut Flow, expand: &MvExpand, step: &Step, after: &Usage) -> Result<()> {
        let mut arrays = Vec::with_capacity(expand.items.len());
        for item in &expand.items {
            let val = self.value(flow, &item.expr)?;
            let val = Self::as_found(flow, &item.expr, val);
            if val.repr != Repr::Multi && !self.is_array(flow, &item.expr) {
                self.lose(
                    LossKind::Null,
                    item.expr.span,
                    "where the value is a bag, it is one element, while KQL makes one of each of its slots",
                );
            }
            let multi = self.elements(flow, &item.expr, val)?;
            arrays.push(Eval::Field(self.in_field(flow, multi, "elements")));
        }
        let lengths: Vec<Eval> = arrays
            .iter()
            .map(|array| Eval::call("coalesce", [Eval::call("mvcount", [array.clone()]), Eval::integer(0)]))
            .collect();
        let longest = match lengths.as_slice() {
            [only] => only.clone(),
            _ => Eval::call("max", lengths),
        };
        let position = self.helper("position");
        // Arrays without elements leave no row, and neither do values that are missing.
        flow.push(Command::Where(Eval::compare(CompareOp::Greater, longest.clone(), Eval::integer(0))));
        let positions = Eval::call("mvrange", [Eval::integer(0), longest]);
        flow.push(Command::Eval(vec![(position.clone(), positions)]));
        if !expand.items.iter().all(|item| matches!(&item.expr.kind, ExprKind::Call(f, _) if f.name() == "split")) {
            self.lose(
                LossKind::Null,
                step.span,
                "a row in which every array is missing gives nothing, where KQL keeps it",
            );
        }
        let limit = expand
            .limit
            .as_ref()
            .and_then(|l| l.as_literal())
            .and_then(Value::as_integer)
            .and_then(|n| u64::try_from(n).ok());
        flow.push(Command::MvExpand(position.clone(), limit));
        for (item, array) in expand.items.iter().zip(arrays) {
            let one = Eval::call("mvindex", [array, Eval::field(&position)]);
            flow.slots.insert(item.id, Slot::new(element(one, item.to)));
        }
        if let Some(index) = expand.index {
            flow.slots.insert(index, Slot::filled(Val::new(Eval::field(&position), Repr::Number)));
        }
        if let Some(body) = &expand.body {
            if body.steps.iter().any(|s| !is_row_by_row(&s.op)) {
                return refuse(
                    LossKind::UnsupportedOperator,
                    step.span,
                    "several arrays can be filtered side by side, not summarised",
                );
            }
            let end = Usage { live: after.live.clone(), deciding: after.deciding.clone(), ordered: after.ordered };
            self.applied(flow, body, end, None, step)?;
        }
        Ok(())
    }

    /// The operators of `mv-apply`, over the elements of each row.
    fn applied(
        &mut self,
        flow: &mut Flow,
        body: &Plan,
        end: Usage,
        rows: Option<&Rows<'_>>,
        step: &Step,
    ) -> Result<()> {
        let usage = PlanUsage::of(body, end);
        for (index, inner) in body.steps.iter().enumerate() {
            let after = &usage.after[index];
            match &inner.op {
                Op::Filter(condition) => self.filter(flow, condition)?,
                Op::Extend(items) | Op::Project(items, _) => self.compute(flow, items, &inner.schema, after)?,
                Op::Summarize { keys, aggregates } => {
                    let Some(Rows { row, stays, there }) = rows else { continue };
                    if keys.is_empty() && !stays {
                        self.lose(
                            LossKind::Null,
                            inner.span,
                            "a row none of whose elements is left gives nothing, where KQL gives it with an empty result",
                        );
                    }
                    let there = if index == 0 { there.as_ref() } else { None };
                    self.summarize_rows(flow, keys, aggregates, (row, there), &inner.schema, after, inner.span)?;
                }
                Op::MvExpand(expand) => self.mv_expand(flow, expand, inner, after)?,
                Op::Render { .. } | Op::Serialize => {}
                Op::Sort(keys) => self.sort(flow, keys, None)?,
                Op::Take(count) if count.as_literal().and_then(Value::as_integer) == Some(1) => {
                    let Some(Rows { row, .. }) = rows else { continue };
                    flow.push(Command::Dedup(vec![(*row).to_owned()]));
                }
                _ => {
                    return refuse(
                        LossKind::UnsupportedOperator,
                        inner.span,
                        "inside `mv-apply`, only `where`, `extend`, `project`, `summarize` and `take 1` can be said",
                    );
                }
            }
        }
        let _ = step;
        Ok(())
    }
}

/// How the rows are told apart that `mv-apply` expands.
struct Rows<'a> {
    /// The field with the number of the row.
    row: &'a str,
    /// Whether a row without elements is still there.
    stays: bool,
    /// What holds where there is an element; always without it.
    there: Option<Eval>,
}

/// Aggregates that give of no values what they give of missing ones.
const OF_NOTHING: &[&str] =
    &["count", "countif", "dcount", "make_bag", "make_list", "make_list_if", "make_set", "make_set_if", "max", "min"];

/// Whether the body of `mv-apply` begins with putting all elements together, by such as need none.
fn puts_all_together(body: &Plan) -> bool {
    matches!(body.steps.first().map(|step| &step.op), Some(Op::Summarize { keys, aggregates })
        if keys.is_empty() && aggregates.iter().all(|call| OF_NOTHING.contains(&call.function.name())))
}

/// Whether an operation looks at one record at a time.
const fn is_row_by_row(op: &Op) -> bool {
    matches!(op, Op::Filter(_) | Op::Extend(_) | Op::Project(..) | Op::MvExpand(_) | Op::Render { .. } | Op::Serialize)
}

/// Lets texts among the elements of an array keep their quotes, so that no text is taken for the JSON that it holds.
fn keep_quotes(elements: &mut Eval) {
    if let Eval::Call(name, arguments) = elements
        && name == "json_array_to_mv"
    {
        arguments.push(Eval::call("true", []));
    }
}

/// An element of an array as a value of the type it is converted to; without one it stays JSON.
fn element(of: Eval, to: Option<Type>) -> Val {
    match to {
        Some(Type::Int | Type::Long | Type::Real | Type::Decimal) => {
            Val::new(Eval::call("tonumber", [of]), Repr::Number)
        }
        Some(Type::String) => Val::new(of, Repr::Text),
        Some(Type::DateTime) => Val::new(of, Repr::TimeText),
        Some(Type::Bool) => Val::new(of, Repr::Bool),
        _ => Val::new(of, Repr::Json),
    }
}
