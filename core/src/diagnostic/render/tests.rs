//! Snapshots of every format, and what must hold of them whatever the snapshots say.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::diagnostic::{Applicability, Edit, code};

const FORMATS: [Format; 5] = [Format::Human, Format::Concise, Format::Json, Format::Sarif, Format::Github];

fn written(format: Format, reports: &[Report<'_>]) -> String {
    let renderer = Renderer::new(format, false);
    let mut sink = Sink::new(Vec::new(), format);
    for report in reports {
        sink.write(renderer.render(report)).unwrap();
    }
    String::from_utf8(sink.finish().unwrap()).unwrap()
}

fn one(format: Format, file: &SourceFile, diagnostics: &[Diagnostic]) -> String {
    written(format, &[Report { file, query: Some(0), diagnostics }])
}

/// The span of the `nth` (from 0) `words` of a text.
fn span(text: &str, words: &str, nth: usize) -> Span {
    let (start, _) = text.match_indices(words).nth(nth).unwrap();
    Span::new(start, start + words.len())
}

/// A diagnostic for each thing that a rendering may have to show.
fn samples(text: &str) -> Vec<Diagnostic> {
    let equals = span(text, "=", 0);
    let open = span(text, "(", 0);
    let end = text.len();
    vec![
        Diagnostic::new(&code::UNEXPECTED, equals, "`=` does not compare")
            .label("assigns")
            .note("a predicate needs a comparison: `==`, `=~`, `has`, `in`")
            .help("use `=~` to ignore case")
            .fix("Compare with `==`", Applicability::Safe, vec![Edit::replace(equals, "==")]),
        Diagnostic::new(&code::UNBALANCED, Span::at(end), "`(` is never closed")
            .label("the query ends here")
            .related(open, "opened here")
            .fix("Close it", Applicability::Unsafe, vec![Edit::insert(end, ")")]),
        Diagnostic::new(&code::UNEXPECTED, span(text, "| take 5\n| take 6", 0), "one `take` is enough")
            .label("these two")
            .fix("Keep the smaller", Applicability::DisplayOnly, vec![Edit::delete(span(text, "\n| take 6", 0))]),
        Diagnostic { severity: Severity::Warning, ..Diagnostic::new(&code::BAD_LITERAL, span(text, "宽", 0), "wide") },
        Diagnostic { severity: Severity::Info, ..Diagnostic::new(&code::BAD_LITERAL, Span::at(0), "a remark") },
    ]
}

const TEXT: &str =
    "SecurityEvent\n| where EventID = 4688 and Name has \"宽字\"\n| take 5\n| take 6\n| extend x = iff(a, b";

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/render"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn every_format_as_it_looks() {
    let file = SourceFile::from_text("rules/my rule.kql", TEXT);
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    for format in FORMATS {
        let text = one(format, &file, &samples(TEXT)).replace(&version, "\"VERSION\"");
        snapshot(&format!("{format:?}").to_lowercase(), &text);
    }
}

#[test]
fn difficult_files_as_they_look() {
    let long = format!("T | where a in ({}needle{}) | where b", "1, ".repeat(1000), ", 2".repeat(700));
    let far = format!("let x = (\n{}| where y ]", "| where a == 1\n".repeat(400));
    let cases: [(&str, Vec<u8>, &str, &str); 9] = [
        ("tabs", b"T\n|\twhere\ta = 1".to_vec(), "=", ""),
        ("carriage returns", b"T\r| where a = 1\r| take 5".to_vec(), "= 1\r| take", "T"),
        ("crlf", b"T\r\n| where a = 1\r\n".to_vec(), "= 1\r\n", "T\r\n"),
        ("utf-16", "\u{feff}T | where é = \"ü\"".encode_utf16().flat_map(u16::to_le_bytes).collect(), "\"ü\"", "T"),
        ("controls", b"T | where \x1b[31m\0 = '\xc2\x9b'".to_vec(), "\u{1b}[31m\0", "\u{9b}"),
        ("long line", long.clone().into_bytes(), "needle", "where b"),
        ("long words", long.into_bytes(), &"1, ".repeat(1000), "T"),
        ("far apart", far.into_bytes(), "]", "("),
        ("emoji", "T | where 👩‍💻 = 'e\u{301}' and x".as_bytes().to_vec(), "x", "'e\u{301}'"),
    ];
    let mut all = String::new();
    for (name, bytes, words, related) in cases {
        let file = SourceFile::from_bytes("f.kql", bytes);
        let mut diagnostic = Diagnostic::new(&code::UNEXPECTED, span(file.text(), words, 0), name).label("here");
        if !related.is_empty() {
            diagnostic = diagnostic.related(span(file.text(), related, 0), "and there");
        }
        let edit = Edit::replace(diagnostic.span, "==");
        let diagnostic = diagnostic.fix("Change it", Applicability::Safe, vec![edit]);
        let text = one(Format::Human, &file, std::slice::from_ref(&diagnostic));
        let place = file.location(diagnostic.span.start as usize);
        assert!(text.contains(&format!("--> f.kql:{}:{}\n", place.line, place.column)), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 420), "{text}");
        all.push_str(&text);
    }
    snapshot("difficult", &all);
}

