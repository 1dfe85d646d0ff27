//! Conversions between units of measure. Each unit is a multiple of the SI's (of the degree for angles), in two factors
//! so that neither has to be rounded: a minute of arc is 1 ÷ 60 degrees. Customary units are as the international yard
//! and pound agreement has them, what the sky is measured with as the International Astronomical Union does.

use std::f64::consts::PI;

use super::Kernel;
use super::arguments::text;
use crate::eval::Cell;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("convert_angle", |_, args| convert(args, angle)),
    Kernel::strict("convert_energy", |_, args| convert(args, |unit| scale(ENERGY, unit))),
    Kernel::strict("convert_force", |_, args| convert(args, |unit| scale(FORCE, unit))),
    Kernel::strict("convert_length", |_, args| convert(args, |unit| scale(LENGTH, unit))),
    Kernel::strict("convert_mass", |_, args| convert(args, |unit| scale(MASS, unit))),
    Kernel::strict("convert_speed", |_, args| convert(args, |unit| scale(SPEED, unit))),
    Kernel::strict("convert_temperature", |_, args| convert(args, temperature)),
    Kernel::strict("convert_volume", |_, args| convert(args, |unit| scale(VOLUME, unit))),
];

/// How a unit relates to the one its kind is measured in.
#[derive(Clone, Copy)]
enum Unit {
    /// So many times, divided by so many.
    Scale(f64, f64),
    /// As `Scale`, counted from a zero that is so much.
    Offset(f64, f64, f64),
    /// The sine of an angle.
    Sine,
}

impl Unit {
    fn to_base(self, value: f64) -> f64 {
        match self {
            Self::Scale(times, over) => value * times / over,
            Self::Offset(times, over, zero) => value * times / over + zero,
            Self::Sine => value.asin().to_degrees(),
        }
    }

    fn value_of_base(self, value: f64) -> f64 {
        match self {
            Self::Scale(times, over) => value * over / times,
            Self::Offset(times, over, zero) => (value - zero) * over / times,
            Self::Sine => value.to_radians().sin(),
        }
    }
}

/// Null where a unit is not known.
fn convert<'a>(args: &[Cell<'a>], unit: impl Fn(&str) -> Option<Unit>) -> Cell<'a> {
    let units = unit(&text(args, 1)).zip(unit(&text(args, 2)));
    let value = args.first().and_then(Cell::as_real);
    value.zip(units).map(|(value, (from, to))| to.value_of_base(from.to_base(value))).into()
}

/// Units with how often they hold the base unit, and by what that is divided.
type Scales = &'static [(&'static str, f64, f64)];

fn scale(units: Scales, unit: &str) -> Option<Unit> {
    units.iter().find(|(name, ..)| name.eq_ignore_ascii_case(unit)).map(|(_, times, over)| Unit::Scale(*times, *over))
}

fn angle(unit: &str) -> Option<Unit> {
    if unit.eq_ignore_ascii_case("Tilt") { Some(Unit::Sine) } else { scale(ANGLE, unit) }
}

fn temperature(unit: &str) -> Option<Unit> {
    let (_, times, over, zero) = TEMPERATURE.iter().find(|(name, ..)| name.eq_ignore_ascii_case(unit))?;
    Some(Unit::Offset(*times, *over, *zero))
}

/// In degrees.
const ANGLE: Scales = &[
    ("Arcminute", 1.0, 60.0),
    ("Arcsecond", 1.0, 3600.0),
    ("Centiradian", 1.8, PI),
    ("Deciradian", 18.0, PI),
    ("Degree", 1.0, 1.0),
    ("Gradian", 9.0, 10.0),
    ("Microdegree", 1.0, 1e6),
    ("Microradian", 1.8e-4, PI),
    ("Millidegree", 1.0, 1e3),
    ("Milliradian", 0.18, PI),
    ("Nanodegree", 1.0, 1e9),
    ("Nanoradian", 1.8e-7, PI),
    ("NatoMil", 9.0, 160.0),
    ("Radian", 180.0, PI),
    ("Revolution", 360.0, 1.0),
];

const BTU: f64 = 1_055.055_852_62;
const ELECTRON_VOLT: f64 = 1.602_176_634e-19;

