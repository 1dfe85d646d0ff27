//! `kqlc check`: what is wrong with rules and queries, and the fixes.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Global;
use super::analysis::{Analysis, copy, is_syntax};
use super::base::Revision;
use super::baseline::Baseline;
use super::cache::{self, Cache, Found};
use super::files::{Flow, over_files};
use super::findings;
use super::input::{Paths, Text};
use super::output::{Exit, Output, complain, hint};
use super::schemas::SchemaOptions;
use super::watch::State;
use super::{replace, unified};
use crate::diagnostic::render::{Chunk, Format, Renderer, Report, Sink};
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::lint::settings::{Finder, Settings, target_names};
use crate::lint::{Claim, Finding, Lint, Linter, Pack, Selection, Selector, fix};
use crate::schema::Schemas;
use crate::source::{Encoding, SourceFile};

/// Arguments of `kqlc check`.
#[derive(Debug, clap::Args)]
pub struct Check {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    schemas: SchemaOptions,
    /// Mend what can be mended without a change of meaning
    #[arg(long)]
    fix: bool,
    /// With `--fix` or `--diff`, also what may change the meaning of a rule
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show what `--fix` would change, and change nothing
    #[arg(long, conflicts_with = "fix")]
    diff: bool,
    /// Pass over named files that hold no rule, as is done in folders
    #[arg(long)]
    skip_others: bool,
    /// Lints to run in place of the default ones: codes, beginnings of codes, names, `file`, `query`, `all`
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    select: Option<Vec<Selector>>,
    /// Lints to run besides the selected ones
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    extend_select: Vec<Selector>,
    /// Lints not to run
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    ignore: Vec<Selector>,
    /// Languages that the rules are to be written in; what these lose of them is told, too
    #[arg(long, value_name = "TARGETS", value_delimiter = ',', value_parser = target)]
    targets: Option<Vec<&'static str>>,
    /// How findings are written; `json` gives one object a line, a query
    #[arg(long, value_parser = findings::format(), default_value = "human")]
    format: Format,
    /// Count the findings by code in place of telling them
    #[arg(long)]
    statistics: bool,
    /// Check again whenever a file or its settings change
    #[arg(long, conflicts_with_all = ["fix", "update_baseline"])]
    watch: bool,
    /// Settings for all files, in place of the nearest `kqlc.toml` or `.kqlc.toml` of each
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Read no settings
    #[arg(long)]
    no_config: bool,
    /// A git revision, such as `origin/main`, that rules are held against: what has changed needs a higher version
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    /// Keep findings from run to run, in `.kqlc_cache` or the folder named: files that have not changed are not checked
    /// again
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = cache::FOLDER)]
    cache: Option<PathBuf>,
    /// Findings that are known and not told again
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings of this run to the baseline, and tell none
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
}

/// What holds for the files of one settings file.
#[derive(Debug)]
struct Ruling {
    settings: Settings,
    linter: Linter,
}

impl Ruling {
    /// What of it changes what is found, as one text.
    fn made_from(&self) -> String {
        let severities: BTreeMap<_, _> = self.linter.selection().severities.iter().collect();
        let Selection { select, extend_select, ignore, .. } = self.linter.selection();
        format!("{select:?} {extend_select:?} {ignore:?} {severities:?} {:?}", self.linter.targets())
    }
}

/// What came of a file.
#[derive(Debug)]
struct Outcome {
    file: SourceFile,
    findings: Vec<Finding>,
    claims: Vec<Claim>,
    queries: usize,
    ruling: Arc<Ruling>,
    chunk: Chunk,
    /// How many fixes were applied, by code.
    applied: BTreeMap<&'static str, usize>,
    /// The file's text after its fixes, where it is to be shown and not written.
    changed: Option<Changed>,
    /// Why it could not be written.
    error: Option<String>,
}

/// A text that the fixes made.
#[derive(Debug)]
struct Changed {
    before: String,
    after: String,
}

/// The sum of a run.
#[derive(Debug, Default)]
struct Sum {
    files: usize,
    files_with_findings: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    applied: usize,
    fixable: usize,
    by_code: BTreeMap<&'static str, Count>,
}

#[derive(Debug, Default)]
struct Count {
    name: &'static str,
    findings: usize,
    fixable: usize,
}

