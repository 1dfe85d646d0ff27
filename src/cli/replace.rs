//! Files that appear whole or not at all.
//!
//! What is written goes to a new file in the same folder, which takes the name of the old one when all of it is on
//! the disk: nobody ever reads half a file, and a run that fails leaves what was there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::source::SourceFile;

/// How many names are tried for the new file. A name is taken only where a process of the same number was killed.
const MOST_NAMES: usize = 64;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The operating system said no.
    #[error("{path}: cannot write: {error}")]
    Io {
        /// The file.
        path: String,
        /// What it said.
        error: io::Error,
    },
    /// The new text has a character that the file's encoding lacks.
    #[error("{path}: its encoding has no form for `{character}` (U+{:04X})", u32::from(*character))]
    Encoding {
        /// The file.
        path: String,
        /// The character.
        character: char,
    },
    /// The file no longer holds what was read from it, or holds bytes that became no text and would be lost.
    #[error("{path}: the file has changed meanwhile, or has bytes that are no text; it is left alone")]
    Changed {
        /// The file.
        path: String,
    },
}

/// A file on its way. It takes the place of what stands at its path when it is [put there](Self::commit); dropped
/// before, it is gone.
///
/// Permissions stay those of the file replaced; of a link, the file it leads to is replaced. What is no ordinary file
/// (a terminal, a pipe, `/dev/null`) is written to as it comes.
#[derive(Debug)]
pub struct Replacement {
    file: BufWriter<File>,
    /// Removes the new file until it has its place; `None` where the bytes go to their place at once.
    temporary: Option<Temporary>,
    target: PathBuf,
}

