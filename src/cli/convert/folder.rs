//! A folder of converted rules: a file a rule and target, a manifest, a summary.
//!
//! Names are made of letters, digits and hyphens, so nothing is written outside the folder whatever a rule is called,
//! and a link inside it is replaced, not followed. A file that is as it should be is not touched.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::digest;
use super::super::replace::Replacement;
use super::super::unified;
use super::artefact::{Artefact, Difference};
use super::summary;
use crate::package::Packaging;
use crate::target::{Fidelity, Fields};

/// The file that says what there is.
const MANIFEST: &str = "manifest.json";
/// The file that says it to people.
const SUMMARY: &str = "summary.md";
/// The most characters of a name.
const NAME: usize = 100;
/// Names that Windows keeps for devices.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// What the manifest says of a rule in a target. Programs rely on the keys.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    /// The file the rule is from, as it was named.
    pub(super) path: String,
    /// The rule's name.
    pub(super) rule: String,
    pub(super) id: Option<String>,
    pub(super) target: &'static str,
    pub(super) fidelity: Fidelity,
    /// The file, from the folder; none where the rule is refused.
    pub(super) file: Option<String>,
    /// Of the file's bytes, in hexadecimal digits.
    sha256: Option<String>,
    pub(super) losses: Vec<Difference>,
}

/// The manifest.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    generator: &'static str,
    package: Packaging,
    fields: &'static str,
    rules: &'a [Entry],
}

/// What is read of the manifest of an earlier run.
#[derive(Debug, Default, Deserialize)]
struct Earlier {
    rules: Vec<EarlierEntry>,
}

#[derive(Debug, Deserialize)]
struct EarlierEntry {
    file: Option<String>,
}

/// A folder that is being filled.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// Whether nothing is to be written.
    dry: bool,
    entries: Vec<Entry>,
    taken: HashSet<String>,
    earlier: Vec<String>,
    written: usize,
    unchanged: usize,
}

/// How it ended.
#[derive(Debug)]
pub(super) struct End {
    /// What would change in the manifest and the summary.
    pub(super) diff: String,
    /// Whether anything would.
    pub(super) would_change: bool,
    /// Files of an earlier run that this one has not made.
    pub(super) stale: Vec<String>,
    /// One line, such as `2 files written, 5 unchanged, 1 refused`.
    pub(super) tally: String,
}

impl Folder {
    /// Opens a folder, and makes it where it is to be written.
    pub(super) fn open(root: &Path, dry: bool) -> Result<Self, String> {
        if !dry {
            fs::create_dir_all(root).map_err(|error| format!("{}: {error}", root.display()))?;
        }
        // Without a manifest, or with one of something else, there is no earlier run.
        let earlier: Earlier = fs::read_to_string(root.join(MANIFEST))
            .ok()
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        Ok(Self {
            root: root.to_owned(),
            dry,
            entries: Vec::new(),
            taken: HashSet::new(),
            earlier: earlier.rules.into_iter().filter_map(|entry| entry.file).collect(),
            written: 0,
            unchanged: 0,
        })
    }

    /// Takes in what a rule has become; what would change where nothing is to be written.
    pub(super) fn put(&mut self, artefact: Artefact) -> Result<Option<String>, String> {
        let mut entry = Entry {
            path: artefact.path,
            rule: artefact.rule,
            id: artefact.id,
            target: artefact.target,
            fidelity: artefact.fidelity,
            file: None,
            sha256: None,
            losses: artefact.losses,
        };
        let Some(mut text) = artefact.output else {
            self.entries.push(entry);
            return Ok(None);
        };
        text.push('\n');
        let file = self.free_name(artefact.target, &entry.rule, artefact.extension);
        entry.sha256 = Some(digest::of(text.as_bytes()));
        entry.file = Some(file.clone());
        self.entries.push(entry);
        self.write(&file, &text)
    }

