//! The rewrites that `functions.yaml` names: what changes structure or depends on the values of arguments.

use super::extract::named_group;
use super::text::{escaped, matches};
use super::time::strftime;
use super::value::joined_text;
use super::{Flow, Lower, Repr, Result, Val, refuse};
use crate::functions::{FunctionId, Shape};
use crate::ir::{Access, CompareOp, Expr, ExprKind, Value};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::ledger::Accounts as _;
use crate::target::splunk::rows::Rewrite;
use crate::target::splunk::tree::{Aggregate, Command, Eval, Operator, Stats};
use crate::types::Type;

/// An address of version 4, as KQL takes one.
const ADDRESS: &str = r"^(?!\.)(?:(?:^|\.)(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){4}$";

pub(super) fn literal_text(expr: &Expr) -> Option<&str> {
    expr.as_literal().and_then(Value::as_str)
}

pub(super) fn written_out<T>(expr: &Expr) -> Result<T> {
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
                Rewrite::RowNumber => {
                    self.tell_order(span);
                    let name = self.helper("row_number");
                    let count = Aggregate { function: "count".into(), argument: None };
                    flow.push(Command::Stats {
                        kind: Stats::Running,
                        aggregates: vec![(count, name.clone())],
                        by: Vec::new(),
                    });
                    Ok(Val::new(Eval::Field(name), Repr::Number))
                }
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
                // A column that nobody lists may hold an object or the text of one: `spath` gives the text of either.
                if let Some(name) = Self::untold(flow, first, &val) {
                    return Ok(Val::new(Eval::call("spath", [Eval::field("_raw"), Eval::Text(name)]), Repr::Json));
                }
                let repr = match val.repr {
                    // A text inside of JSON, whose own parts are not those of what it stands in.
                    Repr::Text if matches!(&val.expr, Eval::Call(name, _) if name == "json_extract") => Repr::Text,
                    Repr::Text | Repr::Any => Repr::Json,
                    repr => repr,
                };
                Ok(Val::new(val.expr, repr))
            }
            Rewrite::ExtractJson => self.extract_json(flow, arguments, expr),
            Rewrite::Extract => self.extract(flow, arguments, expr),
            Rewrite::ExtractAll => {
                let (pattern, group, subject) = match arguments {
                    [pattern, subject] => (pattern, None, subject),
                    [pattern, groups, subject] => {
                        let groups = groups.as_literal().and_then(Value::elements).unwrap_or_default();
                        match groups.as_slice() {
                            [group] => (pattern, group.as_integer().and_then(|n| usize::try_from(n).ok()), subject),
                            _ => {
                                return refuse(
                                    LossKind::UnsupportedFunction,
                                    span,
                                    "only one group can be taken of each match",
                                );
                            }
                        }
                    }
                    _ => return written_out(expr),
                };
                let Some(source) = literal_text(pattern) else { return written_out(pattern) };
                let pcre = self.pcre(source, pattern.span);
                let name = self.helper("extracted");
                let several = named_group(&pcre, 2, &name).is_some();
                let Some(named) = named_group(&pcre, group.unwrap_or(1), &name).filter(|_| !several || group.is_some())
                else {
                    return refuse(
                        LossKind::UnsupportedFunction,
                        pattern.span,
                        "the pattern must have one group and no more",
                    );
                };
                let text = self.text(flow, subject)?;
                let field = self.in_field(flow, text, "subject");
                flow.push(Command::Rex { field, pattern: named, all: true });
                Ok(Val::new(Eval::Field(name), Repr::Multi))
            }
            Rewrite::Previous => {
                let val = self.value(flow, first)?;
                if arguments.len() > 1 {
                    return refuse(LossKind::UnsupportedFunction, span, "only the row just before can be read");
                }
                self.tell_order(span);
                let value = self.whole_value(&val);
                let field = self.in_field(flow, value, "value");
                let name = self.helper("previous");
                let last = Aggregate { function: "last".into(), argument: Some(Eval::Field(field)) };
                flow.push(Command::Stats {
                    kind: Stats::Previous,
                    aggregates: vec![(last, name.clone())],
                    by: Vec::new(),
                });
                let repr = match val.repr {
                    Repr::Object(_) => Repr::Json,
                    repr => repr,
                };
                Ok(Val::new(Eval::Field(name), repr))
            }
            Rewrite::RowNumber => refuse(
                LossKind::UnsupportedFunction,
                span,
                "a number that starts again cannot be said; number the rows of a group",
            ),
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
                // The old `replace` has its subject at the end.
                let (("replace", [pattern, by, subject]) | (_, [subject, pattern, by])) = (function.name(), arguments)
                else {
                    return written_out(expr);
                };
                let (Some(source), Some(by)) = (literal_text(pattern), literal_text(by)) else {
                    return written_out(pattern);
                };
                let pattern = self.pcre(source, pattern.span);
                let (pattern, by) = with_whole_match(pattern, by);
                let text = self.text(flow, subject)?;
                Ok(Val::new(Eval::call("replace", [text, Eval::Regex(pattern), Eval::Regex(by)]), Repr::Text))
            }
            Rewrite::ReplaceString => {
                let [subject, what, by] = arguments else { return written_out(expr) };
                let text = self.text(flow, subject)?;
                let (Some(what_text), Some(by)) = (literal_text(what), literal_text(by)) else {
                    let what = super::text::pattern_of(
                        crate::ir::StringTest::Contains,
                        &super::text::or_empty(self.text(flow, what)?),
                    );
                    let by = super::text::or_empty(self.text(flow, by)?);
                    let by = Eval::call("replace", [by, Eval::Regex(r"\\".into()), Eval::Regex(r"\\\\".into())]);
                    return Ok(Val::new(Eval::call("replace", [text, what, by]), Repr::Text));
                };
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
            Rewrite::ArrayLength => Ok(Val::new(self.array_length(flow, first, false)?, Repr::Number)),
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
            Rewrite::GeoInfo | Rewrite::ParseUrl => {
                let keys: &[&str] = if rewrite == Rewrite::GeoInfo {
                    &["country", "state", "city", "latitude", "longitude"]
                } else {
                    &["Scheme", "Host", "Path"]
                };
                if rewrite == Rewrite::ParseUrl {
                    self.lose(LossKind::Null, span, "of a URL only Scheme, Host and Path are taken apart");
                }
                let mut slots = Vec::with_capacity(keys.len() * 2);
                for key in keys {
                    let path = vec![Expr::literal(Value::string(*key), span)];
                    let part = self.special_access(flow, &Access { base: expr.clone(), path }, span)?;
                    let Some(part) = part else { return written_out(expr) };
                    slots.extend([Eval::text(*key), part.expr]);
                }
                Ok(Val::new(Eval::call("json_object", slots), Repr::Json))
            }
            Rewrite::SortArray => {
                let array = self.whole_array(flow, first)?;
                let message = "`mvsort` puts numbers in the order of their texts, so that 10 comes before 9";
                match first.ty.shape {
                    Shape::Array(Type::String | Type::Guid | Type::DateTime | Type::Bool) => {}
                    Shape::Array(ty) if ty.is_numeric() => self.lose(LossKind::Order, span, message),
                    // Most arrays whose elements are not known hold texts.
                    _ => self.at(false, |lower| lower.lose(LossKind::Order, span, message)),
                }
                Ok(Val::new(Eval::call("mvsort", [array]), Repr::Multi))
            }
            Rewrite::Range => self.even_steps(flow, arguments, expr),
            Rewrite::SetDifference => {
                let [first, others @ ..] = arguments else { return written_out(expr) };
                for array in arguments {
                    self.tell_other(flow, array);
                }
                let array = self.whole_array(flow, first)?;
                let field = self.in_field(flow, array, "elements");
                let mut kept = Eval::field(&field);
                for other in others {
                    let other = self.whole_array(flow, other)?;
                    let same = super::text::pattern_of(crate::ir::StringTest::Equals, &Eval::field(&field));
                    let wanted = if function.name() == "set_intersect" { "isnotnull" } else { "isnull" };
                    let found = Eval::call(wanted, [Eval::call("mvfind", [other, same])]);
                    kept = Eval::call("if", [found, kept, Eval::call("null", [])]);
                }
                Ok(Val::new(Eval::call("mvdedup", [Eval::call("mvmap", [Eval::Field(field), kept])]), Repr::Multi))
            }
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
                        all.extend(elements.iter().map(|e| e.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?);
                    }
                    None => all.push(value.as_str()?.to_owned()),
                }
            }
            Some(all)
        };
        match rewrite {
            Rewrite::InAnyRange => {
                let address = self.text(flow, first)?;
                let Some(ranges) = literals() else {
                    let [ranges] = rest else { return written_out(rest.first().unwrap_or(first)) };
                    let ranges = self.array(flow, ranges)?;
                    let field = Eval::Field(self.in_field(flow, ranges, "ranges"));
                    let has_length = matches(field.clone(), "/".to_owned());
                    let own = if function.name().starts_with("ipv4") { "/32" } else { "/128" };
                    let length = Eval::call("if", [has_length, Eval::text(""), Eval::text(own)]);
                    let network = Eval::operation(field.clone(), Operator::Concat, length);
                    let inside = Eval::call("cidrmatch", [network, address.clone()]);
                    let fitting = Eval::call("if", [inside, field.clone(), Eval::call("null", [])]);
                    let fitting = Eval::call("mvmap", [field, fitting]);
                    let test = Eval::call(if want { "isnotnull" } else { "isnull" }, [fitting]);
                    return Ok(Some(if want { test } else { Eval::all(vec![super::text::is_filled(&address), test]) }));
                };
                let tests: Vec<Eval> = ranges
                    .iter()
                    .map(|range| Eval::call("cidrmatch", [Eval::Text(network(range)), address.clone()]))
                    .collect();
                if want {
                    return Ok(Some(Eval::any(tests)));
                }
                let mut all = vec![if function.name().starts_with("ipv4") {
                    matches(address, ADDRESS.to_owned())
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
                let Some(needle) = rest.first() else { return written_out(expr) };
                let pattern = match needle.as_literal() {
                    None => {
                        let text = super::text::or_empty(self.text(flow, needle)?);
                        super::text::pattern_of(crate::ir::StringTest::Equals, &text)
                    }
                    Some(value) => {
                        let number = || value.as_integer().map(|number| number.to_string());
                        let Some(needle) = value.as_str().map(str::to_owned).or_else(number) else {
                            return written_out(expr);
                        };
                        Eval::Regex(format!("^{}\\z", escaped(&needle)))
                    }
                };
                self.has_element(flow, first, pattern, want).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn tell_order(&mut self, span: Span) {
        self.lose(
            LossKind::Order,
            span,
            "records that no order parts follow one another as they come, which KQL leaves open",
        );
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
                let prefix = if let Some(prefix) = known {
                    prefix
                } else {
                    let prefix = format!("{}_", self.helper("geo"));
                    flow.push(Command::IpLocation { prefix: prefix.clone(), field: address });
                    prefix
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

    fn substring(&mut self, flow: &mut Flow, arguments: &[Expr]) -> Result<Val> {
        let text = self.text(flow, &arguments[0])?;
        let Some(start) = arguments.get(1) else { return written_out(&arguments[0]) };
        // The first character is 0 to KQL and 1 to SPL; the last is -1 to both.
        let start = match start.as_literal().and_then(Value::as_integer) {
            Some(n) if n >= 0 => Eval::integer(n + 1),
            Some(n) => Eval::integer(n),
            None => Eval::operation(self.number(flow, start)?, Operator::Add, Eval::integer(1)),
        };
        let mut inside = vec![text.clone(), start.clone()];
        if let Some(length) = arguments.get(2) {
            inside.push(self.number(flow, length)?);
        }
        let part = Eval::call("substr", inside);
        // From before its beginning KQL takes nothing of a text, SPL takes what there is.
        let Eval::Negate(least) = start else { return Ok(Val::new(part, Repr::Text)) };
        let reaches = Eval::compare(CompareOp::GreaterOrEqual, Eval::call("len", [text]), *least);
        Ok(Val::new(Eval::call("if", [reaches, part, Eval::text("")]), Repr::Text))
    }
}

/// A range of addresses in the notation that `cidrmatch` asks for: KQL also takes a single address for one.
fn network(range: &str) -> String {
    match range.contains('/') {
        true => range.to_owned(),
        false if range.contains(':') => format!("{range}/128"),
        false => format!("{range}/32"),
    }
}

/// A pattern and what is put in its place where that names the whole match `\0`, as Splunk documents no name but those of
/// groups (<https://help.splunk.com/en/splunk-enterprise/spl-search-reference/9.4/evaluation-functions/text-functions>):
/// the whole becomes the first group.
fn with_whole_match(pattern: String, by: &str) -> (String, String) {
    let mut out = String::with_capacity(by.len());
    let mut names_whole = false;
    let mut chars = by.chars();
    while let Some(c) = chars.next() {
        out.push(c);
        if c != '\\' {
            continue;
        }
        if let Some(next) = chars.next() {
            if let Some(group) = next.to_digit(10) {
                names_whole |= group == 0;
                out.push_str(&(group + 1).to_string());
            } else {
                out.push(next);
            }
        }
    }
    if names_whole { (format!("({pattern})"), out) } else { (pattern, by.to_owned()) }
}

/// Strings one behind the other.
fn concatenated(parts: Vec<Eval>) -> Eval {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Eval::text("") };
    parts.fold(first, |whole, part| Eval::operation(whole, Operator::Concat, part))
}
