//! Faulty queries and what is said about them: the fixtures under `tests/fixtures/syntax_errors`, each with its full
//! rendering as a snapshot, and what must hold of them whatever the snapshots say.

// A test says what is wrong by failing there.
#![allow(clippy::unwrap_used, clippy::format_collect)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kqlc::diagnostic::render::{Format, Renderer, Report, Sink};
use kqlc::diagnostic::{Diagnostic, Edit};
use kqlc::source::{SourceFile, Span};
use kqlc::syntax::parse;
use proptest::prelude::*;

const OPEN: char = '⟦';
const CLOSE: char = '⟧';

/// A faulty query of a fixture.
struct Case {
    name: String,
    query: String,
    /// The places that findings are to underline, in order.
    marked: Vec<Span>,
    /// Whether every finding is to offer a change.
    mends: bool,
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/syntax_errors");
    let entries = std::fs::read_dir(folder).expect("the folder of fixtures");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a fixture").path()).collect();
    files.sort();
    files
}

fn cases(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).expect("a readable fixture");
    text.split("\n## ")
        .skip(1)
        .map(|section| {
            let (name, rest) = section.split_once('\n').expect("a heading ends with its line");
            let (before, rest) = rest.split_once("```kql\n").unwrap_or_else(|| panic!("{name}: no query"));
            let (marked_query, _) = rest.split_once("\n```").expect("a fence is closed");
            let (query, marked) = unmarked(marked_query);
            Case { name: name.to_owned(), query, marked, mends: !before.contains("No fix.") }
        })
        .collect()
}

/// The text without its marks, and the spans that were marked.
fn unmarked(text: &str) -> (String, Vec<Span>) {
    let (mut query, mut spans, mut open) = (String::new(), Vec::new(), 0);
    for character in text.chars() {
        match character {
            OPEN => open = query.len(),
            CLOSE => spans.push(Span::new(open, query.len())),
            _ => query.push(character),
        }
    }
    (query, spans)
}

fn apply(text: &str, findings: &[Diagnostic]) -> String {
    let mut edits: Vec<&Edit> =
        findings.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| edit.span);
    let mut mended = String::new();
    let mut at = 0;
    for edit in edits {
        assert!(at <= edit.span.start as usize, "edits overlap at {:?} of {text:?}", edit.span);
        mended.push_str(&text[at..edit.span.start as usize]);
        mended.push_str(&edit.replacement);
        at = edit.span.end as usize;
    }
    mended + &text[at..]
}

fn rendered(query: &str, findings: &[Diagnostic]) -> String {
    let file = SourceFile::from_text("query.kql", query);
    let mut sink = Sink::new(Vec::new(), Format::Human);
    let report = Report { file: &file, query: Some(0), diagnostics: findings };
    sink.write(Renderer::new(Format::Human, false).render(&report)).expect("memory takes all");
    String::from_utf8(sink.finish().expect("memory takes all")).expect("renderings are UTF-8")
}

/// What must hold of the findings about any text.
fn check(text: &str, findings: &[Diagnostic]) {
    let last_word = text.trim_end().len();
    for finding in findings {
        let (start, end) = (finding.span.start as usize, finding.span.end as usize);
        assert!(start <= end && text.get(start..end).is_some(), "{finding:?} of {text:?}");
        assert!(!finding.message.is_empty() && !finding.message.ends_with('.'), "{finding:?}");
        if start == end {
            let behind = &text[start..];
            let is_end = behind.lines().all(|line| line.trim().is_empty() || line.trim().starts_with("//"));
            assert!(is_end && start <= last_word, "empty, and not at the end: {finding:?} of {text:?}");
        }
        let related = finding.related.iter().map(|label| label.span);
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in related.chain(edits) {
            assert!(text.get(span.range()).is_some(), "{span:?} of {finding:?} of {text:?}");
        }
    }
    assert!(findings.is_sorted_by_key(|finding| finding.span.start), "out of order: {findings:?}");
}

