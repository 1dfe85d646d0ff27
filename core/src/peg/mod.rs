//! Parses by a grammar that is data.
//!
//! The package `kqlc-peg` has pest read the grammars, and writes each as a table of rules and an enum of their names.
//! Here the table is gone through, with pest's own [`ParserState`], so that trees and errors are those of the parser
//! that pest's derive would make. The derive turns every piece of an expression into a closure of a type of its own,
//! and each of them has the methods of `ParserState` compiled anew: a sixth of the program, and of the time to build it.

use pest::error::Error;
use pest::iterators::Pairs;
use pest::{Atomicity, ParseResult, ParserState, RuleType};

type State<'i, R> = Box<ParserState<'i, R>>;

/// The rules of a grammar, in the order of the enum that names them.
#[derive(Debug)]
pub struct Table<R: 'static> {
    /// The rules.
    pub rules: &'static [Rule<R>],
    /// The rule `WHITESPACE`, which may stand between the parts of what is [spaced](Expr::Spaced).
    pub whitespace: Option<usize>,
    /// The rule `COMMENT`, likewise.
    pub comment: Option<usize>,
}

/// A rule of a grammar.
#[derive(Debug)]
pub struct Rule<R> {
    /// Its name.
    pub name: R,
    /// What comes of it.
    pub kind: Kind,
    /// What it matches.
    pub expr: Expr,
}

/// What comes of a rule: the sign before its braces.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `{ }`: a node.
    Normal,
    /// `_{ }`: the nodes inside.
    Silent,
    /// `_{ }` of `WHITESPACE` and `COMMENT`: the nodes inside, and no blanks between parts.
    Blank,
    /// `@{ }`: a node without nodes inside, nor blanks between parts.
    Atomic,
    /// `${ }`: a node with nodes inside, and no blanks between parts.
    CompoundAtomic,
    /// `!{ }`: a node, and blanks between parts whatever the rule around it says.
    NonAtomic,
}

