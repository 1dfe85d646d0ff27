//! Tests of strings: which function says them, and the regular expressions that say what no function does.

use super::{Flow, Lower, Result, refuse};
use crate::ir::{CaseRule, CompareOp, Expr, StringMatch, StringTest, TermRule, Value};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Eval, Operator};

/// What may not stand before a term, or behind it.
const BEFORE: &str = r"(?<![\pL\pN])";
const BEHIND: &str = r"(?![\pL\pN])";

/// A pattern of PCRE that matches a text and nothing else.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        match c {
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            c if r"\.+*?()|[]{}^$".contains(c) => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The guards of a needle: a term's border is asked for at an end that is a letter or digit.
fn guards(test: StringTest, needle: &str) -> (&'static str, &'static str) {
    let alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let start = alphanumeric(needle.chars().next());
    let end = alphanumeric(needle.chars().next_back());
    match test {
        StringTest::HasTerm => (if start { BEFORE } else { "" }, if end { BEHIND } else { "" }),
        StringTest::HasPrefix => (if start { BEFORE } else { "" }, ""),
        StringTest::HasSuffix => ("", if end { BEHIND } else { "" }),
        StringTest::StartsWith => ("^", ""),
        StringTest::EndsWith => ("", r"\z"),
        _ => ("", ""),
    }
}

/// The pattern that finds one of several needles.
pub(super) fn pattern(test: StringTest, case: CaseRule, needles: &[&str]) -> String {
    let mut groups: Vec<((&str, &str), Vec<String>)> = Vec::new();
    for needle in needles {
        let guard = guards(test, needle);
        match groups.iter_mut().find(|(g, _)| *g == guard) {
            Some((_, members)) => members.push(escaped(needle)),
            None => groups.push((guard, vec![escaped(needle)])),
        }
    }
    let several = groups.len() > 1;
    let parts: Vec<String> = groups
        .into_iter()
        .map(|((before, behind), members)| match members.as_slice() {
            [only] => format!("{before}{only}{behind}"),
            all if before.is_empty() && behind.is_empty() && !several => all.join("|"),
            all => format!("{before}(?:{}){behind}", all.join("|")),
        })
        .collect();
    let flag = if case == CaseRule::Sensitive { "" } else { "(?i)" };
    format!("{flag}{}", parts.join("|"))
}

/// The expression that gives the pattern of a needle which is itself a value: [`pattern`] at the time of the search.
pub(super) fn pattern_of(test: StringTest, needle: &Eval) -> Eval {
    let special = Eval::Regex(r"([\\.+*?()|\[\]{}^$])".to_owned());
    let escaped = Eval::call("replace", [needle.clone(), special, Eval::Regex(r"\\\1".to_owned())]);
    let guard = |end: &str, guard: &str| {
        let is_term = Eval::call("match", [needle.clone(), Eval::Regex(end.to_owned())]);
        Eval::call("if", [is_term, Eval::Regex(guard.to_owned()), Eval::text("")])
    };
    let mut parts = Vec::new();
    match test {
        StringTest::HasTerm | StringTest::HasPrefix => parts.push(guard(r"^[\pL\pN]", BEFORE)),
        StringTest::StartsWith | StringTest::Equals => parts.push(Eval::text("^")),
        _ => {}
    }
    parts.push(escaped);
    match test {
        StringTest::HasTerm | StringTest::HasSuffix => parts.push(guard(r"[\pL\pN]\z", BEHIND)),
        StringTest::EndsWith | StringTest::Equals => parts.push(Eval::Regex(r"\z".to_owned())),
        _ => {}
    }
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap_or_else(|| Eval::text(""));
    parts.fold(first, |whole, part| Eval::operation(whole, Operator::Concat, part))
}

/// Whether `like` can say it: neither its wildcards nor what might escape them stand in the needle.
fn fits_like(needle: &str) -> bool {
    !needle.contains(['%', '_', '\\']) && !needle.contains(char::is_control)
}

