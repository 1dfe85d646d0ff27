//! `join` and `lookup`.

use super::Binder;
use super::name::UniqueNames;
use super::project::pass;
use super::table::option_word;
use crate::diagnostic::{Diagnostic, code};
use crate::ir::{Column, ColumnId, Expr, Join, JoinKind, Op, Plan, Rest, Schema};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, ExprKind as Ast, JoinCondition, LogicalOp, PathMember};
use crate::types::Type;

/// The names of the kinds of joins.
const KINDS: &[(&str, JoinKind)] = &[
    ("innerunique", JoinKind::InnerUnique),
    ("inner", JoinKind::Inner),
    ("leftouter", JoinKind::LeftOuter),
    ("rightouter", JoinKind::RightOuter),
    ("fullouter", JoinKind::FullOuter),
    ("leftsemi", JoinKind::LeftSemi),
    ("rightsemi", JoinKind::RightSemi),
    ("leftanti", JoinKind::LeftAnti),
    ("anti", JoinKind::LeftAnti),
    ("leftantisemi", JoinKind::LeftAnti),
    ("rightanti", JoinKind::RightAnti),
    ("rightantisemi", JoinKind::RightAnti),
];

impl<'a> Binder<'a> {
    fn join_kind(&mut self, op: &'a ast::Operator, usual: JoinKind) -> JoinKind {
        let Some(word) = option_word(&op.parameters, "kind") else { return usual };
        let kind = KINDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
        kind.unwrap_or_else(|| {
            let span = op.parameters.iter().find(|p| &*p.name.text == "kind").map_or(op.keyword, |p| p.span);
            let mut diagnostic = Diagnostic::new(&code::JOIN_CONDITION, span, format!("`{word}` is no kind of join"));
            // The official analyser lets any word pass here.
            diagnostic.official = None;
            if let Some(near) = crate::schema::nearest(word, KINDS.iter().map(|(name, _)| *name)) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.report(diagnostic);
            usual
        })
    }

    /// Binds the right side and the condition; gives both schemas, those assumed included, and the pairs of keys.
    fn sides(&mut self, plan: &Plan, node: &'a ast::Join) -> (Plan, Schema, Schema, Vec<(ColumnId, ColumnId)>) {
        let right = self.without_row(|b| b.table(&node.right));
        let right_schema = right.schema().clone();
        let saved_right = self.right.take();
        let ((keys, right_row), left_row) = self.over(plan, |b| {
            b.right = Some(right_schema);
            let mut keys = Vec::new();
            match &node.condition {
                JoinCondition::None => {}
                JoinCondition::On(conditions) => {
                    for condition in conditions {
                        b.join_condition(condition, &mut keys);
                    }
                }
                JoinCondition::Where(condition) => {
                    let value = b.scalar(condition);
                    b.check_type(&value, &[Type::Bool], value.span);
                }
            }
            (keys, b.right.take().unwrap_or_default())
        });
        self.right = saved_right;
        (right, left_row, right_row, keys)
    }

    /// `join`.
    pub(super) fn join(&mut self, mut plan: Plan, node: &'a ast::Join, op: &'a ast::Operator) -> Plan {
        let kind = self.join_kind(op, JoinKind::InnerUnique);
        if matches!(node.condition, JoinCondition::None) {
            self.report(
                Diagnostic::new(&code::JOIN_CONDITION, op.keyword, "the join has no condition")
                    .help("add `on` and the columns on which the rows meet"),
            );
        }
        let (right, left_row, right_row, keys) = self.sides(&plan, node);
        let mut columns: Vec<Column> = Vec::new();
        let mut open = false;
        if kind.gives_left() {
            columns.extend(left_row.iter().cloned());
            open |= left_row.open;
        }
        if kind.gives_right() {
            columns.extend(right_row.iter().cloned());
            open |= right_row.open;
        }
        let schema = Schema::new(unique(columns), open);
        plan.push(Op::Join(Join { kind, lookup: false, right: Box::new(right), keys }), schema, op.span);
        plan
    }

    /// `lookup`: a join in which the keys of the right side do not come along.
    pub(super) fn lookup(&mut self, mut plan: Plan, node: &'a ast::Join, op: &'a ast::Operator) -> Plan {
        let kind = self.join_kind(op, JoinKind::LeftOuter);
        let (right, left_row, right_row, keys) = self.sides(&plan, node);
        let open = left_row.open || right_row.open;
        let is_key = |c: &Column| keys.iter().any(|(_, right)| *right == c.id);
        let both: Vec<Column> = left_row.iter().chain(right_row.iter()).cloned().collect();
        let kept: Vec<Column> = left_row.iter().chain(right_row.iter().filter(|c| !is_key(c))).cloned().collect();
        let joined = Schema::new(unique(both), open);
        let kept = unique(kept);
        plan.push(Op::Join(Join { kind, lookup: true, right: Box::new(right), keys }), joined, op.span);
        let rest = if open { Rest::KeepBut(Vec::new()) } else { Rest::Drop };
        plan.push(Op::Project(pass(&kept, op.span), rest), Schema::new(kept, open), op.span);
        plan
    }

