//! What the text of an object has in it because of what is asked of its parts: rules look for a word in the text first, so
//! that fewer objects are read.

use std::collections::HashSet;

use super::texts::{always_so, beside, is_kept, left, never};
use super::{DEEPEST, Known, Variable};
use crate::eval::Engine;
use crate::ir::{Expr, ExprKind, StringMatch, StringTest, Value};
use crate::types::Type;

/// Functions that give an object, or a part of one, as it is.
const PASSING: [&str; 4] = ["tostring", "parse_json", "todynamic", "parsejson"];

impl Known<'_> {
    /// Whether a word that is looked for in the text of an object is there for certain: in the value that one of its parts
    /// has to have, or in the name of a part without which another condition does not hold.
    pub(super) fn is_in_object(&self, expr: &Expr, own: u32, engine: &Engine) -> bool {
        let ExprKind::Match(node) = &expr.kind else { return false };
        let looks = matches!(
            node.test,
            StringTest::Contains | StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix
        );
        let object = node.subject.as_column().filter(|_| looks && !node.negated && node.subject.ty.ty == Type::Dynamic);
        let Some(object) = object else { return false };
        let class = self.class((own, object));
        self.conditions.iter().any(|(instance, condition)| {
            self.is_value(expr, node, condition, *instance, &class, engine)
                || self.is_name(expr, node, condition, *instance, &class, engine)
        })
    }

    fn is_value(
        &self,
        expr: &Expr,
        node: &StringMatch,
        condition: &Expr,
        instance: u32,
        class: &HashSet<Variable>,
        engine: &Engine,
    ) -> bool {
        let is_part = |subject: &Expr| self.gives(subject, true, instance, class, 0);
        // Around a value stands what is no letter.
        let turn = |test| match test {
            StringTest::Equals => StringTest::HasTerm,
            StringTest::StartsWith => StringTest::HasPrefix,
            StringTest::EndsWith => StringTest::HasSuffix,
            test => test,
        };
        // A value that an array has to hold stands in its text as well.
        if let ExprKind::Call(function, arguments) = &condition.kind
            && let ("set_has_element", [set, one]) = (function.name(), arguments.as_slice())
            && is_part(set)
        {
            let texts = one.as_literal().and_then(Value::as_str).and_then(|one| beside(StringTest::HasTerm, one));
            return texts.is_some_and(|texts| texts.iter().all(|text| finds(expr, node, text, engine)));
        }
        left(condition, is_part, turn).is_some_and(|(values, kept)| {
            is_kept(expr, &kept) && !values.is_empty() && values.iter().all(|value| finds(expr, node, value, engine))
        })
    }

    fn is_name(
        &self,
        expr: &Expr,
        node: &StringMatch,
        condition: &Expr,
        instance: u32,
        class: &HashSet<Variable>,
        engine: &Engine,
    ) -> bool {
        let mut paths = Vec::new();
        let alone = self.paths(condition, instance, class, 0, &mut paths);
        let has_word = |names: &Vec<&str>| {
            names.iter().any(|name| {
                beside(StringTest::HasTerm, name)
                    .is_some_and(|texts| texts.iter().all(|text| finds(expr, node, text, engine)))
            })
        };
        // Where the word is not in the text, no part of these names is there.
        alone && !paths.is_empty() && paths.iter().all(has_word) && {
            let without = self.with(condition, instance, class, &Value::Null(Type::Dynamic), 0);
            without.is_some_and(|without| never(&without, engine))
        }
    }

    /// Whether an expression gives an object as it is, or with `parts` also a part of one.
    fn gives(&self, expr: &Expr, parts: bool, instance: u32, class: &HashSet<Variable>, depth: usize) -> bool {
        if depth > DEEPEST {
            return false;
        }
        let of = |inner: &Expr, instance| self.gives(inner, parts, instance, class, depth + 1);
        match &expr.kind {
            ExprKind::Column(id) if class.contains(&(instance, *id)) => true,
            ExprKind::Column(id) => {
                self.definition((instance, *id)).is_some_and(|(instance, computed)| of(computed, instance))
            }
            ExprKind::Access(access) => parts && of(&access.base, instance),
            ExprKind::Call(function, arguments) if PASSING.contains(&function.name()) => {
                arguments.first().is_some_and(|inner| of(inner, instance))
            }
            ExprKind::Cast(cast) if matches!(expr.ty.ty, Type::String | Type::Dynamic) => of(&cast.operand, instance),
            _ => false,
        }
    }

    /// The names on the way to each part of an object that a condition looks at; whether it looks at nothing else of it.
    fn paths<'a>(
        &'a self,
        expr: &'a Expr,
        instance: u32,
        class: &HashSet<Variable>,
        depth: usize,
        found: &mut Vec<Vec<&'a str>>,
    ) -> bool {
        if depth > DEEPEST {
            return false;
        }
        match &expr.kind {
            ExprKind::Column(id) if class.contains(&(instance, *id)) => false,
            ExprKind::Column(id) => self
                .definition((instance, *id))
                .is_none_or(|(instance, computed)| self.paths(computed, instance, class, depth + 1, found)),
            ExprKind::Access(access) if self.gives(&access.base, false, instance, class, 0) => {
                let name = |step: &'a Expr| step.as_literal().and_then(Value::as_str);
                found.push(access.path.iter().filter_map(name).collect());
                access.path.iter().all(|step| step.as_literal().is_some())
            }
            _ => {
                let mut operands = Vec::new();
                expr.operands(&mut |operand| operands.push(operand));
                operands.into_iter().all(|operand| self.paths(operand, instance, class, depth + 1, found))
            }
        }
    }
}

/// Whether what is looked for is found in a text. What JSON writes in another way is not looked at.
fn finds(expr: &Expr, node: &StringMatch, text: &Value, engine: &Engine) -> bool {
    let plain = |text: &str| text.chars().all(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'));
    if !text.as_str().is_some_and(plain) {
        return false;
    }
    let subject = Expr::literal(text.clone(), node.subject.span);
    let node = StringMatch { subject, ..node.clone() };
    always_so(&Expr { kind: ExprKind::Match(Box::new(node)), ..expr.clone() }, engine)
}
