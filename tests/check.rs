//! `kqlc check` as a process: findings, fixes, settings, and what is never written.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const FOLDED: &str = "id: 7f0c1a52-9a3e-4c5b-8d21-6b1f0e9c4d33\nname: Sign-ins\ndescription: Sign-ins of note.\ntactics: [InitialAccess]\nrelevantTechniques: [T1078]\nquery: >\n  let few = 3; // fewer are noise\n  SigninLogs\n  | summarize Count = count() by UserPrincipalName\n  | where Count > few\n";

fn kqlc(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
    command.env_remove("NO_COLOR").env("TERM", "dumb").current_dir(folder).args(arguments).output().unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_folded_query_is_unfolded_and_nothing_else_moves() {
    let folder = folder(&[("a.yaml", FOLDED.as_bytes())]);
    let before = kqlc(folder.path(), &["check", "a.yaml", "--format", "concise"]);
    assert_eq!(before.status.code(), Some(1));
    assert!(stdout(&before).contains("[K0009]"), "{}", stdout(&before));
    let fixed = kqlc(folder.path(), &["check", "a.yaml", "--fix"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", stdout(&fixed));
    let text = fs::read_to_string(folder.path().join("a.yaml")).unwrap();
    assert_eq!(text, FOLDED.replace("query: >", "query: |"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left over");
}

#[test]
fn a_fixed_file_keeps_its_encoding_its_line_ends_and_its_permissions() {
    let crlf = FOLDED.replace('\n', "\r\n").replace("note.", "note \u{e9}.");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(crlf.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin: Vec<u8> = crlf.chars().map(|c| u8::try_from(c as u32).unwrap()).collect();
    let marked = [b"\xEF\xBB\xBF", crlf.as_bytes()].concat();
    for bytes in [utf16, latin, marked] {
        let folder = folder(&[("a.yaml", &bytes)]);
        let path = folder.path().join("a.yaml");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        }
        kqlc(folder.path(), &["check", "a.yaml", "--fix"]);
        let after = fs::read(&path).unwrap();
        let differing: Vec<_> = bytes.iter().zip(&after).filter(|(a, b)| a != b).collect();
        assert_eq!((after.len(), differing), (bytes.len(), vec![(&b'>', &b'|')]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        }
    }
}

#[test]
fn a_fix_that_would_break_the_query_is_withheld() {
    // Unfolded, the string would run over two lines, which Kusto refuses.
    let text = FOLDED.replace("// fewer are noise", "// fewer\n  let text = \"one\n  two\";");
    let folder = folder(&[("a.yaml", text.as_bytes())]);
    let output = kqlc(folder.path(), &["check", "a.yaml", "--fix", "--format", "concise"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), text);
}

#[test]
fn diff_shows_and_writes_nothing() {
    let folder = folder(&[("a.yaml", FOLDED.as_bytes())]);
    let output = kqlc(folder.path(), &["check", "a.yaml", "--diff", "-q"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("\n-query: >\n+query: |\n"), "{}", stdout(&output));
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), FOLDED);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_what_is_protected_stays_as_it_is() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = folder(&[("a.yaml", FOLDED.as_bytes()), ("b.yaml", FOLDED.as_bytes())]);
    let (link, protected) = (folder.path().join("link.yaml"), folder.path().join("b.yaml"));
    symlink("a.yaml", &link).unwrap();
    fs::set_permissions(&protected, fs::Permissions::from_mode(0o444)).unwrap();
    kqlc(folder.path(), &["check", "link.yaml", "--fix"]);
    assert!(link.is_symlink());
    assert!(fs::read_to_string(&link).unwrap().contains("query: |"));
    let output = kqlc(folder.path(), &["check", "b.yaml", "--fix"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&protected).unwrap(), FOLDED);
}

#[test]
fn two_files_with_one_id_are_told_apart_by_the_second() {
    let text = FOLDED.replace("query: >", "query: |");
    let folder = folder(&[("a.yaml", text.as_bytes()), ("b.yaml", text.as_bytes())]);
    let output = kqlc(folder.path(), &["check", ".", "--format", "concise"]);
    assert_eq!(stdout(&output).lines().count(), 1, "{}", stdout(&output));
    assert!(stdout(&output).contains("b.yaml:1:5: error[F003]") && stdout(&output).contains("a.yaml:1"));
}

#[test]
fn settings_comments_and_options_decide_what_runs() {
    let text = FOLDED.replace("query: >", "query: |").replace("id: 7f0c", "id: zzzz");
    let folder = folder(&[("a.yaml", text.as_bytes())]);
    let codes = |arguments: &[&str]| {
        stdout(&kqlc(folder.path(), &[&["check", ".", "--format", "concise"], arguments].concat()))
    };
    assert!(codes(&[]).contains("error[F002]"));
    assert!(!codes(&["--ignore", "malformed-id"]).contains("F002"));
    assert!(!codes(&["--select", "F001"]).contains("F002"));
    fs::write(folder.path().join("kqlc.toml"), "[lint.severity]\nF002 = 'warning'\n").unwrap();
    assert!(codes(&[]).contains("warning[F002]"));
    assert!(codes(&["--no-config"]).contains("error[F002]"));
    fs::write(folder.path().join("kqlc.toml"), "[lint.per-file-ignores]\n'a.*' = ['F002']\n").unwrap();
    assert!(!codes(&[]).contains("F002"));
    fs::remove_file(folder.path().join("kqlc.toml")).unwrap();
    let silenced = text.replacen('\n', " # kqlc: ignore[F002] the portal made it so\n", 1);
    fs::write(folder.path().join("a.yaml"), &silenced).unwrap();
    assert_eq!(codes(&[]), "");
    assert_eq!(kqlc(folder.path(), &["check", ".", "--select", "nothing"]).status.code(), Some(2));
    fs::write(folder.path().join("kqlc.toml"), "[lint]\nselct = []\n").unwrap();
    assert_eq!(kqlc(folder.path(), &["check", "."]).status.code(), Some(2));
}

#[test]
fn an_idle_comment_is_told_and_taken_out() {
    let text = FOLDED
        .replace("query: >", "# kqlc: ignore[missing-id]\nquery: |")
        .replace("SigninLogs", "SigninLogs // kqlc: ignore[F002]");
    let folder = folder(&[("a.yaml", text.as_bytes())]);
    let output = kqlc(folder.path(), &["check", ".", "--format", "concise"]);
    assert_eq!(stdout(&output).matches("[F099]").count(), 2, "{}", stdout(&output));
    kqlc(folder.path(), &["check", ".", "--fix"]);
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), FOLDED.replace("query: >", "query: |"));
}

#[test]
fn files_of_a_folder_that_are_no_rules_are_passed_over() {
    let folder = folder(&[("package.json", b"{\"name\": \"x\"}"), ("a.yaml", FOLDED.as_bytes())]);
    assert!(!stdout(&kqlc(folder.path(), &["check", ".", "--format", "concise"])).contains("package.json"));
    assert!(stdout(&kqlc(folder.path(), &["check", "package.json", "--format", "concise"])).contains("[K0005]"));
}

#[test]
fn a_lint_is_explained_by_code_and_by_name() {
    let folder = folder(&[]);
    let by_code = stdout(&kqlc(folder.path(), &["rule", "f002"]));
    assert!(by_code.starts_with("# malformed-id (F002)\n") && by_code.contains("## Use instead\n"));
    assert_eq!(stdout(&kqlc(folder.path(), &["rule", "malformed-id"])), by_code);
    let all = stdout(&kqlc(folder.path(), &["rule", "--all", "--format", "json"]));
    assert!(serde_json::from_str::<serde_json::Value>(&all).unwrap().as_array().unwrap().len() > 3);
    let unknown = kqlc(folder.path(), &["rule", "malformd-id"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean `malformed-id`?"));
}

#[test]
fn documents_are_whole_whether_or_not_there_are_findings() {
    let clean = FOLDED.replace("query: >", "query: |");
    let folder = folder(&[("a.yaml", FOLDED.as_bytes()), ("b.yaml", clean.replace("id: 7", "id: 8").as_bytes())]);
    for path in [".", "b.yaml"] {
        let text = stdout(&kqlc(folder.path(), &["check", path, "--format", "gitlab"]));
        let records = serde_json::from_str::<serde_json::Value>(&text).unwrap();
        assert_eq!(records.as_array().unwrap().len(), usize::from(path == "."), "{text}");
        let text = stdout(&kqlc(folder.path(), &["check", path, "--format", "junit"]));
        assert!(text.starts_with("<?xml") && text.ends_with("</testsuites>\n"), "{text}");
        assert_eq!(text.matches("<failure").count(), usize::from(path == "."), "{text}");
        assert_eq!(text.matches("<testsuites").count(), 1, "{text}");
        let text = stdout(&kqlc(folder.path(), &["check", path, "--format", "sarif"]));
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
    }
}

#[test]
fn a_baseline_holds_back_what_is_known_and_nothing_else() {
    let folder =
        folder(&[("a.yaml", FOLDED.as_bytes()), ("b.yaml", FOLDED.replace("id: 7f0c", "id: zzzz").as_bytes())]);
    let check = |arguments: &[&str]| {
        kqlc(folder.path(), &[&["check", ".", "--format", "concise", "--baseline", "known.json"], arguments].concat())
    };
    assert_eq!(check(&[]).status.code(), Some(2), "there is none yet");
    assert_eq!(check(&["--update-baseline"]).status.code(), Some(0));
    let clean = check(&[]);
    assert_eq!((clean.status.code(), stdout(&clean).as_str()), (Some(0), ""));
    fs::write(folder.path().join("a.yaml"), FOLDED.replace("id: 7f0c", "id: yyyy")).unwrap();
    let new = check(&[]);
    assert_eq!(new.status.code(), Some(1));
    assert_eq!(stdout(&new).lines().count(), 1, "{}", stdout(&new));
    assert!(stdout(&new).contains("a.yaml:1:5: error[F002]"));
}

#[test]
fn a_column_that_tables_have_without_listing_it_is_no_error() {
    let folder = folder(&[
        ("a.kql", b"SigninLogs | project _ItemId, UserId"),
        ("b.kql", b"SigninLogs | project _Itemid, UserId"),
    ]);
    let severity = |name: &str| -> Vec<String> {
        let text = stdout(&kqlc(folder.path(), &["check", name, "--format", "concise"]));
        text.lines().filter_map(|line| Some(line.split_once("[K2001]")?.0.rsplit(' ').next()?.to_owned())).collect()
    };
    assert_eq!([severity("a.kql"), severity("b.kql")], [vec!["warning".to_owned()], vec!["error".to_owned()]]);
}

#[test]
fn files_of_other_kinds_are_passed_over_unless_they_are_named() {
    let files: &[(&str, &[u8])] = &[
        ("workflow.yml", b"on: push\njobs: {a: {steps: []}}\n"),
        ("package.json", b"{\"name\": \"x\"}\n"),
        ("a.kql", b"SigninLogs\n| where ResultType == \"0\"\n"),
    ];
    let folder = folder(files);
    for command in ["check", "fmt"] {
        let code = |arguments: &[&str]| kqlc(folder.path(), &[&[command], arguments].concat()).status.code();
        assert_eq!(code(&["."]), Some(0), "{command}");
        assert_eq!(code(&["workflow.yml", "a.kql"]), Some(1), "{command}");
        assert_eq!(code(&["--skip-others", "workflow.yml", "package.json", "a.kql"]), Some(0), "{command}");
    }
    for (name, bytes) in files {
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), *bytes, "{name}");
    }
}

#[test]
fn a_watch_tells_what_changes_bring() {
    use std::io::{BufRead as _, BufReader};

    let folder = folder(&[("a.kql", b"SigninLogs | take 1 1")]);
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"))
        .current_dir(folder.path())
        .args(["check", ".", "--watch", "--format", "concise", "--quiet", "--no-config"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert!(next().starts_with("./a.kql:1:"));
    fs::write(folder.path().join("b.kql"), "SigninLogs | where NoSuchColumn == 1").unwrap();
    assert!(next().starts_with("./a.kql:1:"));
    assert!(next().starts_with("./b.kql:1:"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(kqlc(folder.path(), &["check", "-", "--watch"]).status.code(), Some(2));
}

/// A file whose findings need a look at several files, at its settings, and at a schema.
const TWICE: &[u8] = b"id: 7f0c1a52-9a3e-4c5b-8d21-6b1f0e9c4d33\nkind: NRT\nname: A\ndescription: B.\nseverity: High\ntactics: [InitialAccess]\nrelevantTechniques: [T1078]\nquery: |\n  let unused = 1;\n  SigninLogs\n";

#[test]
fn a_cache_changes_nothing_but_the_time() {
    let folder = folder(&[("a.yaml", TWICE), ("b.yaml", TWICE), ("c.kql", b"T | where (")]);
    let arguments = ["check", ".", "--format", "json"];
    let cached = ["check", ".", "--format", "json", "--cache"];
    let plain = stdout(&kqlc(folder.path(), &arguments));
    assert!(plain.contains("F003") && plain.contains("Q001"), "{plain}");
    let entries = |folder: &Path| {
        let mut open = vec![folder.join(".kqlc_cache")];
        let mut files = Vec::new();
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.file_name().is_some_and(|name| name != ".gitignore") {
                files.push(path);
            }
        }
        files.sort();
        files
    };
    for _ in 0..2 {
        let output = kqlc(folder.path(), &cached);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), plain.as_str()));
        assert_eq!(entries(folder.path()).len(), 3);
    }
    assert_eq!(fs::read_to_string(folder.path().join(".kqlc_cache/.gitignore")).unwrap().lines().last(), Some("*"));
    // What was kept is used: an entry that says something else is told, as long as it is sound.
    let stamps =
        || entries(folder.path()).iter().map(|path| path.metadata().unwrap().modified().unwrap()).collect::<Vec<_>>();
    let before = stamps();
    kqlc(folder.path(), &cached);
    assert_eq!(stamps(), before, "nothing is written anew");
    // Torn entries are passed over and written anew.
    let whole: Vec<_> = entries(folder.path()).iter().map(|path| fs::read(path).unwrap()).collect();
    for path in entries(folder.path()) {
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    }
    assert_eq!(stdout(&kqlc(folder.path(), &cached)), plain);
    assert_eq!(entries(folder.path()).iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>(), whole);
    // Settings, options and schemas are part of the key.
    fs::write(folder.path().join("kqlc.toml"), "[lint]\nignore = ['Q001']\n").unwrap();
    assert!(!stdout(&kqlc(folder.path(), &cached)).contains("Q001"));
    fs::write(folder.path().join("kqlc.toml"), "[lint.per-file-ignores]\n'a.yaml' = ['Q001']\n").unwrap();
    assert_eq!(stdout(&kqlc(folder.path(), &cached)).matches("Q001").count(), 1);
    fs::remove_file(folder.path().join("kqlc.toml")).unwrap();
    assert_eq!(stdout(&kqlc(folder.path(), &cached)), plain);
    let ignored = kqlc(folder.path(), &["check", ".", "--format", "json", "--cache", "--ignore", "F003,Q001"]);
    assert!(!stdout(&ignored).contains("Q001") && !stdout(&ignored).contains("F003"));
    // And so is the text.
    fs::write(folder.path().join("c.kql"), "print 1\n").unwrap();
    assert!(!stdout(&kqlc(folder.path(), &cached)).contains("K1"));
    let fixed = kqlc(folder.path(), &["check", "a.yaml", "--fix", "--unsafe-fixes", "--cache"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", stdout(&fixed));
    assert!(!fs::read_to_string(folder.path().join("a.yaml")).unwrap().contains("unused"));
}

#[test]
fn a_cache_may_stand_anywhere_and_serve_several_at_once() {
    let folder = folder(&[("a.yaml", TWICE), ("b.yaml", TWICE)]);
    let plain = stdout(&kqlc(folder.path(), &["check", ".", "--format", "json"]));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    let output = kqlc(folder.path(), &["check", ".", "--format", "json", "--cache=kept"]);
                    assert_eq!(stdout(&output), plain);
                }
            });
        }
    });
    assert!(folder.path().join("kept/.gitignore").is_file() && !folder.path().join(".kqlc_cache").exists());
    let refused = kqlc(folder.path(), &["check", ".", "--cache=a.yaml"]);
    assert_eq!(refused.status.code(), Some(2), "a file is no folder");
}