#[test]
fn the_contract_of_json_lines() {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let file = SourceFile::from_bytes("a/b.kql", "\u{feff}é = 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect());
    let bare = Diagnostic::new(&code::UNEXPECTED, Span::new(3, 4), "no");
    let full = bare.clone().label("l").note("n").help("h").related(Span::at(0), "r").fix(
        "f",
        Applicability::Unsafe,
        vec![Edit::insert(0, "x")],
    );
    let text = written(
        Format::Json,
        &[
            Report { file: &file, query: Some(3), diagnostics: &[bare, full] },
            Report { file: &file, query: None, diagnostics: &[] },
        ],
    );
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [found, clean] = &lines[..] else { panic!("{text}") };
    assert_eq!(keys(found), ["path", "query", "ok", "diagnostics"]);
    assert_eq!(found["path"], "a/b.kql");
    assert_eq!(found["query"], 3);
    assert_eq!(found["ok"], false);
    assert_eq!(clean["query"], Value::Null);
    assert_eq!(clean["ok"], true);
    assert_eq!(clean["diagnostics"], serde_json::json!([]));

    let [bare, full] = &found["diagnostics"].as_array().unwrap()[..] else { panic!("{text}") };
    assert_eq!(keys(bare), ["code", "severity", "message", "start", "end"]);
    assert_eq!(keys(&bare["start"]), ["line", "column", "offset"]);
    assert_eq!(keys(&bare["end"]), ["line", "column", "offset"]);
    // The third character of a UTF-16 file with a byte order mark.
    assert_eq!(bare["start"], serde_json::json!({ "line": 1, "column": 3, "offset": 6 }));
    assert_eq!(bare["severity"], "error");
    assert_eq!(keys(full), ["code", "severity", "message", "start", "end", "label", "notes", "related", "fix"]);
    assert_eq!(full["notes"][1], serde_json::json!({ "kind": "help", "text": "h" }));
    assert_eq!(keys(&full["related"][0]), ["message", "start", "end"]);
    assert_eq!(keys(&full["fix"]), ["message", "applicability", "edits"]);
    assert_eq!(full["fix"]["applicability"], "unsafe");
    assert_eq!(keys(&full["fix"]["edits"][0]), ["start", "end", "replacement"]);
}

#[test]
fn warnings_leave_a_query_ok() {
    let file = SourceFile::from_text("f", "x");
    let warning = Diagnostic { severity: Severity::Warning, ..Diagnostic::new(&code::UNEXPECTED, Span::at(0), "m") };
    assert!(Report { file: &file, query: Some(0), diagnostics: &[warning] }.ok());
}

#[test]
fn colours_only_when_asked() {
    let file = SourceFile::from_text("f", TEXT);
    let samples = samples(TEXT);
    let report = Report { file: &file, query: Some(0), diagnostics: &samples };
    for format in FORMATS {
        let coloured = matches!(format, Format::Human | Format::Concise);
        assert_eq!(Renderer::new(format, true).render(&report).text.contains('\u{1b}'), coloured, "{format:?}");
        assert!(!Renderer::new(format, false).render(&report).text.contains('\u{1b}'), "{format:?}");
    }
}

/// The keys that the schema knows, of the objects we write: it allows no others.
const SARIF_KEYS: &[(&str, &[&str])] = &[
    ("", &["$schema", "version", "runs"]),
    ("runs", &["tool", "artifacts", "results", "columnKind", "newlineSequences"]),
    ("tool", &["driver"]),
    ("driver", &["name", "semanticVersion", "rules"]),
    ("rules", &["id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration", "properties"]),
    ("defaultConfiguration", &["level"]),
    ("artifacts", &["location", "encoding"]),
    ("location", &["uri"]),
    ("results", &["ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations", "fixes"]),
    ("locations", &["physicalLocation", "message"]),
    ("relatedLocations", &["id", "physicalLocation", "message"]),
    ("physicalLocation", &["artifactLocation", "region"]),
    ("artifactLocation", &["uri"]),
    ("region", &["startLine", "startColumn", "endLine", "endColumn"]),
    ("deletedRegion", &["startLine", "startColumn", "endLine", "endColumn"]),
    ("fixes", &["description", "artifactChanges"]),
    ("artifactChanges", &["artifactLocation", "replacements"]),
    ("replacements", &["deletedRegion", "insertedContent"]),
];

/// Checks the keys of an object, or of each in a list, that stands under `name`, and of all within.
fn check_sarif_keys(name: &str, value: &Value) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| check_sarif_keys(name, value)),
        Value::Object(object) => {
            // The rest are the several kinds of messages, which have a text and no more here, and our own properties.
            let known = SARIF_KEYS.iter().find(|(known, _)| *known == name).map_or(&["text"][..], |(_, keys)| keys);
            for (key, value) in object {
                assert!(name == "properties" || known.contains(&key.as_str()), "{key} in {name}");
                check_sarif_keys(key, value);
            }
        }
        _ => {}
    }
}

