//! Regular expressions: those of Kusto in the words of Java and Lucene.

use super::condition::complement;
use super::set::found;
use super::value::lowered;
use super::{Flow, Lower, Result, refuse};
use crate::ir::{CaseRule, NullRule, RegexDialect, RegexMatch, Value};
use crate::source::Span;
use crate::target::LossKind;
use crate::target::elastic::lucene;
use crate::target::esql::tree::Expr;
use crate::target::ledger::Accounts as _;

impl Lower<'_> {
    pub(super) fn regex(&mut self, flow: &mut Flow, node: &RegexMatch, want: bool, span: Span) -> Result<Expr> {
        let want = want != node.negated;
        if node.dialect != RegexDialect::Kusto || node.nulls != NullRule::KqlMatch {
            return refuse(LossKind::UnsupportedExpression, span, "this pattern is of another language than KQL");
        }
        let Some(source) = node.pattern.as_literal().and_then(Value::as_str) else {
            self.lose(
                LossKind::RegexDialect,
                node.pattern.span,
                "the pattern is computed; what Java reads otherwise in it cannot be told",
            );
            let pattern = self.text(flow, &node.pattern)?;
            let pattern = if node.case == CaseRule::Sensitive {
                pattern
            } else {
                Expr::call("CONCAT", [Expr::text("(?i)"), pattern])
            };
            return self.searched(flow, node, pattern, want);
        };
        let Ok(translated) = lucene::translate(source, node.case != CaseRule::Sensitive) else {
            // What Lucene cannot say, the patterns of `REPLACE` can.
            let java = self.java(source, node.pattern.span);
            let flag = if node.case == CaseRule::Sensitive { "" } else { "(?i)" };
            return self.searched(flow, node, Expr::Text(format!("{flag}{java}")), want);
        };
        self.part_of_named::<&str>(Self::slot(flow, &node.subject).and_then(|slot| slot.values), &[], span);
        let text = self.text(flow, &node.subject)?;
        let subject = if translated.insensitive { lowered(text.clone()) } else { text.clone() };
        let matches_empty = regex::Regex::new(source).is_ok_and(|regex| regex.is_match(""));
        let test = Expr::Rlike(Box::new(subject), translated.pattern);
        let filled = Self::is_filled(flow, &node.subject);
        Ok(match (want, matches_empty && !filled) {
            (true, false) => test,
            (true, true) => Expr::any(vec![text.is_null(), test]),
            (false, true) => Expr::Not(Box::new(test)),
            (false, false) => complement(test, &text, filled),
        })
    }

    /// A pattern in Java's dialect, with a loss where that may read something otherwise.
    pub(super) fn java(&mut self, source: &str, span: Span) -> String {
        let java = super::pattern::java(source);
        if java.doubtful {
            self.lose(
                LossKind::RegexDialect,
                span,
                "the pattern uses what Java reads otherwise: class operations, flags or names of classes",
            );
        }
        java.pattern
    }

    /// A search of a text with a pattern of Java's. A text that is missing is the empty one.
    pub(super) fn searched(&mut self, flow: &mut Flow, node: &RegexMatch, pattern: Expr, want: bool) -> Result<Expr> {
        let text = self.text(flow, &node.subject)?;
        let text =
            if Self::is_filled(flow, &node.subject) { text } else { Expr::call("COALESCE", [text, Expr::text("")]) };
        Ok(found(text, pattern, want))
    }
}
