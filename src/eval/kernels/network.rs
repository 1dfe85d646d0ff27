//! Functions of IP addresses. What is no address gives null, or `""` where text is asked for.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanBuilder};
use datafusion::common::{Result, internal_err};

use super::address::{V4, V6, leading_v4, mask_v4};
use super::address_ranges::{AnyRange, Bits, Ranges};
use super::arguments::{EMPTY, array, integer, text};
use super::{Env, Kernel};
use crate::eval::Cell;
use crate::eval::arrays::Cells;
use crate::ir::Json;
use crate::types::Type;

pub(super) const KERNELS: &[Kernel] = &[
    Kernel::row("parse_ipv4", |_, args| V4::parse(&text(args, 0)).map(|ip| i64::from(ip.network())).into()),
    Kernel::strict("parse_ipv4_mask", parse_ipv4_mask),
    Kernel::row("parse_ipv6", |_, args| V6::parse(&text(args, 0)).map_or(EMPTY, |ip| full_text(ip.network()))),
    Kernel::row("parse_ipv6_mask", parse_ipv6_mask),
    Kernel::strict("ipv4_compare", |_, args| order(compare_v4(args))),
    Kernel::strict("ipv4_is_match", |_, args| compare_v4(args).map(std::cmp::Ordering::is_eq).into()),
    Kernel::strict("ipv6_compare", |_, args| order(compare_v6(args))),
    Kernel::strict("ipv6_is_match", |_, args| compare_v6(args).map(std::cmp::Ordering::is_eq).into()),
    Kernel::array("ipv4_is_private", is_private),
    Kernel::array("ipv4_is_in_range", in_any_range::<u32>),
    Kernel::array("ipv4_is_in_any_range", in_any_range::<u32>),
    Kernel::array("ipv6_is_in_range", in_any_range::<u128>),
    Kernel::array("ipv6_is_in_any_range", in_any_range::<u128>),
    Kernel::row("ipv4_netmask_suffix", |_, args| V4::parse(&text(args, 0)).map(|ip| i64::from(ip.prefix)).into()),
    Kernel::row("format_ipv4", |_, args| formatted(args).map_or(EMPTY, |ip| v4_text(ip.network()).into())),
    Kernel::row("format_ipv4_mask", |_, args| formatted(args).map_or(EMPTY, |ip| cidr_text(ip).into())),
    Kernel::row("has_ipv4", |_, args| Cell::Bool(has(&text(args, 0), &text(args, 1), false))),
    Kernel::row("has_ipv4_prefix", |_, args| Cell::Bool(has(&text(args, 0), &text(args, 1), true))),
    Kernel::row("has_any_ipv4", |_, args| has_any(args, false)),
    Kernel::row("has_any_ipv4_prefix", |_, args| has_any(args, true)),
    Kernel::row("ipv4_range_to_cidr_list", cidr_list),
];

/// A mask given as an argument, where it counts no more bits than there are.
fn prefix(args: &[Cell<'_>], at: usize, most: u8) -> Option<u8> {
    integer(args, at).and_then(|value| u8::try_from(value).ok()).filter(|prefix| *prefix <= most)
}

/// As [`prefix`], with what is meant where the argument is left out.
fn prefix_or_all(args: &[Cell<'_>], at: usize, all: u8) -> Option<u8> {
    if at < args.len() { prefix(args, at, all) } else { Some(all) }
}

fn parse_ipv4_mask<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let ip = V4::parse(&text(args, 0)).zip(prefix(args, 1, 32));
    ip.map(|(ip, prefix)| i64::from(ip.within(prefix).network())).into()
}

fn parse_ipv6_mask<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let ip = V6::parse(&text(args, 0)).zip(prefix(args, 1, 128));
    ip.map_or(EMPTY, |(ip, prefix)| full_text(ip.within(prefix).network()))
}

/// All 32 digits of an IPv6 address.
fn full_text<'a>(bits: u128) -> Cell<'a> {
    let groups: Vec<String> = (0..8).rev().map(|group| format!("{:04x}", bits >> (group * 16) & 0xffff)).collect();
    groups.join(":").into()
}

fn v4_text(bits: u32) -> String {
    std::net::Ipv4Addr::from_bits(bits).to_string()
}

fn cidr_text(ip: V4) -> String {
    format!("{}/{}", v4_text(ip.network()), ip.prefix)
}

