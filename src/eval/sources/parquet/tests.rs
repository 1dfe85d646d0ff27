//! Files of Parquet, written with their types and read as KQL's.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray as _, Date32Array, Decimal128Array, DurationMicrosecondArray, FixedSizeBinaryArray, Float32Array,
    Int16Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::logical_expr::{col, lit};
use datafusion::prelude::{SessionContext, in_list};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use proptest::prelude::*;

use super::group::typed;
use super::*;
use crate::eval::arrays::Cells;
use crate::eval::sources::condition::{Condition, Passed};
use crate::eval::sources::fault::{Faults, OnError};
use crate::eval::sources::scan::{EventTable, Output};

fn written(columns: Vec<(&str, ArrayRef)>, group: usize) -> (tempfile::TempDir, EventFile) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("T.parquet");
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let file = EventFile::at(path, None).unwrap();
    (folder, file)
}

/// The values of a column of all row groups, as texts, and how many could not be read.
fn read(file: &EventFile, name: &str, ty: Type, on_error: OnError) -> Result<(Vec<String>, usize)> {
    let faults = Arc::new(Faults::default());
    let columns = vec![(name.to_owned(), ty)];
    let scan = Arc::new(Scan {
        outputs: vec![Output::Column { name: name.to_owned(), ty }, Output::Ordinal],
        schema: EventTable::schema_of(&columns),
        files: Arc::new([file.clone()]),
        first_file: 0,
        faults: Arc::clone(&faults),
        on_error,
        conditions: Vec::new(),
        passed: Passed::default(),
    });
    let mut texts = Vec::new();
    let mut ordinals = Vec::new();
    for (group, first) in row_groups(file, &[]).unwrap() {
        for batch in batches(&scan, 0, file, group, first)? {
            let batch = batch?;
            let cells = Cells::new(batch.column(0).as_ref(), ty)?;
            texts.extend((0..cells.len()).map(|row| cells.get(row).to_text().into_owned()));
            let numbers = Cells::new(batch.column(1).as_ref(), Type::Long)?;
            ordinals.extend((0..numbers.len()).filter_map(|row| numbers.get(row).as_long()));
        }
    }
    assert!(ordinals.is_sorted());
    Ok((texts, faults.count().0))
}

