//! Whole searches: text, read by its language's rules, run over events, and the rows that come of it.

mod operators;

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::ir::LogSource;
use crate::literal::parse_datetime;
use crate::read::{Language, Options, read};
use crate::source::SourceFile;

/// The instant of all searches.
const NOW: &str = "2024-01-31T10:20:30Z";

fn event(id: u32, json: &str) -> Event {
    let Some(Cell::Bag(fields)) = Cell::from_json(json) else { panic!("{json}") };
    Event { id, place: Place { index: "main".into(), log_source: Some(windows()) }, fields }
}

fn windows() -> LogSource {
    LogSource { category: None, product: Some("windows".into()), service: None }
}

fn world(events: &[&str]) -> World {
    let events = (1..).zip(events).map(|(id, json)| event(id, json)).collect();
    let lookups = vec![Lookup {
        name: "assets".into(),
        rows: [("a", "low"), ("b", "high"), ("b", "urgent")]
            .map(|(host, level)| vec![("host".into(), host.into()), ("level".into(), level.into())])
            .to_vec(),
    }];
    World { now: parse_datetime(NOW).unwrap(), events, lookups }
}

fn run_text(language: Language, text: &str, world: &World) -> Result<Answer, Refusal> {
    let file = SourceFile::from_text("search", text);
    let mut read = read(language, &file, &Options::default());
    let query = read.remove(0);
    let query = query.query.unwrap_or_else(|| panic!("{text}: {:?}", query.diagnostics));
    run(&query, world)
}

/// The rows as JSON objects of the fields that have a value, with the ids of their events.
fn rows(answer: &Answer) -> Vec<String> {
    let row = |row: &Row| {
        let there = row.fields.iter().filter(|(_, cell)| !cell.is_null()).cloned().collect();
        let mut out = String::new();
        Cell::Bag(there).write_json(&mut out);
        format!("{out} {:?}", row.events)
    };
    answer.rows.iter().map(row).collect()
}

/// Runs a search of SPL over events and holds the rows against those expected.
fn spl(search: &str, events: &[&str], expected: &[&str]) {
    let answer =
        run_text(Language::Splunk, search, &world(events)).unwrap_or_else(|refusal| panic!("{search}: {refusal}"));
    assert_eq!(rows(&answer), expected, "{search}");
}

/// That a search of SPL is refused with these words.
fn refused(search: &str, events: &[&str], words: &str) {
    let refusal = run_text(Language::Splunk, search, &world(events)).unwrap_err();
    assert!(refusal.what.contains(words), "{search}: {refusal}");
    assert!(search.get(refusal.span.range()).is_some(), "{search}: {:?}", refusal.span);
}

const LOGONS: &[&str] = &[
    r#"{"_time":1706696400,"user":"ann","src":"10.0.0.1","code":4624}"#,
    r#"{"_time":1706696410,"user":"Bob","src":"10.0.0.2","code":4625}"#,
    r#"{"_time":1706696420,"user":"ann","src":"192.168.0.1","code":4625}"#,
    r#"{"_time":1706610000,"src":"10.0.0.1","code":"4625"}"#,
];

