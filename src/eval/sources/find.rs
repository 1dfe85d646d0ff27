//! The files that a path means: a file, the files of a folder, or those that fit a pattern.

use std::path::{Path, PathBuf};

use super::format;

/// Why there are no files.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The operating system said no.
    #[error("{path}: {error}")]
    Io {
        /// The path.
        path: String,
        /// What it said.
        error: std::io::Error,
    },
    /// Nothing fits a pattern, or a folder has no file of a known format.
    #[error("{0}: no files of events here; they end in {known}", known = format::KNOWN)]
    Nothing(String),
    /// The pattern is none.
    #[error("{pattern}: {error}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        error: glob::PatternError,
    },
    /// The ending of a file stands for no format.
    #[error("{0}: the name of this file says no format; events are read from {known}", known = format::KNOWN)]
    Unknown(String),
}

fn io(path: &Path, error: std::io::Error) -> FindError {
    FindError::Io { path: path.display().to_string(), error }
}

/// The files that `text` means, in the order of their names. Of folders those of a known format are taken, at any
/// depth, but for names that begin with `.` or `_`, under which other programs keep notes of their own.
///
/// # Errors
/// See [`FindError`].
pub fn files(text: &str) -> Result<Vec<PathBuf>, FindError> {
    let path = Path::new(text);
    let mut found = Vec::new();
    if path.is_dir() {
        walk(path, &mut found)?;
    } else if path.exists() || !text.contains(['*', '?', '[']) {
        // A path that is named as it stands wins over the pattern it may be. One that is gone is told as such.
        path.metadata().map_err(|error| io(path, error))?;
        return match format::of_name(path) {
            Some(_) => Ok(vec![path.to_owned()]),
            None => Err(FindError::Unknown(text.to_owned())),
        };
    } else {
        let matching = glob::glob(text).map_err(|error| FindError::Pattern { pattern: text.to_owned(), error })?;
        for entry in matching {
            let path = entry
                .map_err(|error| FindError::Io { path: error.path().display().to_string(), error: error.into() })?;
            if path.is_dir() {
                walk(&path, &mut found)?;
            } else if format::of_name(&path).is_some() {
                found.push(path);
            }
        }
    }
    if found.is_empty() { Err(FindError::Nothing(text.to_owned())) } else { Ok(found) }
}

/// The tables of a folder: each file is one, named as the file without its endings, and so is each folder in it. Files
/// of one name in several formats are one table.
///
/// # Errors
/// See [`FindError`].
pub fn tables(folder: &Path) -> Result<Vec<(String, Vec<PathBuf>)>, FindError> {
    let mut tables: Vec<(String, Vec<PathBuf>)> = Vec::new();
    for path in entries(folder)? {
        let (name, files) = if path.is_dir() {
            let mut files = Vec::new();
            walk(&path, &mut files)?;
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            (name, files)
        } else {
            match format::of_name(&path) {
                Some((stem, ..)) => (stem.to_owned(), vec![path]),
                None => continue,
            }
        };
        if files.is_empty() {
            continue;
        }
        match tables.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.extend(files),
            None => tables.push((name, files)),
        }
    }
    if tables.is_empty() { Err(FindError::Nothing(folder.display().to_string())) } else { Ok(tables) }
}

/// What a folder holds, in the order of the names, without what is hidden.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, FindError> {
    let mut paths = Vec::new();
    for entry in folder.read_dir().map_err(|error| io(folder, error))? {
        let entry = entry.map_err(|error| io(folder, error))?;
        if !entry.file_name().to_string_lossy().starts_with(['.', '_']) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), FindError> {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let mut folders = Vec::new();
        for path in entries(&folder)? {
            // Links to folders are not followed, so there are no circles.
            if path.is_dir() {
                if !path.is_symlink() {
                    folders.push(path);
                }
            } else if format::of_name(&path).is_some() {
                found.push(path);
            }
        }
        open.extend(folders.into_iter().rev());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in
            ["A.csv", "A.json", "B/2.ndjson", "B/1.ndjson.gz", "B/x/3.parquet", "B/_log/4.json", "C.txt", "d/e.md"]
        {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        folder
    }

    fn names(folder: &Path, files: &[PathBuf]) -> Vec<String> {
        files.iter().map(|file| file.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/")).collect()
    }

    #[test]
    fn folders_and_patterns_give_files_in_order() {
        let tree = tree();
        let find =
            |text: &str| files(&format!("{}/{text}", tree.path().display())).map(|files| names(tree.path(), &files));
        assert_eq!(find("B").unwrap(), ["B/1.ndjson.gz", "B/2.ndjson", "B/x/3.parquet"]);
        assert_eq!(find("A.*").unwrap(), ["A.csv", "A.json"]);
        assert_eq!(find("B/*.gz").unwrap(), ["B/1.ndjson.gz"]);
        assert_eq!(find("A.csv").unwrap(), ["A.csv"]);
        assert!(matches!(find("A.xml"), Err(FindError::Io { .. })));
        assert!(matches!(find("Z*"), Err(FindError::Nothing(_))));
        assert!(matches!(find("C.txt"), Err(FindError::Unknown(_))));
        assert!(matches!(find("d"), Err(FindError::Nothing(_))));
        assert!(matches!(find("a[*"), Err(FindError::Pattern { .. })));
    }

    #[test]
    fn a_folder_has_a_table_a_file_or_folder() {
        let tree = tree();
        let found = tables(tree.path()).unwrap();
        let found: Vec<_> = found.iter().map(|(name, files)| (name.as_str(), names(tree.path(), files))).collect();
        assert_eq!(
            found,
            [
                ("A", vec!["A.csv".to_owned(), "A.json".into()]),
                ("B", vec!["B/1.ndjson.gz".into(), "B/2.ndjson".into(), "B/x/3.parquet".into()]),
            ]
        );
        assert!(tables(&tree.path().join("d")).is_err());
        assert!(tables(&tree.path().join("gone")).is_err());
    }
}
