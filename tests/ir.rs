//! The passes over the IR: what a query looks like before and after each.

use kqlc::bind::bind;
use kqlc::ir::{Op, Query, pass};
use kqlc::schema::{Dialect, Schemas};
use kqlc::syntax::parse;

const T: &str = "let T = datatable(a: long, s: string, b: bool, r: real)[]; ";

fn query(text: &str) -> Query {
    let parsed = parse(text);
    let bound = bind(&parsed.query.expect("a query that parses"), &Schemas::builtin(Dialect::Sentinel));
    assert!(!bound.has_errors(), "{text}: {:?}", bound.diagnostics);
    bound.query.expect("a query with a result")
}

/// The lines of the filter or window steps of a plan, without the ids of columns, parted by `;`.
fn steps(query: &Query) -> String {
    let text = query.to_string();
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let deep = line.starts_with(' ');
        if !deep {
            inside = line.starts_with("filter") || line.starts_with("window");
        }
        if inside && line != "filter" {
            let bare =
                line.trim().split('#').enumerate().map(|(at, part)| {
                    if at == 0 { part } else { part.trim_start_matches(|c: char| c.is_ascii_digit()) }
                });
            lines.push(bare.collect::<String>());
        }
    }
    lines.join("; ")
}

/// What a pass makes of the predicate of a query over [`T`].
fn after(run: impl Fn(&mut Query), predicate: &str) -> (String, String) {
    let mut query = query(&format!("{T} T | where {predicate}"));
    let before = steps(&query);
    run(&mut query);
    (before, steps(&query))
}

#[test]
fn constants_are_folded() {
    let fold = |predicate: &str| after(|query| pass::fold_constants(&mut query.plan), predicate).1;
    for (predicate, want) in [
        ("a > 2 * 3 - 1", "(a > 5)"),
        ("a in (dynamic([1, 2]), 3)", "equals-any(a, [1, 2, 3])"),
        ("a == 1 and 1 < 2", "(a == 1)"),
        ("a == 1 or true", "true"),
        ("s == tostring(dynamic({'k': ['v']}).k[0])", "equals(s, tostring(dynamic(\"v\")))"),
        ("a > -(1)", "(a > -1)"),
        // What divides by zero, overflows or has a column in it stays.
        ("a > 1 / 0", "(a > (1 / 0))"),
        ("a > 9223372036854775807 + 1", "(a > (9223372036854775807 + 1))"),
        ("a + 1 + 2 > 3", "((a + 1 + 2) > 3)"),
    ] {
        assert_eq!(fold(predicate), want, "{predicate}");
    }
}

#[test]
fn predicates_get_one_form() {
    let normalise = |predicate: &str| after(|query| pass::normalise(&mut query.plan), predicate).1;
    for (predicate, want) in [
        ("a == 1 and (b and (a == 2 and s == 'x'))", "and; (a == 1); b; (a == 2); equals(s, \"x\")"),
        ("a == 1 or a == 2 or a == 1", "or; (a == 1); (a == 2)"),
        ("not(s has 'x')", "!has~(s, \"x\")"),
        ("not(not(b))", "b"),
        ("not(a in (1, 2))", "!equals-any(a, [1, 2])"),
        ("not(a > 1)", "(a <= 1)"),
        ("not(a == 1)", "(a != 1)"),
        ("tostring(b) == 'True'", "b"),
        ("tostring(b) !~ 'false'", "(b != false)"),
        ("b == true", "b"),
        ("b == 1", "b"),
        ("0 == b", "(false == b)"),
        ("b != 0", "(b != false)"),
        ("b == 2", "(b == 2)"),
        // NaN is neither above nor below; groups keep the author's shape; null is not true.
        ("not(r > 1.0)", "not((r > 1.0))"),
        ("not(a == 1 or b)", "not(or((a == 1), b))"),
        ("b != true", "(b != true)"),
        ("not(b == true)", "(b != true)"),
    ] {
        assert_eq!(normalise(predicate), want, "{predicate}");
    }
}

/// A query with variables and functions is the same plan as the query that does without.
#[test]
fn variables_and_functions_are_put_in_their_place() {
    for (with, without) in [
        ("let limit = 5; T | where a > limit", "T | where a > 5"),
        ("let limit = 5; let twice = 2 * limit; T | where a > twice", "T | where a > 2 * 5"),
        ("let big = T | where a > 5; big | where b", "T | where a > 5 | where b"),
        ("let above = (n: long) { T | where a > n }; above(5)", "T | where a > 5"),
        ("let above = (x: long, n: long = 5) { x > n }; T | where above(a)", "T | where a > 5"),
        (
            "let near = (x: long, n: long) { x > n and x < n + 2 }; T | where near(a, 5)",
            "T | where a > 5 and a < 5 + 2",
        ),
        ("let keep = (R: (a: long)) { R | where a > 5 }; T | invoke keep()", "T | where a > 5"),
        // The variable of the function is not that of the query.
        (
            "let above = () { let n = 5; T | where a > n }; let n = 1; above() | where a < n",
            "T | where a > 5 | where a < 1",
        ),
    ] {
        let plan = |text: &str| {
            let mut query = query(&format!("{T} {text}"));
            pass::simplify(&mut query);
            steps(&query)
        };
        assert!(!plan(without).is_empty(), "{without}");
        assert_eq!(plan(with), plan(without), "{with}");
    }
}

