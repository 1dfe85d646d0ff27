//! Built-ins of EQL, by Elasticsearch's function reference.
//!
//! Null makes null. A test of a field's subnet passes for any of its values; every other function is a script, of which
//! it is not documented what it makes of several values.

use std::net::IpAddr;

use super::{Body, Context, Row};
use crate::replay::{Cell, Run};

static ROWS: &[Row] = &[
    ("add", |call, cells| arithmetic(call, cells, i64::checked_add, |a, b| a + b)),
    ("subtract", |call, cells| arithmetic(call, cells, i64::checked_sub, |a, b| a - b)),
    ("multiply", |call, cells| arithmetic(call, cells, i64::checked_mul, |a, b| a * b)),
    ("divide", |call, cells| arithmetic(call, cells, i64::checked_div, |a, b| a / b)),
    ("modulo", |call, cells| arithmetic(call, cells, i64::checked_rem, |a, b| a % b)),
    ("number", number),
    ("between", |call, cells| between(call, cells, false)),
    ("between~", |call, cells| between(call, cells, true)),
    ("concat", concat),
    ("endsWith", |call, cells| texts(call, cells, false, |text, end| Cell::Bool(text.ends_with(end)))),
    ("endsWith~", |call, cells| texts(call, cells, true, |text, end| Cell::Bool(text.ends_with(end)))),
    ("startsWith", |call, cells| texts(call, cells, false, |text, start| Cell::Bool(text.starts_with(start)))),
    ("startsWith~", |call, cells| texts(call, cells, true, |text, start| Cell::Bool(text.starts_with(start)))),
    ("stringContains", |call, cells| texts(call, cells, false, contains)),
    ("stringContains~", |call, cells| texts(call, cells, true, contains)),
    ("indexOf", |call, cells| index_of(call, cells, false)),
    ("indexOf~", |call, cells| index_of(call, cells, true)),
    ("length", |call, cells| Ok(text(call, &cells[0])?.map_or(Cell::Null, |text| Cell::Long(units(&text))))),
    ("string", |call, cells| Ok(written(call, &cells[0])?.map_or(Cell::Null, Cell::text))),
    ("substring", substring),
    ("cidrMatch", cidr_match),
];

/// What runs a function.
pub(super) fn find(name: &str) -> Option<Body> {
    ROWS.iter().find(|(known, _)| *known == name).map(|(_, body)| *body)
}

/// One value; that of several is not documented.
fn single<'c>(call: &Context<'_>, cell: &'c Cell) -> Run<&'c Cell> {
    match cell {
        Cell::List(_) | Cell::Bag(_) => Err(call.refuse("a script over several values is not documented")),
        one => Ok(one),
    }
}

/// The text of an argument that has to be one; nothing for null.
fn text(call: &Context<'_>, cell: &Cell) -> Run<Option<String>> {
    match single(call, cell)? {
        Cell::Null => Ok(None),
        Cell::Text(text) => Ok(Some(text.to_string())),
        _ => Err(call.refuse("it takes a text")),
    }
}

/// A value as text; nothing for null.
fn written(call: &Context<'_>, cell: &Cell) -> Run<Option<String>> {
    match single(call, cell)? {
        // Java writes such numbers with an exponent.
        Cell::Real(value) if *value != 0.0 && !(1e-3..1e7).contains(&value.abs()) => {
            Err(call.refuse("how it writes this number is not documented"))
        }
        Cell::Time(_) | Cell::Span(_) => Err(call.refuse("how it writes a time is not documented")),
        other => Ok(other.written().map(std::borrow::Cow::into_owned)),
    }
}

/// The whole number of an argument; nothing for null.
fn whole(call: &Context<'_>, cell: &Cell) -> Run<Option<i64>> {
    match single(call, cell)? {
        Cell::Null => Ok(None),
        Cell::Long(value) => Ok(Some(*value)),
        _ => Err(call.refuse("it takes a whole number")),
    }
}

/// How many UTF-16 code units a text has, as Java counts.
fn units(text: &str) -> i64 {
    i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX)
}

