//! How faithful a conversion is.

use std::fmt;

/// How faithful a conversion is, the best first, so that of several the greatest holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Fidelity {
    /// The same rows and columns, names apart, for every input.
    #[default]
    Exact,
    /// The same contributing events in each group; what is shown of them differs.
    Events,
    /// Can differ, in the ways the losses tell.
    Approximate,
    /// There is no honest conversion.
    Refused,
}

impl Fidelity {
    /// The word in output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Events => "events",
            Self::Approximate => "approximate",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Fidelity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_is_the_greatest() {
        let worst = [Fidelity::Exact, Fidelity::Approximate, Fidelity::Events].into_iter().max();
        assert_eq!(worst, Some(Fidelity::Approximate));
        assert!(Fidelity::Approximate < Fidelity::Refused);
    }
}
