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
use super::{Capabilities, Conversion, DataError, DataFile, Fields, Options, Outside, RuleInfo, Target, Threshold};
use crate::ir::Query;

/// The most fields that a rule which counts groups by.
const MOST_FIELDS: usize = 5;

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
        Ok(match lower::lower(query, tables, *options) {
            Ok((lowered, losses)) => {
                let index = format!("index: {}", lowered.indices.join(", "));
                let exceptions = lowered.exceptions.iter().map(|exception| format!("exception: {exception}"));
                let outside = std::iter::once(index).chain(lowered.time.iter().cloned()).chain(exceptions);
                let mut lines: Vec<String> = outside.map(|line| format!("// {line}")).collect();
                let query = lowered.query.print();
                lines.push(query.clone());
                let said = |word: &str| lowered.time.iter().find_map(|line| line.strip_prefix(word)).map(str::to_owned);
                let (from, to) = (said("from: "), said("to: "));
                let threshold = counting(&lowered);
                let Lowered { indices, exceptions, .. } = lowered;
                let outside =
                    Outside { query: Some(query), indices, from, to, exceptions, threshold, ..Outside::default() };
                Conversion::new(lines.join("\n"), losses).with(outside)
            }
            Err(losses) => Conversion::refused_for(query, losses),
        })
    }

    fn store(&self, event: &Given<'_>, fields: Fields, _: Empty) -> Result<(Vec<Stored>, Vec<Conflict>), DataError> {
        let (stored, conflicts) = elastic::store::store(tables::builtin()?, event, fields);
        Ok((vec![stored], conflicts))
    }
}

/// The same as a rule that counts, where the query does nothing else.
fn counting(lowered: &Lowered) -> Option<Threshold> {
    let tree::Query::Sequence { by, items, .. } = &lowered.query else { return None };
    match items.as_slice() {
        [item] if lowered.counts && by.len() <= MOST_FIELDS => {
            Some(Threshold { query: filter::query(&item.event)?, fields: by.clone(), value: item.runs? })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
