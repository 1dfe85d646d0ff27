//! The parser that pest makes of `grammar/spl.pest`.

// The derive gives the rules no docs of their own; the grammar file has them.
#![allow(missing_docs)]

use pest_derive::Parser;

/// Parses SPL by the rules of `grammar/spl.pest`.
#[derive(Parser)]
#[grammar = "../grammar/spl.pest"]
pub(super) struct Grammar;
