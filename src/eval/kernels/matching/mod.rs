//! The tests of strings: equality, parts, terms, patterns, regular expressions.
//!
//! A test against constants is prepared once and then runs over whole columns. Texts are never null here; what a null
//! side gives is for the caller to decide by the null rule of the node, and so is negation.

mod fold;
mod search;
mod terms;

use std::collections::HashSet;

use datafusion::arrow::array::{Array as _, BooleanArray, StringViewArray};
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};

use crate::ir::{CaseRule, Quantifier, RegexDialect, StringRules, StringTest, TermRule};
use search::Search;

/// The most memory that a compiled regular expression may take, in bytes.
const REGEX_SIZE: usize = 64 << 20;

/// A test of strings against constant needles.
#[derive(Debug)]
pub struct Matcher {
    case: CaseRule,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The same for every text.
    Always(bool),
    /// The text is one of these.
    OneOf(HashSet<Box<str>>),
    /// The text begins (or ends) with one or all of these.
    Edge { end: bool, needles: Vec<Box<str>>, quantifier: Quantifier },
    /// All of these searches find something.
    Found(Vec<Search>),
    /// One or all of these patterns match.
    Patterns(Vec<Regex>, Quantifier),
}

impl Matcher {
    /// A test that holds where one or all of the needles pass it. Without needles, one never does and all always do; an
    /// empty needle is part of every text.
    pub fn new<'n>(
        test: StringTest,
        rules: StringRules,
        needles: impl IntoIterator<Item = &'n str>,
        quantifier: Quantifier,
    ) -> Self {
        let mut needles: Vec<&str> = needles.into_iter().collect();
        if test.is_for_part() {
            let asked = needles.len();
            needles.retain(|needle| !needle.is_empty());
            if quantifier == Quantifier::Any && needles.len() < asked {
                return Self { case: rules.case, kind: Kind::Always(true) };
            }
        }
        let kind = if needles.is_empty() {
            Kind::Always(quantifier == Quantifier::All)
        } else {
            Self::kind(test, rules, &needles, quantifier)
        };
        Self { case: rules.case, kind }
    }

    /// A test that holds where one of several does, each for a part of a text, with a needle of its own that is not
    /// empty; nothing where one of them is another kind of test.
    pub fn any_of(rules: StringRules, tests: &[(StringTest, String)]) -> Option<Self> {
        let fits = |(test, needle): &(StringTest, String)| test.is_for_part() && !needle.is_empty();
        let pairs = tests.iter().map(|(test, needle)| (*test, needle.as_str()));
        let search = Search::new(rules.case, rules.terms, pairs).filter(|_| tests.iter().all(fits))?;
        Some(Self { case: rules.case, kind: Kind::Found(vec![search]) })
    }

    fn kind(test: StringTest, rules: StringRules, needles: &[&str], quantifier: Quantifier) -> Kind {
        let folded = || needles.iter().map(|needle| Box::from(fold::fold(rules.case, needle)));
        match test {
            StringTest::Equals => {
                let set: HashSet<Box<str>> = folded().collect();
                if quantifier == Quantifier::All && set.len() > 1 { Kind::Always(false) } else { Kind::OneOf(set) }
            }
            StringTest::StartsWith | StringTest::EndsWith => {
                Kind::Edge { end: test == StringTest::EndsWith, needles: folded().collect(), quantifier }
            }
            StringTest::Wildcard | StringTest::Glob => Kind::Patterns(
                folded().filter_map(|needle: Box<str>| pattern(&needle, test == StringTest::Glob)).collect(),
                quantifier,
            ),
            StringTest::Contains | StringTest::HasTerm | StringTest::HasPrefix | StringTest::HasSuffix => {
                let search = |needles: &[&str]| {
                    Search::new(rules.case, rules.terms, needles.iter().map(|needle| (test, *needle)))
                };
                Kind::Found(match quantifier {
                    Quantifier::Any => search(needles).into_iter().collect(),
                    Quantifier::All => needles.iter().filter_map(|needle| search(&[needle])).collect(),
                })
            }
        }
    }

    /// Whether a text passes.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.kind {
            Kind::Always(answer) => *answer,
            Kind::OneOf(set) => set.contains(&*fold::fold(self.case, text)),
            Kind::Edge { end, needles, quantifier } => {
                let text = fold::fold(self.case, text);
                quantified(*quantifier, needles, |needle| {
                    if *end { text.ends_with(&**needle) } else { text.starts_with(&**needle) }
                })
            }
            Kind::Found(searches) => searches.iter().all(|search| search.is_match(text)),
            Kind::Patterns(patterns, quantifier) => {
                let text = fold::fold(self.case, text);
                quantified(*quantifier, patterns, |pattern| pattern.is_match(&text))
            }
        }
    }

    /// Which texts pass.
    pub fn eval(&self, texts: &StringViewArray) -> BooleanArray {
        let Kind::Found(searches) = &self.kind else {
            return BooleanArray::from_unary(texts, |text| self.is_match(text));
        };
        let mut searches = searches.iter();
        let Some(first) = searches.next() else { return BooleanArray::from_unary(texts, |_| false) };
        let mut passed = first.eval(texts, |_| true).finish();
        for search in searches {
            passed = search.eval(texts, |row| passed.value(row)).finish();
        }
        BooleanArray::new(passed, None)
    }
}

