//! The patterns of `parse` and `parse-where`.
//!
//! | | `simple`, `relaxed` | `regex` |
//! |---|---|---|
//! | a text | stands for itself | is a regular expression |
//! | `*` | as little as will do | as little as will do |
//! | a `string` column | as little as will do | as much as will do |
//! | another column | as little as will do; before a `*`, what its type looks like | what its type looks like |
//! | the end | must be reached | need not be reached |
//!
//! A match may begin anywhere. In `simple` and `regex` a value that its column's type cannot hold makes the whole record
//! one that does not match; in `relaxed` that value alone is null. The documentation has the table in outline; where a
//! column ends, that the end must be reached, and what the types look like is as Kusto's emulator has been measured
//! (github.com/mmaitre314/duckdb-kql, `docs/TRANSLATION.md`, R19).

use std::borrow::Cow;
use std::fmt::Write as _;

use memchr::memmem::Finder;
use regex::Regex;

use super::super::cast;
use crate::eval::Cell;
use crate::ir::{Parse, ParseKind, ParseSegment};
use crate::types::Type;

/// A pattern, ready for texts.
#[derive(Debug)]
pub struct Pattern {
    matcher: Matcher,
    types: Vec<Type>,
    relaxed: bool,
}

#[derive(Debug)]
enum Matcher {
    /// Texts that are sought one behind the other: all that `simple` needs, unless a type has to say where its value
    /// ends.
    Texts(Vec<Step>),
    /// A regular expression whose groups of these numbers are the columns.
    Regex(Box<Regex>, Vec<usize>),
}

/// A part of a pattern of texts.
#[derive(Debug)]
struct Step {
    /// Whether what lies between the text before and this one is a column's.
    captures: bool,
    /// The text; nothing for the end.
    text: Option<Box<Finder<'static>>>,
    /// Whether nothing may follow the text.
    last: bool,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What Kusto refuses too: flags without `kind=regex`, `parse-where kind=relaxed`, an empty text, a malformed
    /// regular expression. And what is not known: what a `datetime` or `timespan` before a `*`, at the end of a regular
    /// expression or under the flag `U` takes, and what the flag `x` does.
    pub fn new(parse: &Parse) -> Result<Self, String> {
        if parse.kind == ParseKind::Relaxed && parse.filter {
            return Err("`parse-where` cannot be `kind=relaxed`".to_owned());
        }
        if parse.kind != ParseKind::Regex && !parse.flags.is_empty() {
            return Err("flags are for `kind=regex`".to_owned());
        }
        let types = parse.segments.iter().filter_map(|segment| match segment {
            ParseSegment::Column(_, ty) => Some(*ty),
            _ => None,
        });
        let matcher = match texts(&parse.segments) {
            _ if parse
                .segments
                .iter()
                .any(|segment| matches!(segment, ParseSegment::Text(text) if text.is_empty())) =>
            {
                return Err("a text in it is empty".to_owned());
            }
            Some(steps) if parse.kind != ParseKind::Regex => Matcher::Texts(steps),
            _ => regular(parse)?,
        };
        Ok(Self { matcher, types: types.collect(), relaxed: parse.kind == ParseKind::Relaxed })
    }

    /// The values of the columns, in the order of the pattern; nothing where the text does not match.
    pub fn extract<'a>(&self, text: &'a str) -> Option<Vec<Cell<'a>>> {
        let mut values = Vec::with_capacity(self.types.len());
        match &self.matcher {
            Matcher::Texts(steps) => sought(steps, text, |value| self.take(value, &mut values))?,
            Matcher::Regex(regex, groups) => {
                let captures = regex.captures(text)?;
                for group in groups {
                    self.take(captures.get(*group).map_or("", Into::into), &mut values)?;
                }
            }
        }
        Some(values)
    }

    fn take<'a>(&self, text: &'a str, values: &mut Vec<Cell<'a>>) -> Option<()> {
        let ty = self.types.get(values.len()).copied().unwrap_or(Type::String);
        let value = cast::parse_strictly(text, ty);
        values.push(if self.relaxed { value.unwrap_or_default() } else { value? });
        Some(())
    }
}

