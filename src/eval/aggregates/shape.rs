//! `buildschema`.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::{Result, internal_datafusion_err};

use super::codec::{Reader, Writer};
use super::groups::State;
use crate::eval::arrays::{CellBuilder, Cells};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::ir::Json;

/// The name that stands for the elements of an array.
const INDEXER: &str = "`indexer`";

/// Names of scalars as `buildschema` writes them, in the order in which alternatives are listed.
const SCALARS: [&str; 7] = ["bool", "datetime", "double", "guid", "long", "string", "timespan"];

/// The least schema that admits all values seen: which scalars, arrays of what, bags with which slots. Null adds nothing.
#[derive(Debug, Default)]
pub(super) struct Shape {
    scalars: BTreeSet<usize>,
    elements: Option<Box<Shape>>,
    slots: Option<BTreeMap<Box<str>, Shape>>,
}

impl Shape {
    fn admit(&mut self, value: View<'_>) {
        let scalar = match value.shown() {
            Shown::Null => return,
            Shown::Bool(_) => 0,
            Shown::DateTime(_) => 1,
            Shown::Real(_) => 2,
            Shown::Guid(_) => 3,
            Shown::Long(_) => 4,
            Shown::String(_) => 5,
            Shown::TimeSpan(_) => 6,
            Shown::Array(items) => {
                let elements = self.elements.get_or_insert_default();
                items.for_each(|item| elements.admit(item));
                return;
            }
            Shown::Bag(slots) => {
                let known = self.slots.get_or_insert_default();
                for (name, value) in slots {
                    known.entry(name.into()).or_default().admit(value);
                }
                return;
            }
        };
        self.scalars.insert(scalar);
    }

    fn join(&mut self, other: Self) {
        self.scalars.extend(other.scalars);
        if let Some(elements) = other.elements {
            self.elements.get_or_insert_default().join(*elements);
        }
        if let Some(slots) = other.slots {
            let known = self.slots.get_or_insert_default();
            for (name, shape) in slots {
                known.entry(name).or_default().join(shape);
            }
        }
    }

    /// One alternative stands for itself, several are an array.
    fn to_json(&self) -> Json {
        let mut all: Vec<Json> = self.scalars.iter().map(|scalar| Json::String(SCALARS[*scalar].into())).collect();
        if let Some(elements) = &self.elements {
            all.push(Json::Bag(vec![(INDEXER.into(), elements.to_json())]));
        }
        if let Some(slots) = &self.slots {
            all.push(Json::Bag(slots.iter().map(|(name, shape)| (name.as_ref().into(), shape.to_json())).collect()));
        }
        match (all.len(), all.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                all.extend(last);
                Json::Array(all)
            }
        }
    }
}

impl State for Shape {
    type Config = ();

    fn new((): &()) -> Self {
        Self::default()
    }

    fn update(&mut self, (): &(), inputs: &[Cells<'_>], row: usize) -> usize {
        if let Cell::Dynamic(bytes) = inputs[0].get(row) {
            self.admit(View::new(&bytes));
        }
        0
    }

    fn merge(&mut self, (): &(), other: Self) -> usize {
        self.join(other);
        0
    }

    fn encode(&self, into: &mut Writer) {
        into.len(self.scalars.len());
        for scalar in &self.scalars {
            into.byte(*scalar as u8);
        }
        into.bool(self.elements.is_some());
        if let Some(elements) = &self.elements {
            elements.encode(into);
        }
        into.bool(self.slots.is_some());
        if let Some(slots) = &self.slots {
            into.len(slots.len());
            for (name, shape) in slots {
                into.bytes(name.as_bytes());
                shape.encode(into);
            }
        }
    }

    fn decode((): &(), from: &mut Reader<'_>) -> Result<Self> {
        let mut shape = Self::default();
        for _ in 0..from.len()? {
            let scalar = usize::from(from.byte()?);
            if scalar >= SCALARS.len() {
                return Err(internal_datafusion_err!("a schema has a scalar of kind {scalar}"));
            }
            shape.scalars.insert(scalar);
        }
        if from.bool()? {
            shape.elements = Some(Box::new(Self::decode(&(), from)?));
        }
        if from.bool()? {
            let mut slots = BTreeMap::new();
            for _ in 0..from.len()? {
                let name = String::from_utf8_lossy(from.bytes()?).into();
                slots.insert(name, Self::decode(&(), from)?);
            }
            shape.slots = Some(slots);
        }
        Ok(shape)
    }

    /// Null where there was nothing but nulls.
    fn finish(self, (): &(), outputs: &mut [CellBuilder]) -> Result<()> {
        let empty = self.scalars.is_empty() && self.elements.is_none() && self.slots.is_none();
        outputs[0].push(&if empty { Cell::Null } else { Cell::dynamic(&self.to_json()) })
    }
}