/// In joules; the calorie is the thermochemical one, the British thermal unit that of the International Table.
const ENERGY: Scales = &[
    ("BritishThermalUnit", BTU, 1.0),
    ("Calorie", 4.184, 1.0),
    ("DecathermEc", BTU * 1e6, 1.0),
    ("DecathermImperial", 1.055_055_852_573_48e9, 1.0),
    ("DecathermUs", 1.054_804e9, 1.0),
    ("ElectronVolt", ELECTRON_VOLT, 1.0),
    ("Erg", 1.0, 1e7),
    ("FootPound", 1.355_817_948_331_400_4, 1.0),
    ("GigabritishThermalUnit", BTU * 1e9, 1.0),
    ("GigaelectronVolt", ELECTRON_VOLT * 1e9, 1.0),
    ("Gigajoule", 1e9, 1.0),
    ("GigawattDay", 8.64e13, 1.0),
    ("GigawattHour", 3.6e12, 1.0),
    ("HorsepowerHour", 2_684_519.537_696_173, 1.0),
    ("Joule", 1.0, 1.0),
    ("KilobritishThermalUnit", BTU * 1e3, 1.0),
    ("Kilocalorie", 4_184.0, 1.0),
    ("KiloelectronVolt", ELECTRON_VOLT * 1e3, 1.0),
    ("Kilojoule", 1e3, 1.0),
    ("KilowattDay", 8.64e7, 1.0),
    ("KilowattHour", 3.6e6, 1.0),
    ("MegabritishThermalUnit", BTU * 1e6, 1.0),
    ("Megacalorie", 4.184e6, 1.0),
    ("MegaelectronVolt", ELECTRON_VOLT * 1e6, 1.0),
    ("Megajoule", 1e6, 1.0),
    ("MegawattDay", 8.64e10, 1.0),
    ("MegawattHour", 3.6e9, 1.0),
    ("Millijoule", 1.0, 1e3),
    ("TeraelectronVolt", ELECTRON_VOLT * 1e12, 1.0),
    ("TerawattDay", 8.64e16, 1.0),
    ("TerawattHour", 3.6e15, 1.0),
    ("ThermEc", BTU * 1e5, 1.0),
    ("ThermImperial", 1.055_055_852_573_48e8, 1.0),
    ("ThermUs", 1.054_804e8, 1.0),
    ("WattDay", 86_400.0, 1.0),
    ("WattHour", 3_600.0, 1.0),
];

const STANDARD_GRAVITY: f64 = 9.806_65;
const POUND_FORCE: f64 = 4.448_221_615_260_5;

/// In newtons.
const FORCE: Scales = &[
    ("Decanewton", 10.0, 1.0),
    ("Dyn", 1.0, 1e5),
    ("KilogramForce", STANDARD_GRAVITY, 1.0),
    ("Kilonewton", 1e3, 1.0),
    ("KiloPond", STANDARD_GRAVITY, 1.0),
    ("KilopoundForce", POUND_FORCE * 1e3, 1.0),
    ("Meganewton", 1e6, 1.0),
    ("Micronewton", 1.0, 1e6),
    ("Millinewton", 1.0, 1e3),
    ("Newton", 1.0, 1.0),
    ("OunceForce", POUND_FORCE, 16.0),
    ("Poundal", 0.138_254_954_376, 1.0),
    ("PoundForce", POUND_FORCE, 1.0),
    ("ShortTonForce", POUND_FORCE * 2e3, 1.0),
    ("TonneForce", STANDARD_GRAVITY * 1e3, 1.0),
];

const LIGHT_YEAR: f64 = 9_460_730_472_580_800.0;
const ASTRONOMICAL_UNIT: f64 = 149_597_870_700.0;
/// The distance from which an astronomical unit is seen under a second of arc.
const PARSEC: f64 = ASTRONOMICAL_UNIT * 648_000.0 / PI;

