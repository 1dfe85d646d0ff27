//! The keys and values of `parse-kv`.

use std::borrow::Cow;

use memchr::memmem;
use regex::Regex;

use super::super::cast;
use crate::eval::Cell;
use crate::ir::{Name, OptionValue, ParseKv};
use crate::types::Type;

/// Takes the values of given keys out of texts. The first occurrence of a key counts; white space around keys and
/// values does not.
#[derive(Debug)]
pub struct KeyValues {
    keys: Vec<(Name, Type)>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// Pairs lie between one delimiter, key and value on either side of another.
    Delimited { pair: String, key: String, quotes: Quotes, greedy: bool },
    /// Anything but letters and digits is a delimiter.
    Words(Quotes),
    /// The two groups of an expression are key and value.
    Regex(Box<Regex>),
}

/// The characters that open and close a quoted key or value, and those before which another stands for itself within.
#[derive(Debug, Default)]
struct Quotes {
    pairs: Vec<(char, char)>,
    escapes: Vec<char>,
}

impl KeyValues {
    /// Reads the options; the types are those of the keys.
    ///
    /// # Errors
    /// Options that do not go together, that are unknown or have values they cannot have.
    pub fn new(parse: &ParseKv, types: &[Type]) -> Result<Self, String> {
        let keys = parse.keys.iter().zip(types).map(|((name, _), ty)| (name.clone(), *ty)).collect();
        let (mut pair, mut key, mut regex, mut greedy) = (None, None, None, false);
        let mut quotes = Quotes::default();
        for (name, value) in &parse.options {
            let text = text_of(value);
            match name.as_ref() {
                "pair_delimiter" => pair = Some(delimiter(name, text)?),
                "kv_delimiter" => key = Some(delimiter(name, text)?),
                "quote" => quotes.pairs.push(quote(&text)?),
                "escape" => quotes.escapes.push(only_char(&text).ok_or("`escape` is one character")?),
                "greedy" => greedy = text.eq_ignore_ascii_case("true"),
                "regex" => regex = Some(expression(&text)?),
                other => return Err(format!("`{other}` is not known")),
            }
        }
        let form = match (pair, key, regex) {
            (None, None, Some(regex)) if quotes.pairs.is_empty() && !greedy => Form::Regex(Box::new(regex)),
            (Some(pair), Some(key), None) => Form::Delimited { pair, key, quotes, greedy },
            (None, None, None) if !greedy => Form::Words(quotes),
            (None, None, None) => return Err("`greedy` needs delimiters".to_owned()),
            (_, _, Some(_)) => return Err("`regex` goes with no other option".to_owned()),
            _ => return Err("`pair_delimiter` and `kv_delimiter` go together".to_owned()),
        };
        Ok(Self { keys, form })
    }

    /// The values of the keys, in the order of the keys; null, or `""`, where one is not there or its value does not
    /// fit its type.
    pub fn extract<'a>(&self, text: &'a str) -> Vec<Cell<'a>> {
        let mut found: Vec<Option<Cow<'a, str>>> = vec![None; self.keys.len()];
        let mut take = |key: &str, value: Cow<'a, str>| {
            let slot = self.keys.iter().position(|(name, _)| name.as_ref() == key).and_then(|at| found.get_mut(at));
            if let Some(slot @ None) = slot {
                *slot = Some(value);
            }
        };
        match &self.form {
            Form::Delimited { pair, key, quotes, greedy } => {
                let reader = Delimited { pair, key, quotes, greedy: *greedy };
                reader.read(text, &mut take);
            }
            Form::Words(quotes) => {
                words(text, quotes, |word| self.keys.iter().any(|(key, _)| key.as_ref() == word), take);
            }
            Form::Regex(regex) => {
                for captures in regex.captures_iter(text) {
                    if let (Some(key), Some(value)) = (captures.get(1), captures.get(2)) {
                        take(key.as_str().trim(), Cow::Borrowed(value.as_str().trim()));
                    }
                }
            }
        }
        self.keys
            .iter()
            .zip(found)
            .map(|((_, ty), value)| match value {
                None if *ty == Type::String => Cell::string(""),
                None => Cell::Null,
                Some(Cow::Borrowed(text)) => cast::parse(text, *ty),
                Some(Cow::Owned(text)) => cast::parse(&text, *ty).into_owned(),
            })
            .collect()
    }
}

fn text_of(value: &OptionValue) -> String {
    match value {
        OptionValue::Value(value) => Cell::from(value).to_text().into_owned(),
        OptionValue::Word(word) => word.to_string(),
    }
}

fn delimiter(name: &str, text: String) -> Result<String, String> {
    if text.is_empty() { Err(format!("`{name}` is empty")) } else { Ok(text) }
}

fn only_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn quote(text: &str) -> Result<(char, char), String> {
    let chars: Vec<char> = text.chars().collect();
    match chars.as_slice() {
        [both] => Ok((*both, *both)),
        [open, close] => Ok((*open, *close)),
        _ => Err("`quote` is one character or two".to_owned()),
    }
}

