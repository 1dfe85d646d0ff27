//! What each aggregate gives, and that no partition or order of the records changes it.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::logical_expr::EmitTo;
use proptest::prelude::*;

use super::*;
use crate::eval::arrays::{Cells, from_cells};
use crate::eval::cell::Cell;
use crate::eval::dynamic;
use crate::ir::Json;

/// The text of a value: JSON for dynamics, `null` for nulls.
fn shown(array: &ArrayRef, ty: Type, row: usize) -> String {
    match Cells::new(array.as_ref(), ty).unwrap().get(row) {
        Cell::Null => "null".to_owned(),
        Cell::Dynamic(bytes) => dynamic::json_text(dynamic::View::new(&bytes)),
        cell => cell.to_text().into_owned(),
    }
}

fn made(name: &str, arguments: &[Type], outputs: &[Type], literals: &[Option<Value>]) -> Result<KqlAggregate> {
    let mut literals = literals.to_vec();
    literals.resize(arguments.len(), None);
    aggregate(crate::functions::aggregate(name).unwrap(), arguments, outputs, &literals)
}

fn longs(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn reals(values: &[f64]) -> ArrayRef {
    from_cells(Type::Real, values.iter().map(|v| Cell::Real(*v))).unwrap()
}

fn strings(values: &[&'static str]) -> ArrayRef {
    from_cells(Type::String, values.iter().map(|v| Cell::string(*v))).unwrap()
}

fn dynamics(values: &[&str]) -> ArrayRef {
    fn json(value: &serde_json::Value) -> Json {
        match value {
            serde_json::Value::Null => Json::Null,
            serde_json::Value::Bool(value) => Json::Bool(*value),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| Json::Real(number.as_f64().unwrap()), Json::Long)
            }
            serde_json::Value::String(text) => Json::String(text.as_str().into()),
            serde_json::Value::Array(items) => Json::Array(items.iter().map(json).collect()),
            serde_json::Value::Object(slots) => {
                Json::Bag(slots.iter().map(|(name, value)| (name.as_str().into(), json(value))).collect())
            }
        }
    }
    let cells = values.iter().map(|text| Cell::dynamic(&json(&serde_json::from_str(text).unwrap())));
    from_cells(Type::Dynamic, cells).unwrap()
}

fn bools(values: &[Option<bool>]) -> ArrayRef {
    Arc::new(BooleanArray::from(values.to_vec()))
}

/// The outputs over all records as one group, in the order of the arrays.
fn folded(name: &str, arguments: &[(Type, ArrayRef)], outputs: &[Type], literals: &[(usize, Value)]) -> Vec<String> {
    let mut types: Vec<Type> = arguments.iter().map(|(ty, _)| *ty).collect();
    let mut constants = vec![None; types.len()];
    for (position, value) in literals {
        types.resize(types.len().max(position + 1), value.ty());
        constants.resize(types.len(), None);
        types[*position] = value.ty();
        constants[*position] = Some(value.clone());
    }
    let call = made(name, &types, outputs, &constants).unwrap();
    let columns: Vec<ArrayRef> = arguments.iter().map(|(_, array)| array.clone()).collect();
    let count = columns.first().map_or(0, Array::len);
    let rank: ArrayRef = Arc::new(Int64Array::from_iter_values(0..count as i64));
    let results = call.fold(&columns, Some(&rank), &vec![0; count], 1).unwrap();
    results.iter().zip(outputs).map(|(array, ty)| shown(array, *ty, 0)).collect()
}

fn one(name: &str, arguments: &[(Type, ArrayRef)], output: Type, literals: &[(usize, Value)]) -> String {
    folded(name, arguments, &[output], literals).pop().unwrap()
}

