//! The options that say which tables there are.

use std::path::PathBuf;
use std::str::FromStr as _;

use super::output::complain;
use crate::diagnostic::render::{Format, Renderer, Report, Sink};
use crate::schema::{Dialect, Schemas};
use crate::source::SourceFile;

/// Which tables there are, and where queries run.
#[derive(Clone, Debug, clap::Args)]
pub struct SchemaOptions {
    /// Tables and functions to know besides the built-in ones, in JSON, YAML or CSV; may be given several times
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,
    /// Where the queries run, which decides the time column
    #[arg(long, value_parser = dialect, default_value = Dialect::Sentinel.name(), value_name = "sentinel|defender")]
    dialect: Dialect,
}

fn dialect(name: &str) -> Result<Dialect, String> {
    Dialect::from_str(name)
        .map_err(|_| format!("no such dialect; there are {}", Dialect::ALL.map(Dialect::name).join(" and ")))
}

impl SchemaOptions {
    /// What the schemas in force are made from: where queries run, and the bytes of the files. A file that cannot be read
    /// counts as empty, since [`load`](Self::load) says so.
    pub fn made_from(&self) -> Vec<u8> {
        let mut bytes = self.dialect.name().as_bytes().to_vec();
        for path in &self.schema {
            let file = std::fs::read(path).unwrap_or_default();
            bytes.extend((file.len() as u64).to_le_bytes());
            bytes.extend(file);
        }
        bytes
    }

    /// The schemas in force. What is wrong with a file is told on standard error; nothing is given then.
    pub fn load(&self) -> Option<Schemas> {
        let mut schemas = Schemas::builtin(self.dialect);
        let mut failed = false;
        for path in &self.schema {
            let file = match SourceFile::read(path) {
                Ok(file) => file,
                Err(error) => {
                    complain(error);
                    failed = true;
                    continue;
                }
            };
            if let Err(diagnostics) = schemas.add(&file) {
                let renderer = Renderer::new(Format::Human, false);
                let mut sink = Sink::new(std::io::stderr().lock(), Format::Human);
                // Nobody can be told that standard error is gone.
                let _ = sink.write(renderer.render(&Report { file: &file, query: None, diagnostics: &diagnostics }));
                let _ = sink.finish();
                failed = true;
            }
        }
        (!failed).then_some(schemas)
    }
}
