//! Sigma, by its specification 2.1 (rules, correlations, filters) and, where that no longer has it, 1.0.0 (action
//! documents, aggregations in conditions).
//!
//! A rule gives whole events of its log source, a correlation one record for each instant at which it fires. Documents
//! that others refer to give nothing themselves: rules of a correlation without `generate`, and filters.

mod condition;
mod context;
mod correlation;
mod document;
mod item;
mod modifier;
mod pattern;
mod rule;
mod scalar;
mod threshold;
mod window;

#[cfg(test)]
mod tests;

use super::{Options, ReadBack};
use crate::diagnostic::{Diagnostic, code};
use crate::ir::{Expr, Plan, Query};
use crate::source::{SourceFile, Span};
use crate::yaml;

use context::{Context, joined};
use document::{Document, Kind};
use rule::Kept;

/// How many rules a correlation may come to, those that its rules refer to included.
const MOST_DOCUMENTS: usize = 1000;

/// The documents of a file.
struct Documents {
    all: Vec<Document>,
}

impl Documents {
    /// The document of a name or id.
    fn find(&self, handle: &str) -> Option<usize> {
        self.all.iter().position(|document| document.is_called(handle))
    }

    /// Whether several documents have this name or id.
    fn is_ambiguous(&self, handle: &str) -> bool {
        self.all.iter().filter(|document| document.is_called(handle)).count() > 1
    }

    /// The filters that apply to a rule.
    fn filters_of(&self, rule: &Document) -> Vec<&Document> {
        let applies = |filter: &&Document| {
            filter.kind == Kind::Filter && filter.references().iter().any(|(name, _)| rule.is_called(name))
        };
        self.all.iter().filter(applies).collect()
    }

    /// The documents that a correlation takes in.
    fn parts(&self, correlation: &Document) -> Vec<usize> {
        if correlation.kind != Kind::Correlation {
            return Vec::new();
        }
        correlation.references().iter().filter_map(|(name, _)| self.find(name)).collect()
    }

    /// For each document whether it is only there for a correlation.
    fn silent(&self) -> Vec<bool> {
        let mut silent = vec![false; self.all.len()];
        for document in self.all.iter().filter(|document| !document.generates()) {
            for part in self.parts(document) {
                silent[part] = true;
            }
        }
        silent
    }

    /// Documents that are only there for correlations which no other document leads to: circles.
    fn circles(&self, silent: &[bool]) -> Vec<usize> {
        let mut reached = vec![false; self.all.len()];
        let mut next: Vec<usize> = (0..self.all.len()).filter(|&at| !silent[at]).collect();
        while let Some(at) = next.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                next.extend(self.parts(&self.all[at]));
            }
        }
        (0..self.all.len()).filter(|&at| !reached[at] && self.all[at].kind == Kind::Correlation).collect()
    }
}

/// Reads the documents of a file.
pub(super) fn read(file: &SourceFile, _: &Options) -> Vec<ReadBack> {
    let source = file.text();
    let nodes = match yaml::read_all(source) {
        Ok(nodes) => nodes,
        Err(error) => return vec![ReadBack::refused(error.1)],
    };
    let nodes = match document::carry_out(nodes) {
        Ok(nodes) => nodes,
        Err(diagnostic) => return vec![ReadBack::refused(*diagnostic)],
    };
    let mut found = Vec::new();
    let mut all = Vec::new();
    for node in nodes {
        match Document::new(node, source) {
            Ok(document) => all.push(document),
            Err(diagnostic) => found.push(ReadBack::refused(*diagnostic)),
        }
    }
    let documents = Documents { all };
    let silent = documents.silent();
    for at in documents.circles(&silent) {
        let span = documents.all[at].section().map_or(Span::at(0), |section| section.key.span);
        let message = "this correlation refers to itself, at last";
        found.push(ReadBack::refused(Diagnostic::new(&code::SIGMA_REFERENCE, span, message)));
    }
    for (index, document) in documents.all.iter().enumerate() {
        if silent[index] {
            continue;
        }
        match document.kind {
            Kind::Rule => found.extend(read_rule(source, &documents, document)),
            Kind::Correlation => found.push(read_correlation(source, &documents, index)),
            Kind::Filter => found.extend(check_filter(source, &documents, document)),
        }
    }
    if found.is_empty() {
        let message = "the file holds no rule";
        found.push(ReadBack::refused(Diagnostic::new(&code::READ_NOTHING, Span::at(0), message)));
    }
    found
}

