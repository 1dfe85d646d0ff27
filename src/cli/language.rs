//! The languages that files may hold.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::input::{Inputs, Paths};
use super::output::complain;
use crate::read::{Language, Macros, Options};

/// What files hold, and what is to be known to read them.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Reading {
    /// What the files hold; of a folder, the files of that language are taken
    #[arg(long, value_enum, default_value_t, value_name = "LANGUAGE")]
    pub(super) from: From,
    /// Macro definitions that searches may call: a JSON list of {"name", "arguments", "definition"}
    #[arg(long, value_name = "FILE")]
    macros: Option<PathBuf>,
}

impl Reading {
    /// What a reader is told besides the text. What is wrong is told on standard error; nothing is given then.
    pub(super) fn options(&self) -> Option<Options> {
        match self.macros.as_deref().map(Macros::read).transpose() {
            Ok(macros) => Some(Options { macros: macros.unwrap_or_default() }),
            Err(error) => {
                complain(error);
                None
            }
        }
    }
}

/// What files hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum From {
    /// Rules and queries in KQL.
    #[default]
    Kql,
    /// Another language, read into the IR.
    Other(Language),
}

impl ValueEnum for From {
    fn value_variants<'a>() -> &'a [Self] {
        static VARIANTS: LazyLock<Vec<From>> = LazyLock::new(|| {
            std::iter::once(From::Kql).chain(Language::ALL.iter().copied().map(From::Other)).collect()
        });
        &VARIANTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Kql => Some(PossibleValue::new("kql").help("Sentinel rules and KQL queries")),
            Self::Other(language) => language.to_possible_value(),
        }
    }
}

impl From {
    /// The files that PATHs mean; of a folder those of the language.
    pub(super) fn find(self, paths: &Paths) -> Inputs {
        match self {
            Self::Kql => paths.find(),
            Self::Other(_) => paths.find_ending(|path| self.wants(path)),
        }
    }

    /// Whether a folder's file of this name holds it.
    fn wants(self, path: &Path) -> bool {
        let Self::Other(language) = self else { return false };
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        language.endings().iter().any(|known| known.eq_ignore_ascii_case(ending))
    }
}
