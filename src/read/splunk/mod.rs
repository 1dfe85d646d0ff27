//! Splunk's SPL, with its own meanings.
//!
//! A search is expanded (macros, comments), parted into commands, and each command lowered by a row of the table of
//! commands. Fields have no types and any event may have any field, so the schemas are open until a command such as
//! `stats` or `table` closes them; a field of several values passes a test where one of them does.

mod command;
mod eval;
mod expand;
mod functions;
mod grammar;
mod search;
mod statistics;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod tstats;

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::{Pair, Pairs};

use self::expand::Expansion;
use self::grammar::{Grammar, Rule};
use super::pipe::Pipe;
use super::{Options, ReadBack};
use crate::diagnostic::{Code, Diagnostic, code};
use crate::ir::foreign::Origin;
use crate::ir::{Columns, ForeignId, ForeignKind, Name, Query, Shared};
use crate::source::{SourceFile, Span};

/// How deep brackets may nest; searches of people stay under 20.
const MAX_DEPTH: usize = 128;
/// How long a chain of operators that nests (`/`, `%`) may be.
const MAX_CHAIN: usize = 128;
/// How deep unions may nest: each `append` puts the plan so far into another.
const MAX_UNIONS: usize = 64;
/// How many commands are carried out, those that `foreach` and `appendpipe` repeat included.
const MAX_COMMANDS: usize = 2_000;
/// Stack for a search at [`MAX_DEPTH`]; a debug build needs most of it.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What goes wrong ends the reading of a search; boxed because a [`Diagnostic`] is large.
type Lowered<T> = Result<T, Box<Diagnostic>>;

/// Reads a search.
pub(super) fn read(file: &SourceFile, options: &Options) -> Vec<ReadBack> {
    vec![read_search(file.text(), options)]
}

fn read_search(source: &str, options: &Options) -> ReadBack {
    let expansion = match Expansion::of(source, options) {
        Ok(expansion) => expansion,
        Err(found) => return ReadBack::refused(*found),
    };
    if expansion.text.trim().is_empty() {
        let found = Diagnostic::new(&code::READ_NOTHING, Span::new(0, source.len()), "there is no search here");
        return ReadBack::refused(found);
    }
    if let Some(at) = too_deep(&expansion.text) {
        let message = format!("brackets nest deeper than {MAX_DEPTH} here");
        let span = expansion.span(Span::new(at, at + 1));
        return ReadBack::refused(Diagnostic::new(&code::SPL_TOO_DEEP, span, message));
    }
    let mut reader = Reader {
        expansion: &expansion,
        columns: Columns::default(),
        shared: Vec::new(),
        remarks: expansion.remarks.clone(),
        budget: MAX_COMMANDS,
    };
    let text = Text { text: &expansion.text, at: At::Expanded(0) };
    match stacker::grow(STACK_BYTES, || reader.pipeline(text, None)) {
        Ok(pipe) => {
            let Reader { columns, shared, remarks, .. } = reader;
            ReadBack::new(Some(Query { columns, shared, plan: pipe.plan }), remarks)
        }
        Err(found) => {
            let mut diagnostics = vec![*found];
            diagnostics.append(&mut reader.remarks);
            ReadBack { query: None, diagnostics }
        }
    }
}

/// Where brackets nest too deep, quoted or not: a cheap bound on what the grammar recurses over.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'(' | b'[' if !quoted => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at);
                }
            }
            b')' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// A part of the search, or text made from one.
#[derive(Clone, Copy, Debug)]
struct Text<'t> {
    text: &'t str,
    at: At,
}

/// Where a text stands.
#[derive(Clone, Copy, Debug)]
enum At {
    /// From this offset on in the expanded search.
    Expanded(usize),
    /// Nowhere as such; the words that made it.
    Made(Span),
}

