//! Other languages into the IR: each by its own grammar and its own rules, from text alone.
//!
//! A reader is one row of the table of languages and one function, [`Reader`]. What it gives is the meaning of what
//! was read, or a diagnostic that says what has no meaning here; it never passes over anything.

mod build;
mod elastic;
mod eql;
mod esql;
mod macros;
mod pipe;
mod sigma;
mod splunk;

use crate::diagnostic::{Diagnostic, Severity};
use crate::ir;
use crate::source::SourceFile;

pub use macros::{Macro, Macros, MacrosError};

/// Reads one file. There is at least one [`ReadBack`]; a file that cannot be read at all gives one without a query.
pub type Reader = fn(&SourceFile, &Options) -> Vec<ReadBack>;

/// One detection of a file: a rule, a search, a query.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadBack {
    /// What it means. `None` where a diagnostic is an error; the other way round too.
    pub query: Option<ir::Query>,
    /// What is to be said about it, spans in the decoded file.
    pub diagnostics: Vec<Diagnostic>,
}

/// What readers are told besides the text.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Definitions of macros, for languages that have them.
    pub macros: Macros,
}

/// Declares the languages: name, endings of files, reader.
macro_rules! languages {
    ($($(#[doc = $doc:literal])+ $language:ident = $name:literal [$($ending:literal)+] $read:path;)+) => {
        /// A language that can be read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
        pub enum Language {
            $($(#[doc = $doc])+ #[value(name = $name)] $language,)+
        }

        impl Language {
            /// Every language.
            pub const ALL: &[Self] = &[$(Self::$language),+];

            /// The name on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$language => $name,)+
                }
            }

            /// The endings of its files, in lower case.
            pub const fn endings(self) -> &'static [&'static str] {
                match self {
                    $(Self::$language => &[$($ending),+],)+
                }
            }

            fn reader(self) -> Reader {
                match self {
                    $(Self::$language => $read,)+
                }
            }
        }
    };
}

languages! {
    /// Sigma rules, correlations and filters
    Sigma = "sigma" ["yml" "yaml"] sigma::read;
    /// Splunk searches
    Splunk = "splunk" ["spl"] splunk::read;
    /// Elastic EQL queries, and detection rules that hold them
    Eql = "eql" ["eql"] eql::read;
    /// ES|QL queries; also Elastic's detection rules, as NDJSON or TOML
    Esql = "esql" ["esql"] esql::read;
}

/// Reads a file of a language.
pub fn read(language: Language, file: &SourceFile, options: &Options) -> Vec<ReadBack> {
    language.reader()(file, options)
}

impl ReadBack {
    /// What was found out: the query counts only where nothing is wrong.
    pub fn new(query: Option<ir::Query>, diagnostics: Vec<Diagnostic>) -> Self {
        let wrong = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        debug_assert!(wrong || query.is_some(), "no query and no word why");
        Self { query: query.filter(|_| !wrong), diagnostics }
    }

    /// What could not be read.
    pub fn refused(diagnostic: Diagnostic) -> Self {
        Self { query: None, diagnostics: vec![diagnostic] }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_endings_are_unique_and_in_lower_case() {
        let mut seen = HashSet::new();
        for language in Language::ALL {
            for word in language.endings() {
                assert!(seen.insert(*word), "{word} twice");
                assert_eq!(*word, word.to_lowercase());
            }
            assert_eq!(language.name(), language.name().to_lowercase());
        }
    }
}
