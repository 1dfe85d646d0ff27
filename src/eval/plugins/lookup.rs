//! `ipv4_lookup` and `ipv6_lookup`.

use std::collections::HashMap;

use super::address::{Family, Range, masked};
use super::{Call, Column, Fault, Given, Groups, Outcome, Table};
use crate::eval::cell::Cell;
use crate::types::Type;

/// `ipv4_lookup(table, address, range[, key…][, return_unmatched])`.
pub(super) fn ipv4_lookup(call: &Call) -> Outcome {
    lookup(call, Family::V4)
}

/// `ipv6_lookup(table, address, range[, return_unmatched])`.
pub(super) fn ipv6_lookup(call: &Call) -> Outcome {
    lookup(call, Family::V6)
}

/// The ranges of a lookup table: those of each length by their bits.
#[derive(Default)]
struct Ranges {
    by_prefix: Vec<(u8, HashMap<u128, Vec<usize>>)>,
    all: Vec<(usize, Range)>,
}

impl Ranges {
    fn new(column: &Column, family: Family) -> Result<Self, Fault> {
        let cells = column.cells()?;
        let mut ranges = Self::default();
        for row in 0..cells.len() {
            let Some(range) = Range::parse(&cells.get(row).to_text(), family) else { continue };
            ranges.all.push((row, range));
            let known = ranges.by_prefix.iter().position(|(prefix, _)| *prefix == range.prefix);
            let at = known.unwrap_or(ranges.by_prefix.len());
            if known.is_none() {
                ranges.by_prefix.push((range.prefix, HashMap::new()));
            }
            ranges.by_prefix[at].1.entry(masked(range.bits, range.prefix)).or_default().push(row);
        }
        Ok(ranges)
    }

    /// The rows whose range an address meets, in order.
    fn meeting(&self, address: Range) -> Vec<usize> {
        if self.by_prefix.iter().any(|(prefix, _)| *prefix > address.prefix) {
            return self.all.iter().filter(|(_, range)| range.meets(address)).map(|(row, _)| *row).collect();
        }
        let mut rows: Vec<usize> = self
            .by_prefix
            .iter()
            .filter_map(|(prefix, ranges)| ranges.get(&masked(address.bits, *prefix)))
            .flatten()
            .copied()
            .collect();
        rows.sort_unstable();
        rows
    }
}

/// A pair of a record and each record of the lookup table whose range meets its address and whose keys equal its own,
/// in the order of both tables. The columns of the lookup table follow, but for the keys. A record without a partner
/// stays only where `return_unmatched` is true.
fn lookup(call: &Call, family: Family) -> Outcome {
    let table = call.table(0)?;
    let source = call.column(1)?;
    let ranges = Ranges::new(call.column(2)?, family)?;
    let mut keys: Vec<(&Column, &Column)> = Vec::new();
    let mut unmatched = false;
    for (index, argument) in call.arguments.iter().enumerate().skip(3) {
        match (&argument.given, argument.name.as_deref()) {
            (Given::Column(column), None) => {
                let both = call.input.column(&column.name).zip(table.column(&column.name));
                keys.push(both.ok_or_else(|| Fault::of(index, "both tables need to have this column"))?);
            }
            (Given::Value(value), None | Some("return_unmatched")) => {
                unmatched = value.as_bool().ok_or_else(|| Fault::of(index, "`true` or `false` is needed here"))?;
            }
            _ => return Err(Fault::of(index, "a key, or `return_unmatched`, is needed here")),
        }
    }
    let equal = Equal::new(&keys, call.input.rows)?;
    let addresses = source.cells()?;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for row in 0..call.input.rows {
        let before = left.len();
        if let Some(address) = Range::parse(&addresses.get(row).to_text(), family) {
            for other in ranges.meeting(address).into_iter().filter(|other| equal.holds(row, *other)) {
                left.push(row);
                right.push(Some(other));
            }
        }
        if unmatched && left.len() == before {
            left.push(row);
            right.push(None);
        }
    }
    let mut given = call.input.take(&left)?;
    for column in &table.columns {
        if keys.iter().all(|(_, key)| key.name != column.name) {
            given.columns.push(column.rows(&right)?);
        }
    }
    Ok(Table { rows: left.len(), ..given })
}

/// Whether keys of two tables are equal; a null key equals nothing.
struct Equal {
    /// The number of the combination of each record, of the left table, then the right.
    groups: Vec<usize>,
    right: usize,
    missing: Vec<bool>,
}

