//! Tests of the reader: searches and the IR they give.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::Severity;
use crate::read::{Macro, Options};

fn read_text(search: &str) -> ReadBack {
    let define = |name: &str, arguments: &[&str], definition: &str| Macro {
        name: name.to_owned(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        definition: definition.to_owned(),
    };
    let macros = [
        define("sysmon", &[], "sourcetype=sysmon"),
        define("ctime", &["f"], "convert timeformat=\"%F\" ctime($f$)"),
        define("broken", &[], "where a ="),
    ];
    read_search(search, &Options { macros: macros.into_iter().collect() })
}

/// The IR without the source of all events and without the list of columns at the end.
fn steps(search: &str) -> String {
    let read = read_text(search);
    let query = read.query.unwrap_or_else(|| panic!("{search}: {:?}", read.diagnostics));
    let text = query.to_string();
    let text = text.strip_prefix("tables *\n").unwrap_or(&text);
    text.split("\ncolumns").next().unwrap_or_default().to_owned()
}

/// A condition of a `search`, on one line.
fn search(condition: &str) -> String {
    let text = steps(condition);
    text.strip_prefix("filter\n").unwrap_or(&text).lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// What a command does to events, on one line a step and without the numbers of columns.
fn after(commands: &str) -> String {
    let text = steps(&format!("* | {commands}"));
    let mut out = String::new();
    for line in text.lines() {
        if !out.is_empty() {
            out.push_str(if line.starts_with(' ') { " " } else { "; " });
        }
        out.push_str(line.trim());
    }
    let mut plain = String::new();
    let mut chars = out.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '#' && chars.peek().is_some_and(char::is_ascii_digit) {
            while chars.peek().is_some_and(char::is_ascii_digit) {
                chars.next();
            }
        } else {
            plain.push(c);
        }
    }
    plain.replace("{splunk terms}", "")
}

/// The value of an eval expression.
fn value(expression: &str) -> String {
    let text = after(&format!("eval x={expression}"));
    text.split_once(" = ").map(|(_, value)| value.to_owned()).unwrap_or(text)
}

/// The names and types of the result.
fn result(search: &str) -> Vec<String> {
    let read = read_text(search);
    let query = read.query.unwrap_or_else(|| panic!("{search}: {:?}", read.diagnostics));
    query.plan.schema().iter().map(|column| column.name.to_string()).collect()
}

/// The code and message of what is wrong.
fn wrong(search: &str) -> String {
    let read = read_text(search);
    assert!(read.query.is_none(), "{search} is read");
    let found = &read.diagnostics[0];
    assert_eq!(found.severity, Severity::Error);
    format!("{} {} at {:?}", found.code.id, found.message, found.span)
}

#[test]
fn or_binds_tighter_than_and_in_a_search() {
    let text = search("a=1 OR b=2 c=3").replace("{splunk terms}{absent-fails}", "");
    assert_eq!(text, r#"and or equals~(a#6, "1") equals~(b#7, "2") equals~(c#8, "3")"#);
    // … and looser where `where` stands.
    let text = after("where a=\"x\" OR b=\"y\" AND c=\"z\"").replace("{propagate}", "");
    assert_eq!(text, r#"filter or equals(a, "x") and equals(b, "y") equals(c, "z")"#);
}

#[test]
fn search_compares_without_case_and_wants_the_field() {
    for (text, meaning) in [
        (r#"a="b""#, r#"equals~{splunk terms}{absent-fails}(a#6, "b")"#),
        (r"a!=b", r#"!equals~{splunk terms}{absent-fails}(a#6, "b")"#),
        (r"NOT a=b", r#"not(equals~{splunk terms}{absent-fails}(a#6, "b"))"#),
        (r#""a b"=c"#, r#"equals~{splunk terms}{absent-fails}(a b#6, "c")"#),
        (r"a=*b*", r#"wildcard~{splunk terms}{absent-fails}(a#6, "*b*")"#),
        (r"a=*", "isnotnull(a#6)"),
        (r"a=CASE(Bc)", r#"equals{splunk terms}{absent-fails}(a#6, "Bc")"#),
        (r"a>5", "(a#6 >{loose}{absent-fails} 5)"),
        (r"a<=x", r#"(a#6 <={loose}{absent-fails} "x")"#),
        (r#"a="C:\\x\"y\d""#, r#"equals~{splunk terms}{absent-fails}(a#6, "C:\\x\"y\\d")"#),
        (r"a=*\\Temp\\*", r#"wildcard~{splunk terms}{absent-fails}(a#6, "*\\Temp\\*")"#),
        (r#"a=x\"y"#, r#"equals~{splunk terms}{absent-fails}(a#6, "x\"y")"#),
        ("user.groups{}=b", r#"equals~{splunk terms}{absent-fails}(user.groups{}#6, "b")"#),
        (
            "a=10.0.0.0/8",
            "or equals~{splunk terms}{absent-fails}(a#6, \"10.0.0.0/8\") \
             and isnotnull(a#6) spl:cidrmatch(\"10.0.0.0/8\", a#6)",
        ),
    ] {
        assert_eq!(search(text), meaning, "{text}");
    }
}

#[test]
fn lists_part_patterns_from_values() {
    let text = search("a IN (b, \"c d\", ,e*)").replace("{splunk terms}{absent-fails}", "");
    assert_eq!(text, r#"or equals-any~(a#6, ["b", "c d"]) wildcard-any~(a#6, ["e*"])"#);
    let text = search("NOT a IN (b)").replace("{splunk terms}{absent-fails}", "");
    assert_eq!(text, r#"not(equals-any~(a#6, ["b"]))"#);
    assert_eq!(text, search("a NOT IN (b)").replace("{splunk terms}{absent-fails}", ""));
}

#[test]
fn words_are_looked_for_in_the_event() {
    for (text, meaning) in [
        ("error", r#"has~{splunk terms}{absent-fails}(_raw#1, "error")"#),
        (r#""a b""#, r#"has~{splunk terms}{absent-fails}(_raw#1, "a b")"#),
        ("err*", r#"hasprefix~{splunk terms}{absent-fails}(_raw#1, "err")"#),
        ("*err*", r#"contains~{splunk terms}{absent-fails}(_raw#1, "err")"#),
        ("a*b", r#"spl:term_like(_raw#1, "a*b")"#),
        ("TERM(10.0.0.1)", r#"spl:term(_raw#1, "10.0.0.1")"#),
        ("CASE(Ab)", r#"has{splunk terms}{absent-fails}(_raw#1, "Ab")"#),
    ] {
        assert_eq!(search(text), meaning, "{text}");
    }
}

#[test]
fn a_search_says_which_time_it_covers() {
    assert_eq!(
        search("earliest=-24h latest=now"),
        "window _time#0 >= now + timespan(-1.00:00:00) window _time#0 < now + timespan(00:00:00)"
    );
    assert_eq!(search("earliest=-1d@d"), r#"(_time#0 >={loose}{absent-fails} spl:relative_time(spl:now(), "-1d@d"))"#);
    assert_eq!(after("search earliest=5"), r#"filter equals~{absent-fails}(earliest, "5")"#);
    assert_eq!(wrong("earliest=soon"), "K3206 `soon` is no time at 0..13");
}

#[test]
fn eval_compares_by_case_and_hands_nulls_on() {
    for (text, meaning) in [
        (r#"if(a="B", 1, 0)"#, r#"case(equals{propagate}(a, "B"): 1, else 0)"#),
        (r#"if(a!="B", 1, 0)"#, r#"case(!equals{propagate}(a, "B"): 1, else 0)"#),
        ("if(a==5, 1, 0)", "case((a =={loose} 5): 1, else 0)"),
        ("if(a=b, 1, 0)", "case((a =={loose} b): 1, else 0)"),
        (r#"if("5"=a, 1, 0)"#, r#"case(("5" =={loose} a): 1, else 0)"#),
        (r#"case(a>1, "x", true(), "y")"#, r#"case((a >{loose} 1): "x", true: "y", else dynamic(null))"#),
        (r#"if(like(a, "b%_*"), 1, 0)"#, r#"case(glob{propagate}(a, "b*?\\*"): 1, else 0)"#),
        (r#"if(a LIKE "b%", 1, 0)"#, r#"case(glob{propagate}(a, "b*"): 1, else 0)"#),
        (r#"if(match(a, "^\d+\\"), 1, 0)"#, r#"case(regex{pcre}{propagate}(a, "^\\d+\\"): 1, else 0)"#),
        (r#"if(a IN ("b", "c"), 1, 0)"#, r#"case(equals-any{propagate}(a, ["b", "c"]): 1, else 0)"#),
        (r#"if(in(a, 1, "c"), 1, 0)"#, r#"case(or((a =={loose} 1), equals{propagate}(a, "c")): 1, else 0)"#),
        ("if(isnull(a) AND NOT isnotnull(b), 1, 0)", "case(and(isnull(a), not(isnotnull(b))): 1, else 0)"),
        ("if(searchmatch(\"a=b*\"), 1, 0)", r#"case(wildcard~{absent-fails}(a, "b*"): 1, else 0)"#),
    ] {
        assert_eq!(value(text), meaning, "{text}");
    }
}

#[test]
fn operators_do_what_spl_says() {
    for (text, meaning) in [
        ("a+1-b", "(spl:number(a) + 1 - spl:number(b))"),
        ("a+b", "spl:add(a, b)"),
        ("a+\"x\"+b", "spl:add(a, \"x\", b)"),
        ("a.\"-\".b", "spl:concat(a, \"-\", b)"),
        ("'a.b'.c", "spl:concat(a.b, c)"),
        ("a*2/b", "spl:divide((spl:number(a) * 2), spl:number(b))"),
        ("a-b*c", "(spl:number(a) - (spl:number(b) * spl:number(c)))"),
        ("(a-b)*c", "((spl:number(a) - spl:number(b)) * spl:number(c))"),
        ("-a", "-(spl:number(a))"),
        ("-5", "-5"),
        ("1.5e3", "1500.0"),
        ("null", "dynamic(null)"),
        ("coalesce(a, \"x\")", "coalesce(a, \"x\")"),
        ("MVINDEX(split(a, \",\"), 0)", "spl:mvindex(spl:split(a, \",\"), 0)"),
        ("mvfilter(match(a, \"x\"))", "spl:mvfilter(a, regex{pcre}{propagate}(a, \"x\"))"),
        ("mvmap(a, a.b)", "spl:mvmap(a, spl:concat(a, b))"),
        ("relative_time(now(), \"-1d@d\")", "spl:relative_time(spl:now(), \"-1d@d\")"),
    ] {
        assert_eq!(value(text), meaning, "{text}");
    }
    assert_eq!(after("eval a=1, b=a"), "extend a: long = 1; extend b: long = a");
}

#[test]
fn statistics_keep_their_groups() {
    assert_eq!(
        after("stats count, dc(a) AS n values(b) p95(c) count(eval(d=\"x\")) as e by f, g"),
        "statistics count = spl:count() n = spl:dc(a) values(b) = spl:values(b) p95(c) = spl:perc(c, 95.0) \
         e = spl:count(equals{propagate}(d, \"x\")) by f g"
    );
    assert_eq!(result("* | stats count by a b | table b count c"), ["b", "count"]);
    assert_eq!(after("eventstats max(a) as m by b"), "statistics of each record m = spl:max(a) by b");
    assert_eq!(
        after("streamstats window=2 current=f range(_time) as d by s"),
        "statistics running over 2 of any group before it d = spl:range(_time) by s"
    );
    assert_eq!(
        after("stats avg(a) as a avg(b) as b | stats max(*) as top_*"),
        "statistics a = spl:avg(a) b = spl:avg(b); statistics top_a = spl:max(a) top_b = spl:max(b)"
    );
}

#[test]
fn tstats_reads_a_data_model() {
    let text = steps(
        "| tstats summariesonly=t fillnull_value=null count min(_time) as first from datamodel=Endpoint.Processes \
         where Processes.name IN (\"a\",\"b*\") by _time span=1h Processes.dest",
    );
    let expected = "from spl:datamodel
  model = \"Endpoint\"
  object = \"Processes\"
  summariesonly = true
filter
  or
    equals-any~{splunk terms}{absent-fails}(Processes.name#5, [\"a\"])
    wildcard-any~{splunk terms}{absent-fails}(Processes.name#5, [\"b*\"])
extend
  _time#8: real = spl:bin_time(_time#0, \"1h\")
extend
  Processes.dest#10: unknown = coalesce(Processes.dest#9, \"null\")
statistics
  count#6 = spl:count()
  first#7 = spl:min(_time#0)
  by
    _time#8
    Processes.dest#10";
    assert_eq!(text, expected);
    assert_eq!(
        result("| tstats count from datamodel=Web where * by Web.src Web.dest | `drop_dm_object_name(\"Web\")`"),
        ["src", "dest", "count"]
    );
    assert_eq!(after_source("| mstats avg(cpu.load) as l where index=m by host span=10s"), "statistics");
}

/// The name of the last step.
fn after_source(search: &str) -> String {
    let text = steps(search);
    let last = text.lines().rfind(|line| !line.starts_with(' '));
    last.unwrap_or_default().to_owned()
}

#[test]
fn fields_are_chosen_and_named() {
    assert_eq!(result("* | table a b* c"), ["a", "c"]);
    assert_eq!(result("* | stats count by a b bb | fields b*"), ["b", "bb"]);
    assert_eq!(result("* | stats count by a b bb | fields - b* count"), ["a"]);
    assert_eq!(result("* | stats count by a b | rename a AS x, b as \"y z\""), ["x", "y z", "count"]);
    assert_eq!(result("* | stats count by p.a p.b | rename p.* as *"), ["a", "b", "count"]);
    assert_eq!(after("rename q.* as *"), "step spl:rename from = \"q.*\" to = \"*\"");
    // A field that a rename has taken away is gone, also from events.
    assert_eq!(
        after("rename a as b | eval c=a"),
        "project and the rest but b, a _time _raw index host source sourcetype b; extend c: dynamic = dynamic(null)"
    );
    assert_eq!(after("fields a | where isnull(_x)"), "project and of the rest _* a _time _raw _x; filter isnull(_x)");
}

#[test]
fn fields_are_filled_and_converted() {
    assert_eq!(after("fillnull value=NA a"), "extend a: unknown = coalesce(a, \"NA\")");
    assert_eq!(
        after("stats count by a | fillnull | table a"),
        "statistics count = spl:count() by a; extend a: unknown = coalesce(a, 0); extend count: unknown = coalesce(count, 0); project a"
    );
    assert_eq!(after("filldown a"), "statistics running a = spl:last(a)");
    assert_eq!(after("`ctime(a)`"), "extend a: dynamic string = spl:convert_ctime(a, \"%F\")");
    assert_eq!(after("replace \"x*\" with y in a"), "extend a: unknown = spl:replace_wild(a, \"x*\", \"y\")");
    assert_eq!(after("addtotals fieldname=s a b"), "extend s: real = spl:sum(a, b)");
    assert_eq!(after("bin _time span=5m"), "extend _time: real = spl:bin_time(_time, \"5m\")");
    assert_eq!(after("bucket span=10 a as b"), "extend b: dynamic string = spl:bin_span(a, 10)");
    assert_eq!(
        after("stats count as a_n count as b_n | foreach *_n [eval <<MATCHSTR>>='<<FIELD>>'*2] | table a b"),
        "statistics a_n = spl:count() b_n = spl:count(); extend a: real = (a_n * 2); extend b: real = (b_n * 2); project a b"
    );
}

#[test]
fn texts_are_taken_apart() {
    assert_eq!(
        after(r#"rex field=a "(?<x>\d+)\\\\(?<y>.)" | table x"#),
        r#"extend x: unknown = spl:rex(a, "(?<x>\\d+)\\\\(?<y>.)", "x", x) y: unknown = spl:rex(a, "(?<x>\\d+)\\\\(?<y>.)", "y", y); project x"#
    );
    assert_eq!(after(r#"rex field=a mode=sed "s/x/y/g""#), r#"extend a: dynamic string = spl:sed(a, "s/x/y/g")"#);
    assert_eq!(after(r#"rex max_match=0 "(?<x>.)""#), r#"extend x: unknown = spl:rex_all(_raw, "(?<x>.)", "x", x, 0)"#);
    assert_eq!(after(r#"regex a="^x|y[|]""#), r#"filter regex{pcre}(a, "^x|y[|]")"#);
    assert_eq!(after(r#"regex a!="x""#), r#"filter !regex{pcre}(a, "x")"#);
    assert_eq!(after("spath input=a path=b{}.c output=d"), r#"extend d: unknown = spl:spath(a, "b{}.c")"#);
    assert_eq!(after("spath"), "step spl:spath field = _raw");
    assert_eq!(
        after("lookup t k AS a OUTPUTNEW v as b"),
        "step spl:lookup table = \"t\" match k = a unless v = b b from v"
    );
    assert_eq!(after("lookup t k"), "step spl:lookup table = \"t\" match k = k");
    assert!(result("* | iplocation prefix=p_ a").contains(&"p_Country".to_owned()));
    assert_eq!(after("makemv delim=\",\" a"), "extend a: dynamic array = spl:makemv(a, \",\", false)");
    assert_eq!(after("mvexpand a limit=3"), "mv-expand limit 3 a = a");
}

#[test]
fn records_are_ordered_and_cut() {
    assert_eq!(
        after("sort -a, b"),
        "sort spl:order_auto(a) desc nulls last spl:order_auto(b) asc nulls last; take 10000"
    );
    assert_eq!(after("sort 0 - num(a)"), "sort spl:number(a) desc nulls last");
    assert_eq!(
        after("sort 0 -str(a), +num( b ), c"),
        "sort spl:order_str(a) desc nulls last spl:number(b) asc nulls last spl:order_auto(c) asc nulls last"
    );
    assert_eq!(after("head"), "take 10");
    assert_eq!(after("tail 3"), "step spl:tail count = 3");
    assert_eq!(after("dedup 2 a b keepempty=t"), "step spl:dedup count = 2 field = a field = b keepempty = true");
    assert_eq!(
        after("dedup a sortby -b"),
        "sort spl:order_auto(b) desc nulls last; step spl:dedup count = 1 field = a"
    );
    assert_eq!(result("* | top 5 a by b"), ["b", "a", "count", "percent"]);
    assert_eq!(
        after("timechart span=1h count by a"),
        "extend _time: real = spl:bin_time(_time, \"1h\"); statistics count = spl:count() by _time a; \
         step spl:fill_bins field = _time span = \"1h\"; \
         step spl:pivot row = _time column = a limit = \"10\" other = true null = true"
    );
    assert!(
        result("* | transaction a startswith=(x=1) endswith=eval(y>2) maxspan=5m").contains(&"duration".to_owned())
    );
}

#[test]
fn searches_are_put_together() {
    assert_eq!(
        after("stats count by k | join k [search b=1 | stats max(v) as v count by k]"),
        "statistics count = spl:count() by k; join inner on k == k tables * filter equals~{absent-fails}(b, \"1\") \
         statistics v = spl:max(v) count = spl:count() by k step spl:dedup count = 1 field = k; \
         extend count: long = coalesce(count, count); project k count v"
    );
    let text = after("join type=left max=0 k [| inputlookup t | table k v]");
    assert!(text.starts_with("join leftouter on k == k from spl:inputlookup table = \"t\" project k v"), "{text}");
    assert!(after("join k [search b=1]").starts_with("step spl:join subsearch = plan tables *"));
    let text = steps("a=1 | fields x | append [search b=2 | table x y]");
    assert!(text.starts_with("union\n  input\n    tables *\n"), "{text}");
    assert_eq!(result("a=1 | table x | append [search b=2 | table x y]"), ["x", "y"]);
    assert_eq!(result("a=1 | stats count by x | appendpipe [stats sum(count) as total]"), ["x", "count", "total"]);
    assert_eq!(result("| multisearch [search a=1 | table x] [search b=2 | table y]"), ["x", "y"]);
    // A field that only a later command names is found in each branch.
    let text = steps("a=1 | append [search b=2] | where late=\"x\"");
    assert!(text.contains("late#") && text.matches(" = #").count() > 6, "{text}");
    let text = steps("a=1 NOT [| inputlookup allowed | fields user]");
    assert!(text.contains("not(wildcard-any~{splunk terms}{absent-fails}(user#"), "{text}");
}

#[test]
fn sources_and_side_effects_are_named() {
    assert_eq!(
        steps("| inputlookup t.csv where a=1"),
        "from spl:inputlookup\n  table = \"t.csv\"\nfilter\n  equals~{splunk terms}{absent-fails}(a#0, \"1\")"
    );
    assert_eq!(result("| makeresults count=2 | eval a=1"), ["_time", "a"]);
    let rows = r#"| makeresults format=json data="[{\"a\":1,\"b\":\"x\"},{\"b\":[2],\"c\":null}]""#;
    assert_eq!(result(rows), ["a", "b", "c"]);
    assert!(steps(rows).contains(r#"[unknown(null), "[2]", unknown(null)]"#), "{}", steps(rows));
    assert!(steps("| from datamodel:\"Web.Web\"").starts_with("from spl:datamodel"));
    assert_eq!(after("outputlookup t append=t"), "step spl:outputlookup table = \"t\" append = \"t\"");
    assert_eq!(after("collect index=x"), "step spl:sideeffect command = \"collect\" arguments = \"index=x\"");
}

#[test]
fn quotes_brackets_and_comments_are_respected() {
    assert_eq!(value(r#""a|b[c``d\"e""#), r#""a|b[c``d\"e""#);
    assert_eq!(value("\"x\" ```| not a command | ``` "), "\"x\"");
    assert_eq!(search("a=\"b | c\""), search("   a=\"b | c\"  "));
    assert_eq!(after("where a='b c'"), "filter (a =={loose} b c)");
    assert_eq!(after(r#"where match(a, "[^|\"]+")"#), r#"filter regex{pcre}{propagate}(a, "[^|\"]+")"#);
    assert_eq!(search("`sysmon` a=1"), search("sourcetype=sysmon a=1"));
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    for (text, message) in [
        ("a=1 | frobnicate b", "K3204 unknown command `frobnicate` at 6..16"),
        ("a=1 | eval b=frob(c)", "K3205 unknown function `frob` at 13..17"),
        ("a=1 | stats frob(c)", "K3205 unknown statistic `frob` at 12..16"),
        ("a=1 | dedup a frob=1", "K3206 `dedup` has no option `frob` at 14..20"),
        ("a=1 | mvexpand a limit=x", "K3206 `limit` is a whole number, not `x` at 17..24"),
        ("a=1 | eval b=if(c)", "K3207 `if` takes 3 arguments, not 1 at 13..18"),
        (
            "a=1 | eval b=case(c, 1, d)",
            "K3207 `case` takes conditions and values in turn, and the last condition has no value at 13..26",
        ),
        ("a=1 | tstats count", "K3208 `tstats` gives events, so it has to be the first command at 6..12"),
        ("| where a=1", "K3208 `where` needs events, so it cannot be the first command at 2..7"),
        ("a=1 | eval b=", "K3002 `eval` ends too early at 12..13"),
        ("a=1 | where b ==== c", "K3002 the condition has no place for `==` at 16..18"),
        ("a=1 | eval b=(c=d)", "K3002 a field cannot hold true or false at 11..18"),
        ("a=1 | map search=\"x\"", "K3003 the command `map` is not read at 6..9"),
        (
            "a=1 | foreach a* [eval b=1]",
            "K3210 which fields fit `a*` is not known, because nothing before says what there is at 14..16",
        ),
        (
            "a=1 | bin _time",
            "K3003 without `span` the width of the bins depends on the records that there are at 6..15",
        ),
        ("`nope`", "K3201 the macro `nope` without arguments is not defined at 0..6"),
        ("a=1 | `broken`", "K3002 the condition ends too early at 6..14"),
        (
            "a=1 [search b=1 | table c d]",
            "K3003 a subsearch that gives several fields makes a condition of each record at 4..28",
        ),
        ("a=1 | search b=1 ]", "K3002 the search has no place for `]` at 17..18"),
        ("  ", "K3001 there is no search here at 0..2"),
    ] {
        assert_eq!(wrong(text), message, "{text}");
    }
    assert!(wrong(&"(".repeat(1000)).starts_with("K3209"));
    assert!(wrong(&format!("a=1 | eval b=c{}", "/c".repeat(5000))).starts_with("K3209"));
    let read = read_text("a=1 | `broken`");
    assert!(read.diagnostics[0].notes.iter().any(|note| note.text.contains("`broken`")), "{read:?}");
}

#[test]
fn a_missing_filter_macro_is_read_as_empty_and_said_to_be() {
    let read = read_text("a=1 | `my_rule_filter`");
    assert!(read.query.is_some());
    assert_eq!((read.diagnostics[0].code.id, read.diagnostics[0].severity), ("K3203", Severity::Info));
}

#[test]
fn long_chains_and_many_commands_are_read() {
    assert!(wrong(&format!("a=1{}", " | appendpipe [eval x=1]".repeat(40))).starts_with("K3212"));
    assert!(wrong(&format!("a=1{}", " | append [search b=1]".repeat(100))).starts_with("K3212"));
    let nested = "a=1 | stats count by b c d e f g h i | FOREACH".replace("FOREACH", &"foreach * [".repeat(6));
    assert!(wrong(&format!("{nested}eval x=1{}", "]".repeat(6))).starts_with("K3212"));
    let many = format!("a=1{}", " OR b=2".repeat(5000));
    assert!(read_text(&many).query.is_some());
    let many = format!("a=1 | eval x=y{}", "+z.\"a\"".repeat(60));
    assert!(read_text(&many).query.is_some());
    let many = format!("a=1{}", " | eval x=x+1".repeat(500));
    assert!(read_text(&many).query.is_some());
    assert!(read_text(&format!("a=1 | where {}b=1{}", "(".repeat(100), ")".repeat(100))).query.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let read = read_text(&text);
        prop_assert!(read.query.is_some() || !read.diagnostics.is_empty());
    }

    #[test]
    fn any_heap_of_tokens_is_read_or_refused(
        tokens in proptest::collection::vec(prop::sample::select(vec![
            "|", "eval", "where", "stats", "count", "by", "a", "b.c{}", "\"x y\"", "'q r'", "=", "!=", "(", ")", "[", "]",
            "search", "IN", "OR", "NOT", "AND", ",", "*", "`sysmon`", "```", "rex", "field=a", "\"(?<x>\\d)\"", "rename",
            "as", "join", "table", "fields", "-", "+", "5", "tstats", "from", "datamodel=X.Y", "sort", "lookup", "\\",
            "timechart", "span=1h", "dedup", "append", "é", "eval(", "if(", "convert", "ctime(a)", "foreach", "<<FIELD>>",
        ]), 0..30),
    ) {
        let text = tokens.join(" ");
        let read = read_text(&text);
        prop_assert!(read.query.is_some() || !read.diagnostics.is_empty());
        for found in &read.diagnostics {
            prop_assert!(found.span.end as usize <= text.len());
        }
        if let Some(query) = read.query {
            let _ = query.to_string();
        }
    }
}
