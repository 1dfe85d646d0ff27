//! Arithmetic, comparison and statistics of numeric arrays, element by element.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Adds two series, or a series and a number.
    series_add:
        (series1: Array, series2: Array) -> Array
        (series1: Array, series2: Number) -> Array
        (series1: Number, series2: Array) -> Array
        => "print x = series_add(dynamic([1, 2]), dynamic([3, 4]))" gives "[4,6]";
    /// Subtracts one series from another, or a number.
    series_subtract:
        (series1: Array, series2: Array) -> Array
        (series1: Array, series2: Number) -> Array
        (series1: Number, series2: Array) -> Array
        => "print x = series_subtract(dynamic([3, 4]), dynamic([1, 1]))" gives "[2,3]";
    /// Multiplies two series, or a series and a number.
    series_multiply:
        (series1: Array, series2: Array) -> Array
        (series1: Array, series2: Number) -> Array
        (series1: Number, series2: Array) -> Array
        => "print x = series_multiply(dynamic([1, 2]), dynamic([3, 4]))" gives "[3,8]";
    /// Divides one series by another, or by a number; the results are reals.
    series_divide:
        (series1: Array, series2: Array) -> Array[Real]
        (series1: Array, series2: Number) -> Array[Real]
        (series1: Number, series2: Array) -> Array[Real]
        => "print x = series_divide(dynamic([1, 3]), dynamic([2, 2]))" gives "[0.5,1.5]";
    /// Raises one series to the power of another, or of a number.
    series_pow:
        (series1: Array, series2: Array) -> Array[Real]
        (series1: Array, series2: Number) -> Array[Real]
        (series1: Number, series2: Array) -> Array[Real];
    /// Tells where one series is greater than another.
    series_greater:
        (series1: Array, series2: Array) -> Array[Bool]
        (series1: Array, series2: Number) -> Array[Bool]
        (series1: Number, series2: Array) -> Array[Bool]
        => "print x = series_greater(dynamic([1, 3]), dynamic([2, 2]))" gives "[false,true]";
    /// Tells where one series is not less than another.
    series_greater_equals:
        (series1: Array, series2: Array) -> Array[Bool]
        (series1: Array, series2: Number) -> Array[Bool]
        (series1: Number, series2: Array) -> Array[Bool];
    /// Tells where one series is less than another.
    series_less:
        (series1: Array, series2: Array) -> Array[Bool]
        (series1: Array, series2: Number) -> Array[Bool]
        (series1: Number, series2: Array) -> Array[Bool]
        => "print x = series_less(dynamic([1, 3]), dynamic([2, 2]))" gives "[true,false]";
    /// Tells where one series is not greater than another.
    series_less_equals:
        (series1: Array, series2: Array) -> Array[Bool]
        (series1: Array, series2: Number) -> Array[Bool]
        (series1: Number, series2: Array) -> Array[Bool];
    /// Tells where two series are equal.
    series_equals:
        (series1: Array, series2: Array) -> Array[Bool]
        (series1: Array, series2: Number) -> Array[Bool]
        (series1: Number, series2: Array) -> Array[Bool]
        => "print x = series_equals(dynamic([1, 3]), dynamic([1, 2]))" gives "[true,false]";
    /// Tells where two series differ.
    series_not_equals:
        (series1: Array, series2: Array) -> Array[Bool]
        (series1: Array, series2: Number) -> Array[Bool]
        (series1: Number, series2: Array) -> Array[Bool];
    /// Raises e to the power of each element.
    series_exp:
        (series: Array) -> Array[Real];
    /// Gives the sign of each element.
    series_sign:
        (series: Array) -> Array[Long];
    /// Gives each element without its sign.
    series_abs:
        (series: Array) -> SameAs[0]
        => "print x = series_abs(dynamic([-1, 2]))" gives "[1,2]";
    /// Gives the sine of each element.
    series_sin:
        (series: Array) -> Array[Real];
    /// Gives the arc sine of each element.
    series_asin:
        (series: Array) -> Array[Real];
    /// Gives the cosine of each element.
    series_cos:
        (series: Array) -> Array[Real];
    /// Gives the arc cosine of each element.
    series_acos:
        (series: Array) -> Array[Real];
    /// Gives the tangent of each element.
    series_tan:
        (series: Array) -> Array[Real];
    /// Gives the arc tangent of each element.
    series_atan:
        (series: Array) -> Array[Real];
    /// Gives the natural logarithm of each element.
    series_log:
        (series: Array) -> Array[Real];
    /// Rounds each element down to a whole number.
    series_floor:
        (series: Array) -> Array;
    /// Rounds each element up to a whole number.
    series_ceiling:
        (series: Array) -> SameAs[0];
    /// Gives the Euclidean length of a series.
    series_magnitude:
        (series: Array) -> Real
        => "print x = toint(series_magnitude(dynamic([3, 4])))" gives "5";
    /// Adds up the elements of a series.
    series_sum:
        (series: Array) -> Real
        => "print x = toint(series_sum(dynamic([1, 2, 3])))" gives "6";
    /// Multiplies the elements of a series.
    series_product:
        (series: Array) -> Real
        => "print x = toint(series_product(dynamic([2, 3])))" gives "6";
    /// Adds up the elements of an array.
    array_sum: [hidden, old("series_sum")]
        (array: Array) -> Real
        => "print x = toint(array_sum(dynamic([1, 2, 3])))" gives "6";
    /// Gives the correlation coefficient of two series.
    series_pearson_correlation:
        (series1: Array, series2: Array) -> Real;
    /// Gives the dot product of two series.
    series_dot_product:
        (series1: Array, series2: Array) -> Real
        (series1: Array, series2: Number) -> Real
        (series1: Number, series2: Array) -> Real
        => "print x = toint(series_dot_product(dynamic([1, 2]), dynamic([3, 4])))" gives "11";
    /// Gives the cosine of the angle between two series as vectors.
    series_cosine_similarity:
        (series1: Array, series2: Array, series1_magnitude: Real?, series2_magnitude: Real?) -> Real;
    /// Gives the smallest and largest element with their positions, the mean, standard deviation and variance.
    series_stats:
        (series: Array, ignore_nonfinite: Bool[Constant]?) -> Columns[
            min: Real, min_idx: Long, max: Real, max_idx: Long, avg: Real, stdev: Real, variance: Real
        ]
        => "print s = dynamic([1, 2, 3]) | project (x, at, most) = series_stats(s) | project x = toint(most)" gives "3";
    /// Gives as one bag what `series_stats` gives as columns, and the length and sum.
    series_stats_dynamic:
        (series: Array, ignore_nonfinite: Bool[Constant]?) -> Bag
        => "print x = toint(series_stats_dynamic(dynamic([1, 2, 3])).max)" gives "3";
}