/// The parts of a pattern in which texts alone say where a column ends; nothing where one has to end by itself.
fn texts(segments: &[ParseSegment]) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = segments.iter().peekable();
    loop {
        // Between two texts: nothing, `*`, or a column. A column and `*` cannot follow each other here.
        let (mut captures, mut gap) = (false, false);
        while let Some(segment) = rest.next_if(|segment| !matches!(segment, ParseSegment::Text(_))) {
            if gap {
                return None;
            }
            gap = true;
            captures = matches!(segment, ParseSegment::Column(..));
        }
        let mut text = String::new();
        while let Some(ParseSegment::Text(part)) = rest.next_if(|segment| matches!(segment, ParseSegment::Text(_))) {
            text.push_str(part);
        }
        let last = rest.peek().is_none();
        if text.is_empty() {
            if gap {
                steps.push(Step { captures, text: None, last: true });
            }
            return Some(steps);
        }
        let finder = Finder::new(&text).into_owned();
        steps.push(Step { captures, text: Some(Box::new(finder)), last });
        if last {
            return Some(steps);
        }
    }
}

/// Finds each text at its first place behind the one before, the last one at the end. That finds a match whenever there
/// is one, since a later place of one text leaves less room for the next.
fn sought<'t>(steps: &[Step], text: &'t str, mut take: impl FnMut(&'t str) -> Option<()>) -> Option<()> {
    let mut rest = text;
    for step in steps {
        let Some(finder) = &step.text else {
            if step.captures {
                take(rest)?;
            }
            return Some(());
        };
        let bytes = rest.as_bytes();
        let at = if step.last {
            let at = bytes.len().checked_sub(finder.needle().len())?;
            bytes.ends_with(finder.needle()).then_some(at)?
        } else {
            finder.find(bytes)?
        };
        if step.captures {
            take(rest.get(..at)?)?;
        }
        rest = rest.get(at + finder.needle().len()..)?;
    }
    Some(())
}

/// What integers look like.
const INTEGER: &str = r"\s*[-+]?\d+";
/// What guids look like. The braces are an alternative of their own, so that the flag `U` cannot part them.
const GUID: &str = "\\s*(?:\
    \\{[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\\}|\
    [0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12})";
/// What instants look like: the separator decides the order of year, month and day.
const DATETIME: &str = r"\s*(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{1,4})(?:[Tt ]\s*\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)?(?:[Zz]|[-+]\d{1,2}(?::\d{1,2})?)?";
/// What spans of time look like.
const TIMESPAN: &str = r"\s*-?(?:\d+\.\d{1,2}:\d{1,2}:\d{1,2}|\d{1,2}:\d{1,2}(?::\d{1,2})?)(?:\.\d*)?";

