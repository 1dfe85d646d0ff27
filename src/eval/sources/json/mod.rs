//! Records in JSON: the wanted members of an object, found in one pass over its bytes.
//!
//! Nothing is built of what no query asks for; but all of it is held against the grammar (RFC 8259), so that a broken
//! record is known as such whichever columns are read.

#![expect(
    clippy::inline_always,
    reason = "one loop over the members of a record: with calls in it, it takes a fifth longer"
)]

mod lines;
mod lookup;
mod marks;
mod scan;
mod slot;

pub(super) use lines::MarkedLines;
pub(super) use lookup::Lookup;
pub(super) use marks::{Marked, Marks};
pub(super) use scan::{Wrong, members, walk};
pub(super) use slot::{Kind, Slot, unescape, unescaped};
