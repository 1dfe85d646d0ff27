//! Functions of texts.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{each_text, number, text};
use crate::ir::foreign::wildcard::{fill, fit};
use crate::ir::{CaseRule, NullRule, RegexDialect, StringRules, StringTest, TermRule};
use crate::replay::functions::{Context, Row};
use crate::replay::matching::Needle;
use crate::replay::{Cell, Run};

pub(super) static ROWS: &[Row] = &[
    ("concat", |_, cells| {
        let texts: Option<Vec<_>> =
            cells.iter().map(|cell| if cell.values().len() == 1 { text(&cell.values()[0]) } else { None }).collect();
        Ok(texts.map_or(Cell::Null, |texts| Cell::text(texts.concat())))
    }),
    ("like", |_, cells| {
        let Some(pattern) = text(&cells[1]) else { return Ok(Cell::Null) };
        let mut glob = String::with_capacity(pattern.len());
        for c in pattern.chars() {
            match c {
                '%' => glob.push('*'),
                '_' => glob.push('?'),
                '*' | '?' | '\\' => glob.extend(['\\', c]),
                c => glob.push(c),
            }
        }
        let needle = Needle::new(StringTest::Glob, rules(CaseRule::Sensitive), &glob);
        Ok(any(&cells[0], |text| needle.found_in(text)))
    }),
    ("term", |_, cells| {
        let Some(token) = text(&cells[1]) else { return Ok(Cell::Null) };
        Ok(any_or_false(&cells[0], |event| tokens(event).any(|known| known.eq_ignore_ascii_case(&token))))
    }),
    ("term_like", |_, cells| {
        let Some(pattern) = text(&cells[1]) else { return Ok(Cell::Null) };
        let needle = Needle::new(StringTest::Wildcard, rules(CaseRule::AsciiInsensitive), &pattern);
        let fits = |token: &str| needle.found_in(token) || token.split(is_minor).any(|part| needle.found_in(part));
        Ok(any_or_false(&cells[0], |event| tokens(event).any(fits)))
    }),
    ("order_auto", |_, cells| Ok(order_auto(&cells[0]))),
    ("order_ip", |_, cells| Ok(text(&cells[0]).map_or(Cell::Null, |text| address(&text)))),
    ("order_str", |_, cells| Ok(text(&cells[0]).map_or(Cell::Null, |text| Cell::text(&*text)))),
    ("tostring", tostring),
    ("printf", printf),
    ("ipmask", |_, cells| {
        let (Some(mask), Some(address)) = (text(&cells[0]), text(&cells[1])) else { return Ok(Cell::Null) };
        let parse = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(u32::from);
        let both = parse(&mask).zip(parse(&address));
        Ok(both.map_or(Cell::Null, |(mask, address)| Cell::text(std::net::Ipv4Addr::from(mask & address).to_string())))
    }),
    ("md5", |_, cells| each_text(&cells[0], |text| Ok(hex(&Md5::digest(text))))),
    ("sha1", |_, cells| each_text(&cells[0], |text| Ok(hex(&Sha1::digest(text))))),
    ("sha256", |_, cells| each_text(&cells[0], |text| Ok(hex(&Sha256::digest(text))))),
    ("sha512", |_, cells| each_text(&cells[0], |text| Ok(hex(&Sha512::digest(text))))),
    ("len", |_, cells| {
        let length = |text: &str| Ok(Cell::Long(i64::try_from(text.chars().count()).unwrap_or(i64::MAX)));
        each_text(&cells[0], length)
    }),
    ("lower", |_, cells| each_text(&cells[0], |text| Ok(Cell::text(text.to_lowercase())))),
    ("upper", |_, cells| each_text(&cells[0], |text| Ok(Cell::text(text.to_uppercase())))),
    ("trim", |_, cells| trimmed(cells, |text, set| text.trim_matches(set))),
    ("ltrim", |_, cells| trimmed(cells, |text, set| text.trim_start_matches(set))),
    ("rtrim", |_, cells| trimmed(cells, |text, set| text.trim_end_matches(set))),
    ("replace", |context, cells| {
        let (Some(pattern), Some(with)) = (text(&cells[1]), text(&cells[2])) else { return Ok(Cell::Null) };
        let regex = pcre(context, &pattern)?;
        each_text(&cells[0], |text| {
            let changed = regex.replace(text, &with, usize::MAX, 0).map_err(|why| context.refuse(why))?;
            Ok(Cell::text(changed))
        })
    }),
    ("replace_wild", |_, cells| {
        let (Some(pattern), Some(with)) = (text(&cells[1]), text(&cells[2])) else { return Ok(cells[0].clone()) };
        let change = |value: &Cell| match text(value).as_deref().and_then(|text| fit(&pattern, text)) {
            Some(stars) => Ok(Cell::text(fill(&with, &stars))),
            None => Ok(value.clone()),
        };
        super::each(&cells[0], change)
    }),
    ("substr", substr),
    ("urldecode", |_, cells| each_text(&cells[0], |text| Ok(Cell::text(urldecode(text))))),
    ("rex", |context, cells| rex(context, cells, 1)),
    ("rex_all", |context, cells| {
        let most = cells.get(4).and_then(number).map_or(0, |most| most.max(0.0) as usize);
        rex(context, cells, if most == 0 { usize::MAX } else { most })
    }),
    ("sed", sed),
];

