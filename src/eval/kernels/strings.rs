//! Functions that build, cut and replace text. Positions and lengths count code points; an argument of another type
//! stands for its text.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringViewBuilder};
use datafusion::common::Result;
use memchr::memmem;

use super::arguments::{EMPTY, array, integer, integer_or, part, text};
use super::columns::{columns, lists, rows, texts};
use super::{Env, Kernel, matching};
use crate::eval::Cell;
use crate::eval::dynamic;
use crate::ir::{Json, StringRules, StringTest};
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::array("strcat", strcat),
    Kernel::row("strcat_array", strcat_array),
    Kernel::row("array_strcat", strcat_array),
    Kernel::row("strcat_delim", strcat_delim),
    Kernel::row("strcmp", strcmp),
    Kernel::strict("strrep", strrep),
    Kernel::strict("strlen", |_, args| Cell::Long(count(&text(args, 0)))),
    Kernel::strict("string_size", |_, args| Cell::Long(i64::try_from(text(args, 0).len()).unwrap_or(i64::MAX))),
    Kernel::array("toupper", toupper),
    Kernel::array("tolower", tolower),
    Kernel::row("to_utf8", code_points),
    Kernel::row("unicode_codepoints_from_string", code_points),
    Kernel::row("make_string", from_code_points),
    Kernel::row("unicode_codepoints_to_string", from_code_points),
    Kernel::array("substring", substring),
    Kernel::strict("indexof", indexof),
    Kernel::row("has_any_index", has_any_index),
    Kernel::row("reverse", |_, args| Cell::from(text(args, 0).chars().rev().collect::<String>())),
    Kernel::array("split", split),
    Kernel::row("replace_string", replace_string),
    Kernel::row("replace_strings", replace_strings),
    Kernel::row("translate", translate),
];

/// The number of code points.
fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

fn strcat(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    Ok(texts(rows(args), |row, out| {
        for column in &columns {
            match column.get(row) {
                Cell::Long(value) => _ = write!(out, "{value}"),
                cell => out.push_str(&cell.to_text()),
            }
        }
    }))
}

/// The elements of an array, each as its text; of anything else just its text.
fn strcat_array<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(items) = array(args, 0) else { return Cell::from(text(args, 0).into_owned()) };
    let delimiter = text(args, 1);
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            joined.push_str(&delimiter);
        }
        joined.push_str(&Cell::dynamic(item).to_text());
    }
    Cell::from(joined)
}

fn strcat_delim<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some((delimiter, rest)) = args.split_first() else { return EMPTY };
    let delimiter = delimiter.to_text();
    let mut joined = String::new();
    for (index, item) in rest.iter().enumerate() {
        if index > 0 {
            joined.push_str(&delimiter);
        }
        joined.push_str(&item.to_text());
    }
    Cell::from(joined)
}

fn strcmp<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    Cell::Long(text(args, 0).cmp(&text(args, 1)) as i64)
}

/// No text is repeated more often.
const MOST_REPEATS: i64 = 1024;

fn strrep<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (value, delimiter) = (text(args, 0), text(args, 2));
    let times = integer(args, 1).unwrap_or_default().clamp(0, MOST_REPEATS);
    let mut repeated = String::new();
    for time in 0..times {
        if time > 0 {
            repeated.push_str(&delimiter);
        }
        repeated.push_str(&value);
    }
    Cell::from(repeated)
}

/// Letters whose other case is several letters stay as they are, as in .NET's invariant culture; so does a final sigma
/// differ in nothing from any other.
fn single(mut mapped: impl Iterator<Item = char>, c: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

fn tolower(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    change_case(args, types, str::make_ascii_lowercase, |c| single(c.to_lowercase(), c))
}

fn toupper(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    change_case(args, types, str::make_ascii_uppercase, |c| single(c.to_uppercase(), c))
}

fn change_case(args: &[ArrayRef], types: &[Type], ascii: fn(&mut str), other: fn(char) -> char) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    Ok(texts(rows(args), |row, out| {
        for column in &columns {
            let cell = column.get(row);
            let text = cell.to_text();
            if text.is_ascii() {
                out.push_str(&text);
                ascii(out);
            } else {
                out.extend(text.chars().map(other));
            }
        }
    }))
}

fn code_points<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let points = text(args, 0).chars().map(|c| Json::Long(i64::from(u32::from(c)))).collect();
    Cell::dynamic(&Json::Array(points))
}

