//! Events as other systems store them: what a target's tables say of columns, said of values.
//!
//! Applied to a query the tables give the translation; applied to an event, as here, they give what the translation will
//! meet there. Whoever compares both sides takes the events from here.

use crate::ir::{Json, LogSource};

/// An event of Sentinel.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Its table.
    pub table: &'a str,
    /// Its columns, nulls left out, each value as its column's type has it.
    pub columns: &'a [(String, Json)],
}

/// An event as another system stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The index it is in; the table's own name where a system has none.
    pub index: String,
    /// The kind of events it is, by Sigma's taxonomy.
    pub log_source: Option<LogSource>,
    /// Its fields under flat names, dotted inside of objects. An array is a field of several values; a bag is there only
    /// as the parts it has.
    pub fields: Vec<(String, Json)>,
}

/// How the empty string of KQL, which is also its missing string, is stored where a system may have either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Empty {
    /// The field is not there.
    Missing,
    /// The field is there and empty, for every string of the event that is.
    Kept,
}

/// Two columns that are one field there and hold different values, so that no event of that system is this one; one
/// column, where it is the value of every event that it does not go with, or where the field cannot hold its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The field.
    pub field: String,
    /// The two columns.
    pub columns: (String, String),
    /// The value that every event of the kind has in the field, where that is what the column does not go with.
    pub always: Option<Json>,
    /// Whether the first column holds a part of what the second does, so that neither can take the other's value.
    pub is_part: bool,
}

/// The column of the time at which an event came in: what `ingestion_time()` gives.
pub const INGESTED: &str = "$IngestionTime";

/// Fields that are being gathered; each says which column it comes from.
#[derive(Debug, Default)]
pub(in crate::target) struct Fields {
    held: Vec<(String, Json, String)>,
    /// Fields that a column without a value is, which no event has.
    missing: Vec<(String, String)>,
    /// What cannot be.
    conflicts: Vec<Conflict>,
}

impl Fields {
    /// Adds a field; one of the same name has to have the same value.
    pub(in crate::target) fn add(&mut self, field: impl Into<String>, value: Json, column: &str) {
        let field = field.into();
        match self.held.iter_mut().find(|(name, ..)| *name == field) {
            None => self.held.push((field, value, column.to_owned())),
            Some((_, known, from)) if is_empty(known) => {
                *known = value;
                column.clone_into(from);
            }
            Some((_, known, from)) => {
                if *known != value && !is_empty(&value) {
                    self.conflicts.push(Conflict {
                        field,
                        columns: (from.clone(), column.to_owned()),
                        always: None,
                        is_part: false,
                    });
                }
            }
        }
    }

    /// Notes that a column has no value: one that is the same field cannot have any either.
    pub(in crate::target) fn missing(&mut self, field: impl Into<String>, column: &str) {
        self.missing.push((field.into(), column.to_owned()));
    }

    /// Notes that a field cannot hold what a column does, so that no event there is this one.
    pub(in crate::target) fn unheld(&mut self, field: String, column: &str) {
        let columns = (column.to_owned(), column.to_owned());
        self.conflicts.push(Conflict { field, columns, always: None, is_part: false });
    }

    /// What cannot be.
    pub(in crate::target) fn conflicts(&mut self) -> Vec<Conflict> {
        for (field, column) in std::mem::take(&mut self.missing) {
            let other = self
                .held
                .iter()
                .find(|(name, value, from)| *name == field && !from.is_empty() && *from != column && !is_empty(value));
            if let Some((.., from)) = other {
                let columns = (from.clone(), column);
                self.conflicts.push(Conflict { field, columns, always: None, is_part: false });
            }
        }
        std::mem::take(&mut self.conflicts)
    }

    /// Notes that what a column holds is not the part that it should be of another, which is the whole field.
    pub(in crate::target) fn torn(&mut self, field: &str, column: &str, whole: &str) {
        let columns = (column.to_owned(), whole.to_owned());
        self.conflicts.push(Conflict { field: field.to_owned(), columns, always: None, is_part: true });
    }

    /// A field that has this value in every event of its kind: a column that is the same field has it, too.
    pub(in crate::target) fn always(&mut self, field: &str, value: Json) {
        let other = self.held.iter().find(|(name, known, from)| name == field && !from.is_empty() && *known != value);
        let missing = self.missing.iter().find(|(name, _)| name == field).map(|(_, column)| column);
        if let Some(column) = other.map(|(.., from)| from).or(missing) {
            let columns = (column.clone(), column.clone());
            let conflict = Conflict { field: field.to_owned(), columns, always: Some(value.clone()), is_part: false };
            self.conflicts.push(conflict);
        }
        self.set(field, value);
    }