const fn rules(case: CaseRule) -> StringRules {
    StringRules { case, terms: TermRule::Splunk, nulls: NullRule::Propagate }
}

/// Whether a test holds for one of the values; null for a field that is not there.
fn any(cell: &Cell, test: impl Fn(&str) -> bool) -> Cell {
    if cell.is_null() {
        return Cell::Null;
    }
    any_or_false(cell, test)
}

fn any_or_false(cell: &Cell, test: impl Fn(&str) -> bool) -> Cell {
    Cell::Bool(cell.values().iter().any(|value| text(value).is_some_and(|text| test(&text))))
}

/// What stands between major breakers.
fn tokens(event: &str) -> impl Iterator<Item = &str> {
    let major = |c: char| c.is_whitespace() || "[]<>(){}|!;,'\"*&?+".contains(c);
    event.split(major).filter(|token| !token.is_empty())
}

fn is_minor(c: char) -> bool {
    "/:=@.-$#%\\_".contains(c)
}

pub(super) fn pcre(context: &Context<'_>, pattern: &str) -> Run<std::rc::Rc<crate::replay::regex::Compiled>> {
    let regexes = &context.machine.regexes;
    regexes.get(RegexDialect::Pcre, false, false, pattern).map_err(|why| context.refuse(why))
}

/// Numbers as such, addresses so that they are in their own order, all else as text.
fn order_auto(cell: &Cell) -> Cell {
    match cell {
        Cell::List(values) => values.first().map_or(Cell::Null, order_auto),
        cell => match (number(cell), text(cell)) {
            (Some(number), _) => Cell::Real(number),
            (None, Some(text)) => address(&text),
            (None, None) => Cell::Null,
        },
    }
}

/// An address with as many digits in each part; all else as it is.
fn address(text: &str) -> Cell {
    match text.parse::<std::net::Ipv4Addr>() {
        Ok(address) => {
            let [a, b, c, d] = address.octets();
            Cell::text(format!("{a:03}.{b:03}.{c:03}.{d:03}"))
        }
        Err(_) => Cell::text(text),
    }
}

fn tostring(context: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let Some(format) = cells.get(1) else {
        return super::each(&cells[0], |value| Ok(text(value).map_or(Cell::Null, |text| Cell::text(&*text))));
    };
    let (format, Some(value)) = (text(format).unwrap_or_default(), number(&cells[0])) else { return Ok(Cell::Null) };
    let sign = if value < 0.0 { "-" } else { "" };
    Ok(Cell::text(match &*format {
        "hex" if (0.0..1.8e19).contains(&value) => format!("0x{:X}", value as u64),
        "hex" => return Err(context.refuse("the hexadecimal digits of a negative number are not documented")),
        "commas" => {
            let digits =
                if value.fract() == 0.0 { format!("{:.0}", value.abs()) } else { format!("{:.2}", value.abs()) };
            let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
            let mut out = String::new();
            for (index, digit) in whole.chars().enumerate() {
                if index > 0 && (whole.len() - index) % 3 == 0 {
                    out.push(',');
                }
                out.push(digit);
            }
            format!("{sign}{out}{rest}")
        }
        "duration" => {
            let seconds = value.abs().trunc() as i64;
            let (days, within) = (seconds / 86_400, seconds % 86_400);
            let clock = format!("{:02}:{:02}:{:02}", within / 3600, within / 60 % 60, within % 60);
            let days = if days > 0 { format!("{days}+") } else { String::new() };
            let fraction = value.abs().fract();
            let fraction = if fraction == 0.0 { String::new() } else { format!("{fraction:.6}")[1..].to_owned() };
            format!("{sign}{days}{clock}{fraction}")
        }
        other => return Err(context.refuse(format!("it has no format `{other}`"))),
    }))
}

