//! `bag_unpack`.

use std::collections::{BTreeMap, HashSet};

use super::{Call, Column, Fault, Given, Outcome, Table};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{Shown, View};
use crate::eval::kernels::cast::{cast, held};
use crate::ir::{Json, Name};
use crate::types::Type;

/// What happens where a slot bears the name of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conflict {
    Refuse,
    Replace,
    Keep,
}

/// The values that `columnsConflict` takes.
const CONFLICTS: &[(&str, Conflict)] =
    &[("error", Conflict::Refuse), ("replace_source", Conflict::Replace), ("keep_source", Conflict::Keep)];

/// What is asked for besides the column.
struct Options {
    prefix: String,
    conflict: Conflict,
    ignored: HashSet<String>,
}

impl Options {
    /// Options come in the order prefix, conflict, ignored properties; with their names in any.
    fn new(call: &Call) -> Result<Self, Fault> {
        let mut options = Self { prefix: String::new(), conflict: Conflict::Refuse, ignored: HashSet::new() };
        for (index, argument) in call.arguments.iter().enumerate().skip(1) {
            let Given::Value(value) = &argument.given else {
                return Err(Fault::of(index, "a constant is needed here"));
            };
            match (argument.name.as_deref(), index) {
                (Some("columnsConflict"), _) | (None, 2) => {
                    let text = value.to_text();
                    let found = CONFLICTS.iter().find(|(name, _)| *name == text);
                    options.conflict = found
                        .map(|(_, conflict)| *conflict)
                        .ok_or_else(|| Fault::of(index, format!("`{text}` is no way to settle a conflict")))?;
                }
                (Some("ignoredProperties"), _) | (None, 3) => {
                    let names = value.to_array().ok_or_else(|| Fault::of(index, "an array of names is needed here"))?;
                    options.ignored = names
                        .iter()
                        .filter_map(|name| match name {
                            Json::String(name) => Some(name.to_string()),
                            _ => None,
                        })
                        .collect();
                }
                (Some("OutputColumnPrefix"), _) | (None, 1) => {
                    options.prefix = value.to_text().into_owned();
                }
                (Some(name), _) => return Err(Fault::of(index, format!("`bag_unpack` has no option `{name}`"))),
                (None, _) => return Err(Fault::of(index, "`bag_unpack` takes no more arguments")),
            }
        }
        Ok(options)
    }
}

/// A slot over all records.
#[derive(Default)]
struct Slot {
    /// The type of its values, where they have one in common.
    ty: Option<Type>,
    mixed: bool,
}

impl Slot {
    fn see(&mut self, value: View<'_>) {
        let ty = match value.shown() {
            Shown::Null => return,
            Shown::Bool(_) => Type::Bool,
            Shown::Long(_) => Type::Long,
            Shown::Real(_) => Type::Real,
            Shown::String(_) => Type::String,
            Shown::DateTime(_) => Type::DateTime,
            Shown::TimeSpan(_) => Type::TimeSpan,
            Shown::Guid(_) => Type::Guid,
            Shown::Array(_) | Shown::Bag(_) => Type::Dynamic,
        };
        self.mixed |= self.ty.is_some_and(|before| before != ty);
        self.ty = Some(ty);
    }

    fn ty(&self) -> Type {
        if self.mixed { Type::Dynamic } else { self.ty.unwrap_or(Type::Dynamic) }
    }
}

/// `bag_unpack(column[, prefix][, columnsConflict][, ignoredProperties])`: a column for each slot that some record's bag
/// has, in the order of their names, after the columns of the input but the one that was unpacked. A column has the type
/// of its values where they all have the same, else it is dynamic; where a record's bag has no such slot, it is null.
/// With declared columns only those are given: slots in the type that is declared, and columns of the input.
pub(super) fn bag_unpack(call: &Call) -> Outcome {
    let options = Options::new(call)?;
    let source = call.column(0)?;
    if source.ty != Type::Dynamic {
        return Err(Fault::of(0, format!("a bag is needed here, not a {}", source.ty)));
    }
    let bags: Vec<Option<Vec<u8>>> = call
        .cells(0)?
        .into_iter()
        .map(|cell| match cell {
            Cell::Dynamic(bytes) => Some(bytes.into_owned()),
            _ => None,
        })
        .collect();
    let slots = slots(&bags, &options);
    let kept = call.input.columns.iter().filter(|column| column.name != source.name);
    match &call.declared {
        Some(declared) => unpacked_as(declared, kept, &bags, &slots, &options, call.input.rows),
        None => unpacked(kept, &bags, &slots, &options, call.input.rows),
    }
}

/// The slots of all bags by the names of their columns.
fn slots(bags: &[Option<Vec<u8>>], options: &Options) -> BTreeMap<String, Slot> {
    let mut slots: BTreeMap<String, Slot> = BTreeMap::new();
    for bag in bags.iter().flatten() {
        if let Shown::Bag(content) = View::new(bag).shown() {
            for (name, value) in content.filter(|(name, _)| !options.ignored.contains(*name)) {
                slots.entry(name.to_owned()).or_default().see(value);
            }
        }
    }
    slots
}

/// The values of a slot.
fn values(bags: &[Option<Vec<u8>>], slot: &str, name: &str, ty: Type) -> Result<Column, Fault> {
    let cells = bags.iter().map(|bag| {
        let value = bag.as_ref().and_then(|bag| View::new(bag).slot(slot));
        match value {
            Some(value) if ty == Type::Dynamic => match value.shown() {
                Shown::Null => Cell::Null,
                _ => Cell::Dynamic(value.bytes().into()),
            },
            Some(value) => cast(&held(value), ty).into_owned(),
            None => Cell::Null,
        }
    });
    Ok(Column::new(name, ty, cells)?)
}

