//! Aggregates: calls, and the names of what they give.

use std::collections::HashSet;

use super::expr::unsupported;
use super::{Lowerer, Refused, Row};
use crate::functions::{self, Naming};
use crate::ir::{AggregateCall, Column, Computed, ExprKind, Schema, Step};
use crate::source::Span;
use crate::target::kql::tree::{Argument, Expr, Item, Stage};

/// Aggregates whose last argument can be `*`.
const WITH_STAR: &[&str] = &["arg_max", "arg_min", "argmax", "argmin", "take_any", "takeany", "any"];

/// Old aggregates, which put a word before the names of the columns they give.
const OLD: &[(&str, &str)] = &[("argmax", "max"), ("argmin", "min"), ("any", "any")];

impl Lowerer<'_> {
    /// The call of an aggregate. Its arguments are values of one record each.
    pub(super) fn aggregate(&mut self, call: &AggregateCall, row: &Row<'_>) -> Result<Expr, Refused> {
        let inner = Row { outer: row.outer.clone(), ..Row::of(row.schema) };
        let star = star_at(call, row.schema);
        let given = &call.arguments[..star.unwrap_or(call.arguments.len())];
        let mut arguments = self.arguments(given, &inner)?;
        if star.is_some() {
            arguments.push(Argument { name: None, value: Expr::Star });
        }
        Ok(Expr::Call(call.function.name().to_owned(), arguments))
    }

    /// `summarize`; with the projection behind it where that says what is made of the aggregates.
    pub(super) fn summarize(
        &mut self,
        keys: &[Computed],
        aggregates: &[AggregateCall],
        input: &Schema,
        step: &Step,
        behind: Option<(&[Computed], &Schema)>,
    ) -> Result<Stage, Refused> {
        let row = self.row(input);
        // The step's own schema has outputs that the projection leaves out, some under the names of keys.
        let shown = behind.map_or(&step.schema, |(_, schema)| schema);
        let by = self.keys(keys, shown, &row)?;
        let Some((results, schema)) = behind else {
            let mut items = Vec::with_capacity(aggregates.len());
            for call in aggregates {
                let names = call.outputs.iter().map(|id| self.column_name(*id, &step.schema, call.span));
                let names = names.collect::<Result<Vec<_>, _>>()?;
                let value = self.aggregate(call, &row)?;
                items.push(named(call, names, value, input));
            }
            return Ok(Stage::Summarize(items, by));
        };
        // Keys come first and are passed on; then what is made of the aggregates, in order.
        let mut items = Vec::new();
        let results = &results[keys.len().min(results.len())..];
        // A column that is declared later may stand among those of an earlier aggregate: each is written once.
        let mut written = HashSet::new();
        for result in results {
            let several = result
                .expr
                .as_column()
                .and_then(|id| aggregates.iter().find(|call| call.outputs.len() > 1 && call.outputs.contains(&id)));
            if let Some(call) = several {
                if !written.insert(call.outputs[0]) {
                    continue;
                }
                let mut names = Vec::with_capacity(call.outputs.len());
                for output in &call.outputs {
                    let shown = results.iter().find(|other| other.expr.as_column() == Some(*output));
                    names.push(match shown {
                        Some(shown) => self.column_name(shown.id, schema, call.span)?,
                        None => String::new(),
                    });
                }
                let value = self.aggregate(call, &row)?;
                let item = named(call, names, value, input);
                if item.names.iter().any(String::is_empty) {
                    return Err(unsupported(call.span, "some values of the aggregate are left out and others renamed"));
                }
                items.push(item);
                continue;
            }
            let over = Row { outer: self.outer.clone(), ..Row::with_aggregates(input, aggregates) };
            let name = self.column_name(result.id, schema, result.expr.span)?;
            let value = self.expr(&result.expr, &over)?;
            let call = result.expr.as_column().and_then(|id| aggregates.iter().find(|call| call.outputs == [id]));
            items.push(match call {
                Some(call) => named(call, vec![name], value, input),
                None => Item { names: vec![name], value },
            });
        }
        Ok(Stage::Summarize(items, by))
    }

    /// Values under the names that a schema gives their columns.
    pub(super) fn items(&mut self, items: &[Computed], schema: &Schema, row: &Row<'_>) -> Result<Vec<Item>, Refused> {
        let mut out: Vec<Item> = Vec::with_capacity(items.len());
        let mut at = 0;
        while let Some(one) = items.get(at) {
            // The values of one call that gives several stand behind each other.
            if let ExprKind::Item(call, 0) = &one.expr.kind {
                let same = |(position, other): (usize, &Computed)| matches!(&other.expr.kind, ExprKind::Item(next, index) if usize::from(*index) == position && next == call);
                let count = items[at..].iter().enumerate().take_while(|pair| same((pair.0, pair.1))).count();
                let mut names = Vec::with_capacity(count);
                for item in &items[at..at + count] {
                    names.push(self.column_name(item.id, schema, item.expr.span)?);
                }
                let value = self.expr(call, row)?;
                out.push(Item { names, value });
                at += count;
                continue;
            }
            out.push(self.item(one, schema, row)?);
            at += 1;
        }
        Ok(out)
    }

    /// A value under the name of its column; without one where it has it by itself.
    pub(super) fn item(&mut self, one: &Computed, schema: &Schema, row: &Row<'_>) -> Result<Item, Refused> {
        let name = self.column_name(one.id, schema, one.expr.span)?;
        let value = self.expr(&one.expr, row)?;
        let own = matches!(&value, Expr::Name(text) if *text == name);
        Ok(Item { names: if own { Vec::new() } else { vec![name] }, value })
    }

    /// The keys of groups: a call that is called like its first argument needs no name.
    pub(super) fn keys(&mut self, keys: &[Computed], schema: &Schema, row: &Row<'_>) -> Result<Vec<Item>, Refused> {
        let mut items = self.items(keys, schema, row)?;
        for item in &mut items {
            let Expr::Call(function, arguments) = &item.value else { continue };
            let like_first = functions::scalar(function).is_some_and(|id| id.row().naming == Naming::FirstArgument);
            let first = match arguments.first() {
                Some(Argument { name: None, value: Expr::Name(text) }) => Some(text),
                _ => None,
            };
            if like_first && item.names.len() == 1 && first == item.names.first() {
                item.names.clear();
            }
        }
        Ok(items)
    }
}

