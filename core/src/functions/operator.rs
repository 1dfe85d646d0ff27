//! The operators of expressions, by meaning: one value for each case rule, term rule and negation.

mod overloads;

use std::fmt;

use super::resolve::{Argument, Mismatch, Resolved, resolve_operator};
use super::row::Overload;

/// How an operator that compares text treats case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    /// `A` and `a` differ.
    Sensitive,
    /// `A` and `a` are the same.
    Insensitive,
}

/// What an operator that compares text looks for. A term is a longest run of letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Match {
    /// The whole text.
    Whole,
    /// A whole term.
    Term,
    /// The start of a term.
    TermStart,
    /// The end of a term.
    TermEnd,
    /// Any part.
    Part,
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
    /// What a regular expression matches, anywhere.
    Regex,
    /// The whole text, `*` standing for anything.
    Wildcard,
}

/// What the catalogue knows of an operator.
#[derive(Debug, PartialEq)]
pub struct OperatorRow {
    /// The operator.
    pub id: Operator,
    /// How KQL writes it.
    pub symbol: &'static str,
    /// Other spellings, all of them old.
    pub old: &'static [&'static str],
    /// The whole operator is an old one; better write this.
    pub replaced_by: Option<&'static str>,
    /// What it gives.
    pub doc: &'static str,
    /// For operators that compare text: how case counts, and what is looked for.
    pub text: Option<(Case, Match)>,
    /// The operator that gives the opposite answer (null rules aside).
    pub negated: Option<Operator>,
    /// The ways it can be applied.
    pub overloads: &'static [Overload],
}

