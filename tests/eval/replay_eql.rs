//! EQL, read and run over events: the examples of Elasticsearch's documentation and of its own tests.

use std::sync::Arc;

use kqlc::read::{Language, Options, read};
use kqlc::replay::{Cell, Event, Place, World, run};
use kqlc::source::SourceFile;

/// Ticks of a millisecond.
const MS: i64 = 10_000;
/// Some instant: 2022-05-04T12:00:00Z.
const NOON: i64 = 637_872_624_000_000_000;

/// An event of so many milliseconds after noon.
fn event(id: u32, ms: i64, category: &str, fields: &[(&str, Cell)]) -> Event {
    let mut all: Vec<(Arc<str>, Cell)> = vec![("@timestamp".into(), Cell::Time(NOON + ms * MS))];
    all.push(("event.category".into(), category.into()));
    all.extend(fields.iter().map(|(name, cell)| ((*name).into(), cell.clone())));
    Event { id, place: Place { index: "logs-test".into(), log_source: None }, fields: all }
}

/// The events of each result of a query, as numbers.
fn results(text: &str, events: &[Event]) -> Vec<Vec<u32>> {
    let found = read(Language::Eql, &SourceFile::from_text("query.eql", text), &Options::default()).remove(0);
    let query = found.query.unwrap_or_else(|| panic!("{text}: {:?}", found.diagnostics));
    let world = World { now: NOON, events: events.to_vec(), lookups: Vec::new() };
    let answer = run(&query, &world).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    answer.rows.into_iter().map(|row| row.events).collect()
}

/// The ids of the events that a condition finds.
fn found(condition: &str, events: &[Event]) -> Vec<u32> {
    results(&format!("any where {condition}"), events).into_iter().flatten().collect()
}

fn one(fields: &[(&str, Cell)]) -> Vec<Event> {
    vec![event(1, 0, "process", fields)]
}

fn many(values: &[&str]) -> Cell {
    Cell::List(values.iter().map(|value| Cell::from(*value)).collect())
}

