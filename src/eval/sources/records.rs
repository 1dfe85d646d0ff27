//! Records on their way into the arrays of a batch.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::common::{DataFusionError, Result};

use super::fault::{OnError, Place, Reason};
use super::json::{Kind, Lookup, Marked, Slot, Wrong, members, unescape};
use super::scan::{Output, Scan};
use super::sieve::{Sieve, Waiting};
use super::value::{append_bool, append_nested, append_null, append_number, append_text};
use crate::eval::arrays::CellBuilder;
use crate::types::Type;

/// How many records a batch has at most.
pub(super) const BATCH_ROWS: usize = 8192;
/// How many characters of a value are told.
const SHOWN: usize = 60;
/// In the ordinal of a record the offset in its file takes the lower bits: files of up to 16 TiB.
const FILE_SHIFT: u32 = 44;

/// The error that ends a run at a record that cannot be read. What is wrong stands in the faults of the run.
#[derive(Debug, thiserror::Error)]
#[error("a record cannot be read")]
pub(in crate::eval) struct Faulty;

/// The ordinal of what stands at an offset of a file: ascending in files, and in each with the offset.
pub(super) fn ordinal((file, offset): Place) -> i64 {
    (i64::from(file) << FILE_SHIFT) | offset.cast_signed()
}

/// Collects records of one file into batches.
pub(super) struct Records {
    scan: Arc<Scan>,
    file: u32,
    builders: Vec<CellBuilder>,
    lookup: Lookup,
    slots: Vec<Slot>,
    /// What waits to be tested.
    sieve: Option<Sieve>,
    /// The text of a string without its escapes.
    buffer: String,
    rows: usize,
    /// The rows that are to be left out.
    dropped: Vec<usize>,
}

impl Records {
    pub(super) fn new(scan: Arc<Scan>, file: u32) -> Self {
        let builders = scan.outputs.iter().map(|output| CellBuilder::new(output.ty(), BATCH_ROWS)).collect();
        let lookup = Lookup::new(scan.outputs.iter().map(Output::name));
        let slots = vec![Slot::default(); scan.outputs.len()];
        Self { scan, file, sieve: None, builders, lookup, slots, buffer: String::new(), rows: 0, dropped: Vec::new() }
    }

    /// The same, where all records come by [`Self::sift_json`] and are settled: tests them first, if that pays.
    pub(super) fn sifted(self) -> Self {
        Self { sieve: Sieve::of(&self.scan), ..self }
    }

