//! The `kqlc` command.

fn main() -> std::process::ExitCode {
    kqlc::cli::run()
}
