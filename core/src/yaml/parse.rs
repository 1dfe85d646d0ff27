//! YAML text to the located tree.
//!
//! `saphyr-parser` gives the events; its marks count characters, lie behind properties and block headers, and its
//! values have no way back into the file. So places are turned into bytes here and values decoded from the file's own
//! text ([`scalar`](super::scalar)); a value on which the two do not agree is refused.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle as Style, Span as Marks};

use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;

use super::node::{Entry, Node, NodeKind, Scalar, ScalarStyle};
use super::{error, scalar};

/// How deep mappings and lists may nest. Real rules stay under 10.
pub(crate) const MAX_DEPTH: usize = 100;

/// How much aliases may add: a node counts one, and its text a unit a byte. Real rule files stay under 200 kB whole.
const MAX_ALIASED: usize = 1 << 20;

/// The tree of a YAML file that holds one document, `None` when it holds nothing.
///
/// # Errors
/// What is wrong with the file, when it cannot be read.
pub fn read(source: &str) -> Result<Option<Node>, Box<Diagnostic>> {
    let mut builder = Builder::new(source, false);
    builder.run()?;
    Ok(builder.roots.pop().filter(|root| !root.is_null()))
}

/// The trees of a YAML file that may hold several documents; documents that hold nothing are left out.
///
/// # Errors
/// What is wrong with the file, when it cannot be read, and the documents that are whole before that.
pub fn read_all(source: &str) -> Result<Vec<Node>, Box<(Vec<Node>, Diagnostic)>> {
    let mut builder = Builder::new(source, true);
    let result = builder.run();
    let roots = builder.roots.into_iter().filter(|root| !root.is_null()).collect();
    match result {
        Ok(()) => Ok(roots),
        Err(diagnostic) => Err(Box::new((roots, *diagnostic))),
    }
}

/// The text the parser is given. It refuses U+FEFF inside a document, which YAML 1.2 allows to be written in a scalar
/// and queries pasted from elsewhere do contain; a private-use character of the same length stands in for it.
fn parser_text(source: &str) -> Cow<'_, str> {
    if source.contains('\u{FEFF}') { Cow::Owned(source.replace('\u{FEFF}', STAND_IN)) } else { Cow::Borrowed(source) }
}

/// Stands in for U+FEFF while the parser reads.
const STAND_IN: &str = "\u{F8FF}";

/// From the parser's characters to bytes.
struct CharIndex<'a> {
    source: &'a str,
    /// Byte offset of every 64th character; empty for ASCII text.
    checkpoints: Vec<u32>,
}

impl<'a> CharIndex<'a> {
    const STEP: usize = 64;

    fn new(source: &'a str) -> Self {
        let checkpoints = if source.is_ascii() {
            Vec::new()
        } else {
            source.char_indices().step_by(Self::STEP).map(|(byte, _)| byte as u32).collect()
        };
        Self { source, checkpoints }
    }

    fn byte(&self, mark: Marker) -> usize {
        if self.checkpoints.is_empty() {
            return mark.index().min(self.source.len());
        }
        let Some(&start) = self.checkpoints.get(mark.index() / Self::STEP) else { return self.source.len() };
        let rest = &self.source[start as usize..];
        rest.char_indices().nth(mark.index() % Self::STEP).map_or(self.source.len(), |(byte, _)| start as usize + byte)
    }
}

/// A collection that is being read.
struct Frame {
    start: usize,
    anchor: usize,
    /// Column of a block collection; `None` for a flow collection, or for a list at its own key's column.
    column: Option<i32>,
    content: Content,
    /// How much an alias of it would add.
    cost: usize,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>, Option<Node>),
}

