use super::super::testing::{call, shown, table};
use super::*;

/// A text as it is written, or what is left at its default.
fn default() -> Cell<'static> {
    Cell::string(DEFAULT)
}

/// Events as the example of `basket`'s page counts them: 5884 in all, of which States are too many for any to be frequent.
fn storms() -> Table {
    let mut rows: Vec<[String; 5]> = Vec::new();
    let mut state = 0;
    for (event, damage, crops, count) in [
        ("Hail", "NO", 0, 2278),
        ("Hail", "YES", 0, 93),
        ("Hail", "YES", 5, 97),
        ("Thunderstorm Wind", "NO", 0, 779),
        ("Thunderstorm Wind", "YES", 0, 500),
        ("Thunderstorm Wind", "YES", 7, 12),
        ("Flood", "NO", 0, 1000),
        ("Drought", "NO", 0, 517),
        ("Tornado", "YES", 0, 508),
        ("Lightning", "YES", 9, 100),
    ] {
        // In ten lots, so that no state has a fifth.
        for lot in 0..10 {
            let weight = count / 10 + i32::from(lot < count % 10);
            state += 1;
            rows.push([format!("S{}", state % 10), event.into(), damage.into(), crops.to_string(), weight.to_string()]);
        }
    }
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let columns = [
        ("State", Type::String),
        ("EventType", Type::String),
        ("Damage", Type::String),
        ("DamageCrops", Type::Long),
        ("n", Type::Long),
    ];
    table(&columns, &rows)
}

#[test]
fn the_example_of_basket_comes_out() {
    let (names, rows) = shown(basket(&call(storms()).given(Cell::Real(0.2)).of("n")));
    assert_eq!(names, ["SegmentId", "Count", "Percent", "State", "EventType", "Damage", "DamageCrops", "n"]);
    // As the page shows them, with the column of weights behind.
    assert_eq!(
        rows,
        [
            "0 4574 77.7   NO 0 null",
            "1 2278 38.7  Hail NO 0 null",
            "2 5675 96.4    0 null",
            "3 2371 40.3  Hail  0 null",
            "4 1279 21.7  Thunderstorm Wind  0 null",
            "5 2468 41.9  Hail  null null",
            "6 1310 22.3   YES null null",
            "7 1291 21.9  Thunderstorm Wind  null null",
        ]
    );
}

#[test]
fn wildcards_of_ones_own_stand_in_columns_of_their_type() {
    let call = call(storms()).given(Cell::Real(0.9)).of("n").given(default());
    let (_, rows) = shown(basket(&call.given(Cell::string("*")).given(default()).given(Cell::Long(-1))));
    assert_eq!(rows, ["0 5675 96.4 * * * 0 -1"]);
}

#[test]
fn what_the_same_records_have_is_one_pattern() {
    let input = table(
        &[("a", Type::String), ("b", Type::Long), ("c", Type::String)],
        &[&["x", "1", "k"], &["x", "1", "k"], &["y", "", "k"], &["z", "", "k"]],
    );
    // Everything has `k`; the null of `b` is a value that two records have.
    let (_, rows) = shown(basket(&call(input.clone()).given(Cell::Real(0.5)).given(default()).given(Cell::Long(1))));
    assert_eq!(rows, ["0 4 100  null k", "1 2 50 x 1 k", "2 2 50  null k"]);
    let (_, rows) = shown(basket(&call(input)));
    assert_eq!(rows.len(), 5);
}

#[test]
fn a_pattern_takes_no_more_values_than_it_may() {
    let bits: Vec<Vec<String>> = (0..16).map(|at| (0..4).map(|bit| (at >> bit & 1).to_string()).collect()).collect();
    let bits: Vec<Vec<&str>> = bits.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let bits: Vec<&[&str]> = bits.iter().map(Vec::as_slice).collect();
    let columns = ["a", "b", "c", "d"].map(|name| (name, Type::Long));
    for (most, patterns) in [(1, 8), (2, 8 + 24), (3, 8 + 24 + 32), (4, 8 + 24 + 32 + 16), (5, 80)] {
        let call = call(table(&columns, &bits)).given(default()).given(default()).given(Cell::Long(most));
        let outcome = basket(&call).unwrap();
        assert_eq!(outcome.rows, patterns, "{most}");
    }
}