/// What matches.
#[derive(Debug)]
pub enum Expr {
    /// These very characters.
    Text(&'static str),
    /// These characters, whatever the case of ASCII letters.
    AnyCase(&'static str),
    /// One character of a set.
    One(Set),
    /// As many characters of a set as there are.
    Many(Set),
    /// Any character.
    Any,
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
    /// The rule at that place of the table.
    Call(usize),
    /// All of these, one behind the other.
    Sequence(&'static [Expr]),
    /// All of these, with blanks and comments between them.
    Spaced(&'static [Expr]),
    /// The first of these that matches.
    Choice(&'static [Expr]),
    /// This or nothing.
    Optional(&'static Expr),
    /// This any number of times.
    Repeated(&'static Expr),
    /// This any number of times, with blanks and comments in between.
    SpacedRepeated(&'static Expr),
    /// This once or more often.
    RepeatedOnce(&'static Expr),
    /// This once or more often, with blanks and comments in between.
    SpacedRepeatedOnce(&'static Expr),
    /// This comes next, and is not taken.
    Ahead(&'static Expr),
    /// This does not come next.
    Not(&'static Expr),
    /// Everything up to the first of these texts.
    Until(&'static [&'static str]),
}

/// A set of characters.
#[derive(Debug)]
pub struct Set {
    /// The ASCII characters in it: bit by bit.
    pub ascii: u128,
    /// The others: first and last of each range.
    pub others: &'static [(char, char)],
}

impl Set {
    #[inline]
    fn has(&self, char: char) -> bool {
        if char.is_ascii() {
            self.ascii >> u32::from(char) & 1 == 1
        } else {
            self.others.iter().any(|(first, last)| (*first..=*last).contains(&char))
        }
    }
}

impl<R: RuleType> Table<R> {
    /// What `text` is by the rule at that place of the table.
    pub fn parse<'i>(&'static self, rule: usize, text: &'i str) -> Result<Pairs<'i, R>, Error<R>> {
        pest::state(text, |state| self.call(rule, state))
    }

    // The combinators are functions of their own: taken into `run`, their variables would lie on the stack once more
    // for every level that a text nests.
    fn run<'i>(&'static self, expr: &'static Expr, state: State<'i, R>) -> ParseResult<State<'i, R>> {
        match expr {
            Expr::Text(text) => state.match_string(text),
            Expr::AnyCase(text) => state.match_insensitive(text),
            Expr::One(set) => state.match_char_by(|char| set.has(char)),
            Expr::Many(set) => state.repeat(|state| state.match_char_by(|char| set.has(char))),
            Expr::Any => state.skip(1),
            Expr::Start => state.start_of_input(),
            Expr::End => state.end_of_input(),
            Expr::Call(rule) => self.call(*rule, state),
            Expr::Sequence(parts) => self.sequence(parts, state),
            Expr::Spaced(parts) => self.spaced(parts, state),
            Expr::Choice(parts) => self.choice(parts, state),
            Expr::Optional(part) => self.optional(part, state),
            Expr::Repeated(part) => self.repeated(part, state),
            Expr::SpacedRepeated(part) => self.spaced_repeated(part, true, state),
            Expr::RepeatedOnce(part) => self.repeated_once(part, state),
            Expr::SpacedRepeatedOnce(part) => self.spaced_repeated(part, false, state),
            Expr::Ahead(part) => self.look(true, part, state),
            Expr::Not(part) => self.look(false, part, state),
            Expr::Until(texts) => state.skip_until(texts),
        }
    }

    #[inline(never)]
    fn call<'i>(&'static self, rule: usize, state: State<'i, R>) -> ParseResult<State<'i, R>> {
        let Rule { name, kind, expr } = &self.rules[rule];
        match kind {
            Kind::Silent => self.run(expr, state),
            Kind::Normal => self.node(*name, expr, state),
            Kind::Blank => state.atomic(Atomicity::Atomic, |state| self.run(expr, state)),
            Kind::Atomic => state.rule(*name, |state| state.atomic(Atomicity::Atomic, |state| self.run(expr, state))),
            Kind::CompoundAtomic => state.atomic(Atomicity::CompoundAtomic, |state| self.node(*name, expr, state)),
            Kind::NonAtomic => state.atomic(Atomicity::NonAtomic, |state| self.node(*name, expr, state)),
        }
    }

    #[inline(never)]
    fn node<'i>(&'static self, name: R, expr: &'static Expr, state: State<'i, R>) -> ParseResult<State<'i, R>> {
        state.rule(name, |state| self.run(expr, state))
    }

    #[inline(never)]
    fn sequence<'i>(&'static self, parts: &'static [Expr], state: State<'i, R>) -> ParseResult<State<'i, R>> {
        state.sequence(|mut state| {
            for part in parts {
                state = self.run(part, state)?;
            }
            Ok(state)
        })
    }

    #[inline(never)]
    fn spaced<'i>(&'static self, parts: &'static [Expr], state: State<'i, R>) -> ParseResult<State<'i, R>> {
        state.sequence(|mut state| {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    state = self.blanks(state)?;
                }
                state = self.run(part, state)?;
            }
            Ok(state)
        })
    }

    #[inline(never)]
    fn choice<'i>(&'static self, parts: &'static [Expr], mut state: State<'i, R>) -> ParseResult<State<'i, R>> {
        for part in parts {
            match self.run(part, state) {
                Ok(state) => return Ok(state),
                Err(same) => state = same,
            }
        }
        Err(state)
    }

    #[inline(never)]
    fn optional<'i>(&'static self, part: &'static Expr, state: State<'i, R>) -> ParseResult<State<'i, R>> {
        state.optional(|state| self.run(part, state))
    }

    #[inline(never)]
    fn repeated<'i>(&'static self, part: &'static Expr, state: State<'i, R>) -> ParseResult<State<'i, R>> {
        state.repeat(|state| self.run(part, state))
    }

    #[inline(never)]
    fn repeated_once<'i>(&'static self, part: &'static Expr, state: State<'i, R>) -> ParseResult<State<'i, R>> {
        state.sequence(|state| self.repeated(part, self.run(part, state)?))
    }

    #[inline(never)]
    fn spaced_repeated<'i>(
        &'static self,
        part: &'static Expr,
        or_nothing: bool,
        state: State<'i, R>,
    ) -> ParseResult<State<'i, R>> {
        let more = |state: State<'i, R>| {
            let state = self.run(part, state)?;
            state.repeat(|state| state.sequence(|state| self.run(part, self.blanks(state)?)))
        };
        state.sequence(|state| if or_nothing { state.optional(more) } else { more(state) })
    }

    #[inline(never)]
    fn look<'i>(&'static self, there: bool, part: &'static Expr, state: State<'i, R>) -> ParseResult<State<'i, R>> {
        state.lookahead(there, |state| self.run(part, state))
    }

    /// What may stand between the parts of what is spaced: blanks, and then comments with blanks behind them.
    #[inline(never)]
    fn blanks<'i>(&'static self, state: State<'i, R>) -> ParseResult<State<'i, R>> {
        if state.atomicity() != Atomicity::NonAtomic {
            return Ok(state);
        }
        let whitespace = |state: State<'i, R>| match self.whitespace {
            Some(rule) => state.repeat(|state| self.call(rule, state)),
            None => Ok(state),
        };
        let Some(comment) = self.comment else { return whitespace(state) };
        state.sequence(|state| {
            whitespace(state)?.repeat(|state| state.sequence(|state| whitespace(self.call(comment, state)?)))
        })
    }
}

#[cfg(test)]
pub(crate) mod judge;
#[cfg(test)]
mod tests;
