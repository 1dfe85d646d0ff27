//! Tables of files, read as the engine reads them.

use std::fmt::Write as _;
use std::io::Write as _;

use datafusion::arrow::array::RecordBatch;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{SessionConfig, SessionContext, col, lit};

use super::*;
use crate::eval::arrays::Cells;

/// The columns and the records of the table `T` of a folder, each record as its texts; the ordinals behind them.
fn read(
    sources: &Sources,
    declared: &[(&str, Type)],
    partitions: usize,
) -> Result<(Columns, Vec<Vec<String>>), String> {
    read_where(sources, declared, partitions, lit(true))
}

/// As [`read`], of the records that fulfil a condition.
fn read_where(
    sources: &Sources,
    declared: &[(&str, Type)],
    partitions: usize,
    condition: Expr,
) -> Result<(Columns, Vec<Vec<String>>), String> {
    let columns = sources.columns("T", declared).map_err(|error| error.told())?.ok_or("no table")?;
    let provider = sources.table("T").map_err(|error| error.told())?.ok_or("no table")?;
    let config = SessionConfig::new().with_target_partitions(partitions);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let batches: Result<Vec<RecordBatch>, _> = runtime.block_on(async {
        SessionContext::new_with_config(config).read_table(provider)?.filter(condition)?.collect().await
    });
    let batches = batches
        .map_err(|error| sources.faults().first().map_or_else(|| EvalError::from(error).told(), ToString::to_string))?;
    let mut rows = Vec::new();
    for batch in &batches {
        let types = columns.iter().map(|(_, ty)| *ty).chain([Type::Long]);
        let cells: Vec<Cells<'_>> =
            batch.columns().iter().zip(types).map(|(array, ty)| Cells::new(array.as_ref(), ty).unwrap()).collect();
        for row in 0..batch.num_rows() {
            rows.push(cells.iter().map(|column| column.get(row).to_text().into_owned()).collect::<Vec<_>>());
        }
    }
    rows.sort_by_key(|row| row.last().and_then(|ordinal| ordinal.parse::<i64>().ok()));
    for row in &mut rows {
        row.pop();
    }
    Ok((columns, rows))
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn of(folder: &tempfile::TempDir, on_error: OnError) -> Sources {
    let mut sources = Sources::new(on_error);
    sources.add_folder(folder.path()).unwrap();
    sources
}

const DECLARED: &[(&str, Type)] = &[("t", Type::DateTime), ("n", Type::Int), ("gone", Type::String)];

#[test]
fn every_format_gives_the_same_records() {
    let lines = concat!(
        r#"{"t":"2024-01-31T10:00:00Z","n":1,"s":"a \"quoted\", text","d":{"x":[1]}}"#,
        "\n",
        r#"{"n":null,"s":"é","t":"2024-01-31T10:00:01.5Z","d":null}"#,
        "\n",
    );
    let array = format!("[{}]", lines.trim().replace('\n', ",\n"));
    let csv = "t,n,s,d\r\n2024-01-31T10:00:00Z,1,\"a \"\"quoted\"\", text\",\"{\"\"x\"\":[1]}\"\r\n2024-01-31T10:00:01.5Z,,é,\r\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(csv.as_bytes(), 1).unwrap();
    let expected = [
        ["2024-01-31T10:00:00.0000000Z", "1", "", "a \"quoted\", text", r#"{"x":[1]}"#],
        ["2024-01-31T10:00:01.5000000Z", "", "", "é", ""],
    ];
    for (name, bytes) in [
        ("T.ndjson", lines.as_bytes()),
        ("T.json", lines.as_bytes()),
        ("T.json", array.as_bytes()),
        ("T.jsonl.gz", &gzip),
        ("T.csv", csv.as_bytes()),
        ("T.csv.zst", &zstd),
        ("T.tsv", csv.replace(',', "\t").replace("quoted\"\"\t", "quoted\"\",").as_bytes()),
    ] {
        let folder = folder(&[(name, bytes)]);
        let declared = [DECLARED, &[("s", Type::String), ("d", Type::Dynamic)]].concat();
        let (columns, rows) = read(&of(&folder, OnError::Fail), &declared, 4).unwrap();
        assert_eq!(columns.len(), 5, "{name}");
        assert_eq!(rows, expected, "{name}");
    }
}

#[test]
fn files_of_a_table_follow_each_other() {
    let line = |n: usize| format!("{{\"n\":{n}}}\n");
    let many: String = (0..20_000).map(line).collect();
    let folder = folder(&[
        ("T/1.ndjson", many.as_bytes()),
        ("T/0.csv", b"x,n\na,-1\n"),
        ("T/2.json", b"[{\"n\": 20000}, {\"n\": 20001, \"y\": true}]"),
    ]);
    for partitions in [1, 3, 8] {
        let (columns, rows) = read(&of(&folder, OnError::Fail), &[], partitions).unwrap();
        let names: Vec<_> = columns.iter().map(|(name, ty)| (name.as_str(), ty.name())).collect();
        assert_eq!(names, [("x", "string"), ("n", "long"), ("y", "bool")]);
        let numbers: Vec<i64> = rows.iter().map(|row| row[1].parse().unwrap()).collect();
        assert_eq!(numbers, (-1..=20_001).collect::<Vec<_>>());
    }
}

#[test]
fn lines_are_cut_by_the_byte_and_read_once() {
    // More than two pieces, with lines of all lengths.
    let mut text = String::new();
    let mut expected = 0;
    while text.len() < 17 << 20 {
        let _ = writeln!(text, "{{\"n\":{expected},\"pad\":\"{}\"}}", "x".repeat(expected * 37 % 5000));
        expected += 1;
    }
    let folder = folder(&[("T.ndjson", text.as_bytes())]);
    for partitions in [1, 2, 8] {
        let sources = of(&folder, OnError::Fail);
        let (_, rows) = read(&sources, &[("n", Type::Long)], partitions).unwrap();
        assert!(rows.iter().enumerate().all(|(at, row)| row[0] == at.to_string()));
        assert_eq!(rows.len(), expected);
    }
}

const BROKEN: &[u8] = b"{\"n\":1}\n{\"n\":\n\n{\"n\":\"x\"}\n{\"n\":4,\"s\":\"\xFF\"}\n{\"n\":5}\n[1]\n{\"n\":7";

#[test]
fn what_cannot_be_read_ends_the_run_with_its_line() {
    let folder = folder(&[("T.ndjson", BROKEN)]);
    let error = read(&of(&folder, OnError::Fail), &[("n", Type::Long)], 8).unwrap_err();
    assert!(error.ends_with("T.ndjson:2: no JSON object: a value is due"), "{error}");
}

#[test]
fn what_cannot_be_read_is_passed_over_or_null() {
    let folder = folder(&[("T.ndjson", BROKEN)]);
    for (on_error, expected) in [(OnError::Skip, vec!["1", "5"]), (OnError::Null, vec!["1", "", "", "", "5", "", ""])] {
        let sources = of(&folder, on_error);
        let (_, rows) = read(&sources, &[("n", Type::Long)], 8).unwrap();
        let numbers: Vec<_> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(numbers, expected, "{on_error:?}");
        assert_eq!(sources.fault_count(), (5, false));
        let lines: Vec<u64> = sources.faults().iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 4, 5, 7, 8]);
    }
}

