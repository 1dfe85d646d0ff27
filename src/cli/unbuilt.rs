//! Commands that a light build does not have: it says so, and how to get them.

use std::ffi::OsString;
use std::io::Write as _;

use super::output::{Exit, complain};

/// A feature of the build that commands need.
pub(super) struct Feature {
    name: &'static str,
    /// What its commands do.
    does: &'static str,
    /// What it takes.
    takes: &'static str,
}

/// Running rules.
pub(super) const EVAL: Feature =
    Feature { name: "eval", does: "runs rules", takes: "the evaluator, which takes some minutes" };

/// Making events, and running searches over them.
#[cfg(not(feature = "events"))]
pub(super) const EVENTS: Feature =
    Feature { name: "events", does: "makes or reads events", takes: "what it needs for that" };

/// Whatever is asked of such a command.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Unbuilt {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<OsString>,
}

impl Unbuilt {
    /// Says how to build the program with it.
    pub(super) fn run(name: &str, feature: &Feature) -> Exit {
        let Feature { name: feature, does, takes } = feature;
        complain(format_args!(
            "`kqlc {name}` {does}, which this build of kqlc cannot: it was built without `{feature}`"
        ));
        // There is nowhere else to turn to if standard error is closed.
        let _ = writeln!(
            std::io::stderr(),
            "\nBuild it with {takes}:\n\n    \
             cargo install --path . --features {feature}        # from a clone\n    \
             cargo run --release --features {feature} -- {name} …"
        );
        Exit::Failed
    }
}
