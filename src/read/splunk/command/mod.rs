//! The commands: one row each, with where it may stand and what reads it.

mod combine;
mod extract;
mod fields;
mod records;
mod source;

use pest::iterators::Pair;

use super::grammar::Rule;
use super::text::{field_name, is_quoted, unquote};
use super::{Lowered, Reader, Text, statistics, tstats};
use crate::diagnostic::{Diagnostic, code};
use crate::read::pipe::Pipe;
use crate::source::Span;

/// A command of a search.
pub(super) struct Stage<'t> {
    /// The command's name, as the table has it.
    pub(super) name: &'static str,
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
/// Gives records beside those there are.
pub(super) type Merge = fn(&mut Reader<'_>, Pipe, &Stage<'_>) -> Lowered<Pipe>;

/// Where a command may stand.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// At the start.
    First(Give),
    /// Behind a pipe.
    Then(Change),
    /// At either.
    Both(Give, Merge),
}

impl Place {
    /// Whether a search may start with it.
    pub(super) const fn starts(self) -> bool {
        matches!(self, Self::First(_) | Self::Both(..))
    }
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

const fn both(name: &'static str, give: Give, merge: Merge) -> Command {
    Command { name, place: Place::Both(give, merge) }
}

static COMMANDS: &[Command] = &[
    both("search", source::search, source::search_again),
    first("tstats", tstats::tstats),
    first("mstats", tstats::mstats),
    both("inputlookup", source::inputlookup, source::inputlookup_too),
    first("makeresults", source::makeresults),
    first("from", source::from),
    first("datamodel", source::datamodel),
    first("rest", source::rest),
    first("multisearch", combine::multisearch),
    both("union", combine::multisearch, combine::union_with),
    then("where", fields::filter),
    then("eval", fields::eval),
    then("fieldformat", fields::fieldformat),
    then("stats", statistics::stats),
    then("eventstats", statistics::eventstats),
    then("streamstats", statistics::streamstats),
    then("timechart", statistics::timechart),
    then("chart", statistics::chart),
    then("rename", fields::rename),
    then("fields", fields::fields),
    then("table", fields::table),
    then("fillnull", fields::fillnull),
    then("filldown", fields::filldown),
    then("convert", fields::convert),
    then("replace", fields::replace),
    then("foreach", fields::foreach),
    then("addtotals", fields::addtotals),
    then("bin", fields::bin),
    then("bucket", fields::bin),
    then("rex", extract::rex),
    then("regex", extract::regex),
    then("spath", extract::spath),
    then("xmlkv", extract::xmlkv),
    then("fromjson", extract::fromjson),
    then("multikv", extract::multikv),
    then("extract", extract::extract),
    then("kv", extract::extract),
    then("iplocation", extract::iplocation),
    then("lookup", extract::lookup),
    then("sort", records::sort),
    then("head", records::head),
    then("tail", records::tail),
    then("reverse", records::reverse),
    then("dedup", records::dedup),
    then("top", records::top),
    then("rare", records::top),
    then("mvexpand", records::mvexpand),
    then("makemv", records::makemv),
    then("nomv", records::nomv),
    then("mvcombine", records::mvcombine),
    then("transaction", records::transaction),
    then("outputlookup", records::outputlookup),
    then("collect", records::side_effect),
    then("outputcsv", records::side_effect),
    then("sendalert", records::side_effect),
    then("sendemail", records::side_effect),
    // How a value is shown is no matter of what it is.
    then("join", combine::join),
    then("append", combine::append),
    then("appendpipe", combine::appendpipe),
];

/// Commands of Splunk that are refused, and why.
static REFUSED: &[(&str, &str)] = &[
    ("apply", "what a trained model says is not in the search"),
    ("fit", "what a model learns is not in the search"),
    ("summary", "what a trained model holds is not in the search"),
    ("score", "how a trained model does is not in the search"),
    ("map", "it runs a search for each record, whose text only a run can tell"),
    ("anomalydetection", "how it finds what is unusual is not documented"),
    ("anomalies", "how it finds what is unusual is not documented"),
    ("outlier", "how it finds outliers depends on all records there are"),
    ("predict", "how it predicts is not documented"),
    ("cluster", "how it groups similar events is not documented"),
    ("kmeans", "which groups it finds depends on chance"),
    ("return", "what it gives becomes words of the outer search, which only a run can tell"),
    ("format", "what it gives becomes words of the outer search, which only a run can tell"),
    ("script", "what a script does is not in the search"),
    ("loadjob", "what another search gave is not in the search"),
    ("savedsearch", "the saved search is not at hand"),
    ("metadata", "what it counts is about indexes, not about events"),
    ("metasearch", "it searches no events, but what is known of them"),
    ("transpose", "which fields come out depends on the records there are"),
    ("xyseries", "which fields come out depends on the records there are"),
    ("untable", "which records come out depends on fields that are not known by name"),
    ("addcoltotals", "which fields are numbers depends on the records there are"),
];

/// Why a command of Splunk is refused; `None` for one that is no command, or that is read.
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

/// An option as given.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) span: Span,
}

