//! Value modifiers: what stands behind a field's name.

use crate::functions::nearest;
use crate::ir::CompareOp;

use super::pattern::Utf16;

/// A modifier of the specification's appendix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modifier {
    All,
    Contains,
    StartsWith,
    EndsWith,
    Exists,
    Cased,
    NotEqual,
    WinDash,
    Regex,
    Flag(char),
    Base64,
    Base64Offset,
    Utf16(Utf16),
    Compare(CompareOp),
    Part(TimePart),
    Cidr,
    Expand,
    FieldRef,
}

/// A part of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl TimePart {
    /// What `datetime_part` calls it.
    ///
    /// Weeks: the specification says "between 1 and 52" and no more; taken as ISO 8601's, which has a 53rd in some years.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week_of_year",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// Every modifier of the specification, by name.
const MODIFIERS: &[(&str, Modifier)] = &[
    ("all", Modifier::All),
    ("contains", Modifier::Contains),
    ("startswith", Modifier::StartsWith),
    ("endswith", Modifier::EndsWith),
    ("exists", Modifier::Exists),
    ("cased", Modifier::Cased),
    ("neq", Modifier::NotEqual),
    ("windash", Modifier::WinDash),
    ("re", Modifier::Regex),
    ("i", Modifier::Flag('i')),
    ("m", Modifier::Flag('m')),
    ("s", Modifier::Flag('s')),
    ("base64", Modifier::Base64),
    ("base64offset", Modifier::Base64Offset),
    ("utf16le", Modifier::Utf16(Utf16::Little)),
    ("wide", Modifier::Utf16(Utf16::Little)),
    ("utf16be", Modifier::Utf16(Utf16::Big)),
    ("utf16", Modifier::Utf16(Utf16::Marked)),
    ("lt", Modifier::Compare(CompareOp::Less)),
    ("lte", Modifier::Compare(CompareOp::LessOrEqual)),
    ("gt", Modifier::Compare(CompareOp::Greater)),
    ("gte", Modifier::Compare(CompareOp::GreaterOrEqual)),
    ("minute", Modifier::Part(TimePart::Minute)),
    ("hour", Modifier::Part(TimePart::Hour)),
    ("day", Modifier::Part(TimePart::Day)),
    ("week", Modifier::Part(TimePart::Week)),
    ("month", Modifier::Part(TimePart::Month)),
    ("year", Modifier::Part(TimePart::Year)),
    ("cidr", Modifier::Cidr),
    ("expand", Modifier::Expand),
    ("fieldref", Modifier::FieldRef),
];

impl Modifier {
    /// The modifier of a name; names are in lower case.
    pub(super) fn find(name: &str) -> Option<Self> {
        MODIFIERS.iter().find(|(known, _)| *known == name).map(|&(_, modifier)| modifier)
    }

    /// The name that a misspelt one most likely stands for.
    pub(super) fn suggest(name: &str) -> Option<&'static str> {
        nearest(name, MODIFIERS.iter().map(|&(known, _)| known))
    }
}
