// Made of the grammar beside it by `cargo run -p kqlc-peg`; change that one.

/// The rules of the grammar.
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Rule {
    EOI,
    r#WHITESPACE,
    r#query,
    r#group,
    r#clause,
    r#and,
    r#or,
    r#not,
    r#edge,
    r#everything,
    r#exists,
    r#test,
    r#sign,
    r#regex,
    r#quoted,
    r#word,
    r#word_char,
    r#name,
    r#name_char,
}

#[allow(clippy::all, clippy::pedantic)]
static TABLE: crate::peg::Table<Rule> = {
    use crate::peg::{Expr, Kind, Set, Rule as Row, Table};
    Table {
        rules: &[
            Row { name: Rule::EOI, kind: Kind::Normal, expr: Expr::End },
            Row { name: Rule::r#WHITESPACE, kind: Kind::Silent, expr: Expr::One(Set { ascii: 0x100002600, others: &[] }) },
            Row { name: Rule::r#query, kind: Kind::Normal, expr: Expr::Spaced(&[Expr::Start, Expr::Call(3), Expr::Call(0)]) },
            Row { name: Rule::r#group, kind: Kind::Normal, expr: Expr::Spaced(&[Expr::Call(4), Expr::Optional(&Expr::Choice(&[Expr::SpacedRepeatedOnce(&Expr::Spaced(&[Expr::Call(5), Expr::Call(4)])), Expr::SpacedRepeatedOnce(&Expr::Spaced(&[Expr::Call(6), Expr::Call(4)]))]))]) },
            Row { name: Rule::r#clause, kind: Kind::Normal, expr: Expr::Spaced(&[Expr::Optional(&Expr::Call(7)), Expr::Choice(&[Expr::Spaced(&[Expr::One(Set { ascii: 0x10000000000, others: &[] }), Expr::Call(3), Expr::One(Set { ascii: 0x20000000000, others: &[] })]), Expr::Call(9), Expr::Call(10), Expr::Call(11)])]) },
            Row { name: Rule::r#and, kind: Kind::Atomic, expr: Expr::Choice(&[Expr::Sequence(&[Expr::Text("AND"), Expr::Call(8)]), Expr::Text("&&")]) },
            Row { name: Rule::r#or, kind: Kind::Atomic, expr: Expr::Choice(&[Expr::Sequence(&[Expr::Text("OR"), Expr::Call(8)]), Expr::Text("||")]) },
            Row { name: Rule::r#not, kind: Kind::Atomic, expr: Expr::Choice(&[Expr::Sequence(&[Expr::Text("NOT"), Expr::Call(8)]), Expr::One(Set { ascii: 0x200000000, others: &[] })]) },
            Row { name: Rule::r#edge, kind: Kind::Silent, expr: Expr::Not(&Expr::One(Set { ascii: 0x7fffffe87ffffff03ff400000000000, others: &[('\u{80}', '\u{10ffff}')] })) },
            Row { name: Rule::r#everything, kind: Kind::Atomic, expr: Expr::Text("*:*") },
            Row { name: Rule::r#exists, kind: Kind::CompoundAtomic, expr: Expr::Sequence(&[Expr::Text("_exists_:"), Expr::Call(17)]) },
            Row { name: Rule::r#test, kind: Kind::CompoundAtomic, expr: Expr::Sequence(&[Expr::Call(17), Expr::One(Set { ascii: 0x400000000000000, others: &[] }), Expr::Choice(&[Expr::Call(13), Expr::Sequence(&[Expr::Optional(&Expr::Call(12)), Expr::Choice(&[Expr::Call(14), Expr::Call(15)])])])]) },
            Row { name: Rule::r#sign, kind: Kind::Normal, expr: Expr::Choice(&[Expr::Text(">="), Expr::Text("<="), Expr::One(Set { ascii: 0x5000000000000000, others: &[] })]) },
            Row { name: Rule::r#regex, kind: Kind::Atomic, expr: Expr::Sequence(&[Expr::One(Set { ascii: 0x800000000000, others: &[] }), Expr::Repeated(&Expr::Choice(&[Expr::Sequence(&[Expr::One(Set { ascii: 0x100000000000000000000000, others: &[] }), Expr::One(Set { ascii: 0xffffffffffffffffffffffffffffffff, others: &[('\u{80}', '\u{10ffff}')] })]), Expr::One(Set { ascii: 0xffffffffffffffffffff7fffffffffff, others: &[('\u{80}', '\u{10ffff}')] })])), Expr::One(Set { ascii: 0x800000000000, others: &[] })]) },
            Row { name: Rule::r#quoted, kind: Kind::Atomic, expr: Expr::Sequence(&[Expr::One(Set { ascii: 0x400000000, others: &[] }), Expr::Repeated(&Expr::Choice(&[Expr::Sequence(&[Expr::One(Set { ascii: 0x100000000000000000000000, others: &[] }), Expr::One(Set { ascii: 0xffffffffffffffffffffffffffffffff, others: &[('\u{80}', '\u{10ffff}')] })]), Expr::One(Set { ascii: 0xfffffffffffffffffffffffbffffffff, others: &[('\u{80}', '\u{10ffff}')] })])), Expr::One(Set { ascii: 0x400000000, others: &[] }), Expr::Not(&Expr::One(Set { ascii: 0x40000000400000000000000000000000, others: &[] }))]) },
            Row { name: Rule::r#word, kind: Kind::Atomic, expr: Expr::Sequence(&[Expr::RepeatedOnce(&Expr::Choice(&[Expr::One(Set { ascii: 0x7fffffe87ffffff8bff54b800000000, others: &[('\u{80}', '\u{10ffff}')] }), Expr::Sequence(&[Expr::One(Set { ascii: 0x100000000000000000000000, others: &[] }), Expr::One(Set { ascii: 0xffffffffffffffffffffffffffffffff, others: &[('\u{80}', '\u{10ffff}')] })])])), Expr::Not(&Expr::One(Set { ascii: 0x40000000400000000000000000000000, others: &[] }))]) },
            Row { name: Rule::r#word_char, kind: Kind::Silent, expr: Expr::One(Set { ascii: 0x7fffffe87ffffff8bff54b800000000, others: &[('\u{80}', '\u{10ffff}')] }) },
            Row { name: Rule::r#name, kind: Kind::Atomic, expr: Expr::RepeatedOnce(&Expr::Choice(&[Expr::One(Set { ascii: 0x7fffffe87ffffff03ff400000000000, others: &[('\u{80}', '\u{10ffff}')] }), Expr::Sequence(&[Expr::One(Set { ascii: 0x100000000000000000000000, others: &[] }), Expr::One(Set { ascii: 0xffffffffffffffffffffffffffffffff, others: &[('\u{80}', '\u{10ffff}')] })])])) },
            Row { name: Rule::r#name_char, kind: Kind::Silent, expr: Expr::One(Set { ascii: 0x7fffffe87ffffff03ff400000000000, others: &[('\u{80}', '\u{10ffff}')] }) },
        ],
        whitespace: Some(1),
        comment: None,
    }
};

impl pest::Parser<Rule> for Grammar {
    fn parse(rule: Rule, text: &str) -> Result<pest::iterators::Pairs<'_, Rule>, pest::error::Error<Rule>> {
        TABLE.parse(rule as usize, text)
    }
}
