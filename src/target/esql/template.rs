//! Reads the templates of `functions.yaml` into the tree, with holes as nodes.
//!
//! A template is an expression of ES|QL, with `$1` for an argument, `$1:kind` where it is needed as something else than
//! its own type, and `$*` for all arguments of a call.

use super::tree::{Compare, Expr, HoleKind, Operator};

/// The kinds of holes, by the word behind the colon.
const KINDS: &[(&str, HoleKind)] =
    &[("text", HoleKind::Text), ("number", HoleKind::Number), ("time", HoleKind::Time), ("millis", HoleKind::Millis)];

/// The units of time spans in templates.
const UNITS: &[&str] = &["day", "hour", "minute", "second", "millisecond", "week", "month", "year"];

/// The expression a template stands for.
///
/// # Errors
/// What is wrong, as a sentence.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    let mut parser = Parser { rest: text, text };
    let expr = parser.or()?;
    parser.blank();
    if parser.rest.is_empty() { Ok(expr) } else { Err(parser.unexpected("the end")) }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Parser<'_> {
    fn unexpected(&self, wanted: &str) -> String {
        let at = self.text.len() - self.rest.len();
        format!("in the template `{}`: {wanted} is due at position {}", self.text, at + 1)
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blank();
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn word(&mut self, word: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn or(&mut self) -> Result<Expr, String> {
        let mut terms = vec![self.and()?];
        while self.word("OR") {
            terms.push(self.and()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expr::Or(terms) })
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut terms = vec![self.not()?];
        while self.word("AND") {
            terms.push(self.not()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Expr::And(terms) })
    }

    fn not(&mut self) -> Result<Expr, String> {
        if self.word("NOT") { Ok(Expr::Not(Box::new(self.not()?))) } else { self.comparison() }
    }

    fn comparison(&mut self) -> Result<Expr, String> {
        let left = self.sum()?;
        for (sign, op) in Compare::ALL {
            if self.eat(sign) {
                let right = self.sum()?;
                return Ok(Expr::compare(op, left, right));
            }
        }
        if self.word("IS") {
            let not = self.word("NOT");
            return if self.word("NULL") {
                Ok(Expr::IsNull(Box::new(left), !not))
            } else {
                Err(self.unexpected("`NULL`"))
            };
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expr, String> {
        let mut left = self.product()?;
        while let Some(op) = Operator::ALL.into_iter().filter(|op| !op.is_product()).find(|op| self.eat(op.sign())) {
            left = Expr::binary(op, left, self.product()?);
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expr, String> {
        let mut left = self.unary()?;
        while let Some(op) = Operator::ALL.into_iter().filter(|op| op.is_product()).find(|op| self.eat(op.sign())) {
            left = Expr::binary(op, left, self.unary()?);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, String> {
        if self.eat("-") { Ok(Expr::Negate(Box::new(self.unary()?))) } else { self.atom() }
    }

    fn atom(&mut self) -> Result<Expr, String> {
        self.blank();
        let first = self.rest.chars().next().ok_or_else(|| self.unexpected("a value"))?;
        match first {
            '(' => {
                self.rest = &self.rest[1..];
                let inner = self.or()?;
                if self.eat(")") { Ok(inner) } else { Err(self.unexpected("`)`")) }
            }
            '"' => self.quoted(),
            '$' => self.hole(),
            '*' => {
                self.rest = &self.rest[1..];
                Ok(Expr::All)
            }
            c if c.is_ascii_digit() => {
                let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
                let digits = self.rest[..end].to_owned();
                self.rest = &self.rest[end..];
                for unit in UNITS {
                    if self.word(unit) || self.word(&format!("{unit}s")) {
                        let count = digits.parse().map_err(|_| self.unexpected("a whole number"))?;
                        return Ok(Expr::Span(count, unit));
                    }
                }
                Ok(Expr::Number(digits))
            }
            c if c.is_ascii_alphabetic() || c == '_' => self.named(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn named(&mut self) -> Result<Expr, String> {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        self.rest = &self.rest[end..];
        if !self.eat("(") {
            return Ok(match name.as_str() {
                "null" => Expr::Null,
                "true" => Expr::Bool(true),
                "false" => Expr::Bool(false),
                _ => return Err(self.unexpected("`(`")),
            });
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
        Ok(Expr::Call(name, arguments))
    }

    fn quoted(&mut self) -> Result<Expr, String> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(Expr::Text(out));
                }
                '\\' => out.extend(chars.next().map(|(_, c)| c)),
                c => out.push(c),
            }
        }
        Err(self.unexpected("a closing quote"))
    }

    fn hole(&mut self) -> Result<Expr, String> {
        self.rest = &self.rest[1..];
        let all = self.rest.strip_prefix('*');
        let position = if let Some(rest) = all {
            self.rest = rest;
            0
        } else {
            let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
            let position: usize = self.rest[..end].parse().map_err(|_| self.unexpected("the number of an argument"))?;
            self.rest = &self.rest[end..];
            position
        };
        let mut kind = HoleKind::Plain;
        if let Some(rest) = self.rest.strip_prefix(':') {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let found = KINDS.iter().find(|(word, _)| *word == &rest[..end]);
            kind = found.map(|(_, kind)| *kind).ok_or_else(|| self.unexpected("text, number, time or millis"))?;
            self.rest = &rest[end..];
        }
        Ok(if all.is_some() { Expr::Rest(kind) } else { Expr::Hole(position, kind) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Command, Head, Query};
    use super::*;

    #[test]
    fn templates_read_and_print_alike() {
        for template in [
            "TO_UPPER($1)",
            "$1 IS NULL OR $1 == \"\"",
            "CASE($1 > 0, 1, -1)",
            "DATE_TRUNC(1 day, $1)",
            "STD_DEV($1) * SQRT(COUNT($1) / (COUNT($1) - 1.0))",
            "NOT MV_CONTAINS($1, $2)",
            "COUNT(*)",
        ] {
            let head = Head::From { indices: vec!["x".into()], metadata: vec![] };
            let commands = vec![Command::Where(parse(template).unwrap())];
            let printed = Query { head, commands }.print();
            assert_eq!(printed.lines().nth(1).unwrap(), format!("| WHERE {template}"));
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (template, wanted) in [
            ("F(", "a value"),
            ("F($1", "`,` or `)`"),
            ("$x", "number of an argument"),
            ("\"a", "quote"),
            ("$1:x", "text"),
            ("F() G()", "the end"),
            ("a", "`(`"),
        ] {
            let error = parse(template).unwrap_err();
            assert!(error.contains(wanted), "{template}: {error}");
        }
    }
}
