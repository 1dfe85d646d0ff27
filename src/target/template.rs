//! Templates of `functions.yaml`, read into a target's tree with holes where arguments go.
//!
//! A template is an expression of the target's language, with `$1` for an argument, `$1:kind` where it is needed as
//! something else than its own type, and `$*` for all arguments of a call. What languages have in common is read here; what
//! an expression is made of, and what a language has besides, its tree says as a [`Template`].

/// What templates are built of.
pub(super) trait Template: Sized {
    /// As what an argument is needed.
    type Hole: Copy + Default + 'static;
    /// The words for that, behind the colon.
    const HOLES: &'static [(&'static str, Self::Hole)];
    /// The signs of comparisons; longer ones first.
    const COMPARISONS: &'static [&'static str];
    /// The signs of operators, the looser ones first.
    const OPERATORS: [&'static [&'static str]; 2];

    /// The argument at a position, from 1.
    fn hole(position: usize, kind: Self::Hole) -> Self;
    /// All arguments.
    fn rest(kind: Self::Hole) -> Self;
    /// A string.
    fn text(text: String) -> Self;
    /// A call.
    fn call(name: String, arguments: Vec<Self>) -> Self;
    /// A comparison by its sign.
    fn compare(sign: &str, left: Self, right: Self) -> Option<Self>;
    /// An operation by its sign.
    fn operate(sign: &str, left: Self, right: Self) -> Option<Self>;
    /// The number with the sign turned.
    fn negate(inner: Self) -> Self;
    /// Does not hold.
    fn not(inner: Self) -> Self;
    /// All hold.
    fn and(terms: Vec<Self>) -> Self;
    /// One holds.
    fn or(terms: Vec<Self>) -> Self;
    /// A number, and whatever the language puts behind it.
    ///
    /// # Errors
    /// What is wrong behind it.
    fn number(digits: String, reader: &mut Reader<'_>) -> Result<Self, String>;
    /// A name without arguments, if the language has such a thing.
    fn name(name: &str) -> Option<Self>;
    /// A value that only this language has, by its first character.
    ///
    /// # Errors
    /// What is wrong with it.
    fn special(first: char, reader: &mut Reader<'_>) -> Result<Option<Self>, String>;
    /// What this language has behind an operand of a comparison instead of a sign.
    ///
    /// # Errors
    /// What is wrong with it.
    fn behind(left: Self, _reader: &mut Reader<'_>) -> Result<Self, String> {
        Ok(left)
    }
}

/// The expression a template stands for.
///
/// # Errors
/// What is wrong, as a sentence.
pub(super) fn parse<T: Template>(text: &str) -> Result<T, String> {
    let mut reader = Reader { rest: text, text };
    let expr = reader.or()?;
    reader.blank();
    if reader.rest.is_empty() { Ok(expr) } else { Err(reader.unexpected("the end")) }
}

/// What is left of a template.
pub(super) struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Reader<'_> {
    pub(super) fn unexpected(&self, wanted: &str) -> String {
        let at = self.text.len() - self.rest.len();
        format!("in the template `{}`: {wanted} is due at position {}", self.text, at + 1)
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        self.blank();
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// The characters from here that fulfil a condition.
    fn run(&mut self, of: impl Fn(char) -> bool) -> &str {
        let end = self.rest.find(|c: char| !of(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    /// What stands between two quotes of a kind, a backslash taking the meaning of what follows.
    pub(super) fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut out = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[at + c.len_utf8()..];
                return Ok(out);
            }
            match c {
                '\\' => out.extend(chars.next().map(|(_, c)| c)),
                c => out.push(c),
            }
        }
        Err(self.unexpected("a closing quote"))
    }

    /// What stands between two delimiters as it is, but for the delimiter behind a backslash.
    pub(super) fn between(&mut self, delimiter: char) -> Result<String, String> {
        let mut ends = self.rest.char_indices().skip(1).filter(|(_, c)| *c == delimiter);
        let end = ends.find(|(at, _)| !self.rest[..*at].ends_with('\\'));
        let Some((end, _)) = end else { return Err(self.unexpected("the closing end")) };
        let inner = self.rest[delimiter.len_utf8()..end].replace(&format!("\\{delimiter}"), &delimiter.to_string());
        self.rest = &self.rest[end + delimiter.len_utf8()..];
        Ok(inner)
    }

    fn or<T: Template>(&mut self) -> Result<T, String> {
        let mut terms = vec![self.and()?];
        while self.word("OR") {
            terms.push(self.and()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { T::or(terms) })
    }

    fn and<T: Template>(&mut self) -> Result<T, String> {
        let mut terms = vec![self.not()?];
        while self.word("AND") {
            terms.push(self.not()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { T::and(terms) })
    }

    fn not<T: Template>(&mut self) -> Result<T, String> {
        if self.word("NOT") { Ok(T::not(self.not()?)) } else { self.comparison() }
    }

    fn comparison<T: Template>(&mut self) -> Result<T, String> {
        let left: T = self.chain(0)?;
        for sign in T::COMPARISONS {
            if self.eat(sign) {
                let right = self.chain(0)?;
                return T::compare(sign, left, right).ok_or_else(|| self.unexpected("a comparison"));
            }
        }
        T::behind(left, self)
    }

    fn chain<T: Template>(&mut self, level: usize) -> Result<T, String> {
        let Some(signs) = T::OPERATORS.get(level) else { return self.unary() };
        let mut left: T = self.chain(level + 1)?;
        while let Some(sign) = signs.iter().find(|sign| self.eat(sign)) {
            let right = self.chain(level + 1)?;
            left = T::operate(sign, left, right).ok_or_else(|| self.unexpected("an operator"))?;
        }
        Ok(left)
    }

    fn unary<T: Template>(&mut self) -> Result<T, String> {
        if self.eat("-") { Ok(T::negate(self.unary()?)) } else { self.atom() }
    }

    fn atom<T: Template>(&mut self) -> Result<T, String> {
        self.blank();
        let first = self.rest.chars().next().ok_or_else(|| self.unexpected("a value"))?;
        if let Some(special) = T::special(first, self)? {
            return Ok(special);
        }
        match first {
            '(' => {
                self.eat("(");
                let inner = self.or()?;
                if self.eat(")") { Ok(inner) } else { Err(self.unexpected("`)`")) }
            }
            '"' => Ok(T::text(self.quoted('"')?)),
            '$' => self.hole(),
            c if c.is_ascii_digit() => {
                let digits = self.run(|c| c.is_ascii_digit() || c == '.').to_owned();
                T::number(digits, self)
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.run(|c| c.is_ascii_alphanumeric() || c == '_').to_owned();
                if self.eat("(") {
                    return Ok(T::call(name, self.arguments()?));
                }
                T::name(&name).ok_or_else(|| self.unexpected("`(`"))
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    /// The arguments of a call whose parenthesis is open.
    fn arguments<T: Template>(&mut self) -> Result<Vec<T>, String> {
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.or()?);
            if self.eat(")") {
                return Ok(arguments);
            }
            if !self.eat(",") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
    }

    fn hole<T: Template>(&mut self) -> Result<T, String> {
        self.eat("$");
        let all = self.rest.starts_with('*');
        let position = if all {
            self.eat("*");
            0
        } else {
            let digits = self.run(|c| c.is_ascii_digit()).to_owned();
            digits.parse().map_err(|_| self.unexpected("the number of an argument"))?
        };
        let mut kind = T::Hole::default();
        if let Some(rest) = self.rest.strip_prefix(':') {
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let found = T::HOLES.iter().find(|(word, _)| *word == &rest[..end]);
            kind = found.map(|(_, kind)| *kind).ok_or_else(|| {
                let words: Vec<&str> = T::HOLES.iter().map(|(word, _)| *word).collect();
                self.unexpected(&format!("one of {}", words.join(", ")))
            })?;
            self.rest = &rest[end..];
        }
        Ok(if all { T::rest(kind) } else { T::hole(position, kind) })
    }
}
