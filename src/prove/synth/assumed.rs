//! Columns that nobody has listed: of tables whose schemas are not known, a query tells by what it asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::Place;
use super::render::TIMES;
use crate::ir::{Argument, ColumnId, Expr, ExprKind, Name, Op, Origin, Plan, Query, SharedId, SourceKind, Value};
use crate::types::Type;

/// The largest number that counts as a factor.
const LARGEST_FACTOR: u8 = 10;

/// The names of columns, with their types as far as use tells them.
pub(super) type Columns = BTreeMap<Name, Type>;

/// What a query reads, and the columns that it asks for of what is not listed.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    /// Every place, with the columns that are not listed.
    pub(super) places: BTreeMap<Place, Columns>,
    /// The places whose columns are not all listed.
    pub(super) open: BTreeSet<Place>,
    /// Whether the time of ingestion is asked for.
    pub(super) ingestion: bool,
    /// The small whole numbers it holds: how often something may be there for one of another.
    pub(super) factors: BTreeSet<u8>,
    /// The ways to what is read inside of columns, of which all but the ends are objects.
    ways: BTreeSet<Way>,
}

/// A column, and the names of slots from there.
type Way = (ColumnId, Vec<Arc<str>>);

/// The way to an expression, where it is a part of a column.
fn way(expr: &Expr) -> Option<Way> {
    match &expr.kind {
        ExprKind::Column(id) => Some((*id, Vec::new())),
        ExprKind::Call(function, arguments) if matches!(function.name(), "parse_json" | "todynamic" | "parsejson") => {
            way(arguments.first()?)
        }
        ExprKind::Access(access) => {
            let (id, mut names) = way(&access.base)?;
            for step in &access.path {
                names.push(step.as_literal()?.as_str()?.into());
            }
            Some((id, names))
        }
        _ => None,
    }
}

impl Reads {
    /// The slot of an expression that is read as well, if one is: such an expression is an object.
    pub(super) fn inside(&self, expr: &Expr) -> Option<Arc<str>> {
        let (id, names) = way(expr)?;
        let mut further =
            self.ways.range((id, names.clone())..).take_while(|(other, way)| *other == id && way.starts_with(&names));
        further.find_map(|(_, way)| way.get(names.len()).cloned())
    }

    /// What a query reads.
    pub(super) fn of(query: &Query) -> Self {
        let mut reads = Self::default();
        for plan in query.plans() {
            reads.plan(query, plan, &Columns::new(), 0);
        }
        reads
    }

    fn plan(&mut self, query: &Query, plan: &Plan, above: &Columns, depth: usize) {
        if depth > 24 {
            return;
        }
        let mut names = above.clone();
        for step in &plan.steps {
            step.op.expressions(&mut |expr| {
                self.expr(query, expr, &mut names, depth);
                expr.walk(&mut |expr| {
                    self.factors.extend(factor(expr));
                    self.ways.extend(way(expr).filter(|_| matches!(expr.kind, ExprKind::Access(_))));
                });
            });
            step.op.plans(&mut |plan| self.plan(query, plan, &Columns::new(), depth + 1));
            if let Op::Join(join) = &step.op {
                for (left, _) in &join.keys {
                    note(query, *left, Type::Unknown, &mut names);
                }
            }
            if let Op::Window(window) = &step.op {
                note(query, window.column, Type::DateTime, &mut names);
            }
        }
        for column in plan.schema().iter() {
            note(query, column.id, Type::Unknown, &mut names);
        }
        let literal = |expr: &Expr| expr.as_literal().and_then(Value::as_str).map(Name::from);
        let place = match &plan.source.kind {
            SourceKind::Table { name, .. } => Some(Place::Table(name.clone())),
            SourceKind::Tables(pattern) => Some(Place::Table(pattern.replace('*', "Any").into())),
            SourceKind::External(external) => external.addresses.first().and_then(literal).map(Place::External),
            SourceKind::Call(call) if &*call.name == "_GetWatchlist" => {
                let alias = call.arguments.iter().find_map(|(_, argument)| match argument {
                    Argument::Scalar(expr) => literal(expr),
                    Argument::Plan(_) => None,
                });
                alias.map(Place::Watchlist)
            }
            SourceKind::Union(union) => {
                for input in &union.inputs {
                    self.plan(query, input, &names, depth + 1);
                }
                None
            }
            SourceKind::Shared(SharedId(id), _) => {
                if let Some(shared) = query.shared.get(*id as usize) {
                    self.plan(query, &shared.plan, &names, depth + 1);
                }
                None
            }
            _ => None,
        };
        if let Some(place) = place {
            if plan.source.schema.open {
                self.open.insert(place.clone());
            }
            let known = self.places.entry(place).or_default();
            // A listed table may have its time under the name that it has in advanced hunting.
            let listed = !plan.source.schema.open;
            for (name, ty) in names.into_iter().filter(|(name, _)| !listed || TIMES.contains(&&**name)) {
                let there = known.entry(name).or_insert(Type::Unknown);
                if *there == Type::Unknown {
                    *there = ty;
                }
            }
        }
    }

