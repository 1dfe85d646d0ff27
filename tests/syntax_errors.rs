//! Faulty queries and what is said about them: the fixtures under `tests/fixtures/syntax_errors`, each with its full
//! rendering as a snapshot, and what must hold of them whatever the snapshots say.

// A test says what is wrong by failing there.
#![allow(clippy::unwrap_used, clippy::format_collect)]

use std::fmt::Write as _;

use kqlc::diagnostic::{Diagnostic, Edit};
use kqlc::syntax::parse;
use proptest::prelude::*;

mod faulty;

use faulty::{cases, fixtures, rendered, settings};

/// The folder of the fixtures.
const FOLDER: &str = "syntax_errors";

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
    for case in fixtures(FOLDER).iter().flat_map(|file| cases(file)) {
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
    for case in fixtures(FOLDER).iter().flat_map(|file| cases(file)) {
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
    for file in fixtures(FOLDER) {
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
    for file in fixtures(FOLDER) {
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
        settings("syntax").bind(|| insta::assert_snapshot!(group, text));
    }
}

#[test]
fn a_query_cut_off_anywhere_is_explained() {
    for file in fixtures(FOLDER) {
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