/// In metres.
const LENGTH: Scales = &[
    ("Angstrom", 1.0, 1e10),
    ("AstronomicalUnit", ASTRONOMICAL_UNIT, 1.0),
    ("Centimeter", 1.0, 100.0),
    ("Chain", 20.116_8, 1.0),
    ("DataMile", 1_828.8, 1.0),
    ("Decameter", 10.0, 1.0),
    ("Decimeter", 1.0, 10.0),
    ("DtpPica", 0.025_4, 6.0),
    ("DtpPoint", 0.025_4, 72.0),
    ("Fathom", 1.828_8, 1.0),
    ("Foot", 0.304_8, 1.0),
    ("Hand", 0.101_6, 1.0),
    ("Hectometer", 100.0, 1.0),
    ("Inch", 0.025_4, 1.0),
    ("KilolightYear", LIGHT_YEAR * 1e3, 1.0),
    ("Kilometer", 1e3, 1.0),
    ("Kiloparsec", PARSEC * 1e3, 1.0),
    ("LightYear", LIGHT_YEAR, 1.0),
    ("MegalightYear", LIGHT_YEAR * 1e6, 1.0),
    ("Megaparsec", PARSEC * 1e6, 1.0),
    ("Meter", 1.0, 1.0),
    ("Microinch", 0.025_4, 1e6),
    ("Micrometer", 1.0, 1e6),
    ("Mil", 0.025_4, 1e3),
    ("Mile", 1_609.344, 1.0),
    ("Millimeter", 1.0, 1e3),
    ("Nanometer", 1.0, 1e9),
    ("NauticalMile", 1_852.0, 1.0),
    ("Parsec", PARSEC, 1.0),
    ("PrinterPica", 0.025_4 * 12.0, 72.27),
    ("PrinterPoint", 0.025_4, 72.27),
    ("Shackle", 27.432, 1.0),
    ("SolarRadius", 6.957e8, 1.0),
    ("Twip", 0.025_4, 1_440.0),
    ("UsSurveyFoot", 1_200.0, 3_937.0),
    ("Yard", 0.914_4, 1.0),
];

const POUND: f64 = 0.453_592_37;

/// In kilograms.
const MASS: Scales = &[
    ("Centigram", 1.0, 1e5),
    ("Decagram", 1.0, 100.0),
    ("Decigram", 1.0, 1e4),
    ("EarthMass", 5.972_2e24, 1.0),
    ("Grain", POUND, 7_000.0),
    ("Gram", 1.0, 1e3),
    ("Hectogram", 1.0, 10.0),
    ("Kilogram", 1.0, 1.0),
    ("Kilopound", POUND * 1e3, 1.0),
    ("Kilotonne", 1e6, 1.0),
    ("LongHundredweight", POUND * 112.0, 1.0),
    ("LongTon", POUND * 2_240.0, 1.0),
    ("Megapound", POUND * 1e6, 1.0),
    ("Megatonne", 1e9, 1.0),
    ("Microgram", 1.0, 1e9),
    ("Milligram", 1.0, 1e6),
    ("Nanogram", 1.0, 1e12),
    ("Ounce", POUND, 16.0),
    ("Pound", POUND, 1.0),
    ("ShortHundredweight", POUND * 100.0, 1.0),
    ("ShortTon", POUND * 2_000.0, 1.0),
    ("Slug", POUND_FORCE, 0.304_8),
    ("SolarMass", 1.988_47e30, 1.0),
    ("Stone", POUND * 14.0, 1.0),
    ("Tonne", 1e3, 1.0),
];

/// In metres a second.
const SPEED: Scales = &[
    ("CentimeterPerHour", 1.0, 360_000.0),
    ("CentimeterPerMinute", 1.0, 6_000.0),
    ("CentimeterPerSecond", 1.0, 100.0),
    ("DecimeterPerMinute", 1.0, 600.0),
    ("DecimeterPerSecond", 1.0, 10.0),
    ("FootPerHour", 0.304_8, 3_600.0),
    ("FootPerMinute", 0.304_8, 60.0),
    ("FootPerSecond", 0.304_8, 1.0),
    ("InchPerHour", 0.025_4, 3_600.0),
    ("InchPerMinute", 0.025_4, 60.0),
    ("InchPerSecond", 0.025_4, 1.0),
    ("KilometerPerHour", 1.0, 3.6),
    ("KilometerPerMinute", 1e3, 60.0),
    ("KilometerPerSecond", 1e3, 1.0),
    ("Knot", 1_852.0, 3_600.0),
    ("MeterPerHour", 1.0, 3_600.0),
    ("MeterPerMinute", 1.0, 60.0),
    ("MeterPerSecond", 1.0, 1.0),
    ("MicrometerPerMinute", 1.0, 6e7),
    ("MicrometerPerSecond", 1.0, 1e6),
    ("MilePerHour", 1_609.344, 3_600.0),
    ("MillimeterPerHour", 1.0, 3.6e6),
    ("MillimeterPerMinute", 1.0, 6e4),
    ("MillimeterPerSecond", 1.0, 1e3),
    ("NanometerPerMinute", 1.0, 6e10),
    ("NanometerPerSecond", 1.0, 1e9),
    ("UsSurveyFootPerHour", 1_200.0, 3_937.0 * 3_600.0),
    ("UsSurveyFootPerMinute", 1_200.0, 3_937.0 * 60.0),
    ("UsSurveyFootPerSecond", 1_200.0, 3_937.0),
    ("YardPerHour", 0.914_4, 3_600.0),
    ("YardPerMinute", 0.914_4, 60.0),
    ("YardPerSecond", 0.914_4, 1.0),
];

