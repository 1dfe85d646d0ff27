//! Fields: what a column is called in Sigma, and what of a field's value a column holds.

use super::{Branch, Def, Lower, Result};
use crate::ir::{Access, CastKind, ColumnId, Expr, ExprKind, Origin, Value as Literal};
use crate::target::sigma::rows::{Field, Part, Wrap};
use crate::target::{Fields, LossKind};
use crate::types::Type;

/// A field that a test is about.
#[derive(Clone, Debug)]
pub(super) struct Subject<'a> {
    /// Its name.
    pub(super) field: String,
    /// What the column's value is of the field's.
    pub(super) part: Part,
    /// The row of the table, where there is one.
    pub(super) row: Option<&'a Field>,
    /// [`Wrap::Lower`] or [`Wrap::Upper`] where the test sees the value so.
    pub(super) wrap: Option<Wrap>,
    /// Whether it is one of several values that an array in the event holds.
    pub(super) element: bool,
    /// Whether the records have no such column.
    pub(super) missing: bool,
    /// The type.
    pub(super) ty: Type,
    /// What the text of the field is read as.
    pub(super) read: Option<Type>,
}

impl<'a> Lower<'a> {
    /// The field that an expression stands for.
    pub(super) fn subject(&mut self, branch: &Branch<'a>, expr: &Expr) -> Result<Subject<'a>> {
        match &expr.kind {
            ExprKind::Column(id) => self.column(branch, *id, expr),
            ExprKind::Cast(node) if node.kind == CastKind::Widen || expr.ty.ty != Type::DateTime => {
                self.read_as(branch, &node.operand, expr)
            }
            ExprKind::Access(node) => self.access(branch, node, expr),
            ExprKind::Call(function, arguments) => {
                match (self.data.functions.values.get(function.name()), arguments.as_slice()) {
                    (Some(Wrap::Same), [inner]) => self.read_as(branch, inner, expr),
                    (Some(Wrap::Json), [inner]) => {
                        let subject = self.subject(branch, inner)?;
                        if inner.ty.ty == Type::String {
                            let message = format!(
                                "what the JSON text of `{}` holds is taken to be in fields of their own below it",
                                subject.field
                            );
                            self.differs(LossKind::UnmappedField, expr.span, message);
                        }
                        Ok(subject)
                    }
                    (Some(wrap), [inner]) => Ok(Subject { wrap: Some(*wrap), ..self.subject(branch, inner)? }),
                    _ => self.refuse(
                        LossKind::UnsupportedFunction,
                        expr.span,
                        format!(
                            "Sigma compares fields as they are, and cannot compute `{}()`; use ES|QL or Splunk",
                            function.name()
                        ),
                    ),
                }
            }
            ExprKind::Unknown(name, _) => self.refuse(
                LossKind::UnsupportedFunction,
                expr.span,
                format!("`{name}()` is not known here, and Sigma cannot compute values; put its body into the query"),
            ),
            ExprKind::ToScalar(_) => self.refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                "a value found by another query cannot be said in Sigma; use ES|QL or Splunk",
            ),
            _ => self.refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                "Sigma compares fields with values, and cannot compute either; use ES|QL or Splunk",
            ),
        }
    }

    /// The field whose value is converted.
    fn read_as(&mut self, branch: &Branch<'a>, inner: &Expr, expr: &Expr) -> Result<Subject<'a>> {
        let (from, to) = (inner.ty.ty, expr.ty.ty);
        if from == Type::Bool && to.is_numeric() {
            let message = "Sigma makes no number of what is true or false; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, expr.span, message);
        }
        if from == Type::Bool && to == Type::String {
            let message = "Sigma has no text of what is true or false; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, expr.span, message);
        }
        let subject = self.subject(branch, inner)?;
        if to != Type::String {
            let typed = !matches!(to, Type::Dynamic | Type::Unknown | Type::DateTime);
            let read = if from == Type::String && typed { Some(to) } else { subject.read };
            return Ok(Subject { read, ..subject });
        }
        match subject.read {
            Some(Type::Guid) => {
                let message = "Sigma compares a text as it stands, whether it is a GUID or not; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedExpression, expr.span, message);
            }
            Some(_) => {
                let message = "the text of what a text is read as is taken for that text, and be it no number";
                self.differs(LossKind::Null, expr.span, message);
            }
            None => {}
        }
        Ok(Subject { ty: Type::String, read: None, ..subject })
    }

    fn column(&mut self, branch: &Branch<'a>, id: ColumnId, expr: &Expr) -> Result<Subject<'a>> {
        match branch.env.get(&id) {
            Some(Def::Same(other)) => {
                let other = Expr::column(*other, expr.ty, expr.span);
                self.subject(branch, &other)
            }
            Some(Def::Expr(inner)) => {
                let mut moved = (*inner).clone();
                moved.span = expr.span;
                self.subject(branch, &moved)
            }
            Some(Def::Element(inner)) => {
                let subject = self.subject(branch, &(*inner).clone())?;
                self.saw_element = true;
                let message = format!(
                    "any element of `{}` counts, and each test may find another one; KQL tests element by element",
                    subject.field
                );
                self.differs(LossKind::UnmappedField, expr.span, message);
                Ok(Subject { element: true, ty: expr.ty.ty, ..subject })
            }
            Some(Def::Missing) => Ok(Subject {
                field: self.query.columns[id].name.to_string(),
                part: Part::Whole,
                row: None,
                wrap: None,
                element: false,
                missing: true,
                ty: expr.ty.ty,
                read: None,
            }),
            Some(Def::Opaque(what)) => {
                let message = format!("{what} has no field in the event that Sigma could test; use ES|QL or Splunk");
                self.refuse(LossKind::UnsupportedExpression, expr.span, message)
            }
            Some(Def::Aggregate(_)) => self.refuse(
                LossKind::UnsupportedAggregate,
                expr.span,
                "Sigma compares a count, a sum or an average with a number, and does nothing else with it; use ES|QL or Splunk",
            ),
            None => self.table_column(branch, id, expr),
        }
    }

    fn table_column(&mut self, branch: &Branch<'a>, id: ColumnId, expr: &Expr) -> Result<Subject<'a>> {
        let info = &self.query.columns[id];
        let name = info.name.to_string();
        if info.origin == Origin::Computed {
            return self.refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                format!("`{name}` is computed by the query, and has no field in the event; use ES|QL or Splunk"),
            );
        }
        if name.contains('|') {
            let message = "a field name with `|` cannot be written in Sigma";
            return self.refuse(LossKind::UnsupportedExpression, expr.span, message);
        }
        let unresolved = info.is_unlisted();
        let mut subject = Subject {
            field: name.clone(),
            part: Part::Whole,
            row: None,
            wrap: None,
            element: false,
            missing: false,
            ty: info.ty.ty,
            read: None,
        };
        let row = branch.table.as_deref().and_then(|table| self.data.tables.get(table));
        if self.options.fields == Fields::Siem
            && let Some(row) = row
        {
            if let Some(field) = row.fields.get(&name) {
                subject.field.clone_from(&field.name);
                subject.part = field.part;
                subject.row = Some(field);
                if field.guess {
                    let message =
                        format!("`{name}` is taken to be `{}` in Sigma, which no source confirms", field.name);
                    self.differs(LossKind::UnmappedField, expr.span, message);
                }
                return Ok(subject);
            }
            if !row.verbatim && !unresolved {
                let message = format!("no name for `{name}` is known in Sigma's taxonomy; it is written as it stands");
                self.differs(LossKind::UnmappedField, expr.span, message);
            }
        }
        if unresolved {
            let message = format!("nothing here knows the column `{name}`; it is written as it stands");
            self.differs(LossKind::UnresolvedName, expr.span, message);
        }
        Ok(subject)
    }

    fn access(&mut self, branch: &Branch<'a>, node: &Access, expr: &Expr) -> Result<Subject<'a>> {
        let mut subject = self.subject(branch, &node.base)?;
        if subject.part != Part::Whole || subject.wrap.is_some() {
            let message = "a part of a value cannot be looked into; use ES|QL or Splunk";
            return self.refuse(LossKind::UnsupportedExpression, expr.span, message);
        }
        for step in &node.path {
            match step.as_literal() {
                Some(Literal::String(slot)) if !slot.contains('|') => {
                    subject.field.push('.');
                    subject.field.push_str(slot);
                }
                Some(literal) if literal.as_integer().is_some_and(|index| index >= 0) => {
                    subject.field.push('.');
                    subject.field.push_str(&literal.as_integer().unwrap_or_default().to_string());
                    let message = format!(
                        "how an element of a list is named differs between backends; written as `{}`",
                        subject.field
                    );
                    self.differs(LossKind::UnmappedField, expr.span, message);
                }
                _ => {
                    let message = "Sigma names fields, and cannot compute which one is meant; use ES|QL or Splunk";
                    return self.refuse(LossKind::UnsupportedExpression, step.span, message);
                }
            }
        }
        subject.row = None;
        subject.ty = Type::Dynamic;
        Ok(subject)
    }

    /// The value of an expression that is the same for every event.
    pub(super) fn literal(branch: &Branch<'a>, expr: &Expr) -> Option<Literal> {
        match &expr.kind {
            ExprKind::Literal(Literal::Dynamic(json)) => match json.to_value() {
                Literal::Dynamic(_) => None,
                value => Some(value),
            },
            ExprKind::Literal(value) => Some(value.clone()),
            ExprKind::Column(id) => match branch.env.get(id) {
                Some(Def::Expr(inner)) => Self::literal(branch, inner),
                Some(Def::Same(other)) => Self::literal(branch, &Expr::column(*other, expr.ty, expr.span)),
                _ => None,
            },
            ExprKind::Cast(node) => match Self::literal(branch, &node.operand)? {
                value if value.ty() == expr.ty.ty => Some(value),
                value => match (expr.ty.ty, value.as_integer()) {
                    (Type::Long, Some(number)) => Some(Literal::Long(number)),
                    #[allow(clippy::cast_precision_loss)]
                    (Type::Real, Some(number)) => Some(Literal::Real(number as f64)),
                    _ => None,
                },
            },
            _ => None,
        }
    }
}
