//! All that there is to say of a file: what cannot be read of it, what its queries mean wrongly, what lints find.

use super::eased;
use super::input::{Kind, Text};
use super::queries::Content;
use crate::diagnostic::{Diagnostic, code};
use crate::lint::{Base, Claim, Finding, Lint, Linter, QueryView, Subject, fix};
use crate::schema::Schemas;
use crate::source::SourceFile;

/// Whether a finding says that a file or a query cannot be read, so that no fix may bring it about.
pub(super) fn is_syntax(diagnostic: &Diagnostic) -> bool {
    // A folded query hides what is wrong with the lines it has swallowed; unfolding it must bring up nothing.
    diagnostic.code.id.starts_with('K') && diagnostic.code != &code::QUERY_FOLDED
}

/// A file with the same content.
pub(super) fn copy(file: &SourceFile) -> SourceFile {
    fix::with_text(file, file.text().to_owned())
}

/// What there is to say of a file.
#[derive(Debug)]
pub(super) struct Analysis {
    /// The file.
    pub(super) file: SourceFile,
    /// What was found, in the order of the queries and of the file.
    pub(super) findings: Vec<Finding>,
    /// What its rules lay claim to.
    pub(super) claims: Vec<Claim>,
    /// What was read from it.
    pub(super) content: Content,
}

impl Analysis {
    /// Reads, parses and lints. A file that was not `named` and holds no rule is none of ours; `base` is what it held
    /// before.
    pub(super) fn of(
        text: Text,
        linter: &Linter,
        schemas: &Schemas,
        leave_out: &dyn Fn(&Lint) -> bool,
        named: bool,
        base: Option<&Base>,
    ) -> Self {
        let content = Content::with_meaning(&text, schemas);
        let mut findings = Vec::new();
        let only = (content.queries.len() == 1).then_some(0);
        let unreadable = content.rules.is_empty() && text.kind == Kind::Rule;
        for diagnostic in &content.diagnostics {
            if unreadable && !named && diagnostic.code == &code::NOT_A_RULE {
                continue;
            }
            findings.push(Finding { diagnostic: diagnostic.clone(), query: only });
        }
        for (index, query) in content.queries.iter().enumerate() {
            if query.folded.is_none() {
                let meaning = eased::meaning(query, schemas).into_iter().map(|found| found.mapped(&query.map));
                let errors = query.syntax_errors().chain(meaning);
                findings.extend(errors.map(|diagnostic| Finding { diagnostic, query: Some(index) }));
            }
        }
        let views: Vec<QueryView<'_>> = content
            .queries
            .iter()
            .map(|query| QueryView {
                bound: query.bound.as_ref(),
                text: &query.text,
                map: &query.map,
                rule: query.rule,
                parsed: &query.parsed,
                folded: query.folded.is_some(),
            })
            .collect();
        let mut claims = Vec::new();
        if !unreadable {
            let is_rule_file = text.kind == Kind::Rule;
            let subject =
                Subject { file: &text.file, rules: &content.rules, queries: &views, is_rule_file, schemas, base };
            let checked = linter.check(&subject, leave_out);
            claims = checked.claims;
            findings.extend(checked.findings);
        }
        for finding in &mut findings {
            finding.query = finding.query.or(only);
        }
        findings.sort_by_key(|finding| (finding.query, finding.diagnostic.span, finding.diagnostic.code.id));
        drop(views);
        Self { file: text.file, findings, claims, content }
    }
}
