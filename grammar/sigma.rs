// Made of the grammar beside it by `cargo run -p kqlc-peg`; change that one.

/// The rules of the grammar.
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Rule {
    EOI,
    r#s,
    r#word_char,
    r#b,
    r#condition,
    r#or,
    r#and,
    r#not,
    r#negation,
    r#operand,
    r#selector,
    r#quantifier,
    r#pattern,
    r#name,
    r#keyword,
    r#aggregation,
    r#function,
    r#field,
    r#group,
    r#s_char,
    r#comparison,
    r#number,
    r#near,
}

#[allow(clippy::all, clippy::pedantic)]
static TABLE: crate::peg::Table<Rule> = {
    use crate::peg::{Expr, Kind, Set, Rule as Row, Table};
    Table {
        rules: &[
            Row { name: Rule::EOI, kind: Kind::Normal, expr: Expr::End },
            Row { name: Rule::r#s, kind: Kind::Silent, expr: Expr::Many(Set { ascii: 0x100002600, others: &[] }) },
            Row { name: Rule::r#word_char, kind: Kind::Silent, expr: Expr::One(Set { ascii: 0x7fffffe87fffffe03ff600000000000, others: &[] }) },
            Row { name: Rule::r#b, kind: Kind::Silent, expr: Expr::Not(&Expr::One(Set { ascii: 0x7fffffe87fffffe03ff640000000000, others: &[] })) },
            Row { name: Rule::r#condition, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Start, Expr::Call(1), Expr::Call(5), Expr::Call(1), Expr::Optional(&Expr::Sequence(&[Expr::One(Set { ascii: 0x10000000000000000000000000000000, others: &[] }), Expr::Call(1), Expr::Choice(&[Expr::Call(22), Expr::Call(15)]), Expr::Call(1)])), Expr::Call(0)]) },
            Row { name: Rule::r#or, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Call(6), Expr::Repeated(&Expr::Sequence(&[Expr::Call(1), Expr::AnyCase("or"), Expr::Call(3), Expr::Call(1), Expr::Call(6)]))]) },
            Row { name: Rule::r#and, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Call(7), Expr::Repeated(&Expr::Sequence(&[Expr::Call(1), Expr::AnyCase("and"), Expr::Call(3), Expr::Call(1), Expr::Call(7)]))]) },
            Row { name: Rule::r#not, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Repeated(&Expr::Sequence(&[Expr::Call(8), Expr::Call(1)])), Expr::Call(9)]) },
            Row { name: Rule::r#negation, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::AnyCase("not"), Expr::Call(3)]) },
            Row { name: Rule::r#operand, kind: Kind::Silent, expr: Expr::Choice(&[Expr::Sequence(&[Expr::One(Set { ascii: 0x10000000000, others: &[] }), Expr::Call(1), Expr::Call(5), Expr::Call(1), Expr::One(Set { ascii: 0x20000000000, others: &[] })]), Expr::Call(10), Expr::Call(13)]) },
            Row { name: Rule::r#selector, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Call(11), Expr::Call(1), Expr::AnyCase("of"), Expr::Call(3), Expr::Call(1), Expr::Call(12)]) },
            Row { name: Rule::r#quantifier, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Choice(&[Expr::AnyCase("all"), Expr::AnyCase("any"), Expr::Sequence(&[Expr::One(Set { ascii: 0x3ff000000000000, others: &[] }), Expr::Many(Set { ascii: 0x3ff000000000000, others: &[] })])]), Expr::Call(3)]) },
            Row { name: Rule::r#pattern, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::One(Set { ascii: 0x7fffffe87fffffe03ff640000000000, others: &[] }), Expr::Many(Set { ascii: 0x7fffffe87fffffe03ff640000000000, others: &[] })]) },
            Row { name: Rule::r#name, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Not(&Expr::Sequence(&[Expr::Call(14), Expr::Call(3)])), Expr::Sequence(&[Expr::One(Set { ascii: 0x7fffffe87fffffe03ff600000000000, others: &[] }), Expr::Many(Set { ascii: 0x7fffffe87fffffe03ff600000000000, others: &[] })]), Expr::Call(3)]) },
            Row { name: Rule::r#keyword, kind: Kind::Silent, expr: Expr::Choice(&[Expr::AnyCase("not"), Expr::AnyCase("and"), Expr::AnyCase("or")]) },
            Row { name: Rule::r#aggregation, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Call(16), Expr::Call(1), Expr::One(Set { ascii: 0x10000000000, others: &[] }), Expr::Call(1), Expr::Optional(&Expr::Call(17)), Expr::Call(1), Expr::One(Set { ascii: 0x20000000000, others: &[] }), Expr::Call(1), Expr::Optional(&Expr::Sequence(&[Expr::AnyCase("by"), Expr::Call(3), Expr::Call(1), Expr::Call(18), Expr::Call(1)])), Expr::Call(20), Expr::Call(1), Expr::Call(21)]) },
            Row { name: Rule::r#function, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Choice(&[Expr::AnyCase("count"), Expr::AnyCase("min"), Expr::AnyCase("max"), Expr::AnyCase("avg"), Expr::AnyCase("sum")]), Expr::Call(3)]) },
            Row { name: Rule::r#field, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::One(Set { ascii: 0xfffffffffffffffffffffdfeffffd9ff, others: &[('\u{80}', '\u{10ffff}')] }), Expr::Many(Set { ascii: 0xfffffffffffffffffffffdfeffffd9ff, others: &[('\u{80}', '\u{10ffff}')] })]) },
            Row { name: Rule::r#group, kind: Kind::Normal, expr: Expr::RepeatedOnce(&Expr::Sequence(&[Expr::Not(&Expr::Choice(&[Expr::Call(20), Expr::One(Set { ascii: 0x100100002600, others: &[] })])), Expr::One(Set { ascii: 0xffffffffffffffffffffffffffffffff, others: &[('\u{80}', '\u{10ffff}')] })])) },
            Row { name: Rule::r#s_char, kind: Kind::Silent, expr: Expr::One(Set { ascii: 0x100002600, others: &[] }) },
            Row { name: Rule::r#comparison, kind: Kind::Normal, expr: Expr::Choice(&[Expr::Text("<="), Expr::One(Set { ascii: 0x1000000000000000, others: &[] }), Expr::Text(">="), Expr::One(Set { ascii: 0x4000000000000000, others: &[] }), Expr::Text("=="), Expr::One(Set { ascii: 0x2000000000000000, others: &[] }), Expr::Text("!=")]) },
            Row { name: Rule::r#number, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::Optional(&Expr::One(Set { ascii: 0x200000000000, others: &[] })), Expr::Sequence(&[Expr::One(Set { ascii: 0x3ff000000000000, others: &[] }), Expr::Many(Set { ascii: 0x3ff000000000000, others: &[] })]), Expr::Optional(&Expr::Sequence(&[Expr::One(Set { ascii: 0x400000000000, others: &[] }), Expr::Sequence(&[Expr::One(Set { ascii: 0x3ff000000000000, others: &[] }), Expr::Many(Set { ascii: 0x3ff000000000000, others: &[] })])])), Expr::Call(3)]) },
            Row { name: Rule::r#near, kind: Kind::Normal, expr: Expr::Sequence(&[Expr::AnyCase("near"), Expr::Call(3), Expr::Repeated(&Expr::Any)]) },
        ],
        whitespace: None,
        comment: None,
    }
};

impl pest::Parser<Rule> for Grammar {
    fn parse(rule: Rule, text: &str) -> Result<pest::iterators::Pairs<'_, Rule>, pest::error::Error<Rule>> {
        TABLE.parse(rule as usize, text)
    }
}
