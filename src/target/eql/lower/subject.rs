//! What a condition is about: the field an expression comes down to, and the value it is compared with.

use super::super::tree::Condition;
use super::condition::negated;
use super::{Lower, Meaning, Result, refuse};
use crate::ir::{Expr, ExprKind, Origin, Value};
use crate::source::Span;
use crate::target::elastic::tables::{StoredType, Values};
use crate::target::{Loss, LossKind, written};
use crate::types::Type;

/// What is told of numbers that are written with an exponent.
const OTHER_FORMS: &str = "a number that is written with an exponent is not found in a text";
/// What is told of values without a type.
const EMPTY: &str = "an empty text is no null in KQL; here it is stored as a missing field, as a null is";

/// Whether a value has no type before it is there.
fn is_dynamic(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Cast(node) => is_dynamic(&node.operand),
        _ => matches!(expr.ty.ty, Type::Dynamic | Type::Unknown),
    }
}

/// A field with how its values are compared.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) name: String,
    /// Whether the query put it in lower or upper case.
    pub(super) folded: Option<Values>,
    /// How the pipeline changed the values.
    pub(super) values: Option<Values>,
    pub(super) stored: Option<StoredType>,
    pub(super) length: bool,
    /// What the text of the field is read as.
    pub(super) read: Option<Type>,
}

