//! Values that may satisfy what is wanted of a scalar: whoever takes one tests it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pattern::{Wishes, sample};
use super::pieces::Pieces;
use super::plausible;
use super::want::{Want, number, text, whole};
use crate::ir::{CompareOp, Json, Value};
use crate::literal::{TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::types::Type;

/// What a value is made for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) ty: Type,
    pub(super) label: &'a str,
    /// Values of different numbers are to differ where nothing speaks against it.
    pub(super) number: usize,
    /// Which of several values is taken first.
    pub(super) turn: usize,
    /// Whether it must differ from others.
    pub(super) apart: bool,
    /// An instant that nothing speaks against.
    pub(super) time: i64,
}

/// What joins pieces of a text.
const JOINTS: [&str; 8] = [" ", "", "\\", "/", ".", "-", "; ", "\n"];

/// The search for a value: what is offered is tested at once, so that nothing is made in vain.
pub(super) struct Search<'a> {
    passes: &'a dyn Fn(&Value) -> bool,
    found: Option<Value>,
    /// The first texts that were offered, to be made longer or shorter.
    texts: Vec<String>,
    /// Whether letters have to be all capital, or all small.
    case: Option<bool>,
    /// How many values were offered.
    tried: usize,
}

/// How many values are tried at the most.
const TRIES: usize = 500;

impl Search<'_> {
    /// Offers a value; whether the search is over.
    fn offer(&mut self, value: Value) -> bool {
        let value = match (self.case, value) {
            (Some(true), Value::String(text)) => Value::string(text.to_uppercase()),
            (Some(false), Value::String(text)) => Value::string(text.to_lowercase()),
            (_, value) => value,
        };
        self.tried += 1;
        if self.found.is_none() && (self.passes)(&value) {
            self.found = Some(value);
        }
        self.found.is_some() || self.tried > TRIES
    }

    fn offer_text(&mut self, text: String) -> bool {
        if self.texts.len() < 24 {
            self.texts.push(text.clone());
        }
        self.offer(Value::string(text))
    }
}

/// The first value that passes.
pub(super) fn find(wants: &[Want], context: Context<'_>, passes: &dyn Fn(&Value) -> bool) -> Option<Value> {
    let case = wants.iter().find_map(|want| match want {
        Want::Case(upper) => Some(*upper),
        _ => None,
    });
    let mut search = Search { passes, found: None, texts: Vec::new(), case, tried: 0 };
    let mut given = false;
    for want in wants {
        match want {
            Want::Among { values, negated: false, .. } if !values.is_empty() => {
                given = true;
                let turn = (context.turn + context.number * usize::from(context.apart)) % values.len();
                for value in values[turn..].iter().chain(&values[..turn]) {
                    if typed(value, context.ty).is_some_and(|value| search.offer(value)) {
                        return search.found;
                    }
                }
            }
            Want::Among { negated: false, .. } => return None,
            Want::Absent(true) => {
                given = true;
                search.offer(absent(context.ty));
            }
            _ => {}
        }
    }
    if !given {
        scalars(wants, context, &mut search);
    }
    search.found
}

fn scalars(wants: &[Want], context: Context<'_>, search: &mut Search<'_>) {
    let is_text = wants.iter().any(|want| {
        matches!(
            want,
            Want::Text { .. } | Want::Any { .. } | Want::Regex { .. } | Want::Length(..) | Want::Ranges { .. }
        )
    });
    match context.ty {
        Type::String => texts(wants, context, search),
        Type::Dynamic | Type::Unknown => {
            let order = wants.iter().find_map(|want| match want {
                Want::Order(_, value) => Some(value.ty()),
                Want::Among { values, .. } => values.first().map(Value::ty).filter(|ty| *ty != Type::String),
                _ => None,
            });
            if let Some(count) = wants.iter().find_map(|want| match want {
                Want::Items(op, count) => Some(enough(*op, *count)),
                _ => None,
            }) {
                let items = (0..count.clamp(0, 5000)).map(|at| {
                    let number = context.number + usize::try_from(at).unwrap_or(0);
                    Json::String(plausible::text(context.label, number).into())
                });
                search.offer(Value::Dynamic(Arc::new(Json::Array(items.collect()))));
            }
            match order {
                Some(ty) if !is_text && !matches!(ty, Type::String | Type::Dynamic) => {
                    numbers(wants, Context { ty, ..context }, search);
                }
                _ => texts(wants, context, search),
            }
        }
        Type::Bool => {
            for value in [context.number.is_multiple_of(2), true, false] {
                search.offer(Value::Bool(value));
            }
        }
        Type::Guid => {
            search.offer(plausible::value(context.ty, context.label, context.number, 0));
        }
        _ => {
            if is_text {
                // A number is asked for by its text.
                let passes = |value: &Value| typed(value, context.ty).is_some_and(|value| (search.passes)(&value));
                let mut as_text = Search { passes: &passes, found: None, texts: Vec::new(), case: None, tried: 0 };
                texts(wants, context, &mut as_text);
                if let Some(value) = as_text.found.and_then(|value| typed(&value, context.ty)) {
                    search.offer(value);
                }
            }
            numbers(wants, context, search);
        }
    }
}

