//! Runs the lints that are selected over a file.

use crate::diagnostic::Diagnostic;
use crate::rule::ScalarStyle;
use crate::source::{SourceFile, Span};

use super::context::{Intent, QueryContext, QueryView, RuleContext, Subject, TextContext};
use super::ignores::Ignores;
use super::nodes::Nodes;
use super::pack::{Claim, Taken};
use super::{Category, Check, Lint, Selection, portability, registry};

/// The lints of a run, by what they look at.
#[derive(Debug, Default)]
pub struct Linter {
    text: Vec<&'static Lint>,
    rule: Vec<&'static Lint>,
    query: Vec<&'static Lint>,
    losses: Vec<&'static Lint>,
    targets: Vec<&'static str>,
    pack: Vec<&'static Lint>,
    ignores: Option<&'static Lint>,
    selection: Selection,
}

/// A finding, and the query it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was found. Spans count in the decoded file.
    pub diagnostic: Diagnostic,
    /// Which query of the file it is about; `None` for the file as such.
    pub query: Option<usize>,
}

/// What the lints say of a file.
#[derive(Debug, Default)]
pub struct Checked {
    /// What was found, in the order of the file, without what comments silence.
    pub findings: Vec<Finding>,
    /// What its rules lay claim to.
    pub claims: Vec<Claim>,
}

impl Linter {
    /// The lints that a selection takes.
    pub fn new(selection: Selection) -> Self {
        let mut linter = Self::default();
        for lint in registry::ALL.iter().copied().filter(|lint| selection.runs(lint)) {
            match lint.check {
                Check::Text(_) => linter.text.push(lint),
                Check::Rule(_) => linter.rule.push(lint),
                Check::Query(_) => linter.query.push(lint),
                Check::Losses(_) => linter.losses.push(lint),
                Check::Pack(_) => linter.pack.push(lint),
                Check::Ignores => linter.ignores = Some(lint),
            }
        }
        linter.selection = selection;
        linter
    }

    /// The same, with the names of the languages that rules are to be written in. Without any, none can lose anything.
    #[must_use]
    pub fn for_targets(mut self, targets: Vec<&'static str>) -> Self {
        self.targets = targets;
        self
    }

    /// What it was made for.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The languages that rules are to be written in.
    pub fn targets(&self) -> &[&'static str] {
        &self.targets
    }

    /// Whether a lint runs.
    pub fn runs(&self, lint: &Lint) -> bool {
        self.selection.runs(lint)
    }

    /// What the lints say of a file. `leave_out` says which lints do not run over this file.
    pub fn check(&self, subject: &Subject<'_>, leave_out: &dyn Fn(&Lint) -> bool) -> Checked {
        let mut checked = Checked::default();
        self.check_text(subject, leave_out, &mut checked);
        for index in 0..subject.rules.len() {
            self.check_rule(subject, index, leave_out, &mut checked);
        }
        for index in 0..subject.queries.len() {
            self.check_query(subject, index, leave_out, &mut checked);
        }
        let ignores = Ignores::of(subject.file, subject.queries);
        if !ignores.all.is_empty() {
            checked.findings.retain(|finding| !ignores.silence(subject.file, &finding.diagnostic));
            for claim in &mut checked.claims {
                claim.silenced = ignores.silence(subject.file, &Diagnostic::new(&claim.lint.code, claim.span, ""));
            }
            if let Some(lint) = self.ignores.filter(|lint| !leave_out(lint)) {
                let mut found = Vec::new();
                let runs = |lint: &Lint| self.selection.runs(lint) && !leave_out(lint);
                super::file::unused_ignore::check(subject, &ignores, &runs, &mut found);
                self.take(lint, None, found, &mut checked);
            }
        }
        checked.findings.sort_by_key(|finding| (finding.diagnostic.span, finding.diagnostic.code.id));
        checked
    }

    fn check_text(&self, subject: &Subject<'_>, leave_out: &dyn Fn(&Lint) -> bool, checked: &mut Checked) {
        let context = TextContext { subject };
        for lint in self.text.iter().filter(|lint| !leave_out(lint)) {
            let Check::Text(check) = lint.check else { continue };
            let mut found = Vec::new();
            check(&context, &mut found);
            self.take(lint, None, found, checked);
        }
    }

