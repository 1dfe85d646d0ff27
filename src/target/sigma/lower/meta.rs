//! What a rule says about itself, from the rule it was made of. Nothing is invented.

use std::collections::HashSet;

use uuid::Uuid;

use crate::rule::{Credits, Rule, is_technique};
use crate::target::RuleInfo;
use crate::target::sigma::print::fingerprint;
use crate::target::sigma::rows::TargetFile;
use crate::target::sigma::tree::{Document, Metadata};

/// The most characters of a title.
const TITLE: usize = 256;

/// Titles, names and ids of the documents of one file.
pub(super) struct Names<'a> {
    rule: Option<&'a Rule>,
    target: &'a TargetFile,
    taken: HashSet<String>,
    titles: HashSet<String>,
}

impl<'a> Names<'a> {
    pub(super) fn new(rule: RuleInfo<'a>, target: &'a TargetFile) -> Self {
        Self { rule: rule.rule, target, taken: HashSet::new(), titles: HashSet::new() }
    }

    fn title(&mut self, part: Option<&str>) -> String {
        let name = self
            .rule
            .and_then(|rule| rule.name.as_ref())
            .map(|name| name.value.split_whitespace().collect::<Vec<_>>().join(" "));
        let title = match (name.filter(|name| !name.is_empty()), part) {
            (Some(name), Some(part)) => format!("{name} ({part})"),
            (Some(name), None) => name,
            (None, Some(part)) => format!("Query over {part}"),
            (None, None) => "Query".to_owned(),
        };
        let mut unique = cut(&title, TITLE);
        let mut number = 1;
        while !self.titles.insert(unique.clone()) {
            number += 1;
            unique = format!("{} {number}", cut(&title, TITLE - 12));
        }
        unique
    }

    /// A document that stands for the rule; for one table of it where `part` says so.
    pub(super) fn whole(&mut self, part: Option<&str>) -> Metadata {
        let mut metadata = self.common(self.rule);
        metadata.title = self.title(part);
        metadata
    }

    /// A document that a correlation refers to.
    pub(super) fn base(&mut self, table: Option<&str>, what: &str) -> Metadata {
        let title = self.title(Some(&table.map_or_else(|| what.to_owned(), |table| format!("{table}, {what}"))));
        let stem: String =
            title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let words: Vec<&str> = stem.split('_').filter(|word| !word.is_empty()).collect();
        let stem = words.join("_");
        let stem = if stem.is_empty() { "events".to_owned() } else { stem };
        let mut name = stem.clone();
        let mut number = 1;
        while !self.taken.insert(name.clone()) {
            number += 1;
            name = format!("{stem}_{number}");
        }
        Metadata { title, name: Some(name), status: Some(self.target.status.clone()), ..Metadata::default() }
    }

    fn common(&self, rule: Option<&Rule>) -> Metadata {
        let mut metadata = Metadata { status: Some(self.target.status.clone()), ..Metadata::default() };
        let Some(rule) = rule else { return metadata };
        metadata.derived_from =
            rule.id.as_ref().and_then(|id| Uuid::parse_str(id.value.trim()).ok()).map(|id| id.to_string());
        let description = rule.description.as_ref().map(|text| text.value.trim()).filter(|text| !text.is_empty());
        metadata.description = description.map(str::to_owned);
        let credits = Credits::of(rule);
        metadata.author = credits.author;
        metadata.license = credits.license;
        metadata.date = credits.date;
        metadata.references = credits.references;
        metadata.false_positives = credits.false_positives;
        metadata.level = rule
            .severity
            .as_ref()
            .and_then(|severity| self.target.levels.get(&severity.value.trim().to_lowercase()).cloned());
        let mut tag = |tag: String| {
            if !metadata.tags.contains(&tag) {
                metadata.tags.push(tag);
            }
        };
        for tactic in rule.tactics.iter().flat_map(|tactics| &tactics.value) {
            let bare: String = tactic.value.chars().filter(char::is_ascii_alphanumeric).collect();
            if let Some((_, slug)) = self.target.tactics.iter().find(|(name, _)| name.eq_ignore_ascii_case(&bare)) {
                tag(slug.clone());
            }
        }
        let techniques = rule.relevant_techniques.iter().chain(&rule.sub_techniques);
        for technique in techniques.flat_map(|techniques| &techniques.value) {
            let id = technique.value.trim().to_ascii_uppercase();
            if is_technique(&id) {
                tag(format!("attack.{}", id.to_ascii_lowercase()));
            }
        }
        metadata
    }

    /// Gives every document its id: the same for the same rule and the same place in its file.
    pub(super) fn identify(&self, documents: &mut [Document]) {
        let space = self.rule.and_then(|rule| rule.id.as_ref()).map(|id| {
            let id = id.value.trim();
            Uuid::parse_str(id).unwrap_or_else(|_| Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()))
        });
        let space = space.unwrap_or_else(|| {
            // A query has no id: what it detects stands for it.
            let all: Vec<String> = documents
                .iter()
                .map(|document| match document {
                    Document::Rule(rule) => fingerprint(rule),
                    Document::Correlation(correlation) => format!("{:?} {:?}", correlation.kind, correlation.group_by),
                })
                .collect();
            Uuid::new_v5(&Uuid::NAMESPACE_OID, all.join("\n").as_bytes())
        });
        for (at, document) in documents.iter_mut().enumerate() {
            let metadata = match document {
                Document::Rule(rule) => &mut rule.metadata,
                Document::Correlation(correlation) => &mut correlation.metadata,
            };
            metadata.id = Uuid::new_v5(&space, format!("sigma/{at}").as_bytes()).to_string();
        }
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}
