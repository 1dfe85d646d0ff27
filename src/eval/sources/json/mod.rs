//! Records in JSON: the wanted members of an object, found in one pass over its bytes.
//!
//! Nothing is built of what no query asks for; but all of it is held against the grammar (RFC 8259), so that a broken
//! record is known as such whichever columns are read.

mod lookup;
mod scan;

pub(super) use lookup::Lookup;
pub(super) use scan::{Kind, Slot, Wrong, members, unescape, unescaped, walk};