fn arithmetic(
    call: &Context<'_>,
    cells: &[Cell],
    longs: fn(i64, i64) -> Option<i64>,
    reals: fn(f64, f64) -> f64,
) -> Run<Cell> {
    match (single(call, &cells[0])?, single(call, &cells[1])?) {
        (Cell::Null, _) | (_, Cell::Null) => Ok(Cell::Null),
        (Cell::Long(a), Cell::Long(b)) => match longs(*a, *b) {
            Some(value) => Ok(Cell::Long(value)),
            None => Err(call.refuse("the search fails where a whole number is divided by zero or grows too large")),
        },
        (a @ (Cell::Long(_) | Cell::Real(_)), b @ (Cell::Long(_) | Cell::Real(_))) => {
            let pair = a.as_number().zip(b.as_number());
            Ok(pair.map_or(Cell::Null, |(a, b)| Cell::Real(reals(a, b))))
        }
        _ => Err(call.refuse("it takes numbers")),
    }
}

fn number(call: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let Some(text) = text(call, &cells[0])? else { return Ok(Cell::Null) };
    let base = match cells.get(1) {
        Some(base) => whole(call, base)?,
        None => None,
    };
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = match (digits.strip_prefix("0x"), base) {
        (Some(digits), None | Some(16)) => (16, digits),
        (_, base) => (base.unwrap_or(10), digits),
    };
    if base == 10
        && !digits.starts_with(['+', '-'])
        && let (None, Some(value)) = (digits.parse::<i64>().ok(), crate::replay::cell::number_in(digits))
    {
        return Ok(Cell::Real(value * f64::from(sign)));
    }
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_alphanumeric());
    let radix = u32::try_from(base).ok().filter(|radix| plain && (2..=36).contains(radix));
    match radix.and_then(|radix| i64::from_str_radix(digits, radix).ok()) {
        Some(value) => Ok(Cell::Long(value * i64::from(sign))),
        None => Err(call.refuse("the search fails where a text says no number")),
    }
}

/// A function of two texts; where letter case does not count, of both in lower case.
fn texts(call: &Context<'_>, cells: &[Cell], folded: bool, of: fn(&str, &str) -> Cell) -> Run<Cell> {
    Ok(match (text(call, &cells[0])?, text(call, &cells[1])?) {
        (Some(a), Some(b)) if folded => of(&a.to_lowercase(), &b.to_lowercase()),
        (Some(a), Some(b)) => of(&a, &b),
        _ => Cell::Null,
    })
}

fn contains(text: &str, part: &str) -> Cell {
    Cell::Bool(!part.is_empty() && text.contains(part))
}

fn concat(call: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let mut out = String::new();
    for cell in cells {
        match written(call, cell)? {
            Some(text) => out.push_str(&text),
            None => return Ok(Cell::Null),
        }
    }
    Ok(Cell::text(out))
}

/// The UTF-16 code units of a text, in lower case where letter case does not count.
fn coded(text: &str, folded: bool) -> Vec<u16> {
    if folded { text.to_lowercase().encode_utf16().collect() } else { text.encode_utf16().collect() }
}

/// The first place of a part, from a place on.
fn find_units(text: &[u16], part: &[u16], from: usize) -> Option<usize> {
    if part.is_empty() {
        return (from <= text.len()).then_some(from);
    }
    text.get(from..)?.windows(part.len()).position(|window| window == part).map(|at| from + at)
}

fn index_of(call: &Context<'_>, cells: &[Cell], folded: bool) -> Run<Cell> {
    let from = match cells.get(2) {
        Some(from) => match whole(call, from)? {
            Some(from) => usize::try_from(from).unwrap_or(0),
            None => return Ok(Cell::Null),
        },
        None => 0,
    };
    let (Some(subject), Some(part)) = (text(call, &cells[0])?, text(call, &cells[1])?) else { return Ok(Cell::Null) };
    let found = find_units(&coded(&subject, folded), &coded(&part, folded), from);
    Ok(found.and_then(|at| i64::try_from(at).ok()).map_or(Cell::Null, Cell::Long))
}

