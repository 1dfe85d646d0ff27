//! The project's own rules in every target and form: snapshots, and beside each what must hold of it whatever it looks
//! like. And `kqlc convert` as a process: folders, differences, mistakes in a user's files.
#![expect(clippy::unwrap_used, reason = "a test ends where what it stands on fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const TARGETS: [&str; 4] = ["sigma", "splunk", "eql", "esql"];

fn kqlc(arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("kqlc")).args(arguments).output().expect("a run")
}

/// What the rules become: by the name of the rule's file and target.
fn converted(to: &str, form: &str) -> BTreeMap<(String, String), Value> {
    let output = kqlc(&["convert", "--to", to, "--package", form, "--format", "json", "rules"]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    records
        .map(|record| {
            let stem = Path::new(record["path"].as_str().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned();
            ((stem, record["target"].as_str().unwrap().to_owned()), record)
        })
        .collect()
}

fn output<'a>(of: &'a BTreeMap<(String, String), Value>, stem: &str, target: &str) -> Option<&'a str> {
    of[&(stem.to_owned(), target.to_owned())]["output"].as_str()
}

fn stems() -> Vec<String> {
    let entries = fs::read_dir("rules").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut stems: Vec<String> = entries
        .filter_map(|name| Some(name.strip_suffix(".yaml")?.to_owned()))
        .filter(|stem| !stem.contains(".test"))
        .collect();
    stems.sort_unstable();
    assert!(stems.len() >= 25, "{stems:?}");
    stems
}

fn snapshot(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("{}/snapshots/{folder}", env!("CARGO_MANIFEST_DIR")));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// What a package says of its fidelity and losses, for the head of a snapshot.
fn head(record: &Value) -> String {
    let mut text = format!("{}\n", record["fidelity"].as_str().unwrap());
    for loss in record["losses"].as_array().unwrap() {
        let _ = writeln!(text, "  {}: {}", loss["kind"].as_str().unwrap(), loss["message"].as_str().unwrap());
    }
    text
}

#[test]
fn every_rule_in_every_target_and_form() {
    let bare = converted("sigma,splunk,eql,esql", "query");
    let searches = converted("splunk", "savedsearch");
    let detections = converted("splunk", "escu");
    let lines = converted("eql,esql", "ndjson");
    let tables = converted("eql,esql", "toml");
    for stem in stems() {
        let mut shown = String::new();
        for target in TARGETS {
            let record = &bare[&(stem.clone(), target.to_owned())];
            let _ = writeln!(shown, "=== {target}: {}{}", head(record), record["output"].as_str().unwrap_or_default());
        }
        // The search of each form is the bare one.
        let search = output(&bare, &stem, "splunk");
        let packaged = output(&searches, &stem, "splunk");
        assert_eq!(search.is_some(), packaged.is_some(), "{stem}");
        if let (Some(search), Some(packaged)) = (search, packaged) {
            assert_eq!(conf(packaged)["search"], search, "{stem}");
            let _ = writeln!(shown, "\n=== savedsearches.conf\n{packaged}");
            let detection = output(&detections, &stem, "splunk").unwrap();
            let read: serde_yaml::Value = serde_yaml::from_str(detection).unwrap();
            let (before, filter) = read["search"].as_str().unwrap().rsplit_once("\n| `").unwrap();
            assert_eq!(before, search, "{stem}");
            assert!(filter.ends_with("_filter`"), "{stem}");
            for key in ["name", "id", "description", "type", "status", "author", "tags"] {
                assert!(!read[key].is_null(), "{stem} has no {key}");
            }
            let _ = writeln!(shown, "\n=== escu\n{detection}");
        }
        for target in ["eql", "esql"] {
            let query = output(&bare, &stem, target);
            // A rule of a kind of its own can say what no query says.
            let Some(line) = output(&lines, &stem, target) else {
                assert!(query.is_none(), "{stem} in {target}");
                continue;
            };
            let rule: Value = serde_json::from_str(line).unwrap();
            let packaged = rule["query"].as_str().unwrap();
            // Such a rule filters by another language.
            if rule["type"] == target {
                assert_eq!(plain(packaged), plain(query.unwrap()), "{stem} in {target}");
            }
            for key in [
                "rule_id",
                "name",
                "description",
                "severity",
                "risk_score",
                "type",
                "language",
                "from",
                "interval",
                "threat",
            ] {
                assert!(!rule[key].is_null(), "{stem} in {target} has no {key}");
            }
            let table: toml::Table = output(&tables, &stem, target).unwrap().parse().unwrap();
            let kept = serde_json::to_value(&table["rule"]).unwrap();
            assert_eq!(kept["query"].as_str().unwrap().trim_end(), packaged, "{stem} in {target}");
            for key in [
                "rule_id",
                "name",
                "severity",
                "risk_score",
                "type",
                "interval",
                "from",
                "index",
                "threshold",
                "threat_index",
                "threat_query",
                "threat_mapping",
            ] {
                assert_eq!(kept[key], rule[key], "{stem} in {target}: {key}");
            }
            let pretty = serde_json::to_string_pretty(&rule).unwrap();
            let _ = writeln!(
                shown,
                "\n=== {target}, ndjson\n{pretty}\n\n=== {target}, toml\n{}",
                output(&tables, &stem, target).unwrap()
            );
        }
        snapshot("convert", &stem, shown.trim_end());
    }
}