    fn join_condition(&mut self, condition: &'a ast::Expr, keys: &mut Vec<(ColumnId, ColumnId)>) {
        match &condition.kind {
            Ast::Paren(inner) => self.join_condition(inner, keys),
            Ast::Logical(logical) if logical.op == LogicalOp::And => {
                for operand in &logical.operands {
                    self.join_condition(operand, keys);
                }
            }
            Ast::Binary(binary) if binary.op == BinaryOp::Equal => {
                let left = self.join_operand(&binary.left, "$left");
                let right = self.join_operand(&binary.right, "$right");
                if let (Some(left), Some(right)) = (left, right)
                    && self.comparable(&left, &right, condition.span)
                {
                    keys.extend(left.as_column().zip(right.as_column()));
                }
            }
            Ast::Name(name) => self.common_column(name, keys),
            _ => {
                self.report(
                    Diagnostic::new(&code::JOIN_CONDITION, condition.span, "a join meets on columns that are equal")
                        .help("write the name of a column of both sides, or `$left.a == $right.b`"),
                );
            }
        }
    }

    fn join_operand(&mut self, operand: &'a ast::Expr, side: &str) -> Option<Expr> {
        match &operand.kind {
            Ast::Paren(inner) => self.join_operand(inner, side),
            Ast::Path(path)
                if matches!(&path.base.kind, Ast::Name(name) if &*name.text == side)
                    && matches!(path.member, PathMember::Name(_) | PathMember::Bracketed(_)) =>
            {
                let value = self.scalar(operand);
                self.check_column(&value).map(|_| value)
            }
            Ast::Index(index) if matches!(&index.base.kind, Ast::Name(name) if &*name.text == side) => {
                let text = self.result_name(operand)?;
                let row = if side == "$left" { &self.row } else { &self.right };
                let found = row.as_ref()?.get(&text).map(|c| Expr::column(c.id, c.ty, operand.span));
                Some(found.unwrap_or_else(|| self.unknown_name(&text, operand.span)))
            }
            _ => {
                self.report(
                    Diagnostic::new(&code::JOIN_CONDITION, operand.span, format!("`{side}.` and a column is due here"))
                        .help("write `$left.a == $right.b`, the left side first"),
                );
                None
            }
        }
    }

    fn comparable(&mut self, left: &Expr, right: &Expr, span: Span) -> bool {
        let (a, b) = (left.ty.ty, right.ty.ty);
        for side in [left, right] {
            if !self.check_not_dynamic(side.ty, side.span, "a join key") {
                return false;
            }
        }
        if a == Type::Unknown || b == Type::Unknown || a.promoted() == b.promoted() {
            return true;
        }
        self.report(
            Diagnostic::new(&code::JOIN_KEY_TYPES, span, format!("a {a} is never equal to a {b} in a join"))
                .label("different types")
                .help("cast one of them before the join"),
        );
        false
    }

    /// `on a`: a column of both sides.
    fn common_column(&mut self, name: &'a ast::Name, keys: &mut Vec<(ColumnId, ColumnId)>) {
        let find = |row: &Option<Schema>| row.as_ref().and_then(|row| row.get(&name.text)).map(|c| (c.id, c.ty));
        let open = |row: &Option<Schema>| row.as_ref().is_some_and(|row| row.open);
        let (left, right) = (find(&self.row), find(&self.right));
        if left.is_none() && !open(&self.row) || right.is_none() && !open(&self.right) {
            let side = match (left, right) {
                (None, None) => "neither side has it",
                (None, Some(_)) => "the left side does not have it",
                _ => "the right side does not have it",
            };
            let mut diagnostic = Diagnostic::new(
                &code::JOIN_COLUMN_MISSING,
                name.span,
                format!("`{}` must be a column of both sides of the join", name.text),
            )
            .label(side);
            let missing = if left.is_none() { &self.row } else { &self.right };
            let names = missing.iter().flat_map(crate::ir::Schema::iter).map(|c| &*c.name);
            if let Some(near) = crate::schema::nearest(&name.text, names) {
                diagnostic = diagnostic.help(format!("did you mean `$left.{} == $right.{near}`?", name.text));
            }
            self.report(diagnostic);
            return;
        }
        let left = left.unwrap_or_else(|| self.assume(&name.text, name.span));
        let right = right.unwrap_or_else(|| {
            std::mem::swap(&mut self.row, &mut self.right);
            let column = self.assume(&name.text, name.span);
            std::mem::swap(&mut self.row, &mut self.right);
            column
        });
        let (a, b) = (left.1.ty, right.1.ty);
        if a != b && a != Type::Unknown && b != Type::Unknown {
            self.report(
                Diagnostic::new(
                    &code::JOIN_KEY_TYPES,
                    name.span,
                    format!("`{}` is a {a} on the left and a {b} on the right", name.text),
                )
                .help("cast one of them before the join"),
            );
            return;
        }
        if a == Type::Dynamic {
            self.check_not_dynamic(left.1, name.span, "a join key");
        }
        keys.push((left.0, right.0));
    }
}

/// The columns, each name after the first of its kind numbered.
pub(super) fn unique(columns: Vec<Column>) -> Vec<Column> {
    let mut names = UniqueNames::default();
    let mut first = std::collections::HashSet::new();
    for column in &columns {
        names.take(column.name.clone());
    }
    columns
        .into_iter()
        .map(|column| {
            if first.insert(column.name.clone()) {
                return column;
            }
            let name = names.claim(&column.name, &column.name, &|_| false);
            Column { name, ..column }
        })
        .collect()
}
