//! Events as a target takes them to be: with arrays where the documentation of the tables says that nothing else is.

use serde_json::Value;

use super::stored::Record;
use crate::ir::{Expr, ExprKind, Query};
use crate::schema::Schemas;
use crate::types::Type;

/// Puts what is no array into one, in dynamic columns and slots of these names, and in columns of these names that hold
/// JSON as a text. The empty text is nothing.
pub(super) fn held(record: &mut Record, table: &str, schemas: &Schemas, names: &[String]) {
    let Some(table) = schemas.table(table) else { return };
    for (name, value) in record {
        match (table.column(name).map(|column| column.ty), &*value) {
            (Some(Type::Dynamic), _) => hold(name, value, names),
            // One name may be that of an object elsewhere, such as the `ExtendedProperties` of alerts.
            (Some(Type::String), Value::String(text))
                if names.contains(name)
                    && !text.is_empty()
                    && !matches!(serde_json::from_str(text), Ok(Value::Array(_) | Value::Object(_))) =>
            {
                *value = Value::String(Value::Array(vec![value.take()]).to_string());
            }
            _ => {}
        }
    }
}

/// Puts objects where an array of them has texts that hold such, in columns and slots of these names.
pub(super) fn filled(name: &str, value: &mut Value, names: &[String]) {
    match value {
        Value::Object(slots) => slots.iter_mut().for_each(|(name, value)| filled(name, value, names)),
        Value::Array(items) => {
            for item in items {
                if names.iter().any(|objects| objects == name)
                    && let Some(held @ (Value::Object(_) | Value::Array(_))) =
                        item.as_str().and_then(|text| serde_json::from_str(text).ok())
                {
                    *item = held;
                }
                filled("", item, names);
            }
        }
        // A column may hold the array as a text.
        Value::String(text) if names.iter().any(|objects| objects == name) => {
            if let Ok(mut array @ Value::Array(_)) = serde_json::from_str(text) {
                filled(name, &mut array, names);
                *value = Value::String(array.to_string());
            }
        }
        _ => {}
    }
}

fn hold(name: &str, value: &mut Value, names: &[String]) {
    match value {
        Value::Object(slots) => slots.iter_mut().for_each(|(name, value)| hold(name, value, names)),
        // Elements have no name.
        Value::Array(items) => items.iter_mut().for_each(|item| hold("", item, names)),
        _ => {}
    }
    if names.iter().any(|array| array == name) {
        match value.take() {
            kept @ (Value::Null | Value::Array(_)) => *value = kept,
            Value::String(text) if text.is_empty() => {}
            // The text of an array, written as one is, is that array.
            one => *value = one.as_str().and_then(array_of).unwrap_or_else(|| Value::Array(vec![one])),
        }
    }
}

/// The array that a text is the text of, written as arrays are.
fn array_of(text: &str) -> Option<Value> {
    let array: Value = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&array).ok()?;
    (array.is_array() && written == text).then_some(array)
}

/// The columns that a query takes for arrays.
pub(super) fn asked(query: &Query) -> Vec<String> {
    let mut found = Vec::new();
    query.each_plan(&mut |plan| {
        for step in &plan.steps {
            step.op.expressions(&mut |expr| {
                expr.walk(&mut |expr| {
                    if let ExprKind::Call(function, arguments) = &expr.kind
                        && matches!(function.name(), "array_index_of" | "array_length" | "set_has_element")
                        && let Some(id) = arguments.first().and_then(Expr::as_column)
                    {
                        found.push(query.columns[id].name.to_string());
                    }
                });
            });
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Dialect;

    #[test]
    fn columns_are_arrays_where_they_are_taken_for_such() {
        let text = "SigninLogs | where set_has_element(A, 'x') and array_length(B) > 1 and C == 'y'";
        let tree = crate::syntax::parse(text).query.unwrap();
        let query = crate::bind::bind(&tree, &Schemas::builtin(Dialect::Sentinel)).query.unwrap();
        assert_eq!(asked(&query), ["A", "B"]);
    }

    #[test]
    fn texts_of_arrays_are_texts_of_arrays() {
        let names = ["AttackTechniques".to_owned()];
        for (before, after) in
            [("T1059", r#"["T1059"]"#), (r#"["T1059"]x"#, r#"["[\"T1059\"]x"]"#), ("[1]", "[1]"), ("", "")]
        {
            let mut record = json!({"AttackTechniques": before, "Title": before}).as_object().unwrap().clone();
            held(&mut record, "AlertEvidence", &Schemas::builtin(Dialect::Sentinel), &names);
            assert_eq!(Value::Object(record), json!({"AttackTechniques": after, "Title": before}));
        }
    }

    #[test]
    fn texts_of_objects_are_objects_where_an_array_has_no_others() {
        let names = ["Entities".to_owned()];
        for (before, after) in [
            (json!(["{\"a\":1}", "x", "1"]), json!([{"a": 1}, "x", "1"])),
            (json!({"Entities": ["[1]"], "Others": ["[1]"]}), json!({"Entities": [[1]], "Others": ["[1]"]})),
            (json!(r#"["{}"]"#), json!("[{}]")),
            (json!("x"), json!("x")),
        ] {
            let mut value = before;
            filled("Entities", &mut value, &names);
            assert_eq!(value, after);
        }
    }

    #[test]
    fn what_is_no_array_becomes_the_element_of_one() {
        let names = ["TargetResources", "modifiedProperties", "Entities"].map(str::to_owned);
        for (before, after) in [
            (json!({"TargetResources": "x"}), json!({"TargetResources": ["x"]})),
            (json!({"TargetResources": null}), json!({"TargetResources": null})),
            (json!({"TargetResources": ""}), json!({"TargetResources": null})),
            (json!({"TargetResources": "[]"}), json!({"TargetResources": []})),
            (json!({"TargetResources": r#"["x",{"y":1}]"#}), json!({"TargetResources": ["x", {"y": 1}]})),
            (
                json!({"TargetResources": [{"modifiedProperties": "[] "}], "Identity": "x"}),
                json!({"TargetResources": [{"modifiedProperties": ["[] "]}], "Identity": "x"}),
            ),
            (
                json!({"InitiatedBy": {"modifiedProperties": {"a": 1}}}),
                json!({"InitiatedBy": {"modifiedProperties": [{"a": 1}]}}),
            ),
        ] {
            let mut record = before.as_object().unwrap().clone();
            held(&mut record, "AuditLogs", &Schemas::builtin(Dialect::Sentinel), &names);
            assert_eq!(Value::Object(record), after);
        }
    }
}
