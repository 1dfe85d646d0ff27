//! What a conversion says differently, or cannot say.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::Fidelity;
use crate::source::Span;

/// In which way a conversion differs, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// Letters that differ in case alone count otherwise.
    Case,
    /// A term begins or ends elsewhere.
    Term,
    /// The regular expression means something else there.
    RegexDialect,
    /// A tumbling window became a sliding one, or the reverse.
    WindowKind,
    /// An estimate is made by another method.
    Sketch,
    /// A null or empty value counts otherwise, or a column stays empty.
    Null,
    /// Rows beyond a limit are left out.
    RowCap,
    /// Records come in another order where the order counts.
    Order,
    /// A field has no known name in the target's convention, or a merely guessed one.
    UnmappedField,
    /// A name that nothing here knows is written as it stands.
    UnresolvedName,
    /// A list or a table of reference data has to be created there.
    Lookup,
    /// An operator cannot be said.
    UnsupportedOperator,
    /// A scalar function cannot be said.
    UnsupportedFunction,
    /// An aggregate cannot be said.
    UnsupportedAggregate,
    /// An expression cannot be said.
    UnsupportedExpression,
    /// Where the records come from has no counterpart.
    UnsupportedSource,
    /// The query does not parse.
    Syntax,
    /// The query has an error of names or types, so it cannot run in KQL either.
    Type,
    /// The conversion is less faithful than was asked for.
    MinFidelity,
}

impl LossKind {
    /// The word in output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Term => "term",
            Self::RegexDialect => "regex-dialect",
            Self::WindowKind => "window-kind",
            Self::Sketch => "sketch",
            Self::Null => "null",
            Self::RowCap => "row-cap",
            Self::Order => "order",
            Self::UnmappedField => "unmapped-field",
            Self::UnresolvedName => "unresolved-name",
            Self::Lookup => "lookup",
            Self::UnsupportedOperator => "unsupported-operator",
            Self::UnsupportedFunction => "unsupported-function",
            Self::UnsupportedAggregate => "unsupported-aggregate",
            Self::UnsupportedExpression => "unsupported-expression",
            Self::UnsupportedSource => "unsupported-source",
            Self::Syntax => "syntax",
            Self::Type => "type",
            Self::MinFidelity => "min-fidelity",
        }
    }

    /// What a loss of this kind means for a detection: a sentence for whoever has to decide whether it may go out.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Case => {
                "upper and lower case are told apart on one side alone, so that a value in another case is found or missed"
            }
            Self::Term => {
                "where a word begins and ends is judged otherwise, so that a part of a word may be found or a whole one missed"
            }
            Self::RegexDialect => "the other engine reads something in the pattern in its own way",
            Self::WindowKind => "events are brought together over another stretch of time than in the rule",
            Self::Sketch => "a number is an estimate, and is made by another method there",
            Self::Null => "an event in which a value is missing or empty is treated otherwise, or a column stays empty",
            Self::RowCap => {
                "the other system stops at a number of rows, or gives more or fewer rows for the same events"
            }
            Self::Order => "which record comes first decides, and it may be another one there",
            Self::UnmappedField => {
                "the name of a field in the other system is not known or merely a guess: look whether your data has it"
            }
            Self::UnresolvedName => {
                "a name is written as it stands, because nothing here knows it: look whether it is spelt right"
            }
            Self::Lookup => "the rule compares with a list, which has to be created there and be kept up to date",
            Self::UnsupportedOperator => "there is no way to say this operator, so the rule is refused",
            Self::UnsupportedFunction => "there is no way to say this function, so the rule is refused",
            Self::UnsupportedAggregate => "there is no way to compute this of a group, so the rule is refused",
            Self::UnsupportedExpression => "there is no way to say this expression, so the rule is refused",
            Self::UnsupportedSource => "what the rule reads has no counterpart there, so the rule is refused",
            Self::Syntax => "the query cannot be read",
            Self::Type => "the query has an error, so that Sentinel would not run it either",
            Self::MinFidelity => "a more faithful conversion was asked for than there is",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Case,
        Self::Term,
        Self::RegexDialect,
        Self::WindowKind,
        Self::Sketch,
        Self::Null,
        Self::RowCap,
        Self::Order,
        Self::UnmappedField,
        Self::UnresolvedName,
        Self::Lookup,
        Self::UnsupportedOperator,
        Self::UnsupportedFunction,
        Self::UnsupportedAggregate,
        Self::UnsupportedExpression,
        Self::UnsupportedSource,
        Self::Syntax,
        Self::Type,
        Self::MinFidelity,
    ];

    /// Whether it is a reason for a refusal, never a mere difference.
    pub const fn refuses(self) -> bool {
        matches!(
            self,
            Self::UnsupportedOperator
                | Self::UnsupportedFunction
                | Self::UnsupportedAggregate
                | Self::UnsupportedExpression
                | Self::UnsupportedSource
                | Self::Syntax
                | Self::Type
                | Self::MinFidelity
        )
    }
}

