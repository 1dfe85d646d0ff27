//! Aggregates that collect values, choose records or make sketches.

use crate::functions::rows::rows;

rows! { Aggregate;
    /// Collects the values of the group into an array of at most 128.
    makelist: [hidden, old("make_list"), named(PrefixAndFirst("list"))]
        (expr: Scalar, max_size: Integer?) -> ArrayOfFirst
        => "range i from 1 to 1 step 1 | summarize x = makelist(i)" gives "[1]";
    /// Collects the values of the group into an array, passing over nulls.
    make_list: [named(PrefixAndFirst("list"))]
        (expr: Scalar, max_size: Integer?) -> ArrayOfFirst
        => "range i from 1 to 1 step 1 | summarize x = make_list(i)" gives "[1]";
    /// Collects the values of the records for which a condition holds into an array.
    make_list_if: [named(PrefixAndFirst("list"))]
        (expr: Scalar, predicate: Bool, max_size: Integer?) -> ArrayOfFirst
        => "range i from 1 to 3 step 1 | summarize x = make_list_if(i, i > 2)" gives "[3]";
    /// Collects the values of the group into an array, nulls included.
    make_list_with_nulls: [named(PrefixAndFirst("list"))]
        (expr: Scalar) -> ArrayOfFirst
        => "range i from 1 to 1 step 1 | summarize x = make_list_with_nulls(i)" gives "[1]";
    /// Collects the distinct values of the group into an array of at most 128, in no order.
    makeset: [hidden, old("make_set"), named(PrefixAndFirst("set"))]
        (expr: Scalar, max_size: Integer?) -> ArrayOfFirst
        => "range i from 1 to 1 step 1 | summarize x = makeset(i)" gives "[1]";
    /// Collects the distinct values of the group into an array, in no order; arrays count as their elements.
    make_set: [named(PrefixAndFirst("set"))]
        (expr: Scalar, max_size: Integer?) -> ArrayOfFirst
        => "range i from 1 to 1 step 1 | summarize x = make_set(i)" gives "[1]";
    /// Collects the distinct values of the records for which a condition holds into an array.
    make_set_if: [named(PrefixAndFirst("set"))]
        (expr: Scalar, predicate: Bool, max_size: Integer?) -> ArrayOfFirst
        => "range i from 1 to 3 step 1 | summarize x = make_set_if(i, i > 2)" gives "[3]";
    /// Merges the bags of the group into one.
    make_dictionary: [hidden, named(PrefixAndFirst("dictionary"))]
        (expr: Bag, max_size: Integer?) -> Bag;
    /// Merges the bags of the group into one; of equal names any may win.
    make_bag: [named(PrefixAndFirst("bag"))]
        (expr: Bag, max_size: Integer?) -> Bag
        => r#"print b = dynamic({"a":1}) | summarize x = make_bag(b)"# gives r#"{"a":1}"#;
    /// Merges the bags of the records for which a condition holds into one.
    make_bag_if: [named(PrefixAndFirst("bag"))]
        (expr: Bag, predicate: Bool, max_size: Integer?) -> Bag
        => r#"print b = dynamic({"a":1}) | summarize x = make_bag_if(b, true)"# gives r#"{"a":1}"#;
    /// Gives the schema that admits all bags of the group.
    buildschema: [named(PrefixAndFirst("schema"))]
        (expr: Bag) -> Bag
        => r#"datatable(d: dynamic)[dynamic({"a":1})] | summarize x = buildschema(d)"# gives r#"{"a":"long"}"#;
    /// Gives the value of the group as it is; internal.
    passthrough: [hidden, named(FirstArgument)]
        (expr: Scalar) -> SameAs[0];
    /// Gives the values of any one record of the group.
    any: [volatile, hidden, old("take_any"), named(PrefixAndFirst("any"))]
        (expr: Scalar) -> SameAs[0]
        (expr: Scalar * 2..32767) -> Computed[Any]
        (expr: Scalar[Star]) -> Computed[Any]
        => "range i from 1 to 1 step 1 | summarize x = any(i)" gives "1";
    /// Gives the values of any one record of the group, one that is not null where there is a single argument.
    take_any: [volatile]
        (expr: Scalar[ExpressionOrStar]+) -> Computed[TakeAny]
        => "range i from 1 to 1 step 1 | summarize x = take_any(i)" gives "1";
    /// Gives the value of any one record for which a condition holds.
    anyif: [volatile, hidden, old("take_anyif"), named(PrefixAndFirst("anyif"))]
        (expr: Scalar, predicate: Bool) -> SameAs[0];
    /// Gives the value of any one record for which a condition holds.
    take_anyif: [volatile, named(FirstArgument)]
        (expr: Scalar, predicate: Bool) -> SameAs[0]
        => "range i from 1 to 3 step 1 | summarize x = take_anyif(i, i > 2)" gives "3";
    /// Gives values of the record in which an expression is smallest; `*` stands for all columns.
    arg_min:
        (minimized: Orderable, returned: Scalar[ExpressionOrStar]*) -> Computed[ArgMin]
        => "range i from 1 to 3 step 1 | extend v = i * 10 | summarize arg_min(i, v) | project x = v" gives "10";
    /// Gives values of the record in which an expression is largest; `*` stands for all columns.
    arg_max:
        (maximized: Orderable, returned: Scalar[ExpressionOrStar]*) -> Computed[ArgMax]
        => "range i from 1 to 3 step 1 | extend v = i * 10 | summarize arg_max(i, v) | project x = v" gives "30";
    /// Gives values of the record in which an expression is smallest, in columns that begin `min_`.
    argmin: [hidden, old("arg_min")]
        (minimized: Orderable, returned: Scalar[ExpressionOrStar]*) -> Computed[ArgMinPrefixed]
        => "range i from 1 to 3 step 1 | extend v = i * 10 | summarize argmin(i, v) | project x = min_i_v" gives "10";
    /// Gives values of the record in which an expression is largest, in columns that begin `max_`.
    argmax: [hidden, old("arg_max")]
        (maximized: Orderable, returned: Scalar[ExpressionOrStar]*) -> Computed[ArgMaxPrefixed]
        => "range i from 1 to 3 step 1 | extend v = i * 10 | summarize argmax(i, v) | project x = max_i_v" gives "30";
    /// Makes a t-digest of the values, from which percentiles can be read.
    tdigest: [named(PrefixAndFirst("tdigest"))]
        (expr: Summable, weight: Integer?) -> Array
        => "range i from 1 to 5 step 1 | summarize t = tdigest(i) | project x = percentile_tdigest(t, 50)" gives "3";
    /// Puts the t-digests of the group together.
    tdigest_merge: [named(PrefixAndFirst("merge_tdigests"))]
        (tdigest: Array) -> Array;
    /// Puts the t-digests of the group together.
    merge_tdigest: [named(PrefixAndFirst("merge_tdigests"))]
        (tdigest: Array) -> Array;
    /// Makes a sketch of the distinct values, from which their number can be read.
    hll: [named(PrefixAndFirst("hll"))]
        (expr: NotRealOrBool, accuracy: Integer?) -> Array
        => "range i from 1 to 5 step 1 | summarize h = hll(i) | project x = dcount_hll(h)" gives "5";
    /// Makes a sketch of the distinct values of the records for which a condition holds.
    hll_if: [named(PrefixAndFirst("hll_if"))]
        (expr: NotRealOrBool, predicate: Bool, accuracy: Integer?) -> Array
        => "range i from 1 to 5 step 1 | summarize h = hll_if(i, i < 4) | project x = dcount_hll(h)" gives "3";
    /// Puts the sketches of distinct values of the group together.
    hll_merge: [named(PrefixAndFirst("hll_merge"))]
        (hll: Array) -> Array;
}