/// What stands for nothing in a column of a type.
pub(super) fn absent(ty: Type) -> Value {
    match ty {
        Type::String => Value::string(""),
        Type::Unknown => Value::Null(Type::Dynamic),
        ty => Value::Null(ty),
    }
}

/// A value as one of a column's type.
pub(super) fn typed(value: &Value, ty: Type) -> Option<Value> {
    if value.is_null() {
        return Some(absent(ty));
    }
    Some(match ty {
        Type::Dynamic | Type::Unknown => value.clone(),
        Type::String => Value::string(text(value)),
        Type::Int => Value::Int(i32::try_from(whole(value).or_else(|| integral(value))?).ok()?),
        Type::Long => Value::Long(i64::try_from(whole(value).or_else(|| integral(value))?).ok()?),
        Type::Real | Type::Decimal => Value::Real(number(value)?),
        _ if value.ty() == ty => value.clone(),
        _ => super::want::read(&text(value), ty)?,
    })
}

fn integral(value: &Value) -> Option<i128> {
    let number = number(value)?;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i128)
}

/// The number nearest to a bound that passes it.
fn enough(op: CompareOp, count: i64) -> i64 {
    match op {
        CompareOp::Equal | CompareOp::GreaterOrEqual | CompareOp::LessOrEqual => count,
        CompareOp::NotEqual | CompareOp::Greater => count.saturating_add(1),
        CompareOp::Less => count.saturating_sub(1),
    }
}

fn instants(wants: &[Want], context: Context<'_>, search: &mut Search<'_>) {
    let (mut low, mut high) = (i128::MIN, i128::MAX);
    for want in wants {
        let Want::Order(op, value) = want else { continue };
        let Some(bound) = moment(value) else { continue };
        match op {
            CompareOp::Greater => low = low.max(bound + 1),
            CompareOp::GreaterOrEqual => low = low.max(bound),
            CompareOp::Less => high = high.min(bound - 1),
            CompareOp::LessOrEqual => high = high.min(bound),
            CompareOp::Equal => (low, high) = (low.max(bound), high.min(bound)),
            CompareOp::NotEqual => {}
        }
    }
    let liked = i128::from(context.time);
    let mut add = |ticks: i128| {
        if (low..=high).contains(&ticks)
            && let Ok(ticks) = i64::try_from(ticks)
        {
            search.offer(Value::DateTime(ticks));
        }
    };
    add(liked);
    let room = high.saturating_sub(low);
    let step = i128::from(TICKS_PER_MINUTE).min(room / 4);
    let little = i128::from(TICKS_PER_SECOND).min(room / 4096) * (context.number % 1024) as i128;
    if high < liked {
        add(high - step - little);
    }
    if low > liked {
        add(low + step + little);
    }
    let hour = i128::from(TICKS_PER_HOUR);
    if context.apart {
        let number = (context.number % 1000) as i128;
        for unit in [hour * 24, hour, i128::from(TICKS_PER_MINUTE), i128::from(TICKS_PER_SECOND)] {
            add(liked - number * unit);
            add(high.saturating_sub(number * unit));
        }
    }
    for hours in 0..48 {
        add(liked - hours * hour);
        add(low.saturating_add(hours * hour));
        add(high.saturating_sub(hours * hour));
    }
    for days in 2..16 {
        add(liked - days * 24 * hour);
    }
    add(low);
    add(high);
}