/// What an option takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `true`, `t`, `1`, `false`, `f`, `0`.
    Truth,
    /// A whole number, not negative.
    Count,
    /// Anything.
    Text,
    /// A number or a span of time.
    Span,
    /// This alone: it is the default, and what another value does has no counterpart.
    Only(&'static str),
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// Options that are known and have values they take.
#[derive(Debug, Default)]
pub(super) struct Checked(Vec<(String, String)>);

impl Checked {
    /// The value of an option.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of an option that is on or off.
    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        self.text(name).and_then(truth)
    }

    /// The value of an option that is a number.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }
}

fn truth(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" => Some(true),
        "false" | "f" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// A piece of what stands behind a command's name.
#[derive(Debug)]
pub(super) enum Item<'t> {
    /// A word or a string.
    Word(Text<'t>),
    /// `name(field)`
    Call(Text<'t>, Option<Text<'t>>, Text<'t>),
    /// `[…]`, without the brackets.
    Subsearch(Text<'t>),
    /// `(…)`
    Group(Text<'t>),
    /// `,`
    Comma,
}

impl Item<'_> {
    /// Whether it is this word, in any case.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Item::Word(text) if text.text.eq_ignore_ascii_case(word))
    }
}

/// The pieces with the options taken out.
pub(super) struct Arguments<'t> {
    pub(super) items: Vec<Item<'t>>,
    pub(super) given: Checked,
}

impl Reader<'_> {
    /// An option as the grammar gives it.
    pub(super) fn given(&self, body: Text<'_>, pair: Pair<'_, Rule>) -> Given {
        let span = self.span(body.of(&pair));
        let mut inner = pair.into_inner();
        let name = inner.next().map(|part| part.as_str().to_ascii_lowercase()).unwrap_or_default();
        let value = inner.next().map(|part| unquote(part.as_str()).into_owned()).unwrap_or_default();
        Given { name, value, span }
    }

    /// Holds options to those a command knows.
    pub(super) fn check(stage: &Stage<'_>, given: &[Given], known: &[(&str, Kind)]) -> Lowered<Checked> {
        let mut checked = Vec::new();
        for Given { name, value, span } in given {
            let wrong = |message: String| Box::new(Diagnostic::new(&code::SPL_OPTION, *span, message));
            let Some((_, kind)) = known.iter().find(|(option, _)| option == name) else {
                let mut found = wrong(format!("`{}` has no option `{name}`", stage.name));
                if let Some(near) = crate::functions::nearest(name, known.iter().map(|(option, _)| *option)) {
                    *found = found.help(format!("did you mean `{near}`?"));
                }
                return Err(found);
            };
            match kind {
                Kind::Truth if truth(value).is_none() => {
                    return Err(wrong(format!("`{name}` is true or false, not `{value}`")));
                }
                Kind::Count if value.parse::<u64>().is_err() => {
                    return Err(wrong(format!("`{name}` is a whole number, not `{value}`")));
                }
                Kind::Span if !super::time::is_span(value) && super::text::number(value).is_none() => {
                    return Err(wrong(format!("`{name}` is a span such as `5m`, not `{value}`")));
                }
                Kind::OneOf(words) if !words.contains(&value.as_str()) => {
                    return Err(wrong(format!("`{name}` is one of {}, not `{value}`", words.join(", "))));
                }
                Kind::Only(word) if value != word && truth(value).is_none_or(|value| Some(value) != truth(word)) => {
                    let message = format!("what `{name}={value}` does cannot be said here");
                    return Err(Box::new(Diagnostic::new(&code::READ_NO_MEANING, *span, message)));
                }
                _ => checked.push((name.clone(), value.clone())),
            }
        }
        Ok(Checked(checked))
    }

    /// The pieces behind a command's name, options checked.
    pub(super) fn arguments<'t>(&self, stage: &Stage<'t>, known: &[(&str, Kind)]) -> Lowered<Arguments<'t>> {
        let pairs = self.parse(Rule::arguments, stage.body, &format!("`{}`", stage.name))?;
        let (mut items, mut options) = (Vec::new(), Vec::new());
        for pair in pairs {
            let text = stage.body.of(&pair);
            match pair.as_rule() {
                Rule::option => options.push(self.given(stage.body, pair)),
                Rule::conversion => {
                    let mut inner = pair.into_inner().map(|part| stage.body.of(&part));
                    if let Some(name) = inner.next() {
                        items.push(Item::Call(name, inner.next(), text));
                    }
                }
                Rule::bracketed => items.push(Item::Subsearch(text.slice(1, text.text.len() - 1))),
                Rule::parenthesised => items.push(Item::Group(text)),
                Rule::comma => items.push(Item::Comma),
                Rule::name => items.push(Item::Word(text)),
                _ => {}
            }
        }
        let given = Self::check(stage, &options, known)?;
        Ok(Arguments { items, given })
    }

    /// A list of fields; anything else is an error.
    pub(super) fn field_list<'t>(&self, items: &[Item<'t>]) -> Lowered<Vec<(String, Text<'t>)>> {
        let mut fields = Vec::new();
        for item in items {
            match item {
                Item::Word(text) => fields.push((field_name(text.text).into_owned(), *text)),
                Item::Call(.., text) => fields.push((text.text.to_owned(), *text)),
                Item::Comma => {}
                Item::Subsearch(text) | Item::Group(text) => {
                    return Err(self.wrong(&code::READ_SYNTAX, *text, "a field is due here"));
                }
            }
        }
        Ok(fields)
    }

    /// A list of fields that names at least one.
    pub(super) fn some_fields<'t>(&self, stage: &Stage<'t>, items: &[Item<'t>]) -> Lowered<Vec<(String, Text<'t>)>> {
        let fields = self.field_list(items)?;
        if fields.is_empty() {
            return Err(self.wrong(&code::READ_SYNTAX, stage.word, format!("`{}` names no field", stage.name)));
        }
        Ok(fields)
    }

    /// The one field a command is about.
    pub(super) fn one_field<'t>(&self, stage: &Stage<'t>, items: &[Item<'t>]) -> Lowered<(String, Text<'t>)> {
        let mut fields = self.some_fields(stage, items)?;
        if let Some((_, text)) = fields.get(1) {
            return Err(self.wrong(&code::READ_SYNTAX, *text, format!("`{}` is about one field", stage.name)));
        }
        Ok(fields.remove(0))
    }
}

/// Whether a word is written without quotes.
pub(super) fn bare(text: Text<'_>) -> bool {
    !is_quoted(text.text)
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
