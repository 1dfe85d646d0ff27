//! What queries of ES|QL give: Elastic's documented examples, and the rules that its pages state.

use kqlc::read::{Language, Options, read};
use kqlc::replay::{Cell, Event, Lookup, Place, World, run};
use kqlc::source::SourceFile;

/// The employees of Elastic's documentation that its examples of `KEEP` and `CASE` show.
const EMPLOYEES: &[(i64, &str, &str, f64, Option<i64>)] = &[
    (10001, "Georgi", "Facello", 2.03, Some(2)),
    (10002, "Bezalel", "Simmel", 2.08, Some(5)),
    (10003, "Parto", "Bamford", 1.83, Some(4)),
    (10004, "Chirstian", "Koblick", 1.78, Some(5)),
    (10005, "Kyoichi", "Maliniak", 2.05, Some(1)),
    (10006, "Gao", "Dolinsky", 1.94, None),
];

fn world() -> World {
    let place = |index: &str| Place { index: index.into(), log_source: None };
    let mut events: Vec<Event> = EMPLOYEES
        .iter()
        .zip(1..)
        .map(|((number, first, last, height, languages), id)| {
            let mut fields = vec![
                ("emp_no".into(), Cell::Long(*number)),
                ("first_name".into(), Cell::text(*first)),
                ("last_name".into(), Cell::text(*last)),
                ("height".into(), Cell::Real(*height)),
            ];
            fields.extend(languages.map(|languages| ("languages".into(), Cell::Long(languages))));
            Event { id, place: place("employees"), fields }
        })
        .collect();
    // The addresses of the example of names that occur twice in a pattern of GROK.
    for (city, code, id) in [("Amsterdam", "1016 ED", 20), ("San Francisco", "CA 94108", 21), ("Tokyo", "100-7014", 22)]
    {
        let fields = vec![("city.name".into(), Cell::text(city)), ("zip_code".into(), Cell::text(code))];
        events.push(Event { id, place: place("addresses"), fields });
    }
    let tags = Cell::List(vec![Cell::text("a"), Cell::text("b")]);
    let fields = vec![
        ("@timestamp".into(), Cell::text("2024-03-10T11:59:30.500Z")),
        ("tags".into(), tags),
        ("user".into(), Cell::text("ann")),
    ];
    events.push(Event { id: 30, place: place("logs-app"), fields });
    let fields = vec![("@timestamp".into(), Cell::text("2024-03-08T00:00:00Z")), ("user".into(), Cell::text("bob"))];
    events.push(Event { id: 31, place: place("logs-web"), fields });
    let row = |user: &str, team: &str| vec![("user".into(), Cell::text(user)), ("team".into(), Cell::text(team))];
    let lookups = vec![Lookup { name: "teams".into(), rows: vec![row("ann", "red"), row("ann", "blue")] }];
    // 2024-03-10T12:00:00Z
    World { now: 638_456_688_000_000_000, events, lookups }
}

/// The rows of a query: names and values as JSON, with the events each was made of.
fn answer(query: &str) -> Result<Vec<String>, String> {
    let file = SourceFile::from_text("query.esql", query);
    let found = read(Language::Esql, &file, &Options::default());
    let query = found[0].query.as_ref().unwrap_or_else(|| panic!("{query}: {:?}", found[0].diagnostics));
    let answer = run(query, &world()).map_err(|refusal| refusal.what)?;
    let rows = answer.rows.iter().map(|row| {
        let fields: Vec<String> = row
            .fields
            .iter()
            .map(|(name, cell)| {
                let mut text = format!("{name}=");
                cell.write_json(&mut text);
                text
            })
            .collect();
        fields.join(" ")
    });
    Ok(rows.collect())
}

fn events(query: &str) -> Vec<Vec<u32>> {
    let file = SourceFile::from_text("query.esql", query);
    let found = read(Language::Esql, &file, &Options::default());
    let query = found[0].query.as_ref().expect("it is read");
    run(query, &world()).expect("it is run").rows.into_iter().map(|row| row.events).collect()
}

