//! How a text is written that KQL reads as a value of another type: `toint`, `todouble`, `tobool` and `toguid` of a string,
//! which give null for any other (<https://learn.microsoft.com/kusto/query/toint-function> and its like).
//!
//! The patterns are for the whole of a text, and hold nothing but what all dialects of regular expressions have in common.

use crate::ir::Value;
use crate::literal::format_guid;
use crate::types::Type;

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
}