impl fmt::Display for LossKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A difference as the row of a target's data file tells it: with its kind and a message, in this order or by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossRow {
    /// In which way.
    #[serde(deserialize_with = "difference")]
    pub kind: LossKind,
    /// What differs and for which input.
    pub message: String,
}

/// A kind that refuses nothing: what a row says is written, with a difference.
fn difference<'de, D: Deserializer<'de>>(from: D) -> Result<LossKind, D::Error> {
    let kind = LossKind::deserialize(from)?;
    if kind.refuses() {
        Err(D::Error::custom(format!("`{kind}` is a reason to refuse, no difference")))
    } else {
        Ok(kind)
    }
}

/// One difference, or one reason for a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// In which way.
    pub kind: LossKind,
    /// The words of the query it is about.
    pub span: Span,
    /// What differs and for which input, or what to use instead: a sentence without a final full stop.
    pub message: String,
    /// The best the conversion can be with this loss.
    pub fidelity: Fidelity,
}

impl Loss {
    /// A difference that can change which events are found.
    pub fn approximate(kind: LossKind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, span, message: message.into(), fidelity: Fidelity::Approximate }
    }

    /// A difference in what is shown of the events found.
    pub fn shown(kind: LossKind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, span, message: message.into(), fidelity: Fidelity::Events }
    }

    /// A reason for a refusal.
    pub fn refusal(kind: LossKind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, span, message: message.into(), fidelity: Fidelity::Refused }
    }
}

/// Losses gathered on the way; the same loss counts once.
#[derive(Clone, Debug, Default)]
pub struct Losses(Vec<Loss>);

impl Losses {
    /// Adds a loss, unless it is there already.
    pub fn push(&mut self, loss: Loss) {
        match self.0.iter_mut().find(|l| l.kind == loss.kind && l.span == loss.span && l.message == loss.message) {
            Some(same) => same.fidelity = same.fidelity.max(loss.fidelity),
            None => self.0.push(loss),
        }
    }

    /// Whether there is one of a kind.
    pub fn has(&self, kind: LossKind) -> bool {
        self.0.iter().any(|loss| loss.kind == kind)
    }

    /// How many there are: a mark for [`Losses::truncate`].
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes back what was added since a mark, for an attempt that was given up.
    pub fn truncate(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// The best the conversion can be with all of these.
    pub fn fidelity(&self) -> Fidelity {
        self.0.iter().map(|loss| loss.fidelity).max().unwrap_or_default()
    }

    /// In the order of the text.
    pub fn into_sorted(mut self) -> Vec<Loss> {
        self.0.sort_by_key(|loss| (loss.span.start, loss.span.end, loss.kind));
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_are_those_of_serde() {
        for kind in LossKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
            let row = serde_yaml::from_str::<LossRow>(&format!("{{kind: '{kind}', message: a}}"));
            assert_eq!(row.ok().map(|row| row.kind), Some(kind).filter(|kind| !kind.refuses()));
            assert!(!kind.meaning().ends_with('.') && kind.meaning().len() > 20, "{kind}");
        }
    }

    #[test]
    fn a_loss_counts_once_and_the_worst_decides() {
        let mut losses = Losses::default();
        assert_eq!(losses.fidelity(), Fidelity::Exact);
        losses.push(Loss::shown(LossKind::Null, Span::new(4, 5), "a"));
        losses.push(Loss::shown(LossKind::Null, Span::new(4, 5), "a"));
        assert_eq!((losses.len(), losses.fidelity()), (1, Fidelity::Events));
        losses.push(Loss::approximate(LossKind::Case, Span::new(1, 2), "b"));
        assert_eq!(losses.fidelity(), Fidelity::Approximate);
        assert_eq!(losses.into_sorted()[0].kind, LossKind::Case);
    }
}
