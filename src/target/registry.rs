//! The targets there are: one row each.

use super::{Target, eql, esql, sigma, splunk};

/// Every target, in the order in which they are listed.
pub static TARGETS: &[&dyn Target] = &[&sigma::Sigma, &splunk::Splunk, &eql::Eql, &esql::Esql];

/// The target of a name.
pub fn find(name: &str) -> Option<&'static dyn Target> {
    TARGETS.iter().copied().find(|target| target.name() == name)
}

/// The names of all targets.
pub fn names() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().map(|target| target.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_by_name_and_state_what_they_can() {
        for target in TARGETS {
            assert!(find(target.name()).is_some_and(|found| found.name() == target.name()));
            let capabilities = target.capabilities().unwrap();
            assert!(!capabilities.title.is_empty() && !capabilities.limits.is_empty(), "{}", target.name());
        }
        assert!(find("sigma-of-old").is_none());
    }
}
