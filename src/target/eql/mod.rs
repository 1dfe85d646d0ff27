//! Elastic's event query language, EQL.
//!
//! `lower` takes the IR to the [`tree`], `print` writes that; tables and fields are shared with ES|QL in
//! `targets/elastic/`. The index and the span of time stand outside a query of EQL; a bare query names them in comments.

mod filter;
mod lower;
mod print;
pub mod tree;

use std::sync::LazyLock;

use serde::Deserialize;

use self::lower::Lowered;
use super::elastic::{self, tables};
use super::store::{Conflict, Empty, Given, Stored};
use super::{Capabilities, Conversion, DataError, DataFile, Fields, Options, Outside, RuleInfo, Target};
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
        static DATA: LazyLock<Result<TargetFile, DataError>> = LazyLock::new(|| TARGET.current()?.read());
        DATA.as_ref().map(|file| &file.capabilities).map_err(Clone::clone)
    }

    fn convert(&self, query: &Query, _rule: &RuleInfo<'_>, options: &Options) -> Result<Conversion, DataError> {
        let tables = tables::builtin()?;
        let lowered = lower::lower(query, tables, *options);
        let detection = lower::detection::detection(query, tables, *options, &lowered);
        Ok(match lowered {
            Ok((Lowered { query, indices, times, exceptions, .. }, losses)) => {
                let (from, to) = (times.start(), times.end());
                let mut lines = vec![format!("// index: {}", indices.join(", "))];
                let said = |word: &str, moment: &Option<String>| moment.as_ref().map(|at| format!("// {word}: {at}"));
                lines.extend(said("from", &from).into_iter().chain(said("to", &to)));
                lines.extend(exceptions.iter().map(|exception| format!("// exception: {exception}")));
                let query = query.print();
                lines.push(query.clone());
                let query = Some(query);
                let outside = Outside { query, indices, from, to, exceptions, detection, ..Outside::default() };
                Conversion::new(lines.join("\n"), losses).with(outside)
            }
            Err(losses) => Conversion::refused_for(query, losses).with(Outside { detection, ..Outside::default() }),
        })
    }

    fn store(&self, event: &Given<'_>, fields: Fields, _: Empty) -> Result<(Vec<Stored>, Vec<Conflict>), DataError> {
        let (stored, conflicts) = elastic::store::store(tables::builtin()?, event, fields);
        Ok((vec![stored], conflicts))
    }

    fn folds(&self, table: &str, column: &str, fields: Fields) -> Result<bool, DataError> {
        Ok(tables::builtin()?.folds(table, column, fields))
    }
}

#[cfg(test)]
mod tests;
