//! Expressions: each node by the operator or the function that means it, or a refusal.

use super::{Lowerer, Refused, Row, refuse};
use crate::functions::{Accepts, FunctionId};
use crate::ir::{
    Access, AnyColumn, Between, Case, CaseRule, Cast, CastKind, ColumnId, Compare, CompareOp, Expr as Ir, ExprKind,
    Json, Membership, Name, NullRule, Origin, Quantifier, RegexDialect, RegexMatch, Schema, StringMatch, StringTest,
    TermRule, Value, ValueSet,
};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::kql::tree::{Argument, Expr};
use crate::types::Type;

/// The conversions, by what they give.
const CONVERSIONS: &[(Type, &str)] = &[
    (Type::Bool, "tobool"),
    (Type::Int, "toint"),
    (Type::Long, "tolong"),
    (Type::Real, "toreal"),
    (Type::Decimal, "todecimal"),
    (Type::DateTime, "todatetime"),
    (Type::TimeSpan, "totimespan"),
    (Type::String, "tostring"),
    (Type::Guid, "toguid"),
    (Type::Dynamic, "todynamic"),
];

/// The operators that compare texts: what is looked for, in which case; with the negated form, if KQL has one.
const STRING_OPERATORS: &[(StringTest, bool, &str, Option<&str>)] = &[
    (StringTest::Equals, true, "==", Some("!=")),
    (StringTest::Equals, false, "=~", Some("!~")),
    (StringTest::Contains, true, "contains_cs", Some("!contains_cs")),
    (StringTest::Contains, false, "contains", Some("!contains")),
    (StringTest::StartsWith, true, "startswith_cs", Some("!startswith_cs")),
    (StringTest::StartsWith, false, "startswith", Some("!startswith")),
    (StringTest::EndsWith, true, "endswith_cs", Some("!endswith_cs")),
    (StringTest::EndsWith, false, "endswith", Some("!endswith")),
    (StringTest::HasTerm, true, "has_cs", Some("!has_cs")),
    (StringTest::HasTerm, false, "has", Some("!has")),
    (StringTest::HasPrefix, true, "hasprefix_cs", Some("!hasprefix_cs")),
    (StringTest::HasPrefix, false, "hasprefix", Some("!hasprefix")),
    (StringTest::HasSuffix, true, "hassuffix_cs", Some("!hassuffix_cs")),
    (StringTest::HasSuffix, false, "hassuffix", Some("!hassuffix")),
    (StringTest::Wildcard, true, "likecs", Some("notlikecs")),
    (StringTest::Wildcard, false, "like", Some("notlike")),
];

