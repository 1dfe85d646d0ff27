//! Rules and what they mean, each a few lines; the specification's own examples in rules of our own; mutations.

use std::collections::HashSet;

use proptest::prelude::*;

use super::read;
use crate::diagnostic::Severity;
use crate::ir::{ColumnId, Op, Plan, Query, Schema, SourceKind};
use crate::read::{Options, ReadBack};
use crate::source::SourceFile;

fn read_text(text: &str) -> Vec<ReadBack> {
    read(&SourceFile::from_text("rule.yml", text), &Options::default())
}

fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["    ", line, "\n"]).collect()
}

/// A rule with this detection.
fn rule(detection: &str) -> String {
    let indented = indented(detection);
    format!("title: T\nlogsource:\n    product: p\ndetection:\n{indented}")
}

/// The one query of a text.
fn query(text: &str) -> Query {
    let mut found = read_text(text);
    assert_eq!(found.len(), 1, "{text}");
    let ReadBack { query, diagnostics } = found.remove(0);
    query.unwrap_or_else(|| panic!("{text}\n{diagnostics:#?}"))
}

/// What a detection keeps, in one line, without the numbers of columns; `~` stands for Sigma's usual rules.
fn kept(detection: &str) -> String {
    let query = query(&rule(detection));
    let [step] = query.plan.steps.as_slice() else { panic!("{query}") };
    let Op::Filter(filter) = &step.op else { panic!("{query}") };
    short(&filter.display(&query.columns).to_string())
}

fn short(text: &str) -> String {
    let ids = regex::Regex::new(r"(\w)#\d+").unwrap();
    ids.replace_all(&text.replace("~~{absent-fails}", "~"), "$1").into_owned()
}

/// What an item keeps.
fn item(item: &str) -> String {
    kept(&format!("s:\n    {}\ncondition: s", item.replace('\n', "\n    ")))
}

/// What is wrong with a detection: code, words it points at, message.
fn wrong(detection: &str) -> (String, String, String) {
    let text = rule(detection);
    let found = read_text(&text);
    assert!(found.iter().all(|it| it.query.is_none()), "{text}");
    let errors = found[0].diagnostics.iter().filter(|it| it.severity == Severity::Error).collect::<Vec<_>>();
    let error = errors.first().unwrap_or_else(|| panic!("{text}"));
    (error.code.id.to_owned(), error.span.of(&text).to_owned(), error.message.clone())
}