impl Equal {
    fn new(keys: &[(&Column, &Column)], left: usize) -> Result<Self, Fault> {
        let mut arrays = Vec::with_capacity(keys.len());
        let mut rows = left;
        let mut missing = Vec::new();
        for (ours, theirs) in keys {
            let ty = if ours.ty == theirs.ty { ours.ty } else { wider(ours.ty, theirs.ty)? };
            let (ours, theirs) = (ours.cells()?, theirs.cells()?);
            let cells: Vec<Cell<'_>> =
                (0..ours.len()).map(|row| ours.get(row)).chain((0..theirs.len()).map(|row| theirs.get(row))).collect();
            rows = cells.len();
            missing.resize(rows, false);
            for (missing, cell) in missing.iter_mut().zip(&cells) {
                *missing |= cell.is_null();
            }
            arrays.push(crate::eval::arrays::from_cells(ty, cells)?);
        }
        let groups = if arrays.is_empty() { Vec::new() } else { Groups::new(&arrays, rows)?.of };
        Ok(Self { groups, right: left, missing })
    }

    fn holds(&self, left: usize, right: usize) -> bool {
        let at = |row: usize| self.groups.get(row).zip(self.missing.get(row));
        match (at(left), at(self.right + right)) {
            (Some((a, false)), Some((b, false))) => a == b,
            (None, None) => true,
            _ => false,
        }
    }
}

fn wider(left: Type, right: Type) -> Result<Type, Fault> {
    if left.widens_to(right) {
        Ok(right)
    } else if right.widens_to(left) {
        Ok(left)
    } else {
        Err(Fault::new(format!("a {left} is not compared with a {right}")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, shown, table};
    use super::*;

    fn networks() -> Table {
        table(
            &[("network", Type::String), ("zone", Type::String), ("n", Type::Long)],
            &[
                &["10.0.0.0/8", "a", "1"],
                &["10.1.0.0/16", "b", "2"],
                &["nonsense", "b", "3"],
                &["5.8.0.0/19", "a", "4"],
            ],
        )
    }

    fn events() -> Table {
        table(
            &[("ip", Type::String), ("zone", Type::String)],
            &[&["10.1.2.3", "b"], &["5.8.1.2", "b"], &["1.1.1.1", "a"], &["", "a"]],
        )
    }

    fn ips() -> Call {
        let networks = networks();
        call(events()).table_given(networks.clone()).of("ip").of_table(&networks, "network")
    }

    #[test]
    fn an_address_meets_every_range_that_holds_it() {
        let (names, rows) = shown(ipv4_lookup(&ips()));
        assert_eq!(names, ["ip", "zone", "network", "zone", "n"]);
        assert_eq!(rows, ["10.1.2.3 b 10.0.0.0/8 a 1", "10.1.2.3 b 10.1.0.0/16 b 2", "5.8.1.2 b 5.8.0.0/19 a 4"]);
    }

    #[test]
    fn records_without_a_partner_stay_if_asked() {
        let (_, rows) = shown(ipv4_lookup(&ips().named("return_unmatched", Cell::Bool(true))));
        assert_eq!(rows[3..], ["1.1.1.1 a   null", " a   null"]);
    }

    #[test]
    fn keys_must_be_equal_too() {
        let (names, rows) = shown(ipv4_lookup(&ips().of("zone")));
        assert_eq!(names, ["ip", "zone", "network", "n"]);
        assert_eq!(rows, ["10.1.2.3 b 10.1.0.0/16 2"]);
    }

    #[test]
    fn an_address_with_a_prefix_meets_ranges_inside_it() {
        let networks = networks();
        let input = table(&[("ip", Type::String)], &[&["10.0.0.0/8"]]);
        let call = call(input).table_given(networks.clone()).of("ip").of_table(&networks, "network");
        let (_, rows) = shown(ipv4_lookup(&call));
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn ipv6_takes_both_families() {
        let networks = table(&[("network", Type::String)], &[&["2001:db8::/32"], &["10.0.0.0/8"]]);
        let input = table(&[("ip", Type::String)], &[&["2001:db8::1"], &["10.9.9.9"], &["::1"]]);
        let call = call(input).table_given(networks.clone()).of("ip").of_table(&networks, "network");
        let (_, rows) = shown(ipv6_lookup(&call));
        assert_eq!(rows, ["2001:db8::1 2001:db8::/32", "10.9.9.9 10.0.0.0/8"]);
    }
}
