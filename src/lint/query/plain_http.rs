//! Q062.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::ExprKind;

lint! {
    /// ## What it does
    /// Looks for `externaldata` from addresses that begin with `http:`.
    ///
    /// ## Why it is bad
    /// Whoever sits between can change the list, and with it what the rule finds.
    ///
    /// ## Example
    /// ```kql
    /// externaldata(Ip: string)["http://example.com/ip.csv"]
    /// | distinct Ip
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// externaldata(Ip: string)["https://example.com/ip.csv"]
    /// | distinct Ip
    /// ```
    "Q062" "plain-http-data" Warning, fix: None, since: "0.1.0",
    summary: "Data is read over a plain connection.",
    check: Query(check)
}

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        let ExprKind::ExternalData(data) = &expr.kind else { continue };
        for source in &data.sources {
            if string(source).is_some_and(|text| text.starts_with("http:")) {
                found.push(
                    LINT.at(source.span, "the data comes over a plain connection")
                        .label("anyone in between can change it"),
                );
            }
        }
    }
}
