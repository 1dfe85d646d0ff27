//! Markdown with rules and queries in it: the documentation of lints, and the pages of tests.

#![allow(dead_code, clippy::expect_used, reason = "a helper of several tests, not each of which uses all of it")]

use std::collections::BTreeMap;

/// A rule that is right in every respect, and what an example replaces the keys of.
pub(crate) const RULE: &str = "\
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
pub(crate) struct Block {
    /// `yaml` or `kql`.
    pub(crate) language: String,
    /// What stands behind the language: `without=id`, `nrt`.
    pub(crate) options: BTreeMap<String, String>,
    pub(crate) text: String,
    pub(crate) heading: String,
    pub(crate) line: usize,
}

pub(crate) fn blocks(markdown: &str) -> Vec<Block> {
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
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
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