impl Lowerer<'_> {
    /// An expression over the columns of a record.
    pub(super) fn expr(&mut self, e: &Ir, row: &Row<'_>) -> Result<Expr, Refused> {
        Ok(match &e.kind {
            ExprKind::Literal(value) => Expr::Value(value.clone()),
            ExprKind::Column(id) => self.column(*id, row, e.span)?,
            ExprKind::Parameter(name) => self.parameter(name, e.ty.ty),
            ExprKind::Row(..) => return Err(unsupported(e.span, "a record as a whole has no place here")),
            ExprKind::And(terms) => Expr::And(self.all(terms, row)?),
            ExprKind::Or(terms) => Expr::Or(self.all(terms, row)?),
            ExprKind::Not(inner) => Expr::call("not", vec![self.expr(inner, row)?]),
            ExprKind::Compare(node) => self.compare(node, e.span, row)?,
            ExprKind::Match(node) => self.string_match(node, e.span, row)?,
            ExprKind::Regex(node) => self.regex(node, e.span, row)?,
            ExprKind::Member(node) => self.membership(node, e.span, row)?,
            ExprKind::Between(node) => self.between(node, e.span, row)?,
            ExprKind::AnyColumn(node) => self.any_column(node, e.span, row)?,
            ExprKind::Arithmetic(node) => {
                let first = self.expr(&node.first, row)?;
                let mut rest = Vec::with_capacity(node.rest.len());
                for step in &node.rest {
                    rest.push((step.op, self.expr(&step.operand, row)?));
                }
                // A chain inside a chain keeps its parentheses.
                let first = match first {
                    chain @ Expr::Arithmetic(..) => parenthesised(chain),
                    other => other,
                };
                Expr::Arithmetic(Box::new(first), rest)
            }
            ExprKind::Negate(inner) => Expr::Negate(Box::new(self.expr(inner, row)?)),
            ExprKind::Call(function, arguments) => self.call(*function, arguments, row)?,
            ExprKind::Unknown(name, arguments) => Expr::call(name.to_string(), self.all(arguments, row)?),
            ExprKind::Foreign(function, _) => {
                let message = format!("`{function}` has no counterpart in KQL");
                return Err(refuse(LossKind::UnsupportedFunction, e.span, message));
            }
            ExprKind::Loose(_) => {
                return Err(unsupported(
                    e.span,
                    "KQL compares by the types of columns, and not by what values look like",
                ));
            }
            ExprKind::Cast(node) => self.cast(node, e, row)?,
            ExprKind::Access(node) => self.access(node, row)?,
            // The first of several values stands for itself.
            ExprKind::Item(call, 0) => self.expr(call, row)?,
            ExprKind::Item(call, index) => {
                Expr::Index(Box::new(self.expr(call, row)?), Box::new(Expr::Value(Value::Long(i64::from(*index)))))
            }
            ExprKind::Case(node) => self.case(node, row)?,
            ExprKind::ToScalar(plan) => Expr::ToScalar(Box::new(self.pipe(plan))),
        })
    }

    fn all(&mut self, items: &[Ir], row: &Row<'_>) -> Result<Vec<Expr>, Refused> {
        items.iter().map(|item| self.expr(item, row)).collect()
    }

    /// A column by the name it has here; an aggregate that stands in its place.
    fn column(&mut self, id: ColumnId, row: &Row<'_>, span: Span) -> Result<Expr, Refused> {
        if let Some(call) = row.aggregates.iter().find(|call| call.outputs.first() == Some(&id)) {
            return self.aggregate(call, row);
        }
        if let Some((step, name)) = row.records.get(&id) {
            return Ok(Expr::Member(Box::new(Expr::Name(step.clone())), name.clone()));
        }
        if let Some(name) = row.outer.get(&id) {
            return Ok(Expr::Name(name.clone()));
        }
        self.column_name(id, row.schema, span).map(Expr::Name)
    }

    /// The name under which a schema holds a column.
    pub(super) fn column_name(&self, id: ColumnId, schema: &Schema, span: Span) -> Result<String, Refused> {
        let own = &self.query.columns[id].name;
        if schema.get(own).is_some_and(|c| c.id == id) {
            return Ok(own.to_string());
        }
        if let Some(column) = schema.iter().find(|c| c.id == id) {
            return if schema.get(&column.name).is_some_and(|c| c.id == id) {
                Ok(column.name.to_string())
            } else {
                Err(unsupported(span, &format!("two columns are called `{}` here", column.name)))
            };
        }
        // What nothing knows is told once, for the whole query.
        if schema.open || self.query.columns[id].origin == Origin::Unresolved {
            return Ok(own.to_string());
        }
        Err(unsupported(span, &format!("`{own}` is no column of the records here")))
    }

    fn parameter(&mut self, name: &Name, ty: Type) -> Expr {
        if ty == Type::Unknown {
            return Expr::Parameter(name.to_string());
        }
        if !self.parameters.iter().any(|(known, _)| **known == **name) {
            self.parameters.push((name.to_string(), ty));
        }
        Expr::Name(name.to_string())
    }

    fn compare(&mut self, node: &Compare, span: Span, row: &Row<'_>) -> Result<Expr, Refused> {
        let equality = matches!(node.op, CompareOp::Equal | CompareOp::NotEqual);
        let fits = match node.nulls {
            NullRule::KqlEquality => equality,
            NullRule::Propagate => !equality,
            NullRule::KqlMatch | NullRule::AbsentFails | NullRule::Value => false,
        };
        if !fits {
            return Err(nulls(span));
        }
        let sides = [self.expr(&node.left, row)?, self.expr(&node.right, row)?];
        Ok(Expr::Compare(node.op.sign(), Box::new(sides)))
    }

    fn string_match(&mut self, node: &StringMatch, span: Span, row: &Row<'_>) -> Result<Expr, Refused> {
        let (plain, negated) = operator(node.test, node.rules.case, node.rules.terms, span)?;
        let sensitive_equality = node.test == StringTest::Equals && node.rules.case == CaseRule::Sensitive;
        let fits = match node.rules.nulls {
            NullRule::KqlMatch => true,
            NullRule::KqlEquality => sensitive_equality,
            NullRule::Propagate | NullRule::AbsentFails | NullRule::Value => false,
        };
        if !fits {
            return Err(nulls(span));
        }
        let sides = Box::new([self.expr(&node.subject, row)?, self.expr(&node.needle, row)?]);
        Ok(match (node.negated, negated) {
            (false, _) => Expr::Compare(plain, sides),
            (true, Some(negated)) => Expr::Compare(negated, sides),
            (true, None) => Expr::call("not", vec![Expr::Compare(plain, sides)]),
        })
    }

    fn regex(&mut self, node: &RegexMatch, span: Span, row: &Row<'_>) -> Result<Expr, Refused> {
        if node.dialect != RegexDialect::Kusto || node.anchored || node.case != CaseRule::Sensitive {
            return Err(unsupported(span, "the regular expression is one of another dialect"));
        }
        if node.nulls != NullRule::KqlMatch {
            return Err(nulls(span));
        }
        let sides = Box::new([self.expr(&node.subject, row)?, self.expr(&node.pattern, row)?]);
        let test = Expr::Compare("matches regex", sides);
        Ok(if node.negated { Expr::call("not", vec![test]) } else { test })
    }

    fn membership(&mut self, node: &Membership, span: Span, row: &Row<'_>) -> Result<Expr, Refused> {
        let sensitive = node.rules.case == CaseRule::Sensitive;
        if node.rules.nulls != NullRule::KqlMatch {
            return Err(nulls(span));
        }
        let op = match (node.test, sensitive, node.quantifier) {
            (StringTest::Equals, true, Quantifier::Any) => Some(("in", Some("!in"))),
            (StringTest::Equals, false, Quantifier::Any) if node.rules.case == CaseRule::AsciiInsensitive => {
                Some(("in~", Some("!in~")))
            }
            (StringTest::HasTerm, false, quantifier)
                if node.rules.case == CaseRule::AsciiInsensitive && node.rules.terms == TermRule::KqlAlphanumeric =>
            {
                Some((if quantifier == Quantifier::Any { "has_any" } else { "has_all" }, None))
            }
            _ => None,
        };
        let Some((plain, negated)) = op else { return self.each(node, span, row) };
        let empty = Ir::literal(Value::Dynamic(std::sync::Arc::new(Json::Array(Vec::new()))), span);
        let subject = Box::new(self.expr(&node.subject, row)?);
        let items = match &node.set {
            // A list that is written out has an item.
            ValueSet::List(items) if items.is_empty() => self.all(&[empty], row)?,
            ValueSet::List(items) => self.all(items, row)?,
            ValueSet::Plan(plan) => vec![Expr::Table(Box::new(self.pipe(plan)))],
        };
        Ok(match (node.negated, negated) {
            (false, _) => Expr::In(plain, subject, items),
            (true, Some(negated)) => Expr::In(negated, subject, items),
            (true, None) => Expr::call("not", vec![Expr::In(plain, subject, items)]),
        })
    }

    /// A comparison with each value of a set, one by one: for what KQL has no operator for sets.
    fn each(&mut self, node: &Membership, span: Span, row: &Row<'_>) -> Result<Expr, Refused> {
        let ValueSet::List(items) = &node.set else {
            return Err(unsupported(span, "KQL compares with the values of a table by `in` and its like alone"));
        };
        let (plain, _) = operator(node.test, node.rules.case, node.rules.terms, span)?;
        let mut terms = Vec::with_capacity(items.len());
        for item in items {
            if item.ty.ty == Type::Dynamic {
                return Err(unsupported(item.span, "the values of a list have to be written out here"));
            }
            let sides = [self.expr(&node.subject, row)?, self.expr(item, row)?];
            terms.push(Expr::Compare(plain, Box::new(sides)));
        }
        let any = node.quantifier == Quantifier::Any;
        let test = match terms.len() {
            0 => return Err(unsupported(span, "the list is empty")),
            1 => terms.remove(0),
            _ if any => Expr::Or(terms),
            _ => Expr::And(terms),
        };
        Ok(if node.negated { Expr::call("not", vec![test]) } else { test })
    }

    fn between(&mut self, node: &Between, span: Span, row: &Row<'_>) -> Result<Expr, Refused> {
        if node.nulls != NullRule::Propagate {
            return Err(nulls(span));
        }
        let parts = [self.expr(&node.subject, row)?, self.expr(&node.low, row)?, self.expr(&node.high, row)?];
        Ok(Expr::Between(node.negated, Box::new(parts)))
    }

    fn any_column(&mut self, node: &AnyColumn, span: Span, row: &Row<'_>) -> Result<Expr, Refused> {
        let all = node.columns.len() == row.schema.len() && row.schema.iter().all(|c| node.columns.contains(&c.id));
        if !all && !row.schema.open || node.open != row.schema.open {
            return Err(unsupported(span, "`*` stands for all columns of the record, and some are not meant"));
        }
        if node.rules.nulls != NullRule::KqlMatch {
            return Err(nulls(span));
        }
        let (plain, negated) = operator(node.test, node.rules.case, node.rules.terms, span)?;
        let op = if node.negated { negated } else { Some(plain) };
        let op = op.ok_or_else(|| unsupported(span, "KQL cannot say this of every column"))?;
        Ok(Expr::Compare(op, Box::new([Expr::Star, self.expr(&node.needle, row)?])))
    }

    fn cast(&mut self, node: &Cast, e: &Ir, row: &Row<'_>) -> Result<Expr, Refused> {
        let operand = self.expr(&node.operand, row)?;
        let found = CONVERSIONS.iter().find(|(ty, _)| *ty == e.ty.ty);
        match (node.kind, found) {
            (CastKind::Kql | CastKind::Widen, Some((_, function))) => Ok(Expr::call(*function, vec![operand])),
            (_, None) => Err(unsupported(e.span, "the type that this is converted to is not known")),
        }
    }

    fn access(&mut self, node: &Access, row: &Row<'_>) -> Result<Expr, Refused> {
        let mut out = self.expr(&node.base, row)?;
        for key in &node.path {
            out = match key.as_literal() {
                Some(Value::String(slot)) => Expr::Member(Box::new(out), slot.to_string()),
                _ => Expr::Index(Box::new(out), Box::new(self.expr(key, row)?)),
            };
        }
        Ok(out)
    }

    fn case(&mut self, node: &Case, row: &Row<'_>) -> Result<Expr, Refused> {
        let mut arguments = Vec::with_capacity(2 * node.arms.len() + 1);
        for (condition, value) in &node.arms {
            arguments.push(self.expr(condition, row)?);
            arguments.push(self.expr(value, row)?);
        }
        arguments.push(self.expr(&node.otherwise, row)?);
        Ok(Expr::call(if node.arms.len() == 1 { "iff" } else { "case" }, arguments))
    }

    fn call(&mut self, function: FunctionId, arguments: &[Ir], row: &Row<'_>) -> Result<Expr, Refused> {
        let name = function.name();
        let mut out = Vec::with_capacity(arguments.len());
        for (position, argument) in arguments.iter().enumerate() {
            match &argument.kind {
                // `pack_all()` packs the record as it is, `bag_pack_columns(a, b)` names what it takes.
                ExprKind::Row(columns, open) => {
                    let known = columns.iter().all(|(_, id)| row.schema.contains(*id));
                    let whole =
                        if *open { row.schema.open && known } else { columns.len() == row.schema.len() && known };
                    if name == "pack_all" && whole {
                        continue;
                    }
                    if *open {
                        return Err(unsupported(
                            argument.span,
                            "a record whose columns are not all known has to be packed as a whole",
                        ));
                    }
                    if name == "pack_all" {
                        self.packed(columns, &mut out, row, argument.span)?;
                        return Ok(Expr::call("bag_pack", out));
                    }
                    for (_, id) in columns {
                        out.push(self.column(*id, row, argument.span)?);
                    }
                }
                ExprKind::Literal(Value::String(text)) if takes_type(function, position) => {
                    out.push(Type::parse(text).map_or_else(|| Expr::Value(Value::String(text.clone())), Expr::TypeOf));
                }
                _ => out.push(self.expr(argument, row)?),
            }
        }
        Ok(Expr::call(name, out))
    }

    /// Some of a record's columns, with their names, as a bag.
    fn packed(
        &mut self,
        columns: &[(Name, ColumnId)],
        out: &mut Vec<Expr>,
        row: &Row<'_>,
        span: Span,
    ) -> Result<(), Refused> {
        for (name, id) in columns {
            out.push(Expr::Value(Value::String(name.clone())));
            out.push(self.column(*id, row, span)?);
        }
        Ok(())
    }

    /// Arguments by place.
    pub(super) fn arguments(&mut self, items: &[Ir], row: &Row<'_>) -> Result<Vec<Argument>, Refused> {
        Ok(self.all(items, row)?.into_iter().map(|value| Argument { name: None, value }).collect())
    }
}

