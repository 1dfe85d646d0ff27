//! The project's own rules in the languages of Elastic, and what is written there read back.

use std::path::Path;

use kqlc::bind::bind;
use kqlc::ir::Value;
use kqlc::ir::pass::simplify;
use kqlc::read::{Language, Options as ReadOptions, read};
use kqlc::rule;
use kqlc::schema::Schemas;
use kqlc::source::SourceFile;
use kqlc::syntax::parse;
use kqlc::target::{Fidelity, Fields, Options, RuleInfo, find};
use proptest::prelude::*;

/// What the searches of a rule read, whichever way it is said: the least that has to be in them.
const READS: &[(&str, &str)] = &[
    ("cloud-app-mass-download", "logs-m365_defender.event-*"),
    ("cloud-storage-upload-tools", "logs-m365_defender.event-*"),
    ("judgement-panda-command-lines", "ldifde"),
    ("low-and-slow-upload", "logs-cef.log-*"),
    ("outbound-bytes-anomaly", ""),
];

#[test]
fn the_rule_pack_in_eql_and_esql() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (stem, reads) in READS {
        let file = SourceFile::read(&Path::new(folder).join(format!("{stem}.yaml"))).unwrap();
        let document = rule::read(&file);
        let rule = &document.rules[0];
        let text = &rule.query.as_ref().unwrap().text;
        let mut query = bind(&parse(text).query.expect("it parses"), &Schemas::default()).query.expect("it binds");
        simplify(&mut query);
        for name in ["eql", "esql"] {
            let target = find(name).unwrap();
            let conversion = target.convert(&query, &RuleInfo { rule: Some(rule) }, &Options::default()).unwrap();
            // What must be so however the snapshot was blessed.
            match &conversion.output {
                Some(output) => {
                    assert!(output.contains(reads), "{stem}: {output}");
                    let start = if name == "eql" { "// index: " } else { "FROM" };
                    assert!(output.starts_with(start), "{stem}: {output}");
                }
                None => assert!(conversion.losses.iter().any(|loss| loss.fidelity == Fidelity::Refused), "{stem}"),
            }
            let losses =
                conversion.losses.iter().map(|loss| format!("# {} {}: {}\n", loss.fidelity, loss.kind, loss.message));
            let shown = format!(
                "# {}\n{}{}",
                conversion.fidelity,
                losses.collect::<String>(),
                conversion.output.as_deref().unwrap_or_default()
            );
            settings.set_snapshot_path(format!("{}/snapshots/{name}", env!("CARGO_MANIFEST_DIR")));
            settings.bind(|| insta::assert_snapshot!(*stem, shown));
        }
    }
}

/// A query of KQL in EQL, under the names it has in Sentinel.
fn in_eql(text: &str) -> String {
    let mut query = bind(&parse(text).query.expect("it parses"), &Schemas::default()).query.expect("it binds");
    simplify(&mut query);
    let options = Options { fields: Fields::Native, ..Options::default() };
    let conversion =
        find("eql").expect("a target").convert(&query, &RuleInfo { rule: None }, &options).expect("sound data");
    conversion.output.unwrap_or_else(|| panic!("{text}: {:?}", conversion.losses))
}

/// The strings and the names of columns of a query in EQL.
fn read_back(text: &str) -> (Vec<String>, Vec<String>) {
    let found = read(Language::Eql, &SourceFile::from_text("query.eql", text), &ReadOptions::default()).remove(0);
    let query = found.query.unwrap_or_else(|| panic!("{text}: {:?}", found.diagnostics));
    let mut strings = Vec::new();
    query.plan.walk(&mut |expr| strings.extend(expr.as_literal().and_then(Value::as_str).map(str::to_owned)));
    (strings, query.columns.iter().map(|(_, column)| column.name.to_string()).collect())
}

const HOSTILE: &[&str] = &[
    "a\"b",
    "\"",
    "\"\"\"",
    "\\",
    "\\\\",
    "C:\\x\\\"",
    "\"x",
    "x\"",
    "\n",
    "a\r\nb",
    "\t",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "é",
    "\u{200f}",
    "\u{1f600}",
    "*",
    "?",
    "a*b?c",
    "//",
    "/* x */",
    "x // y",
    "`",
    "'",
    "${x}",
    "%",
    "_",
    " x ",
    "and",
    "null",
    "\u{2028}",
    "\u{feff}",
    "[x]",
    "| head 1",
];

#[test]
fn hostile_texts_are_the_same_once_read_back() {
    for text in HOSTILE {
        let literal = Value::string(*text);
        for test in
            [format!("== {literal}"), format!("!= {literal}"), format!("in~ ({literal}, 'z')"), format!("=~ {literal}")]
        {
            let eql = in_eql(&format!("T | where Field {test}"));
            let (strings, _) = read_back(&eql);
            assert!(strings.iter().any(|found| found == text), "{text:?} in {eql}: {strings:?}");
        }
        // A list is one value whatever stands in it.
        let eql = in_eql(&format!("T | where Field in ({literal}, 'y') and Other == 1"));
        let (strings, _) = read_back(&eql);
        assert_eq!(strings, [*text, "y"], "{eql}");
    }
}

#[test]
fn hostile_names_are_the_same_once_read_back() {
    for name in HOSTILE.iter().filter(|name| !name.contains(['\n', '\r', '.'])) {
        let literal = Value::string(*name);
        let (_, names) = read_back(&in_eql(&format!("T | where [{literal}] == 'x'")));
        assert!(names.iter().any(|found| found == name), "{name:?}: {names:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_the_same_once_read_back(text in "\\PC{0,12}|[ -~]{0,12}|.{0,8}") {
        prop_assume!(!text.is_empty());
        let eql = in_eql(&format!("T | where Field == {}", Value::string(text.as_str())));
        let (strings, _) = read_back(&eql);
        prop_assert!(strings.contains(&text), "{} {:?}", eql, strings);
    }
}
