//! Which columns of a result a translation says something of.

use std::collections::HashSet;

use crate::ir::{ColumnId, Expr, ExprKind, Name, Op, Plan, Query};
use crate::source::Span;
use crate::target::Loss;

/// The columns, by name, that may hold something else in a translation with these losses: those that a loss names, those
/// whose making it names, and those that are made of such.
pub(super) fn columns(query: &Query, losses: &[Loss]) -> HashSet<Name> {
    let mut told = Told { query, losses, names: HashSet::new(), ids: HashSet::new() };
    query.each_plan(&mut |plan| told.named(plan));
    loop {
        let known = (told.names.len(), told.ids.len());
        query.each_plan(&mut |plan| told.follow(plan));
        if (told.names.len(), told.ids.len()) == known {
            return told.names;
        }
    }
}

struct Told<'a> {
    query: &'a Query,
    losses: &'a [Loss],
    names: HashSet<Name>,
    /// The same columns, whatever they are called later on.
    ids: HashSet<ColumnId>,
}

impl Told<'_> {
    fn about(&self, span: Span) -> bool {
        self.losses.iter().any(|loss| loss.span.overlaps(span))
    }

    fn add(&mut self, id: ColumnId) {
        self.ids.insert(id);
        self.names.insert(self.query.columns[id].name.clone());
    }

    /// What losses name: columns in expressions, and all columns of a table.
    fn named(&mut self, plan: &Plan) {
        if self.about(plan.source.span) {
            for column in plan.source.schema.iter() {
                self.add(column.id);
            }
        }
        for step in &plan.steps {
            step.op.expressions(&mut |expr| {
                expr.walk(&mut |expr| {
                    if let ExprKind::Column(id) = expr.kind
                        && self.about(expr.span)
                    {
                        self.add(id);
                    }
                });
            });
        }
    }

    /// What is made of what is known.
    fn follow(&mut self, plan: &Plan) {
        for (at, step) in plan.steps.iter().enumerate() {
            for column in step.schema.iter().filter(|column| self.ids.contains(&column.id)) {
                self.names.insert(column.name.clone());
            }
            match &step.op {
                Op::Extend(items) | Op::Project(items, _) => {
                    for item in items {
                        if self.makes(&item.expr) {
                            self.add(item.id);
                        }
                    }
                }
                Op::Summarize { keys, aggregates } => {
                    for key in keys {
                        if self.makes(&key.expr) {
                            self.add(key.id);
                        }
                    }
                    for call in aggregates {
                        if self.about(call.span) || call.arguments.iter().any(|argument| self.makes(argument)) {
                            call.outputs.iter().for_each(|id| self.add(*id));
                        }
                    }
                }
                Op::Filter(_) | Op::Window(_) => {}
                other => {
                    let mut made = self.about(step.span);
                    other.expressions(&mut |expr| made |= self.makes(expr));
                    let before = plan.input_schema(at);
                    for column in step.schema.iter().filter(|column| !before.contains(column.id)) {
                        // The right side of a join gives `Name1` where the left has a `Name`.
                        let own = column.name.strip_suffix('1').is_some_and(|name| self.names.contains(name));
                        if made || own {
                            self.add(column.id);
                        }
                    }
                }
            }
        }
    }

    /// Whether an expression gives what a loss is about.
    fn makes(&self, expr: &Expr) -> bool {
        let mut made = self.about(expr.span);
        expr.for_each_column(&mut |id| made |= self.names.contains(&self.query.columns[id].name));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bind::bind;
    use crate::schema::{Dialect, Schemas};
    use crate::target::LossKind;

    #[test]
    fn a_loss_is_about_what_is_made_of_its_words() {
        let text = "DeviceEvents | where FileName has 'x' | extend Small = tolower(FileName), Other = DeviceName \
            | summarize Names = make_set(Small, 5), First = min(Timestamp) by Other \
            | project-rename Where = Other";
        let tree = crate::syntax::parse(text).query.unwrap();
        let query = bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
        for (words, expected) in [
            ("FileName has 'x'", &["FileName", "Names", "Small"][..]),
            ("make_set(Small, 5)", &["Names", "Small"]),
            ("min(Timestamp)", &["First", "Timestamp"]),
            ("DeviceName", &["DeviceName", "Other", "Where"]),
        ] {
            let at = u32::try_from(text.find(words).unwrap()).unwrap();
            let span = Span { start: at, end: at + u32::try_from(words.len()).unwrap() };
            let loss = Loss::shown(LossKind::Case, span, "differs");
            let mut names: Vec<String> = columns(&query, &[loss]).iter().map(ToString::to_string).collect();
            names.sort_unstable();
            assert_eq!(names, expected, "{words}");
        }
    }
}
