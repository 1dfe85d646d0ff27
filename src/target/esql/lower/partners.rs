//! What goes from one side of a join to the other: what tells records from each other, and several values as one text.

use super::Flow;
use super::join::ROWS;
use super::value::lowered;
use crate::target::elastic::tables::Values;
use crate::target::esql::tree::{Command, Expr, Head, Query};

/// What parts the values of one partner. It is text that no log holds, and `DISSECT` takes it as it is.
const SEPARATOR: &str = "␟";

/// The field that holds the id of a document.
const ID: &str = "_id";

/// A value as a pipeline would store it.
pub(super) fn stored_as(values: Values, value: Expr) -> Expr {
    match values {
        Values::Lower => lowered(value),
        Values::Upper => Expr::call("TO_UPPER", [value]),
        Values::LowerDashed | Values::DeviceAction => {
            Expr::call("REPLACE", [lowered(value), Expr::text(" "), Expr::text("-")])
        }
        Values::OfficeOperation | Values::OfficeUserType => value,
    }
}

/// Whether a value may be the empty text. No field is: Elastic's pipelines leave such a one out.
pub(super) fn may_be_empty(flow: &Flow, value: &Expr) -> bool {
    let branches = match &flow.head {
        Head::Queries(queries) => queries.as_slice(),
        _ => &[],
    };
    is_empty_in(&flow.commands, value) || branches.iter().any(|query| is_empty_in(&query.commands, value))
}

/// Whether commands may make the empty text of what a value reads.
fn is_empty_in(commands: &[Command], value: &Expr) -> bool {
    match value {
        Expr::Text(text) => text.is_empty(),
        Expr::Field(name) => {
            let Some(at) = commands.iter().rposition(|command| command.assigns(&|made| made == name)) else {
                return false;
            };
            let before = &commands[..at];
            match &commands[at] {
                Command::Eval(items) => items
                    .iter()
                    .enumerate()
                    .rfind(|(_, (made, _))| made == name)
                    // What the same command made before is not looked through.
                    .is_some_and(|(at, (_, value))| {
                        items[..at].iter().any(|(made, _)| value.reads(made)) || is_empty_in(before, value)
                    }),
                Command::Rename(names) => names
                    .iter()
                    .find(|(_, made)| made == name)
                    .is_some_and(|(old, _)| is_empty_in(before, &Expr::field(old))),
                Command::MvExpand(name) => is_empty_in(before, &Expr::field(name)),
                Command::LookupJoin(..) => false,
                _ => true,
            }
        }
        Expr::Call(name, inner) => match name.as_str() {
            "TO_LOWER" | "TO_UPPER" | "TO_STRING" => inner.iter().any(|value| is_empty_in(commands, value)),
            _ => true,
        },
        _ => false,
    }
}

/// Whether a command marks the rows that go on.
fn is_of_rows(command: &Command) -> bool {
    matches!(command, Command::Eval(items) if items.iter().any(|(_, value)| *value == Expr::text(ROWS)))
}

/// What tells each row from every other, as one value.
pub(super) fn identity(flow: &mut Flow) -> Option<Expr> {
    let parts = identities(flow)?;
    Some(if flow.closed { packed(parts) } else { Expr::field(ID) })
}

/// What tells each row from every other: the id of its document, or the columns of the last grouping.
pub(super) fn identities(flow: &mut Flow) -> Option<Vec<Expr>> {
    if flow.closed {
        let columns = flow.unique.as_ref()?;
        return columns.iter().map(|id| flow.slots.get(id).map(|s| s.expr.clone())).collect();
    }
    let as_found = |query: &[Command]| {
        query.iter().all(|command| {
            matches!(
                command,
                Command::Where(_)
                    | Command::Eval(_)
                    | Command::Grok(..)
                    | Command::Dissect(..)
                    | Command::Rename(_)
                    | Command::Drop(_)
                    | Command::Stats { inline: true, .. }
            )
        })
    };
    let with_id = |head: &mut Head| {
        if let Head::From { metadata, .. } = head
            && !metadata.iter().any(|field| field == ID)
        {
            metadata.push(ID.to_owned());
        }
    };
    if !as_found(&flow.commands) {
        return None;
    }
    let pooled = flow.pool.is_some();
    match &mut flow.head {
        head @ Head::From { .. } => with_id(head),
        Head::Queries(queries) => {
            // Of a pool only the rows that go on have an id.
            let goes_on = |query: &Query| !pooled || query.commands.iter().any(is_of_rows);
            let found = |query: &Query| matches!(query.head, Head::From { .. }) && as_found(&query.commands);
            if !queries.iter().filter(|query| goes_on(query)).all(found) {
                return None;
            }
            queries.iter_mut().filter(|query| goes_on(query)).for_each(|query| with_id(&mut query.head));
        }
        Head::Row(_) => return None,
    }
    Some(vec![Expr::field(ID)])
}

/// Values as one text.
pub(super) fn packed(parts: Vec<Expr>) -> Expr {
    let several = parts.len() > 1;
    let mut all = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        if !all.is_empty() {
            all.push(Expr::text(SEPARATOR));
        }
        let text = match part {
            Expr::Text(_) | Expr::Null => part,
            part if part == Expr::field(ID) => part,
            part => Expr::call("TO_STRING", [part]),
        };
        all.push(Expr::call("COALESCE", [text, Expr::text("")]));
    }
    match (several, all.len()) {
        (_, 0) => Expr::text(""),
        (false, _) => all.remove(0),
        (true, _) => Expr::Call("CONCAT".into(), all),
    }
}

/// The pattern that takes a text of several values apart again; what has no name is passed over.
pub(super) fn dissected(names: &[String]) -> String {
    names.iter().map(|name| format!("%{{{name}}}")).collect::<Vec<_>>().join(SEPARATOR)
}
