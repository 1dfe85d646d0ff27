//! Encodings of text: Base64, URLs, zlib and gzip, Punycode. What cannot be decoded gives null, and `""` where text is
//! asked for.

use std::borrow::Cow;
use std::io::Read;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use flate2::read::{GzDecoder, ZlibDecoder};
use idna::punycode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};

use super::arguments::{EMPTY, array, text};
use super::{Env, Kernel};
use crate::eval::Cell;
use crate::ir::Json;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::row("url_encode", |_, args| Cell::from(url_encode(&text(args, 0), "+"))),
    Kernel::row("url_encode_component", |_, args| Cell::from(url_encode(&text(args, 0), "%20"))),
    Kernel::row("url_decode", url_decode),
    Kernel::row("base64_encodestring", |_, args| Cell::from(BASE64.encode(text(args, 0).as_bytes()))),
    Kernel::row("base64_encode_tostring", |_, args| Cell::from(BASE64.encode(text(args, 0).as_bytes()))),
    Kernel::row("base64_encode_fromarray", base64_encode_fromarray),
    Kernel::strict("base64_encode_fromguid", base64_encode_fromguid),
    Kernel::row("base64_decodestring", |_, args| decoded(args).and_then(utf8).map_or(EMPTY, Cell::from)),
    Kernel::row("base64_decode_tostring", |_, args| decoded(args).and_then(utf8).map_or(EMPTY, Cell::from)),
    Kernel::row("base64_decode_toarray", base64_decode_toarray),
    Kernel::row("base64_decode_toguid", base64_decode_toguid),
    Kernel::row("zlib_compress_to_base64_string", |_, args| Cell::from(BASE64.encode(zlib(text(args, 0).as_bytes())))),
    Kernel::row("gzip_compress_to_base64_string", |_, args| Cell::from(BASE64.encode(gzip(text(args, 0).as_bytes())))),
    Kernel::row("zlib_decompress_from_base64_string", zlib_decompress),
    Kernel::row("gzip_decompress_from_base64_string", gzip_decompress),
    Kernel::row("punycode_from_string", |_, args| punycode::encode_str(&text(args, 0)).map_or(EMPTY, Cell::from)),
    Kernel::row("punycode_to_string", |_, args| from_punycode(&text(args, 0)).map_or(EMPTY, Cell::from)),
    Kernel::row("punycode_domain_from_string", |_, args| by_label(&text(args, 0), decode_label)),
    Kernel::row("punycode_domain_to_string", |_, args| by_label(&text(args, 0), encode_label)),
];

/// Bits of the last digit that belong to no byte do not matter, as in .NET.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The bytes that the first argument stands for in Base64.
fn decoded(args: &[Cell<'_>]) -> Option<Vec<u8>> {
    BASE64.decode(text(args, 0).as_bytes()).ok()
}

fn utf8(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

fn base64_encode_fromarray<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let bytes = array(args, 0).and_then(|items| {
        let byte = |item: &Json| match item {
            Json::Long(value) => u8::try_from(*value).ok(),
            _ => None,
        };
        items.iter().map(byte).collect::<Option<Vec<u8>>>()
    });
    bytes.map_or(EMPTY, |bytes| Cell::from(BASE64.encode(bytes)))
}

fn base64_decode_toarray<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    decoded(args).map(|bytes| Json::Array(bytes.into_iter().map(|byte| Json::Long(i64::from(byte))).collect())).into()
}

/// The bytes of a guid in the order in which Windows keeps them: the first three groups little-endian. The same again
/// leads back.
pub(super) fn guid_bytes(guid: u128) -> [u8; 16] {
    let mut bytes = guid.to_be_bytes();
    for group in [0..4, 4..6, 6..8] {
        bytes[group].reverse();
    }
    bytes
}

fn base64_encode_fromguid<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match args.first() {
        Some(Cell::Guid(guid)) => Cell::from(BASE64.encode(guid_bytes(*guid))),
        _ => EMPTY,
    }
}

fn base64_decode_toguid<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let bytes: Option<[u8; 16]> = decoded(args).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(Cell::Null, |bytes| Cell::Guid(u128::from_be_bytes(guid_bytes(u128::from_be_bytes(bytes)))))
}

/// What is escaped in a URL: what .NET's `HttpUtility.UrlEncode` does, whose lower-case digits the documentation shows.
const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'!').remove(b'*').remove(b'(').remove(b')');

