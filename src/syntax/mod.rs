//! KQL: grammar, tree, printer.

pub mod ast;