struct Builder<'a> {
    source: &'a str,
    index: CharIndex<'a>,
    frames: Vec<Frame>,
    /// Anchored nodes by the parser's number; `None` for one too large to be aliased.
    anchors: HashMap<usize, Option<(Node, usize)>>,
    /// What all aliases and anchors may still add.
    budget: usize,
    /// Where the last event ended.
    behind: usize,
    documents: usize,
    /// Whether there may be several.
    several: bool,
    /// The trees of the documents that are whole.
    roots: Vec<Node>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a str, several: bool) -> Self {
        Self {
            source,
            index: CharIndex::new(source),
            frames: Vec::new(),
            anchors: HashMap::new(),
            budget: MAX_ALIASED,
            behind: 0,
            documents: 0,
            several,
            roots: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), Box<Diagnostic>> {
        let source = self.source;
        let parsed = parser_text(source);
        for event in Parser::new_from_str(&parsed) {
            let (event, marks) =
                event.map_err(|error| Box::new(error::explain(source, &error, self.index.byte(*error.marker()))))?;
            self.event(&event, marks)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>, marks: Marks) -> Result<(), Box<Diagnostic>> {
        let (start, end) = (self.index.byte(marks.start), self.index.byte(marks.end));
        match event {
            Event::DocumentStart(explicit) => {
                self.documents += 1;
                if self.documents > 1 && !self.several {
                    return Err(Box::new(several_documents(Span::new(start, end.max(start)))));
                }
                if *explicit {
                    self.behind = end;
                }
                // An anchor holds for its own document.
                self.anchors.clear();
            }
            Event::Alias(id) => {
                self.behind = end;
                let node = self.alias(*id, Span::new(start, end))?;
                self.add(node.0, node.1);
            }
            Event::Scalar(value, style, anchor, tag) => {
                let node = self.scalar(value, *style, start, end, *anchor > 0 || tag.is_some())?;
                let cost = 1 + value.len();
                // The parser counts the blanks and the comment behind a quoted scalar to it.
                self.behind = self.behind.max(if value.is_empty() && *style == Style::Plain {
                    node.span.end as usize
                } else {
                    end
                });
                self.remember(*anchor, &node, cost);
                self.add(node, cost);
            }
            Event::SequenceStart(anchor, tag) => {
                let content = Content::Sequence(Vec::new());
                self.open(content, start, marks.end, *anchor, *anchor > 0 || tag.is_some())?;
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Mapping(Vec::new(), None);
                self.open(content, start, marks.end, *anchor, *anchor > 0 || tag.is_some())?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(start, end),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        content: Content,
        start: usize,
        end_mark: Marker,
        anchor: usize,
        properties: bool,
    ) -> Result<(), Box<Diagnostic>> {
        let end = self.index.byte(end_mark);
        if self.frames.len() >= MAX_DEPTH {
            return Err(Box::new(too_deep(Span::at(end))));
        }
        let before = self.source.as_bytes()[..end].last();
        let here = self.source.as_bytes().get(end);
        // The parser's end mark of a block collection is where its first key or dash begins, of a flow collection
        // behind its bracket, and of a list at its own key's column behind its first dash.
        let in_flow = self.frames.last().is_some_and(|frame| self.is_flow(frame));
        let flow = in_flow || (matches!(before, Some(b'[' | b'{')) && end > start);
        let column = match content {
            _ if flow => None,
            Content::Sequence(_) if here != Some(&b'-') => None,
            _ => i32::try_from(end_mark.col()).ok(),
        };
        let start = if properties { self.after_properties(start) } else { start };
        self.behind = self.behind.max(end);
        self.frames.push(Frame { start, anchor, column, content, cost: 1 });
        Ok(())
    }

    fn is_flow(&self, frame: &Frame) -> bool {
        frame.column.is_none() && matches!(self.source.as_bytes().get(frame.start), Some(b'[' | b'{'))
    }

    fn close(&mut self, start: usize, end: usize) {
        let Some(frame) = self.frames.pop() else { return };
        let end = if self.is_flow(&frame) { end } else { self.block_end(frame.start, start) };
        let kind = match frame.content {
            Content::Sequence(items) => NodeKind::Sequence(items),
            Content::Mapping(entries, _) => NodeKind::Mapping(entries),
        };
        let node = Node { span: Span::new(frame.start, end.max(frame.start)), kind, alias: None };
        self.behind = self.behind.max(end);
        self.remember(frame.anchor, &node, frame.cost);
        self.add(node, frame.cost);
    }

    /// Where a block collection's words end: the parser's mark lies at the next key.
    fn block_end(&self, start: usize, mark: usize) -> usize {
        start + self.source.get(start..mark).map_or(0, |words| words.trim_end().len())
    }

    fn add(&mut self, node: Node, cost: usize) {
        let Some(frame) = self.frames.last_mut() else {
            self.roots.push(node);
            return;
        };
        frame.cost = frame.cost.saturating_add(cost);
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping(entries, key) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(Entry { key, value: node }),
            },
        }
    }

    /// Keeps an anchored node for its aliases.
    fn remember(&mut self, anchor: usize, node: &Node, cost: usize) {
        if anchor == 0 {
            return;
        }
        let kept = (cost <= self.budget).then(|| (node.clone(), cost));
        if kept.is_some() {
            self.budget -= cost;
        }
        self.anchors.insert(anchor, kept);
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(Node, usize), Box<Diagnostic>> {
        let name = self.source.get(span.range()).unwrap_or("").to_owned();
        match self.anchors.get(&id) {
            None => Err(Box::new(
                Diagnostic::new(&code::YAML_ALIAS_BOMB, span, format!("alias `{name}` stands inside the node it names"))
                    .label("this would never end")
                    .help("write the value out instead of the alias"),
            )),
            Some(Some((node, cost))) if *cost <= self.budget => {
                self.budget -= cost;
                let mut node = node.clone();
                node.alias = Some(span);
                Ok((node, *cost))
            }
            Some(_) => Err(Box::new(
                Diagnostic::new(&code::YAML_ALIAS_BOMB, span, "aliases expand to more than a rule file can need")
                    .label(format!("with `{name}` the limit of {} KiB is passed", MAX_ALIASED / 1024))
                    .note("each alias repeats all of the node it names, so a few lines of nested aliases can stand for gigabytes")
                    .help("write the values out instead of the aliases"),
            )),
        }
    }

    fn parent_indent(&self) -> i32 {
        self.frames.iter().rev().find_map(|frame| frame.column).unwrap_or(-1)
    }

    fn scalar(
        &self,
        value: &str,
        style: Style,
        start: usize,
        end: usize,
        properties: bool,
    ) -> Result<Node, Box<Diagnostic>> {
        let style = match style {
            Style::Plain => ScalarStyle::Plain,
            Style::SingleQuoted => ScalarStyle::SingleQuoted,
            Style::DoubleQuoted => ScalarStyle::DoubleQuoted,
            Style::Literal => ScalarStyle::Literal,
            Style::Folded => ScalarStyle::Folded,
        };
        let parent_indent = self.parent_indent();
        let leaf = |text: String, span| {
            let kind = NodeKind::Scalar(Scalar { text, style, parent_indent });
            Node { span, kind, alias: None }
        };
        if value.is_empty() && style == ScalarStyle::Plain {
            // The parser's mark of a value that is not there lies at the next token, maybe lines below.
            let next = self.after_space(self.behind);
            let indicator = matches!(self.source.as_bytes().get(next), Some(b':' | b'-' | b'?'));
            return Ok(leaf(String::new(), Span::at(if indicator { next + 1 } else { self.behind })));
        }
        let begin = match style {
            _ if properties => self.after_properties(start),
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_indicator(),
            _ => start,
        };
        let decoded = scalar::decode(self.source, style, begin..end.max(begin), parent_indent);
        // How a block scalar ends at the end of the file is what YAML parsers do not agree on; the file decides.
        let same = |text: &str| {
            let (ours, theirs) = (text.trim_end_matches('\n'), value.trim_end_matches('\n'));
            ours == theirs || ours.replace('\u{FEFF}', STAND_IN) == theirs
        };
        match decoded {
            Some(decoded) if same(&decoded.text) => Ok(leaf(decoded.text, decoded.span)),
            _ => Err(Box::new(
                Diagnostic::new(
                    &code::YAML_SYNTAX,
                    Span::new(begin, end.max(begin)),
                    "this value can be read in more than one way",
                )
                .note("YAML's rules on indentation and line breaks leave its text open, so it is not guessed")
                .help("write it as a block after `|`, each line indented by the same number of blanks"),
            )),
        }
    }

    /// Behind blanks, line breaks and comments from `at` on.
    fn after_space(&self, mut at: usize) -> usize {
        let bytes = self.source.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => at += 1,
                b'#' => at += memchr::memchr2(b'\n', b'\r', &bytes[at..]).unwrap_or(bytes.len() - at),
                _ => break,
            }
        }
        at
    }

    /// Behind the anchor and the tag that begin at `at`: where the node itself begins.
    fn after_properties(&self, mut at: usize) -> usize {
        let bytes = self.source.as_bytes();
        loop {
            at = self.after_space(at);
            match bytes.get(at..) {
                Some([b'!', b'<', rest @ ..]) => {
                    at += 2 + memchr::memchr(b'>', rest).map_or(rest.len(), |found| found + 1);
                }
                Some([b'&' | b'!', rest @ ..]) => {
                    let word =
                        |byte: &&u8| !matches!(**byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b'[' | b']' | b'{' | b'}');
                    at += 1 + rest.iter().take_while(word).count();
                }
                _ => return at,
            }
        }
    }

    /// The `|` or `>` of a block scalar without anchor or tag: the parser marks only where its text begins.
    fn block_indicator(&self) -> usize {
        let mut at = self.behind;
        loop {
            at = self.after_space(at);
            match self.source.as_bytes().get(at) {
                Some(b':' | b'-' | b'?') => at += 1,
                _ => return at,
            }
        }
    }
}

fn several_documents(span: Span) -> Diagnostic {
    Diagnostic::new(&code::YAML_SEVERAL_DOCUMENTS, span, "the file holds more than one YAML document")
        .label("the second document begins here")
        .note("a rule file holds one rule, in one document")
        .help("put each document into a file of its own, or take out the `---`")
}

/// The diagnostic for what nests too deep.
pub(crate) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(&code::FILE_TOO_DEEP, span, "mappings and lists nest too deep for a rule file")
        .label(format!("more than {MAX_DEPTH} levels"))
}
