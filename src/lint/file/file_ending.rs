//! F137.

use crate::diagnostic::Diagnostic;
use crate::lint::context::TextContext;
use crate::lint::declare::lint;
use crate::rule::{FileKind, kind_of};
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for rules in files whose names end with `.yml`, or with `.YAML` in another case.
    ///
    /// ## Why it is bad
    /// The public repository's checks pass over such files, or refuse them. Off by default: elsewhere any ending will do.
    ///
    /// ## Example
    /// ```yaml file=rule.yml
    /// severity: High
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// severity: High
    /// ```
    "F137" "file-ending" Off, fix: None, since: "0.1.0",
    summary: "The file's name does not end with `.yaml`.",
    check: Text(check)
}

fn check(context: &TextContext<'_>, found: &mut Vec<Diagnostic>) {
    let name = context.subject.file.name();
    if kind_of(name) == Some(FileKind::Yaml) && name.rsplit_once('.').is_none_or(|(_, ending)| ending != "yaml") {
        found.push(LINT.at(Span::at(0), "the file's name does not end with `.yaml`").help("rename the file"));
    }
}
