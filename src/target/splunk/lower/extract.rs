//! Parts of texts: groups of regular expressions, and slots of JSON.

use super::rewrite::{literal_text, written_out};
use super::{Flow, Lower, Repr, Result, Val, refuse};
use crate::ir::{Expr, Value};
use crate::target::LossKind;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::tree::{Command, Eval, Operator};
use crate::types::Type;

/// The most characters that the name of a group has in PCRE.
const LONGEST_GROUP: usize = 32;

impl Lower<'_> {
    pub(super) fn extract_json(&mut self, flow: &mut Flow, arguments: &[Expr], expr: &Expr) -> Result<Val> {
        let [path, subject, ..] = arguments else { return written_out(expr) };
        let Some(path) = literal_text(path).and_then(json_path) else { return written_out(path) };
        let val = self.value(flow, subject)?;
        let json = self.to_json(val, subject.span)?;
        let value = Val::new(super::object_text(json, &path), Repr::Json);
        Ok(match expr.ty.ty {
            Type::Int | Type::Long | Type::Real | Type::Decimal => {
                Val::new(self.to_number(value, expr.span)?, Repr::Number)
            }
            Type::String => Val::new(value.expr, Repr::Text),
            _ => value,
        })
    }

    /// A group of a pattern: a `rex` stage before whatever needs it.
    pub(super) fn extract(&mut self, flow: &mut Flow, arguments: &[Expr], expr: &Expr) -> Result<Val> {
        let [pattern, group, subject, ..] = arguments else { return written_out(expr) };
        let Some(group) = group.as_literal().and_then(Value::as_integer).and_then(|n| usize::try_from(n).ok()) else {
            return written_out(group);
        };
        let hint = self.hint.take();
        let Some(source) = literal_text(pattern) else {
            // A pattern that is computed cannot name a group; what stands around the match is taken off instead.
            self.lose(
                LossKind::RegexDialect,
                pattern.span,
                "the pattern is computed; what PCRE reads otherwise in it cannot be told",
            );
            let pattern = super::text::or_empty(self.text(flow, pattern)?);
            let text = super::text::or_empty(self.text(flow, subject)?);
            let (open, back) =
                if group == 0 { ("(?s)^.*?(", "\\1".to_owned()) } else { ("(?s)^.*?(?:", format!("\\{group}")) };
            let whole = Eval::operation(
                Eval::operation(Eval::text(open), Operator::Concat, pattern.clone()),
                Operator::Concat,
                Eval::text(").*$"),
            );
            let found = Eval::call("match", [text.clone(), pattern]);
            let part = Eval::call("replace", [text, whole, Eval::Regex(back)]);
            let value = Val::new(Eval::call("if", [found, part, Eval::call("null", [])]), Repr::Text);
            return match expr.ty.ty {
                Type::Int | Type::Long | Type::Real | Type::Decimal => {
                    Ok(Val::new(self.to_number(value, expr.span)?, Repr::Number))
                }
                _ => Ok(value),
            };
        };
        let text = self.text(flow, subject)?;
        let field = self.in_field(flow, text, "subject");
        let name = match hint.filter(|name| self.is_free_group(flow, name)) {
            Some(name) => name,
            None => self.helper("extracted"),
        };
        let pcre = self.pcre(source, pattern.span);
        let Some(named) = named_group(&pcre, group, &name) else {
            return refuse(LossKind::UnsupportedFunction, pattern.span, format!("the pattern has no group {group}"));
        };
        flow.push(Command::Rex { field, pattern: named, all: false });
        let value = Val::new(Eval::Field(name), Repr::Text);
        Ok(match expr.ty.ty {
            Type::Int | Type::Long | Type::Real | Type::Decimal => {
                Val::new(self.to_number(value, expr.span)?, Repr::Number)
            }
            Type::String => value,
            Type::DateTime => Val::new(self.to_time(value, expr.span)?, Repr::Time),
            _ => {
                return refuse(LossKind::UnsupportedFunction, expr.span, "a group can be text, a number or an instant");
            }
        })
    }

    /// Whether `rex` can give a field of that name and nothing else: a group is a word of at most 32 characters
    /// (<https://www.pcre.org/original/doc/html/pcrepattern.html#SEC16>), and a field that an event has by itself keeps its
    /// value where nothing matches.
    pub(super) fn can_name_group(&self, name: &str) -> bool {
        name.len() <= LONGEST_GROUP
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && !self.is_time_name(name)
            && !self.data.may_be_there(name, self.options.fields)
    }

    /// Whether a group may bear a name: `rex` leaves a field as it is where nothing matches.
    fn is_free_group(&self, flow: &Flow, name: &str) -> bool {
        let of_table =
            |info: &crate::ir::ColumnInfo| *info.name == *name && !matches!(info.origin, crate::ir::Origin::Computed);
        self.can_name_group(name)
            && !name.starts_with('_')
            && *name != *self.data.target.native_table
            && !flow.slots.values().any(|slot| slot.val.expr.reads(name))
            && !self.query.columns.iter().any(|(_, info)| of_table(info))
            && !flow
                .commands
                .iter()
                .any(|c| matches!(c, Command::Rex { pattern, .. } if pattern.contains(&format!("(?<{name}>"))))
    }
}