impl Lower<'_> {
    /// The field that an expression comes down to.
    pub(super) fn subject(&mut self, expr: &Expr) -> Result<Subject> {
        if let ExprKind::Access(node) = &expr.kind
            && let Some(why) = self.tables.no_value(&node.path)
        {
            return refuse(LossKind::UnsupportedExpression, expr.span, why);
        }
        self.place(expr)
    }

    /// The field, or the object, that an expression comes down to.
    fn place(&mut self, expr: &Expr) -> Result<Subject> {
        match &expr.kind {
            ExprKind::Column(id) => match self.columns.get(id).cloned() {
                Some(Meaning::Field(place)) => {
                    if let Some((kind, message)) = &place.note {
                        self.losses.push(Loss::approximate(*kind, expr.span, message.as_ref()));
                    }
                    Ok(Subject {
                        name: place.field,
                        folded: None,
                        values: place.values,
                        stored: place.ty,
                        length: false,
                        read: None,
                    })
                }
                Some(Meaning::Computed(inner)) => self.subject(&inner),
                Some(Meaning::Lost(reason)) => refuse(LossKind::UnsupportedExpression, expr.span, reason),
                Some(Meaning::Count) => refuse(
                    LossKind::UnsupportedAggregate,
                    expr.span,
                    "a count can be compared with a number that is written out, and nothing else; use ES|QL",
                ),
                None => {
                    let info = &self.query.columns[*id];
                    let table = self.unlisted.get(id).and_then(Option::as_ref);
                    if let Some(place) = self.tables.unlisted_place(info, table, self.fields) {
                        self.columns.insert(*id, Meaning::Field(place));
                        return self.place(expr);
                    }
                    let name = info.name.clone();
                    let message = format!("nothing here knows a column `{name}`; the field is taken to have that name");
                    self.losses.push(Loss::approximate(LossKind::UnresolvedName, expr.span, message));
                    Ok(Subject {
                        name: name.to_string(),
                        folded: None,
                        values: None,
                        stored: None,
                        length: false,
                        read: None,
                    })
                }
            },
            ExprKind::Call(function, arguments) => match (function.name(), arguments.as_slice()) {
                ("tolower", [inner]) => Ok(Subject { folded: Some(Values::Lower), ..self.subject(inner)? }),
                ("toupper", [inner]) => Ok(Subject { folded: Some(Values::Upper), ..self.subject(inner)? }),
                ("strlen", [inner]) => Ok(Subject { length: true, ..self.subject(inner)? }),
                ("parse_json" | "parsejson" | "todynamic", [inner]) if inner.ty.ty == Type::Dynamic => {
                    self.subject(inner)
                }
                (name, _) => refuse(
                    LossKind::UnsupportedFunction,
                    expr.span,
                    format!("EQL has no counterpart of `{name}`; use ES|QL"),
                ),
            },
            ExprKind::Cast(node)
                if matches!(expr.ty.ty, Type::String | Type::Int | Type::Long | Type::Real | Type::Bool) =>
            {
                let (from, to) = (node.operand.ty.ty, expr.ty.ty);
                if from == Type::Bool && to.is_numeric() {
                    let message = "EQL makes no number of what is true or false; use ES|QL";
                    return refuse(LossKind::UnsupportedExpression, expr.span, message);
                }
                if from == Type::Bool && to == Type::String {
                    let message = "EQL has no text of what is true or false; use ES|QL";
                    return refuse(LossKind::UnsupportedExpression, expr.span, message);
                }
                let subject = self.subject(&node.operand)?;
                // `toint` of an address is null, and `isnull` of its field is not true.
                if from == Type::String
                    && to != Type::String
                    && matches!(subject.stored, Some(StoredType::Ip | StoredType::Text))
                {
                    let message = format!(
                        "`{}` holds addresses or texts by their words there, in which EQL reads no other value; use ES|QL",
                        subject.name
                    );
                    return refuse(LossKind::UnsupportedExpression, expr.span, message);
                }
                let is_text = from == Type::String && matches!(subject.stored, None | Some(StoredType::Keyword));
                let read = if is_text && to != Type::String { Some(to) } else { subject.read };
                Ok(Subject { read, ..subject })
            }
            ExprKind::Access(node) => {
                let mut base = &node.base;
                let mut as_text = None;
                loop {
                    match &base.kind {
                        ExprKind::Call(function, arguments)
                            if matches!(function.name(), "parse_json" | "parsejson" | "todynamic")
                                && arguments.len() == 1 =>
                        {
                            base = &arguments[0];
                        }
                        ExprKind::Cast(cast) => base = &cast.operand,
                        _ => break,
                    }
                }
                if base.ty.ty == Type::String {
                    as_text = base.as_column();
                }
                let mut subject = self.place(base)?;
                // The field of the whole says nothing of its parts.
                subject.stored = None;
                let mut told = None;
                for part in &node.path {
                    let step = match part.as_literal() {
                        Some(Value::String(name)) if !name.is_empty() => name.to_string(),
                        Some(value) if value.as_integer().is_some_and(|n| n >= 0) => {
                            value.as_integer().unwrap_or_default().to_string()
                        }
                        _ => {
                            return refuse(
                                LossKind::UnsupportedExpression,
                                part.span,
                                "the way into an object has to be written out, counted from its start",
                            );
                        }
                    };
                    let part = self.tables.part(&subject.name, &step);
                    subject.name = part.field;
                    told = told.or(part.note);
                }
                if let Some(message) = told {
                    self.losses.push(Loss::approximate(LossKind::UnmappedField, expr.span, message));
                }
                if let Some(id) = as_text {
                    let name = &self.query.columns[id].name;
                    let message = format!(
                        "`{name}` is JSON as text in Sentinel; here it is taken to be stored as an object with its parts as fields"
                    );
                    self.losses.push(Loss::approximate(LossKind::UnmappedField, expr.span, message));
                }
                Ok(subject)
            }
            _ => refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                "EQL compares fields with values that are written out, and nothing else; use ES|QL",
            ),
        }
    }

    /// Where a text is one that is read as a value; nothing where that cannot be said.
    pub(super) fn written(&mut self, subject: &Subject, value: &Value, span: Span) -> Option<Condition> {
        let written = written::value(value, subject.read?)?;
        if written.partial {
            self.losses.push(Loss::approximate(LossKind::Null, span, OTHER_FORMS));
        }
        Some(Condition::Regex(subject.name.clone(), vec![written.pattern], written.insensitive))
    }

    /// Where there is a value, or none, as `isnull` has it.
    pub(super) fn absent(&mut self, expr: &Expr, is: bool, span: Span) -> Result<Condition> {
        // A number that is made of a truth value is there where that is.
        let expr = written::of_truth(expr).unwrap_or(expr);
        let subject = self.subject(expr)?;
        if subject.length {
            // That of a text that is missing is 0.
            return Ok(Condition::Constant(!is));
        }
        if let Some(read) = subject.read {
            let Some(pattern) = written::number(read) else {
                let message = "which texts are no value of the type cannot be said in EQL; use ES|QL";
                return refuse(LossKind::UnsupportedFunction, span, message);
            };
            return Ok(negated(Condition::Regex(subject.name, vec![pattern.to_owned()], false), !is));
        }
        if is_dynamic(expr) {
            self.losses.push(Loss::approximate(LossKind::Null, span, EMPTY));
        }
        Ok(Condition::Missing(subject.name, is))
    }

    /// The field whose values hold events together or apart.
    pub(super) fn key(&mut self, expr: &Expr) -> Result<String> {
        if self.whole_dynamic(expr) {
            return refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                "an object has no value of its own; name the part that is meant",
            );
        }
        let subject = self.subject(expr)?;
        super::condition::comparable(&subject, expr.span)?;
        if subject.length {
            return refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                "events are kept apart by fields alone, and here a key is computed; use ES|QL",
            );
        }
        if subject.folded.is_some() {
            self.losses.push(Loss::approximate(
                LossKind::Case,
                expr.span,
                format!("values of `{}` that differ in case alone are different ones here", subject.name),
            ));
        }
        Ok(subject.name)
    }

    /// A value that is written out.
    pub(super) fn literal(&self, expr: &Expr) -> Result<Value> {
        match &expr.kind {
            ExprKind::Literal(Value::Dynamic(json)) => Ok(json.to_value()),
            ExprKind::Literal(value) => Ok(value.clone()),
            ExprKind::Cast(node)
                if expr.ty.ty == node.operand.ty.ty || matches!(expr.ty.ty, Type::Long | Type::Int) =>
            {
                match self.literal(&node.operand)? {
                    value @ (Value::Int(_) | Value::Long(_)) => Ok(value),
                    value if value.ty() == expr.ty.ty => Ok(value),
                    _ => refuse(
                        LossKind::UnsupportedExpression,
                        expr.span,
                        "EQL compares with values that are written out; use ES|QL",
                    ),
                }
            }
            ExprKind::Column(id) => match self.columns.get(id).cloned() {
                Some(Meaning::Computed(inner)) => self.literal(&inner),
                Some(Meaning::Lost(reason)) => refuse(LossKind::UnsupportedExpression, expr.span, reason),
                _ => refuse(LossKind::UnsupportedExpression, expr.span, "EQL does not compare two fields; use ES|QL"),
            },
            _ => refuse(
                LossKind::UnsupportedExpression,
                expr.span,
                "EQL compares with values that are written out; use ES|QL",
            ),
        }
    }

    /// Whether an expression is a whole object.
    pub(super) fn whole_dynamic(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Column(id) => match self.columns.get(id) {
                Some(Meaning::Computed(inner)) => self.whole_dynamic(inner),
                _ => expr.ty.ty == Type::Dynamic && matches!(self.query.columns[*id].origin, Origin::Table(_)),
            },
            ExprKind::Cast(node) => self.whole_dynamic(&node.operand),
            _ => false,
        }
    }
}
