//! The names by which the command line knows the ways to write findings.

use clap::ValueEnum;
use clap::builder::{EnumValueParser, TypedValueParser};

use crate::diagnostic::render::Format;

/// [`Format`], with the words of `--help`. Clap's trait can only be given to a type of this package.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Named {
    /// Snippets with the words underlined, for people; also called `text`
    #[value(alias = "text")]
    Human,
    /// One line a finding: path, place, severity, code, headline
    Concise,
    /// One JSON object a line, one line a query
    Json,
    /// One SARIF 2.1.0 document, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow run
    Github,
    /// A code quality report of GitLab
    Gitlab,
    /// One `JUnit` document, for build servers
    Junit,
}

impl From<Named> for Format {
    fn from(named: Named) -> Self {
        match named {
            Named::Human => Self::Human,
            Named::Concise => Self::Concise,
            Named::Json => Self::Json,
            Named::Sarif => Self::Sarif,
            Named::Github => Self::Github,
            Named::Gitlab => Self::Gitlab,
            Named::Junit => Self::Junit,
        }
    }
}

/// Reads the value of `--format`.
pub(super) fn format() -> impl TypedValueParser<Value = Format> {
    EnumValueParser::<Named>::new().map(Format::from)
}