/// A number that is no code point makes the whole text empty.
fn from_code_points<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let point = |number: i64| u32::try_from(number).ok().and_then(char::from_u32);
    let mut made = String::new();
    for (index, arg) in args.iter().enumerate() {
        let numbers: Vec<Option<i64>> = match arg.to_array() {
            Some(items) => items.iter().map(|item| integer(&[Cell::dynamic(item)], 0)).collect(),
            None => vec![integer(args, index)],
        };
        for number in numbers {
            match number.and_then(point) {
                Some(c) => made.push(c),
                None => return EMPTY,
            }
        }
    }
    Cell::from(made)
}

/// Where in `text` the code points from `start` on lie, at most so many; nothing where there are none. A negative start
/// counts from the end, and one before the beginning finds nothing.
fn characters(text: &str, start: i64, length: Option<i64>) -> Range<usize> {
    let all = || if text.is_ascii() { text.len() } else { text.chars().count() };
    let start = if start < 0 {
        i64::try_from(all()).ok().and_then(|all| all.checked_add(start)).and_then(|start| usize::try_from(start).ok())
    } else {
        usize::try_from(start).ok()
    };
    let Some(start) = start else { return 0..0 };
    let length = length.map(|length| usize::try_from(length).unwrap_or_default());
    if text.is_ascii() {
        let start = start.min(text.len());
        let end = length.map_or(text.len(), |length| start.saturating_add(length).min(text.len()));
        return start..end;
    }
    let offset = |text: &str, at: usize| text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset);
    let start = offset(text, start);
    let rest = text.get(start..).unwrap_or_default();
    start..start + length.map_or(rest.len(), |length| offset(rest, length))
}

fn substring(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    let mut parts = StringViewBuilder::with_capacity(rows(args));
    for row in 0..rows(args) {
        let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.get(row)).collect();
        let source = text(&cells, 0);
        let range = match (integer(&cells, 1), integer_or(&cells, 2, i64::MAX)) {
            (Some(start), Some(length)) => characters(&source, start, Some(length)),
            _ => 0..0,
        };
        parts.append_value(source.get(range).unwrap_or_default());
    }
    Ok(Arc::new(parts.finish()))
}

/// The code points that lie before a byte.
pub(super) fn position(text: &str, at: usize) -> i64 {
    let before = text.get(..at).unwrap_or(text);
    if before.is_ascii() { i64::try_from(at).unwrap_or(i64::MAX) } else { count(before) }
}

/// What `indexof` and `indexof_regex` look through: from which byte, and how many code points from there.
pub(super) struct Search {
    pub start: usize,
    length: Option<usize>,
    pub occurrence: i64,
}

impl Search {
    /// Reads the arguments from the third on: start, length, occurrence. Nothing where one is not allowed: a length
    /// below -1, which means no limit, or an occurrence below 0.
    pub(super) fn new(text: &str, args: &[Cell<'_>]) -> Option<Self> {
        let (start, length) = (integer_or(args, 2, 0)?, integer_or(args, 3, -1)?);
        let occurrence = integer_or(args, 4, 1)?;
        if length < -1 || occurrence < 0 {
            return None;
        }
        // A start before the beginning is the beginning.
        let start = if start < 0 { start.max(-count(text)) } else { start };
        let start = characters(text, start, None).start;
        Some(Self { start, length: usize::try_from(length).ok(), occurrence })
    }

    /// The text that is looked through, from its beginning to where a match has to end that is sought from `start`.
    pub(super) fn window<'t>(&self, text: &'t str, start: usize) -> &'t str {
        let Some(length) = self.length else { return text };
        let rest = text.get(start..).unwrap_or_default();
        let end = rest.char_indices().nth(length).map_or(text.len(), |(offset, _)| start + offset);
        text.get(..end).unwrap_or(text)
    }
}

/// Occurrences may overlap, and the length counts anew behind the beginning of each that is passed over: both follow
/// from the documentation's examples, not from its words.
fn indexof<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (source, sought) = (text(args, 0), text(args, 1));
    let Some(search) = Search::new(&source, args) else { return Cell::Null };
    let mut start = search.start;
    for passed in 1..=search.occurrence {
        let window = search.window(&source, start);
        let Some(at) = window.get(start..).and_then(|rest| rest.find(&*sought)) else { break };
        if passed == search.occurrence {
            return Cell::Long(position(&source, start + at));
        }
        let first = source.get(start + at..).and_then(|rest| rest.chars().next());
        let Some(first) = first else { break };
        start += at + first.len_utf8();
    }
    Cell::Long(-1)
}