#[test]
fn every_type_has_its_counterpart() {
    let day: i64 = 19_753; // 2024-01-31
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None]), None]);
    let inner = StructArray::try_from(vec![
        ("a", Arc::new(StringArray::from(vec![Some("x"), None])) as ArrayRef),
        ("b", Arc::new(list.clone()) as ArrayRef),
    ])
    .unwrap();
    let guid = FixedSizeBinaryArray::try_from_iter([[1u8; 16], [2; 16]].into_iter()).unwrap();
    let columns: Vec<(&str, ArrayRef, &str, [&str; 2])> = vec![
        ("i", Arc::new(Int16Array::from(vec![Some(-1), None])), "int", ["-1", ""]),
        ("u", Arc::new(UInt64Array::from(vec![7, 8])), "long", ["7", "8"]),
        ("f", Arc::new(Float32Array::from(vec![0.5, f32::INFINITY])), "real", ["0.5", "Infinity"]),
        ("s", Arc::new(StringArray::from(vec![Some("é"), None])), "string", ["é", ""]),
        (
            "d",
            Arc::new(Decimal128Array::from(vec![Some(150), None]).with_precision_and_scale(10, 2).unwrap()),
            "decimal",
            ["1.5", ""],
        ),
        (
            "day",
            Arc::new(Date32Array::from(vec![day as i32, -1])),
            "datetime",
            ["2024-01-31T00:00:00.0000000Z", "1969-12-31T00:00:00.0000000Z"],
        ),
        (
            "ms",
            Arc::new(TimestampMillisecondArray::from(vec![day * 86_400_000 + 1, -62_135_596_800_000])),
            "datetime",
            ["2024-01-31T00:00:00.0010000Z", "0001-01-01T00:00:00.0000000Z"],
        ),
        (
            "ns",
            Arc::new(TimestampNanosecondArray::from(vec![1_099, -1]).with_timezone("UTC")),
            "datetime",
            ["1970-01-01T00:00:00.0000010Z", "1969-12-31T23:59:59.9999999Z"],
        ),
        ("g", Arc::new(guid), "guid", ["01010101-0101-0101-0101-010101010101", "02020202-0202-0202-0202-020202020202"]),
        ("l", Arc::new(list), "dynamic", ["[1,null]", ""]),
        ("n", Arc::new(inner), "dynamic", [r#"{"a":"x","b":[1,null]}"#, r#"{"a":"","b":null}"#]),
    ];
    let (_folder, file) = written(columns.iter().map(|(name, array, ..)| (*name, Arc::clone(array))).collect(), 100);
    let found = super::columns(&file).unwrap();
    for (name, _, ty, values) in columns {
        let ty = Type::parse(ty).unwrap();
        assert!(found.contains(&(name.to_owned(), ty)), "{name}: {found:?}");
        assert_eq!(read(&file, name, ty, OnError::Fail).unwrap(), (values.map(str::to_owned).to_vec(), 0), "{name}");
    }
    assert_eq!(read(&file, "missing", Type::Long, OnError::Fail).unwrap().0, ["", ""]);
}

#[test]
fn values_of_another_type_are_converted_or_told() {
    let (_folder, file) = written(vec![("a", Arc::new(StringArray::from(vec!["1", "x", ""])))], 2);
    assert!(read(&file, "a", Type::Long, OnError::Fail).is_err());
    assert_eq!(
        read(&file, "a", Type::Long, OnError::Null).unwrap(),
        (vec!["1".into(), String::new(), String::new()], 1)
    );
    assert_eq!(read(&file, "a", Type::Long, OnError::Skip).unwrap(), (vec!["1".into(), String::new()], 1));
    let durations: ArrayRef = Arc::new(DurationMicrosecondArray::from(vec![1_500_000]));
    let (natural, lost) = typed(&durations, Type::TimeSpan).unwrap();
    assert_eq!(Cells::new(natural.as_ref(), Type::TimeSpan).unwrap().get(0).to_text(), "00:00:01.5000000");
    assert!(lost.is_empty());
}

/// The range that a type holds is looked at once for all values of a batch, or value by value.
#[test]
fn times_out_of_range_are_lost_one_by_one() {
    let micros = |values: Vec<Option<i64>>| -> ArrayRef {
        Arc::new(datafusion::arrow::array::TimestampMicrosecondArray::from(values))
    };
    for (values, expected, lost) in [
        (vec![Some(0), Some(-1)], ["1970-01-01T00:00:00.0000000Z", "1969-12-31T23:59:59.9999990Z"], vec![]),
        (vec![Some(0), None], ["1970-01-01T00:00:00.0000000Z", ""], vec![]),
        (vec![Some(i64::MAX), Some(0)], ["", "1970-01-01T00:00:00.0000000Z"], vec![0]),
        (vec![Some(0), Some(i64::MIN)], ["1970-01-01T00:00:00.0000000Z", ""], vec![1]),
        (vec![None, Some(i64::MIN)], ["", ""], vec![1]),
    ] {
        let (array, found) = typed(&micros(values), Type::DateTime).unwrap();
        let cells = Cells::new(array.as_ref(), Type::DateTime).unwrap();
        assert_eq!([0, 1].map(|row| cells.get(row).to_text().into_owned()), expected);
        assert_eq!(found, lost);
    }
}

#[test]
fn row_groups_that_cannot_matter_are_not_read() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..40));
    let times: ArrayRef = Arc::new(TimestampMillisecondArray::from_iter_values((0..40).map(|n| n * 1000)));
    let texts: ArrayRef = Arc::new((0..40).map(|n| (n != 15).then(|| format!("k{n:02}"))).collect::<StringArray>());
    let (_folder, file) = written(vec![("n", numbers), ("t", times), ("s", texts)], 10);
    let epoch = crate::literal::civil_to_ticks(1970, 1, 1).unwrap();
    let second = crate::literal::TICKS_PER_SECOND;
    for (filter, expected) in [
        (col("n").gt(lit(29i64)), vec![3]),
        (col("n").gt_eq(lit(29i64)), vec![2, 3]),
        (col("n").eq(lit(12i64)), vec![1]),
        (col("n").lt(lit(0i64)), vec![]),
        (lit(10i64).gt(col("n")), vec![0]),
        (col("n").eq(lit(12i64)).or(col("n").eq(lit(35i64))), vec![1, 3]),
        (col("n").gt(lit(5i64)).and(col("n").lt(lit(9i64))), vec![0]),
        (col("t").gt(lit(epoch + 25 * second)).is_true(), vec![2, 3]),
        (in_list(col("n"), vec![lit(1i64), lit(21i64)], false), vec![0, 2]),
        (in_list(col("n"), vec![lit(1i64)], true), vec![0, 1, 2, 3]),
        (col("s").eq(lit("k12")), vec![1]),
        // A null is the empty string.
        (col("s").eq(lit("")), vec![1]),
        (col("s").eq(lit(12i64)), vec![0, 1, 2, 3]),
        (col("n").not_eq(lit(1i64)), vec![0, 1, 2, 3]),
        (col("gone").eq(lit(1i64)), vec![0, 1, 2, 3]),
    ] {
        let groups = row_groups(&file, std::slice::from_ref(&filter)).unwrap();
        assert_eq!(groups.iter().map(|(group, _)| *group).collect::<Vec<_>>(), expected, "{filter}");
        assert!(groups.iter().all(|(group, first)| *first == *group as u64 * 10));
    }
}

