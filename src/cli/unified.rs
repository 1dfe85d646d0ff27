//! How one text differs from another, in the form of `diff -u`.
//!
//! `similar` can print this by itself, but its `TextDiff` is generic over texts, algorithms and the ways to refine what
//! they find: each place that prints one costs some seconds of a release build. The algorithm alone costs next to
//! nothing, and what is printed of its answer stands here.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, Instant};

use similar::DiffOp;
use similar::algorithms::{Capture, Replace, myers};

/// How long a diff may take before it settles for one that is not the shortest.
const TIME: Duration = Duration::from_secs(2);

/// Lines told around a change.
const CONTEXT: usize = 3;

/// What turns `old` into `new`, with the names of both; nothing where they are the same.
pub(super) fn diff(old_name: &str, old: &str, new_name: &str, new: &str) -> String {
    let (old, new) = (lines(old), lines(new));
    let mut out = String::new();
    for operations in changes(&old, &new) {
        if out.is_empty() {
            let _ = write!(out, "--- {old_name}\n+++ {new_name}\n");
        }
        let _ = writeln!(
            out,
            "@@ -{} +{} @@",
            place(&operations, DiffOp::old_range),
            place(&operations, DiffOp::new_range)
        );
        for operation in &operations {
            if let DiffOp::Equal { .. } = operation {
                told(&mut out, ' ', &old[operation.old_range()]);
            } else {
                told(&mut out, '-', &old[operation.old_range()]);
                told(&mut out, '+', &new[operation.new_range()]);
            }
        }
    }
    out
}

/// Where operations begin in one of the texts, from 1, and how many lines they take where that is not one. Of no lines
/// the one before is named.
fn place(operations: &[DiffOp], side: fn(&DiffOp) -> Range<usize>) -> String {
    let start = operations.first().map_or(0, |operation| side(operation).start);
    let end = operations.last().map_or(start, |operation| side(operation).end);
    match end.saturating_sub(start) {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    }
}

/// The lines of a text, each with its end.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// What is done to the lines, change by change with what stands around it.
fn changes(old: &[&str], new: &[&str]) -> Vec<Vec<DiffOp>> {
    let mut found = Replace::new(Capture::new());
    let until = Instant::now() + TIME;
    let Ok(()) = myers::diff_deadline(&mut found, old, 0..old.len(), new, 0..new.len(), Some(until));
    found.into_inner().into_grouped_ops(CONTEXT)
}

fn told(out: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        out.push(sign);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn a_change_is_told_with_the_lines_around_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(
            diff("a", old, "b", &old.replace("5\n", "five\n5b\n")),
            "--- a\n+++ b\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+5b\n 6\n 7\n 8\n"
        );
    }

    #[test]
    fn changes_far_apart_are_told_apart() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(diff("a", old, "a", &old.replace('1', "one").replace('9', "nine")).matches("@@ -").count(), 2);
    }

    #[test]
    fn a_missing_last_line_break_is_told() {
        assert_eq!(diff("a", "x", "b", "x\n"), "--- a\n+++ b\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n");
    }

    #[test]
    fn a_new_file_is_added_to_nothing() {
        assert_eq!(diff("/dev/null", "", "b", "x\ny\n"), "--- /dev/null\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n");
    }

    #[test]
    fn of_equal_texts_nothing_is_told() {
        assert_eq!(diff("a", "x\n", "b", "x\n"), "");
        assert_eq!(diff("a", "", "b", ""), "");
    }
}
