//! Functions of regular expressions. Kusto's dialect is that of the crate `regex`. A malformed expression is refused
//! before any record is read; where one gets here all the same, it matches nothing.

use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringViewBuilder};
use datafusion::common::Result;
use regex::{CaptureLocations, Captures, Regex};

use super::arguments::{array, integer, text};
use super::columns::{columns, rows, texts};
use super::strings::{Search, position};
use super::{Env, Kernel, cast, regex};
use crate::eval::Cell;
use crate::eval::arrays::CellBuilder;
use crate::ir::Json;
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::array("extract", extract),
    Kernel::row("extractall", extract_all),
    Kernel::row("extract_all", extract_all),
    Kernel::array("replace", |env, args, types| match (args, types) {
        ([regex, rewrite, source], [a, b, c]) => {
            let args = [source.clone(), regex.clone(), rewrite.clone()];
            replace_regex(env, &args, &[*c, *a, *b])
        }
        _ => replace_regex(env, args, types),
    }),
    Kernel::array("replace_regex", replace_regex),
    Kernel::array("trim", |_, args, types| trim(args, types, true, true)),
    Kernel::array("trim_start", |_, args, types| trim(args, types, true, false)),
    Kernel::array("trim_end", |_, args, types| trim(args, types, false, true)),
    Kernel::row("regex_quote", |_, args| Cell::from(regex::escape(&text(args, 0)))),
    Kernel::strict("indexof_regex", indexof_regex),
    Kernel::row("countof", countof),
];

/// Which argument of a function is a regular expression.
const PATTERNS: &[(&str, usize)] = &[
    ("extract", 0),
    ("extract_all", 0),
    ("extractall", 0),
    ("indexof_regex", 1),
    ("replace", 0),
    ("replace_regex", 1),
    ("trim", 0),
    ("trim_end", 0),
    ("trim_start", 0),
];

/// What is wrong with the regular expression among a function's arguments, of which `constant` gives those that are
/// constants.
pub(super) fn fault(function: &str, constant: &dyn Fn(usize) -> Option<String>) -> Option<String> {
    let at = match (function, constant(2).as_deref()) {
        ("countof", Some("regex")) => 1,
        _ => PATTERNS.iter().find(|(name, _)| *name == function)?.1,
    };
    match Regex::new(&constant(at)?) {
        Err(error) => Some(format!("the regular expression is malformed: {error}")),
        Ok(regex) if function.starts_with("extract_") || function == "extractall" => match regex.captures_len() - 1 {
            1..=16 => None,
            0 => Some("the regular expression has no capture group".to_owned()),
            _ => Some("the regular expression has more than 16 capture groups".to_owned()),
        },
        Ok(_) => None,
    }
}

/// A compiled expression with room for what its groups capture.
type Compiled = (Rc<Regex>, CaptureLocations);

/// The regular expression of the row before, kept for those that have the same, which is nearly always all.
#[derive(Default)]
struct Last(Option<(String, Option<Compiled>)>);

impl Last {
    fn get(&mut self, pattern: &str) -> Option<&mut Compiled> {
        self.wrapped("", pattern, "")
    }

    /// The expression that a pattern makes with something before and behind it, which have to be the same for all.
    fn wrapped(&mut self, before: &str, pattern: &str, behind: &str) -> Option<&mut Compiled> {
        if self.0.as_ref().is_none_or(|(last, _)| last != pattern) {
            let compiled = regex(&format!("{before}{pattern}{behind}")).map(|regex| {
                let locations = regex.capture_locations();
                (regex, locations)
            });
            self.0 = Some((pattern.to_owned(), compiled));
        }
        self.0.as_mut()?.1.as_mut()
    }

    /// What a group captures at the first match.
    fn group<'t>(&mut self, pattern: &str, group: usize, source: &'t str) -> Option<&'t str> {
        let (regex, locations) = self.get(pattern)?;
        if group == 0 {
            return regex.find(source).map(Into::into);
        }
        regex.captures_read(locations, source)?;
        let (start, end) = locations.get(group)?;
        source.get(start..end)
    }
}

fn extract(env: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    let [patterns, groups, sources, ..] = columns.as_slice() else {
        return datafusion::common::internal_err!("extract takes three arguments");
    };
    let mut last = Last::default();
    let mut found = |row: usize, write: &mut dyn FnMut(Option<&str>) -> Result<()>| {
        let (pattern, source) = (patterns.get(row), sources.get(row));
        let source = source.to_text();
        let group = integer(&[groups.get(row)], 0).and_then(|group| usize::try_from(group).ok());
        write(group.and_then(|group| last.group(&pattern.to_text(), group, &source)))
    };
    if env.ty == Type::String {
        let mut texts = StringViewBuilder::with_capacity(rows(args));
        for row in 0..rows(args) {
            found(row, &mut |text| {
                texts.append_value(text.unwrap_or_default());
                Ok(())
            })?;
        }
        return Ok(Arc::new(texts.finish()));
    }
    let mut cells = CellBuilder::new(env.ty, rows(args));
    for row in 0..rows(args) {
        found(row, &mut |text| cells.push(&text.map_or(Cell::Null, |text| cast::parse(text, env.ty))))?;
    }
    Ok(cells.finish())
}

