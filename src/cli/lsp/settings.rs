//! The settings that hold for a document: those of the nearest file, as `check` finds it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use crate::lint::Linter;
use crate::lint::settings::{Finder, Settings};

/// What holds for the files of one settings file.
#[derive(Debug)]
pub(super) struct Ruling {
    /// The settings.
    pub(super) settings: Settings,
    /// The lints that they select.
    pub(super) linter: Linter,
    /// Why the settings cannot be read; the defaults hold then.
    pub(super) error: Option<String>,
}

impl Ruling {
    fn read(path: Option<&Path>) -> Self {
        let (settings, error) = match path.map(Settings::read).transpose() {
            Ok(settings) => (settings.unwrap_or_default(), None),
            Err(error) => (Settings::default(), Some(error.to_string())),
        };
        let linter = Linter::new(settings.selection.clone()).for_targets(settings.targets.clone());
        Self { settings, linter, error }
    }
}

/// When a file was written, and how long it is.
type Stamp = Option<(SystemTime, u64)>;

/// A ruling, and when its file was as it was read.
type Known = (Stamp, Rc<Ruling>);

/// The rulings that were asked for, each until its file is written again.
#[derive(Debug, Default)]
pub(super) struct Rulings {
    known: RefCell<HashMap<Option<PathBuf>, Known>>,
}

impl Rulings {
    /// What holds for a file.
    pub(super) fn of(&self, file: &Path) -> Rc<Ruling> {
        // Settings come and go while an editor is open, so every folder is asked anew.
        let path = Finder::default().nearest(file);
        let metadata = path.as_ref().and_then(|path| path.metadata().ok());
        let stamp = metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
        let mut known = self.known.borrow_mut();
        match known.get(&path) {
            Some((at, ruling)) if *at == stamp => Rc::clone(ruling),
            _ => {
                let ruling = Rc::new(Ruling::read(path.as_deref()));
                known.insert(path, (stamp, Rc::clone(&ruling)));
                ruling
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_again_when_they_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.kql");
        let lint = crate::lint::registry::find("Q001").unwrap();
        let rulings = Rulings::default();
        assert!(rulings.of(&file).linter.runs(lint));
        std::fs::write(folder.path().join("kqlc.toml"), "[lint]\nignore = ['Q001']\n").unwrap();
        assert!(!rulings.of(&file).linter.runs(lint));
        std::fs::write(folder.path().join("kqlc.toml"), "[lint]\nignore = ['Q001'").unwrap();
        let broken = rulings.of(&file);
        assert!(broken.linter.runs(lint) && broken.error.as_ref().is_some_and(|error| error.contains("kqlc.toml")));
    }
}
