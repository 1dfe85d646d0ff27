//! What can be done about findings: the fixes they come with, and a comment that silences them.

use serde_json::{Value, json};

use super::document::Document;
use super::position::difference;
use super::protocol::Range;
use super::publish::published;
use super::settings::Rulings;
use crate::cli::analysis::{Analysis, is_syntax};
use crate::diagnostic::{Applicability, Diagnostic, Edit, Severity};
use crate::lint::{fix, registry};
use crate::schema::Schemas;
use crate::source::{SourceFile, Span};
use crate::syntax::token::tokens;
use crate::yaml::Node;

/// The kind of the action that applies all safe fixes.
pub(super) const FIX_ALL: &str = "source.fixAll.kqlc";
/// The kind of all others.
pub(super) const QUICK_FIX: &str = "quickfix";

/// For how many findings of a stretch a comment is offered.
const MOST_SILENCED: usize = 8;

/// The actions for a stretch of a document. `only` says which kinds are wanted, all where it says nothing.
pub(super) fn actions(
    document: &Document,
    (rulings, schemas): (&Rulings, &Schemas),
    range: Range,
    only: Option<&[String]>,
) -> Vec<Value> {
    // A kind that is asked for stands for those below it: `source` for `source.fixAll.kqlc`.
    let wanted = |kind: &str| {
        let is = |asked: &String| {
            asked.is_empty()
                || kind.strip_prefix(asked.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        only.is_none_or(|only| only.iter().any(is))
    };
    let analysis = document.analysis(rulings, schemas);
    let mut actions = Vec::new();
    if wanted(QUICK_FIX) {
        let asked = document.lines.span(&document.text, range);
        let touched = |span: Span| span.start <= asked.end && asked.start <= span.end;
        let findings = analysis.findings.iter().map(|finding| &finding.diagnostic);
        let findings: Vec<&Diagnostic> = findings.filter(|found| touched(found.span)).collect();
        actions.extend(findings.iter().filter_map(|found| mend(document, found)));
        let mut silenced = Vec::new();
        for found in findings {
            // Each try is a check of the file.
            if silenced.len() < MOST_SILENCED
                && registry::find(found.code.id).is_some()
                && !silenced.contains(&(found.code.id, found.span))
            {
                silenced.push((found.code.id, found.span));
                actions.extend(silence(document, (rulings, schemas), analysis, found));
            }
        }
    }
    if wanted(FIX_ALL) {
        actions.extend(fix_all(document, (rulings, schemas)));
    }
    actions
}

/// The fix that a finding comes with. One that may change the meaning says so, and is never the preferred one.
fn mend(document: &Document, found: &Diagnostic) -> Option<Value> {
    let fix = found.fix.as_ref().filter(|fix| fix.applicability > Applicability::DisplayOnly)?;
    let safe = fix.applicability == Applicability::Safe;
    let mut title = fix.message.clone();
    if let Some(first) = title.get(..1) {
        title = first.to_uppercase() + &title[1..];
    }
    if !safe {
        title.push_str(" (may change the meaning)");
    }
    Some(action(document, QUICK_FIX, &format!("{title} [{}]", found.code.id), Some(found), safe, &fix.edits))
}

/// A comment that silences a finding, if there is a place for one at which it does and breaks nothing.
fn silence(
    document: &Document,
    (rulings, schemas): (&Rulings, &Schemas),
    analysis: &Analysis,
    found: &Diagnostic,
) -> Option<Value> {
    let text = &document.text;
    let start = found.span.start as usize;
    let line_start = text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let line_end = text[start..].find(['\n', '\r']).map_or(text.len(), |at| start + at);
    let line = &text[line_start..line_end];
    let code = found.code.id;
    let indent = &line[..line.len() - line.trim_start().len()];
    let line_break = if text[line_end..].starts_with("\r\n") { "\r\n" } else { "\n" };
    let mut tries = Vec::new();
    if let Some(list) = line.find("kqlc: ignore[")
        && let Some(end) = line[list..].find(']')
    {
        tries.push(Edit::insert(line_start + list + end, format!(", {code}")));
    }
    for mark in ["//", "#"] {
        tries.push(Edit::insert(line_end, format!(" {mark} kqlc: ignore[{code}]")));
        tries.push(Edit::insert(line_start, format!("{indent}{mark} kqlc: ignore[{code}]{line_break}")));
    }
    let count = |analysis: &Analysis, wanted: &dyn Fn(&Diagnostic) -> bool| {
        analysis.findings.iter().filter(|finding| wanted(&finding.diagnostic)).count()
    };
    let of_code = |found: &Diagnostic| found.code.id == code;
    let is_error = |found: &Diagnostic| found.severity == Severity::Error || found.code.id == "F099";
    let (alike, errors) = (count(analysis, &of_code), count(analysis, &is_error));
    let own = usize::from(is_error(found));
    let edit = tries.into_iter().find(|edit| {
        let mut changed = text.clone();
        changed.insert_str(edit.span.start as usize, &edit.replacement);
        let after = document.analyse(SourceFile::from_text(analysis.file.name(), changed), rulings, schemas);
        // A comment within a text is part of the text, and one in a query may take what follows.
        content(&after) == content(analysis)
            && count(&after, &of_code) < alike
            && count(&after, &is_error) + own <= errors
    })?;
    let title = format!("Ignore {code} ({}) on this line", found.code.name);
    Some(action(document, QUICK_FIX, &title, Some(found), false, &[edit]))
}

/// What a file says, its comments apart: the values of its rules, and the words of its queries.
fn content(analysis: &Analysis) -> Vec<String> {
    let queries = &analysis.content.queries;
    let words = |text: &str| tokens(text).iter().map(|token| token.span.of(text)).collect::<Vec<_>>().join(" ");
    let mut content: Vec<String> = queries.iter().map(|query| words(&query.text)).collect();
    let mut open: Vec<&Node> = analysis.content.rules.iter().map(|rule| &rule.node).collect();
    while let Some(node) = open.pop() {
        if let Some(scalar) = node.as_scalar() {
            let is_query = queries.iter().any(|query| query.text == scalar.text);
            content.extend((!is_query).then(|| scalar.text.clone()));
        }
        open.extend(node.as_sequence().into_iter().flatten());
        open.extend(node.as_mapping().into_iter().flatten().map(|entry| &entry.value));
    }
    content
}

/// All safe fixes of the document.
fn fix_all(document: &Document, (rulings, schemas): (&Rulings, &Schemas)) -> Option<Value> {
    let file = document.file();
    let again = |file: &SourceFile| {
        let file = SourceFile::from_text(file.name(), file.text());
        document.analyse(file, rulings, schemas).findings.into_iter().map(|finding| finding.diagnostic).collect()
    };
    let fixed = fix::fix(&file, Applicability::Safe, &again, &is_syntax);
    let (span, replacement) = difference(&document.text, &fixed.text)?;
    let count = fixed.applied.values().sum::<usize>();
    let title = format!("Apply all safe fixes of kqlc ({count})");
    Some(action(document, FIX_ALL, &title, None, false, &[Edit { span, replacement }]))
}

fn action(
    document: &Document,
    kind: &str,
    title: &str,
    about: Option<&Diagnostic>,
    preferred: bool,
    edits: &[Edit],
) -> Value {
    let edits: Vec<Value> =
        edits.iter().map(|edit| json!({ "range": document.range(edit.span), "newText": edit.replacement })).collect();
    let mut action = json!({
        "title": title,
        "kind": kind,
        "edit": { "changes": { document.uri.as_str(): edits } },
    });
    if let Some(found) = about {
        action["diagnostics"] = json!([published(document, found)]);
    }
    if preferred {
        action["isPreferred"] = json!(true);
    }
    action
}
