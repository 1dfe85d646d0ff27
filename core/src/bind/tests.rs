//! Queries and what they bind to.

use proptest::prelude::*;

use super::*;
use crate::schema::Dialect;

fn bound(text: &str) -> Bound {
    let parsed = crate::syntax::parse(text);
    let query = parsed.query.unwrap_or_else(|| panic!("{text}: {:?}", parsed.diagnostics));
    bind(&query, &Schemas::builtin(Dialect::Sentinel))
}

/// The result columns as `name: type`, `…` behind an open schema.
fn columns(text: &str) -> String {
    let bound = bound(text);
    assert!(!bound.has_errors(), "{text}: {:?}", bound.diagnostics);
    let query = bound.query.expect("a query with a result");
    let schema = query.plan.schema();
    let mut columns: Vec<String> = schema.iter().map(|c| format!("{}: {}", c.name, c.ty.ty)).collect();
    if schema.open {
        columns.push("…".into());
    }
    columns.join(", ")
}

/// The first finding: its code and the words it is about.
fn finding(text: &str) -> (&'static str, &str) {
    let bound = bound(text);
    let first = bound.diagnostics.first().unwrap_or_else(|| panic!("nothing is found in {text}"));
    (first.code.id, first.span.of(text))
}

const T: &str = "let T = datatable(a: long, s: string, d: dynamic, t: datetime)[];";
const U: &str = "let U = datatable(a: long, u: string, s: string)[];";

/// Checks result columns of queries over [`T`] and [`U`].
fn check(cases: &[(&str, &str)]) {
    for (query, want) in cases {
        assert_eq!(columns(&format!("{T}{U} {query}")), *want, "{query}");
    }
}

#[test]
fn projections_name_and_order_columns() {
    check(&[
        ("T | project s, b = a + 1", "s: string, b: long"),
        ("T | extend a = tostring(a), z = 1", "a: string, s: string, d: dynamic, t: datetime, z: long"),
        (
            "T | extend a + 1, strcat(s, 'x')",
            "a: long, s: string, d: dynamic, t: datetime, Column1: long, Column2: string",
        ),
        ("T | project d.x.y, d.z[0], strlen(s)", "d_x_y: dynamic, d_z_0: dynamic, strlen_s: long"),
        ("T | project-away a, d*", "s: string, t: datetime"),
        ("T | project-keep t, a", "a: long, t: datetime"),
        ("T | project-rename b = a", "b: long, s: string, d: dynamic, t: datetime"),
        ("T | project-reorder t, s", "t: datetime, s: string, a: long, d: dynamic"),
        ("T | project-reorder * desc", "t: datetime, s: string, d: dynamic, a: long"),
        ("set query_bin_auto_size=1h; T | project bin_auto(t)", "t: datetime"),
        ("T | project column_ifexists('a', ''), column_ifexists('q', 'no')", "a: long, Column1: string"),
        ("T | distinct s", "s: string"),
        ("print 1, x = 'a', now()", "print_0: long, x: string, print_2: datetime"),
        ("T | getschema", "ColumnName: string, ColumnOrdinal: long, DataType: string, ColumnType: string"),
        ("range n from 1 to 9 step 1", "n: long"),
        ("T | count", "Count: long"),
    ]);
}

#[test]
fn aggregates_name_their_columns() {
    check(&[
        ("T | summarize count() by s", "s: string, count_: long"),
        ("T | summarize sum(a), avg(a), n = dcount(s)", "sum_a: long, avg_a: real, n: long"),
        ("T | summarize make_set(s), make_set(s)", "set_s: dynamic, set_s1: dynamic"),
        ("T | summarize arg_max(t, *) by s", "s: string, t: datetime, a: long, d: dynamic"),
        ("T | summarize arg_max(t, a) by s", "s: string, t: datetime, a: long"),
        ("T | summarize take_any(s, a)", "s: string, a: long"),
        ("T | summarize percentiles(a, 5, 99.5)", "percentile_a_5: long, percentile_a_99_5: long"),
        ("T | summarize r = sum(a) * 1.0 / count() by bin(t, 1h)", "t: datetime, r: real"),
        ("T | summarize by s, h = bin(t, 1h)", "s: string, h: datetime"),
        ("T | make-series n = count() on t step 1h by s", "s: string, n: dynamic, t: dynamic"),
        ("T | make-series sum(a) default = 0 on t from ago(1d) to now() step 1h", "sum_a: dynamic, t: dynamic"),
        ("T | top-nested 2 of s by sum(a)", "s: string, aggregated_s: long"),
        ("T | top-hitters 3 of s", "s: string, approximate_count_s: long"),
        ("T | extend (r, slope) = series_fit_line(d) | project r, slope", "r: real, slope: real"),
    ]);
}