fn numbers(wants: &[Want], context: Context<'_>, search: &mut Search<'_>) {
    if context.ty == Type::DateTime {
        return instants(wants, context, search);
    }
    let spread = i64::try_from(context.number).unwrap_or(0);
    let apart = i128::from(spread) * i128::from(context.apart);
    let mut bounded = false;
    let whole_number = |bound: i128| match context.ty {
        Type::TimeSpan => i64::try_from(bound).ok().map(Value::TimeSpan),
        ty => i64::try_from(bound).ok().and_then(|bound| typed(&Value::Long(bound), ty)),
    };
    // A bound is what a value passes just so.
    for want in wants {
        let (op, value) = match want {
            Want::Order(op, value) => (*op, value),
            Want::Among { values, negated: true, .. } => match values.first() {
                Some(value) => (CompareOp::NotEqual, value),
                None => continue,
            },
            _ => continue,
        };
        bounded = true;
        if let Some(value) = whole(value) {
            let nearest: [i128; 4] = match op {
                CompareOp::Greater | CompareOp::NotEqual => [value + 1, value + 2, value + 1000, value * 2],
                CompareOp::Less => [value - 1, value - 2, value / 2, 0],
                _ => [value, value + 1, value - 1, value / 2],
            };
            let away = if matches!(op, CompareOp::Less | CompareOp::LessOrEqual) { -apart } else { apart };
            for number in nearest {
                if whole_number(number + away).is_some_and(|value| search.offer(value)) {
                    return;
                }
            }
        } else if let Some(value) = number(value) {
            let near: [f64; 4] = match op {
                CompareOp::Greater | CompareOp::NotEqual => {
                    [value.floor() + 1.0, value + 0.01, value + 1.0, value * 2.0]
                }
                CompareOp::Less => [value.ceil() - 1.0, value - 0.01, value - 1.0, value / 2.0],
                _ => [value, value.ceil(), value.floor(), value / 2.0],
            };
            for number in near {
                let made = if matches!(context.ty, Type::Real | Type::Decimal | Type::Dynamic | Type::Unknown) {
                    Some(Value::Real(number))
                } else {
                    #[expect(clippy::cast_possible_truncation, reason = "numbers of rules are small")]
                    let number = number as i128;
                    whole_number(number)
                };
                if made.is_some_and(|value| search.offer(value)) {
                    return;
                }
            }
        }
    }
    if !bounded && search.offer(plausible::value(context.ty, context.label, context.number, context.time)) {
        return;
    }
    for number in [i128::from(spread) + 1, 0, 1, -1] {
        if whole_number(number).is_some_and(|value| search.offer(value)) {
            return;
        }
    }
}

fn moment(value: &Value) -> Option<i128> {
    match value {
        Value::DateTime(ticks) => Some(i128::from(*ticks)),
        Value::String(text) => crate::literal::parse_datetime(text).map(i128::from),
        _ => None,
    }
}

/// The texts that pieces which are wanted make up.
fn texts(wants: &[Want], context: Context<'_>, search: &mut Search<'_>) {
    if offer_texts(wants, context, search) {
        return;
    }
    // Lengths are reached by what changes nothing else, at either end.
    for want in wants {
        let Want::Length(op, count) = want else { continue };
        let goal = usize::try_from(enough(*op, *count).clamp(0, 100_000)).unwrap_or(0);
        for text in std::mem::take(&mut search.texts) {
            let there = text.chars().count();
            let made = if there < goal {
                let padding = "a".repeat(goal - there);
                vec![format!("{text}{padding}"), format!("{padding}{text}")]
            } else {
                vec![text.chars().take(goal).collect()]
            };
            if made.into_iter().any(|text| search.offer(Value::string(text))) {
                return;
            }
        }
    }
}

