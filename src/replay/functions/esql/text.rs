//! Functions of texts and addresses.

use std::net::IpAddr;

use base64::Engine as _;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{as_long, as_text, whole};
use crate::ir::RegexDialect;
use crate::replay::functions::core::in_range;
use crate::replay::functions::{Context, Row};
use crate::replay::{Cell, Run};

pub(super) static ROWS: &[Row] = &[
    ("length", |_, cells| Ok(text(cells, |text| whole(text.chars().count())))),
    ("byte_length", |_, cells| Ok(text(cells, |text| whole(text.len())))),
    ("bit_length", |_, cells| Ok(text(cells, |text| whole(text.len() * 8)))),
    ("concat", |_, cells| {
        let texts: Option<String> = cells.iter().map(as_text).collect();
        Ok(texts.map_or(Cell::Null, Cell::text))
    }),
    ("contains", |_, cells| Ok(texts(cells, |text, part| Cell::Bool(text.contains(part))))),
    ("starts_with", |_, cells| Ok(texts(cells, |text, part| Cell::Bool(text.starts_with(part))))),
    ("ends_with", |_, cells| Ok(texts(cells, |text, part| Cell::Bool(text.ends_with(part))))),
    ("to_base64", |_, cells| {
        Ok(text(cells, |text| Cell::text(base64::engine::general_purpose::STANDARD.encode(text))))
    }),
    ("from_base64", |_, cells| {
        Ok(text(cells, |text| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map_or(Cell::Null, Cell::text)
        }))
    }),
    ("md5", |_, cells| Ok(text(cells, |text| Cell::text(hex(&Md5::digest(text)))))),
    ("sha1", |_, cells| Ok(text(cells, |text| Cell::text(hex(&Sha1::digest(text)))))),
    ("sha256", |_, cells| Ok(text(cells, |text| Cell::text(hex(&Sha256::digest(text)))))),
    ("hash", |context, cells| {
        let (Some(algorithm), Some(text)) = (as_text(&cells[0]), as_text(&cells[1])) else { return Ok(Cell::Null) };
        Ok(Cell::text(match algorithm.to_ascii_lowercase().as_str() {
            "md5" => hex(&Md5::digest(text)),
            "sha" | "sha1" | "sha-1" => hex(&Sha1::digest(text)),
            "sha256" | "sha-256" => hex(&Sha256::digest(text)),
            "sha384" | "sha-384" => hex(&Sha384::digest(text)),
            "sha512" | "sha-512" => hex(&Sha512::digest(text)),
            other => return Err(context.refuse(format!("the algorithm `{other}` is not known"))),
        }))
    }),
    ("left", |_, cells| Ok(counted(cells, |text, count| Cell::text(text.chars().take(count).collect::<String>())))),
    ("right", |_, cells| {
        Ok(counted(cells, |text, count| {
            let skipped = text.chars().count().saturating_sub(count);
            Cell::text(text.chars().skip(skipped).collect::<String>())
        }))
    }),
    ("locate", |_, cells| {
        let start = match cells.get(2).map(as_long) {
            None => 1,
            Some(Some(start)) => start.max(1),
            Some(None) => return Ok(Cell::Null),
        };
        Ok(texts(&cells[..2], |text, part| {
            let before = usize::try_from(start - 1).unwrap_or(usize::MAX);
            let Some((at, _)) = text.char_indices().chain([(text.len(), ' ')]).nth(before) else { return whole(0) };
            text[at..].find(part).map_or(whole(0), |found| whole(text[..at + found].chars().count() + 1))
        }))
    }),
    ("trim", |_, cells| Ok(text(cells, |text| Cell::text(text.trim())))),
    ("ltrim", |_, cells| Ok(text(cells, |text| Cell::text(text.trim_start())))),
    ("rtrim", |_, cells| Ok(text(cells, |text| Cell::text(text.trim_end())))),
    ("repeat", |context, cells| {
        const MOST: usize = 1 << 20;
        let (Some(text), Some(count)) = (as_text(&cells[0]), as_long(&cells[1])) else { return Ok(Cell::Null) };
        match usize::try_from(count) {
            Ok(count) if count.saturating_mul(text.len()) <= MOST => Ok(Cell::text(text.repeat(count))),
            Ok(_) => Err(context.refuse("the text is too long")),
            Err(_) => Ok(Cell::Null),
        }
    }),
    ("replace", replace),
    ("reverse", |context, cells| match as_text(&cells[0]) {
        Some(text) if text.is_ascii() => Ok(Cell::text(text.chars().rev().collect::<String>())),
        Some(_) => Err(context.refuse("which characters belong together depends on tables of Unicode")),
        None => Ok(Cell::Null),
    }),
    ("space", |context, cells| match as_long(&cells[0]).map(usize::try_from) {
        Some(Ok(count)) if count <= 1 << 20 => Ok(Cell::text(" ".repeat(count))),
        Some(Ok(_)) => Err(context.refuse("the text is too long")),
        _ => Ok(Cell::Null),
    }),
    ("split", |_, cells| {
        Ok(texts(cells, |text, delimiter| {
            if delimiter.is_empty() {
                return Cell::text(text);
            }
            Cell::many(text.split(delimiter).map(Cell::text).collect())
        }))
    }),
    ("substring", |_, cells| {
        let (Some(text), Some(start)) = (as_text(&cells[0]), as_long(&cells[1])) else { return Ok(Cell::Null) };
        let count = match cells.get(2) {
            None => usize::MAX,
            Some(count) => match as_long(count).and_then(|count| usize::try_from(count).ok()) {
                Some(count) => count,
                None => return Ok(Cell::Null),
            },
        };
        let all = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        let from = match start {
            1.. => start - 1,
            0 => 0,
            _ => all.saturating_add(start),
        };
        let from = usize::try_from(from.clamp(0, all)).unwrap_or(usize::MAX);
        Ok(Cell::text(text.chars().skip(from).take(count).collect::<String>()))
    }),
    ("url_encode", |_, cells| Ok(text(cells, |text| Cell::text(encoded(text, "+"))))),
    ("url_encode_component", |_, cells| Ok(text(cells, |text| Cell::text(encoded(text, "%20"))))),
    ("url_decode", |_, cells| Ok(text(cells, |text| decoded(text).map_or(Cell::Null, Cell::text)))),
    ("cidr_match", |_, cells| {
        let Some(address) = as_text(&cells[0]) else { return Ok(Cell::Null) };
        if address.parse::<IpAddr>().is_err() {
            return Ok(Cell::Null);
        }
        let blocks: Option<Vec<&str>> = cells[1..].iter().map(as_text).collect();
        Ok(blocks.map_or(Cell::Null, |blocks| Cell::Bool(blocks.iter().any(|block| in_range(address, block)))))
    }),
    ("ip_prefix", |_, cells| {
        let address = as_text(&cells[0]).and_then(|text| text.parse::<IpAddr>().ok());
        let bits = |cell: &Cell, most: u32| {
            as_long(cell).and_then(|bits| u32::try_from(bits).ok()).filter(|bits| *bits <= most)
        };
        let prefix = match address {
            Some(IpAddr::V4(address)) => bits(&cells[1], 32).map(|bits| {
                let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
                IpAddr::from((u32::from(address) & mask).to_be_bytes())
            }),
            Some(IpAddr::V6(address)) => bits(&cells[2], 128).map(|bits| {
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
                IpAddr::from((u128::from(address) & mask).to_be_bytes())
            }),
            None => None,
        };
        Ok(prefix.map_or(Cell::Null, |address| Cell::text(address.to_string())))
    }),
];