#[test]
fn every_frequent_pattern_is_found_once() {
    // Against a search of all patterns there are.
    let rows: Vec<[usize; 3]> = (0..40).map(|at| [at * at % 3, at / 7 % 2, (at * 5 + at / 9) % 4]).collect();
    let texts: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    let texts: Vec<Vec<&str>> = texts.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let texts: Vec<&[&str]> = texts.iter().map(Vec::as_slice).collect();
    let mut expected = std::collections::BTreeSet::new();
    for choice in 0..4 * 3 * 5 {
        let wanted = [choice % 4, choice / 4 % 3, choice / 12].map(|value: usize| value.checked_sub(1));
        let fits =
            |row: &&[usize; 3]| row.iter().zip(&wanted).all(|(value, want)| want.is_none_or(|want| want == *value));
        let members: Vec<_> = rows.iter().filter(fits).collect();
        if members.len() * 10 < rows.len() {
            continue;
        }
        let shared = |at: usize| members.iter().all(|row| row[at] == members[0][at]).then_some(members[0][at]);
        let common = [shared(0), shared(1), shared(2)];
        if common.iter().any(Option::is_some) {
            let cells = common.map(|value| value.map_or("null".to_owned(), |value| value.to_string()));
            expected.insert(format!("{} {}", members.len(), cells.join(" ")));
        }
    }
    let columns = ["a", "b", "c"].map(|name| (name, Type::Long));
    let table = basket(&call(table(&columns, &texts)).given(Cell::Real(0.1))).unwrap();
    let found: Vec<String> = (0..table.rows)
        .map(|row| {
            let at = |column: usize| match table.columns[column].cells().unwrap().get(row) {
                Cell::Null => "null".to_owned(),
                cell => cell.to_text().into_owned(),
            };
            format!("{} {} {} {}", at(1), at(3), at(4), at(5))
        })
        .collect();
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.into_iter().collect::<std::collections::BTreeSet<_>>(), expected);
}

#[test]
fn what_cannot_be_asked_for_is_told() {
    let what = |outcome: Outcome| match outcome {
        Err(Fault::Value { what, argument }) => (argument, what),
        other => panic!("{other:?}"),
    };
    assert_eq!(what(basket(&call(storms()).given(Cell::Real(0.01)))).0, Some(0));
    assert_eq!(what(basket(&call(storms()).given(default()).of("State"))).0, Some(1));
    assert_eq!(what(basket(&call(storms()).given(default()).given(default()).given(Cell::Long(0)))).0, Some(2));
    let twice = call(storms()).given(default()).given(default()).given(default());
    assert_eq!(what(basket(&twice.given(Cell::string("a")).given(Cell::string("b")))).0, Some(4));
    assert_eq!(what(autocluster(&call(storms()).given(Cell::Real(1.5)))).0, Some(0));
    let negative = table(&[("a", Type::String), ("n", Type::Real)], &[&["x", "-1"]]);
    assert_eq!(what(basket(&call(negative).given(default()).of("n"))).0, Some(1));
}

#[test]
fn no_records_have_no_patterns() {
    let none = table(&[("a", Type::String)], &[]);
    assert_eq!(basket(&call(none.clone())).unwrap().rows, 0);
    assert_eq!(autocluster(&call(none)).unwrap().rows, 0);
    let weightless = table(&[("a", Type::String), ("n", Type::Long)], &[&["x", "0"], &["x", ""]]);
    assert_eq!(basket(&call(weightless.clone()).given(default()).of("n")).unwrap().rows, 0);
    assert_eq!(autocluster(&call(weightless).given(default()).of("n")).unwrap().rows, 0);
}

#[test]
fn the_first_pattern_of_autocluster_is_that_of_the_page() {
    let (_, rows) = shown(autocluster(&call(storms()).given(Cell::Real(0.6)).of("n")));
    // The page has no column of crops; `NO` decides it.
    assert_eq!(rows[0], "0 2278 38.7  Hail NO 0 null");
}

#[test]
fn clusters_tell_what_is_common_and_not_what_is_everywhere() {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for at in 0..100 {
        let (user, place) = if at % 2 == 0 { ("eve".to_owned(), "lab") } else { (format!("u{at}"), "hall") };
        rows.push([user, place.to_owned(), "app".to_owned()]);
    }
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let columns = ["user", "place", "app"].map(|name| (name, Type::String));
    let (_, shown) = shown(autocluster(&call(table(&columns, &rows))));
    assert_eq!(shown, ["0 50 50 eve lab app", "1 50 50  hall app"]);
}

#[test]
fn a_record_by_itself_is_a_cluster_only_alone() {
    let columns = [("a", Type::String), ("b", Type::String)];
    let (_, alone) = shown(autocluster(&call(table(&columns, &[&["x", "y"]]))));
    assert_eq!(alone, ["0 1 100 x y"]);
    let (_, apart) = shown(autocluster(&call(table(&columns, &[&["x", "y"], &["v", "w"]]))));
    assert_eq!(apart, Vec::<String>::new());
}
