//! The scalar types of KQL, the names they go by, and how numbers widen.

use std::fmt;

/// A scalar type of KQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// True or false.
    Bool,
    /// A signed integer of 32 bits.
    Int,
    /// A signed integer of 64 bits.
    Long,
    /// A binary floating-point number of 64 bits.
    Real,
    /// A decimal number of 128 bits.
    Decimal,
    /// An instant in UTC, counted in ticks of 100 ns, years 1 to 9999.
    DateTime,
    /// A span of time, counted in ticks of 100 ns.
    TimeSpan,
    /// Text; the one type without a null.
    String,
    /// A 128-bit identifier.
    Guid,
    /// A JSON-like value: an array, a bag, or a scalar of another type but decimal.
    Dynamic,
    /// What an open table or a broken expression leaves untyped; fits everywhere.
    Unknown,
}

/// Each spelling of a type in KQL, with the canonical one of each type first.
const SPELLINGS: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("boolean", Type::Bool),
    ("int", Type::Int),
    ("int32", Type::Int),
    ("int8", Type::Int),
    ("int16", Type::Int),
    ("uint", Type::Int),
    ("uint8", Type::Int),
    ("uint16", Type::Int),
    ("uint32", Type::Int),
    ("long", Type::Long),
    ("int64", Type::Long),
    ("ulong", Type::Long),
    ("uint64", Type::Long),
    ("real", Type::Real),
    ("double", Type::Real),
    ("float", Type::Real),
    ("decimal", Type::Decimal),
    ("datetime", Type::DateTime),
    ("date", Type::DateTime),
    ("timespan", Type::TimeSpan),
    ("time", Type::TimeSpan),
    ("string", Type::String),
    ("guid", Type::Guid),
    ("uuid", Type::Guid),
    ("uniqueid", Type::Guid),
    ("dynamic", Type::Dynamic),
];

impl Type {
    /// Every type but [`Type::Unknown`], in the order of the table of types.
    pub const ALL: [Self; 10] = [
        Self::Bool,
        Self::Int,
        Self::Long,
        Self::Real,
        Self::Decimal,
        Self::DateTime,
        Self::TimeSpan,
        Self::String,
        Self::Guid,
        Self::Dynamic,
    ];

    /// The canonical name, as KQL and `kqlc schema` write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::Decimal => "decimal",
            Self::DateTime => "datetime",
            Self::TimeSpan => "timespan",
            Self::String => "string",
            Self::Guid => "guid",
            Self::Dynamic => "dynamic",
            Self::Unknown => "unknown",
        }
    }

    /// The type of a spelling such as `int64`; spellings are in lower case.
    pub fn parse(spelling: &str) -> Option<Self> {
        SPELLINGS.iter().find(|(name, _)| *name == spelling).map(|&(_, ty)| ty)
    }

    /// Whether it is `int` or `long`.
    pub const fn is_integer(self) -> bool {
        matches!(self, Self::Int | Self::Long)
    }

    /// Whether it is a number: `int`, `long`, `real` or `decimal`.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Real | Self::Decimal)
    }

    /// Whether values can be added up: numbers, `datetime` and `timespan`.
    pub const fn is_summable(self) -> bool {
        self.is_numeric() || matches!(self, Self::DateTime | Self::TimeSpan)
    }

    /// Whether `min` and `max` order its values.
    pub const fn is_orderable(self) -> bool {
        self.is_summable() || matches!(self, Self::Bool | Self::String)
    }

    /// The place in the order of widening, for numbers.
    const fn width(self) -> Option<u8> {
        match self {
            Self::Int => Some(0),
            Self::Long => Some(1),
            Self::Real => Some(2),
            Self::Decimal => Some(3),
            _ => None,
        }
    }

    /// Whether every value of this numeric type turns into `wider` by itself: int, long, real, decimal.
    pub const fn widens_to(self, wider: Self) -> bool {
        match (self.width(), wider.width()) {
            (Some(from), Some(to)) => from < to,
            _ => false,
        }
    }

    /// The wider of two numeric types, the type itself where both are the same, otherwise nothing.
    pub fn widest(self, other: Self) -> Option<Self> {
        if self == other || other.widens_to(self) {
            Some(self)
        } else if self.widens_to(other) {
            Some(other)
        } else {
            None
        }
    }

    /// `long` for `int`, every other type as it is: what arithmetic and sums give.
    #[must_use]
    pub const fn promoted(self) -> Self {
        if matches!(self, Self::Int) { Self::Long } else { self }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for ty in Type::ALL {
            assert_eq!(Type::parse(ty.name()), Some(ty));
        }
        assert_eq!(Type::parse("Int"), None);
        assert_eq!(Type::parse("unknown"), None);
        assert_eq!(Type::parse("double"), Some(Type::Real));
    }

    #[test]
    fn numbers_widen_one_way() {
        assert!(
            Type::Int.widens_to(Type::Long) && Type::Long.widens_to(Type::Real) && Type::Real.widens_to(Type::Decimal)
        );
        assert!(
            !Type::Long.widens_to(Type::Int) && !Type::Int.widens_to(Type::Int) && !Type::Int.widens_to(Type::String)
        );
        assert_eq!(Type::Real.widest(Type::Int), Some(Type::Real));
        assert_eq!(Type::String.widest(Type::Int), None);
        assert_eq!(Type::String.widest(Type::String), Some(Type::String));
        assert_eq!((Type::Int.promoted(), Type::Real.promoted()), (Type::Long, Type::Real));
    }
}
