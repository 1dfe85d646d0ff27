//! Macro definitions: named pieces of text that a search may call.

use std::collections::HashMap;
use std::path::Path;

use crate::source::{ReadError, SourceFile};

/// A macro.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Macro {
    /// The name it is called by, without the number of arguments.
    pub name: String,
    /// The names of the arguments, in order.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The text; `$name$` stands for an argument.
    pub definition: String,
}

/// Macros by name and number of arguments, as Splunk tells them apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Macros(HashMap<(String, usize), Macro>);

/// Why a file of macros could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MacrosError {
    /// The file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is no JSON array of `{"name", "arguments", "definition"}`.
    #[error("{path}: no list of macros: {error}")]
    Shape {
        /// The path as it was given.
        path: String,
        /// What is wrong, with line and column.
        error: serde_json::Error,
    },
    /// It defines a macro twice.
    #[error("{path}: macro `{name}` with {arguments} arguments is defined twice")]
    Twice {
        /// The path as it was given.
        path: String,
        /// The macro.
        name: String,
        /// How many arguments.
        arguments: usize,
    },
}

impl Macros {
    /// Reads a JSON array of `{"name", "arguments", "definition"}`.
    ///
    /// # Errors
    /// That the file cannot be read, has another shape, or defines a macro twice.
    pub fn read(path: &Path) -> Result<Self, MacrosError> {
        Self::of(&SourceFile::read(path)?)
    }

    fn of(file: &SourceFile) -> Result<Self, MacrosError> {
        let path = || file.name().to_owned();
        let list: Vec<Macro> =
            serde_json::from_str(file.text()).map_err(|error| MacrosError::Shape { path: path(), error })?;
        let mut macros = HashMap::new();
        for item in list {
            let key = (item.name.clone(), item.arguments.len());
            if let Some(Macro { name, arguments, .. }) = macros.insert(key, item) {
                return Err(MacrosError::Twice { path: path(), name, arguments: arguments.len() });
            }
        }
        Ok(Self(macros))
    }

    /// The macro of this name that takes so many arguments.
    pub fn get(&self, name: &str, arguments: usize) -> Option<&Macro> {
        self.0.get(&(name.to_owned(), arguments))
    }

    /// The macros, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Macro> {
        self.0.values()
    }
}

impl FromIterator<Macro> for Macros {
    /// Of several with the same name and number of arguments the last counts.
    fn from_iter<T: IntoIterator<Item = Macro>>(macros: T) -> Self {
        Self(macros.into_iter().map(|item| ((item.name.clone(), item.arguments.len()), item)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn macros(text: &str) -> Result<Macros, String> {
        Macros::of(&SourceFile::from_text("m.json", text)).map_err(|error| error.to_string())
    }

    #[test]
    fn macros_are_told_apart_by_their_arguments() {
        let text = r#"[{"name": "m", "definition": "a"}, {"name": "m", "arguments": ["x"], "definition": "b $x$"}]"#;
        let macros = macros(text).unwrap();
        assert_eq!(macros.get("m", 0).unwrap().definition, "a");
        assert_eq!(macros.get("m", 1).unwrap().arguments, ["x"]);
        assert_eq!(macros.get("m", 2), None);
        assert_eq!(macros.iter().count(), 2);
    }

    #[test]
    fn a_bad_file_says_where() {
        for (text, words) in [
            ("[{\"name\": 1}]", "m.json: no list of macros: invalid type: integer `1`, expected a string at line 1"),
            ("[{\"name\": \"m\"}]", "missing field `definition`"),
            ("[{\"name\": \"m\", \"definition\": \"\", \"args\": []}]", "unknown field `args`"),
            (
                "[{\"name\": \"m\", \"definition\": \"\"}, {\"name\": \"m\", \"definition\": \"\"}]",
                "m.json: macro `m` with 0 arguments is defined twice",
            ),
        ] {
            let error = macros(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(matches!(Macros::read(Path::new("/no/such/file")), Err(MacrosError::Read(_))));
    }
}
