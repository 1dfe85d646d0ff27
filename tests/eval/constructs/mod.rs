//! One construct of KQL at a time, in every place where it may stand: what a translation claims of it is true.
//!
//! Rules mix constructs, so that a false claim about one hides behind another; here there is no other.

#![allow(clippy::unwrap_used, reason = "tests: what fails here fails the test")]

mod conditions;
mod operators;
mod tables;

use kqlc::cli::prove::proofs;
use kqlc::prove::Verdict;
use kqlc::schema::{Dialect, Schemas};
use kqlc::target::{Fidelity, registry};
use rayon::prelude::*;

use crate::prove::{engine, subject};
use operators::OPERATORS;
use tables::{AGGREGATES, EXPRESSIONS};

/// Of how many queries one is proven, unless `KQLC_EVERY` says otherwise: all of them take eight minutes of two processors
/// in a build with optimisation.
const EVERY: usize = 41;

/// What the holes of a construct stand for.
const COLUMNS: &[(&str, &str)] = &[
    ("{s}", "UserPrincipalName"),
    ("{other}", "AppDisplayName"),
    ("{n}", "DurationMs"),
    ("{r}", "Ratio"),
    ("{t}", "CreatedDateTime"),
    ("{d}", "DeviceDetail"),
    ("{b}", "IsInteractive"),
];

/// Queries of which KQL leaves open what they give, so that a translation may find something else and be right.
const OPEN: &[(&str, &str)] = &[
    ("= take_any({s})", "any record of the group is taken"),
    ("= take_any({d})", "any record of the group is taken"),
    ("= any({s})", "any record of the group is taken"),
    ("sample-distinct", "any values are taken"),
    ("| top 1 by c desc | project {other}", "groups of the same size are in any order"),
];

/// A query over one table, unless it names its tables itself.
fn query(rest: &str) -> String {
    if rest.starts_with("let ") {
        return filled(rest.to_owned());
    }
    let mut text = String::from("SigninLogs");
    if rest.contains("{r}") {
        text.push_str(" | extend Ratio = todouble(DurationMs) / 3");
    }
    text.push_str(" | ");
    text.push_str(rest);
    filled(text)
}

/// A text with columns in its holes.
fn filled(text: String) -> String {
    COLUMNS.iter().fold(text, |text, (hole, column)| text.replace(hole, column))
}

/// Every query: what is shown, asked for, grouped and aggregated, and every operator.
fn queries() -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |text: &str| {
        if !OPEN.iter().any(|(open, _)| text.contains(open)) {
            all.push(query(text));
        }
    };
    for expressions in EXPRESSIONS {
        for of in expressions.of {
            add(&format!("extend v = {of} | project v"));
            add(&format!("summarize c = count() by v = tostring({of}) | where c > 1"));
            for test in expressions.tests {
                let test = test.replace("{v}", of);
                add(&format!("where {test} | project {{s}}"));
                add(&format!("summarize c = countif({test}) by {{other}}"));
            }
        }
    }
    for of in AGGREGATES {
        add(&format!("summarize v = {of}"));
        add(&format!("summarize v = {of} by {{other}}"));
        add(&format!("summarize v = {of} by {{other}}, bin(TimeGenerated, 1h) | where isnotempty(tostring(v))"));
    }
    for operator in OPERATORS {
        add(operator);
    }
    all
}

#[test]
fn no_claim_about_a_construct_is_false() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let engine = engine();
    let every = std::env::var("KQLC_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(EVERY);
    let chosen: Vec<String> = queries().into_iter().step_by(every).collect();
    let verdicts: Vec<(String, &str, Verdict)> = chosen
        .par_iter()
        .flat_map(|text| {
            let subject = subject(text, &schemas, &engine);
            let proofs = proofs(&subject.given(&schemas, &engine), registry::TARGETS).unwrap();
            let claims =
                proofs.into_iter().filter(|proof| matches!(proof.fidelity, Fidelity::Exact | Fidelity::Events));
            claims.map(|proof| (text.clone(), proof.target, proof.verdict)).collect::<Vec<_>>()
        })
        .collect();
    let of = |wanted: Verdict| verdicts.iter().filter(move |(.., verdict)| *verdict == wanted);
    let refuted: Vec<String> = of(Verdict::Refuted).map(|(text, target, _)| format!("{target}: {text}")).collect();
    println!("{} claims, {} of them proven, one query in {every}", verdicts.len(), of(Verdict::Proven).count());
    assert!(refuted.is_empty(), "{} claims are false:\n{}", refuted.len(), refuted.join("\n"));
    assert!(of(Verdict::Proven).count() * 10 >= verdicts.len() * 7, "too few of the claims are tested");
}