/// Which groups `extract_all` is asked for; those that there are not are passed over, and where none is left all are
/// meant.
fn selected(regex: &Regex, groups: &[Json]) -> Vec<usize> {
    let by_name = |name: &str| regex.capture_names().position(|group| group == Some(name));
    let chosen: Vec<usize> = groups
        .iter()
        .filter_map(|group| match group {
            Json::Long(index) => usize::try_from(*index).ok(),
            Json::String(name) => by_name(name),
            _ => None,
        })
        .filter(|index| *index < regex.captures_len())
        .collect();
    if chosen.is_empty() { (1..regex.captures_len()).collect() } else { chosen }
}

fn extract_all<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(regex) = regex(&text(args, 0)) else { return Cell::Null };
    let groups = if args.len() > 2 { array(args, 1).unwrap_or_default() } else { Vec::new() };
    let groups = selected(&regex, &groups);
    let source = text(args, args.len().saturating_sub(1));
    let captured =
        |captures: &Captures<'_>, group: usize| Json::String(captures.get(group).map_or("", Into::into).into());
    let matches: Vec<Json> = regex
        .captures_iter(&source)
        .map(|captures| match groups.as_slice() {
            [group] => captured(&captures, *group),
            groups => Json::Array(groups.iter().map(|group| captured(&captures, *group)).collect()),
        })
        .collect();
    if matches.is_empty() { Cell::Null } else { Cell::dynamic(&Json::Array(matches)) }
}

fn replace_regex(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    let [sources, patterns, rewrites] = columns.as_slice() else {
        return datafusion::common::internal_err!("replace_regex takes three arguments");
    };
    let mut last = Last::default();
    Ok(texts(rows(args), |row, out| {
        let (source, pattern, rewrite) = (sources.get(row), patterns.get(row), rewrites.get(row));
        let source = source.to_text();
        match last.get(&pattern.to_text()) {
            Some((regex, locations)) => rewrite_all(regex, locations, &source, &rewrite.to_text(), out),
            None => out.push_str(&source),
        }
    }))
}

/// Writes the text with every match rewritten.
fn rewrite_all(regex: &Regex, locations: &mut CaptureLocations, source: &str, rewrite: &str, out: &mut String) {
    let mut copied = 0;
    let refers = rewrite.contains('\\');
    for found in regex.find_iter(source) {
        out.push_str(source.get(copied..found.start()).unwrap_or_default());
        if refers {
            regex.captures_read_at(locations, source, found.start());
            expand(rewrite, |group| locations.get(group).and_then(|(start, end)| source.get(start..end)), out);
        } else {
            out.push_str(rewrite);
        }
        copied = found.end();
    }
    out.push_str(source.get(copied..).unwrap_or_default());
}

/// Writes a rewrite: a backslash before a digit stands for what that group captured, one before a backslash for itself.
fn expand<'t>(rewrite: &str, group: impl Fn(usize) -> Option<&'t str>, out: &mut String) {
    let mut chars = rewrite.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(digit @ '0'..='9') => {
                let index = digit.to_digit(10).map_or(0, |digit| digit as usize);
                out.push_str(group(index).unwrap_or_default());
            }
            Some('\\') | None => out.push('\\'),
            Some(other) => _ = write!(out, "\\{other}"),
        }
    }
}

/// Takes one match off each end that is asked for: at the beginning the match that the expression prefers, at the end
/// the longest.
fn trim(args: &[ArrayRef], types: &[Type], at_start: bool, at_end: bool) -> Result<ArrayRef> {
    let columns = columns(args, types)?;
    let [patterns, sources] = columns.as_slice() else {
        return datafusion::common::internal_err!("trim takes two arguments");
    };
    let (mut starts, mut ends) = (Last::default(), Last::default());
    let mut trimmed = StringViewBuilder::with_capacity(rows(args));
    for row in 0..rows(args) {
        let (pattern, source) = (patterns.get(row), sources.get(row));
        let (pattern, source) = (pattern.to_text(), source.to_text());
        let (mut start, mut end) = (0, source.len());
        if at_start
            && let Some((regex, _)) = starts.wrapped("^(?:", &pattern, ")")
            && let Some(found) = regex.find(&source)
        {
            start = found.end();
        }
        if at_end
            && let Some((regex, _)) = ends.wrapped("(?:", &pattern, ")$")
            && let Some(found) = regex.find_at(&source, start)
        {
            end = found.start();
        }
        trimmed.append_value(source.get(start..end).unwrap_or_default());
    }
    Ok(Arc::new(trimmed.finish()))
}