/// What the values of a type look like, in `simple` and in `regex` patterns; nothing where it is not known.
fn shape(ty: Type) -> [Option<&'static str>; 2] {
    let both = |shape| [Some(shape), Some(shape)];
    match ty {
        Type::Int | Type::Long => both(INTEGER),
        Type::Real | Type::Decimal => [Some(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)"), Some(r"\s*[-+]?\d+(?:\.\d+)?")],
        Type::Bool => [Some(r"\s*(?:(?i:true|false)|[-+]?\d+)"), Some(r"\s*(?i:true|false)")],
        Type::Guid => both(GUID),
        Type::DateTime => [None, Some(DATETIME)],
        Type::TimeSpan => [None, Some(TIMESPAN)],
        Type::String | Type::Dynamic | Type::Unknown => [None, Some(".*")],
    }
}

/// The pattern as a regular expression.
fn regular(parse: &Parse) -> Result<Matcher, String> {
    let regex_mode = parse.kind == ParseKind::Regex;
    if let Some(unknown) = parse.flags.chars().find(|flag| !"imsU".contains(*flag)) {
        return Err(format!("what the flag `{unknown}` does is not known"));
    }
    let mut expression = match (regex_mode, parse.flags.is_empty()) {
        (false, _) => "(?s)".to_owned(),
        (true, true) => String::new(),
        (true, false) => format!("(?{})", parse.flags),
    };
    let mut columns = 0;
    for (index, segment) in parse.segments.iter().enumerate() {
        let rest = parse.segments.get(index + 1..).unwrap_or_default();
        match segment {
            ParseSegment::Skip => expression.push_str(".*?"),
            ParseSegment::Text(text) if regex_mode => expression.push_str(text),
            ParseSegment::Text(text) => expression.push_str(&regex::escape(text)),
            ParseSegment::Column(_, ty) => {
                let value = capture(parse, *ty, rest)?;
                _ = write!(expression, "(?P<{GROUP}{columns}>{value})");
                columns += 1;
            }
        }
    }
    if !regex_mode {
        expression.push_str(r"\z");
    }
    let regex = Regex::new(&expression).map_err(|error| error.to_string())?;
    let number = |column: usize| {
        let name = format!("{GROUP}{column}");
        regex.capture_names().position(|group| group == Some(name.as_str()))
    };
    let groups = (0..columns).filter_map(number).collect();
    Ok(Matcher::Regex(Box::new(regex), groups))
}

/// Names of the groups of columns begin so; the texts of a pattern may have groups of their own.
const GROUP: &str = "kqlc_column_";

/// The expression for a column of a type before the rest of a pattern.
fn capture(parse: &Parse, ty: Type, rest: &[ParseSegment]) -> Result<Cow<'static, str>, String> {
    let [simple, regex] = shape(ty);
    if parse.kind == ParseKind::Regex {
        let temporal = matches!(ty, Type::DateTime | Type::TimeSpan);
        if temporal && rest.is_empty() {
            return Err(format!("what a {ty} at its end takes is not known; put a text or `*` behind it"));
        }
        if temporal && parse.flags.contains('U') {
            return Err(format!("what a {ty} takes under the flag `U` is not known"));
        }
        return Ok(Cow::Borrowed(regex.unwrap_or(".*")));
    }
    if !matches!(rest.first(), Some(ParseSegment::Skip)) {
        return Ok(Cow::Borrowed(".*?"));
    }
    let Some(shape) = simple else {
        return Err(format!("where a {ty} before `*` ends is not known"));
    };
    // A `*` at the very end asks for nothing, not even that the value be there.
    Ok(if rest.len() == 1 { Cow::Owned(format!("(?:{shape})?")) } else { Cow::Borrowed(shape) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::kernels::testing::bound_step;
    use crate::ir::Op;

    /// The values of a text under `parse …`, as text; nothing where it does not match.
    fn values(pattern: &str, text: &str) -> Option<Vec<String>> {
        let parse = match bound_step(&format!("print s = '' | parse{pattern}")) {
            Op::Parse(parse) => parse,
            other => panic!("{other:?}"),
        };
        let pattern = Pattern::new(&parse).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let cells = pattern.extract(text)?;
        Some(
            cells
                .iter()
                .map(|cell| if cell.is_null() { "null".to_owned() } else { cell.to_text().into_owned() })
                .collect(),
        )
    }

    fn holds(cases: &[(&str, &str, Option<&[&str]>)]) {
        for (pattern, text, expected) in cases {
            let expected = expected.map(|values| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
            assert_eq!(values(pattern, text), expected, "{pattern} over {text:?}");
        }
    }

    #[test]
    fn simple_patterns_take_as_little_as_will_do() {
        holds(&[
            (r#" s with "a=" a ", b=" b"#, "a=1, b=xy", Some(&["1", "xy"])),
            (r#" s with "a=" a ", b=" b"#, "nomatch", None),
            (r#" s with "a" v "c" *"#, "aXcYc", Some(&["X"])),
            (r#" s with * "x=" v "," *"#, "y=1,x=2,x=9", Some(&["2"])),
            (r#" s with "a=" a"#, "a=1, b=xy", Some(&["1, b=xy"])),
            (r#" s with "a.b" v"#, "axbZ", None),
            (r#" s with "a=" v"#, "A=1", None),
            (r#" s with "a=" v"#, "junk a=1", Some(&["1"])),
            (r#" s with v "=" *"#, "key=1", Some(&["key"])),
            (r#" s with "é" v "ü""#, "éxü", Some(&["x"])),
        ]);
    }

    #[test]
    fn simple_patterns_reach_the_end() {
        holds(&[
            (r#" s with "a" v "c""#, "aXcYc", Some(&["XcY"])),
            (r#" s with "a" v "b""#, "abcbd", None),
            (r#" s with "k=" v ",""#, "k=1,k=2,end", None),
            (r#" s with "a" v "c""#, "aXc\n", None),
            (r#" s with "ab" v "ba""#, "aba", None),
            (r#" s with "a" v"#, "aX\nY", Some(&["X\nY"])),
            (r#" kind=relaxed s with "a" v "c""#, "aXcYc", Some(&["XcY"])),
        ]);
    }

    #[test]
    fn one_value_that_does_not_fit_makes_all_fail() {
        let simple = r#" s with "a=" a: long ",b=" b ",c=" c: long ",d=" d"#;
        let relaxed = r#" kind=relaxed s with "a=" a: long ",b=" b ",c=" c: long ",d=" d"#;
        holds(&[
            (simple, "a=1,b=2,c=zz,d=4", None),
            (simple, "a=1,b=2,c=3,d=4", Some(&["1", "2", "3", "4"])),
            (relaxed, "a=1,b=2,c=zz,d=4", Some(&["1", "2", "null", "4"])),
            (relaxed, "a=1,b=2,c=3", None),
            (r#" s with "a=" a: long ",b=" b"#, "a=,b=2", None),
            (r#" s with "a=" a ",b=" b"#, "a=,b=2", Some(&["", "2"])),
            (r#" s with "n=" n: long "|""#, "n=012|", Some(&["12"])),
            (r#" s with "n=" n: long "|""#, "n=1.5|", None),
            (r#" s with "b=" b: bool "|""#, "b=2|", Some(&["True"])),
            (r#" s with "b=" b: bool "|""#, "b=yes|", None),
            (r#" s with "t=" t: date "|""#, "t=02/17/2016 08:40:01|", Some(&["2016-02-17T08:40:01.0000000Z"])),
        ]);
    }

    #[test]
    fn a_typed_column_before_a_star_ends_by_itself() {
        let two = r#" s with "n=" n: long * "m=" m: long"#;
        holds(&[
            (two, "n=27 junk m=23", Some(&["27", "23"])),
            (two, "n=xx junk m=23", None),
            (two, "n=xx n=27 m=23", Some(&["27", "23"])),
            (r#" kind=relaxed s with "p|" a: string "-q|" b: long *"#, "p|1-q|xx", Some(&["1", "null"])),
            (r#" kind=relaxed s with "n=" n: long ",m=" m: long"#, "n=xx,m=23", Some(&["null", "23"])),
            (r#" s with "v=" v: real *"#, "v=1e3abc", Some(&["1"])),
            (r#" s with "v=" v: bool *"#, "v=2x", Some(&["True"])),
            (r#" s with "q=" b: bool"#, "q=12x", None),
        ]);
    }

    #[test]
    fn regex_patterns_take_as_much_as_will_do() {
        holds(&[
            (r#" kind=regex s with "a" v "c" *"#, "aXcYc", Some(&["XcY"])),
            (r#" kind=regex flags=U s with "a" v "c" *"#, "aXcYc", Some(&["X"])),
            (r#" kind=regex s with "a" v "b""#, "abcbd", Some(&["bc"])),
            (r#" kind=regex s with "a.b" v"#, "axbZ", Some(&["Z"])),
            (r#" kind=regex s with "(foo)=" v "," "(bar)=" w"#, "foo=9,bar=8", Some(&["9", "8"])),
            (r#" kind=regex s with "n=" n: long"#, "n=27x", Some(&["27"])),
            (r#" kind=regex flags=i s with "a=" v"#, "A=5", Some(&["5"])),
            (r#" kind=regex flags=s s with "a=x." v"#, "a=x\ny", Some(&["y"])),
            (r#" kind=regex flags=m s with "^a=" v"#, "x\na=1", Some(&["1"])),
            (r#" kind=regex flags=U s with * "x=" v ",""#, "y=1,x=2,x=9,", Some(&["9"])),
            (r#" kind=regex s with "v=" c: bool "\\|Q""#, "v=12|Q", None),
            (r#" kind=regex s with "v=" c: real "\\|Q""#, "v=.5|Q", None),
            (r#" kind=regex s with "v=" c: real "\\|Q""#, "v=1.5|Q", Some(&["1.5"])),
            (
                r#" kind=regex flags=U s with "v=" c: guid "\\|Q""#,
                "v={74be27de-1e4e-49d9-b579-fe0b331d3642}|Q",
                Some(&["74be27de-1e4e-49d9-b579-fe0b331d3642"]),
            ),
        ]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for pattern in [
            r#"-where kind=relaxed s with "a=" a"#,
            r#" kind=simple flags=i s with "a=" a ",""#,
            r#" s with "" v"#,
            r#" s with "a=" a: datetime * "b=" b"#,
            r#" kind=regex flags=x s with "a=" a ",""#,
            r#" kind=regex s with "a=" a: datetime"#,
            r#" kind=regex flags=U s with "a=" a: timespan ",""#,
            r#" kind=regex s with "(?=a)a=" a ",""#,
        ] {
            let Op::Parse(parse) = bound_step(&format!("print s = '' | parse{pattern}")) else { panic!("{pattern}") };
            assert!(Pattern::new(&parse).is_err(), "{pattern}");
        }
    }
}