impl Check {
    /// Checks once, or with `--watch` again and again.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        if !self.watch {
            return self.once(global, out);
        }
        if self.paths.paths.iter().any(|path| path.as_os_str() == "-") {
            complain("standard input cannot be watched");
            return Exit::Failed;
        }
        let also: Vec<PathBuf> = self.config.iter().chain(&self.baseline).cloned().collect();
        loop {
            let state = State::of(&self.paths, &also);
            let exit = self.once(global, out);
            // Nobody reads what is found any more: the watch is over.
            if out.flush().is_err() {
                return exit;
            }
            state.wait(&self.paths, &also);
        }
    }

    /// Checks, fixes, and writes what is left.
    fn once(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let rulings = match Rulings::new(self) {
            Ok(rulings) => rulings,
            Err(error) => {
                complain(error);
                return Exit::Failed;
            }
        };
        let Some(schemas) = self.schemas.load() else { return Exit::Failed };
        let renderer = Renderer::new(self.format, global.color.on_stdout());
        let quiet_findings = self.diff || self.statistics || self.update_baseline;
        let mut known = Baseline::default();
        let mut sum = Sum::default();
        let mut pack = Pack::default();
        let mut failed = Exit::Clean;
        // Where no findings are written, no document of findings is begun.
        let gives_text = quiet_findings || self.fix && self.paths.paths.iter().any(|path| path.as_os_str() == "-");
        let mut sink = Sink::new(&mut *out, if gives_text { Format::Human } else { self.format });
        let exit = over_files(
            &self.paths,
            global,
            |text| self.file(text, &rulings, &schemas, renderer),
            |outcome| {
                let mut outcome = match outcome {
                    Ok(outcome) => outcome,
                    Err(error) => {
                        complain(error);
                        failed = Exit::Failed;
                        return Flow::Continue;
                    }
                };
                if let Some(error) = &outcome.error {
                    complain(error);
                    failed = Exit::Failed;
                }
                if outcome.contest(&mut pack, &rulings) {
                    outcome.chunk = outcome.render(renderer);
                }
                if self.update_baseline {
                    known.note(&outcome.file, &outcome.findings);
                }
                sum.add(&outcome, self.applicability());
                if let Some(changed) = &outcome.changed {
                    return Flow::from(sink.write(changed.chunk(outcome.file.name(), self.diff)));
                }
                if quiet_findings { Flow::Continue } else { Flow::from(sink.write(outcome.chunk)) }
            },
        );
        // An error of the output is told by the output itself, at the end.
        let _ = sink.finish();
        if self.statistics {
            let _ = sum.statistics(out);
        }
        if !global.quiet && matches!(self.format, Format::Human | Format::Concise) {
            // There is nowhere else to turn to if standard error is closed.
            let _ = writeln!(io::stderr(), "{}", sum.sentence(self));
        }
        if let Some(path) = self.baseline.as_ref().filter(|_| self.update_baseline) {
            return match known.write(path) {
                Ok(()) => exit.max(failed),
                Err(error) => {
                    complain(error);
                    Exit::Failed
                }
            };
        }
        let found = if self.diff { sum.applied > 0 } else { sum.errors + sum.warnings > 0 };
        exit.max(failed).max(if found { Exit::Findings } else { Exit::Clean })
    }

    /// The least applicability of the fixes that are applied.
    fn applicability(&self) -> Applicability {
        if self.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe }
    }

    fn file(
        &self,
        text: &Text,
        rulings: &Rulings<'_>,
        schemas: &Schemas,
        renderer: Renderer,
    ) -> Result<Outcome, String> {
        let path = text.path.as_deref().unwrap_or(Path::new(text.file.name()));
        let ruling = rulings.of(path)?;
        let left_out = ruling.settings.left_out(path);
        let leave_out = |lint: &Lint| left_out.iter().any(|selector| selector.takes(lint));
        let stdin = text.path.is_none();
        let named = stdin || !self.skip_others && self.paths.names(text);
        let base = match (&rulings.base, &text.path) {
            (Some(revision), Some(path)) => revision.of(path)?,
            _ => None,
        };
        let analyse = |file: SourceFile| {
            let text = Text { file, kind: text.kind, path: text.path.clone() };
            Analysis::of(text, &ruling.linter, schemas, &leave_out, named, base.as_ref())
        };
        // What a rule was is no part of a key, and files that have changed since a revision are few.
        let key = rulings.cache.as_ref().filter(|_| base.is_none()).map(|cache| {
            let from = format!("{:?} {named} {:?} {left_out:?}", text.kind, text.file.encoding());
            cache.key(text.file.name(), &[text.file.text().as_bytes(), ruling.made_from().as_bytes(), from.as_bytes()])
        });
        let kept = key.as_ref().and_then(Cache::read);
        let mut found = kept.unwrap_or_else(|| {
            let found = Found::from(analyse(copy(&text.file)));
            if let Some(Err(error)) = key.as_ref().map(|key| Cache::write(key, &found)) {
                rulings.note_unkept(&error);
            }
            found
        });
        let mut file = None;
        let mut applied = BTreeMap::new();
        let (mut changed, mut error) = (None, None);
        let wanted = |finding: &Finding| {
            finding.diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= self.applicability())
        };
        if (self.fix || self.diff) && (found.findings.iter().any(wanted) || stdin) {
            let again = |file: &SourceFile| {
                analyse(copy(file)).findings.into_iter().map(|finding| finding.diagnostic).collect()
            };
            let fixed = fix::fix(&text.file, self.applicability(), &again, &is_syntax);
            let after = fix::with_text(&text.file, fixed.text);
            let differs = after.text() != text.file.text();
            applied = fixed.applied;
            let encoding = text.file.encoding();
            if self.fix && stdin && !matches!(encoding, Encoding::Utf8 { bom: false }) {
                error = Some(format!("{}: only UTF-8 without a byte order mark is given back", text.file.name()));
                applied.clear();
            } else if self.diff && differs || self.fix && stdin {
                changed = Some(Changed { before: text.file.text().to_owned(), after: after.text().to_owned() });
            } else if self.fix && differs {
                match replace::write_text(path, &text.file, after.text()) {
                    Ok(()) => {}
                    Err(cause) => {
                        error = Some(cause.to_string());
                        applied.clear();
                    }
                }
            }
            if self.fix && error.is_none() {
                let analysis = analyse(after);
                file = Some(copy(&analysis.file));
                found = Found::from(analysis);
            }
        }
        let mut outcome = Outcome {
            file: file.unwrap_or_else(|| copy(&text.file)),
            findings: found.findings,
            claims: found.claims,
            queries: found.queries,
            ruling: Arc::clone(&ruling),
            chunk: Chunk::default(),
            applied,
            changed,
            error,
        };
        rulings.leave_out(&outcome.file, &mut outcome.findings);
        outcome.chunk = outcome.render(renderer);
        Ok(outcome)
    }
}

