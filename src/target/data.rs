//! Data files of targets: where their text is from, and how a mistake in one is told.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

/// The text of a data file and the name it is known by in messages.
#[derive(Clone, Copy, Debug)]
pub struct DataFile<'a> {
    /// The path, from the root of the repository or as given by the user.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
}

/// The folder whose files stand in the place of those built in.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// The data files that a folder may have, by their paths in it.
pub const FILES: &[&str] = &[
    "elastic/tables.yaml",
    "eql/target.yaml",
    "esql/functions.yaml",
    "esql/target.yaml",
    "kql/functions.yaml",
    "kql/target.yaml",
    "sigma/functions.yaml",
    "sigma/tables.yaml",
    "sigma/target.yaml",
    "splunk/functions.yaml",
    "splunk/tables.yaml",
    "splunk/target.yaml",
];

/// Takes the files of a folder, laid out as `targets/` is, in the place of those built in: for the whole process, and
/// before any target has read its own. A second folder is not taken.
pub fn override_with(folder: &Path) -> bool {
    FOLDER.set(folder.to_owned()).is_ok()
}

/// The cases of a function: its template alone, one case, or a list of them, of which the first that fits counts.
#[derive(Clone, Debug)]
pub(super) struct Cases<Case>(Vec<Case>);

impl<'de, Case: From<String> + DeserializeOwned> Deserialize<'de> for Cases<Case> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde_yaml::Value as Yaml;
        // Read in two steps: an untagged enum would not say what is wrong with a case.
        let read = |value: Yaml| serde_yaml::from_value(value).map_err(D::Error::custom);
        Ok(Self(match Yaml::deserialize(from)? {
            Yaml::String(template) => vec![template.into()],
            Yaml::Sequence(cases) => cases.into_iter().map(read).collect::<Result<_, _>>()?,
            case => vec![read(case)?],
        }))
    }
}

impl<Case> IntoIterator for Cases<Case> {
    type Item = Case;
    type IntoIter = std::vec::IntoIter<Case>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<Case> Cases<Case> {
    /// Each, in order.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Case> {
        self.0.iter()
    }
}

/// A mistake in a data file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DataError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where the mistake has no single place.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(f, "{}:{}: {}", self.file, self.line, self.message)
        }
    }
}

impl DataFile<'static> {
    /// The file of the user's folder where it has one of this name, else this one.
    ///
    /// # Errors
    /// Where the user's file is there and cannot be read.
    pub fn current(self) -> Result<Self, DataError> {
        let inside = self.name.strip_prefix("targets/").unwrap_or(self.name);
        let Some(path) = FOLDER.get().map(|folder| folder.join(inside)).filter(|path| path.exists()) else {
            return Ok(self);
        };
        let name = path.display().to_string();
        match std::fs::read_to_string(&path) {
            // Read once a process, and needed until its end.
            Ok(text) => Ok(Self { name: name.leak(), text: text.leak() }),
            Err(error) => Err(DataError { file: name, line: 0, message: error.to_string() }),
        }
    }
}

impl DataFile<'_> {
    /// Reads the YAML of the file.
    ///
    /// # Errors
    /// Where the YAML is broken or has another shape than `T`, with the line.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, DataError> {
        serde_yaml::from_str(self.text).map_err(|error| DataError {
            file: self.name.to_owned(),
            line: error.location().map_or(0, |location| location.line()),
            message: error.to_string(),
        })
    }

    /// A mistake at the line on which `key:` stands as a mapping's key, in the given nesting.
    pub fn error_at_key(&self, keys: &[&str], message: impl Into<String>) -> DataError {
        DataError { file: self.name.to_owned(), line: self.line_of(keys), message: message.into() }
    }

    /// The line on which the innermost of nested keys stands, each searched below the one before it.
    fn line_of(&self, keys: &[&str]) -> usize {
        let mut line = 0;
        let mut lines = self.text.lines().enumerate();
        for key in keys {
            let is_key = |text: &str| {
                let text = text.trim_start().trim_start_matches("- ").trim_start_matches(['"', '\'']);
                text.strip_prefix(*key).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
                    || text.strip_prefix("name: ").is_some_and(|rest| rest.trim() == *key)
            };
            match lines.by_ref().find(|(_, text)| is_key(text)) {
                Some((at, _)) => line = at + 1,
                None => return line,
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let file = DataFile { name: "targets/x/functions.yaml", text: "a:\n  b: 1\nc: [\n" };
        let error = file.read::<BTreeMap<String, String>>().unwrap_err();
        assert!(error.line >= 3 || error.line == 2, "{error}");
        let error = file.error_at_key(&["a", "b"], "wrong");
        assert_eq!(error.to_string(), "targets/x/functions.yaml:2: wrong");
        assert_eq!(file.error_at_key(&["c"], "wrong").line, 3);
    }
}