#[test]
fn records_of_another_width_are_told() {
    let folder = folder(&[("T.csv", b"a,n\nx,1\ny\nz,2,3\n\"open,4\n")]);
    let sources = of(&folder, OnError::Skip);
    assert_eq!(read(&sources, &[], 8).unwrap().1, [["x", "1"]]);
    let told: Vec<String> = sources.faults().iter().map(|fault| format!("{}: {}", fault.line, fault.reason)).collect();
    assert_eq!(
        told,
        [
            "3: 1 values where the header has 2",
            "4: 3 values where the header has 2",
            "5: the file ends within a record"
        ]
    );
}

#[test]
fn an_empty_file_has_no_records() {
    let folder = folder(&[("T.ndjson", b""), ("T.csv", b""), ("T.json", b" \n")]);
    assert_eq!(read(&of(&folder, OnError::Fail), DECLARED, 8).unwrap().1, Vec::<Vec<String>>::new());
}

#[test]
fn damage_to_a_compressed_file_is_told() {
    let folder = folder(&[("T.ndjson.gz", b"\x1f\x8b\x08\x00garbage")]);
    let error = read(&of(&folder, OnError::Skip), DECLARED, 8).unwrap_err();
    assert!(error.contains("T.ndjson.gz"), "{error}");
}

