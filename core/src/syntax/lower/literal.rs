//! Literals.

use pest::iterators::Pair;

use super::super::ast::{
    Expr, ExprKind, Json, JsonKind, JsonPair, Literal, LiteralKind, StringValue, TypeName, TypeOf, TypeOfKind,
};
use super::{Children, Lower, Place, Rule, span};
use crate::diagnostic::{Applicability, Diagnostic, Edit, code};
use crate::syntax::string;

impl Lower {
    /// The raw words and the value of adjacent strings.
    pub(super) fn strings(pair: Pair<'_, Rule>) -> (&str, StringValue) {
        let raw = pair.as_str();
        let mut parts = Vec::with_capacity(1);
        let mut value = String::new();
        for part in pair.into_inner().filter(|part| part.as_rule() == Rule::string) {
            parts.push(span(&part));
            value.push_str(&string::decode(part.as_str()));
        }
        (raw, StringValue { value: value.into(), parts })
    }

    /// A literal of one token, or of adjacent strings.
    pub(super) fn literal(&self, pair: Pair<'_, Rule>) -> Literal {
        let span = span(&pair);
        let kind = match pair.as_rule() {
            Rule::strings => {
                let (raw, value) = Self::strings(pair);
                return Literal { kind: LiteralKind::String(value), raw: raw.into(), span };
            }
            Rule::string => {
                let value = StringValue { value: string::decode(pair.as_str()).into(), parts: vec![span] };
                LiteralKind::String(value)
            }
            Rule::long => LiteralKind::Long,
            Rule::real => LiteralKind::Real,
            Rule::timespan => LiteralKind::TimeSpan,
            Rule::raw_guid => {
                self.report(
                    Diagnostic::new(&code::BARE_GUID, span, "a GUID stands in `guid(…)`")
                        .label("no literal by itself")
                        .fix(
                            "put it into `guid(…)`",
                            Applicability::Safe,
                            vec![Edit::insert(span.start as usize, "guid("), Edit::insert(span.end as usize, ")")],
                        ),
                );
                LiteralKind::RawGuid
            }
            Rule::json_null => LiteralKind::Null,
            Rule::typed => typed_kind(pair.as_str()),
            _ => LiteralKind::Bool,
        };
        Literal { kind, raw: pair.as_str().into(), span }
    }

    /// `-1` or `+1d` written as one literal.
    fn signed(&self, pair: Pair<'_, Rule>) -> Literal {
        let (raw, span) = (pair.as_str(), span(&pair));
        let number = pair.into_inner().next().expect("a sign stands before a number");
        Literal { kind: self.literal(number).kind, raw: raw.into(), span }
    }

    /// Whatever the rule `literal` has matched.
    pub(super) fn literal_expr(&self, pair: Pair<'_, Rule>) -> Expr {
        let span = span(&pair);
        let kind = match pair.as_rule() {
            Rule::dynamic => ExprKind::Dynamic(Box::new(self.dynamic(pair))),
            Rule::typeof_literal => ExprKind::TypeOf(self.type_of(pair)),
            Rule::braced => ExprKind::Name(self.name(pair, Place::Reference)),
            Rule::signed => ExprKind::Literal(self.signed(pair)),
            _ => ExprKind::Literal(self.literal(pair)),
        };
        Expr { kind, span }
    }

    /// The value inside `dynamic(…)`.
    pub(super) fn dynamic(&self, pair: Pair<'_, Rule>) -> Json {
        self.json(pair.into_inner().next().expect("`dynamic` holds a value"))
    }

    fn json(&self, pair: Pair<'_, Rule>) -> Json {
        let span = span(&pair);
        let kind = match pair.as_rule() {
            Rule::json_array => JsonKind::Array(pair.into_inner().map(|item| self.json(item)).collect()),
            Rule::json_object => JsonKind::Object(
                pair.into_inner()
                    .map(|member| {
                        let mut children = Children::of(member);
                        let key = children.need().into_inner().next().expect("a key is a string");
                        JsonPair { key: self.literal(key), value: self.json(children.need()) }
                    })
                    .collect(),
            ),
            Rule::json_negative => {
                JsonKind::Negative(self.literal(pair.into_inner().next().expect("a sign stands before a number")))
            }
            Rule::dynamic => JsonKind::Dynamic(Box::new(self.dynamic(pair))),
            Rule::braced => JsonKind::Parameter(self.name(pair, Place::Reference)),
            _ => JsonKind::Literal(self.literal(pair)),
        };
        Json { kind, span }
    }

    pub(super) fn type_of(&self, pair: Pair<'_, Rule>) -> TypeOf {
        let span = span(&pair);
        let child = pair.into_inner().next().expect("`typeof` holds something");
        let kind = match child.as_rule() {
            Rule::typeof_row => TypeOfKind::Row(self.row_schema(child)),
            // Any word is taken here, as the official parser does; whether it is a type is a question of meaning.
            _ => TypeOfKind::Scalar(TypeName { text: child.as_str().into(), span: self::span(&child) }),
        };
        TypeOf { kind, span }
    }
}

/// The kind of a literal such as `datetime(…)`, by the word before its parenthesis.
fn typed_kind(raw: &str) -> LiteralKind {
    match raw.split('(').next().unwrap_or_default() {
        "long" | "int64" => LiteralKind::Long,
        "int" | "int32" => LiteralKind::Int,
        "real" | "double" => LiteralKind::Real,
        "decimal" => LiteralKind::Decimal,
        "bool" => LiteralKind::Bool,
        "datetime" | "date" => LiteralKind::DateTime,
        "guid" => LiteralKind::Guid,
        _ => LiteralKind::TimeSpan,
    }
}
