//! Rules and filters: log source, selections and conditions to a plan of whole events.

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, code};
use crate::functions::nearest;
use crate::ir::{ColumnId, Expr, ExprKind, LogSource, Name, Op, Plan, SourceKind, ValueSet};
use crate::source::{Span, TextMap};
use crate::yaml::{Entry, Node, NodeKind};

use super::condition::{self, Aggregation, Pattern, Quantifier};
use super::context::{Context, joined, negated};
use super::document::Document;

/// Keys of a detection that are no search identifiers.
const RESERVED: &[&str] = &["condition", "timeframe"];
/// Keys of a filter that are no search identifiers.
const FILTER_RESERVED: &[&str] = &["condition", "rules"];

/// How many tests all the conditions of a rule may come to, selections counted as often as they are named.
const MOST_TESTS: usize = 100_000;

/// What a condition keeps, with the aggregation of Sigma 1 behind it.
pub(super) struct Kept {
    pub(super) filter: Expr,
    pub(super) aggregation: Option<(Aggregation, Span)>,
}

/// The selections of a detection, lowered.
struct Selections<'n> {
    all: IndexMap<&'n str, Selection<'n>>,
    /// How many tests may still be added.
    budget: usize,
}

struct Selection<'n> {
    node: &'n Node,
    expr: Expr,
    tests: usize,
}