fn offer_texts(wants: &[Want], context: Context<'_>, search: &mut Search<'_>) -> bool {
    if let Some(Want::Order(_, value)) = wants.iter().find(|want| matches!(want, Want::Order(..))) {
        let ty = value.ty();
        if ty == Type::String {
            let near = text(value);
            for text in [near.clone(), format!("{near}1"), "0".to_owned(), "zzzz".to_owned()] {
                if search.offer_text(text) {
                    return true;
                }
            }
        } else {
            let as_text = |value: &Value| Value::string(text(value));
            let passes = |value: &Value| (search.passes)(&as_text(value));
            let mut inner = Search { passes: &passes, found: None, texts: Vec::new(), case: None, tried: 0 };
            numbers(wants, Context { ty, ..context }, &mut inner);
            if let Some(value) = inner.found {
                return search.offer(as_text(&value));
            }
        }
    }
    for want in wants {
        let Want::Ranges { ranges, negated } = want else { continue };
        if *negated {
            let own = plausible::text("ip", context.number);
            for address in [own.as_str(), "203.0.113.7", "8.8.8.8", "198.51.100.9"] {
                if search.offer_text(address.to_owned()) {
                    return true;
                }
            }
        } else {
            let skip = context.turn % ranges.len().max(1);
            for (low, high) in ranges[skip..].iter().chain(&ranges[..skip]).take(16) {
                let offset = u32::try_from(context.number % 60_000).unwrap_or(0) + 1;
                let address = std::net::Ipv4Addr::from(low.saturating_add(offset).min(*high));
                if search.offer_text(address.to_string()) {
                    return true;
                }
            }
        }
    }
    let pieces = Pieces::of(wants, context.turn + context.number * usize::from(context.apart));
    let salt = format!("n{}", context.number);
    let mut patterns: Vec<&str> = wants
        .iter()
        .filter_map(|want| match want {
            Want::Regex { pattern, negated: false, .. } => Some(&**pattern),
            _ => None,
        })
        .collect();
    patterns.sort_unstable_by_key(|pattern| std::cmp::Reverse(pattern.len()));
    patterns.dedup();
    if let Some((pattern, others)) = patterns.split_first() {
        return offer_matches(pattern, others, &pieces, &salt, context, search);
    }
    if !pieces.is_empty() {
        for joint in JOINTS {
            let whole = pieces.joined(joint, None);
            let salted = pieces.joined(joint, Some(&salt));
            let order = if context.apart { [salted, whole] } else { [whole, salted] };
            if order.into_iter().any(|text| search.offer_text(text)) {
                return true;
            }
        }
        return false;
    }
    let usual = plausible::text(context.label, context.number);
    if context.apart && search.offer_text(format!("{usual}{salt}")) {
        return true;
    }
    if search.offer_text(usual) || search.offer_text(plausible::text(context.label, context.number + 7919)) {
        return true;
    }
    ["x1", "other", "a", "Zz9", "1", "10.1.2.3", "none"].into_iter().any(|text| search.offer_text(text.to_owned()))
}

/// Texts that match a pattern, with other patterns and pieces inside of them or beside.
fn offer_matches(
    pattern: &str,
    others: &[&str],
    pieces: &Pieces<'_>,
    salt: &str,
    context: Context<'_>,
    search: &mut Search<'_>,
) -> bool {
    let captures = BTreeMap::new();
    for joint in JOINTS {
        let whole = pieces.joined(joint, None);
        let salted = pieces.joined(joint, Some(salt));
        let mut fills = if context.apart { vec![&*salted, &*whole, ""] } else { vec![&*whole, &*salted, ""] };
        fills.dedup();
        for variant in [context.turn, context.turn + 1, context.turn + 2, 0, 3, 4, 5, 7, 10, 11] {
            for fill in &fills {
                let Some(text) = sample(pattern, Wishes { variant, fill, captures: &captures }) else { return false };
                let mut rest = String::new();
                for other in others {
                    rest.push_str(joint);
                    let wishes = Wishes { variant, fill: "", captures: &captures };
                    rest.push_str(&sample(other, wishes).unwrap_or_default());
                }
                if !others.is_empty() && search.offer_text(text.clone()) {
                    return true;
                }
                for text in [
                    format!("{text}{rest}"),
                    format!("{text}{joint}{whole}{rest}"),
                    format!("{whole}{joint}{text}{rest}"),
                    format!("{joint}{text}{joint}{salted}{rest}"),
                ] {
                    if search.offer_text(text) {
                        return true;
                    }
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::StringTest;

    const CONTEXT: Context<'_> =
        Context { ty: Type::String, label: "CommandLine", number: 1, turn: 0, apart: false, time: 0 };

    fn part(test: StringTest, needle: &str, negated: bool) -> Want {
        Want::Text { test, fold: true, needle: needle.into(), negated }
    }

    fn first(wants: &[Want], context: Context<'_>) -> Option<Value> {
        find(wants, context, &|value| wants.iter().all(|want| want.holds(value)))
    }

    #[test]
    fn pieces_are_put_together() {
        let wants = [
            part(StringTest::StartsWith, "C:\\", false),
            part(StringTest::EndsWith, "\\cmd.exe", false),
            part(StringTest::HasTerm, "temp", false),
            part(StringTest::Contains, "system32", true),
        ];
        assert!(first(&wants, CONTEXT).is_some());
    }

    #[test]
    fn a_number_passes_just_so() {
        let wants = [Want::Order(CompareOp::Greater, Value::Long(5))];
        assert_eq!(first(&wants, Context { ty: Type::Long, ..CONTEXT }), Some(Value::Long(6)));
    }

    #[test]
    fn patterns_and_pieces_go_together() {
        let pattern = r"^\w+ -enc .+$";
        let regex = regex::Regex::new(pattern).unwrap();
        let wants = [
            Want::Regex { regex, pattern: pattern.into(), negated: false },
            part(StringTest::HasTerm, "hidden", false),
            part(StringTest::HasTerm, "bypass", false),
        ];
        assert!(first(&wants, CONTEXT).is_some());
    }
}
