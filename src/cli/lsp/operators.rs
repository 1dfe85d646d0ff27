//! What each tabular operator does, in a sentence.

use crate::syntax::operator_shapes;

/// By name, in order.
const DOCS: &[(&str, &str)] = &[
    ("as", "Gives the records so far a name that later parts of the query may use."),
    ("assert-schema", "Fails unless the records have exactly these columns."),
    ("consume", "Reads all records and gives none."),
    ("count", "Counts the records: one record with the column `Count`."),
    ("distinct", "Gives each combination of values once."),
    ("evaluate", "Runs a plugin over the records."),
    ("extend", "Adds columns, or puts others in the place of those with the same names."),
    ("facet", "Gives a table of values for each of several columns."),
    ("filter", "An old name of `where`."),
    ("find", "Finds records in several tables by a condition."),
    ("fork", "Runs several operators over the same records, each with a result of its own."),
    ("getschema", "Gives the columns and their types in place of the records."),
    ("graph-mark-components", "Marks the connected parts of a graph."),
    ("graph-match", "Finds patterns of nodes and edges in a graph."),
    ("graph-shortest-paths", "Finds the shortest paths between nodes of a graph."),
    ("graph-to-table", "Turns the nodes or edges of a graph into records."),
    ("graph-where-edges", "Keeps the edges of a graph for which a condition holds."),
    ("graph-where-nodes", "Keeps the nodes of a graph for which a condition holds."),
    ("invoke", "Calls a function with the records as its first argument."),
    (
        "join",
        "Puts together the records of two tables that agree in a key. Without `kind` the left side keeps one record a key (`innerunique`).",
    ),
    ("limit", "Another name of `take`."),
    ("lookup", "Adds to each record the columns of a smaller table that agrees in a key."),
    ("macro-expand", "Runs a query for each of a group of databases or clusters."),
    ("make-graph", "Makes a graph of records that are edges."),
    ("make-series", "Makes arrays of aggregates over an axis in even steps; gaps get a default."),
    ("mv-apply", "Runs operators over the elements of an array of each record, as over a table of their own."),
    ("mv-expand", "Gives a record for each element of an array or each slot of a bag."),
    ("order", "Another name of `sort`."),
    ("parse", "Takes columns out of a text by a pattern; records that do not fit are kept."),
    ("parse-kv", "Takes columns out of a text of keys and values."),
    ("parse-where", "Takes columns out of a text by a pattern; records that do not fit are dropped."),
    ("partition", "Runs operators over the records of each value of a column."),
    ("print", "Gives one record of computed values."),
    ("project", "Keeps and computes columns; all others are left out."),
    ("project-away", "Leaves out columns."),
    ("project-keep", "Keeps columns in the order they have."),
    ("project-rename", "Gives columns other names."),
    ("project-reorder", "Moves columns to the front."),
    ("range", "Gives a column of values in even steps, the last included."),
    ("reduce", "Groups texts that resemble each other."),
    ("render", "Says how the result is to be shown; the records stay as they are."),
    ("sample", "Gives so many records by chance."),
    ("sample-distinct", "Gives so many different values of a column by chance."),
    ("scan", "Matches runs of records step by step, in their order."),
    ("search", "Looks for a text in all columns, of several tables where they are named."),
    ("serialize", "Fixes the order of the records, so that functions such as `prev` may look at it."),
    ("sort", "Sorts the records, downwards unless `asc` is said."),
    ("summarize", "Gives one record for each group, with aggregates over it."),
    ("take", "Gives so many records, whichever come first."),
    ("top", "Gives the first records of an order."),
    ("top-hitters", "Gives the values that occur most, approximately."),
    ("top-nested", "Gives the greatest groups, and in each of them the greatest again."),
    ("union", "Gives the records of several tables, one after the other."),
    ("where", "Keeps the records for which a condition holds."),
];

/// A tabular operator.
#[derive(Clone, Copy, Debug)]
pub(super) struct TabularOperator {
    /// Its name.
    pub(super) name: &'static str,
    /// How it is written.
    pub(super) shape: &'static str,
    /// What it does.
    pub(super) doc: &'static str,
}

/// Every tabular operator that a person writes.
pub(super) fn all() -> impl Iterator<Item = TabularOperator> {
    operator_shapes().map(|(name, shape)| {
        let doc = DOCS.iter().find(|(known, _)| *known == name).map_or("", |(_, doc)| doc);
        TabularOperator { name, shape, doc }
    })
}

/// The operator of a name.
pub(super) fn find(name: &str) -> Option<TabularOperator> {
    all().find(|operator| operator.name == name)
}

/// The operators that may begin a query.
pub(super) const FIRST: &[&str] = &["find", "print", "range", "search", "union"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_has_a_sentence() {
        for operator in all() {
            assert!(operator.doc.ends_with('.'), "{}", operator.name);
        }
        assert_eq!(DOCS.len(), all().count());
        assert!(FIRST.iter().all(|name| find(name).is_some()) && find("whre").is_none());
    }
}
