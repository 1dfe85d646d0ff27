//! Tests of the reader: searches and the IR they give.

use super::*;

fn query(search: &str) -> Result<(Query, Vec<Diagnostic>), Vec<Diagnostic>> {
    let read = read_search(search, &Options::default());
    read.query.map(|query| (query, read.diagnostics.clone())).ok_or(read.diagnostics)
}

fn printed(search: &str) -> String {
    query(search).unwrap_or_else(|found| panic!("{search}: {found:?}")).0.to_string()
}

#[test]
fn look() {
    for s in std::env::var("SPL").unwrap_or_default().split("@@@") {
        match query(s) { Ok((q, d)) => println!("{s}\n{q}\n{d:?}"), Err(d) => println!("{s}\n{d:?}") }
    }
}
