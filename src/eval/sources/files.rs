//! A file of events: where it is, and how it holds records.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use memchr::memchr_iter;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;

use super::format::{self, Compression, Format};
use super::frames::{Frames, Item, Lines};
use super::json::walk;
use super::separated::Separator;

/// How many bytes of a file in JSON are looked at to tell whether it has one object a line.
const LOOK: u64 = 1 << 16;

/// How records lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One JSON object a line.
    Lines,
    /// JSON objects in any other way.
    Objects,
    /// Values parted by a separator.
    Separated(Separator),
    /// Apache Parquet.
    Parquet,
}

/// What the fields of a file with separators are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Header {
    /// The first record says it.
    #[default]
    First,
    /// These names, in order; the first record is passed over where it is said so.
    Names(Vec<String>, bool),
}

/// How far the files of a run have been read, in bytes of the files as they are stored.
#[derive(Debug, Default)]
pub struct Progress {
    /// What has been read.
    pub read: AtomicU64,
    /// What there is to read, as far as it is known.
    pub total: AtomicU64,
}

/// Where records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// In a file.
    Path(PathBuf),
    /// At hand already: a JSON object a line, under the name of what they stand in.
    Inline(PathBuf, Arc<[u8]>),
}

impl Given {
    /// What it is called.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Path(path) | Self::Inline(path, _) => path,
        }
    }
}

/// A file of events.
#[derive(Clone, Debug)]
pub(super) struct EventFile {
    pub(super) path: PathBuf,
    /// What it holds, where that is no file.
    pub(super) inline: Option<Arc<[u8]>>,
    pub(super) compression: Compression,
    pub(super) layout: Layout,
    pub(super) header: Header,
    /// The size of the file as it is stored.
    pub(super) bytes: u64,
    pub(super) progress: Option<Arc<Progress>>,
    /// What the end of a Parquet file says of it, once it has been read.
    pub(super) parquet: Arc<OnceLock<ArrowReaderMetadata>>,
}

impl EventFile {
    /// The file of what is given. Without a format its name says it.
    pub(super) fn of(given: &Given, known: Option<Format>) -> io::Result<Self> {
        match given {
            Given::Path(path) => Self::at(path.clone(), known),
            Given::Inline(path, bytes) => Ok(Self {
                path: path.clone(),
                bytes: bytes.len() as u64,
                inline: Some(Arc::clone(bytes)),
                compression: Compression::None,
                layout: Layout::Lines,
                header: Header::default(),
                progress: None,
                parquet: Arc::default(),
            }),
        }
    }

    /// The file at a path. Without a format its name says it.
    pub(super) fn at(path: PathBuf, known: Option<Format>) -> io::Result<Self> {
        let named = format::of_name(&path).map(|(_, format, compression)| (format, compression));
        let (format, compression) = match (named, known) {
            (named, Some(format)) => (format, named.map_or(Compression::None, |(_, compression)| compression)),
            (Some(named), None) => named,
            (None, None) => return Err(io::Error::new(io::ErrorKind::Unsupported, "its name says no format")),
        };
        let bytes = path.metadata()?.len();
        let layout = match format {
            Format::Lines => Layout::Lines,
            Format::Json => Layout::Objects,
            Format::Separated(separator) => Layout::Separated(separator),
            Format::Parquet => Layout::Parquet,
        };
        let mut file = Self {
            path,
            inline: None,
            compression,
            layout,
            header: Header::default(),
            bytes,
            progress: None,
            parquet: Arc::default(),
        };
        if format == Format::Json && file.has_an_object_a_line()? {
            file.layout = Layout::Lines;
        }
        Ok(file)
    }

    /// Whether the first line is an object. An object that goes over lines is none on its first.
    fn has_an_object_a_line(&self) -> io::Result<bool> {
        let mut frames = Frames::sample(self.open()?, LOOK);
        Ok(match frames.next(&mut Lines)? {
            Some(Item::Record(_, line)) => walk(line, |_, _| ()).is_ok(),
            _ => false,
        })
    }

    /// Opens it, with its compression undone.
    pub(super) fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        format::decompressed(self.stored(None)?, self.compression)
    }

    /// As [`Self::open`], counting what is read.
    pub(super) fn open_counted(&self) -> io::Result<Box<dyn Read + Send>> {
        format::decompressed(self.open_stored()?, self.compression)
    }

    /// The file as it is stored, counting what is read.
    pub(super) fn open_stored(&self) -> io::Result<Stored> {
        self.stored(self.progress.clone())
    }

    fn stored(&self, progress: Option<Arc<Progress>>) -> io::Result<Stored> {
        let bytes = match &self.inline {
            Some(bytes) => Bytes::Inline(io::Cursor::new(Arc::clone(bytes))),
            None => Bytes::File(File::open(&self.path)?),
        };
        Ok(Stored { bytes, progress })
    }

    /// The line, from 1, that an offset is in. In Parquet offsets are records already.
    pub(super) fn line_of(&self, offset: u64) -> io::Result<u64> {
        if self.layout == Layout::Parquet {
            return Ok(offset + 1);
        }
        let mut input = self.open()?.take(offset);
        let mut buffer = vec![0; 1 << 16];
        let mut line = 1;
        loop {
            match input.read(&mut buffer) {
                Ok(0) => return Ok(line),
                Ok(read) => line += memchr_iter(b'\n', &buffer[..read]).count() as u64,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Where bytes come from.
enum Bytes {
    File(File),
    Inline(io::Cursor<Arc<[u8]>>),
}

/// Bytes as they are stored, whose reading is counted.
pub(super) struct Stored {
    bytes: Bytes,
    progress: Option<Arc<Progress>>,
}

impl Read for Stored {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.bytes {
            Bytes::File(file) => file.read(buffer)?,
            Bytes::Inline(bytes) => bytes.read(buffer)?,
        };
        if let Some(progress) = &self.progress {
            progress.read.fetch_add(read as u64, Ordering::Relaxed);
        }
        Ok(read)
    }
}

impl io::Seek for Stored {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        match &mut self.bytes {
            Bytes::File(file) => file.seek(to),
            Bytes::Inline(bytes) => bytes.seek(to),
        }
    }
}

/// What is told of a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        for (text, expected) in [
            ("{\"a\":1}\n{\"a\":2}\n", Layout::Lines),
            ("{\n\"a\":1}\n{\"a\":2}\n", Layout::Objects),
            ("[{\"a\":1},\n{\"a\":2}]", Layout::Objects),
            ("{\"a\":1}{\"a\":2}", Layout::Objects),
            ("", Layout::Objects),
        ] {
            let path = folder.path().join("T.json");
            std::fs::write(&path, text).unwrap();
            assert_eq!(EventFile::at(path, None).unwrap().layout, expected, "{text}");
        }
    }

    #[test]
    fn offsets_lead_to_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("T.ndjson");
        std::fs::write(&path, "a\nbb\n\nc").unwrap();
        let file = EventFile::at(path, None).unwrap();
        for (offset, line) in [(0, 1), (2, 2), (4, 2), (5, 3), (6, 4), (99, 4)] {
            assert_eq!(file.line_of(offset).unwrap(), line);
        }
    }
}
