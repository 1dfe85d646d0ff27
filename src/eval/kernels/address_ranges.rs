//! Sets of ranges of IP addresses, and whether an address is in one.

use super::address::{V4, V6};
use crate::eval::Cell;
use crate::eval::dynamic::{Shown, View};

/// The bits of an address of one of the two kinds.
pub(super) trait Bits: Copy + Ord {
    /// The address of a text, after its mask.
    fn address(text: &str) -> Option<Self>;
    /// The first and the last address of the range that a text describes.
    fn range(text: &str) -> Option<(Self, Self)>;
}

impl Bits for u32 {
    fn address(text: &str) -> Option<Self> {
        V4::parse(text).map(V4::network)
    }

    fn range(text: &str) -> Option<(Self, Self)> {
        V4::parse(text).map(V4::range)
    }
}

impl Bits for u128 {
    fn address(text: &str) -> Option<Self> {
        V6::parse(text).map(V6::network)
    }

    fn range(text: &str) -> Option<(Self, Self)> {
        V6::parse(text).map(V6::range)
    }
}

/// The ranges of an argument.
#[derive(Debug, Default)]
pub(super) struct Ranges<T> {
    /// The first and the last address of each, ascending, none touching another.
    ranges: Vec<(T, T)>,
    /// Whether one of them could not be read.
    malformed: bool,
}

impl<T: Bits> Ranges<T> {
    /// The range of a string, or those of the strings of an array.
    pub(super) fn of(cell: &Cell<'_>) -> Self {
        let mut set = Self { ranges: Vec::new(), malformed: false };
        match cell {
            Cell::Dynamic(bytes) => match View::new(bytes).shown() {
                Shown::Array(items) => items.for_each(|item| match item.shown() {
                    Shown::String(text) => set.add(text),
                    _ => set.malformed = true,
                }),
                Shown::String(text) => set.add(text),
                _ => set.malformed = true,
            },
            other => set.add(&other.to_text()),
        }
        set.ranges.sort_unstable();
        set.ranges.dedup_by(|next, last| {
            let overlaps = next.0 <= last.1;
            if overlaps {
                last.1 = last.1.max(next.1);
            }
            overlaps
        });
        set
    }

    fn add(&mut self, text: &str) {
        match T::range(text) {
            Some(range) => self.ranges.push(range),
            None => self.malformed = true,
        }
    }

    fn contain(&self, address: T) -> bool {
        let behind = self.ranges.partition_point(|(first, _)| *first <= address);
        behind.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|(_, last)| address <= *last)
    }
}

/// Looks for an address in one set of ranges after another. What cannot be read leaves the answer open, unless the
/// address is found elsewhere.
#[derive(Debug)]
pub(super) struct AnyRange<T> {
    address: Option<T>,
    found: bool,
    malformed: bool,
}

impl<T: Bits> AnyRange<T> {
    /// Looks for an address, or for what could not be read as one.
    pub(super) fn of(address: Option<T>) -> Self {
        Self { address, found: false, malformed: address.is_none() }
    }

    /// Looks into a set.
    pub(super) fn try_ranges(&mut self, ranges: &Ranges<T>) {
        self.found |= self.address.is_some_and(|address| ranges.contain(address));
        self.malformed |= ranges.malformed;
    }

    /// Whether the address was found; `None` where that is open.
    pub(super) fn verdict(&self) -> Option<bool> {
        if self.found || !self.malformed { Some(self.found) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Json;

    #[test]
    fn ranges_are_merged() {
        let items = ["10.0.0.0/8", "10.1.0.0/16", "9.0.0.0/8", "11.0.0.1", "192.168.0.0/16"];
        let items = Json::Array(items.iter().map(|item| Json::String((*item).into())).collect());
        let ranges = Ranges::<u32>::of(&Cell::dynamic(&items));
        assert_eq!(ranges.ranges.len(), 4);
        for (address, found) in [
            ("8.255.255.255", false),
            ("9.0.0.0", true),
            ("10.1.2.3", true),
            ("10.255.255.255", true),
            ("11.0.0.0", false),
            ("11.0.0.1", true),
            ("192.169.0.0", false),
        ] {
            assert_eq!(ranges.contain(u32::address(address).unwrap()), found, "{address}");
        }
        assert!(Ranges::<u128>::of(&Cell::Null).malformed);
    }
}
