//! Tests of the set in force and of the files that users give.

use proptest::prelude::*;

use super::*;
use crate::types::Type;

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile::from_text(name, text)
}

/// The set in force with what a file declares.
fn with(name: &str, text: &str) -> Schemas {
    let mut schemas = Schemas::builtin(Dialect::Sentinel);
    schemas.add(&file(name, text)).unwrap_or_else(|errors| panic!("{text}\n{}", render(&file(name, text), &errors)));
    schemas
}

/// What is wrong with a file, a line each.
fn errors(name: &str, text: &str) -> Vec<Diagnostic> {
    Schemas::builtin(Dialect::Sentinel).add(&file(name, text)).expect_err("the file is unsound")
}

fn render(file: &SourceFile, errors: &[Diagnostic]) -> String {
    let line = |error: &Diagnostic| {
        let place = file.location(error.span.start as usize);
        let mut parts = vec![format!("{}:{} {} {}", place.line, place.column, error.code.id, error.message)];
        for label in &error.related {
            let place = file.location(label.span.start as usize);
            parts.push(format!("({}: {}:{})", label.message, place.line, place.column));
        }
        parts.extend(error.notes.iter().map(|note| format!("({})", note.text)));
        parts.join(" ")
    };
    errors.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn shape(table: &Table) -> Vec<(&str, Type)> {
    table.columns.iter().map(|column| (&*column.name, column.ty)).collect()
}

#[test]
fn known_tables_have_their_columns_in_order() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let heartbeat = schemas.table("Heartbeat").expect("known");
    let columns = shape(&heartbeat);
    assert_eq!(columns.len(), 31);
    assert_eq!(
        columns[..3],
        [("_BilledSize", Type::Real), ("_IsBillable", Type::String), ("_ResourceId", Type::String)]
    );
    assert_eq!(columns[columns.len() - 2..], [("Version", Type::String), ("VMUUID", Type::String)]);
    assert!(!heartbeat.open);

    let signin = schemas.table("SigninLogs").expect("known");
    assert_eq!(signin.column("ResultType").map(|column| column.ty), Some(Type::String));
    assert_eq!(signin.column("LocationDetails").map(|column| column.ty), Some(Type::Dynamic));
    assert_eq!(signin.column("resulttype"), None);

    // The columns that seed rule 002 wrongly expects here.
    let network = schemas.table("DeviceNetworkEvents").expect("known");
    assert!(network.column("BytesSent").is_none() && network.column("AccountName").is_none());
    assert!(schemas.table("AzureDiagnostics").expect("known").open);
    assert!(schemas.table("securityevent").is_none() && schemas.table("").is_none());
}

#[test]
fn the_dialect_decides_the_time_column() {
    let schemas = Schemas::builtin(Dialect::Defender);
    assert_eq!(schemas.dialect(), Dialect::Defender);
    let time = |table: &str, dialect| schemas.table(table).expect("known").time_column(dialect);
    assert_eq!(time("DeviceProcessEvents", Dialect::Defender), Some("Timestamp"));
    assert_eq!(time("DeviceProcessEvents", Dialect::Sentinel), Some("TimeGenerated"));
    assert_eq!(time("SigninLogs", Dialect::Defender), Some("TimeGenerated"));
    let mut table = Table { name: "T".into(), columns: vec![Column::new("Timestamp", Type::String)], open: false };
    assert_eq!((table.time_column(Dialect::Sentinel), table.time_column(Dialect::Defender)), (None, None));
    table.open = true;
    assert_eq!(table.time_column(Dialect::Defender), Some("Timestamp"));
    for block in builtin::blocks() {
        assert!(builtin::parsed(block).time_column(Dialect::Sentinel).is_some(), "{}", block.name);
    }
}

#[test]
fn a_wildcard_gives_tables_in_the_order_of_their_names() {
    let schemas = with("s.yaml", "DeviceAardvark: {a: int}\ndeviceX: {a: int}\nDeviceInfo: {a: int}");
    let matching = schemas.tables_matching("Device*Info");
    let names: Vec<_> = matching.iter().map(|table| &*table.name).collect();
    assert_eq!(names, ["DeviceBehaviorInfo", "DeviceFileCertificateInfo", "DeviceInfo", "DeviceNetworkInfo"]);
    assert_eq!(shape(&matching[2]), [("a", Type::Int)], "the user's table has taken the place");
    let all = schemas.tables_matching("*");
    assert_eq!(all.len(), 900);
    assert!(all.is_sorted_by(|left, right| order(&left.name, &right.name).is_lt()));
    assert_eq!(
        schemas.tables_matching("Device*").first().map(|table| table.name.to_string()),
        Some("DeviceAardvark".into())
    );
    assert!(schemas.tables_matching("").is_empty());
}

