//! A baseline: findings that a pack has when the checks are adopted, and that are not told again.
//!
//! The file is JSON for people to read: path, code, the line that the finding begins on, and how often. Lines may move
//! without a finding coming up again; a line that changes is a new one.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::replace;
use crate::lint::Finding;
use crate::source::SourceFile;

/// How often each line has each finding.
type Lines = BTreeMap<String, BTreeMap<String, usize>>;

/// The findings that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    /// The form of the file: 1.
    version: u32,
    /// By path and code.
    findings: BTreeMap<String, Lines>,
}

const VERSION: u32 = 1;

impl Baseline {
    /// Reads a baseline.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let tell = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| tell(&error))?;
        let baseline: Self = serde_json::from_str(&text).map_err(|error| tell(&error))?;
        if baseline.version != VERSION {
            return Err(tell(&format_args!("a baseline of version {}, where {VERSION} is read", baseline.version)));
        }
        Ok(baseline)
    }

    /// Writes it, for people to read and to compare.
    pub(super) fn write(&mut self, path: &Path) -> Result<(), String> {
        self.version = VERSION;
        let text = serde_json::to_string_pretty(self).map_err(|error| format!("{}: {error}", path.display()))?;
        replace::write(path, (text + "\n").as_bytes()).map_err(|error| error.to_string())
    }

    /// Notes the findings of a file.
    pub(super) fn note(&mut self, file: &SourceFile, findings: &[Finding]) {
        for finding in findings {
            let (code, line) = key(file, finding);
            let lines = self.findings.entry(name(file)).or_default().entry(code.to_owned()).or_default();
            *lines.entry(line).or_default() += 1;
        }
    }

    /// Leaves out the findings that are known; of several alike, as many as are known.
    pub(super) fn leave_out(&self, file: &SourceFile, findings: &mut Vec<Finding>) {
        let Some(known) = self.findings.get(&name(file)) else { return };
        let mut known = known.clone();
        findings.retain(|finding| {
            let (code, line) = key(file, finding);
            match known.get_mut(code).and_then(|lines| lines.get_mut(&line)).filter(|left| **left > 0) {
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => true,
            }
        });
    }
}

/// The file's name with forward slashes, so that a baseline serves on every machine.
fn name(file: &SourceFile) -> String {
    let name = file.name().strip_prefix("./").unwrap_or(file.name());
    if cfg!(windows) { name.replace('\\', "/") } else { name.to_owned() }
}

fn key(file: &SourceFile, finding: &Finding) -> (&'static str, String) {
    let at = file.location(finding.diagnostic.span.start as usize);
    (finding.diagnostic.code.id, file.line(at.line).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, code};
    use crate::source::Span;

    fn findings(at: &[usize]) -> Vec<Finding> {
        let finding =
            |&at: &usize| Finding { diagnostic: Diagnostic::new(&code::UNEXPECTED, Span::at(at), ""), query: None };
        at.iter().map(finding).collect()
    }

    #[test]
    fn what_is_known_is_left_out_though_its_line_has_moved() {
        let mut baseline = Baseline::default();
        baseline.note(&SourceFile::from_text("./a.kql", "one\n  two\n"), &findings(&[6]));
        let moved = SourceFile::from_text("a.kql", "zero\none\n two\ntwo\n");
        let mut found = findings(&[10, 14]);
        baseline.leave_out(&moved, &mut found);
        assert_eq!(found, findings(&[14]), "one is known, not two");
        let other = SourceFile::from_text("b.kql", "two\n");
        let mut found = findings(&[0]);
        baseline.leave_out(&other, &mut found);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_baseline_is_read_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baseline.json");
        let mut baseline = Baseline::default();
        baseline.note(&SourceFile::from_text("a.kql", "one\n"), &findings(&[0, 0]));
        baseline.write(&path).unwrap();
        assert_eq!(Baseline::read(&path).unwrap(), baseline);
        std::fs::write(&path, "{\"version\": 2, \"findings\": {}}").unwrap();
        assert!(Baseline::read(&path).unwrap_err().contains("version 2"));
        std::fs::write(&path, "{").unwrap();
        assert!(Baseline::read(&path).is_err());
    }
}