#[test]
fn findings_underline_the_marked_words() {
    let (mut count, mut wrong) = (0, String::new());
    for case in fixtures().iter().flat_map(|file| cases(file)) {
        let findings = parse(&case.query).diagnostics;
        check(&case.query, &findings);
        let spans: Vec<_> = findings.iter().map(|finding| finding.span).collect();
        if spans != case.marked || spans.is_empty() {
            let shown = rendered(&case.query, &findings);
            writeln!(wrong, "{}: marked {:?}\n{shown}", case.name, case.marked).unwrap();
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 60, "{count} queries");
}

#[test]
fn changes_mend_what_they_say_they_mend() {
    let mut wrong = String::new();
    for case in fixtures().iter().flat_map(|file| cases(file)) {
        let findings = parse(&case.query).diagnostics;
        if findings.iter().all(|finding| finding.fix.is_some()) != case.mends {
            writeln!(wrong, "{}: changes offered\n{}", case.name, rendered(&case.query, &findings)).unwrap();
        } else if case.mends {
            let mended = apply(&case.query, &findings);
            let left = parse(&mended).diagnostics;
            if !left.is_empty() {
                let shown = rendered(&case.query, &findings);
                writeln!(wrong, "{}: not mended\n{shown}\n{}", case.name, rendered(&mended, &left)).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn findings_speak_kql() {
    for file in fixtures() {
        for case in cases(&file) {
            for finding in parse(&case.query).diagnostics {
                let sentences =
                    finding.notes.iter().map(|note| note.text.as_str()).chain([&*finding.message, &*finding.label]);
                for sentence in sentences {
                    for word in ["_primary", "_slice", "_op", "pest", "EOI", "operand"] {
                        assert!(!sentence.contains(word), "{}: {sentence}", case.name);
                    }
                }
                assert!(
                    !finding.label.is_empty() || !finding.notes.is_empty() || finding.fix.is_some(),
                    "{}: `{}` and no more",
                    case.name,
                    finding.message
                );
            }
        }
    }
}

#[test]
fn renderings_as_they_look() {
    for file in fixtures() {
        let group = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut text = String::new();
        for case in cases(&file) {
            let findings = parse(&case.query).diagnostics;
            write!(text, "## {}\n\n{}", case.name, rendered(&case.query, &findings)).unwrap();
            if case.mends {
                let lines = apply(&case.query, &findings).replace('\n', "\n    ");
                write!(text, "mended:\n\n    {lines}\n\n").unwrap();
            }
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/syntax"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(group, text));
    }
}

#[test]
fn a_query_cut_off_anywhere_is_explained() {
    for file in fixtures() {
        for case in cases(&file) {
            for (end, _) in case.query.char_indices() {
                check(&case.query[..end], &parse(&case.query[..end]).diagnostics);
            }
        }
    }
}

#[test]
fn a_long_faulty_query_is_explained_in_time() {
    let stage = "| where a == 1 AND b has \"x\" | exend c = 1\n";
    let start = std::time::Instant::now();
    let findings = parse(&format!("T\n{}", stage.repeat(2_000))).diagnostics;
    assert!(findings.len() > 1);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

/// Words and signs of KQL, whole and broken.
fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "T",
        "a",
        "b",
        "x",
        "1",
        "1d",
        "\"s\"",
        "'t'",
        "@'u'",
        "|",
        "|",
        "|",
        ";",
        ",",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "=",
        "==",
        "=~",
        "!=",
        "!",
        "<",
        ">",
        "..",
        ".",
        "-",
        "--",
        "+",
        "*",
        "%",
        "~",
        ":",
        "#",
        "?",
        "where",
        "extend",
        "project",
        "project-away",
        "summarize",
        "by",
        "join",
        "on",
        "kind",
        "union",
        "let",
        "in",
        "!in",
        "has_any",
        "between",
        "and",
        "or",
        "not",
        "AND",
        "LIKE",
        "IS",
        "NULL",
        "SELECT",
        "FROM",
        "dynamic",
        "datatable",
        "string",
        "datetime(",
        "ago",
        "case",
        "when",
        "matches",
        "regex",
        "“",
        "”",
        "–",
        "é",
        "≠",
        "//c\n",
        "\n",
        "/*",
        "*/",
        "&&",
        "||",
        "\"",
        "'",
        "```",
        "\\",
        "sort",
        "top",
        "parse",
        "with",
        "mv-expand",
        "range",
        "from",
        "to",
        "step",
        "print",
        "<x>",
        "{{y}}",
        "...",
        "summerize",
        "\u{A0}",
        "\u{2028}",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_soup_of_tokens_is_explained(tokens in prop::collection::vec(token(), 0..25), blanks in any::<bool>()) {
        let text = tokens.join(if blanks { " " } else { "" });
        check(&text, &parse(&text).diagnostics);
    }

    #[test]
    fn any_text_is_explained(text in "\\PC{0,60}") {
        check(&text, &parse(&text).diagnostics);
    }
}