/// What the standard demands of the objects we write, from its schema: required keys, types, limits.
fn check_sarif(text: &str) -> Vec<Value> {
    let log: Value = serde_json::from_str(text).unwrap();
    check_sarif_keys("", &log);
    assert_eq!(log["version"], "2.1.0");
    let [run] = &log["runs"].as_array().unwrap()[..] else { panic!("{text}") };
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "kqlc");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = driver["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "a rule twice");
    let levels = ["none", "note", "warning", "error"];
    for rule in rules {
        assert!(!rule["shortDescription"]["text"].as_str().unwrap().is_empty());
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
        assert!(levels.contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
    }
    let uris: Vec<&str> =
        run["artifacts"].as_array().unwrap().iter().map(|it| it["location"]["uri"].as_str().unwrap()).collect();
    let check_region = |region: &Value| {
        let [start_line, start_column, end_line, end_column] =
            ["startLine", "startColumn", "endLine", "endColumn"].map(|key| region[key].as_u64().unwrap());
        assert!(start_line >= 1 && start_column >= 1 && end_column >= 1, "{region}");
        assert!((start_line, start_column) <= (end_line, end_column), "{region}");
    };
    let check_location = |location: &Value| {
        let place = &location["physicalLocation"];
        assert!(uris.contains(&place["artifactLocation"]["uri"].as_str().unwrap()));
        check_region(&place["region"]);
    };
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(levels.contains(&result["level"].as_str().unwrap()));
        assert!(result["message"]["text"].is_string());
        result["locations"].as_array().unwrap().iter().for_each(check_location);
        let related: Vec<&Value> = result["relatedLocations"].as_array().into_iter().flatten().collect();
        related.iter().copied().for_each(check_location);
        let distinct: BTreeSet<String> = related.iter().map(ToString::to_string).collect();
        assert_eq!(distinct.len(), related.len(), "related locations are not unique");
        for fix in result["fixes"].as_array().into_iter().flatten() {
            assert!(fix["description"]["text"].is_string());
            for change in fix["artifactChanges"].as_array().unwrap() {
                assert!(uris.contains(&change["artifactLocation"]["uri"].as_str().unwrap()));
                let replacements = change["replacements"].as_array().unwrap();
                assert!(!replacements.is_empty());
                replacements.iter().map(|replacement| &replacement["deletedRegion"]).for_each(check_region);
            }
        }
    }
    results.clone()
}

