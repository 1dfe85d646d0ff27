//! The parser that pest makes of `grammar/esql.pest`.

// The derive gives the rules no docs of their own; the grammar file has them.
#![allow(missing_docs)]

use pest_derive::Parser;

/// Parses ES|QL by the rules of `grammar/esql.pest`.
#[derive(Parser)]
#[grammar = "../grammar/esql.pest"]
pub(super) struct Grammar;
