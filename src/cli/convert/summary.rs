//! The summary of a folder for people, in Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::folder::Entry;
use crate::target::Fidelity;

const FIDELITIES: [Fidelity; 4] = [Fidelity::Exact, Fidelity::Events, Fidelity::Approximate, Fidelity::Refused];

/// How many rules are how faithful in each target, then every rule, then why rules are refused.
pub(super) fn markdown(entries: &[Entry]) -> String {
    let mut targets: Vec<&str> = Vec::new();
    let mut rules: Vec<(&str, &str, Vec<&Entry>)> = Vec::new();
    for entry in entries {
        if !targets.contains(&entry.target) {
            targets.push(entry.target);
        }
        match rules.last_mut() {
            Some((path, rule, list)) if *path == entry.path && *rule == entry.rule => list.push(entry),
            _ => rules.push((&entry.path, &entry.rule, vec![entry])),
        }
    }
    let mut out = String::from(
        "# Converted rules\n\n| target | exact | events | approximate | refused |\n|---|---:|---:|---:|---:|\n",
    );
    for target in &targets {
        let count = |fidelity| entries.iter().filter(|it| it.target == *target && it.fidelity == fidelity).count();
        let counts: Vec<String> = FIDELITIES.into_iter().map(|fidelity| count(fidelity).to_string()).collect();
        let _ = writeln!(out, "| {target} | {} |", counts.join(" | "));
    }
    let _ = writeln!(out, "\n## Rules\n\n| rule | {} |\n|---|{}", targets.join(" | "), "---|".repeat(targets.len()));
    for (_, rule, list) in &rules {
        let cells: Vec<String> = targets
            .iter()
            .map(|target| {
                let entry = list.iter().find(|entry| entry.target == *target);
                entry.map_or_else(String::new, |entry| match &entry.file {
                    Some(file) => format!("[{}]({file})", entry.fidelity),
                    None => entry.fidelity.to_string(),
                })
            })
            .collect();
        let _ = writeln!(out, "| {} | {} |", escaped(rule), cells.join(" | "));
    }
    let mut reasons: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.fidelity == Fidelity::Refused) {
        for loss in entry.losses.iter().filter(|loss| loss.fidelity == Fidelity::Refused) {
            *reasons.entry((entry.target, format!("{}: {}", loss.kind, loss.message))).or_default() += 1;
        }
    }
    if !reasons.is_empty() {
        out.push_str("\n## Why rules are refused\n\n| target | rules | reason |\n|---|---:|---|\n");
        for ((target, reason), count) in &reasons {
            let _ = writeln!(out, "| {target} | {count} | {} |", escaped(reason));
        }
    }
    out
}

/// A text as it stands in a cell of a table.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '[' | ']' | '*' | '_' | '`' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_cell() {
        assert_eq!(escaped("a|b\n<i>*c*"), r"a\|b &lt;i>\*c\*");
    }
}
