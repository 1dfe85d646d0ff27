//! What happens to a search before it is parsed: comments go, macros are put in.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, code};
use crate::read::{Macro, Options};
use crate::source::{Span, TextMap};

/// How deep macros may call macros.
const MAX_DEPTH: usize = 32;
/// How long a search may become, in bytes.
const MAX_LENGTH: usize = 1 << 20;

/// A search without macros and comments.
#[derive(Debug)]
pub(super) struct Expansion {
    /// The text.
    pub(super) text: String,
    /// From the text to the file; what a macro gave maps to the call.
    map: TextMap,
    /// What each macro call gave, in order.
    calls: Vec<Call>,
    /// What there is to say about macros.
    pub(super) remarks: Vec<Diagnostic>,
}

#[derive(Debug)]
struct Call {
    /// Where in the expanded text.
    at: Span,
    /// The words of the call.
    words: String,
}

impl Expansion {
    /// Takes comments out of a search and puts macros in.
    ///
    /// # Errors
    /// That a macro is not known, calls itself, or makes too long a text.
    pub(super) fn of(source: &str, options: &Options) -> Result<Self, Box<Diagnostic>> {
        let mut text = String::with_capacity(source.len());
        let mut map = TextMap::builder();
        let mut expander = Expander { options, remarks: Vec::new(), active: Vec::new(), budget: MAX_LENGTH };
        let mut calls = Vec::new();
        map.verbatim(0, 0);
        for piece in pieces(source) {
            match piece {
                Piece::Text(span) => {
                    map.verbatim(text.len(), span.start as usize);
                    text.push_str(span.of(source));
                }
                Piece::Comment(span) => {
                    map.escape(text.len(), span.start as usize);
                    text.push(' ');
                }
                Piece::Macro(span) => {
                    let words = span.of(source);
                    let start = text.len();
                    map.escape(start, span.start as usize);
                    expander.call(words, span, &mut text)?;
                    // An empty definition still parts what stands around it.
                    if text.len() == start {
                        text.push(' ');
                    }
                    calls.push(Call { at: Span::new(start, text.len()), words: words.to_owned() });
                }
                Piece::Open(span) => {
                    let found = Diagnostic::new(&code::READ_SYNTAX, span, "this backtick has no partner")
                        .note("a macro call stands between two backticks, a comment between two times three");
                    return Err(Box::new(found));
                }
            }
        }
        let map = map.finish(text.len(), source.len());
        Ok(Self { text, map, calls, remarks: expander.remarks })
    }

    /// The place in the file of a place in the expanded text.
    pub(super) fn span(&self, span: Span) -> Span {
        self.map.span(span)
    }

    /// Says of a finding inside a macro what stands there.
    pub(super) fn explain(&self, found: Diagnostic, at: Span) -> Diagnostic {
        let Some(call) = self.calls.iter().find(|call| call.at.contains(at.start as usize)) else { return found };
        let from = self.text[..at.start as usize].char_indices().rev().take(20).last().map_or(0, |(index, _)| index);
        let excerpt: String =
            self.text[from.max(call.at.start as usize)..call.at.end as usize].chars().take(60).collect();
        found.note(format!("the macro {} gives: … {} …", call.words, excerpt.trim()))
    }
}

/// A part of a text.
enum Piece {
    Text(Span),
    Comment(Span),
    /// A call, backticks included.
    Macro(Span),
    /// A backtick without a partner.
    Open(Span),
}

/// Parts a text into comments, macro calls and what is between. A backtick in a quoted string is a backtick.
fn pieces(text: &str) -> Vec<Piece> {
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let (mut at, mut start) = (0, 0);
    let flush = |pieces: &mut Vec<Piece>, start: usize, end: usize| {
        if start < end {
            pieces.push(Piece::Text(Span::new(start, end)));
        }
    };
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            // Outside quotes an escaped quote opens no string.
            b'\\' if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) => at += 2,
            b'`' => {
                flush(&mut pieces, start, at);
                let comment = bytes[at..].starts_with(b"```");
                let width = if comment { 3 } else { 1 };
                let found = if comment {
                    memchr::memmem::find(&bytes[at + 3..], b"```").map(|end| at + 3 + end)
                } else {
                    call_end(bytes, at + 1)
                };
                let Some(end) = found else {
                    pieces.push(Piece::Open(Span::new(at, at + width)));
                    return pieces;
                };
                let span = Span::new(at, end + width);
                pieces.push(if comment { Piece::Comment(span) } else { Piece::Macro(span) });
                at = end + width;
                start = at;
            }
            _ => at += 1,
        }
    }
    flush(&mut pieces, start, bytes.len());
    pieces
}

