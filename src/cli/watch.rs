//! Waiting for files to change, for `--watch`.
//!
//! Files are looked at in turn rather than watched by the operating system: a pack of rules is small, network folders
//! and containers tell of no changes, and a dependency for each system's own way would be weight.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use super::input::{Input, Paths};
use crate::lint::settings::Finder;

/// How long files are left alone between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// What tells whether files have changed: when each was, and how long it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State(BTreeMap<PathBuf, Option<(SystemTime, u64)>>);

impl State {
    /// That of the files that `paths` mean, of `also`, and of the settings that hold for them.
    pub(super) fn of(paths: &Paths, also: &[PathBuf]) -> Self {
        let finder = Finder::default();
        let mut files = also.to_vec();
        for input in paths.find().inputs {
            if let Input::File(path) = input {
                files.extend(finder.nearest(&path));
                files.push(path);
            }
        }
        let stamp = |path: PathBuf| {
            let metadata = path.metadata().ok();
            let stamp = metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
            (path, stamp)
        };
        Self(files.into_iter().map(stamp).collect())
    }

    /// Waits until it is another.
    pub(super) fn wait(self, paths: &Paths, also: &[PathBuf]) {
        while Self::of(paths, also) == self {
            thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_come_go_and_grow_change_the_state() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths { paths: vec![folder.path().to_owned()], stdin_name: None };
        let state = || State::of(&paths, &[]);
        let empty = state();
        std::fs::write(folder.path().join("a.kql"), "T").unwrap();
        let one = state();
        assert_ne!(empty, one);
        assert_eq!(one, state());
        std::fs::write(folder.path().join("notes.md"), "no rule").unwrap();
        assert_eq!(one, state());
        std::fs::write(folder.path().join("a.kql"), "T | take 1").unwrap();
        let grown = state();
        assert_ne!(one, grown);
        std::fs::write(folder.path().join("kqlc.toml"), "").unwrap();
        assert_ne!(grown, state());
        std::fs::remove_file(folder.path().join("a.kql")).unwrap();
        assert_eq!(empty, state());
    }
}
