//! `kqlc ir`: what queries mean, as the compiler sees it.

use std::io;

use super::Global;
use super::bound::{Answer, over_queries};
use super::input::Paths;
use super::output::{Exit, Output};
use super::schemas::SchemaOptions;
use crate::ir::pass;

/// Arguments of `kqlc ir`.
#[derive(Debug, clap::Args)]
pub struct Ir {
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    schemas: SchemaOptions,
    /// As the binder gives it, without the passes that simplify it
    #[arg(long)]
    raw: bool,
}

impl Ir {
    /// Binds and writes the plans.
    pub(super) fn run(&self, global: Global, out: &mut Output<impl io::Write>) -> Exit {
        let color = global.color.on_stdout();
        over_queries(&self.paths, &self.schemas, global, out, |answer| self.show(answer, color))
    }

    fn show(&self, answer: &Answer<'_>, color: bool) -> String {
        let mut text = answer.findings(color);
        if let Some(query) = answer.bound.as_ref().filter(|_| answer.ok()).and_then(|bound| bound.query.as_ref()) {
            let mut query = query.clone();
            if !self.raw {
                pass::simplify(&mut query);
            }
            text.push_str(&query.to_string());
        }
        text
    }
}
