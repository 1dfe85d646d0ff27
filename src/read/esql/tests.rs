//! Tests of the reader: queries and the IR they give.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Severity;

fn read_text(query: &str) -> ReadBack {
    read_query(query, None)
}

/// The IR without the list of columns at the end.
fn steps(query: &str) -> String {
    let read = read_text(query);
    let query = read.query.unwrap_or_else(|| panic!("{query}: {:?}", read.diagnostics));
    query.to_string().split("\ncolumns").next().unwrap_or_default().to_owned()
}

/// What commands do to the documents of an index, on one line a step, without the numbers of columns, the rules that
/// all comparisons have, and the limit at the end.
fn after(commands: &str) -> String {
    let text = steps(&format!("FROM i | {commands}"));
    let mut out = String::new();
    for line in text.lines().skip(1) {
        if !out.is_empty() {
            out.push_str(if line.starts_with(' ') { " " } else { "; " });
        }
        out.push_str(line.trim());
    }
    let mut plain = String::new();
    let mut chars = out.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '#' && chars.peek().is_some_and(char::is_ascii_digit) {
            while chars.next_if(char::is_ascii_digit).is_some() {}
        } else {
            plain.push(c);
        }
    }
    let plain = plain.replace("{unicode words}", "").replace("{propagate}", "").replace("esql:single", "one");
    plain.strip_suffix("; take 1000").map(str::to_owned).unwrap_or(plain)
}

/// A condition.
fn condition(text: &str) -> String {
    let text = after(&format!("WHERE {text}"));
    text.strip_prefix("filter ").unwrap_or(&text).to_owned()
}

/// The value of an expression.
fn value(expression: &str) -> String {
    let text = after(&format!("EVAL x = {expression}"));
    text.split_once(" = ").map(|(_, value)| value.to_owned()).unwrap_or(text)
}

/// The names of the result, in order.
fn result(query: &str) -> Vec<String> {
    let read = read_text(query);
    let query = read.query.unwrap_or_else(|| panic!("{query}: {:?}", read.diagnostics));
    query.plan.schema().iter().map(|column| column.name.to_string()).collect()
}

/// The code and message of what is wrong, and the words it is about.
fn wrong(query: &str) -> String {
    let read = read_text(query);
    assert!(read.query.is_none(), "{query} is read");
    let found = &read.diagnostics[0];
    assert_eq!(found.severity, Severity::Error);
    format!("{} {} at `{}`", found.code.id, found.message, found.span.of(query))
}

