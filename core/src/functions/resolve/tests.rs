use super::*;
use crate::functions::{AggregateId, FunctionId, aggregate, plugin, scalar, scalars};

fn call(name: &str, arguments: &[Argument<'_>]) -> Result<Type, Mismatch> {
    let row = scalar(name).map(FunctionId::row).or_else(|| aggregate(name).map(AggregateId::row)).expect(name);
    resolve(row, arguments).map(|resolved| match resolved.output {
        Output::Scalar(value) => value.ty,
        other => panic!("{other:?}"),
    })
}

fn column(ty: Type) -> Argument<'static> {
    Argument::column(ty)
}

#[test]
fn fixed_types_and_types_of_arguments() {
    assert_eq!(call("strlen", &[column(Type::String)]), Ok(Type::Long));
    assert_eq!(call("min", &[column(Type::Int)]), Ok(Type::Int));
    assert_eq!(call("sum", &[column(Type::Int)]), Ok(Type::Long));
    assert_eq!(call("avg", &[column(Type::Int)]), Ok(Type::Real));
    assert_eq!(call("avg", &[column(Type::TimeSpan)]), Ok(Type::TimeSpan));
    assert_eq!(call("abs", &[column(Type::Int)]), Ok(Type::Long));
    assert_eq!(call("abs", &[column(Type::Real)]), Ok(Type::Real));
}

#[test]
fn common_types() {
    use Type::{Bool, DateTime, Dynamic, Int, Long, Real, String};
    assert_eq!(call("iff", &[column(Bool), column(Int), column(Real)]), Ok(Real));
    assert_eq!(call("iff", &[column(Bool), column(Dynamic), column(String)]), Ok(String));
    assert_eq!(call("iff", &[column(Bool), column(DateTime), column(String)]), Ok(Dynamic));
    assert_eq!(call("coalesce", &[column(Int), column(Long)]), Ok(Long));
    assert_eq!(call("coalesce", &[column(DateTime), column(String)]), Err(Mismatch::NoCommonType));
    assert_eq!(call("case", &[column(Bool), column(Int), column(Bool), column(Long), column(Int)]), Ok(Long));
}

#[test]
fn bins_keep_the_type_and_widen_int() {
    use Type::{DateTime, Int, Long, Real, TimeSpan};
    assert_eq!(call("bin", &[column(DateTime), column(TimeSpan)]), Ok(DateTime));
    assert_eq!(call("bin", &[column(Int), column(Int)]), Ok(Long));
    assert_eq!(call("bin", &[column(Int), column(Real)]), Ok(Real));
    assert_eq!(call("bin", &[column(DateTime), column(Long)]), Err(Mismatch::NoOverload));
}

#[test]
fn a_type_named_by_an_argument() {
    let arguments =
        [Argument::string("a"), Argument::literal(Type::Long), column(Type::String), Argument::type_literal(Type::Int)];
    assert_eq!(call("extract", &arguments), Ok(Type::Int));
    assert_eq!(call("extract", &arguments[..3]), Ok(Type::String));
}

#[test]
fn unknown_fits_everywhere() {
    assert_eq!(call("replace_string", &[column(Type::Unknown); 3]), Ok(Type::String));
    assert_eq!(call("min", &[column(Type::Unknown)]), Ok(Type::Unknown));
    assert_eq!(call("array_length", &[column(Type::Unknown)]), Ok(Type::Long));
}

#[test]
fn a_dynamic_of_unknown_shape_passes_for_text_but_not_for_a_number() {
    assert_eq!(call("replace_string", &[column(Type::Dynamic); 3]), Ok(Type::String));
    let array = Argument::literal(ValueType::dynamic(Shape::Array(Type::Long)));
    let text = column(Type::String);
    assert!(matches!(call("replace_string", &[array, text, text]), Err(Mismatch::Argument { index: 0, .. })));
    assert!(call("pow", &[column(Type::Dynamic), column(Type::Long)]).is_err());
}

