//! `kqlc prove`: whether translations find what the rules find.

mod events;
mod report;
mod typed;

use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

pub use self::events::EventOptions;
use super::Global;
use super::convert::{known_target, prepared};
use super::files::{Flow, over_files};
use super::input::{Paths, Text};
use super::output::{Exit, Output, complain};
use super::queries::{Content, Query};
use super::schemas::SchemaOptions;
use crate::eval::{self, Engine};
use crate::prove::{Case, Given, Proof, Scenario, Verdict};
use crate::schema::Schemas;
use crate::target::{self, Fidelity, Fields, Options, Prefer, RuleInfo, Target, registry};

/// Arguments of `kqlc prove`.
#[derive(Debug, clap::Args)]
pub struct Prove {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    schemas: SchemaOptions,
    /// Which translations to prove: one target or several, parted by commas; all without it
    #[arg(long, value_delimiter = ',', value_name = "TARGET", value_parser = known_target)]
    to: Vec<&'static str>,
    #[command(flatten)]
    events: EventOptions,
    /// Whose field names the translation uses
    #[arg(long, value_enum, default_value_t)]
    fields: Fields,
    /// Which form to take where the exact one is clumsy
    #[arg(long, value_enum, default_value_t)]
    prefer: Prefer,
    /// The most seconds that are spent on a rule
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    time: u64,
    /// How results are written; `json` gives one object a line, a query and target
    #[arg(long, value_enum, default_value_t)]
    format: ProveFormat,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum ProveFormat {
    /// For people: a line a query and target, and where they part.
    #[default]
    Text,
    /// For programs: one object a line.
    Json,
}

/// A proof with what it is about.
#[derive(Debug, Serialize)]
struct Told<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<usize>,
    #[serde(flatten)]
    proof: Proof,
}

/// What every file is proven with.
struct Work<'a> {
    schemas: &'a Schemas,
    engine: Engine,
    targets: Vec<&'static dyn Target>,
}

/// What a file gives.
#[derive(Default)]
struct Chunk {
    text: String,
    counts: [usize; 4],
    error: Option<String>,
}

