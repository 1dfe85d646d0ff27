//! How queries are run, as the command line says it.

use crate::cli::clock::{instant, now};
use crate::eval::Options;

/// How queries are run.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct EngineOptions {
    /// The time that `now()` gives, such as 2024-01-31T10:00:00Z; without it, that of the clock
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(in crate::cli) now: Option<i64>,
    /// How many threads work; without it, as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// How much memory sorting, grouping and joining may take before they spill to disk, such as 2GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory_limit: Option<usize>,
}

impl EngineOptions {
    /// The engine's own form of them.
    pub(in crate::cli) fn resolve(&self) -> Options {
        Options {
            threads: self.threads.map(usize::from),
            memory_limit: self.memory_limit,
            ..Options::at(self.now.unwrap_or_else(now))
        }
    }
}

/// A number of bytes: digits and a unit, decimal or binary.
fn size(text: &str) -> Result<usize, String> {
    const UNITS: &[(&str, u64)] = &[
        ("", 1),
        ("b", 1),
        ("k", 1000),
        ("kb", 1000),
        ("kib", 1 << 10),
        ("m", 1_000_000),
        ("mb", 1_000_000),
        ("mib", 1 << 20),
        ("g", 1_000_000_000),
        ("gb", 1_000_000_000),
        ("gib", 1 << 30),
    ];
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let bytes = number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    bytes.and_then(|bytes| usize::try_from(bytes).ok()).ok_or_else(|| "write it as 500MB or 2GiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("0", 0), ("512", 512), ("1KiB", 1024), ("2gb", 2_000_000_000), ("3 MiB", 3 << 20)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GB", "1.5GB", "-1", "1 parsec", "99999999999GB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
