//! The functions that rules use most, over values: for knowing constants and for telling what a rule asks of an event.
//! What is not here is not known; no answer of a proof comes from here.

use std::cmp::Ordering;
use std::sync::Arc;

use base64::Engine as _;

use super::evaluate::array;
use super::locate::elements;
use super::model::Part;
use super::pattern::compiled;
use super::want::{
    PRIVATE, address, as_json, compare, is_absent, number, plain, range, read, same, text, to_json, whole,
};
use crate::ir::{Json, Parse, ParseKind, ParseSegment, Value};
use crate::literal::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
    civil_to_ticks, ticks_to_civil,
};
use crate::types::Type;

/// The units of `datetime_diff` that have a length, in ticks.
pub(super) const UNITS: &[(&str, i64)] = &[
    ("day", TICKS_PER_DAY),
    ("hour", TICKS_PER_HOUR),
    ("microsecond", TICKS_PER_MICROSECOND),
    ("millisecond", TICKS_PER_MILLISECOND),
    ("minute", TICKS_PER_MINUTE),
    ("second", TICKS_PER_SECOND),
    ("week", 7 * TICKS_PER_DAY),
];

/// The start of the day, week, month or year that an instant lies in.
pub(super) fn start_of(name: &str, ticks: i64) -> Option<i64> {
    let day = ticks.div_euclid(TICKS_PER_DAY);
    let (year, month, _) = ticks_to_civil(ticks);
    match name {
        "startofday" => Some(day * TICKS_PER_DAY),
        // Day 0 was a Monday; weeks start on Sunday.
        "startofweek" => Some((day - (day + 1).rem_euclid(7)) * TICKS_PER_DAY),
        "startofmonth" => civil_to_ticks(year, month, 1),
        "startofyear" => civil_to_ticks(year, 1, 1),
        _ => None,
    }
}

fn long(value: usize) -> Value {
    Value::Long(i64::try_from(value).unwrap_or(i64::MAX))
}

