//! Every lint does what its documentation says.
//!
//! The examples of a lint's documentation are its first tests: what stands under "Example" must be found by it, and
//! what stands under "Use instead" must be clean. `tests/lint/*.md` has more, with the expectations beside the lines.
//! Every fix is applied until nothing is left to fix, which must come to an end without a new fault, and whether fixes
//! are there has to agree with what the lint claims.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use kqlc::lint::{FixAvailability, Lint, registry};

/// A rule that is right in every respect, and what an example replaces the keys of.
const RULE: &str = "\
id: 3f1d6a0e-7c52-4b8f-9a41-5d0c2e9b7f16
kind: Scheduled
name: Sign-in from a new country
description: Identifies sign-ins from countries that a user has not been seen in for a month.
severity: Medium
requiredDataConnectors:
  - connectorId: AzureActiveDirectory
    dataTypes:
      - SigninLogs
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics:
  - InitialAccess
relevantTechniques:
  - T1078
query: |
  SigninLogs
  | where ResultType == \"0\"
  | project TimeGenerated, UserPrincipalName, IPAddress, Location
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: FullName
        columnName: UserPrincipalName
version: 1.0.0
";

/// A fenced block of Markdown.
struct Block {
    /// `yaml` or `kql`.
    language: String,
    /// What stands behind the language: `without=id`, `nrt`.
    options: BTreeMap<String, String>,
    text: String,
    heading: String,
    line: usize,
}

fn blocks(markdown: &str) -> Vec<Block> {
    let (mut blocks, mut heading) = (Vec::new(), String::new());
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(text) = line.strip_prefix('#') {
            text.trim_start_matches('#').trim().clone_into(&mut heading);
        }
        let Some(info) = line.strip_prefix("```") else { continue };
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or_default().to_owned();
        let options = words
            .map(|word| word.split_once('=').unwrap_or((word, "")))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let mut text = String::new();
        for (_, line) in lines.by_ref().take_while(|(_, line)| *line != "```") {
            text.push_str(line);
            text.push('\n');
        }
        blocks.push(Block { language, options, text, heading: heading.clone(), line: number + 1 });
    }
    blocks
}

/// The keys of the outermost level, each with its lines.
fn keys(yaml: &str) -> Vec<(String, String)> {
    let mut keys: Vec<(String, String)> = Vec::new();
    for line in yaml.split_inclusive('\n') {
        match keys.last_mut() {
            Some((_, text)) if line.starts_with([' ', '-', '#', '\n']) => text.push_str(line),
            _ => keys.push((line.split(':').next().unwrap_or("").to_owned(), line.to_owned())),
        }
    }
    keys
}

impl Block {
    /// The files that the block stands for: its keys in the place of those of a sound rule.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut text = self.text.replace("\\u{200b}", "\u{200b}").replace("\\u{e9}", "\u{e9}");
        if let Some(times) = self.options.get("repeat") {
            let times: usize = times.parse().expect("a number");
            text = text.replacen(": x\n", &format!(": {}\n", "x".repeat(times)), 1);
        }
        let name = self.options.get("file").cloned().unwrap_or_else(|| format!("rule.{}", self.language));
        if self.language == "yaml" && !self.options.contains_key("whole") {
            let own = keys(&text);
            let without: Vec<&str> =
                self.options.get("without").map(|keys| keys.split(',').collect()).unwrap_or_default();
            let mut rule = String::new();
            let base = if self.options.contains_key("nrt") {
                RULE.replace("kind: Scheduled", "kind: NRT")
                    .replace("queryFrequency: 1h\nqueryPeriod: 1h\n", "")
                    .replace("triggerOperator: gt\ntriggerThreshold: 0\n", "")
            } else {
                RULE.to_owned()
            };
            let base = keys(&base);
            for (key, lines) in &base {
                if without.contains(&key.as_str()) {
                    continue;
                }
                let replaced = own.iter().find(|(own, _)| own == key);
                rule.push_str(replaced.map_or(lines, |(_, lines)| lines));
            }
            for (key, lines) in &own {
                if !base.iter().any(|(base, _)| base == key) {
                    rule.push_str(lines);
                }
            }
            text = rule;
        }
        if self.options.contains_key("crlf") {
            text = text.replace('\n', "\r\n");
        }
        if self.options.contains_key("trimmed") {
            text.truncate(text.trim_end().len());
        }
        let bytes = if self.options.contains_key("latin") {
            text.chars().map(|c| u8::try_from(u32::from(c)).expect("a character of Latin-1")).collect()
        } else if self.options.contains_key("bom") {
            [b"\xEF\xBB\xBF", text.as_bytes()].concat()
        } else {
            text.into_bytes()
        };
        if self.options.contains_key("twice") {
            return vec![(name.clone(), bytes.clone()), (format!("second-{name}"), bytes)];
        }
        vec![(name, bytes)]
    }
}

/// A finding as `kqlc check --format json` tells it.
#[derive(Debug)]
struct Found {
    code: String,
    severity: String,
    line: usize,
    /// How applicable its fix is.
    fix: Option<String>,
    edits: usize,
}

