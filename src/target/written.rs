//! How a text is written that KQL reads as a value of another type: `toint`, `todouble`, `tobool` and `toguid` of a string,
//! which give null for any other (<https://learn.microsoft.com/kusto/query/toint-function> and its like).
//!
//! The patterns are for the whole of a text, and hold nothing but what all dialects of regular expressions have in common.

use std::cmp::Ordering;

use crate::ir::{CompareOp, Expr, ExprKind, Value};
use crate::literal::format_guid;
use crate::types::Type;

/// What is told where [`has_sigma`] holds.
pub(super) const SIGMA: &str =
    "the last sigma of a word is another letter in lower case, so that one in the other form is not found";

/// Whether a text has a letter whose lower case goes by its place in the word
/// (<https://www.unicode.org/Public/UCD/latest/ucd/SpecialCasing.txt>, `Final_Sigma`).
pub(super) fn has_sigma(text: &str) -> bool {
    text.contains(['\u{3a3}', '\u{3c2}', '\u{3c3}'])
}

/// Whole numbers, with blanks round them.
pub(super) const WHOLE: &str = " *[-+]?[0-9]+ *";
/// Numbers, with blanks round them.
const REAL: &str = " *[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)? *";

/// A pattern of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The pattern.
    pub(super) pattern: String,
    /// Whether case does not matter.
    pub(super) insensitive: bool,
    /// Whether there are other ways to write it.
    pub(super) partial: bool,
}

/// The texts that are read as a number of a type; nothing for other types.
pub(super) const fn number(ty: Type) -> Option<&'static str> {
    match ty {
        Type::Int | Type::Long => Some(WHOLE),
        Type::Real | Type::Decimal => Some(REAL),
        _ => None,
    }
}

/// The texts that are read as a value, where they are read as a type.
pub(super) fn value(value: &Value, ty: Type) -> Option<Written> {
    let written = |pattern, insensitive, partial| Some(Written { pattern, insensitive, partial });
    match (ty, value) {
        (Type::Bool, Value::Bool(true)) => written(" *(true|[-+]?0*[1-9][0-9]*) *".to_owned(), true, false),
        (Type::Bool, Value::Bool(false)) => written(" *(false|[-+]?0+) *".to_owned(), true, false),
        // What follows does not matter.
        (Type::Guid, Value::Guid(guid)) => {
            written(format!(" *[{{]?{}.*", format_guid(*guid).replace('-', "-?")), true, false)
        }
        (Type::Int | Type::Long, value) => written(digits(&value.as_integer()?.to_string(), ""), false, false),
        (Type::Real | Type::Decimal, value) => {
            let text = match value {
                Value::Real(number) if number.is_finite() => number.to_string(),
                Value::Decimal(number) => number.to_f64().to_string(),
                value => value.as_integer()?.to_string(),
            };
            let pattern = match text.split_once('.') {
                Some((whole, fraction)) => digits(whole, &format!("[.]{fraction}0*")),
                None => digits(&text, "([.]0*)?"),
            };
            // An exponent may stand behind other digits.
            written(pattern, false, true)
        }
        _ => None,
    }
}

/// The truth value that an expression makes a number of: 1 of true, 0 of false.
pub(super) fn of_truth(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Cast(node) if expr.ty.ty.is_numeric() => {
            if node.operand.ty.ty == Type::Bool {
                Some(&node.operand)
            } else {
                of_truth(&node.operand)
            }
        }
        _ => None,
    }
}

/// The truth values that compare so with a number once they are numbers; nothing where it is no number.
pub(super) fn truths(op: CompareOp, with: &Value) -> Option<Vec<bool>> {
    let holds = |order: Ordering| match op {
        CompareOp::Equal => order.is_eq(),
        CompareOp::NotEqual => order.is_ne(),
        CompareOp::Less => order.is_lt(),
        CompareOp::LessOrEqual => order.is_le(),
        CompareOp::Greater => order.is_gt(),
        CompareOp::GreaterOrEqual => order.is_ge(),
    };
    let order = |truth: bool| match with {
        Value::Real(number) => f64::from(u8::from(truth)).partial_cmp(number),
        value => Some(i64::from(truth).cmp(&value.as_integer()?)),
    };
    let (yes, no) = (order(true)?, order(false)?);
    Some([(true, yes), (false, no)].into_iter().filter(|(_, order)| holds(*order)).map(|(truth, _)| truth).collect())
}

/// The digits of a number with what may stand before them.
fn digits(number: &str, behind: &str) -> String {
    match number.strip_prefix('-') {
        Some(number) => format!(" *-0*{number}{behind} *"),
        // Nothing is left of a zero but zeros, and it may have any sign.
        None if number == "0" => format!(" *[-+]?0+{behind} *"),
        None => format!(" *[+]?0*{number}{behind} *"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(of: &Value, ty: Type, text: &str) -> bool {
        let written = value(of, ty).unwrap();
        let flag = if written.insensitive { "(?i)" } else { "" };
        regex::Regex::new(&format!("{flag}^(?:{})$", written.pattern)).unwrap().is_match(text)
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        for (of, ty, texts, others) in [
            (Value::Long(2), Type::Long, vec!["2", " 2 ", "+02"], vec!["", "-2", "2.0", "20", "x2"]),
            (Value::Long(-2), Type::Int, vec!["-2", "-02"], vec!["2", "+2"]),
            (Value::Long(0), Type::Long, vec!["0", "-0", "00"], vec!["", "10"]),
            (Value::Real(2.5), Type::Real, vec!["2.5", "+2.50 "], vec!["2", "25", "2x5"]),
            (Value::Long(2), Type::Real, vec!["2", "2.0", "2."], vec!["2.1", "-2"]),
            (Value::Bool(true), Type::Bool, vec!["TRUE", "1", "-3 "], vec!["0", "", "yes"]),
            (Value::Bool(false), Type::Bool, vec!["False", "0"], vec!["1", ""]),
        ] {
            for text in texts {
                assert!(matches(&of, ty, text), "{of} as {ty}: {text:?}");
            }
            for text in others {
                assert!(!matches(&of, ty, text), "{of} as {ty}: {text:?}");
            }
        }
        let guid = Value::Guid(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        for text in [
            "0123456789ABCDEF0123456789ABCDEF",
            "{01234567-89ab-cdef-0123-456789abcdef}",
            "01234567-89ab-cdef-0123-456789abcdefx",
        ] {
            assert!(matches(&guid, Type::Guid, text), "{text}");
        }
        assert_eq!(value(&Value::Bool(true), Type::Long), None);
    }

    #[test]
    fn truth_values_are_one_and_nought() {
        for (op, with, found) in [
            (CompareOp::Equal, Value::Long(1), vec![true]),
            (CompareOp::Greater, Value::Long(3), vec![]),
            (CompareOp::LessOrEqual, Value::Long(3), vec![true, false]),
            (CompareOp::Less, Value::Real(0.5), vec![false]),
        ] {
            assert_eq!(truths(op, &with), Some(found), "{op:?} {with}");
        }
        assert_eq!(truths(CompareOp::Equal, &Value::string("1")), None);
    }
}
