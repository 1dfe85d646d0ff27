//! Words for the catalogue: what a parameter accepts, and how an overload is called.

use std::fmt;

use super::row::{Accepts, Function, Kind, Overload, Parameter, Repeat, Requires, Returns, Shape};
use crate::types::Type;

impl fmt::Display for Accepts {
    /// What is accepted, as a noun phrase without an article: `string or dynamic`, `integer`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Only(types) => return alternatives(f, types),
            Self::Anything => "anything",
            Self::TypeLiteral => "typeof(…)",
            Self::Scalar | Self::CommonScalar | Self::CommonScalarOrDynamic => "scalar",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::NumberOrBool => "number or bool",
            Self::RealOrDecimal => "real or decimal",
            Self::Summable => "number, datetime or timespan",
            Self::Orderable | Self::CommonOrderable => "number, datetime, timespan, string or bool",
            Self::StringOrDynamic => "string or dynamic",
            Self::StringOrArray => "string or dynamic array of strings",
            Self::IntegerOrArray => "integer or dynamic array of integers",
            Self::Array => "dynamic array",
            Self::Bag => "dynamic bag",
            Self::NotDynamic => "scalar other than dynamic",
            Self::NotBool => "scalar other than bool",
            Self::NotRealOrBool => "scalar other than real and bool",
            Self::SameAs(position) => return write!(f, "value of the type of argument {}", position + 1),
            Self::Tabular => "table",
        })
    }
}

/// `int, long or real`
fn alternatives(f: &mut fmt::Formatter<'_>, types: &[Type]) -> fmt::Result {
    for (index, ty) in types.iter().enumerate() {
        let before = match index {
            0 => "",
            _ if index + 1 == types.len() => " or ",
            _ => ", ",
        };
        write!(f, "{before}{ty}")?;
    }
    Ok(())
}

impl fmt::Display for Parameter {
    /// `name: type`, in brackets where it may be left out, with dots where it may be repeated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let optional = self.repeat.range().0 == 0;
        let many = if matches!(self.repeat, Repeat::Times(..) | Repeat::InTurn(..)) { ", …" } else { "" };
        let kind = match self.requires {
            Requires::Literal | Requires::LiteralNotEmpty => "literal ",
            Requires::Constant => "constant ",
            Requires::Column | Requires::ColumnOfFirst | Requires::ColumnOfBoth => "column ",
            Requires::Aggregate => "aggregate ",
            Requires::Star => return f.write_str("*"),
            Requires::ExpressionOrStar => "* or ",
            Requires::Expression | Requires::OverElementsOfFirst => "",
        };
        let (open, close) = if optional { ("[", "]") } else { ("", "") };
        write!(f, "{open}{}: {kind}{}{many}{close}", self.name, self.accepts)
    }
}

impl fmt::Display for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Type(ty) => return write!(f, "{ty}"),
            Self::Dynamic(Shape::Array(_)) | Self::ArrayOfFirst => "dynamic array",
            Self::Dynamic(Shape::Bag) => "dynamic bag",
            Self::Dynamic(_) => "dynamic",
            Self::SameAs(position) => return write!(f, "the type of argument {}", position + 1),
            Self::Promoted => "the type of argument 1, long for int",
            Self::Widest => "the widest type of the arguments, long for int",
            Self::Common | Self::CommonNotDynamic => "the common type of the arguments",
            Self::Named(position) => return write!(f, "the type that argument {} names", position + 1),
            Self::Columns(columns) => {
                let columns: Vec<_> = columns.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
                return write!(f, "({})", columns.join(", "));
            }
            Self::Table(_) => "a table",
            Self::Computed(_) => "depends on the arguments",
        })
    }
}

impl fmt::Display for Overload {
    /// `(name: type, [name: type]) -> type`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (index, parameter) in self.parameters.iter().enumerate() {
            write!(f, "{}{parameter}", if index == 0 { "" } else { ", " })?;
        }
        write!(f, ") -> {}", self.returns)
    }
}

/// How a built-in is called: one line for each documented overload.
pub fn signatures(function: &'static Function) -> impl Iterator<Item = String> {
    let before = if function.kind == Kind::Plugin { "evaluate " } else { "" };
    let documented = function.overloads.iter().filter(|overload| !overload.hidden);
    documented.map(move |overload| format!("{before}{}{overload}", function.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::{
        AggregateId, FunctionId, PluginId, aggregate, aggregates, plugin, plugins, scalar, scalars,
    };

    fn first(function: &'static Function) -> String {
        signatures(function).next().unwrap()
    }

    #[test]
    fn signatures_read_as_calls() {
        let of = |name: &str| first(scalar(name).unwrap().row());
        assert_eq!(of("strlen"), "strlen(string: string or dynamic) -> long");
        assert_eq!(of("tohex"), "tohex(value: integer, [min_length: integer]) -> string");
        assert_eq!(of("strcat"), "strcat(arg: scalar, …) -> string");
        assert_eq!(
            of("series_fft"),
            "series_fft(series: dynamic array, [series_imaginary: dynamic array]) -> (real: dynamic, imag: dynamic)"
        );
        assert_eq!(
            first(aggregate("sum").unwrap().row()),
            "sum(expr: number, datetime or timespan) -> the type of argument 1, long for int"
        );
        assert!(first(plugin("bag_unpack").unwrap().row()).starts_with("evaluate bag_unpack(column: column scalar"));
    }

    #[test]
    fn undocumented_overloads_are_left_out() {
        assert_eq!(signatures(aggregate("count").unwrap().row()).collect::<Vec<_>>(), ["count() -> long"]);
    }

    #[test]
    fn every_built_in_has_a_signature() {
        let all = scalars().map(FunctionId::row).chain(aggregates().map(AggregateId::row));
        let all = all.chain(plugins().map(PluginId::row));
        for function in all {
            assert!(signatures(function).all(|line| line.contains(function.name) && line.contains(") -> ")));
            assert!(signatures(function).count() > 0, "{}", function.name);
        }
    }
}
