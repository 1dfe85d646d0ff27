//! Bags, the objects of JSON: made, merged and changed.
//!
//! Where an argument that should be a bag is none, the result is null; `bag_merge` alone passes over it.

use std::sync::Arc;

use super::arguments::{EMPTY, array, bag, json, text};
use super::json_path::Path;
use super::{Env, Kernel};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{self, Shown, View};
use crate::ir::Json;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::strict("bag_has_key", bag_has_key),
    Kernel::strict("bag_keys", bag_keys),
    Kernel::row("bag_merge", bag_merge),
    Kernel::row("bag_pack", bag_pack),
    Kernel::row("bag_pack_columns", |_, args| args.first().cloned().unwrap_or_default()),
    Kernel::strict("bag_remove_keys", bag_remove_keys),
    Kernel::row("bag_set_key", bag_set_key),
    Kernel::row("bag_zip", bag_zip),
    Kernel::row("dynamic_to_json", dynamic_to_json),
    Kernel::row("pack", bag_pack),
    Kernel::row("pack_all", pack_all),
    Kernel::row("pack_dictionary", bag_pack),
    Kernel::strict("treepath", treepath),
];

type Slots = Vec<(Arc<str>, Json)>;

/// The value of a slot; nothing where there is no such slot.
fn slot_mut<'s>(slots: &'s mut Slots, name: &str) -> Option<&'s mut Json> {
    slots.iter_mut().find(|(slot, _)| **slot == *name).map(|(_, value)| value)
}

/// Gives a slot a value, whether it is there or not.
fn set_slot(slots: &mut Slots, name: &str, value: Json) {
    match slot_mut(slots, name) {
        Some(slot) => *slot = value,
        None => slots.push((name.into(), value)),
    }
}

fn from_bag(slots: Slots) -> Cell<'static> {
    Cell::dynamic(&Json::Bag(slots))
}

/// A record as a bag, each value under the name of its column; the names are as many as the values.
pub fn record<'n>(names: impl IntoIterator<Item = &'n Arc<str>>, values: &[Cell<'_>]) -> Cell<'static> {
    from_bag(names.into_iter().cloned().zip(values.iter().map(json)).collect())
}

fn bag_keys<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(Cell::Dynamic(bytes)) = args.first() else { return Cell::Null };
    match View::new(bytes).shown() {
        Shown::Bag(slots) => Cell::dynamic(&Json::Array(slots.map(|(name, _)| Json::String(name.into())).collect())),
        _ => Cell::Null,
    }
}

/// Names and values in turn. Of equal names the last counts, which Kusto does not document.
fn bag_pack<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let mut slots = Slots::with_capacity(args.len() / 2);
    for pair in args.chunks_exact(2) {
        if let [name, value] = pair {
            set_slot(&mut slots, &name.to_text(), json(value));
        }
    }
    from_bag(slots)
}

/// The bag of a record, which the lowering makes; without what is null or empty where that is asked for.
fn pack_all<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let ignore = args.get(1).and_then(Cell::as_bool).unwrap_or_default();
    match args.first() {
        Some(record) if !ignore => record.clone(),
        _ => bag(args, 0).map_or(Cell::Null, |mut slots| {
            slots.retain(|(_, value)| !matches!(value, Json::Null) && *value != Json::String("".into()));
            from_bag(slots)
        }),
    }
}

/// The slots of all bags; of equal names the leftmost counts. Nulls and values that are no bags add nothing; null where
/// there is no bag at all.
fn bag_merge<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let bags = (0..args.len()).filter_map(|at| bag(args, at));
    let merged = bags.reduce(|mut merged, slots| {
        for (name, value) in slots {
            if slot_mut(&mut merged, &name).is_none() {
                merged.push((name, value));
            }
        }
        merged
    });
    merged.map_or(Cell::Null, from_bag)
}

fn bag_remove_keys<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(mut slots), Some(keys)) = (bag(args, 0), array(args, 1)) else { return Cell::Null };
    for key in &keys {
        if let Json::String(key) = key
            && let Some(path) = Path::of_key(key)
        {
            remove(&mut slots, &path);
        }
    }
    from_bag(slots)
}