impl Context<'_> {
    /// Lowers the conditions of a rule, with the filters that apply to it. The fields they name are left in
    /// [`Context::fields`].
    pub(super) fn conditions(&mut self, rule: &Document, filters: &[&Document]) -> Option<Vec<Kept>> {
        let detection = &rule.section()?.value;
        let mut kept = self.detection(detection, RESERVED)?;
        let mut exclusions = Vec::new();
        for filter in filters {
            let section = filter.section()?;
            for exclusion in self.detection(&section.value, FILTER_RESERVED)? {
                if let Some((_, span)) = exclusion.aggregation {
                    self.no_meaning(
                        span,
                        "a filter cannot aggregate",
                        "it takes single events out of what a rule finds",
                    );
                    return None;
                }
                exclusions.push(exclusion.filter);
            }
        }
        if !exclusions.is_empty() {
            for kept in &mut kept {
                let span = kept.filter.span;
                // A filter is there "to suppress matches", so what its condition describes is taken out. (rsigma reads
                // it so; pySigma joins the condition as written.)
                let operands = std::iter::once(kept.filter.clone());
                let operands = operands.chain(exclusions.iter().map(|expr| negated(expr.clone(), expr.span)));
                kept.filter = joined(operands.collect(), true, span);
            }
        }
        Some(kept)
    }

    fn detection(&mut self, detection: &Node, reserved: &[&str]) -> Option<Vec<Kept>> {
        let entries = self.mapping(detection, "the detection")?;
        let mut selections = Selections { all: IndexMap::new(), budget: MOST_TESTS };
        let mut whole = true;
        for entry in entries {
            let Some(name) = entry.name() else {
                self.shape(&entry.key, "a search identifier", "a text");
                whole = false;
                continue;
            };
            if reserved.contains(&name) {
                continue;
            }
            match self.selection(&entry.value) {
                Some(expr) => {
                    let tests = tests(&expr);
                    selections.all.insert(name, Selection { node: &entry.value, expr, tests });
                }
                None => whole = false,
            }
        }
        let Some(Entry { value, .. }) = detection.get("condition") else {
            let span = detection.head(self.source);
            self.report(
                Diagnostic::new(&code::SIGMA_FIELD, span, "there is no condition")
                    .help("write `condition: selection` beside the selections"),
            );
            return None;
        };
        // What a condition says of selections that could not be read is of no use.
        if !whole {
            return None;
        }
        let items = value.as_sequence().unwrap_or(std::slice::from_ref(value));
        if items.is_empty() {
            self.shape(value, "the condition", "a text or a list of texts");
            return None;
        }
        let kept: Vec<_> = items.iter().map(|item| self.condition(item, &mut selections)).collect();
        kept.into_iter().collect()
    }

    fn condition(&mut self, node: &Node, selections: &mut Selections<'_>) -> Option<Kept> {
        let text = self.text(node, "the condition")?;
        let map = self.map_of(node)?;
        match condition::parse(text) {
            Ok(parsed) => {
                let filter = self.condition_node(&parsed.root, selections, &map)?;
                let aggregation = parsed.aggregation.map(|(aggregation, span)| (aggregation, map.span(span)));
                Some(Kept { filter, aggregation })
            }
            Err(diagnostic) => {
                self.report(diagnostic.mapped(&map));
                None
            }
        }
    }

    fn condition_node(
        &mut self,
        node: &condition::Node,
        selections: &mut Selections<'_>,
        map: &TextMap,
    ) -> Option<Expr> {
        match node {
            condition::Node::Name(name, span) => {
                let span = map.span(*span);
                if !selections.all.contains_key(name.as_str()) {
                    let message = format!("there is no search identifier `{name}`");
                    let mut diagnostic = Diagnostic::new(&code::SIGMA_IDENTIFIER, span, message);
                    if let Some(known) = nearest(name, selections.all.keys().copied()) {
                        diagnostic = diagnostic.help(format!("did you mean `{known}`?"));
                    }
                    self.report(diagnostic);
                    return None;
                }
                self.named(selections, std::slice::from_ref(name), span).map(|mut exprs| exprs.remove(0))
            }
            condition::Node::Of(quantifier, pattern, span) => {
                let span = map.span(*span);
                let names: Vec<String> =
                    selections.all.keys().filter(|name| pattern.fits(name)).map(|&name| name.to_owned()).collect();
                if names.is_empty() {
                    let message = "no search identifier fits this";
                    self.report(Diagnostic::new(&code::SIGMA_IDENTIFIER, span, message));
                    return None;
                }
                if let (Quantifier::All, Pattern::Like(name)) = (quantifier, pattern)
                    && !name.contains('*')
                    && selections
                        .all
                        .get(name.as_str())
                        .is_some_and(|it| it.node.as_sequence().is_some_and(|list| list.len() > 1))
                {
                    self.no_meaning(
                        span,
                        "`all of` the name of a list means two things",
                        "in Sigma 1 every item of the list must be found; in Sigma 2 the name is a pattern that fits one selection, whose items are alternatives",
                    );
                    return None;
                }
                let exprs = self.named(selections, &names, span)?;
                Some(joined(exprs, *quantifier == Quantifier::All, span))
            }
            condition::Node::Not(operand, span) => {
                let operand = self.condition_node(operand, selections, map)?;
                Some(negated(operand, map.span(*span)))
            }
            condition::Node::And(operands, span) | condition::Node::Or(operands, span) => {
                let all = matches!(node, condition::Node::And(..));
                let exprs: Vec<_> =
                    operands.iter().map(|operand| self.condition_node(operand, selections, map)).collect();
                Some(joined(exprs.into_iter().collect::<Option<_>>()?, all, map.span(*span)))
            }
        }
    }

    /// The selections of these names, each once more.
    fn named(&mut self, selections: &mut Selections<'_>, names: &[String], span: Span) -> Option<Vec<Expr>> {
        let found: Vec<_> = names.iter().filter_map(|name| selections.all.get(name.as_str())).collect();
        let tests = found.iter().map(|selection| selection.tests).sum();
        let Some(left) = selections.budget.checked_sub(tests) else {
            let message = format!("the condition comes to more than {MOST_TESTS} tests");
            self.report(Diagnostic::new(&code::SIGMA_CONDITION, span, message));
            return None;
        };
        selections.budget = left;
        Some(found.iter().map(|selection| selection.expr.clone()).collect())
    }

    /// Lowers what a search identifier stands for: entries of a mapping must all hold, items of a list are alternatives,
    /// each a mapping or a keyword.
    fn selection(&mut self, node: &Node) -> Option<Expr> {
        let span = node.head(self.source);
        match &node.kind {
            NodeKind::Mapping(entries) if !entries.is_empty() => {
                let items: Vec<_> = entries.iter().map(|entry| self.item(&entry.key, &entry.value)).collect();
                Some(joined(items.into_iter().collect::<Option<_>>()?, true, span))
            }
            NodeKind::Sequence(items) if !items.is_empty() => {
                let mut alternatives = Vec::new();
                let mut keywords = Vec::new();
                for item in items {
                    match &item.kind {
                        NodeKind::Scalar(_) => keywords.push(item),
                        NodeKind::Mapping(_) => alternatives.push(self.selection(item)),
                        NodeKind::Sequence(_) => {
                            self.shape(item, "an item of a selection", "a mapping or a keyword");
                            alternatives.push(None);
                        }
                    }
                }
                if !keywords.is_empty() {
                    alternatives.push(self.keywords(node, &keywords));
                }
                Some(joined(alternatives.into_iter().collect::<Option<_>>()?, false, span))
            }
            _ => {
                self.shape(node, "a selection", "a mapping of fields to values, or a list, with something in it");
                None
            }
        }
    }

    /// The events of a rule's log source that a filter keeps, all columns of them. Takes the fields that were named.
    pub(super) fn events(&mut self, rule: &Document, mut filter: Expr) -> Option<Plan> {
        let (source, span) = self.log_source(rule)?;
        let ids: Vec<ColumnId> = std::mem::take(&mut self.fields).into_values().collect();
        let everywhere: Vec<ColumnId> = ids.clone();
        search_everywhere(&mut filter, &everywhere);
        let filter_span = filter.span;
        let mut plan = Plan::new(SourceKind::LogSource(source), self.schema(ids, true), span);
        plan.push_same(Op::Filter(filter), filter_span);
        Some(plan)
    }

    /// The log source of a rule or filter.
    pub(super) fn log_source(&mut self, document: &Document) -> Option<(LogSource, Span)> {
        let Some(Entry { key, value }) = document.node.get("logsource") else {
            let span = document.node.head(self.source);
            self.report(
                Diagnostic::new(&code::SIGMA_FIELD, span, "there is no log source")
                    .help("say where the events come from: `logsource:` with `category`, `product` or `service`"),
            );
            return None;
        };
        self.mapping(value, "the log source")?;
        let mut source = LogSource::default();
        let parts =
            [("category", &mut source.category), ("product", &mut source.product), ("service", &mut source.service)];
        for (name, part) in parts {
            if let Some(entry) = value.get(name).filter(|entry| !entry.value.is_null()) {
                *part = Some(Name::from(self.text(&entry.value, name)?));
            }
        }
        if source == LogSource::default() {
            let message = "the log source names no category, product or service";
            self.report(Diagnostic::new(&code::SIGMA_FIELD, key.span, message));
            return None;
        }
        Some((source, key.span.to(value.span)))
    }
}

/// How many tests an expression is made of.
fn tests(expr: &Expr) -> usize {
    match &expr.kind {
        ExprKind::And(operands) | ExprKind::Or(operands) => operands.iter().map(tests).sum(),
        ExprKind::Not(operand) => tests(operand),
        ExprKind::Member(member) => match &member.set {
            ValueSet::List(items) => items.len(),
            ValueSet::Plan(_) => 1,
        },
        _ => 1,
    }
}

/// Lets the tests of any field look into every column that is known.
fn search_everywhere(expr: &mut Expr, columns: &[ColumnId]) {
    match &mut expr.kind {
        ExprKind::And(operands) | ExprKind::Or(operands) => {
            for operand in operands {
                search_everywhere(operand, columns);
            }
        }
        ExprKind::Not(operand) => search_everywhere(operand, columns),
        ExprKind::AnyColumn(any) => any.columns = columns.to_vec(),
        _ => {}
    }
}