/// What a function gives; none where it is not known here.
pub(super) fn call(name: &str, arguments: &[Value], ty: Type) -> Option<Value> {
    let texts: Vec<String> = arguments.iter().map(text).collect();
    let first = || texts.first().map(String::as_str);
    let null = || Some(Value::Null(ty));
    let index = |at: usize| arguments.get(at).and_then(whole).and_then(|value| i64::try_from(value).ok());
    Some(match (name, arguments) {
        ("tostring" | "tostring_" | "dynamic_to_json" | "toguid_", [value, ..]) => Value::string(text(value)),
        ("tolower", _) => Value::string(first()?.to_lowercase()),
        ("toupper", _) => Value::string(first()?.to_uppercase()),
        (
            "tolong" | "toint" | "toreal" | "todouble" | "todecimal" | "tobool" | "toboolean" | "todatetime"
            | "totimespan" | "toguid",
            [value, ..],
        ) => cast(value, ty)?,
        ("parse_json" | "todynamic" | "parsejson" | "toobject", [value, ..]) => cast(value, Type::Dynamic)?,
        ("strcat", _) => Value::string(texts.concat()),
        ("strcat_delim", _) => Value::string(texts.get(1..)?.join(first()?)),
        ("strlen" | "string_size", _) => long(first()?.chars().count()),
        ("isempty", [value]) => Value::Bool(is_absent(value)),
        ("isnotempty" | "notempty", [value]) => Value::Bool(!is_absent(value)),
        ("isnull", [value]) => Value::Bool(plain(value).is_null()),
        ("isnotnull" | "notnull", [value]) => Value::Bool(!plain(value).is_null()),
        ("not", [value]) => Value::Bool(!value.as_bool()?),
        ("split", [_, _]) => {
            if texts[0].is_empty() {
                array([Value::string("")])
            } else {
                array(texts[0].split(&texts[1]).map(Value::string))
            }
        }
        ("split", [_, _, at]) => {
            let pieces: Vec<&str> = texts[0].split(&texts[1]).collect();
            let piece = usize::try_from(whole(at)?).ok().and_then(|at| pieces.get(at).copied());
            array(piece.map(Value::string))
        }
        ("substring", [_, ..]) => {
            let start = index(1)?;
            let chars: Vec<char> = texts[0].chars().collect();
            let count = i64::try_from(chars.len()).ok()?;
            let start = if start < 0 { (count + start).max(0) } else { start.min(count) };
            let length = match arguments.get(2) {
                Some(length) => i64::try_from(whole(length)?).ok()?.max(0),
                None => count,
            };
            let end = start.saturating_add(length).min(count);
            Value::string(chars[usize::try_from(start).ok()?..usize::try_from(end).ok()?].iter().collect::<String>())
        }
        ("indexof", [_, _]) => match texts[0].find(&texts[1]) {
            Some(at) => long(texts[0][..at].chars().count()),
            None => Value::Long(-1),
        },
        ("countof", [_, _]) => {
            if texts[1].is_empty() {
                return None;
            }
            long(
                (0..texts[0].len())
                    .filter(|at| texts[0].is_char_boundary(*at) && texts[0][*at..].starts_with(&texts[1]))
                    .count(),
            )
        }
        ("replace_string" | "replace_strings", [_, from, _]) if from.ty() == Type::String => {
            if texts[1].is_empty() {
                return None;
            }
            Value::string(texts[0].replace(&texts[1], &texts[2]))
        }
        ("replace_regex", [_, _, _]) => replaced(&texts[0], &texts[1], &texts[2])?,
        ("replace", [_, _, _]) => replaced(&texts[2], &texts[0], &texts[1])?,
        ("trim", [_, _]) => {
            let inner = trimmed(&texts[0], &texts[1], true)?;
            Value::string(trimmed(&texts[0], &inner, false)?)
        }
        ("trim_start", [_, _]) => Value::string(trimmed(&texts[0], &texts[1], true)?),
        ("trim_end", [_, _]) => Value::string(trimmed(&texts[0], &texts[1], false)?),
        ("reverse", [_]) => Value::string(first()?.chars().rev().collect::<String>()),
        ("extract", [_, group, ..]) => {
            let found = compiled(&texts[0])?.captures(&texts[2]).and_then(|found| {
                Some(found.get(usize::try_from(whole(group)?).ok()?).map_or("", |found| found.as_str()).to_owned())
            });
            match found {
                Some(found) => cast(&Value::string(found), ty)?,
                None if ty == Type::String => Value::string(""),
                None => Value::Null(ty),
            }
        }
        ("extract_all" | "extractall", [_, _]) => {
            let regex = compiled(&texts[0])?;
            let groups = regex.captures_len() - 1;
            let found = regex.captures_iter(&texts[1]).map(|found| {
                let group = |at: usize| Value::string(found.get(at).map_or("", |found| found.as_str()));
                if groups <= 1 { group(groups) } else { array((1..=groups).map(group)) }
            });
            array(found)
        }
        ("base64_decode_tostring" | "base64_decodestring", [_]) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(&texts[0]).ok();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map_or_else(|| Value::string(""), Value::string)
        }
        ("array_length" | "arraylength", [value]) => match elements(value) {
            Some(items) => long(items.len()),
            None => return null(),
        },
        ("pack_array", items) => array(items.iter().cloned()),
        ("bag_pack" | "pack" | "pack_dictionary", items) => Value::Dynamic(Arc::new(Json::Bag(
            items
                .chunks(2)
                .filter(|pair| pair.len() == 2)
                .map(|pair| (text(&pair[0]).into(), as_json(&pair[1])))
                .collect(),
        ))),
        ("bag_keys", [value]) => match value {
            Value::Dynamic(json) => match &**json {
                Json::Bag(slots) => array(slots.iter().map(|(name, _)| Value::String(name.clone()))),
                _ => return null(),
            },
            _ => return null(),
        },
        ("array_concat", items) => array(items.iter().filter_map(elements).flatten()),
        ("set_union", items) => array(unique(items.iter().filter_map(elements).flatten())),
        ("set_intersect", [left, right]) => {
            let right = elements(right)?;
            array(unique(elements(left)?.into_iter().filter(|one| right.iter().any(|other| same(one, other, false)))))
        }
        ("set_difference", [left, right]) => {
            let right = elements(right)?;
            array(unique(elements(left)?.into_iter().filter(|one| !right.iter().any(|other| same(one, other, false)))))
        }
        ("set_has_element", [set, one]) => match elements(set) {
            Some(items) => Value::Bool(items.iter().any(|item| same(item, one, false))),
            None => return null(),
        },
        ("array_index_of", [set, one]) => Value::Long(
            elements(set)?
                .iter()
                .position(|item| same(item, one, false))
                .map_or(-1, |at| i64::try_from(at).unwrap_or(-1)),
        ),
        ("array_sort_asc", [value]) => {
            let mut items = elements(value)?;
            items.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
            array(items)
        }
        ("strcat_array", [value, _]) => {
            let items: Vec<String> = elements(value)?.iter().map(text).collect();
            Value::string(items.join(&texts[1]))
        }
        ("bag_has_key", [_, key]) => {
            let part = Part::Slot(key.as_str()?.into());
            Value::Bool(access(&arguments[0], &part).is_some())
        }
        ("bin" | "floor", [value, step]) => binned(value, step)?,
        ("startofday" | "startofweek" | "startofmonth" | "startofyear", [Value::DateTime(ticks)]) => {
            Value::DateTime(start_of(name, *ticks)?)
        }
        ("endofday", [Value::DateTime(ticks)]) => Value::DateTime(start_of("startofday", *ticks)? + TICKS_PER_DAY - 1),
        ("hourofday", [Value::DateTime(ticks)]) => {
            Value::Int(i32::try_from(ticks.rem_euclid(TICKS_PER_DAY) / TICKS_PER_HOUR).ok()?)
        }
        ("dayofweek", [Value::DateTime(ticks)]) => {
            Value::TimeSpan((ticks.div_euclid(TICKS_PER_DAY) + 1).rem_euclid(7) * TICKS_PER_DAY)
        }
        ("getyear", [Value::DateTime(ticks)]) => Value::Int(i32::try_from(ticks_to_civil(*ticks).0).ok()?),
        ("datetime_diff", [_, Value::DateTime(left), Value::DateTime(right)]) => {
            let unit = UNITS.iter().find(|(unit, _)| unit.eq_ignore_ascii_case(&texts[0]))?.1;
            Value::Long(left.div_euclid(unit) - right.div_euclid(unit))
        }
        ("datetime_add", [_, amount, Value::DateTime(at)]) => {
            let unit = UNITS.iter().find(|(unit, _)| unit.eq_ignore_ascii_case(&texts[0]))?.1;
            Value::DateTime(at.checked_add(unit.checked_mul(i64::try_from(whole(amount)?).ok()?)?)?)
        }
        ("make_datetime", [_, _, _]) => Value::DateTime(civil_to_ticks(index(0)?, index(1)?, index(2)?)?),
        ("make_timespan", [_, _]) => Value::TimeSpan(index(0)? * TICKS_PER_HOUR + index(1)? * TICKS_PER_MINUTE),
        ("abs", [value]) => match value {
            Value::Real(value) => Value::Real(value.abs()),
            Value::TimeSpan(value) => Value::TimeSpan(value.checked_abs()?),
            other => Value::Long(i64::try_from(whole(other)?).ok()?.checked_abs()?),
        },
        ("sqrt", [value]) => Value::Real(number(value)?.sqrt()),
        ("log", [value]) => Value::Real(number(value)?.ln()),
        ("log2", [value]) => Value::Real(number(value)?.log2()),
        ("log10", [value]) => Value::Real(number(value)?.log10()),
        ("exp", [value]) => Value::Real(number(value)?.exp()),
        ("pow", [value, power]) => Value::Real(number(value)?.powf(number(power)?)),
        ("ceiling", [value]) => Value::Real(number(value)?.ceil()),
        ("round", [value]) => Value::Real(number(value)?.round()),
        ("round", [value, digits]) => {
            let scale = 10_f64.powi(i32::try_from(whole(digits)?).ok()?);
            Value::Real((number(value)? * scale).round() / scale)
        }
        ("max_of", values) => values.iter().max_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal))?.clone(),
        ("min_of", values) => values.iter().min_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal))?.clone(),
        ("ipv4_is_private", [_]) => match address(&texts[0]) {
            Some(address) => Value::Bool(PRIVATE.iter().any(|(low, high)| (*low..=*high).contains(&address))),
            None => return null(),
        },
        ("ipv4_is_in_range", [_, _]) => {
            let (Some(address), Some((low, high))) = (address(&texts[0]), range(&texts[1])) else { return null() };
            Value::Bool((low..=high).contains(&address))
        }
        ("ipv4_is_match", [_, _]) => match (range(&texts[0]), range(&texts[1])) {
            (Some(a), Some(b)) => Value::Bool(a.0 >= b.0 && a.1 <= b.1 || b.0 >= a.0 && b.1 <= a.1),
            _ => return null(),
        },
        ("ipv4_is_in_any_range", [_, ..]) => {
            let Some(address) = address(&texts[0]) else { return null() };
            let ranges = arguments[1..].iter().flat_map(|value| elements(value).unwrap_or_else(|| vec![value.clone()]));
            Value::Bool(
                ranges.filter_map(|value| range(&text(&value))).any(|(low, high)| (low..=high).contains(&address)),
            )
        }
        ("parse_ipv4", [_]) => {
            address(&texts[0]).map_or(Value::Null(Type::Long), |address| Value::Long(i64::from(address)))
        }
        ("parse_ipv6" | "parse_ipv6_mask", _) => return None,
        ("parse_url" | "parseurl", [_]) => url(&texts[0]),
        ("parse_command_line", [_, ..]) => {
            let mut words = Vec::new();
            let (mut word, mut quoted, mut begun) = (String::new(), false, false);
            for c in texts[0].chars() {
                match c {
                    '"' => (quoted, begun) = (!quoted, true),
                    c if c.is_whitespace() && !quoted => {
                        if std::mem::take(&mut begun) {
                            words.push(Value::string(std::mem::take(&mut word)));
                        }
                    }
                    c => {
                        word.push(c);
                        begun = true;
                    }
                }
            }
            if begun {
                words.push(Value::string(word));
            }
            array(words)
        }
        ("binary_and", [_, _]) => Value::Long(index(0)? & index(1)?),
        ("binary_or", [_, _]) => Value::Long(index(0)? | index(1)?),
        ("range", [_, _, _]) => {
            let (from, to, step) = (index(0)?, index(1)?, index(2)?);
            if step <= 0 || (to - from) / step > 10_000 {
                return None;
            }
            array((0..).map(|at| from + at * step).take_while(|value| *value <= to).map(Value::Long))
        }
        ("url_decode", [_]) if !texts[0].contains(['%', '+']) => Value::string(texts[0].clone()),
        ("tohex", [_]) => Value::string(format!("{:x}", index(0)?)),
        ("isascii" | "isutf8", [_]) => Value::Bool(name == "isutf8" || texts[0].is_ascii()),
        ("column_ifexists" | "columnifexists", [value, _]) => value.clone(),
        ("materialize", [value]) => value.clone(),
        _ => return None,
    })
}