impl Prove {
    /// Proves, and writes the results.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let Some(schemas) = self.schemas.load() else { return Exit::Failed };
        // One part, since a proof runs many small queries and not one large one.
        let engine = match Engine::new(eval::Options { partitions: 1, threads: Some(2), ..eval::Options::at(0) }) {
            Ok(engine) => engine,
            Err(error) => {
                complain(error.told());
                return Exit::Failed;
            }
        };
        let names = if self.to.is_empty() { registry::names().collect() } else { self.to.clone() };
        let targets = names.iter().filter_map(|name| target::find(name)).collect();
        let work = Work { schemas: &schemas, engine, targets };
        let mut counts = [0; 4];
        let mut worst = Exit::Clean;
        let exit = over_files(
            &self.paths,
            global,
            |text| self.file(text, &work),
            |chunk| {
                for (all, more) in counts.iter_mut().zip(chunk.counts) {
                    *all += more;
                }
                if let Some(error) = chunk.error {
                    complain(error);
                    worst = Exit::Failed;
                }
                Flow::from(out.write_all(chunk.text.as_bytes()))
            },
        );
        let [proven, untested, refuted, refused] = counts;
        if !global.quiet && self.format == ProveFormat::Text {
            // The output tells its error when it is finished.
            let _ = writeln!(out, "{proven} proven, {untested} untested, {refuted} refuted, {refused} refused");
        }
        exit.max(worst).max(if refuted > 0 { Exit::Findings } else { Exit::Clean })
    }

    fn file(&self, text: &Text, work: &Work<'_>) -> Chunk {
        let content = Content::with_meaning(text, work.schemas);
        let mut chunk = Chunk::default();
        let several = content.queries.len() > 1;
        for (index, query) in content.queries.iter().enumerate() {
            let rule = query.rule.and_then(|index| content.rules.get(index));
            match self.query(text, query, RuleInfo { rule }, work) {
                Ok(proofs) => {
                    for proof in proofs {
                        chunk.counts[proof.verdict as usize] += 1;
                        let told = Told { path: text.file.name(), query: several.then_some(index), proof };
                        chunk.text.push_str(&match self.format {
                            ProveFormat::Text => report::text(&told),
                            ProveFormat::Json => report::json(&told),
                        });
                    }
                }
                Err(error) => {
                    chunk.error = Some(format!("{}: {error}", text.file.name()));
                    break;
                }
            }
        }
        chunk
    }

    /// The proofs of a query, one a target.
    fn query(&self, text: &Text, query: &Query, info: RuleInfo<'_>, work: &Work<'_>) -> Result<Vec<Proof>, String> {
        let ir = match prepared(query) {
            Ok(ir) => ir,
            Err(losses) => {
                let reason = losses.first().map(|loss| loss.message.clone());
                return Ok(work
                    .targets
                    .iter()
                    .map(|target| without(*target, Verdict::Refused, reason.clone()))
                    .collect());
            }
        };
        let options = Options { fields: self.fields, prefer: self.prefer };
        // Events are made only where there is something to prove.
        let mut refused = Vec::new();
        for target in &work.targets {
            let (fidelity, losses) = target.fidelity(&ir, &info, &options).map_err(|error| error.to_string())?;
            if fidelity == Fidelity::Refused {
                let reason = losses.into_iter().find(|loss| loss.fidelity == fidelity).map(|loss| loss.message);
                refused.push(without(*target, Verdict::Refused, reason));
            }
        }
        if refused.len() == work.targets.len() {
            return Ok(refused);
        }
        let path = Path::new(text.file.name());
        let mut scenarios = self.events.scenarios(path, &ir, work.schemas, &work.engine)?;
        let typed = match typed::of(query, &ir, &mut scenarios, work.schemas) {
            Ok(typed) => typed,
            Err(reason) => {
                let is_refused = |target: &dyn Target| refused.iter().any(|proof| proof.target == target.name());
                let others = work.targets.iter().filter(|target| !is_refused(**target));
                let proofs = others.map(|target| without(*target, Verdict::Untested, Some(reason.to_owned())));
                return Ok(proofs.collect::<Vec<_>>().into_iter().chain(refused).collect());
            }
        };
        let (run, schemas) = typed.as_ref().map_or((&ir, work.schemas), |(query, schemas)| (query, schemas));
        let given = Given {
            query: run,
            source: &ir,
            text: &query.text,
            info,
            schemas,
            options,
            engine: &work.engine,
            scenarios: &scenarios,
            until: Some(Instant::now() + Duration::from_secs(self.time)),
        };
        proofs(&given, &work.targets).map_err(|error| error.to_string())
    }
}

/// The proofs of a rule, one a target.
///
/// # Errors
/// What is wrong with a target's data files.
pub fn proofs(given: &Given<'_>, targets: &[&'static dyn Target]) -> Result<Vec<Proof>, target::DataError> {
    // Most targets can tell the same events apart, and the rule is run once for all of these.
    let mut sets: Vec<Vec<Scenario>> = Vec::new();
    let mut of = Vec::with_capacity(targets.len());
    for target in targets {
        let set = given.fitted(*target)?;
        of.push(sets.iter().position(|known| *known == set).unwrap_or_else(|| {
            sets.push(set);
            sets.len() - 1
        }));
    }
    let mut cases: Vec<Option<Result<Case<'_>, String>>> = sets.iter().map(|_| None).collect();
    let mut proofs = Vec::new();
    for (target, at) in targets.iter().zip(of) {
        let case = cases[at].get_or_insert_with(|| Case::new(Given { scenarios: &sets[at], ..*given }));
        proofs.push(match case {
            Ok(case) => case.prove(*target)?,
            Err(reason) => unrun(given, *target, reason)?,
        });
    }
    Ok(proofs)
}

/// The verdict on a rule that does not run.
fn unrun(given: &Given<'_>, target: &'static dyn Target, reason: &str) -> Result<Proof, target::DataError> {
    let (fidelity, losses) = target.fidelity(given.source, &given.info, &given.options)?;
    if fidelity == Fidelity::Refused {
        let reason = losses.into_iter().find(|loss| loss.fidelity == fidelity).map(|loss| loss.message);
        return Ok(without(target, Verdict::Refused, reason));
    }
    Ok(Proof { fidelity, ..without(target, Verdict::Untested, Some(reason.to_owned())) })
}

fn without(target: &'static dyn Target, verdict: Verdict, reason: Option<String>) -> Proof {
    let fidelity = Fidelity::Refused;
    Proof {
        target: target.name(),
        fidelity,
        verdict,
        events: 0,
        groups: 0,
        first_difference: None,
        implied: Vec::new(),
        reason,
    }
}
