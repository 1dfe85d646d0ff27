//! All lints.

use super::Lint;

/// Every lint, in the order of the codes.
pub static ALL: &[&Lint] = &JOINED;

/// The lints of all categories, one behind the other.
static JOINED: [&Lint; COUNT] = {
    let mut all = [super::file::ALL[0]; COUNT];
    let (mut category, mut within, mut at) = (0, 0, 0);
    while at < COUNT {
        if within == CATEGORIES[category].len() {
            (category, within) = (category + 1, 0);
        } else {
            all[at] = CATEGORIES[category][within];
            (within, at) = (within + 1, at + 1);
        }
    }
    all
};

/// The lints by category, in the order of the letters that codes begin with.
const CATEGORIES: [&[&Lint]; 3] = [super::file::ALL, super::portability::ALL, super::query::ALL];

/// How many lints there are.
const COUNT: usize = CATEGORIES[0].len() + CATEGORIES[1].len() + CATEGORIES[2].len();

/// Codes and names that lints had before, and the code that each has now.
pub const REDIRECTS: &[(&str, &str)] = &[];

/// The lint of a code or a name, in any case; also by one it had before.
pub fn find(name: &str) -> Option<&'static Lint> {
    let current = REDIRECTS.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map_or(name, |&(_, now)| now);
    let is = |lint: &&&'static Lint| {
        lint.code.id.eq_ignore_ascii_case(current) || lint.code.name.eq_ignore_ascii_case(current)
    };
    ALL.iter().find(is).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::lint::Category;

    #[test]
    fn codes_and_names_are_unique_and_in_order() {
        let mut names = HashSet::new();
        for lint in ALL {
            assert!(names.insert(lint.code.name), "{} twice", lint.code.name);
            assert!(crate::diagnostic::code::ALL.iter().all(|code| code.name != lint.code.name), "{}", lint.code.name);
            let (letter, digits) = lint.code.id.split_at(1);
            assert_eq!(Category::of(letter), Some(lint.category()), "{}", lint.code.id);
            assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", lint.code.id);
        }
        assert!(ALL.is_sorted_by(|a, b| a.code.id < b.code.id), "the registry is not in the order of the codes");
    }

    #[test]
    fn names_are_kebab_case_and_say_what_would_be_allowed() {
        for lint in ALL {
            let name = lint.code.name;
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{name}");
            assert!(!["no-", "check-", "require-", "use-"].iter().any(|verb| name.starts_with(verb)), "{name}");
            assert!(lint.code.summary.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn what_was_renamed_is_still_found() {
        for (old, now) in REDIRECTS {
            assert!(find(old).is_some_and(|lint| lint.code.id == *now || lint.code.name == *now), "{old}");
            assert!(!ALL.iter().any(|lint| lint.code.id == *old || lint.code.name == *old), "{old} is given again");
        }
        assert_eq!(find("MALFORMED-ID").map(|lint| lint.code.id), Some("F002"));
        assert!(find("F000").is_none());
    }
}
