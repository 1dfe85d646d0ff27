//! The columns that Azure Monitor gives every table.

/// Those that lists of a table's columns leave out, the built-in lists included, and that queries may name all the same.
///
/// Source: "Standard columns in Azure Monitor Logs" of the product's documentation.
const HIDDEN_COLUMNS: &[&str] =
    &["_BilledSize", "_IsBillable", "_ItemId", "_ResourceId", "_SubscriptionId", "_TimeReceived"];

/// Whether a name is that of a column that any table of a workspace may have without listing it.
pub fn is_hidden_column(name: &str) -> bool {
    HIDDEN_COLUMNS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_with_their_case() {
        for (name, hidden) in [("_ItemId", true), ("_TimeReceived", true), ("_itemid", false), ("Type", false)] {
            assert_eq!(is_hidden_column(name), hidden, "{name}");
        }
    }
}
