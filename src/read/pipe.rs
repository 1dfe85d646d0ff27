//! A plan as it grows, command by command, with the fields known so far: for languages whose events may have any field.

use crate::functions::ValueType;
use crate::ir::foreign::ForeignType;
use crate::ir::foreign::wildcard::fits;
use crate::ir::{
    Column, ColumnId, Columns, Computed, Expr, Name, Op, Origin, Plan, Rest, Schema, SourceKind, Union, UnionColumn,
    Value,
};
use crate::source::Span;
use crate::types::Type;

/// Text that may be null.
pub(super) const TEXT: ValueType = ForeignType::Text.value_type();

/// A plan under construction.
#[derive(Clone, Debug)]
pub(super) struct Pipe {
    pub(super) plan: Plan,
    lineage: Lineage,
    types: Types,
}

/// Fields whose types are known wherever events have them.
type Types = &'static [(&'static str, Type)];

/// Where fields that are not known by name come from.
#[derive(Clone, Debug, Default)]
struct Lineage {
    /// How many steps stand before they came in; 0 where the source brings them.
    opened: usize,
    /// Which of them have been dropped since.
    limits: Vec<Limit>,
    /// The same of the plans that the source puts together.
    inputs: Vec<Lineage>,
}

/// A bound on the fields that are not known by name.
#[derive(Clone, Debug)]
enum Limit {
    /// Those that fit one of these are left.
    Only(Vec<Name>),
    /// Those that fit none of these are left.
    But(Vec<Name>),
}

impl Limit {
    fn lets(&self, name: &str) -> bool {
        match self {
            Self::Only(patterns) => patterns.iter().any(|pattern| fits(pattern, name)),
            Self::But(patterns) => !patterns.iter().any(|pattern| fits(pattern, name)),
        }
    }
}

impl Lineage {
    fn depth(&self) -> usize {
        self.inputs.iter().map(|input| 1 + input.depth()).max().unwrap_or(0)
    }

    /// The field of a name in what a plan gives. `None` where no record has it.
    fn field(
        &mut self,
        plan: &mut Plan,
        columns: &mut Columns,
        (name, types): (&Name, Types),
        span: Span,
    ) -> Option<Column> {
        if let Some(column) = plan.schema().get(name) {
            return Some(column.clone());
        }
        if !plan.schema().open || !self.limits.iter().all(|limit| limit.lets(name)) {
            return None;
        }
        let ty = types.iter().find(|(known, _)| **known == **name).map_or(Type::Unknown, |(_, ty)| *ty);
        let column = match &mut plan.source.kind {
            SourceKind::Union(union) if self.opened == 0 => {
                let inputs = union.inputs.iter_mut().zip(&mut self.inputs);
                let from: Vec<Option<ColumnId>> = inputs
                    .map(|(plan, lineage)| lineage.field(plan, columns, (name, types), span).map(|column| column.id))
                    .collect();
                let column = computed(columns, name, ty.into(), span);
                union.columns.push(UnionColumn { id: column.id, from });
                column
            }
            _ => {
                let id = columns.add(name.clone(), ty, Origin::Assumed, span);
                Column { id, name: name.clone(), ty: ty.into() }
            }
        };
        // The record has it ever since it may have such fields.
        if self.opened == 0 {
            plan.source.schema.push(column.clone());
        }
        for step in &mut plan.steps[self.opened.saturating_sub(1)..] {
            if let Op::Project(items, _) = &mut step.op {
                items.push(Computed { id: column.id, expr: Expr::column(column.id, column.ty, span) });
            }
            step.schema.push(column.clone());
        }
        Some(column)
    }
}

impl Pipe {
    /// A plan that only reads a source.
    pub(super) fn new(kind: SourceKind, schema: Schema, span: Span) -> Self {
        Self { plan: Plan::new(kind, schema, span), lineage: Lineage::default(), types: &[] }
    }

    /// The same, where these fields have these types wherever events have them.
    pub(super) fn with_types(self, types: Types) -> Self {
        Self { types, ..self }
    }

    /// How deep unions nest.
    pub(super) fn unions(&self) -> usize {
        self.lineage.depth()
    }

    /// A plan that puts others together.
    pub(super) fn union(pipes: Vec<Self>, columns: Vec<UnionColumn>, schema: Schema, span: Span) -> Self {
        let types = pipes.first().map_or(&[][..], |pipe| pipe.types);
        let (inputs, lineages) = pipes.into_iter().map(|pipe| (pipe.plan, pipe.lineage)).unzip();
        let union = Union { inputs, columns, source: None, fuzzy: false };
        let plan = Plan::new(SourceKind::Union(union), schema, span);
        Self { plan, lineage: Lineage { inputs: lineages, ..Lineage::default() }, types }
    }

