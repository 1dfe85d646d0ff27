//! Conversions between types, and between units of measure.

use super::units::{ANGLE, ENERGY, FORCE, LENGTH, MASS, SPEED, TEMPERATURE, VOLUME};
use crate::functions::rows::rows;

rows! { Scalar;
    /// Turns a value into text; null becomes the empty string.
    tostring: [foldable, named(FirstArgument)]
        (value: Scalar) -> String
        => "print x = tostring(123)" gives "123"
        => r#"print x = tostring(dynamic({"a":1}))"# gives r#"{"a":1}"#;
    /// Writes an integer in hexadecimal digits, negative ones in two's complement.
    tohex: [foldable, named(FirstArgument)]
        (value: Integer, min_length: Integer?) -> String
        => "print x = tohex(256)" gives "100"
        => "print x = tohex(10, 4)" gives "000a";
    /// Reads JSON text as a dynamic value.
    todynamic: [foldable, named(FirstArgument)]
        (value: String) -> Dynamic
        => "print x = todynamic('[1,2]')" gives "[1,2]";
    /// Reads JSON text as a dynamic value.
    toobject: [foldable, hidden, old("todynamic"), named(FirstArgument)]
        (value: String) -> Dynamic;
    /// Turns a value into a 64-bit integer, cutting fractions off; null where it cannot.
    tolong: [foldable, named(FirstArgument)]
        (value: Scalar) -> Long
        => "print x = tolong('42')" gives "42";
    /// Turns a value into a 32-bit integer, cutting fractions off; null where it cannot.
    toint: [foldable, named(FirstArgument)]
        (value: Scalar) -> Int
        => "print x = toint(2.9)" gives "2";
    /// Turns a value into a real; null where it cannot.
    toreal: [foldable, named(FirstArgument)]
        (value: Scalar) -> Real
        => "print x = toreal('1.5')" gives "1.5";
    /// Turns a value into a real; null where it cannot.
    todouble: [foldable, named(FirstArgument)]
        (value: Scalar) -> Real
        => "print x = todouble('2.5')" gives "2.5";
    /// Reads text as an instant; null where it cannot.
    todatetime: [foldable, named(FirstArgument)]
        (value: Scalar) -> DateTime
        => "print x = todatetime('2024-01-31 10:00')" gives "2024-01-31T10:00:00.0000000Z";
    /// Reads text as a span of time; null where it cannot.
    totimespan: [foldable, named(FirstArgument)]
        (value: Scalar) -> TimeSpan
        => "print x = totimespan('0.00:03:00')" gives "00:03:00";
    /// Reads text as a span of time; null where it cannot.
    totime: [foldable, hidden, old("totimespan"), named(FirstArgument)]
        (value: Scalar) -> TimeSpan;
    /// Turns a value into true or false; null where it cannot.
    tobool: [foldable, named(FirstArgument)]
        (value: Scalar) -> Bool
        => "print x = tobool('true')" gives "true"
        => "print x = tobool(7)" gives "true";
    /// Turns a value into true or false; null where it cannot.
    toboolean: [foldable, named(FirstArgument)]
        (value: Scalar) -> Bool
        => "print x = toboolean('false')" gives "false";
    /// Turns a value into a decimal; null where it cannot.
    todecimal: [foldable, named(FirstArgument)]
        (value: Scalar) -> Decimal
        => "print x = todecimal('1.5')" gives "1.5";
    /// Reads text as a guid; null where it cannot.
    toguid: [foldable, named(FirstArgument)]
        (value: StringOrDynamic) -> Guid
        => "print x = toguid('74BE27DE-1E4E-49D9-B579-FE0B331D3642')" gives "74be27de-1e4e-49d9-b579-fe0b331d3642";
    /// Names the type of a value; a dynamic counts as what it holds, `array` and `dictionary` included.
    gettype: [foldable, named(PrefixAndFirst("type"))]
        (value: Scalar) -> String
        => "print x = gettype('a')" gives "string"
        => "print x = gettype(dynamic([1]))" gives "array";
    /// Converts an angle between units.
    convert_angle: [foldable]
        (value: Real, from: String[@ ANGLE], to: String[@ ANGLE]) -> Real
        => "print x = convert_angle(180.0, 'Degree', 'Arcminute')" gives "10800";
    /// Converts an energy between units.
    convert_energy: [foldable]
        (value: Real, from: String[@ ENERGY], to: String[@ ENERGY]) -> Real
        => "print x = convert_energy(2.0, 'Kilojoule', 'Joule')" gives "2000";
    /// Converts a force between units.
    convert_force: [foldable]
        (value: Real, from: String[@ FORCE], to: String[@ FORCE]) -> Real
        => "print x = convert_force(1.5, 'Kilonewton', 'Newton')" gives "1500";
    /// Converts a length between units.
    convert_length: [foldable]
        (value: Real, from: String[@ LENGTH], to: String[@ LENGTH]) -> Real
        => "print x = convert_length(1.5, 'Meter', 'Centimeter')" gives "150";
    /// Converts a mass between units.
    convert_mass: [foldable]
        (value: Real, from: String[@ MASS], to: String[@ MASS]) -> Real
        => "print x = convert_mass(1.5, 'Kilogram', 'Gram')" gives "1500";
    /// Converts a speed between units.
    convert_speed: [foldable]
        (value: Real, from: String[@ SPEED], to: String[@ SPEED]) -> Real
        => "print x = convert_speed(1.5, 'MeterPerSecond', 'CentimeterPerSecond')" gives "150";
    /// Converts a temperature between units.
    convert_temperature: [foldable]
        (value: Real, from: String[@ TEMPERATURE], to: String[@ TEMPERATURE]) -> Real
        => "print x = round(convert_temperature(100.0, 'DegreeCelsius', 'DegreeFahrenheit'), 2)" gives "212";
    /// Converts a volume between units.
    convert_volume: [foldable]
        (value: Real, from: String[@ VOLUME], to: String[@ VOLUME]) -> Real
        => "print x = convert_volume(1.5, 'CubicMeter', 'Liter')" gives "1500";
}