/// A query without comments and without the fields that say which document a row is.
fn plain(query: &str) -> String {
    let lines = query.lines().filter(|line| !line.starts_with("//"));
    let text = lines.collect::<Vec<_>>().join(" ").replace("METADATA _id, _version, _index", "");
    // A longer list may be broken elsewhere.
    let words = text.replace(", _id, _version, _index", "");
    words.split_whitespace().collect::<Vec<_>>().join(" ").replace(", _id, _version, _index", "")
}

/// The values of a stanza, with continued lines put together again.
fn conf(text: &str) -> BTreeMap<String, String> {
    let joined = text.replace(" \\\n", "\u{0}");
    let pairs = joined.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    pairs.map(|(key, value)| (key.to_owned(), value.replace('\u{0}', "\n"))).collect()
}

#[test]
fn every_rule_has_its_page() {
    let bare = converted("sigma,splunk,eql,esql", "query");
    let pages = converted("sigma,splunk,eql,esql", "page");
    let embedded = regex::Regex::new("base64,[A-Za-z0-9+/=]+").unwrap();
    let links: Vec<(&str, regex::Regex)> = [("sigma", "yml"), ("splunk", "spl"), ("eql", "eql"), ("esql", "esql")]
        .map(|(target, ending)| (target, regex::Regex::new(&format!("download=\"[a-z0-9-]+\\.{ending}\"")).unwrap()))
        .into();
    for stem in stems() {
        let page = output(&pages, &stem, "page").unwrap();
        assert!(!page.contains("<script") && !page.contains("src="), "{stem}: a page runs and fetches nothing");
        for target in TARGETS {
            let there = output(&bare, &stem, target).is_some();
            let link = &links.iter().find(|(name, _)| *name == target).unwrap().1;
            assert!(link.is_match(page) || !there, "{stem}: no file for {target}");
            assert!(page.contains(&format!("<article id=\"{target}\">")), "{stem}: nothing on {target}");
        }
        let short = embedded.replace_all(page, "base64,…");
        snapshot("pages", &stem, &short);
    }
}

fn run_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(assert_cmd::cargo::cargo_bin!("kqlc")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const RULE: &str =
    "id: 0145a03e-f80f-47c4-8a2a-37ebafba2e04\nname: ../../x\nquery: |\n  SecurityEvent\n  | where EventID == 1102\n";

#[test]
fn a_folder_is_filled_and_then_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path().join("a/b");
    fs::create_dir_all(here.join("in")).unwrap();
    fs::write(here.join("in/good.yaml"), RULE).unwrap();
    fs::write(here.join("in/broken.yaml"), "name: broken\nquery: |\n  SecurityEvent | where (\n").unwrap();
    fs::write(here.join("in/unreadable.yaml"), "name: [").unwrap();
    let arguments = ["convert", "--to", "splunk,esql", "--out", "out", "in"];
    let (exit, stdout, stderr) = run_in(&here, &arguments);
    assert_eq!((exit, stdout.as_str()), (1, ""), "{stderr}");
    assert!(stderr.contains("4 files written, 0 unchanged; 4 refused"), "{stderr}");
    assert!(here.join("out/splunk/x.spl").is_file() && here.join("out/esql/x.esql").is_file());
    assert_eq!(place.path().read_dir().unwrap().count(), 1, "nothing is outside");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(here.join("out/manifest.json")).unwrap()).unwrap();
    let rules = manifest["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 6);
    assert!(rules.iter().all(|rule| rule["file"].is_string() != (rule["fidelity"] == "refused")));
    let before = fs::metadata(here.join("out/splunk/x.spl")).unwrap().modified().unwrap();
    let (_, _, stderr) = run_in(&here, &arguments);
    assert!(stderr.contains("0 files written, 4 unchanged"), "{stderr}");
    assert_eq!(fs::metadata(here.join("out/splunk/x.spl")).unwrap().modified().unwrap(), before);
    fs::write(here.join("in/good.yaml"), RULE.replace("1102", "1100")).unwrap();
    let (exit, stdout, stderr) =
        run_in(&here, &["convert", "--to", "splunk", "--out", "out", "--diff", "in/good.yaml"]);
    assert_eq!(exit, 1, "{stderr}");
    assert!(stdout.contains("--- splunk/x.spl\n+++ splunk/x.spl\n") && stdout.contains("+`"), "{stdout}");
    assert!(stderr.contains("esql/x.esql is of an earlier run"), "{stderr}");
    assert!(fs::read_to_string(here.join("out/splunk/x.spl")).unwrap().contains("1102"), "a diff writes nothing");
}