/// In kelvins: how many, divided by what, and what the zero of the scale is.
const TEMPERATURE: &[(&str, f64, f64, f64)] = &[
    ("DegreeCelsius", 1.0, 1.0, 273.15),
    ("DegreeDelisle", -2.0, 3.0, 373.15),
    ("DegreeFahrenheit", 5.0, 9.0, 459.67 * 5.0 / 9.0),
    ("DegreeNewton", 100.0, 33.0, 273.15),
    ("DegreeRankine", 5.0, 9.0, 0.0),
    ("DegreeReaumur", 5.0, 4.0, 273.15),
    ("DegreeRoemer", 40.0, 21.0, 273.15 - 7.5 * 40.0 / 21.0),
    ("Kelvin", 1.0, 1.0, 0.0),
    ("MillidegreeCelsius", 1.0, 1e3, 273.15),
    ("SolarTemperature", 5_778.0, 1.0, 0.0),
];

const CUBIC_FOOT: f64 = 0.028_316_846_592;
const CUBIC_INCH: f64 = 1.638_706_4e-5;
const IMPERIAL_GALLON: f64 = 4.546_09e-3;
const US_GALLON: f64 = CUBIC_INCH * 231.0;

/// In cubic metres.
const VOLUME: Scales = &[
    // Rounded, as in the documentation's example; 43,560 cubic feet are a millionth less.
    ("AcreFoot", 1.0, 0.000_810_714),
    ("AuTablespoon", 2e-5, 1.0),
    ("BoardFoot", CUBIC_FOOT, 12.0),
    ("Centiliter", 1.0, 1e5),
    ("CubicCentimeter", 1.0, 1e6),
    ("CubicDecimeter", 1.0, 1e3),
    ("CubicFoot", CUBIC_FOOT, 1.0),
    ("CubicHectometer", 1e6, 1.0),
    ("CubicInch", CUBIC_INCH, 1.0),
    ("CubicKilometer", 1e9, 1.0),
    ("CubicMeter", 1.0, 1.0),
    ("CubicMicrometer", 1.0, 1e18),
    ("CubicMile", 4_168_181_825.440_579_6, 1.0),
    ("CubicMillimeter", 1.0, 1e9),
    ("CubicYard", CUBIC_FOOT * 27.0, 1.0),
    ("Decaliter", 1.0, 100.0),
    ("DecausGallon", US_GALLON * 10.0, 1.0),
    ("Deciliter", 1.0, 1e4),
    ("DeciusGallon", US_GALLON, 10.0),
    ("HectocubicFoot", CUBIC_FOOT * 100.0, 1.0),
    ("HectocubicMeter", 100.0, 1.0),
    ("Hectoliter", 1.0, 10.0),
    ("HectousGallon", US_GALLON * 100.0, 1.0),
    ("ImperialBeerBarrel", IMPERIAL_GALLON * 36.0, 1.0),
    ("ImperialGallon", IMPERIAL_GALLON, 1.0),
    ("ImperialOunce", IMPERIAL_GALLON, 160.0),
    ("ImperialPint", IMPERIAL_GALLON, 8.0),
    ("KilocubicFoot", CUBIC_FOOT * 1e3, 1.0),
    ("KilocubicMeter", 1e3, 1.0),
    ("KiloimperialGallon", IMPERIAL_GALLON * 1e3, 1.0),
    ("Kiloliter", 1.0, 1.0),
    ("KilousGallon", US_GALLON * 1e3, 1.0),
    ("Liter", 1.0, 1e3),
    ("MegacubicFoot", CUBIC_FOOT * 1e6, 1.0),
    ("MegaimperialGallon", IMPERIAL_GALLON * 1e6, 1.0),
    ("Megaliter", 1e3, 1.0),
    ("MegausGallon", US_GALLON * 1e6, 1.0),
    ("MetricCup", 2.5e-4, 1.0),
    ("MetricTeaspoon", 5e-6, 1.0),
    ("Microliter", 1.0, 1e9),
    ("Milliliter", 1.0, 1e6),
    ("OilBarrel", US_GALLON * 42.0, 1.0),
    ("UkTablespoon", 1.5e-5, 1.0),
    ("UsBeerBarrel", US_GALLON * 31.0, 1.0),
    ("UsCustomaryCup", US_GALLON, 16.0),
    ("UsGallon", US_GALLON, 1.0),
    ("UsLegalCup", 2.4e-4, 1.0),
    ("UsOunce", US_GALLON, 128.0),
    ("UsPint", US_GALLON, 8.0),
    ("UsQuart", US_GALLON, 4.0),
    ("UsTablespoon", US_GALLON, 256.0),
    ("UsTeaspoon", US_GALLON, 768.0),
];

