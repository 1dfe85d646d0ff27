//! The formats of event files, told by the endings of their names.

use std::io::{self, BufReader, Read};
use std::path::Path;

use super::separated::Separator;

/// How a file holds records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One JSON object a line.
    Lines,
    /// JSON objects one behind the other, or in an array; also one a line.
    Json,
    /// Values parted by a separator under a header.
    Separated(Separator),
    /// Apache Parquet.
    Parquet,
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// Not at all.
    None,
    /// gzip, of one member or several.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// The endings, in lower case, and what each stands for.
const FORMATS: &[(&str, Format)] = &[
    ("ndjson", Format::Lines),
    ("jsonl", Format::Lines),
    ("json", Format::Json),
    ("csv", Format::Separated(Some(b','))),
    ("tsv", Format::Separated(Some(b'\t'))),
    ("parquet", Format::Parquet),
];

/// The endings that stand behind that of a format.
const COMPRESSIONS: &[(&str, Compression)] = &[("gz", Compression::Gzip), ("zst", Compression::Zstd)];

/// The endings that are known, for people.
pub(super) const KNOWN: &str = ".ndjson, .jsonl, .json, .csv, .tsv, each also with .gz or .zst, and .parquet";

/// What the name of a file says of it: the name without endings, the format and the compression.
pub(super) fn of_name(path: &Path) -> Option<(&str, Format, Compression)> {
    let name = path.file_name()?.to_str()?;
    let (rest, ending) = name.rsplit_once('.')?;
    let compression = COMPRESSIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|&(_, it)| it);
    let (stem, ending) = if compression.is_some() { rest.rsplit_once('.')? } else { (rest, ending) };
    let format = FORMATS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending)).map(|&(_, it)| it)?;
    // A Parquet file is read from its end, which a compressed stream does not allow.
    if format == Format::Parquet && compression.is_some() {
        return None;
    }
    Some((stem, format, compression.unwrap_or(Compression::None)))
}

/// A stream with its compression undone.
pub(super) fn decompressed(
    input: impl Read + Send + 'static,
    compression: Compression,
) -> io::Result<Box<dyn Read + Send>> {
    Ok(match compression {
        Compression::None => Box::new(input),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 18, input))),
        Compression::Zstd => Box::new(zstd::Decoder::new(input)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_format() {
        for (name, expected) in [
            ("d/SigninLogs.ndjson", Some(("SigninLogs", Format::Lines, Compression::None))),
            ("T.JSONL.GZ", Some(("T", Format::Lines, Compression::Gzip))),
            ("a.b.csv.zst", Some(("a.b", Format::Separated(Some(b',')), Compression::Zstd))),
            ("T.tsv", Some(("T", Format::Separated(Some(b'\t')), Compression::None))),
            ("T.parquet", Some(("T", Format::Parquet, Compression::None))),
            ("T.parquet.gz", None),
            ("T.gz", None),
            ("T.xml", None),
            ("T", None),
        ] {
            assert_eq!(of_name(Path::new(name)), expected, "{name}");
        }
    }
}