fn has_any_index<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let source = text(args, 0);
    let Some(values) = array(args, 1) else { return Cell::Null };
    let found = values.iter().position(|value| {
        let term = Cell::dynamic(value);
        matching::matches(StringTest::HasTerm, StringRules::KQL_INSENSITIVE, &source, &term.to_text())
    });
    Cell::Long(found.and_then(|index| i64::try_from(index).ok()).unwrap_or(-1))
}

/// Nothing separates where the delimiter is empty. An index that there is no piece for gives an empty array.
fn split(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    Ok(lists(rows(args), |row, elements| {
        let cells: Vec<Cell<'_>> = columns.iter().map(|column| column.get(row)).collect();
        let (source, delimiter) = (text(&cells, 0), text(&cells, 1));
        let mut pieces = Pieces { rest: Some(&source), delimiter: &delimiter };
        if cells.len() > 2 {
            let index = usize::try_from(integer(&cells, 2)?).ok();
            let piece = index.and_then(|index| pieces.nth(index));
            return Some(piece.map_or(0, |piece| {
                dynamic::append_string(piece, elements);
                1
            }));
        }
        Some(pieces.map(|piece| dynamic::append_string(piece, elements)).count())
    }))
}

/// The pieces between delimiters.
struct Pieces<'t> {
    rest: Option<&'t str>,
    delimiter: &'t str,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest.take()?;
        if self.delimiter.is_empty() {
            return Some(rest);
        }
        match rest.split_once(self.delimiter) {
            Some((piece, behind)) => {
                self.rest = Some(behind);
                Some(piece)
            }
            None => Some(rest),
        }
    }
}

fn replace_string<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (source, sought) = (text(args, 0), text(args, 1));
    if sought.is_empty() || memmem::find(source.as_bytes(), sought.as_bytes()).is_none() {
        return whole(args, 0);
    }
    Cell::from(source.replace(&*sought, &text(args, 2)))
}

/// An argument as it stands, as text.
fn whole<'a>(args: &[Cell<'a>], at: usize) -> Cell<'a> {
    args.get(at).map_or(EMPTY, |cell| part(cell, 0..cell.to_text().len()))
}

/// A string that is sought first takes what it finds away from those behind it, wherever in the text that is. What is no
/// string is not sought; what is to be put in but is no string leaves what was found in its place, out of reach of the
/// others.
fn replace_strings<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(sought), Some(rewrites)) = (array(args, 1), array(args, 2)) else { return EMPTY };
    let source = text(args, 0);
    // The text as pieces, each with whether it is settled.
    let mut pieces: Vec<(Cow<'_, str>, bool)> = vec![(Cow::Borrowed(&source), false)];
    for (index, lookup) in sought.iter().enumerate() {
        let Json::String(lookup) = lookup else { continue };
        if lookup.is_empty() || memmem::find(source.as_bytes(), lookup.as_bytes()).is_none() {
            continue;
        }
        let rewrite = match rewrites.get(index) {
            Some(Json::String(rewrite)) => rewrite,
            _ => lookup,
        };
        let mut next = Vec::with_capacity(pieces.len() + 2);
        for (piece, settled) in pieces {
            if settled {
                next.push((piece, true));
                continue;
            }
            for (at, between) in piece.split(&**lookup).enumerate() {
                if at > 0 {
                    next.push((Cow::Owned(rewrite.to_string()), true));
                }
                if !between.is_empty() {
                    next.push((Cow::Owned(between.to_owned()), false));
                }
            }
        }
        pieces = next;
    }
    Cell::from(pieces.into_iter().map(|(piece, _)| piece).collect::<String>())
}

