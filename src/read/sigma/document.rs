//! The documents of a file: rules, correlations and filters, and the actions of Sigma 1 that build rules from others.

use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;
use crate::yaml::{Entry, Node, NodeKind};

/// A document, by what makes it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rule,
    Correlation,
    Filter,
}

/// The keys that tell kinds of documents.
const KINDS: &[(&str, Kind)] =
    &[("detection", Kind::Rule), ("correlation", Kind::Correlation), ("filter", Kind::Filter)];

/// A document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) kind: Kind,
    pub(super) node: Node,
}

impl Document {
    /// Tells what a node is.
    ///
    /// # Errors
    /// That it is none of the kinds, or has a key twice.
    pub(super) fn new(node: Node, source: &str) -> Result<Self, Box<Diagnostic>> {
        if let Some(again) = repeated_key(&node) {
            let name = again.name().unwrap_or_default();
            let message = format!("`{name}` stands here twice");
            let diagnostic = Diagnostic::new(&code::YAML_DUPLICATE_KEY, again.key.span, message)
                .note("YAML allows a key once; which of the two counts is for each program to say")
                .help("make a list of the values, or a selection for each");
            return Err(Box::new(diagnostic));
        }
        if let Some(&(_, kind)) = KINDS.iter().find(|(key, _)| node.get(key).is_some()) {
            return Ok(Self { kind, node });
        }
        let message = "this document is no Sigma rule";
        let diagnostic = Diagnostic::new(&code::READ_NOTHING, node.head(source), message)
            .note("a rule has `detection`, a correlation `correlation`, a filter `filter`");
        Err(Box::new(diagnostic))
    }

    /// The names that others refer to it by.
    pub(super) fn handles(&self) -> impl Iterator<Item = &str> {
        ["name", "id"].into_iter().filter_map(|key| self.node.get(key)?.value.as_str())
    }

    /// Whether this is its name or id.
    pub(super) fn is_called(&self, handle: &str) -> bool {
        self.handles().any(|known| known == handle)
    }

    /// The section that makes it what it is, with its key.
    pub(super) fn section(&self) -> Option<&Entry> {
        let (key, _) = KINDS.iter().find(|(_, kind)| *kind == self.kind)?;
        self.node.get(key)
    }

    /// Whether the rules a correlation refers to stand for themselves too. The schema has `generate` at the top, tools
    /// read it in the section.
    pub(super) fn generates(&self) -> bool {
        let inside = self.section().and_then(|entry| entry.value.get("generate"));
        let entry = self.node.get("generate").or(inside);
        entry.and_then(|entry| entry.value.as_str()).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// What it refers to, as written.
    pub(super) fn references(&self) -> Vec<(&str, Span)> {
        let rules = self.section().and_then(|entry| entry.value.get("rules"));
        let Some(Entry { value, .. }) = rules else { return Vec::new() };
        let items = value.as_sequence().unwrap_or(std::slice::from_ref(value));
        items.iter().filter_map(|item| Some((item.as_str()?, item.span))).collect()
    }
}

/// The first entry whose key its mapping has already.
fn repeated_key(node: &Node) -> Option<&Entry> {
    match &node.kind {
        NodeKind::Scalar(_) => None,
        NodeKind::Sequence(items) => items.iter().find_map(repeated_key),
        NodeKind::Mapping(entries) => {
            let mut seen = std::collections::HashSet::new();
            let again = entries.iter().find(|entry| entry.name().is_some_and(|name| !seen.insert(name)));
            again.or_else(|| entries.iter().find_map(|entry| repeated_key(&entry.value)))
        }
    }
}

/// Carries out the action documents of Sigma 1 (specification 1.0.0, section Rule Collections): `global` is merged into
/// all rules behind it, `reset` ends that, `repeat` gives the rule before it again with changes.
///
/// # Errors
/// An action that is none of these, or that has nothing to repeat.
pub(super) fn carry_out(nodes: Vec<Node>) -> Result<Vec<Node>, Box<Diagnostic>> {
    let mut rules: Vec<Node> = Vec::new();
    let mut global: Option<Node> = None;
    for node in nodes {
        let Some(action) = node.get("action").cloned() else {
            rules.push(match &global {
                Some(global) => merged(global, &node),
                None => node,
            });
            continue;
        };
        let node = without(node, "action");
        match action.value.as_str() {
            Some("global") => {
                global = Some(match &global {
                    Some(global) => merged(global, &node),
                    None => node,
                });
            }
            Some("reset") => global = None,
            Some("repeat") => {
                let Some(last) = rules.last() else {
                    let message = "there is no rule before this that could be repeated";
                    return Err(Box::new(Diagnostic::new(&code::SIGMA_FIELD, action.value.span, message)));
                };
                rules.push(merged(last, &node));
            }
            _ => {
                let message = "`action` must be `global`, `reset` or `repeat`";
                return Err(Box::new(Diagnostic::new(&code::SIGMA_FIELD, action.value.span, message)));
            }
        }
    }
    Ok(rules)
}

fn without(mut node: Node, key: &str) -> Node {
    if let NodeKind::Mapping(entries) = &mut node.kind {
        entries.retain(|entry| entry.name() != Some(key));
    }
    node
}

/// The entries of both, mappings merged in turn; where both have a value, that of `over` counts.
fn merged(under: &Node, over: &Node) -> Node {
    let (Some(below), Some(above)) = (under.as_mapping(), over.as_mapping()) else { return over.clone() };
    let mut entries: Vec<Entry> = below.to_vec();
    for entry in above {
        match entries.iter_mut().find(|old| old.name().is_some() && old.name() == entry.name()) {
            Some(old) => *old = Entry { key: entry.key.clone(), value: merged(&old.value, &entry.value) },
            None => entries.push(entry.clone()),
        }
    }
    Node { kind: NodeKind::Mapping(entries), ..over.clone() }
}