/// Declares the operators and their rows.
macro_rules! operators {
    ($($(#[doc = $doc:literal])+ $id:ident $symbol:literal $(old $($old:literal)|+)? $(better $better:literal)?
        $(text $case:ident $match:ident)? $(not $negated:ident)? => $overloads:ident;)+) => {
        /// An operator, by meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operator {
            $($(#[doc = $doc])+ $id,)+
        }

        static ROWS: &[OperatorRow] = &[$(OperatorRow {
            id: Operator::$id,
            symbol: $symbol,
            old: &[$($($old),+)?],
            replaced_by: optional!($($better)?),
            doc: concat!($($doc),+).trim_ascii(),
            text: optional!($((Case::$case, Match::$match))?),
            negated: optional!($(Operator::$negated)?),
            overloads: overloads::$overloads,
        }),+];
    };
}

/// `Some` of what is there.
macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

operators! {
    /// The opposite number or span of time.
    Negate "-" => NEGATE;
    /// The number or span of time itself.
    Plus "+" => NEGATE;
    /// True where both sides are; false where one is false, whatever the other; otherwise null.
    And "and" => LOGICAL;
    /// True where one side is, whatever the other; false where both are; otherwise null.
    Or "or" => LOGICAL;
    /// The sum; an instant moved on by a span of time.
    Add "+" => ADD;
    /// The difference; the span between two instants; an instant moved back by a span of time.
    Subtract "-" => SUBTRACT;
    /// The product; a span of time so many times over.
    Multiply "*" => MULTIPLY;
    /// The quotient, cut towards zero between integers; how often one span of time goes into another, as a real.
    Divide "/" => DIVIDE;
    /// What is left after division; never negative.
    Modulo "%" => MODULO;
    /// Whether the left side comes before the right.
    Less "<" not GreaterOrEqual => ORDER;
    /// Whether the left side does not come after the right.
    LessOrEqual "<=" not Greater => ORDER;
    /// Whether the left side comes after the right.
    Greater ">" not LessOrEqual => ORDER;
    /// Whether the left side does not come before the right.
    GreaterOrEqual ">=" not Less => ORDER;
    /// Whether both sides are the same; text counting case.
    Equal "==" text Sensitive Whole not NotEqual => EQUAL;
    /// Whether the sides differ; text counting case. A null differs from every value.
    NotEqual "!=" old "<>" text Sensitive Whole not Equal => NOT_EQUAL;
    /// Whether two texts are the same, case aside.
    EqualNoCase "=~" text Insensitive Whole not NotEqualNoCase => TEXT;
    /// Whether two texts differ by more than case.
    NotEqualNoCase "!~" text Insensitive Whole not EqualNoCase => TEXT;
    /// Whether a text holds a term, case aside.
    Has "has" text Insensitive Term not NotHas => TERM;
    /// Whether a text holds a term, counting case.
    HasCs "has_cs" text Sensitive Term not NotHasCs => TERM;
    /// Whether a text lacks a term, case aside.
    NotHas "!has" text Insensitive Term not Has => TERM;
    /// Whether a text lacks a term, counting case.
    NotHasCs "!has_cs" text Sensitive Term not HasCs => TERM;
    /// Whether some term begins so, case aside.
    HasPrefix "hasprefix" text Insensitive TermStart not NotHasPrefix => TERM;
    /// Whether some term begins so, counting case.
    HasPrefixCs "hasprefix_cs" text Sensitive TermStart not NotHasPrefixCs => TERM;
    /// Whether no term begins so, case aside.
    NotHasPrefix "!hasprefix" text Insensitive TermStart not HasPrefix => TERM;
    /// Whether no term begins so, counting case.
    NotHasPrefixCs "!hasprefix_cs" text Sensitive TermStart not HasPrefixCs => TERM;
    /// Whether some term ends so, case aside.
    HasSuffix "hassuffix" text Insensitive TermEnd not NotHasSuffix => TERM;
    /// Whether some term ends so, counting case.
    HasSuffixCs "hassuffix_cs" text Sensitive TermEnd not NotHasSuffixCs => TERM;
    /// Whether no term ends so, case aside.
    NotHasSuffix "!hassuffix" text Insensitive TermEnd not HasSuffix => TERM;
    /// Whether no term ends so, counting case.
    NotHasSuffixCs "!hassuffix_cs" text Sensitive TermEnd not HasSuffixCs => TERM;
    /// Whether a text fits a pattern in which `*` stands for anything, case aside.
    Like "like" better "matches regex" text Insensitive Wildcard not NotLike => TEXT;
    /// Whether a text fits a pattern in which `*` stands for anything, counting case.
    LikeCs "likecs" better "matches regex" text Sensitive Wildcard not NotLikeCs => TEXT;
    /// Whether a text does not fit a pattern in which `*` stands for anything, case aside.
    NotLike "notlike" better "matches regex" text Insensitive Wildcard not Like => TEXT;
    /// Whether a text does not fit a pattern in which `*` stands for anything, counting case.
    NotLikeCs "notlikecs" better "matches regex" text Sensitive Wildcard not LikeCs => TEXT;
    /// Whether a text holds another anywhere, case aside.
    Contains "contains" text Insensitive Part not NotContains => TEXT;
    /// Whether a text holds another anywhere, counting case.
    ContainsCs "contains_cs" old "containscs" text Sensitive Part not NotContainsCs => TEXT;
    /// Whether a text nowhere holds another, case aside.
    NotContains "!contains" old "notcontains" text Insensitive Part not Contains => TEXT;
    /// Whether a text nowhere holds another, counting case.
    NotContainsCs "!contains_cs" old "notcontainscs" text Sensitive Part not ContainsCs => TEXT;
    /// Whether a text begins so, case aside.
    StartsWith "startswith" text Insensitive Start not NotStartsWith => TEXT;
    /// Whether a text begins so, counting case.
    StartsWithCs "startswith_cs" text Sensitive Start not NotStartsWithCs => TEXT;
    /// Whether a text begins otherwise, case aside.
    NotStartsWith "!startswith" text Insensitive Start not StartsWith => TEXT;
    /// Whether a text begins otherwise, counting case.
    NotStartsWithCs "!startswith_cs" text Sensitive Start not StartsWithCs => TEXT;
    /// Whether a text ends so, case aside.
    EndsWith "endswith" text Insensitive End not NotEndsWith => TEXT;
    /// Whether a text ends so, counting case.
    EndsWithCs "endswith_cs" text Sensitive End not NotEndsWithCs => TEXT;
    /// Whether a text ends otherwise, case aside.
    NotEndsWith "!endswith" text Insensitive End not EndsWith => TEXT;
    /// Whether a text ends otherwise, counting case.
    NotEndsWithCs "!endswith_cs" text Sensitive End not EndsWithCs => TEXT;
    /// Whether a regular expression matches somewhere in a text, counting case.
    MatchesRegex "matches regex" text Sensitive Regex => TEXT;
    /// Whether a column holds a term, case aside, in the short form of `search`.
    Search ":" text Insensitive Term => TEXT;
    /// Whether the value is among those listed, in an array or in a table's first column; text counting case.
    In "in" text Sensitive Whole not NotIn => IN;
    /// Whether the text is among those listed, case aside.
    InNoCase "in~" text Insensitive Whole not NotInNoCase => AMONG;
    /// Whether the value is none of those listed; text counting case.
    NotIn "!in" text Sensitive Whole not In => IN;
    /// Whether the text is none of those listed, case aside.
    NotInNoCase "!in~" text Insensitive Whole not InNoCase => AMONG;
    /// Whether a text holds at least one of the terms listed, case aside.
    HasAny "has_any" text Insensitive Term => AMONG;
    /// Whether a text holds every one of the terms listed, case aside.
    HasAll "has_all" text Insensitive Term => AMONG;
    /// Whether a value lies between two others, both included; the upper may be a span from the lower instant.
    Between "between" not NotBetween => BETWEEN;
    /// Whether a value lies outside two others, both of them still inside.
    NotBetween "!between" not Between => BETWEEN;
}

impl Operator {
    /// Every operator.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        ROWS.iter().map(|row| row.id)
    }

    /// The row of the catalogue.
    pub fn row(self) -> &'static OperatorRow {
        &ROWS[self as usize]
    }

    /// How KQL writes it.
    pub fn symbol(self) -> &'static str {
        self.row().symbol
    }

    /// The operator between two operands that is written so, in its current spelling or an old one.
    pub fn binary(spelling: &str) -> Option<Self> {
        let written_so = |row: &&OperatorRow| row.symbol == spelling || row.old.contains(&spelling);
        ROWS.iter().filter(|row| !row.id.is_unary()).find(written_so).map(|row| row.id)
    }

    /// The sign before a single operand that is written so.
    pub fn unary(spelling: &str) -> Option<Self> {
        ROWS.iter().filter(|row| row.id.is_unary()).find(|row| row.symbol == spelling).map(|row| row.id)
    }

    /// Whether it stands before a single operand.
    pub const fn is_unary(self) -> bool {
        matches!(self, Self::Negate | Self::Plus)
    }

    /// Whether the right side is in parentheses: a list, or a range.
    pub const fn is_list(self) -> bool {
        use Operator::{Between, HasAll, HasAny, In, InNoCase, NotBetween, NotIn, NotInNoCase};
        matches!(self, In | InNoCase | NotIn | NotInNoCase | HasAny | HasAll | Between | NotBetween)
    }

    /// Whether `*`, every column, may stand on its left.
    pub fn takes_star(self) -> bool {
        let star = |overload: &Overload| overload.parameters[0].requires == super::Requires::Star;
        self.row().overloads.iter().any(star)
    }

    /// Picks the overload for the operands.
    ///
    /// # Errors
    ///
    /// Says what is wrong where none fits; the official analyser's code for [`Mismatch::NoOverload`] is `KS106` here.
    pub fn resolve(self, operands: &[Argument<'_>]) -> Result<Resolved, Mismatch> {
        resolve_operator(self.row().overloads, operands, !self.is_list())
    }
}

