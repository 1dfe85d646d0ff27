//! The columns of a file whose table no schema knows: their names as they stand, their types from a sample.

use std::io;

use indexmap::IndexMap;

use super::files::{EventFile, Layout};
use super::frames::{Frames, Framing, Item, Lines, Objects};
use super::json::{Kind, unescaped, walk};
use super::separated::{Separated, Separator, fields};
use super::value::is_datetime;
use crate::types::Type;

/// How many bytes of a file are looked at, unless all are wanted.
pub(super) const SAMPLE: u64 = 1 << 20;

/// The kinds of values met in a column, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    const BOOL: Self = Self(1);
    const LONG: Self = Self(2);
    const REAL: Self = Self(4);
    const DATETIME: Self = Self(8);
    const TEXT: Self = Self(16);
    const NESTED: Self = Self(32);
    /// Text of no characters, which a column of any type may have.
    const EMPTY: Self = Self(64);

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The type that holds all kinds without loss.
    fn ty(self) -> Type {
        let without_empty = Self(self.0 & !Self::EMPTY.0);
        match without_empty {
            Self(0) if self == Self::EMPTY => Type::String,
            Self::BOOL => Type::Bool,
            Self::LONG => Type::Long,
            Self::REAL | Self(6) => Type::Real,
            Self::DATETIME => Type::DateTime,
            Self::TEXT | Self(24) => Type::String,
            _ => Type::Dynamic,
        }
    }

    /// The same in a file that has text alone.
    fn ty_of_text(self) -> Type {
        match self.ty() {
            Type::Dynamic => Type::String,
            ty => ty,
        }
    }

    fn of_string(text: &str) -> Self {
        match text {
            "" => Self::EMPTY,
            text if is_datetime(text) => Self::DATETIME,
            _ => Self::TEXT,
        }
    }

    fn of_number(text: &str) -> Self {
        if text.parse::<i64>().is_ok() { Self::LONG } else { Self::REAL }
    }

    /// The kind of what stands between separators.
    fn of_field(text: &str) -> Self {
        let digits = text.strip_prefix('-').unwrap_or(text);
        // What begins with a zero is a code, such as a postal one, and would not come back the same.
        let code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
        let number = digits.starts_with(|c: char| c.is_ascii_digit()) && !code;
        if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            Self::BOOL
        } else if number && text.parse::<i64>().is_ok() {
            Self::LONG
        } else if number && text.parse::<f64>().is_ok_and(f64::is_finite) {
            Self::REAL
        } else {
            Self::of_string(text)
        }
    }
}

/// The columns met in the first bytes of a file, in order of their first appearance.
///
/// # Errors
/// What the operating system says.
pub(super) fn columns(file: &EventFile, bytes: u64) -> io::Result<Vec<(String, Type)>> {
    match file.layout {
        Layout::Lines => of_objects(file, Lines, bytes),
        Layout::Objects => of_objects(file, Objects, bytes),
        Layout::Separated(separator) => of_fields(file, separator, bytes),
        Layout::Parquet => super::parquet::columns(file),
    }
}

fn of_objects(file: &EventFile, mut framing: impl Framing, bytes: u64) -> io::Result<Vec<(String, Type)>> {
    let mut frames = Frames::sample(file.open()?, bytes);
    let mut met: IndexMap<String, Kinds> = IndexMap::new();
    while let Some(item) = frames.next(&mut framing)? {
        // What cannot be read is told when it is read.
        let Item::Record(_, bytes) = item else { continue };
        let mut each = |name: &[u8], kinds: Kinds| match std::str::from_utf8(name).ok().and_then(|it| met.get_mut(it)) {
            Some(known) => known.add(kinds),
            None => _ = met.insert(String::from_utf8_lossy(name).into_owned(), kinds),
        };
        let _ = walk(bytes, |name, slot| {
            let text = std::str::from_utf8(slot.of(bytes)).unwrap_or_default();
            each(
                name,
                match slot.kind {
                    Kind::Absent | Kind::Null => Kinds::default(),
                    Kind::True | Kind::False => Kinds::BOOL,
                    Kind::Number => Kinds::of_number(text),
                    Kind::Text => Kinds::of_string(text),
                    Kind::Escaped => unescaped(text).map_or(Kinds::TEXT, |text| Kinds::of_string(&text)),
                    Kind::Nested => Kinds::NESTED,
                },
            );
        });
    }
    Ok(met.into_iter().map(|(name, kinds)| (name, kinds.ty())).collect())
}

