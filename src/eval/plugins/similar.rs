//! `reduce`: strings in groups of those that look alike.

use std::collections::HashMap;
use std::ops::Range;

use datafusion::common::DataFusionError;

use super::{Call, Column, Fault, Given, Outcome, Table};
use crate::eval::cell::Cell;
use crate::types::Type;

/// The share of the records that a term needs, unless the query says otherwise.
const THRESHOLD: f64 = 0.1;
/// The pattern of those that are in no group.
const OTHERS: &str = "others";
/// What stands for whatever differs.
const WILDCARD: char = '*';

/// How many columns tell of groups.
pub const GROUP_COLUMNS: usize = 3;
/// The columns that tell of groups.
const COLUMNS: [(&str, Type); GROUP_COLUMNS] =
    [("Pattern", Type::String), ("Count", Type::Long), ("Representative", Type::String)];

/// The groups of similar strings, a record each, or with `source` each record with its group behind it. The arguments are
/// the strings, the threshold and the separators, each of the last two null where the query does not give it.
///
/// **The grouping is kqlc's own reading.** The page (<https://learn.microsoft.com/kusto/query/reduce-operator>) names
/// Vaarandi's "A Data Clustering Algorithm for Mining Patterns From Event Logs" (2003) as what it is largely based on, and
/// shows four examples. From that algorithm: terms are counted with their places; those of more than the threshold's share of
/// the records are frequent; strings of the same frequent terms at the same places are a group, if it has more than that
/// share, too; what is in no group is told as `others`, without a representative. What the page leaves open:
///
/// - A share is passed, not reached: so the third example has no group, though each of its ten strings is a tenth of them.
/// - A term of digits alone is a part of no pattern, which the first two examples show: a digit that a tenth of the strings
///   have is `*` there, at a threshold of a thousandth. The second shows several groups of the same pattern, which no
///   reading of the text beside it gives; here they are one.
/// - `characters` are what separates terms. Beside it stands an example which says that they do not, as the page did
///   formerly; the others, which show their answers, go by the former.
/// - Next to a wildcard, characters that the query lists are taken for a part of it (`foo*` of `fooZ1`); other separators
///   are not (`San *`). Wildcards next to each other are one.
/// - The representative is the group's first string. Groups are in the order of their sizes, of equal ones in that of their
///   first strings; the others come last.
pub fn reduce(call: &Call, source: bool) -> Outcome {
    let texts = call.cells(0)?;
    let texts: Vec<_> = texts.iter().map(Cell::to_text).collect();
    let threshold = match optional(call, 1)? {
        None => THRESHOLD,
        Some(cell) => cell
            .as_real()
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| Fault::of(1, "the threshold of `reduce` is a share from 0 to 1"))?,
    };
    let separators = match optional(call, 2)? {
        None => None,
        Some(cell) => Some(cell.as_str().ok_or_else(|| Fault::of(2, "the characters of `reduce` are a string"))?),
    };
    let (groups, of) = grouped(&texts, threshold, separators);
    let rows: Vec<usize> = if source { of } else { (0..groups.len()).collect() };
    let mut table = if source { call.input.clone() } else { Table { rows: rows.len(), ..Table::default() } };
    table.columns.extend(columns(&groups, &rows)?);
    Ok(table)
}

/// An argument that the query may leave out.
fn optional(call: &Call, index: usize) -> Result<Option<&Cell<'static>>, Fault> {
    match call.arguments.get(index).map(|argument| &argument.given) {
        None => Ok(None),
        Some(Given::Value(cell)) => Ok(Some(cell).filter(|cell| !cell.is_null())),
        Some(_) => Err(Fault::of(index, "a constant is needed here")),
    }
}

/// The columns that tell of these groups.
fn columns(groups: &[Group], rows: &[usize]) -> Result<[Column; GROUP_COLUMNS], DataFusionError> {
    let [(pattern, text), (count, long), (representative, _)] = COLUMNS;
    let of = || rows.iter().filter_map(|group| groups.get(*group));
    Ok([
        Column::new(pattern, text, of().map(|group| Cell::string(&*group.pattern)))?,
        Column::new(count, long, of().map(|group| Cell::Long(group.count)))?,
        Column::new(representative, text, of().map(|group| Cell::string(&*group.representative)))?,
    ])
}

/// Strings that look alike.
#[derive(Debug, PartialEq)]
struct Group {
    pattern: String,
    count: i64,
    representative: String,
}