#[test]
fn a_users_files_come_first_and_their_mistakes_have_a_line() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    fs::write(here.join("r.yaml"), RULE).unwrap();
    fs::create_dir_all(here.join("mine/splunk/templates")).unwrap();
    let template = here.join("mine/splunk/templates/savedsearch.conf.j2");
    let arguments =
        ["convert", "--to", "splunk", "--package", "savedsearch", "--format", "json", "--targets", "mine", "r.yaml"];
    fs::write(&template, "[mine]\nsearch = {{ search | conf }}\n").unwrap();
    let (exit, stdout, stderr) = run_in(here, &arguments);
    assert_eq!((exit, stderr.as_str()), (0, ""));
    let record: Value = serde_json::from_str(&stdout).unwrap();
    assert!(record["output"].as_str().unwrap().starts_with("[mine]\nsearch = "));
    for (text, told) in [
        ("a\n{% if %}\n", "savedsearch.conf.j2:2: "),
        ("a\n\n{{ nothing }}\n", "savedsearch.conf.j2:3: "),
        ("{{ rule.id | no_filter }}", "savedsearch.conf.j2:1: "),
    ] {
        fs::write(&template, text).unwrap();
        let (exit, stdout, stderr) = run_in(here, &arguments);
        assert_eq!((exit, stdout.as_str()), (2, ""), "{text}");
        assert!(stderr.contains(told), "{stderr}");
    }
    fs::remove_file(&template).unwrap();
    let functions = fs::read_to_string("targets/splunk/functions.yaml").unwrap();
    fs::write(
        here.join("mine/splunk/functions.yaml"),
        functions.replacen("tolower: lower($1:text)", "tolower: [lower($1:text)", 1),
    )
    .unwrap();
    let (exit, _, stderr) = run_in(here, &arguments);
    assert!(exit == 2 && stderr.contains("functions.yaml:"), "{stderr}");
    fs::rename(here.join("mine/splunk/functions.yaml"), here.join("mine/splunk/function.yaml")).unwrap();
    let (exit, _, stderr) = run_in(here, &arguments);
    assert!(exit == 2 && stderr.contains("no target reads such a file"), "{stderr}");
}

#[test]
fn a_form_that_a_target_has_not_is_wrong_usage() {
    let (exit, _, stderr) = run_in(Path::new("."), &["convert", "--to", "sigma", "--package", "toml", "rules"]);
    assert_eq!(exit, 2);
    assert!(stderr.contains("`toml` is no form of sigma; it has: query, page"), "{stderr}");
    let (exit, ..) = run_in(Path::new("."), &["convert", "--to", "sigma", "--diff", "rules"]);
    assert_eq!(exit, 2, "a difference needs a folder");
}

#[test]
fn losses_are_explained_with_the_words_of_the_rule() {
    let arguments = ["convert", "--to", "eql", "--explain-losses", "rules/cloud-app-mass-download.yaml"];
    let (exit, stdout, _) = run_in(Path::new("."), &arguments);
    assert_eq!(exit, 1);
    assert!(stdout.contains("\n#     | "), "{stdout}");
}

#[test]
fn rules_of_our_own_are_written_anew_and_anew_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let first = converted("kql", "query");
    for ((stem, _), record) in &first {
        assert_eq!(record["fidelity"], "exact", "{stem}: {record}");
        fs::write(folder.path().join(format!("{stem}.kql")), record["output"].as_str().unwrap()).unwrap();
    }
    let again = kqlc(&["convert", "--to", "kql", "--format", "json", folder.path().to_str().unwrap()]);
    let text = String::from_utf8(again.stdout).unwrap();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let stem = Path::new(record["path"].as_str().unwrap()).file_stem().unwrap().to_str().unwrap();
        assert_eq!(record["output"], first[&(stem.to_owned(), "kql".to_owned())]["output"], "{stem}");
    }
    assert_eq!(text.lines().count(), first.len());
}

#[test]
fn a_rule_of_sigma_goes_by_way_of_kql_into_every_target() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rule.yml");
    let rule = "title: T\nlogsource: {category: process_creation, product: windows}\ndetection:\n  s:\n    Image|endswith: '\\x.exe'\n  condition: s\n";
    fs::write(&path, rule).unwrap();
    let path = path.to_str().unwrap();
    let run = kqlc(&["convert", "--from", "sigma", "--to", "kql,splunk,esql,eql,sigma", "--format", "json", path]);
    let records: Vec<Value> =
        String::from_utf8(run.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 5, "{records:?}");
    assert_eq!(records[0]["output"], "DeviceProcessEvents\n| where FolderPath endswith @\"\\x.exe\"");
    for record in &records {
        assert_ne!(record["fidelity"], "refused", "{record}");
    }
    assert!(records[4]["output"].as_str().unwrap().contains(r"Image|endswith: '\x.exe'"), "{}", records[4]);
    // The names of fields say nothing without the table that has them.
    let native = kqlc(&["convert", "--from", "sigma", "--to", "kql", "--fields", "native", path]);
    assert_eq!(native.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&native.stderr).contains("--table"));
}
