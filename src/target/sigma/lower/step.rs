//! Steps of a plan, one after the other.

use super::cond::Cond;
use super::{Branch, Def, Flow, Lower, Pattern, Result};
use crate::ir::{
    Bound, ColumnId, Computed, Expr, ExprKind, MvExpand, Op, Plan, Quantifier, SourceKind, Step, StringTest, ValueSet,
    Window,
};
use crate::literal::TICKS_PER_SECOND;
use crate::source::Span;
use crate::target::sigma::tree::LogSource;
use crate::target::{Fields, LossKind};

impl<'a> Lower<'a> {
    pub(super) fn step(&mut self, flow: &mut Flow<'a>, step: &'a Step, plan: &'a Plan) -> Result<()> {
        let span = step.span;
        let index = plan.steps.iter().position(|other| std::ptr::eq(other, step)).unwrap_or_default();
        match &step.op {
            Op::Filter(condition) => {
                for pattern in flow.iter_mut() {
                    self.filter(pattern, condition)?;
                }
            }
            Op::Window(window) => {
                for pattern in flow.iter_mut() {
                    self.window(pattern, window, span)?;
                }
            }
            Op::Extend(items) => {
                if items.iter().any(|item| item.expr.as_column().is_none()) {
                    let message = "Sigma finds whole events; columns that are computed are not part of a rule";
                    self.shown(LossKind::Null, span, message);
                }
                define(flow, items);
            }
            Op::Project(items, _) => {
                self.shown(
                    LossKind::Null,
                    span,
                    "Sigma finds whole events; which columns are shown is not part of a rule",
                );
                define(flow, items);
            }
            Op::Summarize { keys, aggregates } => {
                let several = flow.len() > 1;
                for pattern in flow.iter_mut() {
                    self.summarize(pattern, keys, aggregates, several, span);
                }
            }
            Op::Distinct => {
                self.shown(LossKind::Null, span, "each event is found, not each different record once");
                flow.iter_mut().flat_map(|pattern| &mut pattern.sides).for_each(|side| side.per_event = false);
            }
            Op::Take(_) | Op::Sample(_) | Op::SampleDistinct(..) => {
                self.shown(
                    LossKind::RowCap,
                    span,
                    "all events that fit are found; how many are shown is not part of a rule",
                );
                flow.iter_mut().flat_map(|pattern| &mut pattern.sides).for_each(|side| side.capped = Some(span));
            }
            Op::Sort(_) | Op::Serialize | Op::Render { .. } => {}
            Op::Join(join) => {
                let left = std::mem::take(flow);
                *flow = self.join(left, join, plan.input_schema(index), span)?;
            }
            Op::MvExpand(expand) => self.expand(flow, expand, span)?,
            Op::Parse(parse) if !parse.filter => {
                self.shown(LossKind::Null, span, "what is taken out of a text is not shown");
                opaque(flow, &step.op, "what `parse` takes out of a text");
            }
            Op::ParseKv(_) => {
                self.shown(LossKind::Null, span, "what is taken out of a text is not shown");
                opaque(flow, &step.op, "what `parse-kv` takes out of a text");
            }
            Op::Evaluate(evaluate) if &*evaluate.name == "bag_unpack" => {
                self.shown(LossKind::Null, span, "the slots of a bag stay inside it");
            }
            op => {
                let message = format!("Sigma has no counterpart of `{}`; use ES|QL or Splunk", name(op));
                return self.refuse(LossKind::UnsupportedOperator, span, message);
            }
        }
        Ok(())
    }

    fn filter(&mut self, pattern: &mut Pattern<'a>, condition: &'a Expr) -> Result<()> {
        match &condition.kind {
            ExprKind::And(operands) => operands.iter().try_for_each(|operand| self.conjunct(pattern, operand)),
            _ => self.conjunct(pattern, condition),
        }
    }