fn quantified<T>(quantifier: Quantifier, items: &[T], holds: impl FnMut(&T) -> bool) -> bool {
    match quantifier {
        Quantifier::Any => items.iter().any(holds),
        Quantifier::All => items.iter().all(holds),
    }
}

/// The regular expression of a pattern for the whole text; case has been dealt with.
fn pattern(pattern: &str, glob: bool) -> Option<Regex> {
    let mut regex = String::from(r"(?s)\A");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => regex.push_str(".*"),
            '?' if glob => regex.push('.'),
            '\\' if glob => regex.push_str(&regex::escape(chars.next().unwrap_or('\\').encode_utf8(&mut [0; 4]))),
            c => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push_str(r"\z");
    RegexBuilder::new(&regex).size_limit(REGEX_SIZE).build().ok()
}

/// Whether a text passes a test against a needle; for many texts and one needle prepare a [`Matcher`].
pub fn matches(test: StringTest, rules: StringRules, text: &str, needle: &str) -> bool {
    Matcher::new(test, rules, [needle], Quantifier::Any).is_match(text)
}

/// Which texts pass a test against the needle in the same row.
///
/// # Panics
/// Where there are fewer needles than texts.
pub fn eval_rows(
    test: StringTest,
    rules: StringRules,
    texts: &StringViewArray,
    needles: &StringViewArray,
) -> BooleanArray {
    // Needles tend to come in runs, so the last one stays prepared.
    let mut last: Option<(&str, Matcher)> = None;
    let answers = (0..texts.len()).map(|row| {
        let needle = needles.value(row);
        if last.as_ref().is_none_or(|(prepared, _)| *prepared != needle) {
            last = Some((needle, Matcher::new(test, rules, [needle], Quantifier::Any)));
        }
        last.as_ref().is_some_and(|(_, matcher)| matcher.is_match(texts.value(row)))
    });
    answers.map(Some).collect()
}

/// A search with a constant regular expression.
#[derive(Debug)]
pub struct RegexMatcher(RegexKind);

#[derive(Debug)]
enum RegexKind {
    /// The expression stands for nothing but these texts.
    Texts(Matcher),
    Regex(Regex),
}

impl RegexMatcher {
    /// Prepares a search; `anchored` asks for the whole text.
    ///
    /// # Errors
    /// What is wrong with the expression, or that its dialect is not understood: expressions of Lucene are not, those of
    /// PCRE only as far as they mean the same to Kusto.
    pub fn new(pattern: &str, dialect: RegexDialect, anchored: bool, case: CaseRule) -> Result<Self, String> {
        if dialect == RegexDialect::Lucene {
            return Err("regular expressions of Lucene are not evaluated".to_owned());
        }
        if !anchored
            && case == CaseRule::Sensitive
            && let Some(texts) = regex_syntax::parse(pattern).ok().and_then(|hir| texts_of(&hir))
        {
            let rules = StringRules { case, terms: TermRule::KqlAlphanumeric, ..StringRules::KQL_SENSITIVE };
            let texts = texts.iter().map(String::as_str);
            return Ok(Self(RegexKind::Texts(Matcher::new(StringTest::Contains, rules, texts, Quantifier::Any))));
        }
        let whole;
        let pattern = if anchored {
            whole = format!(r"\A(?:{pattern})\z");
            &whole
        } else {
            pattern
        };
        RegexBuilder::new(pattern)
            .case_insensitive(case != CaseRule::Sensitive)
            .size_limit(REGEX_SIZE)
            .build()
            .map(|regex| Self(RegexKind::Regex(regex)))
            .map_err(|error| error.to_string())
    }

