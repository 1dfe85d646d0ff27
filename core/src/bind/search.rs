//! `search` and `find`: lowered to a union, a filter and a projection.

use std::collections::HashSet;

use super::Binder;
use super::operand::{case_rule, logical_kind, search_test};
use super::project::pass;
use super::table::option_word;
use super::union::common;
use crate::diagnostic::code;
use crate::functions;
use crate::ir::{Column, ColumnId, Computed, Expr, ExprKind, Name, Op, Origin, Plan, Rest, Schema, SourceKind, Value};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind as Ast, FindColumn};
use crate::types::Type;

impl<'a> Binder<'a> {
    /// `search`.
    pub(super) fn search(&mut self, piped: Option<Plan>, node: &'a ast::Search, op: &'a ast::Operator) -> Plan {
        let span = op.span;
        let sensitive = option_word(&op.parameters, "kind") == Some("case_sensitive");
        if piped.is_some() && !node.sources.is_empty() {
            self.simple(&code::OPERATOR_PLACE, op.keyword, "`search in` takes its tables from the list alone");
        }
        let mut plan = match piped {
            Some(plan) if node.sources.is_empty() => {
                let name = self.label(&plan);
                self.labelled(plan, &name, "$table", span)
            }
            _ => {
                let inputs = self.search_inputs(&node.sources, span);
                self.united(inputs, Some("$table"), false, false, span)
            }
        };
        let (condition, row) = self.over(&plan, |b| b.search_predicate(&node.predicate, sensitive));
        plan.push(Op::Filter(condition), row, span);
        plan
    }

    /// The tables to search; all where none is named.
    fn search_inputs(&mut self, sources: &'a [ast::Expr], span: Span) -> Vec<(Name, Plan)> {
        if sources.is_empty() {
            return self.all_tables(span);
        }
        let mut inputs = Vec::new();
        self.without_row(|b| {
            for source in sources {
                match &source.kind {
                    Ast::Star => {
                        inputs.extend(b.all_tables(source.span));
                    }
                    Ast::Name(name) if name.is_wildcard() => {
                        let plans = b.wildcard(&name.text, name.span);
                        if plans.is_empty() {
                            let pattern: Name = name.text.as_ref().into();
                            let kind = SourceKind::Tables(pattern.clone());
                            inputs.push((pattern, Plan::new(kind, Schema::new([], true), name.span)));
                        }
                        inputs.extend(plans.into_iter().map(|plan| b.with_label(plan)));
                    }
                    _ => {
                        let plan = b.table(source);
                        inputs.push(b.with_label(plan));
                    }
                }
            }
        });
        inputs
    }

    /// The records with a first column that holds the name of their table.
    fn labelled(&mut self, mut plan: Plan, name: &Name, column: &str, span: Span) -> Plan {
        let before = plan.schema().clone();
        let id = self.columns.add(column, Type::String, Origin::Computed, span);
        let first = Column { id, name: column.into(), ty: Type::String.into() };
        let label = Computed { id, expr: Expr::literal(Value::String(name.clone()), span) };
        let columns: Vec<Column> = before.iter().cloned().collect();
        let items: Vec<Computed> = std::iter::once(label).chain(pass(&columns, span)).collect();
        let schema = Schema::new(std::iter::once(first).chain(columns), before.open);
        plan.push(Op::Project(items, Rest::KeepBut(Vec::new())), schema, span);
        plan
    }

    /// A predicate in which a string alone is a search in every column.
    fn search_predicate(&mut self, expr: &'a ast::Expr, sensitive: bool) -> Expr {
        match &expr.kind {
            Ast::Paren(inner) => self.search_predicate(inner, sensitive),
            Ast::Logical(logical) => {
                let operands =
                    logical.operands.iter().map(|operand| self.search_predicate(operand, sensitive)).collect();
                Expr::new(logical_kind(logical.op, operands), Type::Bool, expr.span)
            }
            Ast::Star => Expr { ty: Type::Bool.into(), ..Expr::literal(Value::Bool(true), expr.span) },
            // `not("x")` searches too.
            Ast::Call(call) if &*call.name.text == "not" && call.arguments.len() == 1 => {
                let operand = self.search_predicate(&call.arguments[0].expr, sensitive);
                Expr::new(ExprKind::Not(Box::new(operand)), Type::Bool, expr.span)
            }
            _ => {
                let value = self.scalar(expr);
                if value.ty.ty == Type::String && !matches!(value.kind, ExprKind::Column(_)) {
                    let (test, needle) = search_test(value);
                    return self.any_column_test(test, case_rule(sensitive), false, needle, expr.span);
                }
                self.check_type(&value, &[Type::Bool], value.span);
                value
            }
        }
    }

