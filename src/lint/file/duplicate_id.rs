//! F003.

use crate::diagnostic::Diagnostic;
use crate::lint::declare::lint;
use crate::lint::pack::{Claim, Taken};

lint! {
    /// ## What it does
    /// Looks for an `id` that another rule of the same run has already.
    ///
    /// ## Why it is bad
    /// Of two rules with one `id` the one deployed last replaces the other, and nobody is told. It happens when a rule
    /// is copied to begin a new one.
    ///
    /// ## Example
    /// ```yaml twice
    /// id: 7f0c1a52-9a3e-4c5b-8d21-6b1f0e9c4d33
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// id: 0d9b7c64-51c8-4f0e-a7c3-2e8f5b6a1d90
    /// ```
    "F003" "duplicate-id" Error, fix: None, since: "0.1.0",
    summary: "Two rules have the same `id`.",
    check: Pack(check)
}

fn check(claim: &Claim, taken: &Taken) -> Diagnostic {
    LINT.at(claim.span, format!("the `id` is that of another rule: {}:{}", taken.path, taken.at.line))
        .label("taken already")
        .note("of two rules with one `id` only the one deployed last remains")
        .help("write a fresh GUID into the newer of the two")
}
