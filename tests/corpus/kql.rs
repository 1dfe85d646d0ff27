//! KQL written anew: real queries mean the same when they are read again, and other people's rules become queries that
//! Sentinel would take.

use std::collections::BTreeMap;

use kqlc::bind::bind;
use kqlc::diagnostic::Severity;
use kqlc::ir::{Query, pass::simplify};
use kqlc::naturalise::{Options, naturalise};
use kqlc::read::{self, Language, Macros};
use kqlc::schema::Schemas;
use kqlc::source::SourceFile;
use kqlc::target::{Fields, RuleInfo, registry};

/// What a text means, and whether nothing is wrong with it but names that nothing here knows.
fn meant(text: &str, schemas: &Schemas) -> Option<Query> {
    let parsed = kqlc::syntax::parse(text);
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let bound = bind(&parsed.query?, schemas);
    let unknown = ["K2001", "K2002", "K2003"];
    let wrong = bound.diagnostics.iter().any(|d| d.severity == Severity::Error && !unknown.contains(&d.code.id));
    let mut query = bound.query.filter(|_| !wrong)?;
    simplify(&mut query);
    Some(query)
}

/// A plan in KQL.
fn written(query: &Query) -> Option<String> {
    let options = kqlc::target::Options::default();
    registry::OWN.convert(query, &RuleInfo::default(), &options).expect("data").output
}

/// The plan as text, its columns numbered in the order in which they come.
fn numbered(query: &Query) -> String {
    let text = query.to_string();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('#') {
        let digits = rest[at + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let (head, tail) = rest.split_at(at + 1 + digits);
        out.push_str(&head[..=at]);
        if digits > 0 {
            let next = seen.len();
            out.push_str(&seen.entry(&head[at + 1..]).or_insert(next).to_string());
        }
        rest = tail;
    }
    out + rest
}

#[test]
#[ignore = "needs the corpus"]
fn real_queries_are_written_anew() {
    let schemas = Schemas::default();
    let (mut all, mut again, mut same) = (0, 0, 0);
    let mut wrong = Vec::new();
    for entry in super::index(&super::corpus().join("dev/index.jsonl")) {
        let (Some(text), Some(file)) = (entry["query"].as_str(), entry["file"].as_str()) else { continue };
        let Some(query) = meant(text, &schemas) else { continue };
        all += 1;
        let Some(first) = written(&query) else {
            println!("{file}: refused");
            continue;
        };
        let Some(reread) = meant(&first, &schemas) else {
            wrong.push(format!("{file}: what is written cannot be read"));
            continue;
        };
        again += 1;
        if written(&reread).as_deref() != Some(&first) {
            println!("{file}: another text the second time");
        }
        same += usize::from(numbered(&query) == numbered(&reread));
    }
    println!("{all} queries, {again} written and read again, {same} with the very same plan");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(all > 250 && again * 100 >= all * 99 && same * 100 >= all * 96, "{all} {again} {same}");
}

/// The rules of a file that become queries; each is read and bound again.
fn become_queries(language: Language, file: &str, least: usize) {
    let folder = super::corpus().join("targets");
    let reading = read::Options { macros: Macros::read(&folder.join("spl-macros.json")).expect("the macros") };
    let schemas = Schemas::default();
    let options = Options { schemas: &schemas, fields: Fields::Siem, table: None, language, reading: &reading };
    let (mut all, mut good) = (0, 0);
    for entry in super::index(&folder.join(file)) {
        let (text, path) = (entry["text"].as_str().expect("a text"), entry["path"].as_str().expect("a path"));
        for found in read::read(language, &SourceFile::from_text(path, text), &reading) {
            all += 1;
            let Some(query) = found.query else { continue };
            let Ok(natural) = naturalise(&query, &options).expect("data") else { continue };
            let mut query = natural.query;
            simplify(&mut query);
            let Some(output) = written(&query) else { continue };
            let parsed = kqlc::syntax::parse(&output);
            assert!(parsed.diagnostics.is_empty(), "{path}\n{output}\n{:?}", parsed.diagnostics);
            let bound = bind(&parsed.query.expect("a query"), &schemas);
            // Where the binder has something against it, the conversion is refused.
            good += usize::from(bound.diagnostics.iter().all(|d| d.severity != Severity::Error));
        }
    }
    println!("{}: {good} of {all} become queries", language.name());
    assert!(good * 100 >= all * least, "{good} of {all}");
}

#[test]
#[ignore = "needs the corpus"]
fn published_rules_of_sigma_become_queries() {
    become_queries(Language::Sigma, "sigma.jsonl", 65);
}

#[test]
#[ignore = "needs the corpus"]
fn published_searches_of_splunk_become_queries() {
    become_queries(Language::Splunk, "spl.jsonl", 10);
}