    fn expr(&mut self, query: &Query, expr: &Expr, names: &mut Columns, depth: usize) {
        let mut hint = |expr: &Expr, ty: Type| {
            if let Some(id) = expr.as_column() {
                note(query, id, ty, names);
            }
        };
        match &expr.kind {
            ExprKind::Column(id) => note(query, *id, Type::Unknown, names),
            ExprKind::Access(access) => hint(&access.base, Type::Dynamic),
            ExprKind::Compare(node) => {
                let number = |ty: Type| matches!(ty, Type::Int | Type::Long | Type::Real | Type::DateTime | Type::Bool);
                for (one, other) in [(&node.left, &node.right), (&node.right, &node.left)] {
                    if number(other.ty.ty) {
                        hint(one, other.ty.ty);
                    }
                }
            }
            ExprKind::Arithmetic(node) => {
                for operand in std::iter::once(&node.first).chain(node.rest.iter().map(|step| &step.operand)) {
                    hint(operand, Type::Long);
                }
            }
            ExprKind::Call(function, arguments) => match function.name() {
                "ingestion_time" => self.ingestion = true,
                "set_has_element" | "array_length" | "bag_keys" | "mv_expand" => {
                    arguments.iter().take(1).for_each(|argument| hint(argument, Type::Dynamic));
                }
                "bin" | "startofday" => arguments.iter().take(1).for_each(|argument| {
                    let is_time = function.name() == "startofday"
                        || arguments.get(1).is_some_and(|step| step.ty.ty == Type::TimeSpan);
                    hint(argument, if is_time { Type::DateTime } else { Type::Long });
                }),
                _ => {}
            },
            _ => {}
        }
        expr.operands(&mut |operand| self.expr(query, operand, names, depth));
        expr.plan(&mut |plan| self.plan(query, plan, &Columns::new(), depth + 1));
    }
}

fn note(query: &Query, id: ColumnId, ty: Type, names: &mut Columns) {
    let info = &query.columns[id];
    let unlisted_time = info.origin == Origin::Unresolved && TIMES.contains(&&*info.name);
    if info.origin == Origin::Assumed || unlisted_time {
        let known = names.entry(info.name.clone()).or_insert(ty);
        if *known == Type::Unknown {
            *known = ty;
        }
    }
}

/// A small whole number.
fn factor(expr: &Expr) -> Option<u8> {
    let number = match expr.as_literal()? {
        Value::Int(number) => f64::from(*number),
        Value::Long(number) => f64::from(i16::try_from(*number).ok()?),
        Value::Real(number) => *number,
        _ => return None,
    };
    (2..=LARGEST_FACTOR).find(|factor| f64::from(*factor).total_cmp(&number).is_eq())
}
