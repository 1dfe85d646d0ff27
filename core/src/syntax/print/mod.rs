//! The printer: a query in the one layout that `kqlc fmt` gives every query.
//!
//! `tokens` cuts the text into words and comments, the walk over the tree (one file an area) says what goes between
//! the words, and `layout` makes lines of it. A query keeps its words, their order and their spelling: what the
//! printer changes is blanks and line breaks, and on which side of a comma a comment stands.

mod expr;
mod layout;
mod literal;
mod operator;
mod statement;
mod tokens;

#[cfg(test)]
mod tests;

use crate::source::Span;
use crate::syntax::ast::{Name, NamedExpr, Names, Parameter, ParameterValue, Query};
use layout::{Document, Sep, Shape};

/// The longest line that is filled, in characters.
const WIDTH: usize = 100;
/// How far what belongs to a line stands further in, in blanks.
const INDENT: usize = 4;
/// Stack that must be left before another level of the tree is entered, and how much is added, in bytes.
const STACK: (usize, usize) = (128 * 1024, 4 * 1024 * 1024);

/// Prints `query`, which is the tree of `text`.
///
/// Line breaks are LF; the last line ends with one if the text did.
pub fn print(query: &Query, text: &str) -> String {
    print_with(query, text, "\n")
}

/// Prints `query`, which is the tree of `text`, with line breaks of the given form.
///
/// Line breaks inside string literals stay as they are, since they are part of a value.
pub fn print_with(query: &Query, text: &str, newline: &str) -> String {
    let (tokens, comments) = tokens::tokenize(text, &query.comments, &query.directives);
    let mut printer = Printer { document: Document::new(text, tokens, comments) };
    printer.query(query);
    let mut printed = printer.document.render(newline);
    if text.ends_with(['\n', '\r']) && !printed.is_empty() {
        printed.push_str(newline);
    }
    printed
}

/// Walks the tree and says what goes between the words.
struct Printer<'a> {
    document: Document<'a>,
}

/// Places in the text, as indices of words.
impl<'a> Printer<'a> {
    /// The first word of a span.
    fn first(&self, span: Span) -> usize {
        self.document.tokens.partition_point(|token| token.span.start < span.start)
    }

    /// The last word of a span.
    fn last(&self, span: Span) -> usize {
        self.document.tokens.partition_point(|token| token.span.end <= span.end).saturating_sub(1)
    }

    fn word(&self, token: usize) -> &'a str {
        self.document.word(token)
    }
}