    /// Whether the expression matches in a text.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.0 {
            RegexKind::Texts(matcher) => matcher.is_match(text),
            RegexKind::Regex(regex) => regex.is_match(text),
        }
    }

    /// In which texts it matches.
    pub fn eval(&self, texts: &StringViewArray) -> BooleanArray {
        match &self.0 {
            RegexKind::Texts(matcher) => matcher.eval(texts),
            RegexKind::Regex(regex) => BooleanArray::from_unary(texts, |text| regex.is_match(text)),
        }
    }
}

/// The texts that an expression stands for, if it is nothing but one text or a choice of some.
fn texts_of(hir: &Hir) -> Option<Vec<String>> {
    let text = |hir: &Hir| match hir.kind() {
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).ok(),
        _ => None,
    };
    match hir.kind() {
        HirKind::Alternation(choices) => choices.iter().map(text).collect(),
        _ => text(hir).map(|text| vec![text]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use StringTest::{Contains, EndsWith, Equals, Glob, HasPrefix, HasSuffix, HasTerm, StartsWith, Wildcard};

    const CS: StringRules = StringRules::KQL_SENSITIVE;
    const CI: StringRules = StringRules::KQL_INSENSITIVE;

    #[track_caller]
    fn check(test: StringTest, rules: StringRules, text: &str, needle: &str, expected: bool) {
        assert_eq!(matches(test, rules, text, needle), expected, "{text:?} {test:?} {needle:?}");
        let texts = StringViewArray::from(vec!["", text, "another text that is longer than a view"]);
        let matcher = Matcher::new(test, rules, [needle], Quantifier::Any);
        assert_eq!(matcher.eval(&texts).value(1), expected, "as a column: {text:?} {test:?} {needle:?}");
        let needles = StringViewArray::from(vec![needle; 3]);
        assert_eq!(eval_rows(test, rules, &texts, &needles).value(1), expected);
    }

    #[test]
    fn documented_examples() {
        for (text, test, rules, needle, expected) in [
            ("aBc", Equals, CS, "aBc", true),
            ("aBc", Equals, CS, "ABC", false),
            ("abc", Equals, CI, "ABC", true),
            ("North America", HasTerm, CI, "america", true),
            ("North America", HasTerm, CI, "amer", false),
            ("North America", HasTerm, CS, "America", true),
            ("North America", HasTerm, CS, "america", false),
            ("North America", HasPrefix, CI, "ame", true),
            ("North America", HasPrefix, CI, "mer", false),
            ("North America", HasPrefix, CS, "CA", false),
            ("North America", HasSuffix, CI, "ica", true),
            ("North America", HasSuffix, CI, "americ", false),
            ("North America", HasSuffix, CS, "icA", false),
            ("FabriKam", Contains, CI, "BRik", true),
            ("Fabrikam", Contains, CI, "xyz", false),
            ("FabriKam", Contains, CS, "Kam", true),
            ("Fabrikam", StartsWith, CI, "fab", true),
            ("Fabrikam", StartsWith, CI, "kam", false),
            ("Fabrikam", StartsWith, CS, "fab", false),
            ("Fabrikam", EndsWith, CI, "Kam", true),
            ("Fabrikam", EndsWith, CS, "Kam", false),
            ("Fabrikam", EndsWith, CI, "brik", false),
        ] {
            check(test, rules, text, needle, expected);
        }
    }

    #[test]
    fn terms_end_at_all_that_is_no_letter_and_no_digit() {
        check(HasTerm, CI, "KustoExplorerQueryRun", "kusto", false);
        check(HasTerm, CI, "a_b", "a", true);
        check(HasTerm, CI, "née", "n", false);
        check(HasTerm, CI, "aab ab", "ab", true);
        check(HasTerm, CI, "run -enc AAAA", "-enc", true);
        check(HasTerm, CI, "run-encoded", "-enc", false);
        check(HasTerm, CI, "110.0.0.1", "10.0.0.1", false);
        check(HasTerm, CI, "ip=10.0.0.1;", "10.0.0.1", true);
        check(HasPrefix, CI, "a-b", "b", true);
        check(StartsWith, CI, "a-b", "b", false);
    }

    #[test]
    fn other_languages_cut_terms_in_other_places() {
        let splunk = StringRules { terms: TermRule::Splunk, ..CI };
        check(HasTerm, splunk, "a^b c", "a", false);
        check(HasTerm, splunk, "a-b c", "A-b", true);
        let words = StringRules { case: CaseRule::UnicodeInsensitive, terms: TermRule::UnicodeWords, ..CI };
        check(HasTerm, words, "can't stop", "can", false);
        check(HasTerm, words, "École 3.5", "école", true);
        check(HasTerm, words, "École 3.5", "5", false);
    }

    #[test]
    fn case_rules_differ_beyond_ascii() {
        check(Contains, CI, "ÉCOLE", "école", false);
        check(Contains, CI, "ÉCOLE", "École", true);
        check(Contains, StringRules { case: CaseRule::UnicodeInsensitive, ..CI }, "ÉCOLE", "école", true);
        check(Equals, StringRules { case: CaseRule::UnicodeInsensitive, ..CI }, "ΟΔΟΣ", "οδος", true);
    }

    #[test]
    fn patterns_stand_for_the_whole_text() {
        check(Wildcard, CI, "PowerShell.exe", "power*.EXE", true);
        check(Wildcard, CI, "PowerShell.exe", "shell*", false);
        check(Wildcard, CS, "a\nb", "a*b", true);
        check(Wildcard, CS, "a?b", "a?b", true);
        check(Wildcard, CS, "axb", "a?b", false);
        check(Glob, CS, "axb", "a?b", true);
        check(Glob, CS, "axxb", "a?b", false);
        check(Glob, CS, r"a*b", r"a\*b", true);
        check(Glob, CS, r"axb", r"a\*b", false);
        check(Glob, CS, "a.b", "a.b", true);
        check(Glob, CS, "axb", "a.b", false);
    }

    #[test]
    fn an_empty_needle_is_part_of_every_text() {
        for test in [Contains, StartsWith, EndsWith, HasTerm, HasPrefix, HasSuffix] {
            check(test, CI, "a", "", true);
        }
        check(Equals, CI, "a", "", false);
        check(Equals, CI, "", "", true);
    }

    #[test]
    fn one_or_all_of_several() {
        let text = "North and South";
        let has = |needles: &[&str], quantifier| {
            let matcher = Matcher::new(HasTerm, CI, needles.iter().copied(), quantifier);
            let column = matcher.eval(&StringViewArray::from(vec![text, "x"]));
            assert_eq!(column.value(0), matcher.is_match(text));
            column.value(0)
        };
        assert!(has(&["south", "east"], Quantifier::Any));
        assert!(!has(&["sou", "nor"], Quantifier::Any));
        assert!(has(&["sou", "south"], Quantifier::Any), "the shorter needle at the place fails, the longer does not");
        assert!(has(&["south", "north"], Quantifier::All));
        assert!(!has(&["south", "east"], Quantifier::All));
        assert!(!has(&[], Quantifier::Any) && has(&[], Quantifier::All));
        let one_of = |quantifier| Matcher::new(Equals, CI, ["a", "B"], quantifier).is_match("b");
        assert!(one_of(Quantifier::Any) && !one_of(Quantifier::All));
    }

    #[test]
    fn regular_expressions_search_anywhere() {
        let regex = |pattern, text: &str| {
            let matcher = RegexMatcher::new(pattern, RegexDialect::Kusto, false, CaseRule::Sensitive).unwrap();
            assert_eq!(matcher.eval(&StringViewArray::from(vec![text])).value(0), matcher.is_match(text));
            matcher.is_match(text)
        };
        assert!(regex("b.*k", "Fabrikam"));
        assert!(regex("brik", "Fabrikam") && !regex("Brik", "Fabrikam"));
        assert!(regex("(?i)Brik", "Fabrikam"));
        assert!(regex("abc|xyz", "-xyz-") && !regex("abc|xyz", "-ab-"));
        assert!(regex("", "a"));
        let whole = |text| {
            RegexMatcher::new("a|ab", RegexDialect::Pcre, true, CaseRule::AsciiInsensitive).unwrap().is_match(text)
        };
        assert!(whole("AB") && !whole("abc"));
        assert!(RegexMatcher::new("a(?=b)", RegexDialect::Pcre, false, CaseRule::Sensitive).is_err());
        assert!(RegexMatcher::new("a", RegexDialect::Lucene, true, CaseRule::Sensitive).is_err());
    }

    #[test]
    fn blocks_do_not_touch_each_other() {
        let texts: Vec<String> = (0..20_000).map(|i| format!("row {i} ends in po")).collect();
        let texts = StringViewArray::from_iter_values(texts.iter().flat_map(|text| [text.as_str(), "wer"]));
        let matcher = Matcher::new(Contains, CI, ["power"], Quantifier::Any);
        assert_eq!(matcher.eval(&texts).true_count(), 0);
        let matcher = Matcher::new(HasTerm, CI, ["19999", "WER"], Quantifier::Any);
        assert_eq!(matcher.eval(&texts).true_count(), 20_001);
    }

    /// The test, said as plainly as can be.
    fn plainly(test: StringTest, text: &str, needle: &str) -> bool {
        let (text, needle) = (text.to_ascii_lowercase(), needle.to_ascii_lowercase());
        let alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        text.char_indices().map(|(at, _)| at).chain([text.len()]).filter(|at| text[*at..].starts_with(&needle)).any(
            |at| {
                let end = at + needle.len();
                let left = !(alphanumeric(needle.chars().next()) && alphanumeric(text[..at].chars().next_back()));
                let right = !(alphanumeric(needle.chars().next_back()) && alphanumeric(text[end..].chars().next()));
                match test {
                    HasTerm => left && right,
                    HasPrefix => left,
                    HasSuffix => right,
                    StartsWith => at == 0,
                    EndsWith => end == text.len(),
                    Equals => at == 0 && end == text.len(),
                    _ => true,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn several_tests_agree_with_the_plain_meaning(
            texts in prop::collection::vec("[abAB_é .]{0,14}", 0..20),
            tests in prop::collection::vec(
                (prop::sample::select(vec![Contains, HasTerm, HasPrefix, HasSuffix, StartsWith, EndsWith]), "[abA_é.]{1,3}"),
                1..6,
            ),
        ) {
            let column = StringViewArray::from_iter_values(&texts);
            let matcher = Matcher::any_of(CI, &tests).unwrap();
            let answers = matcher.eval(&column);
            for (row, text) in texts.iter().enumerate() {
                let expected = tests.iter().any(|(test, needle)| plainly(*test, text, needle));
                prop_assert_eq!(answers.value(row), expected, "{:?} {:?}", text, tests);
                prop_assert_eq!(matcher.is_match(text), expected);
            }
        }

        #[test]
        fn columns_agree_with_the_plain_meaning(
            texts in prop::collection::vec("[abAB_é .]{0,14}", 0..20),
            needles in prop::collection::vec("[abA_é.]{1,3}", 1..6),
        ) {
            let column = StringViewArray::from_iter_values(&texts);
            for test in [Contains, HasTerm, HasPrefix, HasSuffix, StartsWith, EndsWith, Equals] {
                for quantifier in [Quantifier::Any, Quantifier::All] {
                    let matcher = Matcher::new(test, CI, needles.iter().map(String::as_str), quantifier);
                    let answers = matcher.eval(&column);
                    for (row, text) in texts.iter().enumerate() {
                        let expected = quantified(quantifier, &needles, |needle| plainly(test, text, needle));
                        prop_assert_eq!(answers.value(row), expected, "{:?} {:?} {:?}", text, test, needles);
                        prop_assert_eq!(matcher.is_match(text), expected);
                    }
                }
            }
        }
    }
}
