use proptest::prelude::*;

use super::read;
use crate::diagnostic::Severity;
use crate::ir::{
    Arrangement, CaseRule, CompareOp, Correlation, Expr, ExprKind, NullRule, Op, Query, SourceKind, StringTest, Value,
};
use crate::literal::TICKS_PER_SECOND;
use crate::read::{Options, ReadBack};
use crate::source::SourceFile;

fn read_text(text: &str) -> ReadBack {
    read(&SourceFile::from_text("query.eql", text), &Options::default()).remove(0)
}

fn query(text: &str) -> Query {
    let found = read_text(text);
    match found.query {
        Some(query) => query,
        None => panic!("{text}: {:?}", found.diagnostics),
    }
}

/// The condition behind `any where`.
fn condition(text: &str) -> Expr {
    let query = query(&format!("any where {text}"));
    match query.plan.steps.into_iter().next().map(|step| step.op) {
        Some(Op::Filter(condition)) => condition,
        other => panic!("{text}: {other:?}"),
    }
}

fn correlation(text: &str) -> Correlation {
    match query(text).plan.source.kind {
        SourceKind::Correlated(node) => *node,
        other => panic!("{text}: {other:?}"),
    }
}

/// The code and the words of the first error.
fn refused(text: &str) -> (&'static str, String) {
    let found = read_text(text);
    let error = found.diagnostics.iter().find(|found| found.severity == Severity::Error);
    let error = error.unwrap_or_else(|| panic!("{text} is read"));
    assert!(found.query.is_none());
    (error.code.id, error.span.of(text).to_owned())
}

#[test]
fn an_event_is_of_a_category() {
    let printed = |text: &str| query(text).to_string();
    for (text, filter) in [
        ("process where true", "(event.category#1, \"process\")"),
        ("\"my cat\" where true", "(event.category#1, \"my cat\")"),
        ("\"\"\"my \\cat\"\"\" where true", "(event.category#1, \"my \\\\cat\")"),
    ] {
        assert!(printed(text).contains(filter), "{}", printed(text));
    }
    assert!(query("any where true").plan.steps.is_empty());
    assert!(matches!(&query("any where true").plan.source.kind, SourceKind::Tables(name) if &**name == "*"));
}

#[test]
fn a_field_is_tested_by_a_query() {
    for (text, test, case) in [
        ("f == \"a*\"", StringTest::Equals, CaseRule::Sensitive),
        ("\"a\" == f", StringTest::Equals, CaseRule::Sensitive),
        ("f : \"a\"", StringTest::Equals, CaseRule::AsciiInsensitive),
        ("f : \"a*\"", StringTest::Glob, CaseRule::AsciiInsensitive),
        ("f like \"a?\"", StringTest::Glob, CaseRule::Sensitive),
        ("f like~ \"a?\"", StringTest::Glob, CaseRule::AsciiInsensitive),
        ("startsWith(f, \"a\")", StringTest::StartsWith, CaseRule::Sensitive),
        ("ENDSWITH~(f, \"a\")", StringTest::EndsWith, CaseRule::AsciiInsensitive),
        ("stringContains(f, \"*\")", StringTest::Contains, CaseRule::Sensitive),
        ("wildcard~(f, \"a*\")", StringTest::Glob, CaseRule::AsciiInsensitive),
    ] {
        let ExprKind::Match(node) = condition(text).kind else { panic!("{text}") };
        assert_eq!((node.test, node.rules.case, node.rules.nulls), (test, case, NullRule::AbsentFails), "{text}");
        assert!(!node.negated && node.subject.as_column().is_some());
    }
    for (text, test, case) in [
        ("f in (\"a\", 5)", StringTest::Equals, CaseRule::Sensitive),
        ("f in~ (\"a\", \"b\")", StringTest::Equals, CaseRule::AsciiInsensitive),
        ("f : (\"a\", \"b\")", StringTest::Equals, CaseRule::AsciiInsensitive),
        ("f : (\"a\", \"b*\")", StringTest::Glob, CaseRule::AsciiInsensitive),
        ("f like (\"a\", \"b*\")", StringTest::Glob, CaseRule::Sensitive),
        ("wildcard(f, \"a\", \"b*\")", StringTest::Glob, CaseRule::Sensitive),
    ] {
        let ExprKind::Member(node) = condition(text).kind else { panic!("{text}") };
        assert_eq!((node.test, node.rules.case, node.rules.nulls), (test, case, NullRule::AbsentFails), "{text}");
    }
}

