//! The `kqlc` command.

/// Trees and plans are many small pieces, which this gives out and takes back faster than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    kqlc::cli::run()
}
