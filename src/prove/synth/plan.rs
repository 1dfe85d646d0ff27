//! Records of a plan: the events that one is made of, with what every step asks of them.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::model::{Check, Fields, Group, Input, Instance, Place, Row, Tag, Term};
use super::pivot::is_condition;
use super::solver::{Outcome, Solver, Stuck, Way};
use super::want::Want;
use crate::ir::{
    Argument, Bound, CompareOp, Computed, Evaluate, Join, JoinKind, MvExpand, Name, Op, ParseSegment, Plan, Schema,
    SharedId, Source, SourceKind, Step, Value, Window,
};
use crate::source::Span;
use crate::types::Type;

/// How many events one scenario may have: groups of groups that need many records each would have millions.
const EVENTS: usize = 30_000;

/// How deep plans may nest.
const DEEPEST: usize = 24;
/// How many elements of an array are tried.
const ELEMENTS: usize = 4;

/// The values of the first column of a plan that merely writes them out.
pub(super) fn written(plan: &Plan) -> Option<Vec<Value>> {
    let SourceKind::Rows(rows) = &plan.source.kind else { return None };
    let harmless = |step: &Step| match &step.op {
        Op::Distinct | Op::Sort(_) | Op::Serialize => true,
        Op::Project(items, _) => items.iter().all(Computed::is_passed_on),
        _ => false,
    };
    if !plan.steps.iter().all(harmless) {
        return None;
    }
    let column = plan.schema().at(0)?.id;
    let at = plan.source.schema.iter().position(|known| known.id == column)?;
    rows.iter().map(|row| row.get(at).cloned()).collect()
}

