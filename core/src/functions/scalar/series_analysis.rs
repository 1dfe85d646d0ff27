//! Filters, fits, seasons and anomalies of time series.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Filters a series with a finite impulse response.
    series_fir: [named(FirstArgument)]
        (series: Array, filter: Array, normalize: Bool?, center: Bool?) -> Array[Real];
    /// Filters a series with an infinite impulse response.
    series_iir: [named(FirstArgument)]
        (series: Array, numerators: Array, denominators: Array) -> Array[Real];
    /// Gives the fast Fourier transform of a series, real and imaginary parts.
    series_fft:
        (series: Array, series_imaginary: Array?) -> Columns[real: Dynamic, imag: Dynamic];
    /// Gives the inverse of the fast Fourier transform, real and imaginary parts.
    series_ifft:
        (series: Array, series_imaginary: Array?) -> Columns[real: Dynamic, imag: Dynamic];
    /// Fits a straight line to a series by least squares.
    series_fit_line:
        (series: Array) -> Columns[
            rsquare: Real, slope: Real, variance: Real, rvariance: Real, interception: Real, line_fit: Dynamic
        ]
        => "print y = dynamic([1, 2, 3]) | project (r, slope) = series_fit_line(y) | project x = round(slope)" gives "1";
    /// Fits a straight line to a series by least squares; the result is one bag.
    series_fit_line_dynamic:
        (series: Array) -> Bag;
    /// Fits two straight lines to a series, parted where that fits best.
    series_fit_2lines:
        (array: Array) -> Columns[
            rsquare: Real, split_idx: Long, variance: Real, rvariance: Real, line_fit: Dynamic,
            right_rsquare: Real, right_slope: Real, right_interception: Real, right_variance: Real,
            right_rvariance: Real, left_rsquare: Real, left_slope: Real, left_interception: Real,
            left_variance: Real, left_rvariance: Real
        ];
    /// Fits two straight lines to a series, parted where that fits best; the result is one bag.
    series_fit_2lines_dynamic:
        (series: Array) -> Bag;
    /// Fits a polynomial to a series by least squares.
    series_fit_poly:
        (y_series: Array, x_series: Array?, degree: Int?) -> Columns[
            rsquare: Real, coefficients: Dynamic, variance: Real, rvariance: Real, poly_fit: Dynamic
        ];
    /// Scores each element by how far it lies outside the usual range; beyond 1.5 on either side is an outlier.
    series_outliers: [named(FirstArgument)]
        (series: Array, kind: String?, ignore_val: Number?) -> SameAs[0]
        (series: Array, kind: String, ignore_val: Real, min_percentile: Real, max_percentile: Real?,
            test_points: Integer?) -> SameAs[0];
    /// Finds the most likely periods of a series, with scores from 0 to 1.
    series_periods_detect:
        (series: Array, min_period: Number, max_period: Number, num_periods: Long) -> Columns[
            periods: Dynamic, scores: Dynamic
        ];
    /// Scores given periods of a series from 0 to 1.
    series_periods_validate:
        (series: Array, period: Number * 1..16) -> Columns[periods: Dynamic, scores: Dynamic];
    /// Replaces missing elements of a series by the next one that is there.
    series_fill_backward: [named(FirstArgument)]
        (series: Array, missing_value_placeholder: Number?) -> SameAs[0]
        => "print x = series_fill_backward(dynamic([null, 2]))" gives "[2,2]";
    /// Replaces missing elements of a series by the last one that is there.
    series_fill_forward: [named(FirstArgument)]
        (series: Array, missing_value_placeholder: Number?) -> SameAs[0]
        => "print x = series_fill_forward(dynamic([1, null]))" gives "[1,1]";
    /// Replaces missing elements of a series by a constant.
    series_fill_const: [named(FirstArgument)]
        (series: Array, constant_value: Number?, missing_value_placeholder: Number?) -> SameAs[0]
        => "print x = series_fill_const(dynamic([1, null]), 0)" gives "[1,0]";
    /// Replaces missing elements of a series by values on the line between their neighbours.
    series_fill_linear: [named(FirstArgument)]
        (series: Array, missing_value_placeholder: Number?, fill_edges: Bool?, constant_value: Number?) -> SameAs[0]
        => "print x = series_fill_linear(dynamic([1, null, 3]))" gives "[1,2,3]";
    /// Gives the seasonal part of a series: for each place in the period the median.
    series_seasonal:
        (series: Array) -> Array[Real]
        (series: Array, period: Integer) -> Array[Real]
        (series: Array, period: Integer, test_points: Integer) -> Array[Real];
    /// Takes a series apart into baseline, seasonal part, trend and residual.
    series_decompose:
        (series: Array, period: Integer?, trend: String?, test_points: Integer?, seasonality_threshold: Number?) -> Columns[
            baseline: Dynamic, seasonal: Dynamic, trend: Dynamic, residual: Dynamic
        ];
    /// Continues a series by its season and trend over its last points.
    series_decompose_forecast:
        (series: Array, test_points: Integer, period: Integer?, trend: String?, seasonality_threshold: Number?) -> Columns[
            baseline: Dynamic, seasonal: Dynamic, trend: Dynamic, residual: Dynamic
        ];
    /// Marks the elements that season and trend do not account for: 1 above, -1 below, 0 otherwise, with scores
    /// and baseline.
    series_decompose_anomalies:
        (series: Array, threshold: Number?, period: Integer?, trend: String?, test_points: Integer?,
            method: String?, seasonality_threshold: Number?) -> Columns[
            ad_flag: Dynamic, ad_score: Dynamic, baseline: Dynamic
        ];
}
