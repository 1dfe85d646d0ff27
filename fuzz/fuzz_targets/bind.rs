//! Whatever parses is bound, simplified and shown.
#![no_main]

use kqlc::bind::bind;
use kqlc::ir::pass;
use kqlc::schema::{Dialect, Schemas};
use kqlc::syntax::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some(query) = parse(text).query else { return };
    let bound = bind(&query, &Schemas::builtin(Dialect::Sentinel));
    if let Some(mut query) = bound.query {
        pass::simplify(&mut query);
        let _ = query.to_string();
    }
});
