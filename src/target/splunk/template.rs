//! Reads the templates of `functions.yaml` into the tree, with holes as nodes.
//!
//! A template is an expression of `eval`, with `$1` for an argument, `$1:kind` where it is needed as something else than
//! its own type, `$*` for all arguments of a call, and `/…/` for a regular expression.

use super::tree::{Compare, Eval, HoleKind, Operator};

/// The expression a template stands for.
///
/// # Errors
/// What is wrong, as a sentence.
pub(super) fn parse(text: &str) -> Result<Eval, String> {
    let mut parser = Parser { rest: text, text };
    let expr = parser.or()?;
    parser.blank();
    if parser.rest.is_empty() { Ok(expr) } else { Err(parser.unexpected("the end")) }
}

/// The kinds of holes, by the word behind the colon.
const KINDS: &[(&str, HoleKind)] = &[
    ("text", HoleKind::Text),
    ("number", HoleKind::Number),
    ("json", HoleKind::Json),
    ("multi", HoleKind::Multi),
    ("field", HoleKind::Field),
    ("regex", HoleKind::Regex),
];

const COMPARISONS: &[(&str, Compare)] = &[
    ("!=", Compare::NotEqual),
    ("<=", Compare::LessOrEqual),
    (">=", Compare::GreaterOrEqual),
    ("=", Compare::Equal),
    ("<", Compare::Less),
    (">", Compare::Greater),
];

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn unexpected(&self, wanted: &str) -> String {
        let at = self.text.len() - self.rest.len();
        format!("in the template `{}`: {wanted} is due at position {}", self.text, at + 1)
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self, word: &str) -> bool {
        self.blank();
        let follows = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(follows) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn or(&mut self) -> Result<Eval, String> {
        let mut terms = vec![self.and()?];
        while self.word("OR") {
            terms.push(self.and()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Eval::Or(terms) })
    }

    fn and(&mut self) -> Result<Eval, String> {
        let mut terms = vec![self.not()?];
        while self.word("AND") {
            terms.push(self.not()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Eval::And(terms) })
    }

    fn not(&mut self) -> Result<Eval, String> {
        if self.word("NOT") { Ok(Eval::Not(Box::new(self.not()?))) } else { self.comparison() }
    }

    fn comparison(&mut self) -> Result<Eval, String> {
        let left = self.chain(1)?;
        for (sign, op) in COMPARISONS {
            if self.eat(sign) {
                let right = self.chain(1)?;
                return Ok(Eval::compare(*op, left, right));
            }
        }
        Ok(left)
    }

    fn chain(&mut self, binding: u8) -> Result<Eval, String> {
        let operand = |p: &mut Self| if binding == 1 { p.chain(2) } else { p.unary() };
        let mut left = operand(self)?;
        loop {
            let signs = [
                Operator::Concat,
                Operator::Add,
                Operator::Subtract,
                Operator::Multiply,
                Operator::Divide,
                Operator::Modulo,
            ];
            let Some(op) = signs.into_iter().find(|op| op.binding() == binding && self.eat(op.sign())) else {
                return Ok(left);
            };
            let right = operand(self)?;
            left = Eval::operation(left, op, right);
        }
    }

    fn unary(&mut self) -> Result<Eval, String> {
        if self.eat("-") { Ok(Eval::Negate(Box::new(self.unary()?))) } else { self.atom() }
    }

    fn atom(&mut self) -> Result<Eval, String> {
        self.blank();
        let first = self.rest.chars().next().ok_or_else(|| self.unexpected("a value"))?;
        match first {
            '(' => {
                self.rest = &self.rest[1..];
                let inner = self.or()?;
                if self.eat(")") { Ok(inner) } else { Err(self.unexpected("`)`")) }
            }
            '"' => Ok(Eval::Text(self.quoted('"')?)),
            '\'' => Ok(Eval::Field(self.quoted('\'')?)),
            '/' => {
                // A slash that is meant is written `\/`.
                let ends = self.rest[1..].match_indices('/').map(|(at, _)| at + 1);
                let mut ends = ends.filter(|at| !self.rest[..*at].ends_with('\\'));
                let end = ends.next().ok_or_else(|| self.unexpected("a closing `/`"))?;
                let pattern = self.rest[1..end].replace("\\/", "/");
                self.rest = &self.rest[end + 1..];
                Ok(Eval::Regex(pattern))
            }
            '$' => self.hole(),
            c if c.is_ascii_digit() => {
                let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
                let digits = self.rest[..end].to_owned();
                self.rest = &self.rest[end..];
                Ok(Eval::Number(digits))
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
                let name = &self.rest[..end];
                self.rest = &self.rest[end..];
                if !self.eat("(") {
                    return Ok(Eval::field(name));
                }
                let mut arguments = Vec::new();
                if !self.eat(")") {
                    loop {
                        arguments.push(self.or()?);
                        if self.eat(")") {
                            break;
                        }
                        if !self.eat(",") {
                            return Err(self.unexpected("`,` or `)`"));
                        }
                    }
                }
                Ok(Eval::call(name, arguments))
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[at + 1..];
                return Ok(out);
            }
            match c {
                '\\' => out.extend(chars.next().map(|(_, c)| c)),
                c => out.push(c),
            }
        }
        Err(self.unexpected("a closing quote"))
    }

    fn hole(&mut self) -> Result<Eval, String> {
        self.rest = &self.rest[1..];
        let rest = self.rest.strip_prefix('*');
        let position = if let Some(rest) = rest {
            self.rest = rest;
            0
        } else {
            let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
            let position = self.rest[..end].parse().map_err(|_| self.unexpected("the number of an argument"))?;
            self.rest = &self.rest[end..];
            position
        };
        let mut kind = HoleKind::Plain;
        if let Some(rest) = self.rest.strip_prefix(':') {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            kind = KINDS
                .iter()
                .find(|(word, _)| *word == &rest[..end])
                .map(|(_, kind)| *kind)
                .ok_or_else(|| self.unexpected("text, number, json, multi, field or regex"))?;
            self.rest = &rest[end..];
        }
        Ok(if position == 0 { Eval::Rest(kind) } else { Eval::Hole(position, kind) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Command, Filter, Head, Search};
    use super::*;

    fn printed(template: &str) -> String {
        let head = Head::Events { filter: Filter::Raw("x".into()), earliest: None, latest: None };
        let commands = vec![Command::Where(parse(template).unwrap())];
        Search { head, commands }.print().lines().nth(1).unwrap().trim_start_matches("| where ").to_owned()
    }

    #[test]
    fn templates_read_and_print_alike() {
        for template in [
            "upper($1)",
            "isnull($1) OR $1=\"\"",
            "if(isnull($1), -1, len($1)+1)",
            "(a=1 OR b=2) AND NOT isnull(c)",
            "floor($1/86400)*86400",
            "a . \"x\" . b",
            "replace($1, \"^\\s+\", \"\")",
        ] {
            let regex = template.replace("\"^\\s+\"", "/^\\s+/");
            assert_eq!(printed(&regex), template);
        }
    }

    #[test]
    fn precedence_comes_from_the_language_not_from_the_text() {
        assert_eq!(printed("a=1 AND b=2 OR c=3"), "(a=1 AND b=2) OR c=3");
        assert_eq!(printed("(a*b)+c"), "a*b+c");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (template, wanted) in [
            ("f(", "a value"),
            ("f($1", "`,` or `)`"),
            ("$x", "number of an argument"),
            ("\"a", "quote"),
            ("$1:x", "json"),
            ("a b", "the end"),
        ] {
            let error = parse(template).unwrap_err();
            assert!(error.contains(wanted), "{template}: {error}");
        }
    }
}
