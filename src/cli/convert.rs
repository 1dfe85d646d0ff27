//! `kqlc convert`: rules and queries in the languages of other systems, and what differs.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Global;
use super::files::{Flow, over_files};
use super::input::{Paths, Text};
use super::output::{Exit, Output, complain};
use super::queries::{Content, Query};
use super::schemas::SchemaOptions;
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::ir::{self, pass::simplify};
use crate::rule::Rule;
use crate::schema::Schemas;
use crate::source::{Location, SourceFile, Span};
use crate::target::{self, Conversion, Fidelity, Fields, Loss, LossKind, Options, Prefer, RuleInfo, Target, registry};

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

fn known_target(name: &str) -> Result<&'static str, String> {
    registry::names().find(|known| *known == name).ok_or_else(|| {
        let names: Vec<&str> = registry::names().collect();
        format!("there is no target `{name}`; there are: {}", names.join(", "))
    })
}

/// One object of output. Programs rely on the keys.
#[derive(Debug, serde::Serialize)]
struct Record<'a> {
    path: &'a str,
    target: &'static str,
    fidelity: Fidelity,
    output: Option<&'a str>,
    losses: Vec<LossRecord<'a>>,
}

#[derive(Debug, serde::Serialize)]
struct LossRecord<'a> {
    kind: LossKind,
    /// The best the conversion can be with this loss.
    fidelity: Fidelity,
    message: &'a str,
    start: Location,
    end: Location,
}

/// What one file gives.
struct Chunk {
    text: String,
    refused: bool,
    error: Option<String>,
}

impl Convert {
    /// Converts, and writes the results.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let targets: Vec<&dyn Target> = self.to.iter().filter_map(|name| target::find(name)).collect();
        let Some(schemas) = self.schemas.load() else { return Exit::Failed };
        let mut worst = Exit::Clean;
        let work = |text: &Text| self.file(text, &targets, &schemas);
        let exit = over_files(&self.paths, global, work, |chunk| {
            if chunk.refused {
                worst = worst.max(Exit::Findings);
            }
            if let Some(error) = chunk.error {
                complain(error);
                worst = Exit::Failed;
                return Flow::Stop;
            }
            Flow::from(out.write_all(chunk.text.as_bytes()))
        });
        exit.max(worst)
    }

    /// Every query of a file in every target.
    fn file(&self, text: &Text, targets: &[&dyn Target], schemas: &Schemas) -> Chunk {
        let content = Content::with_meaning(text, schemas);
        let file = &text.file;
        let mut chunk = Chunk { text: String::new(), refused: false, error: None };
        if content.queries.is_empty() {
            let losses: Vec<Loss> = errors(LossKind::Syntax, content.diagnostics.into_iter()).collect();
            let losses = if losses.is_empty() {
                vec![Loss::refusal(LossKind::Syntax, Span::default(), "the file holds no query")]
            } else {
                losses
            };
            for target in targets {
                self.write(&mut chunk, file, None, *target, &Conversion::refused(losses.clone()));
            }
            return chunk;
        }
        for query in &content.queries {
            let rule = query.rule.and_then(|index| content.rules.get(index));
            let prepared = prepared(query);
            for target in targets {
                match self.converted(*target, &prepared, query, rule) {
                    Ok(conversion) => self.write(&mut chunk, file, rule, *target, &conversion),
                    Err(error) => chunk.error = Some(error.to_string()),
                }
            }
        }
        chunk
    }

    fn converted(
        &self,
        target: &dyn Target,
        prepared: &Result<ir::Query, Vec<Loss>>,
        query: &Query,
        rule: Option<&Rule>,
    ) -> Result<Conversion, target::DataError> {
        let options = Options { fields: self.fields, prefer: self.prefer };
        let mut conversion = match prepared {
            Ok(ir) => target.convert(ir, &RuleInfo { rule }, &options)?,
            Err(losses) => return Ok(Conversion::refused(losses.clone())),
        };
        if let Some(least) = self.min_fidelity {
            conversion = conversion.at_least(least);
        }
        for loss in &mut conversion.losses {
            loss.span = query.map.span(loss.span);
        }
        Ok(conversion)
    }

    fn write(
        &self,
        chunk: &mut Chunk,
        file: &SourceFile,
        rule: Option<&Rule>,
        target: &dyn Target,
        conversion: &Conversion,
    ) {
        chunk.refused |= conversion.fidelity == Fidelity::Refused;
        match self.format {
            ConvertFormat::Json => Self::write_json(chunk, file, target, conversion),
            ConvertFormat::Text => self.write_text(chunk, file, rule, target, conversion),
        }
    }

    fn write_json(chunk: &mut Chunk, file: &SourceFile, target: &dyn Target, conversion: &Conversion) {
        let losses = conversion.losses.iter().map(|loss| LossRecord {
            kind: loss.kind,
            fidelity: loss.fidelity,
            message: &loss.message,
            start: file.location(loss.span.start as usize),
            end: file.location(loss.span.end as usize),
        });
        let record = Record {
            path: file.name(),
            target: target.name(),
            fidelity: conversion.fidelity,
            output: conversion.output.as_deref(),
            losses: losses.collect(),
        };
        match serde_json::to_string(&record) {
            Ok(line) => {
                chunk.text.push_str(&line);
                chunk.text.push('\n');
            }
            Err(error) => chunk.error = Some(error.to_string()),
        }
    }

    /// For people. The lines above the output are told apart by their first characters, and the output stands alone.
    fn write_text(
        &self,
        chunk: &mut Chunk,
        file: &SourceFile,
        rule: Option<&Rule>,
        target: &dyn Target,
        conversion: &Conversion,
    ) {
        let out = &mut chunk.text;
        let name =
            rule.and_then(|rule| rule.name.as_ref()).map(|name| format!(" ({})", name.value)).unwrap_or_default();
        let _ = writeln!(out, "# {}{name}: {}, {}", file.name(), target.name(), conversion.fidelity);
        for loss in &conversion.losses {
            let at = file.location(loss.span.start as usize);
            let _ = writeln!(out, "#   {}:{} {}: {}", at.line, at.column, loss.kind, loss.message);
            if self.explain_losses {
                let _ = writeln!(out, "#     {}; at best `{}`", loss.kind.meaning(), loss.fidelity);
                let words = file.slice(loss.span);
                if let Some(first) = words.lines().next().filter(|line| !line.trim().is_empty()) {
                    let more = if words.lines().count() > 1 { " …" } else { "" };
                    let _ = writeln!(out, "#     | {}{more}", first.trim());
                }
            }
        }
        if let Some(output) = &conversion.output {
            let _ = writeln!(out, "{output}");
        }
        out.push('\n');
    }
}

/// The IR of a query, or what keeps it from having one, with spans in the file.
fn prepared(query: &Query) -> Result<ir::Query, Vec<Loss>> {
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
        let _ = write!(text, "; {}", help.text);
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
