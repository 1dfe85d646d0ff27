//! Comments that silence findings: `# kqlc: ignore[F012]` in YAML, `// kqlc: ignore[Q003]` in a query.
//!
//! Such a comment silences findings that begin on its own line or, where it stands alone on its line, on the next one
//! that is not a comment. `ignore-file` in place of `ignore` silences them in the whole file. Which findings are meant
//! has to be said: a comment without codes silences nothing.

use std::cell::Cell;

use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

use super::{Lint, QueryView, registry};

/// One code in a comment.
#[derive(Debug)]
pub(super) struct Ignore {
    /// The code or name as written.
    pub(super) text: String,
    /// Its words.
    pub(super) span: Span,
    /// The comment, from `#` or `//` to its closing bracket.
    pub(super) comment: Span,
    /// How many codes the comment has.
    pub(super) of: usize,
    /// The lint it names.
    pub(super) lint: Option<&'static Lint>,
    /// The line it silences, from 1; all of them if `None`.
    line: Option<usize>,
    /// Whether it has silenced anything.
    pub(super) served: Cell<bool>,
}

/// The comments of a file.
#[derive(Debug, Default)]
pub(super) struct Ignores {
    pub(super) all: Vec<Ignore>,
}

impl Ignores {
    /// Finds them.
    pub(super) fn of(file: &SourceFile, queries: &[QueryView<'_>]) -> Self {
        let text = file.text();
        let mut all = Vec::new();
        for at in memchr::memmem::find_iter(text.as_bytes(), b"kqlc:") {
            let line_start = text[..at].rfind(['\n', '\r']).map_or(0, |before| before + 1);
            let before = text[line_start..at].trim_end();
            let in_query = queries.iter().any(|query| {
                let whole = query.map.span(Span::new(0, query.text.len()));
                (whole.start as usize..=whole.end as usize).contains(&at)
            });
            let mark = if in_query { "//" } else { "#" };
            let Some(lead) = before.strip_suffix(mark) else { continue };
            let rest = &text[at + "kqlc:".len()..];
            let words = rest.trim_start_matches([' ', '\t']);
            let (whole_file, after) = match (words.strip_prefix("ignore-file["), words.strip_prefix("ignore[")) {
                (Some(after), _) => (true, after),
                (None, Some(after)) => (false, after),
                (None, None) => continue,
            };
            let Some(list) = after.split(['\n', '\r', ']']).next().filter(|list| after[list.len()..].starts_with(']'))
            else {
                continue;
            };
            let list_start = text.len() - after.len();
            let comment = Span::new(line_start + lead.len(), list_start + list.len() + 1);
            let own_line = file.location(at).line;
            let line = if lead.trim().is_empty() { next_line(file, own_line, mark) } else { own_line };
            let codes: Vec<&str> = list.split(',').collect();
            let mut offset = list_start;
            for code in &codes {
                let start = offset + code.len() - code.trim_start().len();
                let text = code.trim().to_owned();
                let span = Span::new(start, start + text.len());
                offset += code.len() + 1;
                all.push(Ignore {
                    lint: registry::find(&text),
                    text,
                    span,
                    comment,
                    of: codes.len(),
                    line: (!whole_file).then_some(line),
                    served: Cell::new(false),
                });
            }
        }
        Self { all }
    }

    /// Whether a finding is silenced. Notes the comment that did it.
    pub(super) fn silence(&self, file: &SourceFile, diagnostic: &Diagnostic) -> bool {
        let mut silenced = false;
        let mut at = None;
        for ignore in &self.all {
            if ignore.lint.is_none_or(|lint| lint.code.id != diagnostic.code.id) {
                continue;
            }
            let line = *at.get_or_insert_with(|| file.location(diagnostic.span.start as usize).line);
            if ignore.line.is_none_or(|silenced| silenced == line) {
                ignore.served.set(true);
                silenced = true;
            }
        }
        silenced
    }
}

/// The next line that is more than a comment or nothing.
fn next_line(file: &SourceFile, line: usize, mark: &str) -> usize {
    let comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with(mark);
    (line + 1..=file.line_count()).find(|&next| !comment(file.line(next))).unwrap_or(line)
}
