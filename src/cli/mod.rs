//! The command line: what can be asked for, and how the answer leaves the process.
//!
//! Each subcommand is one file. What they share: [`input`] finds the files that PATHs mean, [`files`] runs work
//! over them in parallel and hands on the results in order, [`output`] writes and decides the exit code, [`replace`]
//! writes files.

mod analysis;
mod base;
mod baseline;
mod bound;
mod cache;
mod check;
#[cfg(feature = "events")]
mod clock;
mod completions;
mod convert;
#[cfg(feature = "eval")]
mod data;
mod digest;
mod eased;
#[cfg(feature = "eval")]
mod evaluate;
pub mod files;
mod findings;
mod fmt;
mod functions;
pub mod input;
mod ir;
mod language;
mod lsp;
pub mod output;
mod parse;
#[cfg(feature = "eval")]
pub mod prove;
pub mod queries;
pub mod replace;
#[cfg(feature = "events")]
mod replay;
mod rule;
#[cfg(feature = "eval")]
mod run;
mod schema;
pub mod schemas;
#[cfg(feature = "events")]
mod synth;
#[cfg(feature = "eval")]
mod test;
#[cfg(not(feature = "eval"))]
mod unbuilt;
mod unified;
mod watch;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser as _;

use output::{Exit, Output};

/// Compiles Microsoft Sentinel detection rules, and says exactly what differs.
///
/// Exit codes: 0 clean, 1 findings, 2 wrong usage or a file that cannot be read or written.
#[derive(Debug, clap::Parser)]
#[command(name = "kqlc", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// Options of every subcommand.
    #[command(flatten)]
    pub global: Global,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every subcommand.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Global {
    /// When to colour output for people
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Leave out summaries and hints; findings and errors are still told
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// When to colour output for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What is to be done.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Find what is wrong with rules and queries, and mend what can be mended
    Check(check::Check),
    /// Explain a lint
    Rule(rule::Rule),
    /// Tell syntax errors of rules and queries
    Parse(parse::Parse),
    /// Format queries, in query files and inside rules
    Fmt(fmt::Fmt),
    /// Tell the columns that queries give
    Schema(schema::Schema),
    /// Show what queries mean, as the compiler sees it
    Ir(ir::Ir),
    /// List what KQL has built in
    Functions(functions::Functions),
    /// Write rules and queries in another language, and tell what differs
    Convert(convert::Convert),
    /// Run rules and queries over files of events
    #[cfg(feature = "eval")]
    Run(run::Run),
    /// Run rules and queries over files of events
    #[cfg(not(feature = "eval"))]
    #[command(hide = true)]
    Run(unbuilt::Unbuilt),
    /// Run the tests of rules
    #[cfg(feature = "eval")]
    Test(test::TestCommand),
    /// Run the tests of rules
    #[cfg(not(feature = "eval"))]
    #[command(hide = true)]
    Test(unbuilt::Unbuilt),
    /// Prove that translations find the same events
    #[cfg(feature = "eval")]
    Prove(prove::Prove),
    /// Prove that translations find the same events
    #[cfg(not(feature = "eval"))]
    #[command(hide = true)]
    Prove(unbuilt::Unbuilt),
    /// Make events for rules: such as make them fire, and such as just fail to
    #[cfg(feature = "events")]
    Synth(synth::Synth),
    /// Make events for rules: such as make them fire, and such as just fail to
    #[cfg(not(feature = "events"))]
    #[command(hide = true)]
    Synth(unbuilt::Unbuilt),
    /// Run searches of other languages over events as that system stores them
    #[cfg(feature = "events")]
    Replay(replay::Replay),
    /// Run searches of other languages over events as that system stores them
    #[cfg(not(feature = "events"))]
    #[command(hide = true)]
    Replay(unbuilt::Unbuilt),
    /// Serve editors over standard input and output (Language Server Protocol)
    Lsp(lsp::Lsp),
    /// Write a completion script for a shell
    Completions(completions::Completions),
}

impl Color {
    /// Whether standard output is to be coloured.
    pub fn on_stdout(self) -> bool {
        self.on(&io::stdout())
    }

    /// Whether standard error is to be coloured.
    pub fn on_stderr(self) -> bool {
        self.on(&io::stderr())
    }

    fn on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                // https://no-color.org: set and not empty, whatever the value.
                let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                !set("NO_COLOR") && !dumb && stream.is_terminal()
            }
        }
    }
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let mut out = Output::stdout();
    let exit = match Cli::try_parse() {
        Ok(cli) => dispatch(&cli, &mut out),
        Err(error) => {
            // A closed pipe is nobody who could be told.
            let _ = error.print();
            if error.use_stderr() { Exit::Failed } else { Exit::Clean }
        }
    };
    out.finish(exit).into()
}

fn dispatch(cli: &Cli, out: &mut Output<impl io::Write>) -> Exit {
    match &cli.command {
        Command::Check(command) => command.run(cli.global, out),
        Command::Rule(command) => command.run(out),
        Command::Parse(command) => command.run(cli.global, out),
        Command::Fmt(command) => command.run(cli.global, out),
        Command::Schema(command) => command.run(cli.global, out),
        Command::Ir(command) => command.run(cli.global, out),
        Command::Functions(command) => command.run(out),
        Command::Convert(command) => command.run(cli.global, out),
        #[cfg(feature = "eval")]
        Command::Run(command) => command.run(cli.global, out),
        #[cfg(not(feature = "eval"))]
        Command::Run(_) => unbuilt::Unbuilt::run("run", &unbuilt::EVAL),
        #[cfg(feature = "eval")]
        Command::Test(command) => command.run(cli.global, out),
        #[cfg(not(feature = "eval"))]
        Command::Test(_) => unbuilt::Unbuilt::run("test", &unbuilt::EVAL),
        #[cfg(feature = "eval")]
        Command::Prove(command) => command.run(cli.global, out),
        #[cfg(not(feature = "eval"))]
        Command::Prove(_) => unbuilt::Unbuilt::run("prove", &unbuilt::EVAL),
        #[cfg(feature = "events")]
        Command::Synth(command) => command.run(cli.global, out),
        #[cfg(not(feature = "events"))]
        Command::Synth(_) => unbuilt::Unbuilt::run("synth", &unbuilt::EVENTS),
        #[cfg(feature = "events")]
        Command::Replay(command) => command.run(cli.global, out),
        #[cfg(not(feature = "events"))]
        Command::Replay(_) => unbuilt::Unbuilt::run("replay", &unbuilt::EVENTS),
        Command::Lsp(command) => command.run(out),
        Command::Completions(command) => command.run(out),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_may_follow_the_subcommand() {
        let cli = Cli::try_parse_from(["kqlc", "completions", "bash", "--color", "never", "-q"]).unwrap();
        assert_eq!((cli.global.color, cli.global.quiet), (Color::Never, true));
    }
}
