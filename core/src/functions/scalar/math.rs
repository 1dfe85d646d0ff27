//! Arithmetic beyond the operators, bits, distributions.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Rounds to the nearest number of so many decimal digits; negative counts digits before the point.
    round: [foldable, named(FirstArgument)]
        (number: Number, precision: Long[Constant]?) -> SameAs[0]
        => "print x = round(2.126, 2)" gives "2.13";
    /// Gives the smallest whole number not below a number.
    ceiling: [foldable, named(FirstArgument)]
        (number: Number) -> SameAs[0]
        => "print x = toint(ceiling(1.2))" gives "2";
    /// Raises one number to the power of another.
    pow: [foldable, named(FirstArgument)]
        (base: Number, exponent: Number) -> Real
        => "print x = toint(pow(2, 3))" gives "8";
    /// Gives the square root; null for negative numbers.
    sqrt: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = sqrt(2.25)" gives "1.5";
    /// Gives the natural logarithm; null for negative numbers.
    log: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(log(1))" gives "0";
    /// Gives the logarithm to base 2.
    log2: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(log2(8))" gives "3";
    /// Gives the logarithm to base 10.
    log10: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(log10(100))" gives "2";
    /// Raises e to a power.
    exp: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(exp(0))" gives "1";
    /// Raises 2 to a power.
    exp2: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(exp2(3))" gives "8";
    /// Raises 10 to a power.
    exp10: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(exp10(2))" gives "100";
    /// Gives the constant pi.
    pi: [foldable]
        () -> Real
        => "print x = round(pi(), 2)" gives "3.14";
    /// Gives the cosine of an angle in radians.
    cos: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(cos(0))" gives "1";
    /// Gives the sine of an angle in radians.
    sin: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(sin(0))" gives "0";
    /// Gives the tangent of an angle in radians.
    tan: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = toint(tan(0))" gives "0";
    /// Gives the angle in radians whose cosine a number is.
    acos: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = round(acos(-1), 4)" gives "3.1416";
    /// Gives the angle in radians whose sine a number is.
    asin: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = round(asin(1), 4)" gives "1.5708";
    /// Gives the angle in radians whose tangent a number is.
    atan: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = round(atan(1), 4)" gives "0.7854";
    /// Gives the angle in radians from the x axis to the point (y, x).
    atan2: [foldable, named(FirstArgument)]
        (y: Number, x: Number) -> Real
        => "print x = round(atan2(1, 1), 4)" gives "0.7854";
    /// Gives the cotangent of an angle in radians.
    cot: [foldable]
        (number: Number) -> Real
        => "print x = round(cot(1), 4)" gives "0.6421";
    /// Turns radians into degrees.
    degrees: [foldable]
        (radians: Number) -> Real
        => "print x = round(degrees(pi()), 2)" gives "180";
    /// Turns degrees into radians.
    radians: [foldable]
        (degrees: Number) -> Real
        => "print x = round(radians(180), 4)" gives "3.1416";
    /// Gives the size of a number or span of time without its sign.
    abs: [foldable, named(FirstArgument)]
        (number: Integer) -> Long
        (number: Number) -> SameAs[0]
        (number: TimeSpan) -> TimeSpan
        => "print x = abs(-5)" gives "5";
    /// Gives -1, 0 or 1 for negative numbers, zero and positive numbers.
    sign: [foldable]
        (number: Number) -> Real
        => "print x = toint(sign(-3))" gives "-1";
    /// Gives a random real from 0 to below 1, or a random whole number from 0 to below a bound.
    rand: [foldable, volatile, named(FirstArgument)]
        (number: Integer?) -> Real
        => "print x = rand() < 1.0" gives "true";
    /// Gives the cumulative distribution function of the beta distribution.
    beta_cdf: [foldable]
        (x: Number, alpha: Number, beta: Number) -> Real
        => "print x = round(beta_cdf(0.5, 2, 2), 4)" gives "0.5";
    /// Gives the inverse of the cumulative distribution function of the beta distribution.
    beta_inv: [foldable]
        (probability: Number, alpha: Number, beta: Number) -> Real
        => "print x = round(beta_inv(0.5, 2, 2), 4)" gives "0.5";
    /// Gives the density of the beta distribution.
    beta_pdf: [foldable]
        (x: Number, alpha: Number, beta: Number) -> Real
        => "print x = round(beta_pdf(0.5, 2, 2), 4)" gives "1.5";
    /// Gives the gamma function.
    gamma: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = round(gamma(5), 4)" gives "24";
    /// Gives the natural logarithm of the size of the gamma function.
    loggamma: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = round(loggamma(5), 4)" gives "3.1781";
    /// Gives the error function.
    erf: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = round(erf(1), 4)" gives "0.8427";
    /// Gives what the error function lacks to 1.
    erfc: [foldable, named(FirstArgument)]
        (number: Number) -> Real
        => "print x = round(erfc(1), 4)" gives "0.1573";
    /// Tells whether a real is not a number.
    isnan: [foldable]
        (number: Real) -> Bool
        => "print x = isnan(real(nan))" gives "true";
    /// Tells whether a real is infinite.
    isinf: [foldable]
        (number: Real) -> Bool
        => "print x = isinf(real(+inf))" gives "true";
    /// Tells whether a real is neither infinite nor NaN.
    isfinite: [foldable]
        (number: Real) -> Bool
        => "print x = isfinite(1.5)" gives "true";
    /// Gives the p-value of Welch's test for two samples, by mean, variance and size.
    welch_test:
        (mean1: Number, variance1: Number, count1: Number, mean2: Number, variance2: Number, count2: Number) -> Real;
    /// Gives the bits set in both integers.
    binary_and: [foldable, named(FirstArgument)]
        (value1: Integer, value2: Integer) -> Long
        => "print x = binary_and(12, 10)" gives "8";
    /// Gives the bits set in either integer.
    binary_or: [foldable, named(FirstArgument)]
        (value1: Integer, value2: Integer) -> Long
        => "print x = binary_or(12, 10)" gives "14";
    /// Gives the bits set in exactly one of two integers.
    binary_xor: [foldable, named(FirstArgument)]
        (value1: Integer, value2: Integer) -> Long
        => "print x = binary_xor(12, 10)" gives "6";
    /// Gives the opposite of every bit.
    binary_not: [foldable, named(FirstArgument)]
        (value: Integer) -> Long
        => "print x = binary_not(0)" gives "-1";
    /// Moves the bits of an integer right.
    binary_shift_right: [foldable, named(FirstArgument)]
        (value: Integer, shift: Integer) -> Long
        => "print x = binary_shift_right(8, 2)" gives "2";
    /// Moves the bits of an integer left.
    binary_shift_left: [foldable, named(FirstArgument)]
        (value: Integer, shift: Integer) -> Long
        => "print x = binary_shift_left(1, 4)" gives "16";
    /// Counts the bits that are set.
    bitset_count_ones: [foldable, named(FirstArgument)]
        (value: Integer) -> Long
        => "print x = bitset_count_ones(7)" gives "3";
}