#[cfg(test)]
mod tests {
    use super::super::testing::call;
    use super::*;
    use crate::functions;
    use crate::types::Type;

    fn converted(kind: &str, value: f64, from: &str, to: &str) -> Option<f64> {
        let args = [Cell::Real(value), Cell::string(from), Cell::string(to)];
        call(&format!("convert_{kind}"), Type::Real, &args).as_real()
    }

    #[test]
    fn the_documented_examples_hold() {
        for (kind, from, to, expected) in [
            ("angle", "Degree", "Arcminute", 72.0),
            ("energy", "Joule", "BritishThermalUnit", 0.001_137_380_544_375_98),
            ("force", "Newton", "Decanewton", 0.12),
            ("length", "Meter", "Foot", 3.937_007_874_015_75),
            ("mass", "Kilogram", "Pound", 2.645_547_146_218_53),
            ("speed", "MeterPerSecond", "CentimeterPerHour", 432_000.0),
            ("temperature", "Kelvin", "DegreeCelsius", -271.95),
            ("volume", "CubicMeter", "AcreFoot", 0.000_972_856_8),
        ] {
            let given = converted(kind, 1.2, from, to).unwrap();
            assert!((given - expected).abs() <= expected.abs() * 1e-6, "{kind}: {given} is not {expected}");
        }
        assert_eq!(converted("angle", 1.2, "Degree", "Arcminute"), Some(72.0));
        assert_eq!(converted("length", 1.0, "Meter", "Ell"), None);
    }

    #[test]
    fn known_places_on_the_scales_agree() {
        for (kind, value, from, expected, to) in [
            ("temperature", 100.0, "DegreeCelsius", 212.0, "DegreeFahrenheit"),
            ("temperature", 100.0, "DegreeCelsius", 0.0, "DegreeDelisle"),
            ("temperature", 100.0, "DegreeCelsius", 60.0, "DegreeRoemer"),
            ("temperature", 100.0, "DegreeCelsius", 33.0, "DegreeNewton"),
            ("temperature", 100.0, "DegreeCelsius", 80.0, "DegreeReaumur"),
            ("angle", 30.0, "Degree", 0.5, "Tilt"),
            ("angle", 1.0, "Revolution", 6_400.0, "NatoMil"),
            ("length", 1.0, "Mile", 8.0 * 10.0, "Chain"),
            ("length", 1.0, "Parsec", 3.261_563_777, "LightYear"),
            ("mass", 1.0, "Slug", 32.174_048_556, "Pound"),
            ("volume", 1.0, "UsGallon", 231.0, "CubicInch"),
            ("volume", 1.0, "CubicMile", 5_280.0f64.powi(3), "CubicFoot"),
            ("energy", 1.0, "HorsepowerHour", 1_980_000.0, "FootPound"),
            ("speed", 1.0, "Knot", 1.852, "KilometerPerHour"),
            ("force", 1.0, "PoundForce", 32.174_048_556, "Poundal"),
        ] {
            let given = converted(kind, value, from, to).unwrap();
            assert!((given - expected).abs() < 1e-8 * expected.abs().max(1.0), "{value} {from} is {given} {to}");
        }
    }

    #[test]
    fn every_unit_of_the_catalogue_is_known_and_leads_back() {
        for kernel in KERNELS {
            let function = functions::scalar(kernel.name).unwrap().row();
            let units = function.overloads[0].parameters[1].values;
            assert!(!units.is_empty());
            let kind = kernel.name.trim_start_matches("convert_");
            for unit in units {
                let there = converted(kind, 0.5, units[0], unit).unwrap_or_else(|| panic!("{kind}: {unit}"));
                let back = converted(kind, there, unit, units[0]).unwrap();
                assert!((back - 0.5).abs() < 1e-9, "{kind}: {unit} gives {back}");
            }
        }
    }
}
