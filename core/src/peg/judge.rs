//! Pest's own interpreter of grammars, for tests.

use pest::error::{Error, ErrorVariant, InputLocation};
use pest::iterators::Pairs;
use pest::{Parser, RuleType};

/// Holds the parser `G` to pest's interpreter of `grammar`: over the texts, over every piece of them from their start,
/// and over each of them without one of its characters.
pub(crate) fn does_as_pest<G: Parser<R>, R: RuleType>(grammar: &str, rule: R, texts: &[&str]) {
    let (_, rules) = pest_meta::parse_and_optimize(grammar).unwrap();
    let judge = pest_vm::Vm::new(rules);
    let name = format!("{rule:?}");
    for text in texts {
        assert!(G::parse(rule, text).is_ok(), "a text that is right: {text}\n{:?}", G::parse(rule, text));
        for (at, char) in text.char_indices() {
            let without = format!("{}{}", &text[..at], &text[at + char.len_utf8()..]);
            for piece in [&text[..at], &without, text] {
                assert_eq!(told(G::parse(rule, piece)), told(judge.parse(&name, piece)), "{piece}");
            }
        }
    }
}

/// The nodes with their places, or what was expected and where.
pub(crate) fn told<R: RuleType>(parsed: Result<Pairs<'_, R>, Error<R>>) -> Vec<String> {
    let name = |rule: &R| format!("{rule:?}").trim_matches('"').to_owned();
    match parsed {
        Ok(pairs) => pairs
            .flatten()
            .map(|pair| format!("{} {}..{}", name(&pair.as_rule()), pair.as_span().start(), pair.as_span().end()))
            .collect(),
        Err(error) => {
            let ErrorVariant::ParsingError { positives, negatives } = &error.variant else { panic!("{error}") };
            let InputLocation::Pos(at) = error.location else { panic!("{error}") };
            let mut told: Vec<_> =
                positives.iter().map(name).chain(negatives.iter().map(|r| format!("no {}", name(r)))).collect();
            told.sort_unstable();
            told.insert(0, format!("at {at}"));
            told
        }
    }
}

#[test]
fn tables_are_those_of_the_grammars() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/grammar")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "pest") {
            let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
            let table = kqlc_peg::table(&read(&path)).unwrap();
            assert!(table == read(&path.with_extension("rs")), "{}: `cargo run -p kqlc-peg`", path.display());
        }
    }
}
