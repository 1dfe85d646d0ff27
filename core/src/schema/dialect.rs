//! Where a query runs.

use std::fmt;
use std::str::FromStr;

/// Where a query runs, which decides what the time column of a table is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Microsoft Sentinel and Log Analytics.
    #[default]
    Sentinel,
    /// Advanced hunting in Microsoft Defender XDR.
    Defender,
}

impl Dialect {
    /// Both dialects.
    pub const ALL: [Self; 2] = [Self::Sentinel, Self::Defender];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sentinel => "sentinel",
            Self::Defender => "defender",
        }
    }

    /// The time column of a table of this dialect's own.
    pub const fn time_column(self) -> &'static str {
        self.time_columns()[0]
    }

    /// The names that the time column may have, the likeliest first.
    pub(super) const fn time_columns(self) -> &'static [&'static str] {
        match self {
            Self::Sentinel => &["TimeGenerated"],
            Self::Defender => &["Timestamp", "TimeGenerated"],
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A dialect that is none of [`Dialect::ALL`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no dialect: it is `sentinel` or `defender`")]
pub struct UnknownDialect(String);

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name).ok_or_else(|| UnknownDialect(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_others_are_refused() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        let error = "Sentinel".parse::<Dialect>().expect_err("names are in lower case");
        assert_eq!(error.to_string(), "`Sentinel` is no dialect: it is `sentinel` or `defender`");
    }
}