/// The order of two addresses under the shortest of both masks and the one given.
fn compare_v4(args: &[Cell<'_>]) -> Option<std::cmp::Ordering> {
    let (left, right) = (V4::parse(&text(args, 0))?, V4::parse(&text(args, 1))?);
    let prefix = prefix_or_all(args, 2, 32)?.min(left.prefix).min(right.prefix);
    Some(left.within(prefix).network().cmp(&right.within(prefix).network()))
}

fn compare_v6(args: &[Cell<'_>]) -> Option<std::cmp::Ordering> {
    let (left, right) = (V6::parse(&text(args, 0))?, V6::parse(&text(args, 1))?);
    let prefix = prefix_or_all(args, 2, 128)?.min(left.prefix).min(right.prefix);
    Some(left.within(prefix).network().cmp(&right.within(prefix).network()))
}

fn order<'a>(order: Option<std::cmp::Ordering>) -> Cell<'a> {
    order.map(|order| order as i64).into()
}

/// The address of a text or a number under the mask given.
fn formatted(args: &[Cell<'_>]) -> Option<V4> {
    let ip = match args.first()? {
        cell @ (Cell::Int(_) | Cell::Long(_)) => V4 { bits: cell.as_long()?.try_into().ok()?, prefix: 32 },
        cell => V4::parse(&cell.to_text())?,
    };
    Some(ip.within(prefix_or_all(args, 1, 32)?))
}

/// The networks of RFC 1918, section 3.
const PRIVATE: [V4; 3] =
    [V4 { bits: 0x0a00_0000, prefix: 8 }, V4 { bits: 0xac10_0000, prefix: 12 }, V4 { bits: 0xc0a8_0000, prefix: 16 }];

fn is_private(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let ([array], &[ty]) = (args, types) else { return internal_err!("one address is due") };
    let cells = Cells::new(array.as_ref(), ty)?;
    let mut results = BooleanBuilder::with_capacity(cells.len());
    for row in 0..cells.len() {
        let ip = V4::parse(&cells.get(row).to_text()).map(V4::network);
        results.append_option(ip.map(|ip| PRIVATE.iter().any(|net| ip & mask_v4(net.prefix) == net.bits)));
    }
    Ok(Arc::new(results.finish()))
}

/// Whether addresses, under their own masks, lie in at least one of the ranges of the other arguments. Ranges are
/// mostly constants of the query, so those of the row before are kept.
fn in_any_range<T: Bits>(_: Env, args: &[ArrayRef], types: &[Type]) -> Result<ArrayRef> {
    let columns = args.iter().zip(types).map(|(array, ty)| Cells::new(array.as_ref(), *ty));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let Some((addresses, ranges)) = columns.split_first() else { return internal_err!("an address is due") };
    let mut known: Vec<(Cell<'_>, Ranges<T>)> = Vec::with_capacity(ranges.len());
    let mut results = BooleanBuilder::with_capacity(addresses.len());
    for row in 0..addresses.len() {
        let mut any = AnyRange::of(T::address(&addresses.get(row).to_text()));
        for (at, column) in ranges.iter().enumerate() {
            let cell = column.get(row);
            match known.get_mut(at) {
                Some((last, ranges)) => {
                    if !is_same(last, &cell) {
                        *ranges = Ranges::of(&cell);
                        *last = cell;
                    }
                }
                None => known.push((cell.clone(), Ranges::of(&cell))),
            }
            if let Some((_, ranges)) = known.get(at) {
                any.try_ranges(ranges);
            }
        }
        results.append_option(any.verdict());
    }
    Ok(Arc::new(results.finish()))
}

/// Whether two cells hold the same ranges; what stands at one place in memory need not be read for that.
fn is_same(left: &Cell<'_>, right: &Cell<'_>) -> bool {
    match (left, right) {
        (Cell::String(a), Cell::String(b)) => a == b,
        (Cell::Dynamic(a), Cell::Dynamic(b)) => (a.as_ptr() == b.as_ptr() && a.len() == b.len()) || a == b,
        (Cell::Null, Cell::Null) => true,
        _ => false,
    }
}

/// Whether an IPv4 address occurs in a text, neither letter nor digit touching it. With `open`, an address that starts
/// so will do; the start must be a whole address or end in a dot.
fn has(source: &str, address: &str, open: bool) -> bool {
    let open = match leading_v4(address) {
        Some((_, "")) => false,
        _ if open && is_start(address) => true,
        _ => return false,
    };
    let touches = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
    source.match_indices(address).any(|(at, _)| {
        let (before, here) = source.split_at(at);
        // The address found may go on where the one looked for ends: 10.0.0.1 in 10.0.0.12.
        !touches(before.chars().next_back())
            && leading_v4(here).is_some_and(|(_, after)| {
                !touches(after.chars().next()) && (open || here.len() - after.len() == address.len())
            })
    })
}

/// Whether a text is one to three numbers of an address, each with its dot.
fn is_start(text: &str) -> bool {
    let Some(numbers) = text.strip_suffix('.') else { return false };
    let is_number = |part: &str| part.len() <= 3 && part.parse::<u8>().is_ok() && !part.starts_with('+');
    numbers.split('.').count() <= 3 && numbers.split('.').all(is_number)
}

/// [`has`] for at least one of the addresses of the other arguments: strings, or one array of them.
fn has_any<'a>(args: &[Cell<'a>], open: bool) -> Cell<'a> {
    let source = text(args, 0);
    let found = match args.get(1) {
        Some(Cell::Dynamic(_)) => array(args, 1).is_some_and(|items| {
            items.iter().any(|item| matches!(item, Json::String(address) if has(&source, address, open)))
        }),
        _ => args.iter().skip(1).any(|address| has(&source, &address.to_text(), open)),
    };
    Cell::Bool(found)
}

/// The fewest ranges that cover the addresses from one to another; null where the second lies before the first.
fn cidr_list<'a>(_: Env, args: &[Cell<'a>]) -> Cell<'a> {
    let bounds = V4::parse(&text(args, 0)).zip(V4::parse(&text(args, 1)));
    let Some((first, last)) = bounds.map(|(first, last)| (first.network(), last.network())) else {
        return Cell::Null;
    };
    if last < first {
        return Cell::Null;
    }
    let (mut next, end) = (u64::from(first), u64::from(last));
    let mut ranges = Vec::new();
    while let Some(left) = (end + 1).checked_sub(next).filter(|left| *left > 0) {
        // As large as the place it starts at and what is left allow.
        let size = next.trailing_zeros().min(left.ilog2()).min(32);
        let Ok(bits) = u32::try_from(next) else { break };
        ranges.push(Json::String(cidr_text(V4 { bits, prefix: 32 - size as u8 }).into()));
        next += 1 << size;
    }
    Cell::dynamic(&Json::Array(ranges))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::kernels::find;

    fn call(name: &str, ty: Type, args: &[Cell<'_>]) -> String {
        find(name).unwrap().call(Env { now: 0, ty }, args).to_text().into_owned()
    }

    fn texts<const N: usize>(args: [&'static str; N]) -> Vec<Cell<'static>> {
        args.into_iter().map(Cell::string).collect()
    }

    #[test]
    fn addresses_are_numbers_after_their_mask() {
        for (ip, number) in [
            ("192.168.1.1", "3232235777"),
            ("192.168.1.1/24", "3232235776"),
            ("255.255.255.255/31", "4294967294"),
            ("1.2.3", ""),
        ] {
            assert_eq!(call("parse_ipv4", Type::Long, &texts([ip])), number, "{ip}");
        }
        let masked = |prefix| call("parse_ipv4_mask", Type::Long, &[Cell::string("127.0.0.1"), Cell::Long(prefix)]);
        assert_eq!(masked(24), "2130706432");
        assert_eq!(masked(33), "");
        for (ip, suffix) in [("10.1.2.3", "32"), ("192.168.1.1/24", "24"), ("127.0.0.1/16", "16"), ("x", "")] {
            assert_eq!(call("ipv4_netmask_suffix", Type::Long, &texts([ip])), suffix, "{ip}");
        }
    }

    #[test]
    fn ipv6_addresses_are_written_in_full() {
        for (ip, prefix, full) in [
            ("192.168.255.255", 120, "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ("192.168.255.255/24", 124, "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ("255.255.255.255", 128, "0000:0000:0000:0000:0000:ffff:ffff:ffff"),
            ("fe80::85d:e82c:9446:7994", 128, "fe80:0000:0000:0000:085d:e82c:9446:7994"),
            ("fe80::85d:e82c:9446:7994/120", 124, "fe80:0000:0000:0000:085d:e82c:9446:7900"),
            ("::192.168.255.255", 128, "0000:0000:0000:0000:0000:ffff:c0a8:ffff"),
            ("::192.168.255.255/24", 128, "0000:0000:0000:0000:0000:ffff:c0a8:ff00"),
            ("fe80::1", -1, ""),
            ("", 128, ""),
        ] {
            let args = [Cell::string(ip), Cell::Long(prefix)];
            assert_eq!(call("parse_ipv6_mask", Type::String, &args), full, "{ip}");
        }
        let full = call("parse_ipv6", Type::String, &texts(["192.168.255.255/24"]));
        assert_eq!(full, "0000:0000:0000:0000:0000:ffff:c0a8:ff00");
    }

    #[test]
    fn comparisons_look_at_the_shortest_mask() {
        for (left, right, prefix, order) in [
            ("192.168.1.0", "192.168.1.0", 32, "0"),
            ("192.168.1.1/24", "192.168.1.255", 32, "0"),
            ("192.168.1.1/30", "192.168.1.255/24", 32, "0"),
            ("192.168.1.1", "192.168.1.0", 31, "0"),
            ("192.168.1.1", "192.168.1.255", 24, "0"),
            ("10.0.0.2", "10.0.0.1", 32, "1"),
            ("10.0.0.1", "10.0.0.2", 32, "-1"),
            ("10.0.0.1", "10.0.0.2", 33, ""),
            ("10.0.0.1", "10.0.0", 32, ""),
        ] {
            let args = [Cell::string(left), Cell::string(right), Cell::Long(prefix)];
            assert_eq!(call("ipv4_compare", Type::Long, &args), order, "{left} {right}");
        }
        for (left, right, order) in [
            ("fe80::85d:e82c:9446:7994/120", "fe80::85d:e82c:9446:7998", "0"),
            ("fe80::85d:e82c:9446:7994", "fe80::85d:e82c:9446:7998", "-1"),
            ("192.168.1.1/24", "::ffff:c0a8:01ff", "0"),
            ("::192.168.1.1/30", "192.168.1.255/24", "0"),
        ] {
            assert_eq!(call("ipv6_compare", Type::Long, &texts([left, right])), order, "{left} {right}");
        }
        assert_eq!(call("ipv4_is_match", Type::Bool, &texts(["10.0.0.5", "10.0.0.0/24"])), "True");
        assert_eq!(call("ipv6_is_match", Type::Bool, &texts(["::ffff:7f00:1", "127.0.0.1"])), "True");
    }

    #[test]
    fn private_networks_are_those_of_rfc_1918() {
        for (ip, result) in [
            ("10.1.2.3", "True"),
            ("192.168.1.1/24", "True"),
            ("172.16.0.1", "True"),
            ("172.31.255.255", "True"),
            ("172.32.0.0", "False"),
            ("127.0.0.1", "False"),
            ("202.1.2.3", "False"),
            ("169.254.0.1", "False"),
            ("ten", ""),
        ] {
            assert_eq!(call("ipv4_is_private", Type::Bool, &texts([ip])), result, "{ip}");
        }
    }

    #[test]
    fn ranges_hold_addresses() {
        for (ip, range, result) in [
            ("192.168.1.1", "192.168.1.1", "True"),
            ("192.168.1.1", "192.168.1.255/24", "True"),
            ("192.168.2.1", "192.168.1.255/24", "False"),
            ("10.0.0.0/8", "10.1.0.0/16", "False"),
            ("10.0.0.1", "10.0.0.0/40", ""),
            ("", "10.0.0.0/8", ""),
        ] {
            assert_eq!(call("ipv4_is_in_range", Type::Bool, &texts([ip, range])), result, "{ip} {range}");
        }
        let any = |args: &[Cell<'_>]| call("ipv4_is_in_any_range", Type::Bool, args);
        assert_eq!(any(&texts(["192.168.1.6", "192.168.1.1/24", "10.0.0.1/8", "127.1.0.1/16"])), "True");
        let ranges = |items: &[&str]| {
            Cell::dynamic(&Json::Array(items.iter().map(|item| Json::String((*item).into())).collect()))
        };
        let local = || ranges(&["192.168.1.1/16", "127.0.0.1/8", "10.0.0.1/8"]);
        for (ip, result) in [("10.1.2.3", "True"), ("192.168.1.5", "True"), ("123.1.11.21", "False"), ("x", "")] {
            assert_eq!(any(&[Cell::string(ip), local()]), result, "{ip}");
        }
        assert_eq!(any(&[Cell::string("10.0.0.1"), ranges(&["x", "10.0.0.0/8"])]), "True");
        assert_eq!(any(&[Cell::string("11.0.0.1"), ranges(&["x", "10.0.0.0/8"])]), "");
        assert_eq!(any(&[Cell::string("11.0.0.1"), ranges(&[])]), "False");
        for (ip, result) in
            [("a5e:f127:8a9d:146d:e102:b5d3:c755:abcd", "True"), ("a5e:f127:8a9d:146d:e102:b5d3:c756:abcd", "False")]
        {
            let args = texts([ip, "a5e:f127:8a9d:146d:e102:b5d3:c755:f6cd/112"]);
            assert_eq!(call("ipv6_is_in_range", Type::Bool, &args), result, "{ip}");
        }
    }

    #[test]
    fn columns_of_ranges_are_read_anew() {
        use crate::eval::arrays::from_cells;
        let ips = from_cells(Type::String, ["10.0.0.1"; 4].map(Cell::string)).unwrap();
        let ranges = ["10.0.0.0/8", "11.0.0.0/8", "11.0.0.0/8", "10.0.0.0/24"].map(Cell::string);
        let ranges = from_cells(Type::String, ranges).unwrap();
        let env = Env { now: 0, ty: Type::Bool };
        let results = in_any_range::<u32>(env, &[ips, ranges], &[Type::String; 2]).unwrap();
        let results = Cells::new(results.as_ref(), Type::Bool).unwrap();
        assert_eq!(
            (0..4).map(|row| results.get(row).as_bool().unwrap()).collect::<Vec<_>>(),
            [true, false, false, true]
        );
    }

    #[test]
    fn addresses_are_formatted() {
        for (ip, prefix, plain, masked) in [
            ("192.168.1.1", 24, "192.168.1.0", "192.168.1.0/24"),
            ("192.168.1.1", 32, "192.168.1.1", "192.168.1.1/32"),
            ("192.168.1.1/24", 32, "192.168.1.0", "192.168.1.0/24"),
            ("192.168.1.1/24", -1, "", ""),
        ] {
            let args = [Cell::string(ip), Cell::Long(prefix)];
            assert_eq!(call("format_ipv4", Type::String, &args), plain, "{ip}");
            assert_eq!(call("format_ipv4_mask", Type::String, &args), masked, "{ip}");
        }
        assert_eq!(call("format_ipv4", Type::String, &[Cell::Long(3_232_236_031)]), "192.168.1.255");
        assert_eq!(call("format_ipv4", Type::String, &[Cell::Long(-1)]), "");
    }

    #[test]
    fn addresses_are_found_in_text() {
        let line = "05:04:54 127.0.0.1 GET /favicon.ico 404";
        for (source, ip, result) in [
            (line, "127.0.0.1", true),
            ("05:04:54 127.0.0.256 GET", "127.0.0.256", false),
            ("05:04:54127.0.0.1 GET", "127.0.0.1", false),
            ("ip=127.0.0.12,127.0.0.1;", "127.0.0.1", true),
            ("ip=127.0.0.12", "127.0.0.1", false),
            ("ip=127.0.0.1é", "127.0.0.1", false),
            (line, "127.0.", false),
        ] {
            assert_eq!(has(source, ip, false), result, "{source}: {ip}");
        }
        for (source, ip, result) in [
            (line, "127.0.", true),
            (line, "127.0", false),
            (line, "127.0.0.1", true),
            ("05:04:54 127.0.0.256 GET", "127.0.", false),
            ("05:04:54127.0.0.1 GET", "127.0.", false),
            ("127.0.0.12", "127.0.0.1", false),
        ] {
            assert_eq!(has(source, ip, true), result, "{source}: {ip}");
        }
        let any = Cell::dynamic(&Json::Array(vec![Json::String("1.1.".into()), Json::String("127.".into())]));
        assert_eq!(call("has_any_ipv4_prefix", Type::Bool, &[Cell::string(line), any]), "True");
        assert_eq!(call("has_any_ipv4", Type::Bool, &texts([line, "1.1.1.1", "127.0.0.1"])), "True");
        assert_eq!(call("has_any_ipv4", Type::Bool, &texts([line, "1.1.1.1", "127.0.0.2"])), "False");
    }

    #[test]
    fn ranges_are_cut_into_networks() {
        for (first, last, list) in [
            ("1.1.128.0", "1.1.140.255", r#"["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"]"#),
            ("10.0.0.1", "10.0.0.1", r#"["10.0.0.1/32"]"#),
            ("0.0.0.0", "255.255.255.255", r#"["0.0.0.0/0"]"#),
            ("255.255.255.254", "255.255.255.255", r#"["255.255.255.254/31"]"#),
            ("10.0.0.2", "10.0.0.1", ""),
        ] {
            assert_eq!(call("ipv4_range_to_cidr_list", Type::Dynamic, &texts([first, last])), list, "{first}");
        }
    }
}
