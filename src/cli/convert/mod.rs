//! `kqlc convert`: rules and queries in the languages of other systems, and what differs.
//!
//! Here is the way from a file to its [`Artefact`]s. [`folder`] keeps them in a folder, with a manifest and a summary
//! ([`summary`]); [`artefact`] writes them to standard output.

mod artefact;
mod folder;
mod progress;
mod summary;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use self::artefact::{Artefact, Difference};
use self::folder::Folder;
use self::progress::Bar;
use super::Global;
use super::files::{Flow, over_inputs};
use super::input::{Paths, Text};
use super::output::{Exit, Output, complain, hint};
use super::queries::{Content, Query};
use super::schemas::SchemaOptions;
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::ir::{self, pass::simplify};
use crate::package::{self, About, Packager, Packaging, Translation, Uses};
use crate::rule::Rule;
use crate::schema::Schemas;
use crate::source::Span;
use crate::target::{
    self, Conversion, DataError, Fidelity, Fields, Loss, LossKind, Options, Prefer, RuleInfo, Target, registry,
};

/// Arguments of `kqlc convert`.
#[derive(Debug, clap::Args)]
pub struct Convert {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    schemas: SchemaOptions,
    /// What to write: one target or several, parted by commas
    #[arg(long, required = true, value_delimiter = ',', value_name = "TARGET", value_parser = known_target)]
    to: Vec<&'static str>,
    /// In which form: the bare query, or a form that a SIEM takes in with what the rule says
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    package: Packaging,
    /// Whose field names to use
    #[arg(long, value_enum, default_value_t)]
    fields: Fields,
    /// Which form to take where the exact one is clumsy; differences are told
    #[arg(long, value_enum, default_value_t)]
    prefer: Prefer,
    /// Refuse what would be less faithful
    #[arg(long, value_enum, value_name = "FIDELITY")]
    min_fidelity: Option<Fidelity>,
    /// How results are written; `json` gives one object a line, a query and target
    #[arg(long, value_enum, default_value_t)]
    format: ConvertFormat,
    /// Show what each loss means, what it costs, and the words of the rule it is about
    #[arg(long)]
    explain_losses: bool,
    /// Write a file a rule and target into this folder, with a manifest and a summary
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing, show what would change in the folder
    #[arg(long, requires = "out")]
    diff: bool,
    /// Files that stand in the place of those built in: mappings, functions, templates
    #[arg(long, value_name = "DIR")]
    targets: Option<PathBuf>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum ConvertFormat {
    /// For people: the output, with what differs as comments above it.
    #[default]
    Text,
    /// For programs: one object a line.
    Json,
}

pub(in crate::cli) fn known_target(name: &str) -> Result<&'static str, String> {
    registry::find(name).map(Target::name).ok_or_else(|| {
        let names: Vec<&str> = registry::all().map(Target::name).collect();
        format!("there is no target `{name}`; there are: {}", names.join(", "))
    })
}

/// What every file is converted with.
struct Work<'a> {
    targets: Vec<&'static dyn Target>,
    schemas: &'a Schemas,
    packager: Packager,
}

/// What one file gives.
#[derive(Default)]
struct Chunk {
    text: String,
    artefacts: Vec<Artefact>,
    error: Option<DataError>,
}