#[test]
fn tables_are_put_together() {
    check(&[
        ("T | join U on a | project-away d", "a: long, s: string, t: datetime, a1: long, u: string, s1: string"),
        ("T | join kind=leftanti U on $left.s == $right.u", "a: long, s: string, d: dynamic, t: datetime"),
        ("T | join kind=rightsemi U on a", "a: long, u: string, s: string"),
        ("T | lookup U on a | project-away d", "a: long, s: string, t: datetime, u: string, s1: string"),
        ("union T, U | project-away d, t", "a: long, s: string, u: string"),
        ("union withsource=w T, U | project w, u", "w: string, u: string"),
        ("union kind=inner T, U", "a: long, s: string"),
        ("T | project a | union (U | project a = u)", "a_long: long, a_string: string"),
        ("T | where a in ((U | project a)) | project a", "a: long"),
        ("T | extend n = toscalar(U | count) | project n", "n: long"),
        ("T | as X | join X on a | count", "Count: long"),
        ("let M = materialize(T | where a > 1); union M, M | project a", "a: long"),
        ("T | partition by s (top 1 by a | project a)", "a: long"),
        ("T | fork (count) (project s)", "Count: long"),
    ]);
}

#[test]
fn dynamics_are_expanded() {
    check(&[
        ("T | mv-expand d | project d", "d: dynamic"),
        ("T | mv-expand d to typeof(string) | project d", "d: string"),
        ("T | mv-expand with_itemindex=i e = d to typeof(long) | project i, e", "i: long, e: long"),
        ("T | mv-apply e = d to typeof(long) on (summarize m = max(e)) | project a, m", "a: long, m: long"),
        ("T | parse s with * 'x=' x: long ' y=' y | project x, y", "x: long, y: string"),
        ("T | parse-kv s as (k: string, n: long) with (pair_delimiter=' ') | project k, n", "k: string, n: long"),
        ("T | evaluate bag_unpack(d)", "a: long, s: string, t: datetime, …"),
        ("T | evaluate bag_unpack(d): (*, x: long) | project x, a", "x: long, a: long"),
        ("T | sort by t asc | scan declare (c: long = 0) with (step p: true => c = a + p.c;) | project c", "c: long"),
    ]);
}

#[test]
fn variables_and_functions_are_put_in() {
    check(&[
        ("let x = 5; let f = (n: long = 3) { n + x }; T | project y = f(), z = f(1)", "y: long, z: long"),
        ("let f = (R: (a: long), n: long) { R | where a > n }; f(T, 1) | project a", "a: long"),
        ("let f = (R: (*)) { R | project s }; T | invoke f()", "s: string"),
        ("let a = 7; T | project b = a", "b: long"),
        ("let v = view () { T | project a }; v", "a: long"),
        ("let f = () { let x = 1; T | project y = x }; let x = 's'; f", "y: long"),
    ]);
}

#[test]
fn functions_of_columns_know_their_names() {
    for (expression, want) in [
        ("bag_pack_columns(s, a)", "bag_pack_columns(row{s"),
        ("pack_array(*)", "pack_array(a"),
        ("array_sort_asc(d, d)[1]", ")[1]"),
        ("array_sort_asc(d)[1]", ").0[1]"),
    ] {
        let text = format!("{T} T | project x = {expression}");
        let bound = bound(&text);
        assert!(!bound.has_errors(), "{text}: {:?}", bound.diagnostics);
        let plan = bound.query.expect("a query with a result").to_string();
        assert!(plan.contains(want), "{plan}");
    }
}