    /// Puts a field in the place of whatever bears its name.
    pub(in crate::target) fn set(&mut self, field: &str, value: Json) {
        self.held.retain(|(name, ..)| name != field);
        self.held.push((field.to_owned(), value, String::new()));
    }

    /// The fields gathered.
    pub(in crate::target) fn into_fields(self) -> Vec<(String, Json)> {
        self.held.into_iter().map(|(name, value, _)| (name, value)).collect()
    }
}

/// Whether a value is the empty text.
pub(in crate::target) fn is_empty(value: &Json) -> bool {
    matches!(value, Json::String(text) if text.is_empty())
}

/// What stands in an object's or array's parts: dotted names with their values, scalars and arrays of scalars. With
/// `positions` elements of arrays are parts under their positions; in any case the same slot of all elements is one
/// field of several values.
pub(crate) fn parts(name: &str, value: &Json, positions: bool, array: &str, into: &mut Vec<(String, Json)>) {
    match value {
        Json::Null => {}
        Json::Bag(slots) => {
            for (slot, value) in slots {
                parts(&format!("{name}.{slot}"), value, positions, array, into);
            }
        }
        Json::Array(items) => {
            if positions {
                for (at, item) in items.iter().enumerate() {
                    parts(&format!("{name}.{at}"), item, positions, array, into);
                }
            }
            let mut inner = Vec::new();
            for item in items {
                parts(&format!("{name}{array}"), item, false, array, &mut inner);
            }
            for (name, value) in inner {
                match into.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, Json::Array(known))) => match value {
                        Json::Array(more) => known.extend(more),
                        one => known.push(one),
                    },
                    Some(_) => {}
                    None => {
                        let value = if let Json::Array(_) = value { value } else { Json::Array(vec![value]) };
                        into.push((name, value));
                    }
                }
            }
        }
        scalar => into.push((name.to_owned(), scalar.clone())),
    }
}

/// The object or array that a text is the JSON of.
pub(in crate::target) fn object_in(text: &str) -> Option<Json> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    Some(of_json(&value))
}

/// A value of JSON.
pub fn of_json(value: &serde_json::Value) -> Json {
    match value {
        serde_json::Value::Null => Json::Null,
        serde_json::Value::Bool(value) => Json::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Json::Long(whole),
            None => Json::Real(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Json::String(text.as_str().into()),
        serde_json::Value::Array(items) => Json::Array(items.iter().map(of_json).collect()),
        serde_json::Value::Object(slots) => {
            Json::Bag(slots.iter().map(|(name, value)| (name.as_str().into(), of_json(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str, positions: bool, array: &str) -> Vec<String> {
        let mut found = Vec::new();
        parts("x", &object_in(text).unwrap(), positions, array, &mut found);
        found.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn what_no_event_has_is_a_conflict() {
        let mut fields = Fields::default();
        fields.add("user", Json::String("a".into()), "A");
        fields.missing("user", "B");
        fields.add("category", Json::String("x".into()), "Category");
        fields.always("category", Json::String("SignInLogs".into()));
        fields.missing("host", "C");
        let conflicts = fields.conflicts();
        let told: Vec<_> =
            conflicts.iter().map(|c| (c.field.as_str(), c.columns.1.as_str(), c.always.is_some())).collect();
        assert_eq!(told, [("category", "Category", true), ("user", "B", false)]);
        assert!(fields.into_fields().contains(&("category".to_owned(), Json::String("SignInLogs".into()))));
    }

    #[test]
    fn objects_come_apart() {
        assert_eq!(flat(r#"{"a":{"b":1},"c":null}"#, true, ""), ["x.a.b=1"]);
        assert_eq!(
            flat(r#"[{"a":1},{"a":2,"b":3}]"#, true, ""),
            ["x.0.a=1", "x.1.a=2", "x.1.b=3", "x.a=[1, 2]", "x.b=[3]"]
        );
        assert_eq!(flat(r#"[{"a":[1,2]},{"a":[3]}]"#, false, "{}"), ["x{}.a{}=[1, 2, 3]"]);
        assert!(object_in("no").is_none() && object_in("{").is_none());
    }

    #[test]
    fn one_field_has_one_value() {
        let mut fields = Fields::default();
        let text = |text: &str| Json::String(text.into());
        fields.add("f", text(""), "A");
        fields.add("f", text("x"), "B");
        fields.add("f", text("x"), "C");
        assert!(fields.conflicts.is_empty());
        fields.add("f", text("y"), "D");
        assert_eq!(
            fields.conflicts,
            [Conflict { field: "f".into(), columns: ("B".into(), "D".into()), always: None, is_part: false }]
        );
        assert_eq!(fields.into_fields(), [("f".to_owned(), text("x"))]);
    }
}