/// Where `*` stands for the rest of an aggregate's arguments.
fn star_at(call: &AggregateCall, input: &Schema) -> Option<usize> {
    if !WITH_STAR.contains(&call.function.name()) || call.open != input.open {
        return None;
    }
    // The columns that stand before `*` are not in it; an open record has more of them than are known.
    let least = usize::from(call.outputs.len() > 1 && call.function.name().contains("arg"));
    (least..call.arguments.len())
        .find(|at| {
            let (given, rest) = call.arguments.split_at(*at);
            let seen: Vec<_> = given.iter().filter_map(crate::ir::Expr::as_column).collect();
            let all: Vec<_> = input.iter().map(|c| c.id).filter(|id| !seen.contains(id)).collect();
            let rest: Vec<_> = rest.iter().map(crate::ir::Expr::as_column).collect();
            let listed = rest.len() > 1 && rest.iter().all(Option::is_some);
            if call.open {
                return listed && all.iter().all(|id| rest.contains(&Some(*id)));
            }
            listed && rest.into_iter().eq(all.into_iter().map(Some))
        })
        .or_else(|| call.open.then_some(call.arguments.len()))
}

/// A call with the names of its outputs, where they are other than those it gives by itself; an empty name is one that
/// is not asked for.
fn named(call: &AggregateCall, names: Vec<String>, value: Expr, input: &Schema) -> Item {
    let column = |index: usize| -> Option<&Column> {
        let id = call.arguments.get(index)?.as_column()?;
        input.iter().find(|c| c.id == id)
    };
    let fits = |name: &String, own: &str| {
        let rest = name.strip_prefix(own);
        name.is_empty() || rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
    };
    let own = |index: usize| -> Option<String> {
        match call.function.row().naming {
            _ if call.outputs.len() > 1 || WITH_STAR.contains(&call.function.name()) => {
                let name = &column(index)?.name;
                let old = OLD.iter().find(|(function, _)| *function == call.function.name());
                Some(match (old, index) {
                    (None, _) => name.to_string(),
                    (Some((_, "any")), _) | (_, 0) => format!("{}_{name}", old?.1),
                    (Some((_, prefix)), _) => format!("{prefix}_{}_{name}", column(0)?.name),
                })
            }
            Naming::PrefixAndFirst(prefix) => {
                let first = if call.arguments.is_empty() { "" } else { &column(0)?.name };
                Some(format!("{prefix}_{first}"))
            }
            Naming::Fixed(word) => Some(word.to_owned()),
            _ => None,
        }
    };
    let by_itself: Vec<bool> =
        names.iter().enumerate().map(|(index, name)| own(index).is_some_and(|own| fits(name, &own))).collect();
    if names.len() == 1 && own(0).as_ref() == names.first() || names.len() > 1 && by_itself.iter().all(|own| *own) {
        return Item { names: Vec::new(), value };
    }
    // Under a name of its own the first alone can stand; the others keep theirs.
    if by_itself.iter().skip(1).all(|own| *own) {
        return Item { names: names.into_iter().take(1).collect(), value };
    }
    Item { names, value }
}

/// Whether a step says what is made of the aggregates of the one before it.
pub(super) fn belongs_to(step: &Step, span: Span) -> bool {
    use crate::ir::{Op, Rest};
    step.span == span && matches!(&step.op, Op::Project(_, Rest::KeepBut(names)) if names.is_empty())
}