#[test]
fn tables_of_the_workspace_have_columns() {
    assert_eq!(
        columns("SigninLogs | project TimeGenerated, Status.errorCode"),
        "TimeGenerated: datetime, Status_errorCode: dynamic"
    );
    assert!(columns("_GetWatchlist('x') | project SearchKey").contains("SearchKey: "));
    assert_eq!(columns("NoSuchTable_CL | where a == 1 | project a"), "a: unknown, …");
}

/// A table elsewhere has the columns that a user says, wherever it is; the built-in ones are those of a workspace alone.
#[test]
fn tables_elsewhere_have_the_columns_of_a_users() {
    let mut schemas = Schemas::builtin(Dialect::Sentinel);
    let columns = vec![crate::schema::Column::new("id", Type::String)];
    schemas.insert(crate::schema::Table { name: "Resources".into(), columns, open: false });
    let shown = |text: &str| {
        let query = bind(&crate::syntax::parse(text).query.unwrap(), &schemas).query.unwrap();
        query.plan.schema().iter().map(|c| format!("{}: {}", c.name, c.ty.ty)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(shown("arg('').Resources"), "id: string");
    assert_eq!(shown("cluster('c').database('d').Resources"), "id: string");
    assert_eq!(shown("database('d').SigninLogs"), "");
}

/// What nothing is known of is never the ground of an error.
#[test]
fn an_unknown_table_may_have_any_column() {
    for text in [
        // `Operation` and `Event` are tables, `hash` and `now` functions.
        "TeamsData | where Operation =~ 'MemberAdded' | project Operation, TimeGenerated",
        "ZoomLogs | where Event =~ 'meeting.created' and hash == 'x' | summarize count() by Event, now",
        "NoSuchTable_CL | join kind=inner (Other_CL) on Event",
        "DeviceFileEvents | invoke FileProfile(SHA1, 1000) | where GlobalPrevalence < 50",
        "DeviceFileEvents | invoke OurOwnFunction(SHA1, FileName) | where Known",
        "SigninLogs | where IsWorkingTime(TimeGenerated)",
    ] {
        let bound = bound(text);
        assert!(!bound.has_errors(), "{text}: {:?}", bound.diagnostics);
    }
    let known = bound("SecurityEvent | where Operation =~ 'x'").diagnostics;
    assert!(known.iter().any(|d| d.code.id == "K2010"), "{known:?}");
}

#[test]
fn search_and_find_read_several_tables() {
    assert_eq!(columns(&format!("{T} search in (T) 'x' | project $table, s")), "$table: string, s: string");
    assert_eq!(
        columns(&format!("{T}{U} find in (T, U) where a == 1 project a, s")),
        "source_: string, a: long, s: string"
    );
}

#[test]
fn what_is_wrong_is_found_where_it_is() {
    for (query, want) in [
        ("T | where b == 1", ("K2001", "b")),
        ("T | where s > 'x'", ("K2004", ">")),
        ("T | where a", ("K2005", "a")),
        ("T | where a + 1", ("K2005", "a + 1")),
        ("T | extend x = strlen()", ("K2006", "strlen()")),
        ("T | extend x = strlen(a)", ("K2007", "a")),
        ("T | extend x = strlne(s)", ("K2003", "strlne")),
        ("T | project-rename a", ("K2011", "a")),
        ("T | project x = 1, x = 2", ("K2012", "x")),
        ("T | summarize count() by d.x", ("K2013", "d.x")),
        ("T | distinct d", ("K2013", "d")),
        ("T | extend c = count()", ("K2014", "count")),
        ("T | summarize s", ("K2015", "s")),
        ("T | join U on t", ("K2016", "t")),
        ("T | join U on $left.a == $right.u", ("K2017", "$left.a == $right.u")),
        ("T | join U on a > 1", ("K2018", "a > 1")),
        ("T | extend x = U", ("K2010", "U")),
        ("T | extend z = 1, y = z", ("K2001", "z")),
        ("where 1 == 1", ("K2020", "where")),
        ("T | parse s with * x", ("K2025", "*")),
        ("datatable(a: long, b: long)[1, 2, 3]", ("K2023", "[1, 2, 3]")),
        ("let x = 1; let x = 2; print x", ("K2019", "x")),
        ("T | extend x = dynamic({'a': decimal(1)})", ("K2024", "decimal(1)")),
    ] {
        let text = format!("{T}{U} {query}");
        assert_eq!(finding(&text), want, "{query}");
    }
}

#[test]
fn hints_name_the_nearest() {
    let bound = bound("SigninLogs | where UserPrincipalNam == 'x'");
    let notes: String = bound.diagnostics[0].notes.iter().map(|note| note.text.as_str()).collect();
    assert!(notes.contains("did you mean `UserPrincipalName`?"), "{notes}");
}

#[test]
fn an_unknown_table_is_a_warning_and_said_once() {
    let bound = bound("union NoSuchTable_CL, (NoSuchTable_CL | where x == 1)");
    let codes: Vec<_> = bound.diagnostics.iter().map(|d| (d.code.id, d.severity)).collect();
    assert_eq!(codes, [("K2002", crate::diagnostic::Severity::Warning)]);
}

#[test]
fn every_mention_of_a_table_has_columns_of_its_own() {
    let bound = bound(&format!("{T} let X = T | where a > 1; X | join X on a"));
    let query = bound.query.expect("a query");
    let ids: HashSet<_> = query.plan.schema().iter().map(|c| c.id).collect();
    assert_eq!(ids.len(), query.plan.schema().len());
}

#[test]
fn doubling_is_refused_at_once() {
    for (base, step, last) in [
        ("let v0 = rand();", "let v@ = v# + v#;", "print v60"),
        ("let v0 = print x = 1;", "let v@ = union v#, v#;", "v60"),
        ("let v0 = () { print x = 1 };", "let v@ = () { union v#, v# };", "v60"),
        ("let v0 = (n: long) { print x = n };", "let v@ = (n: long) { union v#(n), v#(n) };", "v60(1)"),
    ] {
        let mut text = base.to_owned();
        for n in 1..=60 {
            text.push_str(&step.replace('@', &n.to_string()).replace('#', &(n - 1).to_string()));
        }
        text.push_str(last);
        let start = std::time::Instant::now();
        assert!(bound(&text).diagnostics.iter().any(|d| d.code.id == "K2021"), "{step}");
        // Milliseconds in a release build; a debug build on a busy machine has a multiple of that.
        assert!(start.elapsed().as_secs() < 5, "{step}: {:?}", start.elapsed());
        println!("{step}: {:?}", start.elapsed());
    }
}

#[test]
fn long_queries_bind() {
    let terms: Vec<String> = (0..2000).map(|n| format!("s == '{n}'")).collect();
    let query = format!("{T} T | where {} | count", terms.join(" or "));
    let plan = bound(&query).query.expect("a query").plan;
    let crate::ir::Op::Filter(condition) = &plan.steps[0].op else { panic!("a filter comes first") };
    let ExprKind::Or(terms) = &condition.kind else { panic!("the terms are one node") };
    assert_eq!(terms.len(), 2000);
    let lines: Vec<String> = (0..5000).map(|n| format!("\n| extend c{n} = a + {n}")).collect();
    let lines = lines.concat();
    assert!(columns(&format!("{T} T{lines} | project c4999")).starts_with("c4999"));
}

/// Words from which the grammar can make a query, sound or not.
const WORDS: &[&str] = &[
    "T",
    "U",
    "a",
    "s",
    "d",
    "t",
    "x",
    "1",
    "'q'",
    "1h",
    "*",
    "(",
    ")",
    "[",
    "]",
    ",",
    "|",
    "=",
    "==",
    "and",
    "or",
    "+",
    "-",
    ".",
    "..",
    "where",
    "extend",
    "project",
    "summarize",
    "by",
    "join",
    "on",
    "$left",
    "$right",
    "union",
    "in",
    "has",
    "between",
    "count()",
    "make_set(",
    "strcat(",
    "arg_max(",
    "mv-expand",
    "mv-apply",
    "to",
    "typeof(long)",
    "let",
    ";",
    "toscalar(",
    "sort",
    "top",
    "project-away",
    "project-rename",
    "parse",
    "with",
    "evaluate",
    "bag_unpack(",
    "search",
    "find",
    "make-series",
    "step",
    "dynamic([1])",
    "datatable(a:long)[1]",
    "range",
    "from",
    "not(",
    "iff(",
    "distinct",
    "lookup",
    "scan",
    "partition",
    "fork",
    "invoke",
    "as",
    "kind=inner",
    "serialize",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn whatever_parses_binds(words in proptest::collection::vec(proptest::sample::select(WORDS), 1..24)) {
        let text = format!("{T}{U} {}", words.join(" "));
        if let Some(query) = crate::syntax::parse(&text).query {
            let bound = bind(&query, &Schemas::builtin(Dialect::Sentinel));
            if let Some(mut query) = bound.query {
                crate::ir::pass::simplify(&mut query);
                crate::ir::pass::prune(&mut query);
                let _ = query.to_string();
            }
        }
    }

    #[test]
    fn a_broken_query_binds(cut in 0usize..400, length in 1usize..40, word in proptest::sample::select(WORDS)) {
        const QUERY: &str = "T | where s has 'x' and a in (1, 2) | extend z = tostring(d.a[0]), y = iff(a > 1, 'a', s) \
            | summarize n = count(), m = max(t), arg_max(t, *) by s, bin(t, 1h) | join kind=inner (U | project a, u) \
            on $left.n == $right.a | mv-expand q = d to typeof(long) | parse s with * 'k=' k: long ' ' rest \
            | sort by m desc | top 5 by n | project-away u* | evaluate bag_unpack(d)";
        let chars: Vec<char> = QUERY.chars().collect();
        let cut = cut.min(chars.len());
        let rest = (cut + length).min(chars.len());
        let text: String = chars[..cut].iter().chain(word.chars().collect::<Vec<_>>().iter()).chain(&chars[rest..]).collect();
        let text = format!("{T}{U} {text}");
        if let Some(query) = crate::syntax::parse(&text).query {
            let _ = bind(&query, &Schemas::builtin(Dialect::Sentinel));
        }
    }
}

#[test]
fn bins_of_bin_auto_are_those_of_the_options() {
    for (options, called) in [
        ("set query_bin_auto_size=1h;", "bin(t"),
        ("set query_bin_auto_size=1h; set query_bin_auto_at=datetime(2017-01-01 00:05);", "bin_at(t"),
        ("", "bin_auto(t"),
    ] {
        let query = bound(&format!("{options} {T} T | project b = bin_auto(t)")).query.unwrap();
        let plan = query.to_string();
        assert!(plan.contains(called), "{plan}");
    }
}

#[test]
fn equality_of_types_that_share_no_value_is_a_warning() {
    let found = |text: &str| {
        let text = format!("{T} T | where {text}");
        let bound = bound(&text);
        assert!(!bound.has_errors(), "{text}: {:?}", bound.diagnostics);
        bound.diagnostics.into_iter().next().map(|found| {
            assert_eq!((found.code.id, found.span.of(&text)), ("K2033", if text.contains("!=") { "!=" } else { "==" }));
            found.fix.map(|fix| fix.edits[0].replacement.clone()).unwrap_or_default()
        })
    };
    assert_eq!(found("s == 0").as_deref(), Some("\"0\""));
    assert_eq!(found("0 != s").as_deref(), Some("\"0\""));
    assert_eq!(found("s == true").as_deref(), Some("\"true\""));
    assert_eq!(found("a == '4625'").as_deref(), Some("4625"));
    assert_eq!(found("a == '007'").as_deref(), Some(""));
    assert_eq!(found("t == '2024-01-01'").as_deref(), Some(""));
    assert_eq!(found("t == 1").as_deref(), Some(""));
    assert_eq!(found("isempty(s) == 'True'").as_deref(), Some("true"));
    for sound in
        ["s == '0'", "a == 1.5", "d.x == 1", "isempty(s) == 1", "d == s", "a == column_ifexists('x', 1)", "t > ago(1d)"]
    {
        assert_eq!(found(sound), None, "{sound}");
    }
}
