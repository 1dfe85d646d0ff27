//! F002 and its kin are silenced by comments; this one watches over the comments.

use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::lint::context::Subject;
use crate::lint::declare::{Check, lint};
use crate::lint::ignores::{Ignore, Ignores};
use crate::lint::{Lint, QueryView, registry};
use crate::rule::ScalarStyle;
use crate::source::Span;

lint! {
    /// ## What it does
    /// Looks for `kqlc: ignore[…]` comments that silence nothing, or that name a lint there is none of.
    ///
    /// ## Why it is bad
    /// A comment that has outlived its reason hides the next finding of the same kind, which may be a real one.
    ///
    /// ## Example
    /// ```yaml
    /// severity: High # kqlc: ignore[F014]
    /// ```
    ///
    /// ## Use instead
    /// ```yaml
    /// severity: High
    /// ```
    ///
    /// ## Fix safety
    /// The fix takes out a comment, or the code in it, that has no effect. Comments that name no known lint are left
    /// for a person to mend, and so is a comment in a query that is folded or stands in quotes, where more than the comment may
    /// stand on its line.
    "F099" "unused-ignore" Warning, fix: Sometimes, since: "0.1.0",
    summary: "A comment silences a finding that is not there.",
    check: Ignores
}

/// Tells of comments that have not served. `runs` says which lints had the chance to find something.
pub(in crate::lint) fn check(
    subject: &Subject<'_>,
    ignores: &Ignores,
    runs: &dyn Fn(&Lint) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    let unserved = |ignore: &&Ignore| match ignore.lint {
        // What only other files tell is not known yet.
        Some(lint) => !ignore.served.get() && runs(lint) && !matches!(lint.check, Check::Pack(_) | Check::Ignores),
        None => true,
    };
    for ignore in ignores.all.iter().filter(unserved) {
        let Some(lint) = ignore.lint else {
            let names = registry::ALL.iter().flat_map(|lint| [lint.code.id, lint.code.name]);
            let diagnostic = LINT
                .at(ignore.span, format!("no lint has the code or name `{}`", ignore.text))
                .label("silences nothing");
            found.push(match crate::schema::nearest(&ignore.text, names) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            });
            continue;
        };
        let diagnostic = LINT
            .at(
                ignore.span,
                format!("`{}` ({}) is not found here, so the comment is idle", lint.code.id, lint.code.name),
            )
            .label("silences nothing");
        found.push(if ignore.of == 1 && ends_with_its_line(subject, ignore.comment) {
            diagnostic.fix("take the comment out", Applicability::Safe, vec![whole_comment(subject, ignore.comment)])
        } else {
            diagnostic
        });
    }
}

/// Whether a comment ends where its line of the file does. In a query that is written in quotes or folded it goes on, or
/// code stands behind it.
fn ends_with_its_line(subject: &Subject<'_>, comment: Span) -> bool {
    let within = |query: &&QueryView<'_>| {
        let whole = query.map.span(Span::new(0, query.text.len()));
        whole.start <= comment.start && comment.end <= whole.end
    };
    let Some(rule) = subject.queries.iter().find(within).and_then(|query| query.rule) else { return true };
    subject.rules[rule].query.as_ref().is_none_or(|query| query.style == ScalarStyle::Literal)
}

/// Takes a comment out, with the blanks before it, and its line where nothing else stands on it.
fn whole_comment(subject: &Subject<'_>, comment: Span) -> Edit {
    let text = subject.file.text();
    let line_start = text[..comment.start as usize].rfind(['\n', '\r']).map_or(0, |before| before + 1);
    // Words behind the bracket are part of the comment: its reason.
    let line_end = text[comment.end as usize..].find(['\n', '\r']).map_or(text.len(), |at| comment.end as usize + at);
    let before = &text[line_start..comment.start as usize];
    if before.trim().is_empty() {
        let rest = &text[line_end..];
        let line_break = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        Edit::delete(Span::new(line_start, line_end + line_break))
    } else {
        Edit::delete(Span::new(line_start + before.trim_end().len(), line_end))
    }
}
