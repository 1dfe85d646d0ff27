//! Files that are no rule, or a damaged one: one clear diagnostic each.

use super::{all_shown, json, read, settings, shown, yaml};
use crate::diagnostic::{Applicability, Code, code};
use crate::rule::folded_comment;
use crate::source::SourceFile;

const HEAD: &str = "id: 1\nname: one\nseverity: Low\n";

/// Files with one fault each, by name.
const FAULTY: &[(&str, &str, &Code)] = &[
    ("empty", "", &code::FILE_EMPTY),
    ("only a comment", "# nothing\n---\n", &code::FILE_EMPTY),
    ("several documents", "query: T\nname: a\n---\nquery: U\n", &code::YAML_SEVERAL_DOCUMENTS),
    ("no rule", "on: push\njobs:\n  a: {}\n", &code::NOT_A_RULE),
    ("text alone", "just words\n", &code::NOT_A_RULE),
    ("a list", "- a\n- b\n", &code::NOT_A_RULE),
    ("no query", "id: 1\nname: one\nQuery: T\n", &code::NOT_A_RULE),
    ("tab", "name: one\nquery: T\ntactics:\n\t- Impact\n", &code::YAML_SYNTAX),
    ("colon", "name: one: two\nquery: T\n", &code::YAML_SYNTAX),
    ("colon below", "name: one\ndescription: this\n  note: that\nquery: T\n", &code::YAML_SYNTAX),
    (
        "placeholder",
        "name: one\nalertDetailsOverride:\n  alertDisplayNameFormat: {{Account}} did it\nquery: T\n",
        &code::YAML_SYNTAX,
    ),
    (
        "placeholder alone",
        "name: one\nalertDetailsOverride:\n  alertDisplayNameFormat: {{Account}}\nquery: T\n",
        &code::FIELD_TYPE,
    ),
    ("double quote", "name: \"one\nseverity: Low\nquery: T\n", &code::YAML_SYNTAX),
    ("single quote", "name: 'it's'\nquery: T\n", &code::YAML_SYNTAX),
    ("escape", "name: \"C:\\Windows\"\nquery: T\n", &code::YAML_SYNTAX),
    ("reserved", "name: @one\nquery: T\n", &code::YAML_SYNTAX),
    ("star", "name: *one\nquery: T\n", &code::YAML_SYNTAX),
    ("too shallow", "name: one\nquery: |\n  T\n | take 5\nseverity: Low\n", &code::YAML_SYNTAX),
    ("too shallow at zero", "name: one\nquery: |\n  T\n| take 5\nseverity: Low\n", &code::YAML_SYNTAX),
    ("header", "name: one\nquery: | T\n  | take 5\n", &code::YAML_SYNTAX),
    ("open list", "name: one\ntactics: [Impact\nquery: T\n", &code::YAML_SYNTAX),
    ("itself", "name: &a [*a]\nquery: T\n", &code::YAML_ALIAS_BOMB),
    ("twice", "name: one\nquery: T\nname: two\n", &code::YAML_DUPLICATE_KEY),
    ("wrong type", "name: [one]\nquery: T\n", &code::FIELD_TYPE),
    ("duration", "name: one\nqueryFrequency: 5 minutes\nquery: T\n", &code::FIELD_TYPE),
    ("threshold", "name: one\ntriggerThreshold: many\nquery: T\n", &code::FIELD_TYPE),
    ("list of one", "name: one\ntactics: Impact\nquery: T\n", &code::FIELD_TYPE),
    ("empty item", "name: one\nrelevantTechniques:\n  - T1020\n  -\nquery: T\n", &code::FIELD_TYPE),
    ("query list", "name: one\nquery:\n  - T\n  - U\n", &code::FIELD_TYPE),
];

const FAULTY_JSON: &[(&str, &str, &Code)] = &[
    ("empty", " \n", &code::FILE_EMPTY),
    ("open", "{\"query\": \"T\", \"name\": [1, 2}", &code::JSON_SYNTAX),
    ("comma", "{\"query\": \"T\" \"name\": \"a\"}", &code::JSON_SYNTAX),
    ("escape", "{\"query\": \"C:\\Windows\"}", &code::JSON_SYNTAX),
    ("half a pair", "{\"query\": \"\\ud83d\"}", &code::JSON_SYNTAX),
    ("two", "{\"query\": \"T\"} {}", &code::JSON_SYNTAX),
    (
        "no rule",
        "{\"resources\": [{\"type\": \"Microsoft.Logic/workflows\", \"properties\": {\"query\": 1}}]}",
        &code::NOT_A_RULE,
    ),
    ("expression", "{\"name\": \"a\", \"query\": \"[parameters('q')]\"}", &code::FIELD_TYPE),
];

