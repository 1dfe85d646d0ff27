//! Documents of what was found out.

use super::aggregate::Count;
use super::cond::detection;
use super::meta::Names;
use super::step::possible;
use super::{Flow, Lower, Pattern, Result, Side};
use crate::ir::Expr;
use crate::rule::TriggerOperator;
use crate::source::Span;
use crate::target::sigma::rows::Part;
use crate::target::sigma::tree::{
    Correlation, CorrelationKind, Document, Metadata, SigmaRule, Threshold, ThresholdOp, Value,
};
use crate::target::{Fields, LossKind};

/// A document that a correlation may refer to, and the field that a key is in it.
struct Found {
    name: String,
    /// The field of each key.
    fields: Vec<String>,
}

/// What is told of every correlation by fields.
const WITHOUT_KEY: &str =
    "an event without a value of a key belongs to no group, where KQL has a group of all that have none";

impl<'a> Lower<'a> {
    /// Writes down the patterns, the base rules before what refers to them.
    pub(super) fn emit(&mut self, mut flow: Flow<'a>) -> Result<Vec<Document>> {
        let span = self.query.plan.source.span;
        for side in flow.iter_mut().flat_map(|pattern| &mut pattern.sides) {
            side.branches.retain(|branch| possible(branch).is_some());
        }
        flow.retain(|pattern| pattern.sides.iter().all(|side| !side.branches.is_empty()));
        if flow.is_empty() {
            return self.refuse(
                LossKind::UnsupportedExpression,
                span,
                "no event can fit what the query asks for, so there is no rule to write",
            );
        }
        let reference = flow
            .iter()
            .flat_map(|pattern| &pattern.sides)
            .find_map(|side| Some((side.reference.clone()?, side.branches.first().map_or(span, |branch| branch.span))));
        if let Some((name, span)) = reference {
            let message = format!(
                "`{name}` holds what is known rather than events, and a Sigma rule finds events; use ES|QL or Splunk"
            );
            return self.refuse(LossKind::UnsupportedSource, span, message);
        }
        self.rows_of_a_run(&mut flow, span)?;
        let mut names = Names::new(self.rule, &self.data.target);
        let mut documents = Vec::new();
        let several = flow.len() > 1;
        for pattern in &flow {
            self.pattern(pattern, several, &mut names, &mut documents)?;
        }
        names.identify(&mut documents);
        Ok(documents)
    }

    /// The number of rows that a run must give, where it is more than one.
    fn rows_of_a_run(&mut self, flow: &mut Flow<'a>, span: Span) -> Result<()> {
        let Some(rule) = self.rule.rule else { return Ok(()) };
        let operator = rule.trigger_operator.as_ref().and_then(|op| TriggerOperator::parse(&op.value));
        let (Some(operator), Some(threshold)) = (operator, rule.trigger_threshold.as_ref()) else { return Ok(()) };
        let threshold = threshold.value;
        match (operator, threshold) {
            (TriggerOperator::GreaterThan, ..=0) | (TriggerOperator::NotEqual, 0) => Ok(()),
            (TriggerOperator::GreaterThan, _) => {
                let message = format!(
                    "the rule alerts on more than {threshold} rows of one run, which are counted over a window that slides"
                );
                if let [pattern] = flow.as_mut_slice()
                    && let [side] = pattern.sides.as_mut_slice()
                    && side.group.is_none()
                    && side.per_event
                {
                    self.differs(LossKind::WindowKind, span, message);
                    let threshold = Threshold { op: ThresholdOp::Gt, value: Value::Integer(threshold) };
                    side.count = Some(Count { kind: CorrelationKind::EventCount, threshold, span });
                    return Ok(());
                }
                let message = format!(
                    "the rule alerts on more than {threshold} rows, and these are no single events; Sigma cannot count them"
                );
                self.refuse(LossKind::UnsupportedAggregate, span, message)
            }
            _ => {
                let message = "the rule alerts when a run gives few rows or none, which no Sigma rule can tell; use ES|QL or Splunk";
                self.refuse(LossKind::UnsupportedAggregate, span, message)
            }
        }
    }