/// What goes between words, in general.
impl Printer<'_> {
    fn set(&mut self, token: usize, sep: Sep) {
        self.document.set(token, sep);
    }

    /// Sets what goes before the first word of a span.
    fn before(&mut self, span: Span, sep: Sep) {
        self.set(self.first(span), sep);
    }

    fn group(&mut self, first: usize, last: usize, shape: Shape) {
        self.document.group(first, last, shape);
    }

    /// Parts the words behind `after` up to `upto` with blanks: clause words, and what stands before and behind them.
    /// Signs and dashed words that are written as one stay so.
    fn spaced(&mut self, after: usize, upto: usize) {
        for token in after + 1..=upto.min(self.document.tokens.len().saturating_sub(1)) {
            let (before, word) = (self.word(token - 1), self.word(token));
            if matches!(word, "," | ";" | ")" | "]") || matches!(before, "(" | "[" | ",") {
                continue;
            }
            let parted = self.document.tokens[token].gap.blank
                || before.ends_with([')', ']', '}', '"', '\''])
                || word.starts_with(['(', '[', '{', '"', '\'']);
            self.set(token, if parted { Sep::Space } else { Sep::None });
        }
    }

    /// Parts the words before the first one of a span, back to `after`, with blanks.
    fn spaced_to(&mut self, after: usize, span: Span) {
        self.spaced(after, self.first(span));
    }

    /// Puts the words of a span together.
    fn glued(&mut self, span: Span) {
        for token in self.first(span) + 1..=self.last(span) {
            self.set(token, Sep::None);
        }
    }

    /// Sets what goes on both sides of the `=` before the word `value`, if there is one.
    fn assign(&mut self, value: usize, sep: Sep) {
        if value > 0 && self.word(value - 1) == "=" {
            self.set(value - 1, sep);
            self.set(value, sep);
        }
    }

    /// Makes a group of a pair of brackets: on one line, or the brackets round an indented block.
    fn brackets(&mut self, open: usize, close: usize, pad: Sep) {
        if open < close {
            self.group(open, close, Shape::Plain);
            self.document.inside(open, close);
            self.set(open + 1, if open + 1 == close { Sep::Soft } else { pad });
            self.set(close, if open + 1 == close { Sep::Soft } else { pad });
        }
    }

    /// Lets the line break before each item but the first.
    fn items(&mut self, items: &[Span], sep: Sep) {
        for &item in items.iter().skip(1) {
            self.before(item, sep);
        }
    }

    /// A list behind a word: on its line, or each item on a line of its own. A single item stays on the line.
    ///
    /// `start` is the word that the list belongs to.
    fn clause(&mut self, start: usize, items: &[Span]) {
        match items {
            [] => {}
            &[only] => {
                let first = self.first(only);
                self.spaced(first.saturating_sub(1), first);
            }
            &[first, .., last] => {
                self.group(start, self.last(last), Shape::Indent);
                self.before(first, Sep::Line);
                self.items(items, Sep::Line);
            }
        }
    }
}

/// Names, and what is given a name.
impl Printer<'_> {
    fn name(&mut self, name: &Name) {
        self.glued(name.span);
    }

    fn names<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>) {
        for name in names {
            self.name(name);
        }
    }

    fn named(&mut self, named: &NamedExpr) {
        self.named_with(named, Shape::Indent, Sep::Space);
    }

    /// `sep` goes on both sides of the `=`.
    fn named_with(&mut self, named: &NamedExpr, shape: Shape, sep: Sep) {
        match &named.names {
            Names::None => {}
            Names::One(name) => self.name(name),
            Names::List(names, _) => self.names(names),
        }
        if !matches!(named.names, Names::None) {
            self.assign(self.first(named.expr.span), sep);
        }
        self.expr_with(&named.expr, shape);
    }

    fn named_all(&mut self, named: &[NamedExpr]) {
        for item in named {
            self.named(item);
        }
    }

    /// `name=value`, as options are written.
    fn parameter(&mut self, parameter: &Parameter) {
        self.name(&parameter.name);
        match &parameter.value {
            ParameterValue::Expr(expr) => {
                self.assign(self.first(expr.span), Sep::None);
                self.expr(expr);
            }
            ParameterValue::Name(name) => {
                self.assign(self.first(name.span), Sep::None);
                self.name(name);
            }
            ParameterValue::Names(names) => {
                if let Some(name) = names.first() {
                    self.assign(self.first(name.span), Sep::None);
                }
                self.names(names);
            }
        }
    }

    /// Options behind the word `after`. Returns the last word of them.
    fn parameters(&mut self, after: usize, parameters: &[Parameter]) -> usize {
        let mut last = after;
        for parameter in parameters {
            self.spaced_to(last, parameter.span);
            self.parameter(parameter);
            last = self.last(parameter.span);
        }
        last
    }

    /// `with (name=value, …)`; `after` is the last word before `with`.
    fn properties(&mut self, after: usize, end: usize, properties: &[Parameter]) {
        let spans: Vec<Span> = properties.iter().map(|property| property.span).collect();
        let open = (after + 1..end).find(|&token| self.word(token) == "(");
        if let Some(open) = open {
            self.spaced(after, open);
            self.brackets(open, end, Sep::Soft);
        }
        self.items(&spans, Sep::Line);
        for property in properties {
            self.parameter(property);
        }
    }
}
