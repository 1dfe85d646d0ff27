//! The rules of the project are proven, for every target that does not refuse them.

#![allow(clippy::unwrap_used, reason = "tests: what fails here fails the test")]

use std::path::{Path, PathBuf};

use kqlc::cli::input::Input;
use kqlc::cli::prove::{EventOptions, proofs};
use kqlc::cli::queries::Content;
use kqlc::eval::{Engine, Options};
use kqlc::ir::{Query, pass};
use kqlc::prove::{Case, Given, Proof, Scenario, Verdict};
use kqlc::rule::Rule;
use kqlc::schema::{Dialect, Schemas};
use kqlc::target::{self, RuleInfo, registry};
use rayon::prelude::*;

/// A rule with the events it is proven on.
pub(crate) struct Subject {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) query: Query,
    pub(crate) rule: Option<Rule>,
    pub(crate) scenarios: Vec<Scenario>,
}

impl Subject {
    /// What a proof of it needs.
    pub(crate) fn given<'a>(&'a self, schemas: &'a Schemas, engine: &'a Engine) -> Given<'a> {
        Given {
            query: &self.query,
            source: &self.query,
            text: &self.text,
            info: RuleInfo { rule: self.rule.as_ref() },
            schemas,
            options: target::Options::default(),
            engine,
            scenarios: &self.scenarios,
            // How long it takes is measured elsewhere.
            until: None,
        }
    }
}

pub(crate) fn engine() -> Engine {
    Engine::new(Options { partitions: 1, threads: Some(2), ..Options::at(0) }).unwrap()
}

/// Every rule of the project.
pub(crate) fn rules(schemas: &Schemas, engine: &Engine) -> Vec<Subject> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.to_string_lossy().ends_with(".test.yaml"));
    paths.sort();
    let subject = |path: PathBuf| {
        let text = Input::File(path.clone()).read().unwrap();
        let mut content = Content::with_meaning(&text, schemas);
        let found = content.queries.remove(0);
        let mut query = found.bound.unwrap().query.unwrap();
        pass::simplify(&mut query);
        let refused = registry::TARGETS.iter().all(|target| {
            let (fidelity, _) = target.fidelity(&query, &RuleInfo::default(), &target::Options::default()).unwrap();
            fidelity == target::Fidelity::Refused
        });
        let scenarios =
            if refused { Ok(Vec::new()) } else { EventOptions::default().scenarios(&path, &query, schemas, engine) };
        let scenarios = scenarios.unwrap();
        let rule = (!content.rules.is_empty()).then(|| content.rules.remove(0));
        Subject { path, text: found.text, query, rule, scenarios }
    };
    paths.into_iter().map(subject).collect()
}

/// How many translations there are at least: one that is refused from now on is no proof.
const PROVEN: usize = 83;

#[test]
fn every_translation_of_a_rule_is_proven() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let engine = engine();
    let subjects = rules(&schemas, &engine);
    let all: Vec<(String, Proof)> = subjects
        .par_iter()
        .flat_map(|subject| {
            let name = subject.path.file_stem().unwrap().to_string_lossy().into_owned();
            let proofs = proofs(&subject.given(&schemas, &engine), registry::TARGETS).unwrap();
            proofs.into_iter().map(|proof| (name.clone(), proof)).collect::<Vec<_>>()
        })
        .collect();
    let of = |verdict: Verdict| -> Vec<(&str, &str, Option<&str>)> {
        let fitting = all.iter().filter(|(_, proof)| proof.verdict == verdict);
        fitting.map(|(name, proof)| (name.as_str(), proof.target, proof.reason.as_deref())).collect()
    };
    assert_eq!(of(Verdict::Refuted), [], "a fault to be mended, in the translation or in what judges it");
    assert_eq!(of(Verdict::Untested), [], "events that show the difference are missing");
    let proven = of(Verdict::Proven).len();
    assert!(proven >= PROVEN, "{proven} are proven");
}

/// A query with the events that are made of it.
pub(crate) fn subject(text: &str, schemas: &Schemas, engine: &Engine) -> Subject {
    let tree = kqlc::syntax::parse(text).query.unwrap();
    let mut query = kqlc::bind::bind(&tree, schemas).query.unwrap();
    pass::simplify(&mut query);
    let path = PathBuf::from("query.kql");
    let scenarios = EventOptions::default().scenarios(&path, &query, schemas, engine).unwrap();
    Subject { path, text: text.to_owned(), query, rule: None, scenarios }
}

/// The proof of a query for Splunk.
fn of_splunk(text: &str, schemas: &Schemas, engine: &Engine) -> Proof {
    let subject = subject(text, schemas, engine);
    proofs(&subject.given(schemas, engine), &[target::find("splunk").unwrap()]).unwrap().remove(0)
}