#[test]
fn search_compares_without_case_and_wants_the_field() {
    spl("search user=BOB | table user", LOGONS, &[r#"{"user":"Bob"} [2]"#]);
    spl(
        "search code=4625 | table code",
        LOGONS,
        &[r#"{"code":4625} [3]"#, r#"{"code":4625} [2]"#, r#"{"code":"4625"} [4]"#],
    );
    spl("search user!=ann | table user", LOGONS, &[r#"{"user":"Bob"} [2]"#]);
    spl(
        "search NOT user=ann | table user, src",
        LOGONS,
        &[r#"{"user":"Bob","src":"10.0.0.2"} [2]"#, r#"{"src":"10.0.0.1"} [4]"#],
    );
    spl("search user IN (a*, x) src=10.0.0.0/8 | table user", LOGONS, &[r#"{"user":"ann"} [1]"#]);
    spl("search code>=4625 user=* | table user", LOGONS, &[r#"{"user":"ann"} [3]"#, r#"{"user":"Bob"} [2]"#]);
    spl("search NOT user=* | table src", LOGONS, &[r#"{"src":"10.0.0.1"} [4]"#]);
}

#[test]
fn where_compares_by_case_and_lets_null_through_nothing() {
    spl(r#"search * | where user="bob" | table user"#, LOGONS, &[]);
    spl(r#"search * | where user!="ann" | table user"#, LOGONS, &[r#"{"user":"Bob"} [2]"#]);
    spl(r#"search * | where NOT user="ann" | table user"#, LOGONS, &[r#"{"user":"Bob"} [2]"#]);
    spl(
        r#"search * | where isnull(user) OR user!="ann" | table src"#,
        LOGONS,
        &[r#"{"src":"10.0.0.2"} [2]"#, r#"{"src":"10.0.0.1"} [4]"#],
    );
    spl("search * | where code>4624.5 | stats count", LOGONS, &[r#"{"count":3} [2, 3, 4]"#]);
    spl(
        r#"search * | where match(src, "(?<!\d)10\.0") AND like(user, "a%") | table src"#,
        LOGONS,
        &[r#"{"src":"10.0.0.1"} [1]"#],
    );
    spl(r#"search * | where in(code, 4624, "x") | table code"#, LOGONS, &[r#"{"code":4624} [1]"#]);
}

#[test]
fn truth_is_text_in_an_event() {
    let events = &[r#"{"_time":1,"ok":true,"all":[false,"x"]}"#];
    spl(
        r#"search ok=TRUE all=false | where ok="true" | eval t=tostring(ok="true") | table ok, t"#,
        events,
        &[r#"{"ok":"true","t":"True"} [1]"#],
    );
    spl("search * | fieldformat ok=upper(ok) | table ok", events, &[r#"{"ok":"true"} [1]"#]);
}

#[test]
fn time_is_searched_by_bounds() {
    spl("search earliest=-1h | stats count", LOGONS, &[r#"{"count":3} [1, 2, 3]"#]);
    spl("search earliest=-15s | table code", LOGONS, &[r#"{"code":4625} [3]"#]);
    spl("search earliest=-1d@d latest=@d | table code", LOGONS, &[r#"{"code":"4625"} [4]"#]);
    spl("search earliest=1706696410 latest=1706696420 | table code", LOGONS, &[r#"{"code":4625} [2]"#]);
}

#[test]
fn stats_leaves_out_what_lacks_a_key() {
    spl(
        "search * | stats count AS n values(src) AS src min(_time) AS first BY user",
        LOGONS,
        &[
            r#"{"user":"ann","n":2,"src":["10.0.0.1","192.168.0.1"],"first":1706696400} [1, 3]"#,
            r#"{"user":"Bob","n":1,"src":"10.0.0.2","first":1706696410} [2]"#,
        ],
    );
    spl(
        "search * | fillnull value=\"\" user | stats count BY user",
        LOGONS,
        &[r#"{"user":"ann","count":2} [1, 3]"#, r#"{"user":"Bob","count":1} [2]"#, r#"{"user":"","count":1} [4]"#],
    );
    spl("search none | stats count dc(user) AS users sum(code) AS sum", LOGONS, &[r#"{"count":0,"users":0} []"#]);
    spl(
        "search * | stats count(eval(code=4625)) AS failed latest(user) AS last BY src",
        LOGONS,
        &[
            r#"{"src":"192.168.0.1","failed":1,"last":"ann"} [3]"#,
            r#"{"src":"10.0.0.2","failed":1,"last":"Bob"} [2]"#,
            r#"{"src":"10.0.0.1","failed":1,"last":"ann"} [1, 4]"#,
        ],
    );
}

#[test]
fn several_values_of_a_key_make_several_groups() {
    let events = &[r#"{"k":["a","b"],"n":1}"#, r#"{"k":"a","n":2}"#];
    spl("search * | stats sum(n) AS n BY k", events, &[r#"{"k":"a","n":3} [1, 2]"#, r#"{"k":"b","n":1} [1]"#]);
    spl("search k=b | stats count", events, &[r#"{"count":1} [1]"#]);
    spl("search * | where k=\"b\" | stats count", events, &[r#"{"count":1} [1]"#]);
    spl("search * | mvexpand k | where k=\"a\" | table n", events, &[r#"{"n":1} [1]"#, r#"{"n":2} [2]"#]);
    spl(
        "search * | eval c=mvcount(k), j=mvjoin(mvfilter(k!=\"a\"), \",\") | table c, j",
        events,
        &[r#"{"c":2,"j":"b"} [1]"#, r#"{"c":1} [2]"#],
    );
    spl("search * | eval m=mvmap(k, k.\"!\") | table m", events, &[r#"{"m":["a!","b!"]} [1]"#, r#"{"m":"a!"} [2]"#]);
}

#[test]
fn statistics_run_along() {
    let events = &[
        r#"{"_time":4,"u":"a","n":1}"#,
        r#"{"_time":3,"u":"b","n":2}"#,
        r#"{"_time":2,"u":"a","n":4}"#,
        r#"{"_time":1,"n":8}"#,
    ];
    spl(
        "search * | eventstats sum(n) AS s BY u | table n, s",
        events,
        &[r#"{"n":1,"s":5} [1]"#, r#"{"n":2,"s":2} [2]"#, r#"{"n":4,"s":5} [3]"#, r#"{"n":8} [4]"#],
    );
    spl(
        "search * | streamstats sum(n) AS s BY u | table s",
        events,
        &[r#"{"s":1} [1]"#, r#"{"s":2} [2]"#, r#"{"s":5} [3]"#, "{} [4]"],
    );
    spl(
        "search * | streamstats current=f window=1 last(n) AS before | table n, before",
        events,
        &[r#"{"n":1} [1]"#, r#"{"n":2,"before":1} [2]"#, r#"{"n":4,"before":2} [3]"#, r#"{"n":8,"before":4} [4]"#],
    );
    spl(
        "search * | streamstats window=2 global=f sum(n) AS s BY u | table s",
        events,
        &[r#"{"s":1} [1]"#, r#"{"s":2} [2]"#, r#"{"s":5} [3]"#, "{} [4]"],
    );
    spl(
        "search * | streamstats window=2 sum(n) AS s BY u | table s",
        events,
        &[r#"{"s":1} [1]"#, r#"{"s":2} [2]"#, r#"{"s":4} [3]"#, "{} [4]"],
    );
}

#[test]
fn records_are_chosen_and_ordered() {
    spl(
        "search * | sort 0 user, -code | table user, code",
        LOGONS,
        &[
            r#"{"user":"Bob","code":4625} [2]"#,
            r#"{"user":"ann","code":4625} [3]"#,
            r#"{"user":"ann","code":4624} [1]"#,
            r#"{"code":"4625"} [4]"#,
        ],
    );
    spl("search * | dedup user | table user", LOGONS, &[r#"{"user":"ann"} [3]"#, r#"{"user":"Bob"} [2]"#]);
    spl("search * | head 1 | table code", LOGONS, &[r#"{"code":4625} [3]"#]);
    spl("search * | tail 1 | table code", LOGONS, &[r#"{"code":"4625"} [4]"#]);
    spl("search * | top limit=1 user", LOGONS, &[r#"{"user":"ann","count":2,"percent":66.66666666666667} [1, 3]"#]);
    spl("search * | sort 0 src | table src | reverse | head 1", LOGONS, &[r#"{"src":"192.168.0.1"} [3]"#]);
}

#[test]
fn fields_are_made_of_texts() {
    let events = &[r#"{"_raw":"{\"a\":{\"b\":[1,2]},\"c\":\"x y=7\"}","time":"2024-01-31 10:00:00"}"#];
    spl("search * | spath path=a.b{} output=b | table b", events, &[r#"{"b":[1,2]} [1]"#]);
    spl("search * | spath | table a.b{}, c", events, &[r#"{"a.b{}":[1,2],"c":"x y=7"} [1]"#]);
    spl(r#"search * | rex "y=(?<y>\d+)" | table y"#, events, &[r#"{"y":"7"} [1]"#]);
    spl(
        r#"search * | eval c=json_extract(_raw, "c") | rex field=c mode=sed "s/\d/N/g" | table c"#,
        events,
        &[r#"{"c":"x y=N"} [1]"#],
    );
    spl(
        r#"search * | eval t=strptime(time, "%Y-%m-%d %H:%M:%S"), d=now()-t | table t, d"#,
        events,
        &[r#"{"t":1706695200,"d":1230.0} [1]"#],
    );
    spl(
        "search * | rename time AS when | fields - _raw | fields when",
        events,
        &[r#"{"when":"2024-01-31 10:00:00"} [1]"#],
    );
}

#[test]
fn searches_are_put_together() {
    let events = &[
        r#"{"_time":3,"type":"l","host":"a","n":1}"#,
        r#"{"_time":2,"type":"r","host":"a","m":5}"#,
        r#"{"_time":1,"type":"l","host":"b","n":2}"#,
    ];
    spl(
        "search type=l | join host [search type=r | table host, m] | table host, n, m",
        events,
        &[r#"{"host":"a","n":1,"m":5} [1, 2]"#],
    );
    spl(
        "search type=l | join type=left host [search type=r | table host, m] | table host, m",
        events,
        &[r#"{"host":"a","m":5} [1, 2]"#, r#"{"host":"b"} [3]"#],
    );
    spl("search type=l | join host [search type=r] | table host, m", events, &[r#"{"host":"a","m":5} [1, 2]"#]);
    spl(
        "search type=l [search type=r | fields host | fields - _time, _raw, index, source, sourcetype] | table n",
        events,
        &[r#"{"n":1} [1]"#],
    );
    spl(
        "search type=l | append [search type=r] | table n, m",
        events,
        &[r#"{"n":1} [1]"#, r#"{"n":2} [3]"#, r#"{"m":5} [2]"#],
    );
    spl(
        "search type=l | lookup assets host OUTPUT level | table host, level",
        events,
        &[r#"{"host":"a","level":"low"} [1]"#, r#"{"host":"b","level":["high","urgent"]} [3]"#],
    );
    spl("| inputlookup assets | where level=\"low\"", events, &[r#"{"level":"low","host":"a"} []"#]);
    spl("| makeresults count=2 | stats count", events, &[r#"{"count":2} []"#]);
    spl(r#"| makeresults format=json data="[{\"a\":1},{\"a\":3}]" | where a>1"#, events, &[r#"{"a":3} []"#]);
    spl(
        r#"search * | eval side=if(type="r", 1, null()) | eventstats dc(side) AS r BY host | where type="l" AND r=0 | table host"#,
        events,
        &[r#"{"host":"b"} [3]"#],
    );
}

#[test]
fn what_is_not_run_is_refused_by_name() {
    refused("search * | eval x=random()", &[], "`random` is not replayed: it gives another number each time");
    refused("search * | transaction host", &[], "`transaction`");
    refused("search * | iplocation src", &[], "`iplocation`");
    refused("| tstats count from datamodel=Endpoint.Processes", &[], "`datamodel`");
    refused("search * | lookup nowhere host OUTPUT x", LOGONS, "`nowhere` is not at hand");
    refused(r#"search * | where match(user, "(?R)")"#, LOGONS, "regular expression");
    refused("search * | bin _time span=1w", LOGONS, "`1w`");
}

/// A rule of Sigma over events, with the rows expected.
fn sigma(rule: &str, events: &[&str], expected: &[&[u32]]) {
    let answer = run_text(Language::Sigma, rule, &world(events)).unwrap_or_else(|refusal| panic!("{rule}: {refusal}"));
    let ids: Vec<&[u32]> = answer.rows.iter().map(|row| row.events.as_slice()).collect();
    assert_eq!(ids, expected, "{rule}");
}

fn rule(detection: &str) -> String {
    format!("title: t\nlogsource:\n  product: windows\ndetection:\n{detection}")
}

#[test]
fn sigma_rules_find_events() {
    let events = &[
        r#"{"Image":"C:\\Windows\\cmd.exe","CommandLine":"cmd /c WHOAMI","EventID":1}"#,
        r#"{"Image":"/bin/sh","EventID":"1","Address":"10.1.2.3"}"#,
        r#"{"EventID":4,"Values":["a","b"]}"#,
    ];
    for (detection, found) in [
        ("  s:\n    Image|endswith: '\\CMD.exe'\n  condition: s\n", &[&[1_u32][..]][..]),
        ("  s:\n    EventID: 1\n  condition: s\n", &[&[1], &[2]]),
        ("  s:\n    EventID: 1\n  f:\n    CommandLine|contains: whoami\n  condition: s and not f\n", &[&[2]]),
        ("  s:\n    CommandLine: null\n  condition: s\n", &[&[2], &[3]]),
        ("  s:\n    Values: B\n  condition: s\n", &[&[3]]),
        ("  s:\n    Address|cidr: 10.0.0.0/8\n  condition: s\n", &[&[2]]),
        ("  s:\n    Image|re: '^/bin/(sh|bash)$'\n  condition: s\n", &[&[2]]),
        ("  s:\n    EventID|gte: 2\n  condition: s\n", &[&[3]]),
        ("  s:\n    - whoami\n  condition: s\n", &[&[1]]),
        ("  s:\n    Image|exists: true\n  condition: s\n", &[&[1], &[2]]),
    ] {
        sigma(&rule(detection), events, found);
    }
    let elsewhere = rule("  s:\n    EventID: 1\n  condition: s\n").replace("windows", "linux");
    sigma(&elsewhere, events, &[]);
}

#[test]
fn sigma_correlations_look_at_windows() {
    let base =
        "title: base\nname: base\nlogsource:\n  product: windows\ndetection:\n  s:\n    EventID: 1\n  condition: s\n";
    let correlation = |body: &str| {
        format!("title: c\ncorrelation:\n{body}  rules: [base]\n  group-by: [User]\n  timespan: 1m\n---\n{base}")
    };
    let at = |seconds: u32, user: &str| {
        format!(r#"{{"@timestamp":"2024-01-31T10:00:{seconds:02}Z","EventID":1,"User":"{user}","Host":"h{seconds}"}}"#)
    };
    let events = [at(0, "a"), at(10, "b"), at(20, "a"), at(50, "a")];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    sigma(&correlation("  type: event_count\n  condition:\n    gte: 3\n"), &events, &[&[1, 3, 4]]);
    sigma(&correlation("  type: event_count\n  condition:\n    gte: 2\n"), &events, &[&[1, 3], &[1, 3, 4]]);
    sigma(&correlation("  type: value_count\n  condition:\n    field: Host\n    gt: 2\n"), &events, &[&[1, 3, 4]]);
    let pair = "title: c\ncorrelation:\n  type: temporal_ordered\n  rules: [base, other]\n  group-by: [User]\n  timespan: 1m\n---\n";
    let other = base.replace("base", "other").replace("EventID: 1", "EventID: 2");
    let events = [
        at(0, "a"),
        at(20, "a").replace("\"EventID\":1", "\"EventID\":2"),
        at(30, "b").replace("\"EventID\":1", "\"EventID\":2"),
    ];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    sigma(&format!("{pair}{base}---\n{other}"), &events, &[&[1, 2]]);
}

/// Events whose fields are those that the searches below name.
fn any_event() -> impl Strategy<Value = Vec<(Arc<str>, Cell)>> {
    let cell = prop_oneof![
        Just(Cell::Null),
        any::<i64>().prop_map(Cell::Time),
        any::<i64>().prop_map(Cell::Span),
        any::<bool>().prop_map(Cell::Bool),
        any::<i64>().prop_map(Cell::Long),
        any::<f64>().prop_map(Cell::Real),
        "[a-c0-9.:\\[{\" ]{0,6}".prop_map(|text| Cell::from(text.as_str())),
        prop::collection::vec("[a-c0-9]{0,2}".prop_map(|text| Cell::from(text.as_str())), 0..3).prop_map(Cell::List),
    ];
    let name = prop::sample::select(vec!["_time", "_raw", "a", "b", "c", "host"]);
    prop::collection::vec((name.prop_map(Arc::from), cell), 0..6)
}

/// Commands to put together.
const COMMANDS: &[&str] = &[
    "where a=b",
    "where match(a, \"b+\")",
    "search a=b* NOT c>3",
    "eval c=a.b, a=a+1",
    "eval b=substr(a, c, b)",
    "eval c=strftime(a, \"%F %T.%3N\")",
    "eval a=mvindex(split(b, \"b\"), c)",
    "eval c=relative_time(_time, \"-1mon@mon\")",
    "eval b=tostring(a, \"duration\")",
    "eval b=round(a, c)",
    "eval a=printf(\"%05d %s\", a, b)",
    "stats count dc(a) BY b",
    "stats sum(a) avg(a) values(b) first(c) latest(a) perc90(a) stdev(c)",
    "eventstats max(a) AS m BY c",
    "streamstats window=3 count list(a) BY b",
    "sort 5 -a, b",
    "dedup 2 a",
    "head 2",
    "tail 2",
    "mvexpand a",
    "spath",
    "bin _time span=5m",
    "bin a span=3",
    "rex field=a \"(?<b>[ab]+)\"",
    "fillnull",
    "rename a AS b",
    "fields a, b",
    "table a, b, c",
    "top 2 a BY b",
    "join a [search b=*]",
    "append [search a=* | stats count BY a]",
    "timechart span=1h count",
    "makemv delim=\"b\" a",
    "mvcombine a",
    "lookup assets host",
    "convert ctime(a)",
    "reverse",
    "eval b=json_extract(a, \"x{0}\")",
];

proptest! {
    #[test]
    fn nothing_panics_and_all_is_the_same_twice(
        events in prop::collection::vec(any_event(), 0..8),
        commands in prop::collection::vec(prop::sample::select(COMMANDS), 1..6),
    ) {
        let events = (0..).zip(events).map(|(id, fields)| Event { id, place: Place::default(), fields }).collect();
        let world = World { events, ..world(&[]) };
        let search = format!("search * | {}", commands.join(" | "));
        let file = SourceFile::from_text("search", search);
        for read in read(Language::Splunk, &file, &Options::default()) {
            if let Some(query) = read.query {
                let answer = run(&query, &world);
                prop_assert_eq!(format!("{answer:?}"), format!("{:?}", run(&query, &world)));
            }
        }
    }
}
