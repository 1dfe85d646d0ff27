//! What there is to search: events, lookup tables, the time.

use std::sync::Arc;

use super::Cell;
use crate::ir::LogSource;

/// One stored event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What results say of it.
    pub id: u32,
    /// Where it is kept.
    pub place: Place,
    /// Its fields under flat names, dotted inside of objects; a field that is absent is missing.
    pub fields: Vec<(Arc<str>, Cell)>,
}

/// Where an event is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The index or table: what sources that name one are held against.
    pub index: Arc<str>,
    /// What kind of events it belongs to, by Sigma's taxonomy.
    pub log_source: Option<LogSource>,
}

/// A lookup table.
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// Its name.
    pub name: Arc<str>,
    /// Its rows.
    pub rows: Vec<Vec<(Arc<str>, Cell)>>,
}

/// All there is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// The instant at which the query is run, in ticks since 0001-01-01 UTC.
    pub now: i64,
    /// The events, in the order in which they came in.
    pub events: Vec<Event>,
    /// The lookup tables.
    pub lookups: Vec<Lookup>,
}

/// Whether an event of this kind is one of those a rule asks for: what the rule does not state may be anything.
pub(super) fn fits(asked: &LogSource, kept: Option<&LogSource>) -> bool {
    let part = |asked: Option<&Arc<str>>, kept: Option<&Arc<str>>| asked.is_none() || asked == kept;
    part(asked.category.as_ref(), kept.and_then(|kept| kept.category.as_ref()))
        && part(asked.product.as_ref(), kept.and_then(|kept| kept.product.as_ref()))
        && part(asked.service.as_ref(), kept.and_then(|kept| kept.service.as_ref()))
}

/// Whether an index is among those that a pattern names: names with `*` for anything, commas between them, `-` before
/// one that is left out after all.
pub(super) fn in_pattern(pattern: &str, index: &str) -> bool {
    let mut within = false;
    for part in pattern.split(',').map(str::trim) {
        match part.strip_prefix('-') {
            Some(part) if within && wild(part, index) => within = false,
            Some(_) => {}
            None => within |= wild(part, index),
        }
    }
    within
}

/// Whether a name fits a pattern, `*` for anything.
pub(super) fn wild(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_indexes() {
        for (pattern, index, fits) in [
            ("*", "a", true),
            ("logs-*", "logs-windows", true),
            ("logs-*,-logs-win*", "logs-windows", false),
            ("logs-*, other", "other", true),
            ("logs", "logs-a", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(in_pattern(pattern, index), fits, "{pattern} {index}");
        }
    }

    #[test]
    fn a_log_source_that_states_less_takes_more() {
        let windows = LogSource { product: Some("windows".into()), ..LogSource::default() };
        let creation = LogSource { category: Some("process_creation".into()), ..windows.clone() };
        assert!(fits(&windows, Some(&creation)) && !fits(&creation, Some(&windows)));
        assert!(fits(&LogSource::default(), None) && !fits(&windows, None));
    }
}