    /// Writes the manifest and the summary.
    pub(super) fn finish(mut self, package: Packaging, fields: Fields) -> Result<End, String> {
        let manifest = Manifest {
            generator: concat!("kqlc ", env!("CARGO_PKG_VERSION")),
            package,
            fields: match fields {
                Fields::Siem => "siem",
                Fields::Native => "native",
            },
            rules: &self.entries,
        };
        let manifest = serde_json::to_string_pretty(&manifest).map_err(|error| error.to_string())? + "\n";
        let summary = summary::markdown(&self.entries);
        let mut diff = String::new();
        for (name, text) in [(MANIFEST, manifest), (SUMMARY, summary)] {
            diff.extend(self.write(name, &text)?);
        }
        let made: HashSet<&str> = self.entries.iter().filter_map(|entry| entry.file.as_deref()).collect();
        // The manifest is a file like any other: what it names is shown, and never followed or removed.
        let stale = self.earlier.iter().filter(|file| !made.contains(file.as_str())).cloned().collect();
        let refused = self.entries.iter().filter(|entry| entry.fidelity == Fidelity::Refused).count();
        let verb = if self.dry { "would change" } else { "written" };
        let mut tally = format!("{} {verb}, {} unchanged", files(self.written), self.unchanged);
        if refused > 0 {
            let _ = write!(tally, "; {refused} refused");
        }
        Ok(End { diff, would_change: self.dry && self.written > 0, stale, tally })
    }

    /// A name that no other file of this run has.
    fn free_name(&mut self, target: &str, rule: &str, extension: &str) -> String {
        let stem = slug(rule);
        let mut file = format!("{target}/{stem}.{extension}");
        let mut number = 1;
        while !self.taken.insert(file.clone()) {
            number += 1;
            file = format!("{target}/{stem}-{number}.{extension}");
        }
        file
    }

    fn write(&mut self, file: &str, text: &str) -> Result<Option<String>, String> {
        let path = self.root.join(file);
        let told = |error: io::Error| format!("{}: {error}", path.display());
        if let Some(parent) = path.parent().filter(|parent| *parent != self.root) {
            // A link would lead out of the folder.
            if parent.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
                return Err(format!("{}: this is no folder", parent.display()));
            }
        }
        let there = match path.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => Some(fs::read(&path).map_err(told)?),
            _ => None,
        };
        if there.as_deref() == Some(text.as_bytes()) {
            self.unchanged += 1;
            return Ok(None);
        }
        self.written += 1;
        if self.dry {
            let before = there.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            let old = if there.is_some() { file } else { "/dev/null" };
            return Ok(Some(unified::diff(old, &before, file, text)));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(told)?;
        }
        let mut out = Replacement::of_name(&path).map_err(told)?;
        out.write_all(text.as_bytes()).map_err(told)?;
        out.commit().map_err(told)?;
        Ok(None)
    }
}