/// The test of a text for a literal that is not empty, where it holds. Null makes it null.
pub(super) fn positive(test: StringTest, case: CaseRule, text: &Eval, needle: &str) -> Eval {
    let folded = |text: &Eval| if case == CaseRule::Sensitive { text.clone() } else { lowered(text) };
    let needle_folded = if case == CaseRule::Sensitive { needle.to_owned() } else { needle.to_lowercase() };
    match test {
        StringTest::Equals if has_spellings(needle) => matches(text.clone(), whole(case, &[needle])),
        StringTest::Equals => Eval::compare(CompareOp::Equal, folded(text), Eval::text(needle_folded)),
        StringTest::Contains if fits_like(needle) => like(folded(text), format!("%{needle_folded}%")),
        StringTest::StartsWith if fits_like(needle) => like(folded(text), format!("{needle_folded}%")),
        StringTest::EndsWith if fits_like(needle) => like(folded(text), format!("%{needle_folded}")),
        _ => matches(text.clone(), pattern(test, case, &[needle])),
    }
}

/// The pattern of texts that are one of these.
pub(super) fn whole(case: CaseRule, texts: &[&str]) -> String {
    let flag = if case == CaseRule::Sensitive { "" } else { "(?i)" };
    let texts: Vec<String> = texts.iter().map(|text| escaped(text)).collect();
    match texts.as_slice() {
        [text] => format!(r"{flag}^{text}\z"),
        texts => format!(r"{flag}^(?:{})\z", texts.join("|")),
    }
}

/// Whether a text says a number that is mostly written otherwise, as `1.10` or `011`: SPL compares what looks like a number
/// as one. Of whole numbers as they are mostly written, no other spelling is looked for.
pub(super) fn has_spellings(text: &str) -> bool {
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    let looks = number.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok();
    let plain = !text.starts_with('+')
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && (number == "0" || !number.starts_with('0'));
    looks && !plain
}

fn like(text: Eval, pattern: String) -> Eval {
    Eval::call("like", [text, Eval::Text(pattern)])
}

/// `lower(x)`, once.
pub(super) fn lowered(text: &Eval) -> Eval {
    match text {
        Eval::Text(text) => Eval::Text(text.to_lowercase()),
        Eval::Call(name, _) if name == "lower" => text.clone(),
        text => Eval::call("lower", [text.clone()]),
    }
}

/// A search for a pattern.
pub(super) fn matches(text: Eval, pattern: String) -> Eval {
    Eval::call("match", [text, Eval::Regex(pattern)])
}

/// A text that is empty where it is missing.
pub(super) fn or_empty(text: Eval) -> Eval {
    match text {
        Eval::Text(text) => Eval::Text(text),
        text => Eval::call("coalesce", [text, Eval::text("")]),
    }
}

/// True where a text is missing or empty.
pub(super) fn is_empty(text: &Eval) -> Eval {
    match text {
        Eval::Text(text) => Eval::call(if text.is_empty() { "true" } else { "false" }, []),
        text => Eval::any(vec![
            Eval::call("isnull", [text.clone()]),
            Eval::compare(CompareOp::Equal, text.clone(), Eval::text("")),
        ]),
    }
}

/// True where a text is there and not empty.
pub(super) fn is_filled(text: &Eval) -> Eval {
    Eval::compare(CompareOp::NotEqual, text.clone(), Eval::text(""))
}

/// The opposite of a test that is null where `text` is: true there too.
pub(super) fn complement(test: Eval, text: &Eval, filled: bool) -> Eval {
    let opposite = match test {
        Eval::Compare(CompareOp::Equal, left, right) => Eval::Compare(CompareOp::NotEqual, left, right),
        test => Eval::Not(Box::new(test)),
    };
    if filled {
        return opposite;
    }
    Eval::any(vec![Eval::call("isnull", [text.clone()]), opposite])
}

