//! `kqlc run` and `kqlc test` as processes.
#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on fails")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::kqlc;

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Runs a query given on standard input, in a folder.
fn run_in(folder: &Path, arguments: &[&str], query: &str) -> Output {
    let mut child = kqlc()
        .arg("run")
        .args(arguments)
        .arg("-")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(query.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The rows of an answer in JSON.
fn rows(folder: &Path, arguments: &[&str], query: &str) -> Value {
    let arguments = [&["--format", "json"], arguments].concat();
    let answer: Value = serde_json::from_str(&stdout(&run_in(folder, &arguments, query))).unwrap();
    answer["rows"].clone()
}

const EVENTS: &str = concat!(
    r#"{"TimeGenerated":"2024-05-14T09:00:00Z","DeviceName":"a","ProcessId":"7","AdditionalFields":"{\"x\":1}","Own":1.5}"#,
    "\n",
    r#"{"TimeGenerated":"2024-05-14T09:30:00Z","DeviceName":"b","AdditionalFields":{"x":2},"Own":2}"#,
    "\n"
);

#[test]
fn a_query_without_tables_is_answered() {
    let folder = folder(&[]);
    let answer: Value =
        serde_json::from_str(&stdout(&run_in(folder.path(), &["--format", "json"], "print x = 1, y = 'a'"))).unwrap();
    assert_eq!(
        answer,
        json!({"columns": [{"name": "x", "type": "long"}, {"name": "y", "type": "string"}], "rows": [[1, "a"]]})
    );
}

#[test]
fn tables_have_the_columns_of_the_schema_and_of_the_files() {
    let folder = folder(&[("events/DeviceProcessEvents.ndjson", EVENTS), ("x.csv", "a,b\n1,x\n2,y\n")]);
    let query = "DeviceProcessEvents | project TimeGenerated, DeviceName, ProcessId, AdditionalFields.x, Own, SHA1";
    let expected = json!([
        ["2024-05-14T09:00:00.0000000Z", "a", 7, 1, 1.5, ""],
        ["2024-05-14T09:30:00.0000000Z", "b", null, 2, 2.0, ""],
    ]);
    assert_eq!(rows(folder.path(), &["--events", "events"], query), expected);
    let table = ["--table", "DeviceProcessEvents=events/*.ndjson", "--table", "X=x.csv"];
    assert_eq!(rows(folder.path(), &table, query), expected);
    assert_eq!(rows(folder.path(), &table, "X | where a > 1"), json!([[2, "y"]]));
    let query = "union withsource=From X, DeviceProcessEvents | summarize count() by From | sort by From asc";
    assert_eq!(rows(folder.path(), &table, query), json!([["DeviceProcessEvents", 2], ["X", 2]]));
}

#[test]
fn the_time_of_the_query_can_be_set() {
    let folder = folder(&[("DeviceProcessEvents.ndjson", EVENTS)]);
    let query = "DeviceProcessEvents | where TimeGenerated > ago(1h) | project DeviceName";
    let at = |now| rows(folder.path(), &["--events", ".", "--now", now], query);
    assert_eq!(at("2024-05-14T10:00:00Z"), json!([["b"]]));
    assert_eq!(at("2024-05-14T09:59:59Z"), json!([["a"], ["b"]]));
}

#[test]
fn a_missing_table_is_told_with_what_is_there() {
    let folder = folder(&[("SigninLogs.csv", "a\n1\n")]);
    let arguments = ["--events", ".", "--color", "never"];
    let output = run_in(folder.path(), &arguments, "\n  SigninLog | count");
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains("-:2:3") && told.contains("K4002"), "{told}");
    assert!(told.contains("data was given for `SigninLogs`") && told.contains("--table SigninLog=FILE"), "{told}");
    let fuzzy = "union isfuzzy=true SigninLog, SigninLogs | summarize n = count()";
    assert_eq!(rows(folder.path(), &["--events", "."], fuzzy), json!([[1]]));
}

#[test]
fn what_is_grouped_our_own_way_is_told_beside_the_answer() {
    let folder = folder(&[]);
    let json = ["--format", "json"];
    for (query, name) in
        [("print s = 'a b' | reduce by s", "reduce"), ("print s = 1 | evaluate autocluster()", "autocluster")]
    {
        let told = run_in(folder.path(), &json, query);
        let answer: Value = serde_json::from_str(&stdout(&told)).unwrap();
        assert_eq!(answer["rows"].as_array().unwrap().len(), 1);
        assert!(stderr(&told).contains(name) && stderr(&told).contains("documented in part"), "{}", stderr(&told));
        let quiet = run_in(folder.path(), &["--format", "json", "--quiet"], query);
        assert_eq!((stderr(&quiet), quiet.stdout), (String::new(), told.stdout));
    }
    assert_eq!(stderr(&run_in(folder.path(), &json, "print s = 1 | evaluate basket()")), "");
}

#[test]
fn a_rule_is_run_and_its_faults_are_told_in_its_file() {
    let rule = "id: 1\nname: x\nquery: |\n  T\n  | where a == 2\n";
    let folder = folder(&[("r.yaml", rule), ("bad.yaml", &rule.replace("a ==", "b ==")), ("T.csv", "a\n1\n2\n")]);
    let run = |name: &str| {
        kqlc().args(["run", "--events", ".", "--format", "csv", name]).current_dir(folder.path()).output().unwrap()
    };
    assert_eq!(stdout(&run("r.yaml")), "a\n2\n");
    let output = run("bad.yaml");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(stderr(&output).contains("bad.yaml:5:11"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_read_is_failed_passed_over_or_null() {
    let folder = folder(&[("T.ndjson", "{\"a\":1}\n{\"a\":\n{\"a\":3}\n")]);
    let output = run_in(folder.path(), &["--events", "."], "T");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(stderr(&output).contains("T.ndjson:2: no JSON object"), "{}", stderr(&output));
    for (on_error, expected) in [("skip", json!([[1], [3]])), ("null", json!([[1], [null], [3]]))] {
        let arguments = ["--events", ".", "--on-error", on_error];
        assert_eq!(rows(folder.path(), &arguments, "T"), expected);
        let told = stderr(&run_in(folder.path(), &arguments, "T"));
        assert!(told.contains("T.ndjson:2") && told.contains("1 record could not be read"), "{told}");
    }
}

#[test]
fn an_output_file_is_there_whole_or_not_at_all() {
    let folder = folder(&[("T.ndjson", "{\"a\":1}\n"), ("U.ndjson", "{\n")]);
    let write = |out: &str, query: &str| run_in(folder.path(), &["--events", ".", "--out", out], query);
    for (name, start) in [("o.csv", "a\n1\n"), ("o.ndjson", "{\"a\":1}\n"), ("o.md", "| a |\n"), ("o.txt", "a\n-\n")] {
        assert_eq!(stdout(&write(name, "T")), "");
        assert!(fs::read_to_string(folder.path().join(name)).unwrap().starts_with(start), "{name}");
    }
    assert_eq!(stdout(&write("o.parquet", "T")), "");
    assert_eq!(rows(folder.path(), &["--table", "P=o.parquet"], "P | where a == 1"), json!([[1]]));
    // A run that fails leaves what was there.
    assert_eq!(write("o.csv", "U").status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("o.csv")).unwrap(), "a\n1\n");
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 7, "{names:?}");
    assert_eq!(write("gone/o.csv", "T").status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = folder(&[("T.ndjson", "{\"a\":1}\n")]);
    let output = run_in(folder.path(), &["--events", ".", "--out", "/dev/full"], "T");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("/dev/full: "), "{}", stderr(&output));
}

#[test]
fn limits_and_plans_are_told_beside_the_answer() {
    let folder = folder(&[("T.csv", "a\n1\n2\n3\n")]);
    let output = run_in(folder.path(), &["--events", ".", "--format", "csv", "--limit", "2", "--explain"], "T");
    assert_eq!(stdout(&output), "a\n1\n2\n");
    let told = stderr(&output);
    assert!(told.contains("the first 2 records are written; there are more"), "{told}");
    assert!(told.contains("EventScan: table=T, columns=[a]") && told.contains("output_rows=3"), "{told}");
}

/// Lines are written while others are still read, in the order of the files all the same.
#[test]
fn lines_come_in_the_order_of_the_files() {
    let lines = |from: i32| {
        let lines = (from..from + 60_000).map(|n| format!("{{\"n\":{n},\"text\":\"{n:0>200}\"}}\n"));
        lines.collect::<Vec<_>>().concat()
    };
    let folder = folder(&[("T/a.ndjson", &lines(0)), ("T/b.ndjson", &lines(60_000))]);
    let run = |arguments: &[&str], query: &str| {
        stdout(&run_in(folder.path(), &[&["--events", "."], arguments].concat(), query))
    };
    let query = "T | where n % 7 == 0 | project n";
    let expected: Vec<i32> = (0..120_000).filter(|n| n % 7 == 0).collect();
    let csv = expected.iter().map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
    assert_eq!(run(&["--format", "csv"], query), format!("n\n{csv}"));
    let json = expected.iter().map(|n| format!("{{\"n\":{n}}}\n")).collect::<Vec<_>>().concat();
    assert_eq!(run(&["--format", "ndjson"], query), json);
    assert_eq!(run(&["--format", "ndjson", "--limit", "2"], query), "{\"n\":0}\n{\"n\":7}\n");
    assert_eq!(run(&["--format", "csv"], "T | top 2 by n desc | project n"), "n\n119999\n119998\n");
    assert_eq!(run(&["--format", "csv", "--limit", "0"], query), "n\n");
}

/// A run that is told to stop says so, and leaves what was there.
#[cfg(unix)]
#[test]
fn a_run_can_be_told_to_stop() {
    let folder = folder(&[("o.csv", "before\n")]);
    let query =
        "let t = range i from 1 to 200000 step 1 | extend k = 1; t | join kind=inner t on k | summarize sum(i + i1)";
    fs::write(folder.path().join("q.kql"), query).unwrap();
    let child = kqlc()
        .args(["run", "--out", "o.csv", "q.kql"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success(), "it had ended already");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(folder.path().join("o.csv")).unwrap(), "before\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn watchlists_and_addresses_are_files() {
    let folder = folder(&[
        ("vips.csv", "Name,Level\nada,1\nbob,2\n"),
        ("T.csv", "User\nada\neve\n"),
        ("feed.csv", "Ip,Score\n198.51.100.1,7\n"),
        ("list.txt", "a, \"b\n\nc\n"),
    ]);
    let arguments = ["--events", ".", "--watchlist", "VIPs:Name=vips.csv"];
    let query = "T | where User in ((_GetWatchlist('VIPs') | project SearchKey))";
    assert_eq!(rows(folder.path(), &arguments, query), json!([["ada"]]));
    // Columns of its own are text, and known wherever the alias is.
    for list in ["_GetWatchlist('VIPs')", "_GetWatchlist(alias)"] {
        let query = format!("let alias = 'VIPs'; {list} | where Level == '2' | project-away SearchKey, WatchlistItem");
        assert_eq!(rows(folder.path(), &arguments, &query), json!([["", null, "bob", "2"]]), "{list}");
        let query =
            format!("let alias = 'VIPs'; T | where User has_any (toscalar({list} | summarize make_list(Name)))");
        assert_eq!(rows(folder.path(), &arguments, &query), json!([["ada"]]), "{list}");
    }
    let query =
        "externaldata(Ip: string, Score: long)[@'https://example.com/feed.csv?a=b'] with (ignoreFirstRecord=true)";
    let given = ["--external", "https://example.com/feed.csv?a=b=feed.csv"];
    assert_eq!(rows(folder.path(), &given, query), json!([["198.51.100.1", 7]]));
    // A list of lines has no other signs.
    let query = "externaldata(Line: string)[@'https://example.com/list'] with (format='txt')";
    assert_eq!(
        rows(folder.path(), &["--external", "https://example.com/list=list.txt"], query),
        json!([["a, \"b"], ["c"]])
    );
    // Nothing is fetched.
    let output = run_in(folder.path(), &[], query);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("K4002"), "{}", stderr(&output));
}

#[test]
fn a_column_that_comes_late_is_found() {
    let mut lines = "{\"a\":1}\n".repeat(200_000);
    lines.push_str("{\"a\":2,\"late\":\"x\"}\n");
    let folder = folder(&[("T.ndjson", &lines)]);
    assert_eq!(rows(folder.path(), &["--events", "."], "T | where late == 'x' | project a"), json!([[2]]));
    assert_eq!(run_in(folder.path(), &["--events", "."], "T | where never == 'x'").status.code(), Some(1));
}

#[test]
fn threads_and_memory_change_no_answer() {
    let line = |n: i32| format!("{{\"k\":{},\"v\":{n}.25}}\n", n * 7919 % 100);
    let lines = (0..5000).map(line).collect::<Vec<_>>().concat();
    let folder = folder(&[("T/a.ndjson", &lines), ("T/b.ndjson", &lines)]);
    let query = "T | summarize s = sum(v), n = count(), m = take_any(v) by k | where n > 1";
    let answer = |arguments: &[&str]| rows(folder.path(), &[&["--events", "."], arguments].concat(), query);
    let expected = answer(&[]);
    assert_eq!(expected.as_array().unwrap().len(), 100);
    assert_eq!(answer(&["--threads", "1"]), expected);
    assert_eq!(answer(&["--threads", "3", "--memory-limit", "1GB"]), expected);
}

const RULE: &str = concat!(
    "id: 1\nname: x\nkind: Scheduled\ntriggerOperator: gt\ntriggerThreshold: 1\nquery: |\n",
    "  T\n  | where TimeGenerated > ago(1h)\n  | summarize n = count() by User\n"
);

const TESTS: &str = "
tests:
  - name: two users
    now: 2024-05-14T10:00:00Z
    events:
      T:
        - {TimeGenerated: 2024-05-14T09:30:00Z, User: 'u{n}', $repeat: 2}
        - {TimeGenerated: 2024-05-14T09:00:00Z, User: old}
    expect: {alert: true, count: 2, rows: [{User: u2, n: 1}, {User: u1}]}
  - name: one user
    now: 2024-05-14T10:00:00Z
    events: {T: events/*.csv}
    expect: {alert: false}
";

#[test]
fn tests_of_rules_pass_and_fail() {
    let folder = folder(&[
        ("r/rule.yaml", RULE),
        ("r/rule.test.yaml", TESTS),
        ("r/untested.yaml", RULE),
        ("r/events/a.csv", "TimeGenerated,User\n2024-05-14T09:30:00Z,ada\n"),
    ]);
    let test = |arguments: &[&str]| kqlc().arg("test").args(arguments).current_dir(folder.path()).output().unwrap();
    for path in ["r", "r/rule.yaml", "r/rule.test.yaml"] {
        assert_eq!(stdout(&test(&[path])), "2 passed, 0 failed\n");
    }
    assert!(stderr(&test(&["-v", "r"])).contains("untested.yaml: no tests"));

    let broken = TESTS.replace("n: 1}", "n: 3}").replace("alert: false", "alert: true");
    fs::write(folder.path().join("r/rule.test.yaml"), broken).unwrap();
    let output = test(&["r"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    for part in [
        "FAIL  r/rule.yaml: two users",
        r#"- {"User":"u2","n":3}"#,
        r#"+ {"User":"u2","n":1}"#,
        "an alert was expected and none was raised: 1 record is not more than 1",
        "0 passed, 2 failed",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let output = test(&["r", "--format", "json", "--filter", "two"]);
    let outcome: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&outcome["ok"], &outcome["path"]), (&json!(false), &json!("r/rule.yaml")));
    let output = test(&["r", "--format", "junit"]);
    let xml = String::from_utf8(output.stdout).unwrap();
    assert!(xml.contains(r#"<testsuite name="rules" tests="2" failures="2""#), "{xml}");

    fs::write(folder.path().join("r/rule.test.yaml"), "tests: [{name: x}]").unwrap();
    assert_eq!(test(&["r"]).status.code(), Some(2));
    assert_eq!(test(&["r/untested.yaml"]).status.code(), Some(2));
}
