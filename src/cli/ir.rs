//! `kqlc ir`: what queries mean, as the compiler sees it.

use std::io::{self, Write as _};

use super::Global;
use super::bound::{Answer, over_queries};
use super::files::{Flow, over_inputs};
use super::input::{Paths, Text};
use super::language::{From, Reading};
use super::output::{Exit, Output};
use super::schemas::SchemaOptions;
use crate::diagnostic::render::{Format, Renderer, Report};
use crate::ir::pass;
use crate::read;

/// Arguments of `kqlc ir`.
#[derive(Debug, clap::Args)]
pub struct Ir {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    schemas: SchemaOptions,
    #[command(flatten)]
    reading: Reading,
    /// As the binder gives it, without the passes that simplify it
    #[arg(long)]
    raw: bool,
}

impl Ir {
    /// Binds and writes the plans.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let color = global.color.on_stdout();
        if let From::Other(language) = self.reading.from {
            let Some(options) = self.reading.options() else { return Exit::Failed };
            return self.over_others(language, &options, global, out);
        }
        over_queries(&self.paths, &self.schemas, global, out, |answer| self.show(answer, color))
    }

    /// Reads files of another language and writes their plans.
    fn over_others(
        &self,
        language: read::Language,
        options: &read::Options,
        global: Global,
        out: &mut Output<impl io::Write>,
    ) -> Exit {
        let renderer = Renderer::new(Format::Human, global.color.on_stdout());
        let work = |text: &Text| {
            let (mut shown, mut clean) = (String::new(), true);
            for (index, found) in read::read(language, &text.file, options).iter().enumerate() {
                let report = Report { file: &text.file, query: Some(index), diagnostics: &found.diagnostics };
                shown.push_str(&renderer.render(&report).into_text());
                clean &= found.query.is_some();
                shown.extend(found.query.as_ref().map(|query| self.plan(query)));
            }
            (shown, clean)
        };
        let mut findings = false;
        let exit = over_inputs(self.reading.from.find(&self.paths), global, work, |(shown, clean)| {
            findings |= !clean;
            Flow::from(out.write_all(shown.as_bytes()))
        });
        exit.max(if findings { Exit::Findings } else { Exit::Clean })
    }

    fn show(&self, answer: &Answer<'_>, color: bool) -> String {
        let mut text = answer.findings(color);
        if let Some(query) = answer.bound.as_ref().filter(|_| answer.ok()).and_then(|bound| bound.query.as_ref()) {
            text.push_str(&self.plan(query));
        }
        text
    }

    fn plan(&self, query: &crate::ir::Query) -> String {
        let mut query = query.clone();
        if !self.raw {
            pass::simplify(&mut query);
        }
        query.to_string()
    }
}
