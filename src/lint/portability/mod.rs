//! Lints of portability: what the languages of `targets` must refuse or can only approximate.
//!
//! Each stands for one kind of loss. What is lost says the target itself, by converting the query; a loss that only
//! concerns what is shown of the events found is none here.

mod aggregate_without_a_counterpart;
mod case_judged_otherwise;
mod estimate_by_another_method;
mod expression_without_a_counterpart;
mod field_without_a_counterpart;
mod function_without_a_counterpart;
mod list_to_be_created;
mod missing_value_treated_otherwise;
mod name_taken_as_written;
mod operator_without_a_counterpart;
mod order_that_is_lost;
mod regex_of_another_dialect;
mod rows_beyond_a_limit;
mod source_without_a_counterpart;
mod term_judged_otherwise;
mod window_of_another_kind;

use super::context::QueryContext;
use super::{Check, Lint};
use crate::diagnostic::Diagnostic;
use crate::target::{self, Fidelity, LossKind, Options, RuleInfo};

/// The lints, in the order of their codes.
pub(super) const ALL: &[&Lint] = &[
    &case_judged_otherwise::LINT,
    &term_judged_otherwise::LINT,
    &regex_of_another_dialect::LINT,
    &window_of_another_kind::LINT,
    &estimate_by_another_method::LINT,
    &missing_value_treated_otherwise::LINT,
    &rows_beyond_a_limit::LINT,
    &order_that_is_lost::LINT,
    &field_without_a_counterpart::LINT,
    &name_taken_as_written::LINT,
    &list_to_be_created::LINT,
    &operator_without_a_counterpart::LINT,
    &function_without_a_counterpart::LINT,
    &aggregate_without_a_counterpart::LINT,
    &expression_without_a_counterpart::LINT,
    &source_without_a_counterpart::LINT,
];

/// What the targets lose of a query, each with its lint. A query with errors has nothing to lose.
pub(super) fn check(
    context: &QueryContext<'_>,
    targets: &[&'static str],
    lints: &[&'static Lint],
) -> Vec<(&'static Lint, Diagnostic)> {
    let mut found = Vec::new();
    let Some(mut query) = context.meaning().cloned() else { return found };
    crate::ir::pass::simplify(&mut query);
    let info = RuleInfo { rule: context.rule };
    for target in targets.iter().filter_map(|name| target::find(name)) {
        // What is wrong with the data of a target is a matter of `convert` and of our own tests.
        let (Ok(title), Ok(conversion)) =
            (target.capabilities().map(|it| &it.title), target.convert(&query, &info, &Options::default()))
        else {
            continue;
        };
        for loss in conversion.losses {
            let label = match loss.fidelity {
                Fidelity::Refused => "refused",
                Fidelity::Approximate => "approximated",
                Fidelity::Exact | Fidelity::Events => continue,
            };
            if let Some(lint) = lints.iter().find(|lint| is_about(lint, loss.kind)) {
                found.push((*lint, lint.at(loss.span, format!("in {title}: {}", loss.message)).label(label)));
            }
        }
    }
    found
}

/// Whether a lint stands for a kind of loss.
fn is_about(lint: &Lint, kind: LossKind) -> bool {
    matches!(lint.check, Check::Losses(own) if own == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_loss_that_a_rule_can_avoid_has_a_lint() {
        // What is wrong with the query itself is told as such, and nobody asks for a fidelity here.
        let others = [LossKind::Syntax, LossKind::Type, LossKind::MinFidelity];
        for kind in LossKind::ALL {
            let lints = ALL.iter().filter(|lint| is_about(lint, kind)).count();
            assert_eq!(lints, usize::from(!others.contains(&kind)), "{kind}");
        }
    }
}
