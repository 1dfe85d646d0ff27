//! Aggregates that count, sum and describe.

use crate::functions::rows::rows;

rows! { Aggregate;
    /// Adds up the values of the group; 0 where there are none.
    sum: [named(PrefixAndFirst("sum"))]
        (expr: Summable) -> Promoted
        => "range i from 1 to 3 step 1 | summarize x = sum(i)" gives "6";
    /// Adds up the values of the records for which a condition holds.
    sumif: [named(PrefixAndFirst("sumif"))]
        (expr: Summable, predicate: Bool) -> Promoted
        => "range i from 1 to 3 step 1 | summarize x = sumif(i, i > 1)" gives "5";
    /// Counts the records of the group.
    cnt: [hidden, old("count"), named(PrefixAndFirst("cnt"))]
        () -> Long;
    /// Counts the records of the group.
    count: [named(PrefixAndFirst("count"))]
        () -> Long
        (value: Scalar) -> Long / hidden
        => "range i from 1 to 3 step 1 | summarize x = count()" gives "3";
    /// Counts the records for which a condition holds.
    countif: [named(PrefixAndFirst("countif"))]
        (predicate: Bool) -> Long
        => "range i from 1 to 3 step 1 | summarize x = countif(i > 1)" gives "2";
    /// Estimates the number of distinct values; exact for small numbers.
    dcount: [named(PrefixAndFirst("dcount"))]
        (expr: Scalar, accuracy: NotDynamic?) -> Long
        => "range i from 1 to 3 step 1 | summarize x = dcount(i)" gives "3";
    /// Estimates the number of distinct values among the records for which a condition holds.
    dcountif: [named(PrefixAndFirst("dcountif"))]
        (expr: Scalar, predicate: Bool, accuracy: NotDynamic?) -> Long
        => "range i from 1 to 3 step 1 | summarize x = dcountif(i, i > 1)" gives "2";
    /// Counts the distinct values exactly.
    count_distinct: [cheaper("dcount"), named(PrefixAndFirst("count_distinct"))]
        (expr: NotDynamic) -> Long
        => "range i from 1 to 3 step 1 | summarize x = count_distinct(i)" gives "3";
    /// Counts the distinct values exactly among the records for which a condition holds.
    count_distinctif: [cheaper("dcountif"), named(PrefixAndFirst("count_distinctif"))]
        (expr: NotDynamic, predicate: Bool) -> Long
        => "range i from 1 to 3 step 1 | summarize x = count_distinctif(i, i > 1)" gives "2";
    /// Gives the smallest value; null where there is none.
    min: [named(PrefixAndFirst("min"))]
        (expr: Orderable) -> SameAs[0]
        => "range i from 1 to 3 step 1 | summarize x = min(i)" gives "1";
    /// Gives the smallest value among the records for which a condition holds.
    minif: [named(PrefixAndFirst("minif"))]
        (expr: Orderable, predicate: Bool) -> SameAs[0]
        => "range i from 1 to 3 step 1 | summarize x = minif(i, i > 1)" gives "2";
    /// Gives the largest value; null where there is none.
    max: [named(PrefixAndFirst("max"))]
        (expr: Orderable) -> SameAs[0]
        => "range i from 1 to 3 step 1 | summarize x = max(i)" gives "3";
    /// Gives the largest value among the records for which a condition holds.
    maxif: [named(PrefixAndFirst("maxif"))]
        (expr: Orderable, predicate: Bool) -> SameAs[0]
        => "range i from 1 to 3 step 1 | summarize x = maxif(i, i < 3)" gives "2";
    /// Gives the mean; NaN where there are no values.
    avg: [named(PrefixAndFirst("avg"))]
        (expr: Integer) -> Real
        (expr: Real) -> Real
        (expr: Decimal) -> Decimal
        (expr: TimeSpan) -> TimeSpan
        (expr: DateTime) -> DateTime
        => "range i from 1 to 2 step 1 | summarize x = avg(i)" gives "1.5";
    /// Gives the mean over the records for which a condition holds.
    avgif: [named(PrefixAndFirst("avgif"))]
        (expr: Integer, predicate: Bool) -> Real
        (expr: Real, predicate: Bool) -> Real
        (expr: Decimal, predicate: Bool) -> Decimal
        (expr: TimeSpan, predicate: Bool) -> TimeSpan
        (expr: DateTime, predicate: Bool) -> DateTime
        => "range i from 1 to 3 step 1 | summarize x = avgif(i, i > 1)" gives "2.5";
    /// Gives the standard deviation of a sample, the sum of squares divided by n-1.
    stdev: [named(PrefixAndFirst("stdev"))]
        (expr: Summable) -> Real
        => "range i from 1 to 3 step 1 | summarize x = toint(stdev(i))" gives "1";
    /// Gives the standard deviation of a sample, over the records for which a condition holds.
    stdevif: [named(PrefixAndFirst("stdevif"))]
        (expr: Summable, predicate: Bool) -> Real
        => "range i from 1 to 5 step 1 | summarize x = stdevif(i, i < 4)" gives "1";
    /// Gives the standard deviation of a whole population, the sum of squares divided by n.
    stdevp: [named(PrefixAndFirst("stdevp"))]
        (expr: Summable) -> Real
        => "range i from 1 to 5 step 1 | summarize x = round(stdevp(i), 4)" gives "1.4142";
    /// Gives the variance of a sample, the sum of squares divided by n-1.
    variance: [named(PrefixAndFirst("variance"))]
        (expr: Summable) -> Real
        => "range i from 1 to 2 step 1 | summarize x = variance(i)" gives "0.5";
    /// Gives the variance of a sample, over the records for which a condition holds.
    varianceif: [named(PrefixAndFirst("varianceif"))]
        (expr: Summable, predicate: Bool) -> Real
        => "range i from 1 to 5 step 1 | summarize x = varianceif(i, i < 4)" gives "1";
    /// Gives the variance of a whole population, the sum of squares divided by n.
    variancep: [named(PrefixAndFirst("variancep"))]
        (expr: Summable) -> Real
        => "range i from 1 to 2 step 1 | summarize x = variancep(i)" gives "0.25";
    /// Gives the variance of a whole population, over the records for which a condition holds.
    variancepif: [named(PrefixAndFirst("variancepif"))]
        (expr: Summable, predicate: Bool) -> Real
        => "range i from 1 to 5 step 1 | summarize x = variancepif(i, i < 3)" gives "0.25";
    /// Gives the covariance of two values over a sample.
    covariance: [named(PrefixAndFirst("covariance"))]
        (expr: Summable, expr: Summable) -> Real
        => "datatable(a: real, b: real)[1, 2, 2, 4, 3, 6] | summarize x = covariance(a, b)" gives "2";
    /// Gives the covariance of two values over a sample, of the records for which a condition holds.
    covarianceif: [named(PrefixAndFirst("covarianceif"))]
        (expr: Summable, expr: Summable, predicate: Bool) -> Real
        => "datatable(a: real, b: real)[1, 2, 2, 4, 3, 6] | summarize x = covarianceif(a, b, a < 3)" gives "1";
    /// Gives the covariance of two values over a whole population.
    covariancep: [named(PrefixAndFirst("covariancep"))]
        (expr: Summable, expr: Summable) -> Real
        => "datatable(a: real, b: real)[1, 2, 2, 4, 3, 6] | summarize x = round(covariancep(a, b), 4)" gives "1.3333";
    /// Gives the covariance of two values over a whole population, of the records for which a condition holds.
    covariancepif: [named(PrefixAndFirst("covariancepif"))]
        (expr: Summable, expr: Summable, predicate: Bool) -> Real;
    /// Gives the value below which a percentage of the values lie, by nearest rank.
    percentile:
        (expr: Scalar, percentile: Number) -> Computed[Percentiles]
        => "range i from 1 to 3 step 1 | summarize x = percentile(i, 50)" gives "2";
    /// Gives several percentiles, a column each.
    percentiles:
        (expr: Scalar, percentile: Number+) -> Computed[Percentiles]
        => "range i from 1 to 3 step 1 | summarize percentiles(i, 50) | project x = percentile_i_50" gives "2";
    /// Gives several percentiles as one array.
    percentiles_array:
        (expr: Scalar, percentile: Number+) -> Computed[PercentilesArray]
        (expr: Scalar, percentiles: Array) -> Computed[PercentilesArray]
        => "range i from 1 to 3 step 1 | summarize percentiles_array(i, 50) | project x = percentiles_i" gives "[2]";
    /// Gives a percentile of values that stand for as many as their weight.
    percentilew:
        (expr: Scalar, weight: Integer, percentile: Number) -> Computed[Percentiles];
    /// Gives several percentiles of values that stand for as many as their weight, a column each.
    percentilesw:
        (expr: Scalar, weight: Integer, percentile: Number+) -> Computed[Percentiles]
        => "range i from 1 to 3 step 1 | summarize percentilesw(i, 1, 50) | project x = percentile_i_50" gives "2";
    /// Gives several percentiles of values that stand for as many as their weight, as one array.
    percentilesw_array:
        (expr: Scalar, weight: Integer, percentile: Number+) -> Computed[PercentilesArray]
        (expr: Scalar, weight: Integer, percentiles: Array) -> Computed[PercentilesArray];
    /// Gives the bits set in at least one value.
    binary_all_or: [named(FirstArgument)]
        (expr: Summable) -> SameAs[0]
        => "range i from 1 to 3 step 1 | summarize x = binary_all_or(i)" gives "3";
    /// Gives the bits set in every value.
    binary_all_and: [named(FirstArgument)]
        (expr: Summable) -> SameAs[0]
        => "range i from 1 to 3 step 1 | summarize x = binary_all_and(i)" gives "0";
    /// Gives the bits set in an odd number of values.
    binary_all_xor: [named(FirstArgument)]
        (expr: Summable) -> SameAs[0]
        => "range i from 1 to 3 step 1 | summarize x = binary_all_xor(i)" gives "0";
}
