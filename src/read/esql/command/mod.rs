//! The commands: one row each, with where it may stand and what reads it.

mod combine;
mod extract;
mod fields;
mod source;
mod stats;

use pest::iterators::Pair;

use super::build::null;
use super::expr::Scope;
use super::grammar::Rule;
use super::text::plain_part;
use super::{Lowered, Reader, Text, name};
use crate::diagnostic::code;
use crate::ir::{Argument, Expr, Name, Value};
use crate::read::pipe::Pipe;
use crate::source::Span;

/// A command of a query.
pub(super) struct Stage<'t> {
    /// The command's name, in capitals.
    pub(super) title: &'t str,
    /// The name as written.
    pub(super) word: Text<'t>,
    /// What stands behind the name.
    pub(super) body: Text<'t>,
    /// All of it.
    pub(super) all: Text<'t>,
}

/// Gives records.
pub(super) type Give = fn(&mut Reader<'_>, &Stage<'_>) -> Lowered<Pipe>;
/// Changes records.
pub(super) type Change = fn(&mut Reader<'_>, &mut Pipe, &Stage<'_>) -> Lowered<()>;

/// Where a command may stand.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// At the start.
    First(Give),
    /// Behind a pipe.
    Then(Change),
}

/// A command.
pub(super) struct Command {
    /// Its name, in lower case.
    pub(super) name: &'static str,
    /// Where it may stand, and what reads it there.
    pub(super) place: Place,
}

const fn first(name: &'static str, give: Give) -> Command {
    Command { name, place: Place::First(give) }
}

const fn then(name: &'static str, change: Change) -> Command {
    Command { name, place: Place::Then(change) }
}

static COMMANDS: &[Command] = &[
    first("from", source::from),
    first("row", source::row),
    then("where", fields::filter),
    then("eval", fields::eval),
    then("keep", fields::keep),
    then("drop", fields::drop),
    then("rename", fields::rename),
    then("sort", fields::sort),
    then("limit", fields::limit),
    then("sample", fields::sample),
    then("mv_expand", fields::mv_expand),
    then("stats", stats::stats),
    then("inline stats", stats::inline_stats),
    then("inlinestats", stats::inline_stats),
    then("dissect", extract::dissect),
    then("grok", extract::grok),
    then("enrich", combine::enrich),
    then("lookup join", combine::lookup_join),
    then("change_point", combine::change_point),
    then("fork", combine::fork),
];

/// Commands of ES|QL that are refused, and why.
static REFUSED: &[(&str, &str)] = &[
    ("show", "it tells about the server, not about events"),
    ("explain", "it tells how a query is run, not about events"),
    ("ts", "time series are not read"),
    ("metrics", "time series are not read"),
    ("promql", "it is a query in another language"),
    ("set", "what it sets changes what the query means"),
    ("completion", "what a model says is not in the query"),
    ("rerank", "what a model says is not in the query"),
    ("embed", "what a model says is not in the query"),
    ("fuse", "how well records fit depends on all records of their indexes"),
    ("rrf", "how well records fit depends on all records of their indexes"),
    ("mmr", "which records are unlike depends on vectors"),
    ("highlight", "it is for showing, not for finding"),
    ("user_agent", "what it finds depends on a list that is not in the query"),
    ("registered_domain", "what it finds depends on a list that is not in the query"),
    ("uri_parts", "it is a preview whose columns may change"),
    ("dedup", "which of the records stays is not documented"),
    ("fillnull", "it is a preview whose meaning may change"),
    ("external", "data outside of indexes is not read"),
    ("load_result", "the result of another query is not in this one"),
];

/// Why a command of ES|QL is refused; `None` for one that is no command, or that is read.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(refused, _)| *refused == name).map(|(_, why)| *why)
}

/// The command of a name in lower case.
pub(super) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// The names of all commands.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

/// A name, or a pattern of names.
pub(super) struct Wanted<'t> {
    /// The name; `*` stands for anything in a pattern.
    pub(super) name: String,
    /// Whether it is a pattern.
    pub(super) pattern: bool,
    pub(super) text: Text<'t>,
}

impl Reader<'_> {
    /// A name or a pattern as the grammar gives it.
    pub(super) fn wanted<'t>(&self, body: Text<'t>, pair: Pair<'_, Rule>) -> Lowered<Wanted<'t>> {
        let text = body.of(&pair);
        let (mut parts, mut pattern, mut literal) = (Vec::new(), false, false);
        for part in pair.into_inner() {
            let mut whole = String::new();
            for piece in part.into_inner() {
                let written = body.of(&piece).text;
                if piece.as_rule() == Rule::backquoted {
                    let plain = plain_part(written);
                    literal |= plain.contains('*');
                    whole.push_str(&plain);
                } else {
                    pattern |= written.contains('*');
                    whole.push_str(written);
                }
            }
            parts.push(whole);
        }
        if pattern && literal {
            let message = "a pattern that also has a `*` for itself cannot be said here";
            return Err(self.no_meaning(text, message));
        }
        Ok(Wanted { name: parts.join("."), pattern, text })
    }

    /// A name where no pattern may stand.
    pub(super) fn plain<'t>(&self, body: Text<'t>, pair: Pair<'_, Rule>) -> Lowered<Wanted<'t>> {
        let wanted = self.wanted(body, pair)?;
        if wanted.pattern {
            return Err(self.wrong(&code::READ_SYNTAX, wanted.text, "a name is due here, not a pattern"));
        }
        Ok(wanted)
    }

    /// The expression that is all of a pair, record by record.
    pub(super) fn record(&mut self, pipe: &mut Pipe, body: Text<'_>, pair: Pair<'_, Rule>) -> Lowered<Expr> {
        self.expression(&mut Scope::record(pipe), body, pair)
    }
}

/// An argument of a command, by its name.
pub(super) fn told(key: &str, value: impl Into<Value>, span: Span) -> (Option<Name>, Argument) {
    (Some(name(key)), Argument::Scalar(Expr::literal(value.into(), span)))
}

/// An argument of a command that is an expression.
pub(super) fn given(key: &str, value: Expr) -> (Option<Name>, Argument) {
    (Some(name(key)), Argument::Scalar(value))
}

/// An argument that is not there.
pub(super) fn nothing(key: &str, span: Span) -> (Option<Name>, Argument) {
    given(key, null(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_in_lower_case() {
        let mut seen = std::collections::HashSet::new();
        for name in names().chain(REFUSED.iter().map(|(name, _)| *name)) {
            assert!(seen.insert(name), "{name} twice");
            assert_eq!(name, name.to_lowercase());
        }
    }
}