impl<'q> Solver<'q> {
    /// One record of a plan.
    pub(super) fn produce(&mut self, plan: &'q Plan, upto: usize, input: &Input<'q>) -> Outcome<Row<'q>> {
        if self.depth > DEEPEST {
            return Err(Stuck::Unknown(plan.source.span, "plans are nested too deeply".to_owned()));
        }
        self.depth += 1;
        let state = &self.state;
        self.before.push((state.checks.clone(), state.later.clone(), state.hoped.clone()));
        let made = self.start(plan, upto, input);
        self.before.pop();
        self.depth -= 1;
        made
    }

    fn start(&mut self, plan: &'q Plan, upto: usize, input: &Input<'q>) -> Outcome<Row<'q>> {
        let start = self.state.instances.len();
        let source: &'q Source = &plan.source;
        let row = match &source.kind {
            SourceKind::Table { name, .. } => self.event(Place::Table(name.clone()), source)?,
            SourceKind::Tables(pattern) => self.event(Place::Table(pattern.replace('*', "Any").into()), source)?,
            SourceKind::Unit => Rc::new(Fields::default()),
            SourceKind::Input => match input {
                Input::Record(row) => row.clone(),
                Input::Element(row, expand, at) => Self::element(row, expand, *at),
                Input::None => return Err(Stuck::Unknown(source.span, "there is no record to start from".to_owned())),
            },
            SourceKind::Shared(SharedId(id), twins) => {
                let shared = self.query.shared.get(*id as usize);
                let shared = shared.ok_or_else(|| Stuck::Unknown(source.span, "an unknown plan".to_owned()))?;
                let inner = self.produce(&shared.plan, shared.plan.steps.len(), &Input::None)?;
                let terms = twins.iter().map(|(a, b)| {
                    let (twin, of) = if source.schema.contains(*a) { (*a, *b) } else { (*b, *a) };
                    (twin, Term::Column(of, inner.clone()))
                });
                Rc::new(Fields { terms: terms.collect(), ..Fields::default() })
            }
            SourceKind::Rows(rows) => {
                return self.fork((Way::Written, source.span), rows.len(), |solver, at| {
                    let values = source.schema.iter().zip(&rows[at]);
                    let terms = values.map(|(column, value)| (column.id, Term::Value(value.clone()))).collect();
                    solver.run(plan, 0, upto, Rc::new(Fields { terms, ..Fields::default() }), input, start)
                });
            }
            SourceKind::External(external) => {
                let none = Rc::new(Fields::default());
                let address = external.addresses.first().and_then(|address| self.evaluate(address, &none));
                let address = address.map(|address| super::want::text(&address)).unwrap_or_default();
                self.event(Place::External(address.into()), source)?
            }
            SourceKind::Range { from, .. } => {
                let none = Rc::new(Fields::default());
                let value = self.evaluate(from, &none).map_or(Term::Opaque, Term::Value);
                let terms = source.schema.iter().map(|column| (column.id, value.clone())).collect();
                Rc::new(Fields { terms, ..Fields::default() })
            }
            SourceKind::Union(union) => {
                return self.fork((Way::Input, source.span), union.inputs.len(), |solver, at| {
                    let inner = &union.inputs[at];
                    let made = solver.produce(inner, inner.steps.len(), input)?;
                    let mut terms: HashMap<_, _> = union
                        .columns
                        .iter()
                        .map(|column| {
                            let term = match column.from.get(at).copied().flatten() {
                                Some(id) => Term::Column(id, made.clone()),
                                None => Term::Value(nothing(&source.schema, column.id)),
                            };
                            (column.id, term)
                        })
                        .collect();
                    if let Some((id, names)) = &union.source {
                        let name = names.get(at).cloned().unwrap_or_else(|| "".into());
                        terms.insert(*id, Term::Value(Value::String(name)));
                    }
                    let row = Rc::new(Fields { terms, leaf: None, parents: vec![made] });
                    solver.run(plan, 0, upto, row, input, start)
                });
            }
            SourceKind::Call(call) => {
                let alias = call.arguments.iter().find_map(|(_, argument)| match argument {
                    Argument::Scalar(expr) => self.evaluate(expr, &Rc::new(Fields::default())),
                    Argument::Plan(_) => None,
                });
                match (&*call.name, alias) {
                    ("_GetWatchlist" | "_ASIM_GetWatchlistRaw", Some(alias)) => {
                        let name: Name = super::want::text(&alias).into();
                        self.event(Place::Watchlist(name), source)?
                    }
                    (name, _) => {
                        self.note(Stuck::Unknown(source.span, format!("what `{name}` gives is not at hand")));
                        self.event(Place::Table(call.name.clone()), source)?
                    }
                }
            }
            SourceKind::LogSource(_) | SourceKind::Evaluate(_) | SourceKind::Foreign(_) | SourceKind::Correlated(_) => {
                let what = "records are made by a plugin, or by another language's means".to_owned();
                return Err(Stuck::Unknown(source.span, what));
            }
        };
        self.run(plan, 0, upto, row, input, start)
    }

    /// A choice of which each way leads to a record.
    fn fork(
        &mut self,
        choice: super::solver::Choice,
        count: usize,
        mut attempt: impl FnMut(&mut Self, usize) -> Outcome<Row<'q>>,
    ) -> Outcome<Row<'q>> {
        let mut made = None;
        self.choose(choice, count, |solver, at| {
            made = Some(attempt(solver, at)?);
            Ok(())
        })?;
        made.ok_or(Stuck::Conflict(choice.1))
    }

    /// An event of a table.
    fn event(&mut self, place: Place, source: &'q Source) -> Outcome<Row<'q>> {
        let (instance, schema) = (self.state.instances.len(), &source.schema);
        self.spent |= instance >= EVENTS;
        if self.spent {
            return Err(Stuck::Unknown(
                source.span,
                format!("more than {EVENTS} records are needed, which are not made"),
            ));
        }
        let tags = self.state.tags.clone();
        let event = Instance { place, schema, fields: BTreeMap::new(), tags };
        self.state.instances.push_back_mut(Rc::new(event));
        Ok(Rc::new(Fields { leaf: Some((instance, schema)), ..Fields::default() }))
    }

    fn element(row: &Row<'q>, expand: &'q MvExpand, at: usize) -> Row<'q> {
        let mut terms: HashMap<_, _> =
            expand.items.iter().map(|item| (item.id, Term::Element(&item.expr, row.clone(), at))).collect();
        if let Some(index) = expand.index {
            terms.insert(index, Term::Value(Value::Long(i64::try_from(at).unwrap_or(0))));
        }
        Rc::new(Fields { terms, leaf: None, parents: vec![row.clone()] })
    }

    /// Takes a record through the steps of a plan.
    fn run(
        &mut self,
        plan: &'q Plan,
        from: usize,
        upto: usize,
        mut row: Row<'q>,
        input: &Input<'q>,
        start: usize,
    ) -> Outcome<Row<'q>> {
        for at in from..upto.min(plan.steps.len()) {
            let step: &'q Step = &plan.steps[at];
            match &step.op {
                Op::Filter(condition) => self.require(condition, &row)?,
                Op::Window(window) => self.within(window, &row, step.span)?,
                Op::Extend(items) | Op::Project(items, _) => {
                    let terms = items.iter().map(|item| (item.id, Term::Expr(&item.expr, row.clone()))).collect();
                    row = Rc::new(Fields { terms, leaf: None, parents: vec![row] });
                }
                Op::Summarize { keys, aggregates } => {
                    // What decides whether a record is counted is asked of the first one here: nobody else may ask.
                    for call in aggregates {
                        for (place, argument) in call.arguments.iter().enumerate() {
                            if is_condition(call.function, place, argument)
                                && let Some(holds) = self.pivoted(argument)
                            {
                                self.goal(argument, &row, holds)?;
                            }
                        }
                    }
                    let group = self.state.groups.len();
                    self.tag(start, &Tag::Member(group, 0));
                    self.state.groups.push_back_mut(Rc::new(Group {
                        plan,
                        at,
                        input: input.clone(),
                        keys,
                        aggregates,
                        members: vec![row.clone()],
                        closed: false,
                        most: usize::MAX,
                        threshold: None,
                        every: Vec::new(),
                    }));
                    let mut terms: HashMap<_, _> =
                        keys.iter().map(|key| (key.id, Term::Expr(&key.expr, row.clone()))).collect();
                    for (call_at, call) in aggregates.iter().enumerate() {
                        for (output, id) in call.outputs.iter().enumerate() {
                            terms.insert(*id, Term::Aggregate(group, call_at, output));
                        }
                    }
                    row = Rc::new(Fields { terms, ..Fields::default() });
                }
                Op::Join(join) => return self.join(plan, at, upto, join, &row, input, start),
                Op::MvExpand(expand) => {
                    return self.fork((Way::Element, step.span), ELEMENTS, |solver, element| {
                        let made = match &expand.body {
                            None => Self::element(&row, expand, element),
                            Some(body) => {
                                let inner = Input::Element(row.clone(), expand, element);
                                let made = solver.produce(body, body.steps.len(), &inner)?;
                                Rc::new(Fields { parents: vec![made, row.clone()], ..Fields::default() })
                            }
                        };
                        for item in &expand.items {
                            // The array has to have such an element, whatever is asked of it later.
                            let there = Self::element(&row, expand, element);
                            let _ = solver.locate_column(item.id, &there, false);
                        }
                        solver.run(plan, at + 1, upto, made, input, start)
                    });
                }
                Op::Parse(parse) => {
                    let mut terms = HashMap::new();
                    for (position, segment) in parse.segments.iter().enumerate() {
                        if let ParseSegment::Column(id, _) = segment {
                            terms.insert(*id, Term::Parsed(parse, row.clone(), position));
                        }
                    }
                    let columns: Vec<_> = terms.keys().copied().collect();
                    row = Rc::new(Fields { terms, leaf: None, parents: vec![row] });
                    if parse.filter {
                        for id in columns {
                            if self.locate_column(id, &row, false).is_none() {
                                self.note(Stuck::Unknown(step.span, "what is parsed is not steered".to_owned()));
                            }
                        }
                    }
                }
                Op::Partition(partition) => {
                    let inner = Input::Record(row.clone());
                    let made = self.produce(&partition.body, partition.body.steps.len(), &inner)?;
                    let terms =
                        partition.columns.iter().map(|(own, of)| (*own, Term::Column(*of, made.clone()))).collect();
                    row = Rc::new(Fields { terms, leaf: None, parents: vec![row] });
                }
                Op::Fork(branches) => {
                    if let Some(branch) = branches.first() {
                        row = self.produce(&branch.plan, branch.plan.steps.len(), &Input::Record(row))?;
                    }
                }
                Op::MakeSeries(series) => row = self.series(plan, at, series, &row, input)?,
                Op::Evaluate(evaluate) if &*evaluate.name == "bag_unpack" => {
                    row = self.unpacked(plan, at, evaluate, &row);
                }
                // These pass records on, or give columns that nothing here follows.
                Op::Distinct
                | Op::Sort(_)
                | Op::Serialize
                | Op::Take(_)
                | Op::Sample(_)
                | Op::SampleDistinct(..)
                | Op::ParseKv(_)
                | Op::Scan(_)
                | Op::TopNested(_)
                | Op::TopHitters { .. }
                | Op::Reduce { .. }
                | Op::Evaluate(_)
                | Op::GetSchema
                | Op::Invoke(_)
                | Op::Consume
                | Op::Render { .. }
                | Op::Statistics(_)
                | Op::Foreign(_)
                | Op::Opaque(_) => {}
            }
        }
        Ok(row)
    }

    /// A record with the slots of a bag as columns.
    fn unpacked(&self, plan: &'q Plan, at: usize, evaluate: &'q Evaluate, row: &Row<'q>) -> Row<'q> {
        let mut scalars = evaluate.arguments.iter().filter_map(|(_, argument)| match argument {
            Argument::Scalar(expr) => Some(expr),
            Argument::Plan(_) => None,
        });
        let bag = scalars.next();
        let prefix = scalars.next().and_then(|prefix| self.evaluate(prefix, row));
        let prefix = prefix.as_ref().and_then(Value::as_str).unwrap_or_default();
        let before = plan.input_schema(at);
        let mut terms = HashMap::new();
        if let Some(bag) = bag {
            for column in plan.steps[at].schema.iter().filter(|column| !before.contains(column.id)) {
                if let Some(name) = column.name.strip_prefix(prefix) {
                    terms.insert(column.id, Term::Slot(bag, row.clone(), name.into()));
                }
            }
        }
        Rc::new(Fields { terms, leaf: None, parents: vec![row.clone()] })
    }

    /// Marks the events made since.
    fn tag(&mut self, start: usize, tag: &Tag) {
        for at in start..self.state.instances.len() {
            let mut instance = (*self.state.instances[at]).clone();
            instance.tags.push(tag.clone());
            self.state.instances.set_mut(at, Rc::new(instance));
        }
    }

    /// Asks that an instant lie within a window.
    fn within(&mut self, window: &'q Window, row: &Row<'q>, span: Span) -> Outcome {
        if self.pivot_window(window, row, span)? {
            return Ok(());
        }
        let Some(found) = self.locate_column(window.column, row, false) else {
            self.note(Stuck::Unknown(span, "the time is not that of an event".to_owned()));
            return Ok(());
        };
        let bounds = [
            window
                .bounds
                .from
                .map(|(bound, closed)| (bound, if closed { CompareOp::GreaterOrEqual } else { CompareOp::Greater })),
            window
                .bounds
                .to
                .map(|(bound, closed)| (bound, if closed { CompareOp::LessOrEqual } else { CompareOp::Less })),
        ];
        for (bound, op) in bounds.into_iter().flatten() {
            let ticks = match bound {
                Bound::Instant(ticks) => ticks,
                Bound::FromNow(ticks) => self.now.saturating_add(ticks),
            };
            let want = Want::Order(op, Value::DateTime(ticks));
            for node in &found {
                self.state.checks.push_back_mut(Check::Want(*node, want.clone(), span));
                let outcome = self.want(*node, want.clone(), span);
                self.tolerate(outcome)?;
            }
        }
        Ok(())
    }

    /// Passes over what cannot be had, where that is to be done.
    pub(super) fn tolerate(&mut self, outcome: Outcome) -> Outcome {
        match outcome {
            Err(stuck @ Stuck::Unknown(..)) => {
                self.note(stuck);
                Ok(())
            }
            Err(stuck) if self.lenient => {
                self.note(stuck);
                Ok(())
            }
            other => other,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "where in which plan, and what is joined")]
    fn join(
        &mut self,
        plan: &'q Plan,
        at: usize,
        upto: usize,
        join: &'q Join,
        left: &Row<'q>,
        input: &Input<'q>,
        start: usize,
    ) -> Outcome<Row<'q>> {
        let span = plan.steps[at].span;
        let choice = (Way::Partner, span);
        self.joins.insert(span, join.kind);
        let ways = match join.kind {
            JoinKind::LeftOuter | JoinKind::RightOuter => 2,
            JoinKind::FullOuter => 3,
            _ => 1,
        };
        let anti = matches!(join.kind, JoinKind::LeftAnti | JoinKind::RightAnti);
        self.fork(choice, if anti { 2 } else { ways }, |solver, way| {
            let partner = if anti { way == 1 } else { way == 0 };
            let left_alone = !partner && matches!(join.kind, JoinKind::LeftOuter | JoinKind::LeftAnti)
                || join.kind == JoinKind::FullOuter && way == 1;
            let mut parents = Vec::new();
            if left_alone {
                if join.kind == JoinKind::LeftAnti {
                    solver.reject(&join.right, start);
                }
                parents.push(left.clone());
                if join.kind != JoinKind::LeftAnti {
                    parents.push(nulls(join.right.schema()));
                }
            } else {
                if !partner {
                    // The events of the left side are not wanted at all, nor what was asked of them.
                    if let Some((checks, later, hoped)) = solver.before.last().cloned() {
                        (solver.state.checks, solver.state.later, solver.state.hoped) = (checks, later, hoped);
                    }
                    for event in start..solver.state.instances.len() {
                        let mut instance = (*solver.state.instances[event]).clone();
                        instance.tags.push(Tag::Unwanted);
                        solver.state.instances.set_mut(event, Rc::new(instance));
                    }
                }
                if join.kind == JoinKind::LeftAnti && solver.pivot.is_some() {
                    // It is the partner that something decides about, and not the record itself.
                    solver.reject(&join.right, start);
                }
                let before = solver.state.tags.clone();
                let first = solver.state.instances.len();
                solver.state.tags.push(Tag::Partner(span));
                if join.kind == JoinKind::RightAnti || join.kind == JoinKind::RightSemi {
                    solver.state.tags.pop();
                    if partner {
                        solver.tag(start, &Tag::Partner(span));
                    }
                }
                let right = solver.produce(&join.right, join.right.steps.len(), input);
                solver.state.tags = before;
                let right = right?;
                if join.kind == JoinKind::RightAnti && (!partner || solver.pivot.is_some()) {
                    // What the left side has of the same table would be partners.
                    solver.reject(plan, first);
                }
                if partner {
                    for (left_key, right_key) in &join.keys {
                        let outcome = solver.equate(*left_key, left, *right_key, &right, span);
                        solver.tolerate(outcome)?;
                    }
                    if join.kind.gives_left() {
                        parents.push(left.clone());
                    }
                } else if matches!(join.kind, JoinKind::RightOuter | JoinKind::FullOuter) {
                    parents.push(nulls(plan.input_schema(at)));
                }
                if join.kind.gives_right() {
                    parents.push(right);
                }
            }
            let row = Rc::new(Fields { parents, ..Fields::default() });
            solver.run(plan, at + 1, upto, row, input, start)
        })
    }
}

/// The null of a column.
fn nothing(schema: &Schema, id: crate::ir::ColumnId) -> Value {
    let ty = schema.iter().find(|column| column.id == id).map_or(Type::String, |column| column.ty.ty);
    super::candidates::absent(ty)
}

/// A record of nulls.
fn nulls<'q>(schema: &Schema) -> Row<'q> {
    let terms = schema.iter().map(|column| (column.id, Term::Value(super::candidates::absent(column.ty.ty)))).collect();
    Rc::new(Fields { terms, ..Fields::default() })
}
