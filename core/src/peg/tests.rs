//! The tables give what pest's own interpreter of grammars gives: nodes, and what was expected where a text is wrong.

use super::judge::told;
use super::*;

#[test]
fn a_set_has_what_its_bits_and_ranges_say() {
    let set = Set { ascii: 1 << 97 | 1 << 48, others: &[('é', 'ë'), ('\u{10000}', char::MAX)] };
    let has: String = "a0b1éêëìè😀\u{ffff}".chars().filter(|char| set.has(*char)).collect();
    assert_eq!(has, "a0éêë😀");
}

/// Every kind of expression and of rule, in a grammar small enough to see what is meant.
mod small {
    #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
    pub(super) enum Rule {
        List,
        Word,
        Pair,
        Whitespace,
        Comment,
    }
}

#[test]
fn blanks_stand_where_a_rule_lets_them() {
    use super::Rule as Row;
    use small::Rule;
    const LETTER: Expr = Expr::One(Set { ascii: 0x07ff_fffe << 96, others: &[] });
    static TABLE: Table<Rule> = Table {
        rules: &[
            Row {
                name: Rule::List,
                kind: Kind::Normal,
                expr: Expr::Spaced(&[Expr::SpacedRepeated(&Expr::Choice(&[Expr::Call(2), Expr::Call(1)])), Expr::End]),
            },
            Row { name: Rule::Word, kind: Kind::Atomic, expr: Expr::RepeatedOnce(&LETTER) },
            Row {
                name: Rule::Pair,
                kind: Kind::CompoundAtomic,
                expr: Expr::Spaced(&[Expr::Call(1), Expr::Text("="), Expr::Call(1)]),
            },
            Row { name: Rule::Whitespace, kind: Kind::Silent, expr: Expr::Text(" ") },
            Row {
                name: Rule::Comment,
                kind: Kind::Blank,
                expr: Expr::Sequence(&[Expr::Text("("), Expr::Until(&[")"]), Expr::Text(")")]),
            },
        ],
        whitespace: Some(3),
        comment: Some(4),
    };
    let nodes = |text| told(TABLE.parse(0, text));
    assert_eq!(nodes("a b(=) c=d"), ["List 0..10", "Word 0..1", "Word 2..3", "Pair 7..10", "Word 7..8", "Word 9..10"]);
    assert_eq!(nodes("a =b"), ["at 2", "Word"]);
    assert_eq!(nodes("a (b"), ["at 2", "Word"]);
}
