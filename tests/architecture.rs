//! The arrows between modules run one way: what each may use is said here and held against the source.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where modules are: those of the package `core`, and the others.
const ROOTS: [&str; 2] = ["core/src", "src"];

/// Each module and what it may use. A module may use itself; `cli` may use all.
const MAY_USE: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("literal", &[]),
    ("words", &[]),
    ("peg", &[]),
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("yaml", &["source", "diagnostic"]),
    ("rule", &["source", "diagnostic", "yaml"]),
    ("syntax", &["source", "diagnostic", "literal", "words", "peg"]),
    ("schema", &["source", "diagnostic", "yaml", "types"]),
    ("functions", &["types"]),
    ("ir", &["source", "types", "literal", "functions", "schema"]),
    ("bind", &["source", "diagnostic", "types", "literal", "syntax", "schema", "functions", "ir"]),
    ("format", &["source", "diagnostic", "rule", "syntax"]),
    (
        "lint",
        &[
            "source",
            "diagnostic",
            "yaml",
            "rule",
            "types",
            "literal",
            "syntax",
            "schema",
            "functions",
            "ir",
            "bind",
            "target",
        ],
    ),
    ("target", &["source", "diagnostic", "types", "literal", "words", "functions", "ir", "rule"]),
    ("package", &["source", "rule", "ir", "target"]),
    ("read", &["source", "diagnostic", "yaml", "types", "literal", "functions", "ir", "peg"]),
    ("naturalise", &["source", "types", "literal", "schema", "functions", "ir", "target", "read"]),
    ("eval", &["source", "types", "literal", "functions", "ir"]),
    ("replay", &["source", "types", "literal", "functions", "ir"]),
    ("prove", &["source", "types", "literal", "functions", "ir", "schema", "target", "read", "replay", "eval"]),
];

fn files(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder of the source").flatten() {
            files(&entry.path(), into);
        }
    } else if path.extension().is_some_and(|ending| ending == "rs") {
        into.push(path.to_owned());
    }
}

/// The names that follow `crate::` in a text, in code and in `use` lines with braces; comments do not count.
fn used(text: &str) -> BTreeSet<String> {
    // Tests may put the whole way together.
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let list = rest
            .strip_prefix('{')
            .map_or_else(|| rest.to_owned(), |inner| inner.split('}').next().unwrap_or_default().to_owned());
        let braces = rest.starts_with('{');
        for item in list.split(',').take(if braces { usize::MAX } else { 1 }) {
            let name: String = item.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                used.insert(name);
            }
        }
    }
    used
}

#[test]
fn modules_use_only_what_they_may() {
    let mut wrong = Vec::new();
    for (module, may_use) in MAY_USE {
        let mut paths = Vec::new();
        for root in ROOTS.iter().flat_map(|root| [format!("{root}/{module}"), format!("{root}/{module}.rs")]) {
            if Path::new(&root).exists() {
                files(Path::new(&root), &mut paths);
            }
        }
        assert!(!paths.is_empty(), "{module} is nowhere");
        for path in paths.into_iter().filter(|path| {
            !path.iter().any(|part| ["tests", "tests.rs", "testing.rs"].iter().any(|name| part == *name))
        }) {
            let text = std::fs::read_to_string(&path).expect("a source file");
            for name in used(&text) {
                // A capital is a macro or an item of the root, of which there are none.
                if name != *module && !may_use.contains(&name.as_str()) && name != "cli" {
                    wrong.push(format!("{} uses {name}", path.display()));
                }
                if name == "cli" && *module != "cli" {
                    wrong.push(format!("{} uses cli", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_row_and_there_are_no_circles() {
    let texts = ROOTS.map(|root| std::fs::read_to_string(format!("{root}/lib.rs")).expect("a library's root"));
    let modules: Vec<&str> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .filter(|name| *name != "cli")
        .collect();
    assert!(modules.len() > 20, "{modules:?}");
    for module in modules {
        assert!(MAY_USE.iter().any(|(name, _)| *name == module), "{module} has no row");
    }
    // Rows stand behind those they use, or may use only what stands before them, so there can be no circle.
    let mut rest: Vec<_> = MAY_USE.iter().collect();
    while !rest.is_empty() {
        let before = rest.len();
        let open: Vec<&str> = rest.iter().map(|(name, _)| *name).collect();
        rest.retain(|(_, may_use)| may_use.iter().any(|name| open.contains(name)));
        assert!(rest.len() < before, "a circle among {open:?}");
    }
}

#[test]
fn the_parser_is_named_where_it_is_used() {
    // DataFusion stays behind `eval`, pest behind the modules that own a grammar and the one that parses by it.
    let mut paths = Vec::new();
    for root in ROOTS {
        files(Path::new(root), &mut paths);
    }
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let name = path.display().to_string();
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        if code.contains("datafusion") {
            assert!(name.starts_with("src/eval"), "{name} names DataFusion");
        }
        if code.contains("pest::") {
            let may = ["core/src/peg", "core/src/syntax", "src/read"].iter().any(|module| name.starts_with(module));
            assert!(may, "{name} names pest");
        }
    }
}

/// What has to pass is the same here and on the public repository.
#[test]
fn the_workflow_has_the_steps_of_the_local_run() {
    let run = std::fs::read_to_string(".ci/run").expect("the local run");
    let workflow = std::fs::read_to_string(".github/workflows/ci.yml").expect("the workflow");
    let steps: Vec<&str> =
        run.lines().filter_map(|line| line.strip_prefix("step \"")?.split_once("\" ")).map(|s| s.1).collect();
    assert!(steps.len() > 8, "{steps:?}");
    for step in steps {
        // What follows the environment and the bar, or the script that a function of the run calls.
        let step =
            step.replace("env RUSTDOCFLAGS=\"-D warnings\" ", "").replace("\"$CARGO_TARGET_DIR/debug/kqlc\" ", "kqlc ");
        let words: Vec<&str> = step.split(' ').collect();
        let wanted = match words.as_slice() {
            ["cargo", ..] => format!("run: {step}\n"),
            ["kqlc", ..] => step.clone(),
            [script, ..] if script.starts_with(".ci/") => format!("run: {script}\n"),
            ["corpus_tests", ..] => "--test corpus".to_owned(),
            ["evaluator_corpus_tests", ..] => continue,
            ["reading", language, ..] => format!("read.py\" --from {language}"),
            ["judge" | "found_by", name] => format!("{} {name}\n", words[0]),
            ["check", script, ..] | [script, ..] => format!("{script}.py"),
            [] => continue,
        };
        assert!(workflow.contains(&wanted), "the workflow lacks `{step}`");
    }
}
