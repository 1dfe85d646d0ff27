//! `kqlc test`: whether rules answer as their tests expect.
//!
//! The tests of `NAME.yaml` stand beside it in `NAME.test.yaml`.

mod file;
mod judge;
mod report;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;

use self::file::Test;
pub(in crate::cli) use self::file::TestFile;
use self::judge::{Trigger, differences};
use self::report::{Outcome, ReportFormat, frame};
use super::Global;
use super::data;
use super::evaluate::{self, Failure};
use super::input::{Input, Inputs, Paths, is_test, tests_of};
use super::output::{Exit, Output, complain, hint};
use super::queries::Content;
use super::schemas::SchemaOptions;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::{Format, Renderer, Report};
use crate::eval::{Engine, Options};
use crate::schema::Schemas;
use crate::source::SourceFile;

/// Arguments of `kqlc test`.
#[derive(Debug, clap::Args)]
pub struct TestCommand {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    schemas: SchemaOptions,
    /// How results are written
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// Run only the tests whose names hold this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Also tell the tests that pass, and the rules that have none
    #[arg(long, short)]
    verbose: bool,
}

/// A rule and its tests.
struct Tested {
    rule: PathBuf,
    path: PathBuf,
    file: TestFile,
}

impl TestCommand {
    /// Runs the tests.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let Some(schemas) = self.schemas.load() else { return Exit::Failed };
        let engine = match Engine::new(Options::at(0)) {
            Ok(engine) => engine,
            Err(error) => {
                complain(error.told());
                return Exit::Failed;
            }
        };
        let (tested, mut exit) = self.find(global);
        let wanted = |test: &Test| self.filter.as_ref().is_none_or(|text| test.name.contains(text));
        let all: Vec<(&Tested, &Test)> = tested
            .iter()
            .flat_map(|tested| tested.file.tests.iter().map(move |test| (tested, test)))
            .filter(|(_, test)| wanted(test))
            .collect();
        let outcomes: Vec<Outcome> =
            all.par_iter().map(|(tested, test)| outcome(tested, test, &schemas, &engine)).collect();
        let failed = outcomes.iter().filter(|outcome| !outcome.ok).count();
        let (head, tail) = frame(self.format, outcomes.len(), failed);
        let texts = outcomes.iter().map(|outcome| outcome.written(self.format, self.verbose));
        for text in std::iter::once(head).chain(texts).chain([tail]) {
            // The output tells its error at the end.
            if out.write_all(text.as_bytes()).is_err() {
                return exit;
            }
        }
        if !global.quiet && self.format == ReportFormat::Text {
            // As above.
            let _ = writeln!(out, "{} passed, {failed} failed", outcomes.len() - failed);
        }
        if outcomes.is_empty() {
            complain("there are no tests here; those of NAME.yaml stand beside it in NAME.test.yaml");
            exit = exit.max(Exit::Failed);
        }
        exit.max(if failed > 0 { Exit::Findings } else { Exit::Clean })
    }

    /// The rules that have tests, with them.
    fn find(&self, global: Global) -> (Vec<Tested>, Exit) {
        let Inputs { inputs, errors, .. } = self.paths.find_with_tests();
        let mut exit = Exit::Clean;
        let mut fail = |error: String| {
            complain(error);
            exit = Exit::Failed;
        };
        errors.into_iter().for_each(&mut fail);
        let mut pairs: Vec<(PathBuf, PathBuf)> = Vec::new();
        for input in inputs {
            let Input::File(path) = input else {
                fail("tests are read from files".to_owned());
                continue;
            };
            let pair = if is_test(&path) {
                if let Some(rule) = rule_of(&path) {
                    (rule, path)
                } else {
                    fail(format!("{}: there is no rule beside it that it tests", path.display()));
                    continue;
                }
            } else {
                if let Some(tests) = tests_of(&path) {
                    (path, tests)
                } else {
                    if self.verbose && !global.quiet {
                        hint(format_args!("{}: no tests", path.display()));
                    }
                    continue;
                }
            };
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        let mut tested = Vec::new();
        for (rule, path) in pairs {
            match TestFile::read(&path) {
                Ok(file) => tested.push(Tested { rule, path, file }),
                Err(error) => fail(error),
            }
        }
        (tested, exit)
    }
}

/// The rule that a file of tests stands beside.
fn rule_of(tests: &Path) -> Option<PathBuf> {
    let stem = Path::new(tests.file_stem()?).file_stem()?;
    let endings = ["yaml", "yml", "json", "kql", "csl", "kusto"];
    endings.iter().map(|ending| tests.with_file_name(stem).with_extension(ending)).find(|path| path.is_file())
}

/// Runs a test.
fn outcome(tested: &Tested, test: &Test, schemas: &Schemas, engine: &Engine) -> Outcome {
    let start = Instant::now();
    let failures = failures(tested, test, schemas, engine).unwrap_or_else(|error| vec![error]);
    Outcome {
        path: tested.rule.display().to_string(),
        test: test.name.clone(),
        ok: failures.is_empty(),
        failures,
        took: start.elapsed(),
    }
}

fn failures(tested: &Tested, test: &Test, schemas: &Schemas, engine: &Engine) -> Result<Vec<String>, String> {
    let text = Input::File(tested.rule.clone()).read().map_err(|error| error.to_string())?;
    let content = Content::of(&text);
    let [query] = content.queries.as_slice() else {
        let found = findings(&text.file, &content.diagnostics);
        return Err(format!("a tested file has one query, this has {}\n{found}", content.queries.len()));
    };
    let trigger = Trigger::of(query.rule.and_then(|rule| content.rules.get(rule)))?;
    let sources = test.sources(&tested.path)?;
    let schemas = data::with_tables(schemas, &sources, &query.text)?;
    let engine = engine.at(test.instant()?);
    match evaluate::answer(query, &schemas, &engine, &sources) {
        Ok(answered) => differences(&test.expect, trigger, &answered.answer),
        Err(Failure::Query(diagnostics)) => Err(findings(&text.file, &diagnostics)),
        Err(Failure::Run(error)) => Err(sources.faults().first().map_or(error, ToString::to_string)),
    }
}

/// Findings, a line each.
fn findings(file: &SourceFile, diagnostics: &[Diagnostic]) -> String {
    let report = Report { file, query: None, diagnostics };
    Renderer::new(Format::Concise, false).render(&report).into_text().trim_end().to_owned()
}
