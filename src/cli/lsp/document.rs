//! An open document: its text as the editor has it, and what there is to say of it.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::position::{Columns, Lines};
use super::protocol::{Change, Range};
use super::settings::{Ruling, Rulings};
use crate::cli::analysis::Analysis;
use crate::cli::input::{Kind, Text};
use crate::schema::Schemas;
use crate::source::{SourceFile, Span};

/// A document that the editor has open.
#[derive(Debug)]
pub(super) struct Document {
    /// How the editor calls it.
    pub(super) uri: String,
    /// The version of its text.
    pub(super) version: i32,
    /// What it holds.
    pub(super) kind: Kind,
    /// Its text.
    pub(super) text: String,
    /// The lines of the text.
    pub(super) lines: Lines,
    path: PathBuf,
    columns: Columns,
    analysis: OnceCell<Analysis>,
}

impl Document {
    /// A document as it is opened.
    pub(super) fn new(uri: String, language: &str, version: i32, text: String, columns: Columns) -> Self {
        let path = path_of(&uri);
        let kind = Kind::of_ending(&path).unwrap_or_else(|| match language {
            "yaml" | "json" | "jsonc" => Kind::Rule,
            "kql" | "kusto" | "csl" => Kind::Query,
            _ => Kind::of_text(&text),
        });
        let lines = Lines::of(&text, columns);
        Self { uri, version, kind, text, lines, path, columns, analysis: OnceCell::new() }
    }

    /// Applies the changes of the editor, each to what the one before has made.
    pub(super) fn change(&mut self, version: i32, changes: Vec<Change>) {
        for change in changes {
            match change.range {
                None => self.text = change.text,
                Some(range) => {
                    let span = self.lines.span(&self.text, range);
                    self.text.replace_range(span.range(), &change.text);
                }
            }
            self.lines = Lines::of(&self.text, self.columns);
        }
        self.version = version;
        self.analysis = OnceCell::new();
    }

    /// Forgets what was said of it, because the settings may say otherwise now.
    pub(super) fn forget(&mut self) {
        self.analysis = OnceCell::new();
    }

    /// The file as `check` would read it.
    pub(super) fn file(&self) -> SourceFile {
        SourceFile::from_text(self.path.to_string_lossy(), self.text.clone())
    }

    /// What there is to say of the text as it is.
    pub(super) fn analysis(&self, rulings: &Rulings, schemas: &Schemas) -> &Analysis {
        self.analysis.get_or_init(|| self.analyse(self.file(), rulings, schemas))
    }

    /// What there is to say of another text in its place.
    pub(super) fn analyse(&self, file: SourceFile, rulings: &Rulings, schemas: &Schemas) -> Analysis {
        let ruling = self.ruling(rulings);
        let left_out = ruling.settings.left_out(&self.path);
        let leave_out = |lint: &crate::lint::Lint| left_out.iter().any(|selector| selector.takes(lint));
        let text = Text { file, kind: self.kind, path: Some(self.path.clone()) };
        // An editor opens any YAML or JSON there is: what holds no rule is none of ours.
        Analysis::of(text, &ruling.linter, schemas, &leave_out, false, None)
    }

    /// What holds for it.
    pub(super) fn ruling(&self, rulings: &Rulings) -> Rc<Ruling> {
        rulings.of(&self.path)
    }

    /// The places of a span.
    pub(super) fn range(&self, span: Span) -> Range {
        self.lines.range(&self.text, span)
    }
}

/// The path of a URI of a file; of any other what stands behind its scheme, which has at least an ending.
fn path_of(uri: &str) -> PathBuf {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let rest = rest.strip_prefix("//").map_or(rest, |rest| rest.find('/').map_or("", |slash| &rest[slash..]));
    let decoded = decoded(rest);
    // `file:///c:/a` names `c:/a`.
    let bytes = decoded.as_bytes();
    let drive = bytes.len() > 2 && bytes[0] == b'/' && bytes[1].is_ascii_alphabetic() && bytes[2] == b':';
    Path::new(if drive { &decoded[1..] } else { &decoded }).to_owned()
}

/// A text with its percent escapes resolved; what is none stays.
fn decoded(text: &str) -> String {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| (digit(bytes.get(at + 1)), digit(bytes.get(at + 2))));
        if let Some((Some(high), Some(low))) = escape {
            out.push((high * 16 + low) as u8);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::lsp::protocol::Position;

    #[test]
    fn uris_lead_to_paths() {
        assert_eq!(path_of("file:///a%20b/c%C3%A9.yaml"), Path::new("/a b/c\u{e9}.yaml"));
        assert_eq!(path_of("file:///c%3A/rules/a.kql"), Path::new("c:/rules/a.kql"));
        assert_eq!(path_of("file://host/share/a.kql"), Path::new("/share/a.kql"));
        assert_eq!(path_of("untitled:Untitled-1"), Path::new("Untitled-1"));
        assert_eq!(path_of("file:///100%"), Path::new("/100%"));
    }

    #[test]
    fn changes_apply_one_after_the_other() {
        let uri = "file:///a.kql".to_owned();
        let mut document = Document::new(uri, "kql", 1, "a\u{1F600}b\r\nc".to_owned(), Columns::Utf16);
        let edit = |start: (u32, u32), end: (u32, u32), text: &str| Change {
            range: Some(Range::new(Position::new(start.0, start.1), Position::new(end.0, end.1))),
            text: text.to_owned(),
        };
        document.change(2, vec![edit((0, 3), (0, 4), "xy\n"), edit((2, 0), (2, 1), "d")]);
        assert_eq!((document.text.as_str(), document.version), ("a\u{1F600}xy\n\r\nd", 2));
        document.change(3, vec![edit((9, 9), (0, 0), "z")]);
        assert_eq!(document.text, "z");
    }
}
