//! Hashes. The named ones are those of the text of a value; `hash` is `xxHash64`, as Kusto's documentation says while it
//! warns that this may change.

use md5::Md5;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use xxhash_rust::xxh64::xxh64;

use super::arguments::{EMPTY, integer, text};
use super::codecs::guid_bytes;
use super::{Env, Kernel};
use crate::eval::Cell;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("hash", hash),
    Kernel::strict("hash_xxhash64", hash),
    Kernel::row("hash_md5", |_, args| digest::<Md5>(args)),
    Kernel::row("hash_sha1", |_, args| digest::<Sha1>(args)),
    Kernel::row("hash_sha256", |_, args| digest::<Sha256>(args)),
];

/// The digest in lower-case hexadecimal. On Kusto's emulator that of the empty text, and so of null, is empty.
fn digest<'a, D: Digest>(args: &[Cell<'a>]) -> Cell<'a> {
    let text = text(args, 0);
    if text.is_empty() { EMPTY } else { Cell::from(hexadecimal(&D::digest(text.as_bytes()))) }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Text is hashed as UTF-8 and instants by their ticks, which gives the documentation's examples. Of other values the
/// documentation shows none: their bytes are taken little-endian.
fn bytes(cell: &Cell<'_>) -> Vec<u8> {
    match cell {
        Cell::Bool(value) => vec![u8::from(*value)],
        Cell::Int(value) => value.to_le_bytes().to_vec(),
        Cell::Long(value) | Cell::DateTime(value) | Cell::TimeSpan(value) => value.to_le_bytes().to_vec(),
        Cell::Real(value) => value.to_le_bytes().to_vec(),
        Cell::Guid(value) => guid_bytes(*value).to_vec(),
        other => other.to_text().as_bytes().to_vec(),
    }
}

/// With a bound, the remainder of the hash as a number without sign, so that it is never negative; a bound that is not
/// above 0 gives null.
fn hash<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let hash = args.first().map_or(0, |cell| match cell {
        Cell::String(text) => xxh64(text.as_bytes(), 0),
        cell => xxh64(&bytes(cell), 0),
    });
    if args.len() < 2 {
        return Cell::Long(hash.cast_signed());
    }
    let bound = integer(args, 1).and_then(|bound| u64::try_from(bound).ok());
    bound.and_then(|bound| hash.checked_rem(bound)).map(u64::cast_signed).into()
}

#[cfg(test)]
mod tests {
    use super::super::testing::calls;
    use super::*;
    use crate::literal::parse_datetime;
    use crate::types::Type;

    #[test]
    fn the_documented_hashes_come_out() {
        let day = Cell::DateTime(parse_datetime("2015-01-01").unwrap());
        let s = Cell::string;
        calls(
            Type::Long,
            &[
                ("hash", vec![s("World")], "1846988464401551951"),
                ("hash", vec![s("World"), Cell::Long(100)], "51"),
                ("hash", vec![s("World"), Cell::Long(0)], ""),
                ("hash", vec![day], "1380966698541616202"),
                ("hash_xxhash64", vec![s("Hello")], "753694413698530628"),
            ],
        );
        let day = Cell::DateTime(parse_datetime("2020-01-01").unwrap());
        calls(
            Type::String,
            &[
                ("hash_md5", vec![s("World")], "f5a7924e621e84c9280a9a27e1bcb7f6"),
                ("hash_md5", vec![day], "786c530672d1f8db31fee25ea8a9390b"),
                ("hash_md5", vec![s("")], ""),
                ("hash_sha1", vec![s("abc")], "a9993e364706816aba3e25717850c26c9cd0d89d"),
                ("hash_sha256", vec![s("abc")], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ],
        );
    }

    #[test]
    fn a_remainder_is_never_negative() {
        for value in 0..200 {
            let Cell::Long(rest) = hash(Env { now: 0, ty: Type::Long }, &[Cell::Long(value), Cell::Long(10)]) else {
                panic!("{value} has no remainder")
            };
            assert!((0..10).contains(&rest));
        }
    }
}
