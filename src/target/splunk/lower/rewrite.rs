//! The rewrites that `functions.yaml` names: what changes structure or depends on the values of arguments.

use super::text::{escaped, matches};
use super::value::{joined_text, seconds};
use super::{Flow, Lower, Repr, Result, Val, refuse};
use crate::functions::FunctionId;
use crate::ir::{Access, Expr, ExprKind, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_SECOND};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::splunk::rows::Rewrite;
use crate::target::splunk::tree::{Command, Eval, Operator};
use crate::types::Type;

/// Seconds from year 1 to 1970: KQL counts bins from there.
const FROM_YEAR_ONE: &str = "62135596800";

/// Units of a length that never changes, in seconds, with where their first begins after 1970.
const UNITS: &[(&str, i64, i64)] = &[
    ("second", 1, 0),
    ("minute", 60, 0),
    ("hour", 3600, 0),
    ("day", 86_400, 0),
    // Weeks begin on Sunday; 1970 began on a Thursday.
    ("week", 604_800, 345_600),
];

/// What the tokens of `format_datetime` are in `strftime`.
const TOKENS: &[(&str, &str)] = &[
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("hh", "%I"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("fffffff", "%7N"),
    ("ffffff", "%6N"),
    ("fff", "%3N"),
    ("tt", "%p"),
];

fn literal_text(expr: &Expr) -> Option<&str> {
    expr.as_literal().and_then(Value::as_str)
}

fn written_out<T>(expr: &Expr) -> Result<T> {
    refuse(LossKind::UnsupportedFunction, expr.span, "this argument has to be written out to be said in SPL")
}

impl Lower<'_> {
    /// The value of a call by a rewrite.
    pub(super) fn rewrite(
        &mut self,
        flow: &mut Flow,
        rewrite: Rewrite,
        function: FunctionId,
        arguments: &[Expr],
        expr: &Expr,
    ) -> Result<Val> {
        let span = expr.span;
        let Some(first) = arguments.first() else {
            return match rewrite {
                Rewrite::Pack | Rewrite::PackArray => {
                    Ok(Val::new(Eval::text(if rewrite == Rewrite::Pack { "{}" } else { "[]" }), Repr::Json))
                }
                _ => refuse(LossKind::UnsupportedFunction, span, "the call has no arguments"),
            };
        };
        match rewrite {
            Rewrite::Concat => {
                let parts = self.texts(flow, arguments)?;
                Ok(Val::new(concatenated(parts), Repr::Text))
            }
            Rewrite::ConcatDelimited => {
                let delimiter = self.text(flow, first)?;
                let mut parts = Vec::new();
                for part in self.texts(flow, &arguments[1..])? {
                    if !parts.is_empty() {
                        parts.push(delimiter.clone());
                    }
                    parts.push(part);
                }
                Ok(Val::new(concatenated(parts), Repr::Text))
            }
            Rewrite::ParseJson => {
                let val = self.value(flow, first)?;
                let repr = match val.repr {
                    Repr::Text | Repr::Any => Repr::Json,
                    repr => repr,
                };
                Ok(Val::new(val.expr, repr))
            }
            Rewrite::ExtractJson => self.extract_json(flow, arguments, expr),
            Rewrite::Extract => self.extract(flow, arguments, expr),
            Rewrite::Bin => self.bin(flow, arguments, expr),
            Rewrite::DatetimeDiff => self.datetime_diff(flow, arguments, span),
            Rewrite::DatetimeAdd => self.datetime_add(flow, arguments, span),
            Rewrite::FormatDatetime => {
                let Some(format) = arguments.get(1).and_then(literal_text) else { return written_out(expr) };
                let Some(format) = strftime(format) else {
                    return refuse(
                        LossKind::UnsupportedFunction,
                        arguments[1].span,
                        "strftime has no numbers without a leading zero; write `dd`, `MM`, `HH`…",
                    );
                };
                let val = self.value(flow, first)?;
                let time = self.to_time(val, first.span)?;
                Ok(Val::new(Eval::call("strftime", [time, Eval::Text(format)]), Repr::Text))
            }
            Rewrite::Substring => self.substring(flow, arguments),
            Rewrite::ReplaceRegex => {
                let (subject, pattern, by) = match (function.name(), arguments) {
                    ("replace", [pattern, by, subject]) | (_, [subject, pattern, by]) => (subject, pattern, by),
                    _ => return written_out(expr),
                };
                let (Some(source), Some(by)) = (literal_text(pattern), literal_text(by)) else {
                    return written_out(pattern);
                };
                let pattern = self.pcre(source, pattern.span);
                let text = self.text(flow, subject)?;
                Ok(Val::new(
                    Eval::call("replace", [text, Eval::Regex(pattern), Eval::Regex(by.to_owned())]),
                    Repr::Text,
                ))
            }
            Rewrite::ReplaceString => {
                let [subject, what, by] = arguments else { return written_out(expr) };
                let (Some(what_text), Some(by)) = (literal_text(what), literal_text(by)) else {
                    return written_out(what);
                };
                let text = self.text(flow, subject)?;
                if what_text.is_empty() {
                    return Ok(Val::new(text, Repr::Text));
                }
                let (what, by) = (Eval::Regex(escaped(what_text)), Eval::Regex(by.replace('\\', "\\\\")));
                Ok(Val::new(Eval::call("replace", [text, what, by]), Repr::Text))
            }
            Rewrite::Trim => {
                let [pattern, subject] = arguments else { return written_out(expr) };
                let Some(source) = literal_text(pattern) else { return written_out(pattern) };
                let pattern = self.pcre(source, pattern.span);
                let (start, end) = (format!("^(?:{pattern})+"), format!("(?:{pattern})+\\z"));
                let pattern = match function.name() {
                    "trim_start" => start,
                    "trim_end" => end,
                    _ => format!("{start}|{end}"),
                };
                let text = self.text(flow, subject)?;
                Ok(Val::new(Eval::call("replace", [text, Eval::Regex(pattern), Eval::text("")]), Repr::Text))
            }
            Rewrite::Split => {
                let text = self.text(flow, first)?;
                let Some(delimiter) = arguments.get(1) else { return written_out(expr) };
                let delimiter = self.text(flow, delimiter)?;
                let parts = Eval::call("split", [text, delimiter]);
                let parts = match arguments.get(2) {
                    Some(index) => Eval::call("mvindex", [parts, self.number(flow, index)?]),
                    None => parts,
                };
                Ok(Val::new(parts, Repr::Multi))
            }
            Rewrite::Pack => {
                let mut inside = Vec::with_capacity(arguments.len());
                for (at, argument) in arguments.iter().enumerate() {
                    inside.push(if at % 2 == 0 {
                        self.text(flow, argument)?
                    } else {
                        let val = self.value(flow, argument)?;
                        self.to_json(val, argument.span)?
                    });
                }
                Ok(Val::new(Eval::call("json_object", inside), Repr::Json))
            }
            Rewrite::PackAll => self.value(flow, first),
            Rewrite::PackArray => {
                let mut inside = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    let val = self.value(flow, argument)?;
                    inside.push(self.to_json(val, argument.span)?);
                }
                Ok(Val::new(Eval::call("json_array", inside), Repr::Json))
            }
            Rewrite::Coalesce => {
                let text = expr.ty.ty == Type::String;
                let mut inside = Vec::with_capacity(arguments.len());
                for (at, argument) in arguments.iter().enumerate() {
                    let value = if text {
                        let value = self.text(flow, argument)?;
                        let last = at + 1 == arguments.len() || matches!(value, Eval::Text(_));
                        // The empty string counts as nothing to KQL, and as a value to coalesce().
                        if last || self.is_filled(flow, argument) {
                            value
                        } else {
                            Eval::call("nullif", [value, Eval::text("")])
                        }
                    } else {
                        let val = self.value(flow, argument)?;
                        match super::call::represented(expr.ty.ty) {
                            Repr::Time => self.to_time(val, argument.span)?,
                            Repr::Number | Repr::Span => self.to_number(val, argument.span)?,
                            _ => self.whole_value(&val),
                        }
                    };
                    inside.push(value);
                }
                Ok(Val::new(Eval::call("coalesce", inside), super::call::represented(expr.ty.ty)))
            }
            Rewrite::Column => {
                let Some(name) = literal_text(first) else { return written_out(first) };
                self.lose(
                    LossKind::UnresolvedName,
                    first.span,
                    format!("whether there is a column `{name}` is not known; where the field is missing, the default counts"),
                );
                let field = Eval::Field(super::clean(name));
                let Some(default) = arguments.get(1) else { return written_out(expr) };
                let default = self.value(flow, default)?;
                let repr = super::call::represented(expr.ty.ty);
                Ok(Val::new(Eval::call("coalesce", [field, default.expr]), repr))
            }
            Rewrite::GeoInfo | Rewrite::ParseUrl => refuse(
                LossKind::UnsupportedFunction,
                span,
                format!(
                    "all that `{}` gives at once cannot be said; take its parts, such as `.{}`",
                    function.name(),
                    if rewrite == Rewrite::GeoInfo { "country" } else { "Host" }
                ),
            ),
            Rewrite::InAnyRange | Rewrite::HasIpv4 | Rewrite::Contains => refuse(
                LossKind::UnsupportedFunction,
                span,
                format!("`{}` cannot be said with these arguments", function.name()),
            ),
        }
    }

    /// Where a call by a rewrite is true, or where it is false.
    pub(super) fn rewrite_condition(
        &mut self,
        flow: &mut Flow,
        rewrite: Rewrite,
        function: FunctionId,
        arguments: &[Expr],
        want: bool,
        expr: &Expr,
    ) -> Result<Option<Eval>> {
        let Some((first, rest)) = arguments.split_first() else { return Ok(None) };
        let literals = || -> Option<Vec<String>> {
            let mut all = Vec::new();
            for argument in rest {
                let value = argument.as_literal()?;
                match value.elements() {
                    Some(elements) => {
                        all.extend(elements.iter().map(|e| e.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?)
                    }
                    None => all.push(value.as_str()?.to_owned()),
                }
            }
            Some(all)
        };
        match rewrite {
            Rewrite::InAnyRange => {
                let Some(ranges) = literals() else { return written_out(rest.first().unwrap_or(first)) };
                let address = self.text(flow, first)?;
                let tests: Vec<Eval> =
                    ranges.iter().map(|range| Eval::call("cidrmatch", [Eval::text(range), address.clone()])).collect();
                if want {
                    return Ok(Some(Eval::any(tests)));
                }
                let mut all = vec![if function.name().starts_with("ipv4") {
                    matches(address, r"^\d{1,3}(?:\.\d{1,3}){3}$".to_owned())
                } else {
                    super::text::is_filled(&address)
                }];
                all.extend(tests.into_iter().map(|test| Eval::Not(Box::new(test))));
                Ok(Some(Eval::all(all)))
            }
            Rewrite::HasIpv4 => {
                let Some(needles) = literals() else { return written_out(rest.first().unwrap_or(first)) };
                let text = self.text(flow, first)?;
                let end = if function.name().ends_with("prefix") { "" } else { r"(?![0-9A-Za-z])" };
                let needles: Vec<String> = needles.iter().map(|needle| escaped(needle)).collect();
                let pattern = format!("(?<![0-9A-Za-z])(?:{}){end}", needles.join("|"));
                let test = matches(text.clone(), pattern);
                let filled = self.is_filled(flow, first);
                Ok(Some(if want { test } else { super::text::complement(test, &text, filled) }))
            }
            Rewrite::Contains => {
                let Some(needle) = rest.first().and_then(Expr::as_literal) else { return written_out(expr) };
                let needle = match needle {
                    Value::String(text) => text.to_string(),
                    value => match value.as_integer() {
                        Some(number) => number.to_string(),
                        None => return written_out(expr),
                    },
                };
                let val = self.value(flow, first)?;
                let multi = self.to_multi(val, first.span)?;
                let find = Eval::call("mvfind", [multi, Eval::Regex(format!("^{}\\z", escaped(&needle)))]);
                Ok(Some(Eval::call(if want { "isnotnull" } else { "isnull" }, [find])))
            }
            _ => Ok(None),
        }
    }

    /// Values inside what a function gives that has no value of its own here.
    pub(super) fn special_access(&mut self, flow: &mut Flow, node: &Access, span: Span) -> Result<Option<Val>> {
        let ExprKind::Call(function, arguments) = &node.base.kind else { return Ok(None) };
        let (Some(argument), Some(key)) = (arguments.first(), node.path.first().and_then(literal_text)) else {
            return Ok(None);
        };
        match function.name() {
            "geo_info_from_ip_address" => {
                let (field, repr) = match key {
                    "country" => ("Country", Repr::Text),
                    "state" => ("Region", Repr::Text),
                    "city" => ("City", Repr::Text),
                    "latitude" => ("lat", Repr::Number),
                    "longitude" => ("lon", Repr::Number),
                    _ => return Ok(None),
                };
                let address = self.text(flow, argument)?;
                let address = self.in_field(flow, address, "geo_address");
                let known = flow.commands.iter().find_map(|command| match command {
                    Command::IpLocation { prefix, field } if *field == address => Some(prefix.clone()),
                    _ => None,
                });
                let prefix = match known {
                    Some(prefix) => prefix,
                    None => {
                        let prefix = format!("{}_", self.helper("geo"));
                        flow.push(Command::IpLocation { prefix: prefix.clone(), field: address });
                        prefix
                    }
                };
                self.lose(
                    LossKind::Lookup,
                    span,
                    "places of addresses come from the database of `iplocation`, not from Microsoft's",
                );
                Ok(Some(Val::new(Eval::Field(format!("{prefix}{field}")), repr)))
            }
            "parse_url" => {
                let pattern = match key {
                    "Scheme" => r"(?s)^([^:/?#]+)://.*$",
                    "Host" => r"(?s)^[^:/?#]+://(?:[^/?#@]*@)?([^/?#:]+).*$",
                    "Path" => r"(?s)^[^:/?#]+://[^/?#]*([^?#]*).*$",
                    _ => return Ok(None),
                };
                let text = self.text(flow, argument)?;
                let pattern = Eval::Regex(pattern.to_owned());
                let found = Eval::call("match", [text.clone(), pattern.clone()]);
                let part = Eval::call("replace", [text, pattern, Eval::Regex(r"\1".to_owned())]);
                Ok(Some(Val::new(Eval::call("if", [found, part, Eval::text("")]), Repr::Text)))
            }
            _ => Ok(None),
        }
    }

    /// The texts of arguments, each empty where it is missing.
    fn texts(&mut self, flow: &mut Flow, arguments: &[Expr]) -> Result<Vec<Eval>> {
        let mut parts = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let text = self.text(flow, argument)?;
            parts.push(joined_text(text, self.is_filled(flow, argument)));
        }
        Ok(parts)
    }

    fn extract_json(&mut self, flow: &mut Flow, arguments: &[Expr], expr: &Expr) -> Result<Val> {
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
    fn extract(&mut self, flow: &mut Flow, arguments: &[Expr], expr: &Expr) -> Result<Val> {
        let [pattern, group, subject, ..] = arguments else { return written_out(expr) };
        let Some(source) = literal_text(pattern) else { return written_out(pattern) };
        let Some(group) = group.as_literal().and_then(Value::as_integer).and_then(|n| usize::try_from(n).ok()) else {
            return written_out(group);
        };
        let hint = self.hint.take();
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
        flow.push(Command::Rex { field, pattern: named });
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

    /// Whether a group may bear a name: `rex` takes words alone, and leaves a field as it is where nothing matches.
    fn is_free_group(&self, flow: &Flow, name: &str) -> bool {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit() || c == '_');
        let of_table =
            |info: &crate::ir::ColumnInfo| *info.name == *name && !matches!(info.origin, crate::ir::Origin::Computed);
        plain
            && !self.is_time_name(name)
            && !flow.slots.values().any(|slot| slot.val.expr.reads(name))
            && !self.query.columns.iter().any(|(_, info)| of_table(info))
            && !flow
                .commands
                .iter()
                .any(|c| matches!(c, Command::Rex { pattern, .. } if pattern.contains(&format!("(?<{name}>"))))
    }

    fn bin(&mut self, flow: &mut Flow, arguments: &[Expr], expr: &Expr) -> Result<Val> {
        let [value, size] = arguments else {
            let val = self.value(flow, &arguments[0])?;
            let repr = super::call::represented(expr.ty.ty);
            return Ok(Val::new(Eval::call("floor", [self.to_number(val, expr.span)?]), repr));
        };
        let val = self.value(flow, value)?;
        let is_time = value.ty.ty == Type::DateTime || val.repr == Repr::Time;
        let whole = value.ty.ty.is_integer() && size.ty.ty.is_integer();
        let number = if is_time { self.to_time(val, value.span)? } else { self.to_number(val, value.span)? };
        let width = self.number(flow, size)?;
        let aligned = match size.as_literal() {
            Some(Value::TimeSpan(ticks)) if *ticks > 0 => TICKS_PER_DAY % ticks == 0,
            Some(Value::TimeSpan(_)) => {
                return refuse(LossKind::UnsupportedFunction, size.span, "the size of a bin has to be positive");
            }
            Some(v) if v.as_integer().is_some_and(|n| n <= 0) => {
                return refuse(LossKind::UnsupportedFunction, size.span, "the size of a bin has to be positive");
            }
            _ => !is_time,
        };
        let repr = if is_time { Repr::Time } else { super::call::represented(expr.ty.ty) };
        if whole && size.as_literal().and_then(Value::as_integer) == Some(1) {
            return Ok(Val::new(number, repr));
        }
        let floor = |number: Eval| {
            let bins = Eval::call("floor", [Eval::operation(number, Operator::Divide, width.clone())]);
            Eval::operation(bins, Operator::Multiply, width.clone())
        };
        let bin = if aligned {
            floor(number)
        } else {
            let offset = || Eval::Number(FROM_YEAR_ONE.to_owned());
            Eval::operation(floor(Eval::operation(number, Operator::Add, offset())), Operator::Subtract, offset())
        };
        Ok(Val::new(bin, repr))
    }

    fn datetime_diff(&mut self, flow: &mut Flow, arguments: &[Expr], span: Span) -> Result<Val> {
        let [part, later, earlier] = arguments else {
            return refuse(LossKind::UnsupportedFunction, span, "three arguments are due");
        };
        let Some(part_name) = literal_text(part).map(str::to_lowercase) else { return written_out(part) };
        let mut count = |lower: &mut Self, expr: &Expr| -> Result<Eval> {
            let val = lower.value(flow, expr)?;
            let time = lower.to_time(val, expr.span)?;
            if let Some((_, length, offset)) = UNITS.iter().find(|(name, ..)| *name == part_name) {
                let shifted =
                    if *offset == 0 { time } else { Eval::operation(time, Operator::Add, Eval::integer(*offset)) };
                let units = if *length == 1 {
                    shifted
                } else {
                    Eval::operation(shifted, Operator::Divide, Eval::integer(*length))
                };
                return Ok(Eval::call("floor", [units]));
            }
            let field = |code: &str| Eval::call("tonumber", [Eval::call("strftime", [time.clone(), Eval::text(code)])]);
            match part_name.as_str() {
                "year" => Ok(field("%Y")),
                "month" => Ok(Eval::operation(
                    Eval::operation(field("%Y"), Operator::Multiply, Eval::integer(12)),
                    Operator::Add,
                    field("%m"),
                )),
                "millisecond" => {
                    Ok(Eval::call("floor", [Eval::operation(time, Operator::Multiply, Eval::integer(1000))]))
                }
                _ => refuse(
                    LossKind::UnsupportedFunction,
                    part.span,
                    format!("a difference in {part_name}s cannot be said; count seconds and divide"),
                ),
            }
        };
        let (later, earlier) = (count(self, later)?, count(self, earlier)?);
        Ok(Val::new(Eval::operation(later, Operator::Subtract, earlier), Repr::Number))
    }

    fn datetime_add(&mut self, flow: &mut Flow, arguments: &[Expr], span: Span) -> Result<Val> {
        let [part, amount, time] = arguments else {
            return refuse(LossKind::UnsupportedFunction, span, "three arguments are due");
        };
        let Some(part_name) = literal_text(part).map(str::to_lowercase) else { return written_out(part) };
        let Some((_, length, _)) = UNITS.iter().find(|(name, ..)| *name == part_name) else {
            return refuse(LossKind::UnsupportedFunction, part.span, "months and years differ in length; add days");
        };
        let amount = self.number(flow, amount)?;
        let val = self.value(flow, time)?;
        let time = self.to_time(val, span)?;
        let moved = Eval::operation(amount, Operator::Multiply, Eval::integer(*length));
        Ok(Val::new(Eval::operation(time, Operator::Add, moved), Repr::Time))
    }

    fn substring(&mut self, flow: &mut Flow, arguments: &[Expr]) -> Result<Val> {
        let text = self.text(flow, &arguments[0])?;
        let Some(start) = arguments.get(1) else { return written_out(&arguments[0]) };
        // The first character is 0 to KQL and 1 to SPL; the last is -1 to both.
        let start = match start.as_literal().and_then(Value::as_integer) {
            Some(n) if n >= 0 => Eval::integer(n + 1),
            Some(n) => Eval::integer(n),
            None => Eval::operation(self.number(flow, start)?, Operator::Add, Eval::integer(1)),
        };
        let mut inside = vec![text, start];
        if let Some(length) = arguments.get(2) {
            inside.push(self.number(flow, length)?);
        }
        Ok(Val::new(Eval::call("substr", inside), Repr::Text))
    }
}

