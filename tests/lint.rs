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

#[path = "pages/mod.rs"]
mod pages;

use pages::{Block, RULE, blocks};

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
