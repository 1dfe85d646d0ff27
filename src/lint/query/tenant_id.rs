//! Q061.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::lint::known::is_guid;
use crate::syntax::ast::{Expr, ExprKind};

lint! {
    /// ## What it does
    /// Looks for GUIDs that a column with `TenantId` in its name is compared with. Those of tenants of Microsoft that
    /// everyone meets are left alone.
    ///
    /// ## Why it is bad
    /// The rule works in one organisation alone, and tells everyone which.
    ///
    /// ## Example
    /// ```kql
    /// SigninLogs
    /// | where HomeTenantId != "0c4d6e1a-5b7f-4a3e-9d28-6f1b2c8e7a90"
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// SigninLogs
    /// | where HomeTenantId != ResourceTenantId
    /// ```
    "Q061" "tenant-id" Warning, fix: None, since: "0.1.0",
    summary: "The id of a tenant stands in the query.",
    check: Query(check)
}

/// Tenants that are the same for everyone: none, Microsoft's own, its services, and personal accounts.
const COMMON: &[&str] = &[
    "00000000-0000-0000-0000-000000000000",
    "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
    "33e01921-4d64-4f8c-a055-5bdaffd5e33d",
    "9188040d-6c67-4c5b-b112-36a304b66dad",
    "47d73278-e43c-4cc2-a606-c500b66883ef",
];

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    let mut test = |subject: &Expr, value: &Expr| {
        if context.words(subject.span).to_ascii_lowercase().contains("tenantid")
            && string(value).is_some_and(|text| is_guid(text) && !COMMON.contains(&text.to_ascii_lowercase().as_str()))
        {
            found.push(
                LINT.at(value.span, "the rule names one tenant")
                    .label("the id of an organisation")
                    .help("keep such ids in a watchlist"),
            );
        }
    };
    for expr in &context.nodes.exprs {
        match &expr.kind {
            ExprKind::Binary(node) => test(&node.left, &node.right),
            ExprKind::In(node) => node.items.iter().for_each(|item| test(&node.left, item)),
            _ => {}
        }
    }
}