    /// Whether a batch is full.
    pub(super) fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS
    }

    /// Adds the record that JSON text is, of which the marks are.
    pub(super) fn add_json(&mut self, offset: u64, bytes: &[u8], marks: Marked<'_>) -> Result<()> {
        match members(bytes, &mut self.lookup, marks, &mut self.slots) {
            Ok(record) => self.build(offset, record),
            Err(wrong) => self.add_none(offset, reason(wrong)),
        }
    }

    /// As [`Self::add_json`]; where conditions are to be tested first, the record waits for [`Self::settle`], and has to be
    /// at this place of what is given there.
    #[inline]
    pub(super) fn sift_json(
        &mut self,
        offset: u64,
        bytes: &[u8],
        marks: Marked<'_>,
        place: Range<usize>,
    ) -> Result<()> {
        let Some(sieve) = &mut self.sieve else { return self.add_json(offset, bytes, marks) };
        match members(bytes, &mut self.lookup, marks, &mut self.slots) {
            Ok(record) => sieve.add(&self.scan, (offset, place), record, &self.slots, &mut self.buffer),
            Err(wrong) => sieve.add_none(&self.scan, offset, reason(wrong)),
        }
        Ok(())
    }

    /// As [`Self::add_none`], behind what waits.
    pub(super) fn sift_none(&mut self, offset: u64, reason: Reason) -> Result<()> {
        match &mut self.sieve {
            None => self.add_none(offset, reason),
            Some(sieve) => {
                sieve.add_none(&self.scan, offset, reason);
                Ok(())
            }
        }
    }

    /// Tests what waits, and adds what passes.
    pub(super) fn settle(&mut self, at_hand: &[u8]) -> Result<()> {
        let Some(sieve) = &mut self.sieve else { return Ok(()) };
        let (passed, slots) = sieve.pass(&self.scan)?;
        if self.scan.passed.are_many() {
            self.sieve = None;
        }
        for (waiting, slots) in passed.into_iter().zip(slots.chunks(self.slots.len().max(1))) {
            let Waiting { offset, place, .. } = waiting;
            match place.map(|place| at_hand.get(place).and_then(|bytes| std::str::from_utf8(bytes).ok())) {
                Ok(Some(record)) => {
                    self.slots.copy_from_slice(slots);
                    self.build(offset, record)?;
                }
                Ok(None) => self.add_none(offset, Reason::Utf8)?,
                Err(reason) => self.add_none(offset, reason)?,
            }
        }
        Ok(())
    }

    /// Adds the record whose values have been found.
    fn build(&mut self, offset: u64, record: &str) -> Result<()> {
        let mut wrong = Vec::new();
        let outputs = self.scan.outputs.iter().zip(&self.slots).zip(&mut self.builders);
        for (at, ((output, slot), builder)) in outputs.enumerate() {
            let Output::Column { ty, .. } = output else {
                push_ordinal(builder, (self.file, offset));
                continue;
            };
            if append(builder, *ty, *slot, record, &mut self.buffer).is_none() {
                append_null(builder);
                wrong.push((at, slot.text_of(record)));
            }
        }
        let mut whole = true;
        for (at, value) in wrong {
            whole &= self.mistyped(at, offset, value)?;
        }
        self.ended(whole);
        Ok(())
    }

    /// Adds the record whose values stand in `fields`; an output without one is null.
    pub(super) fn add_fields<'f>(&mut self, offset: u64, field: impl Fn(usize) -> Option<&'f str>) -> Result<()> {
        let scan = Arc::clone(&self.scan);
        let mut whole = true;
        for (at, output) in scan.outputs.iter().enumerate() {
            let builder = &mut self.builders[at];
            match output {
                Output::Ordinal => push_ordinal(builder, (self.file, offset)),
                Output::Column { ty, .. } => match field(at) {
                    None => append_null(builder),
                    // Nothing between two separators is no value, where JSON has an empty string for that.
                    Some("") => append_null(builder),
                    Some(text) => {
                        if append_text(builder, *ty, text).is_none() {
                            append_null(builder);
                            whole &= self.mistyped(at, offset, text)?;
                        }
                    }
                },
            }
        }
        self.ended(whole);
        Ok(())
    }

    /// Tells that what stands at an offset is no record.
    pub(super) fn add_none(&mut self, offset: u64, reason: Reason) -> Result<()> {
        if self.fault(offset, reason)? {
            for (builder, output) in self.builders.iter_mut().zip(&self.scan.outputs) {
                match output {
                    Output::Ordinal => push_ordinal(builder, (self.file, offset)),
                    Output::Column { .. } => append_null(builder),
                }
            }
            self.ended(true);
        }
        Ok(())
    }

    /// Tells that a value is not of its column's type; whether the record stays.
    fn mistyped(&self, at: usize, offset: u64, value: &str) -> Result<bool> {
        let Output::Column { name, ty } = &self.scan.outputs[at] else { return Ok(true) };
        let mut shown: String = value.chars().take(SHOWN).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        let reason = Reason::Type { column: name.clone(), value: shown, ty: ty.name() };
        self.fault(offset, reason)
    }

    /// Counts a fault; whether the record stays.
    fn fault(&self, offset: u64, reason: Reason) -> Result<bool> {
        self.scan.faults.add((self.scan.first_file + self.file, offset), reason);
        match self.scan.on_error {
            OnError::Fail => Err(DataFusionError::External(Box::new(Faulty))),
            OnError::Skip => Ok(false),
            OnError::Null => Ok(true),
        }
    }

    fn ended(&mut self, stays: bool) {
        if !stays {
            self.dropped.push(self.rows);
        }
        self.rows += 1;
    }

    /// The batch of what was added, if anything was.
    pub(super) fn finish(&mut self) -> Result<Option<RecordBatch>> {
        if self.rows == 0 {
            return Ok(None);
        }
        let rows = std::mem::take(&mut self.rows);
        let arrays: Vec<_> = self.builders.iter_mut().map(CellBuilder::finish).collect();
        let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.scan.schema), arrays, &options)?;
        if self.dropped.is_empty() {
            return Ok(Some(batch));
        }
        let mut keep = vec![true; rows];
        for row in self.dropped.drain(..) {
            keep[row] = false;
        }
        Ok(Some(filter_record_batch(&batch, &BooleanArray::from(keep))?))
    }
}

/// Appends the value at a place of a record; nothing where it is of another type.
#[inline]
pub(super) fn append(builder: &mut CellBuilder, ty: Type, slot: Slot, record: &str, buffer: &mut String) -> Option<()> {
    let value = slot.text_of(record);
    match slot.kind {
        Kind::Absent | Kind::Null => {
            append_null(builder);
            Some(())
        }
        Kind::Text => append_text(builder, ty, value),
        Kind::Escaped => unescape(value, buffer).and_then(|text| append_text(builder, ty, text)),
        Kind::Number => append_number(builder, ty, value),
        Kind::True => append_bool(builder, true),
        Kind::False => append_bool(builder, false),
        Kind::Nested => append_nested(builder, value),
    }
}

fn reason(wrong: Wrong) -> Reason {
    match wrong {
        Wrong::Utf8 => Reason::Utf8,
        Wrong::Json(why) => Reason::Json(why),
    }
}

fn push_ordinal(builder: &mut CellBuilder, place: Place) {
    if let CellBuilder::Long(builder) = builder {
        builder.append_value(ordinal(place));
    }
}

impl Output {
    pub(super) fn ty(&self) -> Type {
        match self {
            Self::Column { ty, .. } => *ty,
            Self::Ordinal => Type::Long,
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Column { name, .. } => Some(name),
            Self::Ordinal => None,
        }
    }
}