#[test]
fn each_fault_gives_its_one_diagnostic() {
    let yaml = FAULTY.iter().map(|case| (yaml(case.1), case));
    for (file, (name, _, code)) in yaml.chain(FAULTY_JSON.iter().map(|case| (json(case.1), case))) {
        let found: Vec<_> = read(&file).diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect();
        assert_eq!(found, [code.id], "{name}");
    }
}

#[test]
fn faults_are_told_in_words() {
    let mut out = String::new();
    for (name, text, _) in FAULTY {
        out.extend(["# ", name, "\n", &all_shown(&yaml(text)), "\n"]);
    }
    for (name, text, _) in FAULTY_JSON {
        out.extend(["# json: ", name, "\n", &all_shown(&json(text)), "\n"]);
    }
    settings().bind(|| insta::assert_snapshot!("faults", out));
}

#[test]
fn a_wrong_type_loses_no_key() {
    let document = read(&yaml("query: T\nname: [one]\ntriggerThreshold: many\nextra: 1\n"));
    let rule = &document.rules[0];
    assert!(rule.name.is_none() && rule.trigger_threshold.is_none());
    let keys: Vec<_> = rule.node.as_mapping().unwrap().iter().filter_map(|entry| entry.name()).collect();
    assert_eq!(keys, ["query", "name", "triggerThreshold", "extra"]);
    assert_eq!(rule.unknown.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["extra"]);
}

#[test]
fn aliases_are_expanded_up_to_a_limit() {
    let small = yaml("query: &q T | take 5\nname: *q\n");
    assert_eq!(read(&small).rules[0].name.as_ref().unwrap().value, "T | take 5");
    let mut bomb = "name: one\nquery: T\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let items = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.extend([format!("a{level}: &a{level} [{items}]\n")]);
    }
    let file = yaml(&bomb);
    let document = read(&file);
    assert_eq!(document.diagnostics.len(), 1);
    assert!(document.rules.is_empty());
    settings().bind(|| insta::assert_snapshot!("alias_bomb", shown(&file, &document.diagnostics[0])));
}

#[test]
fn a_large_value_is_not_repeated_without_limit() {
    let text = format!("query: T\nname: one\na: &a {}\nb: [{}]\n", "x".repeat(900_000), vec!["*a"; 1000].join(", "));
    assert_eq!(read(&yaml(&text)).diagnostics[0].code, &code::YAML_ALIAS_BOMB);
}

/// Lines made from numbers.
fn numbered(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn what_nests_deep_is_refused() {
    let deep = [
        format!("query: {}", "[".repeat(100_000)),
        format!("query: T\na: {}{}", "[".repeat(200), "]".repeat(200)),
        format!("query: T\na: {}x", "- ".repeat(100_000)),
        format!("query: T\na: {}x", "? ".repeat(100_000)),
        numbered(5000, |level| format!("{}a:\n", " ".repeat(level))),
        "{a: ".repeat(100_000),
    ];
    for text in deep {
        let document = read(&yaml(&text));
        assert_eq!(document.diagnostics.len(), 1, "{text:.40}");
        assert!(document.rules.is_empty());
    }
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), format!("{}1{}", "[".repeat(400), "]".repeat(400))] {
        assert_eq!(read(&json(&text)).diagnostics[0].code, &code::FILE_TOO_DEEP, "{text:.40}");
    }
}

const FOLDED: &str =
    "query: >-\n  let a = 1; // the first\n  let b = 2; // \"the second\n  T\n  | take a\nversion: 1.0.0\n";

