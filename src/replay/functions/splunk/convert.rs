//! Conversions, those of the command `convert` among them.

use super::number::finite;
use super::time::{formatted, parsed, ticks};
use super::{each, each_text, number, text};
use crate::replay::functions::{Context, Row};
use crate::replay::{Cell, Run};

pub(super) static ROWS: &[Row] = &[
    ("tonumber", tonumber),
    ("convert_ctime", |context, cells| {
        let format = text(&cells[1]).unwrap_or_default();
        each(&cells[0], |cell| match ticks(cell) {
            Some(time) => formatted(time, &format).map(Cell::text).map_err(|why| context.refuse(why)),
            None => Ok(cell.clone()),
        })
    }),
    ("convert_mktime", |context, cells| {
        let format = text(&cells[1]).unwrap_or_default();
        each_text(&cells[0], |text| {
            let time = parsed(text, &format, context.machine.world.now).map_err(|why| context.refuse(why))?;
            Ok(time.map_or(Cell::Null, super::time::seconds))
        })
    }),
    ("convert_dur2sec", |_, cells| each_text(&cells[0], |text| Ok(duration(text).map_or(Cell::Null, finite)))),
    ("convert_mstime", |_, cells| {
        each_text(&cells[0], |text| {
            let (minutes, seconds) = text.split_once(':').unwrap_or(("0", text));
            let parts = minutes.parse::<f64>().ok().zip(seconds.parse::<f64>().ok());
            Ok(parts.map_or(Cell::Null, |(minutes, seconds)| finite(minutes * 60.0 + seconds)))
        })
    }),
    ("convert_memk", |_, cells| {
        each_text(&cells[0], |text| {
            let factor = match text.trim_end().chars().next_back().map(|c| c.to_ascii_lowercase()) {
                Some('m') => 1024.0,
                Some('g') => 1024.0 * 1024.0,
                _ => 1.0,
            };
            let digits = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic());
            Ok(number(&Cell::from(digits)).map_or(Cell::Null, |value| finite(value * factor)))
        })
    }),
    ("convert_num", |_, cells| each(&cells[0], |cell| Ok(number(cell).map_or(Cell::Null, finite)))),
    ("convert_rmcomma", |_, cells| each_text(&cells[0], |text| Ok(Cell::text(text.replace(',', ""))))),
    ("convert_rmunit", |_, cells| {
        each_text(&cells[0], |text| {
            let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
            Ok(number(&Cell::from(&text[..end])).map_or(Cell::Null, finite))
        })
    }),
];

/// The number that a text says in a base.
fn tonumber(_: &Context<'_>, cells: &[Cell]) -> Run<Cell> {
    let base = match cells.get(1).map(number) {
        None => 10,
        Some(Some(base)) if (2.0..=36.0).contains(&base) => base as u32,
        Some(_) => return Ok(Cell::Null),
    };
    each(&cells[0], |cell| {
        if base == 10 {
            let trimmed = text(cell).map(|text| Cell::from(text.trim()));
            return Ok(trimmed.as_ref().and_then(number).map_or(Cell::Null, finite));
        }
        let text = text(cell).unwrap_or_default();
        let digits = text.trim();
        let digits = if base == 16 { digits.trim_start_matches("0x").trim_start_matches("0X") } else { digits };
        Ok(i64::from_str_radix(digits, base).map_or(Cell::Null, Cell::Long))
    })
}

/// The seconds of `[D+]HH:MM:SS`.
fn duration(text: &str) -> Option<f64> {
    let (days, clock) = text.split_once('+').unwrap_or(("0", text));
    let mut parts = clock.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let whole = |text: &str| text.parse::<u32>().ok().map(f64::from);
    Some(whole(days)? * 86_400.0 + whole(hours)? * 3600.0 + whole(minutes)? * 60.0 + number(&Cell::from(seconds))?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::gives;
    use super::*;

    // Splunk, Search Reference, tonumber and convert: the examples there.
    #[test]
    fn texts_become_numbers() {
        gives("tonumber", &["0A4".into(), 16.into()], 164);
        gives("tonumber", &["1.50".into()], 1.5);
        gives("tonumber", &["abc".into()], Cell::Null);
        gives("tonumber", &["".into()], Cell::Null);
        gives("convert_dur2sec", &["00:10:15".into()], 615);
        gives("convert_dur2sec", &["1+00:00:01".into()], 86_401);
        gives("convert_mstime", &["1:02.5".into()], 62.5);
        gives("convert_memk", &["2m".into()], 2048);
        gives("convert_num", &["x".into()], Cell::Null);
        gives("convert_rmcomma", &["1,234".into()], "1234");
        gives("convert_rmunit", &["15kb".into()], 15);
        gives("convert_ctime", &[0.into(), "%m/%d/%Y %H:%M:%S".into()], "01/01/1970 00:00:00");
        gives("convert_mktime", &["01/01/1970 00:01:00".into(), "%m/%d/%Y %H:%M:%S".into()], 60);
    }
}
