//! The rules of the project are proven, for every target that does not refuse them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kqlc::cli::input::Input;
use kqlc::cli::prove::{EventOptions, proofs};
use kqlc::cli::queries::Content;
use kqlc::eval::{Engine, Options};
use kqlc::ir::{Query, pass};
use kqlc::prove::{Given, Proof, Scenario, Verdict};
use kqlc::rule::Rule;
use kqlc::schema::{Dialect, Schemas};
use kqlc::target::{self, RuleInfo, registry};
use rayon::prelude::*;

/// A rule with the events it is proven on.
pub struct Subject {
    pub path: PathBuf,
    pub text: String,
    pub query: Query,
    pub rule: Option<Rule>,
    pub scenarios: Vec<Scenario>,
}

impl Subject {
    /// What a proof of it needs.
    pub fn given<'a>(&'a self, schemas: &'a Schemas, engine: &'a Engine) -> Given<'a> {
        Given {
            query: &self.query,
            text: &self.text,
            info: RuleInfo { rule: self.rule.as_ref() },
            schemas,
            options: target::Options::default(),
            engine,
            scenarios: &self.scenarios,
            until: Some(Instant::now() + Duration::from_secs(60)),
        }
    }
}

pub fn engine() -> Engine {
    Engine::new(Options { partitions: 1, threads: Some(2), ..Options::at(0) }).unwrap()
}

/// Every rule of the project.
pub fn rules(schemas: &Schemas, engine: &Engine) -> Vec<Subject> {
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

/// What is not proven, and why: by rule and target.
const OPEN: &[(&str, &str, &str)] = &[];

#[test]
fn every_rule_is_proven_for_every_target_that_does_not_refuse() {
    let schemas = Schemas::builtin(Dialect::Sentinel);
    let engine = engine();
    let subjects = rules(&schemas, &engine);
    let all: Vec<(String, Proof)> = subjects
        .par_iter()
        .flat_map(|subject| {
            let name = subject.path.file_stem().unwrap().to_string_lossy().into_owned();
            let made: usize =
                subject.scenarios.iter().filter(|scenario| scenario.name.ends_with(')')).map(Scenario::len).sum();
            assert!(made >= 200 || subject.scenarios.is_empty(), "{name}: {made} events were made");
            let proofs = proofs(&subject.given(&schemas, &engine), registry::TARGETS).unwrap();
            proofs.into_iter().map(|proof| (name.clone(), proof)).collect::<Vec<_>>()
        })
        .collect();
    let mut wrong = Vec::new();
    for (name, proof) in &all {
        let open = OPEN.iter().find(|(rule, target, _)| rule == name && *target == proof.target);
        match (proof.verdict, open) {
            (Verdict::Proven | Verdict::Refused, None) => {}
            (Verdict::Untested, Some((.., reason)))
                if proof.reason.as_deref().is_some_and(|why| why.contains(reason)) => {}
            (verdict, _) => wrong.push(format!("{name}, {}: {verdict:?} {:?}", proof.target, proof.reason)),
        }
    }
    let proven = all.iter().filter(|(_, proof)| proof.verdict == Verdict::Proven).count();
    assert!(wrong.is_empty() && proven > 50, "{proven} are proven, but not:\n{}", wrong.join("\n"));
}
