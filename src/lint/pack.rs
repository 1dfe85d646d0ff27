//! What only a look at several files tells: two rules that lay claim to the same thing.

use std::collections::HashMap;

use crate::source::{Location, SourceFile, Span};

use super::Lint;
use super::context::RuleContext;

/// Something that a rule takes for itself alone, such as its `id`.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The lint that watches over it.
    pub lint: &'static Lint,
    /// What is claimed, in the form in which it is compared.
    pub value: String,
    /// The words in the file.
    pub span: Span,
    /// Which query of the file the rule has.
    pub query: Option<usize>,
    /// Whether a comment silences the finding.
    pub silenced: bool,
}

impl Claim {
    /// What a rule claims that a lint watches over.
    pub(super) fn of(lint: &'static Lint, context: &RuleContext<'_>, query: Option<usize>) -> Option<Self> {
        let id = context.rule.id.as_ref().filter(|id| super::known::is_guid(&id.value))?;
        let value = id.value.to_ascii_lowercase();
        Some(Self { lint, value, span: id.span, query, silenced: false })
    }
}

/// Who has claimed something first.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The file's name.
    pub path: String,
    /// Where in it.
    pub at: Location,
}

/// All claims of a run, in the order of the files.
#[derive(Debug, Default)]
pub struct Pack {
    taken: HashMap<(&'static str, String), Taken>,
}

impl Pack {
    /// Notes a claim; who has made it before, if anyone.
    pub fn claim(&mut self, file: &SourceFile, claim: &Claim) -> Option<&Taken> {
        use std::collections::hash_map::Entry;
        match self.taken.entry((claim.lint.code.id, claim.value.clone())) {
            Entry::Occupied(entry) => Some(entry.into_mut()),
            Entry::Vacant(entry) => {
                let at = file.location(claim.span.start as usize);
                entry.insert(Taken { path: file.name().to_owned(), at });
                None
            }
        }
    }
}