fn remove(slots: &mut Slots, path: &[String]) {
    let Some((last, way)) = path.split_last() else { return };
    let parent = way.iter().try_fold(slots, |slots, name| match slot_mut(slots, name) {
        Some(Json::Bag(slots)) => Some(slots),
        _ => None,
    });
    if let Some(slots) = parent {
        slots.retain(|(name, _)| **name != **last);
    }
}

fn bag_has_key<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(Cell::Dynamic(bytes)) = args.first() else { return Cell::Null };
    let view = View::new(bytes);
    if !matches!(view.shown(), Shown::Bag(_)) {
        return Cell::Null;
    }
    let path = Path::of_key(&text(args, 1));
    Cell::Bool(path.is_some_and(|path| path.iter().try_fold(view, |view, name| view.slot(name)).is_some()))
}

/// Gives a slot a value, making the bags on the way to it; what is no bag on the way is replaced by one. Null where the
/// key is a path that leads into an array or to the root.
fn bag_set_key<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let (Some(slots), Some(value)) = (bag(args, 0), args.get(2)) else { return Cell::Null };
    let Some(path) = Path::of_key(&text(args, 1)) else { return Cell::Null };
    let mut root = Json::Bag(slots);
    let mut place = &mut root;
    for name in &path {
        if !matches!(place, Json::Bag(_)) {
            *place = Json::Bag(Vec::new());
        }
        let Json::Bag(slots) = place else { return Cell::Null };
        if slot_mut(slots, name).is_none() {
            slots.push((name.as_str().into(), Json::Null));
        }
        let Some(slot) = slot_mut(slots, name) else { return Cell::Null };
        place = slot;
    }
    *place = json(value);
    Cell::dynamic(&root)
}

/// A bag of an array of names and one of values: without a value a name has null, a value without a name and names that
/// are no strings are passed over, and where the values are no array all are null.
fn bag_zip<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(names) = array(args, 0) else { return Cell::Null };
    let values = array(args, 1).unwrap_or_default();
    let mut slots = Slots::with_capacity(names.len());
    for (name, at) in names.iter().zip(0..) {
        if let Json::String(name) = name {
            set_slot(&mut slots, name, values.get(at).cloned().unwrap_or(Json::Null));
        }
    }
    from_bag(slots)
}

/// JSON with the slots of bags by name; a scalar as `tostring` writes it.
fn dynamic_to_json<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    match args.first() {
        Some(Cell::Dynamic(bytes)) => Cell::from(dynamic::text(&dynamic::by_name(bytes)).into_owned()),
        Some(scalar) => Cell::from(scalar.to_text().into_owned()),
        None => EMPTY,
    }
}

/// The paths of all slots and elements in a bag, each once; whatever its position, an element counts as the first.
fn treepath<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let Some(Cell::Dynamic(bytes)) = args.first() else { return Cell::Null };
    let mut paths = indexmap::IndexSet::new();
    walk(View::new(bytes), "", &mut paths);
    Some(Json::Array(paths.into_iter().map(|path| Json::String(path.into())).collect())).into()
}

