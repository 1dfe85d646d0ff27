//! Characters and signs that are not KQL's, wherever they stand: look-alikes that editors and web pages put in,
//! and the signs of other languages. All of a text are told, because each hides what follows.

use super::super::scan::Scan;
use super::place;
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::source::Span;
use crate::syntax::token::{Kind, Token, tokens};

/// Characters that look like one of KQL's, and what is meant.
static LOOK_ALIKES: &[(char, &str)] = &[
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2212}', "-"),
    ('\u{2026}', "..."),
    ('\u{2260}', "!="),
    ('\u{2264}', "<="),
    ('\u{2265}', ">="),
    ('\u{223C}', "~"),
    ('\u{00D7}', "*"),
    ('\u{00F7}', "/"),
    ('\u{2223}', "|"),
    ('\u{00A6}', "|"),
    ('\u{037E}', ";"),
    ('\u{2192}', "=>"),
    ('\u{21D2}', "=>"),
];

/// Quotes that are none in KQL: what opens, what may close it.
static QUOTES: &[(char, &str)] = &[
    ('\u{201C}', "\u{201D}\u{201C}\""),
    ('\u{201D}', "\u{201D}\u{201C}\""),
    ('\u{201E}', "\u{201D}\u{201C}\""),
    ('\u{00AB}', "\u{00BB}"),
    ('\u{2018}', "\u{2019}\u{2018}'"),
    ('\u{2019}', "\u{2019}\u{2018}'"),
    ('\u{201A}', "\u{2019}\u{2018}'"),
    ('\u{00B4}', "\u{00B4}'"),
    ('\u{FF02}', "\u{FF02}"),
];

/// The name of a character that looks like another.
fn name(character: char) -> &'static str {
    match character {
        '\u{2010}'..='\u{2015}' => "a dash",
        '\u{2212}' => "a minus sign of mathematics",
        '\u{2018}'..='\u{201F}' => "a curly quote",
        '\u{FF01}'..='\u{FF5E}' => "a full-width character",
        '\u{00AB}' | '\u{00BB}' => "an angle quote",
        _ => "no character of KQL",
    }
}

/// The plain sign that a character looks like.
fn plain(character: char) -> Option<String> {
    if ('\u{FF01}'..='\u{FF5E}').contains(&character) {
        // The full-width forms stand in the order of ASCII.
        return char::from_u32(character as u32 - 0xFEE0).map(String::from);
    }
    LOOK_ALIKES.iter().find(|(known, _)| *known == character).map(|(_, plain)| (*plain).to_owned())
}

/// Quotes and signs outside strings that only look like KQL's, and letters that no bare name may have.
pub(super) fn look_alikes(text: &str, _: &Scan) -> Vec<Diagnostic> {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut behind = 0;
    for token in tokens(text) {
        let start = token.span.start as usize;
        let words = token.span.of(text);
        if start < behind || token.kind == Kind::Text || words.is_ascii() {
            continue;
        }
        let first = words.chars().next().unwrap_or_default();
        if let Some((_, closing)) = QUOTES.iter().find(|(quote, _)| *quote == first) {
            let finding = quoted(text, token.span, closing);
            behind = finding.span.end as usize;
            found.push(finding);
        } else if let Some(plain) = plain(first) {
            found.push(
                Diagnostic::new(&code::LOOK_ALIKE, token.span, format!("`{words}` is not `{plain}`"))
                    .label(format!("{} (U+{:04X})", name(first), first as u32))
                    .note("text that has passed through a web page or word processor often has such characters")
                    .fix(format!("write `{plain}`"), Applicability::Safe, vec![Edit::replace(token.span, plain)]),
            );
        } else if token.kind == Kind::Word && !closes_bracketed_name(text, token) {
            found.push(
                Diagnostic::new(&code::STRAY_CHARACTER, token.span, format!("`{words}` cannot be a name as it stands"))
                    .label("a name has letters a to z, digits and `_`")
                    .note("names with other characters are put into brackets and quotes")
                    .fix(
                        format!("write ['{words}']"),
                        Applicability::Unsafe,
                        vec![Edit::replace(token.span, format!("['{words}']"))],
                    ),
            );
        }
    }
    found
}

/// Whether a word is part of a number or guid, which no brackets would mend.
fn closes_bracketed_name(text: &str, token: Token) -> bool {
    text[..token.span.start as usize].ends_with(|c: char| c.is_ascii_digit())
}