/// The last character of a replacement list that is too short stands for all that are missing; without any, what is
/// found is taken out.
fn translate<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (from, to) = (text(args, 0), text(args, 1));
    let last = to.chars().next_back();
    let translated = text(args, 2)
        .chars()
        .filter_map(|c| match from.chars().position(|sought| sought == c) {
            Some(at) => to.chars().nth(at).or(last),
            None => Some(c),
        })
        .collect::<String>();
    Cell::from(translated)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, calls};
    use super::*;

    fn s(text: &str) -> Cell<'_> {
        Cell::string(text)
    }

    fn strings(items: &[&str]) -> Cell<'static> {
        Cell::dynamic(&Json::Array(items.iter().map(|item| Json::String((*item).into())).collect()))
    }

    fn n(value: i64) -> Cell<'static> {
        Cell::Long(value)
    }

    #[test]
    fn text_is_put_together() {
        let mixed = Json::Array(vec![
            Json::String("a".into()),
            Json::Long(1),
            Json::Real(2.5),
            Json::Bool(true),
            Json::Null,
            Json::Bag(vec![("x".into(), Json::Long(1))]),
            Json::Array(vec![Json::Long(1), Json::Long(2)]),
        ]);
        calls(
            Type::String,
            &[
                ("strcat", vec![s("a"), n(1), Cell::Null, Cell::Bool(true)], "a1True"),
                ("strcat_array", vec![Cell::dynamic(&mixed), s("-")], r#"a-1-2.5-true--{"x":1}-[1,2]"#),
                ("strcat_array", vec![strings(&[]), s("-")], ""),
                ("strcat_array", vec![Cell::dynamic(&Json::String("abc".into())), s("-")], "abc"),
                ("strcat_array", vec![strings(&["a", "b"]), n(5)], "a5b"),
                ("strcat_array", vec![Cell::Null, s("|")], ""),
                ("strcat_delim", vec![s("-"), s("a"), Cell::Null, s("b")], "a--b"),
                ("strrep", vec![s("ABC"), n(2)], "ABCABC"),
                ("strrep", vec![n(123), n(3), s(".")], "123.123.123"),
                ("strrep", vec![Cell::TimeSpan(30_000_000), n(2), s(" ")], "00:00:03 00:00:03"),
                ("strrep", vec![s("a"), n(-1)], ""),
                ("unicode_codepoints_to_string", vec![n(97), strings(&["98"]), n(0x1F600)], "ab😀"),
                ("unicode_codepoints_to_string", vec![n(97), n(0xD800)], ""),
                ("reverse", vec![s("héllo")], "olléh"),
            ],
        );
        assert_eq!(call("strrep", Type::String, &[s("a"), n(5000)]).to_text().len(), 1024);
    }

    #[test]
    fn text_is_measured() {
        calls(
            Type::Long,
            &[
                ("strlen", vec![s("⒦⒰⒮⒯⒪")], "5"),
                ("strlen", vec![s("C\u{327}edilla")], "8"),
                ("string_size", vec![s("⒦⒰⒮⒯⒪")], "15"),
                ("strcmp", vec![s("a"), s("b")], "-1"),
                ("strcmp", vec![s("B"), s("a")], "-1"),
                ("strcmp", vec![s("é"), s("z")], "1"),
                ("strcmp", vec![s(""), s("")], "0"),
            ],
        );
        let points = call("unicode_codepoints_from_string", Type::Dynamic, &[s("aé")]);
        assert_eq!(points.to_text(), "[97,233]");
    }

    #[test]
    fn case_is_changed_letter_by_letter() {
        calls(
            Type::String,
            &[
                ("tolower", vec![s("ABC-1 ÀΣ")], "abc-1 àσ"),
                ("toupper", vec![s("abc-1 àß")], "ABC-1 Àß"),
                ("toupper", vec![Cell::Bool(true)], "TRUE"),
                ("tolower", vec![s("")], ""),
            ],
        );
    }

    #[test]
    fn a_part_is_cut_out() {
        calls(
            Type::String,
            &[
                ("substring", vec![s("123456"), n(1)], "23456"),
                ("substring", vec![s("123456"), n(2), n(2)], "34"),
                ("substring", vec![s("ABCD"), n(0), n(2)], "AB"),
                ("substring", vec![s("123456"), n(-2), n(2)], "56"),
                ("substring", vec![s("abcdefg"), n(5), n(10)], "fg"),
                ("substring", vec![s("abcdefg"), n(10), n(3)], ""),
                ("substring", vec![s("abcdefg"), n(1), n(-1)], ""),
                ("substring", vec![s("abcdefg"), n(-3), n(10)], "efg"),
                ("substring", vec![s("abc"), n(-10), n(2)], ""),
                ("substring", vec![s("abc"), n(i64::MIN)], ""),
                ("substring", vec![s("abc"), n(1), n(i64::MAX)], "bc"),
                ("substring", vec![s("héllo"), n(1), n(3)], "éll"),
                ("substring", vec![s("héllo"), n(-4)], "éllo"),
                ("substring", vec![s("héllo"), n(9)], ""),
                ("substring", vec![s("abc"), Cell::Null], ""),
                ("substring", vec![n(12345), n(1), n(2)], "23"),
            ],
        );
    }

    #[test]
    fn a_string_is_found_in_another() {
        let twice = "abcdefgabcdefg";
        calls(
            Type::Long,
            &[
                ("indexof", vec![s("abcdefg"), s("cde")], "2"),
                ("indexof", vec![s("abcdefg"), s("cde"), n(1), n(4)], "2"),
                ("indexof", vec![s("abcdefg"), s("cde"), n(1), n(2)], "-1"),
                ("indexof", vec![s("abcdefg"), s("cde"), n(3), n(4)], "-1"),
                ("indexof", vec![s("abcdefg"), s("cde"), n(-5)], "2"),
                ("indexof", vec![n(1_234_567), n(5), n(1), n(4)], "4"),
                ("indexof", vec![s("abcdefg"), s("cde"), n(2), n(-1)], "2"),
                ("indexof", vec![s(twice), s("cde"), n(1), n(10), n(2)], "9"),
                ("indexof", vec![s(twice), s("cde"), n(1), n(-1), n(3)], "-1"),
                ("indexof", vec![s("abc"), s("b"), n(0), n(-2)], ""),
                ("indexof", vec![s("abc"), s("b"), n(0), n(-1), n(-1)], ""),
                ("indexof", vec![s("abc"), s("b"), n(-9)], "1"),
                ("indexof", vec![s("éab"), s("b")], "2"),
                ("indexof", vec![s("abc"), s(""), n(0), n(-1), n(9)], "-1"),
                ("has_any_index", vec![s("this is an example"), strings(&["this", "example"])], "0"),
                ("has_any_index", vec![s("this is an example"), strings(&["not", "example"])], "1"),
                ("has_any_index", vec![s("this is an example"), strings(&["not", "found"])], "-1"),
                ("has_any_index", vec![s("this is an example"), strings(&[])], "-1"),
            ],
        );
        let numbers = Cell::dynamic(&Json::Array((1..=3).map(Json::Long).collect()));
        assert_eq!(call("has_any_index", Type::Long, &[s("Example number 2"), numbers]).as_long(), Some(1));
    }

    #[test]
    fn text_is_split() {
        calls(
            Type::Dynamic,
            &[
                ("split", vec![s("aa_bb"), s("_")], r#"["aa","bb"]"#),
                ("split", vec![s("aaa_bbb_ccc"), s("_"), n(1)], r#"["bbb"]"#),
                ("split", vec![s("aaa_bbb_ccc"), s("_"), n(3)], "[]"),
                ("split", vec![s("aaa_bbb_ccc"), s("_"), n(-1)], "[]"),
                ("split", vec![s(""), s("_")], r#"[""]"#),
                ("split", vec![s("a__b"), s("_")], r#"["a","","b"]"#),
                ("split", vec![s("aabbcc"), s("bb")], r#"["aa","cc"]"#),
                ("split", vec![s("abc"), s("")], r#"["abc"]"#),
            ],
        );
    }

    #[test]
    fn strings_are_replaced() {
        let message = "This is an example of using replace_strings()";
        let number = Cell::dynamic(&Json::Array(vec![Json::Long(12_345), Json::String("was".into())]));
        calls(
            Type::String,
            &[
                ("replace_string", vec![s("Number is 1"), s("is"), s("was")], "Number was 1"),
                ("replace_string", vec![s("abc"), s(""), s("x")], "abc"),
                (
                    "replace_strings",
                    vec![
                        s("A magic trick can turn a cat into a dog"),
                        strings(&["cat", "dog"]),
                        strings(&["dog", "pigeon"]),
                    ],
                    "A magic trick can turn a dog into a pigeon",
                ),
                (
                    "replace_strings",
                    vec![s(message), strings(&["This", "is"]), strings(&["This", "was"])],
                    "This was an example of using replace_strings()",
                ),
                (
                    "replace_strings",
                    vec![s(message), strings(&["is", "This"]), strings(&["was", "This"])],
                    "Thwas was an example of using replace_strings()",
                ),
                (
                    "replace_strings",
                    vec![s(message), strings(&["This", "is"]), number],
                    "This was an example of using replace_strings()",
                ),
                ("translate", vec![s("abc"), s("x"), s("abc")], "xxx"),
                ("translate", vec![s("abc"), s(""), s("ab")], ""),
                ("translate", vec![s("krasp"), s("otsku"), s("spark")], "kusto"),
            ],
        );
    }
}