/// The operator of a comparison of texts, and its negated form.
fn operator(
    test: StringTest,
    case: CaseRule,
    terms: TermRule,
    span: Span,
) -> Result<(&'static str, Option<&'static str>), Refused> {
    let sensitive = match case {
        CaseRule::Sensitive => true,
        CaseRule::AsciiInsensitive => false,
        CaseRule::UnicodeInsensitive => {
            return Err(refuse(
                LossKind::UnsupportedExpression,
                span,
                "KQL folds the letters of ASCII alone".to_owned(),
            ));
        }
    };
    let in_terms = matches!(test, StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix);
    if in_terms && terms != TermRule::KqlAlphanumeric {
        return Err(unsupported(span, "KQL parts terms in another way"));
    }
    let found = STRING_OPERATORS.iter().find(|(t, s, ..)| (*t, *s) == (test, sensitive));
    found
        .map(|(_, _, plain, negated)| (*plain, *negated))
        .ok_or_else(|| unsupported(span, "KQL has no operator for a pattern in which `?` stands for a character"))
}

/// Whether a function takes a type at a place.
fn takes_type(function: FunctionId, position: usize) -> bool {
    let overloads = function.row().overloads;
    overloads
        .iter()
        .any(|overload| overload.parameters.get(position).is_some_and(|p| p.accepts == Accepts::TypeLiteral))
}

/// A chain in parentheses of its own.
fn parenthesised(chain: Expr) -> Expr {
    Expr::Paren(Box::new(chain))
}

/// What KQL cannot say.
#[allow(clippy::unnecessary_box_returns, reason = "a refusal is boxed wherever it goes")]
pub(super) fn unsupported(span: Span, message: &str) -> Refused {
    refuse(LossKind::UnsupportedExpression, span, message.to_owned())
}

#[allow(clippy::unnecessary_box_returns, reason = "a refusal is boxed wherever it goes")]
fn nulls(span: Span) -> Refused {
    unsupported(span, "what the test says of a missing value is not what KQL says of one")
}
