//! Writing another query in the place of a rule's, every other byte of the file as it was.

use crate::source::{SourceFile, Span};

use super::query::QueryText;
use super::{ScalarStyle, kind_of, read_text};
use crate::yaml::scalar::{Block, Chomping, Layout};

/// Why a query cannot be written in place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplaceError {
    /// The style folds lines, or is ended by characters a query has.
    #[error("a query written {0} cannot be changed without changing its lines; write it as a block after `|`")]
    Style(&'static str),
    /// The query is an alias: its text stands elsewhere and may serve other fields.
    #[error(
        "the query is a YAML alias, so its text belongs to another part of the file; write it out as a block after `|`"
    )]
    Alias,
    /// The new text has a character that this style cannot hold.
    #[error("the query has the character U+{:04X}, which {holder} cannot hold; write it in double quotes with an escape", u32::from(*character))]
    Character {
        /// The character.
        character: char,
        /// What cannot hold it.
        holder: &'static str,
    },
    /// The block is indented too deep for an indentation indicator, which the new text needs.
    #[error(
        "the query begins with blanks, and its block is indented by {0} columns, more than YAML can state; indent it by at most 9"
    )]
    Indent(usize),
    /// Reading the changed file does not give the new text.
    #[error("the query, once written in place, would not be read back as it is; write it as a block after `|`")]
    Unfaithful,
}

/// The text of `file` with the query's value replaced by `new_text`.
///
/// Only the bytes of the scalar change. A literal block keeps its indentation, its kind of line breaks and its chomping
/// indicator, so the final line breaks of the value are what the indicator makes them: none with `-`, one without any,
/// all of the new text's with `+`. An indentation indicator is added where the new text needs one.
///
/// # Errors
/// Where the scalar's style cannot hold the new text; nothing is guessed: the result is read back and compared.
pub fn replace_query(file: &SourceFile, rule_query: &QueryText, new_text: &str) -> Result<String, ReplaceError> {
    if rule_query.text == new_text {
        return Ok(file.text().to_owned());
    }
    if rule_query.alias.is_some() {
        return Err(ReplaceError::Alias);
    }
    let source = file.text();
    let (text, expected) = match (rule_query.style, rule_query.layout) {
        (ScalarStyle::Literal, Layout::Block(block)) => literal(source, block, new_text)?,
        (ScalarStyle::DoubleQuoted, Layout::Quoted(inner)) => {
            (splice(source, inner, &escape(new_text, &YAML)), new_text.to_owned())
        }
        (ScalarStyle::Json, Layout::Quoted(inner)) => {
            (splice(source, inner, &escape(new_text, &JSON)), new_text.to_owned())
        }
        (ScalarStyle::SingleQuoted, Layout::Quoted(inner)) => {
            if new_text.contains('\n') {
                return Err(ReplaceError::Style("between single quotes"));
            }
            check(new_text, "a single-quoted value")?;
            (splice(source, inner, &new_text.replace('\'', "''")), new_text.to_owned())
        }
        (ScalarStyle::Folded, _) => return Err(ReplaceError::Style("as a folded block (`>`)")),
        _ => return Err(ReplaceError::Style("without quotes")),
    };
    let document = read_text(&text, kind_of(file.name()));
    let same_place = |query: &&QueryText| query.span.start == rule_query.span.start;
    let read_back = document.rules.iter().filter_map(|rule| rule.query.as_ref()).find(same_place);
    match read_back {
        Some(query) if query.text == expected => Ok(text),
        _ => Err(ReplaceError::Unfaithful),
    }
}

fn splice(source: &str, span: Span, replacement: &str) -> String {
    let mut text = String::with_capacity(source.len() + replacement.len());
    text.push_str(&source[..span.start as usize]);
    text.push_str(replacement);
    text.push_str(&source[span.end as usize..]);
    text
}

/// Whether YAML lets a character stand unescaped in a scalar (section 5.1), byte order mark excepted.
fn printable(character: char) -> bool {
    matches!(character, '\t' | '\n' | ' '..='~' | '\u{A0}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}' | '\u{10000}'..)
        && !matches!(character, '\u{2028}' | '\u{2029}')
}