fn between(call: &Context<'_>, cells: &[Cell], folded: bool) -> Run<Cell> {
    let (Some(subject), Some(left), Some(right)) =
        (text(call, &cells[0])?, text(call, &cells[1])?, text(call, &cells[2])?)
    else {
        return Ok(Cell::Null);
    };
    let greedy = cells.get(3).and_then(Cell::truth) == Some(true);
    if subject.is_empty() {
        return Ok(Cell::text(""));
    }
    if left.is_empty() || right.is_empty() {
        return Err(call.refuse("what stands beside nothing is not documented"));
    }
    let (whole, text) = (coded(&subject, false), coded(&subject, folded));
    if whole.len() != text.len() {
        return Err(call.refuse("the text has another length in lower case"));
    }
    let (left, right) = (coded(&left, folded), coded(&right, folded));
    let found = find_units(&text, &left, 0).and_then(|at| {
        let start = at + left.len();
        let end = if greedy {
            let mut places = text.get(start..)?.windows(right.len());
            places.rposition(|window| window == right.as_slice()).map(|at| start + at)?
        } else {
            find_units(&text, &right, start)?
        };
        whole.get(start..end)
    });
    decoded(call, found.unwrap_or_default())
}

/// The text of UTF-16 code units.
fn decoded(call: &Context<'_>, units: &[u16]) -> Run<Cell> {
    String::from_utf16(units).map(Cell::text).map_err(|_| call.refuse("a character is cut in two"))
}

fn substring(call: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let Some(subject) = text(call, &cells[0])? else { return Ok(Cell::Null) };
    let text = coded(&subject, false);
    // From the end where negative, and never outside.
    let place = |at: i64| {
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        let at = if at < 0 { at.saturating_add(length) } else { at };
        usize::try_from(at.clamp(0, length)).unwrap_or(0)
    };
    let Some(start) = whole(call, &cells[1])?.map(place) else { return Ok(Cell::Null) };
    let end = match cells.get(2) {
        Some(end) => whole(call, end)?.map_or(text.len(), place),
        None => text.len(),
    };
    decoded(call, text.get(start..end).unwrap_or_default())
}

fn cidr_match(call: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let mut subnets = Vec::new();
    for cell in &cells[1..] {
        match text(call, cell)? {
            Some(text) => match subnet(&text) {
                Some(subnet) => subnets.push(subnet),
                None => return Err(call.refuse(format!("`{text}` is no subnet"))),
            },
            None => return Ok(Cell::Null),
        }
    }
    if cells[0].is_null() {
        return Ok(Cell::Null);
    }
    let within = |value: &Cell| {
        let address = value.written().and_then(|text| text.parse::<IpAddr>().ok()).map(bits);
        address.is_some_and(|address| subnets.iter().any(|(network, mask)| address & mask == network & mask))
    };
    Ok(Cell::Bool(cells[0].values().iter().any(within)))
}