/// Where the backtick is that ends a macro call; one in a quoted argument does not.
fn call_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'`' => return Some(at),
            b'"' => {
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    None
}

struct Expander<'a> {
    options: &'a Options,
    remarks: Vec<Diagnostic>,
    active: Vec<String>,
    budget: usize,
}

impl Expander<'_> {
    /// Appends what a call gives. `span` is the outermost call in the file.
    fn call(&mut self, words: &str, span: Span, out: &mut String) -> Result<(), Box<Diagnostic>> {
        let inner = words.trim_matches('`').trim();
        let (name, arguments) = match inner.split_once('(') {
            Some((name, rest)) if rest.trim_end().ends_with(')') => {
                let rest = rest.trim_end();
                (name.trim(), split_arguments(&rest[..rest.len() - 1]))
            }
            _ => (inner, Vec::new()),
        };
        if self.active.len() >= MAX_DEPTH || self.active.iter().any(|active| active == inner) {
            let mut chain = self.active.join(" -> ");
            let _ = write!(chain, " -> {inner}");
            let found = Diagnostic::new(&code::SPL_MACRO_LIMIT, span, format!("the macro `{name}` calls itself"));
            return Err(Box::new(found.note(format!("the calls: {}", elide(&chain)))));
        }
        let definition = match self.options.macros.get(name, arguments.len()) {
            Some(found) => substitute(found, &arguments),
            None => self.assumed(name, &arguments, span)?,
        };
        let cost = definition.len() + 1;
        let Some(left) = self.budget.checked_sub(cost) else {
            let message = format!("macros make more than {MAX_LENGTH} bytes of this search");
            return Err(Box::new(Diagnostic::new(&code::SPL_MACRO_LIMIT, span, message)));
        };
        self.budget = left;
        self.active.push(inner.to_owned());
        for piece in pieces(&definition) {
            match piece {
                Piece::Text(part) => out.push_str(part.of(&definition)),
                Piece::Comment(_) => out.push(' '),
                Piece::Macro(part) => self.call(part.of(&definition), span, out)?,
                Piece::Open(_) => {
                    let message = format!("the definition of the macro `{name}` has a backtick without a partner");
                    return Err(Box::new(Diagnostic::new(&code::READ_SYNTAX, span, message)));
                }
            }
        }
        self.active.pop();
        Ok(())
    }

    /// What a macro gives that is not among the definitions, by the conventions of widely used packages.
    fn assumed(&mut self, name: &str, arguments: &[String], span: Span) -> Result<String, Box<Diagnostic>> {
        for (fits, definition, why) in CONVENTIONS {
            if let Some(text) = fits(name, arguments).then(|| definition(arguments)) {
                self.remarks.push(
                    Diagnostic::new(
                        &code::SPL_ASSUMED_MACRO,
                        span,
                        format!("the macro `{name}` is not defined; it is read as `{text}`"),
                    )
                    .note(*why),
                );
                return Ok(text);
            }
        }
        let names = self.options.macros.iter().map(|known| known.name.as_str());
        let nearest = crate::functions::nearest(name, names).map(str::to_owned);
        let with = match arguments.len() {
            0 => "without arguments".to_owned(),
            1 => "with 1 argument".to_owned(),
            count => format!("with {count} arguments"),
        };
        let message = format!("the macro `{name}` {with} is not defined");
        let found = Diagnostic::new(&code::SPL_UNKNOWN_MACRO, span, message);
        Err(Box::new(match nearest {
            Some(near) if near != name => found.help(format!("did you mean `{near}`?")),
            _ => found.help("give its definition with --macros"),
        }))
    }
}

