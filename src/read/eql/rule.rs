//! Detection rules whose queries are in EQL.

use super::query::{Search, Window};
use super::read_query;
use crate::diagnostic::{Diagnostic, code};
use crate::ir::Name;
use crate::read::ReadBack;
use crate::read::elastic::Rule;

/// Reads the query of a rule as the rule runs it.
pub(super) fn read(rule: Result<Rule<'_>, Diagnostic>) -> ReadBack {
    let found = rule.map_err(Box::new).and_then(|rule| {
        let search = search(&rule)?;
        let query = rule.query()?;
        let mut read = read_query(&query.text, &search);
        let place = |found: Diagnostic| rule.in_file(found.mapped(&query.map));
        read.diagnostics = read.diagnostics.into_iter().map(place).collect();
        Ok(read)
    });
    found.unwrap_or_else(|wrong| ReadBack::refused(*wrong))
}

/// Where and by what the query of a rule is searched.
fn search(rule: &Rule<'_>) -> Result<Search, Box<Diagnostic>> {
    let (kind, language) = (rule.text("type").unwrap_or("eql"), rule.text("language").unwrap_or("eql"));
    if (kind, language) != ("eql", "eql") {
        let message = format!("a rule of the type `{kind}` in the language `{language}` is not in EQL");
        return Err(rule.wrong("type", &code::READ_NO_MEANING, message));
    }
    let scope = rule.scope()?;
    let defaults = Search::default();
    let field = |name: &str, default: Name| rule.text(name).map_or(default, Name::from);
    Ok(Search {
        indices: scope.indices,
        window: Some(Window { bounds: scope.bounds, timed_by: scope.timed_by }),
        category: field("event_category_override", defaults.category),
        time: field("timestamp_field", defaults.time),
        tiebreaker: rule.text("tiebreaker_field").map(Name::from),
    })
}
