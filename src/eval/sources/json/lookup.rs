//! From the name of a member to the column it goes into.

use std::collections::HashMap;

/// How far ahead in the usual order a name is looked for before all are asked.
const AHEAD: usize = 16;
/// How many names the usual order may have.
const LEARNED: usize = 512;

/// The columns that are wanted, by name.
///
/// Records of one source have nearly the same members in nearly the same order. That order is learned, so that most
/// names are found by one comparison with the one that is due.
#[derive(Debug)]
pub(in super::super) struct Lookup {
    columns: HashMap<Box<[u8]>, usize>,
    order: Vec<(Box<[u8]>, Option<usize>)>,
    due: usize,
}

impl Lookup {
    /// Columns by their names, each going into the place it has here.
    pub(in super::super) fn new<'a>(names: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let columns = names.into_iter().enumerate().filter_map(|(at, name)| Some((Box::from(name?.as_bytes()), at)));
        Self { columns: columns.collect(), order: Vec::new(), due: 0 }
    }

    /// Begins a record.
    pub(super) fn begin(&mut self) {
        self.due = 0;
    }

    /// The place of the column of a name, if it is wanted.
    #[inline]
    pub(super) fn find(&mut self, name: &[u8]) -> Option<usize> {
        if let Some((expected, column)) = self.order.get(self.due)
            && **expected == *name
        {
            self.due += 1;
            return *column;
        }
        self.search(name)
    }

    #[cold]
    fn search(&mut self, name: &[u8]) -> Option<usize> {
        let end = self.order.len().min(self.due + AHEAD);
        let ahead = self.order.get(self.due..end).unwrap_or_default();
        if let Some(at) = ahead.iter().position(|(expected, _)| **expected == *name) {
            self.due += at + 1;
            return ahead[at].1;
        }
        let column = self.columns.get(name).copied();
        if self.order.len() < LEARNED {
            self.order.insert(self.due.min(self.order.len()), (name.into(), column));
            self.due += 1;
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_order() {
        let mut lookup = Lookup::new([Some("a"), None, Some("c")]);
        for record in [&["a", "b", "c"][..], &["c", "a"], &["b", "c"], &["d", "a", "b", "c"], &["c", "c"], &[]] {
            lookup.begin();
            for name in record {
                let expected = match *name {
                    "a" => Some(0),
                    "c" => Some(2),
                    _ => None,
                };
                assert_eq!(lookup.find(name.as_bytes()), expected, "{name} of {record:?}");
            }
        }
    }

    #[test]
    fn what_is_learned_has_a_bound() {
        let mut lookup = Lookup::new([Some("7")]);
        for round in 0..LEARNED * 4 {
            lookup.begin();
            assert_eq!(lookup.find(round.to_string().as_bytes()), (round == 7).then_some(0));
        }
        assert_eq!(lookup.order.len(), LEARNED);
    }
}