/// Each of these was refuted, some by what judged it.
#[test]
fn what_was_refuted_is_not() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let engine = engine();
    for text in [
        // The sets of events were not kept apart.
        "AuditLogs | where OperationName has 'owner' | mv-apply p = TargetResources on (summarize m = \
            make_bag(bag_pack(tostring(p.displayName), tostring(p.newValue)))) | project TimeGenerated, OperationName",
        // Which record of a key is taken is open in KQL.
        "SigninLogs | where ResultType == '0' | project Started = TimeGenerated, UserPrincipalName, IPAddress, \
            First = AppDisplayName | join kind=inner (SigninLogs | where ResultType == '1' | project UserPrincipalName, \
            IPAddress, Second = AppDisplayName) on UserPrincipalName, IPAddress | where First != Second | summarize \
            Started = min(Started) by UserPrincipalName, First, IPAddress | join (SigninLogs | summarize count() by \
            First = AppDisplayName | where count_ <= 5) on First | project UserPrincipalName, Started, First",
        // The empty text is found in a value that is missing.
        "let seen = materialize(IdentityQueryEvents | where TimeGenerated > ago(30d) and QueryType == 'x' | summarize \
            make_set(DeviceName)); IdentityQueryEvents | where TimeGenerated > ago(1d) and QueryType == 'x' \
            | where not(DeviceName has_any (seen))",
        // The last instant of a day is rounded to the first of the next.
        "SecurityAlert | where TimeGenerated between (startofday(datetime(2024-02-01)) .. endofday(datetime(2024-02-05))) \
            | where AlertName == 'x' | extend t = TimeGenerated",
        // An instant inside of JSON is a text.
        "AWSCloudTrail | where EventName == 'x' | project TimeGenerated, EventName | extend all = pack_all() \
            | extend t = tostring(all.TimeGenerated) | project t",
    ] {
        let proof = of_splunk(text, &schemas, &engine);
        assert!(!matches!(proof.verdict, Verdict::Refuted | Verdict::Refused), "{text}\n{proof:?}");
    }
}

#[test]
fn what_decides_in_a_query_is_seen_deciding() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let engine = engine();
    let known = "let known = SigninLogs | where TimeGenerated between (ago(30d) .. ago(1d)) | where ResultType == '0' \
        | distinct AppDisplayName;";
    for (text, targets) in [
        // Nothing leaves an event out.
        ("SigninLogs | project Identity, ResultType", "splunk,esql"),
        ("SigninLogs | summarize n = count() by Identity", "splunk,esql"),
        ("SigninLogs | where ResultType == '0' | summarize n = count()", "splunk,esql"),
        // A value that is carried is no condition.
        ("IdentityInfo | summarize arg_max(TimeGenerated, IsAccountEnabled) by AccountUPN", "splunk"),
        // A record is counted by several conditions.
        (
            "SigninLogs | summarize a = count(), b = countif(ResultType == '5' and AppId == 'x') by Identity",
            "splunk,esql",
        ),
        // What has not been seen before.
        (
            &format!(
                "{known} SigninLogs | where TimeGenerated > ago(1d) | where ResultType == '0' \
                 | where AppDisplayName !in (known) | project TimeGenerated, AppDisplayName"
            ),
            "splunk",
        ),
        (
            "SigninLogs | where TimeGenerated between (ago(30d) .. ago(1d)) | where ResultType == '0' | distinct IPAddress \
             | join kind=rightanti (SigninLogs | where TimeGenerated > ago(1d) | where ResultType == '7') on IPAddress \
             | project TimeGenerated, IPAddress",
            "splunk",
        ),
    ] {
        let subject = subject(text, &schemas, &engine);
        let targets: Vec<_> = targets.split(',').map(|name| target::find(name).unwrap()).collect();
        for proof in proofs(&subject.given(&schemas, &engine), &targets).unwrap() {
            assert_eq!(proof.verdict, Verdict::Proven, "{text}: {proof:?}");
        }
    }
}

#[test]
fn a_translation_of_a_rule_that_keeps_all_events_must_not_leave_any_out() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let engine = engine();
    for (rule, faulty) in [
        ("SigninLogs | project Identity, ResultType", "SigninLogs | take 1 | project Identity, ResultType"),
        (
            "SigninLogs | project Identity, ResultType",
            "SigninLogs | where Identity == 'x' | project Identity, ResultType",
        ),
        ("SigninLogs | summarize n = count()", "print n = 1"),
        ("print n = 1", "print n = 2"),
    ] {
        let (rule, faulty) = (subject(rule, &schemas, &engine), subject(faulty, &schemas, &engine));
        let target = target::find("splunk").unwrap();
        let given = rule.given(&schemas, &engine);
        let conversion = target.convert(&faulty.query, &RuleInfo::default(), &target::Options::default()).unwrap();
        let proof = Case::new(given).unwrap().judge(target, &conversion).unwrap();
        assert_eq!(proof.verdict, Verdict::Refuted, "{}: {proof:?}", rule.text);
    }
}
