//! What must hold for every row.

use std::collections::HashSet;

use super::*;

fn all() -> impl Iterator<Item = &'static Function> {
    let scalars = scalars().map(FunctionId::row);
    scalars.chain(aggregates().map(AggregateId::row)).chain(plugins().map(PluginId::row))
}

fn of_kind(kind: Kind, name: &str) -> Option<&'static Function> {
    match kind {
        Kind::Scalar => scalar(name).map(FunctionId::row),
        Kind::Aggregate => aggregate(name).map(AggregateId::row),
        Kind::Plugin => plugin(name).map(PluginId::row),
    }
}

#[test]
fn the_catalogue_is_whole() {
    // The numbers of the official analyser, internal functions and old names included.
    assert_eq!((scalars().len(), aggregates().len(), plugins().len()), (429, 61, 47));
    assert_eq!(Operator::all().len(), 55);
}

#[test]
fn names_are_unique_and_found() {
    let mut seen = HashSet::new();
    for row in all() {
        assert!(seen.insert((row.kind as u8, row.name)), "{} twice", row.name);
        assert_eq!(of_kind(row.kind, row.name), Some(row));
    }
    assert_eq!(scalar("Strlen"), None);
    assert_eq!(scalar(""), None);
    assert_eq!(aggregate("strlen"), None);
    assert_eq!(scalar("strlen").map(|id| format!("{id:?}")), Some("strlen".to_owned()));
}

#[test]
fn docs_are_sentences() {
    for row in all() {
        assert!(row.doc.ends_with('.') && row.doc.starts_with(char::is_uppercase), "{}: {}", row.name, row.doc);
        assert!(!row.doc.contains("  "), "{}: {}", row.name, row.doc);
    }
}

#[test]
fn what_replaces_an_old_name_exists_and_is_current() {
    for row in all() {
        for name in row.replaced_by.iter().copied().chain(row.cheaper) {
            let other = of_kind(row.kind, name).unwrap_or_else(|| panic!("{}: no {name}", row.name));
            assert!(other.replaced_by.is_empty(), "{} -> {name}, old itself", row.name);
        }
    }
}

#[test]
fn parameters_are_where_rules_look_for_them() {
    for row in all() {
        for overload in row.overloads {
            let count = overload.parameters.len();
            let asks_for_common = overload.parameters.iter().any(|parameter| parameter.accepts.is_common());
            match overload.returns {
                Returns::SameAs(position) | Returns::Named(position) => {
                    assert!(usize::from(position) < count, "{}", row.name);
                    let names_a_type = overload.parameters[usize::from(position)].accepts == Accepts::TypeLiteral;
                    assert_eq!(names_a_type, matches!(overload.returns, Returns::Named(_)), "{}", row.name);
                }
                Returns::Promoted | Returns::ArrayOfFirst | Returns::Columns(_) => assert!(count > 0, "{}", row.name),
                Returns::Common | Returns::CommonNotDynamic => assert!(asks_for_common, "{}", row.name),
                Returns::Table(parts) => {
                    assert_eq!(row.kind, Kind::Plugin);
                    for part in parts {
                        let position = match *part {
                            Part::Like(_, position)
                            | Part::InputExcept(position)
                            | Part::Argument(position)
                            | Part::LookupExcept(position)
                            | Part::Prefixed(_, position)
                            | Part::Pairs(_, position)
                            | Part::Suffixed(position, ..)
                            | Part::Text(position)
                            | Part::Counted(_, position)
                            | Part::SchemaOf(position) => position,
                            _ => 0,
                        };
                        assert!(usize::from(position) < count.max(1), "{}", row.name);
                    }
                }
                _ => {}
            }
        }
    }
}

#[test]
fn optional_parameters_come_last() {
    for row in all() {
        for overload in row.overloads {
            let least = overload.parameters.iter().map(|parameter| parameter.repeat.range().0);
            let can_be_left_out = least.map(|least| least == 0);
            assert!(can_be_left_out.is_sorted(), "{}", row.name);
        }
    }
}

#[test]
fn examples_are_queries_with_results() {
    let mut functions = 0;
    for row in all().filter(|row| !row.examples.is_empty()) {
        functions += 1;
        for example in row.examples {
            assert!(example.query.contains(&format!("{}(", row.name)), "{}", row.name);
            assert!(!example.result.is_empty(), "{}", row.name);
            let starts = ["print ", "range ", "datatable"];
            assert!(starts.iter().any(|start| example.query.starts_with(start)), "{}", example.query);
        }
    }
    assert!(functions >= 200, "{functions}");
}

#[test]
fn old_names_take_and_give_what_their_replacement_does() {
    // Only the replacements that are mere renamings; `replace` has another order of arguments, for one.
    let renamed = ["parsejson", "arraylength", "makeset", "makelist", "notempty", "columnifexists", "extractall"];
    for name in renamed {
        let old = of_kind(Kind::Scalar, name).or_else(|| of_kind(Kind::Aggregate, name)).expect(name);
        let new = of_kind(old.kind, old.replaced_by[0]).expect(name);
        assert_eq!((old.overloads, old.naming), (new.overloads, new.naming), "{name}");
    }
}