#[test]
fn comparisons_are_by_case_want_one_value_and_pass_null_on() {
    for (text, meaning) in [
        (r#"a == "x""#, r#"equals(one(a), "x")"#),
        (r#""x" != a"#, r#"!equals(one(a), "x")"#),
        ("a == 1", "(one(a) == 1)"),
        ("a < b", "(one(a) < one(b))"),
        ("NOT a == 1", "not((one(a) == 1))"),
        ("NOT NOT a", "one(a)"),
        ("a < 5 AND b >= 2 OR c", "or and (one(a) < 5) (one(b) >= 2) one(c)"),
        ("a AND NOT (b OR c)", "and one(a) not(or(one(b), one(c)))"),
        ("a IS NULL", "isnull(a)"),
        ("a IS NOT NULL", "isnotnull(a)"),
        ("a == null", "(one(a) == dynamic(null))"),
        ("a == -9223372036854775808", "(one(a) == -9223372036854775808)"),
        ("`a b`.c == true", "(one(a b.c) == true)"),
        ("LENGTH(a) > 3", "(esql:length(one(a)) > 3)"),
        ("?p == a", "(one(parameter p) == one(a))"),
        ("true", "true"),
    ] {
        assert_eq!(condition(text), meaning, "{text}");
    }
}

#[test]
fn lists_are_sets_where_their_values_are_written_out() {
    for (text, meaning) in [
        (r#"a IN ("x", "y")"#, r#"equals-any(one(a), ["x", "y"])"#),
        ("a NOT IN (1, 2)", "not(equals-any(one(a), [1, 2]))"),
        ("a IN (1, null)", "or (one(a) == 1) (one(a) == dynamic(null))"),
        ("a IN (b)", "(one(a) == one(b))"),
        (r#"@timestamp IN ("2024")"#, "equals-any(@timestamp, [datetime(2024-01-01T00:00:00.0000000Z)])"),
    ] {
        assert_eq!(condition(text), meaning, "{text}");
    }
}

#[test]
fn patterns_are_about_the_whole_text() {
    for (text, meaning) in [
        (r#"a LIKE "x*\\*?""#, r#"glob(one(a), "x*\\*?")"#),
        (r#"a LIKE """x*\*?""""#, r#"glob(one(a), "x*\\*?")"#),
        (r#"a NOT RLIKE "x.*""#, r#"not(regex{lucene}{whole}(one(a), "x.*"))"#),
        (r#"a LIKE ("x*", "y")"#, r#"glob-any(one(a), ["x*", "y"])"#),
        (r#"a RLIKE ("x", "y")"#, r#"or regex{lucene}{whole}(one(a), "x") regex{lucene}{whole}(one(a), "y")"#),
        (r#"TO_LOWER(a) LIKE "x""#, r#"glob(one(esql:to_lower(a)), "x")"#),
    ] {
        assert_eq!(condition(text), meaning, "{text}");
    }
}

#[test]
fn full_text_search_is_kept_by_name() {
    for (text, meaning) in [
        (r#"a : "w""#, r#"esql:match(a, "w")"#),
        (r#"a::keyword : "w""#, r#"esql:match(esql:to_string(a), "w")"#),
        (r#"KQL("a:b")"#, r#"esql:kql("a:b")"#),
        (r#"MATCH(a, "b", {"operator": "AND"})"#, r#"esql:match(a, "b", dynamic({"operator": "AND"}))"#),
        (r#"MV_CONTAINS(a, "x")"#, r#"esql:mv_contains(a, "x")"#),
    ] {
        assert_eq!(condition(text), meaning, "{text}");
    }
}

#[test]
fn times_are_computed_with_stretches_of_time() {
    for (text, meaning) in [
        ("@timestamp - 1 hour", "esql:subtract(@timestamp, timespan(01:00:00))"),
        ("NOW() - 1 month", r#"esql:add_period(now(), -1, "month")"#),
        ("2 years + NOW()", r#"esql:add_period(now(), 2, "year")"#),
        ("a + 90s", "esql:add(one(a), timespan(00:01:30))"),
        ("DATE_TRUNC(5 minutes, @timestamp)", "esql:date_trunc(timespan(00:05:00), @timestamp)"),
        ("DATE_TRUNC(1 month, a)", r#"esql:date_trunc_period(1, "month", one(a))"#),
        ("BUCKET(a, 1 hour)", "esql:bucket(one(a), timespan(01:00:00))"),
        (r#""1 hour"::time_duration"#, "timespan(01:00:00)"),
        (r#"TO_DATETIME("2024-01-01")"#, "datetime(2024-01-01T00:00:00.0000000Z)"),
    ] {
        assert_eq!(value(text), meaning, "{text}");
    }
    assert_eq!(condition(r#"@timestamp > "2024-01-01""#), "(@timestamp > datetime(2024-01-01T00:00:00.0000000Z))");
}

#[test]
fn operators_bind_as_documented() {
    for (text, meaning) in [
        ("1 + 2 * 3 - 4", "esql:subtract(esql:add(1, esql:multiply(2, 3)), 4)"),
        ("a + b + c", "esql:add(one(a), one(b), one(c))"),
        ("a - b - c", "esql:subtract(esql:subtract(one(a), one(b)), one(c))"),
        ("a / 2 % 3", "esql:modulo(esql:divide(one(a), 2), 3)"),
        ("(1 + 2) * 3", "esql:multiply(esql:add(1, 2), 3)"),
        ("-a", "esql:subtract(0, one(a))"),
        ("- - 1.5", "1.5"),
        ("a::int::string", "esql:to_string(esql:to_integer(a))"),
        ("[1, -2]", "dynamic([1, -2])"),
        (r#"["a"]"#, r#""a""#),
        ("null", "dynamic(null)"),
        ("1e3", "1000.0"),
    ] {
        assert_eq!(value(text), meaning, "{text}");
    }
}

#[test]
fn functions_want_one_value_unless_they_are_about_several() {
    for (text, meaning) in [
        (r#"CASE(a == 1, "x", b)"#, r#"case((one(a) == 1): "x", else b)"#),
        ("CASE(a, 1)", "case(one(a): 1, else dynamic(null))"),
        (r#"COALESCE(a, "x")"#, r#"esql:coalesce(a, "x")"#),
        (r#"CONCAT(a, "-", b)"#, r#"esql:concat(one(a), "-", one(b))"#),
        (r#"MV_COUNT(SPLIT(a, ","))"#, r#"esql:mv_count(esql:split(one(a), ","))"#),
        ("MV_CONCAT(a, b)", "esql:mv_concat(a, one(b))"),
        ("LENGTH(MV_FIRST(a))", "esql:length(esql:mv_first(a))"),
        ("LENGTH(TO_STRING(a))", "esql:length(one(esql:to_string(a)))"),
        ("to_str(LENGTH(a))", "esql:to_string(esql:length(one(a)))"),
    ] {
        assert_eq!(value(text), meaning, "{text}");
    }
}

#[test]
fn statistics_group_nulls_too_and_filter_each_aggregate() {
    for (text, meaning) in [
        ("STATS COUNT(*)", "statistics COUNT(*) = esql:count()"),
        ("STATS c = COUNT(a), MAX(b) BY d", "statistics c = esql:count(a) MAX(b) = esql:max(b) by, null too d"),
        (
            "STATS c = COUNT(*) WHERE a == 1 BY d = DATE_TRUNC(1 day, @timestamp)",
            "statistics c = esql:count(case((one(a) == 1): true, else dynamic(null))) by, null too \
             d: datetime = esql:date_trunc(timespan(1.00:00:00), @timestamp)",
        ),
        (
            "STATS r = ROUND(AVG(a), 2), m = MAX(b) BY k",
            "statistics AVG(a) (0) = esql:avg(a) m = esql:max(b) by, null too k; \
             extend r: real = esql:round(AVG(a) (0), 2); project r m k",
        ),
        ("STATS BY k, k", "statistics by, null too k"),
        (
            "INLINE STATS m = MAX(a) BY k",
            "statistics of each record m = esql:max(a) by, null too k; project and the rest a m k",
        ),
    ] {
        assert_eq!(
            after(text).replace(" AVG(a) =", " AVG(a) (0) =").replace("(AVG(a),", "(AVG(a) (0),"),
            meaning,
            "{text}"
        );
    }
}

#[test]
fn results_have_the_columns_of_the_documentation_in_its_order() {
    for (query, names) in [
        ("ROW a = 1, b = 2 | EVAL a = 3, c = a", "b a c"),
        ("ROW a = 1 | EVAL a + 1, LENGTH(\"x\") /* comment */", "a|a + 1|LENGTH(\"x\")"),
        ("ROW a = 1, b = 2, c = 3 | KEEP c, a", "c a"),
        // Elastic's documentation of KEEP: a name before a pattern, a pattern before `*`, else the last counts.
        ("ROW first_name = 1, last_name = 2 | KEEP first_name, last_name, first_name*", "first_name last_name"),
        ("ROW first_name = 1, last_name = 2 | KEEP first_name*, last_name, first_na*", "last_name first_name"),
        ("ROW emp_no = 1, first_name = 2, gender = 3 | KEEP *, first_name", "emp_no gender first_name"),
        ("ROW a = 1, b = 2, ba = 3 | DROP b*", "a"),
        ("ROW a = 1, b = 2, c = 3 | RENAME a AS c", "c b"),
        ("ROW a = 1, b = 2 | RENAME a AS x, x AS y", "y b"),
        ("ROW a = 1, b = 2 | RENAME x = a", "x b"),
        ("ROW a = 1, b = 2 | STATS m = MAX(a), COUNT(*) BY b, c = a + 1", "m|COUNT(*)|b|c"),
        ("ROW a = 1 | STATS COUNT(*) WHERE a == 1", "COUNT(*) WHERE a == 1"),
        ("ROW a = 1 | STATS c = COUNT(*) BY a + 1", "c|a + 1"),
        // Elastic's documentation of INLINE STATS.
        (
            "ROW emp_no = 1, languages = 2, salary = 3 | INLINE STATS max_salary = MAX(salary) BY languages",
            "emp_no salary max_salary languages",
        ),
        ("ROW a = \"x y\" | DISSECT a \"%{b} %{a}\"", "b a"),
        ("ROW a = 1 | STATS `x y` = MAX(a) | KEEP `x y`", "x y|"),
        ("ROW a = 1 | STATS COUNT(*) | KEEP `COUNT(*)`", "COUNT(*)"),
        ("FROM a METADATA _id, _index | KEEP b, _id", "b _id"),
        ("ROW a = 1 | FORK (WHERE a == 1) (EVAL b = 2)", "a b _fork"),
        ("ROW a = 1 | MV_EXPAND a | ENRICH p ON a WITH x = y, z", "a x z"),
        ("ROW a = 1, b = 2 | CHANGE_POINT a ON b", "a b type pvalue"),
    ] {
        let parts: Vec<&str> = if names.contains('|') {
            names.split('|').filter(|name| !name.is_empty()).collect()
        } else if names.contains("(*)") {
            vec![names]
        } else {
            names.split(' ').collect()
        };
        assert_eq!(result(query), parts, "{query}");
    }
}

#[test]
fn commands_become_steps() {
    for (text, meaning) in [
        ("KEEP a*, b", "project and of the rest a* b"),
        ("DROP a, b*", "project and the rest but a, b*"),
        ("RENAME a AS b", "project and the rest but a, b b"),
        (
            "SORT a, b DESC, LENGTH(c) ASC NULLS FIRST",
            "sort esql:mv_min(a) asc nulls last esql:mv_max(b) desc nulls first esql:length(one(c)) asc nulls first",
        ),
        ("LIMIT 5", "take 5"),
        ("MV_EXPAND a", "step esql:mv_expand field = a a from field"),
        ("SAMPLE 0.1", "step esql:sample probability = 0.1"),
        (
            r#"DISSECT a "%{x} %{y}""#,
            r#"step esql:dissect text = one(a) pattern = "%{x} %{y}" append_separator = "" x from x y from y"#,
        ),
        (
            r#"GROK a "%{IP:x} %{NUMBER:n:int}""#,
            r#"step esql:grok text = one(a) pattern = "%{IP:x} %{NUMBER:n:int}" x from x n from n"#,
        ),
        ("ENRICH p ON a WITH x = y", r#"step esql:enrich policy = "p" on = a x from y"#),
        ("LOOKUP JOIN l ON a, b", r#"step esql:lookup_join index = "l" on = a on = b"#),
    ] {
        assert_eq!(after(text), meaning, "{text}");
    }
    for (query, source) in [
        ("FROM a, b-*, -c METADATA _id | LIMIT 1", "tables a,b-*,-c\ntake 1"),
        ("from \"a,b\"", "tables a,b\ntake 1000"),
        ("/* x /* y */ */ FROM a // | z\n| LIMIT 2 // w", "table a (unknown)\ntake 2"),
    ] {
        assert_eq!(steps(query), source, "{query}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (query, message) in [
        ("", "K3001 there is no query here at ``"),
        ("// x", "K3001 there is no query here at `// x`"),
        ("FROM a | FROM b", "K3404 `FROM` gives records, so it has to be the first command at `FROM`"),
        ("WHERE a", "K3404 `WHERE` needs records, so it cannot be the first command at `WHERE`"),
        ("FROM a | FROB x", "K3401 unknown command `FROB` at `FROB`"),
        ("FROM a | LOOKUP x", "K3401 unknown command `LOOKUP` at `LOOKUP`"),
        ("FROM a |", "K3002 there is a `|` without a command beside it at `FROM a |`"),
        ("FROM a | WHERE a ==", "K3002 `WHERE` ends too early at `=`"),
        ("FROM a | WHERE b == 1)", "K3002 the query has no place for `)` at `)`"),
        ("FROM a | EVAL x = FROB(a)", "K3402 unknown function `FROB` at `FROB`"),
        ("FROM a | EVAL x = LENGTH(a, b)", "K3403 `LENGTH` takes 1 arguments, not 2 at `LENGTH(a, b)`"),
        (
            "FROM a | WHERE COUNT(a) > 1",
            "K3406 `COUNT` is an aggregate, and records are not grouped here at `COUNT(a)`",
        ),
        ("FROM a | STATS a", "K3406 `a` stands outside of any aggregate, and records are not grouped by it at `a`"),
        ("FROM a | STATS MAX(MIN(b))", "K3406 `MIN` stands inside another aggregate at `MIN(b)`"),
        ("FROM a | STATS BY b WHERE c", "K3002 `STATS` has no place for `WHERE` at `WHERE`"),
        (
            "FROM a | STATS x = 1 WHERE c",
            "K3406 `WHERE` stands behind an aggregate, and there is none at `x = 1 WHERE c`",
        ),
        ("FROM a | STATS x = MAX(b), x = MIN(b)", "K3003 two columns of the result are called `x` at `x = MIN(b)`"),
        ("FROM a | KEEP x | KEEP y", "K3408 nothing before gives a column `y` at `y`"),
        (r#"FROM a | WHERE b == "\d""#, r"K3407 strings have no escape `\d` at `\d`"),
        ("FROM a | COMPLETION x = y WITH z", "K3003 the command `COMPLETION` is not read at `COMPLETION`"),
        ("FROM a | EVAL x = ST_X(b)", "K3003 the function `ST_X` is not read at `ST_X`"),
        ("FROM a | WHERE b =~ c", "K3003 what `=~` means is not documented at `=~`"),
        ("TS a", "K3003 the command `TS` is not read at `TS`"),
        ("SET x = 1; FROM a", "K3003 the command `SET` is not read at `SET`"),
        (r#"FROM a | DISSECT x "y""#, r#"K3409 the pattern has no `%{key}` at `"y"`"#),
        (
            r#"FROM a | WHERE @timestamp > "x""#,
            r#"K3407 `x` is compared with a time, and is none in ISO 8601 at `"x"`"#,
        ),
        ("FROM a METADATA x", "K3408 documents have no metadata field `x` at `x`"),
        ("FROM a | SORT x ASC y", "K3002 `SORT` has no place for `y` at `y`"),
        ("FROM a | WHERE b LIKE 3", "K3002 `WHERE` has no place for `3` at `3`"),
        ("FROM a | LIMIT 99999999999999999999", "K3407 this number is too great at `99999999999999999999`"),
        ("FROM a::failures", "K3003 a part of a data stream such as `::failures` is not read at `a::failures`"),
        ("FROM <a-{now/d}>", "K3003 names of indexes that are computed from the date are not read at `<a-{now/d}>`"),
        (
            "FROM a | EVAL x = 18446744073709551615",
            "K3003 numbers of 64 bits without a sign have no counterpart here at `18446744073709551615`",
        ),
        (
            "FROM a | EVAL x = 1 day + 1 month",
            "K3002 a stretch of time by the calendar is added to a time, or taken from one at `1 day + 1 month`",
        ),
        ("FROM a | LOOKUP JOIN b ON c == d", "K3003 a join of columns with different names is not read at `c == d`"),
        ("FROM a | FORK (WHERE b) | FORK (WHERE c)", "K3003 a query has one `FORK` at most at `FORK`"),
        (
            r#"FROM a | WHERE b LIKE "*\\Temp*""#,
            "K3407 a backslash in a pattern of `LIKE` takes the meaning of `*`, `?` or a backslash away, and here stands \
             before `T` at `\"*\\\\Temp*\"`",
        ),
        ("FROM a | KEEP ??x", "K3002 `KEEP` has no place for `??x` at `??x`"),
        ("FROM a | EVAL y = ??x", "K3003 a name that is given when the query is run cannot be read before at `??x`"),
    ] {
        assert_eq!(wrong(query), message, "{query}");
    }
}

#[test]
fn deep_and_long_queries_are_refused_and_not_followed() {
    let nested = format!("FROM a | WHERE {}b{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(wrong(&nested).starts_with("K3405"));
    let deep = format!("FROM a | WHERE {}b == 1{}", "(".repeat(100), ")".repeat(100));
    assert!(read_text(&deep).query.is_some());
    let fits = format!("FROM a | EVAL x = 1{}", " + 1".repeat(5_000));
    assert!(read_text(&fits).query.is_some());
    let chain = format!("FROM a | EVAL x = 1{}", " - 1".repeat(5_000));
    assert!(wrong(&chain).starts_with("K3405"));
    let negations = format!("FROM a | WHERE {} b", "NOT ".repeat(5_000));
    assert!(read_text(&negations).query.is_some());
    let signs = format!("FROM a | EVAL x = {}1", "- ".repeat(5_000));
    assert!(read_text(&signs).query.is_some());
    let casts = format!("FROM a | EVAL x = b{}", "::int".repeat(5_000));
    assert!(wrong(&casts).starts_with("K3405"));
    let commands = format!("FROM a{}", " | LIMIT 1".repeat(3_000));
    assert!(wrong(&commands).starts_with("K3405"));
    let comments = format!("FROM a {}", "/*".repeat(50_000));
    assert!(wrong(&comments).starts_with("K3405"));
}

#[test]
fn rules_are_read_over_their_stretch_of_time() {
    let read_file = |text: &str| read(&SourceFile::from_text("rules", text), &Options::default());
    let toml = "[metadata]\n[rule]\nlanguage = \"esql\"\ntype = \"esql\"\nfrom = \"now-9m\"\nquery = '''\nFROM a\n| WHERE x ==\n'''\n";
    let found = read_file(toml);
    assert_eq!(found[0].diagnostics[0].span.of(toml), "=");
    let json = "{\"language\": \"esql\", \"query\": \"FROM a | WHERE x == 1\\n| LIMIT 5\"}\n{\"type\": \"eql\"}\n{\"exported_count\": 2}";
    let found = read_file(json);
    assert_eq!(found.len(), 2);
    let query = found[0].query.as_ref().expect("the first is read").to_string();
    assert!(query.starts_with("table a (unknown)\nwindow @timestamp"), "{query}");
    assert_eq!(found[1].diagnostics[0].code.id, "K3003");
    let overridden = "{\"query\": \"FROM a | KEEP b\", \"timestamp_override\": \"event.ingested\"}";
    let query = read_file(overridden)[0].query.as_ref().expect("it is read").to_string();
    assert!(query.contains("esql:coalesce(esql:single(event.ingested"), "{query}");
    assert_eq!(read_file("{\"exported_count\": 0}")[0].diagnostics[0].code.id, "K3001");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
        let read = read_text(&text);
        prop_assert!(read.query.is_some() || !read.diagnostics.is_empty());
    }

    #[test]
    fn any_words_are_read_or_refused_within_the_text(words in proptest::collection::vec(
        prop_oneof![
            Just("FROM a |"), Just("| WHERE"), Just("| STATS"), Just("| EVAL"), Just("| KEEP"), Just("| SORT"),
            Just("| FORK"), Just("| DISSECT"), Just("| GROK"), Just("| ENRICH"), Just("LOOKUP JOIN"), Just("ON"),
            Just("BY"), Just("AND"), Just("NOT"), Just("IN"), Just("LIKE"), Just("IS NULL"), Just("("), Just(")"),
            Just("["), Just("{"), Just("\""), Just("\"x\\\\\""), Just("\"\"\""), Just("`"), Just("/*"), Just("*/"),
            Just("//"), Just("\n"), Just("a"), Just("b.c"), Just("a*"), Just("="), Just("=="), Just(","), Just("::"),
            Just("int"), Just("1"), Just("1 day"), Just("2 months"), Just("-"), Just("+"), Just("*"), Just("COUNT("),
            Just("CASE("), Just("ü"), Just("?x"), Just("%{a}"),
        ], 0..24)
    ) {
        let text = format!("FROM a {}", words.join(" "));
        let read = read_text(&text);
        prop_assert_eq!(read.query.is_none(), !read.diagnostics.is_empty());
        for found in &read.diagnostics {
            prop_assert!(text.get(found.span.range()).is_some(), "{:?}", found);
        }
    }

    #[test]
    fn strings_are_read_as_they_are_written(text in "[ -~\\t\\n\\r\u{e9}\u{20ac}]{0,20}") {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let escaped = escaped.replace('\r', "\\r").replace('\t', "\\t");
        let read = read_text(&format!("ROW a = \"{escaped}\""));
        let query = read.query.expect("a string is read");
        let Op::Extend(items) = &query.plan.steps[0].op else { panic!("no value") };
        prop_assert_eq!(items[0].expr.as_literal().and_then(Value::as_str), Some(text.as_str()));
    }
}