#[test]
fn hints_find_the_nearest_name_and_where_a_column_lives() {
    let schemas = with("s.yaml", "MyLogs_CL: {BytesSent: long}");
    assert_eq!(schemas.nearest_table("securityevents").as_deref(), Some("SecurityEvent"));
    assert_eq!(schemas.nearest_table("MyLog_CL").as_deref(), Some("MyLogs_CL"));
    assert_eq!(schemas.nearest_table("EntirelyUnlikeAnyTable"), None);
    assert_eq!(schemas.nearest_function("_getwatchList").as_deref(), Some("_GetWatchlist"));
    let tables = schemas.tables_with_column("BytesSent");
    assert!(tables.contains(&"AACHttpRequest".into()) && tables.contains(&"MyLogs_CL".into()));
    for name in &tables {
        assert!(schemas.table(name).is_some_and(|table| table.column("BytesSent").is_some()), "{name}");
    }
    let expected = builtin::blocks().filter(|block| builtin::parsed(*block).column("BytesSent").is_some()).count() + 1;
    assert_eq!(tables.len(), expected);
    assert!(schemas.tables_with_column("ytesSent").is_empty() && schemas.tables_with_column("").is_empty());
}

#[test]
fn every_form_of_a_user_s_file_gives_the_same_table() {
    let forms = [
        ("list.json", r#"{"My_CL": [{"name": "Host", "type": "string"}, {"name": "When", "type": "datetime"}]}"#),
        (
            "tabs.json",
            "{\n\t\"My_CL\": [\n\t\t{\"name\":\t\"Host\",\n\t\t\"type\": \"string\"},\t{\"name\": \"When\", \"type\": \"datetime\"}]\n}",
        ),
        ("map.json", r#"{"My_CL": {"Host": "string", "When": "datetime"}}"#),
        (
            "custom.json",
            r#"{"Name": "My_CL", "Properties": [{"Name": "Host", "Type": "String"}, {"Name": "When", "Type": "DateTime"}]}"#,
        ),
        (
            "several.json",
            r#"[{"Name": "My_CL", "Properties": [{"Name": "Host", "Type": "String"}, {"Name": "When", "Type": "DateTime"}]}]"#,
        ),
        (
            "arm.json",
            r#"{"properties": {"schema": {"name": "My_CL", "columns": [{"name": "Host", "type": "string", "description": "x"}, {"name": "When", "type": "dateTime"}]}}}"#,
        ),
        ("map.yaml", "My_CL:\n  Host: string\n  When: datetime\n"),
        ("list.yml", "My_CL:\n- name: Host\n  type: string\n- {name: When, type: datetime}\n"),
        ("long.yaml", "tables:\n  My_CL:\n    open: false\n    columns:\n      Host: string\n      When: datetime\n"),
        ("own.yaml", "name: My_CL\ncolumns: {Host: string, When: datetime}\n"),
        ("plain.csv", "table,column,type\nMy_CL,Host,string\nMy_CL,When,datetime\n"),
        (
            "other.csv",
            "\u{feff}TableName;Column Name;Data Type\r\n\"My_CL\";Host;System.String\r\nMy_CL;When;System.DateTime\r\n",
        ),
        (
            "My_CL.csv",
            "ColumnName,ColumnOrdinal,DataType,ColumnType\nHost,0,System.String,string\nWhen,1,System.DateTime,datetime\n",
        ),
        ("-", "table,column,type\nMy_CL,Host,string\nMy_CL,When,datetime"),
        ("-", "{\"My_CL\": {\"Host\": \"string\", \"When\": \"datetime\"}}"),
        ("-", "My_CL: {Host: string, When: datetime}"),
    ];
    for (name, text) in forms {
        let mut schemas = Schemas::builtin(Dialect::Sentinel);
        let bytes = SourceFile::from_bytes(name, text.as_bytes().to_vec());
        schemas.add(&bytes).unwrap_or_else(|errors| panic!("{name}: {}", render(&bytes, &errors)));
        let table = schemas.table("My_CL").unwrap_or_else(|| panic!("{name}: {text}"));
        assert_eq!(shape(&table), [("Host", Type::String), ("When", Type::DateTime)], "{name}: {text}");
        assert!(!table.open);
    }
}

#[test]
fn types_are_read_as_other_tools_write_them() {
    for (text, ty) in [
        ("String", Type::String),
        ("System.SByte", Type::Bool),
        ("Boolean", Type::Bool),
        ("System.Int64", Type::Long),
        ("Double", Type::Real),
        ("System.Data.SqlTypes.SqlDecimal", Type::Decimal),
        ("System.Object", Type::Dynamic),
        ("System.Guid", Type::Guid),
        ("TimeSpan", Type::TimeSpan),
        ("unknown", Type::Unknown),
    ] {
        let schemas = with("s.yaml", &format!("T: {{c: {text}}}"));
        assert_eq!(shape(&schemas.table("T").expect("declared")), [("c", ty)]);
    }
}

#[test]
fn functions_are_declared_and_take_the_place_of_others() {
    let text = "
tables:
  imDns: {a: int}
functions:
  IsWorkingTime: {parameters: {time: datetime}, returns: bool}
  Enrich:
    parameters:
    - {name: T, type: table}
    - {name: key, type: column}
    - {name: limit, type: int, optional: true}
    - {name: mode, type: string, default: x}
    returns: input
    columns: {Score: real}
  _GetWatchlist:
    parameters: {alias: string}
    more_parameters: true
    columns: {Mine: string}
    open: true
  SigninLogs: {columns: {a: int}}
";
    let schemas = with("s.yaml", text);
    let working = schemas.function("IsWorkingTime").expect("declared");
    assert_eq!(working.returns, Returns::Scalar(Type::Bool));
    assert_eq!(working.parameters.len(), 1);
    let enrich = schemas.function("Enrich").expect("declared");
    let parameters: Vec<_> = enrich.parameters.iter().map(|p| (&*p.name, p.kind, p.optional)).collect();
    let scalar = ParameterKind::Scalar;
    assert_eq!(
        parameters,
        [
            ("T", ParameterKind::Table, false),
            ("key", ParameterKind::Column, false),
            ("limit", scalar(Type::Int), true),
            ("mode", scalar(Type::String), true)
        ]
    );
    assert!(matches!(&enrich.returns, Returns::Input(added) if shape(added) == [("Score", Type::Real)] && !added.open));
    let list = schemas.function("_GetWatchlist").expect("declared");
    assert!(list.more_parameters);
    assert!(matches!(&list.returns, Returns::Table(table) if shape(table) == [("Mine", Type::String)] && table.open));
    assert!(schemas.function("imDns").is_none() && schemas.table("imDns").is_some(), "now a table");
    assert!(schemas.function("SigninLogs").is_some(), "now a function");
    assert!(schemas.function("_Im_Dns").is_some(), "as before");
}

#[test]
fn a_later_file_replaces_what_an_earlier_one_declared_and_a_bad_one_changes_nothing() {
    let mut schemas = with("s.yaml", "A: {x: int}\nB: {x: int}");
    schemas.add(&file("t.yaml", "functions: {A: {returns: int}}\ntables: {B: {y: int}}")).expect("sound");
    assert!(schemas.table("A").is_none() && schemas.function("A").is_some());
    assert_eq!(shape(&schemas.table("B").expect("declared")), [("y", Type::Int)]);
    schemas.add(&file("u.yaml", "B: {z: int}\nC: {z: integer}")).expect_err("no such type");
    assert_eq!(shape(&schemas.table("B").expect("declared")), [("y", Type::Int)]);
}

/// Files that are refused, with the words that each finding points at.
const BAD: &[(&str, &str, &[&str])] = &[
    ("empty.yaml", "# nothing\n", &[""]),
    ("empty.csv", "\n\n", &[""]),
    ("scalar.yaml", "SigninLogs\n", &["SigninLogs"]),
    ("syntax.yaml", "A: {x: int\nB: ]\n", &[""]),
    ("syntax.json", "{\"A\": {\"x\": \"int\",}}", &[""]),
    ("yaml.json", "A: {x: int}", &[""]),
    ("several.yaml", "A: {x: int}\n---\nB: {x: int}\n", &["---"]),
    ("alias.yaml", "A: &a {x: int}\nB: *a\n", &["*a"]),
    ("type.yaml", "T:\n  é: int\n  b: strng\n  c: widget\n", &["strng", "widget"]),
    ("type.csv", "table,column,type\nT,a,int\nT,b,\"in\"\"t\"\n", &["\"in\"\"t\""]),
    ("twice.yaml", "T: {a: int, a: int}\nT: {b: int}\n", &["a", "T"]),
    ("twice.csv", "table,column,type\nT,a,int\nU,a,int\nT,a,int\n", &["a"]),
    (
        "unnamed.json",
        "{\"\": {\"a\": \"int\"}, \"T\": {\" \": \"int\", \"a\\nb\": \"int\"}}",
        &["\"\"", "\" \"", "\"a\\nb\""],
    ),
    ("unnamed.csv", "table,column,type\n,a,int\nT,,int\n", &["", ""]),
    (
        "columns.yaml",
        "T: string\nU: [a, {name: b}, {type: int}]\nV: {c: [int]}\n",
        &["string", "a", "{name: b}", "{type: int}", "[int]"],
    ),
    (
        "keys.yaml",
        "T:\n  columns: {a: int}\n  opne: true\nU: {columns: {a: int}, open: maybe, zzz: 1}\n",
        &["opne", "maybe", "zzz"],
    ),
    ("nothing.yaml", "T:\nU: {a: }\n", &["", ""]),
    ("list.json", "[{\"Name\": \"T\"}, 3]", &["{\"Name\": \"T\"}", "3"]),
    ("header.csv", "table,kolumn,type\nT,a,int\n", &["table,kolumn,type"]),
    ("short.csv", "table,column,type\nT,a\n", &["T,a"]),
    ("quote.csv", "table,column,type\nT,\"a,int\n", &["\""]),
    ("after.csv", "table,column,type\nT,\"a\"b,int\n", &["\""]),
    (
        "function.yaml",
        "functions:\n  F: 3\n  G: {returns: text, columns: {a: int}}\n  H: {returns: bool, columns: {a: int}}\n  I: {parameters: [{name: p, type: colum}, {name: q, type: int}, {name: q, type: int}], colums: {}}\ntables:\n  F: {a: int}\n",
        &["3", "text", "{a: int}", "colum", "q", "colums", "F"],
    ),
    ("deep.json", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", &["["]),
];

#[test]
fn what_is_wrong_is_said_at_its_place() {
    let mut rendered = Vec::new();
    for &(name, text, words) in BAD {
        let (source, errors) = (file(name, text), errors(name, text));
        let found: Vec<_> = errors.iter().map(|error| source.slice(error.span)).collect();
        assert_eq!(found, words, "{name}: {}", render(&source, &errors));
        rendered.push(format!("{name}\n{}\n", render(&source, &errors)));
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/schema"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("errors", rendered.join("\n")));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_within_its_bounds(
        text in "([\\[\\]{},:\"' \n\t#&*|>é-]|name|type|int|open|columns|functions|tables){0,24}",
        name in "(a|b)\\.(json|yaml|csv|txt)",
    ) {
        let source = file(&name, &text);
        if let Err(errors) = Schemas::builtin(Dialect::Sentinel).add(&source) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(error.span.start <= error.span.end && error.span.end as usize <= text.len());
                prop_assert!(text.get(error.span.range()).is_some(), "{:?} cuts a character", error.span);
            }
        }
    }

    #[test]
    fn a_table_survives_every_form(columns in prop::collection::btree_map("[A-Za-z_][A-Za-z0-9_ é]{0,8}[a-z]", 0_usize..10, 1..6)) {
        let columns: Vec<_> = columns.into_iter().map(|(name, ty)| (name, Type::ALL[ty])).collect();
        let json: serde_json::Map<_, _> = columns.iter().map(|(name, ty)| (name.clone(), ty.name().into())).collect();
        let json = serde_json::json!({ "T": json }).to_string();
        let yaml = serde_yaml::to_string(&serde_json::from_str::<serde_json::Value>(&json).expect("sound")).expect("sound");
        let csv: Vec<_> = columns.iter().map(|(name, ty)| format!("T,\"{name}\",{ty}\n")).collect();
        for (name, text) in [("a.json", json), ("a.yaml", yaml), ("a.csv", format!("table,column,type\n{}", csv.concat()))] {
            let table = with(name, &text).table("T").expect("declared");
            let read: Vec<_> = shape(&table).into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
            prop_assert_eq!(&read, &columns, "{}", text);
        }
    }
}

#[test]
fn patterns_stand_for_the_tables_that_are_there() {
    let mut schemas = Schemas::builtin(Dialect::Sentinel);
    assert!(schemas.tables_matching("Device*").len() > 5);
    schemas.insert(Table { name: "DeviceTest".into(), columns: vec![Column::new("A", Type::Long)], open: false });
    schemas.present(["DeviceTest".into(), "DeviceEvents".into()]);
    let names: Vec<String> = schemas.tables_matching("Device*").iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["DeviceEvents", "DeviceTest"]);
    assert!(schemas.table("DeviceInfo").is_some(), "what is known of other tables stays known");
}
