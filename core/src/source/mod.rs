//! Files, spans, and the way from an offset in a query to a file, line and column.
//!
//! A file is decoded once ([`SourceFile`]); a query inside it (a whole file, one of several parted by blank
//! lines, a YAML scalar) is a text of its own with a [`TextMap`] back into the file.

mod encoding;
mod file;
mod map;
mod span;

pub use encoding::Encoding;
pub use file::{Location, MAX_FILE_BYTES, ReadError, SourceFile};
pub use map::{Builder as TextMapBuilder, TextMap};
pub use span::Span;
