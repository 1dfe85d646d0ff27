//! Whatever text is given: no panic, no hang, no stack overflow, and errors that point into the text.

use std::time::{Duration, Instant};

use kqlc::bind::bind;
use kqlc::schema::{Dialect, Schemas};
use kqlc::syntax::{self, Parsed};
use proptest::prelude::*;

/// What must hold of the answer to any text.
fn check(text: &str, parsed: &Parsed) {
    for diagnostic in &parsed.diagnostics {
        assert!(text.get(diagnostic.span.range()).is_some(), "{text:?}: {:?} lies outside", diagnostic.span);
        assert!(!diagnostic.message.is_empty());
    }
    assert!(parsed.diagnostics.is_sorted_by_key(|diagnostic| diagnostic.span.start), "{text:?}: out of order");
    assert!(parsed.query.is_some() || !parsed.diagnostics.is_empty(), "{text:?}: neither tree nor error");
}

/// The pieces of KQL, to be strung together without sense.
const TOKENS: &[&str] = &[
    "T",
    "where",
    "project",
    "summarize",
    "by",
    "extend",
    "join",
    "on",
    "kind=inner",
    "union",
    "let",
    "x",
    "=",
    "==",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "|",
    ";",
    ",",
    ".",
    "..",
    "and",
    "or",
    "in",
    "has",
    "!has",
    "between",
    "\"s\"",
    "'",
    "\"",
    "@\"",
    "```",
    "1",
    "1d",
    "1.5",
    "-",
    "+",
    "*",
    "/",
    "//c\n",
    "dynamic(",
    "datetime(",
    "typeof(",
    "count()",
    "\n",
    " ",
    "é",
    "\u{A0}",
    "make-series",
    "step",
    "from",
    "to",
    "parse",
    "with",
    "mv-expand",
    "in~",
    "=~",
    ":",
    "#",
    "\\",
    "\u{2028}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        check(&text, &syntax::parse(&text));
    }

    #[test]
    fn any_string_of_tokens_gets_an_answer(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..60), space in any::<bool>()) {
        let text = tokens.join(if space { " " } else { "" });
        check(&text, &syntax::parse(&text));
        for (span, parsed) in syntax::split_queries(&text) {
            check(span.of(&text), &parsed);
        }
    }
}

#[test]
fn a_query_cut_off_anywhere_gets_an_answer() {
    for file in std::fs::read_dir("rules").expect("the rule pack is there").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a rule is text");
        let Some((_, query)) = text.split_once("query: |\n") else { continue };
        for (end, _) in query.char_indices().step_by(3) {
            check(&query[..end], &syntax::parse(&query[..end]));
        }
    }
}

#[test]
fn nesting_is_bounded_and_never_overflows_the_stack() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("a[", "]"), ("dynamic([", "])"), ("toscalar(", ")")]
    {
        for depth in [10, 60, 200, 10_000] {
            let text = format!("print {}1{}", open.repeat(depth), close.repeat(depth));
            check(&text, &syntax::parse(&text));
            check(&text[..text.len() / 2], &syntax::parse(&text[..text.len() / 2]));
        }
    }
    let deep = format!("print {}1{}", "(".repeat(200), ")".repeat(200));
    assert!(syntax::parse(&deep).is_ok());
}

/// The least time of several runs: on a busy machine it says what the work costs.
fn least(runs: usize, work: impl Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..runs).map(|_| time()).min().unwrap_or_default()
}

/// No form is tried again and again inside itself: that would take twice as long with each level.
#[test]
fn nesting_takes_time_in_proportion() {
    // Unoptimised code takes a multiple.
    let bound = Duration::from_millis(if cfg!(debug_assertions) { 150 } else { 5 });
    for (open, close) in
        [("(", ")"), ("a[", "]"), ("iff(", ", 1, 2)"), ("f(", ")"), ("not(", ")"), ("-(", ")"), ("case(a, ", ", 1)")]
    {
        let text = |depth: usize| format!("print {}1{}", open.repeat(depth), close.repeat(depth));
        let (whole, broken) = (text(200), text(200).replace('1', "1 1"));
        assert!(syntax::parse(&whole).is_ok(), "{open}");
        let time = least(5, || drop(syntax::parse(&whole)));
        assert!(time < bound, "{open}: {time:?}");
        let time = least(3, || drop(syntax::parse(&broken)));
        assert!(time < 20 * bound, "{open}, broken: {time:?}");
    }
}

/// Four times as long a query takes about four times as long to bind.
#[test]
fn a_long_query_binds_in_linear_time() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let terms = |n: usize| format!("SecurityEvent\n| where {}", vec!["Account has \"word\""; n].join(" or "));
    let lines = |n: usize| format!("SecurityEvent{}", "\n| extend Account = tolower(Account)".repeat(n));
    let wide = |n: usize| {
        let line = |n| format!("\n| extend Column{n} = strlen(Account)");
        format!("SecurityEvent{}", (0..n).map(line).collect::<String>())
    };
    for (what, text, short, long) in [
        ("terms", &terms as &dyn Fn(usize) -> String, 500, 2_000),
        ("lines", &lines, 1_250, 5_000),
        ("columns", &wide, 1_250, 5_000),
    ] {
        let time = |n: usize| {
            let tree = syntax::parse(&text(n)).query.expect("a query that parses");
            least(3, || drop(bind(&tree, &schemas)))
        };
        // A machine that is busy with something else may hold up one of them; it does not every time.
        let mut seen = Vec::new();
        let is_linear = (0..5).any(|_| {
            let (quick, slow) = (time(short), time(long));
            seen.push((quick, slow));
            slow < 8 * quick + Duration::from_millis(20)
        });
        assert!(is_linear, "{what}: {seen:?} for {short} and {long}");
    }
}

#[test]
fn chains_do_not_recurse() {
    for (first, more) in [("a == 1", " or a == 1"), ("a", " + 1"), ("'x'", " 'y'")] {
        let text = format!("T | where {first}{}", more.repeat(20_000));
        let parsed = syntax::parse(&text);
        assert!(parsed.is_ok(), "{first}{more}");
        drop(parsed);
    }
    for step in [".b", "[0]"] {
        let text = format!("print a{}", step.repeat(20_000));
        assert_eq!(syntax::parse(&text).diagnostics.len(), 1, "a path is bounded like brackets");
    }
    let stages = format!("T{}", " | where a == 1".repeat(20_000));
    assert!(syntax::parse(&stages).is_ok());
}

#[test]
fn a_long_query_takes_linear_time() {
    let time = |terms: usize| {
        let text = format!("T | where {}", vec!["Name has \"word\""; terms].join(" or "));
        let start = Instant::now();
        assert!(syntax::parse(&text).is_ok());
        start.elapsed()
    };
    time(1_000);
    let (short, long) = (time(5_000), time(20_000));
    assert!(long < short * 16 + Duration::from_millis(200), "{short:?} for 5,000 terms, {long:?} for 20,000");
}

#[test]
fn five_megabytes_are_parsed() {
    let line = "| where AccountName has_any (\"one\", \"two\") and EventID == 4624 // a comment\n";
    let text = format!("SecurityEvent\n{}", line.repeat(5_000_000 / line.len()));
    assert!(syntax::parse(&text).is_ok());
    let broken = format!("{text}| where (");
    check(&broken, &syntax::parse(&broken));
}
