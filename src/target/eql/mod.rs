//! Elastic's event query language, EQL.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; tables and fields are shared with ES|QL in
//! `targets/elastic/`. The index and the span of time stand outside a query of EQL; a bare query names them in comments.

mod lower;
mod print;
pub mod tree;

use std::sync::LazyLock;

use serde::Deserialize;

use super::elastic::tables;
use super::{Capabilities, Conversion, DataError, DataFile, Options, RuleInfo, Target};
use crate::ir::Query;

/// The file built in.
const TARGET: DataFile<'_> =
    DataFile { name: "targets/eql/target.yaml", text: include_str!("../../../targets/eql/target.yaml") };

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    capabilities: Capabilities,
}

/// The target.
#[derive(Clone, Copy, Debug, Default)]
pub struct Eql;

impl Target for Eql {
    fn name(&self) -> &'static str {
        "eql"
    }

    fn capabilities(&self) -> Result<&'static Capabilities, DataError> {
        static DATA: LazyLock<Result<TargetFile, DataError>> = LazyLock::new(|| TARGET.read());
        DATA.as_ref().map(|file| &file.capabilities).map_err(Clone::clone)
    }

    fn convert(&self, query: &Query, _rule: &RuleInfo<'_>, options: &Options) -> Result<Conversion, DataError> {
        let tables = tables::builtin()?;
        Ok(match lower::lower(query, tables, *options) {
            Ok((lowered, losses)) => {
                let index = format!("index: {}", lowered.indices.join(", "));
                let exceptions = lowered.exceptions.iter().map(|exception| format!("exception: {exception}"));
                let outside = std::iter::once(index).chain(lowered.time).chain(exceptions);
                let mut lines: Vec<String> = outside.map(|line| format!("// {line}")).collect();
                lines.push(lowered.query.print());
                Conversion::new(lines.join("\n"), losses)
            }
            Err(losses) => Conversion::refused_for(query, losses),
        })
    }
}

#[cfg(test)]
mod tests;
