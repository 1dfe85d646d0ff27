//! All lints.

use super::Lint;

/// Every lint, in the order of the codes.
pub static ALL: &[&Lint] = super::file::ALL;

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
