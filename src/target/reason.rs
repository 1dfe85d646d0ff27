//! Reasons for a refusal that are the same in every language.

use super::{Loss, LossKind};
use crate::ir::{Expr, ExprKind, Query};

/// What computes a baseline or a fit over a series, by a method that is documented by its name alone.
const BASELINES: &[&str] = &[
    "series_decompose",
    "series_decompose_anomalies",
    "series_decompose_forecast",
    "series_outliers",
    "series_periods_detect",
    "series_periods_validate",
];

/// The baselines that a query is built on: whatever else keeps it from being said, these do.
pub(super) fn baselines(query: &Query) -> Vec<Loss> {
    let mut found: Vec<Loss> = Vec::new();
    let mut look = |expr: &Expr| {
        let ExprKind::Call(function, _) = &expr.kind else { return };
        let name = function.name();
        if BASELINES.contains(&name) && !found.iter().any(|loss| loss.span == expr.span) {
            let message = format!(
                "`{name}` tells what is unusual by a method of its own that no other engine repeats; use the anomaly detection of the SIEM, or a threshold"
            );
            found.push(Loss::refusal(LossKind::UnsupportedFunction, expr.span, message));
        }
    };
    for shared in &query.shared {
        shared.plan.walk(&mut look);
    }
    query.plan.walk(&mut look);
    found
}

#[cfg(test)]
mod tests {
    use super::super::{Fidelity, Options, RuleInfo, registry};
    use super::*;
    use crate::bind::bind;
    use crate::schema::Schemas;

    #[test]
    fn a_baseline_is_named_in_every_language() {
        let text = "SigninLogs | make-series n = count() on TimeGenerated from ago(14d) to now() step 1h by AppDisplayName \
                    | extend score = series_decompose_anomalies(n, 3)";
        let query = bind(&crate::syntax::parse(text).query.unwrap(), &Schemas::default()).query.unwrap();
        for target in registry::TARGETS {
            let conversion = target.convert(&query, &RuleInfo::default(), &Options::default()).unwrap();
            assert_eq!(conversion.fidelity, Fidelity::Refused, "{}", target.name());
            let named = |loss: &Loss| loss.message.contains("series_decompose_anomalies");
            assert!(conversion.losses.iter().any(named), "{}: {:?}", target.name(), conversion.losses);
        }
    }
}
