//! A table in Markdown, as GitHub renders it.

use std::io::{self, Write};

use super::{Layout, each_row, is_numeric, text};
use crate::eval::engine::Answer;

pub(super) fn write(answer: &Answer, layout: Layout, out: &mut dyn Write) -> io::Result<()> {
    line(answer.columns.iter().map(|(name, _)| escaped(name)), out)?;
    line(answer.columns.iter().map(|(_, ty)| if is_numeric(*ty) { "---:" } else { "---" }.to_owned()), out)?;
    each_row(answer, layout.limit, |row| line(row.iter().map(|cell| escaped(&text(cell))), out))
}

fn line(cells: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"|")?;
    for cell in cells {
        write!(out, " {cell} |")?;
    }
    out.write_all(b"\n")
}

/// The text with what would end the cell or begin markup taken from it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            '\r' => {}
            '|' | '\\' | '`' | '*' | '_' | '<' | '[' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}
