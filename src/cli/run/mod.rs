//! `kqlc run`: what a rule or query answers over local files of events.

mod engine;
mod progress;

use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Global;
use super::data::{self, DataOptions};
use super::evaluate::{self, Answered, Failure};
use super::input::{Paths, Text};
use super::output::{Exit, Output, complain, hint};
use super::queries::{Content, Query};
use super::replace::Replacement;
use super::schemas::SchemaOptions;
use crate::diagnostic::render::{Format as FindingsFormat, Renderer, Report, Sink};
use crate::diagnostic::{Diagnostic, code};
use crate::eval::output::{Format, Layout, Stream, write};
use crate::eval::sources::{Fault, Progress, Reason, Sources};
use crate::eval::{Answer, Engine, Interrupt, Options};
use crate::schema::Schemas;
use crate::source::SourceFile;

use engine::EngineOptions;

/// Arguments of `kqlc run`.
#[derive(Debug, clap::Args)]
pub struct Run {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    data: DataOptions,
    #[command(flatten)]
    schemas: SchemaOptions,
    /// How the answer is written; without it, as the name of --out says, else as a table
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write the answer to a file, which is there whole or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write at most so many records; what is not needed for them is not read
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Tell the plan that was run, with the records and the time of each step, on standard error
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    engine: EngineOptions,
}

/// What comes of a query.
type Outcome = Result<Answered<Known>, Failure>;

/// What queries are run with.
struct Session<'a> {
    schemas: &'a Schemas,
    engine: &'a Engine,
    sources: &'a Sources,
    layout: Layout,
    global: Global,
}

impl Run {
    /// Runs the queries and writes their answers.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        self.prepared(global, out).unwrap_or_else(|error| {
            complain(error);
            Exit::Failed
        })
    }

    fn prepared(&self, global: Global, out: &mut Output<impl io::Write>) -> Result<Exit, String> {
        let Some(schemas) = self.schemas.load() else { return Ok(Exit::Failed) };
        let progress = Arc::new(Progress::default());
        let sources = self.data.sources()?.with_progress(Arc::clone(&progress));
        // One more tells whether there are more.
        let limit = self.limit.map(|limit| limit.saturating_add(1));
        let options = Options { explain: self.explain, limit, ..self.engine.resolve() };
        let engine = Engine::new(options).map_err(|error| error.told())?.interruptible();
        let found = self.paths.find();
        let mut exit = Exit::Clean;
        for error in found.errors {
            complain(error);
            exit = Exit::Failed;
        }
        let mut texts = Vec::new();
        for input in found.inputs {
            match input.read() {
                Ok(text) => texts.push((Content::of(&text), text)),
                Err(error) => {
                    complain(error);
                    exit = Exit::Failed;
                }
            }
        }
        let format = self.format();
        let count: usize = texts.iter().map(|(content, _)| content.queries.len()).sum();
        if count > 1 && matches!(format, Format::Csv | Format::Parquet) {
            return Err(format!("{count} queries do not fit into one file of this format"));
        }
        let on_terminal = self.out.is_none() && io::stdout().is_terminal();
        let width = if on_terminal { terminal_width() } else { None };
        let layout = Layout { limit: self.limit, width };
        let session = Session { schemas: &schemas, engine: &engine, sources: &sources, layout, global };
        let bar = (!global.quiet && io::stderr().is_terminal()).then(|| progress::Bar::over(progress));
        let interrupt = engine.interrupt();
        if let Some(path) = &self.out {
            let told = |error: io::Error| format!("{}: {error}", path.display());
            let mut out = Stoppable { out: Replacement::begin(path).map_err(told)?, interrupt: &interrupt };
            match session.files(&texts, format, &mut out) {
                // A part of what was asked for is not what was asked for.
                Ok(found) if exit.max(found) != Exit::Clean => return Ok(exit.max(found)),
                Ok(_) => {}
                Err(error) => return Err(told(error)),
            }
            drop(bar);
            out.flush().map_err(told)?;
            return out.out.commit().map_err(told).map(|()| exit);
        }
        let mut out = Stoppable { out, interrupt: &interrupt };
        // Lines that come while the bar is drawn would end up in it.
        let answered = if on_terminal {
            let mut lines = Vec::new();
            let found = session.files(&texts, format, &mut lines);
            drop(bar);
            found.and_then(|found| out.write_all(&lines).map(|()| found))
        } else {
            session.files(&texts, format, &mut out)
        };
        match answered {
            Ok(found) => Ok(exit.max(found)),
            Err(_) if interrupt.is_told() => Err("interrupted".to_owned()),
            // The output tells its own errors at the end.
            Err(_) => Ok(exit),
        }
    }

    fn format(&self) -> Format {
        let ending = self.out.as_deref().and_then(Path::extension).and_then(|ending| ending.to_str());
        self.format.or_else(|| ending.and_then(Format::of_ending)).unwrap_or_default()
    }
}

/// What is known of an answer that has been written, or can be.
struct Known {
    /// The plans that were run.
    plans: Vec<String>,
    /// Whether there are more records than are written.
    more: bool,
    /// The answer, where it has not been written yet.
    answer: Option<Answer>,
}