/// The format of the C function, as far as Splunk documents it.
fn printf(context: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let Some(format) = text(&cells[0]) else { return Ok(Cell::Null) };
    let mut values = cells[1..].iter();
    let mut out = String::new();
    let mut rest = &*format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest
            .find(|c: char| c.is_ascii_alphabetic() || c == '%')
            .ok_or_else(|| context.refuse("the format ends within a conversion"))?;
        let (spec, kind) = (&rest[..end], rest.as_bytes()[end]);
        rest = &rest[end + 1..];
        if kind == b'%' {
            out.push('%');
            continue;
        }
        let flags: &str = &spec[..spec.find(|c: char| !"-+ 0#',".contains(c)).unwrap_or(spec.len())];
        let (width, precision) = match spec[flags.len()..].split_once('.') {
            Some((width, precision)) => (width, Some(precision.parse::<usize>().unwrap_or(0).min(100))),
            None => (&spec[flags.len()..], None),
        };
        let width = if width.is_empty() { Some(0) } else { width.parse::<usize>().ok().filter(|width| *width <= 1000) };
        let Some(width) = width.filter(|_| !flags.contains(['#', '\'', ','])) else {
            return Err(context.refuse(format!("its conversion `%{spec}` is not known here")));
        };
        let value = values.next().unwrap_or(&Cell::Null);
        let whole = || number(value).unwrap_or(0.0).trunc();
        let (digits, numeric) = match kind {
            b'd' | b'i' => (format!("{:.0}", whole()), true),
            b'u' => (format!("{:.0}", whole().max(0.0)), true),
            b'x' => (format!("{:x}", whole().max(0.0) as u64), true),
            b'X' => (format!("{:X}", whole().max(0.0) as u64), true),
            b'o' => (format!("{:o}", whole().max(0.0) as u64), true),
            b'f' | b'F' => (format!("{:.*}", precision.unwrap_or(6), number(value).unwrap_or(0.0)), true),
            b's' | b'z' => {
                let text = text(value).unwrap_or_default();
                (text.chars().take(precision.unwrap_or(usize::MAX)).collect(), false)
            }
            b'c' => (text(value).unwrap_or_default().chars().take(1).collect(), false),
            other => return Err(context.refuse(format!("its conversion `%{}` is not known here", other as char))),
        };
        let signed = match digits.strip_prefix('-') {
            Some(digits) => ("-", digits.to_owned()),
            None if numeric && flags.contains('+') => ("+", digits),
            None if numeric && flags.contains(' ') => (" ", digits),
            None => ("", digits),
        };
        let missing = width.saturating_sub(signed.0.len() + signed.1.chars().count());
        let (before, zeros, after) = match (flags.contains('-'), numeric && flags.contains('0')) {
            (true, _) => (0, 0, missing),
            (false, true) => (0, missing, 0),
            (false, false) => (missing, 0, 0),
        };
        out.extend(std::iter::repeat_n(' ', before));
        out.push_str(signed.0);
        out.extend(std::iter::repeat_n('0', zeros));
        out.push_str(&signed.1);
        out.extend(std::iter::repeat_n(' ', after));
    }
    out.push_str(rest);
    Ok(Cell::text(out))
}

fn hex(bytes: &[u8]) -> Cell {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    Cell::text(out)
}

fn trimmed(cells: &[Cell], trim: for<'t> fn(&'t str, &[char]) -> &'t str) -> Run<Cell> {
    let set: Vec<char> = match cells.get(1) {
        None => vec![' ', '\t'],
        Some(set) => text(set).unwrap_or_default().chars().collect(),
    };
    each_text(&cells[0], |text| Ok(Cell::text(trim(text, &set))))
}