fn expression(text: &str) -> Result<Regex, String> {
    let regex = Regex::new(text).map_err(|error| error.to_string())?;
    if regex.captures_len() == 3 { Ok(regex) } else { Err("`regex` must have two groups".to_owned()) }
}

impl Quotes {
    /// The quoted text that begins here, and what lies behind the closing quote.
    fn read<'t>(&self, text: &'t str) -> Option<(Cow<'t, str>, &'t str)> {
        let open = text.chars().next()?;
        let (_, close) = self.pairs.iter().find(|(opening, _)| *opening == open)?;
        let body = text.get(open.len_utf8()..)?;
        let mut unescaped: Option<String> = None;
        let mut chars = body.char_indices();
        while let Some((at, c)) = chars.next() {
            if self.escapes.contains(&c)
                && let Some((_, escaped)) = chars.next()
            {
                unescaped.get_or_insert_with(|| body.get(..at).unwrap_or_default().to_owned()).push(escaped);
            } else if c == *close {
                let inner = match unescaped {
                    Some(text) => Cow::Owned(text),
                    None => Cow::Borrowed(body.get(..at)?),
                };
                return Some((inner, body.get(at + c.len_utf8()..)?));
            } else if let Some(unescaped) = &mut unescaped {
                unescaped.push(c);
            }
        }
        None
    }
}

/// Reads pairs between delimiters.
struct Delimited<'o> {
    pair: &'o str,
    key: &'o str,
    quotes: &'o Quotes,
    greedy: bool,
}

impl Delimited<'_> {
    /// The text without white space at its beginning, unless that delimits pairs.
    fn skip<'t>(&self, mut text: &'t str) -> &'t str {
        while let Some(c) = text.chars().next().filter(|c| c.is_whitespace()) {
            if text.starts_with(self.pair) {
                break;
            }
            text = text.get(c.len_utf8()..).unwrap_or_default();
        }
        text
    }

    /// What lies behind the next delimiter of pairs.
    fn behind_pair<'t>(&self, text: &'t str) -> &'t str {
        text.split_once(self.pair).map_or("", |(_, behind)| behind)
    }

    /// The key that begins here, and what lies behind the delimiter of keys; nothing where a pair ends first.
    fn key<'t>(&self, text: &'t str) -> Option<(Cow<'t, str>, &'t str)> {
        let text = self.skip(text);
        if let Some((key, behind)) = self.quotes.read(text) {
            return Some((key, self.skip(behind).strip_prefix(self.key)?));
        }
        // No further than to the next delimiter of pairs, so that a text is gone through once.
        let near = text.find(self.pair).map_or(text.len(), |end| text.len().min(end + self.key.len()));
        let at = memmem::find(text.as_bytes().get(..near)?, self.key.as_bytes())?;
        Some((Cow::Borrowed(text.get(..at)?.trim()), text.get(at + self.key.len()..)?))
    }

    fn read<'t>(&self, text: &'t str, take: &mut impl FnMut(&str, Cow<'t, str>)) {
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(behind) = rest.strip_prefix(self.pair) {
                rest = behind;
                continue;
            }
            let Some((key, behind)) = self.key(rest) else {
                rest = self.behind_pair(rest);
                continue;
            };
            let (value, behind) = self.value(behind);
            take(&key, value);
            rest = behind;
        }
    }

    /// The value that begins here, and what lies behind the delimiter that ends it.
    fn value<'t>(&self, text: &'t str) -> (Cow<'t, str>, &'t str) {
        if let Some((value, behind)) = self.quotes.read(self.skip(text)) {
            return (value, self.behind_pair(behind));
        }
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| rest.find(self.pair)) {
            let end = from + at;
            let behind = text.get(end + self.pair.len()..).unwrap_or_default();
            // A greedy value ends only where the next key begins.
            if !self.greedy || self.key(behind).is_some() {
                return (Cow::Borrowed(text.get(..end).unwrap_or_default().trim()), behind);
            }
            from = end + self.pair.len();
        }
        (Cow::Borrowed(text.trim()), "")
    }
}