#[test]
fn a_backslash_is_no_escape_of_a_pattern() {
    let ExprKind::Match(node) = condition(r#"f : "*\\x\\*""#).kind else { panic!() };
    assert_eq!(node.needle.as_literal(), Some(&Value::string(r"*\\x\\*")));
    let ExprKind::Match(node) = condition(r#"f : "a\\x""#).kind else { panic!() };
    assert_eq!((node.test, node.needle.as_literal()), (StringTest::Equals, Some(&Value::string(r"a\x"))));
}

#[test]
fn the_negation_of_a_query_holds_where_the_field_is_missing() {
    for text in ["f != \"a\"", "not f == \"a\"", "not not not f == \"a\"", "f not in (\"a\")", "not (f > 5)", "f != 5"]
    {
        let ExprKind::Not(inner) = condition(text).kind else { panic!("{text}") };
        let nulls = match &inner.kind {
            ExprKind::Match(node) => node.rules.nulls,
            ExprKind::Member(node) => node.rules.nulls,
            ExprKind::Compare(node) => node.nulls,
            other => panic!("{other:?}"),
        };
        assert_eq!(nulls, NullRule::AbsentFails, "{text}");
    }
}

#[test]
fn a_script_is_null_where_a_value_is_missing_negated_or_not() {
    let ExprKind::Not(inner) = condition("not length(f) > 3").kind else { panic!() };
    assert!(matches!(&inner.kind, ExprKind::Compare(node) if node.nulls == NullRule::Propagate));
    // Behind `and` it is part of a query, which finds the event or does not.
    let ExprKind::Not(inner) = condition("not (length(f) > 3 and g == 1)").kind else { panic!() };
    assert!(matches!(inner.kind, ExprKind::Case(_)));
    // A subnet of a field is a query.
    let ExprKind::Not(inner) = condition("not cidrMatch(f, \"10.0.0.0/8\")").kind else { panic!() };
    assert!(matches!(inner.kind, ExprKind::Case(_)));
    // A function of what is no field is a script.
    let ExprKind::Match(node) = condition("substring(f, 0, 1) == \"x\"").kind else { panic!() };
    assert_eq!(node.rules.nulls, NullRule::Propagate);
    assert!(matches!(condition("startsWith(\"ab\", f)").kind, ExprKind::Foreign(..)));
    assert!(matches!(condition("stringContains(f, \"\")").kind, ExprKind::Foreign(..)));
}

#[test]
fn null_and_truth() {
    let ExprKind::Compare(node) = condition("?f == null").kind else { panic!() };
    assert_eq!((node.op, node.nulls), (CompareOp::Equal, NullRule::Value));
    assert!(matches!(condition("f != null").kind, ExprKind::Not(_)));
    let ExprKind::Compare(node) = condition("f.is_it").kind else { panic!() };
    assert_eq!(node.right.as_literal(), Some(&Value::Bool(true)));
    assert!(matches!(condition("startsWith(f, \"a\") == false").kind, ExprKind::Not(_)));
    assert!(matches!(condition("startsWith(f, \"a\") != false").kind, ExprKind::Match(_)));
    assert_eq!(condition("false").as_literal(), Some(&Value::Bool(false)));
}

#[test]
fn numbers_and_their_arithmetic() {
    let ExprKind::Compare(node) = condition("5 > f").kind else { panic!() };
    assert_eq!((node.op, node.right.as_literal()), (CompareOp::Less, Some(&Value::Long(5))));
    let printed = query("any where -f + 2 * g % 3 - -1.5 == 0").to_string();
    assert!(printed.contains("eql:subtract(eql:add("), "{printed}");
    let ExprKind::Compare(node) = condition("f == -9223372036854775808").kind else { panic!() };
    assert_eq!(node.right.as_literal(), Some(&Value::Real(-9_223_372_036_854_775_808.0)));
    assert!(matches!(condition("f == 1e3").kind, ExprKind::Compare(_)));
}

#[test]
fn and_binds_tighter_than_or_and_not_tighter_than_both() {
    let ExprKind::Or(operands) = condition("a == 1 or not b == 2 and c == 3").kind else { panic!() };
    let ExprKind::And(operands) = &operands[1].kind else { panic!() };
    assert!(matches!(operands[0].kind, ExprKind::Not(_)));
}

#[test]
fn names_comments_and_blanks() {
    let text = "// index: x\nany where /* a /* b */ c */ `a b``c`.d == 1 // \"\n and @timestamp > \"now-1d\"\tand `sequence` == 2";
    let query = query(text);
    let names: Vec<&str> = query.columns.iter().map(|(_, column)| &*column.name).collect();
    assert_eq!(names, ["@timestamp", "a b`c.d", "sequence"]);
}

#[test]
fn every_node_has_its_words() {
    let text = "process where f == \"a\" and not (g > 1 or length(h) == 2)";
    let Some(Op::Filter(condition)) = query(text).plan.steps.into_iter().next().map(|step| step.op) else { panic!() };
    let mut words = Vec::new();
    condition.walk(&mut |expr| words.push(expr.span.of(text)));
    for wanted in ["process", "\"a\"", "g > 1", "length(h) == 2", "length(h)", "not (g > 1 or length(h) == 2)"] {
        assert!(words.contains(&wanted), "{wanted}: {words:?}");
    }
}

#[test]
fn sequences() {
    let node = correlation(
        "sequence by a, ?b with maxspan = 30 s [process where true] by c with runs=3 ![any where d == 1] by c \
         [file where true] by e until [any where true] by e",
    );
    let Arrangement::Sequence { maxspan, until } = &node.arrangement else { panic!() };
    assert_eq!(*maxspan, Some(30 * TICKS_PER_SECOND));
    assert!(until.is_some());
    let stages: Vec<_> = node.stages.iter().map(|stage| (stage.runs, stage.missing, stage.keys.len())).collect();
    assert_eq!(stages, [(3, false, 3), (1, true, 3), (1, false, 3)]);
    let optional: Vec<bool> = node.stages[0].keys.iter().map(|key| key.optional).collect();
    assert_eq!(optional, [false, true, false]);
    assert_eq!(node.keys.len(), 3);
    let node = correlation("sample by host [process where true] by a [file where true] by b");
    assert_eq!((node.arrangement, node.stages.len(), node.keys.len()), (Arrangement::Sample, 2, 2));
    correlation("sequence [process where true] with runs=2");
}

#[test]
fn pipes() {
    let query = query("any where true | tail 10 | head 3");
    let ops: Vec<_> = query.plan.steps.iter().map(|step| step.op.clone()).collect();
    assert!(matches!(ops.as_slice(), [Op::Sort(_), Op::Foreign(_), Op::Take(_)]));
    let query = self::query("sequence [any where true] [any where true] | tail 1");
    assert!(matches!(query.plan.steps.as_slice(), [step] if matches!(step.op, Op::Foreign(_))));
}

#[test]
fn what_is_not_in_the_language_is_refused_at_its_words() {
    for (text, code, words) in [
        ("", "K3001", ""),
        ("// only a comment", "K3001", "// only a comment"),
        ("any where a = 1", "K3002", "="),
        ("any where a == 'x'", "K3002", "'"),
        ("any where a == \"x", "K3002", "\""),
        ("any where a == \"\\x\"", "K3002", "\"\\"),
        ("any where a < b < c", "K3002", "<"),
        ("any where a ==", "K3002", "="),
        ("any where", "K3002", "e"),
        ("sequence with maxspan=1s by a [any where true] [any where true]", "K3002", "by"),
        ("any where a == \"\\u{d800}\"", "K3002", "\\u{d800}\""),
        ("any where process.sequence == 1", "K3002", "sequence"),
        ("any where child of [any where true]", "K3003", "child of [any where true]"),
        ("any where a[0] == 1", "K3003", "[0]"),
        ("any where arrayContains(a, \"x\")", "K3003", "arrayContains"),
        ("any where true | unique a", "K3003", "unique"),
        ("sequence [any where true] fork [any where true]", "K3003", "fork"),
        ("any where lenght(a) > 1", "K3301", "lenght"),
        ("any where length~(a) > 1", "K3301", "length~"),
        ("any where length(a, b) > 1", "K3302", "length(a, b)"),
        ("any where true | head", "K3302", "| head"),
        ("any where a == b", "K3303", "a == b"),
        ("any where length(a) == length(b)", "K3303", "length(a) == length(b)"),
        ("any where a : 5", "K3303", "5"),
        ("any where a in (b)", "K3303", "b"),
        ("any where a in~ (1)", "K3303", "1"),
        ("any where length(a)", "K3303", "length(a)"),
        ("any where \"x\"", "K3303", "\"x\""),
        ("any where a + \"x\" == 1", "K3303", "\"x\""),
        ("any where cidrMatch(a, \"10.0.0.0/33\")", "K3303", "\"10.0.0.0/33\""),
        ("any where (a == 1) == 5", "K3303", "(a == 1) == 5"),
        ("any where (a == 1) < true", "K3303", "(a == 1) < true"),
        ("any where true | tail -1", "K3303", "-1"),
        ("any where true | heads 1", "K3304", "heads"),
        ("sequence [any where true]", "K3305", "sequence [any where true]"),
        ("sequence [any where true] ![any where true]", "K3305", "any where true"),
        ("sequence with maxspan=1s ![any where true] ![any where true]", "K3305", ""),
        ("sequence by a [any where true] by b [any where true]", "K3305", "any where true"),
        ("sequence with maxspan=1 [any where true] [any where true]", "K3305", "with maxspan=1"),
        ("sequence with maxspan=1.5s [any where true] [any where true]", "K3305", "with maxspan=1.5s"),
        ("sequence [any where true] with runs=101", "K3305", "with runs=101"),
        ("sequence [any where true] with walks=2", "K3305", "with walks=2"),
        ("sample [any where true] [any where true]", "K3305", ""),
        ("sample by a [any where true]", "K3305", ""),
    ] {
        let (found, at) = refused(text);
        assert_eq!(found, code, "{text}: {at}");
        if !words.is_empty() {
            assert_eq!(at, words, "{text}");
        }
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("any where {}a == 1{}", "(".repeat(depth), ")".repeat(depth));
    query(&nested(super::MAX_DEPTH));
    assert_eq!(refused(&nested(super::MAX_DEPTH + 1)).0, "K3306");
    assert_eq!(refused(&nested(100_000)).0, "K3306");
    assert_eq!(refused(&format!("any where {}", "/*".repeat(100_000))).0, "K3306");
    query(&format!("any where {}a == 1", "not ".repeat(10_000)));
    query(&format!("any where a == 1{}", " and a == 1".repeat(10_000)));
    assert_eq!(refused(&format!("any where a{} == 1", " + 1".repeat(1_000))).0, "K3306");
    let deep = |depth: usize| format!("any where {}a{} > 1", "length(".repeat(depth), ")".repeat(depth));
    query(&deep(super::MAX_DEPTH));
}

#[test]
fn rules_are_read_as_they_run() {
    let text = "[metadata]\nmaturity = \"production\"\n\n[rule]\ntype = \"eql\"\nlanguage = \"eql\"\nfrom = \"now-1h\"\n\
                index = [\"logs-*\", \"winlogbeat-*\"]\nevent_category_override = \"kind\"\ntiebreaker_field = \"n\"\n\
                query = '''\nsequence by a\n  [process where b == \"\\\\x\"]\n  [file where true]\n'''\n";
    let file = SourceFile::from_text("rule.toml", text);
    let found = read(&file, &Options::default()).remove(0);
    let printed = found.query.expect("a query").to_string();
    for wanted in ["tables logs-*,winlogbeat-*", "window", "kind#", "n#"] {
        assert!(printed.contains(wanted), "{wanted} in {printed}");
    }
    let json = serde_json::json!({
        "type": "eql", "language": "eql", "index": ["a"], "timestamp_override": "event.ingested",
        "query": "process where\n  a == b",
    });
    let text = format!("\n{json}\n{{\"exported_count\": 1}}\n");
    let found = read(&SourceFile::from_text("rules.ndjson", &text), &Options::default());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].diagnostics[0].span.of(&text), "a == b");
    for (text, code) in [
        ("[rule]\ntype = \"esql\"\nlanguage = \"esql\"\nindex = [\"a\"]\nquery = \"FROM a\"\n", "K3003"),
        ("[rule]\nindex = [\"a\"]\n", "K3001"),
        ("[rule]\nquery = \"any where true\"\n", "K3003"),
        ("[rule\n[rule]\n", "K3002"),
    ] {
        assert_eq!(refused(text).0, code, "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in ".{0,80}") {
        let found = read_text(&text);
        prop_assert!(found.query.is_some() || !found.diagnostics.is_empty());
        for found in &found.diagnostics {
            prop_assert!(text.get(found.span.range()).is_some());
        }
    }

    #[test]
    fn nothing_panics_on_what_looks_like_a_query(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "sequence ", "sample ", "by ", "with ", "maxspan=1s ", "runs=2 ", "until ", "[", "]", "![", "any ",
                "process ", "where ", "true ", "a ", "b.c ", "?d ", "`e` ", "== ", "!= ", "< ", ": ", "like~ ", "regex ",
                "in ", "in~ ", "not ", "and ", "or ", "(", ")", ", ", "\"x*\" ", "\"\"\"y\"\"\" ", "5 ", "1.5 ", "- ",
                "+ ", "* ", "/ ", "null ", "length(", "cidrMatch(", "| ", "head ", "tail ", "// c\n", "/* c */ ", "é",
            ]),
            0..24,
        ),
    ) {
        let text = parts.concat();
        let found = read_text(&text);
        prop_assert!(found.query.is_some() || !found.diagnostics.is_empty());
        for found in &found.diagnostics {
            prop_assert!(text.get(found.span.range()).is_some());
        }
    }

    #[test]
    fn strings_stand_for_themselves(text in "[^\\p{C}]{0,12}|[ -~]{0,12}") {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        let ExprKind::Match(node) = condition(&format!("f == \"{escaped}\"")).kind else { panic!() };
        prop_assert_eq!(node.needle.as_literal(), Some(&Value::string(text.as_str())));
    }
}