fn gives(cases: &[(&str, &[&str])]) {
    for (query, rows) in cases {
        assert_eq!(
            answer(query).as_deref(),
            Ok(rows.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
            "{query}"
        );
    }
}

/// What an expression gives.
fn values(cases: &[(&str, &str)]) {
    for (expression, value) in cases {
        let query = format!("ROW x = {expression}");
        assert_eq!(answer(&query), Ok(vec![format!("x={value}")]), "{query}");
    }
}

/// The page of each command in Elastic's reference of ES|QL, and the examples that its tests keep (`docs.csv-spec`).
#[test]
fn commands_give_what_their_pages_show() {
    gives(&[
        (
            "FROM employees | KEEP emp_no, first_name, last_name, height | SORT emp_no ASC | LIMIT 2",
            &[
                r#"emp_no=10001 first_name="Georgi" last_name="Facello" height=2.03"#,
                r#"emp_no=10002 first_name="Bezalel" last_name="Simmel" height=2.08"#,
            ],
        ),
        (
            "FROM employees | EVAL type = CASE(languages <= 1, \"monolingual\", languages <= 2, \"bilingual\", \
             \"polyglot\") | KEEP emp_no, languages, type | SORT emp_no | LIMIT 5",
            &[
                r#"emp_no=10001 languages=2 type="bilingual""#,
                r#"emp_no=10002 languages=5 type="polyglot""#,
                r#"emp_no=10003 languages=4 type="polyglot""#,
                r#"emp_no=10004 languages=5 type="polyglot""#,
                r#"emp_no=10005 languages=1 type="monolingual""#,
            ],
        ),
        (
            "FROM employees | STATS count = COUNT(*) BY languages | SORT languages DESC",
            &[
                "count=1 languages=null",
                "count=2 languages=5",
                "count=1 languages=4",
                "count=1 languages=2",
                "count=1 languages=1",
            ],
        ),
        ("FROM employees | WHERE LENGTH(first_name) < 4 | KEEP first_name", &[r#"first_name="Gao""#]),
        (
            "FROM employees | KEEP last_name | EVAL a = SUBSTRING(last_name, 1, 3), b = SUBSTRING(last_name, -3, 3), \
             c = SUBSTRING(last_name, 2), d = STARTS_WITH(last_name, \"B\") | WHERE d",
            &[r#"last_name="Bamford" a="Bam" b="ord" c="amford" d=true"#],
        ),
        (
            "FROM employees | WHERE first_name LIKE \"\"\"?ez*\"\"\" OR first_name RLIKE \"\"\".yoi.*\"\"\" \
             | KEEP first_name",
            &[r#"first_name="Bezalel""#, r#"first_name="Kyoichi""#],
        ),
        (
            "ROW a = \"2023-01-23T12:15:00.000Z - some text - 127.0.0.1\" \
             | DISSECT a \"\"\"%{date} - %{msg} - %{ip}\"\"\" | KEEP date, msg, ip | EVAL date = TO_DATETIME(date)",
            &[r#"msg="some text" ip="127.0.0.1" date="2023-01-23T12:15:00.0000000Z""#],
        ),
        (
            "ROW message=\"1998-08-10T17:15:42          WARN\" | DISSECT message \"\"\"%{ts->} %{level}\"\"\" | DROP message",
            &[r#"ts="1998-08-10T17:15:42" level="WARN""#],
        ),
        (
            "ROW message=\"[1998-08-10T17:15:42]          [WARN]\" | DISSECT message \"\"\"[%{ts}]%{->}[%{level}]\"\"\" \
             | DROP message",
            &[r#"ts="1998-08-10T17:15:42" level="WARN""#],
        ),
        (
            "ROW message=\"john jacob jingleheimer schmidt\" \
             | DISSECT message \"\"\"%{+name} %{+name} %{+name} %{+name}\"\"\" APPEND_SEPARATOR=\" \" | DROP message",
            &[r#"name="john jacob jingleheimer schmidt""#],
        ),
        (
            "ROW message=\"john jacob jingleheimer schmidt\" \
             | DISSECT message \"\"\"%{+name/2} %{+name/4} %{+name/3} %{+name/1}\"\"\" APPEND_SEPARATOR=\",\" | DROP message",
            &[r#"name="schmidt,john,jingleheimer,jacob""#],
        ),
        (
            "ROW message=\"1.2.3.4 - - 30/Apr/1998:22:00:52 +0000\" \
             | DISSECT message \"\"\"%{clientip} %{?ident} %{?auth} %{@timestamp}\"\"\" | DROP message",
            &[r#"clientip="1.2.3.4" @timestamp="30/Apr/1998:22:00:52 +0000""#],
        ),
        (
            "FROM addresses | KEEP city.name, zip_code | GROK zip_code \"\"\"%{WORD:zip_parts} %{WORD:zip_parts}\"\"\" \
             | SORT city.name",
            &[
                r#"city.name="Amsterdam" zip_code="1016 ED" zip_parts=["1016","ED"]"#,
                r#"city.name="San Francisco" zip_code="CA 94108" zip_parts=["CA","94108"]"#,
                r#"city.name="Tokyo" zip_code="100-7014" zip_parts=null"#,
            ],
        ),
        (
            "ROW a=[1,2,3], b=\"b\", j=[\"a\",\"b\"] | MV_EXPAND a",
            &[r#"a=1 b="b" j=["a","b"]"#, r#"a=2 b="b" j=["a","b"]"#, r#"a=3 b="b" j=["a","b"]"#],
        ),
        ("ROW i=1, a=[\"a\", \"b\"] | STATS MIN(i) BY a | SORT a ASC", &[r#"MIN(i)=1 a="a""#, r#"MIN(i)=1 a="b""#]),
        ("ROW str = \"Hello World\" | EVAL str = REPLACE(str, \"World\", \"Universe\")", &[r#"str="Hello Universe""#]),
    ]);
}

/// The pages of the functions.
#[test]
fn functions_give_what_their_pages_show() {
    values(&[
        ("ROUND(2.1 * 3.281, 1)", "6.9"),
        ("MV_SUM([3, 5, 6])", "14"),
        ("MV_CONCAT([\"foo\", \"zoo\", \"bar\"], \", \")", "\"foo, zoo, bar\""),
        ("MV_COUNT([\"foo\", \"zoo\", \"bar\"])", "3"),
        ("MV_DEDUPE([\"foo\", \"foo\", \"bar\", \"foo\"])", "[\"foo\",\"bar\"]"),
        ("MV_FIRST(SPLIT(\"foo;bar;baz\", \";\"))", "\"foo\""),
        ("MV_LAST(SPLIT(\"foo;bar;baz\", \";\"))", "\"baz\""),
        ("MV_MEDIAN([3, 5, 1])", "3"),
        ("MV_MEDIAN([3, 7, 1, 6])", "4"),
        ("MV_AVG([3, 5, 1, 6])", "3.75"),
        ("MV_MAX([3, 5, 1])", "5"),
        ("MV_MIN([2, 1])", "1"),
        ("MV_SLICE([1, 2, 2, 3], 1, 2)", "[2,2]"),
        ("MV_SLICE([1, 2, 2, 3], -2)", "2"),
        ("MV_SLICE([1, 2, 2, 3], -3, -1)", "[2,2,3]"),
        ("MV_SORT([4, 2, -3, 2], \"DESC\")", "[4,2,2,-3]"),
        ("MV_ZIP([\"x\", \"y\", \"z\"], [\"1\", \"2\"], \"-\")", "[\"x-1\",\"y-2\",\"z\"]"),
        ("SPLIT(\"foo;bar;baz\", \";\")", "[\"foo\",\"bar\",\"baz\"]"),
        ("GREATEST(10, 20)", "20"),
        ("LEAST(10, 20)", "10"),
        ("COALESCE(null, \"b\")", "\"b\""),
        ("LOCATE(\"hello\", \"ll\")", "3"),
        ("LOCATE(\"hello\", \"x\")", "0"),
        ("TRIM(\"   some text  \")", "\"some text\""),
        ("LEFT(\"Alejandro\", 3)", "\"Ale\""),
        ("RIGHT(\"Alejandro\", 3)", "\"dro\""),
        ("REVERSE(\"Some Text\")", "\"txeT emoS\""),
        ("TO_BASE64(\"elastic\")", "\"ZWxhc3RpYw==\""),
        ("FROM_BASE64(\"ZWxhc3RpYw==\")", "\"elastic\""),
        (
            "URL_DECODE(\"https%3A%2F%2Fexample.com%2F%3Fx%3Dfoo%20bar%26y%3Dbaz\")",
            "\"https://example.com/?x=foo bar&y=baz\"",
        ),
        (
            "URL_ENCODE(\"https://example.com/?x=foo bar&y=baz\")",
            "\"https%3A%2F%2Fexample.com%2F%3Fx%3Dfoo+bar%26y%3Dbaz\"",
        ),
        ("TO_BOOLEAN([\"true\", \"TRuE\", \"false\", \"\", \"yes\", \"1\"])", "[true,true,false,false,false,false]"),
        ("TO_INTEGER([5013792, 2147483647, 501379200000])", "[5013792,2147483647]"),
        (
            "TO_DATETIME([\"1953-09-02T00:00:00.000Z\", \"1964-06-02T00:00:00.000Z\", \"1964-06-02 00:00:00\"])",
            "[\"1953-09-02T00:00:00.0000000Z\",\"1964-06-02T00:00:00.0000000Z\"]",
        ),
        (
            "DATE_DIFF(\"microseconds\", TO_DATETIME(\"2023-12-02T11:00:00.000Z\"), TO_DATETIME(\"2023-12-02T11:00:00.001Z\"))",
            "1000",
        ),
        ("DATE_EXTRACT(\"year\", DATE_PARSE(\"yyyy-MM-dd\", \"2022-05-06\"))", "2022"),
        ("DATE_FORMAT(\"yyyy-MM-dd\", TO_DATETIME(\"2022-05-06T23:00:00Z\"))", "\"2022-05-06\""),
        ("DATE_TRUNC(1 day, TO_DATETIME(\"2024-03-10T11:59:30Z\"))", "\"2024-03-10T00:00:00.0000000Z\""),
        ("DATE_TRUNC(1 week, TO_DATETIME(\"2024-03-10T11:59:30Z\"))", "\"2024-03-04T00:00:00.0000000Z\""),
        ("DATE_TRUNC(1 year, TO_DATETIME(\"2024-03-10T11:59:30Z\"))", "\"2024-01-01T00:00:00.0000000Z\""),
        ("TO_DATETIME(\"2024-03-31T00:00:00Z\") - 1 month", "\"2024-02-29T00:00:00.0000000Z\""),
        ("CIDR_MATCH(\"127.0.0.1\", \"10.0.0.0/8\", \"127.0.0.0/8\")", "true"),
        ("SQRT(100.0)", "10.0"),
        ("POW(2.0, 2)", "4.0"),
        ("SIGNUM(100.0)", "1.0"),
        ("TO_STRING(10.0)", "\"10.0\""),
        ("TO_STRING(12345678.5)", "\"1.23456785E7\""),
        ("MD5(\"Hello World\")", "\"b10a8db164e0754105b7a99be72e3fe5\""),
    ]);
}

#[test]
fn what_cannot_be_computed_is_null() {
    values(&[
        ("1 / 0", "null"),
        ("7 / 2", "3"),
        ("-7 % 3", "-1"),
        ("9223372036854775807 + 1", "null"),
        ("1.5 / 0", "null"),
        ("SQRT(-1)", "null"),
        ("LENGTH([\"a\", \"b\"])", "null"),
        ("[1, 2] == 1", "null"),
        ("NOT (null == 1)", "null"),
        ("1 IN (2, null)", "null"),
        ("1 IN (1, null)", "true"),
        ("NOT (\"a\" IN (\"b\"))", "true"),
        ("null OR true", "true"),
        ("CONCAT(\"a\", null)", "null"),
    ]);
    gives(&[
        (
            "ROW a = 1 | WHERE a == 2 | STATS n = COUNT(*), s = SUM(a), m = MAX(a), v = VALUES(a)",
            &["n=0 s=null m=null v=null"],
        ),
        ("ROW a = 1 | WHERE a == 2 | STATS n = COUNT(*) BY a", &[]),
        ("FROM employees | WHERE NOT languages == 5 | STATS n = COUNT(*)", &["n=3"]),
        ("FROM employees | WHERE languages IS NULL | KEEP emp_no", &["emp_no=10006"]),
        ("FROM logs-* | WHERE tags == \"a\" | KEEP user", &[]),
        ("FROM logs-* | WHERE MV_CONTAINS(tags, \"a\") | KEEP user", &["user=\"ann\""]),
        ("FROM logs-* | WHERE @timestamp >= NOW() - 1 hour | KEEP user", &["user=\"ann\""]),
        ("FROM logs-*, -logs-a* | KEEP user", &["user=\"bob\""]),
        (
            "FROM employees | STATS n = COUNT(*) WHERE languages > 2, m = MAX(height) WHERE languages IS NULL, r = ROUND(AVG(languages), 1)",
            &["n=3 m=1.94 r=3.4"],
        ),
        (
            "FROM employees | INLINE STATS m = MAX(height) BY languages | WHERE height < m | KEEP emp_no, m",
            &["emp_no=10004 m=2.08"],
        ),
        (
            "FROM employees | SORT languages DESC NULLS LAST, emp_no | KEEP emp_no | LIMIT 2",
            &["emp_no=10002", "emp_no=10004"],
        ),
        ("FROM employees | SORT languages | KEEP emp_no | LIMIT 1", &["emp_no=10005"]),
        (
            "FROM logs-* | LOOKUP JOIN teams ON user | SORT user, team | KEEP user, team",
            &[r#"user="ann" team="blue""#, r#"user="ann" team="red""#, r#"user="bob" team=null"#],
        ),
        (
            "FROM logs-* | FORK (WHERE user == \"ann\") (WHERE user == \"bob\") | KEEP user, _fork",
            &[r#"user="ann" _fork="fork1""#, r#"user="bob" _fork="fork2""#],
        ),
        (
            "FROM (FROM logs-app | KEEP user), (FROM addresses | EVAL user = city.name | KEEP user) | STATS n = COUNT(user)",
            &["n=4"],
        ),
    ]);
}

#[test]
fn each_row_says_which_events_it_was_made_of() {
    assert_eq!(events("FROM employees | WHERE languages == 5"), [[2], [4]]);
    assert_eq!(events("FROM employees | STATS n = COUNT(*) BY languages | WHERE n > 1"), [[2, 4]]);
    assert_eq!(events("FROM logs-app | MV_EXPAND tags"), [[30], [30]]);
    assert_eq!(events("FROM logs-app | STATS n = COUNT(*) BY tags"), [[30], [30]]);
    assert_eq!(events("FROM logs-* | LOOKUP JOIN teams ON user | WHERE team == \"red\""), [[30]]);
}

#[test]
fn what_is_not_run_is_refused_by_name() {
    for (query, word) in [
        ("FROM logs-* | WHERE user : \"ann\"", "match"),
        ("FROM logs-* | WHERE KQL(\"user: ann\")", "kql"),
        ("FROM logs-* | ENRICH p ON user", "enrich"),
        ("FROM logs-* | SAMPLE 0.5", "sample"),
        ("FROM logs-* | LOOKUP JOIN nowhere ON user", "nowhere"),
        ("FROM logs-* | EVAL d = DATE_TRUNC(5 days, @timestamp)", "date_trunc"),
        ("FROM employees | STATS PERCENTILE(height, 95)", "percentile"),
        ("ROW a = \"x\" | GROK a \"%{TIMESTAMP_ISO8601:b}\"", "TIMESTAMP_ISO8601"),
    ] {
        let refusal = answer(query).expect_err("it is refused");
        assert!(refusal.contains(word), "{query}: {refusal}");
    }
}
