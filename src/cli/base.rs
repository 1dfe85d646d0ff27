//! What files were at a revision of their git repository, for `check --base`.
//!
//! Git itself is asked, by its plumbing: once for each folder where its repository begins, once for each repository which
//! files differ, and then for the old text of each of those.

use std::collections::{BTreeSet, HashMap};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use crate::lint::Base;
use crate::rule;
use crate::source::SourceFile;

/// A revision, and what is known of repositories by now.
#[derive(Debug)]
pub(super) struct Revision {
    name: String,
    /// By folder: the repository it lies in, or why none is known.
    folders: Mutex<HashMap<PathBuf, Found>>,
    /// By the topmost folder of a repository.
    repositories: Mutex<HashMap<PathBuf, Found>>,
}

type Found = Result<Arc<Repository>, String>;

/// A repository.
#[derive(Debug)]
struct Repository {
    /// Its topmost folder.
    top: PathBuf,
    /// The files that differ from what they were at the revision.
    changed: BTreeSet<PathBuf>,
}

impl Revision {
    /// The revision of a name: anything that git takes for a commit.
    ///
    /// # Errors
    /// Where git would take the name for an option.
    pub(super) fn new(name: &str) -> Result<Self, String> {
        if name.is_empty() || name.starts_with('-') {
            return Err(format!("`{name}` is no revision"));
        }
        Ok(Self { name: name.to_owned(), folders: Mutex::default(), repositories: Mutex::default() })
    }

    /// The rules that a file held at the revision; `None` where it is unchanged since, or was not there.
    ///
    /// # Errors
    /// Where the file lies in no repository, the revision is not known there, or git is not to be had.
    pub(super) fn of(&self, path: &Path) -> Result<Option<Base>, String> {
        let path = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let repository = self.repository(folder)?;
        let Ok(within) = path.strip_prefix(&repository.top) else { return Ok(None) };
        if !repository.changed.contains(within) {
            return Ok(None);
        }
        let name = within.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        let object = format!("{}:{name}", self.name);
        // What is new has no past.
        if git(&repository.top, &["cat-file", "-e", &object]).is_err() {
            return Ok(None);
        }
        let bytes = git(&repository.top, &["cat-file", "blob", &object])?;
        let file = SourceFile::from_bytes(path.to_string_lossy(), bytes);
        Ok(Some(Base { revision: self.name.clone(), rules: rule::read(&file).rules }))
    }

    fn repository(&self, folder: &Path) -> Found {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = folders.get(folder) {
            return found.clone();
        }
        let found = line(folder, &["rev-parse", "--show-toplevel"]).and_then(|top| self.at(Path::new(&top)));
        folders.insert(folder.to_owned(), found.clone());
        found
    }

    /// The repository whose topmost folder this is.
    fn at(&self, top: &Path) -> Found {
        let top = top.canonicalize().map_err(|error| format!("{}: {error}", top.display()))?;
        let mut repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let commit = format!("{}^{{commit}}", self.name);
            line(&top, &["rev-parse", "--verify", "--quiet", &commit])
                .map_err(|_| format!("{}: git knows no revision `{}`", top.display(), self.name))?;
            let changed = git(&top, &["diff", "--name-only", "--no-renames", "-z", &self.name, "--"])?;
            let changed = changed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
            let changed = changed.map(|name| PathBuf::from(String::from_utf8_lossy(name).into_owned())).collect();
            Ok(Arc::new(Repository { top: top.clone(), changed }))
        };
        repositories.entry(top.clone()).or_insert_with(read).clone()
    }
}

/// What git writes, in the folder given.
fn git(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
    let output = output.map_err(|error| match error.kind() {
        ErrorKind::NotFound => "`--base` asks git, which is not installed".to_owned(),
        _ => format!("git: {error}"),
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: git: {}", folder.display(), words.lines().next().unwrap_or("it failed")))
}

/// The line that git writes.
fn line(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let text = git(folder, arguments)?;
    Ok(String::from_utf8_lossy(&text).trim_end_matches(['\n', '\r']).to_owned())
}