/// The name of a target on the command line.
fn target(name: &str) -> Result<&'static str, String> {
    let names = target_names(&[name.to_owned()])?;
    names.first().copied().ok_or_else(|| "a target is due here".to_owned())
}

impl Outcome {
    /// Adds what only the files before tell, unless it is known; whether there was anything.
    fn contest(&mut self, pack: &mut Pack, rulings: &Rulings<'_>) -> bool {
        let mut contested = Vec::new();
        for claim in &self.claims {
            if let Some(taken) = pack.claim(&self.file, claim) {
                contested.extend(self.ruling.linter.contested(claim, taken));
            }
        }
        rulings.leave_out(&self.file, &mut contested);
        let any = !contested.is_empty();
        self.findings.append(&mut contested);
        self.findings.sort_by_key(|finding| (finding.query, finding.diagnostic.span, finding.diagnostic.code.id));
        any
    }

    /// One report a query; findings about the file as such come first, in a report of their own.
    fn render(&self, renderer: Renderer) -> Chunk {
        let diagnostics: Vec<Diagnostic> = self.findings.iter().map(|finding| finding.diagnostic.clone()).collect();
        let mut chunk = Chunk::default();
        let mut at = 0;
        for query in std::iter::once(None).chain((0..self.queries).map(Some)) {
            let count = self.findings[at..].iter().take_while(|finding| finding.query == query).count();
            let diagnostics = &diagnostics[at..at + count];
            at += count;
            if count > 0 || query.is_some() || self.queries == 0 {
                chunk.append(renderer.render(&Report { file: &self.file, query, diagnostics }));
            }
        }
        chunk
    }
}

impl Changed {
    /// The text itself, or how it differs.
    fn chunk(&self, name: &str, diff: bool) -> Chunk {
        Chunk::text(if diff { unified::diff(name, &self.before, name, &self.after) } else { self.after.clone() })
    }
}

/// By settings file; the ruling, or why it cannot be had.
type Known = HashMap<Option<PathBuf>, Result<Arc<Ruling>, String>>;

/// The rulings of a run, one for each settings file.
struct Rulings<'a> {
    check: &'a Check,
    finder: Finder,
    baseline: Option<Baseline>,
    fixed: Option<Arc<Ruling>>,
    known: Mutex<Known>,
    base: Option<Revision>,
    cache: Option<Cache>,
    /// Whether it was told that findings cannot be kept: that is told once.
    unkept: AtomicBool,
}

