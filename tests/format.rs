//! What formatted queries look like, and `kqlc fmt` as a process.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use kqlc::format::format_text;
use kqlc::syntax::ast::Query;
use kqlc::syntax::split_queries;

/// Queries of our own, untidy as people leave them, and what becomes of them.
#[test]
fn untidy_queries_as_they_look_afterwards() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/format"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut count = 0;
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/format")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let formatted = format_text(&text).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        holds(&name, &text, &formatted);
        settings.bind(|| insta::assert_snapshot!(name, formatted));
        count += 1;
    }
    assert_eq!(count, 15);
}

/// What must be so however it looks: blessing a snapshot by mistake does not get past this.
fn holds(name: &str, text: &str, formatted: &str) {
    assert_eq!(format_text(formatted).as_deref(), Ok(formatted), "{name}: formatting again changes it");
    let trees = |text: &str| -> Vec<Query> {
        split_queries(text).into_iter().map(|(_, parsed)| parsed.query.expect("a tree").without_spans()).collect()
    };
    assert_eq!(trees(text), trees(formatted), "{name}: another tree");
    assert_eq!(comments(text), comments(formatted), "{name}: other comments");
    assert!(formatted.ends_with('\n') && !formatted.ends_with("\n\n"), "{name}: the end");
    let in_strings = text.contains("```");
    for line in formatted.lines() {
        assert!(in_strings || line.trim_end() == line, "{name}: blanks behind {line:?}");
        let code = line.split("//").next().unwrap_or_default().trim_end();
        assert!(code.chars().count() <= 100, "{name}: {} characters: {line}", code.chars().count());
        assert!(line.matches(" | ").count() <= 1 || line.contains('"'), "{name}: two stages on one line: {line}");
    }
}

fn comments(text: &str) -> Vec<String> {
    let of = |text: &str, query: &Query| -> Vec<String> {
        query.comments.iter().map(|comment| comment.of(text).trim_end().to_owned()).collect()
    };
    split_queries(text)
        .iter()
        .flat_map(|(span, parsed)| of(span.of(text), parsed.query.as_ref().expect("a tree")))
        .collect()
}

fn fmt(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(assert_cmd::cargo::cargo_bin!("kqlc"))
        .current_dir(folder)
        .arg("fmt")
        .args(arguments)
        .output()
        .expect("it runs")
}

fn told(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("a file");
    }
    folder
}

const RULE: &str = "# a rule\nid: 1\nquery: |-   # keep\n    T|count\nkind: NRT\n";
const FORMATTED_RULE: &str = "# a rule\nid: 1\nquery: |-   # keep\n    T\n    | count\nkind: NRT\n";

