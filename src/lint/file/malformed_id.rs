//! F002.

use crate::diagnostic::Diagnostic;
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::lint::known::is_guid;

lint! {
    /// ## What it does
    /// Looks for an `id` that is no GUID: eight, four, four, four and twelve hexadecimal digits with `-` between.
    ///
    /// ## Why it is bad
    /// The service and the public repository's checks refuse any other `id`. Made-up ones often have letters past `f`.
    ///
    /// ## Example
    /// ```yaml
    /// id: a1b2c3d4-e5f6-4g7h-8i9j-k0l1m2n3o4p5
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// id: 7f0c1a52-9a3e-4c5b-8d21-6b1f0e9c4d33
    /// ```
    "F002" "malformed-id" Error, fix: None, since: "0.1.0",
    summary: "The `id` is no GUID.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(id) = context.rule.id.as_ref().filter(|_| context.is_flat()) else { return };
    if is_guid(&id.value) {
        return;
    }
    let stray = id.value.chars().find(|c| !c.is_ascii_hexdigit() && *c != '-');
    let diagnostic = LINT.at(id.span, format!("the `id` is no GUID: `{}`", id.value));
    found.push(
        match stray {
            Some(stray) => diagnostic.label(format!("`{stray}` is no hexadecimal digit")),
            None => diagnostic.label("a GUID has 8, 4, 4, 4 and 12 hexadecimal digits, with `-` between"),
        }
        .help("write a fresh GUID, such as `uuidgen` prints"),
    );
}