#[test]
fn values_without_modifiers() {
    for (text, meaning) in [
        ("f: Cmd.exe", r#"equals~(f, "Cmd.exe")"#),
        ("f: [a, b]", r#"equals-any~(f, ["a", "b"])"#),
        ("f: [a, b*, c]", r#"or(equals~(f, "a"), startswith~(f, "b"), equals~(f, "c"))"#),
        ("f: 4688", "(f =={absent-fails} 4688)"),
        ("f: '4688'", r#"equals~(f, "4688")"#),
        ("f: 1.5", "(f =={absent-fails} 1.5)"),
        ("f: [1, 2]", "or((f =={absent-fails} 1), (f =={absent-fails} 2))"),
        ("f: true", r#"equals~(f, "true")"#),
        ("f: null", "(f =={null-is-a-value} dynamic(null))"),
        ("f:", "(f =={null-is-a-value} dynamic(null))"),
        ("f: ''", r#"equals~(f, "")"#),
        ("f: ['', null]", r#"or(equals~(f, ""), (f =={null-is-a-value} dynamic(null)))"#),
        ("f: '*'", r#"contains~(f, "")"#),
        ("f: 'a?c*'", r#"glob~(f, "a?c*")"#),
        ("a: x\nb: y", r#"and(equals~(a, "x"), equals~(b, "y"))"#),
        ("a.b.c: x", r#"equals~(a.b.c, "x")"#),
        ("f: |\n    two\n    lines", r#"equals~(f, "two\nlines\n")"#),
    ] {
        assert_eq!(item(text), meaning, "{text}");
    }
}

#[test]
fn backslashes_and_quotes() {
    for (text, meaning) in [
        (r"f: 'C:\Windows\*'", r#"equals~(f, "C:\\Windows*")"#),
        (r"f: 'C:\Windows\\*'", r#"startswith~(f, "C:\\Windows\\")"#),
        (r"f: 'C:\Windows\\\*'", r#"equals~(f, "C:\\Windows\\*")"#),
        (r"f: '\\\\host\\\share'", r#"equals~(f, "\\\\host\\\\share")"#),
        (r"f|endswith: '\cmd.exe'", r#"endswith~(f, "\\cmd.exe")"#),
        (r"f|contains: 'a\*b'", r#"contains~(f, "a*b")"#),
        (r"f|contains: 'a\\*b'", r#"glob~(f, "*a\\\\*b*")"#),
        (r"f|endswith: '\'", r#"endswith~(f, "\\")"#),
        (r#"f: "a\\\\b\x2a""#, r#"startswith~(f, "a\\b")"#),
        ("f: it''s", r#"equals~(f, "it''s")"#),
    ] {
        assert_eq!(item(text), meaning, "{text}");
    }
}

#[test]
fn modifiers_of_text() {
    for (text, meaning) in [
        ("f|contains: a", r#"contains~(f, "a")"#),
        ("f|startswith: [a, b]", r#"startswith-any~(f, ["a", "b"])"#),
        ("f|contains|all: [a, b]", r#"contains-all~(f, ["a", "b"])"#),
        ("f|all|contains: [a, b?c]", r#"and(contains~(f, "a"), glob~(f, "*b?c*"))"#),
        ("f|contains|cased: [a, b]", r#"contains-any{absent-fails}(f, ["a", "b"])"#),
        ("f|cased: A", r#"equals(f, "A")"#),
        ("f|contains: 5", r#"contains~(f, "5")"#),
        ("f|neq: a", r#"not(equals~(f, "a"))"#),
        ("f|neq: [a, 5]", r#"not(or(equals~(f, "a"), (f =={absent-fails} 5)))"#),
        ("f|contains|neq: a", r#"not(contains~(f, "a"))"#),
        ("f|neq|gt: 5", "not((f >{absent-fails} 5))"),
        ("f|base64: foobar", r#"equals~(f, "Zm9vYmFy")"#),
        ("f|base64|contains: foo", r#"contains~(f, "Zm9v")"#),
        ("f|base64offset|contains: foobar", r#"contains-any~(f, ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"])"#),
        ("f|wide|base64: ab", r#"equals~(f, "YQBiAA==")"#),
        ("f|utf16le|base64: ab", r#"equals~(f, "YQBiAA==")"#),
        ("f|utf16be|base64: ab", r#"equals~(f, "AGEAYg==")"#),
        ("f|utf16|base64: ab", r#"equals~(f, "//5hAGIA")"#),
        ("f|windash: -a", "equals-any~(f, [\"-a\", \"/a\", \"\u{2013}a\", \"\u{2014}a\", \"\u{2015}a\"])"),
        (
            "f|windash|contains|all: [-a, b]",
            "and(contains-any~(f, [\"-a\", \"/a\", \"\u{2013}a\", \"\u{2014}a\", \"\u{2015}a\"]), contains~(f, \"b\"))",
        ),
        ("f|expand: '%hosts%'", "glob-any~(f, [parameter hosts])"),
        ("f|contains|expand: '%hosts%'", "contains-any~(f, [parameter hosts])"),
        (r"f|expand: '100\%'", r#"equals~(f, "100%")"#),
        ("f: '%hosts%'", r#"equals~(f, "%hosts%")"#),
    ] {
        assert_eq!(item(text).replace("{absent-fails}(f, \"A\")", "(f, \"A\")"), meaning, "{text}");
    }
    assert_eq!(item("f|wide: ab"), r#"equals~(f, "a\u0000b\u0000")"#);
}

#[test]
fn modifiers_of_type() {
    for (text, meaning) in [
        ("f|re: ^a.+$", r#"regex{pcre}{absent-fails}(f, "^a.+$")"#),
        (r"f|re: 'a\*?b'", r#"regex{pcre}{absent-fails}(f, "a\\*?b")"#),
        ("f|re|i: a", r#"regex~~{pcre}{absent-fails}(f, "a")"#),
        ("f|re|m|s: a", r#"regex{pcre}{absent-fails}(f, "(?ms)a")"#),
        ("f|re|all: [a, b]", r#"and(regex{pcre}{absent-fails}(f, "a"), regex{pcre}{absent-fails}(f, "b"))"#),
        ("f|cidr: 10.0.0.0/8", r#"case(ipv4_is_in_range(f, "10.0.0.0/8"): true, else false)"#),
        ("f|cidr: fe80::/10", r#"case(ipv6_is_in_range(f, "fe80::/10"): true, else false)"#),
        ("f|exists: true", "not((f =={null-is-a-value} dynamic(null)))"),
        ("f|exists: false", "(f =={null-is-a-value} dynamic(null))"),
        ("f|lt: 5", "(f <{absent-fails} 5)"),
        ("f|lte: 5", "(f <={absent-fails} 5)"),
        ("f|gt: 5.5", "(f >{absent-fails} 5.5)"),
        ("f|gte: -5", "(f >={absent-fails} -5)"),
        ("f|hour: 3", r#"(datetime_part("hour", todatetime(f)) =={absent-fails} 3)"#),
        ("f|hour|gte: 22", r#"(datetime_part("hour", todatetime(f)) >={absent-fails} 22)"#),
        (
            "f|week: [1, 2]",
            r#"or((datetime_part("week_of_year", todatetime(f)) =={absent-fails} 1), (datetime_part("week_of_year", todatetime(f)) =={absent-fails} 2))"#,
        ),
        ("f|fieldref: g", "equals~(f, g)"),
        ("f|fieldref|cased: g", "equals{absent-fails}(f, g)"),
        ("f|fieldref|neq: g", "not(equals~(f, g))"),
        ("f|fieldref|startswith: g", "startswith~(f, g)"),
    ] {
        assert_eq!(item(text).replace(" < {", " <{"), meaning, "{text}");
    }
}

#[test]
fn modifiers_where_they_cannot_be() {
    for (text, code, words) in [
        ("f|contain: a", "K3104", "contain"),
        ("f|Contains: a", "K3104", "Contains"),
        ("f|: a", "K3104", ""),
        ("f|contains|re: a", "K3105", "re"),
        ("f|i: a", "K3105", "i"),
        ("f|re|i|i: a", "K3105", "i"),
        ("f|re|contains: a", "K3105", "contains"),
        ("f|re|cased: a", "K3105", "cased"),
        ("f|contains|base64: a", "K3105", "base64"),
        ("f|base64: 'a*'", "K3105", "base64"),
        ("f|utf16|wide: a", "K3105", "wide"),
        ("f|all|neq: [a, b]", "K3105", "neq"),
        ("f|neq|all: [a, b]", "K3105", "all"),
        ("f|contains|cidr: a", "K3105", "cidr"),
        ("f|contains: null", "K3105", "contains"),
        ("f|contains|lt: 5", "K3105", "lt"),
        ("f|windash: a-b-c-d-e-f", "K3105", "windash"),
        ("f|utf16: a", "K3003", "a"),
        ("f|expand: a%b%", "K3003", "a%b%"),
        ("f|lt: '5'", "K3106", "'5'"),
        ("f|lt: five", "K3106", "five"),
        ("f|hour: x", "K3106", "x"),
        ("f|exists: 1", "K3106", "1"),
        ("f|cidr: 10.0.0.1", "K3106", "10.0.0.1"),
        ("f|cidr: [10.0.0.0/8, 10.0.0.0/40]", "K3106", "10.0.0.0/40"),
        ("f|fieldref: g*", "K3106", "g*"),
        ("f|re: 5", "K3106", "5"),
        ("f|re: '(a'", "K3107", "'(a'"),
        ("f: []", "K3106", "[]"),
        ("f: {a: b}", "K3101", "{a: b}"),
        ("f: [[a]]", "K3101", "[a]"),
        ("f: 99999999999999999999", "K3106", "99999999999999999999"),
        ("'|re': a", "K3003", "'|re'"),
    ] {
        let (found, at, message) = wrong(&format!("s:\n    {text}\ncondition: s"));
        assert_eq!((found.as_str(), at.as_str()), (code, words), "{text}: {message}");
    }
}

#[test]
fn what_is_not_allowed_but_clear_is_told_and_read() {
    for (text, more) in [("f|contains|all: a", ""), ("f: [a, null]", ""), ("f: a", "\ntimeframe: 5m")] {
        let text = rule(&format!("s:\n    {text}\ncondition: s{more}"));
        let found = read_text(&text);
        assert!(found[0].query.is_some(), "{text}");
        let codes: Vec<_> = found[0].diagnostics.iter().map(|it| (it.code.id, it.severity)).collect();
        assert_eq!(codes, [("K3109", Severity::Warning)], "{text}");
    }
}

#[test]
fn keywords_are_looked_for_everywhere() {
    for (text, meaning) in [
        ("s: [a, 'b*c']\ncondition: s", r#"or(contains~(any of …, "a"), glob~(any of …, "*b*c*"))"#),
        ("s:\n    '|all': [a, 5]\ncondition: s", r#"and(contains~(any of …, "a"), contains~(any of …, "5"))"#),
        ("s: [a, {f: b}]\ncondition: s", r#"or(equals~(f, "b"), contains~(any of #0…, "a"))"#),
        (
            "s: [a]\nt:\n    f: b\n    g: c\ncondition: not s and t",
            r#"and(not(contains~(any of #0 #1…, "a")), and(equals~(f, "b"), equals~(g, "c")))"#,
        ),
        ("s:\n    '|contains|cased': a\ncondition: s", r#"contains{absent-fails}(any of …, "a")"#),
    ] {
        assert_eq!(kept(text), meaning, "{text}");
    }
}

#[test]
fn conditions_link_selections() {
    let detection =
        |condition: &str| format!("sel_a:\n    a: 1\nsel_b:\n    b: 2\n_x:\n    x: 3\ncondition: {condition}");
    let (a, b, x) = ("(a =={absent-fails} 1)", "(b =={absent-fails} 2)", "(x =={absent-fails} 3)");
    for (condition, meaning) in [
        ("sel_a", a.to_owned()),
        ("sel_a and not sel_b", format!("and({a}, not({b}))")),
        ("sel_a or sel_b and _x", format!("or({a}, and({b}, {x}))")),
        ("(sel_a or sel_b) and _x", format!("and(or({a}, {b}), {x})")),
        ("1 of them", format!("or({a}, {b})")),
        ("all of them", format!("and({a}, {b})")),
        ("all of sel_*", format!("and({a}, {b})")),
        ("1 of *", format!("or({a}, {b}, {x})")),
        ("not 1 of sel_*", format!("not(or({a}, {b}))")),
        ("1 of sel_a", a.to_owned()),
        ("[sel_a, sel_b and _x]", format!("or({a}, and({b}, {x}))")),
    ] {
        assert_eq!(kept(&detection(condition)), meaning, "{condition}");
    }
    for (condition, code, words) in [
        ("sel_c", "K3103", "sel_c"),
        ("1 of x*", "K3103", "1 of x*"),
        ("sel_a sel_b", "K3102", "sel_b"),
        ("2 of them", "K3102", "2"),
        ("sel_a | near sel_b", "K3003", "near sel_b"),
        ("[]", "K3101", "[]"),
        ("{a: b}", "K3101", "{a: b}"),
    ] {
        let (found, at, message) = wrong(&detection(condition));
        assert_eq!((found.as_str(), at.as_str()), (code, words), "{condition}: {message}");
    }
    let (code, at, _) = wrong("kw: [a, b]\ncondition: all of kw");
    assert_eq!((code.as_str(), at.as_str()), ("K3003", "all of kw"));
}

#[test]
fn a_list_of_mappings_is_a_choice() {
    assert_eq!(
        kept("s:\n    - a: x\n      b: y\n    - c: z\ncondition: s"),
        r#"or(and(equals~(a, "x"), equals~(b, "y")), equals~(c, "z"))"#
    );
}

#[test]
fn the_log_source_is_the_source() {
    let text = "title: T\nlogsource: {category: process_creation, product: windows, definition: x}\ndetection: {s: {a: b}, condition: s}\n";
    assert_eq!(
        query(text).to_string(),
        "logs category=process_creation product=windows\nfilter\n  equals~~{absent-fails}(a#0, \"b\")\ncolumns and more\n  a#0: unknown\n"
    );
}

#[test]
fn documents_that_are_no_rules() {
    let good = rule("s: {a: b}\ncondition: s");
    for (text, code) in [
        (String::new(), "K3001"),
        ("a: b".into(), "K3001"),
        ("- a".into(), "K3001"),
        ("title: 'x".into(), "K0003"),
        (good.replace("product: p", "definition: p"), "K3101"),
        (good.replace("logsource:\n    product: p\n", ""), "K3101"),
        (good.replace("product: p", "product: [p]"), "K3101"),
        (rule("s: {a: b}"), "K3101"),
        (rule("s: x\ncondition: s"), "K3101"),
        (rule("s: {}\ncondition: s"), "K3101"),
        (rule("s: {a: b, a: c}\ncondition: s"), "K0007"),
        ("title: T\ndetection: x\nlogsource: {product: p}".into(), "K3101"),
        ("action: repeat\ntitle: T".into(), "K3101"),
        ("action: other\ntitle: T".into(), "K3101"),
    ] {
        let found = read_text(&text);
        assert_eq!(found.len(), 1, "{text}");
        let codes: Vec<_> = found[0].diagnostics.iter().map(|it| it.code.id).collect();
        assert_eq!(codes.first(), Some(&code), "{text}: {:?}", found[0].diagnostics);
    }
    let several = format!("{good}---\n{}---\nx: 1\n", rule("s: {c: d}\ncondition: s"));
    assert_eq!(read_text(&several).iter().filter(|it| it.query.is_some()).count(), 2);
}

#[test]
fn actions_build_rules_from_others() {
    let text = "action: global\ntitle: T\ndetection:\n    s: {a: x}\n    condition: s and e\n---\nlogsource: {product: p}\ndetection:\n    e: {EventID: 1}\n---\nlogsource: {product: q}\ndetection:\n    e: {EventID: 2}\n---\naction: repeat\ndetection:\n    e: {EventID: 3}\n";
    let shown: Vec<_> = read_text(text).into_iter().map(|it| short(&it.query.unwrap().to_string())).collect();
    let lines = |at: usize| shown[at].lines().take(4).collect::<Vec<_>>().join("; ");
    assert_eq!(lines(0), r#"logs product=p; filter;   and;     equals~(a, "x")"#);
    assert!(shown[1].starts_with("logs product=q") && shown[1].contains("} 2)"), "{}", shown[1]);
    assert!(shown[2].starts_with("logs product=q") && shown[2].contains("} 3)"), "{}", shown[2]);
    let reset =
        format!("{text}---\naction: reset\n---\nlogsource: {{product: r}}\ndetection: {{e: {{a: b}}, condition: e}}\n");
    assert_eq!(read_text(&reset).len(), 4);
}

/// Two rules, `one` and `two`, and a correlation of them.
fn correlated(correlation: &str) -> String {
    let one = rule("s: {a: x}\ncondition: s").replace("title: T", "title: T\nname: one");
    let two = rule("s: {b: y}\ncondition: s").replace("title: T", "title: T\nname: two");
    let indented = indented(correlation);
    format!("{one}---\n{two}---\ntitle: C\nname: c\ncorrelation:\n{indented}")
}

/// What a correlation of `one` and `two` means.
fn correlation(text: &str) -> Query {
    let ReadBack { query, diagnostics } = read_text(&correlated(text)).pop().unwrap();
    query.unwrap_or_else(|| panic!("{text}\n{diagnostics:#?}"))
}

/// Every correlation of the tests below.
const CORRELATIONS: &[(&str, &str)] = &[
    (
        "event_count",
        "type: event_count\nrules: [one, two]\ngroup-by: [User, Host]\ntimespan: 5m\ncondition: {gte: 10, lt: 20}",
    ),
    ("event_count_ungrouped", "type: event_count\nrules: [one]\ntimespan: 1d\ncondition: {eq: 2}"),
    ("value_count", "type: value_count\nrules: [one]\ngroup-by: [User]\ntimespan: 1h\ncondition: {gt: 3, field: Host}"),
    (
        "value_count_tuple",
        "type: value_count\nrules: [one]\ngroup-by: [User]\ntimespan: 1h\ncondition: {gt: 3, field: [Host, Port]}",
    ),
    (
        "value_sum",
        "type: value_sum\nrules: [one]\ngroup-by: [User]\ntimespan: 30s\ncondition: {gte: 1.5, field: Bytes}",
    ),
    (
        "value_percentile",
        "type: value_percentile\nrules: [one]\ngroup-by: [User]\ntimespan: 30s\ncondition: {gte: 1, field: Bytes, percentile: 95}",
    ),
    (
        "temporal",
        "type: temporal\nrules: [one, two]\ngroup-by: [ip]\ntimespan: 10s\naliases:\n    ip: {one: SourceIp, two: DestinationIp}",
    ),
    (
        "temporal_by_name",
        "type: temporal\nrules: [one, two]\ngroup-by: [User]\ntimespan: 10s\ncondition: one and not two",
    ),
    ("temporal_ordered", "type: temporal_ordered\nrules: [one, two, one]\ngroup-by: [User]\ntimespan: 1h"),
];

#[test]
fn correlations_as_plans() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/read"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let shown: Vec<_> = CORRELATIONS.iter().map(|(name, text)| format!("== {name}\n{}", correlation(text))).collect();
    settings.bind(|| insta::assert_snapshot!("sigma_correlations", shown.join("\n")));
}

/// Every column that a plan reads is there to be read, and every step says what it gives.
#[test]
fn plans_read_only_what_they_are_given() {
    for (name, text) in CORRELATIONS {
        let query = correlation(text);
        for (at, shared) in query.shared.iter().enumerate() {
            check(&shared.plan, &query.shared[..at].iter().map(|it| it.plan.schema()).collect::<Vec<_>>(), name);
        }
        check(&query.plan, &query.shared.iter().map(|it| it.plan.schema()).collect::<Vec<_>>(), name);
    }
}

fn ids(schema: &Schema) -> HashSet<ColumnId> {
    schema.iter().map(|column| column.id).collect()
}

fn check(plan: &Plan, shared: &[&Schema], name: &str) {
    let mut names = HashSet::new();
    for column in plan.schema().iter() {
        assert!(names.insert(column.name.clone()), "{name}: {} twice", column.name);
    }
    match &plan.source.kind {
        SourceKind::Union(union) => {
            for (at, input) in union.inputs.iter().enumerate() {
                check(input, shared, name);
                let given = ids(input.schema());
                assert!(union.columns.iter().all(|column| given.contains(&column.from[at].unwrap())), "{name}");
            }
        }
        SourceKind::Shared(id, pairs) => {
            let given = ids(shared[id.0 as usize]);
            assert!(pairs.iter().all(|(_, of)| given.contains(of)), "{name}");
            assert_eq!(ids(&plan.source.schema), pairs.iter().map(|(twin, _)| *twin).collect(), "{name}");
        }
        _ => {}
    }
    for (at, step) in plan.steps.iter().enumerate() {
        let mut given = ids(plan.input_schema(at));
        if let Op::Join(join) = &step.op {
            check(&join.right, shared, name);
            let right = ids(join.right.schema());
            assert!(join.keys.iter().all(|(l, r)| given.contains(l) && right.contains(r)), "{name}");
            assert!(given.is_disjoint(&right), "{name}: a column on both sides");
            given.extend(right);
        }
        step.op.expressions(&mut |expr| {
            expr.for_each_column(&mut |id| assert!(given.contains(&id), "{name}: {id} in step {at}"));
        });
        let made = match &step.op {
            Op::Project(items, _) => items.iter().map(|item| item.id).collect(),
            Op::Extend(items) => items.iter().map(|item| item.id).chain(given).collect(),
            Op::Summarize { keys, aggregates } => keys
                .iter()
                .map(|key| key.id)
                .chain(aggregates.iter().flat_map(|call| call.outputs.iter().copied()))
                .collect(),
            _ => given,
        };
        assert_eq!(ids(&step.schema), made, "{name}: step {at}");
    }
}

#[test]
fn a_correlation_silences_its_rules_unless_it_generates() {
    let text = correlated(CORRELATIONS[0].1);
    assert_eq!(read_text(&text).len(), 1);
    assert_eq!(read_text(&format!("{text}generate: true\n")).len(), 3);
    let outer = "---\ntitle: O\ncorrelation:\n    type: temporal_ordered\n    rules: [c, two]\n    group-by: [User]\n    timespan: 1h\n";
    let found = read_text(&format!("{text}{outer}"));
    assert_eq!(found.len(), 1);
    assert!(found[0].query.is_some(), "{:?}", found[0].diagnostics);
}

#[test]
fn correlations_that_mean_nothing() {
    let base = CORRELATIONS[0].1;
    for (text, code, words) in [
        (base.replace("event_count", "event_counts"), "K3101", "event_counts"),
        (base.replace("two]", "three]"), "K3108", "three"),
        (base.replace("two]", "c]"), "K3108", "correlation"),
        (base.replace("5m", "5w"), "K3101", "5w"),
        (base.replace("5m", "m"), "K3101", "m"),
        (base.replace("5m", "0m"), "K3101", "0m"),
        (base.replace("5m", "99999999999999999d"), "K3101", "99999999999999999d"),
        (base.replace("\ncondition: {gte: 10, lt: 20}", ""), "K3101", "type: event_count"),
        (base.replace("lt: 20", "less: 20"), "K3101", "less"),
        (base.replace("lt: 20", "lt: many"), "K3101", "many"),
        (base.replace("timespan", "window"), "K3101", "window"),
        (CORRELATIONS[2].1.replace(", field: Host", ""), "K3101", "{gt: 3}"),
        (CORRELATIONS[5].1.replace(", percentile: 95", ""), "K3003", "{gte: 1, field: Bytes}"),
        (CORRELATIONS[6].1.replace(", two: DestinationIp", ""), "K3108", "ip"),
        (CORRELATIONS[7].1.replace("not two", "not 1 of them"), "K3003", "1 of them"),
        (CORRELATIONS[7].1.replace("not two", "three"), "K3108", "three"),
        (format!("{}\ncondition: {{gte: 2}}", CORRELATIONS[8].1), "K3003", "{gte: 2}"),
    ] {
        let text = correlated(&text);
        let found = read_text(&text);
        let refused = found.iter().find(|it| it.query.is_none()).unwrap_or_else(|| panic!("{text}"));
        let error = &refused.diagnostics[0];
        assert_eq!((error.code.id, error.span.of(&text)), (code, words), "{text}: {}", error.message);
    }
    let circle = correlated(base).replace("rules: [one, two]", "rules: [d]")
        + "---\ntitle: D\nname: d\ncorrelation:\n    type: event_count\n    rules: [c]\n    group-by: [User]\n    timespan: 1h\n    condition: {gt: 1}\n---\ntitle: E\ncorrelation:\n    type: event_count\n    rules: [d]\n    group-by: [User]\n    timespan: 1h\n    condition: {gt: 1}\n";
    let found = read_text(&circle);
    assert!(found.iter().flat_map(|it| &it.diagnostics).any(|it| it.message.contains("levels deep")), "{found:?}");
}

#[test]
fn aggregations_of_sigma_1_are_windows_too() {
    let windowed = rule("s: {a: x}\ntimeframe: 5m\ncondition: s | count(User) by Host > 3");
    let modern =
        correlated("type: value_count\nrules: [one]\ngroup-by: [Host]\ntimespan: 5m\ncondition: {gt: 3, field: User}");
    let steps = |query: &Query| {
        let shown = short(&query.to_string());
        shown
            .replace("> 3.0", "> 3")
            .lines()
            .skip_while(|line| !line.starts_with("columns"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let modern: Vec<_> =
        read_text(&modern).into_iter().filter_map(|it| it.query).filter(|it| !it.shared.is_empty()).collect();
    assert_eq!(steps(&query(&windowed)), steps(&modern[0]));
    let all = short(&query(&rule("s: {a: x}\ncondition: s | count() by Host > 3")).to_string());
    assert!(all.contains("summarize\n  count = count()\n  by\n    Host\n") && !all.contains("join"), "{all}");
    assert!(query(&rule("s: {a: x}\ncondition: s | count() > 3")).shared.is_empty());
    assert_eq!(wrong("s: {a: x}\ntimeframe: soon\ncondition: s | count() > 3").1, "soon");
    // Each condition of a list is a query of its own.
    assert_eq!(read_text(&rule("s: {a: x}\ncondition:\n    - s\n    - s | count() > 3")).len(), 2);
}

#[test]
fn filters_take_out_what_they_describe() {
    let named = rule("s: {a: x}\ncondition: s").replace("title: T", "title: T\nname: one");
    let filter = "---\ntitle: F\nlogsource: {product: p}\nfilter:\n    rules: [one]\n    selection: {User|startswith: adm_}\n    condition: selection\n";
    let query = query(&format!("{named}{filter}"));
    let Op::Filter(expr) = &query.plan.steps[0].op else { panic!("{query}") };
    assert_eq!(
        short(&expr.display(&query.columns).to_string()),
        r#"and(equals~(a, "x"), not(startswith~(User, "adm_")))"#
    );
    for changed in [filter.replace("[one]", "[two]"), filter.replace("product: p", "product: q")] {
        let found = read_text(&format!("{named}{changed}"));
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].diagnostics[0].code.id, "K3108");
    }
}

/// The specification's documented examples, in rules of our own.
#[test]
fn documented_examples() {
    for (detection, meaning) in [
        // Rules, section Lists: of texts, of mappings.
        (
            "keywords: ['STOPPED', 'sc.exe -x']\ncondition: keywords",
            r#"or(contains~(any of …, "STOPPED"), contains~(any of …, "sc.exe -x"))"#,
        ),
        (
            "s:\n    - Path|endswith: '\\\\tool.exe'\n    - Note|contains: 'try me'\ncondition: s",
            r#"or(endswith~(Path, "\\tool.exe"), contains~(Note, "try me"))"#,
        ),
        // Section Maps: a field with a list, quoted hexadecimal numbers are texts.
        (
            "s:\n    Channel: Security\n    Id: [1, 2]\ncondition: s",
            r#"and(equals~(Channel, "Security"), or((Id =={absent-fails} 1), (Id =={absent-fails} 2)))"#,
        ),
        ("s:\n    Options: '0x17'\ncondition: s", r#"equals~(Options, "0x17")"#),
        // Section String Wildcard.
        ("s:\n    f: 'tool?.exe'\ncondition: s", r#"glob~(f, "tool?.exe")"#),
        ("s:\n    f: 'tool_V*.exe'\ncondition: s", r#"glob~(f, "tool_V*.exe")"#),
        // Section Special Field Values: "not null" is a selection under `not`.
        (
            "s:\n    Id: 1\nfilter:\n    Set: null\ncondition: s and not filter",
            "and((Id =={absent-fails} 1), not((Set =={null-is-a-value} dynamic(null))))",
        ),
        // Section Field Existence.
        ("s:\n    Set|exists: true\ncondition: s", "not((Set =={null-is-a-value} dynamic(null)))"),
        // Section Keywords search.
        (
            "k:\n    '|all': ['A', ' -B ']\ncondition: k",
            r#"and(contains~(any of …, "A"), contains~(any of …, " -B "))"#,
        ),
        // Modifiers appendix: UTF-16 of `cmd`.
        ("s:\n    f|wide|base64: cmd\ncondition: s", r#"equals~(f, "YwBtAGQA")"#),
    ] {
        assert_eq!(kept(detection), meaning, "{detection}");
    }
}

#[test]
fn large_rules_take_linear_time_and_bombs_are_refused() {
    let values: Vec<String> = (0..20_000).map(|n| format!("        - 'v{n}*'\n")).collect();
    let values = values.concat();
    let text = format!("title: T\nlogsource: {{product: p}}\ndetection:\n    s:\n      f:\n{values}    condition: s\n");
    let before = std::time::Instant::now();
    assert!(read_text(&text)[0].query.is_some());
    assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
    let many = vec!["s"; 20].join(" or ");
    let bomb = text.replace("condition: s", &format!("condition: {many}"));
    assert!(read_text(&bomb)[0].diagnostics[0].message.contains("more than"));
}

fn seeds() -> Vec<String> {
    let mut seeds = vec![
        rule("s:\n    f|contains|windash|all: ['-a', 'b*?\\*']\n    g|re|i: '^(a|b)$'\n    h|cidr: 10.0.0.0/8\nk: [x, 'y*']\ncondition: s and not (k or 1 of s*)"),
        rule("s: {f|base64offset|contains: abc, g|hour|gte: 5, h|exists: true, i|expand: '%x%', j: null}\ntimeframe: 5m\ncondition: s | count(f) by g > 5"),
        "action: global\ntitle: T\nlogsource: {product: p}\n---\ndetection: {s: {a: b}, condition: s}\n---\naction: repeat\ntitle: U\n".to_owned(),
    ];
    seeds.extend(CORRELATIONS.iter().map(|(_, text)| correlated(text)));
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is done to a rule, there is a query or an error, and no panic.
    #[test]
    fn mutated_rules_are_read_or_refused(
        seed in proptest::sample::select(seeds()),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), 0..4_u8, proptest::sample::select(
            r"|*?\%:,[]{}()'-/ x0é".chars().chain(['\n', '\0']).collect::<Vec<_>>(),
        )), 1..6),
    ) {
        let mut chars: Vec<char> = seed.chars().collect();
        for (at, kind, c) in edits {
            let at = at.index(chars.len());
            match kind {
                0 => chars.insert(at, c),
                1 => chars[at] = c,
                2 if chars.len() > 1 => { chars.remove(at); }
                _ => chars.truncate(at.max(1)),
            }
        }
        let text: String = chars.into_iter().collect();
        let found = read_text(&text);
        prop_assert!(!found.is_empty());
        for ReadBack { query, diagnostics } in found {
            let wrong = diagnostics.iter().any(|it| it.severity == Severity::Error);
            prop_assert_eq!(query.is_none(), wrong);
            for diagnostic in diagnostics {
                prop_assert!(diagnostic.span.end as usize <= text.len());
            }
        }
    }
}