impl Session<'_> {
    /// Runs the queries of files and writes their answers.
    fn files(&self, texts: &[(Content, Text)], format: Format, out: &mut dyn Write) -> io::Result<Exit> {
        let mut exit = Exit::Clean;
        for (content, text) in texts {
            exit = exit.max(self.file(content, text, format, out)?);
        }
        Ok(exit)
    }

    /// Runs the queries of a file and writes their answers.
    fn file(&self, content: &Content, text: &Text, format: Format, out: &mut dyn Write) -> io::Result<Exit> {
        if content.queries.is_empty() {
            tell(&text.file, None, &content.diagnostics, self.global);
            if content.diagnostics.is_empty() {
                complain(format_args!("{}: there is no query here", text.file.name()));
            }
            return Ok(Exit::Findings);
        }
        let mut exit = Exit::Clean;
        for (index, query) in content.queries.iter().enumerate() {
            match self.query(query, format, out)? {
                Ok(answered) => {
                    if !self.global.quiet {
                        tell(&text.file, Some(index), &answered.warnings, self.global);
                        self.tell_faults();
                        if let Some(limit) = self.layout.limit.filter(|_| answered.answer.more) {
                            hint(format_args!("the first {limit} records are written; there are more"));
                        }
                    }
                    for plan in &answered.answer.plans {
                        // There is nowhere else to turn to if standard error is closed.
                        let _ = writeln!(io::stderr(), "{}", plan.trim_end());
                    }
                    if let Some(answer) = &answered.answer.answer {
                        write(answer, format, self.layout, out)?;
                    }
                }
                Err(Failure::Query(diagnostics)) => {
                    tell(&text.file, Some(index), &diagnostics, self.global);
                    exit = exit.max(Exit::Findings);
                }
                Err(Failure::Run(error)) => {
                    let faults = self.sources.faults();
                    complain(faults.first().map_or(error, ToString::to_string));
                    if let Some(Fault { reason: Reason::Type { .. }, .. }) = faults.first() {
                        hint("--schema states the types of columns, --on-error what becomes of such records");
                    }
                    exit = Exit::Failed;
                }
            }
        }
        Ok(exit)
    }

    fn query(&self, query: &Query, format: Format, out: &mut dyn Write) -> io::Result<Outcome> {
        match self.attempt(query, format, out)? {
            // A column may come up for the first time behind what was looked at.
            Err(Failure::Query(found)) if found.iter().any(is_unknown) && self.sources.look_closer() => {
                self.attempt(query, format, out)
            }
            answered => Ok(answered),
        }
    }

    fn attempt(&self, query: &Query, format: Format, out: &mut dyn Write) -> io::Result<Outcome> {
        let schemas = match data::with_tables(self.schemas, self.sources, &query.text) {
            Ok(schemas) => schemas,
            Err(error) => return Ok(Err(Failure::Run(error))),
        };
        if let Some(mut stream) = Stream::new(format, self.layout.limit, out) {
            let answered = evaluate::with(query, &schemas, self.sources, &mut |plan| {
                let plans = self.engine.stream(plan, self.sources, &mut stream)?;
                Ok(Known { plans, more: stream.was_cut(), answer: None })
            });
            return stream.finish().map(|()| answered);
        }
        Ok(evaluate::answer(query, &schemas, self.engine, self.sources).map(|answered| {
            let more = self.layout.limit.is_some_and(|limit| limit < answered.answer.len());
            let plans = answered.answer.plans.clone();
            let answer = Known { plans, more, answer: Some(answered.answer) };
            Answered { answer, warnings: answered.warnings }
        }))
    }

    /// Says which records could not be read.
    fn tell_faults(&self) {
        let (count, more) = self.sources.fault_count();
        if count == 0 {
            return;
        }
        let faults = self.sources.faults();
        for fault in &faults {
            hint(fault);
        }
        let more = if more { " or more" } else { "" };
        let records = if count == 1 { "record" } else { "records" };
        hint(format_args!("{count}{more} {records} could not be read; --on-error decides what becomes of them"));
    }
}

/// Whether a finding is about a name that nothing bears.
fn is_unknown(found: &Diagnostic) -> bool {
    *found.code == code::UNKNOWN_NAME
}

/// Output that ends with an error once the process is told to stop.
struct Stoppable<'a, W> {
    out: W,
    interrupt: &'a Interrupt,
}

impl<W: Write> Write for Stoppable<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.interrupt.is_told() {
            return Err(io::Error::other("interrupted; nothing was written"));
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Tells findings on standard error: standard output is for answers.
pub(super) fn tell(file: &SourceFile, query: Option<usize>, diagnostics: &[Diagnostic], global: Global) {
    let renderer = Renderer::new(FindingsFormat::Human, global.color.on_stderr());
    let mut sink = Sink::new(io::stderr().lock(), FindingsFormat::Human);
    // There is nowhere else to turn to if standard error is closed.
    let _ = sink.write(renderer.render(&Report { file, query, diagnostics }));
    let _ = sink.finish();
}

/// How many characters a line of the terminal has, as far as it is known.
fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size()?;
    Some(usize::from(width.0)).filter(|columns| *columns > 0)
}