fn git(folder: &Path, arguments: &[&str]) {
    let settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").current_dir(folder).args(settings).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn versions_are_held_against_a_revision() {
    let rule = |id: &str, query: &str, version: &str| {
        let text = String::from_utf8(TWICE.to_vec()).unwrap();
        let text = text.replace("7f0c1a52", id).replace("  let unused = 1;\n  SigninLogs\n", &format!("  {query}\n"));
        format!("{text}version: {version}\n")
    };
    let changed = rule("7f0c1a52", "SigninLogs | where AppId == 'x'", "1.0.0");
    let folder = folder(&[]);
    let path = folder.path().join("deep/a b.yaml");
    fs::create_dir(folder.path().join("deep")).unwrap();
    fs::write(&path, rule("7f0c1a52", "SigninLogs", "1.0.0")).unwrap();
    fs::write(folder.path().join("deep/same.yaml"), rule("7f0c1a53", "SigninLogs", "1.0.0")).unwrap();
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message=first"]);
    fs::write(&path, &changed).unwrap();
    fs::write(folder.path().join("deep/new.yaml"), rule("7f0c1a54", "SigninLogs", "1.0.0")).unwrap();
    let check = |arguments: &[&str]| {
        let output = kqlc(folder.path(), &[&["check", "deep", "--format", "concise"], arguments].concat());
        (output.status.code(), stdout(&output))
    };
    assert_eq!(check(&[]).0, Some(0));
    let (code, text) = check(&["--base", "HEAD"]);
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains("a b.yaml:") && text.contains("[F117]"), "{text}");
    // It holds of what is committed since, too, and beside a cache.
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message=second"]);
    assert_eq!(check(&["--base=HEAD", "--cache"]).0, Some(0));
    assert_eq!(check(&["--base=HEAD~1", "--cache"]).0, Some(1));
    assert_eq!(check(&["--base=HEAD~1", "--fix", "--unsafe-fixes"]).0, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), changed.replace("1.0.0", "1.0.1"));
    assert_eq!(check(&["--base=no-such-revision"]).0, Some(2));
    assert_eq!(check(&["--base=--all"]).0, Some(2));
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("a.yaml"), &changed).unwrap();
    let output = Command::new(assert_cmd::cargo::cargo_bin!("kqlc"))
        .env("GIT_CEILING_DIRECTORIES", elsewhere.path().parent().unwrap())
        .current_dir(elsewhere.path())
        .args(["check", ".", "--base=HEAD"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "a folder in no repository");
}

#[test]
fn text_is_what_people_read() {
    let folder = folder(&[("a.kql", b"T | where (")]);
    let of = |format: &str| stdout(&kqlc(folder.path(), &["check", "a.kql", "--format", format]));
    assert_eq!(of("text"), of("human"));
}
