//! Correlations, and the aggregations of Sigma 1 that came before them.

use crate::diagnostic::{Diagnostic, code};
use crate::ir::{
    ColumnId, CompareOp, Computed, Expr, Name, Op, Origin, Plan, Rest, SourceKind, Union, UnionColumn, Value,
};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};
use crate::source::Span;
use crate::types::Type;
use crate::yaml::Node;

use super::condition::{Aggregation, Function};
use super::context::Context;
use super::document::{Document, Kind};
use super::threshold::{Correlation, Threshold};
use super::window::{Measure, Occurrences, compared};
use super::{Documents, MOST_DOCUMENTS};

/// The field that holds the instant of an event. Sigma names none: engines take it from the log's own place for it, and
/// this is what most of them look for first.
const TIME: &str = "@timestamp";

/// How deep correlations may refer to correlations.
const MAX_DEPTH: usize = 10;

/// The names of the kinds. The text of the specification has four, its schema and tests the others.
const TYPES: &[(&str, Correlation)] = &[
    ("event_count", Correlation::EventCount),
    ("value_count", Correlation::ValueCount),
    ("value_sum", Correlation::Value("sum")),
    ("value_avg", Correlation::Value("avg")),
    ("value_min", Correlation::Value("min")),
    ("value_max", Correlation::Value("max")),
    ("value_percentile", Correlation::Percentile),
    ("temporal", Correlation::Temporal),
    ("temporal_ordered", Correlation::Ordered),
];