/// Strings one behind the other.
fn concatenated(parts: Vec<Eval>) -> Eval {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Eval::text("") };
    parts.fold(first, |whole, part| Eval::operation(whole, Operator::Concat, part))
}

/// The pattern with its group of that number named; group 0 is the whole match.
fn named_group(pattern: &str, group: usize, name: &str) -> Option<String> {
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

/// The path of `json_extract` for a JSONPath of names and positions.
fn json_path(path: &str) -> Option<String> {
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
                out.push_str(&format!("{{{key}}}"));
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

/// The format of `strftime` for one of `format_datetime`; nothing where a token has no counterpart.
fn strftime(format: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_alphabetic() {
            let end = rest.find(|other| other != c).unwrap_or(rest.len());
            let (_, code) = TOKENS.iter().find(|(token, _)| *token == &rest[..end])?;
            out.push_str(code);
            rest = &rest[end..];
        } else {
            if c == '%' {
                out.push('%');
            }
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(out)
}

/// A time span as a relative time modifier: the largest unit that leaves no rest.
pub(super) fn relative(ticks: i64) -> String {
    if ticks == 0 {
        return "now".to_owned();
    }
    let (sign, ticks) = if ticks < 0 { ('-', ticks.unsigned_abs()) } else { ('+', ticks.unsigned_abs()) };
    let seconds = ticks.div_ceil(TICKS_PER_SECOND as u64);
    // A day is a calendar day to a modifier, and may have 23 hours.
    for (unit, length) in [("h", 3600), ("m", 60)] {
        if seconds % length == 0 {
            return format!("{sign}{}{unit}", seconds / length);
        }
    }
    format!("{sign}{seconds}s")
}

/// The seconds of an amount of ticks as a number of the tree.
pub(super) fn ticks(amount: i64) -> Eval {
    seconds(amount)
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
    fn formats_have_counterparts_or_not() {
        assert_eq!(strftime("yyyy-MM-dd HH:mm:ss.fff").as_deref(), Some("%Y-%m-%d %H:%M:%S.%3N"));
        assert_eq!(strftime("d/M/yy"), None);
    }

    #[test]
    fn json_paths_become_those_of_json_extract() {
        assert_eq!(json_path("$.a.b[0].c").as_deref(), Some("a.b{0}.c"));
        assert_eq!(json_path("$['a b']").as_deref(), Some("a b"));
        assert_eq!(json_path("$..a"), None);
        assert_eq!(json_path("$['a.b']"), None);
    }

    #[test]
    fn days_are_written_in_hours() {
        assert_eq!(relative(-TICKS_PER_DAY), "-24h");
        assert_eq!(relative(-90 * TICKS_PER_SECOND), "-90s");
        assert_eq!(relative(-600 * TICKS_PER_SECOND), "-10m");
        assert_eq!(relative(0), "now");
    }
}
