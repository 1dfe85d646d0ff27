use kqlc::eval::{arrays::Cells, Cell, Engine, EvalError, Options};
use kqlc::types::Type;
fn json(c: &Cell<'_>, ty: Type) -> String {
    match c {
        Cell::Null => "null".into(),
        Cell::Bool(b) => b.to_string(),
        Cell::Int(_) | Cell::Long(_) => c.to_text().into_owned(),
        Cell::Real(x) if x.is_finite() => format!("{x:?}"),
        Cell::Dynamic(b) => kqlc::eval::dynamic::json_text(kqlc::eval::dynamic::View::new(b)),
        _ => { let _ = ty; serde_json::to_string(&c.to_text()).unwrap() }
    }
}
fn main() {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::io::stdin(), &mut text).unwrap();
    let parsed = kqlc::syntax::parse(&text);
    let schemas = kqlc::schema::Schemas::builtin(kqlc::schema::Dialect::Sentinel);
    let tree = parsed.query.unwrap();
    let mut learned = kqlc::bind::Learned::new();
    let engine = Engine::new(Options::at(638_000_000_000_000_000)).unwrap();
    loop {
        let bound = kqlc::bind::bind_learned(&tree, &schemas, &learned);
        if bound.has_errors() { eprintln!("{:?}", bound.diagnostics.iter().map(|d| d.message.clone()).collect::<Vec<_>>()); std::process::exit(1) }
        let query = bound.query.unwrap();
        match engine.run(&query, &kqlc::eval::catalog::NoTables) {
            Ok(a) => {
                let mut rows = vec![];
                for b in &a.batches { let cols: Vec<_> = a.columns.iter().enumerate().map(|(i, c)| Cells::new(b.column(i).as_ref(), c.1).unwrap()).collect();
                    for r in 0..b.num_rows() { rows.push(format!("[{}]", cols.iter().zip(&a.columns).map(|(c, x)| json(&c.get(r), x.1)).collect::<Vec<_>>().join(","))); } }
                println!("{{\"columns\":[{}],\"rows\":[{}]}}", a.columns.iter().map(|c| format!("{{\"name\":{},\"type\":\"{}\"}}", serde_json::to_string(&*c.0).unwrap(), c.1.name())).collect::<Vec<_>>().join(","), rows.join(","));
                return;
            }
            Err(EvalError::Columns { span, columns }) => { learned.insert(span, columns.into_iter().map(|(n, t)| (n.into(), t)).collect()); }
            Err(e) => { eprintln!("{e}"); std::process::exit(1) }
        }
    }
}