#[test]
fn a_folded_query_says_which_comment_swallows_the_rest() {
    let file = yaml(&format!("{HEAD}{FOLDED}"));
    let document = read(&file);
    assert_eq!(document.diagnostics.len(), 1);
    let diagnostic = &document.diagnostics[0];
    assert_eq!(diagnostic.code, &code::QUERY_FOLDED);
    assert_eq!(file.slice(diagnostic.span), "// the first");
    let fix = diagnostic.fix.as_ref().unwrap();
    assert_eq!(fix.applicability, Applicability::Safe);
    let mut fixed = file.text().to_owned();
    fixed.replace_range(fix.edits[0].span.range(), &fix.edits[0].replacement);
    assert_eq!(fixed, file.text().replace(">-", "|-"));
    let again = read(&yaml(&fixed));
    assert!(again.diagnostics.is_empty());
    let query = again.rules[0].query.as_ref().unwrap();
    assert_eq!(query.text, "let a = 1; // the first\nlet b = 2; // \"the second\nT\n| take a");
    settings().bind(|| insta::assert_snapshot!("folded_comment", shown(&file, diagnostic)));
}

#[test]
fn a_query_folded_between_quotes_is_told_too() {
    let file = yaml(&format!("{HEAD}query: \"T // all\n  | take 5\"\n"));
    let document = read(&file);
    assert_eq!(document.diagnostics[0].code, &code::QUERY_FOLDED);
    assert!(document.diagnostics[0].fix.is_none());
}

#[test]
fn a_folded_query_that_loses_nothing_is_let_pass() {
    let harmless = [
        "query: >\n  T\n  | take 5\n",
        "query: >\n  T\n  | take 5 // the end\n",
        "query: >\n  T\n    | where a // kept by its indentation\n    | take 5\n",
        "query: >\n  T // with an empty line behind it\n\n  | take 5\n",
        "query: >\n  T | where u == 'http://x'\n  | take 5\n",
        "query: |\n  T // all\n  | take 5\n",
        "query: \"T // all\\n| take 5\"\n",
    ];
    for text in harmless {
        let file = yaml(&format!("{HEAD}{text}"));
        let document = read(&file);
        assert!(document.diagnostics.is_empty(), "{text}: {:?}", document.diagnostics);
        assert!(folded_comment(file.text(), document.rules[0].query.as_ref().unwrap()).is_none());
    }
}

#[test]
fn damaged_bytes_are_read_as_code_page_1252() {
    let file = SourceFile::from_bytes("rule.yaml", b"name: a \x96 b\nquery: |\n  T // \x96\n  | take 5\n".to_vec());
    let document = read(&file);
    let query = document.rules[0].query.as_ref().unwrap();
    assert_eq!(query.text, "T // \u{2013}\n| take 5\n");
    let place = file.location(query.map.offset(query.text.find("take").unwrap()));
    assert_eq!((place.line, place.column, place.offset), (4, 5, 34));
}

#[test]
fn a_file_too_large_is_told_as_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rule.yaml");
    std::fs::File::create(&path).unwrap().set_len(crate::source::MAX_FILE_BYTES + 1).unwrap();
    let diagnostic = crate::rule::too_large(&SourceFile::read(&path).unwrap_err()).unwrap();
    assert_eq!(diagnostic.code, &code::FILE_TOO_LARGE);
    let missing = SourceFile::read(&folder.path().join("none.yaml")).unwrap_err();
    assert!(crate::rule::too_large(&missing).is_none());
}

/// Files of the size that is just read do not take forever, whatever they repeat.
#[test]
fn large_files_take_linear_time() {
    let many = |unit: &str| unit.repeat(300_000 / unit.len());
    let texts = [
        format!("name: a\nquery: |\n{}", many("  T // x\n")),
        format!("name: a\nquery: >\n{}", many("  T\n    // x\n  U\n")),
        format!("name: a\nquery: \"{}\"", many("\\n ")),
        format!("name: a\nquery: T\ntactics: [{}]", many("a, ")),
        format!("name: a\nquery: T\ntactics:\n{}", many("- é\n")),
        format!("name: a\nquery: T\n{}", numbered(30_000, |key| format!("k{key}: 1\n"))),
        format!("name: a\nquery: T\n{}", numbered(30_000, |key| format!("k{key}: &a{key} 1\n"))),
        format!("name: a\nquery: T{}", many("\n  b")),
    ];
    for text in texts {
        let start = std::time::Instant::now();
        assert_eq!(read(&yaml(&text)).rules.len(), 1, "{text:.60}");
        let took = start.elapsed();
        assert!(took.as_secs_f64() < 10.0, "{text:.60}: {took:?}");
    }
}
