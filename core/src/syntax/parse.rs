//! From text to tree, or to errors worth reading.
//!
//! The whole text is tried first. Only when that fails is it cut into statements and stages, each parsed by a
//! sub-rule, so that one mistake does not hide the next.

use pest::Parser as _;
use pest::error::InputLocation;

use super::ast::Query;
use super::explain;
use super::grammar::{Grammar, Rule};
use super::lower;
use super::scan::{MAX_DEPTH, scan};
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;

/// Stack for the parser at [`MAX_DEPTH`]; a debug build needs most of it.
const STACK_BYTES: usize = 64 * 1024 * 1024;
/// Free stack below which it is grown. A shallow query fits in what every thread has.
const RED_ZONE_BYTES: usize = 1024 * 1024;
/// How deep a query may nest before the larger stack is taken.
const SHALLOW: usize = 16;

/// What parsing gives.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; missing when the grammar does not take the text.
    pub query: Option<Query>,
    /// What is wrong, in the order of the text. Spans count in the text that was parsed.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether the official parser would take the text too.
    pub fn is_ok(&self) -> bool {
        self.diagnostics.is_empty()
    }
}

/// Parses one query. What the grammar lets pass and is wrong all the same (`where a = 1`) is left to later stages.
pub fn parse(text: &str) -> Parsed {
    let scan = scan(text);
    if let Some(at) = scan.too_deep {
        return Parsed { query: None, diagnostics: vec![too_deep(at)] };
    }
    let plain = scan.plain(text);
    let text = plain.as_ref();
    with_stack(scan.depth, || match Grammar::parse(Rule::query, text) {
        Ok(pairs) => {
            let (query, mut diagnostics) = lower::query(pairs, text, scan.comments);
            // What is inside a form is judged before the form.
            diagnostics.sort_by_key(|found| found.span);
            Parsed { query: Some(query), diagnostics }
        }
        Err(error) => Parsed { query: None, diagnostics: explain::diagnose(text, &scan, &error) },
    })
}

/// Runs `work` with stack enough for queries that nest `depth` brackets.
fn with_stack<R>(depth: usize, work: impl FnOnce() -> R) -> R {
    if depth <= SHALLOW {
        stacker::maybe_grow(RED_ZONE_BYTES, STACK_BYTES, work)
    } else {
        stacker::grow(STACK_BYTES, work)
    }
}

/// The tree of a text that is a query without fault; `None` for any other text, with no word about why.
fn faultless(text: &str) -> Option<Query> {
    let scan = scan(text);
    if scan.too_deep.is_some() {
        return None;
    }
    let plain = scan.plain(text);
    with_stack(scan.depth, || {
        let pairs = Grammar::parse(Rule::query, &plain).ok()?;
        let (query, diagnostics) = lower::query(pairs, &plain, scan.comments);
        diagnostics.is_empty().then_some(query)
    })
}

/// The queries of a file: one, or several parted by blank lines.
///
/// Kusto's own editors run the block under the cursor, so people keep many queries in a file. The text is cut only
/// where the whole does not parse: at blank lines, into the fewest queries that all do. Blocks of nothing but
/// comments belong to no query. If no cut helps, the whole is one query, errors and all.
pub fn split_queries(text: &str) -> Vec<(Span, Parsed)> {
    let one = |whole| vec![(Span::new(0, text.len()), whole)];
    if let Some(query) = faultless(text) {
        return one(Parsed { query: Some(query), diagnostics: Vec::new() });
    }
    let blocks = blocks(text);
    if (2..=MAX_BLOCKS).contains(&blocks.len())
        && let Some(queries) = fewest_queries(text, &blocks)
        && queries.len() > 1
    {
        return queries;
    }
    // What is wrong is dear to find out: only where no cut helps.
    one(parse(text))
}

/// A file of more blocks than this is not cut: the search is quadratic.
const MAX_BLOCKS: usize = 400;

/// Runs of lines that are not blank.
fn blocks(text: &str) -> Vec<Span> {
    let mut blocks: Vec<Span> = Vec::new();
    let mut open = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.trim_end().len();
        if line.trim().is_empty() {
            open = false;
        } else if open {
            if let Some(last) = blocks.last_mut() {
                *last = last.to(Span::new(at, end));
            }
        } else {
            blocks.push(Span::new(at, end));
            open = true;
        }
        at += line.len();
    }
    blocks
}

