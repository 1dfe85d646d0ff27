//! Columns in which few texts stand again and again, such as those that a file keeps in a dictionary.
//!
//! Two views of one array that are the same bits are the same text. So what a function gives is computed once for each
//! different view, and put where it belongs.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, StringViewArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;

/// How many different views are borne with.
const MOST: usize = 1024;
/// The slots of the table in which they are looked up: a power of two, of which a quarter is used at most.
const SLOTS: usize = 4 * MOST;
/// Fewer texts than these are not worth the trouble.
const LEAST: usize = 512;
/// So many texts are looked at before all are.
const LOOK: usize = 128;

/// The different texts of a column, and which of them stands in each row.
pub(super) struct Repeated {
    /// Each different text once.
    pub(super) texts: ArrayRef,
    rows: UInt32Array,
}

impl Repeated {
    /// The texts of a column, where they are few.
    pub(super) fn of(array: &ArrayRef) -> Option<Self> {
        if *array.data_type() != DataType::Utf8View || array.len() < LEAST || array.null_count() > 0 {
            return None;
        }
        let texts = array.as_string_view();
        let views: &[u128] = texts.views();
        // Where hardly a text of some comes again, there are too many different ones.
        let mut table = Table::default();
        for view in views.iter().step_by(views.len() / LOOK).take(LOOK) {
            table.place(*view)?;
        }
        if table.views.len() > LOOK / 2 {
            return None;
        }
        let rows: Vec<u32> = views.iter().map(|view| table.place(*view)).collect::<Option<_>>()?;
        let different = StringViewArray::try_new(table.views.into(), texts.data_buffers().to_vec(), None).ok()?;
        Some(Self { texts: Arc::new(different), rows: rows.into() })
    }

    /// What a function gave for each different text, in every row with that text.
    pub(super) fn spread(&self, results: &ArrayRef) -> Result<ArrayRef> {
        Ok(take(results, &self.rows, None)?)
    }
}

/// Numbers views in the order in which they come up.
struct Table {
    views: Vec<u128>,
    /// The number behind that of a view, where the view falls; 0 where none does.
    slots: Vec<u16>,
}

impl Default for Table {
    fn default() -> Self {
        Self { views: Vec::with_capacity(MOST), slots: vec![0; SLOTS] }
    }
}

impl Table {
    /// The number of a view; nothing where there are too many.
    #[inline]
    fn place(&mut self, view: u128) -> Option<u32> {
        let mixed = ((view >> 64) as u64 ^ view as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut slot = (mixed >> 40) as usize % SLOTS;
        loop {
            let there = self.slots[slot];
            if there == 0 {
                break;
            }
            if self.views.get(usize::from(there) - 1) == Some(&view) {
                return Some(u32::from(there) - 1);
            }
            slot = (slot + 1) % SLOTS;
        }
        if self.views.len() == MOST {
            return None;
        }
        self.views.push(view);
        self.slots[slot] = self.views.len() as u16;
        Some(self.views.len() as u32 - 1)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringViewBuilder;
    use proptest::prelude::*;

    use super::*;

    /// A column as a file with a dictionary gives it.
    fn column(words: &[String], rows: &[usize]) -> ArrayRef {
        let mut builder = StringViewBuilder::new().with_deduplicate_strings();
        for row in rows {
            builder.append_value(&words[row % words.len()]);
        }
        Arc::new(builder.finish())
    }

    #[test]
    fn columns_of_many_texts_are_left_alone() {
        let words: Vec<String> = (0..5_000).map(|n| format!("a text of its own, by number {n}")).collect();
        assert!(Repeated::of(&column(&words, &(0..5_000).collect::<Vec<_>>())).is_none());
        assert!(Repeated::of(&column(&words[..9], &(0..LEAST - 1).collect::<Vec<_>>())).is_none());
        // Few at first, too many after all.
        let rows: Vec<usize> = (0..50_000).map(|n| if n % 2 == 0 { 0 } else { n }).collect();
        assert!(Repeated::of(&column(&words, &rows)).is_none());
        assert!(Repeated::of(&column(&words[..40], &rows)).is_some_and(|found| found.texts.len() <= 40));
    }

    proptest! {
        #[test]
        fn every_row_keeps_its_text(
            words in prop::collection::vec("[a-c]{0,16}", 1..60),
            rows in prop::collection::vec(0usize..1000, LEAST..2 * LEAST),
            start in 0usize..3,
        ) {
            let whole = column(&words, &rows);
            let array = whole.slice(start, whole.len() - start);
            if let Some(found) = Repeated::of(&array) {
                prop_assert_eq!(&found.spread(&found.texts).unwrap(), &array);
            }
        }
    }
}
