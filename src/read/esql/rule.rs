//! Detection rules whose queries are in ES|QL.

use super::read_query;
use crate::diagnostic::{Diagnostic, code};
use crate::read::ReadBack;
use crate::read::elastic::Found;

/// Reads the query of a rule as the rule runs it: over a stretch of time.
pub(super) fn read(rule: Found<'_>) -> ReadBack {
    let found = rule.and_then(|rule| {
        let (kind, language) = (rule.text("type").unwrap_or("esql"), rule.text("language").unwrap_or("esql"));
        if (kind, language) != ("esql", "esql") {
            let message = format!("a rule of the type `{kind}` in the language `{language}` is not in ES|QL");
            return Err(rule.wrong("type", &code::READ_NO_MEANING, message));
        }
        let stretch = rule.stretch()?;
        let query = rule.query()?;
        let mut read = read_query(&query.text, Some(&stretch));
        let place = |found: Diagnostic| rule.in_file(found.mapped(&query.map));
        read.diagnostics = read.diagnostics.into_iter().map(place).collect();
        Ok(read)
    });
    found.unwrap_or_else(|wrong| ReadBack::refused(*wrong))
}
