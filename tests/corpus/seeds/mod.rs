//! The rules that the project began with, over events of our own making: planted attacks, quiet days and near misses.
//! What they must find is worked out here, by hand or from the same events in plain Rust.

#![expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "the numbers are small")]

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::corpus;

mod cloud_storage;
mod judgement_panda;
mod low_and_slow;
mod mass_downloads;
mod time_series;

/// 2024-05-15 12:00, in seconds from the start of April.
const NOW: i64 = 44 * DAY + 12 * HOUR;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A time in seconds from the start of April 2024, as text.
fn time(seconds: i64) -> String {
    let (day, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (month, day) = if day < 30 { (4, day + 1) } else { (5, day - 29) };
    assert!((1..=31).contains(&day), "a day of April or May");
    format!("2024-{month:02}-{day:02}T{:02}:{:02}:{:02}.0000000Z", second / HOUR, second / 60 % 60, second % 60)
}

/// Numbers that look drawn by lot and are the same each time.
struct Lots(u64);

impl Lots {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

/// A seed by the name of its file.
fn seed(name: &str) -> PathBuf {
    corpus().join("../seeds").join(name)
}

/// The rows that a rule finds in tables of events, each with its columns by name.
fn found(rule: &Path, tables: &[(&str, Vec<Value>)]) -> Vec<Map<String, Value>> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, events) in tables {
        let lines = events.iter().map(|event| format!("{event}\n")).collect::<Vec<_>>().concat();
        std::fs::write(folder.path().join(format!("{name}.ndjson")), lines).expect("a file of events");
    }
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("kqlc"))
        .args(["run", "--quiet", "--format", "ndjson", "--now"])
        .arg(time(NOW))
        .arg("--events")
        .arg(folder.path())
        .arg(rule)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

/// A column as text.
fn text<'a>(row: &'a Map<String, Value>, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_else(|| panic!("text in {column}: {row:?}"))
}

/// A column as a whole number.
fn whole(row: &Map<String, Value>, column: &str) -> i64 {
    row[column].as_i64().unwrap_or_else(|| panic!("a whole number in {column}: {row:?}"))
}

/// A column as a number.
fn number(row: &Map<String, Value>, column: &str) -> f64 {
    row[column].as_f64().unwrap_or_else(|| panic!("a number in {column}: {row:?}"))
}

/// A column as a set of texts, in their order.
fn set(row: &Map<String, Value>, column: &str) -> Vec<String> {
    let items = row[column].as_array().unwrap_or_else(|| panic!("an array in {column}: {row:?}"));
    let mut items: Vec<String> =
        items.iter().map(|item| item.as_str().map_or(item.to_string(), str::to_owned)).collect();
    items.sort();
    items
}

/// Rounded to two digits.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
