//! Records that wait to be tested before they are built.
//!
//! Of a record that does not fulfil the conditions nothing is built but the columns these are about. The other columns are
//! looked at as far as a value can be wrong in them, so that faults do not depend on conditions.

use std::ops::Range;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::common::Result;
use memchr::memmem;

use super::fault::Reason;
use super::json::{Kind, Slot};
use super::records::append;
use super::scan::{Output, Scan};
use super::value::append_null;
use crate::eval::arrays::CellBuilder;
use crate::types::Type;

/// For how many records there is room in the columns that are tested: about as many as are read at once.
const ROOM: usize = 512;

/// Records that wait.
pub(super) struct Sieve {
    /// The outputs that each condition is about.
    places: Vec<Vec<usize>>,
    /// Whether a condition is about an output.
    tested: Vec<bool>,
    /// The columns that are tested. In those that are only looked at, what stands there counts for nothing.
    columns: Vec<CellBuilder>,
    waiting: Vec<Waiting>,
    /// Where the values of what waits are, record by record.
    slots: Vec<Slot>,
}

/// A record that waits.
pub(super) struct Waiting {
    /// Its offset in the file.
    pub(super) offset: u64,
    /// Where it is at hand, or why it is no record.
    pub(super) place: Result<Range<usize>, Reason>,
    /// Whether it is built whatever the conditions say: because a value in it is wrong.
    told: bool,
}

impl Sieve {
    /// The sieve that a scan has; none where it would not pay.
    pub(super) fn of(scan: &Scan) -> Option<Self> {
        if scan.conditions.is_empty() || scan.passed.are_many() {
            return None;
        }
        let place = |wanted: &str| scan.outputs.iter().position(|output| output.name() == Some(wanted));
        let places = scan.conditions.iter().map(|condition| {
            let places: Option<Vec<usize>> = condition.columns.iter().map(|(name, _)| place(name)).collect();
            places
        });
        let places: Vec<Vec<usize>> = places.collect::<Option<_>>()?;
        let outputs = 0..scan.outputs.len();
        let tested: Vec<bool> = outputs.map(|at| places.iter().any(|places| places.contains(&at))).collect();
        // What waits is put down and taken up again, which takes as long as to build a column or two.
        let counted = tested.iter().filter(|tested| **tested).count();
        let spared = scan.outputs.iter().zip(&tested).filter(|(output, tested)| output.name().is_some() && !**tested);
        if spared.count() <= counted {
            return None;
        }
        Some(Self { places, tested, columns: columns(scan), waiting: Vec::new(), slots: Vec::new() })
    }

    /// Lets a record wait, whose values are at these places.
    pub(super) fn add(
        &mut self,
        scan: &Scan,
        (offset, place): (u64, Range<usize>),
        record: &str,
        slots: &[Slot],
        buffer: &mut String,
    ) {
        let mut told = false;
        let outputs = scan.outputs.iter().zip(slots).zip(&self.tested).zip(&mut self.columns);
        for (((output, slot), tested), column) in outputs {
            let Output::Column { ty, .. } = output else { continue };
            if !*tested && is_sound(*slot, *ty, record) {
                continue;
            }
            if append(column, *ty, *slot, record, buffer).is_none() {
                append_null(column);
                told = true;
            }
        }
        self.waiting.push(Waiting { offset, place: Ok(place), told });
        self.slots.extend_from_slice(slots);
    }

    /// Lets what is no record wait, so that all comes in order.
    pub(super) fn add_none(&mut self, scan: &Scan, offset: u64, reason: Reason) {
        self.columns.iter_mut().for_each(append_null);
        self.waiting.push(Waiting { offset, place: Err(reason), told: true });
        self.slots.resize(self.slots.len() + scan.outputs.len(), Slot::default());
    }

    /// Gives what is to be built of what waits, each with the places of its values, and waits for more.
    pub(super) fn pass(&mut self, scan: &Scan) -> Result<(Vec<Waiting>, Vec<Slot>)> {
        let rows = self.waiting.len();
        if rows == 0 {
            return Ok((Vec::new(), Vec::new()));
        }
        let arrays: Vec<ArrayRef> =
            std::mem::replace(&mut self.columns, columns(scan)).iter_mut().map(CellBuilder::finish).collect();
        let mut keep = BooleanBuffer::new_set(rows);
        for (condition, places) in scan.conditions.iter().zip(&self.places) {
            let of_condition = places.iter().filter_map(|place| arrays.get(*place).cloned()).collect();
            keep = &keep & &condition.test(of_condition, rows)?;
        }
        scan.passed.note(rows, keep.count_set_bits());
        let (mut passed, mut slots) = (Vec::new(), Vec::new());
        let records = self.slots.chunks(scan.outputs.len().max(1));
        for ((waiting, of_record), keep) in self.waiting.drain(..).zip(records).zip(&keep) {
            if keep || waiting.told {
                passed.push(waiting);
                slots.extend_from_slice(of_record);
            }
        }
        self.slots.clear();
        Ok((passed, slots))
    }
}

/// Columns for records that will wait.
fn columns(scan: &Scan) -> Vec<CellBuilder> {
    scan.outputs.iter().map(|output| CellBuilder::new(output.ty(), ROOM)).collect()
}

/// Whether it shows at once that a value can go into a column.
fn is_sound(slot: Slot, ty: Type, record: &str) -> bool {
    match slot.kind {
        Kind::Absent | Kind::Null => true,
        Kind::Text | Kind::Number | Kind::True | Kind::False => ty == Type::String,
        // All other escapes stand for a character by themselves.
        Kind::Escaped => ty == Type::String && memmem::find(slot.text_of(record).as_bytes(), b"\\u").is_none(),
        Kind::Nested => false,
    }
}