#[test]
fn windows_are_lifted() {
    for (text, want) in [
        ("SigninLogs | where TimeGenerated > ago(1d)", "window TimeGenerated > now + timespan(-1.00:00:00)"),
        (
            "let lookback = 7d; SigninLogs | where ResultType == '0' and TimeGenerated >= ago(2 * lookback)",
            "window TimeGenerated >= now + timespan(-14.00:00:00); equals(ResultType, \"0\")",
        ),
        (
            "SigninLogs | where TimeGenerated between (ago(14d) .. ago(1d))",
            "window TimeGenerated >= now + timespan(-14.00:00:00) <= now + timespan(-1.00:00:00)",
        ),
        (
            "SigninLogs | where ResultType == '0' | extend x = 1 | where now() - 1h < TimeGenerated | where TimeGenerated > ago(1d)",
            "window TimeGenerated > now + timespan(-01:00:00); equals(ResultType, \"0\")",
        ),
        (
            "SigninLogs | where TimeGenerated >= datetime(2024-01-31)",
            "window TimeGenerated >= datetime(2024-01-31T00:00:00.0000000Z)",
        ),
        // Another column of that name, an `or`, and a bound that each record has of its own are no windows.
        (
            "SigninLogs | extend TimeGenerated = now() | where TimeGenerated > ago(1d)",
            "(TimeGenerated > ago(timespan(1.00:00:00)))",
        ),
        (
            "SigninLogs | where TimeGenerated > ago(1d) or ResultType == '0'",
            "or; (TimeGenerated > ago(timespan(1.00:00:00))); equals(ResultType, \"0\")",
        ),
        ("SigninLogs | where TimeGenerated > CreatedDateTime", "(TimeGenerated > CreatedDateTime)"),
    ] {
        let mut query = query(text);
        pass::simplify(&mut query);
        assert_eq!(steps(&query), want, "{text}");
    }
}

#[test]
fn a_window_stays_behind_what_looks_at_other_records() {
    let mut query = query("SigninLogs | sort by UserId | extend p = prev(ResultType) | where TimeGenerated > ago(1d)");
    pass::simplify(&mut query);
    assert!(matches!(query.plan.steps.last().map(|step| &step.op), Some(Op::Window(_))));
    assert!(matches!(query.plan.steps[0].op, Op::Sort(_)));
}

#[test]
fn columns_that_nothing_reads_are_pruned() {
    let mut query = query(
        "SigninLogs | extend x = strlen(ResultType), y = 1 | where UserId == 'u' | summarize n = count(), m = max(x) by Identity \
         | project n, Identity",
    );
    let before = query.plan.source.schema.len();
    pass::prune(&mut query);
    let names: Vec<&str> = query.plan.source.schema.iter().map(|c| &*c.name).collect();
    assert!(before > 20);
    assert_eq!(names, ["Identity", "UserId"]);
    let text = query.to_string();
    assert!(!text.contains("strlen") && !text.contains("max("), "{text}");
    let result: Vec<&str> = query.plan.schema().iter().map(|c| &*c.name).collect();
    assert_eq!(result, ["n", "Identity"]);
}

#[test]
fn passes_keep_the_result_and_settle() {
    for text in [
        "SigninLogs | where TimeGenerated > ago(1d) and not(ResultType in ('0', '1')) | summarize count() by UserId",
        "let T = SecurityEvent | where EventID == 4688; T | join kind=inner (T | where Account has 'x') on Computer | take 5",
        "union SigninLogs, AADNonInteractiveUserSignInLogs | where ResultType == '0' | project UserId, TimeGenerated",
        "SecurityAlert | mv-expand e = parse_json(Entities) | where tostring(e.Type) == 'ip' | project e, TimeGenerated",
    ] {
        let mut once = query(text);
        let names = |query: &Query| query.plan.schema().iter().map(|c| c.name.to_string()).collect::<Vec<_>>();
        let columns = names(&once);
        pass::simplify(&mut once);
        pass::prune(&mut once);
        assert_eq!(names(&once), columns, "{text}");
        let mut twice = once.clone();
        pass::simplify(&mut twice);
        pass::prune(&mut twice);
        assert_eq!(twice.to_string(), once.to_string(), "{text}");
    }
}
