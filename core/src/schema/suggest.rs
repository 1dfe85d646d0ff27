//! Names near a misspelt one, and names that match a wildcard.

use std::cell::LazyCell;

use rapidfuzz::distance::osa::{Args, BatchComparator};

/// The candidate nearest to a misspelt name, where one is near enough to be worth a hint.
///
/// Case counts for nothing, a pair of letters swapped for one mistake; a third of the letters may be wrong. Of
/// candidates equally near the first one wins.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let letters = Letters::of(name);
    let limit = letters.count / 3;
    let comparator = LazyCell::new(|| BatchComparator::new(wanted.chars()));
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let bound = best.map_or(limit, |(distance, _)| distance.saturating_sub(1));
        if letters.least_distance(Letters::of(candidate)) > bound || best.is_some_and(|(distance, _)| distance == 0) {
            continue;
        }
        let candidate_letters = candidate.chars().flat_map(char::to_lowercase).collect::<Vec<_>>();
        let within = Args::default().score_cutoff(bound);
        if let Some(distance) = comparator.distance_with_args(candidate_letters.iter().copied(), &within) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// What can be seen of a name's distance to others without comparing them letter by letter.
#[derive(Clone, Copy)]
struct Letters {
    /// How many there are, in lower case.
    count: usize,
    /// Which there are: a bit for each, shared by letters 64 apart.
    which: u64,
}

impl Letters {
    fn of(name: &str) -> Self {
        let mut letters = Self { count: 0, which: 0 };
        for letter in name.chars().flat_map(char::to_lowercase) {
            letters.count += 1;
            letters.which |= 1 << (u32::from(letter) % 64);
        }
        letters
    }

    /// A distance is at least the difference in length; and at least the number of letters that only one of the names
    /// has, since an edit takes away one at most, and brings one.
    fn least_distance(self, other: Self) -> usize {
        let (gone, new) = (self.which & !other.which, other.which & !self.which);
        let letters = gone.count_ones().max(new.count_ones()) as usize;
        letters.max(self.count.abs_diff(other.count))
    }
}

/// Whether a name matches a pattern in which `*` stands for any characters, none included. Case counts.
pub fn matches_wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() && !pattern.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rapidfuzz::distance::osa;

    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let names = ["SecurityEvent", "SecurityAlert", "Event", "Syslog"];
        assert_eq!(nearest("securityevent", names), Some("SecurityEvent"));
        assert_eq!(nearest("SecurtiyEvent", names), Some("SecurityEvent"));
        assert_eq!(nearest("SecurityEvents", names), Some("SecurityEvent"));
        assert_eq!(nearest("Sislog", names), Some("Syslog"));
        assert_eq!(nearest("Whatever", names), None);
        assert_eq!(nearest("x", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(nearest("ab", ["AB", "ab"]), Some("AB"));
    }

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, name) in [("Dev*", "DeviceInfo"), ("*Info", "DeviceInfo"), ("*", "x"), ("D*c*o", "DeviceInfo")] {
            assert!(matches_wildcard(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("dev*", "DeviceInfo"), ("a*ab", "ab"), ("", ""), ("", "x"), ("x", "xy"), ("*x*", "y")]
        {
            assert!(!matches_wildcard(pattern, name), "{pattern} {name}");
        }
    }

    /// The definition, without the shortcuts.
    fn nearest_slowly<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
        let distance = |candidate: &str| osa::distance(name.to_lowercase().chars(), candidate.to_lowercase().chars());
        let (least, best) =
            candidates.iter().map(|candidate| (distance(candidate), *candidate)).min_by_key(|(d, _)| *d)?;
        (least <= name.to_lowercase().chars().count() / 3).then_some(best)
    }

    proptest! {
        #[test]
        fn shortcuts_change_no_answer(name in "[a-eA-E_éİ]{0,9}", others in proptest::collection::vec("[a-eA-E_éİ]{0,9}", 0..6)) {
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            prop_assert_eq!(nearest(&name, others.iter().copied()), nearest_slowly(&name, &others));
        }

        #[test]
        fn a_wildcard_agrees_with_the_regular_expression(pattern in "[ab*]{1,6}", name in "[ab]{0,8}") {
            let regex = regex::Regex::new(&format!("^{}$", pattern.replace('*', ".*"))).expect("a sound pattern");
            prop_assert_eq!(matches_wildcard(&pattern, &name), regex.is_match(&name));
        }
    }
}