    /// A plan that puts others together, columns of one name as one: of the type that all have, if there is one.
    pub(super) fn put_together(mut pipes: Vec<Self>, columns: &mut Columns, span: Span) -> Self {
        let mut names: Vec<Name> = Vec::new();
        for known in pipes.iter().flat_map(Self::names) {
            if !names.contains(&known) {
                names.push(known);
            }
        }
        let mut together = Vec::new();
        let mut schema = Schema::new([], pipes.iter().any(|pipe| pipe.schema().open));
        for known in names {
            let from: Vec<Option<Column>> = pipes.iter_mut().map(|pipe| pipe.field(columns, &known, span)).collect();
            let mut types = from.iter().flatten().map(|column| column.ty);
            let first = types.next().unwrap_or(Type::Unknown.into());
            let ty = if types.all(|ty| ty == first) { first } else { Type::Unknown.into() };
            let column = computed(columns, &known, ty, span);
            together.push(UnionColumn { id: column.id, from: from.iter().map(|c| c.as_ref().map(|c| c.id)).collect() });
            schema.push(column);
        }
        Self::union(pipes, together, schema, span)
    }

    /// The fields known by name, and whether there may be more.
    pub(super) fn schema(&self) -> &Schema {
        self.plan.schema()
    }

    /// The names of the fields known.
    pub(super) fn names(&self) -> Vec<Name> {
        self.schema().iter().map(|column| column.name.clone()).collect()
    }

    /// The field of a name. `None` where no record has it.
    pub(super) fn field(&mut self, columns: &mut Columns, name: &str, span: Span) -> Option<Column> {
        self.lineage.field(&mut self.plan, columns, (&Name::from(name), self.types), span)
    }

    /// The value of a field; null where no record has it.
    pub(super) fn value(&mut self, columns: &mut Columns, name: &str, span: Span) -> Expr {
        match self.field(columns, name, span) {
            Some(column) => Expr::column(column.id, column.ty, span),
            None => Expr::literal(Value::Null(Type::Dynamic), span),
        }
    }

    /// Appends a step that changes no field.
    pub(super) fn push_same(&mut self, op: Op, span: Span) {
        self.plan.push_same(op, span);
    }

    /// Appends a step after which exactly these fields are there.
    pub(super) fn push_closed(&mut self, op: Op, columns: impl IntoIterator<Item = Column>, span: Span) {
        self.plan.push(op, Schema::new(columns, false), span);
        self.lineage.opened = 0;
        self.lineage.limits.clear();
    }

    /// Appends a step that gives these fields, and passes on what is not known by name.
    pub(super) fn push_with(&mut self, op: Op, schema: Schema, span: Span) {
        self.plan.push(op, schema, span);
    }

    /// Appends a step that leaves the fields known and may bring any other.
    pub(super) fn push_opening(&mut self, op: Op, mut schema: Schema, span: Span) {
        schema.open = true;
        self.plan.push(op, schema, span);
        self.lineage.opened = self.plan.steps.len();
        self.lineage.limits.clear();
    }

    /// Appends a step that makes fields or puts them in the place of those whose names they bear.
    pub(super) fn push_making(&mut self, op: Op, made: impl IntoIterator<Item = Column>, span: Span) {
        let mut schema = self.schema().clone();
        for column in made {
            match schema.position(&column.name) {
                Some(at) => schema.replace(at, column),
                None => schema.push(column),
            }
        }
        self.plan.push(op, schema, span);
    }

    /// As [`Pipe::push_making`], but what is made stands behind all other fields.
    pub(super) fn push_making_last(&mut self, op: Op, made: &[Column], span: Span) {
        let open = self.schema().open;
        let others = self.schema().iter().filter(|known| made.iter().all(|column| column.name != known.name));
        let columns: Vec<Column> = others.chain(made).cloned().collect();
        self.plan.push(op, Schema::new(columns, open), span);
    }

    /// Gives a field the value of an expression.
    pub(super) fn set(&mut self, columns: &mut Columns, name: &str, mut expr: Expr, span: Span) -> ColumnId {
        // KQL's `string` cannot be null, but a field may come to lack its value, in a union or an outer join.
        if expr.ty.ty == Type::String {
            expr.ty = TEXT;
        }
        let column = computed(columns, name, expr.ty, span);
        let id = column.id;
        self.push_making(Op::Extend(vec![Computed { id, expr }]), [column], span);
        id
    }

    /// Keeps fields under the names given, in this order, and of those not known by name what `rest` says.
    pub(super) fn project(&mut self, kept: Vec<Column>, rest: Rest, span: Span) {
        let rest = if self.schema().open { rest } else { Rest::Drop };
        let open = rest != Rest::Drop;
        let items = kept
            .iter()
            .map(|column| Computed { id: column.id, expr: Expr::column(column.id, column.ty, span) })
            .collect();
        match &rest {
            Rest::Drop => {
                self.lineage.opened = 0;
                self.lineage.limits.clear();
            }
            Rest::KeepBut(names) if names.is_empty() => {}
            Rest::KeepBut(names) => self.lineage.limits.push(Limit::But(names.clone())),
            Rest::KeepOnly(names) => self.lineage.limits.push(Limit::Only(names.clone())),
        }
        self.plan.push(Op::Project(items, rest), Schema::new(kept, open), span);
    }
}

/// A new column that something in the search computes.
pub(super) fn computed(columns: &mut Columns, name: &str, ty: ValueType, span: Span) -> Column {
    let name: Name = name.into();
    let id = columns.add(name.clone(), ty, Origin::Computed, span);
    Column { id, name, ty }
}