/// A way to cut the blocks before some place into queries.
struct Cut {
    /// How many queries it makes.
    queries: usize,
    /// The last of them: its first block and its tree. `None` where the last block belongs to no query.
    last: Option<(usize, Query)>,
}

/// The fewest runs of blocks that all parse and hold more than comments; `None` if there is no such cut.
fn fewest_queries(text: &str, blocks: &[Span]) -> Option<Vec<(Span, Parsed)>> {
    let is_comment: Vec<bool> = blocks.iter().map(|block| is_comment(block.of(text))).collect();
    let opens: Vec<bool> = blocks.iter().map(|block| may_open(block.of(text))).collect();
    // A cut is of use where all is done, or a query can begin behind it and the comments that follow.
    let goes_on = |end: usize| (end..blocks.len()).find(|&next| !is_comment[next]).is_none_or(|next| opens[next]);
    // best[i]: the best cut of blocks[..i].
    let mut best: Vec<Option<Cut>> = (0..=blocks.len()).map(|_| None).collect();
    best[0] = Some(Cut { queries: 0, last: None });
    for start in 0..blocks.len() {
        let Some(queries) = best[start].as_ref().map(|cut| cut.queries) else { continue };
        let is_better = |known: &Option<Cut>, queries| known.as_ref().is_none_or(|known| queries < known.queries);
        if is_comment[start] {
            if is_better(&best[start + 1], queries) {
                best[start + 1] = Some(Cut { queries, last: None });
            }
            continue;
        }
        if !opens[start] {
            continue;
        }
        // What the grammar cannot take at some place it cannot take there however much follows, so no query from
        // here reaches past the first such place.
        let from = blocks[start].start as usize;
        let reach = from + furthest(&text[from..]);
        let last = blocks.partition_point(|block| (block.start as usize) < reach).max(start + 1);
        for end in (start + 1..=last).rev() {
            if is_comment[end - 1] || !goes_on(end) || !is_better(&best[end], queries + 1) {
                continue;
            }
            if let Some(query) = faultless(blocks[start].to(blocks[end - 1]).of(text)) {
                best[end] = Some(Cut { queries: queries + 1, last: Some((start, query)) });
            }
        }
    }
    let mut queries = Vec::new();
    let mut end = blocks.len();
    while end > 0 {
        match best[end].take()?.last {
            None => end -= 1,
            Some((start, query)) => {
                let parsed = Parsed { query: Some(query), diagnostics: Vec::new() };
                queries.push((blocks[start].to(blocks[end - 1]), parsed));
                end = start;
            }
        }
    }
    queries.reverse();
    Some(queries)
}

fn is_comment(block: &str) -> bool {
    block.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with("//"))
}

/// Whether a query might begin with this block: none begins with a pipe.
fn may_open(block: &str) -> bool {
    let first = block.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with("//"));
    first.is_none_or(|line| !line.starts_with('|'))
}

/// How far the grammar gets: the length of the text if it takes all of it.
fn furthest(text: &str) -> usize {
    let scan = scan(text);
    let plain = scan.plain(text);
    if scan.too_deep.is_some() {
        return text.len();
    }
    with_stack(scan.depth, || match Grammar::parse(Rule::query, &plain) {
        Ok(_) => text.len(),
        Err(error) => match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        },
    })
}

