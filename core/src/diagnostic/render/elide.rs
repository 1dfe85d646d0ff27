//! The part of a file that a snippet shows: the lines that matter, and of very long lines the stretches that do.
//!
//! The text of a view has line feeds for line breaks whatever the file has, so that its lines are the file's lines
//! and the snippet library numbers them as the rest of kqlc does.

use crate::source::{Location, SourceFile, Span};

/// Lines up to this length, in bytes, are shown whole.
const WHOLE_LINE: usize = 160;
/// Of a longer line: how many characters are shown before a place that matters, and behind it.
const BEFORE: usize = 50;
const AFTER: usize = 70;
/// What stands for characters that are left out.
const CUT: &str = "…";
/// Marks further apart than this many lines are shown in separate views.
const MAX_GAP: usize = 200;
/// A mark over more lines than this is shown at its first line alone.
const MAX_LINES: usize = 1000;
/// How many lines of a mark over several lines are shown at its start and at its end.
const HEAD: usize = 5;
const TAIL: usize = 2;

/// A place as a view counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Line of the file, from 1.
    line: usize,
    /// Byte within the line.
    byte: usize,
}

/// A span to be shown, in lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    start: Place,
    end: Place,
}

impl Mark {
    /// The mark of words that are to be underlined: it never reaches over the break of its last line.
    pub(super) fn of_words(file: &SourceFile, span: Span) -> Self {
        let Self { start, mut end } = Self::of_edit(file, span);
        if end.line > start.line && end.byte == 0 {
            end.line -= 1;
            end.byte = file.line(end.line).len();
        }
        if end.line - start.line > MAX_LINES {
            end = Place { line: start.line, byte: file.line(start.line).len() };
        }
        Self { start, end }
    }

    /// The mark of words that are to be replaced: exactly those.
    pub(super) fn of_edit(file: &SourceFile, span: Span) -> Self {
        let (start, end) = super::extent(file, span);
        Self { start: place(file, start), end: place(file, end) }
    }

    /// How many line breaks it covers.
    pub(super) fn breaks(self) -> usize {
        self.end.line - self.start.line
    }

    /// Whether `other` begins before this one ends.
    pub(super) fn overlaps(self, other: Self) -> bool {
        other.start < self.end && self.start < other.end
    }
}

fn place(file: &SourceFile, location: Location) -> Place {
    let line = file.line(location.line);
    let characters = location.column - 1;
    // The first way is there for files whose one line has megabytes, and many findings.
    let byte = if line.is_ascii() {
        characters.min(line.len())
    } else {
        line.char_indices().nth(characters).map_or(line.len(), |(byte, _)| byte)
    };
    Place { line: location.line, byte }
}

/// Some lines of a file, as a snippet shows them.
#[derive(Debug)]
pub(super) struct View {
    /// The number of the first line.
    pub(super) first_line: usize,
    /// The lines, each ended by a line feed but the last.
    pub(super) text: String,
    /// Which marks it shows: indices in the list it was made from, and their ranges in [`text`](Self::text).
    pub(super) marks: Vec<(usize, std::ops::Range<usize>)>,
}

/// Cuts out of a file what is needed to show `marks`. Each mark is in one view; views come in order of lines.
pub(super) fn views(file: &SourceFile, marks: &[Mark]) -> Vec<View> {
    let mut order: Vec<usize> = (0..marks.len()).collect();
    order.sort_by_key(|&index| (marks[index].start, marks[index].end));
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for index in order {
        let mark = marks[index];
        match groups.last_mut() {
            Some((last_line, group)) if mark.start.line <= *last_line + MAX_GAP => {
                *last_line = mark.end.line.max(*last_line);
                group.push(index);
            }
            _ => groups.push((mark.end.line, vec![index])),
        }
    }
    groups.into_iter().map(|(last_line, group)| view(file, marks, &group, last_line)).collect()
}

fn view(file: &SourceFile, marks: &[Mark], group: &[usize], last_line: usize) -> View {
    let first_line = group.iter().map(|&index| marks[index].start.line).min().unwrap_or(1);
    let mut text = String::new();
    let mut lines = Vec::with_capacity(last_line - first_line + 1);
    for number in first_line..=last_line {
        if number > first_line {
            text.push('\n');
        }
        let mut points = Vec::new();
        let mut near = false;
        for &Mark { start, end } in group.iter().map(|&index| &marks[index]) {
            points.extend([start, end].iter().filter(|place| place.line == number).map(|place| place.byte));
            // The snippet library also shows a single line between two that it has to show.
            near |= (start.line.saturating_sub(1)..start.line + HEAD).contains(&number)
                || (end.line.saturating_sub(TAIL)..=end.line + 1).contains(&number);
        }
        lines.push(if near { Line::push(&mut text, file.line(number), points) } else { Line::blank(text.len()) });
    }
    if text.is_empty() || text.ends_with('\n') {
        // Otherwise the snippet library sees no last line.
        text.push(' ');
    }
    let offset = |place: Place| lines[place.line - first_line].offset(place.byte);
    let marks = group.iter().map(|&index| (index, offset(marks[index].start)..offset(marks[index].end))).collect();
    View { first_line, text, marks }
}

