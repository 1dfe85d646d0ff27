//! What a conversion has made, and how standard output shows it.

use std::fmt::Write as _;

use crate::source::{Location, SourceFile, Span};
use crate::target::{Fidelity, Loss, LossKind};

/// What a rule or query has become in a target.
#[derive(Debug)]
pub(super) struct Artefact {
    /// The file it is from.
    pub(super) path: String,
    /// The name of the rule, or of the query's file.
    pub(super) rule: String,
    /// The rule's identifier.
    pub(super) id: Option<String>,
    /// Whether it is from a rule rather than a bare query.
    pub(super) is_rule: bool,
    /// The target, or `page`.
    pub(super) target: &'static str,
    /// The ending of its file.
    pub(super) extension: &'static str,
    /// How faithful it is.
    pub(super) fidelity: Fidelity,
    /// The text; none where it is refused.
    pub(super) output: Option<String>,
    /// What differs.
    pub(super) losses: Vec<Difference>,
}

/// A loss with its place in the file. Programs rely on the keys.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Difference {
    pub(super) kind: LossKind,
    /// The best the conversion can be with this loss.
    pub(super) fidelity: Fidelity,
    pub(super) message: String,
    start: Location,
    end: Location,
    #[serde(skip)]
    span: Span,
}

/// One object of output. Programs rely on the keys.
#[derive(Debug, serde::Serialize)]
struct Record<'a> {
    path: &'a str,
    target: &'static str,
    fidelity: Fidelity,
    output: Option<&'a str>,
    losses: &'a [Difference],
}

impl Difference {
    pub(super) fn new(loss: &Loss, file: &SourceFile) -> Self {
        Self {
            kind: loss.kind,
            fidelity: loss.fidelity,
            message: loss.message.clone(),
            start: file.location(loss.span.start as usize),
            end: file.location(loss.span.end as usize),
            span: loss.span,
        }
    }
}

impl Artefact {
    /// For programs: a line.
    pub(super) fn json(&self) -> String {
        let record = Record {
            path: &self.path,
            target: self.target,
            fidelity: self.fidelity,
            output: self.output.as_deref(),
            losses: &self.losses,
        };
        // Only keys that are no strings can fail, and there are none.
        serde_json::to_string(&record).map(|line| line + "\n").unwrap_or_default()
    }

    /// For people. The lines above the output are told apart by their first characters, and the output stands alone.
    pub(super) fn text(&self, file: &SourceFile, explain: bool) -> String {
        let mut out = self.head(file, explain);
        if let Some(output) = &self.output {
            out.push_str(output);
            out.push('\n');
        }
        out.push('\n');
        out
    }

    /// The same without the output, which goes elsewhere.
    pub(super) fn text_alone(&self, file: &SourceFile) -> String {
        self.head(file, true)
    }

    fn head(&self, file: &SourceFile, explain: bool) -> String {
        let mut out = String::new();
        let name = if self.is_rule { format!(" ({})", self.rule) } else { String::new() };
        let _ = writeln!(out, "# {}{name}: {}, {}", self.path, self.target, self.fidelity);
        for loss in &self.losses {
            let _ = writeln!(out, "#   {}:{} {}: {}", loss.start.line, loss.start.column, loss.kind, loss.message);
            if explain {
                let _ = writeln!(out, "#     {}; at best `{}`", loss.kind.meaning(), loss.fidelity);
                let words = file.slice(loss.span);
                if let Some(first) = words.lines().next().filter(|line| !line.trim().is_empty()) {
                    let more = if words.lines().count() > 1 { " …" } else { "" };
                    let _ = writeln!(out, "#     | {}{more}", first.trim());
                }
            }
        }
        out
    }
}
