//! Writes the table of each grammar beside it: `cargo run -p kqlc-peg`, in the folder of the workspace.

use std::error::Error;
use std::{env, fs};

/// Where grammars are, from the folder of the workspace.
const FOLDERS: &[&str] = &["core/grammar", "grammar"];

fn main() -> Result<(), Box<dyn Error>> {
    env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))?;
    for folder in FOLDERS {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "pest") {
                let table = kqlc_peg::table(&fs::read_to_string(&path)?)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                fs::write(path.with_extension("rs"), table)?;
            }
        }
    }
    Ok(())
}