/// Syntax reference: operators, patterns and lists.
#[test]
fn conditions() {
    let events = one(&[("f", "Value-1".into()), ("n", 5.into()), ("flag", true.into()), ("many", many(&["a", "B"]))]);
    for (condition, holds) in [
        (r#"f == "Value-1""#, true),
        (r#"f == "value-1""#, false),
        (r#"f == "Value-*""#, false),
        (r#"f : "value-1""#, true),
        (r#"f : "VALUE*""#, true),
        (r#"f : "value-?""#, true),
        (r#"f : "value?""#, false),
        (r#"f like "Value-*""#, true),
        (r#"f like "value-*""#, false),
        (r#"f like~ "value-*""#, true),
        (r#"f like~ ("x", "value-?")"#, true),
        (r#"f regex "Value-[0-9]""#, true),
        (r#"f regex "alue-[0-9]""#, false),
        (r#"f regex~ "value-[^2]""#, true),
        (r#"f regex ("x", "V.*")"#, true),
        (r#"f in ("Value-1", "x")"#, true),
        (r#"f in ("value-1", "x")"#, false),
        (r#"f in~ ("value-1", "x")"#, true),
        (r#"f not in ("Value-1", "x")"#, false),
        (r#"f not in~ ("value-2", "x")"#, true),
        (r#"f : ("x", "VALUE-1")"#, true),
        (r#"f > "Value-0""#, true),
        (r#"f > "a""#, false),
        ("n == 5", true),
        ("5 == n", true),
        ("n != 5", false),
        ("n >= 5 and n < 5.5", true),
        ("4 > n", false),
        ("n in (1, 5)", true),
        ("n + 1 == 6", true),
        ("n % 3 == 2", true),
        ("-n == -5", true),
        ("flag", true),
        ("not flag", false),
        ("flag == false", false),
        ("flag != false", true),
        // A field of several values passes where one of them does.
        (r#"many == "a""#, true),
        (r#"many : "b""#, true),
        (r#"many != "a""#, false),
        (r#"many != "c""#, true),
        (r#"not many : "A*""#, false),
        (r#"many in ("x", "B")"#, true),
        (r#"many regex "[A-Z]""#, true),
        ("true", true),
        ("false", false),
        ("not false and not false", true),
        (r#"startsWith(f, "Val") and endsWith~(f, "E-1")"#, true),
        (r#"stringContains(f, "lue") == false"#, false),
        (r#"wildcard(f, "x*", "Val*")"#, true),
    ] {
        assert_eq!(found(condition, &events) == [1], holds, "{condition}");
    }
}

/// Syntax reference: a quotient of whole numbers has no fraction.
#[test]
fn whole_numbers_are_divided_without_fractions() {
    let events: Vec<Event> =
        (1..=5).map(|count| event(count, 0, "process", &[("process.args_count", i64::from(count).into())])).collect();
    assert_eq!(results("process where ( 4 / process.args_count ) == 1", &events), [[3], [4]]);
    assert_eq!(results("process where ( 4.0 / process.args_count ) == 1", &events), [[4]]);
    assert_eq!(results("process where divide(4, process.args_count) == 1", &events), [[3], [4]]);
}

/// What Elasticsearch's translator makes of missing fields: queries fail and their negations hold, scripts are null.
#[test]
fn missing_fields() {
    let events = one(&[("g", "x".into())]);
    for (condition, holds) in [
        (r#"f == "x""#, false),
        (r#"f != "x""#, true),
        (r#"not f == "x""#, true),
        (r#"not f : "x*""#, true),
        (r#"not f in ("x")"#, true),
        (r#"f not in ("x")"#, true),
        (r#"not f regex "x""#, true),
        ("f > 1", false),
        ("f != 1", true),
        ("not (f > 1)", true),
        ("f == null", true),
        ("?f == null", true),
        ("f != null", false),
        ("g == null", false),
        ("g != null", true),
        ("f", false),
        ("not f", true),
        ("length(f) > 3", false),
        ("not (length(f) > 3)", false),
        (r#"length(f) > 3 or g == "x""#, true),
        (r#"not (length(f) > 3 and g == "x")"#, true),
        (r#"cidrMatch(f, "10.0.0.0/8")"#, false),
        (r#"not cidrMatch(f, "10.0.0.0/8")"#, true),
        (r#"not startsWith(f, "x")"#, true),
        (r#"not substring(f, 1) == "x""#, false),
        (r#"concat(f, "x") == null"#, true),
    ] {
        assert_eq!(found(condition, &events) == [1], holds, "{condition}");
    }
}

#[test]
fn events_are_of_a_category() {
    let mut events = vec![event(1, 0, "process", &[]), event(2, 1, "file", &[])];
    events[1].fields[1].1 = many(&["file", "process"]);
    assert_eq!(results("process where true", &events), [[1], [2]]);
    assert_eq!(results("file where true", &events), [[2]]);
    assert_eq!(results("\"Process\" where true", &events), Vec::<Vec<u32>>::new());
    assert_eq!(results("any where true", &events), [[1], [2]]);
}

/// Pipe reference: `head` gives the earliest, `tail` the latest, both in the order of time.
#[test]
fn pipes_choose_by_time() {
    let events = vec![event(1, 30, "a", &[]), event(2, 10, "a", &[]), event(3, 20, "a", &[])];
    for (pipes, wanted) in [
        ("| head 2", vec![2, 3]),
        ("| tail 2", vec![3, 1]),
        ("| tail 2 | head 1", vec![3]),
        ("| head 2 | tail 1", vec![3]),
        ("| head 0", vec![]),
        ("| tail 9", vec![2, 3, 1]),
    ] {
        assert_eq!(results(&format!("any where true {pipes}"), &events).concat(), wanted, "{pipes}");
    }
}

/// Syntax reference, "How sequence queries handle matches".
#[test]
fn a_sequence_is_a_state_machine_for_each_key() {
    let steps = [
        ("root", "attrib"),
        ("root", "attrib"),
        ("elkbee", "bash"),
        ("root", "bash"),
        ("root", "bash"),
        ("elkbee", "attrib"),
        ("root", "attrib"),
        ("elkbee", "bash"),
        ("root", "cat"),
        ("elkbee", "cat"),
        ("root", "cat"),
    ];
    let events: Vec<Event> = (1_u32..)
        .zip(steps)
        .map(|(id, (user, process))| {
            event(id, i64::from(id), "process", &[("user.name", user.into()), ("process.name", process.into())])
        })
        .collect();
    let text = |keys: &str| {
        format!(
            "sequence {keys} [process where process.name == \"attrib\"] [process where process.name == \"bash\"] \
             [process where process.name == \"cat\"]"
        )
    };
    assert_eq!(results(&text("by user.name"), &events), [[2, 4, 9], [6, 8, 10]]);
    // Whose events they are does not count: one machine for all.
    assert_eq!(results(&text(""), &events), [[7, 8, 9]]);
}

/// Syntax reference, `until`: of `A, B`, `A, B, C` and `A, C, B` the last is none.
#[test]
fn until_ends_a_sequence_that_is_not_complete() {
    let steps = [(1, "A"), (1, "B"), (2, "A"), (2, "B"), (2, "C"), (3, "A"), (3, "C"), (3, "B")];
    let events: Vec<Event> = (1_u32..)
        .zip(steps)
        .map(|(id, (key, kind))| event(id, i64::from(id), kind, &[("ID", i64::from(key).into())]))
        .collect();
    let text = "sequence by ID [A where true] [B where true] until [C where true]";
    assert_eq!(results(text, &events), [[1, 2], [3, 4]]);
}

#[test]
fn all_events_lie_within_the_span_its_end_included() {
    let events = |last: i64| vec![event(1, 0, "a", &[]), event(2, 600, "b", &[]), event(3, last, "c", &[])];
    let text = "sequence with maxspan=1s [a where true] [b where true] [c where true]";
    assert_eq!(results(text, &events(1_000)), [[1, 2, 3]]);
    assert_eq!(results(text, &events(1_001)), Vec::<Vec<u32>>::new());
}

/// Syntax reference: `with runs=3` is the event written three times.
#[test]
fn runs_repeat_an_event() {
    let events: Vec<Event> = (1..=4).map(|id| event(id, i64::from(id), "a", &[])).collect();
    let expected = [[1, 2, 3], [2, 3, 4]];
    assert_eq!(results("sequence [a where true] with runs=3", &events), expected);
    assert_eq!(results("sequence [a where true] [a where true] [a where true]", &events), expected);
    assert_eq!(results("sequence [a where true] with runs=3 | tail 1", &events), [[2, 3, 4]]);
    assert_eq!(results("sequence [a where true] with runs=3 | head 1", &events), [[1, 2, 3]]);
}

/// Syntax reference, optional `by` fields: events without a key are passed over unless the key may be null.
#[test]
fn keys_are_there_unless_they_are_optional() {
    let events = vec![
        event(1, 1, "a", &[("k", "x".into())]),
        event(2, 2, "a", &[]),
        event(3, 3, "b", &[]),
        event(4, 4, "b", &[("k", "x".into()), ("j", 7.into())]),
    ];
    assert_eq!(results("sequence by k [a where true] [b where true]", &events), [[1, 4]]);
    assert_eq!(results("sequence by ?k [a where true] [b where true]", &events), [[1, 4], [2, 3]]);
    assert_eq!(results("sequence [a where true] by k [b where true] by j", &events), Vec::<Vec<u32>>::new());
}

/// Events of the same time are ordered by the tiebreaker of the rule, else as they came in.
#[test]
fn the_order_of_events() {
    let events = vec![event(1, 0, "b", &[("n", 2.into())]), event(2, 0, "a", &[("n", 1.into())])];
    let query = "sequence [a where true] [b where true]";
    assert_eq!(results(query, &events), Vec::<Vec<u32>>::new());
    let rule =
        format!("{{\"type\": \"eql\", \"index\": [\"logs-*\"], \"tiebreaker_field\": \"n\", \"query\": \"{query}\"}}");
    assert_eq!(
        results(&rule, &events),
        [[2, 1]].map(|mut row: [u32; 2]| {
            row.sort_unstable();
            row
        })
    );
}

/// A rule searches its indexes, over its stretch of time.
#[test]
fn a_rule_searches_where_and_when_it_says() {
    let mut events = vec![
        event(1, -1_000, "a", &[]),
        event(2, -3_600_001, "a", &[]),
        event(3, -3_600_000, "a", &[]),
        event(4, -7_200_000, "a", &[("event.ingested", Cell::Time(NOON))]),
        event(5, -1_000, "a", &[("event.ingested", Cell::Time(NOON - 7_200_000 * MS))]),
        event(6, -1_000, "a", &[]),
        event(7, 1, "a", &[]),
    ];
    events[5].place.index = "other".into();
    let rule = |more: &str| {
        format!("[rule]\ntype = \"eql\"\nindex = [\"logs-*\"]\nfrom = \"now-1h\"\n{more}query = 'a where true'\n")
    };
    assert_eq!(results(&rule(""), &events).concat(), [1, 3, 5]);
    assert_eq!(results(&rule("timestamp_override = \"event.ingested\"\n"), &events).concat(), [1, 3, 4]);
}

/// Events of a kind with their tags, by milliseconds.
fn tagged(rows: &[(u32, i64, &str)]) -> Vec<Event> {
    rows.iter().map(|(id, ms, tag)| event(*id, *ms, "test", &[("tag", (*tag).into())])).collect()
}

/// The name of the case in Elastic's own tests, the events, the longest span, the stages, and the sequences found.
type Case<'c> = (&'c str, &'c [Event], &'c str, &'c str, &'c [&'c [u32]]);

/// The queries of Elasticsearch's tests of missing events (`test_missing_events.toml`), by their names there.
#[test]
fn events_that_must_not_occur() {
    const MINUTE: i64 = 60_000;
    let first = tagged(&[(1, 1, "normal"), (2, 2, "normal"), (3, 3, "missing"), (4, 4, "normal")]);
    let second = tagged(&[
        (1, 0, "normal"),
        (2, 1, "normal"),
        (3, 2, "missing"),
        (4, 3, "normal"),
        (5, 4, "normal"),
        (6, 5, "missing"),
        (7, 2 * MINUTE + 6, "missing2"),
        (8, 3 * MINUTE + 6, "missing2"),
    ]);
    let third = tagged(&[
        (1, 0, "missing"),
        (2, 10 * MINUTE + 1, "normal"),
        (3, 20 * MINUTE + 1, "missing"),
        (4, 21 * MINUTE + 1, "normal"),
        (5, 29 * MINUTE + 1, "normal"),
        (6, 31 * MINUTE + 1, "normal"),
    ]);
    let tags = ["A", "B", "M1", "B", "C", "M2", "D", "M1", "C", "B", "C", "D", "A", "B", "M3", "C", "D", "M4"];
    let rows: Vec<(u32, i64, &str)> = (1_u32..).zip(tags).map(|(id, tag)| (id, i64::from(id), tag)).collect();
    let fourth = tagged(&rows);
    let cases: &[Case<'_>] = &[
        ("missingInBetween_noMatches", &first, "1s", "normal !none normal", &[&[1, 2], &[2, 4]]),
        ("missingInBetween_match", &first, "1s", "normal !missing normal", &[&[1, 2]]),
        ("positivePlusMissing", &first, "1s", "normal !missing", &[&[4]]),
        ("skipFirstMatchAndPickSecondCandidate", &second, "1s", "normal normal !missing normal", &[&[2, 4, 5]]),
        ("leadingSimple", &third, "3m", "!missing normal", &[&[2], &[5], &[6]]),
        ("leadingAndTrailingExcluded1", &third, "19m", "!missing normal !missing", &[&[2], &[4], &[5], &[6]]),
        ("leadingAndTrailingExcluded2", &third, "21m", "!missing normal !missing", &[&[4], &[5], &[6]]),
        ("multipleMissing1", &fourth, "1s", "A B !M1 C !M2 D", &[&[13, 14, 16, 17]]),
        ("multipleMissing2", &fourth, "1s", "A B !M1 C D", &[&[13, 14, 16, 17]]),
        ("multipleMissing3", &fourth, "1s", "A B C !M2 D", &[&[13, 14, 16, 17]]),
        ("multipleMissing4", &fourth, "1s", "A B !M1 C !M2 D !M4", &[]),
        ("multipleMissing5", &fourth, "1s", "A B !none C !none D", &[&[1, 2, 5, 7], &[13, 14, 16, 17]]),
        ("multipleMissing6", &fourth, "1s", "A B C !M2 D !none", &[&[13, 14, 16, 17]]),
        ("multipleMissing7", &fourth, "1s", "!none A B C !M2 D", &[&[13, 14, 16, 17]]),
    ];
    for (name, events, span, items, wanted) in cases {
        let items: String = items
            .split(' ')
            .map(|item| match item.strip_prefix('!') {
                Some(tag) => format!(" ![test where tag == \"{tag}\"]"),
                None => format!(" [test where tag == \"{item}\"]"),
            })
            .collect();
        assert_eq!(results(&format!("sequence with maxspan={span}{items}"), events), *wanted, "{name}");
    }
}

/// Syntax reference, missing events: logons that no logoff of the same user and host follows within 5 seconds.
#[test]
fn missing_events_go_by_keys() {
    let on = |id, ms, user: &str, code: &str| {
        event(
            id,
            ms,
            "authentication",
            &[("host.name", "h".into()), ("user.name", user.into()), ("event.code", code.into())],
        )
    };
    let events =
        vec![on(1, 0, "a", "4624"), on(2, 1, "b", "4624"), on(3, 4_000, "a", "4647"), on(4, 6_000, "b", "4647")];
    let text = "sequence by host.name, user.name with maxspan=5s
      [ authentication where event.code : \"4624\" ]
      ![ authentication where event.code : \"4647\" ]";
    assert_eq!(results(text, &events), [[2]]);
}

/// Syntax reference, samples: one a value of the key, in any order of time, no event twice.
#[test]
fn samples() {
    let events = vec![
        event(1, 5, "process", &[("host", "b".into())]),
        event(2, 1, "file", &[("host", "b".into()), ("file.extension", "exe".into())]),
        event(3, 2, "file", &[("host", "a".into()), ("file.extension", "exe".into())]),
        event(4, 3, "process", &[("host", "a".into())]),
        event(5, 4, "process", &[("host", "a".into())]),
        event(6, 4, "process", &[]),
        event(7, 4, "file", &[("host", "c".into()), ("file.extension", "exe".into())]),
    ];
    let text = "sample by host [file where file.extension == \"exe\"] [process where true]";
    assert_eq!(results(text, &events), [[3, 4], [1, 2]]);
    // The first two of three must leave the third its only event.
    let text = "sample by host [any where true] [process where true] [file where true]";
    assert_eq!(results(text, &events), [[3, 4, 5]]);
}