impl Context<'_> {
    /// Lowers a correlation: one record for each instant at which it fires, with the fields it groups by.
    pub(super) fn correlation(&mut self, documents: &Documents, index: usize, depth: usize) -> Option<Occurrences> {
        let document = &documents.all[index];
        let section = document.section()?;
        let (node, span) = (&section.value, section.key.span);
        if depth > MAX_DEPTH {
            let message = format!("correlations refer to each other more than {MAX_DEPTH} levels deep");
            self.report(Diagnostic::new(&code::SIGMA_REFERENCE, span, message));
            return None;
        }
        self.mapping(node, "the correlation")?;
        let known = ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];
        for entry in node.as_mapping()? {
            if !entry.name().is_some_and(|name| known.contains(&name)) {
                let message = "this key has no meaning in a correlation";
                self.report(Diagnostic::new(&code::SIGMA_FIELD, entry.key.span, message));
                return None;
            }
        }
        let kind = self.required(node, "type")?;
        let name = self.text(kind, "the type of a correlation")?;
        let Some(&(_, ty)) = TYPES.iter().find(|(known, _)| *known == name) else {
            let message = format!("`{name}` is no type of correlation");
            self.report(Diagnostic::new(&code::SIGMA_FIELD, kind.span, message));
            return None;
        };
        let rules = self.required(node, "rules")?;
        let rules = self.texts(rules, "a rule that is correlated")?;
        let window = self.required(node, "timespan")?;
        let window = self.duration(window)?;
        let group_by = match node.get("group-by") {
            Some(entry) => self.texts(&entry.value, "a field to group by")?,
            None => Vec::new(),
        };
        let threshold = match node.get("condition") {
            Some(entry) => self.threshold(&entry.value, ty)?,
            None => Threshold::default(),
        };
        let temporal = matches!(ty, Correlation::Temporal | Correlation::Ordered);
        if !temporal && threshold.bounds.is_empty() {
            self.report(
                Diagnostic::new(&code::SIGMA_FIELD, node.head(self.source), "the correlation has no threshold")
                    .help("write `condition:` with `gt`, `gte`, `lt`, `lte` or `eq` and a number"),
            );
            return None;
        }
        let aliases = node.get("aliases").map(|entry| &entry.value);
        let request = Request { group_by: &group_by, values: &threshold.fields, aliases, span };

        let mut steps = Vec::new();
        for (reference, at) in &rules {
            steps.push(self.occurrences(documents, (reference, *at), &request, depth)?);
        }
        if ty == Correlation::Ordered {
            let all = i64::try_from(steps.len()).unwrap_or(i64::MAX);
            let says_all = |(op, value, _): &(CompareOp, Value, Span)| match (op, value.as_integer()) {
                (CompareOp::GreaterOrEqual | CompareOp::Equal, Some(count)) => count == all,
                (CompareOp::Greater, Some(count)) => count == all - 1,
                _ => false,
            };
            if threshold.text.is_some() || !threshold.bounds.iter().all(says_all) {
                let span = node.get("condition").map_or(span, |entry| entry.value.head(self.source));
                self.no_meaning(
                    span,
                    "an order of some of the rules has no meaning here",
                    "`temporal_ordered` asks for the events of all rules, one after the other",
                );
                return None;
            }
            return self.sequence(steps, window, span);
        }
        let names: Vec<Name> = rules.iter().map(|(name, _)| Name::from(*name)).collect();
        let (events, rule) = self.pooled(steps, &names, span);
        let count = names.len();
        self.windows(
            &events,
            window,
            span,
            |context, values| {
                context.measures(ty, rule.map(|_| values[values.len() - 1]), &threshold, values, &names, span)
            },
            |context, outputs| context.fires(ty, &threshold, outputs, count, &names, span),
        )
    }

    /// Lowers an aggregation of Sigma 1.
    ///
    /// The specification (1.0.0) says nothing of windows; `timeframe` is read as a correlation's `timespan`, which took its
    /// place. Without it all events at hand are one window.
    pub(super) fn aggregation(
        &mut self,
        rule: &Document,
        filter: Expr,
        aggregation: &Aggregation,
        span: Span,
    ) -> Option<Plan> {
        let timeframe = rule.section().and_then(|entry| entry.value.get("timeframe"));
        let window = match timeframe {
            Some(entry) => Some(self.duration(&entry.value)?),
            None => None,
        };
        let field = aggregation.field.as_deref().map(|field| (field, span));
        let by = aggregation.by.as_deref().map(|field| (field, span));
        let request = Request { group_by: by.as_slice(), values: field.as_slice(), aliases: None, span };
        let events = self.fields_of(rule, filter, &request, &[])?;
        let (function, ty) = match (aggregation.function, &aggregation.field) {
            (Function::Count, None) => ("count", Type::Long),
            (Function::Count, Some(_)) => ("count_distinct", Type::Long),
            (Function::Min, _) => ("min", Type::Real),
            (Function::Max, _) => ("max", Type::Real),
            (Function::Avg, _) => ("avg", Type::Real),
            (Function::Sum, _) => ("sum", Type::Real),
        };
        let measure = |context: &Self, values: &[ColumnId]| Measure {
            function,
            arguments: values.iter().map(|&id| context.number_in(id, ty, span)).collect(),
            name: function.into(),
            ty,
        };
        let bound = Expr::literal(Value::Real(aggregation.value), span);
        let keep =
            |context: &Self, output: ColumnId| compared(aggregation.op, context.column(output, span), bound, span);
        if let Some(window) = window {
            let found = self.windows(
                &events,
                window,
                span,
                |context, values| vec![measure(context, values)],
                |context, outputs| Some(keep(context, outputs[0])),
            )?;
            return Some(self.finished(found, span));
        }
        let keys = if events.grouped { events.keys } else { Vec::new() };
        let measure = measure(self, &events.values);
        Some(self.groups(events.plan, keys, measure, |context, output| keep(context, output), span))
    }

    /// A plan with the columns that are of use to whoever reads it: the groups' fields, the instant, the measures.
    pub(super) fn finished(&mut self, found: Occurrences, span: Span) -> Plan {
        let Occurrences { mut plan, time, keys, grouped, values } = found;
        let keys = if grouped { keys } else { Vec::new() };
        self.project(&mut plan, keys.into_iter().chain([time]).chain(values), span);
        plan
    }

    fn required<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let entry = node.get(key);
        if entry.is_none() {
            let message = format!("the correlation has no `{key}`");
            self.report(Diagnostic::new(&code::SIGMA_FIELD, node.head(self.source), message));
        }
        entry.map(|entry| &entry.value)
    }

    /// A time span in ticks: a number with `s`, `m`, `h` or `d`.
    fn duration(&mut self, node: &Node) -> Option<i64> {
        let text = self.text(node, "a time span")?;
        let units = [("s", TICKS_PER_SECOND), ("m", TICKS_PER_MINUTE), ("h", TICKS_PER_HOUR), ("d", TICKS_PER_DAY)];
        let ticks = units.iter().find_map(|(unit, ticks)| {
            let number = text.strip_suffix(unit)?;
            if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            number.parse::<i64>().ok()?.checked_mul(*ticks).filter(|ticks| *ticks > 0)
        });
        if ticks.is_none() {
            let message = format!("`{text}` is no time span");
            self.report(
                Diagnostic::new(&code::SIGMA_FIELD, node.span, message)
                    .note("a time span is a whole number with `s`, `m`, `h` or `d` behind it, as `90m`"),
            );
        }
        ticks
    }

    /// The events that a correlation takes from one of its rules.
    fn occurrences(
        &mut self,
        documents: &Documents,
        (reference, at): (&str, Span),
        request: &Request<'_>,
        depth: usize,
    ) -> Option<Occurrences> {
        let Some(target) = documents.find(reference) else {
            let message = format!("the file has no rule `{reference}`");
            self.report(
                Diagnostic::new(&code::SIGMA_REFERENCE, at, message).note(
                    "rules are referred to by `name` or `id`, and stand in the same file as documents of their own",
                ),
            );
            return None;
        };
        if documents.is_ambiguous(reference) {
            let message = format!("the file has several rules `{reference}`");
            self.report(Diagnostic::new(&code::SIGMA_REFERENCE, at, message).note("names are unique"));
            return None;
        }
        self.lowered += 1;
        if self.lowered > MOST_DOCUMENTS {
            self.report(Diagnostic::new(&code::SIGMA_REFERENCE, at, "the correlation comes to too many rules"));
            return None;
        }
        let document = &documents.all[target];
        match document.kind {
            Kind::Rule => {
                let mut kept = self.conditions(document, &documents.filters_of(document))?;
                let kept = match kept.len() {
                    1 => kept.remove(0),
                    _ => Self::any_of(kept)?,
                };
                if kept.aggregation.is_some() {
                    self.no_meaning(at, "a rule that aggregates cannot be correlated", "it finds groups and no events");
                    return None;
                }
                let handles: Vec<&str> = document.handles().collect();
                self.fields_of(document, kept.filter, request, &handles)
            }
            Kind::Correlation => {
                let found = self.correlation(documents, target, depth + 1)?;
                self.keys_of(document, found, request)
            }
            Kind::Filter => {
                self.report(Diagnostic::new(
                    &code::SIGMA_REFERENCE,
                    at,
                    "a filter finds nothing that could be correlated",
                ));
                None
            }
        }
    }

    /// The fields of a rule's events that are asked for.
    fn fields_of(
        &mut self,
        rule: &Document,
        filter: Expr,
        request: &Request<'_>,
        handles: &[&str],
    ) -> Option<Occurrences> {
        let span = request.span;
        let time = self.field_of_type(TIME, Type::DateTime, span);
        let resolved: Vec<_> = request
            .group_by
            .iter()
            .chain(request.values)
            .map(|(name, at)| {
                let field = self.resolve(name, *at, request.aliases, handles)?;
                Some((Name::from(*name), self.field(&field, *at)))
            })
            .collect();
        let resolved = resolved.into_iter().collect::<Option<Vec<_>>>()?;
        let plan = self.events(rule, filter)?;
        Some(self.chosen(plan, time, resolved, request))
    }

    /// The fields that a correlation groups by and that another asks for.
    fn keys_of(&mut self, document: &Document, found: Occurrences, request: &Request<'_>) -> Option<Occurrences> {
        let handles: Vec<&str> = document.handles().collect();
        let mut resolved = Vec::new();
        for (name, at) in request.group_by.iter().chain(request.values) {
            let field = self.resolve(name, *at, request.aliases, &handles)?;
            let keys = if found.grouped { found.keys.as_slice() } else { &[] };
            let key = keys.iter().find(|id| *self.columns[**id].name == *field);
            let Some(&key) = key else {
                self.no_meaning(
                    *at,
                    format!("`{field}` is no field that the inner correlation groups by"),
                    "a correlation stands for many events, and the specification does not say whose value would count",
                );
                return None;
            };
            resolved.push((Name::from(*name), key));
        }
        Some(self.chosen(found.plan, found.time, resolved, request))
    }

    /// Keeps the time and some columns, under other names.
    fn chosen(
        &mut self,
        mut plan: Plan,
        time: ColumnId,
        chosen: Vec<(Name, ColumnId)>,
        request: &Request<'_>,
    ) -> Occurrences {
        let span = request.span;
        let when = self.columns.add(TIME, Type::DateTime, Origin::Computed, span);
        let mut computed = vec![Computed { id: when, expr: self.column(time, span) }];
        let mut ids = Vec::new();
        for (name, id) in chosen {
            let expr = self.column(id, self.columns[id].span);
            let id = self.columns.add(name, expr.ty, Origin::Computed, expr.span);
            computed.push(Computed { id, expr });
            ids.push(id);
        }
        let values = ids.split_off(request.group_by.len());
        let mut keys = ids;
        let grouped = !keys.is_empty();
        if !grouped {
            // What belongs to one group has a key in common all the same.
            let id = self.columns.add(EVERYTHING, Type::Long, Origin::Computed, span);
            computed.push(Computed { id, expr: Expr::literal(Value::Long(1), span) });
            keys.push(id);
        }
        let schema = self.schema(computed.iter().map(|item| item.id), false);
        plan.push(Op::Project(computed, Rest::Drop), schema, span);
        Occurrences { plan, time: when, keys, grouped, values }
    }

    /// The field that a name stands for in the events of a rule.
    fn resolve(&mut self, name: &str, at: Span, aliases: Option<&Node>, handles: &[&str]) -> Option<String> {
        let Some(alias) = aliases.and_then(|aliases| aliases.get(name)) else { return Some(name.to_owned()) };
        let Some(entry) = handles.iter().find_map(|handle| alias.value.get(handle)) else {
            let message = format!("the alias `{name}` says nothing of the rule `{}`", handles.first().unwrap_or(&""));
            self.report(
                Diagnostic::new(&code::SIGMA_REFERENCE, alias.key.span, message).related(at, "it is used here"),
            );
            return None;
        };
        self.text(&entry.value, "the field an alias stands for").map(str::to_owned)
    }

    /// The events of several rules together, each with the name of its rule where there are several.
    fn pooled(&mut self, mut steps: Vec<Occurrences>, names: &[Name], span: Span) -> (Occurrences, Option<ColumnId>) {
        if steps.len() == 1 {
            return (steps.remove(0), None);
        }
        let shape = |step: &Occurrences| {
            std::iter::once(step.time)
                .chain(step.keys.iter().copied())
                .chain(step.values.iter().copied())
                .collect::<Vec<_>>()
        };
        let all: Vec<Vec<ColumnId>> = steps.iter().map(shape).collect();
        let ids: Vec<ColumnId> = all[0].iter().map(|&id| self.columns.twin(id)).collect();
        let columns = ids
            .iter()
            .enumerate()
            .map(|(at, &id)| UnionColumn { id, from: all.iter().map(|ids| Some(ids[at])).collect() });
        let columns = columns.collect();
        let rule = self.columns.add("rule", Type::String, Origin::Computed, span);
        let (keys, grouped) = (steps[0].keys.len(), steps[0].grouped);
        let union = Union {
            inputs: steps.into_iter().map(|step| step.plan).collect(),
            columns,
            source: Some((rule, names.to_vec())),
            fuzzy: false,
        };
        let schema = self.schema(std::iter::once(rule).chain(ids.iter().copied()), false);
        let plan = Plan::new(SourceKind::Union(union), schema, span);
        let values = ids[1 + keys..].iter().copied().chain([rule]).collect();
        (Occurrences { plan, time: ids[0], keys: ids[1..=keys].to_vec(), grouped, values }, Some(rule))
    }
}

/// The key of what makes one group altogether.
const EVERYTHING: &str = "everything";

/// What is asked of the events of a rule.
struct Request<'r> {
    group_by: &'r [(&'r str, Span)],
    values: &'r [(&'r str, Span)],
    aliases: Option<&'r Node>,
    span: Span,
}