/// A name for a file: letters and digits of ASCII in lower case, and hyphens between them.
pub(super) fn slug(name: &str) -> String {
    let letters: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let words = letters.split_whitespace().collect::<Vec<_>>().join("-");
    let cut: String = words.chars().take(NAME).collect();
    let cut = cut.trim_end_matches('-');
    let device = DEVICES.contains(&cut)
        || cut.strip_prefix("com").or_else(|| cut.strip_prefix("lpt")).is_some_and(|rest| rest.len() == 1);
    match cut {
        "" => "rule".to_owned(),
        _ if device => format!("rule-{cut}"),
        _ => cut.to_owned(),
    }
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artefact(rule: &str, output: Option<&str>) -> Artefact {
        Artefact {
            path: "a.yaml".to_owned(),
            rule: rule.to_owned(),
            id: None,
            is_rule: true,
            target: "splunk",
            extension: "spl",
            fidelity: if output.is_some() { Fidelity::Exact } else { Fidelity::Refused },
            output: output.map(str::to_owned),
            losses: Vec::new(),
        }
    }

    fn run(root: &Path, dry: bool, artefacts: &[(&str, Option<&str>)]) -> (String, End) {
        let mut folder = Folder::open(root, dry).unwrap();
        let mut diff = String::new();
        for (rule, output) in artefacts {
            diff.extend(folder.put(artefact(rule, *output)).unwrap());
        }
        let end = folder.finish(Packaging::Query, Fields::Siem).unwrap();
        (diff, end)
    }

    #[test]
    fn names_hold_nothing_that_leads_elsewhere() {
        for (name, file) in [
            ("../../x", "x"),
            ("..", "rule"),
            ("", "rule"),
            ("/etc/passwd", "etc-passwd"),
            (r"C:\x", "c-x"),
            ("NUL", "rule-nul"),
            ("COM1", "rule-com1"),
            ("Mass download: \u{202e} of files!", "mass-download-of-files"),
        ] {
            assert_eq!(slug(name), file, "{name}");
        }
        assert!(slug(&"long ".repeat(99)).len() <= NAME);
    }

    #[test]
    fn nothing_is_written_outside_and_every_rule_has_its_file() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("a/b");
        run(&root, false, &[("../../x", Some("one")), ("x", Some("two")), ("X!", Some("three")), ("y", None)]);
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
        assert_eq!(
            (read("splunk/x.spl"), read("splunk/x-2.spl"), read("splunk/x-3.spl")),
            ("one\n".into(), "two\n".into(), "three\n".into())
        );
        assert_eq!(outer.path().read_dir().unwrap().count(), 1);
        assert_eq!(root.read_dir().unwrap().count(), 3);
        let manifest: serde_json::Value = serde_json::from_str(&read(MANIFEST)).unwrap();
        let rules = manifest["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 4);
        for rule in rules {
            match rule["file"].as_str() {
                Some(file) => {
                    let bytes = fs::read(root.join(file)).unwrap();
                    assert_eq!(rule["sha256"], digest::of(&bytes));
                }
                None => assert!(rule["fidelity"] == "refused" && rule["sha256"].is_null()),
            }
        }
        assert!(read(SUMMARY).contains("splunk/x-2.spl"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let outer = tempfile::tempdir().unwrap();
        let (root, other) = (outer.path().join("out"), outer.path().join("other"));
        fs::create_dir_all(root.join("splunk")).unwrap();
        fs::write(&other, "mine").unwrap();
        std::os::unix::fs::symlink(&other, root.join("splunk/x.spl")).unwrap();
        run(&root, false, &[("x", Some("new"))]);
        assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
        assert_eq!(fs::read_to_string(root.join("splunk/x.spl")).unwrap(), "new\n");
        fs::remove_dir_all(root.join("splunk")).unwrap();
        std::os::unix::fs::symlink(outer.path(), root.join("splunk")).unwrap();
        let mut folder = Folder::open(&root, false).unwrap();
        assert!(folder.put(artefact("x", Some("new"))).unwrap_err().contains("no folder"));
    }

    #[test]
    fn what_is_as_it_should_be_is_not_touched() {
        let root = tempfile::tempdir().unwrap();
        let (_, first) = run(root.path(), false, &[("x", Some("one")), ("y", Some("two"))]);
        assert_eq!(first.tally, "4 files written, 0 unchanged");
        let (_, second) = run(root.path(), false, &[("x", Some("one")), ("y", Some("two"))]);
        assert_eq!(second.tally, "0 files written, 4 unchanged");
        let (diff, dry) = run(root.path(), true, &[("x", Some("three"))]);
        assert!(dry.would_change && diff.contains("-one\n+three\n"), "{diff}");
        assert_eq!(dry.stale, ["splunk/y.spl"]);
        assert_eq!(fs::read_to_string(root.path().join("splunk/x.spl")).unwrap(), "one\n");
        assert!(!run(root.path(), true, &[("x", Some("one")), ("y", Some("two"))]).1.would_change);
    }

    #[test]
    fn a_dry_run_makes_no_folder() {
        let outer = tempfile::tempdir().unwrap();
        let (diff, _) = run(&outer.path().join("gone"), true, &[("x", Some("one"))]);
        assert!(diff.contains("--- /dev/null\n+++ splunk/x.spl\n"), "{diff}");
        assert_eq!(outer.path().read_dir().unwrap().count(), 0);
    }
}