fn unique(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for value in values {
        if seen.insert(text(&value)) {
            found.push(value);
        }
    }
    found
}

fn replaced(source: &str, pattern: &str, rewrite: &str) -> Option<Value> {
    // Kusto writes a group as `\1`.
    let mut with = String::new();
    let mut chars = rewrite.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(digit) if digit.is_ascii_digit() => {
                    with.push_str("${");
                    with.push(digit);
                    with.push('}');
                }
                Some(other) => with.push(other),
                None => {}
            },
            '$' => with.push_str("$$"),
            other => with.push(other),
        }
    }
    Some(Value::string(compiled(pattern)?.replace_all(source, with.as_str()).into_owned()))
}

fn trimmed(pattern: &str, source: &str, start: bool) -> Option<String> {
    let anchored = if start { format!("^(?:{pattern})") } else { format!("(?:{pattern})$") };
    Some(compiled(&anchored)?.replace(source, "").into_owned())
}

fn binned(value: &Value, step: &Value) -> Option<Value> {
    if let (Some(value_of), Some(step)) = (whole(value), whole(step)) {
        if step <= 0 {
            return Some(Value::Null(value.ty()));
        }
        let down = i64::try_from(value_of.div_euclid(step) * step).ok()?;
        return Some(match plain(value) {
            Value::DateTime(_) => Value::DateTime(down),
            Value::TimeSpan(_) => Value::TimeSpan(down),
            _ => Value::Long(down),
        });
    }
    let (value, step) = (number(value)?, number(step)?);
    Some(Value::Real((value / step).floor() * step))
}