impl Lower<'_> {
    /// A comparison of strings, where it holds or where it does not.
    pub(super) fn string_match(&mut self, flow: &mut Flow, node: &StringMatch, want: bool, span: Span) -> Result<Eval> {
        let want = want != node.negated;
        self.known_rules(node, span)?;
        // A set of texts holds what one of its values holds.
        if let Some(multi) = self.multi_subject(flow, &node.subject)? {
            return self.multi_match(multi, node, want, span);
        }
        let text = self.text(flow, &node.subject)?;
        let filled = self.is_filled(flow, &node.subject);
        match node.needle.as_literal() {
            Some(Value::String(needle)) => {
                self.tell_sigma(node.rules.case, &[needle], span);
                let (text, case) = match node.test {
                    StringTest::Equals => self.compared_text(text, [&**needle], node.rules.case, span),
                    _ => (text, node.rules.case),
                };
                Ok(self.literal_match(node.test, case, &text, needle, want, filled))
            }
            Some(value) if !value.is_null() && !matches!(value, Value::Dynamic(_)) => {
                let needle = self.text(flow, &node.needle)?;
                match needle {
                    Eval::Text(needle) => {
                        Ok(self.literal_match(node.test, node.rules.case, &text, &needle, want, filled))
                    }
                    needle => self.computed_match(node, &text, needle, want, span),
                }
            }
            _ => {
                let needle = self.text(flow, &node.needle)?;
                self.computed_match(node, &text, needle, want, span)
            }
        }
    }

    /// Tells that `lower` makes two letters of one, where KQL compares letter by letter.
    pub(super) fn tell_sigma<T: AsRef<str>>(&mut self, case: CaseRule, needles: &[T], span: Span) {
        if case != CaseRule::Sensitive
            && needles.iter().any(|needle| crate::target::written::has_sigma(needle.as_ref()))
        {
            self.lose(LossKind::Case, span, crate::target::written::SIGMA);
        }
    }

    fn known_rules(&self, node: &StringMatch, span: Span) -> Result<()> {
        let known = node.rules.terms == TermRule::KqlAlphanumeric
            && matches!(node.rules.nulls, crate::ir::NullRule::KqlEquality | crate::ir::NullRule::KqlMatch);
        if known {
            return Ok(());
        }
        refuse(LossKind::UnsupportedExpression, span, "this comparison goes by rules of another language than KQL")
    }

    /// The test of a text for a literal.
    pub(super) fn literal_match(
        &mut self,
        test: StringTest,
        case: CaseRule,
        text: &Eval,
        needle: &str,
        want: bool,
        filled: bool,
    ) -> Eval {
        if needle.is_empty() {
            return match (test, want) {
                (StringTest::Equals, true) if filled => Eval::call("false", []),
                (StringTest::Equals, true) => is_empty(text),
                (StringTest::Equals, false) => is_filled(text),
                // Every string holds, begins and ends with the empty one.
                (_, want) => Eval::call(if want { "true" } else { "false" }, []),
            };
        }
        let positive = if matches!(test, StringTest::Wildcard) {
            let parts: Vec<String> = needle.split('*').map(escaped).collect();
            let flag = if case == CaseRule::Sensitive { "(?s)" } else { "(?is)" };
            matches(text.clone(), format!("{flag}^{}\\z", parts.join(".*")))
        } else {
            positive(test, case, text, needle)
        };
        if want { positive } else { complement(positive, text, filled) }
    }

    /// The test of a text for one that is computed.
    fn computed_match(
        &mut self,
        node: &StringMatch,
        text: &Eval,
        needle: Eval,
        want: bool,
        span: Span,
    ) -> Result<Eval> {
        let folded = |text: Eval| {
            if node.rules.case == CaseRule::Sensitive { text } else { lowered(&text) }
        };
        let (text, needle) = (folded(or_empty(text.clone())), folded(or_empty(needle)));
        let length = |text: &Eval| Eval::call("len", [text.clone()]);
        let test = match node.test {
            StringTest::Equals => {
                let op = if want { CompareOp::Equal } else { CompareOp::NotEqual };
                return Ok(Eval::compare(op, text, needle));
            }
            // Split by the needle, a text that holds it falls into several parts.
            StringTest::Contains => {
                let parts = Eval::call("mvcount", [Eval::call("split", [text, needle.clone()])]);
                let several = Eval::compare(CompareOp::Greater, parts, Eval::integer(1));
                Eval::any(vec![Eval::compare(CompareOp::Equal, needle, Eval::text("")), several])
            }
            StringTest::StartsWith => {
                Eval::compare(CompareOp::Equal, Eval::call("substr", [text, Eval::integer(1), length(&needle)]), needle)
            }
            StringTest::EndsWith => {
                let start = Eval::operation(
                    Eval::operation(length(&text), Operator::Subtract, length(&needle)),
                    Operator::Add,
                    Eval::integer(1),
                );
                let enough = Eval::compare(CompareOp::GreaterOrEqual, length(&text), length(&needle));
                let end = Eval::compare(CompareOp::Equal, Eval::call("substr", [text, start]), needle);
                Eval::all(vec![enough, end])
            }
            StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix => {
                Eval::call("match", [text, pattern_of(node.test, &needle)])
            }
            StringTest::Wildcard | StringTest::Glob => {
                return refuse(LossKind::UnsupportedExpression, span, "a pattern with wildcards has to be written out");
            }
        };
        Ok(if want { test } else { Eval::Not(Box::new(test)) })
    }

    fn multi_match(&mut self, multi: Eval, node: &StringMatch, want: bool, span: Span) -> Result<Eval> {
        let Some(needle) = node.needle.as_literal().and_then(Value::as_str) else {
            return refuse(
                LossKind::UnsupportedExpression,
                span,
                "an array can only be searched for a text that is written out",
            );
        };
        let plain = needle.chars().all(|c| !"\"\\,[]".contains(c));
        let test = match node.test {
            StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix | StringTest::Contains if plain => {
                node.test
            }
            _ => {
                return refuse(
                    LossKind::UnsupportedExpression,
                    span,
                    "the text of a whole array cannot be compared; search its values with `has` or `contains`",
                );
            }
        };
        let find = Eval::call("mvfind", [multi, Eval::Regex(pattern(test, node.rules.case, &[needle]))]);
        Ok(Eval::call(if want { "isnotnull" } else { "isnull" }, [find]))
    }

    /// Whether a column is known to be neither null nor empty.
    pub(super) fn is_filled(&self, flow: &Flow, expr: &Expr) -> bool {
        expr.as_column().and_then(|id| flow.slots.get(&id)).is_some_and(|slot| slot.filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_guarded_only_where_its_end_is_one() {
        let one = |needle| pattern(StringTest::HasTerm, CaseRule::AsciiInsensitive, &[needle]);
        assert_eq!(one("admin"), r"(?i)(?<![\pL\pN])admin(?![\pL\pN])");
        assert_eq!(one(r"\aaaa\"), r"(?i)\\aaaa\\");
        assert_eq!(one("a 1.7z "), r"(?i)(?<![\pL\pN])a 1\.7z ");
    }

    #[test]
    fn needles_with_the_same_guards_share_them() {
        let all = pattern(StringTest::HasTerm, CaseRule::AsciiInsensitive, &["a", "-b", "c"]);
        assert_eq!(all, r"(?i)(?<![\pL\pN])(?:a|c)(?![\pL\pN])|-b(?![\pL\pN])");
        assert_eq!(pattern(StringTest::Contains, CaseRule::Sensitive, &["a|b", "c"]), r"a\|b|c");
    }

    #[test]
    fn like_is_left_to_needles_without_its_wildcards() {
        let text = Eval::field("f");
        let plain = positive(StringTest::EndsWith, CaseRule::AsciiInsensitive, &text, ".EXE");
        assert_eq!(plain, Eval::call("like", [Eval::call("lower", [text.clone()]), Eval::text("%.exe")]));
        let hostile = positive(StringTest::Contains, CaseRule::Sensitive, &text, "50%_off");
        assert_eq!(hostile, Eval::call("match", [text, Eval::Regex("50%_off".into())]));
    }
}
