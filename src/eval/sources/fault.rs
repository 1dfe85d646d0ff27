//! Records that cannot be read: what is done about them, how many there are, and where.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// What is done about a record that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OnError {
    /// End the run
    #[default]
    Fail,
    /// Pass over the record
    Skip,
    /// Put null for what cannot be read: the value, or all values of a record that is none
    Null,
}

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The text of a record is no JSON object.
    #[error("no JSON object: {0}")]
    Json(&'static str),
    /// A value is not of the type of its column.
    #[error("`{value}` in column `{column}` is no {ty}")]
    Type {
        /// The column.
        column: String,
        /// The beginning of the value.
        value: String,
        /// The type of the column.
        ty: &'static str,
    },
    /// The bytes are no text.
    #[error("invalid UTF-8")]
    Utf8,
    /// The record is longer than any may be.
    #[error("a record of more than {} MiB", super::frames::MAX_RECORD >> 20)]
    TooLong,
    /// The file ends within a record.
    #[error("the file ends within a record")]
    Ends,
    /// A record of a file with separators has another number of values than the header.
    #[error("{found} values where the header has {expected}")]
    Width {
        /// How many it has.
        found: usize,
        /// How many the header has.
        expected: usize,
    },
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {reason}", path.display())]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// The line of the file, from 1; in Parquet the record, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
}

/// How many places are remembered, so that a record read twice counts once.
const REMEMBERED: usize = 1 << 20;
/// Of how many places it is remembered why.
const TOLD: usize = 10;

/// Where a fault is: a file, by its number among all of a run, and an offset in it (in Parquet, a record).
pub(super) type Place = (u32, u64);

/// The faults met in a run.
#[derive(Debug, Default)]
pub(super) struct Faults {
    met: Mutex<Met>,
}

#[derive(Debug, Default)]
struct Met {
    places: HashSet<Place>,
    more: bool,
    first: BTreeMap<Place, Reason>,
}

impl Faults {
    /// Counts a fault.
    pub(super) fn add(&self, place: Place, reason: Reason) {
        // A thread that panicked while it held the lock has left whole entries.
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.places.len() < REMEMBERED {
            met.places.insert(place);
        } else if !met.places.contains(&place) {
            met.more = true;
        }
        met.first.entry(place).or_insert(reason);
        if met.first.len() > TOLD {
            met.first.pop_last();
        }
    }

    /// The first places by their order in the input, with the reasons.
    pub(super) fn first(&self) -> Vec<(Place, Reason)> {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.first.iter().map(|(place, reason)| (*place, reason.clone())).collect()
    }

    /// How many there are, and whether there may be more.
    pub(super) fn count(&self) -> (usize, bool) {
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        (met.places.len(), met.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_faults_are_kept_and_each_counts_once() {
        let faults = Faults::default();
        for offset in (0..100).rev().chain(0..100) {
            faults.add((0, offset), Reason::Utf8);
        }
        assert_eq!(faults.count(), (100, false));
        assert_eq!(faults.first().iter().map(|((_, at), _)| *at).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_fault_reads_well() {
        let reason = Reason::Type { column: "Port".into(), value: "http".into(), ty: "int" };
        let fault = Fault { path: "a/T.ndjson".into(), line: 7, reason };
        assert_eq!(fault.to_string(), "a/T.ndjson:7: `http` in column `Port` is no int");
        assert_eq!(Reason::TooLong.to_string(), "a record of more than 64 MiB");
    }
}