/// Matches do not overlap. Unlike for `indexof`, a negative start is not allowed: so the documentation's example has
/// it.
fn indexof_regex<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let source = text(args, 0);
    let (Some(search), Some(regex)) = (Search::new(&source, args), regex(&text(args, 1))) else { return Cell::Null };
    if integer(args, 2).is_some_and(|start| start < 0) {
        return Cell::Null;
    }
    let mut start = search.start;
    for passed in 1..=search.occurrence {
        let Some(found) = regex.find_at(search.window(&source, start), start) else { break };
        if passed == search.occurrence {
            return Cell::Long(position(&source, found.start()));
        }
        start = if found.is_empty() {
            let behind = source.get(found.end()..).and_then(|rest| rest.chars().next());
            let Some(next) = behind else { break };
            found.end() + next.len_utf8()
        } else {
            found.end()
        };
    }
    Cell::Long(-1)
}

fn countof<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (source, sought) = (text(args, 0), text(args, 1));
    let count = if text(args, 2) == "regex" {
        regex(&sought).map_or(0, |regex| regex.find_iter(&source).count())
    } else {
        overlapping(&source, &sought)
    };
    Cell::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

/// How often a text holds another, overlaps included.
fn overlapping(source: &str, sought: &str) -> usize {
    let Some(first) = sought.chars().next() else { return 0 };
    let (mut count, mut start) = (0, 0);
    while let Some(at) = source.get(start..).and_then(|rest| rest.find(sought)) {
        count += 1;
        start += at + first.len_utf8();
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, calls};
    use super::*;
    use crate::eval::arrays::Cells;

    fn s(text: &str) -> Cell<'_> {
        Cell::string(text)
    }

    fn n(value: i64) -> Cell<'static> {
        Cell::Long(value)
    }

    fn list(items: Vec<Json>) -> Cell<'static> {
        Cell::dynamic(&Json::Array(items))
    }

    #[test]
    fn a_group_is_extracted() {
        let user = "User: JohnDoe, Email: johndoe@example.com, Age: 29";
        calls(
            Type::String,
            &[
                ("extract", vec![s("User: ([^,]+)"), n(1), s(user)], "JohnDoe"),
                ("extract", vec![s("b(.)d"), n(0), s("abcd")], "bcd"),
                ("extract", vec![s("b(.)d"), n(1), s("xyz")], ""),
                ("extract", vec![s("b(.)d"), n(2), s("abcd")], ""),
                ("extract", vec![s("b(.)d"), n(-1), s("abcd")], ""),
                ("extract", vec![s("a(b)?"), n(1), s("ac")], ""),
                ("extract", vec![s("("), n(0), s("(")], ""),
            ],
        );
        let month = call("extract", Type::Int, &[s(r"-(\d{2})-"), n(1), s("15-12-2024"), s("int")]);
        assert!(matches!(month, Cell::Int(12)));
        assert!(call("extract", Type::Long, &[s("x(.*)"), n(1), s("xy"), s("long")]).is_null());
        assert!(call("extract", Type::Long, &[s("x(.*)"), n(1), s("no"), s("long")]).is_null());
    }

    #[test]
    fn rows_may_have_patterns_of_their_own() {
        let cells = |texts: &[&str]| {
            crate::eval::arrays::from_cells(Type::String, texts.iter().map(|text| Cell::string(*text))).unwrap()
        };
        let groups = crate::eval::arrays::from_cells(Type::Long, [n(1), n(0), n(1)]).unwrap();
        let args = [cells(&["a(.)", "b", "a(.)"]), groups, cells(&["ab", "ab", "ac"])];
        let found =
            extract(Env { now: 0, ty: Type::String }, &args, &[Type::String, Type::Long, Type::String]).unwrap();
        let found = Cells::new(found.as_ref(), Type::String).unwrap();
        let found: Vec<String> = (0..3).map(|row| found.get(row).to_text().into_owned()).collect();
        assert_eq!(found, ["b", "b", "c"]);
    }

    #[test]
    fn all_matches_are_extracted() {
        let words = s(" test word");
        let two = s(r"(?:^| )([a-z])([a-z]+)");
        calls(
            Type::Dynamic,
            &[
                ("extract_all", vec![s(r"(?:^| )([a-z]+)"), words.clone()], r#"["test","word"]"#),
                ("extract_all", vec![two.clone(), words.clone()], r#"[["t","est"],["w","ord"]]"#),
                ("extract_all", vec![two.clone(), list(vec![Json::Long(2)]), words.clone()], r#"["est","ord"]"#),
                (
                    "extract_all",
                    vec![two.clone(), list(vec![Json::Long(2), Json::Long(1)]), words.clone()],
                    r#"[["est","t"],["ord","w"]]"#,
                ),
                (
                    "extract_all",
                    vec![two.clone(), list(vec![Json::Long(1), Json::Long(5)]), words.clone()],
                    r#"["t","w"]"#,
                ),
                (
                    "extract_all",
                    vec![two.clone(), list(vec![Json::Long(5)]), words.clone()],
                    r#"[["t","est"],["w","ord"]]"#,
                ),
                ("extract_all", vec![two.clone(), list(vec![]), words.clone()], r#"[["t","est"],["w","ord"]]"#),
                (
                    "extract_all",
                    vec![s(r"(?P<a>\w)-(?P<b>\w)"), list(vec![Json::String("b".into())]), s("x-y")],
                    r#"["y"]"#,
                ),
            ],
        );
        assert!(call("extract_all", Type::Dynamic, &[s(r"(\d+)"), words]).is_null());
    }

    #[test]
    fn matches_are_rewritten() {
        calls(
            Type::String,
            &[
                ("replace_regex", vec![s("Number is 1"), s(r"is (\d+)"), s(r"was: \1")], "Number was: 1"),
                ("replace_regex", vec![s("abbc"), s("b+"), s("x")], "axc"),
                ("replace_regex", vec![s("ab"), s("(a)(b)"), s(r"\2\1\0\\\9$1\q")], r"baab\$1\q"),
                ("replace_regex", vec![s("a1b"), s(r"\bb"), s(r"x\0")], "a1b"),
                ("replace_regex", vec![s("abc"), s("x*"), s("-")], "-a-b-c-"),
                ("replace", vec![s("b+"), s("x"), s("abbc")], "axc"),
                ("regex_quote", vec![s("(so$me.Te^xt)")], r"\(so\$me\.Te\^xt\)"),
            ],
        );
    }

    #[test]
    fn matches_are_trimmed() {
        calls(
            Type::String,
            &[
                ("trim", vec![s("--"), s("--https://bing.com--")], "https://bing.com"),
                ("trim", vec![s(r"[^\w]+"), s("-  Te st1// $")], "Te st1"),
                ("trim", vec![s("a+"), s("aaa")], ""),
                ("trim_start", vec![s("https://"), s("https://bing.com")], "bing.com"),
                ("trim_start", vec![s(r"\s+"), s("    Hello, world!    ")], "Hello, world!    "),
                ("trim_end", vec![s(".com"), s("bing.com")], "bing"),
                ("trim_end", vec![s(r"\s+"), s("    Hello, world!    ")], "    Hello, world!"),
                ("trim_end", vec![s("x|xx"), s("axx")], "a"),
                ("trim_start", vec![s("x|y"), s("abc")], "abc"),
            ],
        );
    }

    #[test]
    fn a_match_is_found() {
        calls(
            Type::Long,
            &[
                ("indexof_regex", vec![s("abcabc"), s("a.c")], "0"),
                ("indexof_regex", vec![s("abcabcdefg"), s("a.c"), n(0), n(9), n(2)], "3"),
                ("indexof_regex", vec![s("abcabc"), s("a.c"), n(1), n(-1), n(2)], "-1"),
                ("indexof_regex", vec![s("ababaa"), s("a.a"), n(0), n(-1), n(2)], "-1"),
                ("indexof_regex", vec![s("abcabc"), s("a|ab"), n(-1)], ""),
                ("indexof_regex", vec![s("éé1"), s(r"\d")], "2"),
                ("indexof_regex", vec![s("ab"), s("x*"), n(0), n(-1), n(3)], "2"),
                ("countof", vec![s("aaaa"), s("aa")], "3"),
                ("countof", vec![s("ababa"), s("ab"), s("normal")], "2"),
                ("countof", vec![s("ababa"), s("aba"), s("regex")], "1"),
                ("countof", vec![s("abcabc"), s("a.c"), s("regex")], "2"),
                ("countof", vec![s("ααα"), s("αα")], "2"),
                ("countof", vec![s("abc"), s("")], "0"),
            ],
        );
    }

    #[test]
    fn a_malformed_expression_is_told_apart() {
        let constants = |texts: &'static [&'static str]| move |at: usize| texts.get(at).map(|text| (*text).to_owned());
        assert!(fault("extract", &constants(&["(", "", ""])).is_some());
        assert!(fault("extract", &constants(&["a", "", ""])).is_none());
        assert!(fault("extract_all", &constants(&["a", ""])).is_some());
        assert!(fault("extract_all", &constants(&["(a)", ""])).is_none());
        assert!(fault("countof", &constants(&["", "(", "regex"])).is_some());
        assert!(fault("countof", &constants(&["", "(", "normal"])).is_none());
        assert!(fault("strlen", &constants(&["("])).is_none());
    }
}