/// A function of the first argument, a text.
fn text(cells: &[Cell], function: impl FnOnce(&str) -> Cell) -> Cell {
    cells.first().and_then(as_text).map_or(Cell::Null, function)
}

/// A function of two texts.
fn texts(cells: &[Cell], function: impl FnOnce(&str, &str) -> Cell) -> Cell {
    match cells.first().and_then(as_text).zip(cells.get(1).and_then(as_text)) {
        Some((first, second)) => function(first, second),
        None => Cell::Null,
    }
}

/// A function of a text and a number of characters, of which there are none below 0.
fn counted(cells: &[Cell], function: impl FnOnce(&str, usize) -> Cell) -> Cell {
    match (as_text(&cells[0]), as_long(&cells[1])) {
        (Some(text), Some(count)) => function(text, usize::try_from(count).unwrap_or(0)),
        _ => Cell::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// `REPLACE`, whose expressions are Java's: what PCRE has of them is the same.
fn replace(context: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let (Some(text), Some(pattern), Some(with)) = (as_text(&cells[0]), as_text(&cells[1]), as_text(&cells[2])) else {
        return Ok(Cell::Null);
    };
    let compiled = context.machine.regexes.get(RegexDialect::Pcre, false, false, pattern);
    let compiled = compiled.map_err(|why| context.refuse(why))?;
    // A `$` and a digit stand for a group, a backslash takes away the meaning of what follows.
    let mut out = String::with_capacity(with.len());
    let mut chars = with.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek().copied()) {
            ('$', Some(digit)) if digit.is_ascii_digit() => out.push('\\'),
            ('$', _) => return Err(context.refuse("a `$` that stands for no group")),
            ('\\', Some(next)) => {
                chars.next();
                if next == '\\' {
                    out.push('\\');
                }
                out.push(next);
            }
            (c, _) => out.push(c),
        }
    }
    compiled.replace(text, &out, usize::MAX, 0).map(Cell::text).map_err(|why| context.refuse(why))
}

/// Percent-encoding, by the rules of forms.
fn encoded(text: &str, blank: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push_str(blank),
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'*' | b'_') => {
                out.push(char::from(byte));
            }
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}