fn url_encode(text: &str, space: &str) -> String {
    let mut encoded = String::new();
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            encoded.push_str(space);
        }
        for part in percent_encoding::utf8_percent_encode(word, ESCAPED) {
            match part.strip_prefix('%') {
                Some(digits) => {
                    encoded.push('%');
                    encoded.push_str(&digits.to_ascii_lowercase());
                }
                None => encoded.push_str(part),
            }
        }
    }
    encoded
}

/// `+` stands for a space, as `url_encode` writes it.
fn url_decode<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let text = text(args, 0);
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { text };
    Cell::from(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

/// The level that is taken where none is given, as the documentation's examples have it.
const LEVEL: u8 = 6;

/// Packed with DEFLATE (RFC 1951), byte for byte as in the documentation's examples: as the library miniz packs, which
/// stores a text that would grow. `miniz_oxide` does the same, except to texts of up to 32 bytes.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let packed = miniz_oxide::deflate::compress_to_vec(bytes, LEVEL);
    match u16::try_from(bytes.len()) {
        Ok(length @ 1..=32) if packed.len() >= bytes.len() => {
            let [low, high] = length.to_le_bytes();
            // One block, the last, stored: its length, and the same with all bits turned.
            [&[1, low, high, !low, !high], bytes].concat()
        }
        _ => packed,
    }
}

/// In the zlib format (RFC 1950), with the header that miniz writes.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x78, 0x01];
    packed.extend(deflate(bytes));
    packed.extend(adler32(bytes).to_be_bytes());
    packed
}

/// The checksum of the zlib format (RFC 1950).
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    // So many bytes at most can be added up before a sum passes 32 bits.
    let (mut low, mut high) = (1u32, 0u32);
    for chunk in bytes.chunks(5_552) {
        for byte in chunk {
            low += u32::from(*byte);
            high += low;
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    (high << 16) | low
}

/// In the gzip format (RFC 1952): no optional fields, no time, of an unknown system.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    packed.extend(deflate(bytes));
    packed.extend(sum.sum().to_le_bytes());
    packed.extend(sum.amount().to_le_bytes());
    packed
}

/// The most bytes that are unpacked; a text that promises more is empty, like one that is damaged. A few bytes can
/// promise gigabytes.
const MOST_UNPACKED: u64 = 64 << 20;

fn unpacked<'a>(reader: impl Read) -> Cell<'a> {
    let mut bytes = Vec::new();
    match reader.take(MOST_UNPACKED + 1).read_to_end(&mut bytes) {
        Ok(read) if read as u64 <= MOST_UNPACKED => utf8(bytes).map_or(EMPTY, Cell::from),
        _ => EMPTY,
    }
}

fn zlib_decompress<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    decoded(args).map_or(EMPTY, |bytes| unpacked(ZlibDecoder::new(bytes.as_slice())))
}

/// A header with optional fields is not read, as documented.
fn gzip_decompress<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match decoded(args) {
        Some(bytes) if bytes.starts_with(&[0x1f, 0x8b, 8, 0]) => unpacked(GzDecoder::new(bytes.as_slice())),
        _ => EMPTY,
    }
}

fn from_punycode(text: &str) -> Option<String> {
    if text.is_ascii() { punycode::decode_to_string(text) } else { None }
}

/// A domain name with each of its labels changed; empty where one cannot be. Case stays as it is.
fn by_label<'a>(domain: &str, change: fn(&str) -> Option<Cow<'_, str>>) -> Cell<'a> {
    let labels = domain.split('.').map(change).collect::<Option<Vec<_>>>();
    labels.map_or(EMPTY, |labels| Cell::from(labels.join(".")))
}

/// What a label in Punycode begins with.
const PREFIX: &str = "xn--";

fn decode_label(label: &str) -> Option<Cow<'_, str>> {
    match label.split_at_checked(PREFIX.len()) {
        Some((prefix, encoded)) if prefix.eq_ignore_ascii_case(PREFIX) => from_punycode(encoded).map(Cow::Owned),
        _ => Some(Cow::Borrowed(label)),
    }
}

