//! `kqlc.toml`: which lints run, and where not.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;

use super::{Selection, Selector, registry};
use crate::diagnostic::Severity;
use crate::target::{self, Target};

mod json_schema;

pub use json_schema::json_schema;

/// Names of settings files, the first of them found in a folder counts.
pub const FILE_NAMES: &[&str] = &["kqlc.toml", ".kqlc.toml"];

/// The settings as they are written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    /// The languages that rules are to be written in, for the lints of portability.
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    lint: WrittenLint,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenLint {
    /// In place of what runs by default.
    select: Option<Vec<String>>,
    /// Besides that.
    #[serde(default)]
    extend_select: Vec<String>,
    /// Not these.
    #[serde(default)]
    ignore: Vec<String>,
    /// Patterns of files, as in `.gitignore`, and what does not run over them.
    #[serde(default)]
    per_file_ignores: BTreeMap<String, Vec<String>>,
    /// Severities in place of the lints' own.
    #[serde(default)]
    severity: BTreeMap<String, WrittenSeverity>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenSeverity {
    Info,
    Warning,
    Error,
}

/// Settings that hold for a folder and what is below it.
#[derive(Debug, Default)]
pub struct Settings {
    /// Which lints run.
    pub selection: Selection,
    /// The languages that rules are to be written in.
    pub targets: Vec<&'static str>,
    /// The folder that patterns count from.
    root: PathBuf,
    per_file: Vec<PerFile>,
}

#[derive(Debug)]
struct PerFile {
    pattern: Gitignore,
    selectors: Vec<Selector>,
}

/// Why settings cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the operating system said.
        error: String,
    },
    /// The file does not say what settings say.
    #[error("{path}: {message}")]
    Content {
        /// The file.
        path: String,
        /// What is wrong, and where.
        message: String,
    },
}

impl Settings {
    /// Reads a settings file.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let name = path.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path)
            .map_err(|error| SettingsError::Io { path: name.clone(), error: error.to_string() })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::parse(&text, folder).map_err(|message| SettingsError::Content { path: name, message })
    }

    /// The settings in a text; its patterns count from `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let targets = target_names(&written.targets)?;
        let written = written.lint;
        let mut selection = Selection {
            select: written.select.as_deref().map(selectors).transpose()?,
            extend_select: selectors(&written.extend_select)?,
            ignore: selectors(&written.ignore)?,
            severities: HashMap::new(),
        };
        for (name, severity) in &written.severity {
            let lint = registry::find(name).ok_or_else(|| format!("`severity`: no lint has the code `{name}`"))?;
            let severity = match severity {
                WrittenSeverity::Info => Severity::Info,
                WrittenSeverity::Warning => Severity::Warning,
                WrittenSeverity::Error => Severity::Error,
            };
            selection.severities.insert(lint.code.id, severity);
        }
        let root = std::path::absolute(folder).map_err(|error| error.to_string())?;
        let mut per_file = Vec::new();
        for (pattern, codes) in &written.per_file_ignores {
            let mut builder = GitignoreBuilder::new(&root);
            let built = builder.add_line(None, pattern).and_then(|builder| builder.build());
            let pattern = built.map_err(|error| format!("`per-file-ignores`: {error}"))?;
            per_file.push(PerFile { pattern, selectors: selectors(codes)? });
        }
        Ok(Self { selection, targets, root, per_file })
    }

    /// What does not run over a file.
    pub fn left_out(&self, path: &Path) -> Vec<&Selector> {
        if self.per_file.is_empty() {
            return Vec::new();
        }
        let Ok(path) = std::path::absolute(path) else { return Vec::new() };
        // Patterns say nothing of files elsewhere, which only a settings file that is named can be asked about.
        let Ok(path) = path.strip_prefix(&self.root) else { return Vec::new() };
        let matching =
            self.per_file.iter().filter(|entry| entry.pattern.matched_path_or_any_parents(path, false).is_ignore());
        matching.flat_map(|entry| &entry.selectors).collect()
    }
}

/// Reads names of targets.
pub fn target_names(texts: &[String]) -> Result<Vec<&'static str>, String> {
    let known = |text: &String| {
        let names: Vec<&str> = target::registry::names().collect();
        let unknown = || format!("there is no target `{text}`; there are {}", names.join(", "));
        target::find(text).map(Target::name).ok_or_else(unknown)
    };
    texts.iter().map(known).collect()
}

/// Reads selectors.
pub fn selectors(texts: &[String]) -> Result<Vec<Selector>, String> {
    texts.iter().map(|text| text.parse().map_err(|error: super::UnknownSelector| error.to_string())).collect()
}

/// Finds the settings of files: the nearest file up the tree. Each folder is asked once.
#[derive(Debug, Default)]
pub struct Finder {
    known: Mutex<HashMap<PathBuf, Option<PathBuf>>>,
}

impl Finder {
    /// The settings file that holds for a file, `None` where there is none.
    pub fn nearest(&self, file: &Path) -> Option<PathBuf> {
        let folder = std::path::absolute(file).ok()?.parent()?.to_owned();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut passed = Vec::new();
        let mut found = None;
        for up in folder.ancestors() {
            if let Some(before) = known.get(up) {
                found.clone_from(before);
                break;
            }
            passed.push(up.to_owned());
            let here = FILE_NAMES.iter().map(|name| up.join(name)).find(|path| path.is_file());
            if here.is_some() {
                found = here;
                break;
            }
        }
        for folder in passed {
            known.insert(folder, found.clone());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, String> {
        Settings::parse(text, Path::new("/pack"))
    }

    #[test]
    fn settings_select_and_leave_out() {
        let settings = parse(
            "[lint]\nextend-select = ['F']\nignore = ['missing-id']\n\
             [lint.per-file-ignores]\n'old/' = ['F002']\n'*.kql' = ['Q']\n[lint.severity]\nF002 = 'info'\n",
        )
        .unwrap();
        let lint = registry::find("F002").unwrap();
        assert!(settings.selection.runs(lint) && !settings.selection.runs(registry::find("F001").unwrap()));
        assert_eq!(settings.selection.severity(lint), Severity::Info);
        let left_out = |path: &str| settings.left_out(Path::new(path)).iter().any(|selector| selector.takes(lint));
        assert!(left_out("/pack/old/deep/a.yaml"));
        assert!(!left_out("/pack/new/a.yaml") && !left_out("/pack/new/a.kql") && !left_out("/other/old/a.yaml"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert!(parse("[lint]\nselct = []").unwrap_err().contains("selct"));
        assert!(parse("[lint]\nselect = ['X1']").unwrap_err().contains("`X1`"));
        assert!(parse("[lint.severity]\nF999 = 'info'").unwrap_err().contains("F999"));
        assert!(parse("[lint").is_err());
        assert!(parse("targets = ['cobol']").unwrap_err().contains("splunk"));
        assert_eq!(parse("targets = ['esql', 'sigma']").unwrap().targets, ["esql", "sigma"]);
    }

    #[test]
    fn the_nearest_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(folder.path().join(".kqlc.toml"), "").unwrap();
        let finder = Finder::default();
        let expected = std::path::absolute(folder.path().join(".kqlc.toml")).unwrap();
        assert_eq!(finder.nearest(&deep.join("r.yaml")), Some(expected));
        std::fs::write(folder.path().join("a/kqlc.toml"), "").unwrap();
        let expected = std::path::absolute(folder.path().join("a/kqlc.toml")).unwrap();
        assert_eq!(Finder::default().nearest(&deep.join("r.yaml")), Some(expected));
    }
}