fn clash(name: &str) -> Fault {
    Fault::new(format!("a slot bears the name of the column `{name}`; `columnsConflict` says which to keep"))
}

fn unpacked<'c>(
    kept: impl Iterator<Item = &'c Column>,
    bags: &[Option<Vec<u8>>],
    slots: &BTreeMap<String, Slot>,
    options: &Options,
    rows: usize,
) -> Outcome {
    let mut columns: Vec<Column> = kept.cloned().collect();
    for (slot, seen) in slots {
        let name = format!("{}{slot}", options.prefix);
        let column = values(bags, slot, &name, seen.ty())?;
        match (columns.iter_mut().find(|column| *column.name == name), options.conflict) {
            (None, _) => columns.push(column),
            (Some(_), Conflict::Refuse) => return Err(clash(&name)),
            (Some(there), Conflict::Replace) => *there = column,
            (Some(_), Conflict::Keep) => {}
        }
    }
    Ok(Table { columns, rows })
}

fn unpacked_as<'c>(
    declared: &[(Name, Type)],
    kept: impl Iterator<Item = &'c Column>,
    bags: &[Option<Vec<u8>>],
    slots: &BTreeMap<String, Slot>,
    options: &Options,
    rows: usize,
) -> Outcome {
    let mut columns: Vec<Column> = kept.cloned().collect();
    for (name, ty) in declared {
        let slot = name.strip_prefix(options.prefix.as_str()).filter(|slot| !options.ignored.contains(*slot));
        let there = columns.iter().position(|column| column.name == *name);
        let column = match (there, slot.filter(|slot| slots.contains_key(*slot))) {
            (Some(_), Some(_)) if options.conflict == Conflict::Refuse => return Err(clash(name)),
            (Some(at), None) => converted(&columns[at], *ty)?,
            (Some(at), Some(_)) if options.conflict == Conflict::Keep => converted(&columns[at], *ty)?,
            (_, slot) => values(bags, slot.unwrap_or(name), name, *ty)?,
        };
        match there {
            Some(at) => columns[at] = column,
            None => columns.push(column),
        }
    }
    Ok(Table { columns, rows })
}

/// A column in another type.
fn converted(column: &Column, ty: Type) -> Result<Column, Fault> {
    if column.ty == ty {
        return Ok(column.clone());
    }
    let cells = column.cells()?;
    let converted = (0..cells.len()).map(|row| cast(&cells.get(row), ty).into_owned());
    Ok(Column::new(column.name.clone(), ty, converted)?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;

    fn people() -> Call {
        let input = table(
            &[("Name", Type::String), ("d", Type::Dynamic)],
            &[
                &["James", r#"{"Name": "John", "Age": 20}"#],
                &["David", r#"{"Age": 40, "Tags": [1]}"#],
                &["Emily", ""],
                &["Ann", r#"{"Age": null}"#],
            ],
        );
        call(input).of("d")
    }

    fn names_and_first(call: &Call) -> (Vec<String>, String) {
        let (names, rows) = shown(bag_unpack(call));
        (names, rows[0].clone())
    }

    #[test]
    fn a_clash_of_names_is_settled_as_asked() {
        assert!(bag_unpack(&people()).is_err());
        for (how, first) in [("replace_source", "John 20 null"), ("keep_source", "James 20 null")] {
            let call = people().named("columnsConflict", Cell::string(how));
            let (names, row) = names_and_first(&call);
            assert_eq!((names.join(" ").as_str(), row.as_str()), ("Name Age Tags", first));
        }
        assert!(bag_unpack(&people().named("columnsConflict", Cell::string("whatever"))).is_err());
    }

    #[test]
    fn a_prefix_stands_before_every_name() {
        let (names, _) = names_and_first(&people().given(Cell::string("p_")));
        assert_eq!(names, ["Name", "p_Age", "p_Name", "p_Tags"]);
    }

    #[test]
    fn ignored_slots_give_no_column() {
        let ignored = Cell::dynamic(&Json::Array(vec![Json::String("Name".into()), Json::String("Age".into())]));
        let (names, _) = names_and_first(&people().named("ignoredProperties", ignored));
        assert_eq!(names, ["Name", "Tags"]);
    }

    #[test]
    fn options_go_by_their_place_too() {
        let call = people().given(Cell::string("")).given(Cell::string("keep_source"));
        assert_eq!(names_and_first(&call).0, ["Name", "Age", "Tags"]);
    }

    #[test]
    fn a_slot_of_several_types_is_dynamic() {
        let input = table(
            &[("d", Type::Dynamic)],
            &[&[r#"{"a": 1, "b": true, "c": 1.5}"#], &[r#"{"a": "x", "b": false, "c": null}"#]],
        );
        let given = bag_unpack(&call(input).of("d")).unwrap();
        let types: Vec<Type> = given.columns.iter().map(|column| column.ty).collect();
        assert_eq!(types, [Type::Dynamic, Type::Bool, Type::Real]);
        let (_, rows) = shown(Ok(given));
        assert_eq!(rows, ["1 True 1.5", "x False null"]);
    }

    #[test]
    fn declared_columns_have_the_declared_types() {
        let mut call = people().named("columnsConflict", Cell::string("replace_source"));
        call.declared = Some(vec![("Age".into(), Type::String), ("None".into(), Type::Long)]);
        let given = bag_unpack(&call).unwrap();
        assert_eq!(given.column("Age").unwrap().ty, Type::String);
        let (names, rows) = shown(Ok(given));
        assert_eq!(names, ["Name", "Age", "None"]);
        assert_eq!(rows[1], "David 40 null");
    }
}
