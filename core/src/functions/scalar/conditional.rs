//! Choices, tests for null and emptiness, rounding to bins.

use crate::functions::rows::rows;

rows! { Scalar;
    /// Gives one value where a condition holds and another where it does not or is null.
    iif: [foldable]
        (if: Bool, then: CommonScalarOrDynamic, else: CommonScalarOrDynamic) -> CommonNotDynamic
        => "print x = iif(1 < 2, 'a', 'b')" gives "a";
    /// Gives one value where a condition holds and another where it does not or is null.
    iff: [foldable]
        (if: Bool, then: CommonScalarOrDynamic, else: CommonScalarOrDynamic) -> CommonNotDynamic
        => "print x = iff(1 > 2, 'a', 'b')" gives "b";
    /// Gives the value after the first condition that holds, or the last value.
    case: [foldable]
        (predicate: Bool&, then: CommonScalarOrDynamic&, else: CommonScalarOrDynamic) -> CommonNotDynamic
        => "print x = case(1 > 2, 'a', 2 > 1, 'b', 'c')" gives "b";
    /// Gives the first value that is not null, for strings the first that is not empty.
    coalesce: [foldable]
        (arg: CommonScalar * 2..64) -> Common
        => "print x = coalesce('', 'b')" gives "b";
    /// Gives the largest of 2 to 64 values, passing over nulls.
    max_of: [foldable]
        (arg: CommonOrderable * 2..64) -> Common
        => "print x = max_of(1, 3, 2)" gives "3";
    /// Gives the smallest of 2 to 64 values, passing over nulls.
    min_of: [foldable]
        (arg: CommonOrderable * 2..64) -> Common
        => "print x = min_of(2, 1, 3)" gives "1";
    /// Fails the query with a message where a condition that depends on no record does not hold.
    assert:
        (predicate: Bool, message: String) -> Bool;
    /// Gives the opposite of a condition, null for null.
    not:
        (expression: Bool) -> Bool
        => "print x = not(1 > 2)" gives "true";
    /// Tells whether a value is not null.
    notnull: [hidden, old("isnotnull")]
        (expression: Scalar) -> Bool;
    /// Tells whether a value is not null; a string never is.
    isnotnull:
        (expression: Scalar) -> Bool
        => "print x = isnotnull(int(null))" gives "false";
    /// Tells whether a value is null; a string never is.
    isnull:
        (expression: Scalar) -> Bool
        => "print x = isnull(int(null))" gives "true"
        => "print x = isnull('')" gives "false";
    /// Tells whether a value is neither the empty string nor null.
    notempty: [hidden, old("isnotempty")]
        (value: Scalar) -> Bool
        => "print x = notempty('a')" gives "true";
    /// Tells whether a value is neither the empty string nor null.
    isnotempty:
        (value: Scalar) -> Bool
        => "print x = isnotempty('')" gives "false";
    /// Tells whether a value is the empty string or null.
    isempty:
        (value: Scalar) -> Bool
        => "print x = isempty('')" gives "true";
    /// Tells whether the input has a column of this name.
    iscolumnexists: [hidden]
        (column_name: String[Constant]) -> Bool;
    /// Gives the column of this name where the input has one, otherwise the default.
    columnifexists: [hidden, old("column_ifexists"), named(ColumnInFirst)]
        (column_name: String[Constant], default_value: Scalar) -> SameAs[1]
        => "print x = columnifexists('no', 7)" gives "7";
    /// Gives the column of this name where the input has one, otherwise the default.
    column_ifexists: [named(ColumnInFirst)]
        (column_name: String[Constant], default_value: Scalar) -> SameAs[1]
        => "print x = column_ifexists('no', 7)" gives "7";
    /// Tells whether a text is all ASCII.
    isascii:
        (value: Scalar) -> Bool
        => "print x = isascii('abc')" gives "true";
    /// Tells whether a text is valid UTF-8.
    isutf8:
        (value: Scalar) -> Bool
        => "print x = isutf8('abc')" gives "true";
    /// Tells whether a value lies within a distance of another; null where one of the three is.
    around:
        (value: Scalar, center: Scalar, delta: Scalar) -> Bool
        => "print x = around(5, 6, 1)" gives "true";
    /// Rounds down to a multiple of a size; instants count from year 1.
    bin: [foldable, named(FirstArgument)]
        (value: Number, round_to: Number) -> Widest
        (value: TimeSpan, round_to: TimeSpan) -> TimeSpan
        (value: DateTime, round_to: DateTime) -> DateTime
        (value: DateTime, round_to: TimeSpan) -> DateTime
        => "print x = bin(7, 5)" gives "5"
        => "print x = bin(datetime(2024-01-31 10:07), 5m)" gives "2024-01-31T10:05:00.0000000Z";
    /// Rounds down to a multiple of a size; instants count from year 1.
    floor: [foldable, named(FirstArgument)]
        (value: Number, round_to: Number) -> Widest
        (value: TimeSpan, round_to: TimeSpan) -> TimeSpan
        (value: DateTime, round_to: DateTime) -> DateTime
        (value: DateTime, round_to: TimeSpan) -> DateTime
        => "print x = floor(7, 5)" gives "5";
    /// Rounds down to a bin of a size, one of which starts at a given point.
    bin_at: [foldable, named(FirstArgument)]
        (value: Number, bin_size: Number, fixed_point: Number) -> Widest
        (value: TimeSpan, bin_size: Number, fixed_point: TimeSpan) -> TimeSpan
        (value: TimeSpan, bin_size: TimeSpan, fixed_point: TimeSpan) -> TimeSpan
        (value: DateTime, bin_size: Summable, fixed_point: DateTime) -> DateTime
        => "print x = bin_at(6.5, 2.5, 7.0)" gives "4.5";
    /// Rounds down to a bin whose size and place the query options give.
    bin_auto: [foldable, hidden, named(FirstArgument)]
        (value: Summable) -> Promoted;
}
