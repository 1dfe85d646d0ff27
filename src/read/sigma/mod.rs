//! Sigma rules.

use super::{Options, ReadBack};
use crate::diagnostic::{Diagnostic, code};
use crate::source::{SourceFile, Span};

/// Reads the documents of a file.
pub(super) fn read(_: &SourceFile, _: &Options) -> Vec<ReadBack> {
    vec![ReadBack::refused(Diagnostic::new(&code::READ_NOTHING, Span::at(0), "the file holds no detection"))]
}
