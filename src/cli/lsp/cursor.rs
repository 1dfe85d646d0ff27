//! What surrounds a place in a query, found by tokens alone, so that it is there while the query is being written.
//!
//! Brackets are followed up to the place. Each open one is a frame with the statements and pipes before the place; what
//! stands behind the place is not looked at. From the frames a query is put together that gives the records which the
//! stage at the place works on: declarations and stages that cannot be read are left out of it.

use crate::bind;
use crate::ir::Query;
use crate::schema::Schemas;
use crate::source::Span;
use crate::syntax;
use crate::syntax::token::{Kind, Token, tokens};

/// A place in a query.
#[derive(Debug)]
pub(super) struct Cursor<'t> {
    /// The query.
    pub(super) text: &'t str,
    /// Its tokens.
    pub(super) tokens: Vec<Token>,
    /// How many tokens end before the word at the place begins.
    pub(super) before: usize,
    /// The word at the place; empty between words.
    pub(super) word: Span,
    /// The open brackets round the place, the query itself first.
    pub(super) frames: Vec<Frame>,
}

/// What an open bracket holds up to the place, in positions of tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    /// The first token within.
    pub(super) start: usize,
    /// The statements that are complete.
    pub(super) statements: Vec<std::ops::Range<usize>>,
    /// Where the statement at hand begins.
    pub(super) statement: usize,
    /// Its pipes.
    pub(super) pipes: Vec<usize>,
}

/// What has a name besides columns and tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    /// The name.
    pub(super) name: String,
    /// Where it is given.
    pub(super) span: Span,
    /// The words of the whole declaration.
    pub(super) whole: Span,
    /// Whether it is a parameter of a function.
    pub(super) parameter: bool,
}

/// The records at a place, and the declarations before it.
#[derive(Clone, Debug, Default)]
struct Prefix {
    lets: Vec<String>,
    source: Option<String>,
    stages: Vec<String>,
}

