//! Applies fixes.

use std::collections::BTreeMap;

use crate::diagnostic::{Applicability, Diagnostic, Edit, Severity};
use crate::source::{Encoding, SourceFile};

/// How often fixes are applied before giving up on a file that does not come to rest.
const MOST_ROUNDS: usize = 50;

/// A text after its fixes.
#[derive(Debug)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// How many fixes of each code were applied.
    pub applied: BTreeMap<&'static str, usize>,
    /// Codes whose fixes would have broken the file, and were left out.
    pub withheld: Vec<&'static str>,
    /// Whether nothing was left to fix at the end.
    pub stable: bool,
}

/// Applies the fixes of a file until there are none left.
///
/// `analyse` gives the findings of a file; the fixes taken are those at least as applicable as `least`. Fixes that
/// overlap wait for the next round. A round after which the file has more syntax errors (findings for which
/// `is_syntax` holds) than before is taken back, and its fixes are tried one by one, so that only the one to blame is
/// left out.
pub fn fix(
    file: &SourceFile,
    least: Applicability,
    analyse: &dyn Fn(&SourceFile) -> Vec<Diagnostic>,
    is_syntax: &dyn Fn(&Diagnostic) -> bool,
) -> Fixed {
    let errors = |found: &[Diagnostic]| {
        found.iter().filter(|found| found.severity == Severity::Error && is_syntax(found)).count()
    };
    let again = |text: String| {
        let file = with_text(file, text);
        let found = analyse(&file);
        (file, found)
    };
    let mut fixed = Fixed { text: String::new(), applied: BTreeMap::new(), withheld: Vec::new(), stable: false };
    let most = 2 * file.text().len() + 4096;
    let (mut now, mut found) = again(file.text().to_owned());
    for _ in 0..MOST_ROUNDS {
        let wanted: Vec<&Diagnostic> = found
            .iter()
            .filter(|found| found.fix.as_ref().is_some_and(|fix| fix.applicability >= least))
            .filter(|found| !fixed.withheld.contains(&found.code.id))
            .collect();
        if wanted.is_empty() {
            fixed.stable = true;
            break;
        }
        let before = errors(&found);
        let (text, taken) = apply(now.text(), &wanted);
        let (next, next_found) = again(text);
        let (next, next_found, taken) = if errors(&next_found) <= before {
            (next, next_found, taken)
        } else {
            // One of them breaks the file: the first alone, or else without its kind.
            let first = wanted[0];
            let (text, taken) = apply(now.text(), &wanted[..1]);
            let (next, next_found) = again(text);
            if errors(&next_found) > before {
                fixed.withheld.push(first.code.id);
                continue;
            }
            (next, next_found, taken)
        };
        for code in taken {
            *fixed.applied.entry(code).or_default() += 1;
        }
        (now, found) = (next, next_found);
        // Fixes that call for each other could double the text with every round.
        if now.text().len() > most {
            break;
        }
    }
    now.text().clone_into(&mut fixed.text);
    fixed
}

/// A file like another, with a text of its own.
pub fn with_text(file: &SourceFile, text: String) -> SourceFile {
    match file.encoding() {
        Encoding::Utf8 { bom: false } => SourceFile::from_text(file.name(), text),
        encoding => match encoding.encode(&text) {
            Ok(bytes) => SourceFile::from_bytes(file.name(), bytes),
            // That it cannot be written is told when it is to be written.
            Err(_) => SourceFile::from_text(file.name(), text),
        },
    }
}

/// Applies those of the fixes that do not overlap with one before; which those were.
fn apply(text: &str, wanted: &[&Diagnostic]) -> (String, Vec<&'static str>) {
    let mut edits: Vec<&Edit> = Vec::new();
    let mut taken = Vec::new();
    for diagnostic in wanted {
        let Some(fix) = &diagnostic.fix else { continue };
        // The same edit may be asked for twice: once is enough.
        let new: Vec<&Edit> = fix.edits.iter().filter(|edit| !edits.contains(edit)).collect();
        if new.iter().any(|edit| edits.iter().any(|other| touch(edit, other))) {
            continue;
        }
        edits.extend(new);
        taken.push(diagnostic.code.id);
    }
    edits.sort_by_key(|edit| edit.span);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        // A span that is none of this text's can only come from a fault of ours; the fix is then not applied.
        let (Some(kept), true) = (text.get(at..range.start), text.is_char_boundary(range.end)) else { continue };
        out.push_str(kept);
        out.push_str(&edit.replacement);
        at = range.end;
    }
    out.push_str(&text[at..]);
    (out, taken)
}

/// Whether two edits share a byte or a place, so that their order would matter.
fn touch(one: &Edit, other: &Edit) -> bool {
    one.span.start <= other.span.end && other.span.start <= one.span.end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::code;
    use crate::source::Span;

    /// Finds each `a` and would write `b`, each `x` and would write what is `broken`.
    fn analyse(file: &SourceFile) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (at, byte) in file.text().bytes().enumerate() {
            let span = Span::new(at, at + 1);
            let edit = |text: &str| vec![Edit::replace(span, text)];
            match byte {
                b'a' => found.push(Diagnostic::new(&code::YAML_DUPLICATE_KEY, span, "").fix(
                    "",
                    Applicability::Safe,
                    edit("b"),
                )),
                b'u' => found.push(Diagnostic::new(&code::YAML_DUPLICATE_KEY, span, "").fix(
                    "",
                    Applicability::Unsafe,
                    edit("v"),
                )),
                b'x' => {
                    found.push(Diagnostic::new(&code::FIELD_TYPE, span, "").fix("", Applicability::Safe, edit("!")));
                }
                b'!' => found.push(Diagnostic::new(&code::UNEXPECTED, span, "")),
                b'o' => {
                    found.push(Diagnostic::new(&code::FILE_EMPTY, span, "").fix("", Applicability::Safe, edit("oo")));
                }
                _ => {}
            }
        }
        found
    }

    fn fixed(text: &str, least: Applicability) -> Fixed {
        let is_syntax = |found: &Diagnostic| found.code == &code::UNEXPECTED;
        fix(&SourceFile::from_text("f", text), least, &analyse, &is_syntax)
    }

    #[test]
    fn fixes_are_applied_until_none_is_left() {
        let done = fixed("-a-aa-u", Applicability::Safe);
        assert_eq!((done.text.as_str(), done.stable), ("-b-bb-u", true));
        assert_eq!(done.applied.values().sum::<usize>(), 3);
        assert_eq!(fixed("u", Applicability::Unsafe).text, "v");
    }

    #[test]
    fn a_fix_that_breaks_the_file_is_withheld_and_the_others_are_not() {
        let done = fixed("a x a", Applicability::Safe);
        assert_eq!((done.text.as_str(), done.withheld.as_slice()), ("b x b", &[code::FIELD_TYPE.id][..]));
    }

    #[test]
    fn fixes_without_end_come_to_an_end() {
        let done = fixed("o", Applicability::Safe);
        assert!(!done.stable && done.text.len() > 1);
    }

    proptest! {
        #[test]
        fn nothing_moves_but_what_is_mended(text in "[abxuv -]{0,40}") {
            let done = fixed(&text, Applicability::Safe);
            prop_assert_eq!(done.text, text.replace('a', "b"));
        }
    }
}
