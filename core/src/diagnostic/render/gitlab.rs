//! GitLab's code quality report: one JSON array, of which each line holds one finding.
//!
//! The keys are those that GitLab's page on code quality lists as required; severities are its five words.

use std::collections::HashMap;

use serde_json::json;

use super::{Report, extent, github, visible};
use crate::diagnostic::Severity;

/// Appends one line for each diagnostic, without the brackets and commas of the array.
pub(super) fn render(report: &Report<'_>, out: &mut String) {
    let path = report.file.name().strip_prefix("./").unwrap_or(report.file.name()).replace('\\', "/");
    let mut seen: HashMap<u64, u64> = HashMap::new();
    for diagnostic in report.diagnostics {
        let (start, end) = extent(report.file, diagnostic.span);
        // What identifies a finding must not change when lines are added above it.
        let words = report.file.line(start.line).trim();
        let hash = fingerprint([path.as_str(), diagnostic.code.id, words]);
        let times = seen.entry(hash).or_default();
        *times += 1;
        let record = json!({
            "description": visible(&github::text(diagnostic)),
            "check_name": diagnostic.code.id,
            "fingerprint": format!("{hash:016x}{times:04x}"),
            "severity": severity(diagnostic.severity),
            "location": { "path": path, "lines": { "begin": start.line, "end": end.line } },
        });
        out.push_str(&record.to_string());
        out.push('\n');
    }
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}

/// FNV-1a over the parts: a hash that stays the same from version to version.
fn fingerprint(parts: [&str; 3]) -> u64 {
    let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, code};
    use crate::source::{SourceFile, Span};

    fn records(text: &str, at: &[usize]) -> Vec<serde_json::Value> {
        let file = SourceFile::from_text("./a/b.kql", text);
        let diagnostics: Vec<Diagnostic> =
            at.iter().map(|&at| Diagnostic::new(&code::UNEXPECTED, Span::at(at), "it is \u{1b}so")).collect();
        let mut out = String::new();
        render(&Report { file: &file, query: None, diagnostics: &diagnostics }, &mut out);
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_finding_keeps_its_fingerprint_when_lines_are_added_above() {
        let (before, after) = (records("one\ntwo\n", &[4]), records("zero\none\ntwo\n", &[9]));
        assert_eq!(before[0]["fingerprint"], after[0]["fingerprint"]);
        assert_eq!(
            (&before[0]["location"]["lines"]["begin"], &after[0]["location"]["lines"]["begin"]),
            (&json!(2), &json!(3))
        );
        assert_eq!(before[0]["location"]["path"], "a/b.kql");
        assert!(!before[0]["description"].as_str().unwrap().contains('\u{1b}'));
    }

    #[test]
    fn two_findings_on_one_line_are_told_apart() {
        let found = records("one two\n", &[0, 4]);
        assert_ne!(found[0]["fingerprint"], found[1]["fingerprint"]);
    }
}
