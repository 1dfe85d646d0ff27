//! The operand types that groups of operators take, and what they give.

use crate::functions::Overload;
use crate::functions::rows::overloads;

overloads! {
    NEGATE:
        (operand: Summable) -> Promoted
        (operand: Dynamic) -> Dynamic;
    LOGICAL:
        (left: Bool, right: Bool) -> Bool
        (left: Dynamic, right: Bool) -> Bool / hidden
        (left: Bool, right: Dynamic) -> Bool / hidden
        (left: Dynamic, right: Dynamic) -> Bool / hidden;
    ADD:
        (left: Number, right: Number) -> Widest
        (left: TimeSpan, right: TimeSpan) -> TimeSpan
        (left: Only(DateTime | TimeSpan), right: Only(DateTime | TimeSpan)) -> DateTime
        (left: Dynamic, right: Dynamic) -> Dynamic
        (left: Dynamic, right: Int) -> Long
        (left: Int, right: Dynamic) -> Long
        (left: Dynamic, right: Only(Int | Long | Real | Decimal | TimeSpan | DateTime)) -> SameAs[1]
        (left: Only(Int | Long | Real | Decimal | TimeSpan | DateTime), right: Dynamic) -> SameAs[0];
    SUBTRACT:
        (left: Number, right: Number) -> Widest
        (left: TimeSpan, right: TimeSpan) -> TimeSpan
        (left: DateTime, right: DateTime) -> TimeSpan
        (left: DateTime, right: Dynamic) -> TimeSpan
        (left: Dynamic, right: DateTime) -> TimeSpan
        (left: DateTime, right: TimeSpan) -> DateTime
        (left: TimeSpan, right: DateTime) -> DateTime
        (left: Dynamic, right: Dynamic) -> Dynamic
        (left: Dynamic, right: Int) -> Long
        (left: Int, right: Dynamic) -> Long
        (left: Dynamic, right: Only(Int | Long | Real | Decimal | TimeSpan | DateTime)) -> SameAs[1]
        (left: Only(Int | Long | Real | Decimal | TimeSpan | DateTime), right: Dynamic) -> SameAs[0];
    MULTIPLY:
        (left: Number, right: Number) -> Widest
        (left: TimeSpan, right: TimeSpan) -> TimeSpan
        (left: TimeSpan, right: Number) -> TimeSpan
        (left: Number, right: TimeSpan) -> TimeSpan
        (left: DateTime, right: Number) -> DateTime
        (left: Number, right: DateTime) -> DateTime
        (left: Dynamic, right: Dynamic) -> Dynamic
        (left: Dynamic, right: Int) -> Long
        (left: Int, right: Dynamic) -> Long
        (left: Dynamic, right: Number) -> SameAs[1]
        (left: Number, right: Dynamic) -> SameAs[0];
    DIVIDE:
        (left: Number, right: Number) -> Widest
        (left: TimeSpan, right: TimeSpan) -> Real
        (left: TimeSpan, right: Number) -> TimeSpan
        (left: DateTime, right: DateTime) -> Real
        (left: DateTime, right: TimeSpan) -> Real
        (left: DateTime, right: Number) -> DateTime
        (left: Dynamic, right: Dynamic) -> Dynamic
        (left: Dynamic, right: Int) -> Long
        (left: Int, right: Dynamic) -> Long
        (left: Dynamic, right: Number) -> SameAs[1]
        (left: Number, right: Dynamic) -> SameAs[0];
    MODULO:
        (left: Number, right: Number) -> Widest
        (left: TimeSpan, right: TimeSpan) -> TimeSpan
        (left: TimeSpan, right: Number) -> TimeSpan
        (left: DateTime, right: DateTime) -> TimeSpan
        (left: DateTime, right: TimeSpan) -> TimeSpan
        (left: DateTime, right: Number) -> DateTime
        (left: Dynamic, right: Dynamic) -> Dynamic
        (left: Dynamic, right: Int) -> Long
        (left: Int, right: Dynamic) -> Long
        (left: Dynamic, right: Number) -> SameAs[1]
        (left: Number, right: Dynamic) -> SameAs[0];
    ORDER:
        (left: Bool, right: NumberOrBool) -> Bool / hidden
        (left: Number, right: NumberOrBool) -> Bool
        (left: TimeSpan, right: TimeSpan) -> Bool
        (left: DateTime, right: DateTime) -> Bool
        (left: Dynamic, right: Dynamic) -> Bool
        (left: Dynamic, right: Number) -> Bool
        (left: Number, right: Dynamic) -> Bool;
    EQUAL:
        (left: Bool, right: Scalar) -> Bool / hidden
        (left: NotBool, right: Scalar) -> Bool
        (left: NotBool[Star], right: Scalar) -> Bool;
    NOT_EQUAL:
        (left: Bool, right: Scalar) -> Bool / hidden
        (left: NotBool, right: Scalar) -> Bool;
    TEXT:
        (left: StringOrDynamic, right: StringOrDynamic) -> Bool
        (left: StringOrDynamic[Star], right: StringOrDynamic) -> Bool;
    TERM:
        (left: StringOrDynamic, right: String) -> Bool
        (left: StringOrDynamic[Star], right: String) -> Bool;
    IN:
        (value: Bool, table: Tabular) -> Bool / hidden
        (value: NotBool, table: Tabular) -> Bool
        (value: Bool, value: Scalar+) -> Bool / hidden
        (value: NotBool, value: Scalar+) -> Bool;
    AMONG:
        (value: Only(String | Dynamic), table: Tabular) -> Bool
        (value: Only(String | Dynamic), value: Scalar+) -> Bool;
    BETWEEN:
        (value: Number, start: Number, end: Number) -> Bool
        (value: Summable, start: SameAs(0), end: SameAs(0)) -> Bool
        (value: DateTime, start: DateTime, end: TimeSpan) -> Bool
        (value: Number, start: Dynamic, end: SameAs(1)) -> Bool
        (value: Dynamic, start: Number, end: SameAs(1)) -> Bool;
}
