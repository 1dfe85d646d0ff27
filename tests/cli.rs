//! The command as a process: help, exit codes, and what happens when nobody reads its output.

use std::process::{Command, Stdio};

#[cfg(feature = "events")]
#[path = "cli/replay.rs"]
mod replay;
#[cfg(feature = "eval")]
#[path = "cli/run.rs"]
mod run;

fn kqlc() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
    command.env_remove("NO_COLOR").env("TERM", "dumb");
    command
}

#[test]
fn help_as_it_looks() {
    let output = kqlc().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for word in ["completions", "--color", "--quiet", "--version", "Exit codes: 0 clean, 1 findings, 2"] {
        assert!(help.contains(word), "{word} is not in the help");
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = match (cfg!(feature = "eval"), cfg!(feature = "events")) {
        (true, _) => "help-eval",
        (false, true) => "help-events",
        (false, false) => "help",
    };
    settings.bind(|| insta::assert_snapshot!(name, help));
}

#[cfg(not(feature = "eval"))]
#[test]
fn a_light_build_says_what_it_cannot_do() {
    let mut missing = vec![
        (&["run", "x.kql", "--table", "T=x.csv"][..], "--features eval"),
        (&["test", "--help"], "--features eval"),
        (&["prove"], "--features eval"),
    ];
    if !cfg!(feature = "events") {
        missing.extend([(&["synth", "x.kql"][..], "--features events"), (&["replay"], "--features events")]);
    }
    for (arguments, feature) in missing {
        let output = kqlc().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(feature) && output.stdout.is_empty(), "{told}");
    }
}

#[test]
fn wrong_usage_is_2_and_goes_to_standard_error() {
    for arguments in [&[][..], &["no-such-command"], &["completions", "no-such-shell"], &["--color", "blue"]] {
        let output = kqlc().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_version_is_the_packages() {
    assert_cmd::Command::from(kqlc())
        .arg("--version")
        .assert()
        .success()
        .stdout(format!("kqlc {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_shell_gets_completions_that_name_the_subcommands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = kqlc().args(["completions", shell]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(output.stderr.is_empty(), "{shell}");
        assert!(String::from_utf8(output.stdout).unwrap().contains("completions"), "{shell}");
    }
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = kqlc().args(["completions", "zsh"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_2_with_a_reason() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = kqlc().args(["completions", "bash"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("kqlc: error: cannot write: "));
}

/// Runs `parse --from` over files in a folder of their own; the exit code and standard output.
fn parse_from(language: &str, files: &[(&str, &str)], arguments: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let output = kqlc()
        .args(["parse", "--from", language])
        .args(arguments)
        .arg(".")
        .current_dir(folder.path())
        .output()
        .expect("a run");
    (output.status.code().expect("an exit code"), String::from_utf8(output.stdout).expect("text"))
}

const SIGMA: &str = "title: T\nlogsource: {product: p}\ndetection:\n  s: {a|contains: b}\n  condition: s\n";

#[test]
fn parse_from_reads_other_languages() {
    let bad = SIGMA.replace("contains", "contain");
    let two = format!("{SIGMA}---\n{bad}");
    let files = [("a.yml", SIGMA), ("b.yaml", two.as_str()), ("c.kql", "|"), ("d.json", "{")];
    let (exit, output) = parse_from("sigma", &files, &["--format", "json"]);
    assert_eq!(exit, 1);
    let lines: Vec<serde_json::Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> = lines
        .iter()
        .map(|it| (it["path"].as_str().unwrap().trim_start_matches("./"), it["query"].as_u64(), it["ok"].as_bool()))
        .collect();
    assert_eq!(
        seen,
        [("a.yml", Some(0), Some(true)), ("b.yaml", Some(0), Some(true)), ("b.yaml", Some(1), Some(false))]
    );
    let found = &lines[2]["diagnostics"][0];
    assert_eq!(
        (&found["code"], &found["start"]["line"], &found["start"]["column"]),
        (&"K3104".into(), &10.into(), &9.into())
    );

    assert_eq!(parse_from("sigma", &[("a.yml", SIGMA)], &[]), (0, String::new()));
}

#[test]
fn parse_from_tells_bad_macros_and_languages() {
    assert_eq!(parse_from("cobol", &[], &[]).0, 2);
    let files = [("a.yml", SIGMA), ("m.json", "[{}]")];
    assert_eq!(parse_from("sigma", &files, &["--macros", "m.json"]).0, 2);
    assert_eq!(parse_from("sigma", &files, &["--macros", "gone.json"]).0, 2);
}