impl<'t> Text<'t> {
    /// A part of it.
    fn slice(self, start: usize, end: usize) -> Text<'t> {
        let at = match self.at {
            At::Expanded(offset) => At::Expanded(offset + start),
            made @ At::Made(_) => made,
        };
        Text { text: &self.text[start..end], at }
    }

    /// What a pair of a parse of this text covers.
    fn of(self, pair: &Pair<'_, Rule>) -> Text<'t> {
        self.slice(pair.as_span().start(), pair.as_span().end())
    }

    /// The same without blanks at both ends.
    fn trimmed(self) -> Text<'t> {
        let start = self.text.len() - self.text.trim_start().len();
        self.slice(start, start + self.text.trim().len())
    }
}

/// What is known while a search is read.
struct Reader<'e> {
    expansion: &'e Expansion,
    columns: Columns,
    shared: Vec<Shared>,
    remarks: Vec<Diagnostic>,
    /// How many more commands may be carried out.
    budget: usize,
}

impl Reader<'_> {
    /// The words of a text in the file.
    fn span(&self, text: Text<'_>) -> Span {
        match text.at {
            At::Expanded(offset) => self.expansion.span(Span::new(offset, offset + text.text.len())),
            At::Made(span) => span,
        }
    }

    /// A finding about a text.
    fn wrong(&self, code: &'static Code, text: Text<'_>, message: impl Into<String>) -> Box<Diagnostic> {
        let found = Diagnostic::new(code, self.span(text), message);
        Box::new(match text.at {
            At::Expanded(offset) => self.expansion.explain(found, Span::at(offset)),
            At::Made(_) => found,
        })
    }

    /// That a construct is known and has no counterpart in the IR.
    fn no_meaning(&self, text: Text<'_>, message: impl Into<String>) -> Box<Diagnostic> {
        self.wrong(&code::READ_NO_MEANING, text, message)
    }

    /// Parses a text by a rule; gives what is inside the rule.
    fn parse<'t>(&self, rule: Rule, text: Text<'t>, what: &str) -> Lowered<Pairs<'t, Rule>> {
        match Grammar::parse(rule, text.text) {
            Ok(mut pairs) => Ok(pairs.next().map(Pair::into_inner).unwrap_or(pairs)),
            Err(error) => {
                let at = match error.location {
                    InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
                };
                let rest = &text.text[at..];
                let word = rest.trim_start();
                let start = at + rest.len() - word.len();
                let length = word.find(|c: char| c.is_whitespace()).unwrap_or(word.len()).min(40);
                let mut end = start + length;
                while !text.text.is_char_boundary(end) {
                    end -= 1;
                }
                let place = text.slice(start, end);
                Err(if word.is_empty() {
                    // The last character, because behind it another text may begin.
                    let last = text.text.char_indices().next_back().map_or(0, |(index, _)| index);
                    let place = text.slice(last, text.text.len());
                    self.wrong(&code::READ_SYNTAX, place, format!("{what} ends too early"))
                } else {
                    let found = place.text;
                    self.wrong(&code::READ_SYNTAX, place, format!("{what} has no place for `{found}`"))
                })
            }
        }
    }

    /// A search or a subsearch: commands and what parts them. `input` is what the first one is given, if anything.
    fn pipeline(&mut self, text: Text<'_>, input: Option<Pipe>) -> Lowered<Pipe> {
        let pairs = self.parse(Rule::pipeline, text, "the search")?;
        let piped = text.text.trim_start().starts_with('|');
        let mut pipe = input;
        let mut first = pipe.is_none();
        let stages: Vec<_> = pairs.filter(|pair| pair.as_rule() == Rule::stage).collect();
        let last = stages.len().saturating_sub(1);
        for (index, stage) in stages.into_iter().enumerate() {
            let Some(raw) = stage.into_inner().find(|pair| pair.as_rule() == Rule::raw) else { continue };
            let stage = text.of(&raw).trimmed();
            // A comment between two pipes, or behind the last one, leaves nothing.
            if stage.text.is_empty() && (index > 0 || index < last || piped) {
                if index == last || index == 0 {
                    continue;
                }
                return Err(self.wrong(&code::READ_SYNTAX, stage, "there is no command between these pipes"));
            }
            pipe = Some(self.stage(stage, pipe, first && !piped && index == 0)?);
            first = false;
        }
        pipe.ok_or_else(|| self.wrong(&code::READ_NOTHING, text, "there is no search here"))
    }

    /// Takes note that so many commands are carried out.
    fn spend(&mut self, commands: usize, text: Text<'_>) -> Lowered<()> {
        let Some(left) = self.budget.checked_sub(commands) else {
            let message = format!("more than {MAX_COMMANDS} commands come of this search");
            return Err(self.wrong(&code::SPL_TOO_LARGE, text, message));
        };
        self.budget = left;
        Ok(())
    }

    /// One command.
    fn stage(&mut self, stage: Text<'_>, pipe: Option<Pipe>, leading: bool) -> Lowered<Pipe> {
        self.spend(1, stage)?;
        let head = Grammar::parse(Rule::head, stage.text).ok().and_then(|mut pairs| pairs.next());
        let name = head.as_ref().map_or("", |head| head.as_str()).to_lowercase();
        let length = name.len();
        // At the start of a search, whatever is no command that gives events is a search expression.
        let known = command::find(&name);
        if pipe.is_none()
            && leading
            && known.is_none_or(|known| !known.place.starts())
            && command::refusal(&name).is_none()
        {
            return self.event_search(stage, stage);
        }
        let Some(known) = known else {
            if let Some(why) = command::refusal(&name) {
                let found = self.no_meaning(stage.slice(0, length), format!("the command `{name}` is not read"));
                return Err(Box::new(found.note(why)));
            }
            let word = if name.is_empty() { stage.text.split_whitespace().next().unwrap_or_default() } else { &name };
            let mut found =
                self.wrong(&code::SPL_UNKNOWN_COMMAND, stage.slice(0, word.len()), format!("unknown command `{word}`"));
            if let Some(near) = crate::functions::nearest(word, command::names()).filter(|near| *near != word) {
                *found = found.help(format!("did you mean `{near}`?"));
            }
            return Err(found);
        };
        let word = stage.slice(0, length);
        let body = stage.slice(length, stage.text.len()).trimmed();
        let stage = command::Stage { name: known.name, word, body, all: stage };
        match (pipe, known.place) {
            (None, command::Place::First(give) | command::Place::Both(give, _)) => give(self, &stage),
            (Some(mut pipe), command::Place::Then(change)) => {
                change(self, &mut pipe, &stage)?;
                Ok(pipe)
            }
            (Some(pipe), command::Place::Both(_, merge)) => merge(self, pipe, &stage),
            (Some(_), command::Place::First(_)) => Err(self.wrong(
                &code::SPL_COMMAND_PLACE,
                word,
                format!("`{}` gives events, so it has to be the first command", known.name),
            )),
            (None, command::Place::Then(_)) => Err(self.wrong(
                &code::SPL_COMMAND_PLACE,
                word,
                format!("`{}` needs events, so it cannot be the first command", known.name),
            )),
        }
    }
}

/// A built-in of SPL; `None` for one that the IR has no row for.
fn built_in(kind: ForeignKind, name: &str) -> Option<ForeignId> {
    ForeignId::find(Origin::Splunk, kind, name)
}

/// A built-in that the tables of this module rely on; a test sees to it that there is a row for each.
fn scalar(name: &str) -> ForeignId {
    built_in(ForeignKind::Scalar, name).unwrap_or_else(|| unreachable!("no row for `{name}`"))
}

fn command_row(name: &str) -> ForeignId {
    built_in(ForeignKind::Command, name).unwrap_or_else(|| unreachable!("no row for `{name}`"))
}

/// A name for the IR.
fn name(text: &str) -> Name {
    Name::from(text)
}
