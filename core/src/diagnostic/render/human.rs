//! Snippets with the words underlined, in the manner of rustc and Ruff.

use std::borrow::Cow;
use std::fmt::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Patch, Renderer, Snippet};

use super::elide::{Mark, View, views};
use super::{ORIGIN, Report, extent, visible, visible_line};
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, NoteKind, Severity};
use crate::source::{Location, SourceFile, Span};

/// Long lines are cut beforehand, by what matters in them; the library's own cutting is not to come on top.
const WIDTH: usize = 100_000;
/// Of a replacement, this many characters of a line and this many lines are shown.
const REPLACEMENT_WIDTH: usize = 160;
const REPLACEMENT_LINES: usize = 12;
/// A change to more lines than this is told and not shown.
const MAX_FIX_LINES: usize = 60;

/// Appends each diagnostic, with an empty line behind it.
pub(super) fn render(report: &Report<'_>, coloured: bool, out: &mut String) {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(WIDTH).decor_style(DecorStyle::Ascii);
    let path = visible_line(report.file.name());
    for diagnostic in report.diagnostics {
        let (finding, places) = finding(report.file, diagnostic);
        let mut groups = vec![finding];
        groups.extend(diagnostic.fix.as_ref().map(|fix| suggestion(report.file, fix)));
        for line in with_origins(&renderer.render(&groups), &path, &places).lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push('\n');
    }
}

/// The library writes a snippet's path and the place of its first mark, counted in the view. Here the view's path,
/// [`ORIGIN`], and the place behind it give way to those of the file.
fn with_origins(text: &str, path: &str, places: &[Location]) -> String {
    let mut parts = text.split(ORIGIN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, place) in parts.zip(places) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{path}:{}:{}", place.line, place.column);
        out.push_str(part.trim_start_matches(|character: char| character == ':' || character.is_ascii_digit()));
    }
    out
}

const fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Info => Level::INFO,
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    }
}

/// The headline, the words, the related places and the notes; and the place each snippet is headed with.
fn finding<'a>(file: &SourceFile, diagnostic: &'a Diagnostic) -> (Group<'a>, Vec<Location>) {
    let title = level(diagnostic.severity).primary_title(visible(&diagnostic.message)).id(diagnostic.code.id);
    let mut group = Group::with_title(title);

    let mut labels = vec![(diagnostic.span, visible(&diagnostic.label))];
    let mut marks = vec![Mark::of_words(file, diagnostic.span)];
    for related in &diagnostic.related {
        let mark = Mark::of_words(file, related.span);
        let message = visible(&related.message);
        match marks.iter().position(|&other| other == mark) {
            // One place is underlined once, whatever there is to say about it.
            Some(index) if labels[index].1.is_empty() => labels[index].1 = message,
            Some(index) => labels[index].1 = Cow::Owned(format!("{}; {message}", labels[index].1)),
            None => {
                labels.push((related.span, message));
                marks.push(mark);
            }
        }
    }
    let mut views = views(file, &marks);
    // The finding comes first, wherever in the file the places are that explain it.
    views.sort_by_key(|view| view.marks.iter().all(|&(index, _)| index > 0));
    let mut places = Vec::with_capacity(views.len());
    for view in views {
        let first = view.marks.iter().map(|&(index, _)| index).min().unwrap_or(0);
        places.push(extent(file, labels[first].0).0);
        group = group.element(snippet(view, &labels));
    }
    for note in &diagnostic.notes {
        let level = match note.kind {
            NoteKind::Note => Level::NOTE,
            NoteKind::Help => Level::HELP,
        };
        group = group.element(level.message(visible(&note.text)));
    }
    if let Some(official) = diagnostic.official {
        group = group.element(Level::NOTE.message(format!("Microsoft's analyser calls this {official}")));
    }
    (group, places)
}

fn snippet<'a>(view: View, labels: &[(Span, Cow<'a, str>)]) -> Snippet<'a, Annotation<'a>> {
    let annotations = view.marks.into_iter().map(|(index, range)| {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(range).label(Some(labels[index].1.clone()).filter(|label| !label.is_empty()))
    });
    Snippet::source(view.text).path(ORIGIN).line_start(view.first_line).annotations(annotations)
}

/// The change that mends it, as changed lines.
fn suggestion<'a>(file: &SourceFile, fix: &'a Fix) -> Group<'a> {
    let message = visible(&fix.message);
    let message = match fix.applicability {
        Applicability::Safe => message,
        Applicability::Unsafe => Cow::Owned(format!("{message} (may change what the rule means)")),
        Applicability::DisplayOnly => Cow::Owned(format!("{message} (for you to decide)")),
    };
    let group = Group::with_title(Level::HELP.secondary_title(message));

    let mut edits: Vec<(Mark, &Edit)> = fix.edits.iter().map(|edit| (Mark::of_edit(file, edit.span), edit)).collect();
    edits.sort_by_key(|(_, edit)| edit.span);
    let disjoint = edits.windows(2).all(|pair| !pair[0].0.overlaps(pair[1].0));
    if !disjoint || edits.iter().map(|(mark, _)| mark.breaks()).sum::<usize>() > MAX_FIX_LINES {
        return group;
    }
    let marks: Vec<Mark> = edits.iter().map(|&(mark, _)| mark).collect();
    group.elements(views(file, &marks).into_iter().map(|view| {
        let patches =
            view.marks.into_iter().map(|(index, range)| Patch::new(range, replacement(&edits[index].1.replacement)));
        Element::from(Snippet::source(view.text).line_start(view.first_line).patches(patches))
    }))
}

/// A replacement as it is shown: with line feeds, and not at any length.
fn replacement(text: &str) -> String {
    let text = visible(&text.replace("\r\n", "\n").replace('\r', "\n")).into_owned();
    let cut = |line: &str| match line.char_indices().nth(REPLACEMENT_WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    };
    let mut lines: Vec<String> = text.split('\n').take(REPLACEMENT_LINES).map(cut).collect();
    if text.split('\n').nth(REPLACEMENT_LINES).is_some() {
        lines.push("…".to_owned());
    }
    lines.join("\n")
}