#[test]
fn files_are_written_in_place_once() {
    let folder = folder(&[("a.kql", b"T|count\n"), ("b.yaml", RULE.as_bytes()), ("c.kql", b"T\n| count\n")]);
    assert_eq!(told(&fmt(folder.path(), &["."])), (Some(0), "", "2 files formatted, 1 unchanged\n"));
    assert_eq!(fs::read_to_string(folder.path().join("a.kql")).unwrap(), "T\n| count\n");
    assert_eq!(fs::read_to_string(folder.path().join("b.yaml")).unwrap(), FORMATTED_RULE);
    assert_eq!(told(&fmt(folder.path(), &["."])), (Some(0), "", "3 files unchanged\n"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left behind");
}

#[test]
fn encodings_marks_and_line_breaks_stay() {
    let utf16 = |text: &str| -> Vec<u8> {
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    let cases: [(&[u8], &[u8]); 4] = [
        (b"\xEF\xBB\xBFT|count\r\n", b"\xEF\xBB\xBFT\r\n| count\r\n"),
        (&utf16("T|where a=='\u{e9}'\r\n"), &utf16("T\r\n| where a == '\u{e9}'\r\n")),
        (b"T // \x96\n|count", b"T // \x96\n| count"),
        (b"T|where a == '\xC3\xA9'", b"T\n| where a == '\xC3\xA9'"),
    ];
    for (before, after) in cases {
        let folder = folder(&[("a.kql", before)]);
        assert_eq!(told(&fmt(folder.path(), &["-q", "a.kql"])), (Some(0), "", ""));
        assert_eq!(fs::read(folder.path().join("a.kql")).unwrap(), after);
    }
    let folder = folder(&[("a.yaml", RULE.replace('\n', "\r\n").as_bytes())]);
    assert_eq!(fmt(folder.path(), &["a.yaml"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).unwrap(), FORMATTED_RULE.replace('\n', "\r\n"));
}

#[test]
fn check_and_diff_write_nothing() {
    let folder = folder(&[("a.kql", b"T|count\n"), ("b.kql", b"T\n| count\n")]);
    let before = fs::metadata(folder.path().join("a.kql")).unwrap().modified().unwrap();
    assert_eq!(
        told(&fmt(folder.path(), &["--check", "a.kql", "b.kql"])),
        (Some(1), "a.kql\n", "1 file to be formatted, 1 unchanged\n")
    );
    let diff = "--- a.kql\n+++ a.kql\n@@ -1 +1,2 @@\n-T|count\n+T\n+| count\n";
    assert_eq!(told(&fmt(folder.path(), &["-q", "--diff", "a.kql", "b.kql"])), (Some(1), diff, ""));
    assert_eq!(told(&fmt(folder.path(), &["-q", "--check", "b.kql"])), (Some(0), "", ""));
    assert_eq!(fs::metadata(folder.path().join("a.kql")).unwrap().modified().unwrap(), before);
}

#[test]
fn faults_are_told_and_their_files_stay() {
    let folded = "id: 1\nquery: >\n  T\n  |count\nkind: NRT\n";
    let folder = folder(&[("a.kql", b"T|where (\n"), ("b.yaml", folded.as_bytes()), ("c.kql", b"T|count")]);
    let output = fmt(folder.path(), &["."]);
    let (code, out, err) = told(&output);
    assert_eq!((code, out), (Some(1), ""));
    assert!(err.contains("K0012") && err.contains("a.kql:1:9") && err.contains("`|`"), "{err}");
    assert!(err.ends_with("1 file formatted, 2 left alone because of errors\n"), "{err}");
    assert_eq!(fs::read(folder.path().join("a.kql")).unwrap(), b"T|where (\n");
    assert_eq!(fs::read_to_string(folder.path().join("b.yaml")).unwrap(), folded);
    assert_eq!(fs::read(folder.path().join("c.kql")).unwrap(), b"T\n| count");
    assert_eq!(fmt(folder.path(), &["gone.kql"]).status.code(), Some(2));
}

#[test]
fn standard_input_comes_back_on_standard_output() {
    for (arguments, input, expected, code) in [
        (&["-"][..], "T|count\n", "T\n| count\n", 0),
        (&["-"], "T\n| count", "T\n| count", 0),
        (&["-", "--stdin-name", "x.yaml"], RULE, FORMATTED_RULE, 0),
        (&["-", "--check"], "T|count\n", "-\n", 1),
        (&["-"], "T|where (", "", 1),
    ] {
        let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("kqlc"));
        let assert = command.arg("fmt").args(arguments).write_stdin(input).assert();
        assert.code(code).stdout(expected);
    }
}

#[cfg(unix)]
#[test]
fn permissions_stay_links_stay_and_read_only_files_are_not_written() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let folder = folder(&[("a.kql", b"T|count\n"), ("locked.kql", b"T|count\n")]);
    let path = |name: &str| folder.path().join(name);
    fs::set_permissions(path("a.kql"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::set_permissions(path("locked.kql"), fs::Permissions::from_mode(0o440)).unwrap();
    symlink(path("a.kql"), path("link.kql")).unwrap();
    assert_eq!(fmt(folder.path(), &["link.kql"]).status.code(), Some(0));
    assert!(fs::symlink_metadata(path("link.kql")).unwrap().is_symlink());
    assert_eq!(fs::metadata(path("a.kql")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read(path("a.kql")).unwrap(), b"T\n| count\n");
    let output = fmt(folder.path(), &["-q", "locked.kql"]);
    assert_eq!(told(&output), (Some(2), "", "kqlc: error: locked.kql: cannot write: the file is read-only\n"));
    assert_eq!(fs::read(path("locked.kql")).unwrap(), b"T|count\n");
}

/// Every form of the grammar comes out as the same query, also from one line a word.
#[test]
fn every_form_of_the_grammar_stays_the_same_query() {
    let forms = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/grammar.txt")).unwrap();
    let mut count = 0;
    for form in forms.lines().filter_map(|line| line.strip_prefix("ok ")) {
        let formatted = format_text(form).unwrap_or_else(|errors| panic!("{form}: {errors:?}"));
        assert_eq!(format_text(&formatted).as_ref(), Ok(&formatted), "{form}: formatting again changes it");
        let spread = form.replace(' ', "\n // c\n ");
        match format_text(&spread) {
            Ok(formatted) => assert_eq!(format_text(&formatted).as_ref(), Ok(&formatted), "{spread}"),
            // Where a blank is part of a word, a comment is no query.
            Err(errors) => assert!(errors.iter().all(|error| error.code.id != "K0013"), "{spread}: {errors:?}"),
        }
        count += 1;
    }
    assert!(count > 300, "{count}");
}