impl<'a> Rulings<'a> {
    fn new(check: &'a Check) -> Result<Self, String> {
        let fixed = match (&check.config, check.no_config) {
            (Some(path), _) => Some(Settings::read(path).map_err(|error| error.to_string())?),
            (None, true) => Some(Settings::default()),
            (None, false) => None,
        };
        let fixed = fixed.map(|settings| Arc::new(Self::ruling(check, settings)));
        // One that is to be written holds nothing back.
        let baseline = check.baseline.as_ref().filter(|_| !check.update_baseline);
        let baseline = baseline.map(|path| Baseline::read(path)).transpose()?;
        let base = check.base.as_deref().map(Revision::new).transpose()?;
        let run = check.schemas.made_from();
        let cache = check.cache.as_deref().map(|folder| Cache::open(folder, &[&run])).transpose()?;
        Ok(Self {
            check,
            finder: Finder::default(),
            baseline,
            fixed,
            known: Mutex::default(),
            base,
            cache,
            unkept: AtomicBool::new(false),
        })
    }

    /// Says that findings cannot be kept, the first time.
    fn note_unkept(&self, error: &io::Error) {
        if !self.unkept.swap(true, Ordering::Relaxed) {
            hint(format_args!("findings are not kept: {error}"));
        }
    }

    /// Leaves out what the baseline knows.
    fn leave_out(&self, file: &SourceFile, findings: &mut Vec<Finding>) {
        if let Some(baseline) = &self.baseline {
            baseline.leave_out(file, findings);
        }
    }

    /// What the command line says outweighs what settings say.
    fn ruling(check: &Check, settings: Settings) -> Ruling {
        let written = &settings.selection;
        let mut selection = match &check.select {
            Some(select) => Selection {
                select: Some(select.clone()),
                severities: written.severities.clone(),
                ..Selection::default()
            },
            None => written.clone(),
        };
        selection.extend_select.extend(check.extend_select.iter().cloned());
        selection.ignore.extend(check.ignore.iter().cloned());
        let targets = check.targets.clone().unwrap_or_else(|| settings.targets.clone());
        Ruling { linter: Linter::new(selection).for_targets(targets), settings }
    }

    fn of(&self, file: &Path) -> Result<Arc<Ruling>, String> {
        if let Some(fixed) = &self.fixed {
            return Ok(Arc::clone(fixed));
        }
        let path = self.finder.nearest(file);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |path: &Option<PathBuf>| {
            let settings = path.as_deref().map_or_else(|| Ok(Settings::default()), Settings::read);
            settings.map(|settings| Arc::new(Self::ruling(self.check, settings))).map_err(|error| error.to_string())
        };
        known.entry(path).or_insert_with_key(read).clone()
    }
}

impl Sum {
    fn add(&mut self, outcome: &Outcome, least: Applicability) {
        self.files += 1;
        self.files_with_findings += usize::from(!outcome.findings.is_empty());
        self.applied += outcome.applied.values().sum::<usize>();
        for Finding { diagnostic, .. } in &outcome.findings {
            match diagnostic.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
                Severity::Info => self.infos += 1,
            }
            let fixable = diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= least);
            self.fixable += usize::from(fixable);
            let count = self.by_code.entry(diagnostic.code.id).or_default();
            count.name = diagnostic.code.name;
            count.findings += 1;
            count.fixable += usize::from(fixable);
        }
    }

    fn statistics(&self, out: &mut impl Write) -> io::Result<()> {
        let mut rows: Vec<_> = self.by_code.iter().collect();
        rows.sort_by_key(|(code, count)| (std::cmp::Reverse(count.findings), **code));
        for (code, count) in rows {
            let mark = if count.fixable > 0 { "*" } else { " " };
            writeln!(out, "{:6}  {code:5} [{mark}] {}", count.findings, count.name)?;
        }
        out.flush()
    }

    fn sentence(&self, check: &Check) -> String {
        fn count(number: usize, noun: &str) -> String {
            format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
        }
        let mut parts = Vec::new();
        if self.applied > 0 {
            let verb = if check.diff { "would be applied" } else { "applied" };
            parts.push(format!("{} {verb}", count(self.applied, "fix").replace("fixs", "fixes")));
        }
        if self.errors + self.warnings + self.infos == 0 {
            parts.push(format!("nothing to say of {}", count(self.files, "file")));
        } else {
            parts.push(format!(
                "{}, {} in {} of {}",
                count(self.errors, "error"),
                count(self.warnings, "warning"),
                self.files_with_findings,
                count(self.files, "file")
            ));
        }
        if self.fixable > 0 && !check.fix && !check.diff {
            let option = if check.unsafe_fixes { "--fix --unsafe-fixes" } else { "--fix" };
            parts.push(format!("{} can be mended with `{option}`", self.fixable));
        }
        parts.join("; ")
    }
}
