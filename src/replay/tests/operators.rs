//! The operators of the IR, by queries of KQL: which events the records they give were made of.

use super::*;
use crate::bind::bind;
use crate::schema::{Dialect, Schemas};
use crate::syntax::parse;

const EVENTS: &[&str] = &[
    r#"{"TimeGenerated":"2024-01-31T10:00:00Z","Account":"a","EventID":1}"#,
    r#"{"TimeGenerated":"2024-01-31T10:01:00Z","Account":"b","EventID":2}"#,
    r#"{"TimeGenerated":"2024-01-31T10:02:00Z","Account":"a","EventID":2}"#,
    r#"{"TimeGenerated":"2024-01-31T10:03:00Z","EventID":3}"#,
];

fn answer(text: &str) -> Result<Answer, Refusal> {
    let parsed = parse(text);
    let bound = bind(&parsed.query.expect("a query"), &Schemas::builtin(Dialect::Sentinel));
    assert!(!bound.has_errors(), "{text}: {:?}", bound.diagnostics);
    let mut world = world(EVENTS);
    for event in &mut world.events {
        event.place.index = "SecurityEvent".into();
    }
    run(&bound.query.expect("a query with a result"), &world)
}

/// Holds the events of each record against those expected.
fn events(text: &str, expected: &[&[u32]]) {
    let answer = answer(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    let found: Vec<&[u32]> = answer.rows.iter().map(|row| row.events.as_slice()).collect();
    assert_eq!(found, expected, "{text}");
}

/// The values of a column.
fn column(text: &str, name: &str) -> Vec<Cell> {
    let answer = answer(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    answer.rows.iter().map(|row| row.get(name).clone()).collect()
}

#[test]
fn joins_pair_what_has_the_same_key() {
    let join = |left: &str, kind: &str| {
        format!("SecurityEvent | where {left} | join kind={kind} (SecurityEvent | where EventID == 2) on Account")
    };
    for (kind, found) in [
        ("inner", &[&[1_u32, 3][..]][..]),
        ("leftouter", &[&[1, 3]]),
        ("rightouter", &[&[1, 3], &[2]]),
        ("fullouter", &[&[1, 3], &[2]]),
        ("leftsemi", &[&[1]]),
        ("leftanti", &[]),
        ("rightsemi", &[&[3]]),
        ("rightanti", &[&[2]]),
    ] {
        events(&join("EventID == 1", kind), found);
    }
    // Without a key there is no partner.
    for (kind, found) in [("inner", &[][..]), ("leftouter", &[&[4_u32][..]]), ("leftanti", &[&[4]]), ("leftsemi", &[])]
    {
        events(&join("EventID == 3", kind), found);
    }
    events(&join("EventID <= 2", "inner"), &[&[1, 3], &[2], &[3]]);
    events(&join("EventID <= 2", "innerunique"), &[&[1, 3], &[2]]);
}

#[test]
fn groups_hold_the_events_of_their_records() {
    events("SecurityEvent | summarize count() by Account", &[&[1, 3], &[2], &[4]]);
    events("SecurityEvent | distinct Account", &[&[1, 3], &[2], &[4]]);
    events("SecurityEvent | where EventID > 9 | summarize count()", &[&[]]);
    events("SecurityEvent | where EventID > 9 | summarize count() by Account", &[]);
    let latest = "SecurityEvent | summarize arg_max(TimeGenerated, EventID), n = countif(EventID == 1) by Account";
    assert_eq!(column(latest, "EventID"), [2, 2, 3].map(Cell::Long));
    assert_eq!(column(latest, "n"), [1, 0, 0].map(Cell::Long));
}

#[test]
fn records_are_filtered_ordered_and_put_together() {
    events("SecurityEvent | where EventID between (2 .. 3)", &[&[2], &[3], &[4]]);
    events("SecurityEvent | where Account =~ 'A'", &[&[1], &[3]]);
    events("SecurityEvent | where TimeGenerated > ago(20m)", &[&[2], &[3], &[4]]);
    events("SecurityEvent | top 2 by TimeGenerated desc", &[&[4], &[3]]);
    events("SecurityEvent | sort by EventID asc, TimeGenerated desc | take 3", &[&[1], &[3], &[2]]);
    events("union (SecurityEvent | where EventID == 3), (SecurityEvent | where EventID == 1)", &[&[4], &[1]]);
    events("let X = materialize(SecurityEvent | where EventID == 2); union X, X", &[&[2], &[3], &[2], &[3]]);
    events("SecurityEvent | where EventID == toscalar(SecurityEvent | summarize max(EventID))", &[&[4]]);
    events(
        "SecurityEvent | where EventID == 1 and Account in ((SecurityEvent | where EventID == 2 | project Account))",
        &[&[1]],
    );
    events(
        "SecurityEvent | where isnotempty(Account) | partition hint.strategy=native by Account (take 1)",
        &[&[1], &[2]],
    );
}

#[test]
fn lists_make_a_record_an_element() {
    let expanded = "SecurityEvent | where EventID == 1 | mv-expand x = pack_array(EventID, 7)";
    events(expanded, &[&[1], &[1]]);
    assert_eq!(column(expanded, "x"), [1, 7].map(Cell::Long));
    assert_eq!(
        column("print l = dynamic([1, 2]), s = dynamic(['x']) | mv-expand l, s", "s"),
        [Cell::from("x"), Cell::Null]
    );
    assert_eq!(column("print l = dynamic([]) | mv-expand l", "l"), []);
}

#[test]
fn runs_hold_the_events_of_their_steps() {
    let counted =
        "SecurityEvent | sort by TimeGenerated asc | scan declare (n: long = 0) with (step s: true => n = s.n + 1;)";
    assert_eq!(column(counted, "n"), [1, 2, 3, 4].map(Cell::Long));
    let steps = "SecurityEvent | sort by TimeGenerated asc | scan with (step a: EventID == 1; step b: EventID == 2;)";
    events(steps, &[&[1], &[1, 2], &[1, 3]]);
}

#[test]
fn operators_that_no_reader_gives_are_refused() {
    for (query, words) in [
        ("SecurityEvent | sample 1", "the operator `sample`"),
        ("range x from 1 to 3 step 1", "`range`"),
        ("SecurityEvent | summarize hll(Account)", "the aggregate `hll`"),
        ("SecurityEvent | extend x = geo_point_to_geohash(1.0, 2.0)", "the function `geo_point_to_geohash`"),
    ] {
        let refusal = answer(query).unwrap_err();
        assert!(refusal.what.contains(words), "{query}: {refusal}");
        assert!(query.get(refusal.span.range()).is_some(), "{query}: {refusal:?}");
    }
}