/// Whether a name fits, what it then stands for, and who has it so.
type Convention = (fn(&str, &[String]) -> bool, fn(&[String]) -> String, &'static str);

/// Macros that published searches call and do not define.
const CONVENTIONS: &[Convention] = &[
    (
        |name, arguments| name.ends_with("_filter") && arguments.is_empty(),
        |_| "search *".to_owned(),
        "Splunk's published detections end with a macro of their own that is empty until someone tunes it",
    ),
    (
        |name, arguments| name == "drop_dm_object_name" && arguments.len() == 1,
        |arguments| format!("rename \"{}.*\" as \"*\"", arguments[0]),
        "Splunk's Common Information Model defines it so",
    ),
];

fn elide(text: &str) -> String {
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Puts arguments into a definition.
fn substitute(found: &Macro, arguments: &[String]) -> String {
    let definition = &found.definition;
    let mut out = String::with_capacity(definition.len());
    let mut rest = definition.as_str();
    while let Some(start) = rest.find('$') {
        out.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let known = after.find('$').and_then(|end| {
            let at = found.arguments.iter().position(|name| *name == after[..end])?;
            Some((end, arguments.get(at)?))
        });
        if let Some((end, value)) = known {
            out.push_str(value);
            rest = &after[end + 1..];
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// The arguments of a call: parted by commas outside quotes and brackets, quotes taken off.
fn split_arguments(text: &str) -> Vec<String> {
    let (mut arguments, mut current) = (Vec::new(), String::new());
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                arguments.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        current.push(c);
    }
    arguments.push(current);
    arguments
        .iter()
        .map(|argument| {
            let argument = argument.trim();
            let inner = argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            inner.unwrap_or(argument).to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        let define = |name: &str, arguments: &[&str], definition: &str| Macro {
            name: name.to_owned(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            definition: definition.to_owned(),
        };
        Options {
            macros: [
                define("sysmon", &[], "sourcetype=sysmon"),
                define("both", &["a", "b"], "$a$=1 OR $b$=\"$a$\" $c$"),
                define("outer", &[], "x `sysmon` y"),
                define("loop", &[], "`pool`"),
                define("pool", &[], "a `loop`"),
                define("bomb", &[], "`bomb1``bomb1``bomb1``bomb1`"),
            ]
            .into_iter()
            .chain((1..30).map(|level| {
                let next = format!("`bomb{}`", level + 1);
                define(&format!("bomb{level}"), &[], &next.repeat(4))
            }))
            .chain([define("bomb30", &[], "boom ")])
            .collect(),
        }
    }

    fn expanded(text: &str) -> Result<String, String> {
        Expansion::of(text, &options()).map(|e| e.text).map_err(|d| d.message)
    }

    #[test]
    fn macros_are_put_in() {
        assert_eq!(expanded("`sysmon` a").unwrap(), "sourcetype=sysmon a");
        assert_eq!(expanded("`outer`").unwrap(), "x sourcetype=sysmon y");
        assert_eq!(expanded("`both(f, \"g, h\")`").unwrap(), "f=1 OR g, h=\"f\" $c$");
        assert_eq!(expanded("`any_filter`").unwrap(), "search *");
        assert_eq!(expanded("`drop_dm_object_name(\"Web\")`").unwrap(), "rename \"Web.*\" as \"*\"");
    }

    #[test]
    fn comments_go_and_quoted_backticks_stay() {
        assert_eq!(expanded("a ```b | c``` d").unwrap(), "a   d");
        assert_eq!(expanded("eval a=replace(b, \"`\", \"\\\"`\")").unwrap(), "eval a=replace(b, \"`\", \"\\\"`\")");
    }

    #[test]
    fn what_cannot_be_expanded_is_told() {
        for (text, message) in [
            ("`nope`", "the macro `nope` without arguments is not defined"),
            ("`sysmon(1)`", "the macro `sysmon` with 1 argument is not defined"),
            ("`loop`", "the macro `loop` calls itself"),
            ("a `sysmon", "this backtick has no partner"),
        ] {
            assert_eq!(expanded(text).unwrap_err(), message);
        }
        assert!(expanded("`bomb`").unwrap_err().starts_with("macros make more than"));
    }

    #[test]
    fn places_in_a_macro_are_those_of_the_call() {
        let expansion = Expansion::of("a `sysmon` b", &options()).unwrap();
        let at = expansion.text.find("sysmon").unwrap();
        assert_eq!(expansion.span(Span::new(at, at + 6)), Span::new(2, 10));
        let at = expansion.text.rfind('b').unwrap();
        assert_eq!(expansion.span(Span::new(at, at + 1)), Span::new(11, 12));
        let found = expansion.explain(Diagnostic::new(&code::READ_SYNTAX, Span::at(0), "x"), Span::at(4));
        assert!(found.notes[0].text.contains("`sysmon`"), "{found:?}");
    }
}