fn walk(view: View<'_>, path: &str, paths: &mut indexmap::IndexSet<String>) {
    match view.shown() {
        Shown::Bag(slots) => {
            for (name, value) in slots {
                let path = format!("{path}['{name}']");
                paths.insert(path.clone());
                walk(value, &path, paths);
            }
        }
        Shown::Array(items) => {
            let path = format!("{path}[0]");
            for item in items {
                paths.insert(path.clone());
                walk(item, &path, paths);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{arguments, call, check, shown};

    use crate::types::Type;

    #[test]
    fn bags_are_made() {
        check(&[
            ("bag_pack", r#"["a",1,"b",{"c":"x"},"d",null]"#, r#"{"a":1,"b":{"c":"x"},"d":null}"#),
            ("pack", r#"["a",1,"a",2]"#, r#"{"a":2}"#),
            ("pack_dictionary", "[]", "{}"),
            ("pack_all", r#"[{"a":"","b":null,"c":0}]"#, r#"{"a":"","b":null,"c":0}"#),
            ("pack_all", r#"[{"a":"","b":null,"c":0},false]"#, r#"{"a":"","b":null,"c":0}"#),
            ("pack_all", r#"[{"a":"","b":null,"c":0},true]"#, r#"{"c":0}"#),
            ("bag_zip", r#"[["a","b","c"],[1,"2",3.4]]"#, r#"{"a":1,"b":"2","c":3.4}"#),
            ("bag_zip", r#"[["a","b","c"],[1,"2"]]"#, r#"{"a":1,"b":"2","c":null}"#),
            ("bag_zip", r#"[["a","b"],[1,"2",2.5]]"#, r#"{"a":1,"b":"2"}"#),
            ("bag_zip", r#"[["a",8,"b"],[1,"2",2.5]]"#, r#"{"a":1,"b":2.5}"#),
            ("bag_zip", r#"[["a",8,"b"],1]"#, r#"{"a":null,"b":null}"#),
            ("bag_zip", r#"["a",[1,"2",2.5]]"#, "null"),
            (
                "bag_merge",
                r#"[{"A1":12,"B1":2,"C1":3},{"A2":81,"B2":82,"A1":1}]"#,
                r#"{"A1":12,"B1":2,"C1":3,"A2":81,"B2":82}"#,
            ),
            ("bag_merge", r#"[null,{"a":1}]"#, r#"{"a":1}"#),
            ("bag_merge", "[null,[1]]", "null"),
        ]);
    }

    #[test]
    fn bags_are_changed_by_name_and_path() {
        let nested = r#"{"key1":123,"key2":{"prop1":"abc","prop2":"xyz"},"key3":[100,200]}"#;
        check(&[
            ("bag_keys", r#"[{"a":"b","c":{"d":123}}]"#, r#"["a","c"]"#),
            ("bag_keys", "[{}]", "[]"),
            ("bag_keys", "[[]]", "null"),
            ("bag_keys", r#"["a"]"#, "null"),
            ("bag_has_key", &format!(r#"[{nested},"key2"]"#), "True"),
            ("bag_has_key", &format!(r#"[{nested},"Key2"]"#), "False"),
            ("bag_has_key", &format!(r#"[{nested},"$.key2.prop1"]"#), "True"),
            ("bag_has_key", &format!(r#"[{nested},"$.key3[0]"]"#), "False"),
            ("bag_has_key", r#"[[1],"a"]"#, "null"),
            (
                "bag_remove_keys",
                &format!(r#"[{nested},["$.key2.prop1","key3","key9"]]"#),
                r#"{"key1":123,"key2":{"prop2":"xyz"}}"#,
            ),
            ("bag_remove_keys", r#"[{"a.b":1,"a":{"b":2}},["a.b"]]"#, r#"{"a":{"b":2}}"#),
            ("bag_set_key", r#"[{"key1":1,"key3":"abc"},"key3",3]"#, r#"{"key1":1,"key3":3}"#),
            ("bag_set_key", r#"[{"key1":1},"$.key2.prop1","abc"]"#, r#"{"key1":1,"key2":{"prop1":"abc"}}"#),
            ("bag_set_key", r#"[{"a":{"b":1,"c":2}},"$.a.b",null]"#, r#"{"a":{"b":null,"c":2}}"#),
            ("bag_set_key", r#"[{"a":5},"$.a.b",1]"#, r#"{"a":{"b":1}}"#),
            ("bag_set_key", r#"[{"a":[1]},"$.a[0]",2]"#, "null"),
            ("bag_set_key", r#"[[1],"a",2]"#, "null"),
        ]);
    }

    #[test]
    fn bags_are_written_and_listed() {
        check(&[
            ("dynamic_to_json", r#"[{"b":[{"d":1,"c":"x"}],"a":2}]"#, r#"{"a":2,"b":[{"c":"x","d":1}]}"#),
            ("dynamic_to_json", r#"["a"]"#, "a"),
            ("dynamic_to_json", "[5]", "5"),
            ("treepath", r#"[{"a":"b","c":123}]"#, r#"["['a']","['c']"]"#),
            ("treepath", r#"[{"prop1":[1,2,3,4],"prop2":"value2"}]"#, r#"["['prop1']","['prop1'][0]","['prop2']"]"#),
            (
                "treepath",
                r#"[{"list":[100,200,"abcde",{"x":"y"}]}]"#,
                r#"["['list']","['list'][0]","['list'][0]['x']"]"#,
            ),
        ]);
        assert_eq!(shown(&call("dynamic_to_json", Type::String, &arguments("[null]"))), "");
    }
}
