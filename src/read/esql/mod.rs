//! Elastic's ES|QL, with its own meanings.
//!
//! A query is parted into its commands, and each command lowered by a row of the table of commands. The mapping of an
//! index is not at hand, so its records may have any field, of any type, with one value or several. Functions and
//! operators want one value: where a field might have several, [`single`](crate::ir::foreign) stands in front of it.

mod build;
mod call;
mod command;
mod constant;
mod expr;
mod functions;
mod grammar;
mod rule;
#[cfg(test)]
mod tests;
mod text;

use pest::Parser as _;
use pest::error::InputLocation;
use pest::iterators::{Pair, Pairs};

use self::grammar::{Grammar, Rule};
use super::elastic::{self, Stretch};
use super::pipe::Pipe;
use super::{Options, ReadBack};
use crate::diagnostic::{Code, Diagnostic, code};
use crate::functions::nearest;
use crate::ir::foreign::Origin;
use crate::ir::{Columns, Expr, ForeignId, ForeignKind, Name, Op, Query, Value};
use crate::source::{SourceFile, Span};

/// How deep brackets may nest; queries of people stay under 20.
const MAX_DEPTH: usize = 128;
/// How long a chain of operators that nests (`-`, `/`, `%`) may be.
const MAX_CHAIN: usize = 128;
/// How many commands are carried out, those of sub-queries and branches included.
const MAX_COMMANDS: usize = 2_000;
/// How many records come out where a query does not say it.
const DEFAULT_LIMIT: i64 = 1_000;
/// Stack for a query at [`MAX_DEPTH`]; a debug build needs most of it.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What goes wrong ends the reading of a query; boxed because a [`Diagnostic`] is large.
type Lowered<T> = Result<T, Box<Diagnostic>>;

/// Reads a query, or the rules of a package.
pub(super) fn read(file: &SourceFile, _: &Options) -> Vec<ReadBack> {
    match elastic::rules(file) {
        Some(rules) if rules.is_empty() => {
            let span = Span::new(0, file.text().len());
            vec![ReadBack::refused(Diagnostic::new(&code::READ_NOTHING, span, "there is no rule here"))]
        }
        Some(rules) => rules.into_iter().map(rule::read).collect(),
        None => vec![read_query(file.text(), None)],
    }
}

/// Reads a query, which sees the documents of a stretch of time if it is told one.
fn read_query(source: &str, stretch: Option<&Stretch>) -> ReadBack {
    if let Some(at) = text::too_deep(source, MAX_DEPTH) {
        let message = format!("brackets nest deeper than {MAX_DEPTH} here");
        return ReadBack::refused(Diagnostic::new(&code::ESQL_TOO_DEEP, Span::new(at, at + 1), message));
    }
    if text::solid_end(source) == 0 {
        let found = Diagnostic::new(&code::READ_NOTHING, Span::new(0, source.len()), "there is no query here");
        return ReadBack::refused(found);
    }
    let mut reader = Reader { stretch, columns: Columns::default(), budget: MAX_COMMANDS, forked: false };
    let whole = Text { text: source, at: 0 };
    match stacker::grow(STACK_BYTES, || reader.query(whole)) {
        Ok(pipe) => {
            let Reader { columns, .. } = reader;
            ReadBack::new(Some(Query { columns, shared: Vec::new(), plan: pipe.plan }), Vec::new())
        }
        Err(found) => ReadBack::refused(*found),
    }
}

/// A part of the query.
#[derive(Clone, Copy, Debug)]
struct Text<'t> {
    text: &'t str,
    /// Where it begins in the query.
    at: usize,
}

impl<'t> Text<'t> {
    /// A part of it.
    fn slice(self, start: usize, end: usize) -> Text<'t> {
        Text { text: &self.text[start..end], at: self.at + start }
    }

    /// What a pair of a parse of this text covers, without the blanks and comments behind it.
    fn of(self, pair: &Pair<'_, Rule>) -> Text<'t> {
        let span = pair.as_span();
        let solid = text::solid_end(span.as_str());
        self.slice(span.start(), span.start() + solid)
    }
}

/// What is known while a query is read.
struct Reader<'s> {
    /// The stretch of time of which documents are seen, where the query itself does not say it.
    stretch: Option<&'s Stretch>,
    columns: Columns,
    /// How many more commands may be carried out.
    budget: usize,
    /// Whether there was a `FORK`, of which there may be one.
    forked: bool,
}