fn check(text: &str, holder: &'static str) -> Result<(), ReplaceError> {
    match text.chars().find(|&character| !printable(character)) {
        Some(character) => Err(ReplaceError::Character { character, holder }),
        None => Ok(()),
    }
}

/// How a quoted style escapes.
struct Escapes {
    letters: &'static [(char, &'static str)],
    /// Whether `\x` and `\U` are known besides `\u`.
    long: bool,
}

const YAML: Escapes = Escapes {
    letters: &[('"', "\\\""), ('\\', "\\\\"), ('\n', "\\n"), ('\t', "\\t"), ('\r', "\\r"), ('\0', "\\0")],
    long: true,
};
const JSON: Escapes =
    Escapes { letters: &[('"', "\\\""), ('\\', "\\\\"), ('\n', "\\n"), ('\t', "\\t"), ('\r', "\\r")], long: false };

fn escape(text: &str, escapes: &Escapes) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        if let Some((_, escaped)) = escapes.letters.iter().find(|(letter, _)| *letter == character) {
            out.push_str(escaped);
        } else if printable(character) {
            out.push(character);
        } else if escapes.long && (character as u32) < 0x100 {
            let _ = write!(out, "\\x{:02X}", character as u32);
        } else {
            let _ = write!(out, "\\u{:04X}", character as u32);
        }
    }
    out
}

/// The file with another text in a literal block, and the value that must be read from it.
fn literal(source: &str, block: Block, new_text: &str) -> Result<(String, String), ReplaceError> {
    check(new_text, "a `|` block")?;
    let content = new_text.trim_end_matches('\n');
    let final_breaks = new_text.len() - content.len();
    let at_end = block.body.end as usize == source.len();
    let open_ended = at_end && !source.ends_with(['\n', '\r']);
    let (value_breaks, written_breaks) = match block.chomping {
        Chomping::Strip => (0, usize::from(!open_ended)),
        // A block that ends with the file, without a line break, has none in its value.
        Chomping::Clip if open_ended => (final_breaks.min(1), final_breaks.min(1)),
        Chomping::Clip => (1, 1),
        Chomping::Keep if open_ended => (final_breaks, final_breaks),
        Chomping::Keep => (final_breaks.max(1), final_breaks.max(1)),
    };
    let (value_breaks, written_breaks) = match (content.is_empty(), block.chomping) {
        (true, Chomping::Keep) => (final_breaks, final_breaks),
        (true, _) => (0, 0),
        _ => (value_breaks, written_breaks),
    };
    let line_break = match block.header_break.of(source) {
        "" => "\n",
        found => found,
    };
    let indent = if block.body.is_empty() && !block.explicit_indent {
        usize::try_from(block.parent_indent).unwrap_or(0) + 2
    } else {
        block.indent
    };

    // Lines up to the first one with words set the indentation; one that begins with a blank would set it too deep.
    let mut leading = content.split('\n').scan(false, |done, line| {
        let before = *done;
        *done |= !line.trim_start_matches(' ').is_empty();
        (!before).then_some(line)
    });
    let needs_indicator = !block.explicit_indent && leading.any(|line| line.starts_with([' ', '\t']));
    let mut text = String::with_capacity(source.len() + new_text.len());
    text.push_str(&source[..=block.indicator]);
    if needs_indicator {
        let columns = indent - usize::try_from(block.parent_indent).unwrap_or(0).min(indent);
        if !(1..=9).contains(&columns) {
            return Err(ReplaceError::Indent(columns));
        }
        text.push_str(&columns.to_string());
    }
    text.push_str(&source[block.indicator + 1..block.body.start as usize]);
    if block.header_break.is_empty() && !content.is_empty() {
        text.push_str(line_break);
    }
    if !content.is_empty() {
        for (number, line) in content.split('\n').enumerate() {
            if number > 0 {
                text.push_str(line_break);
            }
            if !line.is_empty() {
                text.extend(std::iter::repeat_n(' ', indent));
                text.push_str(line);
            }
        }
    }
    for _ in 0..written_breaks {
        text.push_str(line_break);
    }
    text.push_str(&source[block.body.end as usize..]);
    Ok((text, format!("{content}{}", "\n".repeat(value_breaks))))
}
