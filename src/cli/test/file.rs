//! The file of a rule's tests: what it says, and the events that it stands for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::eval::sources::{OnError, Sources};
use crate::literal::{format_datetime, parse_datetime, parse_timespan};

/// How many events one `$repeat` may stand for.
const REPEAT_LIMIT: u64 = 1_000_000;
/// The columns that `$every` moves on.
const TIME_COLUMNS: &[&str] = &["TimeGenerated", "Timestamp"];

/// The tests of a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct TestFile {
    /// The tests, in order.
    pub(in crate::cli) tests: Vec<Test>,
}

/// A test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct Test {
    /// What it shows.
    pub(in crate::cli) name: String,
    /// The time at which the rule runs.
    pub(super) now: String,
    /// The events, by table. A table without events is empty.
    #[serde(default)]
    events: BTreeMap<String, Given>,
    /// The items of watchlists.
    #[serde(default)]
    watchlists: BTreeMap<String, Given>,
    /// The files that stand for addresses of `externaldata`.
    #[serde(default)]
    externals: BTreeMap<String, String>,
    /// What the rule is to answer.
    pub(super) expect: Expect,
}

/// Records.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Given {
    /// In a file, a folder or files that fit a pattern, from the folder of the test file on.
    Files(String),
    /// Here.
    Inline(Vec<Map<String, Value>>),
}

/// What a rule is to answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    /// Whether an alert is raised, by the rule's trigger.
    pub(super) alert: Option<bool>,
    /// How many records there are.
    pub(super) count: Option<usize>,
    /// The records. Columns that are not named may hold anything.
    pub(super) rows: Option<Vec<Map<String, Value>>>,
    /// Whether the records have to come in this order.
    #[serde(default)]
    pub(super) ordered: bool,
}

impl TestFile {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, String> {
        let told = |error: String| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| told(error.to_string()))?;
        let file: Self = serde_yaml::from_str(&text).map_err(|error| told(error.to_string()))?;
        if file.tests.is_empty() {
            return Err(told("there is no test here".to_owned()));
        }
        for test in &file.tests {
            let expect = &test.expect;
            if expect.alert.is_none() && expect.count.is_none() && expect.rows.is_none() {
                return Err(told(format!("the test `{}` expects nothing, so it cannot fail", test.name)));
            }
        }
        Ok(file)
    }
}

impl Test {
    /// The instant at which the rule runs, in ticks.
    pub(in crate::cli) fn instant(&self) -> Result<i64, String> {
        parse_datetime(&self.now).ok_or_else(|| format!("`now: {}` is no point in time", self.now))
    }

    /// The items of the watchlists that are written out; those in files are no matter of this.
    pub(in crate::cli) fn watchlists(&self) -> Result<BTreeMap<String, Vec<Map<String, Value>>>, String> {
        let mut lists = BTreeMap::new();
        for (name, given) in &self.watchlists {
            if let Given::Inline(items) = given {
                let lines = String::from_utf8(lines(items)?).map_err(|error| error.to_string())?;
                let items: Result<Vec<_>, _> = lines.lines().map(serde_json::from_str).collect();
                lists.insert(name.clone(), items.map_err(|error| error.to_string())?);
            }
        }
        Ok(lists)
    }

    /// The sources that the test stands for; `path` is that of its file.
    pub(in crate::cli) fn sources(&self, path: &Path) -> Result<Sources, String> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let from = |file: &str| folder.join(file).to_string_lossy().into_owned();
        let mut sources = Sources::new(OnError::Fail);
        for (name, given) in &self.events {
            match given {
                Given::Files(files) => sources.add_table(name, &from(files)).map_err(|error| error.told())?,
                Given::Inline(events) => sources.add_inline(name, &label(path, name), lines(events)?),
            }
        }
        for (name, given) in &self.watchlists {
            match given {
                Given::Files(file) => sources.add_watchlist(name, None, from(file).into()),
                Given::Inline(items) => sources.add_inline_watchlist(name, &label(path, name), lines(items)?),
            }
        }
        for (address, file) in &self.externals {
            sources.add_external(address, from(file).into());
        }
        Ok(sources)
    }
}

/// What the events of a table are called where one of them cannot be read; the number behind it counts them.
fn label(path: &Path, table: &str) -> PathBuf {
    PathBuf::from(format!("{} ({table})", path.display()))
}