fn url(whole: &str) -> Value {
    let (scheme, rest) = whole.split_once("://").unwrap_or(("", whole));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = host.split_once(':').unwrap_or((host, ""));
    let slot = |name: &str, value: &str| (Arc::from(name), Json::String(value.into()));
    let query = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| slot(name, value));
    Value::Dynamic(Arc::new(Json::Bag(vec![
        slot("Scheme", scheme),
        slot("Host", host),
        slot("Port", port),
        slot("Path", path),
        slot("Username", ""),
        slot("Password", ""),
        ("Query Parameters".into(), Json::Bag(query.collect())),
        slot("Fragment", fragment),
    ])))
}

/// A value as one of another type, as KQL converts; null where it cannot be.
pub(super) fn cast(value: &Value, ty: Type) -> Option<Value> {
    let value = &plain(value);
    if value.is_null() {
        return Some(if ty == Type::String { Value::string("") } else { Value::Null(ty) });
    }
    if value.ty() == ty || ty == Type::Unknown {
        return Some(value.clone());
    }
    Some(match (value, ty) {
        (_, Type::String) => Value::string(text(value)),
        (Value::String(text), ty) => read(text, ty).unwrap_or(Value::Null(ty)),
        (_, Type::Dynamic) => Value::Dynamic(Arc::new(as_json(value))),
        (Value::TimeSpan(ticks), Type::Long) => Value::Long(*ticks),
        (_, Type::Long) => match whole(value).or_else(|| cut(value)) {
            Some(value) => Value::Long(i64::try_from(value).ok()?),
            None => Value::Null(ty),
        },
        (_, Type::Int) => match whole(value).or_else(|| cut(value)).and_then(|value| i32::try_from(value).ok()) {
            Some(value) => Value::Int(value),
            None => Value::Null(ty),
        },
        (_, Type::Real | Type::Decimal) => number(value).map_or(Value::Null(ty), Value::Real),
        (_, Type::Bool) => whole(value).map_or(Value::Null(ty), |value| Value::Bool(value != 0)),
        (_, Type::DateTime | Type::TimeSpan) if value.ty() == ty => value.clone(),
        (Value::Dynamic(json), _) => read(&to_json(json).to_string(), ty).unwrap_or(Value::Null(ty)),
        _ => return None,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "a number too large becomes the largest")]
fn cut(value: &Value) -> Option<i128> {
    number(value).map(|value| value.trunc() as i128)
}

/// A slot or an element of a dynamic.
pub(super) fn access(value: &Value, part: &Part) -> Option<Value> {
    let Value::Dynamic(json) = value else { return None };
    match (&**json, part) {
        (Json::Bag(slots), Part::Slot(name)) => {
            slots.iter().find(|(slot, _)| slot == name).map(|(_, value)| value.to_value())
        }
        (Json::Array(items), Part::At(at)) => {
            let at = if *at < 0 {
                items.len().checked_sub(usize::try_from(-at).ok()?)?
            } else {
                usize::try_from(*at).ok()?
            };
            items.get(at).map(Json::to_value)
        }
        // What is expanded gives a bag's slots one by one.
        _ => None,
    }
}

/// What a segment of a `parse` takes from a text.
pub(super) fn parsed(parse: &Parse, position: usize, subject: &str) -> Option<Value> {
    let mut pattern = String::from("(?s)^");
    let mut group = 0;
    let mut wanted = None;
    for (at, segment) in parse.segments.iter().enumerate() {
        match segment {
            ParseSegment::Skip => pattern.push_str(".*?"),
            ParseSegment::Text(text) if parse.kind == ParseKind::Regex => pattern.extend(["(?:", &**text, ")"]),
            ParseSegment::Text(text) => pattern.push_str(&regex::escape(text)),
            ParseSegment::Column(_, ty) => {
                group += 1;
                if at == position {
                    wanted = Some((group, *ty));
                }
                pattern.push_str(match ty {
                    Type::Long | Type::Int => r"\s*([-+]?\d+)",
                    Type::Real | Type::Decimal => r"\s*([-+]?[\d.]+)",
                    _ if at + 1 == parse.segments.len() => "(.*)",
                    _ => "(.*?)",
                });
            }
        }
    }
    let (group, ty) = wanted?;
    if parse.kind == ParseKind::Regex && pattern.contains("(?P<") {
        return None;
    }
    if matches!(parse.segments.last(), Some(ParseSegment::Text(_))) && parse.kind != ParseKind::Regex {
        pattern.push('$');
    }
    let found =
        compiled(&pattern)?.captures(subject).and_then(|found| found.get(group).map(|found| found.as_str().to_owned()));
    match found {
        Some(found) => cast(&Value::string(found), ty),
        None => Some(if ty == Type::String { Value::string("") } else { Value::Null(ty) }),
    }
}

/// What an aggregate gives for these values of a group of so many records.
pub(super) fn aggregate(name: &str, values: &[Value], count: usize) -> Option<Value> {
    let there = || values.iter().filter(|value| !plain(value).is_null());
    Some(match name {
        "count" => long(count),
        "countif" => long(values.iter().filter(|value| value.as_bool() == Some(true)).count()),
        "dcount" | "dcountif" | "count_distinct" | "count_distinctif" => long(unique(there().cloned()).len()),
        "sum" | "sumif" => {
            if values.iter().all(|value| whole(value).is_some()) {
                let sum: i128 = values.iter().filter_map(whole).sum();
                match values.first() {
                    Some(Value::TimeSpan(_)) => Value::TimeSpan(i64::try_from(sum).ok()?),
                    _ => Value::Long(i64::try_from(sum).ok()?),
                }
            } else {
                Value::Real(there().filter_map(number).sum())
            }
        }
        "min" | "minif" | "arg_min" | "argmin" => there()
            .min_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal))
            .cloned()
            .unwrap_or(Value::Null(Type::Dynamic)),
        "max" | "maxif" | "arg_max" | "argmax" => there()
            .max_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal))
            .cloned()
            .unwrap_or(Value::Null(Type::Dynamic)),
        "avg" | "avgif" => {
            let numbers: Vec<f64> = there().filter_map(number).collect();
            #[expect(clippy::cast_precision_loss, reason = "few records")]
            let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
            Value::Real(mean)
        }
        "stdev" | "stdevp" => {
            let numbers: Vec<f64> = there().filter_map(number).collect();
            #[expect(clippy::cast_precision_loss, reason = "few records")]
            let (count, less) = (numbers.len() as f64, (numbers.len().max(2) - usize::from(name == "stdev")) as f64);
            let mean = numbers.iter().sum::<f64>() / count;
            Value::Real((numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / less).sqrt())
        }
        "any" | "take_any" | "take_anyif" | "anyif" => values.first()?.clone(),
        "make_set" | "makeset" | "make_set_if" => array(unique(there().filter(|value| !is_absent(value)).cloned())),
        "make_list" | "makelist" | "make_list_if" => array(there().cloned().collect::<Vec<Value>>()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, arguments: &[&str]) -> Option<String> {
        let values: Vec<Value> = arguments.iter().map(|text| Value::string(*text)).collect();
        call(name, &values, Type::String).map(|value| text(&value))
    }

    #[test]
    fn texts_are_worked_on() {
        assert_eq!(of("tolower", &["ABC"]).as_deref(), Some("abc"));
        assert_eq!(of("strcat", &["a", "b"]).as_deref(), Some("ab"));
        assert_eq!(of("replace_regex", &["a1b", r"(\d)", r"<\1>"]).as_deref(), Some("a<1>b"));
        assert_eq!(of("trim", &["\"", "\"a\""]).as_deref(), Some("a"));
        assert_eq!(of("split", &["a,b", ","]).as_deref(), Some(r#"["a","b"]"#));
    }

    #[test]
    fn weeks_start_on_sunday() {
        // 2024-05-15 was a Wednesday.
        let wednesday = civil_to_ticks(2024, 5, 15).unwrap();
        assert_eq!(start_of("startofweek", wednesday), civil_to_ticks(2024, 5, 12));
        assert_eq!(
            call("dayofweek", &[Value::DateTime(wednesday)], Type::TimeSpan),
            Some(Value::TimeSpan(3 * TICKS_PER_DAY))
        );
    }

    #[test]
    fn what_is_not_known_is_not_answered() {
        assert_eq!(of("geo_info_from_ip_address", &["1.2.3.4"]), None);
    }
}
