//! Conditions before they are laid out as selections.

use crate::target::sigma::tree::{Condition, Detection, Item, Modifier, Selection, Value};

/// What must hold of an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cond {
    /// Holds of every event.
    Always,
    /// Holds of none.
    Never,
    /// A test of a field; false where the field is missing, unless it asks for null.
    Item(Item),
    /// One of these values anywhere.
    Keywords(Vec<Value>),
    /// All hold.
    And(Vec<Cond>),
    /// One holds.
    Or(Vec<Cond>),
    /// Does not hold.
    Not(Box<Cond>),
}

impl Cond {
    /// All of them.
    pub(super) fn and(conds: impl IntoIterator<Item = Self>) -> Self {
        let mut out: Vec<Self> = Vec::new();
        for cond in conds {
            match cond {
                Self::Always => {}
                Self::Never => return Self::Never,
                Self::And(inner) => inner.into_iter().for_each(|cond| push_new(&mut out, cond)),
                cond => push_new(&mut out, cond),
            }
        }
        match out.len() {
            0 => Self::Always,
            1 => out.remove(0),
            _ => Self::And(out),
        }
    }

    /// One of them; tests of a field that differ in the value alone become one with several values.
    pub(super) fn or(conds: impl IntoIterator<Item = Self>) -> Self {
        let mut out: Vec<Self> = Vec::new();
        let mut add = |cond: Self| match cond {
            Self::Item(item) if mergeable(&item) => {
                let same = out.iter_mut().find_map(|cond| match cond {
                    Self::Item(other)
                        if mergeable(other) && other.field == item.field && other.modifiers == item.modifiers =>
                    {
                        Some(other)
                    }
                    _ => None,
                });
                match same {
                    Some(other) => {
                        for value in item.values {
                            if !other.values.contains(&value) {
                                other.values.push(value);
                            }
                        }
                    }
                    None => out.push(Self::Item(item)),
                }
            }
            cond => push_new(&mut out, cond),
        };
        for cond in conds {
            match cond {
                Self::Never => {}
                Self::Always => return Self::Always,
                Self::Or(inner) => inner.into_iter().for_each(&mut add),
                cond => add(cond),
            }
        }
        match out.len() {
            0 => Self::Never,
            1 => out.remove(0),
            _ => Self::Or(out),
        }
    }

    /// The complement.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            cond => Self::Not(Box::new(cond)),
        }
    }

    /// The complement where `negate`.
    pub(super) fn negated_if(self, negate: bool) -> Self {
        if negate { self.negated() } else { self }
    }
}

fn push_new(out: &mut Vec<Cond>, cond: Cond) {
    if !out.contains(&cond) {
        out.push(cond);
    }
}

/// Null has no place in a list, and a list under `all` means something else.
fn mergeable(item: &Item) -> bool {
    !item.values.contains(&Value::Null) && !item.modifiers.contains(&Modifier::All)
}

/// Lays a condition out as selections; nothing where it never holds.
pub(super) fn detection(cond: &Cond) -> Option<Detection> {
    let mut layout = Layout { selections: Vec::new() };
    let condition = match cond {
        Cond::Never => return None,
        Cond::Always => layout.name("selection", Selection::Keywords(vec![Value::Pattern("*".to_owned())])),
        Cond::And(conds) => layout.conjunction(conds, "selection"),
        cond => layout.place(cond, "selection"),
    };
    Some(Detection { selections: layout.selections, condition })
}

struct Layout {
    selections: Vec<(String, Selection)>,
}

impl Layout {
    fn name(&mut self, base: &str, selection: Selection) -> Condition {
        if let Some((name, _)) = self.selections.iter().find(|(_, other)| *other == selection) {
            return Condition::Name(name.clone());
        }
        let taken = |name: &str| self.selections.iter().any(|(other, _)| other == name);
        let mut name = base.to_owned();
        let mut number = 1;
        while taken(&name) {
            number += 1;
            name = format!("{base}_{number}");
        }
        self.selections.push((name.clone(), selection));
        Condition::Name(name)
    }

    /// The tests that fit into one selection in it, the others each in their own.
    fn conjunction(&mut self, conds: &[Cond], base: &str) -> Condition {
        let mut maps: Vec<Vec<Item>> = Vec::new();
        let mut rest = Vec::new();
        for cond in conds {
            match cond {
                Cond::Item(item) => match maps.iter_mut().find(|map| fits(map, item)) {
                    Some(map) => map.push(item.clone()),
                    None => maps.push(vec![item.clone()]),
                },
                cond => rest.push(cond),
            }
        }
        let mut operands: Vec<Condition> =
            maps.into_iter().map(|map| self.name(base, Selection::AnyOf(vec![map]))).collect();
        for cond in rest {
            operands.push(self.place(cond, base));
        }
        if operands.len() == 1 { operands.remove(0) } else { Condition::And(operands) }
    }

    fn place(&mut self, cond: &Cond, base: &str) -> Condition {
        match cond {
            // `and` and `or` leave neither of the two inside others.
            Cond::Always => self.name("everything", Selection::Keywords(vec![Value::Pattern("*".to_owned())])),
            Cond::Never => Condition::Not(Box::new(self.place(&Cond::Always, base))),
            Cond::Keywords(values) => self.name("keywords", Selection::Keywords(values.clone())),
            Cond::Item(item) => self.name(base, Selection::AnyOf(vec![vec![item.clone()]])),
            Cond::Not(inner) => {
                let base = if base == "filter" { "selection" } else { "filter" };
                Condition::Not(Box::new(self.place(inner, base)))
            }
            Cond::And(conds) => self.conjunction(conds, base),
            Cond::Or(conds) => {
                let mut maps = Vec::new();
                let mut rest = Vec::new();
                for cond in conds {
                    match as_map(cond) {
                        Some(map) => maps.push(map),
                        None => rest.push(cond),
                    }
                }
                let mut operands = Vec::new();
                if !maps.is_empty() {
                    operands.push(self.name(base, Selection::AnyOf(maps)));
                }
                for cond in rest {
                    operands.push(self.place(cond, base));
                }
                if operands.len() == 1 { operands.remove(0) } else { Condition::Or(operands) }
            }
        }
    }
}

/// Whether a map can take up the test: its keys are distinct.
fn fits(map: &[Item], item: &Item) -> bool {
    map.iter().all(|other| other.field != item.field || other.modifiers != item.modifiers)
}

/// A condition as the items of one map.
fn as_map(cond: &Cond) -> Option<Vec<Item>> {
    match cond {
        Cond::Item(item) => Some(vec![item.clone()]),
        Cond::And(conds) => {
            let mut map = Vec::new();
            for cond in conds {
                match cond {
                    Cond::Item(item) if fits(&map, item) => map.push(item.clone()),
                    _ => return None,
                }
            }
            Some(map)
        }
        _ => None,
    }
}