#[test]
fn what_is_wrong_is_said_with_the_argument() {
    let time = column(Type::DateTime);
    let problem = |name: &str, arguments: &[Argument<'_>]| match call(name, arguments) {
        Err(Mismatch::Argument { index, problem }) => (index, problem),
        other => panic!("{other:?}"),
    };
    assert_eq!(problem("tohex", &[column(Type::String)]), (0, Problem::Type(Accepts::Integer)));
    assert_eq!(problem("prev", &[Argument::computed(Type::Long)]), (0, Problem::NotColumn));
    assert_eq!(problem("format_datetime", &[time, Argument::string("")]), (1, Problem::Empty));
    assert_eq!(problem("format_datetime", &[time, column(Type::String)]), (1, Problem::NotLiteral));
    assert_eq!(
        problem("trim", &[column(Type::String), column(Type::String)]),
        (0, Problem::NotConstant),
        "a pattern may not come from the record"
    );
    let (index, what) = problem("datetime_diff", &[Argument::string("eon"), time, time]);
    assert!(index == 0 && matches!(what, Problem::NotAmong(parts) if parts.contains(&"week")));
    assert_eq!(call("datetime_diff", &[Argument::string("Day"), time, time]), Ok(Type::Long));
    assert_eq!(problem("strlen", &[Argument::star()]), (0, Problem::Star));
}

#[test]
fn counts_are_checked_by_block_too() {
    let (text, flag) = (column(Type::String), column(Type::Bool));
    assert_eq!(call("toint", &[text, text]), Err(Mismatch::Count { min: 1, max: 1 }));
    assert_eq!(call("bag_pack", &[text, text]), Ok(Type::Dynamic));
    assert_eq!(call("bag_pack", &[text; 3]), Err(Mismatch::IncompleteBlock));
    assert_eq!(call("case", &[flag, text, flag, text]), Err(Mismatch::IncompleteBlock));
    assert_eq!(call("strcat", &[]), Err(Mismatch::Count { min: 1, max: 64 }));
    assert_eq!(call("strcat", &[text; 65]), Err(Mismatch::Count { min: 1, max: 64 }));
}

#[test]
fn codes_are_those_of_the_official_analyser() {
    let text = column(Type::String);
    let code = |name: &str, arguments: &[Argument<'_>]| call(name, arguments).map_err(|mismatch| mismatch.official());
    assert_eq!(code("toint", &[text, text]), Err("KS119"));
    assert_eq!(code("strcat", &[]), Err("KS120"));
    assert_eq!(code("bag_pack", &[text; 3]), Err("KS121"));
    assert_eq!(code("coalesce", &[text, column(Type::Long)]), Err("KS232"));
    assert_eq!(code("bin", &[text, text]), Err("KS127"));
    assert_eq!(code("isnan", &[text]), Err("KS107"));
}

#[test]
fn layouts_of_repeated_parameters() {
    let positions = |name: &str, arguments: &[Argument<'_>]| {
        resolve(scalar(name).expect(name).row(), arguments).map(|resolved| resolved.parameters)
    };
    let (array, flag, text) = (column(Type::Dynamic), Argument::literal(Type::Bool), column(Type::String));
    assert_eq!(positions("array_sort_asc", &[array, array, flag]), Ok(vec![0, 0, 1]));
    assert_eq!(positions("array_sort_asc", &[array]), Ok(vec![0]));
    let condition = column(Type::Bool);
    assert_eq!(positions("case", &[condition, text, condition, text, text]), Ok(vec![0, 1, 0, 1, 2]));
    assert_eq!(positions("has_any_ipv4", &[text, text, text]), Ok(vec![0, 1, 1]));
}

#[test]
fn layouts_of_plugins() {
    use Type::{Bool, DateTime, Guid, Long, String, TimeSpan};
    let positions = |name: &str, arguments: &[Argument<'_>]| {
        resolve(plugin(name).expect(name).row(), arguments).map(|resolved| resolved.parameters)
    };
    let (text, time, id) = (column(String), column(DateTime), column(Guid));
    let (span, instant) = (Argument::literal(TimeSpan), Argument::literal(DateTime));
    let condition = Argument::computed(Bool);
    assert_eq!(
        positions("sequence_detect", &[time, span, span, condition, condition, text, id]),
        Ok(vec![0, 1, 2, 3, 3, 4, 4])
    );
    let lookup = [Argument::tabular(), text, text, text, Argument::literal(Bool)];
    assert_eq!(positions("ipv4_lookup", &lookup), Ok(vec![0, 1, 2, 3, 4]));
    assert_eq!(positions("ipv4_lookup", &lookup[..3]), Ok(vec![0, 1, 2]));
    let windows = [text, time, instant, instant, span, id, Argument::tabular()];
    assert_eq!(positions("new_activity_metrics", &windows), Ok(vec![0, 1, 2, 3, 4, 6, 7]));
    let seeds = [Argument::literal(Type::Real), Argument::string("~"), Argument::literal(Long), text];
    assert_eq!(positions("autocluster", &seeds), Ok(vec![0, 1, 2, 3]));
}

#[test]
fn several_columns_and_rules_for_the_caller() {
    let array = column(Type::Dynamic);
    let of = |row: &'static Function, arguments: &[Argument<'_>]| resolve(row, arguments).map(|found| found.output);
    let stats = of(scalar("series_stats").expect("row").row(), &[array]);
    assert!(matches!(stats, Ok(Output::Columns(columns)) if columns[0] == ("min", Type::Real)));
    let largest = of(aggregate("arg_max").expect("row").row(), &[column(Type::Long), Argument::star()]);
    assert_eq!(largest, Ok(Output::Computed(Computed::ArgMax)));
}