    fn conjunct(&mut self, pattern: &mut Pattern<'a>, condition: &'a Expr) -> Result<()> {
        let mut sides: Vec<usize> = Vec::new();
        condition.for_each_column(&mut |id| sides_of(pattern, id, &mut sides, 0));
        if sides.len() > 1 {
            return self.between_sides(pattern, condition);
        }
        let at = sides.first().copied().unwrap_or_default();
        if let Some(span) = pattern.sides[at].capped {
            let message =
                "all events that fit are looked at, also those that were left out here before the test behind it";
            self.differs(LossKind::RowCap, span, message);
        }
        if Self::is_about_aggregate(&pattern.sides[at], condition) {
            return self.threshold(&mut pattern.sides[at], condition);
        }
        // A list that another query over events gives is a join.
        if let ExprKind::Member(node) = &condition.kind
            && let ValueSet::Plan(plan) = &node.set
            && node.test == StringTest::Equals
            && node.quantifier == Quantifier::Any
            && self.list_name(plan).is_none()
            && !matches!(plan.source.kind, SourceKind::Rows(_))
        {
            return self.semi_join(pattern, at, node, plan, condition.span);
        }
        let side = &mut pattern.sides[at];
        let mut branches = Vec::with_capacity(side.branches.len());
        for mut branch in std::mem::take(&mut side.branches) {
            if let Some(sources) = self.chosen(&branch, condition) {
                for logsource in sources {
                    branches.push(Branch { logsource, ..branch.clone() });
                }
            } else {
                self.saw_element = false;
                let cond = self.truth(&branch, condition, true)?;
                branch.conds.push(cond);
                branches.push(branch);
            }
        }
        side.branches = branches;
        Ok(())
    }

    /// The log sources that a test of a column chooses, where the table's row says so and the branch has none yet.
    fn chosen(&self, branch: &Branch<'a>, condition: &Expr) -> Option<Vec<LogSource>> {
        if self.options.fields == Fields::Native {
            return None;
        }
        let row = self.data.tables.get(branch.table.as_deref()?)?;
        if row.logsource.as_ref() != Some(&branch.logsource) {
            return None;
        }
        let (subject, literals) = match &condition.kind {
            ExprKind::Match(node) if node.test == StringTest::Equals && !node.negated => {
                (&node.subject, vec![node.needle.as_literal()?.clone()])
            }
            ExprKind::Member(node) if node.test == StringTest::Equals && !node.negated => {
                let ValueSet::List(items) = &node.set else { return None };
                let mut literals = Vec::new();
                for item in items {
                    let value = item.as_literal()?;
                    match value.elements() {
                        Some(elements) => literals.extend(elements),
                        None => literals.push(value.clone()),
                    }
                }
                (&node.subject, literals)
            }
            _ => return None,
        };
        let mut id = subject.as_column()?;
        while let Some(Def::Same(other)) = branch.env.get(&id) {
            id = *other;
        }
        if branch.env.contains_key(&id) {
            return None;
        }
        let choice = row.choose.get(&*self.query.columns[id].name)?;
        let mut sources: Vec<LogSource> = Vec::new();
        for literal in &literals {
            let source = choice.get(literal.as_str()?)?;
            if !sources.contains(source) {
                sources.push(source.clone());
            }
        }
        (!sources.is_empty()).then_some(sources)
    }

