//! Sets of events as another system stores them.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::ir::{ColumnId, ExprKind, LogSource, Op, Plan, Query};
use crate::prove::stored::{self, Store};
use crate::prove::synth::{Event, Scenario};
use crate::target::store::{Conflict, Stored};
use crate::target::{DataError, Fields};

/// A stored event: its fields, and where it is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    /// The index; the table's own name where a system has none.
    pub(super) index: String,
    /// The kind of events it is, by Sigma's taxonomy.
    log_source: Option<LogSource>,
    /// The fields.
    pub(super) fields: Event,
}

impl Kept {
    fn of(stored: Stored) -> Self {
        let fields = stored.fields.iter().map(|(name, value)| (name.clone(), stored::json(value))).collect();
        Self { index: stored.index, log_source: stored.log_source, fields }
    }

    /// As an object.
    pub(super) fn object(&self) -> Value {
        let mut object = Map::new();
        object.insert("index".to_owned(), Value::from(self.index.as_str()));
        if let Some(source) = &self.log_source {
            let parts = [("category", &source.category), ("product", &source.product), ("service", &source.service)];
            let said = |(name, part): (&str, &Option<_>)| Some((name.to_owned(), json!(part.as_deref()?)));
            object.insert("logsource".to_owned(), Value::Object(parts.into_iter().filter_map(said).collect()));
        }
        object.insert("event".to_owned(), Value::Object(self.fields.clone()));
        Value::Object(object)
    }
}

/// The events of a set in the order of their tables, and of how many the system has none of the kind: two columns that
/// are one field there have different values. A column that the rule does not `read` gives way to one that it does.
pub(super) fn events(
    scenario: &Scenario,
    store: &Store<'_>,
    read: &HashSet<String>,
) -> Result<(Vec<Kept>, usize), DataError> {
    let (mut kept, mut left_out) = (Vec::new(), 0);
    for (table, records) in &scenario.tables {
        for record in records {
            match one(table, record, store, read)? {
                Some(stored) => kept.extend(stored.into_iter().map(Kept::of)),
                None => left_out += 1,
            }
        }
    }
    Ok((kept, left_out))
}

fn one(
    table: &str,
    record: &Event,
    store: &Store<'_>,
    read: &HashSet<String>,
) -> Result<Option<Vec<Stored>>, DataError> {
    let needed = |name: &str| read.contains(name) || matches!(name, "TimeGenerated" | "Timestamp");
    let mut without: HashSet<String> = HashSet::new();
    loop {
        let (stored, conflicts) = store.keep(table, record, |name| !without.contains(name))?;
        if conflicts.is_empty() {
            return Ok(Some(stored));
        }
        let before = without.len();
        for Conflict { columns: (one, other), .. } in conflicts {
            without.extend([other, one].into_iter().find(|name| !needed(name)));
        }
        if without.len() == before {
            let (stored, conflicts) = store.keep(table, record, needed)?;
            return Ok(conflicts.is_empty().then_some(stored));
        }
    }
}

/// The columns by which a query finds and groups its records.
pub(super) fn columns_read(query: &Query) -> HashSet<String> {
    fn in_plan(plan: &Plan, f: &mut dyn FnMut(ColumnId)) {
        plan.source.kind.plans(&mut |inner| in_plan(inner, f));
        for step in &plan.steps {
            if !matches!(step.op, Op::Project(..)) {
                step.op.columns(&mut |id| f(*id));
            }
            step.op.plans(&mut |inner| in_plan(inner, f));
        }
        plan.walk(&mut |expr| {
            if let ExprKind::Column(id) = expr.kind {
                f(id);
            }
        });
    }
    let mut found = HashSet::new();
    let plans = query.plans();
    for plan in plans {
        in_plan(plan, &mut |id| {
            found.insert(query.columns[id].name.to_string());
        });
    }
    found
}

/// Whose names the fields bear, and what becomes of empty strings.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct StoringOptions {
    /// Whose field names stored events have
    #[arg(long, value_enum, default_value_t, requires = "to")]
    pub(super) fields: Fields,
    /// Keep empty strings where the system may have them; without it such fields are left out
    #[arg(long, requires = "to")]
    pub(super) keep_empty: bool,
}