/// Events as a JSON object a line. An event with `$repeat` stands for that many, in whose texts `{n}` is the number, from
/// 1; with `$every` the time of each is so much later than that of the one before.
fn lines(events: &[Map<String, Value>]) -> Result<Vec<u8>, String> {
    let mut lines = Vec::new();
    for event in events {
        let mut event = event.clone();
        let repeat = event.shift_remove("$repeat");
        let every = event.shift_remove("$every");
        let step = match &every {
            None => 0,
            Some(Value::String(text)) => {
                parse_timespan(text).ok_or_else(|| format!("`$every: {text}` is no time span"))?
            }
            Some(other) => return Err(format!("`$every: {other}` is no time span such as 10s")),
        };
        let Some(repeat) = repeat else {
            if every.is_some() {
                return Err("`$every` stands without `$repeat`".to_owned());
            }
            line(&event, &mut lines);
            continue;
        };
        let times = repeat.as_u64().filter(|times| *times <= REPEAT_LIMIT);
        let times = times.ok_or_else(|| format!("`$repeat: {repeat}` is no number up to {REPEAT_LIMIT}"))?;
        for number in 1..=times {
            let mut one = Value::Object(event.clone());
            numbered(&mut one, &number.to_string());
            if let (Value::Object(one), true) = (&mut one, step != 0) {
                let ticks =
                    i64::try_from(number - 1).ok().and_then(|steps| step.checked_mul(steps)).unwrap_or(i64::MAX);
                moved(one, ticks)?;
            }
            if let Value::Object(one) = &one {
                line(one, &mut lines);
            }
        }
    }
    Ok(lines)
}

fn line(event: &Map<String, Value>, lines: &mut Vec<u8>) {
    lines.extend(Value::Object(event.clone()).to_string().into_bytes());
    lines.push(b'\n');
}

/// Puts a number for `{n}` in every text.
fn numbered(value: &mut Value, number: &str) {
    match value {
        Value::String(text) if text.contains("{n}") => *text = text.replace("{n}", number),
        Value::Array(items) => items.iter_mut().for_each(|item| numbered(item, number)),
        Value::Object(slots) => slots.values_mut().for_each(|slot| numbered(slot, number)),
        _ => {}
    }
}

/// Moves the time of an event on.
fn moved(event: &mut Map<String, Value>, ticks: i64) -> Result<(), String> {
    let mut found = false;
    for name in TIME_COLUMNS {
        if let Some(Value::String(text)) = event.get_mut(*name) {
            let time = parse_datetime(text).and_then(|time| time.checked_add(ticks));
            *text = format_datetime(time.ok_or_else(|| format!("`{name}: {text}` cannot be moved on by `$every`"))?);
            found = true;
        }
    }
    if found { Ok(()) } else { Err("`$every` moves `TimeGenerated` on, which the event does not have".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(yaml: &str) -> Result<String, String> {
        let events: Vec<Map<String, Value>> = serde_yaml::from_str(yaml).unwrap();
        lines(&events).map(|lines| String::from_utf8(lines).unwrap())
    }

    #[test]
    fn events_are_repeated_with_their_number_and_time() {
        let yaml = "
            - {TimeGenerated: 2024-01-31T10:00:00Z, File: 'f{n}', Inner: {a: ['{n}']}, $repeat: 2, $every: 90s}
            - {x: 1}
        ";
        assert_eq!(
            given(yaml).unwrap(),
            concat!(
                r#"{"TimeGenerated":"2024-01-31T10:00:00.0000000Z","File":"f1","Inner":{"a":["1"]}}"#,
                "\n",
                r#"{"TimeGenerated":"2024-01-31T10:01:30.0000000Z","File":"f2","Inner":{"a":["2"]}}"#,
                "\n{\"x\":1}\n",
            )
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for yaml in ["- {$repeat: -1}", "- {$repeat: 2, $every: soon}", "- {$every: 1s}", "- {$repeat: 2, $every: 1s}"]
        {
            assert!(given(yaml).is_err(), "{yaml}");
        }
    }

    #[test]
    fn a_test_that_cannot_fail_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.test.yaml");
        for (yaml, reason) in [
            ("tests: []", "no test"),
            ("tests: [{name: a, now: 2024-01-01, expect: {}}]", "expects nothing"),
            ("tests: [{name: a, now: 2024-01-01, expect: {alert: true}, event: {}}]", "unknown field `event`"),
            ("tests: [{name: a, expect: {alert: true}}]", "now"),
        ] {
            std::fs::write(&path, yaml).unwrap();
            let error = TestFile::read(&path).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
