//! From the name of a member to the column it goes into.

use std::collections::HashMap;

/// How far ahead in the usual order a member is looked for before all names are asked.
const AHEAD: usize = 16;
/// How many members the usual order may have.
const LEARNED: usize = 512;

/// The columns that are wanted, by name.
///
/// Records of one source have nearly the same members in nearly the same order. That order is learned together with the
/// bytes that stand before each value (`,"Name":`), so that most members are found by one comparison with what is due.
#[derive(Debug)]
pub(in super::super) struct Lookup {
    columns: HashMap<Box<[u8]>, usize>,
    order: Vec<Member>,
}

/// A member in its usual place.
#[derive(Debug)]
struct Member {
    /// All that stands between the value before and its own.
    lead: Box<[u8]>,
    /// Whether that holds the brace of the object, so that nothing can stand before it.
    opens: bool,
    name: Box<[u8]>,
    column: Option<usize>,
}

impl Lookup {
    /// Columns by their names, each going into the place it has here.
    pub(in super::super) fn new<'a>(names: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let columns = names.into_iter().enumerate().filter_map(|(at, name)| Some((Box::from(name?.as_bytes()), at)));
        Self { columns: columns.collect(), order: Vec::new() }
    }

    /// Where the member is the one that is due, the length of what leads to its value, and its column. `first` says that
    /// no member comes before.
    #[inline]
    pub(super) fn expect(&self, due: &mut usize, rest: &[u8], first: bool) -> Option<(usize, Option<usize>)> {
        let member = self.order.get(*due)?;
        if member.opens != first || !rest.starts_with(&member.lead) {
            return None;
        }
        *due += 1;
        Some((member.lead.len(), member.column))
    }

    /// The column of a member that was not due, if it is wanted.
    #[cold]
    pub(super) fn search(&mut self, due: &mut usize, lead: &[u8], name: &[u8]) -> Option<usize> {
        let opens = lead.trim_ascii_start().starts_with(b"{");
        let end = self.order.len().min(*due + AHEAD);
        let ahead = self.order.get_mut(*due..end).unwrap_or_default();
        if let Some(at) = ahead.iter().position(|member| *member.name == *name) {
            *due += at + 1;
            let member = &mut ahead[at];
            if *member.lead != *lead {
                (member.lead, member.opens) = (lead.into(), opens);
            }
            return member.column;
        }
        let column = self.columns.get(name).copied();
        if self.order.len() < LEARNED {
            let place = (*due).min(self.order.len());
            self.order.insert(place, Member { lead: lead.into(), opens, name: name.into(), column });
            *due = place + 1;
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(lookup: &mut Lookup, due: &mut usize, name: &str) -> Option<usize> {
        let lead = format!(",\"{name}\":");
        match lookup.expect(due, format!("{lead}1}}").as_bytes(), false) {
            Some((length, column)) => {
                assert_eq!(length, lead.len());
                column
            }
            None => lookup.search(due, lead.as_bytes(), name.as_bytes()),
        }
    }

    #[test]
    fn names_are_found_in_any_order() {
        let mut lookup = Lookup::new([Some("a"), None, Some("c")]);
        for record in [&["a", "b", "c"][..], &["c", "a"], &["b", "c"], &["d", "a", "b", "c"], &["c", "c"], &[]] {
            let mut due = 0;
            for name in record {
                let expected = match *name {
                    "a" => Some(0),
                    "c" => Some(2),
                    _ => None,
                };
                assert_eq!(find(&mut lookup, &mut due, name), expected, "{name} of {record:?}");
            }
        }
    }

    #[test]
    fn what_is_learned_has_a_bound() {
        let mut lookup = Lookup::new([Some("7")]);
        for round in 0..LEARNED * 4 {
            assert_eq!(find(&mut lookup, &mut 0, &round.to_string()), (round == 7).then_some(0));
        }
        assert_eq!(lookup.order.len(), LEARNED);
    }
}