/// The pattern with its group of that number named; group 0 is the whole match.
pub(super) fn named_group(pattern: &str, group: usize, name: &str) -> Option<String> {
    if group == 0 {
        return Some(format!("(?<{name}>{pattern})"));
    }
    let bytes = pattern.as_bytes();
    let (mut at, mut count, mut in_class) = (0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' if !in_class => in_class = true,
            b']' => in_class = false,
            b'(' if !in_class => {
                let rest = &pattern[at + 1..];
                let old_name = ["?P<", "?<"].iter().find_map(|open| {
                    rest.strip_prefix(open).filter(|r| !r.starts_with(['=', '!'])).map(|r| (open.len(), r))
                });
                let captures = !rest.starts_with('?') || old_name.is_some();
                if captures {
                    count += 1;
                    if count == group {
                        let behind = match old_name {
                            Some((open, inner)) => at + 1 + open + inner.find('>')? + 1,
                            None => at + 1,
                        };
                        return Some(format!("{}(?<{name}>{}", &pattern[..at], &pattern[behind..]));
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The path of `json_extract` for a `JSONPath` of names and positions.
pub(super) fn json_path(path: &str) -> Option<String> {
    let mut rest = path.strip_prefix('$')?;
    let mut out = String::new();
    while !rest.is_empty() {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                return None;
            }
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&name[..end]);
            rest = &name[end..];
        } else {
            let inside = rest.strip_prefix('[')?;
            let (key, behind) = inside.split_once(']')?;
            if key.bytes().all(|b| b.is_ascii_digit()) && !key.is_empty() {
                out.extend(["{", key, "}"]);
            } else {
                let name = ['\'', '"'].iter().find_map(|q| key.strip_prefix(*q)?.strip_suffix(*q))?;
                if name.contains(['.', '{', '}']) {
                    return None;
                }
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            rest = behind;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_past_what_does_not_capture() {
        let name = |pattern, group| named_group(pattern, group, "x");
        assert_eq!(name(r"a(?:b)(c)", 1).as_deref(), Some(r"a(?:b)(?<x>c)"));
        assert_eq!(name(r"\((a)[(](b)", 2).as_deref(), Some(r"\((a)[(](?<x>b)"));
        assert_eq!(name(r"(?P<user>\w+)@(.*)", 1).as_deref(), Some(r"(?<x>\w+)@(.*)"));
        assert_eq!(name("a+", 0).as_deref(), Some("(?<x>a+)"));
        assert_eq!(name("(?<!a)b", 1), None);
    }

    #[test]
    fn json_paths_become_those_of_json_extract() {
        assert_eq!(json_path("$.a.b[0].c").as_deref(), Some("a.b{0}.c"));
        assert_eq!(json_path("$['a b']").as_deref(), Some("a b"));
        assert_eq!(json_path("$..a"), None);
        assert_eq!(json_path("$['a.b']"), None);
    }
}