impl Replacement {
    /// Begins a file that will stand at `path`.
    ///
    /// # Errors
    /// What the operating system says, and that a file to be replaced is read-only: its owner has protected it, which
    /// a change of names would pass over.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let (target, permissions) = match path.canonicalize() {
            Ok(target) => {
                let metadata = fs::metadata(&target)?;
                if !metadata.is_file() {
                    let file = OpenOptions::new().write(true).open(&target)?;
                    return Ok(Self { file: buffered(file), temporary: None, target });
                }
                if metadata.permissions().readonly() {
                    return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
                }
                (target, Some(metadata.permissions()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
            Err(error) => return Err(error),
        };
        let (temporary, file) = Temporary::beside(&target)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        Ok(Self { file: buffered(file), temporary: Some(temporary), target })
    }

    /// Begins a file that takes the place of whatever bears this name, a link included: so nothing is written outside of
    /// a folder, wherever a link in it leads.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn of_name(path: &Path) -> io::Result<Self> {
        let (temporary, file) = Temporary::beside(path)?;
        Ok(Self { file: buffered(file), temporary: Some(temporary), target: path.to_owned() })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// What the operating system says. What stood there before then still does.
    pub fn commit(self) -> io::Result<()> {
        let Self { file, temporary, target } = self;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let Some(temporary) = temporary else { return Ok(()) };
        file.sync_all()?;
        // Windows renames no open file.
        drop(file);
        fs::rename(&temporary.0, target)
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Answers and reports come a line at a time.
fn buffered(file: File) -> BufWriter<File> {
    BufWriter::with_capacity(1 << 16, file)
}

/// A new file that is removed unless it has taken another name.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Temporary {
    /// A file in the folder of `target`, since a rename does not lead from one file system to another.
    fn beside(target: &Path) -> io::Result<(Self, File)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..MOST_NAMES {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = target.with_file_name(format!(".kqlc-{}-{number}.tmp", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((Self(path), file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Gone already when all went well; that it cannot be removed adds nothing to the error there was.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes a file as a whole.
///
/// # Errors
/// What the operating system says.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let put = || {
        let mut new = Replacement::begin(path)?;
        new.write_all(bytes)?;
        new.commit()
    };
    put().map_err(|error| WriteError::Io { path: name(path), error })
}

/// Gives the file that was read from `path` another text, in its own encoding.
///
/// # Errors
/// What the operating system says; that the encoding lacks a character of the text; that the file is another than the
/// one that was read.
pub fn write_text(path: &Path, read: &SourceFile, text: &str) -> Result<(), WriteError> {
    let bytes = encode(read, text)?;
    let now = fs::read(path).map_err(|error| WriteError::Io { path: name(path), error })?;
    if read.encoding().encode(read.text()).ok() != Some(now) {
        return Err(WriteError::Changed { path: name(path) });
    }
    write(path, &bytes)
}

/// The bytes of a new text of a file.
///
/// # Errors
/// That its encoding lacks a character.
pub fn encode(file: &SourceFile, text: &str) -> Result<Vec<u8>, WriteError> {
    let lacks = |character| WriteError::Encoding { path: file.name().to_owned(), character };
    file.encoding().encode(text).map_err(lacks)
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in a folder.
    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for text in ["one", "two"] {
            let mut new = Replacement::begin(&path).unwrap();
            new.write_all(text.as_bytes()).unwrap();
            assert_ne!(fs::read_to_string(&path).ok().as_deref(), Some(text));
            new.commit().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn what_is_no_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Replacement::begin(folder.path()).is_err());
        assert!(Replacement::begin(&folder.path().join("gone/a.csv")).is_err());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_or_replaced_as_asked() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut through = Replacement::begin(&link).unwrap();
        through.write_all(b"new").unwrap();
        through.commit().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        let mut instead = Replacement::of_name(&link).unwrap();
        instead.write_all(b"own").unwrap();
        instead.commit().unwrap();
        assert_eq!(
            (fs::read_to_string(&file).unwrap(), fs::read_to_string(&link).unwrap()),
            ("new".into(), "own".into())
        );
    }

    #[test]
    fn what_is_given_up_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        let mut new = Replacement::begin(&path).unwrap();
        new.write_all(b"half").unwrap();
        drop(new);
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path())), ("old", vec!["a".to_owned()]));
        assert!(write(&folder.path().join("no/such/folder"), b"").unwrap_err().to_string().contains("cannot write"));
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn many_may_write_to_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let path = folder.path().join((number % 2).to_string());
                scope.spawn(move || write(&path, &[b'x'; 10_000]).unwrap());
            }
        });
        assert_eq!(names(folder.path()), ["0", "1"]);
        assert_eq!(fs::read(folder.path().join("1")).unwrap(), [b'x'; 10_000]);
    }

    #[test]
    fn a_text_is_given_only_to_the_file_that_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"\xEF\xBB\xBFold").unwrap();
        let read = SourceFile::read(&path).unwrap();
        write_text(&path, &read, "new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"\xEF\xBB\xBFnew");
        assert!(matches!(write_text(&path, &read, "newer"), Err(WriteError::Changed { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"\xEF\xBB\xBFnew");
    }

    #[test]
    fn bytes_that_are_no_text_are_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        // Half of a surrogate pair, which decodes to a replacement character.
        let bytes = b"\xFF\xFEa\0\x00\xD8";
        fs::write(&path, bytes).unwrap();
        let read = SourceFile::read(&path).unwrap();
        assert!(matches!(write_text(&path, &read, "b"), Err(WriteError::Changed { .. })));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_character_that_the_encoding_lacks_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"dash \x96").unwrap();
        let read = SourceFile::read(&path).unwrap();
        let error = write_text(&path, &read, "\u{4E00}").unwrap_err();
        assert!(error.to_string().ends_with("its encoding has no form for `\u{4E00}` (U+4E00)"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"dash \x96");
    }

    #[cfg(unix)]
    #[test]
    fn links_permissions_and_devices_stay_what_they_are() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(write(&path, b"newer").unwrap_err().to_string().ends_with("the file is read-only"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");

        write(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
