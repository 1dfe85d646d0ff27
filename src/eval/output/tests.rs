//! What each format makes of the same answer.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;

use super::*;
use crate::eval::arrays::{field, from_cells};
use crate::ir::Json;
use crate::literal::civil_to_ticks;
use crate::types::Type;

fn answer(columns: &[(&str, Type, Vec<Cell<'static>>)]) -> Answer {
    let schema = Schema::new(columns.iter().map(|(name, ty, _)| field(name, *ty)).collect::<Vec<_>>());
    let arrays = columns.iter().map(|(_, ty, cells)| from_cells(*ty, cells.clone()).unwrap()).collect();
    let batch = RecordBatch::try_new(Arc::new(schema), arrays).unwrap();
    Answer {
        columns: columns.iter().map(|(name, ty, _)| ((*name).into(), *ty)).collect(),
        batches: vec![batch],
        plans: Vec::new(),
    }
}

fn every_type() -> Answer {
    let day = civil_to_ticks(2024, 1, 31).unwrap();
    answer(&[
        ("b", Type::Bool, vec![Cell::Bool(true), Cell::Null]),
        ("l", Type::Long, vec![Cell::Long(i64::MIN), Cell::Null]),
        ("r", Type::Real, vec![Cell::Real(f64::NEG_INFINITY), Cell::Real(2.0)]),
        ("d", Type::Decimal, vec![Cell::Decimal("1.5".parse().unwrap()), Cell::Null]),
        ("t", Type::DateTime, vec![Cell::DateTime(day), Cell::Null]),
        ("s", Type::TimeSpan, vec![Cell::TimeSpan(937_840_000_000), Cell::Null]),
        ("x", Type::String, vec![Cell::string("a|\"b\"\n"), Cell::string("")]),
        ("g", Type::Guid, vec![Cell::Guid(0xAB), Cell::Null]),
        ("y", Type::Dynamic, vec![Cell::dynamic(&Json::Array(vec![Json::Null, Json::String("q".into())])), Cell::Null]),
    ])
}

fn written(answer: &Answer, format: Format, limit: Option<usize>) -> String {
    let mut bytes = Vec::new();
    write(answer, format, Layout { limit, width: None }, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

const FIRST: &str = concat!(
    r#"true,-9223372036854775808,"-Infinity","1.5","2024-01-31T00:00:00.0000000Z","1.02:03:04","#,
    r#""a|\"b\"\n","00000000-0000-0000-0000-0000000000ab",[null,"q"]"#
);

#[test]
fn json_is_one_object() {
    let text = written(&every_type(), Format::Json, None);
    let head = r#"{"columns":[{"name":"b","type":"bool"},{"name":"l","type":"long"},{"name":"r","type":"real"},"#;
    assert!(text.starts_with(head), "{text}");
    let rows = format!(r#""rows":[[{FIRST}],[null,null,2.0,null,null,null,"",null,null]]}}"#);
    assert!(text.trim_end().ends_with(&rows), "{text}");
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
}

#[test]
fn a_limit_cuts_every_format() {
    let answer = every_type();
    assert!(written(&answer, Format::Json, Some(1)).ends_with(&format!("\"rows\":[[{FIRST}]]}}\n")));
    for format in [Format::Ndjson, Format::Csv, Format::Markdown, Format::Table] {
        let lines = |limit| written(&answer, format, limit).lines().count();
        assert_eq!(lines(Some(0)) + 2, lines(Some(5)) - usize::from(format == Format::Csv), "{format:?}");
    }
}

#[test]
fn ndjson_is_one_object_a_record() {
    let text = written(&every_type(), Format::Ndjson, Some(1));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["y"], serde_json::json!([null, "q"]));
    assert_eq!(value["r"], "-Infinity");
}

#[test]
fn csv_quotes_what_has_to_be_quoted() {
    let text = written(&every_type(), Format::Csv, None);
    assert!(text.starts_with("b,l,r,d,t,s,x,g,y\ntrue,-9223372036854775808,-Infinity,1.5,2024-01-31T"), "{text}");
    assert!(text.contains(",\"a|\"\"b\"\"\n\",") && text.contains(r#","[null,""q""]""#), "{text}");
    assert!(text.ends_with("\n,,2,,,,,,\n"), "{text}");
}

#[test]
fn markdown_keeps_cells_apart() {
    let text = written(&every_type(), Format::Markdown, Some(1));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "| b | l | r | d | t | s | x | g | y |");
    assert_eq!(lines[1], "| --- | ---: | ---: | ---: | --- | --- | --- | --- | --- |");
    assert!(lines[2].contains(r#"| a\|"b"<br> |"#), "{text}");
}

#[test]
fn tables_are_aligned_and_harmless() {
    let answer = answer(&[
        ("Name", Type::String, vec![Cell::string("x\u{1b}[31m"), Cell::string("é")]),
        ("N", Type::Long, vec![Cell::Long(5), Cell::Long(1234)]),
    ]);
    let text = written(&answer, Format::Table, None);
    let lines: Vec<&str> = text.lines().collect();
    let gap = " ".repeat(12);
    assert_eq!(
        lines,
        [format!("Name{gap}N"), "-----------  ----".into(), r"x\u{1b}[31m     5".into(), format!("é{gap}1234")]
    );
}

#[test]
fn a_narrow_table_is_cut() {
    let answer = answer(&[("Name", Type::String, vec![Cell::string("a".repeat(50))])]);
    let mut bytes = Vec::new();
    write(&answer, Format::Table, Layout { limit: None, width: Some(20) }, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.lines().last().unwrap(), format!("{}…", "a".repeat(19)));
}

#[test]
fn an_answer_without_columns_is_written() {
    let mut answer = answer(&[("r", Type::Bool, vec![Cell::Null])]);
    answer.columns.clear();
    assert_eq!(written(&answer, Format::Json, None), "{\"columns\":[],\"rows\":[[]]}\n");
    assert_eq!(written(&answer, Format::Ndjson, None), "{}\n");
    assert_eq!(written(&answer, Format::Csv, None), "");
}

#[test]
fn parquet_reads_back() {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let mut bytes = Vec::new();
    write(&every_type(), Format::Parquet, Layout::default(), &mut bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    std::fs::write(&path, bytes).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
    let batch = reader.build().unwrap().next().unwrap().unwrap();
    let shown = datafusion::arrow::util::pretty::pretty_format_batches(&[batch]).unwrap().to_string();
    for word in ["2024-01-31T00:00:00Z", "1.02:03:04", "1.5", r#"[null,"q"]"#, "-inf"] {
        assert!(shown.contains(word), "{word} in {shown}");
    }
}
