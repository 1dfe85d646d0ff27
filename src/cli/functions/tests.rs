//! What the catalogue says of targets agrees with their data.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::target;

/// The names that a target's `functions.yaml` has rows for, under the keys given.
fn rows_of(target: &str, keys: &[&str]) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets").join(target).join("functions.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    let yaml: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    // A row may be there to tell in better words why there is no counterpart.
    let says = |row: &serde_yaml::Value| row.get("rewrite").is_none_or(|rewrite| rewrite != "unsupported");
    let names = |key: &&str| {
        let rows = yaml[*key].as_mapping().unwrap_or_else(|| panic!("{target} has no {key}"));
        let rows = rows.iter().filter(|(_, row)| says(row));
        rows.map(|(name, _)| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    keys.iter().flat_map(names).collect()
}

fn support_of(name: &str, target: &str) -> Support {
    let target = [target::find(target).unwrap()];
    let built_ins = BuiltIn::all().filter(|built_in| built_in.name() == name);
    built_ins.flat_map(|built_in| support(built_in, &target)).min().unwrap()
}

#[test]
fn what_targets_make_of_built_ins_is_told() {
    for (name, target, want) in [
        ("tolower", "sigma", "exact"),
        ("tolower", "splunk", "exact"),
        ("isempty", "eql", "exact"),
        ("dcount", "sigma", "approximate"),
        ("make_list", "splunk", "approximate"),
        ("series_decompose", "esql", "unsupported"),
        ("strcat", "eql", "unsupported"),
        ("iff", "splunk", "exact"),
        ("==", "eql", "exact"),
        ("acos", "sigma", "unsupported"),
        ("bag_unpack", "sigma", "unsupported"),
    ] {
        assert_eq!(support_of(name, target).word(), want, "{name} in {target}");
    }
}

/// A row of a target's data that no use of the built-in brings to work is dead, or the uses are not good enough.
#[test]
fn every_row_of_the_targets_shows() {
    let mut dead = Vec::new();
    for (target, keys) in [
        ("splunk", &["functions", "aggregates"][..]),
        ("esql", &["functions", "aggregates"]),
        ("sigma", &["predicates", "values", "aggregates"]),
    ] {
        for name in rows_of(target, keys) {
            if support_of(&name, target) == Support::Unsupported {
                dead.push(format!("{target}: {name}"));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn nearly_every_built_in_has_a_use_that_binds() {
    let binds = |built_in: BuiltIn| {
        samples::calls(built_in).iter().any(|call| support::bound(&call.shown().query, &support::schemas()).is_some())
    };
    let shown = BuiltIn::all().filter(|built_in| !built_in.hidden());
    let without: Vec<&str> = shown.filter(|built_in| !binds(*built_in)).map(BuiltIn::name).collect();
    // They ask for a table with columns of its own.
    assert_eq!(without, ["column_names_of", "geo_line_lookup", "geo_polygon_lookup"]);
}

#[test]
fn the_page_of_the_documentation_is_in_step() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/functions.md");
    let rows: Vec<Row> = BuiltIn::all()
        .filter(|built_in| !built_in.hidden())
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(Row::new)
        .collect();
    let page = std::fs::read_to_string(path).unwrap_or_default();
    let differ: Vec<String> = {
        let text = markdown(&rows);
        let known: BTreeSet<&str> = page.lines().collect();
        text.lines().filter(|line| !known.contains(line)).take(5).map(ToOwned::to_owned).collect()
    };
    assert!(
        differ.is_empty() && markdown(&rows) == page,
        "run `cargo run -- functions --format markdown > docs/functions.md`; new lines: {differ:#?}"
    );
}
