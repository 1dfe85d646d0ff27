//! The targets there are: one row each.

use super::{Target, eql, esql, kql, sigma, splunk};

/// Every language that rules of Sentinel are translated to, in the order in which they are listed.
pub static TARGETS: &[&dyn Target] = &[&sigma::Sigma, &splunk::Splunk, &eql::Eql, &esql::Esql];

/// KQL itself: what is read from other languages is written in it, and a query of its own in its normalised form.
pub static OWN: &dyn Target = &kql::Kql;

/// The target of a name, KQL included.
pub fn find(name: &str) -> Option<&'static dyn Target> {
    all().find(|target| target.name() == name)
}

/// Every target, KQL last.
pub fn all() -> impl Iterator<Item = &'static dyn Target> {
    TARGETS.iter().copied().chain([OWN])
}

/// The names of all targets but KQL.
pub fn names() -> impl Iterator<Item = &'static str> {
    TARGETS.iter().map(|target| target.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_by_name_and_state_what_they_can() {
        for target in all() {
            assert!(find(target.name()).is_some_and(|found| found.name() == target.name()));
            let capabilities = target.capabilities().unwrap();
            assert!(!capabilities.title.is_empty() && !capabilities.limits.is_empty(), "{}", target.name());
        }
        assert!(find("sigma-of-old").is_none());
    }
}
