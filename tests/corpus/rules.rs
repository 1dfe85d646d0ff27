//! Every published rule is read, and its query is what an independent YAML library reads.

use std::collections::BTreeMap;

use kqlc::diagnostic::Severity;
use kqlc::rule::{self, FileKind};
use kqlc::source::SourceFile;

use crate::{corpus, index};

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn queries_are_what_a_yaml_library_reads() {
    let folder = corpus().join("dev");
    let (mut rules, mut characters, mut findings) = (0, 0, BTreeMap::<String, usize>::new());
    for entry in index(&folder.join("index.jsonl")) {
        let name = entry["file"].as_str().expect("a file name");
        if rule::kind_of(name) != Some(FileKind::Yaml) {
            continue;
        }
        let file = SourceFile::read(&folder.join(name)).expect("a readable file");
        let document = rule::read(&file);
        assert_eq!(document.rules.len(), 1, "{name}: {:?}", document.diagnostics);
        let query = document.rules[0].query.as_ref().expect("a query");
        assert_eq!(query.text, entry["query"].as_str().expect("a query"), "{name}");
        for (offset, character) in query.text.char_indices() {
            let there = file.text()[query.map.offset(offset)..].chars().next();
            let line_break = character == '\n' && there == Some('\r');
            let escape = there == Some('\\');
            let fold = character == ' ' && query.folds.contains(&offset);
            assert!(
                there == Some(character) || line_break || escape || fold,
                "{name} at {offset}: {there:?} for {character:?}"
            );
            characters += 1;
        }
        assert_eq!(rule::replace_query(&file, query, &query.text).expect("the same text fits"), file.text(), "{name}");
        if query.style == rule::ScalarStyle::Literal {
            let changed = format!("  // first\n\n{}", query.text);
            let written = rule::replace_query(&file, query, &changed).expect("a literal block holds any query");
            let again = rule::read(&SourceFile::from_text(name, written.clone()));
            assert_eq!(again.rules[0].query.as_ref().expect("a query").text, changed, "{name}");
            assert_eq!(again.diagnostics.len(), document.diagnostics.len(), "{name}");
            let written = SourceFile::from_text(name, written);
            let back = rule::replace_query(&written, again.rules[0].query.as_ref().expect("a query"), &query.text);
            // An empty line of a block may have blanks in the file that its value does not tell of, and the
            // indentation indicator that the changed text needed stays.
            let header = |line: &str| match line.trim_end().rsplit_once('|') {
                Some((key, columns)) if columns.parse::<u8>().is_ok() => format!("{key}|"),
                _ => line.trim_end().to_owned(),
            };
            let bare = |text: &str| text.lines().map(header).collect::<Vec<_>>().join("\n");
            assert_eq!(bare(&back.expect("the first text fits")), bare(file.text()), "{name}");
        }
        for diagnostic in &document.diagnostics {
            *findings
                .entry(format!("{} {:?} {}", diagnostic.code.id, diagnostic.severity, diagnostic.message))
                .or_default() += 1;
        }
        for unknown in &document.rules[0].unknown {
            *findings.entry(format!("unknown key {}.{}", unknown.within, unknown.name)).or_default() += 1;
        }
        rules += 1;
    }
    println!("{rules} rules, {characters} characters");
    for (finding, count) in findings {
        println!("{count:5} {finding}");
    }
    assert!(rules > 0);
}

#[test]
#[ignore = "needs KQLC_CORPUS"]
fn a_published_rule_cut_anywhere_is_read_or_refused() {
    let folder = corpus().join("dev");
    let names = index(&folder.join("index.jsonl"));
    let names = names
        .iter()
        .filter_map(|entry| entry["file"].as_str())
        .filter(|name| rule::kind_of(name) == Some(FileKind::Yaml));
    let mut cuts = 0;
    for name in names.step_by(9) {
        let file = SourceFile::read(&folder.join(name)).expect("a readable file");
        for (cut, _) in file.text().char_indices().step_by(3) {
            let document = rule::read(&SourceFile::from_text(name, &file.text()[..cut]));
            let refused = document.rules.is_empty();
            assert!(
                !refused || document.diagnostics.iter().any(|d| d.severity == Severity::Error),
                "{name} cut at {cut}"
            );
            cuts += 1;
        }
    }
    println!("{cuts} cuts");
    assert!(cuts > 1000);
}
