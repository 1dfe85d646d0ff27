//! Events as they are stored.

use super::Event;
use super::assumed::Columns;
use super::candidates::absent;
use super::model::{Instance, Place, Tag};
use super::parts::Over;
use super::plausible;
use super::solver::Solver;
use super::want::{text, to_json};
use crate::ir::{Json, Name, Value};
use crate::literal::{TICKS_PER_DAY, TICKS_PER_SECOND};
use crate::types::Type;

/// The columns that hold the time of an event.
pub(super) const TIMES: &[&str] = &["TimeGenerated", "Timestamp", "TimeCreated"];

/// A change to an event that is made: which event, which column, what it holds.
pub(super) type Patch = (usize, Name, Value);

impl Solver<'_> {
    /// The events by their places, but for those that a test leaves out.
    pub(super) fn events(
        &self,
        over: &Over,
        patches: &[Patch],
        left_out: impl Fn(&Instance<'_>) -> bool,
    ) -> Vec<(Place, Vec<Event>)> {
        let mut places: Vec<(Place, Vec<Event>)> = Vec::new();
        for (at, instance) in self.state.instances.iter().enumerate() {
            if instance.tags.contains(&Tag::Unwanted) || left_out(instance) {
                continue;
            }
            let event = self.rendered(at, over, patches);
            match places.iter_mut().find(|(place, _)| *place == instance.place) {
                Some((_, events)) => events.push(event),
                None => places.push((instance.place.clone(), vec![event])),
            }
        }
        places
    }

    fn rendered(&self, at: usize, over: &Over, patches: &[Patch]) -> Event {
        let instance = &self.state.instances[at];
        let mut event = Event::new();
        let patched = |name: &str| {
            patches
                .iter()
                .find(|(event, column, _)| *event == at && **column == *name)
                .map(|(_, _, value)| value.clone())
        };
        for column in instance.schema.iter() {
            let value = patched(&column.name).unwrap_or_else(|| match instance.fields.get(&column.name) {
                Some(node) => self.assembled_with(*node, over).unwrap_or_else(|| absent(column.ty.ty)),
                None => self.usual(at, instance, &column.name, column.ty.ty),
            });
            event.insert(column.name.to_string(), stored(&value));
        }
        let assumed = self.reads.places.get(&instance.place).into_iter().flatten();
        for (name, ty) in assumed {
            let unasked = match instance.fields.get(name) {
                Some(node) => TIMES.contains(&&**name) && self.assembled_with(*node, over).is_none(),
                None => true,
            };
            if !event.contains_key(&**name) && unasked {
                event.insert(name.to_string(), stored(&self.supposed(at, instance, name, *ty)));
            }
        }
        if self.reads.ingestion
            && matches!(instance.place, Place::Table(_))
            && !instance.fields.contains_key("$IngestionTime")
        {
            let time = self.time(at) + TICKS_PER_SECOND;
            event.insert("$IngestionTime".to_owned(), stored(&Value::DateTime(time)));
        }
        for (name, node) in &instance.fields {
            if !event.contains_key(&**name)
                && let Some(value) = self.assembled_with(*node, over)
            {
                event.insert(name.to_string(), stored(&value));
            }
        }
        event
    }

    /// What a column holds that nobody has listed, and of which no more is asked than that it be there.
    fn supposed(&self, at: usize, instance: &Instance<'_>, name: &str, ty: Type) -> Value {
        match ty {
            Type::Dynamic => {
                let inner = vec![("name".into(), Json::String(plausible::text(name, self.number(at)).into()))];
                Value::Dynamic(std::sync::Arc::new(Json::Bag(inner)))
            }
            Type::Unknown => self.usual(at, instance, name, Type::Unknown),
            ty => plausible::value(ty, name, self.number(at), self.time(at)),
        }
    }

    /// An event of a place that nothing is made for, long ago: it tells the columns.
    pub(super) fn bystander(&self, columns: &Columns) -> Event {
        let time = self.now - 400 * TICKS_PER_DAY;
        columns
            .iter()
            .map(|(name, ty)| {
                let value = match ty {
                    Type::Dynamic => Value::Dynamic(std::sync::Arc::new(Json::Bag(Vec::new()))),
                    _ if TIMES.contains(&&**name) => Value::DateTime(time),
                    ty => plausible::value(*ty, name, self.lot, time),
                };
                (name.to_string(), stored(&value))
            })
            .collect()
    }

    /// What a column holds of which nothing is asked.
    pub(super) fn usual(&self, at: usize, instance: &Instance<'_>, name: &str, ty: Type) -> Value {
        if let Place::Table(table) = &instance.place {
            if name == "Type" {
                return Value::String(table.clone());
            }
        } else if !matches!(ty, Type::String | Type::Unknown | Type::Dynamic) {
            return plausible::value(ty, name, self.number(at), self.time(at));
        } else {
            return Value::string(plausible::text(name, self.number(at)));
        }
        let time = self.time(at);
        if TIMES.contains(&name) {
            return Value::DateTime(time);
        }
        let hash = name.bytes().fold(self.lot, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
        // Some columns are empty in some events, as they are in life.
        if ty != Type::Unknown && hash % 6 == 1 || ty == Type::Dynamic && hash % 2 == 1 {
            return absent(ty);
        }
        plausible::value(ty, name, self.number(at), time - TICKS_PER_SECOND)
    }
}

/// A value in JSON, as an export writes it.
fn stored(value: &Value) -> serde_json::Value {
    match value {
        Value::Null(_) => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Long(value) => (*value).into(),
        Value::Real(value) => serde_json::Number::from_f64(*value).map_or(serde_json::Value::Null, Into::into),
        Value::Dynamic(json) => to_json(json),
        other => text(other).into(),
    }
}