impl<'t> Cursor<'t> {
    /// The place `at` bytes into `text`.
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        let tokens = tokens(text);
        let is_word = |token: &Token| matches!(token.kind, Kind::Word | Kind::Number);
        let holds = |token: &&Token| is_word(token) && token.span.start as usize <= at && at <= token.span.end as usize;
        let word = tokens.iter().find(holds).map_or(Span::at(at), |token| token.span);
        let before = tokens.partition_point(|token| token.span.end <= word.start && token.span != word);
        let mut cursor = Self { text, tokens, before, word, frames: vec![Frame::default()] };
        for index in 0..before {
            cursor.follow(index);
        }
        cursor
    }

    fn follow(&mut self, index: usize) {
        let sign = self.words(index);
        if self.frames.len() == 1 && self.begins_query(index) {
            self.end_statement(index, index);
        }
        match sign {
            "(" | "[" | "{" => self.frames.push(Frame { start: index + 1, statement: index + 1, ..Frame::default() }),
            ")" | "]" | "}" if self.frames.len() > 1 => {
                self.frames.pop();
            }
            ";" => self.end_statement(index, index + 1),
            "|" => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.pipes.push(index);
                }
            }
            _ => {}
        }
    }

    fn end_statement(&mut self, end: usize, next: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.statements.push(frame.statement..end);
            frame.statement = next;
            frame.pipes.clear();
        }
    }

    /// Whether a blank line parts this token from a statement before that is complete as it is: files hold several
    /// queries so.
    fn begins_query(&self, index: usize) -> bool {
        let Some(previous) = index.checked_sub(1) else { return false };
        let (last, next) = (self.tokens[previous], self.tokens[index]);
        let between = &self.text[last.span.end as usize..next.span.start as usize];
        let ends = last.kind != Kind::Sign || matches!(self.words(previous), ")" | "]" | "}");
        let lines: Vec<&str> = between.split('\n').collect();
        // The first and the last of them are parts of the lines that the tokens stand on.
        let blank = lines.len() > 2 && lines[1..lines.len() - 1].iter().any(|line| line.trim().is_empty());
        let word = self.words(index);
        blank && ends && next.kind == Kind::Word && !matches!(word, "and" | "or" | "by" | "on" | "in" | "with" | "has")
    }

    /// The words of a token.
    pub(super) fn words(&self, index: usize) -> &'t str {
        self.tokens.get(index).map_or("", |token| token.span.of(self.text))
    }

    /// The token `back` places before the word at the place, from 1.
    pub(super) fn previous(&self, back: usize) -> Option<usize> {
        self.before.checked_sub(back)
    }

    /// The words of that token.
    pub(super) fn previous_words(&self, back: usize) -> &'t str {
        self.previous(back).map_or("", |index| self.words(index))
    }

    /// The words between two tokens, the first included.
    fn slice(&self, from: usize, to: usize) -> &'t str {
        if from >= to {
            return "";
        }
        match (self.tokens.get(from), self.tokens.get(to - 1)) {
            (Some(first), Some(last)) => first.span.to(last.span).of(self.text),
            _ => "",
        }
    }

    /// The name of the operator that begins at a token: `mv-expand` is three of them.
    pub(super) fn operator(&self, index: usize) -> &'t str {
        let Some(first) = self.tokens.get(index).filter(|token| token.kind == Kind::Word) else { return "" };
        let mut end = first.span;
        let mut next = index + 1;
        while let (Some(dash), Some(word)) = (self.tokens.get(next), self.tokens.get(next + 1)) {
            let joined = dash.span.start == end.end && word.span.start == dash.span.end;
            if self.words(next) != "-" || word.kind != Kind::Word || !joined {
                break;
            }
            end = word.span;
            next += 2;
        }
        first.span.to(end).of(self.text)
    }

    /// Where the stage at the place begins: behind the last pipe, or where its expression does.
    pub(super) fn stage_start(&self, frame: &Frame) -> usize {
        frame.pipes.last().map_or_else(|| self.expression_start(frame), |pipe| pipe + 1)
    }

    /// Where the expression of the statement at hand begins: behind `let name =`.
    fn expression_start(&self, frame: &Frame) -> usize {
        let start = frame.statement;
        let is_let = self.words(start) == "let" && self.words(start + 2) == "=";
        if is_let && start + 2 < self.before { start + 3 } else { start }
    }

    /// The operator that the place belongs to: that of the innermost stage, through the parentheses of calls and lists.
    pub(super) fn stage(&self) -> &'t str {
        for (depth, frame) in self.frames.iter().enumerate().rev() {
            let start = self.stage_start(frame);
            let is_first = frame.pipes.is_empty();
            let name = self.operator(start);
            let begins = matches!(name, "union" | "print" | "range" | "find" | "search" | "evaluate" | "datatable");
            if depth == 0 || !is_first || begins && start < self.before {
                return if is_first && !begins { "" } else { name };
            }
            if self.continues(depth) {
                return self.operator(frame.statement);
            }
        }
        ""
    }

    /// Whether a frame's stages work on the records of the stage round it (`fork`, `partition`, `mv-apply`).
    fn continues(&self, depth: usize) -> bool {
        let Some(outer) = depth.checked_sub(1).and_then(|outer| self.frames.get(outer)) else { return false };
        if outer.pipes.is_empty() {
            return false;
        }
        match self.operator(self.stage_start(outer)) {
            "mv-apply" => self.frames[depth].start >= 2 && self.words(self.frames[depth].start - 2) == "on",
            "fork" => true,
            "partition" => self.frames[depth].start >= 2 && self.words(self.frames[depth].start - 2) != "toscalar",
            _ => false,
        }
    }

    /// The names declared before the place, those of inner frames last.
    pub(super) fn declared(&self) -> Vec<Declared> {
        let mut declared = Vec::new();
        for frame in &self.frames {
            declared.extend(self.parameters(frame));
            for statement in &frame.statements {
                declared.extend(self.declaration(statement.clone()));
            }
        }
        declared
    }

    /// What a statement declares.
    fn declaration(&self, statement: std::ops::Range<usize>) -> Option<Declared> {
        let name = statement.start + 1;
        let named = self.words(statement.start) == "let" && self.words(name + 1) == "=";
        let token = self.tokens.get(name).filter(|_| named && name + 1 < statement.end)?;
        let last = self.tokens.get(statement.end.checked_sub(1)?)?;
        let whole = self.tokens[statement.start].span.to(last.span);
        Some(Declared { name: self.words(name).to_owned(), span: token.span, whole, parameter: false })
    }

    /// Every declaration of the text, those behind the place and in functions too.
    pub(super) fn all_declarations(text: &str) -> Vec<Declared> {
        let cursor = Cursor::new(text, text.len());
        let mut found = Vec::new();
        for index in 0..cursor.tokens.len() {
            if cursor.words(index) == "let" && cursor.words(index + 2) == "=" {
                let mut depth = 0;
                let end = (index..cursor.tokens.len()).find(|at| {
                    match cursor.words(*at) {
                        "(" | "[" | "{" => depth += 1,
                        ")" | "]" | "}" => depth -= 1,
                        ";" if depth <= 0 => return true,
                        _ => {}
                    }
                    depth < 0
                });
                found.extend(cursor.declaration(index..end.unwrap_or(cursor.tokens.len())));
            }
        }
        found
    }

    /// The parameters of the function whose body a frame is.
    fn parameters(&self, frame: &Frame) -> Vec<Declared> {
        self.parameter_tokens(frame)
            .into_iter()
            .map(|(name, end)| {
                let whole = self.tokens[name].span.to(self.tokens[end - 1].span);
                Declared { name: self.words(name).to_owned(), span: self.tokens[name].span, whole, parameter: true }
            })
            .collect()
    }

    /// Where each parameter's name stands, and where the parameter ends.
    fn parameter_tokens(&self, frame: &Frame) -> Vec<(usize, usize)> {
        let Some(brace) = frame.start.checked_sub(1).filter(|brace| self.words(*brace) == "{") else {
            return Vec::new();
        };
        let Some(close) = brace.checked_sub(1).filter(|close| self.words(*close) == ")") else { return Vec::new() };
        let mut depth = 0;
        let mut parts = vec![close];
        let mut open = None;
        for index in (0..close).rev() {
            match self.words(index) {
                ")" | "]" | "}" => depth += 1,
                "(" if depth == 0 => {
                    open = Some(index);
                    break;
                }
                "(" | "[" | "{" => depth -= 1,
                "," if depth == 0 => parts.push(index),
                _ => {}
            }
        }
        let Some(open) = open else { return Vec::new() };
        parts.push(open);
        parts.reverse();
        let ranges = parts.windows(2).map(|pair| (pair[0] + 1, pair[1]));
        ranges.filter(|(start, end)| start + 2 < *end && self.words(start + 1) == ":").collect()
    }

    /// A parameter as a declaration of a value of its type.
    fn stand_in(&self, (name, end): (usize, usize)) -> String {
        let word = self.words(name);
        if self.words(name + 2) == "(" {
            let columns = self.slice(name + 3, end - 1);
            return if columns.contains(':') && !columns.contains('*') {
                format!("let {word} = datatable({columns})[];")
            } else {
                String::new()
            };
        }
        let ty = self.words(name + 2);
        let value = if ty == "string" { "tostring(long(null))".to_owned() } else { format!("{ty}(null)") };
        format!("let {word} = {value};")
    }

    fn prefix(&self) -> Prefix {
        let mut prefix = Prefix::default();
        for (depth, frame) in self.frames.iter().enumerate() {
            for parameter in self.parameter_tokens(frame) {
                prefix.lets.push(self.stand_in(parameter));
            }
            for statement in &frame.statements {
                if matches!(self.words(statement.start), "let" | "declare" | "set" | "alias") {
                    prefix.lets.push(format!("{};", self.slice(statement.start, statement.end)));
                }
            }
            let continued = depth > 0 && self.continues(depth);
            if depth > 0 && !continued && self.starts_afresh(depth) {
                (prefix.source, prefix.stages) = (None, Vec::new());
            }
            if continued {
                let outer = &self.frames[depth - 1];
                let start = self.stage_start(outer);
                if self.operator(start) == "mv-apply" {
                    let items = self.slice(start + 3, frame.start - 2);
                    prefix.stages.push(format!("mv-expand {items}"));
                }
            }
            let Some(&first) = frame.pipes.first() else { continue };
            let mut parts = vec![self.slice(self.expression_start(frame), first)];
            parts.extend(frame.pipes.windows(2).map(|pair| self.slice(pair[0] + 1, pair[1])));
            if continued {
                prefix.stages.extend(parts.into_iter().filter(|part| !part.is_empty()).map(str::to_owned));
            } else {
                prefix.source = Some(parts.remove(0).to_owned());
                prefix.stages = parts.into_iter().map(str::to_owned).collect();
            }
        }
        prefix
    }

    /// Whether a bracket begins something that sees no records round it: a table of a join, the body of a function.
    fn starts_afresh(&self, depth: usize) -> bool {
        let frame = &self.frames[depth];
        let open = frame.start - 1;
        if self.words(open) == "{" {
            return true;
        }
        let before = open.checked_sub(1).map_or("", |index| self.words(index));
        let outer = self.operator(self.stage_start(&self.frames[depth - 1]));
        match outer {
            "join" | "lookup" => !self.is_behind_on(depth - 1, open) && !matches!(before, "on" | "where"),
            "union" => self.tokens[open].span.start > 0 && before != "withsource",
            _ => matches!(before, "toscalar" | "materialize" | "view"),
        }
    }

    /// Whether a place of a join is behind its `on`.
    fn is_behind_on(&self, depth: usize, before: usize) -> bool {
        let start = self.stage_start(&self.frames[depth]);
        let mut nested = 0;
        (start..before).any(|index| {
            match self.words(index) {
                "(" | "[" | "{" => nested += 1,
                ")" | "]" | "}" => nested -= 1,
                _ => {}
            }
            nested == 0 && matches!(self.words(index), "on")
        })
    }

    /// The records that the stage at the place works on; `None` where there are none, or nothing can be told of them.
    pub(super) fn row(&self, schemas: &Schemas) -> Option<Query> {
        let prefix = self.prefix();
        meaning(&prefix, schemas)
    }

    /// The records that the stage at the place gives, its own columns among them.
    pub(super) fn row_after(&self, schemas: &Schemas) -> Option<Query> {
        let mut prefix = self.prefix();
        let depth = self.frames.iter().rposition(|frame| !frame.pipes.is_empty())?;
        let start = self.stage_start(&self.frames[depth]);
        let mut nested = 0;
        let end = (start..self.tokens.len()).find(|index| {
            match self.words(*index) {
                "(" | "[" | "{" => nested += 1,
                ")" | "]" | "}" => nested -= 1,
                "|" | ";" if nested == 0 => return true,
                _ => {}
            }
            nested < 0
        });
        prefix.stages.push(self.slice(start, end.unwrap_or(self.tokens.len())).to_owned());
        meaning(&prefix, schemas)
    }

    /// The records of the right side of the join at the place.
    pub(super) fn right_row(&self, schemas: &Schemas) -> Option<Query> {
        let depth = self.frames.iter().rposition(|frame| !frame.pipes.is_empty())?;
        let start = self.stage_start(&self.frames[depth]);
        if !matches!(self.operator(start), "join" | "lookup") {
            return None;
        }
        let mut prefix = self.prefix();
        // Behind the options: `kind=inner`, `hint.strategy=shuffle`.
        let mut from = start + 1;
        while self.words(from + 1) == "=" || self.words(from + 1) == "." {
            from += if self.words(from + 1) == "=" { 3 } else { 2 };
        }
        let mut nested = 0;
        let on = (from..self.before).find(|index| {
            match self.words(*index) {
                "(" | "[" | "{" => nested += 1,
                ")" | "]" | "}" => nested -= 1,
                _ => {}
            }
            nested == 0 && self.words(*index) == "on"
        })?;
        prefix.source = Some(self.slice(from, on).to_owned());
        prefix.stages.clear();
        meaning(&prefix, schemas)
    }

    /// What a query of the declarations at the place and one expression means: that of a name, for one.
    pub(super) fn expression(&self, expression: &str, schemas: &Schemas) -> Option<Query> {
        let lets = self.prefix().lets;
        meaning(&Prefix { lets, source: Some(expression.to_owned()), stages: Vec::new() }, schemas)
    }

    /// Whether the place lies in a comment.
    pub(super) fn in_comment(text: &str, at: usize) -> bool {
        let comments = syntax::scan::scan(text).comments;
        comments.iter().any(|span| (span.start as usize) < at && at <= span.end as usize)
    }

    /// Whether the place lies within a string.
    pub(super) fn in_string(&self, at: usize) -> bool {
        self.tokens.iter().any(|token| {
            let words = token.span.of(self.text);
            let closed = words.len() > 1 && words.ends_with(['"', '\'', '`', '~']);
            let (start, end) = (token.span.start as usize, token.span.end as usize);
            token.kind == Kind::Text && start < at && (at < end || at == end && !closed)
        })
    }
}