fn too_deep(at: usize) -> Diagnostic {
    Diagnostic::new(&code::TOO_DEEP, Span::new(at, at + 1), format!("brackets nest deeper than {MAX_DEPTH}"))
        .label("this bracket is one too many")
        .help("give inner parts a name with `let`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<&str> {
        parse(text).diagnostics.iter().map(|diagnostic| diagnostic.span.of(text)).collect()
    }

    #[test]
    fn one_error_does_not_hide_the_next() {
        let text = "T | where | project a,, b; U | summarize count( ) by | take 5";
        assert_eq!(parse(text).diagnostics.len(), 3, "{:#?}", parse(text).diagnostics);
    }

    #[test]
    fn errors_come_in_the_order_of_the_text() {
        let found = parse("summarize<x>where").diagnostics;
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.is_sorted_by_key(|found| found.span.start), "{found:?}");
    }

    #[test]
    fn brackets_and_strings_are_told_at_their_opening() {
        assert_eq!(spans("T | where f(a"), ["("]);
        assert_eq!(spans("T | where a == \"x"), ["\""]);
        assert_eq!(spans("T | where a == 'C:\\W'"), ["\\W"]);
    }

    #[test]
    fn queries_of_a_file_are_parted_by_blank_lines_only_where_they_must() {
        let queries =
            |text: &'static str| split_queries(text).into_iter().map(|(span, _)| span.of(text)).collect::<Vec<_>>();
        assert_eq!(queries("let a = 1;\n\nT | where b == a"), ["let a = 1;\n\nT | where b == a"]);
        assert_eq!(queries("T | count\n\n// next\n\nU | take 5\n\n"), ["T | count", "U | take 5"]);
        assert_eq!(queries("T\n\n| count\n\nU"), ["T\n\n| count", "U"]);
        assert_eq!(queries("T |\n\nU |"), ["T |\n\nU |"]);
    }

    /// The same cut by trying every run of blocks from every block on.
    fn by_trying_all(text: &str) -> Vec<&str> {
        let blocks = blocks(text);
        let comment = |at: usize| is_comment(blocks[at].of(text));
        let run = |start: usize, end: usize| blocks[start].to(blocks[end - 1]).of(text);
        let mut best: Vec<Option<Vec<&str>>> = vec![None; blocks.len() + 1];
        best[0] = Some(Vec::new());
        for start in 0..blocks.len() {
            let Some(before) = best[start].clone() else { continue };
            if comment(start) {
                if best[start + 1].as_ref().is_none_or(|known| before.len() < known.len()) {
                    best[start + 1] = Some(before);
                }
                continue;
            }
            for end in (start + 1..=blocks.len()).rev() {
                let is_better = best[end].as_ref().is_none_or(|known| before.len() + 1 < known.len());
                if !comment(end - 1) && is_better && parse(run(start, end)).is_ok() {
                    best[end] = Some([before.as_slice(), &[run(start, end)]].concat());
                }
            }
        }
        match best.pop().flatten() {
            Some(queries) if queries.len() > 1 && !parse(text).is_ok() => queries,
            _ => vec![text],
        }
    }

    #[test]
    fn what_is_left_out_of_the_search_changes_no_cut() {
        const BLOCKS: [&str; 8] =
            ["T", "let a = 1;", "| where b == 1", "// c", "// c\n| take 1", "// c\nU | count", "T | where", "union (T"];
        let mut several = 0;
        for chosen in 0..BLOCKS.len().pow(4) {
            let text: Vec<_> = (0..4).map(|at| BLOCKS[chosen / BLOCKS.len().pow(at) % BLOCKS.len()]).collect();
            let text = text.join("\n\n");
            let cut: Vec<_> = split_queries(&text).into_iter().map(|(span, _)| span.of(&text)).collect();
            assert_eq!(cut, by_trying_all(&text), "{text}");
            several += usize::from(cut.len() > 1);
        }
        assert!(several > 100, "{several}");
    }

    #[test]
    fn no_query_begins_with_a_pipe() {
        for text in ["| take 1", "// c\n| take 1", "|", "\u{a0}| take 1"] {
            assert!(!parse(text).is_ok(), "{text}");
        }
        assert!(may_open("// c") && may_open("T\n| take 1") && !may_open("// c\n | take 1"));
    }

    #[test]
    fn deep_nesting_is_refused_in_time() {
        for bracket in ["(", "[", "{", "f("] {
            let parsed = parse(&format!("T | where {}", bracket.repeat(10_000)));
            assert_eq!(parsed.diagnostics[0].code, &code::TOO_DEEP);
        }
        let deep = format!("print {}1{}", "(".repeat(MAX_DEPTH - 1), ")".repeat(MAX_DEPTH - 1));
        assert!(parse(&deep).is_ok());
    }
}
