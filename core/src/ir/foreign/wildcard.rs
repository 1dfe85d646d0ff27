//! Patterns of SPL and ES|QL in which `*` stands for anything.

/// What each `*` of a pattern stands for in a name; `None` where it does not fit. A `*` takes as little as it can.
pub fn fit<'n>(pattern: &str, name: &'n str) -> Option<Vec<&'n str>> {
    let mut parts = pattern.split('*');
    let mut rest = name.strip_prefix(parts.next().unwrap_or_default())?;
    let mut stars = Vec::new();
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty().then_some(stars) };
    for part in middle {
        let at = rest.find(part)?;
        stars.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    stars.push(rest.strip_suffix(last)?);
    Some(stars)
}

/// Whether a name fits a pattern.
pub fn fits(pattern: &str, name: &str) -> bool {
    fit(pattern, name).is_some()
}

/// The name that a pattern with `*` gives for what those of another stood for.
pub fn fill(pattern: &str, stars: &[&str]) -> String {
    let mut stars = stars.iter();
    let mut out = String::new();
    for (index, part) in pattern.split('*').enumerate() {
        if index > 0 {
            out.push_str(stars.next().copied().unwrap_or_default());
        }
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_and_fill() {
        assert_eq!(fit("Processes.*", "Processes.dest"), Some(vec!["dest"]));
        assert_eq!(fit("a*b*c", "a1b2bc"), Some(vec!["1", "2b"]));
        assert_eq!(fit("a", "ab"), None);
        assert_eq!(fit("*", ""), Some(vec![""]));
        assert_eq!(fill("x_*_*", &["1", "2"]), "x_1_2");
    }
}