/// Which stretches of a line are in a view, and where.
struct Line {
    /// Start and end in the line, start in the view; in order.
    stretches: Vec<(usize, usize, usize)>,
}

impl Line {
    /// A line of which nothing is shown, at an offset of the view.
    fn blank(at: usize) -> Self {
        Self { stretches: vec![(0, 0, at)] }
    }

    /// Appends what is to be seen of `line`, around `points`, to a view's text.
    fn push(text: &mut String, line: &str, mut points: Vec<usize>) -> Self {
        let mut wanted: Vec<(usize, usize)> = Vec::new();
        if line.len() <= WHOLE_LINE {
            wanted.push((0, line.len()));
        } else {
            if points.is_empty() {
                points.push(0);
            }
            points.sort_unstable();
            for point in points {
                let (start, end) = (back(line, point, BEFORE), forth(line, point, AFTER));
                match wanted.last_mut() {
                    Some(last) if start <= last.1 => last.1 = end.max(last.1),
                    _ => wanted.push((start, end)),
                }
            }
        }
        let mut stretches = Vec::with_capacity(wanted.len());
        let mut shown = 0;
        for (start, end) in wanted {
            if start > shown {
                text.push_str(CUT);
            }
            stretches.push((start, end, text.len()));
            text.extend(line[start..end].chars().map(printable));
            shown = end;
        }
        if shown < line.len() {
            text.push_str(CUT);
        }
        Self { stretches }
    }

    /// The offset in the view of a byte of the line; of one that is not shown, where it was cut.
    fn offset(&self, byte: usize) -> usize {
        let index = self.stretches.partition_point(|&(start, ..)| start <= byte).saturating_sub(1);
        let (start, end, at) = self.stretches[index];
        at + (byte.clamp(start, end) - start)
    }
}

/// The snippet library makes most controls visible; these it leaves. The stand-ins are as long, in bytes.
fn printable(character: char) -> char {
    match character {
        '\u{80}'..='\u{9f}' => '\u{bf}',
        '\u{200e}' | '\u{200f}' => '\u{fffd}',
        '\u{f0000}' => '\u{f0001}',
        _ => character,
    }
}

/// The start of the character `count` characters before `byte`.
fn back(line: &str, byte: usize, count: usize) -> usize {
    line[..byte].char_indices().rev().take(count).last().map_or(byte, |(start, _)| start)
}

/// The end of the character `count` characters behind `byte`.
fn forth(line: &str, byte: usize, count: usize) -> usize {
    line[byte..].char_indices().nth(count).map_or(line.len(), |(start, _)| byte + start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, spans: &[(usize, usize)]) -> Vec<(usize, String, Vec<String>)> {
        let file = SourceFile::from_text("f", text);
        let marks: Vec<Mark> = spans.iter().map(|&(start, end)| Mark::of_words(&file, Span::new(start, end))).collect();
        views(&file, &marks)
            .into_iter()
            .map(|view| {
                let words = view.marks.iter().map(|(_, range)| view.text[range.clone()].to_owned()).collect();
                (view.first_line, view.text, words)
            })
            .collect()
    }

    #[test]
    fn a_view_has_the_lines_of_the_marks_with_line_feeds() {
        let [(first, text, words)] = &shown("one\r\ntwo\rthree\nfour", &[(5, 8), (9, 14)])[..] else { panic!() };
        assert_eq!((*first, text.as_str()), (2, "two\nthree"));
        assert_eq!(words, &["two", "three"]);
    }

    #[test]
    fn a_long_line_is_cut_around_what_matters() {
        let text = format!("{}needle{}", "é".repeat(2000), "x".repeat(3000));
        let [(_, text, words)] = &shown(&text, &[(4000, 4006)])[..] else { panic!() };
        assert_eq!(words, &["needle"]);
        assert_eq!(text, &format!("…{}needle{}…", "é".repeat(BEFORE), "x".repeat(AFTER)));
    }

    #[test]
    fn the_middle_of_long_words_is_cut() {
        let [(_, _, words)] = &shown(&"x".repeat(5000), &[(100, 4900)])[..] else { panic!() };
        assert_eq!(words, &[format!("{}…{}", "x".repeat(AFTER), "x".repeat(BEFORE))]);
    }

    #[test]
    fn marks_far_apart_have_views_of_their_own() {
        let text = "word\n".repeat(1000);
        let views = shown(&text, &[(5 * 900, 5 * 900 + 4), (0, 4)]);
        assert_eq!(views.iter().map(|view| view.0).collect::<Vec<_>>(), [1, 901]);
    }

    #[test]
    fn lines_between_marks_are_left_blank() {
        let text = "word\n".repeat(100);
        let [(_, text, words)] = &shown(&text, &[(0, 4), (5 * 99, 5 * 99 + 4)])[..] else { panic!() };
        assert_eq!(text.lines().count(), 100);
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), HEAD + 1 + TAIL);
        assert_eq!(words, &["word", "word"]);
    }

    #[test]
    fn words_end_before_the_line_break() {
        assert_eq!(shown("ab\r\ncd", &[(0, 4)])[0].2, ["ab"]);
        assert_eq!(shown("ab\r\n", &[(2, 4)])[0].2, [""]);
    }
}