#[test]
fn a_call_at_fault_still_has_a_likely_type() {
    let guess =
        |name: &str, arguments: &[Argument<'_>]| best_guess(scalar(name).expect(name).row().overloads, arguments);
    assert_eq!(guess("strlen", &[]), Output::Scalar(Type::Long.into()));
    assert_eq!(guess("toint", &[column(Type::Long); 2]), Output::Scalar(Type::Int.into()));
    assert_eq!(guess("bin", &[column(Type::String); 2]), Output::Scalar(Type::Unknown.into()));
}

#[test]
fn the_code_for_counts_tells_fixed_from_repeated() {
    for row in scalars().map(FunctionId::row).filter(|row| !matches!(row.name, "jaccard_index" | "__hash_many_crc32")) {
        for overload in row.overloads {
            let repeats = overload.parameters.iter().any(|parameter| parameter.repeat.range().1 > 1);
            assert_eq!(repeats, layout::counts(overload).1 > MOST_FIXED, "{}", row.name);
        }
    }
}

/// Any argument that can be made without a query.
fn any_argument() -> impl proptest::strategy::Strategy<Value = Argument<'static>> {
    use proptest::prelude::*;
    let types = Type::ALL.into_iter().chain([Type::Unknown]).collect::<Vec<_>>();
    let shapes = vec![Shape::Any, Shape::Bag, Shape::Array(Type::Long), Shape::Scalar(Type::String)];
    prop_oneof![
        prop::sample::select(types.clone()).prop_map(Argument::column),
        prop::sample::select(types.clone()).prop_map(Argument::literal),
        prop::sample::select(types).prop_map(Argument::computed),
        prop::sample::select(shapes).prop_map(|shape| Argument::constant(ValueType::dynamic(shape))),
        Just(Argument::star()),
        Just(Argument::tabular()),
        Just(Argument::string("day")),
        Just(Argument::type_literal(Type::Int)),
    ]
}

proptest::proptest! {
    #[test]
    fn no_call_panics_and_a_match_accounts_for_every_argument(
        function in 0..scalars().len(),
        arguments in proptest::collection::vec(any_argument(), 0..9),
    ) {
        let row = scalars().nth(function).expect("in range").row();
        best_guess(row.overloads, &arguments);
        if let Ok(resolved) = resolve(row, &arguments) {
            let parameters = row.overloads[resolved.overload].parameters;
            proptest::prop_assert_eq!(resolved.parameters.len(), arguments.len());
            proptest::prop_assert!(resolved.parameters.iter().all(|&position| position < parameters.len()));
        }
    }

    #[test]
    fn a_common_type_does_not_depend_on_the_order(a in any_argument(), b in any_argument()) {
        if let (Some(a), Some(b)) = (a.value(), b.value()) {
            proptest::prop_assert_eq!(common_of(a, b, true), common_of(b, a, true));
            proptest::prop_assert_eq!(common_of(a, b, false), common_of(b, a, false));
        }
    }
}
