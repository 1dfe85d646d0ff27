//! Arrays: what is known of them, and what of KQL's holds of values that are none.

use super::text::matches;
use super::{Flow, Lower, Repr, Result, Slot, Val};
use crate::ir::{Expr, ExprKind, Value};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::Eval;
use crate::types::Type;

/// Functions that read a text as JSON.
const READERS: &[&str] = &["parse_json", "parsejson", "todynamic", "toobject"];
/// Functions that give an array of arrays, and null where one of them is none.
const COMBINING: &[&str] =
    &["array_concat", "array_slice", "array_sort_asc", "set_difference", "set_intersect", "set_union"];
/// What stands between the ends of a text that holds null.
const NULL: &str = r"(?:\s*null\s*)?\z";
/// What stands between the ends of a text that holds null or an empty text.
const EMPTY: &str = r#"(?:\s*(?:null|"")\s*)?\z"#;

/// How surely a value is an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// On every row.
    Always,
    /// Wherever it is anything.
    OrNull,
    /// It may be any value that a text holds as JSON.
    Held,
    /// It may be any value of an event.
    Maybe,
}

impl Lower<'_> {
    /// The elements of an array; a single value is the only one of itself.
    pub(super) fn elements(&mut self, flow: &Flow, expr: &Expr, val: Val) -> Result<Eval> {
        if val.repr == Repr::Multi || self.is_array(flow, expr) || matches!(val.expr, Eval::Text(_)) {
            return self.to_multi(val, expr.span);
        }
        let json = self.to_json(val.clone(), expr.span)?;
        Ok(Eval::call("if", [is_array(&json), self.to_multi(val, expr.span)?, json]))
    }

    /// All elements of an array, as it is put together with others: the parts of an empty text are one empty text.
    pub(super) fn whole_array(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Eval> {
        let array = self.array(flow, expr)?;
        let filled = |text: &Expr| self.is_filled(flow, text);
        let some = matches!(&expr.kind, ExprKind::Call(_, arguments) if arguments.first().is_some_and(filled));
        Ok(if Self::is_parts(flow, expr) && !some { super::text::or_empty(array) } else { array })
    }

    /// Whether a value is the parts of a text.
    pub(super) fn is_parts(flow: &Flow, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(function, arguments) => function.name() == "split" && arguments.len() == 2,
            ExprKind::Column(id) => flow.slots.get(id).is_some_and(|slot| slot.parts),
            _ => false,
        }
    }

    /// Whether a value is the matches of a pattern.
    pub(super) fn is_matches(flow: &Flow, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(function, _) => function.name() == "extract_all",
            ExprKind::Column(id) => flow.slots.get(id).is_some_and(|slot| slot.matches),
            _ => false,
        }
    }

    /// Whether a value is an array wherever it is anything.
    pub(super) fn is_array(&self, flow: &Flow, expr: &Expr) -> bool {
        if matches!(expr.ty.shape, crate::functions::Shape::Array(_)) {
            return true;
        }
        if self.is_named(expr, &self.data.target.arrays) {
            return true;
        }
        match &expr.kind {
            ExprKind::Column(id) => flow.slots.get(id).is_some_and(|slot| slot.array),
            ExprKind::Call(_, arguments) if arguments.len() == 1 => self.is_array(flow, &arguments[0]),
            ExprKind::Cast(node) => self.is_array(flow, &node.operand),
            _ => false,
        }
    }

    /// Whether a value is what a text holds as JSON: of a scalar, the text is not that of the value.
    pub(super) fn is_held(flow: &Flow, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(function, arguments) => {
                READERS.contains(&function.name())
                    && arguments.first().is_some_and(|a| a.ty.ty == Type::String || Self::is_held(flow, a))
            }
            ExprKind::Column(id) => flow.slots.get(id).is_some_and(|slot| slot.held),
            _ => false,
        }
    }

    /// Whether a dynamic value may be a text that stands here as what it holds, so that JSON in it has parts which KQL does
    /// not see.
    pub(super) fn may_be_text(&self, flow: &Flow, expr: &Expr) -> bool {
        if expr.ty.ty != Type::Dynamic || self.is_array(flow, expr) || Self::is_held(flow, expr) {
            return false;
        }
        match &expr.kind {
            ExprKind::Access(_) => true,
            ExprKind::Column(id) => flow.slots.get(id).is_none_or(Slot::may_be_text),
            ExprKind::Cast(node) => self.may_be_text(flow, &node.operand),
            ExprKind::Case(node) => {
                let mut values = node.arms.iter().map(|(_, value)| value).chain([&node.otherwise]);
                values.any(|value| self.may_be_text(flow, value))
            }
            ExprKind::Call(function, arguments) => {
                (READERS.contains(&function.name()) || function.name() == "coalesce")
                    && arguments.iter().any(|argument| self.may_be_text(flow, argument))
            }
            _ => false,
        }
    }

    /// The same of the elements of an array.
    pub(super) fn may_hold_texts(&self, flow: &Flow, array: &Expr) -> bool {
        match &array.kind {
            ExprKind::Column(id)
                if flow.slots.get(id).is_some_and(|slot| slot.array || slot.val.repr == Repr::Multi) =>
            {
                flow.slots.get(id).is_some_and(|slot| slot.loose)
            }
            ExprKind::Call(_, arguments) if arguments.len() == 1 => self.may_hold_texts(flow, &arguments[0]),
            ExprKind::Cast(node) => self.may_hold_texts(flow, &node.operand),
            _ => !self.is_named(array, &self.data.target.objects),
        }
    }

    /// Tells that the parts of a text are read that KQL does not see.
    pub(super) fn tell_parts(&mut self, span: Span) {
        self.lose(LossKind::Null, span, "the parts of a text that holds JSON are read, where KQL finds none");
    }

    /// Whether a column or a slot has one of these names.
    fn is_named(&self, expr: &Expr, names: &[String]) -> bool {
        let name = match &expr.kind {
            ExprKind::Column(id) => &*self.query.columns[*id].name,
            ExprKind::Access(node) => match node.path.last().and_then(Expr::as_literal) {
                Some(Value::String(name)) => name,
                _ => return false,
            },
            _ => return false,
        };
        names.iter().any(|one| one == name)
    }

    /// How surely a value is an array.
    fn known(&self, flow: &Flow, expr: &Expr) -> Known {
        match &expr.kind {
            _ if Self::is_parts(flow, expr) => Known::Always,
            ExprKind::Column(id) if flow.slots.get(id).is_some_and(|slot| slot.always) => Known::Always,
            ExprKind::Literal(value) if value.elements().is_some() => Known::Always,
            ExprKind::Item(base, _) => self.known(flow, base),
            ExprKind::Call(function, _) if function.name() == "pack_array" => Known::Always,
            ExprKind::Call(function, arguments) if COMBINING.contains(&function.name()) => {
                let mut of = arguments.iter().filter(|a| a.ty.ty == Type::Dynamic);
                if of.all(|a| self.known(flow, a) == Known::Always) { Known::Always } else { Known::OrNull }
            }
            _ if self.is_array(flow, expr) || Self::is_matches(flow, expr) => Known::OrNull,
            _ if Self::is_held(flow, expr) => Known::Held,
            _ => Known::Maybe,
        }
    }

    /// Whether a value is an array on every row.
    pub(super) fn is_always(&self, flow: &Flow, expr: &Expr) -> bool {
        self.known(flow, expr) == Known::Always
    }

    /// Tells that a text which holds an array is taken for that array, where a value may be such a text.
    fn tell_text(&mut self, flow: &Flow, expr: &Expr) {
        if self.known(flow, expr) == Known::Maybe {
            self.lose(
                LossKind::Null,
                expr.span,
                "a text that holds an array is taken for that array, where KQL takes it for a text",
            );
        }
    }

    /// Tells that what is no array counts as an array without elements.
    pub(super) fn tell_other(&mut self, flow: &Flow, expr: &Expr) {
        if matches!(self.known(flow, expr), Known::Held | Known::Maybe) {
            self.lose(
                LossKind::Null,
                expr.span,
                "a value that is no array is left out, where KQL gives null or takes it for itself",
            );
        }
    }

    /// Where a value is an array; `None` where it always is.
    fn is_there(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Option<Eval>> {
        let known = self.known(flow, expr);
        if known == Known::Always {
            return Ok(None);
        }
        let val = self.value(flow, expr)?;
        let val = Self::as_found(flow, expr, val);
        if val.repr == Repr::Multi {
            if !Self::is_matches(flow, expr) {
                self.tell_empty_array(expr);
            }
            return Ok(Some(Eval::call("isnotnull", [val.expr])));
        }
        let json = self.to_json(val, expr.span)?;
        Ok(Some(if known == Known::OrNull { Eval::call("isnotnull", [json]) } else { is_array(&json) }))
    }

    fn tell_empty_array(&mut self, expr: &Expr) {
        self.lose(LossKind::Null, expr.span, "an array without elements is no value here, and no null in KQL");
    }

    /// `array_length`. Where only whether there are as many counts, it may be null for none.
    pub(super) fn array_length(&mut self, flow: &mut Flow, expr: &Expr, some: bool) -> Result<Eval> {
        self.tell_text(flow, expr);
        let array = self.array(flow, expr)?;
        let count = Eval::call("mvcount", [array]);
        if Self::is_parts(flow, expr) {
            return Ok(Eval::call("coalesce", [count, Eval::integer(1)]));
        }
        if some {
            return Ok(count);
        }
        let filled = Eval::call("coalesce", [count.clone(), Eval::integer(0)]);
        Ok(match self.is_there(flow, expr)? {
            None => filled,
            // Without elements there is no value at all.
            Some(Eval::Call(_, of)) if matches!(&count, Eval::Call(_, array) if *array == of) => count,
            Some(there) => Eval::call("if", [there, filled, Eval::call("null", [])]),
        })
    }

    /// `set_has_element`: where an array has an element, or where it has not.
    pub(super) fn has_element(&mut self, flow: &mut Flow, array: &Expr, element: Eval, want: bool) -> Result<Eval> {
        self.tell_text(flow, array);
        let multi = self.array(flow, array)?;
        let found = Eval::call("mvfind", [multi, element]);
        if want {
            return Ok(Eval::call("isnotnull", [found]));
        }
        let missing = Eval::call("isnull", [found]);
        Ok(match self.is_there(flow, array)? {
            None => missing,
            Some(there) => Eval::all(vec![there, missing]),
        })
    }

    /// The values that an array gives to a comparison with any of them: a single value is itself, and a missing text has one
    /// part, the empty text.
    pub(super) fn alternatives(&mut self, flow: &mut Flow, expr: &Expr) -> Result<Eval> {
        self.tell_text(flow, expr);
        let val = self.value(flow, expr)?;
        let val = Self::as_found(flow, expr, val);
        let values = self.elements(flow, expr, val)?;
        Ok(if Self::is_parts(flow, expr) { super::text::or_empty(values) } else { values })
    }

    /// The text of an array. An array without elements has one, null has none.
    pub(super) fn array_text(&mut self, flow: &Flow, expr: &Expr, multi: Eval) -> Eval {
        // It makes strings of all values unless it is to infer their types, and then of none.
        let json = if super::represent::is_array_of_bare(expr) {
            Eval::call("mv_to_json_array", [multi, Eval::call("true", [])])
        } else {
            Eval::call("mv_to_json_array", [multi])
        };
        if self.is_always(flow, expr) {
            return Eval::call("coalesce", [json, Eval::text("[]")]);
        }
        if !Self::is_matches(flow, expr) {
            self.tell_empty_array(expr);
        }
        json
    }

    /// Where a value is null or empty, or is not, for values that are arrays or held as JSON; others have rows of their own.
    pub(super) fn nothing(&mut self, flow: &mut Flow, name: &str, of: &Expr, want: bool) -> Result<Option<Eval>> {
        let (wanted, pattern) = match name {
            "isnull" => (want, NULL),
            "isnotnull" | "notnull" => (!want, NULL),
            "isempty" => (want, EMPTY),
            "isnotempty" | "notempty" => (!want, EMPTY),
            _ => return Ok(None),
        };
        if of.ty.ty != Type::Dynamic {
            return Ok(None);
        }
        let val = self.value(flow, of)?;
        if Self::is_held(flow, of) {
            let json = self.to_json(val, of.span)?;
            return Ok(Some(if wanted {
                let nothing = matches(json.clone(), format!("^{pattern}"));
                Eval::any(vec![Eval::call("isnull", [json]), nothing])
            } else {
                matches(json, format!("^(?!{pattern})"))
            }));
        }
        if val.repr != Repr::Multi {
            return Ok(None);
        }
        // No array is the empty text.
        Ok(Some(match self.is_there(flow, of)? {
            None => super::condition::constant(!wanted),
            Some(_) => Eval::call(if wanted { "isnull" } else { "isnotnull" }, [val.expr]),
        }))
    }
}

/// Where a text of JSON is an array; one may begin like an array and be none.
fn is_array(json: &Eval) -> Eval {
    Eval::all(vec![matches(json.clone(), r"^\s*\[".to_owned()), Eval::call("json_valid", [json.clone()])])
}
