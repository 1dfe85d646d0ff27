//! Templates of `functions.yaml`: calls of KQL's functions with holes where arguments go.

use crate::functions::resolve::{Argument, Form, Is, resolve};
use crate::functions::{self, Output, ValueType};
use crate::ir::{Cast, CastKind, Expr, ExprKind, Value};
use crate::source::Span;
use crate::types::Type;

/// As what an argument is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Any,
    Text,
    Number,
}

/// A template.
#[derive(Clone, Debug, PartialEq)]
enum Template {
    Argument(usize, Need),
    All(Need),
    Value(Value),
    Call(String, Vec<Template>),
}

/// What a template makes of arguments; nothing where it is no template, or names what there is not.
pub(super) fn filled(template: &str, arguments: &[Expr], span: Span) -> Option<Expr> {
    let mut rest = template;
    let read = parse(&mut rest)?;
    if !rest.trim().is_empty() {
        return None;
    }
    fill(&read, arguments, span)?.into_iter().next()
}

fn fill(template: &Template, arguments: &[Expr], span: Span) -> Option<Vec<Expr>> {
    Some(match template {
        Template::Argument(position, need) => vec![needed(arguments.get(position.checked_sub(1)?)?.clone(), *need)],
        Template::All(need) => arguments.iter().map(|argument| needed(argument.clone(), *need)).collect(),
        Template::Value(value) => vec![Expr::literal(value.clone(), span)],
        Template::Call(name, inner) => {
            let mut given = Vec::with_capacity(inner.len());
            for one in inner {
                given.extend(fill(one, arguments, span)?);
            }
            vec![called(name, given, span)?]
        }
    })
}

/// A value as a number.
pub(super) fn as_number(value: Expr) -> Expr {
    needed(value, Need::Number)
}

fn needed(value: Expr, need: Need) -> Expr {
    let (fits, to) = match need {
        Need::Any => return value,
        Need::Text => (value.ty.ty == Type::String, Type::String),
        Need::Number => (value.ty.ty.is_numeric() || value.ty.ty == Type::TimeSpan, Type::Real),
    };
    if fits {
        return value;
    }
    let span = value.span;
    Expr::new(ExprKind::Cast(Box::new(Cast { kind: CastKind::Kql, operand: value })), to, span)
}

/// A call with the type that it gives.
pub(super) fn called(name: &str, arguments: Vec<Expr>, span: Span) -> Option<Expr> {
    let id = functions::scalar(name)?;
    let ty = match resolve(id.row(), &arguments.iter().map(seen).collect::<Vec<_>>()) {
        Ok(resolved) => match resolved.output {
            Output::Scalar(ty) => ty,
            _ => ValueType::from(Type::Unknown),
        },
        Err(_) => ValueType::from(Type::Unknown),
    };
    if matches!(name, "toreal" | "tolong" | "tostring" | "todatetime") && arguments.len() == 1 {
        let operand = arguments.into_iter().next()?;
        return Some(Expr::new(ExprKind::Cast(Box::new(Cast { kind: CastKind::Kql, operand })), ty, span));
    }
    Some(Expr::new(ExprKind::Call(id, arguments), ty, span))
}

fn seen(argument: &Expr) -> Argument<'_> {
    let form = match &argument.kind {
        ExprKind::Literal(_) => Form::Literal,
        ExprKind::Column(_) => Form::Column,
        _ => Form::Computed,
    };
    Argument { is: Is::Scalar(argument.ty), form, text: argument.as_literal().and_then(Value::as_str) }
}

fn parse(rest: &mut &str) -> Option<Template> {
    *rest = rest.trim_start();
    let first = rest.chars().next()?;
    if let Some(hole) = rest.strip_prefix('$') {
        let end = hole.find(|c: char| !c.is_ascii_alphanumeric() && c != ':' && c != '*').unwrap_or(hole.len());
        let (hole, after) = hole.split_at(end);
        *rest = after;
        let (position, need) = hole.split_once(':').unwrap_or((hole, ""));
        let need = match need {
            "" => Need::Any,
            "text" => Need::Text,
            "number" => Need::Number,
            _ => return None,
        };
        return if position == "*" {
            Some(Template::All(need))
        } else {
            Some(Template::Argument(position.parse().ok()?, need))
        };
    }
    if let Some(text) = rest.strip_prefix('"') {
        let (text, after) = text.split_once('"')?;
        *rest = after;
        return Some(Template::Value(Value::string(text)));
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.' | '-')).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    if first.is_ascii_digit() || first == '-' {
        let whole = word.parse().ok().map(Value::Long);
        return whole.or_else(|| word.parse().ok().map(Value::Real)).map(Template::Value);
    }
    let mut inner = Vec::new();
    *rest = rest.trim_start().strip_prefix('(')?.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix(')') {
            *rest = after;
            return Some(Template::Call(word.to_owned(), inner));
        }
        inner.push(parse(rest)?);
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(',') {
            *rest = after.trim_start();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_filled() {
        let argument = Expr::literal(Value::string("a"), Span::default());
        for (name, template) in crate::target::kql::rows::builtin().expect("data").functions.templates() {
            let arguments = [argument.clone(), argument.clone(), argument.clone()];
            assert!(filled(template, &arguments, Span::default()).is_some(), "{name}: {template}");
        }
        assert_eq!(filled("nothing($1)", std::slice::from_ref(&argument), Span::default()), None);
        assert_eq!(filled("strlen($1", &[argument], Span::default()), None);
    }
}