/// How an operator is used: one line for each documented overload.
pub fn signatures(operator: Operator) -> impl Iterator<Item = String> {
    let documented = operator.row().overloads.iter().filter(|overload| !overload.hidden);
    documented.map(move |overload| match overload.parameters {
        [operand] => format!("{operator}{} -> {}", operand.accepts, overload.returns),
        [left, right @ ..] => {
            let right: Vec<String> = right.iter().map(|parameter| parameter.accepts.to_string()).collect();
            let (open, close) = if operator.is_list() { ("(", ")") } else { ("", "") };
            let separator = if matches!(operator, Operator::Between | Operator::NotBetween) { " .. " } else { ", " };
            let right = right.join(separator);
            format!("{} {operator} {open}{right}{close} -> {}", left.accepts, overload.returns)
        }
        [] => operator.symbol().to_owned(),
    })
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::{Output, Type};

    fn result(operator: Operator, left: Type, right: Type) -> Option<Type> {
        let operands = [Argument::column(left), Argument::column(right)];
        match operator.resolve(&operands).ok()?.output {
            Output::Scalar(value) => Some(value.ty),
            _ => None,
        }
    }

    #[test]
    fn rows_stand_at_their_place_and_negation_is_mutual() {
        for operator in Operator::all() {
            assert_eq!(operator.row().id, operator);
            if let Some(negated) = operator.row().negated {
                assert_eq!(negated.row().negated, Some(operator));
                assert_eq!(negated.row().text, operator.row().text);
            }
            assert!(operator.row().doc.ends_with('.'), "{operator}");
        }
    }

    #[test]
    fn spellings_find_their_operator() {
        for operator in Operator::all().filter(|operator| !operator.is_unary()) {
            assert_eq!(Operator::binary(operator.symbol()), Some(operator));
        }
        assert_eq!(Operator::binary("<>"), Some(Operator::NotEqual));
        assert_eq!(Operator::binary("notcontains"), Some(Operator::NotContains));
        assert_eq!(Operator::unary("-"), Some(Operator::Negate));
        assert_eq!((Operator::binary("HAS"), Operator::unary("*")), (None, None));
    }

    #[test]
    fn arithmetic_of_times() {
        use Operator::{Add, Divide, Multiply, Subtract};
        assert_eq!(result(Subtract, Type::DateTime, Type::DateTime), Some(Type::TimeSpan));
        assert_eq!(result(Subtract, Type::DateTime, Type::TimeSpan), Some(Type::DateTime));
        assert_eq!(result(Add, Type::TimeSpan, Type::DateTime), Some(Type::DateTime));
        assert_eq!(result(Divide, Type::TimeSpan, Type::TimeSpan), Some(Type::Real));
        assert_eq!(result(Multiply, Type::Long, Type::TimeSpan), Some(Type::TimeSpan));
        assert_eq!(result(Add, Type::String, Type::String), None);
    }

    #[test]
    fn arithmetic_of_numbers_widens() {
        assert_eq!(result(Operator::Add, Type::Int, Type::Int), Some(Type::Long));
        assert_eq!(result(Operator::Divide, Type::Long, Type::Real), Some(Type::Real));
        assert_eq!(result(Operator::Add, Type::Dynamic, Type::Int), Some(Type::Long));
    }

    #[test]
    fn comparison_takes_what_has_an_order() {
        assert_eq!(result(Operator::Less, Type::String, Type::String), None);
        assert_eq!(result(Operator::Less, Type::Long, Type::Real), Some(Type::Bool));
        assert_eq!(result(Operator::Equal, Type::String, Type::Long), Some(Type::Bool));
        assert_eq!(result(Operator::Has, Type::Long, Type::String), None);
        assert_eq!(result(Operator::Has, Type::Dynamic, Type::String), Some(Type::Bool));
        assert!(Operator::Has.takes_star() && !Operator::Less.takes_star());
    }
}