impl Convert {
    /// Converts, and writes the results.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        if let Err(error) = self.usage() {
            complain(error);
            return Exit::Failed;
        }
        let packager = match self.overridden().and_then(|()| Packager::new()) {
            Ok(packager) => packager,
            Err(error) => {
                complain(error);
                return Exit::Failed;
            }
        };
        let targets = self.to.iter().filter_map(|name| target::find(name)).collect();
        let Some(schemas) = self.schemas.load() else { return Exit::Failed };
        let mut folder = match self.out.as_deref().map(|root| Folder::open(root, self.diff)).transpose() {
            Ok(folder) => folder,
            Err(error) => {
                complain(error);
                return Exit::Failed;
            }
        };
        let work = Work { targets, schemas: &schemas, packager };
        let inputs = self.paths.find();
        let bar = Bar::over(inputs.inputs.len(), folder.is_some() && !global.quiet);
        let mut worst = Exit::Clean;
        let convert = |text: &Text| {
            let chunk = self.file(text, &work);
            bar.advance();
            chunk
        };
        let exit = over_inputs(inputs, global, convert, |chunk| {
            if let Some(error) = chunk.error {
                complain(error);
                worst = Exit::Failed;
                return Flow::Stop;
            }
            let mut told = chunk.text;
            for artefact in chunk.artefacts {
                if artefact.fidelity == Fidelity::Refused {
                    worst = worst.max(Exit::Findings);
                }
                match folder.as_mut().map(|folder| folder.put(artefact)) {
                    Some(Ok(Some(diff))) => told.push_str(&diff),
                    Some(Err(error)) => {
                        complain(error);
                        worst = Exit::Failed;
                    }
                    Some(Ok(None)) | None => {}
                }
            }
            Flow::from(out.write_all(told.as_bytes()))
        });
        drop(bar);
        let mut exit = exit.max(worst);
        if let Some(folder) = folder {
            match folder.finish(self.package, self.fields) {
                Ok(end) => {
                    // The output tells its first error when it is finished.
                    let _ = out.write_all(end.diff.as_bytes());
                    if end.would_change {
                        exit = exit.max(Exit::Findings);
                    }
                    if !global.quiet {
                        for name in &end.stale {
                            hint(format_args!("{name} is of an earlier run, and no rule of this one"));
                        }
                        // There is nowhere else to turn to if standard error is closed.
                        let _ = writeln!(io::stderr(), "{}", end.tally);
                    }
                }
                Err(error) => {
                    complain(error);
                    exit = Exit::Failed;
                }
            }
        }
        exit
    }

    /// What cannot be asked for together.
    fn usage(&self) -> Result<(), String> {
        for name in &self.to {
            if !self.package.takes(name) {
                let forms: Vec<&str> =
                    Packaging::ALL.into_iter().filter(|form| form.takes(name)).map(Packaging::word).collect();
                return Err(format!("`{}` is no form of {name}; it has: {}", self.package, forms.join(", ")));
            }
        }
        Ok(())
    }

    /// Takes the user's files, and reads all of them, whatever they are needed for.
    fn overridden(&self) -> Result<(), DataError> {
        let Some(root) = &self.targets else { return Ok(()) };
        package::check_files(root)?;
        target::override_with(root);
        for target in registry::all() {
            target.capabilities()?;
        }
        package::Attack::get().map(|_| ())
    }

    /// Every query of a file in every target.
    fn file(&self, text: &Text, work: &Work<'_>) -> Chunk {
        let content = Content::with_meaning(text, work.schemas);
        let mut chunk = Chunk::default();
        if content.queries.is_empty() {
            let losses: Vec<Loss> = errors(LossKind::Syntax, content.diagnostics.into_iter()).collect();
            let losses = if losses.is_empty() {
                vec![Loss::refusal(LossKind::Syntax, Span::default(), "the file holds no query")]
            } else {
                losses
            };
            let about = About::of_query(stem(text), "");
            for target in self.shown(work) {
                self.push(&mut chunk, text, &about, target, Conversion::refused(losses.clone()));
            }
            return chunk;
        }
        for (index, query) in content.queries.iter().enumerate() {
            let rule = query.rule.and_then(|index| content.rules.get(index));
            let result = Self::about(text, query, rule, (index, content.queries.len()))
                .and_then(|about| self.query(&mut chunk, text, (query, rule, about), work));
            if let Err(error) = result {
                chunk.error = Some(error);
                break;
            }
        }
        chunk
    }

    /// The targets, or the page that stands for all of them.
    fn shown<'w>(&self, work: &'w Work<'_>) -> impl Iterator<Item = (&'static str, &'static str)> + use<'w> {
        let page = (self.package == Packaging::Page).then_some(("page", "html"));
        let package = self.package;
        let targets = work
            .targets
            .iter()
            .filter(move |_| package != Packaging::Page)
            .map(move |target| (target.name(), package.extension(*target).unwrap_or("txt")));
        page.into_iter().chain(targets)
    }

    fn about(
        text: &Text,
        query: &Query,
        rule: Option<&Rule>,
        (index, count): (usize, usize),
    ) -> Result<About, DataError> {
        let file = if index > 0 { format!("{} {}", stem(text), index + 1) } else { stem(text).to_owned() };
        let mut about = match rule {
            Some(rule) => About::of_rule(rule, &file, &query.text)?,
            None => About::of_query(&file, &query.text),
        };
        if let Some(ir) = query.bound.as_ref().and_then(|bound| bound.query.as_ref()).filter(|_| count > 0) {
            about.uses = Uses::of(ir);
        }
        Ok(about)
    }

    fn query(
        &self,
        chunk: &mut Chunk,
        text: &Text,
        (query, rule, mut about): (&Query, Option<&Rule>, About),
        work: &Work<'_>,
    ) -> Result<(), DataError> {
        let prepared = prepared(query);
        if let Ok(ir) = &prepared {
            about.uses.lookback = Uses::of(ir).lookback;
        }
        let mut all = Vec::new();
        for target in &work.targets {
            let conversion = self.converted(*target, &prepared, (query, rule, &about), &work.packager)?;
            if self.package == Packaging::Page {
                all.push((*target, conversion));
            } else {
                let extension = self.package.extension(*target)?;
                self.push(chunk, text, &about, (target.name(), extension), conversion);
            }
        }
        if self.package == Packaging::Page {
            let page = page(&about, &all, &work.packager)?;
            self.push(chunk, text, &about, ("page", "html"), page);
        }
        Ok(())
    }

    fn converted(
        &self,
        target: &dyn Target,
        prepared: &Result<ir::Query, Vec<Loss>>,
        (query, rule, about): (&Query, Option<&Rule>, &About),
        packager: &Packager,
    ) -> Result<Conversion, DataError> {
        let options = Options { fields: self.fields, prefer: self.prefer };
        let ir = match prepared {
            Ok(ir) => ir,
            Err(losses) => return Ok(Conversion::refused(losses.clone())),
        };
        let conversion = target.convert(ir, &RuleInfo { rule }, &options)?;
        let mut conversion = packager.package(self.package, about, target, conversion)?;
        if let Some(least) = self.min_fidelity {
            conversion = conversion.at_least(least);
        }
        for loss in &mut conversion.losses {
            loss.span = query.map.span(loss.span);
        }
        Ok(conversion)
    }

    /// Keeps a conversion for the folder, and writes what goes to standard output.
    fn push(
        &self,
        chunk: &mut Chunk,
        text: &Text,
        about: &About,
        (target, extension): (&'static str, &'static str),
        conversion: Conversion,
    ) {
        let file = &text.file;
        let losses = conversion.losses.iter().map(|loss| Difference::new(loss, file)).collect();
        let artefact = Artefact {
            path: file.name().to_owned(),
            rule: about.name.clone(),
            id: about.id.clone(),
            is_rule: about.kind.is_some(),
            target,
            extension,
            fidelity: conversion.fidelity,
            output: conversion.output,
            losses,
        };
        match self.format {
            ConvertFormat::Json => chunk.text.push_str(&artefact.json()),
            ConvertFormat::Text if self.out.is_none() => chunk.text.push_str(&artefact.text(file, self.explain_losses)),
            ConvertFormat::Text if self.explain_losses => chunk.text.push_str(&artefact.text_alone(file)),
            ConvertFormat::Text => {}
        }
        chunk.artefacts.push(artefact);
    }
}