/// The groups of some strings, and which is each one's.
fn grouped<T: AsRef<str>>(texts: &[T], threshold: f64, separators: Option<&str>) -> (Vec<Group>, Vec<usize>) {
    #[expect(clippy::cast_precision_loss, reason = "shares of counts of records")]
    let passes = |count: usize| count as f64 > threshold * texts.len() as f64;
    let separates = |c: char| separators.map_or(!c.is_ascii_alphanumeric(), |listed| listed.contains(c));
    let terms: Vec<Vec<Range<usize>>> = texts.iter().map(|text| terms(text.as_ref(), &separates)).collect();
    let mut counts: HashMap<(usize, &str), usize> = HashMap::new();
    for (text, terms) in texts.iter().zip(&terms) {
        for (place, term) in terms.iter().enumerate() {
            *counts.entry((place, &text.as_ref()[term.clone()])).or_default() += 1;
        }
    }
    let is_fixed = |place: usize, term: &str| {
        !term.bytes().all(|byte| byte.is_ascii_digit())
            && counts.get(&(place, term)).is_some_and(|count| passes(*count))
    };
    // The frequent terms of a string, with their places: what makes a group.
    let mut known: HashMap<Vec<(usize, &str)>, usize> = HashMap::new();
    let mut members: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for (at, (text, terms)) in texts.iter().zip(&terms).enumerate() {
        let all = terms.iter().enumerate().map(|(place, term)| (place, &text.as_ref()[term.clone()]));
        let fixed: Vec<(usize, &str)> = all.filter(|(place, term)| is_fixed(*place, term)).collect();
        if fixed.is_empty() {
            continue;
        }
        let places = fixed.iter().map(|(place, _)| *place).collect();
        let group = *known.entry(fixed).or_insert_with(|| {
            members.push((places, Vec::new()));
            members.len() - 1
        });
        if let Some((_, members)) = members.get_mut(group) {
            members.push(at);
        }
    }
    members.retain(|(_, members)| passes(members.len()));
    // Of equal sizes the one that comes first stays first.
    members.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    let mut of = vec![members.len(); texts.len()];
    let mut groups = Vec::with_capacity(members.len() + 1);
    for (number, (places, members)) in members.iter().enumerate() {
        for at in members {
            of[*at] = number;
        }
        let all = members.iter().map(|at| Parted { text: texts[*at].as_ref(), terms: &terms[*at] });
        let first = members.first().map_or("", |at| texts[*at].as_ref());
        groups.push(Group {
            pattern: pattern(&all.collect::<Vec<_>>(), places, separators.is_some()),
            count: count_of(members.len()),
            representative: first.to_owned(),
        });
    }
    let others = of.iter().filter(|group| **group == members.len()).count();
    if others > 0 {
        groups.push(Group { pattern: OTHERS.to_owned(), count: count_of(others), representative: String::new() });
    }
    (groups, of)
}

fn count_of(members: usize) -> i64 {
    i64::try_from(members).unwrap_or(i64::MAX)
}

/// The places of the terms of a text: what stands between separators.
fn terms(text: &str, separates: &impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut terms = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match start {
            Some(first) if separates(c) => {
                terms.push(first..at);
                start = None;
            }
            None if !separates(c) => start = Some(at),
            _ => {}
        }
    }
    terms.extend(start.map(|first| first..text.len()));
    terms
}

/// A text and the places of its terms.
#[derive(Clone, Copy)]
struct Parted<'t> {
    text: &'t str,
    terms: &'t [Range<usize>],
}

impl<'t> Parted<'t> {
    fn term(self, place: usize) -> &'t str {
        self.terms.get(place).and_then(|term| self.text.get(term.clone())).unwrap_or_default()
    }

    /// What stands before a term, up to the term before that; behind the last term, what is left.
    fn before(self, place: usize) -> &'t str {
        let from = place.checked_sub(1).and_then(|before| self.terms.get(before)).map_or(0, |term| term.end);
        let to = self.terms.get(place).map_or(self.text.len(), |term| term.start);
        self.text.get(from..to).unwrap_or_default()
    }
}

