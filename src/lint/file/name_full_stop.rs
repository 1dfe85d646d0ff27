//! F009.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::RuleContext;
use crate::lint::declare::lint;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for names that end with a full stop.
    ///
    /// ## Why it is bad
    /// A name is a heading. In lists and in the titles of incidents the full stop looks like a mistake. Off by default: it is a
    /// convention.
    ///
    /// ## Example
    /// ```yaml
    /// name: Sign-in from a new country.
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// name: Sign-in from a new country
    /// ```
    ///
    /// ## Fix safety
    /// Unsafe: a rule that is deployed already is renamed.
    "F009" "full-stop-in-name" Off, fix: Always, since: "0.1.0",
    summary: "The name ends with a full stop.",
    check: Rule(check)
}

fn check(context: &RuleContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(name) = &context.rule.name else { return };
    let words = context.words(name.span);
    let Some(at) = words.rfind('.').filter(|_| name.value.trim_end().ends_with('.') && !name.value.ends_with(".."))
    else {
        return;
    };
    let stop = Span::new(name.span.start as usize + at, name.span.start as usize + at + 1);
    found.push(LINT.at(stop, "the name ends with a full stop").fix(
        "take the full stop out",
        Applicability::Unsafe,
        vec![Edit::delete(stop)],
    ));
}
