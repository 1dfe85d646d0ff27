//! What a lint is.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::Span;
use crate::target::LossKind;

use super::context::{QueryContext, RuleContext, TextContext};
use super::pack::Claim;

/// What part of a detection a lint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// The rule file: what its schema demands, and what its format makes of the text.
    File,
    /// The query.
    Query,
    /// Translation into other languages.
    Portability,
}

impl Category {
    /// The letter that codes of the category begin with.
    pub const fn letter(self) -> char {
        match self {
            Self::File => 'F',
            Self::Query => 'Q',
            Self::Portability => 'P',
        }
    }

    /// The category of a code.
    pub fn of(code: &str) -> Option<Self> {
        [Self::File, Self::Query, Self::Portability].into_iter().find(|category| code.starts_with(category.letter()))
    }
}

/// How serious findings of a lint are, and whether it runs without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Runs; the service or the public repository's checks refuse the file.
    Error,
    /// Runs; likely a mistake.
    Warning,
    /// Does not run unless it is selected: a matter of taste.
    Off,
}

/// Whether findings of a lint come with a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FixAvailability {
    /// Never.
    None,
    /// In some cases.
    Sometimes,
    /// Always.
    Always,
}

/// What a lint looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The text of a file, whatever it holds.
    Text(fn(&TextContext<'_>, &mut Vec<Diagnostic>)),
    /// A rule.
    Rule(fn(&RuleContext<'_>, &mut Vec<Diagnostic>)),
    /// A query that parses, with its rule where it has one. Spans count in the query.
    Query(fn(&QueryContext<'_>, &mut Vec<Diagnostic>)),
    /// What the languages that rules are to be written in lose of a query, in one way.
    Losses(LossKind),
    /// What a rule lays claim to, against what other rules of the run have claimed.
    Pack(fn(&Claim, &super::pack::Taken) -> Diagnostic),
    /// The comments that silence other lints; the runner itself knows which of them serve.
    Ignores,
}

/// A lint.
#[derive(Debug)]
pub struct Lint {
    /// Its code and name; the severity of its findings and the sentence that sums it up.
    pub code: Code,
    /// Whether it runs unless it is deselected.
    pub level: Level,
    /// Whether its findings come with a fix.
    pub fix: FixAvailability,
    /// The version that had it first.
    pub since: &'static str,
    /// Its documentation in Markdown, without the heading.
    pub doc: &'static str,
    /// The source file it stands in.
    pub file: &'static str,
    /// How it looks.
    pub check: Check,
}

impl PartialEq for Lint {
    /// A lint is itself alone; its code tells it from all others.
    fn eq(&self, other: &Self) -> bool {
        self.code.id == other.code.id
    }
}

impl Lint {
    /// Its category, by the letter of its code.
    pub fn category(&self) -> Category {
        Category::of(self.code.id).unwrap_or(Category::File)
    }

    /// A finding of it.
    pub fn at(&'static self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(&self.code, span, message)
    }

    /// Whether it runs unless it is deselected.
    pub fn is_default(&self) -> bool {
        self.level != Level::Off
    }
}

/// The severity of a level; a matter of taste is a warning once it is asked for.
pub(super) const fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warning | Level::Off => Severity::Warning,
    }
}

/// Declares the lint of a file, `LINT`, with its documentation above it.
macro_rules! lint {
    ($(#[doc = $doc:literal])+ $code:literal $name:literal $level:ident, fix: $fix:ident, since: $since:literal,
     summary: $summary:literal, check: $($check:tt)+) => {
        $(#[doc = $doc])+
        pub(in crate::lint) static LINT: crate::lint::Lint = crate::lint::Lint {
            code: crate::diagnostic::Code {
                id: $code,
                name: $name,
                official: None,
                severity: crate::lint::declare::severity(crate::lint::Level::$level),
                summary: $summary,
            },
            level: crate::lint::Level::$level,
            fix: crate::lint::FixAvailability::$fix,
            since: $since,
            doc: concat!($($doc, "\n"),+),
            file: file!(),
            check: crate::lint::Check::$($check)+,
        };
    };
}

pub(super) use lint;