/// The name of a file without its folder and ending.
fn stem(text: &Text) -> &str {
    let name = Path::new(text.file.name()).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if name.is_empty() || name == "-" { "query" } else { name }
}

/// The page of a rule with all its conversions; as faithful as the least faithful of those there are.
fn page(
    about: &About,
    all: &[(&'static dyn Target, Conversion)],
    packager: &Packager,
) -> Result<Conversion, DataError> {
    let mut translations = Vec::new();
    for (target, conversion) in all {
        let mut files = Vec::new();
        if conversion.output.is_some() {
            for form in Packaging::ALL.into_iter().filter(|form| *form != Packaging::Page && form.takes(target.name()))
            {
                let packaged = packager.package(form, about, *target, conversion.clone())?;
                if let Some(text) = packaged.output {
                    let name = format!("{}.{}", folder::slug(&about.name), form.extension(*target)?);
                    // Both forms of a detection for Splunk's content are YAML or text; the form tells them apart.
                    let name = if form == Packaging::Query {
                        name
                    } else {
                        format!("{}-{form}.{}", folder::slug(&about.name), form.extension(*target)?)
                    };
                    files.push((name, package::data_address(&format!("{text}\n"))));
                }
            }
        }
        translations.push(Translation {
            target: target.name(),
            title: &target.capabilities()?.title,
            fidelity: conversion.fidelity,
            output: conversion.output.clone(),
            losses: conversion.losses.iter().map(package::Difference::from).collect(),
            files,
        });
    }
    let there = all.iter().map(|(_, conversion)| conversion.fidelity).filter(|fidelity| *fidelity != Fidelity::Refused);
    let losses = all.iter().flat_map(|(_, conversion)| conversion.losses.iter().cloned()).collect();
    let mut page = Conversion::refused(losses);
    page.fidelity = there.max().unwrap_or(Fidelity::Refused);
    page.output = Some(packager.page(about, &translations)?.trim_end().to_owned());
    Ok(page)
}

/// The IR of a query, or what keeps it from having one, with spans in the file.
pub(in crate::cli) fn prepared(query: &Query) -> Result<ir::Query, Vec<Loss>> {
    if let Some(folded) = &query.folded {
        // What is left of a folded query is not the rule, however well it may convert.
        return Err(vec![Loss::refusal(LossKind::Syntax, folded.span, sentence(folded))]);
    }
    let syntax: Vec<Loss> = errors(LossKind::Syntax, query.syntax_errors()).collect();
    if !syntax.is_empty() {
        return Err(syntax);
    }
    // A name that nothing knows does not stop a conversion: it is written as it stands, and told.
    let unknown = [&code::UNKNOWN_NAME, &code::UNKNOWN_FUNCTION, &code::UNKNOWN_TABLE];
    let known = query.meaning_errors().filter(|error| !unknown.contains(&error.code));
    let wrong: Vec<Loss> = errors(LossKind::Type, known).collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let Some(mut ir) = query.bound.as_ref().and_then(|bound| bound.query.clone()) else {
        return Err(errors(LossKind::Syntax, query.nothing_asked().into_iter()).collect());
    };
    simplify(&mut ir);
    Ok(ir)
}

/// Errors among findings as reasons for a refusal.
fn errors(kind: LossKind, found: impl Iterator<Item = Diagnostic>) -> impl Iterator<Item = Loss> {
    found
        .filter(|error| error.severity == Severity::Error)
        .map(move |error| Loss::refusal(kind, error.span, sentence(&error)))
}

/// What a finding says, on one line.
fn sentence(diagnostic: &Diagnostic) -> String {
    let mut text = format!("{} ({})", diagnostic.message, diagnostic.code.id);
    if let Some(help) = diagnostic.notes.first() {
        text.push_str("; ");
        text.push_str(&help.text);
    }
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command};

    #[test]
    fn targets_are_checked_on_the_command_line() {
        let parse = |to: &str| Cli::try_parse_from(["kqlc", "convert", "--to", to, "x.kql"]);
        assert!(parse("cobol").unwrap_err().to_string().contains("there is no target `cobol`"));
        let Command::Convert(convert) = parse("splunk").unwrap().command else { panic!("another command") };
        assert_eq!(convert.to, ["splunk"]);
    }
}
