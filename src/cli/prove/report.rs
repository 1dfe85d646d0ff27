//! How proofs are told.

use std::fmt::Write as _;

use super::Told;

/// As JSON, on a line.
pub(super) fn json(told: &Told<'_>) -> String {
    let mut line = serde_json::to_string(told).unwrap_or_default();
    line.push('\n');
    line
}

/// For people: a line, and below it where the two parted.
pub(super) fn text(told: &Told<'_>) -> String {
    let Told { path, query, proof } = told;
    let query = query.map_or_else(String::new, |query| format!(" (query {query})"));
    let mut text = format!("{path}{query}: {}, {}: {}", proof.target, proof.fidelity, proof.verdict.word());
    if proof.verdict != super::Verdict::Refused {
        // Nothing of this can fail: a string takes what it is given.
        let _ = write!(text, " ({} events, {} records)", proof.events, proof.groups);
    }
    text.push('\n');
    for words in &proof.implied {
        let _ = writeln!(text, "  `{words}` follows from the rest of the rule");
    }
    if let Some(reason) = &proof.reason {
        let _ = writeln!(text, "  {reason}");
    }
    if let Some(difference) = &proof.first_difference {
        let _ = writeln!(text, "  they part on `{}`, run at {}", difference.scenario, difference.now);
        if let (Some(table), Some(event)) = (&difference.table, &difference.event) {
            let _ = writeln!(text, "  the first event of {table} that only one side found: {event}");
        }
        if !difference.columns.is_empty() {
            let _ = writeln!(text, "  records of the same events differ in {}", difference.columns.join(", "));
        }
        for (who, rows) in [("the rule", &difference.rule), ("the translation", &difference.translation)] {
            if rows.is_empty() {
                let _ = writeln!(text, "  {who} found nothing");
            }
            for row in rows {
                let _ = writeln!(text, "  {who} found {row}");
            }
        }
    }
    text
}