/// Reads words of letters and digits, or in quotes; one that is a key has the next for its value.
fn words<'t>(text: &'t str, quotes: &Quotes, is_key: impl Fn(&str) -> bool, mut take: impl FnMut(&str, Cow<'t, str>)) {
    let mut rest = text;
    let mut next = || {
        while let Some(c) = rest.chars().next() {
            if let Some((word, behind)) = quotes.read(rest) {
                rest = behind;
                return Some(word);
            }
            if c.is_alphanumeric() {
                let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
                let (word, behind) = rest.split_at(end);
                rest = behind;
                return Some(Cow::Borrowed(word));
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        None
    };
    while let Some(word) = next() {
        if is_key(&word)
            && let Some(value) = next()
        {
            take(&word, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::kernels::testing::bound_step;
    use crate::ir::Op;

    fn reader(operator: &str, types: &[Type]) -> Result<KeyValues, String> {
        match bound_step(&format!("print s = '' | parse-kv s as {operator}")) {
            Op::ParseKv(parse) => KeyValues::new(&parse, types),
            other => panic!("{other:?}"),
        }
    }

    /// The values of keys that are all strings.
    fn values(operator: &str, text: &str) -> Vec<String> {
        let count = operator.split_once(')').map_or(0, |(keys, _)| keys.matches(':').count());
        let reader = reader(operator, &vec![Type::String; count]).unwrap_or_else(|error| panic!("{operator}: {error}"));
        reader.extract(text).iter().map(|cell| cell.to_text().into_owned()).collect()
    }

    #[test]
    fn pairs_lie_between_delimiters() {
        let events = "(['event time']:string, src:string, failure:string)";
        for (operator, text, expected) in [
            (
                "(Text:string, ThreadId:string, Machine:string) with (pair_delimiter=',', kv_delimiter=':')".to_owned(),
                "ThreadId:458745723, Machine:Node001, Text: The service is up, Level: Info",
                vec!["The service is up", "458745723", "Node001"],
            ),
            (
                format!("{events} with (pair_delimiter=' ', kv_delimiter='=', quote='\"')"),
                r#"src=10.1.1.123 dst=1 failure="connection aborted" "event time"=2021-01-01T10:00:54"#,
                vec!["2021-01-01T10:00:54", "10.1.1.123", "connection aborted"],
            ),
            (
                format!("{events} with (pair_delimiter=' ', kv_delimiter='=', quote='()')"),
                "src=10.1.1.123 failure=(connection aborted) (event time)=(2021-01-01 10:00:54)",
                vec!["2021-01-01 10:00:54", "10.1.1.123", "connection aborted"],
            ),
            (
                "(f:string, t:string) with (pair_delimiter=' ', kv_delimiter='=', quote='\"', escape='\\\\')"
                    .to_owned(),
                r#"f="the remote host sent \"bye!\"" t=1"#,
                vec![r#"the remote host sent "bye!""#, "1"],
            ),
            (
                "(a:string, b:string) with (pair_delimiter=' ', kv_delimiter='=')".to_owned(),
                "a= b=5 a=6",
                vec!["", "5"],
            ),
            (
                "(a:string, b:string) with (pair_delimiter='; ', kv_delimiter=' -> ')".to_owned(),
                "a -> x; junk; b -> y -> z",
                vec!["x", "y -> z"],
            ),
            (
                "(a:string, b:string) with (pair_delimiter=' ', kv_delimiter=' = ')".to_owned(),
                "a = é junk b = y",
                vec!["é", "y"],
            ),
        ] {
            assert_eq!(values(&operator, text), expected, "{operator}");
        }
    }

    #[test]
    fn a_greedy_value_ends_at_the_next_key() {
        let text = "name=John Doe phone=555 5555 city=New York";
        let operator = "(name:string, phone:string, city:string) with (pair_delimiter=' ', kv_delimiter='='";
        assert_eq!(values(&format!("{operator})"), text), ["John", "555", "New"]);
        assert_eq!(values(&format!("{operator}, greedy=true)"), text), ["John Doe", "555 5555", "New York"]);
    }

    #[test]
    fn without_delimiters_everything_else_delimits() {
        let keys = "(Text:string, ThreadId:string, Machine:string)";
        let text = "2021-01-01T10:00:34 [INFO] ThreadId:458745723, Machine:Node001, Text: Started";
        assert_eq!(values(keys, text), ["Started", "458745723", "Node001"]);
        let text = r"2021-01-01T10:00:34 [INFO] ThreadId:458745723, Machine:Node001, Text: 'The service \' is up'";
        let quoted = format!("{keys} with (quote=\"'\", escape='\\\\')");
        assert_eq!(values(&quoted, text), ["The service ' is up", "458745723", "Node001"]);
    }

    #[test]
    fn an_expression_finds_pairs() {
        let text = r#"["referer url: https://hostname.com/redirect?dest=/?h=1234", "id : 24fe"]"#;
        let operator = r#"(['referer url']:string, id:string) with (regex=@'"([\w ]+)\s*:\s*([^"]*)"')"#;
        assert_eq!(values(operator, text), ["https://hostname.com/redirect?dest=/?h=1234", "24fe"]);
    }

    #[test]
    fn values_take_their_types() {
        let reader = reader(
            "(a:long, b:long, c:long, d:string) with (pair_delimiter=',', kv_delimiter='=')",
            &[Type::Long, Type::Long, Type::Long, Type::String],
        );
        let cells = reader.unwrap().extract("a=1,b=x");
        assert!(matches!(cells.as_slice(), [Cell::Long(1), Cell::Null, Cell::Null, Cell::String(_)]), "{cells:?}");
    }

    #[test]
    fn options_that_do_not_go_together_are_refused() {
        for options in ["pair_delimiter=','", "regex='(a)'", "regex='(a)(b)', kv_delimiter='='", "quote='abc'"] {
            assert!(reader(&format!("(a:string) with ({options})"), &[Type::String]).is_err(), "{options}");
        }
    }
}