#[test]
fn records_at_hand_are_a_table() {
    let mut sources = Sources::new(OnError::Fail);
    sources.add_inline("T", Path::new("x.test.yaml"), b"{\"n\":1}\n{\"n\":\"y\"}".to_vec());
    let error = read(&sources, &[("n", Type::Long)], 8).unwrap_err();
    assert_eq!(error, "x.test.yaml:2: `y` in column `n` is no long");
}

/// Records of many kinds, a few of them wrong, of whose numbers one in a hundred is 7.
fn mixed() -> String {
    let mut text = String::new();
    for number in 0..9000 {
        let (n, pad) = (number % 100, "x".repeat(number % 131));
        let _ = match number {
            1207 | 5555 => writeln!(text, "{{\"n\":{n},\"s\":\"{pad}"),
            2300 | 2307 => writeln!(text, r#"{{"n":{n},"s":"\ud83d","d":null}}"#),
            3100 | 3107 => writeln!(text, r#"{{"n":{n},"t":"never","s":"{pad}"}}"#),
            4000 => writeln!(text, r#"{{"n":"many","s":"{pad}"}}"#),
            _ if number % 7 == 0 => writeln!(text, r#"{{"n":{n},"s":"\"{pad}\u00e9\n","d":{{"x":[{number}]}}}}"#),
            _ => writeln!(text, r#"{{"t":"2024-01-31T10:00:00Z","n":{n},"s":{number},"d":"{pad}é"}}"#),
        };
    }
    text
}

#[test]
fn what_is_tested_while_it_is_read_is_what_is_tested_afterwards() {
    let folder = folder(&[("T.ndjson", mixed().as_bytes())]);
    let declared = &[("t", Type::DateTime), ("n", Type::Long), ("s", Type::String), ("d", Type::Dynamic)];
    for on_error in [OnError::Skip, OnError::Null] {
        let all = of(&folder, on_error);
        let (_, rows) = read(&all, declared, 1).unwrap();
        for (number, partitions) in [(7, 1), (7, 8), (30, 2)] {
            let tested = of(&folder, on_error);
            // Of the second, so many pass that after a while nothing is tested any more.
            let (few, many) = (col("n").eq(lit(i64::from(number))), col("n").lt(lit(i64::from(number))));
            let condition = if number == 7 { few } else { many };
            let (_, found) = read_where(&tested, declared, partitions, condition).unwrap();
            let fulfils = |row: &&Vec<String>| {
                row[1].parse::<i64>().is_ok_and(|n| if number == 7 { n == 7 } else { n < i64::from(number) })
            };
            let expected: Vec<&Vec<String>> = rows.iter().filter(fulfils).collect();
            assert!(found.len() > 80);
            assert!(found.iter().eq(expected), "{on_error:?} {number}");
            assert_eq!(tested.fault_count(), all.fault_count());
            assert_eq!(tested.faults(), all.faults());
        }
        assert_eq!(all.fault_count(), (7, false));
    }
    let error = read_where(&of(&folder, OnError::Fail), declared, 8, col("n").eq(lit(7_i64))).unwrap_err();
    assert!(error.contains("T.ndjson:1208: "), "{error}");
}
