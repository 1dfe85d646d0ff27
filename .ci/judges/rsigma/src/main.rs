//! Reads what `kqlc convert --to sigma --format json` wrote with `rsigma-parser`: `judge-sigma OUTPUT.jsonl`.
//!
//! Exit 1 where the parser refuses anything, or nothing was read.

use std::process::ExitCode;

use serde_json::Value;

/// What the parser has against a file.
fn faults(text: &str) -> Vec<String> {
    match rsigma_parser::parse_sigma_yaml(text) {
        Ok(parsed) if parsed.rules.is_empty() => vec!["no rule in it".to_owned()],
        Ok(parsed) => parsed.errors,
        Err(error) => vec![error.to_string()],
    }
}

fn main() -> ExitCode {
    let path = std::env::args().nth(1).expect("the file to read");
    let answers = std::fs::read_to_string(path).expect("the file is readable");
    let (mut read, mut bad) = (0, 0);
    for line in answers.lines() {
        let answer: Value = serde_json::from_str(line).expect("a JSON object a line");
        let Some(text) = answer["output"].as_str() else { continue };
        read += 1;
        let faults = faults(text);
        if !faults.is_empty() {
            bad += 1;
            println!("  {}: {}", answer["path"], faults.join("; "));
        }
    }
    println!("{read} files read; refused: {bad}");
    if bad > 0 || read == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