/// From a position counted from 1, or from the end when negative, as `SQLite` counts: from 0 on the place before the first
/// character is one of those that are taken.
fn substr(_: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let Some(start) = number(&cells[1]) else { return Ok(Cell::Null) };
    let length = match cells.get(2).map(number) {
        None => f64::INFINITY,
        Some(Some(length)) => length,
        Some(None) => return Ok(Cell::Null),
    };
    each_text(&cells[0], |text| {
        let count = text.chars().count() as f64;
        let start = if start < 0.0 { start + count } else { start - 1.0 };
        let (from, to) = (start.max(0.0), (start + length).clamp(0.0, count));
        let take = (to - from).max(0.0) as usize;
        Ok(Cell::text(text.chars().skip(from as usize).take(take).collect::<String>()))
    })
}

fn urldecode(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| (*byte as char).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What a named group matches, at most so often; the value before where there is no match.
fn rex(context: &Context<'_>, cells: &[Cell], most: usize) -> Run<Cell> {
    let (Some(pattern), Some(group)) = (text(&cells[1]), text(&cells[2])) else { return Ok(cells[3].clone()) };
    let regex = pcre(context, &pattern)?;
    let mut found = Vec::new();
    for value in cells[0].values() {
        let Some(text) = text(value) else { continue };
        let left = most - found.len();
        found.extend(regex.group(&text, &group, left).map_err(|why| context.refuse(why))?.into_iter().map(Cell::text));
        if found.len() >= most {
            break;
        }
    }
    Ok(if found.is_empty() { cells[3].clone() } else { Cell::many(found) })
}

/// `s/regex/replacement/flags` and `y/these/those/`, several after blanks or semicolons.
fn sed(context: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let Some(script) = text(&cells[1]) else { return Ok(cells[0].clone()) };
    each_text(&cells[0], |text| {
        let mut value = text.to_owned();
        let mut rest = script.trim_start();
        while !rest.is_empty() {
            let mut chars = rest.chars();
            let (Some(command), Some(delimiter)) = (chars.next(), chars.next()) else {
                return Err(context.refuse("the script ends too early"));
            };
            let (first, behind) =
                part(chars.as_str(), delimiter).ok_or_else(|| context.refuse("the script ends too early"))?;
            let (second, behind) =
                part(behind, delimiter).ok_or_else(|| context.refuse("the script ends too early"))?;
            let end = behind.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(behind.len());
            let flags = &behind[..end];
            match command {
                's' => {
                    let insensitive = if flags.contains('i') || flags.contains('I') { "(?i)" } else { "" };
                    let nth: String = flags.chars().filter(char::is_ascii_digit).collect();
                    if flags.chars().any(|c| !(c.is_ascii_digit() || "giI".contains(c))) {
                        return Err(context.refuse(format!("its flags `{flags}` are not known here")));
                    }
                    let regex = pcre(context, &format!("{insensitive}{first}"))?;
                    let skip = nth.parse::<usize>().map_or(0, |nth| nth.saturating_sub(1));
                    let most = if flags.contains('g') { usize::MAX } else { 1 };
                    value = regex.replace(&value, &second, most, skip).map_err(|why| context.refuse(why))?;
                }
                'y' => {
                    let (from, to): (Vec<char>, Vec<char>) = (first.chars().collect(), second.chars().collect());
                    if from.len() != to.len() {
                        return Err(context.refuse("`y` wants as many characters on both sides"));
                    }
                    let change = |c: char| from.iter().position(|known| *known == c).map_or(c, |at| to[at]);
                    value = value.chars().map(change).collect();
                }
                other => return Err(context.refuse(format!("the command `{other}` of a script is not known here"))),
            }
            rest = behind[end..].trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        }
        Ok(Cell::text(value))
    })
}

/// What stands before a delimiter that no backslash takes the meaning of, and what behind it.
fn part(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == delimiter {
            return Some((out, &text[at + c.len_utf8()..]));
        }
        if c == '\\' {
            let (_, next) = chars.next()?;
            if next != delimiter {
                out.push('\\');
            }
            out.push(next);
        } else {
            out.push(c);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, gives, many};
    use super::*;

    // Splunk, Search Reference, Text, Conversion and Cryptographic functions: the examples there, where there are any.
    #[test]
    fn texts_come_to_what_the_documentation_says() {
        gives("len", &["héllo".into()], 5);
        gives("lower", &["ÀB".into()], "àb");
        gives("lower", &[many(&["A", "B"])], many(&["a", "b"]));
        gives("trim", &["  ZZZZabcZZ ".into(), " Z".into()], "abc");
        gives("ltrim", &["  ZZZabcZZ ".into(), " Z".into()], "abcZZ ");
        gives("rtrim", &[" \t a \t".into()], " \t a");
        gives("replace", &["1/14/2023".into(), r"^(\d{1,2})/(\d{1,2})/".into(), r"\2/\1/".into()], "14/1/2023");
        gives("replace", &["/a//b///c".into(), "//+".into(), "/".into()], "/a/b/c");
        gives("substr", &["string".into(), 1.into(), 3.into()], "str");
        gives("substr", &["string".into(), (-3).into()], "ing");
        gives("substr", &["string".into(), 0.into(), 3.into()], "st");
        gives("substr", &["ab".into(), 5.into()], "");
        gives(
            "urldecode",
            &["http%3A%2F%2Fwww.splunk.com%2Fdownload%3Fr%3Dheader".into()],
            "http://www.splunk.com/download?r=header",
        );
        gives("tostring", &[15.into(), "hex".into()], "0xF");
        gives("tostring", &[12345.6789.into(), "commas".into()], "12,345.68");
        gives("tostring", &[615.into(), "duration".into()], "00:10:15");
        gives("tostring", &[100_000.into(), "duration".into()], "1+03:46:40");
        gives("tostring", &[true.into()], "True");
        gives("tostring", &[5.0.into()], "5");
        gives("printf", &["Hi, %s! %04d %.3f%%".into(), "a".into(), 42.into(), 1.5.into()], "Hi, a! 0042 1.500%");
        gives("printf", &["%-5s|%5s|%+d".into(), "a".into(), "b".into(), 1.into()], "a    |    b|+1");
        gives("ipmask", &["0.255.0.244".into(), "10.20.30.40".into()], "0.20.0.32");
        gives("md5", &["Hello World".into()], "b10a8db164e0754105b7a99be72e3fe5");
        gives("sha1", &["abc".into()], "a9993e364706816aba3e25717850c26c9cd0d89d");
        gives("concat", &["a".into(), 1.0.into()], "a1");
        gives("concat", &["a".into(), Cell::Null], Cell::Null);
        gives("like", &["abc".into(), "a%_".into()], true);
        gives("like", &["ABC".into(), "a%".into()], false);
        gives("like", &["a*c".into(), "a*_".into()], true);
        gives("like", &[Cell::Null, "a".into()], Cell::Null);
    }

    #[test]
    fn tokens_are_whole() {
        gives("term", &["x 127.0.0.1, y".into(), "127.0.0.1".into()], true);
        gives("term", &["ip=127.0.0.1".into(), "127.0.0.1".into()], false);
        gives("term_like", &["user=admin01 x".into(), "ADMIN*".into()], true);
        gives("term_like", &["xadmin".into(), "admin*".into()], false);
    }

    #[test]
    fn groups_and_scripts_change_text() {
        let pattern = Cell::from(r"(?<n>\d+)");
        gives("rex", &["a1b22".into(), pattern.clone(), "n".into(), Cell::Null], "1");
        gives("rex", &["abc".into(), pattern.clone(), "n".into(), "old".into()], "old");
        gives("rex_all", &["a1b22".into(), pattern, "n".into(), Cell::Null, 0.into()], many(&["1", "22"]));
        gives("sed", &["1234-5678".into(), r"s/(\d{4})-/XXXX-/g".into()], "XXXX-5678");
        gives("sed", &["aXa".into(), "s/a/b/2".into()], "aXb");
        gives("sed", &["abc".into(), "y/abc/xyz/".into()], "xyz");
        assert!(call("sed", &["a".into(), "s/a".into()]).is_err());
        gives("replace_wild", &["localhost".into(), "*local*".into(), "*x*".into()], "xhost");
        gives("replace_wild", &["other".into(), "local*".into(), "x".into()], "other");
    }

    #[test]
    fn addresses_are_sorted_as_such() {
        gives("order_auto", &["10.0.0.2".into()], "010.000.000.002");
        gives("order_auto", &["10".into()], 10.0);
        gives("order_str", &[10.into()], "10");
    }
}
