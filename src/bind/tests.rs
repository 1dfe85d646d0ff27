use super::*;
use crate::schema::Dialect;

fn ir(text: &str) -> String {
    let parsed = crate::syntax::parse(text);
    let query = parsed.query.unwrap_or_else(|| panic!("{text}: {:?}", parsed.diagnostics));
    let bound = bind(&query, &Schemas::builtin(Dialect::Sentinel));
    let mut out: String =
        bound.diagnostics.iter().map(|d| format!("{} {:?} {}\n", d.code.id, d.span, d.message)).collect();
    if let Some(query) = bound.query {
        out.push_str(&query.to_string());
    }
    out
}

#[test]
fn try_it() {
    println!("{}", ir(&std::fs::read_to_string("/tmp/t1.kql").unwrap()));
}