    fn window(&mut self, pattern: &mut Pattern<'a>, window: &Window, span: Span) -> Result<()> {
        let at = pattern.sides.iter().position(|side| side.columns.contains(&window.column)).unwrap_or_default();
        let bounds = [window.bounds.from, window.bounds.to];
        if bounds.iter().flatten().any(|(bound, _)| matches!(bound, Bound::Instant(_))) {
            let message = "Sigma has no instants, and a rule no fixed stretch of time; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, span, message);
        }
        let mut seconds = None;
        if let Some((Bound::FromNow(ticks), _)) = window.bounds.from {
            seconds = (ticks < 0).then_some(ticks.unsigned_abs() / TICKS_PER_SECOND.unsigned_abs());
        }
        if let Some((Bound::FromNow(ticks), _)) = window.bounds.to
            && ticks < 0
        {
            let message = "a rule looks at each event as it arrives, and cannot leave out the latest ones";
            self.differs(LossKind::WindowKind, span, message);
            seconds =
                seconds.map(|seconds| seconds.saturating_sub(ticks.unsigned_abs() / TICKS_PER_SECOND.unsigned_abs()));
        }
        let side = &mut pattern.sides[at];
        side.window = match (side.window, seconds.filter(|seconds| *seconds > 0)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Ok(())
    }

    fn expand(&mut self, flow: &mut Flow<'a>, expand: &'a MvExpand, span: Span) -> Result<()> {
        self.shown(LossKind::Null, span, "an event is found once, not once an element of a list in it");
        self.differs(LossKind::Null, span, "an event whose list is empty is found as well; KQL drops it");
        for side in flow.iter_mut().flat_map(|pattern| &mut pattern.sides) {
            side.per_event = false;
            for branch in &mut side.branches {
                for item in &expand.items {
                    branch.env.insert(item.id, Def::Element(&item.expr));
                }
                if let Some(index) = expand.index {
                    branch.env.insert(index, Def::Opaque("the position in a list".to_owned()));
                }
            }
        }
        let Some(body) = &expand.body else { return Ok(()) };
        for step in &body.steps {
            match &step.op {
                Op::Filter(_) | Op::Extend(_) | Op::Project(..) | Op::Sort(_) | Op::Parse(_) => {
                    self.step(flow, step, body)?;
                }
                op => {
                    let message =
                        format!("Sigma has no counterpart of `{}` over the elements of a list; use Splunk", name(op));
                    return self.refuse(LossKind::UnsupportedOperator, step.span, message);
                }
            }
        }
        Ok(())
    }
}

/// The sides whose events a column depends on.
fn sides_of(pattern: &Pattern<'_>, id: ColumnId, out: &mut Vec<usize>, depth: usize) {
    let mut found = |side: usize| {
        if !out.contains(&side) {
            out.push(side);
        }
    };
    if let Some(side) = pattern.sides.iter().position(|side| side.columns.contains(&id)) {
        return found(side);
    }
    // What was computed behind a join is known to the branches of every side alike.
    let def = pattern.sides.first().and_then(|side| side.branches.first()).and_then(|branch| branch.env.get(&id));
    match def {
        Some(Def::Same(other)) if depth < super::DEPTH => sides_of(pattern, *other, out, depth + 1),
        Some(Def::Expr(expr) | Def::Element(expr)) if depth < super::DEPTH => {
            expr.for_each_column(&mut |id| sides_of(pattern, id, out, depth + 1));
        }
        _ => found(0),
    }
}

/// What computed columns are, in every branch.
fn define<'a>(flow: &mut Flow<'a>, items: &'a [Computed]) {
    for branch in flow.iter_mut().flat_map(|pattern| &mut pattern.sides).flat_map(|side| &mut side.branches) {
        for item in items.iter().filter(|item| !item.is_passed_on()) {
            branch.env.insert(item.id, Def::Expr(&item.expr));
        }
    }
}

/// Columns that an operation adds and no field holds.
fn opaque(flow: &mut Flow<'_>, op: &Op, what: &str) {
    op.columns(&mut |id| {
        for branch in flow.iter_mut().flat_map(|pattern| &mut pattern.sides).flat_map(|side| &mut side.branches) {
            branch.env.insert(*id, Def::Opaque(what.to_owned()));
        }
    });
}

/// The name of an operation in KQL, or that of the plugin or command it is.
fn name(op: &Op) -> &str {
    match op {
        Op::Evaluate(evaluate) => &evaluate.name,
        Op::Foreign(step) => step.command.row().name,
        Op::Opaque(name) => name,
        _ => op.name().unwrap_or("stats"),
    }
}

/// Whether anything can fit all of it.
pub(super) fn possible(branch: &Branch<'_>) -> Option<Cond> {
    match Cond::and(branch.conds.iter().cloned()) {
        Cond::Never => None,
        cond => Some(cond),
    }
}