#[test]
fn what_a_file_says_of_a_row_group_can_be_enough() {
    let numbers: ArrayRef = Arc::new((0..40i64).map(|n| (n != 15).then_some(n)).collect::<Int64Array>());
    let times: ArrayRef = Arc::new(TimestampMillisecondArray::from_iter_values((0..40).map(|n| n * 1000)));
    let reals: ArrayRef = Arc::new(Float32Array::from_iter_values((0..40u8).map(f32::from)));
    let texts: ArrayRef = Arc::new((0..40).map(|n| Some(format!("k{n:02}"))).collect::<StringArray>());
    let (_folder, file) = written(vec![("n", numbers), ("t", times), ("r", reals), ("s", texts)], 10);
    let metadata = metadata(&file).unwrap();
    let epoch = crate::literal::civil_to_ticks(1970, 1, 1).unwrap();
    let second = crate::literal::TICKS_PER_SECOND;
    for (filter, ty, expected) in [
        // The second group has a null, which is not greater than anything.
        (col("n").gt(lit(-1i64)), Type::Long, vec![0, 2, 3]),
        (col("n").gt(lit(20i64)), Type::Long, vec![3]),
        (col("n").gt_eq(lit(20i64)).is_true(), Type::Long, vec![2, 3]),
        (col("n").lt(lit(29i64)), Type::Long, vec![0]),
        (col("n").lt_eq(lit(29i64)), Type::Long, vec![0, 2]),
        (lit(29i64).gt_eq(col("n")), Type::Long, vec![0, 2]),
        (col("n").not_eq(lit(99i64)), Type::Long, vec![]),
        (col("t").gt_eq(lit(epoch + 10 * second)), Type::DateTime, vec![1, 2, 3]),
        (col("t").gt(lit(epoch + 10 * second)), Type::DateTime, vec![2, 3]),
        // What is converted when it is read is not what the file speaks of.
        (col("t").gt(lit(0i64)), Type::Long, vec![]),
        (col("r").gt(lit(-1.0)), Type::Real, vec![]),
        (col("s").gt(lit("a")), Type::String, vec![]),
        (col("gone").gt(lit(0i64)), Type::Long, vec![]),
    ] {
        let sure: Vec<usize> = (0..4).filter(|group| super::prune::surely(&metadata, *group, &filter, ty)).collect();
        assert_eq!(sure, expected, "{filter}");
    }
}

/// A scan of a file.
fn scan_of(file: &EventFile, filters: &[Expr], on_error: OnError) -> Arc<Scan> {
    let columns: Vec<(String, Type)> = [("n", Type::Long), ("s", Type::String), ("t", Type::Long), ("z", Type::String)]
        .map(|(n, ty)| (n.into(), ty))
        .into();
    let schema = EventTable::schema_of(&columns);
    let session = SessionContext::new().state();
    Arc::new(Scan {
        outputs: columns
            .iter()
            .map(|(name, ty)| Output::Column { name: name.clone(), ty: *ty })
            .chain([Output::Ordinal])
            .collect(),
        conditions: Condition::all(filters, &columns, &schema, &session).unwrap(),
        schema,
        files: Arc::new([file.clone()]),
        first_file: 0,
        faults: Arc::default(),
        on_error,
        passed: Passed::default(),
    })
}