    fn pattern(
        &mut self,
        pattern: &Pattern<'a>,
        several: bool,
        names: &mut Names<'a>,
        documents: &mut Vec<Document>,
    ) -> Result<()> {
        let Some(link) = &pattern.link else {
            let Some(side) = pattern.sides.first() else { return Ok(()) };
            let keys: Vec<Expr> =
                side.group.iter().flat_map(|group| &group.keys).map(|(id, expr)| key(*id, expr)).collect();
            return match &side.count {
                None => {
                    let alone = side.branches.len() == 1 && !several;
                    self.rules(side, &[], if alone { Role::Whole } else { Role::Part }, names, documents).map(|_| ())
                }
                Some(count) => {
                    let Some(seconds) = self.period(side) else { return self.no_period(count.span) };
                    self.tell_window(seconds, side, count.span);
                    let rules = self.rules(side, &keys, Role::Base, names, documents)?;
                    let metadata = names.whole(if several {
                        side.branches.first().and_then(|b| b.table.as_deref())
                    } else {
                        None
                    });
                    Self::correlate(metadata, count.kind.clone(), rules, seconds, count.threshold.clone(), documents);
                    Ok(())
                }
            };
        };
        let mut found = Vec::new();
        let mut seconds = link.within;
        for (at, side) in pattern.sides.iter().enumerate() {
            let keys: Vec<Expr> = link.keys.iter().filter_map(|row| row.get(at).cloned()).collect();
            let single = side.branches.len() == 1 && side.count.is_none();
            let period = self.period(side);
            if link.within.is_none() {
                seconds = seconds.max(period);
            }
            if single {
                found.extend(self.rules(side, &keys, Role::Base, names, documents)?);
                continue;
            }
            let count = side.count.clone().unwrap_or(Count {
                kind: CorrelationKind::EventCount,
                threshold: Threshold { op: ThresholdOp::Gte, value: Value::Integer(1) },
                span: link.span,
            });
            let Some(period) = period.or(link.within) else { return self.no_period(count.span) };
            if side.count.is_some() {
                self.tell_window(period, side, count.span);
                // The count is by its own keys, which the join may have fewer of.
                let own = side.group.as_ref().map_or(0, |group| group.keys.len());
                if own != keys.len() {
                    let message =
                        "a count by one set of keys cannot be joined by another in Sigma; use ES|QL or Splunk";
                    return self.refuse(LossKind::UnsupportedOperator, link.span, message);
                }
            }
            let rules = self.rules(side, &keys, Role::Base, names, documents)?;
            let fields: Vec<String> = rules.first().map(|rule| rule.fields.clone()).unwrap_or_default();
            let metadata = names.base(side.branches.first().and_then(|b| b.table.as_deref()), "count");
            let name = metadata.name.clone().unwrap_or_default();
            Self::correlate(metadata, count.kind, rules, period, count.threshold, documents);
            found.push(Found { name, fields });
        }
        let Some(seconds) = seconds else { return self.no_period(link.span) };
        let message = "the events must come within a window that slides; KQL joins whatever a run sees";
        self.differs(LossKind::WindowKind, link.span, message);
        self.differs(LossKind::Null, link.span, WITHOUT_KEY);
        let kind = match link.order {
            Some((1, 0)) if found.len() == 2 => {
                found.reverse();
                CorrelationKind::TemporalOrdered
            }
            Some((0, 1)) if found.len() == 2 => CorrelationKind::TemporalOrdered,
            Some(_) => {
                let message = "the order of two of several joined sides cannot be said in Sigma; use ES|QL or Splunk";
                return self.refuse(LossKind::UnsupportedExpression, link.span, message);
            }
            None => CorrelationKind::Temporal,
        };
        let threshold =
            Threshold { op: ThresholdOp::Gte, value: Value::Integer(i64::try_from(found.len()).unwrap_or(i64::MAX)) };
        let metadata = names.whole(None);
        Self::correlate(metadata, kind, found, seconds, threshold, documents);
        Ok(())
    }

    fn no_period<T>(&mut self, span: Span) -> Result<T> {
        let message = "a correlation needs a window, and neither the query nor a rule round it says how far it looks back; add `where TimeGenerated > ago(…)`";
        self.refuse(LossKind::UnsupportedAggregate, span, message)
    }

