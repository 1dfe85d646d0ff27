//! Detection rules whose queries are in EQL, and those that count events.

use super::lucene::{self, Threshold};
use super::query::{Search, Window};
use super::read_query;
use crate::diagnostic::{Diagnostic, code};
use crate::ir::Name;
use crate::read::ReadBack;
use crate::read::elastic::{Found, Rule, Scope};
use crate::yaml::Node;

/// Reads the query of a rule as the rule runs it.
pub(super) fn read(rule: Found<'_>) -> ReadBack {
    let found = rule.and_then(|rule| {
        let query = rule.query()?;
        let scope = rule.scope();
        let mut read = match (rule.text("type").unwrap_or("eql"), rule.text("language").unwrap_or("eql")) {
            ("eql", "eql") => read_query(&query.text, &search(&rule, scope?)),
            ("threshold", "lucene") => lucene::read(&query.text, &search(&rule, scope?), &threshold(&rule)?),
            (kind, language) => {
                let message = format!("a rule of the type `{kind}` in the language `{language}` is not in EQL");
                return Err(rule.wrong("type", &code::READ_NO_MEANING, message));
            }
        };
        let place = |found: Diagnostic| rule.in_file(found.mapped(&query.map));
        read.diagnostics = read.diagnostics.into_iter().map(place).collect();
        Ok(read)
    });
    found.unwrap_or_else(|wrong| ReadBack::refused(*wrong))
}

/// How many events of a group make an alert.
fn threshold(rule: &Rule<'_>) -> Result<Threshold, Box<Diagnostic>> {
    let shape = || {
        let message = "a rule that counts has a `threshold` with `field` and `value`, and no `cardinality`".to_owned();
        rule.wrong("threshold", &code::READ_NO_MEANING, message)
    };
    let node = rule.field("threshold").ok_or_else(shape)?;
    let said = |name: &str| node.get(name).map(|entry| &entry.value);
    if said("cardinality").is_some_and(|node| !node.is_null() && !node.as_sequence().is_some_and(<[Node]>::is_empty)) {
        return Err(shape());
    }
    let least = said("value").and_then(Node::as_str).and_then(|value| value.parse::<i64>().ok());
    let fields = match said("field") {
        None => Some(Vec::new()),
        Some(node) => node.as_sequence().and_then(|items| items.iter().map(Node::as_str).collect()),
    };
    match (least, fields) {
        (Some(least @ 1..), Some(fields)) => {
            Ok(Threshold { fields: fields.into_iter().map(str::to_owned).collect(), least })
        }
        _ => Err(shape()),
    }
}

/// Where and by what the query of a rule is searched.
fn search(rule: &Rule<'_>, scope: Scope) -> Search {
    let defaults = Search::default();
    let field = |name: &str, default: Name| rule.text(name).map_or(default, Name::from);
    Search {
        indices: scope.indices,
        window: Some(Window { bounds: scope.bounds, timed_by: scope.timed_by }),
        category: field("event_category_override", defaults.category),
        time: field("timestamp_field", defaults.time),
        tiebreaker: rule.text("tiebreaker_field").map(Name::from),
    }
}