    fn check_rule(
        &self,
        subject: &Subject<'_>,
        index: usize,
        leave_out: &dyn Fn(&Lint) -> bool,
        checked: &mut Checked,
    ) {
        let rule = &subject.rules[index];
        let query = subject.queries.iter().position(|query| query.rule == Some(index));
        let intent = Intent::of(rule, subject.file.name());
        let context = RuleContext { subject, rule, intent, query: query.map(|query| &subject.queries[query]) };
        for lint in self.rule.iter().filter(|lint| !leave_out(lint)) {
            let Check::Rule(check) = lint.check else { continue };
            let mut found = Vec::new();
            check(&context, &mut found);
            self.take(lint, query, found, checked);
        }
        for lint in self.pack.iter().filter(|lint| !leave_out(lint)) {
            checked.claims.extend(Claim::of(lint, &context, query));
        }
    }

    fn check_query(
        &self,
        subject: &Subject<'_>,
        index: usize,
        leave_out: &dyn Fn(&Lint) -> bool,
        checked: &mut Checked,
    ) {
        let view = &subject.queries[index];
        let Some(query) = view.parsed.query.as_ref().filter(|_| view.parsed.is_ok() && !view.folded) else { return };
        let rule = view.rule.map(|index| &subject.rules[index]);
        let intent = rule.map(|rule| Intent::of(rule, subject.file.name()));
        let nodes = Nodes::of(query, view.bound);
        let context = QueryContext { view, query, nodes: &nodes, schemas: subject.schemas, rule, intent };
        for lint in self.query.iter().filter(|lint| !leave_out(lint)) {
            let Check::Query(check) = lint.check else { continue };
            let mut found = Vec::new();
            check(&context, &mut found);
            let found = found.into_iter().map(|diagnostic| into_file(diagnostic, view, rule, subject.file)).collect();
            self.take(lint, Some(index), found, checked);
        }
        let losses: Vec<_> = self.losses.iter().copied().filter(|lint| !leave_out(lint)).collect();
        if !self.targets.is_empty() && !losses.is_empty() {
            for (lint, diagnostic) in portability::check(&context, &self.targets, &losses) {
                self.take(lint, Some(index), vec![into_file(diagnostic, view, rule, subject.file)], checked);
            }
        }
    }

    /// What a lint of the run as a whole says of a claim that another rule has made before.
    pub fn contested(&self, claim: &Claim, taken: &Taken) -> Option<Finding> {
        let Check::Pack(check) = claim.lint.check else { return None };
        let mut diagnostic = check(claim, taken);
        diagnostic.severity = self.selection.severity(claim.lint);
        (!claim.silenced).then_some(Finding { diagnostic, query: claim.query })
    }

    fn take(&self, lint: &'static Lint, query: Option<usize>, found: Vec<Diagnostic>, checked: &mut Checked) {
        checked.findings.extend(found.into_iter().map(|mut diagnostic| {
            // A lint may call a finding less serious than its others; settings have the last word.
            if let Some(&severity) = self.selection.severities.get(lint.code.id) {
                diagnostic.severity = severity;
            }
            debug_assert_eq!(diagnostic.code.id, lint.code.id);
            Finding { diagnostic, query }
        }));
    }

    /// Whether any lint of a category runs.
    pub fn runs_any(&self, category: Category) -> bool {
        registry::ALL.iter().any(|lint| lint.category() == category && self.selection.runs(lint))
    }
}

/// A finding about a query with its spans in the file. The fix is kept only where the query stands in the file as it
/// is, so that a replacement needs no quoting.
fn into_file(
    diagnostic: Diagnostic,
    view: &QueryView<'_>,
    rule: Option<&crate::rule::Rule>,
    file: &SourceFile,
) -> Diagnostic {
    let style = rule.and_then(|rule| rule.query.as_ref()).map(|query| (query.style, query.alias));
    let as_it_is = match style {
        None | Some((ScalarStyle::Literal | ScalarStyle::Folded, None)) => true,
        Some(_) => false,
    };
    let verbatim = |span: Span| span.of(view.text) == view.map.span(span).of(file.text());
    let keep = diagnostic.fix.as_ref().is_some_and(|fix| {
        as_it_is && fix.edits.iter().all(|edit| verbatim(edit.span) && !edit.replacement.contains(['\n', '\r']))
    });
    let mut diagnostic = diagnostic.mapped(view.map);
    if !keep {
        diagnostic.fix = None;
    }
    diagnostic
}
