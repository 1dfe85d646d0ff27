//! The parser that pest makes of `grammar/eql.pest`.

// The derive gives the rules no docs of their own; the grammar file has them.
#![allow(missing_docs)]

use pest_derive::Parser;

/// Parses EQL by the rules of `grammar/eql.pest`.
#[derive(Parser)]
#[grammar = "../grammar/eql.pest"]
pub(super) struct Grammar;
