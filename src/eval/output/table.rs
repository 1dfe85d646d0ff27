//! Aligned columns, for people.

use std::io::{self, Write};

use super::{Layout, each_row, is_numeric, text};
use crate::eval::engine::Answer;

/// A cell is cut to so many characters where a line would be too long, unless the whole would fit.
const LEAST: usize = 8;
/// What stands between two columns.
const GAP: &str = "  ";

pub(super) fn write(answer: &Answer, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    if answer.columns.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    each_row(answer, layout.limit, |row| {
        rows.push(row.iter().map(|cell| visible(&text(cell))).collect());
        Ok(())
    })?;
    let names: Vec<String> = answer.columns.iter().map(|(name, _)| visible(name)).collect();
    let mut widths: Vec<usize> = names.iter().map(|name| length(name)).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(length(cell));
        }
    }
    if let Some(width) = layout.width {
        narrow(&mut widths, width);
    }
    let right: Vec<bool> = answer.columns.iter().map(|(_, ty)| is_numeric(*ty)).collect();
    line(&names, &widths, &right, out)?;
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    line(&rules, &widths, &right, out)?;
    rows.iter().try_for_each(|row| line(row, &widths, &right, out))
}

/// Takes from the widest columns until the line fits, or nothing is left to take.
fn narrow(widths: &mut [usize], line: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let room = line.saturating_sub(gaps);
    // The greatest width that every column may have so that all of them fit.
    let fits = |cap: usize| widths.iter().map(|width| (*width).min(cap)).sum::<usize>() <= room;
    let (mut low, mut high) = (LEAST, widths.iter().copied().max().unwrap_or_default().max(LEAST));
    while low < high {
        let middle = usize::midpoint(low, high + 1);
        if fits(middle) { low = middle } else { high = middle - 1 }
    }
    for width in widths {
        *width = (*width).min(low);
    }
}

fn line(cells: &[String], widths: &[usize], right: &[bool], out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    for (at, ((cell, width), right)) in cells.iter().zip(widths).zip(right).enumerate() {
        if at > 0 {
            text.push_str(GAP);
        }
        let padding = " ".repeat(width.saturating_sub(length(cell)));
        if *right {
            text.push_str(&padding);
        }
        if length(cell) > *width {
            text.extend(cell.chars().take(width - 1));
            text.push('…');
        } else {
            text.push_str(cell);
        }
        if !*right {
            text.push_str(&padding);
        }
    }
    writeln!(out, "{}", text.trim_end())
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// The text on one line, with nothing in it that a terminal would obey.
fn visible(text: &str) -> String {
    if text.chars().any(char::is_control) {
        text.chars().fold(String::new(), |mut out, c| {
            if c.is_control() {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
            out
        })
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::narrow;

    #[test]
    fn the_widest_columns_give_way_first() {
        for (mut widths, line, expected) in [
            (vec![5, 100, 10], 60, vec![5, 41, 10]),
            (vec![50, 50], 42, vec![20, 20]),
            (vec![3, 4], 80, vec![3, 4]),
            (vec![30; 20], 40, vec![8; 20]),
        ] {
            narrow(&mut widths, line);
            assert_eq!(widths, expected);
        }
    }
}