#[test]
fn a_change_that_needs_a_decision_is_not_offered_as_a_sarif_fix() {
    let file = SourceFile::from_text("f", TEXT);
    let results = check_sarif(&one(Format::Sarif, &file, &samples(TEXT)));
    let fixes: Vec<usize> = results.iter().map(|result| result["fixes"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(fixes, [1, 1, 0, 0, 0]);
}

#[test]
fn a_change_that_cannot_be_shown_is_told() {
    let file = SourceFile::from_text("f", "abcdef\n".repeat(100));
    let shown = |edits: Vec<Edit>| {
        let diagnostic =
            Diagnostic::new(&code::UNEXPECTED, Span::at(0), "m").fix("Mend it", Applicability::Safe, edits);
        let human = one(Format::Human, &file, &[diagnostic]);
        let (_, fix) = human.split_once("help: Mend it\n").unwrap();
        !fix.trim().is_empty()
    };
    let edit = |start, end| Edit::replace(Span::new(start, end), "x");
    assert!(shown(vec![edit(0, 3), edit(3, 4)]));
    assert!(!shown(vec![edit(0, 3), edit(2, 4)]), "overlapping edits");
    assert!(!shown(vec![edit(0, 7 * 90)]), "a change to most of the file");
    assert!(!shown(Vec::new()));
}

#[test]
fn many_findings_in_one_line_of_megabytes_are_shown_in_no_time() {
    let text = "a = 1 and ".repeat(500_000);
    let file = SourceFile::from_text("f", text.as_str());
    let diagnostics: Vec<Diagnostic> = (0..100)
        .map(|number| Diagnostic::new(&code::UNEXPECTED, Span::new(number * 50_000 + 2, number * 50_000 + 3), "m"))
        .collect();
    let start = std::time::Instant::now();
    let human = one(Format::Human, &file, &diagnostics);
    assert!(human.len() < 100 * 400, "{}", human.len());
    // Generous, for a debug build on a busy machine.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn an_empty_sarif_run_says_that_there_were_no_results() {
    assert_eq!(check_sarif(&written(Format::Sarif, &[])), Vec::<Value>::new());
}

#[test]
fn sarif_numbers_the_rules_over_all_files_in_any_order() {
    let (a, b) = (SourceFile::from_text("a", "x"), SourceFile::from_text("b", "x"));
    let late = [Diagnostic::new(&code::STRAY_CHARACTER, Span::at(0), "late")];
    let early = [Diagnostic::new(&code::FILE_EMPTY, Span::at(0), "early")];
    let text = written(
        Format::Sarif,
        &[
            Report { file: &b, query: Some(0), diagnostics: &late },
            Report { file: &a, query: None, diagnostics: &early },
        ],
    );
    let results = check_sarif(&text);
    assert_eq!(results.iter().map(|result| result["ruleIndex"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(0)]);
}

/// The words of a SARIF region, found by counting lines and characters afresh.
fn words_of(text: &str, region: &Value) -> String {
    let [start_line, start_column, end_line, end_column] = ["startLine", "startColumn", "endLine", "endColumn"]
        .map(|key| usize::try_from(region[key].as_u64().unwrap()).unwrap());
    let (mut line, mut column) = (1, 1);
    let mut words = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if (line, column) >= (start_line, start_column) && (line, column) < (end_line, end_column) {
            words.push(character);
        }
        column += 1;
        if character == '\n' || (character == '\r' && characters.peek() != Some(&'\n')) {
            (line, column) = (line + 1, 1);
        }
    }
    words
}

/// Text of all that is hard to show.
fn hard_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z |=()]{1,8}",
        1 => "[a-z]{150,400}",
        4 => prop::sample::select(vec![
            "\n", "\r\n", "\r", "\t", "宽", "é", "👩\u{200d}💻", "e\u{301}", "\0", "\u{1b}[31m", "\u{9b}", "\u{202e}",
            "\u{feff}", "\u{2028}", "\u{85}", "\u{f0000}:1:2", "::error::", "%0A", "{", "// x", "...",
        ]).prop_map(str::to_owned),
        1 => Just("\n".repeat(230)),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// A span that need not fit: past the end, inside characters, the wrong way round.
fn any_span() -> impl Strategy<Value = Span> {
    prop_oneof![
        8 => (0_u32..300, 0_u32..60).prop_map(|(start, len)| Span { start, end: start + len }),
        1 => (0_u32..2000, 0_u32..2000).prop_map(|(start, end)| Span { start, end }),
        1 => any::<(u32, u32)>().prop_map(|(start, end)| Span { start, end }),
    ]
}

fn any_diagnostic() -> impl Strategy<Value = Diagnostic> {
    let edit = (any_span(), hard_text()).prop_map(|(span, text)| Edit::replace(span, text));
    let fix = (hard_text(), prop::collection::vec(edit, 0..4));
    let related = prop::collection::vec((any_span(), hard_text()), 0..4);
    (prop::sample::select(code::ALL), any_span(), hard_text(), hard_text(), related, prop::option::of(fix)).prop_map(
        |(code, span, message, text, related, fix)| {
            let mut diagnostic = Diagnostic::new(code, span, message).label(text.clone()).note(text.clone()).help(text);
            for (span, message) in related {
                diagnostic = diagnostic.related(span, message);
            }
            match fix {
                Some((message, edits)) => diagnostic.fix(message, Applicability::Safe, edits),
                None => diagnostic,
            }
        },
    )
}

proptest! {
    #[test]
    fn any_finding_can_be_shown_in_any_format(
        text in hard_text(),
        diagnostics in prop::collection::vec(any_diagnostic(), 1..4),
        query in prop::option::of(0_usize..3),
    ) {
        let file = SourceFile::from_text("f%,\n.kql", text.clone());
        let report = Report { file: &file, query, diagnostics: &diagnostics };

        for coloured in [false, true] {
            let human = Renderer::new(Format::Human, coloured).render(&report).text;
            prop_assert!(!human.contains(['\u{9b}', '\0', '\u{f0000}', '\r']), "{}", human);
            for diagnostic in &diagnostics {
                let place = file.location(diagnostic.span.start as usize);
                let code = format!("[{}]", diagnostic.code.id);
                prop_assert!(human.contains(&code), "{}", human);
                let origin = format!("f%, .kql:{}:{}", place.line, place.column);
                prop_assert!(human.contains(&origin), "{}", human);
            }
        }
        let human = Renderer::new(Format::Human, false).render(&report).text;
        for diagnostic in &diagnostics {
            let place = file.location(diagnostic.span.start as usize);
            // The gutter has no blank where the number is longer than those of the lines above what is left out.
            let number = place.line.to_string();
            let in_gutter = |line: &str| {
                line.trim_start().strip_prefix(&number).is_some_and(|rest| rest.trim_start().starts_with('|'))
            };
            prop_assert!(human.lines().any(in_gutter), "{}", human);
        }

        prop_assert_eq!(written(Format::Concise, &[report]).lines().count(), diagnostics.len());

        let github = written(Format::Github, &[report]);
        prop_assert_eq!(github.split_terminator(['\n', '\r']).count(), diagnostics.len());
        let starts = ["error", "warning", "notice"].map(|level| format!("::{level} file=f%25%2C%0A.kql,line="));
        let all = github.lines().all(|line| starts.iter().any(|start| line.starts_with(start)));
        prop_assert!(all, "{}", github);

        let results = check_sarif(&written(Format::Sarif, &[report]));
        for (result, diagnostic) in results.iter().zip(&diagnostics) {
            let (start, end) = (diagnostic.span.start as usize, diagnostic.span.end as usize);
            if start <= end && text.is_char_boundary(start) && text.is_char_boundary(end) {
                let region = &result["locations"][0]["physicalLocation"]["region"];
                prop_assert_eq!(words_of(&text, region), &text[start..end]);
            }
        }
        prop_assert_eq!(results.len(), diagnostics.len());

        let json = written(Format::Json, &[report]);
        prop_assert_eq!(json.lines().count(), 1);
        let record: Value = serde_json::from_str(&json).unwrap();
        for (record, diagnostic) in record["diagnostics"].as_array().unwrap().iter().zip(&diagnostics) {
            prop_assert_eq!(&record["message"], &diagnostic.message);
            let place = file.location(diagnostic.span.start as usize);
            prop_assert_eq!(&record["start"], &serde_json::to_value(place).unwrap());
        }
    }

    #[test]
    fn the_underline_is_below_the_words(before in "[a-z宽\t]{0,300}", words in "[a-z]{1,20}", behind in "[ a-z宽]{0,300}") {
        let file = SourceFile::from_text("f", format!("{before}{words}{behind}"));
        let diagnostic = Diagnostic::new(&code::UNEXPECTED, Span::new(before.len(), before.len() + words.len()), "m");
        let human = one(Format::Human, &file, &[diagnostic]);
        let line = |start: &str| human.lines().find_map(|line| line.strip_prefix(start)).unwrap();
        let (source, underline) = (line("1 | "), line("  | "));
        let left = underline.len() - underline.trim_start().len();
        prop_assert_eq!(underline.trim_start(), "^".repeat(words.len()));
        let mut width = 0;
        let shown = source.chars().skip_while(|&character| {
            let before = width < left;
            width += if character == '宽' { 2 } else { 1 };
            before
        });
        prop_assert!(shown.collect::<String>().starts_with(&words), "{}", human);
    }
}
