//! Q040.

use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::source::Span;
use crate::syntax::ast::{ExprKind, JsonKind};

lint! {
    /// ## What it does
    /// Looks for lists of more than 100 literals.
    ///
    /// ## Why it is bad
    /// Such lists are indicators that age. In a watchlist they can be kept up without a new version of the rule, and
    /// the query stays below the 10,000 characters that a rule may have.
    ///
    /// ## Example
    /// ```kql
    /// let bad = dynamic(["h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9", "h10", "h11", "h12", "h13", "h14", "h15", "h16", "h17", "h18", "h19", "h20", "h21", "h22", "h23", "h24", "h25", "h26", "h27", "h28", "h29", "h30", "h31", "h32", "h33", "h34", "h35", "h36", "h37", "h38", "h39", "h40", "h41", "h42", "h43", "h44", "h45", "h46", "h47", "h48", "h49", "h50", "h51", "h52", "h53", "h54", "h55", "h56", "h57", "h58", "h59", "h60", "h61", "h62", "h63", "h64", "h65", "h66", "h67", "h68", "h69", "h70", "h71", "h72", "h73", "h74", "h75", "h76", "h77", "h78", "h79", "h80", "h81", "h82", "h83", "h84", "h85", "h86", "h87", "h88", "h89", "h90", "h91", "h92", "h93", "h94", "h95", "h96", "h97", "h98", "h99", "h100"]);
    /// DeviceNetworkEvents
    /// | where RemoteUrl in (bad)
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// let bad = (_GetWatchlist('BadHosts') | project SearchKey);
    /// DeviceNetworkEvents
    /// | where RemoteUrl in (bad)
    /// ```
    "Q040" "long-list" Warning, fix: None, since: "0.1.0",
    summary: "A long list stands in the query.",
    check: Query(check)
}

/// How many items still make a short list.
const FEW: usize = 100;

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        let (count, span) = match &expr.kind {
            ExprKind::In(node) => (node.items.len(), node.items_span),
            ExprKind::Dynamic(json) => match &json.kind {
                JsonKind::Array(items) => (items.len(), expr.span),
                _ => continue,
            },
            ExprKind::DataTable(table) => (table.values.len() / table.schema.columns.len().max(1), table.values_span),
            _ => continue,
        };
        if count > FEW {
            let first = Span { start: span.start, end: span.start + 1 };
            found.push(
                LINT.at(first, format!("the list has {count} items"))
                    .label("begins here")
                    .help("keep it in a watchlist, and read it with `_GetWatchlist`"),
            );
        }
    }
}
