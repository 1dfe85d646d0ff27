//! Hashes.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Hashes a value with CRC-32; internal.
    __hash_crc32: [foldable, hidden]
        (source: NotDynamic, mod: Integer, seed: Integer) -> Long;
    /// Hashes a value with DJB2; internal.
    __hash_djb2: [foldable, hidden]
        (source: NotDynamic, mod: Integer?) -> Long;
    /// Hashes a value to a long, or to a number below a bound; which algorithm may change.
    hash: [foldable]
        (source: NotDynamic, mod: Integer?) -> Long
        => "print x = hash('World')" gives "1846988464401551951";
    /// Gives the SHA-256 of the text of a value in lower-case hexadecimal.
    hash_sha256: [foldable]
        (source: NotDynamic) -> String
        => "print x = hash_sha256('abc')" gives "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    /// Gives the MD5 of the text of a value in lower-case hexadecimal.
    hash_md5: [foldable]
        (source: NotDynamic) -> String
        => "print x = hash_md5('abc')" gives "900150983cd24fb0d6963f7d28e17f72";
    /// Gives the SHA-1 of the text of a value in lower-case hexadecimal.
    hash_sha1: [foldable]
        (source: NotDynamic) -> String
        => "print x = hash_sha1('abc')" gives "a9993e364706816aba3e25717850c26c9cd0d89d";
    /// Hashes a value with xxHash64 to a long, or to a number below a bound.
    hash_xxhash64: [foldable]
        (source: NotDynamic, mod: Integer?) -> Long
        => "print x = hash_xxhash64('World')" gives "1846988464401551951";
    /// Hashes a value with xxHash64 and a seed; internal.
    __hash_xxh64: [foldable, hidden]
        (source: NotDynamic, mod: Integer, seed: Integer) -> Long;
    /// Combines hashes into one.
    hash_combine: [foldable]
        (source: Scalar * 2..32767) -> Long;
    /// Hashes several values into one long.
    hash_many: [foldable]
        (source: NotDynamic+) -> Long;
    /// Hashes several values with CRC-32; internal.
    __hash_many_crc32: [foldable, hidden]
        (arg: Scalar * 1..2) -> Long;
}