/// Files in a folder of their own.
struct Pack {
    folder: tempfile::TempDir,
    /// The languages whose losses are told.
    targets: Option<String>,
    /// Whether the columns that rules name are looked up in what their queries return. Few blocks are about that, and
    /// the others name columns as they like.
    columns: bool,
    /// Whether the files are held against the sound rule, which a commit of the folder has.
    base: bool,
}

impl Pack {
    fn new(files: &[(String, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let columns = files.iter().any(|(_, bytes)| memchr::memmem::find(bytes, b"F140").is_some());
        Self { folder, targets: None, columns, base: false }
    }

    /// The files that a block stands for, with what it says of targets and of a past.
    fn of(block: &Block) -> Self {
        let files = block.files();
        let mut pack = Self::new(&files);
        pack.targets = block.options.get("targets").cloned();
        if block.options.contains_key("base") {
            pack.commit(&files);
        }
        pack
    }

    /// Commits the sound rule under the names of the files, and puts the files in its place.
    fn commit(&mut self, files: &[(String, Vec<u8>)]) {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            let settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
            command.current_dir(self.folder.path()).args(settings).args(arguments);
            let output = command.output().expect("git");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        for (name, _) in files {
            std::fs::write(self.folder.path().join(name), RULE).unwrap();
        }
        git(&["init", "--quiet"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message=sound"]);
        for (name, bytes) in files {
            std::fs::write(self.folder.path().join(name), bytes).unwrap();
        }
        self.base = true;
    }

    fn check(&self, arguments: &[&str]) -> Vec<Found> {
        let output = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"))
            .current_dir(self.folder.path())
            .args(["check", ".", "--format", "json", "--no-config"])
            .args((!self.columns).then_some("--ignore=F140"))
            .args(self.targets.as_ref().map(|targets| format!("--targets={targets}")))
            .args(self.base.then_some("--base=HEAD"))
            .args(arguments)
            .output()
            .unwrap();
        assert_ne!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let records = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let mut found = Vec::new();
        for record in records {
            for diagnostic in record["diagnostics"].as_array().unwrap() {
                let fix = diagnostic.get("fix");
                found.push(Found {
                    code: diagnostic["code"].as_str().unwrap().to_owned(),
                    severity: diagnostic["severity"].as_str().unwrap().to_owned(),
                    line: usize::try_from(diagnostic["start"]["line"].as_u64().unwrap()).unwrap(),
                    fix: fix.map(|fix| fix["applicability"].as_str().unwrap().to_owned()),
                    edits: fix.map_or(0, |fix| fix["edits"].as_array().unwrap().len()),
                });
            }
        }
        found
    }

    fn texts(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let files = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        files
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
            .collect()
    }

    /// Applies all fixes; tells what goes wrong.
    fn fix(&self, select: &str, place: &str) {
        let syntax =
            |found: &[Found]| found.iter().filter(|found| found.code.starts_with('K') && found.code != "K0009").count();
        let before = self.check(&[select]);
        self.check(&[select, "--fix", "--unsafe-fixes"]);
        let (once, texts) = (self.check(&[select]), self.texts());
        assert!(syntax(&once) <= syntax(&before), "{place}: fixes bring up new faults: {once:?}");
        let left: Vec<&Found> = once.iter().filter(|found| found.fix.is_some()).collect();
        assert!(left.is_empty(), "{place}: fixes are left over: {left:?}");
        self.check(&[select, "--fix", "--unsafe-fixes"]);
        assert_eq!(self.texts(), texts, "{place}: fixing twice is not fixing once");
    }
}

fn agrees(lint: &Lint, found: &Found, place: &str) {
    match lint.fix {
        FixAvailability::None => assert!(found.fix.is_none(), "{place}: claims to have no fix"),
        FixAvailability::Always => {
            assert!(found.fix.is_some() && found.edits > 0, "{place}: claims to have a fix always");
        }
        FixAvailability::Sometimes => {}
    }
}

/// What the lints of a pack find, with the claims about fixes checked.
fn findings(pack: &Pack, select: &str, place: &str) -> Vec<Found> {
    let found = pack.check(&[select]);
    for found in &found {
        if let Some(lint) = registry::find(&found.code) {
            agrees(lint, found, place);
        }
    }
    found
}

#[test]
fn the_sound_rule_is_sound() {
    let pack = Pack::new(&[("rule.yaml".to_owned(), RULE.as_bytes().to_vec())]);
    let found = pack.check(&["--select=all"]);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn examples_are_found_and_what_to_use_instead_is_clean() {
    let failed: Vec<&str> = registry::ALL
        .iter()
        .filter(|lint| std::panic::catch_unwind(|| examples_hold(lint)).is_err())
        .map(|lint| lint.code.id)
        .collect();
    assert!(failed.is_empty(), "see above: {failed:?}");
}

fn examples_hold(lint: &Lint) {
    let id = lint.code.id;
    let doc = kqlc::lint::doc::body(lint);
    let blocks = blocks(&doc);
    // A matter of taste is asked for by name, so that others do not mix in.
    let select = format!("--extend-select={id}");
    let of = |heading: &str| blocks.iter().filter(|block| block.heading == heading).collect::<Vec<_>>();
    let (examples, instead) = (of("Example"), of("Use instead"));
    assert!(!examples.is_empty() && !instead.is_empty(), "{id} has no examples");
    for example in examples {
        let place = format!("{id}, Example");
        let mut pack = Pack::of(example);
        pack.columns = id == "F140";
        let found = findings(&pack, &select, &place);
        assert!(found.iter().any(|found| found.code == id), "{place}: not found, but {found:?}");
        let others: Vec<&Found> = found.iter().filter(|found| found.code != id).collect();
        assert!(others.is_empty() || example.options.contains_key("more"), "{place}: also {others:?}");
        pack.fix(&select, &place);
    }
    for block in instead {
        let mut pack = Pack::of(block);
        pack.columns = id == "F140";
        let found = findings(&pack, &select, id);
        assert!(found.is_empty(), "{id}, Use instead: {found:?}");
    }
}

/// Expectations beside the lines of a block: `# error: [F001]`, `// warning: [Q001, Q002]`.
fn expectations(text: &str) -> BTreeSet<(usize, String, String)> {
    let mut expected = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        for severity in ["error", "warning", "info"] {
            for mark in ["# ", "// "] {
                let Some((_, rest)) = line.split_once(&format!("{mark}{severity}: [")) else { continue };
                let codes = rest.split(']').next().unwrap_or_default();
                for code in codes.split(',') {
                    expected.insert((index + 1, severity.to_owned(), code.trim().to_owned()));
                }
            }
        }
    }
    expected
}

#[test]
fn pages_of_tests_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let (mut checked, mut failed) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let blocks = blocks(&std::fs::read_to_string(&path).unwrap());
        for (index, block) in blocks.iter().enumerate() {
            if matches!(block.language.as_str(), "yaml" | "kql" | "json") && !block.options.contains_key("fixed") {
                let fixed = blocks.get(index + 1).filter(|next| next.options.contains_key("fixed"));
                failed += usize::from(std::panic::catch_unwind(|| block_holds(block, fixed, &name)).is_err());
                checked += 1;
            }
        }
    }
    assert_eq!(failed, 0, "see above");
    assert!(checked >= 30, "only {checked} blocks");
}

/// What is expected beside the lines of a block is found there, and its fixes give the next block.
fn block_holds(block: &Block, fixed: Option<&Block>, page: &str) {
    let place = format!("{page}:{} ({})", block.line, block.heading);
    let select = match block.options.get("select") {
        Some(codes) => format!("--extend-select={codes}"),
        None => "--quiet".to_owned(),
    };
    let files = block.files();
    let pack = Pack::of(block);
    let text = String::from_utf8_lossy(&files[0].1).into_owned();
    let found = findings(&pack, &select, &place);
    let seen: BTreeSet<_> =
        found.iter().map(|found| (found.line, found.severity.clone(), found.code.clone())).collect();
    assert_eq!(seen, expectations(&text), "{place}: found on the left, expected on the right\n{text}");
    if let Some(fixed) = fixed {
        pack.check(&[&select, "--fix", "--unsafe-fixes"]);
        let after = pack.texts().remove(&files[0].0).unwrap();
        assert_eq!(
            without_comments(&after),
            without_comments(&fixed.files()[0].1),
            "{place}: fixed on the left, expected on the right"
        );
    }
    pack.fix(&select, &place);
}

/// The lines without the expectations behind them.
fn without_comments(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let line =
        |line: &str| line.split(" # ").next().unwrap_or("").split(" // ").next().unwrap_or("").trim_end().to_owned();
    text.lines().map(line).collect()
}

#[test]
fn every_lint_is_documented_in_the_same_order() {
    for lint in registry::ALL {
        let doc = kqlc::lint::doc::body(lint);
        let headings: Vec<&str> = doc.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let mut expected = vec!["What it does", "Why it is bad", "Example", "Use instead"];
        if lint.fix != FixAvailability::None && headings.contains(&"Fix safety") {
            expected.push("Fix safety");
        }
        assert_eq!(headings, expected, "{}", lint.code.id);
    }
}

#[test]
fn every_file_of_a_lint_is_registered() {
    for folder in ["file", "query"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint").join(folder);
        let Ok(entries) = std::fs::read_dir(path) else { continue };
        for entry in entries {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if matches!(name.as_str(), "mod.rs" | "shared.rs") {
                continue;
            }
            let registered =
                registry::ALL.iter().any(|lint| Path::new(lint.file).ends_with(format!("{folder}/{name}")));
            assert!(registered, "src/lint/{folder}/{name} is in no registry");
        }
    }
}

/// What `kqlc rule` writes is what stands in `docs`.
#[test]
fn the_documents_are_up_to_date() {
    for (format, name) in [("markdown", "docs/lints.md"), ("settings-schema", "docs/kqlc.schema.json")] {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
        let output = command.args(["rule", "--all", "--format", format]).output().unwrap();
        let stands = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        assert!(
            output.status.success() && output.stdout == stands,
            "run `cargo run -- rule --all --format {format} > {name}`"
        );
    }
}
