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
    lead: Lead,
    /// Whether that holds the brace of the object, so that nothing can stand before it.
    opens: bool,
    name: Box<[u8]>,
    column: Option<usize>,
}

/// All that stands between the value before and a member's own.
#[derive(Debug)]
struct Lead {
    bytes: Box<[u8]>,
    /// The bytes as two numbers, and which bits of them count: so nearly all leads are compared without a loop.
    halves: [u128; 2],
    masks: [u128; 2],
}

impl Lead {
    /// How many bytes two numbers hold.
    const LONG: usize = 32;

    fn new(bytes: &[u8]) -> Self {
        let (mut padded, mut mask) = ([0; Self::LONG], [0; Self::LONG]);
        for ((byte, place), counts) in bytes.iter().zip(&mut padded).zip(&mut mask) {
            (*place, *counts) = (*byte, u8::MAX);
        }
        Self { bytes: bytes.into(), halves: halves(&padded), masks: halves(&mask) }
    }

    /// Whether bytes begin with it.
    #[inline(always)]
    fn begins(&self, bytes: &[u8]) -> bool {
        let ([first, second], [one, other]) = (self.halves, self.masks);
        if let Some(chunk) = bytes.first_chunk::<{ Self::LONG }>()
            && self.bytes.len() <= Self::LONG
        {
            let [low, high] = halves(chunk);
            return ((low ^ first) & one) | ((high ^ second) & other) == 0;
        }
        match bytes.first_chunk() {
            Some(chunk) if self.bytes.len() <= Self::LONG / 2 => (u128::from_le_bytes(*chunk) ^ first) & one == 0,
            _ => bytes.starts_with(&self.bytes),
        }
    }
}

#[inline]
fn halves(bytes: &[u8; Lead::LONG]) -> [u128; 2] {
    let half = |from: usize| {
        let half = bytes.get(from..).and_then(|bytes| bytes.first_chunk());
        half.map_or(0, |half| u128::from_le_bytes(*half))
    };
    [half(0), half(Lead::LONG / 2)]
}

impl Lookup {
    /// Columns by their names, each going into the place it has here.
    pub(in super::super) fn new<'a>(names: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let columns = names.into_iter().enumerate().filter_map(|(at, name)| Some((Box::from(name?.as_bytes()), at)));
        Self { columns: columns.collect(), order: Vec::new() }
    }

    /// Where the member is the one that is due, the length of what leads to its value, and its column. `first` says that
    /// no member comes before.
    #[inline(always)]
    pub(super) fn expect(&self, due: &mut usize, rest: &[u8], first: bool) -> Option<(usize, Option<usize>)> {
        let member = self.order.get(*due)?;
        if member.opens != first || !member.lead.begins(rest) {
            return None;
        }
        *due += 1;
        Some((member.lead.bytes.len(), member.column))
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
            if *member.lead.bytes != *lead {
                (member.lead, member.opens) = (Lead::new(lead), opens);
            }
            return member.column;
        }
        let column = self.columns.get(name).copied();
        if self.order.len() < LEARNED {
            let place = (*due).min(self.order.len());
            self.order.insert(place, Member { lead: Lead::new(lead), opens, name: name.into(), column });
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
    fn a_lead_is_compared_byte_by_byte() {
        for length in 1..70 {
            let bytes: Vec<u8> = (0..length).map(|at| b'a' + at % 26).collect();
            let lead = Lead::new(&bytes);
            for more in [0, 1, 16, 40] {
                let mut rest = [&bytes[..], &[0xff; 40][..more]].concat();
                assert!(lead.begins(&rest), "{length} and {more}");
                for at in 0..bytes.len() {
                    rest[at] ^= 1;
                    assert!(!lead.begins(&rest), "{at} of {length} and {more}");
                    rest[at] ^= 1;
                }
                assert!(!lead.begins(&bytes[..bytes.len() - 1]));
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