/// The records of a file that fulfil filters, a line each, with their ordinals; and how many faults there were.
fn found(file: &EventFile, filters: &[Expr], late: bool, on_error: OnError) -> (Vec<String>, usize) {
    let scan = scan_of(file, filters, on_error);
    let mut lines = Vec::new();
    for (number, first) in row_groups(file, &[]).unwrap() {
        let group = Group::new(&scan, 0, file, number, first).unwrap();
        let batches = if late { late::batches(group).unwrap() } else { Box::new(Reading::all(group).unwrap()) };
        for batch in batches {
            let batch = batch.unwrap();
            let types = scan.outputs.iter().map(Output::ty);
            let cells: Vec<Cells<'_>> =
                types.zip(batch.columns()).map(|(ty, array)| Cells::new(array.as_ref(), ty).unwrap()).collect();
            lines.extend((0..batch.num_rows()).map(|row| {
                cells.iter().map(|cells| cells.get(row).to_text().into_owned()).collect::<Vec<_>>().join("|")
            }));
        }
    }
    (lines, scan.faults.count().0)
}

/// A merge of many row groups may put few records of each together before it hands them on.
#[test]
fn few_records_do_not_hold_what_they_were_read_with() {
    let numbers: ArrayRef = Arc::new((0..10_000).collect::<Int64Array>());
    let texts: ArrayRef = Arc::new((0..10_000).map(|n| Some(format!("{n:0100}"))).collect::<StringArray>());
    let (_folder, file) = written(vec![("n", numbers), ("s", Arc::clone(&texts)), ("z", texts)], 10_000);
    for late in [true, false] {
        let scan = scan_of(&file, &[col("n").eq(lit(7i64))], OnError::Fail);
        let group = Group::new(&scan, 0, &file, 0, 0).unwrap();
        let batches = if late { late::batches(group).unwrap() } else { Box::new(Reading::all(group).unwrap()) };
        let mut rows = 0;
        for batch in batches {
            let batch = batch.unwrap();
            rows += batch.num_rows();
            for column in batch.columns().iter().filter_map(|column| column.as_string_view_opt()) {
                let held: usize = column.data_buffers().iter().map(datafusion::arrow::buffer::Buffer::len).sum();
                assert!(held <= 100 * batch.num_rows(), "{late}: {held}");
            }
        }
        assert_eq!(rows, 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn reading_late_finds_the_same(
        rows in prop::collection::vec((0i64..20, "[ab]{0,3}|a text of more than some bytes", "[0-9]{1,2}|x"), 1..400),
        repeat in prop::sample::select(vec![1usize, 60]),
        least in 0i64..22,
        text in "[ab]{0,2}",
        which in 0usize..5,
    ) {
        let many = || std::iter::repeat_n(&rows, repeat).flatten();
        let numbers: ArrayRef = Arc::new(many().map(|row| row.0).collect::<Int64Array>());
        let texts: ArrayRef = Arc::new(many().map(|row| Some(row.1.as_str())).collect::<StringArray>());
        let typed: ArrayRef = Arc::new(many().map(|row| Some(row.2.as_str())).collect::<StringArray>());
        let (_folder, file) = written(vec![("n", numbers), ("s", texts), ("t", typed)], 10_000);
        let filters = match which {
            0 => vec![col("n").gt_eq(lit(least))],
            1 => vec![col("n").gt_eq(lit(least)), col("s").eq(lit(text.as_str()))],
            2 => vec![col("n").eq(lit(least)).or(col("s").eq(lit(text.as_str())))],
            3 => vec![col("t").gt_eq(lit(least)).and(col("n").gt_eq(lit(least)))],
            _ => vec![col("z").eq(lit("")), col("s").not_eq(lit(text.as_str()))],
        };
        for on_error in [OnError::Skip, OnError::Null] {
            prop_assert_eq!(found(&file, &filters, true, on_error), found(&file, &filters, false, on_error));
        }
    }
}

#[test]
fn a_damaged_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("T.parquet");
    std::fs::write(&path, b"PAR1 nothing of the kind PAR1").unwrap();
    let file = EventFile::at(path, None).unwrap();
    assert!(super::columns(&file).is_err());
}