#[test]
fn numbers_are_counted_and_summed() {
    use Type::{Bool, DateTime, Long, Real};
    let values = longs(&[Some(1), Some(2), None, Some(3)]);
    let long = |name| one(name, &[(Long, values.clone())], Long, &[]);
    assert_eq!([long("count"), long("sum"), long("min"), long("max")], ["4", "6", "1", "3"]);
    assert_eq!([long("binary_all_or"), long("binary_all_and"), long("binary_all_xor")], ["3", "0", "0"]);
    assert_eq!([long("dcount"), long("count_distinct")], ["3", "3"]);
    assert_eq!(one("avg", &[(Long, values.clone())], Real, &[]), "2");
    let predicate = bools(&[Some(true), Some(false), Some(true), None]);
    assert_eq!(one("sumif", &[(Long, values.clone()), (Bool, predicate.clone())], Long, &[]), "1");
    assert_eq!(one("countif", &[(Bool, predicate)], Long, &[]), "2");
    assert_eq!(one("sum", &[(Long, longs(&[Some(i64::MAX), Some(1)]))], Long, &[]), i64::MIN.to_string());
    assert_eq!(one("avg", &[(DateTime, longs(&[Some(3), Some(6)]))], DateTime, &[]), "0001-01-01T00:00:00.0000004Z");
    assert_eq!(one("sum", &[(Real, reals(&[0.1, 0.2, 0.3]))], Real, &[]), "0.6");
    assert_eq!(one("max", &[(Real, reals(&[f64::NAN, -1.0]))], Real, &[]), "-1");
    assert_eq!(one("min", &[(Real, reals(&[f64::NAN]))], Real, &[]), "NaN");
    assert_eq!(one("min", &[(Type::String, strings(&["b", "B", "a"]))], Type::String, &[]), "B");
}

#[test]
fn spread_is_that_of_a_sample_unless_the_name_ends_in_p() {
    use Type::{Long, Real};
    let range: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=5));
    let of = |name| one(name, &[(Long, range.clone())], Real, &[]);
    assert_eq!([of("variance"), of("variancep")], ["2.5", "2"]);
    assert_eq!([of("stdev"), of("stdevp")], ["1.5811388300841898", "1.4142135623730951"]);
    assert_eq!(one("stdev", &[(Long, longs(&[Some(7)]))], Real, &[]), "0");
    let x = reals(&[1.0, 2.0, 3.0, 4.0, 5.0]);
    let y = reals(&[14.0, 10.0, 17.0, 20.0, 50.0]);
    assert_eq!(one("covariance", &[(Real, x), (Real, y)], Real, &[]), "20.5");
    // Digits survive where the naive formula loses all of them.
    assert_eq!(one("variance", &[(Real, reals(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0]))], Real, &[]), "1");
}

#[test]
fn decimals_stay_exact() {
    let cells = ["0.1", "0.2", "0.25"].map(|text| Cell::Decimal(text.parse().unwrap()));
    let values = [(Type::Decimal, from_cells(Type::Decimal, cells).unwrap())];
    assert_eq!(one("sum", &values, Type::Decimal, &[]), "0.55");
    assert_eq!(one("avg", &values, Type::Decimal, &[]), "0.1833333333333333333333333333333333");
    assert_eq!(one("max", &values, Type::Decimal, &[]), "0.25");
}

