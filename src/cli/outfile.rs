//! A file that is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is written under another name beside its place, and takes that place once all is written. If that does
/// not come to pass nothing is left, and what stood there before still does.
#[derive(Debug)]
pub(super) struct OutFile {
    path: PathBuf,
    /// Where it is written; nothing for what is no file proper, such as a device, which is written as it stands.
    temporary: Option<PathBuf>,
    out: Option<BufWriter<File>>,
}

impl OutFile {
    /// Begins a file.
    ///
    /// # Errors
    /// What the operating system says.
    #[cfg(any(feature = "eval", test))]
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        // A link stays one: what it points to is replaced.
        Self::begin(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }

    /// Begins a file that takes the place of whatever has its name, a link included.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn replace(path: &Path) -> io::Result<Self> {
        let temporary = hidden(path)?;
        let out = Some(BufWriter::with_capacity(1 << 16, File::create_new(&temporary)?));
        Ok(Self { path: path.to_owned(), temporary: Some(temporary), out })
    }

    #[cfg(any(feature = "eval", test))]
    fn begin(path: PathBuf) -> io::Result<Self> {
        let hidden = hidden(&path)?;
        let temporary = match path.metadata() {
            Ok(there) if there.is_dir() => return Err(io::Error::new(io::ErrorKind::IsADirectory, "this is a folder")),
            Ok(there) if !there.is_file() => None,
            _ => Some(hidden),
        };
        let file = match &temporary {
            Some(temporary) => File::create_new(temporary)?,
            None => File::options().write(true).open(&path)?,
        };
        Ok(Self { path, temporary, out: Some(BufWriter::with_capacity(1 << 16, file)) })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// What the operating system says; nothing is left then.
    pub(super) fn commit(mut self) -> io::Result<()> {
        if let Some(out) = self.out.take() {
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            if self.temporary.is_some() {
                // A disk that is full may say so only now.
                file.sync_all()?;
            }
        }
        self.temporary.as_ref().map_or(Ok(()), |temporary| fs::rename(temporary, &self.path))
    }
}

/// The name beside a file under which it is written.
fn hidden(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is no file"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(hidden))
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(0), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // Not there any more once it has been put in its place.
            let _ = fs::remove_file(temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "before").unwrap();
        let mut out = OutFile::create(&path).unwrap();
        out.write_all(b"after").unwrap();
        drop(out);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        let mut out = OutFile::create(&path).unwrap();
        out.write_all(b"after").unwrap();
        out.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn what_is_no_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(OutFile::create(folder.path()).is_err());
        assert!(OutFile::create(&folder.path().join("gone/a.csv")).is_err());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
