//! SARIF 2.1.0 (OASIS), as code scanning reads it: one document, one run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use serde_json::{Map, Value, json};

use super::{Report, extent, github};
use crate::diagnostic::{Applicability, Code, Diagnostic, Fix, Severity};
use crate::source::{Encoding, SourceFile, Span};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Results not yet written.
#[derive(Debug, Default)]
pub(super) struct Results {
    results: Vec<(&'static Code, Map<String, Value>)>,
    /// The files they are in, by URI.
    artifacts: BTreeMap<String, Encoding>,
}

impl Results {
    /// The results of a report.
    pub(super) fn of(report: &Report<'_>) -> Self {
        let mut results = Self::default();
        if report.diagnostics.is_empty() {
            return results;
        }
        let uri = uri(report.file.name());
        for diagnostic in report.diagnostics {
            results.results.push((diagnostic.code, result(report.file, &uri, diagnostic)));
        }
        results.artifacts.insert(uri, report.file.encoding());
        results
    }

    /// Puts further results behind these.
    pub(super) fn append(&mut self, other: Self) {
        self.results.extend(other.results);
        self.artifacts.extend(other.artifacts);
    }

    /// Writes the document.
    pub(super) fn write(self, out: &mut impl io::Write) -> io::Result<()> {
        let rules: BTreeMap<&str, &Code> = self.results.iter().map(|(code, _)| (code.id, *code)).collect();
        let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
        let results: Vec<Value> = self
            .results
            .into_iter()
            .map(|(code, mut result)| {
                result.insert("ruleIndex".to_owned(), json!(index[code.id]));
                Value::Object(result)
            })
            .collect();
        let artifacts: Vec<Value> = self
            .artifacts
            .into_iter()
            .map(|(uri, encoding)| json!({ "location": { "uri": uri }, "encoding": encoding_name(encoding) }))
            .collect();
        let document = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "kqlc",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules.values().map(|code| rule(code)).collect::<Vec<_>>(),
                }},
                "artifacts": artifacts,
                "results": results,
                // Columns count characters, and a lone carriage return ends a line too.
                "columnKind": "unicodeCodePoints",
                "newlineSequences": ["\r\n", "\n", "\r"],
            }],
        });
        serde_json::to_writer_pretty(&mut *out, &document)?;
        out.write_all(b"\n")
    }
}

fn rule(code: &Code) -> Value {
    let mut rule = json!({
        "id": code.id,
        "name": code.name,
        "shortDescription": { "text": code.summary },
        // Code scanning asks for all three.
        "fullDescription": { "text": code.summary },
        "help": { "text": code.summary },
        "defaultConfiguration": { "level": level(code.severity) },
    });
    if let Some(official) = code.official {
        rule["properties"] = json!({ "kustoCode": official });
    }
    rule
}

fn result(file: &SourceFile, uri: &str, diagnostic: &Diagnostic) -> Map<String, Value> {
    let mut result = Map::new();
    let mut insert = |key: &str, value: Value| result.insert(key.to_owned(), value);
    insert("ruleId", json!(diagnostic.code.id));
    // Its value is known only when all results are, and its place is here.
    insert("ruleIndex", json!(-1));
    insert("level", json!(level(diagnostic.severity)));
    insert("message", json!({ "text": github::text(diagnostic) }));
    insert("locations", json!([location(file, uri, diagnostic.span, &diagnostic.label)]));
    if !diagnostic.related.is_empty() {
        let related = diagnostic.related.iter().enumerate().map(|(id, label)| {
            let mut location = location(file, uri, label.span, &label.message);
            // The standard wants related locations to differ; two labels may be the same.
            location["id"] = json!(id);
            location
        });
        insert("relatedLocations", related.collect());
    }
    if let Some(fix) = diagnostic.fix.as_ref().filter(|fix| !fix.edits.is_empty()) {
        // A viewer offers every fix it is given. One that needs a decision first stays words.
        if fix.applicability > Applicability::DisplayOnly {
            insert("fixes", json!([change(file, uri, fix)]));
        }
    }
    result
}

fn location(file: &SourceFile, uri: &str, span: Span, message: &str) -> Value {
    let mut location =
        json!({ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": region(file, span) } });
    if !message.is_empty() {
        location["message"] = json!({ "text": message });
    }
    location
}

/// A region; its end column is the one behind the last character.
fn region(file: &SourceFile, span: Span) -> Value {
    let (start, end) = extent(file, span);
    json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
}

fn change(file: &SourceFile, uri: &str, fix: &Fix) -> Value {
    let replacements = fix.edits.iter().map(|edit| {
        let mut replacement = json!({ "deletedRegion": region(file, edit.span) });
        if !edit.replacement.is_empty() {
            replacement["insertedContent"] = json!({ "text": edit.replacement });
        }
        replacement
    });
    json!({
        "description": { "text": fix.message },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri },
            "replacements": replacements.collect::<Vec<_>>(),
        }],
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

const fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 { .. } => "UTF-8",
        Encoding::Utf16Le => "UTF-16LE",
        Encoding::Utf16Be => "UTF-16BE",
        Encoding::Windows1252 => "windows-1252",
    }
}

/// A path as a URI reference (RFC 3986): relative paths stay relative, to be resolved against the repository.
fn uri(name: &str) -> String {
    let name = if cfg!(windows) { name.replace('\\', "/") } else { name.to_owned() };
    let drive = cfg!(windows) && name.as_bytes().get(1) == Some(&b':');
    let (scheme, path) = match (drive, name.strip_prefix("./")) {
        (true, _) => ("file:///", name.as_str()),
        (_, Some(relative)) => ("", relative),
        _ if name.starts_with('/') => ("file://", name.as_str()),
        _ => ("", name.as_str()),
    };
    let mut uri = scheme.to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte as char),
            b':' if drive => uri.push(':'),
            // Writing to a string cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("./rules/a b.yaml"), "rules/a%20b.yaml");
        assert_eq!(uri("a:b#c?.kql"), "a%3Ab%23c%3F.kql");
        assert_eq!(uri("/srv/ü.kql"), "file:///srv/%C3%BC.kql");
        assert_eq!(uri("-"), "-");
    }
}
