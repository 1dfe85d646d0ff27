//! Membership: whether a value is one of a list, or holds one of its values.

use super::cond::Cond;
use super::field::Subject;
use super::predicate::all_of;
use super::text::{empty, item};
use super::{Branch, Def, Lower, Result};
use crate::ir::{
    CaseRule, ColumnId, Expr, ExprKind, Membership, Plan, Quantifier, SourceKind, StringTest, Value as Literal,
    ValueSet,
};
use crate::source::Span;
use crate::target::sigma::rows::Part;
use crate::target::sigma::tree::{Modifier, Value};
use crate::target::{LossKind, ValueList};
use crate::types::Type;

impl<'a> Lower<'a> {
    pub(super) fn member(&mut self, branch: &Branch<'a>, node: &Membership, span: Span) -> Result<Cond> {
        let sensitive = node.rules.case == CaseRule::Sensitive;
        let values = match &node.set {
            ValueSet::List(items) => {
                let mut values = Vec::new();
                for expr in items {
                    let elements = match &expr.kind {
                        ExprKind::Literal(value) => value.elements(),
                        _ => None,
                    };
                    match (elements, Self::literal(branch, expr)) {
                        (Some(elements), _) => values.extend(elements),
                        (None, Some(value)) => values.push(value),
                        (None, None) => {
                            // `"x" in (A, B)`: the other way round.
                            if let (Some(value), StringTest::Equals, Quantifier::Any) =
                                (Self::literal(branch, &node.subject), node.test, node.quantifier)
                            {
                                let mut conds = Vec::new();
                                for item in items {
                                    let subject = self.subject(branch, item)?;
                                    conds.push(self.equals(&subject, &value, sensitive, span)?);
                                }
                                return Ok(Cond::or(conds));
                            }
                            let message = "the values of a list have to be written out in Sigma; use ES|QL or Splunk";
                            return self.refuse(LossKind::UnsupportedExpression, expr.span, message);
                        }
                    }
                }
                values
            }
            ValueSet::Plan(plan) => {
                if let Some(values) = written_out(plan) {
                    values
                } else if let Some(name) = self.list_name(plan) {
                    let subject = self.subject(branch, &node.subject)?;
                    if node.test != StringTest::Equals || subject.part != Part::Whole {
                        let message =
                            format!("the list `{name}` can be compared with whole values alone; use ES|QL or Splunk");
                        return self.refuse(LossKind::UnsupportedExpression, span, message);
                    }
                    let values = plan.schema().at(0).map(|column| (&**plan, column.id));
                    return Ok(self.placeholder(&subject, &name, values, plan.source.span));
                } else {
                    let message = "whether another query finds a value cannot be said inside a test in Sigma; use ES|QL or Splunk";
                    return self.refuse(LossKind::UnsupportedExpression, span, message);
                }
            }
        };
        let mut conds = Vec::with_capacity(values.len());
        for value in &values {
            conds.push(self.tested(branch, &node.subject, node.test, sensitive, value, span)?);
        }
        Ok(match node.quantifier {
            Quantifier::Any => Cond::or(conds),
            Quantifier::All => all_of(conds),
        })
    }

    /// A test for the values of a list that has to be made in the place the rule goes to.
    pub(super) fn placeholder(
        &mut self,
        subject: &Subject<'a>,
        name: &str,
        values: Option<(&Plan, ColumnId)>,
        span: Span,
    ) -> Cond {
        let word: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let message = format!(
            "the values that the query takes from `{name}` have to be given for the placeholder `%{word}%` by a pipeline"
        );
        self.differs(LossKind::Lookup, span, message);
        if let Some((plan, key)) = values {
            self.lists.push(ValueList { name: word.clone(), plan: plan.clone(), key });
        }
        item(subject, [Modifier::Expand], Value::Verbatim(format!("%{word}%")))
    }

    /// The values an expression has, each with the condition under which: `iff`, `case` and `coalesce` round fields.
    pub(super) fn alternatives(&mut self, branch: &Branch<'a>, expr: &Expr) -> Result<Option<Vec<(Cond, Expr)>>> {
        match &expr.kind {
            ExprKind::Column(id) => match branch.env.get(id) {
                Some(Def::Expr(inner)) => {
                    let inner: &'a Expr = inner;
                    self.alternatives(branch, inner)
                }
                _ => Ok(None),
            },
            ExprKind::Case(node) => {
                let mut out = Vec::new();
                let mut before = Cond::Always;
                for (condition, value) in &node.arms {
                    let holds = self.truth(branch, condition, true)?;
                    out.push((Cond::and([before.clone(), holds.clone()]), value.clone()));
                    before = Cond::and([before, holds.negated()]);
                }
                out.push((before, node.otherwise.clone()));
                Ok(Some(out))
            }
            ExprKind::Call(function, arguments) if function.name() == "coalesce" && expr.ty.ty == Type::String => {
                let mut out = Vec::new();
                let mut before = Cond::Always;
                for (at, value) in arguments.iter().enumerate() {
                    if at + 1 == arguments.len() {
                        out.push((before, value.clone()));
                        break;
                    }
                    let subject = self.subject(branch, value)?;
                    let nothing = empty(&subject);
                    out.push((Cond::and([before.clone(), nothing.clone().negated()]), value.clone()));
                    before = Cond::and([before, nothing]);
                }
                Ok(Some(out))
            }
            _ => Ok(None),
        }
    }
}

/// The values of a plan that are written out in the query.
fn written_out(plan: &Plan) -> Option<Vec<Literal>> {
    let SourceKind::Rows(rows) = &plan.source.kind else { return None };
    let first = plan.schema().at(0)?.id;
    let position = plan.source.schema.iter().position(|column| column.id == first)?;
    let keeps = |step: &crate::ir::Step| match &step.op {
        crate::ir::Op::Distinct => true,
        crate::ir::Op::Project(items, _) => items.iter().any(|item| item.id == first && item.is_passed_on()),
        crate::ir::Op::Summarize { keys, aggregates } => {
            aggregates.is_empty() && keys.iter().any(|key| key.id == first && key.is_passed_on())
        }
        _ => false,
    };
    plan.steps.iter().all(keeps).then(|| rows.iter().filter_map(|row| row.get(position).cloned()).collect())
}
