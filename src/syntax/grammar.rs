//! The parser that pest makes of `grammar/kql.pest`.

// The derive gives the rules no docs of their own; the grammar file has them.
#![allow(missing_docs)]

use pest_derive::Parser;

/// Parses KQL by the rules of `grammar/kql.pest`.
#[derive(Parser)]
#[grammar = "../grammar/kql.pest"]
pub(super) struct Grammar;
