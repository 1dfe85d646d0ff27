//! Rules of Sigma, judged by the crates of rsigma.
//!
//! `judge-sigma read OUTPUT.jsonl` reads what `kqlc convert --to sigma --format json` wrote. Exit 1 where the parser
//! refuses anything, or nothing was read.
//!
//! `judge-sigma find` answers, line by line, what rules find in events: see [`find`].

mod find;

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

fn read(path: &str) -> ExitCode {
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

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["read", path] => read(path),
        ["find"] => find::answer(),
        _ => {
            eprintln!("judge-sigma read OUTPUT.jsonl | judge-sigma find");
            ExitCode::from(2)
        }
    }
}
