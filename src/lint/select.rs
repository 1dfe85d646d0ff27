//! Which lints run: by code, by the beginning of a code, by name, by category.

use std::collections::HashMap;
use std::str::FromStr;

use crate::diagnostic::Severity;

use super::{Lint, registry};

/// Names one lint or several: `F012`, `F01`, `F`, `malformed-id`, `file`, `all`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// How much of a code it fixes; a longer one outweighs a shorter one.
    weight: usize,
    /// What codes begin with.
    prefix: String,
}

/// A selector that names no lint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no lint has the code, name or category `{0}`")]
pub struct UnknownSelector(pub String);

impl FromStr for Selector {
    type Err = UnknownSelector;

    fn from_str(text: &str) -> Result<Self, UnknownSelector> {
        let words = text.trim();
        let prefix = match words.to_ascii_lowercase().as_str() {
            "all" => String::new(),
            "file" => "F".to_owned(),
            "query" => "Q".to_owned(),
            "portability" => "P".to_owned(),
            _ => match registry::find(words) {
                Some(lint) => lint.code.id.to_owned(),
                None => words.to_ascii_uppercase(),
            },
        };
        let known = prefix.is_empty() && !words.is_empty()
            || !prefix.is_empty() && registry::ALL.iter().any(|lint| lint.code.id.starts_with(&prefix));
        if !known && !matches!(prefix.as_str(), "Q" | "P") {
            return Err(UnknownSelector(text.to_owned()));
        }
        Ok(Self { weight: prefix.len(), prefix })
    }
}

impl Selector {
    /// Whether it names this lint.
    pub fn takes(&self, lint: &Lint) -> bool {
        lint.code.id.starts_with(&self.prefix)
    }
}

/// The lints that run, and how serious their findings are.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// In place of those that run by default.
    pub select: Option<Vec<Selector>>,
    /// Besides those.
    pub extend_select: Vec<Selector>,
    /// Not these.
    pub ignore: Vec<Selector>,
    /// Severities other than the lints' own, by code.
    pub severities: HashMap<&'static str, Severity>,
}

impl Selection {
    /// Whether a lint runs. Of a selector that takes it and one that leaves it out the more specific counts; of two
    /// alike, the one that leaves it out.
    pub fn runs(&self, lint: &Lint) -> bool {
        let heaviest = |selectors: &[Selector]| {
            selectors.iter().filter(|selector| selector.takes(lint)).map(|selector| selector.weight).max()
        };
        let selected = match &self.select {
            Some(select) => heaviest(select),
            None => lint.is_default().then_some(0),
        };
        let Some(selected) = selected.max(heaviest(&self.extend_select)) else { return false };
        heaviest(&self.ignore).is_none_or(|ignored| ignored < selected)
    }

    /// How serious the findings of a lint are here.
    pub fn severity(&self, lint: &Lint) -> Severity {
        self.severities.get(lint.code.id).copied().unwrap_or(lint.code.severity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(select: Option<&[&str]>, extend: &[&str], ignore: &[&str]) -> Selection {
        let read = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Selector>>();
        Selection {
            select: select.map(read),
            extend_select: read(extend),
            ignore: read(ignore),
            ..Selection::default()
        }
    }

    fn runs(selection: &Selection, code: &str) -> bool {
        selection.runs(registry::find(code).unwrap())
    }

    #[test]
    fn defaults_run_and_matters_of_taste_do_not() {
        let defaults = Selection::default();
        for lint in registry::ALL {
            assert_eq!(defaults.runs(lint), lint.is_default(), "{}", lint.code.id);
        }
    }

    #[test]
    fn the_more_specific_selector_counts() {
        assert!(runs(&selection(Some(&["F001"]), &[], &["F"]), "F001"));
        assert!(!runs(&selection(Some(&["F"]), &[], &["F001"]), "F001"));
        assert!(!runs(&selection(Some(&["F001"]), &[], &["F001"]), "F001"));
        assert!(!runs(&selection(Some(&["F001"]), &[], &[]), "F002"));
        assert!(runs(&selection(None, &["all"], &[]), "F001"));
        assert!(!runs(&selection(None, &[], &["file"]), "F001"));
    }

    #[test]
    fn names_and_categories_select_too() {
        assert_eq!("missing-id".parse::<Selector>(), "F001".parse());
        assert_eq!("File".parse::<Selector>(), "F".parse());
        assert_eq!("X9".parse::<Selector>(), Err(UnknownSelector("X9".to_owned())));
        assert!("".parse::<Selector>().is_err());
    }
}