/// A string between quotes that are none.
fn quoted(text: &str, open: Span, closing: &str) -> Diagnostic {
    let rest = &text[open.end as usize..];
    let line = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    // The straight quote closes only where no other does.
    let find =
        |is_straight: bool| line.char_indices().find(|(_, c)| closing.contains(*c) && c.is_ascii() == is_straight);
    let close = find(false).or_else(|| find(true));
    let what = open.of(text);
    let single = matches!(what.chars().next(), Some('\u{2018}'..='\u{201A}' | '\u{00B4}'));
    let quote = if single { '\'' } else { '"' };
    let character = what.chars().next().unwrap_or_default();
    let kind = name(character);
    let diagnostic = |span| {
        Diagnostic::new(&code::LOOK_ALIKE, span, format!("{kind} does not begin a string"))
            .label(format!("{kind} (U+{:04X}) where `{quote}` is meant", character as u32))
    };
    let note = "strings stand in straight quotes; editors and web pages turn them into curly ones";
    let Some((at, last)) = close else {
        return diagnostic(open).note(note).help(format!("write {quote} here and at the end of the string"));
    };
    let inside = &line[..at];
    let closing = place(open.end as usize + at, last.len_utf8());
    // A straight quote inside would end the string; the other kind serves then.
    let quote = match (inside.contains(quote), quote) {
        (false, quote) => quote,
        (true, '"') => '\'',
        (true, _) => '"',
    };
    let quote = quote.to_string();
    diagnostic(open.to(closing)).note(note).fix(
        "write straight quotes",
        Applicability::Safe,
        vec![Edit::replace(open, quote.clone()), Edit::replace(closing, quote)],
    )
}

/// `/* … */`.
pub(super) fn block_comments(text: &str, scan: &Scan) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut behind = 0;
    for (start, _) in text.match_indices("/*") {
        let in_string = || {
            let tokens = tokens(&text[behind..]);
            tokens.iter().any(|token| token.kind == Kind::Text && token.span.contains(start - behind))
        };
        if start < behind || scan.comments.iter().any(|comment| comment.contains(start)) || in_string() {
            continue;
        }
        let end = text[start + 2..].find("*/").map(|end| start + end + 4);
        let span = Span::new(start, end.unwrap_or(start + 2));
        let diagnostic = Diagnostic::new(&code::FOREIGN_SYNTAX, span, "KQL has no block comments")
            .label("a comment of another language")
            .note("a comment begins with `//` and ends with its line");
        let Some(end) = end else {
            found.push(diagnostic.help("begin each line of the comment with `//`"));
            break;
        };
        behind = end;
        let comment = text[start + 2..end - 2].lines().map(str::trim).collect::<Vec<_>>();
        let ends_line = text[end..].lines().next().is_none_or(|line| line.trim().is_empty());
        let replacement = match (&comment[..], ends_line) {
            (lines, true) => lines
                .iter()
                .filter(|line| !line.is_empty())
                .map(|line| format!("// {}", line.trim_start_matches('*').trim_start()))
                .collect::<Vec<_>>()
                .join("\n"),
            // Code follows on the same line, which `//` would swallow.
            (_, false) => String::new(),
        };
        let message = if ends_line { "write it with `//`" } else { "take it out" };
        found.push(diagnostic.fix(message, Applicability::Safe, vec![Edit::replace(span, replacement)]));
    }
    found
}

/// `&&` and `||`, which no text of KQL has outside strings.
pub(super) fn symbols(text: &str, _: &Scan) -> Vec<Diagnostic> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let sign = token.span.of(text);
        let word = match sign {
            "&&" => "and",
            "||" => "or",
            _ => continue,
        };
        let next = tokens.get(index + 1).map_or("", |token| token.span.of(text));
        if sign == "||" && (next.is_empty() || super::expected::is_operator(next)) {
            // A pipe written twice; the stages tell.
            continue;
        }
        let before = text[..token.span.start as usize].ends_with(|c: char| c.is_whitespace());
        let behind = text[token.span.end as usize..].starts_with(|c: char| c.is_whitespace());
        let replacement = format!("{}{word}{}", if before { "" } else { " " }, if behind { "" } else { " " });
        found.push(
            Diagnostic::new(&code::FOREIGN_SYNTAX, token.span, format!("`{sign}` is no operator of KQL"))
                .label(format!("`{word}` is meant"))
                .note("conditions are joined with the words `and` and `or`")
                .fix(format!("write `{word}`"), Applicability::Safe, vec![Edit::replace(token.span, replacement)]),
        );
    }
    found
}