fn of_fields(file: &EventFile, separator: Separator, bytes: u64) -> io::Result<Vec<(String, Type)>> {
    let mut frames = Frames::sample(file.open()?, bytes);
    let mut framing = Separated(separator);
    let mut met: Vec<(String, Kinds)> = Vec::new();
    let mut header = true;
    while let Some(item) = frames.next(&mut framing)? {
        let Item::Record(_, bytes) = item else { continue };
        let Ok(record) = std::str::from_utf8(bytes) else { continue };
        let fields = fields(record, separator);
        if std::mem::take(&mut header) {
            met.extend(fields.iter().map(|name| (column_name(name).to_owned(), Kinds::default())));
        } else {
            for ((_, kinds), field) in met.iter_mut().zip(&fields) {
                if !field.is_empty() {
                    kinds.add(Kinds::of_field(field));
                }
            }
        }
    }
    let ty = |kinds: Kinds| if kinds == Kinds::default() { Type::String } else { kinds.ty_of_text() };
    Ok(met.into_iter().map(|(name, kinds)| (name, ty(kinds))).collect())
}

/// The column that a header means: exports of Log Analytics put the time zone behind the name (`TimeGenerated [UTC]`).
pub(super) fn column_name(header: &str) -> &str {
    let header = header.trim();
    header.strip_suffix(" [UTC]").unwrap_or(header)
}

/// What several files of one table have: every column once; of several types the one that holds all.
pub(super) fn merged(files: impl IntoIterator<Item = Vec<(String, Type)>>) -> Vec<(String, Type)> {
    let mut merged: IndexMap<String, Type> = IndexMap::new();
    for (name, ty) in files.into_iter().flatten() {
        match merged.get_mut(&name) {
            None => _ = merged.insert(name, ty),
            Some(known) if *known == ty => {}
            Some(known) => {
                *known = match (*known, ty) {
                    (Type::Int | Type::Long, Type::Int | Type::Long) => Type::Long,
                    (Type::Int | Type::Long | Type::Real, Type::Int | Type::Long | Type::Real) => Type::Real,
                    (Type::String, Type::DateTime) | (Type::DateTime, Type::String) => Type::String,
                    _ => Type::Dynamic,
                };
            }
        }
    }
    merged.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(name: &str, text: &str) -> Vec<(String, Type)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        columns(&EventFile::at(path, None).unwrap(), SAMPLE).unwrap()
    }

    fn types(columns: &[(String, Type)]) -> Vec<(&str, &str)> {
        columns.iter().map(|(name, ty)| (name.as_str(), ty.name())).collect()
    }

    #[test]
    fn json_says_its_types() {
        let text = concat!(
            r#"{"l":1,"r":1,"t":"2024-01-31T10:00:00Z","s":"2024-01-31T10:00:00Z","b":true,"d":{"x":1},"m":1,"n":null,"e":""}"#,
            "\n{broken\n",
            r#"{"r":1.5,"t":"","s":"later","m":"a","big":9223372036854775808,"l":-1}"#,
        );
        let expected = [
            ("l", "long"),
            ("r", "real"),
            ("t", "datetime"),
            ("s", "string"),
            ("b", "bool"),
            ("d", "dynamic"),
            ("m", "dynamic"),
            ("n", "dynamic"),
            ("e", "string"),
            ("big", "real"),
        ];
        assert_eq!(types(&inferred("T.ndjson", text)), expected);
    }

    #[test]
    fn fields_say_their_types() {
        let text = "n,z,r,t [UTC],b,s,e\n1,007,1,2024-01-31 10:00:00,true,x,\n-2,1,2.5,2024-01-31T10:00:00Z,FALSE,1,\n";
        let expected = [
            ("n", "long"),
            ("z", "string"),
            ("r", "real"),
            ("t", "datetime"),
            ("b", "bool"),
            ("s", "string"),
            ("e", "string"),
        ];
        assert_eq!(types(&inferred("T.csv", text)), expected);
    }

    #[test]
    fn several_files_agree_on_a_type() {
        let column = |ty| vec![("a".to_owned(), ty)];
        for (first, second, expected) in [
            (Type::Long, Type::Long, Type::Long),
            (Type::Int, Type::Long, Type::Long),
            (Type::Long, Type::Real, Type::Real),
            (Type::DateTime, Type::String, Type::String),
            (Type::Long, Type::String, Type::Dynamic),
        ] {
            assert_eq!(merged([column(first), column(second)]), column(expected));
        }
    }
}