fn encode_label(label: &str) -> Option<Cow<'_, str>> {
    if label.is_ascii() {
        return Some(Cow::Borrowed(label));
    }
    Some(Cow::Owned(format!("{PREFIX}{}", punycode::encode_str(label)?)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, calls};
    use super::*;
    use crate::literal::parse_guid;
    use crate::types::Type;

    fn s(text: &str) -> Cell<'_> {
        Cell::string(text)
    }

    #[test]
    fn base64_is_read_and_written() {
        let bytes = |bytes: &[i64]| Cell::dynamic(&Json::Array(bytes.iter().map(|byte| Json::Long(*byte)).collect()));
        calls(
            Type::String,
            &[
                ("base64_encode_tostring", vec![s("Kusto")], "S3VzdG8="),
                ("base64_decode_tostring", vec![s("S3VzdG8=")], "Kusto"),
                ("base64_decode_tostring", vec![s("U3RyaW5n0KHR0tGA0L7Rh9C60LA=")], ""),
                ("base64_decode_tostring", vec![s("not Base64")], ""),
                ("base64_encode_fromarray", vec![bytes(&[75, 117, 115, 116, 111])], "S3VzdG8="),
                ("base64_encode_fromarray", vec![bytes(&[256])], ""),
                (
                    "base64_encode_fromguid",
                    vec![Cell::Guid(parse_guid("ae3133f2-6e22-49ae-b06a-16e6a9b212eb").unwrap())],
                    "8jMxriJurkmwahbmqbIS6w==",
                ),
            ],
        );
        calls(Type::Dynamic, &[("base64_decode_toarray", vec![s("S3VzdG8=")], "[75,117,115,116,111]")]);
        // The documentation's example has the third group turned round, which its example of the way back has not.
        calls(
            Type::Guid,
            &[
                ("base64_decode_toguid", vec![s("JpbpECu8dUy7Pv5gbeJXAA==")], "10e99626-bc2b-4c75-bb3e-fe606de25700"),
                ("base64_decode_toguid", vec![s("abcd1231")], ""),
            ],
        );
    }

    #[test]
    fn urls_are_escaped() {
        let url = "https://www.bing.com/hello world/";
        calls(
            Type::String,
            &[
                ("url_encode", vec![s(url)], "https%3a%2f%2fwww.bing.com%2fhello+world%2f"),
                ("url_encode_component", vec![s(url)], "https%3a%2f%2fwww.bing.com%2fhello%20world%2f"),
                ("url_decode", vec![s("https%3a%2f%2fwww.bing.com%2fhello+world%2F")], url),
                ("url_encode", vec![s("é~a-b")], "%c3%a9%7ea-b"),
                ("url_decode", vec![s("100%")], "100%"),
            ],
        );
    }

    #[test]
    fn text_is_packed_as_documented() {
        let text = "1234567890qwertyuiop";
        let (zipped, packed) = (
            "H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==",
            "eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==",
        );
        calls(
            Type::String,
            &[
                ("gzip_compress_to_base64_string", vec![s(text)], zipped),
                ("gzip_decompress_from_base64_string", vec![s(zipped)], text),
                ("zlib_compress_to_base64_string", vec![s(text)], packed),
                ("zlib_decompress_from_base64_string", vec![s(packed)], text),
                ("zlib_decompress_from_base64_string", vec![s("eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=")], "Test string 123"),
                ("zlib_decompress_from_base64_string", vec![s("x0x0x0")], ""),
                ("gzip_decompress_from_base64_string", vec![s("x0x0x0")], ""),
            ],
        );
        for text in [String::new(), "a".to_owned(), "a".repeat(32), "abc".repeat(100_000)] {
            for (pack, unpack) in
                [("zlib_compress_to", "zlib_decompress_from"), ("gzip_compress_to", "gzip_decompress_from")]
            {
                let packed = call(&format!("{pack}_base64_string"), Type::String, &[s(&text)]);
                assert_eq!(call(&format!("{unpack}_base64_string"), Type::String, &[packed]).to_text(), text);
            }
        }
    }

    #[test]
    fn unpacking_stops_in_time() {
        let bomb = BASE64.encode(zlib(&vec![b'a'; (64 << 20) + 1]));
        assert!(call("zlib_decompress_from_base64_string", Type::String, &[s(&bomb)]).is_empty());
    }

    #[test]
    fn punycode_keeps_case() {
        calls(
            Type::String,
            &[
                ("punycode_from_string", vec![s("académie-française")], "acadmie-franaise-npb1a"),
                ("punycode_to_string", vec![s("acadmie-franaise-npb1a")], "académie-française"),
                ("punycode_from_string", vec![s("艺术")], "cqv902d"),
                ("punycode_to_string", vec![s("é")], ""),
                ("punycode_domain_from_string", vec![s("xn--Ge-mia.Bulg.edu")], "Gáe.Bulg.edu"),
                (
                    "punycode_domain_from_string",
                    vec![s("xn--Ry-lja8c.xn--Jng-uta63a.xn--Bng-9ka.com")],
                    "Rúyì.Jīngū.Bàng.com",
                ),
                ("punycode_domain_to_string", vec![s("Gáe.Bulg.edu")], "xn--Ge-mia.Bulg.edu"),
            ],
        );
    }
}