impl Context<'_> {
    /// Of several conditions each is a query of its own, "linked with OR": one query, where none aggregates.
    fn any_of(kept: Vec<Kept>) -> Option<Kept> {
        let span = kept.first()?.filter.span.to(kept.last()?.filter.span);
        let aggregation = None;
        let filters = kept.into_iter().map(|kept| kept.filter).collect::<Vec<Expr>>();
        Some(Kept { filter: joined(filters, false, span), aggregation })
    }

    fn done(self, plan: Option<Plan>) -> ReadBack {
        let query = plan.map(|plan| Query { columns: self.columns, shared: self.shared, plan });
        ReadBack::new(query, self.diagnostics)
    }
}

fn read_rule(source: &str, documents: &Documents, document: &Document) -> Vec<ReadBack> {
    let filters = documents.filters_of(document);
    let mut context = Context::new(source);
    context.title(document);
    let Some(mut kept) = context.conditions(document, &filters) else { return vec![context.done(None)] };
    let timeframe = document.section().and_then(|entry| entry.value.get("timeframe"));
    if let Some(entry) = timeframe.filter(|_| kept.iter().all(|kept| kept.aggregation.is_none())) {
        let diagnostic = Diagnostic::new(&code::SIGMA_DISALLOWED, entry.key.span, "`timeframe` has no effect here");
        context.report(diagnostic.note("it is the window of an aggregation in the condition, and there is none"));
    }
    let fields = context.fields.clone();
    if kept.iter().all(|kept| kept.aggregation.is_none())
        && let Some(one) = Context::any_of(std::mem::take(&mut kept))
    {
        kept = vec![one];
    }
    let (columns, diagnostics) = (context.columns.clone(), context.diagnostics.clone());
    let lower = |kept: Kept| {
        let mut context = Context { fields: fields.clone(), columns: columns.clone(), ..Context::new(source) };
        context.diagnostics.clone_from(&diagnostics);
        let plan = match &kept.aggregation {
            Some((aggregation, span)) => context.aggregation(document, kept.filter, aggregation, *span),
            None => context.events(document, kept.filter),
        };
        context.done(plan)
    };
    kept.into_iter().map(lower).collect()
}

fn read_correlation(source: &str, documents: &Documents, index: usize) -> ReadBack {
    let mut context = Context::new(source);
    let document = &documents.all[index];
    context.title(document);
    let span = document.section().map_or(Span::at(0), |section| section.key.span);
    let plan = context.correlation(documents, index, 0).map(|found| context.finished(found, span));
    context.done(plan)
}

/// A filter gives nothing itself; it is told where it can change nothing.
fn check_filter(source: &str, documents: &Documents, filter: &Document) -> Option<ReadBack> {
    let mut context = Context::new(source);
    let Some((wanted, at)) = context.log_source(filter) else { return Some(context.done(None)) };
    let references = filter.references();
    if references.is_empty() {
        let span = filter.node.head(source);
        context.report(Diagnostic::new(&code::SIGMA_FIELD, span, "the filter does not say which rules it is for"));
    }
    for (name, span) in references {
        let Some(target) = documents.find(name) else {
            let message = format!("the file has no rule `{name}`");
            context.report(
                Diagnostic::new(&code::SIGMA_REFERENCE, span, message)
                    .note("a filter changes rules, and means nothing without them: put both into one file"),
            );
            continue;
        };
        let rule = &documents.all[target];
        if rule.kind != Kind::Rule {
            context.report(Diagnostic::new(&code::SIGMA_REFERENCE, span, "a filter applies to rules alone"));
            continue;
        }
        let Some((has, _)) = context.log_source(rule) else { continue };
        let parts =
            [(&wanted.category, &has.category), (&wanted.product, &has.product), (&wanted.service, &has.service)];
        if parts.iter().any(|(wanted, has)| wanted.is_some() && wanted != has) {
            let message = format!("the filter is for other events than the rule `{name}`");
            context.report(Diagnostic::new(&code::SIGMA_REFERENCE, span, message).related(at, "its log source"));
        }
    }
    (!context.diagnostics.is_empty()).then(|| context.done(None))
}

impl Context<'_> {
    /// A title is mandatory, though nothing depends on it.
    fn title(&mut self, document: &Document) {
        if document.node.get("title").is_none_or(|entry| entry.value.is_null()) {
            let span = document.node.head(self.source);
            self.report(Diagnostic::new(&code::SIGMA_DISALLOWED, span, "the rule has no title"));
        }
    }
}