/// An address as that of IPv6, where those of IPv4 have a place.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// The network and the mask of a subnet; of an address alone, that address.
fn subnet(text: &str) -> Option<(u128, u128)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address.parse::<IpAddr>().ok()?, Some(length.parse::<u32>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(most);
    if length > most {
        return None;
    }
    let mask = u128::MAX.checked_shl(most - length).unwrap_or(0);
    Some((bits(address), if address.is_ipv4() { mask | (u128::MAX << 32) } else { mask }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::foreign::Origin;
    use crate::ir::{Columns, ForeignId, ForeignKind, Plan, Query, Schema, SourceKind};
    use crate::replay::{World, commands};
    use crate::source::Span;

    #[test]
    fn every_built_in_is_run() {
        for id in ForeignId::all().filter(|id| id.row().origin == Origin::Eql) {
            match id.row().kind {
                ForeignKind::Scalar => assert!(find(id.row().name).is_some(), "{id}"),
                ForeignKind::Aggregate => assert!(super::super::statistic(id).is_some(), "{id}"),
                ForeignKind::Command => assert!(commands::runs(id), "{id}"),
            }
        }
        for (name, _) in ROWS {
            assert!(ForeignId::find(Origin::Eql, ForeignKind::Scalar, name).is_some(), "{name}");
        }
    }

    /// Arguments, and what comes of them: nothing where the call is refused.
    type Case = (&'static str, Vec<Cell>, Option<Cell>);

    fn real(value: f64) -> Cell {
        Cell::Real(value)
    }

    fn check(cases: Vec<Case>) {
        for (name, cells, wanted) in cases {
            let plan = Plan::new(SourceKind::Unit, Schema::default(), Span::at(0));
            let query = Query { columns: Columns::default(), shared: Vec::new(), plan };
            let world = World::default();
            let machine = crate::replay::plan::Machine::new(&query, &world);
            let call = Context { machine: &machine, span: Span::at(0), name };
            assert_eq!(find(name).unwrap()(&call, &cells).ok(), wanted, "{name}({cells:?})");
        }
    }

    /// The examples of Elasticsearch's EQL function reference, functions of numbers.
    #[test]
    fn numbers_of_the_reference() {
        let n = |value: i64| Cell::Long(value);
        check(vec![
            ("add", vec![n(4), n(5)], Some(n(9))),
            ("add", vec![n(4), real(0.5)], Some(real(4.5))),
            ("add", vec![real(0.5), real(0.25)], Some(real(0.75))),
            ("add", vec![n(4), n(-2)], Some(n(2))),
            ("add", vec![Cell::Null, n(4)], Some(Cell::Null)),
            ("add", vec![n(4), Cell::Null], Some(Cell::Null)),
            ("divide", vec![n(4), n(2)], Some(n(2))),
            ("divide", vec![n(4), n(3)], Some(n(1))),
            ("divide", vec![n(4), real(0.5)], Some(real(8.0))),
            ("divide", vec![real(0.5), n(4)], Some(real(0.125))),
            ("divide", vec![n(4), n(-2)], Some(n(-2))),
            ("divide", vec![n(-4), n(-2)], Some(n(2))),
            ("divide", vec![n(4), n(0)], None),
            ("divide", vec![Cell::Null, n(4)], Some(Cell::Null)),
            ("modulo", vec![n(10), n(6)], Some(n(4))),
            ("modulo", vec![n(10), n(5)], Some(n(0))),
            ("modulo", vec![n(10), real(0.5)], Some(real(0.0))),
            ("modulo", vec![n(10), n(-6)], Some(n(4))),
            ("modulo", vec![n(-10), n(-6)], Some(n(-4))),
            ("multiply", vec![n(2), n(2)], Some(n(4))),
            ("multiply", vec![real(0.25), n(2)], Some(real(0.5))),
            ("multiply", vec![n(-2), n(-2)], Some(n(4))),
            ("subtract", vec![n(10), n(2)], Some(n(8))),
            ("subtract", vec![real(10.5), real(0.5)], Some(real(10.0))),
            ("subtract", vec![n(2), Cell::Null], Some(Cell::Null)),
            ("add", vec![n(i64::MAX), n(1)], None),
            ("add", vec!["1".into(), n(1)], None),
            ("number", vec!["1337".into()], Some(n(1337))),
            ("number", vec!["42.5".into()], Some(real(42.5))),
            ("number", vec!["deadbeef".into(), n(16)], Some(n(3_735_928_559))),
            ("number", vec!["0xdeadbeef".into()], Some(n(3_735_928_559))),
            ("number", vec!["0xdeadbeef".into(), n(16)], Some(n(3_735_928_559))),
            ("number", vec!["+1337".into()], Some(n(1337))),
            ("number", vec!["-1337".into()], Some(n(-1337))),
            ("number", vec!["  1337  ".into()], Some(n(1337))),
            ("number", vec![Cell::Null], Some(Cell::Null)),
            ("number", vec![Cell::Null, n(16)], Some(Cell::Null)),
            ("number", vec!["0xdeadbeef".into(), Cell::Null], Some(n(3_735_928_559))),
            ("number", vec!["1337".into(), Cell::Null], Some(n(1337))),
            ("number", vec!["".into()], None),
        ]);
    }

    /// The examples of Elasticsearch's EQL function reference, functions of texts. One is wrong there:
    /// `indexOf~(url.domain, "D")` is given as 4, where `indexOf(url.domain, "d")` is 3.
    #[test]
    fn texts_of_the_reference() {
        let n = |value: i64| Cell::Long(value);
        let path = r"C:\Windows\System32\cmd.exe";
        let domain = "subdomain.example.com";
        let yes = || Some(Cell::Bool(true));
        let no = || Some(Cell::Bool(false));
        check(vec![
            ("between", vec![path.into(), r"System32\".into(), ".exe".into()], Some("cmd".into())),
            ("between", vec![path.into(), r"system32\".into(), ".exe".into()], Some("".into())),
            ("between", vec![path.into(), r"workspace\".into(), ".exe".into()], Some("".into())),
            ("between~", vec![path.into(), r"system32\".into(), ".exe".into()], Some("cmd".into())),
            ("between", vec![path.into(), r"\".into(), r"\".into(), false.into()], Some("Windows".into())),
            ("between", vec![path.into(), r"\".into(), r"\".into(), true.into()], Some(r"Windows\System32".into())),
            ("between", vec!["".into(), r"System32\".into(), ".exe".into()], Some("".into())),
            ("between", vec!["".into(), "".into(), "".into()], Some("".into())),
            ("between", vec![Cell::Null, r"System32\".into(), ".exe".into()], Some(Cell::Null)),
            ("concat", vec!["process is ".into(), "regsvr32.exe".into()], Some("process is regsvr32.exe".into())),
            ("concat", vec!["regsvr32.exe".into(), " ".into(), n(42)], Some("regsvr32.exe 42".into())),
            ("concat", vec!["regsvr32.exe".into(), " ".into(), real(42.5)], Some("regsvr32.exe 42.5".into())),
            ("concat", vec!["regsvr32.exe".into(), " ".into(), true.into()], Some("regsvr32.exe true".into())),
            ("concat", vec!["regsvr32.exe".into()], Some("regsvr32.exe".into())),
            ("concat", vec!["regsvr32.exe".into(), Cell::Null], Some(Cell::Null)),
            ("endsWith", vec!["regsvr32.exe".into(), ".exe".into()], yes()),
            ("endsWith", vec!["regsvr32.exe".into(), ".EXE".into()], no()),
            ("endsWith", vec!["".into(), "".into()], yes()),
            ("endsWith~", vec!["regsvr32.exe".into(), ".EXE".into()], yes()),
            ("endsWith", vec!["ntdll.dll".into(), "regsvr32.exe".into()], no()),
            ("endsWith", vec![Cell::Null, ".exe".into()], Some(Cell::Null)),
            ("endsWith", vec!["".into(), Cell::Null], Some(Cell::Null)),
            ("indexOf", vec![domain.into(), "d".into()], Some(n(3))),
            ("indexOf", vec![domain.into(), "D".into()], Some(Cell::Null)),
            ("indexOf", vec![domain.into(), ".".into()], Some(n(9))),
            ("indexOf", vec![domain.into(), ".".into(), n(9)], Some(n(9))),
            ("indexOf", vec![domain.into(), ".".into(), n(10)], Some(n(17))),
            ("indexOf", vec![domain.into(), ".".into(), n(-6)], Some(n(9))),
            ("indexOf~", vec![domain.into(), "D".into()], Some(n(3))),
            ("indexOf", vec!["".into(), "".into()], Some(n(0))),
            ("indexOf", vec![domain.into(), "".into(), n(9)], Some(n(9))),
            ("indexOf", vec![domain.into(), "".into(), n(-6)], Some(n(0))),
            ("indexOf", vec![domain.into(), "z".into(), n(9)], Some(Cell::Null)),
            ("indexOf", vec![domain.into(), ".".into(), n(30)], Some(Cell::Null)),
            ("indexOf", vec![domain.into(), ".".into(), Cell::Null], Some(Cell::Null)),
            ("length", vec!["explorer.exe".into()], Some(n(12))),
            ("length", vec!["start explorer.exe".into()], Some(n(18))),
            ("length", vec!["".into()], Some(n(0))),
            ("length", vec![Cell::Null], Some(Cell::Null)),
            ("length", vec!["\u{1f600}".into()], Some(n(2))),
            ("length", vec![Cell::List(vec!["a".into(), "b".into()])], None),
            ("startsWith", vec!["regsvr32.exe".into(), "regsvr32".into()], yes()),
            ("startsWith", vec!["regsvr32.exe".into(), "Regsvr32".into()], no()),
            ("startsWith~", vec!["regsvr32.exe".into(), "Regsvr32".into()], yes()),
            ("startsWith", vec!["".into(), "".into()], yes()),
            ("startsWith", vec![Cell::Null, Cell::Null], Some(Cell::Null)),
            ("string", vec![n(42)], Some("42".into())),
            ("string", vec![real(42.5)], Some("42.5".into())),
            ("string", vec!["regsvr32.exe".into()], Some("regsvr32.exe".into())),
            ("string", vec![true.into()], Some("true".into())),
            ("string", vec![Cell::Null], Some(Cell::Null)),
            ("string", vec![real(1e10)], None),
            ("stringContains", vec!["start regsvr32.exe".into(), "regsvr32".into()], yes()),
            ("stringContains", vec!["start regsvr32.exe".into(), "Regsvr32".into()], no()),
            ("stringContains", vec!["start regsvr32.exe".into(), "start ".into()], yes()),
            ("stringContains~", vec!["start regsvr32.exe".into(), "Regsvr32".into()], yes()),
            ("stringContains", vec!["".into(), "".into()], no()),
            ("stringContains", vec!["start regsvr32.exe".into(), "".into()], no()),
            ("stringContains", vec![Cell::Null, "regsvr32".into()], Some(Cell::Null)),
            ("substring", vec!["start regsvr32.exe".into(), n(6)], Some("regsvr32.exe".into())),
            ("substring", vec!["start regsvr32.exe".into(), n(0), n(5)], Some("start".into())),
            ("substring", vec!["start regsvr32.exe".into(), n(6), n(14)], Some("regsvr32".into())),
            ("substring", vec!["start regsvr32.exe".into(), n(-4)], Some(".exe".into())),
            ("substring", vec!["start regsvr32.exe".into(), n(-4), n(-1)], Some(".ex".into())),
            ("substring", vec!["start".into(), n(4), n(2)], Some("".into())),
            ("substring", vec!["start".into(), n(9)], Some("".into())),
        ]);
    }

    /// The examples of Elasticsearch's EQL function reference, `cidrMatch`.
    #[test]
    fn subnets_of_the_reference() {
        let address = || Cell::from("192.168.152.12");
        check(vec![
            ("cidrMatch", vec![address(), "192.168.0.0/16".into()], Some(true.into())),
            ("cidrMatch", vec![address(), "192.168.0.0/16".into(), "10.0.0.0/8".into()], Some(true.into())),
            ("cidrMatch", vec![address(), "10.0.0.0/8".into()], Some(false.into())),
            ("cidrMatch", vec![address(), "10.0.0.0/8".into(), "10.128.0.0/9".into()], Some(false.into())),
            ("cidrMatch", vec![Cell::Null, "10.0.0.0/8".into()], Some(Cell::Null)),
            ("cidrMatch", vec![address(), Cell::Null], Some(Cell::Null)),
            ("cidrMatch", vec![Cell::List(vec!["1.1.1.1".into(), address()]), "192.0.0.0/8".into()], Some(true.into())),
            ("cidrMatch", vec!["2001:db8::1".into(), "2001:db8::/32".into()], Some(true.into())),
            ("cidrMatch", vec!["2001:db9::1".into(), "2001:db8::/32".into()], Some(false.into())),
            ("cidrMatch", vec!["1.2.3.4".into(), "0.0.0.0/0".into()], Some(true.into())),
            ("cidrMatch", vec!["::1".into(), "0.0.0.0/0".into()], Some(false.into())),
            ("cidrMatch", vec![address(), "10.0.0.0/40".into()], None),
        ]);
    }
}