impl Reader<'_> {
    /// The words of a text in the query.
    #[allow(clippy::unused_self, reason = "asked of the reader like everything else about places")]
    fn span(&self, text: Text<'_>) -> Span {
        Span::new(text.at, text.at + text.text.len())
    }

    /// A finding about a text.
    fn wrong(&self, code: &'static Code, text: Text<'_>, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::new(code, self.span(text), message))
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
                let mut end = start + word.find(char::is_whitespace).unwrap_or(word.len()).min(40);
                while !text.text.is_char_boundary(end) {
                    end -= 1;
                }
                if word.is_empty() {
                    // The last character, because behind it another text may begin.
                    let last = text.text.char_indices().next_back().map_or(0, |(index, _)| index);
                    let place = text.slice(last, text.text.len());
                    return Err(self.wrong(&code::READ_SYNTAX, place, format!("{what} ends too early")));
                }
                let place = text.slice(start, end);
                let found = place.text;
                Err(self.wrong(&code::READ_SYNTAX, place, format!("{what} has no place for `{found}`")))
            }
        }
    }

    /// A whole query. Where it has no limit it gives the first thousand records.
    fn query(&mut self, text: Text<'_>) -> Lowered<Pipe> {
        let mut pipe = self.pipeline(text, None)?;
        self.limited(&mut pipe, text);
        Ok(pipe)
    }

    /// Sees to it that there is a limit.
    fn limited(&self, pipe: &mut Pipe, text: Text<'_>) {
        if !pipe.plan.steps.iter().any(|step| matches!(step.op, Op::Take(_))) {
            let span = self.span(text);
            pipe.push_same(Op::Take(Expr::literal(Value::Long(DEFAULT_LIMIT), span)), span);
        }
    }

    /// Commands and what parts them. `input` is what the first one is given, if anything.
    fn pipeline(&mut self, text: Text<'_>, input: Option<Pipe>) -> Lowered<Pipe> {
        let mut pipe = input;
        for stage in self.parse(Rule::pipeline, text, "the query")? {
            if stage.as_rule() != Rule::stage {
                continue;
            }
            let stage = text.of(&stage);
            if stage.text.is_empty() {
                return Err(self.wrong(&code::READ_SYNTAX, text, "there is a `|` without a command beside it"));
            }
            pipe = Some(self.stage(stage, pipe)?);
        }
        pipe.ok_or_else(|| self.wrong(&code::READ_NOTHING, text, "there is no query here"))
    }

    /// One command.
    fn stage(&mut self, stage: Text<'_>, pipe: Option<Pipe>) -> Lowered<Pipe> {
        self.spend(1, stage)?;
        let head = Grammar::parse(Rule::head, stage.text).map(|mut pairs| pairs.next().map_or(0, |p| p.as_str().len()));
        let mut length = head.unwrap_or_default();
        let words =
            |length: usize| stage.text[..length].split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let mut name = words(length);
        if command::find(&name).is_none() && command::refusal(&name).is_none() {
            length = stage.text.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(stage.text.len());
            name = words(length);
        }
        let word = stage.slice(0, length);
        let Some(known) = command::find(&name) else {
            if let Some(why) = command::refusal(&name) {
                let message = format!("the command `{}` is not read", name.to_uppercase());
                return Err(Box::new(self.no_meaning(word, message).note(why)));
            }
            let end = stage.text.find(char::is_whitespace).unwrap_or(stage.text.len());
            let word = if length == 0 { stage.slice(0, end) } else { word };
            let message = format!("unknown command `{}`", word.text);
            let mut found = self.wrong(&code::ESQL_UNKNOWN_COMMAND, word, message);
            if let Some(near) = nearest(&name, command::names()).filter(|near| *near != name) {
                *found = found.help(format!("did you mean `{}`?", near.to_uppercase()));
            }
            return Err(found);
        };
        let rest = &stage.text[length..];
        let gap = rest.len() - rest.trim_start().len();
        let body = stage.slice(length + gap, stage.text.len());
        let title = known.name.to_uppercase();
        let stage = command::Stage { title: &title, word, body, all: stage };
        match (pipe, known.place) {
            (None, command::Place::First(give)) => give(self, &stage),
            (Some(mut pipe), command::Place::Then(change)) => {
                change(self, &mut pipe, &stage)?;
                Ok(pipe)
            }
            (Some(_), command::Place::First(_)) => {
                let message = format!("`{title}` gives records, so it has to be the first command");
                Err(self.wrong(&code::ESQL_COMMAND_PLACE, word, message))
            }
            (None, command::Place::Then(_)) => {
                let message = format!("`{title}` needs records, so it cannot be the first command");
                Err(self.wrong(&code::ESQL_COMMAND_PLACE, word, message))
            }
        }
    }

    /// Takes note that so many commands are carried out.
    fn spend(&mut self, commands: usize, text: Text<'_>) -> Lowered<()> {
        let Some(left) = self.budget.checked_sub(commands) else {
            let message = format!("more than {MAX_COMMANDS} commands come of this query");
            return Err(self.wrong(&code::ESQL_TOO_DEEP, text, message));
        };
        self.budget = left;
        Ok(())
    }
}

/// A built-in of ES|QL; `None` for one that the IR has no row for.
fn built_in(kind: ForeignKind, name: &str) -> Option<ForeignId> {
    ForeignId::find(Origin::Esql, kind, name)
}

/// A built-in that this module relies on; a test sees to it that there is a row for each.
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
