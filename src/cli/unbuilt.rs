//! Commands that a light build does not have: it says so, and how to get them.

use std::ffi::OsString;
use std::io::Write as _;

use super::output::{Exit, complain};

/// Whatever is asked of such a command.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Unbuilt {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<OsString>,
}

impl Unbuilt {
    /// Says how to build the program with it.
    pub(super) fn run(name: &str) -> Exit {
        complain(format_args!(
            "`kqlc {name}` runs rules, which this build of kqlc cannot: it was built without `eval`"
        ));
        // There is nowhere else to turn to if standard error is closed.
        let _ = writeln!(
            std::io::stderr(),
            "\nBuild it with the evaluator, which takes some minutes:\n\n    \
             cargo install --path . --features eval        # from a clone\n    \
             cargo run --release --features eval -- {name} …"
        );
        Exit::Failed
    }
}
