//! Q060.

use super::shared::string;
use crate::diagnostic::Diagnostic;
use crate::lint::context::QueryContext;
use crate::lint::declare::lint;
use crate::syntax::ast::ExprKind;
use regex::Regex;
use std::sync::LazyLock;

lint! {
    /// ## What it does
    /// Looks for what has the form of a key: access keys of AWS, signed addresses of Azure storage, account keys, JSON
    /// web tokens, private keys.
    ///
    /// ## Why it is bad
    /// Whoever can read the rule can use it, and rules are published, copied and kept in histories.
    ///
    /// ## Example
    /// ```kql
    /// externaldata(Ip: string)["https://example.blob.core.windows.net/lists/ip.csv?sv=2022-11-02&sr=b&sig=q3RlS1p0aGlzSXNOb3RBUmVhbFNpZ25hdHVyZQ%3D%3D"]
    /// | distinct Ip
    /// ```
    ///
    /// ## Use instead
    /// ```kql
    /// externaldata(Ip: string)["https://example.com/lists/ip.csv"]
    /// | distinct Ip
    /// ```
    "Q060" "secret-in-query" Warning, fix: None, since: "0.1.0",
    summary: "A secret stands in the query.",
    check: Query(check)
}

/// What keys look like, and what to call them.
static KEYS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("a signed address", r"[?&]sig=[A-Za-z0-9%+/]{20,}"),
        ("an access key of AWS", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
        ("an account key", r"(?i)\bAccountKey=[A-Za-z0-9+/]{40,}"),
        ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
        ("a private key", r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----\s*[A-Za-z0-9+/]{20,}"),
        ("a token of GitHub", r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    ]
    .into_iter()
    .filter_map(|(name, pattern)| Some((name, Regex::new(pattern).ok()?)))
    .collect()
});

fn check(context: &QueryContext<'_>, found: &mut Vec<Diagnostic>) {
    for expr in &context.nodes.exprs {
        let ExprKind::Literal(_) = &expr.kind else { continue };
        // Any of them is longer than this.
        let Some(text) = string(expr).filter(|text| text.len() >= 20) else { continue };
        if let Some((name, _)) = KEYS.iter().find(|(_, key)| key.is_match(text)) {
            found.push(
                LINT.at(expr.span, format!("this looks like {name}"))
                    .label("readable for everyone who reads the rule")
                    .help("revoke it, and keep what it protects where the rule needs no key"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_pattern_compiles() {
        assert_eq!(super::KEYS.len(), 6);
    }
}
