//! Tests over a corpus of published rules and queries. They read the folder from `KQLC_CORPUS` and run with
//! `KQLC_CORPUS=... cargo test --test corpus -- --ignored`.

use std::path::PathBuf;

mod bind;
mod convert;
#[cfg(feature = "eval")]
mod eval;
#[cfg(feature = "eval")]
mod fixes;
mod format;
mod kql;
mod lint;
#[cfg(feature = "eval")]
#[path = "../noise/mod.rs"]
mod noise;
mod read_eql;
mod read_esql;
mod read_splunk;
#[cfg(feature = "events")]
mod replay;
#[cfg(feature = "eval")]
#[path = "../rerun/mod.rs"]
mod rerun;
mod rules;
#[cfg(feature = "eval")]
mod seeds;
mod syntax_errors;
#[cfg(feature = "events")]
mod synth;

/// The folder of the corpus.
fn corpus() -> PathBuf {
    PathBuf::from(std::env::var_os("KQLC_CORPUS").expect("KQLC_CORPUS names the folder of the corpus"))
}

/// The entries of an index, one JSON object a line.
fn index(path: &std::path::Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).expect("the index is readable");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}