/// The pattern of some texts that have the terms at these places in common. `listed` says that separators next to a wildcard
/// are a part of it.
fn pattern(texts: &[Parted<'_>], places: &[usize], listed: bool) -> String {
    let mut pattern = String::new();
    let mut next = 0;
    // What all texts have between two terms, if it is the same.
    let between = |place: usize| {
        let first = texts.first()?.before(place);
        texts.iter().all(|text| text.before(place) == first).then_some(first)
    };
    for place in places {
        if *place > next {
            // Terms that differ stand before this one.
            if next > 0 && !listed {
                pattern.push_str(between(next).unwrap_or_default());
            }
            pattern.push(WILDCARD);
            if !listed {
                pattern.push_str(between(*place).unwrap_or_default());
            }
        } else {
            match between(*place) {
                Some(same) => pattern.push_str(same),
                None => pattern.push(WILDCARD),
            }
        }
        pattern.push_str(texts.first().map_or("", |text| text.term(*place)));
        next = place + 1;
    }
    if texts.iter().any(|text| text.terms.len() > next) {
        if !listed {
            pattern.push_str(between(next).unwrap_or_default());
        }
        pattern.push(WILDCARD);
    } else {
        match between(next) {
            Some(same) => pattern.push_str(same),
            None => pattern.push(WILDCARD),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The groups of some strings, as pattern, count and representative.
    fn groups(texts: &[&str], threshold: f64, separators: Option<&str>) -> Vec<String> {
        let (groups, of) = grouped(texts, threshold, separators);
        for (number, group) in groups.iter().enumerate() {
            assert_eq!(of.iter().filter(|of| **of == number).count(), usize::try_from(group.count).unwrap());
        }
        groups.iter().map(|group| format!("{}|{}|{}", group.pattern, group.count, group.representative)).collect()
    }

    #[test]
    fn the_examples_of_the_page_come_out() {
        let learning: Vec<String> = (0..1000).map(|at| format!("MachineLearningX{}", (at * 7 + 4) % 10)).collect();
        let learning: Vec<&str> = learning.iter().map(String::as_str).collect();
        assert_eq!(groups(&learning, 0.001, Some("X")), ["MachineLearning*|1000|MachineLearningX4"]);
        let foo: Vec<String> = (1..=10).map(|at| format!("fooZ{at}")).collect();
        let foo: Vec<&str> = foo.iter().map(String::as_str).collect();
        assert_eq!(groups(&foo, THRESHOLD, None), ["others|10|"]);
        assert_eq!(groups(&foo, THRESHOLD, Some("Z")), ["foo*|10|fooZ1"]);
    }

    #[test]
    fn cities_fall_into_groups_as_the_page_shows_them() {
        let cities = [
            "San Bernard",
            "Moscow",
            "One -on- One",
            "San Diego",
            "Saint Lucy",
            "Paris",
            "San Jose",
            "Saint Paul",
            "Two -on- Sea",
            "Moscow",
            "Paris",
            "Rye",
        ];
        assert_eq!(
            groups(&cities, THRESHOLD, None),
            [
                "San *|3|San Bernard",
                "Moscow|2|Moscow",
                "* -on- *|2|One -on- One",
                "Saint *|2|Saint Lucy",
                "Paris|2|Paris",
                "others|1|",
            ]
        );
    }

    #[test]
    fn a_term_counts_in_its_place() {
        assert_eq!(groups(&["a b", "b a", "a c", "b d"], 0.25, None), ["a *|2|a b", "b *|2|b a"]);
        assert_eq!(groups(&["x a", "a", "y a"], 0.5, None), ["* a|2|x a", "others|1|"]);
    }

    #[test]
    fn separators_that_differ_are_a_wildcard() {
        assert_eq!(groups(&["a-b", "a b", "a/b"], 0.5, None), ["a*b|3|a-b"]);
        assert_eq!(groups(&["(a) b", "(a) b;"], 0.5, None), ["(a) b*|2|(a) b"]);
        assert_eq!(groups(&["/a/1/c", "/a/22/c"], 0.5, Some("/")), ["/a*c|2|/a/1/c"]);
        assert_eq!(groups(&["/a/1/c", "/a/22/c"], 0.5, None), ["/a/*/c|2|/a/1/c"]);
    }

    #[test]
    fn texts_without_terms_are_others() {
        assert_eq!(groups(&["", "--", "12"], 0.1, None), ["others|3|"]);
        assert_eq!(groups(&[], 0.1, None), Vec::<String>::new());
        assert_eq!(groups(&["é a", "é a"], 0.1, Some(" ")), ["é a|2|é a"]);
    }
}