    /// `find`.
    pub(super) fn find(&mut self, node: &'a ast::Find, op: &'a ast::Operator) -> Plan {
        let span = op.span;
        let label = option_word(&op.parameters, "withsource").unwrap_or("source_");
        let inputs = self.search_inputs(&node.sources, span);
        let schemas: Vec<Schema> = inputs.iter().map(|(_, plan)| plan.schema().clone()).collect();
        let several = inputs.len() > 1;
        let mut plan = self.united(inputs, Some(label), false, false, span);
        let (condition, row) = self.over(&plan, |b| b.search_predicate(&node.predicate, false));
        let mut referred: Vec<ColumnId> = Vec::new();
        let mut everywhere = !several;
        condition.walk(&mut |expr| match &expr.kind {
            ExprKind::Column(id) if !referred.contains(id) => referred.push(*id),
            ExprKind::AnyColumn(_) => everywhere = true,
            _ => {}
        });
        plan.push(Op::Filter(condition), row.clone(), span);
        let mentions = |schema: &&Schema| {
            everywhere || schema.open || referred.iter().any(|id| schema.get(&self.columns[*id].name).is_some())
        };
        let tables: Vec<Schema> = schemas.iter().filter(mentions).cloned().collect();
        self.find_columns(plan, node, &row, &tables, &referred, span)
    }

    fn find_columns(
        &mut self,
        mut plan: Plan,
        node: &'a ast::Find,
        row: &Schema,
        tables: &[Schema],
        referred: &[ColumnId],
        span: Span,
    ) -> Plan {
        let open = tables.iter().any(|table| table.open);
        let mut columns: Vec<Column> = row.iter().take(1).cloned().collect();
        let mut placed: HashSet<ColumnId> = columns.iter().map(|c| c.id).collect();
        let mut place = |columns: &mut Vec<Column>, column: &Column| {
            if placed.insert(column.id) {
                columns.push(column.clone());
            }
        };
        let mut packed = false;
        let smart = node.project.as_ref().is_none_or(|project| project.columns.is_empty());
        if let Some(project) = node.project.as_ref().filter(|_| !smart) {
            for column in &project.columns {
                match column {
                    FindColumn::Column(name, ty) => {
                        if let Some(mut found) = row.get(&name.text).cloned() {
                            if let Some(ty) = ty {
                                found.ty = self.named_type(ty).into();
                            }
                            place(&mut columns, &found);
                        } else {
                            let found = self.with_row(row.clone(), |b| b.name(name)).0;
                            if let Some(id) = found.as_column() {
                                place(&mut columns, &Column { id, name: name.text.as_ref().into(), ty: found.ty });
                            }
                        }
                    }
                    FindColumn::Star(_) => row.iter().for_each(|column| place(&mut columns, column)),
                    FindColumn::Pack(_) => packed = true,
                }
            }
        } else {
            for name in common(tables) {
                if let Some(column) = row.get(&name) {
                    place(&mut columns, column);
                }
            }
            for id in referred {
                if let Some(column) = row.iter().find(|c| c.id == *id) {
                    place(&mut columns, column);
                }
            }
            let has = |name: &str| columns.iter().any(|c| &*c.name == name);
            packed = tables.iter().any(|table| !table.open && table.iter().any(|c| !has(&c.name)));
        }
        let mut items = pass(&columns, span);
        if packed {
            let rest: Vec<(Name, ColumnId)> = row
                .iter()
                .filter(|c| columns.iter().all(|placed| placed.id != c.id))
                .map(|c| (c.name.clone(), c.id))
                .collect();
            let bag = Expr::new(ExprKind::Row(rest, row.open), Type::Dynamic, span);
            let expr = match functions::scalar("pack_all") {
                Some(pack) => Expr::new(ExprKind::Call(pack, vec![bag]), Type::Dynamic, span),
                None => bag,
            };
            let id = self.columns.add("pack_", Type::Dynamic, Origin::Computed, span);
            columns.push(Column { id, name: "pack_".into(), ty: Type::Dynamic.into() });
            items.push(Computed { id, expr });
        }
        let rest = if smart && open { Rest::KeepBut(Vec::new()) } else { Rest::Drop };
        plan.push(Op::Project(items, rest), Schema::new(columns, smart && open), span);
        plan
    }
}

/// A needle alone looks for a term.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::StringTest;

    #[test]
    fn stars_in_a_needle_say_where_to_look() {
        let test = |text: &str| search_test(Expr::literal(Value::string(text), Span::at(0))).0;
        assert_eq!(test("abc"), StringTest::HasTerm);
        assert_eq!(test("abc*"), StringTest::HasPrefix);
        assert_eq!(test("*abc"), StringTest::HasSuffix);
        assert_eq!(test("*abc*"), StringTest::Contains);
        assert_eq!(test("a*c"), StringTest::Wildcard);
    }
}