/// What the readable parts of a prefix mean.
fn meaning(prefix: &Prefix, schemas: &Schemas) -> Option<Query> {
    let source = prefix.source.as_deref().filter(|source| !source.is_empty())?;
    let query = |lets: &[&str], stages: &[&str]| {
        let mut text = lets.join("\n") + "\n" + source;
        for stage in stages {
            text.push_str("\n| ");
            text.push_str(stage);
        }
        let parsed = syntax::parse(&text);
        parsed.is_ok().then_some(parsed.query).flatten()
    };
    let lets: Vec<&str> = prefix.lets.iter().map(String::as_str).collect();
    let stages: Vec<&str> = prefix.stages.iter().map(String::as_str).filter(|stage| !stage.is_empty()).collect();
    let tree = query(&lets, &stages).or_else(|| {
        let reads = |text: String| syntax::parse(&text).is_ok();
        let lets: Vec<&str> = lets.into_iter().filter(|text| reads(format!("{text}\nprint 1"))).collect();
        let stages: Vec<&str> = stages.into_iter().filter(|text| reads(format!("T\n| {text}"))).collect();
        query(&lets, &stages)
    })?;
    bind::bind(&tree, schemas).query
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::Dialect;

    fn at<R>(marked: &str, f: impl FnOnce(&Cursor<'_>, &Schemas) -> R) -> R {
        let at = marked.find('§').unwrap();
        let text = marked.replace('§', "");
        f(&Cursor::new(&text, at), &Schemas::builtin(Dialect::Sentinel))
    }

    /// The names of the columns at `§`.
    fn columns(marked: &str) -> Vec<String> {
        at(marked, |cursor, schemas| {
            let row = cursor.row(schemas);
            row.map(|query| query.plan.schema().iter().map(|column| column.name.to_string()).collect())
                .unwrap_or_default()
        })
    }

    #[test]
    fn columns_are_those_of_the_stages_before() {
        assert_eq!(columns("print a = 1, b = 'x' | project b | where §"), ["b"]);
        assert_eq!(columns("print a = 1 | extend b = 2 | where § | project c, ((("), ["a", "b"]);
        assert_eq!(columns("let T = print a = 1; T | summarize n = count() by a | where n > tolong(§"), ["a", "n"]);
        assert_eq!(columns("print a = 1 |§"), ["a"]);
        assert!(columns("pri§").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        assert_eq!(columns("let x = ; let T = print a = 1; T | where == | extend b = 2 | where §"), ["a", "b"]);
        assert_eq!(columns("print a = 1 | | extend c = a | where §"), ["a", "c"]);
    }

    #[test]
    fn tables_within_tables_have_columns_of_their_own() {
        assert_eq!(columns("print a = 1 | join (print b = 2 | where §"), ["b"]);
        assert_eq!(columns("print a = 1 | join (print b = 2) on §"), ["a"]);
        assert_eq!(columns("print a = 1 | join kind=inner (§"), Vec::<String>::new());
        assert_eq!(columns("print a = 1 | where a in ((print b = 2 | project §"), ["b"]);
        assert_eq!(columns("let f = (T:(x:long, y:string)) { T | where §"), ["x", "y"]);
        assert_eq!(columns("let f = () { print q = 1 | where § }; print a = 1"), ["q"]);
        assert_eq!(columns("print a = dynamic([1]) | mv-apply e = a to typeof(long) on (where §"), ["a", "e"]);
        assert_eq!(columns("print a = 1 | partition by a (extend b = 1 | where §"), ["a", "b"]);
    }

    #[test]
    fn the_right_side_of_a_join_is_found() {
        let right = |marked: &str| {
            at(marked, |cursor, schemas| {
                let row = cursor.right_row(schemas)?;
                Some(row.plan.schema().iter().map(|column| column.name.to_string()).collect::<Vec<_>>())
            })
        };
        assert_eq!(right("print a = 1 | join kind=inner (print b = 2) on $left.a == $right.§"), Some(vec!["b".into()]));
        assert_eq!(right("print a = 1 | where §"), None);
    }

    #[test]
    fn queries_parted_by_blank_lines_do_not_mix() {
        assert_eq!(columns("print a = 1\n\nprint b = 2\n| where §"), ["b"]);
        assert_eq!(columns("print a = 1\n\n| extend b = 2\n\n| where §"), ["a", "b"]);
    }

    #[test]
    fn names_are_declared_before_they_are_seen() {
        let names = |marked: &str| {
            at(marked, |cursor, _| cursor.declared().into_iter().map(|declared| declared.name).collect::<Vec<_>>())
        };
        assert_eq!(names("let a = 1; let f = (x: long, T: (y: string)) { let b = 2; §"), ["a", "x", "T", "b"]);
        assert_eq!(names("let a = §1; let b = 2;"), Vec::<String>::new());
    }

    #[test]
    fn stages_are_named_through_brackets() {
        let stage = |marked: &str| at(marked, |cursor, _| cursor.stage().to_owned());
        assert_eq!(stage("T | summarize n = dcount(§"), "summarize");
        assert_eq!(stage("T | mv-expand §"), "mv-expand");
        assert_eq!(stage("T | join (U | where §"), "where");
        assert_eq!(stage("T | join kind=inner (§"), "join");
        assert_eq!(stage("union §"), "union");
        assert_eq!(stage("T§"), "");
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "(let |f = |\\(|\\)|\\{|\\}|x: long|[|;,.]|where |mv-apply |on |join |\"|'|//|\n|\u{1F600}|T ){0,24}", at in 0usize..200) {
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let schemas = Schemas::builtin(Dialect::Sentinel);
            let cursor = Cursor::new(&text, at);
            cursor.row(&schemas);
            cursor.row_after(&schemas);
            cursor.right_row(&schemas);
            cursor.declared();
            cursor.stage();
            Cursor::all_declarations(&text);
        }
    }
}