    fn tell_window(&mut self, seconds: u64, side: &Side<'a>, span: Span) {
        let message = if side.group.as_ref().is_some_and(|group| group.bin.is_some()) {
            format!(
                "counted in a window of {seconds} s that slides; KQL counts in bins, and misses what an edge of a bin parts"
            )
        } else {
            format!("counted in a window of {seconds} s that slides; KQL counts once a run, over all that the run sees")
        };
        self.differs(LossKind::WindowKind, span, message);
        if side.group.as_ref().is_some_and(|group| !group.keys.is_empty()) {
            self.differs(LossKind::Null, span, WITHOUT_KEY);
        }
    }

    /// The rules of a side's branches.
    fn rules(
        &mut self,
        side: &Side<'a>,
        keys: &[Expr],
        role: Role,
        names: &mut Names<'a>,
        documents: &mut Vec<Document>,
    ) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        for branch in &side.branches {
            let mut fields = Vec::new();
            for key in keys {
                if Self::literal(branch, key).is_some() {
                    continue;
                }
                let subject = self.subject(branch, key)?;
                if subject.missing {
                    let message = "a group goes by a column that one of the tables does not have; use ES|QL or Splunk";
                    return self.refuse(LossKind::UnsupportedAggregate, key.span, message);
                }
                if subject.part != Part::Whole {
                    let message = format!("groups go by all of `{}`, of which the column is a part", subject.field);
                    self.differs(LossKind::UnmappedField, key.span, message);
                }
                if subject.wrap.is_some() {
                    self.differs(LossKind::Case, key.span, "values that differ in case alone make different groups");
                }
                if !fields.contains(&subject.field) {
                    fields.push(subject.field);
                }
            }
            if let Some(row) = branch.table.as_deref().and_then(|table| self.data.tables.get(table))
                && self.options.fields == Fields::Siem
                && row.guess
                && row.logsource.as_ref() == Some(&branch.logsource)
            {
                let table = branch.table.as_deref().unwrap_or_default();
                let message =
                    format!("which log source of Sigma has the events of `{table}` is a guess that no source confirms");
                self.differs(LossKind::UnmappedField, branch.span, message);
            }
            let Some(detection) = possible(branch).and_then(|cond| detection(&cond)) else { continue };
            let table = branch.table.as_deref();
            let metadata = match role {
                Role::Whole => names.whole(None),
                Role::Part => names.whole(table),
                Role::Base => names.base(table, "events"),
            };
            found.push(Found { name: metadata.name.clone().unwrap_or_default(), fields });
            documents.push(Document::Rule(SigmaRule { metadata, logsource: branch.logsource.clone(), detection }));
        }
        Ok(found)
    }

    fn correlate(
        metadata: Metadata,
        kind: CorrelationKind,
        rules: Vec<Found>,
        seconds: u64,
        threshold: Threshold,
        documents: &mut Vec<Document>,
    ) {
        let mut group_by = Vec::new();
        let mut aliases = Vec::new();
        let keys = rules.iter().map(|rule| rule.fields.len()).min().unwrap_or_default();
        for at in 0..keys {
            let first = &rules[0].fields[at];
            if rules.iter().all(|rule| rule.fields[at] == *first) {
                group_by.push(first.clone());
                continue;
            }
            let alias = format!("key_{}", at + 1);
            aliases
                .push((alias.clone(), rules.iter().map(|rule| (rule.name.clone(), rule.fields[at].clone())).collect()));
            group_by.push(alias);
        }
        let rules = rules.into_iter().map(|rule| rule.name).collect();
        documents.push(Document::Correlation(Correlation {
            metadata,
            kind,
            rules,
            group_by,
            aliases,
            seconds,
            threshold,
        }));
    }
}

/// What a rule is in its file.
#[derive(Clone, Copy)]
enum Role {
    /// All of it.
    Whole,
    /// One of several that each stand for themselves.
    Part,
    /// What a correlation counts.
    Base,
}

/// A key by its column, with the words of what it groups by.
fn key(id: crate::ir::ColumnId, expr: &Expr) -> Expr {
    Expr::column(id, expr.ty, expr.span)
}
