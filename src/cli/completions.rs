//! `kqlc completions`: a completion script for a shell, made from the command line's own definition.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::output::{Exit, Output};

/// Arguments of `kqlc completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Writes the script.
    pub(super) fn run(&self, out: &mut Output<impl io::Write>) -> Exit {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "kqlc", &mut script);
        // Whether that went well is for the output to tell, at the end.
        let _ = out.write_all(&script);
        Exit::Clean
    }
}