#[test]
fn lists_and_sets_are_in_the_order_of_ranks() {
    use Type::{Dynamic, Long};
    let values = longs(&[Some(3), None, Some(1), Some(3)]);
    let of = |name, literals: &[(usize, Value)]| one(name, &[(Long, values.clone())], Dynamic, literals);
    assert_eq!(of("make_list", &[]), "[3,1,3]");
    assert_eq!(of("make_list", &[(1, Value::Long(2))]), "[3,1]");
    assert_eq!(of("make_list_with_nulls", &[]), "[3,null,1,3]");
    assert_eq!(of("make_set", &[]), "[3,1]");
    let arrays = dynamics(&[r#"["A1","A2"]"#, r#"["A2",null,"C1"]"#, "null", "7"]);
    assert_eq!(one("make_set", &[(Dynamic, arrays)], Dynamic, &[]), r#"["A1","A2","C1",7]"#);
    let bags = dynamics(&[r#"{"a":1}"#, r#"{"b":2,"a":3}"#, "5"]);
    assert_eq!(one("make_bag", &[(Dynamic, bags)], Dynamic, &[]), r#"{"a":1,"b":2}"#);
    let many: ArrayRef = Arc::new(Int64Array::from_iter_values((0..1000).map(|i| i % 300)));
    let set = one("makeset", &[(Long, many.clone())], Dynamic, &[]);
    assert_eq!((set.matches(',').count(), set.ends_with(",127]")), (127, true));
    assert_eq!(one("makelist", &[(Long, many)], Dynamic, &[]).matches(',').count(), 127);
}

#[test]
fn the_chosen_record_is_that_of_the_lowest_rank_among_equals() {
    use Type::{Int, Long, String};
    let version = from_cells(Int, [Cell::Null, Cell::Int(2), Cell::Int(2), Cell::Int(1)]).unwrap();
    let color = strings(&["a", "b", "c", "d"]);
    let arguments = [(Int, version), (String, color)];
    assert_eq!(folded("arg_max", &arguments, &[Int, String], &[]), ["2", "b"]);
    assert_eq!(folded("arg_min", &arguments, &[Int, String], &[]), ["1", "d"]);
    assert_eq!(folded("take_any", &arguments, &[Int, String], &[]), ["null", "a"]);
    assert_eq!(one("take_any", &[(Long, longs(&[None, Some(5)]))], Long, &[]), "5");
    assert_eq!(one("any", &[(String, strings(&["", "x"]))], String, &[]), "x");
    let nulls = from_cells(Int, [Cell::Null, Cell::Null]).unwrap();
    assert_eq!(folded("arg_max", &[(Int, nulls), (String, strings(&["y", "g"]))], &[Int, String], &[]), ["null", "y"]);
}

#[test]
fn percentiles_are_read_by_nearest_rank() {
    use Type::{Dynamic, Long};
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values((1..=24).rev()));
    let arguments = [(Long, values.clone())];
    assert_eq!(one("percentile", &arguments, Long, &[(1, Value::Long(50))]), "12");
    let several = [(1, Value::Long(0)), (2, Value::Real(99.9))];
    assert_eq!(folded("percentiles", &arguments, &[Long, Long], &several), ["1", "24"]);
    assert_eq!(one("percentiles_array", &arguments, Dynamic, &several), "[1,24]");
    let array = Value::Dynamic(Arc::new(Json::Array(vec![Json::Long(25), Json::Long(75)])));
    assert_eq!(one("percentiles_array", &arguments, Dynamic, &[(1, array)]), "[6,18]");
    let weights = longs(&[Some(1), Some(2)]);
    let weighted = [(Long, longs(&[Some(10), Some(20)])), (Long, weights.clone())];
    assert_eq!(one("percentilesw", &weighted, Long, &[(2, Value::Long(50))]), "20");
    assert_eq!(one("tdigest", &weighted, Dynamic, &[]), "[[7],[10,20],[1,2]]");
    let digests = dynamics(&["[[7],[10,20],[1,2]]", "[[7],[5],[1]]", "[1]"]);
    assert_eq!(one("tdigest_merge", &[(Dynamic, digests)], Dynamic, &[]), "[[7],[5,10,20],[1,1,2]]");
}

#[test]
fn schemas_list_alternatives() {
    let values = dynamics(&[
        r#"{"x":1, "y":3.5}"#,
        r#"{"x":"somevalue", "z":[1, 2, 3]}"#,
        r#"{"y":{"w":"zzz"}, "t":["aa", "bb"], "z":["foo"]}"#,
    ]);
    assert_eq!(
        one("buildschema", &[(Type::Dynamic, values)], Type::Dynamic, &[]),
        r#"{"t":{"`indexer`":"string"},"x":["long","string"],"y":["double",{"w":"string"}],"z":{"`indexer`":["long","string"]}}"#
    );
}

#[test]
fn nothing_gives_the_documented_values() {
    use Type::{Dynamic, Long, Real, String};
    let half = [None, Some(Value::Long(50))];
    for (name, arguments, output, literals, expected) in [
        ("count", &[][..], Long, &[][..], "0"),
        ("countif", &[Type::Bool], Long, &[], "0"),
        ("dcount", &[Long], Long, &[], "0"),
        ("sum", &[Long], Long, &[], "0"),
        ("sum", &[Real], Real, &[], "0"),
        ("stdev", &[Long], Real, &[], "0"),
        ("variance", &[Long], Real, &[], "0"),
        ("avg", &[Long], Real, &[], "NaN"),
        ("avg", &[Type::TimeSpan], Type::TimeSpan, &[], "null"),
        ("max", &[Long], Long, &[], "null"),
        ("max", &[String], String, &[], ""),
        ("make_list", &[Long], Dynamic, &[], "[]"),
        ("make_set_if", &[Long, Type::Bool], Dynamic, &[], "[]"),
        ("make_bag", &[Dynamic], Dynamic, &[], "{}"),
        ("percentile", &[Long, Long], Long, &half, "null"),
        ("take_any", &[Long], Long, &[], "null"),
        ("arg_max", &[Long], Long, &[], "null"),
        ("hll", &[Long], Dynamic, &[], "null"),
        ("tdigest", &[Long], Dynamic, &[], "null"),
        ("buildschema", &[Dynamic], Dynamic, &[], "null"),
        ("binary_all_and", &[Long], Long, &[], "null"),
    ] {
        let call = made(name, arguments, &[output], literals).unwrap();
        assert_eq!(shown(&call.of_nothing().unwrap()[0], output, 0), expected, "{name}");
    }
}

#[test]
fn what_is_not_computed_is_refused_by_name() {
    for (name, arguments, literals) in [
        ("sum", &[Type::Dynamic][..], &[][..]),
        ("max", &[Type::Unknown], &[]),
        ("count", &[Type::Bool], &[]),
        ("passthrough", &[Type::Long], &[]),
        ("dcount", &[Type::Long, Type::Long], &[None, Some(Value::Long(5))]),
        ("dcount", &[Type::Long, Type::Long], &[]),
        ("make_list", &[Type::Long, Type::Long], &[None, Some(Value::Long(0))]),
        ("percentile", &[Type::Long, Type::Long], &[None, Some(Value::Long(101))]),
        ("percentile", &[Type::String, Type::Long], &[None, Some(Value::Long(1))]),
    ] {
        let error = made(name, arguments, &[Type::Long], literals).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

/// Every way of computing, over columns that [`table`] makes: the name, its arguments and its outputs.
fn calls() -> Vec<(KqlAggregate, Vec<usize>)> {
    use Type::{Bool, Dynamic, Long, Real, String};
    const COLUMNS: [Type; 6] = [Long, Real, String, Dynamic, Bool, Type::Decimal];
    let percents = [None, Some(Value::Real(33.3)), Some(Value::Long(90))];
    let mut calls = Vec::new();
    let mut add = |name: &str, columns: &[usize], outputs: &[Type], literals: &[Option<Value>]| {
        let mut types: Vec<Type> = columns.iter().map(|column| COLUMNS[*column]).collect();
        types.extend(literals.iter().skip(columns.len()).flatten().map(Value::ty));
        calls.push((made(name, &types, outputs, literals).unwrap(), columns.to_vec()));
    };
    for (name, output) in [
        ("sum", Long),
        ("avg", Real),
        ("min", Long),
        ("stdev", Real),
        ("dcount", Long),
        ("hll", Dynamic),
        ("count_distinct", Long),
        ("binary_all_xor", Long),
        ("make_list", Dynamic),
        ("make_set", Dynamic),
        ("take_any", Long),
        ("tdigest", Dynamic),
    ] {
        add(name, &[0], &[output], &[]);
    }
    for name in ["sum", "avg", "max", "variance", "covariance"] {
        let columns: &[usize] = if name == "covariance" { &[1, 0] } else { &[1] };
        add(name, columns, &[Real], &[]);
    }
    add("percentiles", &[1], &[Real, Real], &percents);
    add("percentilesw_array", &[1, 0], &[Dynamic], &[None, None, Some(Value::Long(50))]);
    add("countif", &[4], &[Long], &[]);
    add("make_set_if", &[2, 4], &[Dynamic], &[]);
    add("make_set", &[2], &[Dynamic], &[None, Some(Value::Long(2))]);
    add("make_list", &[2], &[Dynamic], &[None, Some(Value::Long(3))]);
    add("max", &[2], &[String], &[]);
    add("arg_max", &[1, 2, 3], &[Real, String, Dynamic], &[]);
    add("arg_min", &[2, 0], &[String, Long], &[]);
    add("take_any", &[0, 2], &[Long, String], &[]);
    add("make_bag", &[3], &[Dynamic], &[]);
    add("make_set", &[3], &[Dynamic], &[]);
    add("buildschema", &[3], &[Dynamic], &[]);
    for name in ["sum", "avg", "max"] {
        add(name, &[5], &[Type::Decimal], &[]);
    }
    calls
}

/// A record: a value for each column of [`calls`], and the group.
type Record = (Option<i64>, f64, u8, u8, Option<bool>, usize);

fn record() -> impl Strategy<Value = Record> {
    let long = prop_oneof![
        1 => Just(None),
        4 => (-3i64..4).prop_map(Some),
        1 => any::<i64>().prop_map(Some),
    ];
    let real = prop_oneof![4 => -10.0f64..10.0, 2 => any::<f64>(), 1 => Just(0.1), 1 => Just(f64::NAN)];
    (long, real, 0u8..5, 0u8..8, any::<Option<bool>>(), 0usize..3)
}

fn columns(records: &[Record]) -> Vec<ArrayRef> {
    let text = ["", "a", "b", "A", "é"];
    let json = ["null", "1", "[1,\"a\"]", "{\"a\":1,\"b\":2}", "{\"b\":3}", "\"a\"", "[]", "{\"a\":{\"c\":1.5}}"];
    let decimal =
        |value: &Record| Cell::Decimal(crate::literal::Decimal::new(i128::from(value.0.unwrap_or(1)), value.2));
    vec![
        longs(&records.iter().map(|r| r.0).collect::<Vec<_>>()),
        reals(&records.iter().map(|r| r.1).collect::<Vec<_>>()),
        strings(&records.iter().map(|r| text[usize::from(r.2)]).collect::<Vec<_>>()),
        dynamics(&records.iter().map(|r| json[usize::from(r.3)]).collect::<Vec<_>>()),
        bools(&records.iter().map(|r| r.4).collect::<Vec<_>>()),
        from_cells(Type::Decimal, records.iter().map(decimal)).unwrap(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The records in one batch, and the same records shuffled, split into batches and partitions, through states.
    #[test]
    fn no_order_and_no_partition_changes_a_byte(
        (records, order, parts) in prop::collection::vec(record(), 1..40).prop_flat_map(|records| {
            let count = records.len();
            (Just(records), Just((0..count).collect::<Vec<_>>()).prop_shuffle(), prop::collection::vec(0usize..4, count))
        }),
    ) {
        const GROUPS: usize = 3;
        let columns = columns(&records);
        let rank: ArrayRef = Arc::new(Int64Array::from_iter_values(0..records.len() as i64));
        for (call, picked) in calls() {
            let arguments: Vec<ArrayRef> = picked.iter().map(|column| columns[*column].clone()).collect();
            let groups: Vec<usize> = records.iter().map(|record| record.5).collect();
            let whole = call.fold(&arguments, Some(&rank), &groups, GROUPS).unwrap();

            let mut last = call.spec.accumulator(call.inputs.clone(), call.outputs.clone());
            for part in (0..4).rev() {
                let rows: Vec<usize> = order.iter().copied().filter(|row| parts[*row] == part).collect();
                let mut partial = call.spec.accumulator(call.inputs.clone(), call.outputs.clone());
                let mut raw = Vec::new();
                for (at, batch) in rows.chunks(7).enumerate() {
                    let picks = UInt32Array::from_iter_values(batch.iter().map(|row| *row as u32));
                    let mut values: Vec<ArrayRef> = call
                        .inputs()
                        .iter()
                        .filter_map(|input| match input {
                            Input::Argument(position) => Some(&arguments[*position]),
                            Input::Rank => Some(&rank),
                            Input::One => None,
                        })
                        .map(|array| take(array, &picks, None).unwrap())
                        .collect();
                    let filter = call.predicate().map(|position| take(&arguments[position], &picks, None).unwrap());
                    let filter = filter.as_ref().map(datafusion::arrow::array::AsArray::as_boolean);
                    let batch_groups: Vec<usize> = batch.iter().map(|row| groups[*row]).collect();
                    if at % 2 == 0 {
                        partial.update_batch(&values, &batch_groups, filter, GROUPS).unwrap();
                    } else {
                        if values.is_empty() {
                            values.push(take(&rank, &picks, None).unwrap());
                        }
                        raw.push((partial.convert_to_state(&values, filter).unwrap(), batch_groups));
                    }
                }
                // Groups that this partition has not met are not in its state.
                partial.merge_batch(&empty_state(&call), &[], GROUPS).unwrap();
                let first = partial.state(EmitTo::First(1)).unwrap();
                let rest = partial.state(EmitTo::All).unwrap();
                last.merge_batch(&rest, &[1, 2], GROUPS).unwrap();
                last.merge_batch(&first, &[0], GROUPS).unwrap();
                for (state, groups) in raw {
                    last.merge_batch(&state, &groups, GROUPS).unwrap();
                }
            }
            let merged = last.evaluate(EmitTo::All).unwrap();
            let merged = merged.as_struct_opt().map_or_else(|| vec![merged.clone()], |all| all.columns().to_vec());
            for ((whole, merged), ty) in whole.iter().zip(&merged).zip(call.outputs()) {
                for group in 0..GROUPS {
                    prop_assert_eq!(shown(whole, *ty, group), shown(merged, *ty, group), "{:?}", &call);
                }
            }
        }
    }
}

/// The state of no groups.
fn empty_state(call: &KqlAggregate) -> Vec<ArrayRef> {
    call.spec.accumulator(call.inputs.clone(), call.outputs.clone()).state(EmitTo::All).unwrap()
}

/// Through DataFusion, grouped and not, over several partitions: two calls that differ in an option alone stay apart.
#[test]
fn plans_compute_them() {
    use datafusion::arrow::array::RecordBatch;
    use datafusion::arrow::datatypes::Schema;
    use datafusion::datasource::MemTable;
    use datafusion::logical_expr::ExprFunctionExt as _;
    use datafusion::prelude::{Expr, SessionConfig, SessionContext, col, lit};

    use Type::{Bool, Dynamic, Long};

    let fields: Vec<_> = [("key", Type::Long), ("x", Type::Long), ("rank", Type::Long)]
        .map(|(name, ty)| crate::eval::arrays::field(name, ty))
        .into();
    let schema = Arc::new(Schema::new(fields));
    let batch = |from: i64| {
        let rows = from..from + 100;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(rows.clone().map(|i| i % 2))),
            Arc::new(Int64Array::from_iter_values(rows.clone().map(|i| i * 7 % 100))),
            Arc::new(Int64Array::from_iter_values(rows)),
        ];
        vec![RecordBatch::try_new(schema.clone(), columns).unwrap()]
    };
    let call = |name: &str, arguments: &[Type], output: Type, literal: Option<Value>| {
        let literals = [None, literal];
        let call = made(name, arguments, &[output], &literals[..arguments.len()]).unwrap();
        let inputs = call.inputs().into_iter().map(|input| match input {
            Input::Argument(_) => col("x"),
            Input::Rank => col("rank"),
            Input::One => lit(1),
        });
        let expr = call.udf().call(inputs.collect());
        match call.predicate() {
            Some(_) => expr.filter(col("x").gt(lit(49i64))).build().unwrap(),
            None => expr,
        }
    };
    let aggregates: Vec<Expr> = vec![
        call("count", &[], Long, None).alias("count"),
        call("sum", &[Long], Long, None).alias("sum"),
        call("countif", &[Bool], Long, None).alias("countif"),
        call("percentile", &[Long, Long], Long, Some(Value::Long(50))).alias("p50"),
        call("percentile", &[Long, Long], Long, Some(Value::Long(90))).alias("p90"),
        call("make_list", &[Long, Long], Dynamic, Some(Value::Long(3))).alias("list"),
    ];
    let types = [Long, Long, Long, Long, Long, Dynamic];
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(4).with_batch_size(16));
    let table = MemTable::try_new(schema.clone(), vec![batch(300), batch(0), batch(200), batch(100)]).unwrap();
    context.register_table("t", Arc::new(table)).unwrap();
    let run = |keys: Vec<Expr>| {
        let skip = keys.len();
        let frame = tokio::runtime::Runtime::new().unwrap().block_on(async {
            let frame = context.table("t").await.unwrap().aggregate(keys.clone(), aggregates.clone()).unwrap();
            let frame = if skip > 0 { frame.sort_by(keys).unwrap() } else { frame };
            frame.collect().await.unwrap()
        });
        let mut rows = Vec::new();
        for batch in &frame {
            for row in 0..batch.num_rows() {
                let cells = types.iter().enumerate().map(|(at, ty)| shown(batch.column(at + skip), *ty, row));
                rows.push(cells.collect::<Vec<_>>());
            }
        }
        rows
    };
    assert_eq!(run(vec![]), [["400", "19800", "200", "49", "89", "[0,7,14]"]]);
    assert_eq!(
        run(vec![col("key")]),
        [["200", "9800", "100", "48", "88", "[0,14,28]"], ["200", "10000", "100", "49", "89", "[7,21,35]"]]
    );
}
