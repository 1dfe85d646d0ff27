//! Elastic's detection rules: NDJSON as Kibana exports them, TOML as Elastic publishes them.

use crate::read::ReadBack;
use crate::source::SourceFile;

/// The queries of a file of rules; `None` for a file that is a query itself.
pub(super) fn read(_: &SourceFile) -> Option<Vec<ReadBack>> {
    None
}
