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
    let macros =
        crate::read::Macros::read(std::path::Path::new("/work/shared/corpus/targets/spl-macros.json")).unwrap();
    let options = Options { macros };
    for s in std::fs::read_to_string("/tmp/look.txt").unwrap().split("@@@") {
        let read = read_search(s, &options);
        match read.query {
            Some(q) => println!("{s}\n{q}\n"),
            None => println!("{s}\n{:?}", read.diagnostics),
        }
    }
}
