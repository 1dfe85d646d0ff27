//! IP addresses with their masks, as Kusto reads them.
//!
//! A mask stands behind a slash and counts bits. An IPv4 address has four decimal numbers; one that starts with a
//! superfluous zero is refused, since readers differ on its base. As an IPv6 address it becomes `::ffff:a.b.c.d`, with
//! 96 more bits of mask; Kusto reads `::a.b.c.d` as the same address.

use std::net::Ipv6Addr;

/// The bits of an address, and how many of them its mask keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::eval) struct V4 {
    /// The address as written, without regard to the mask.
    pub bits: u32,
    /// 0 to 32.
    pub prefix: u8,
}

/// As [`V4`], for IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::eval) struct V6 {
    /// The address as written, without regard to the mask.
    pub bits: u128,
    /// 0 to 128.
    pub prefix: u8,
}

/// The bits that a mask of so many keeps.
pub(super) fn mask_v4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0)
}

/// As [`mask_v4`].
pub(super) fn mask_v6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0)
}

impl V4 {
    /// Reads an address with or without a mask.
    pub(in crate::eval) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = split(text, 32)?;
        let (bits, rest) = leading_v4(address)?;
        rest.is_empty().then_some(Self { bits, prefix: prefix.unwrap_or(32) })
    }

    /// The address after its mask.
    pub(super) fn network(self) -> u32 {
        self.bits & mask_v4(self.prefix)
    }

    /// The same address under a shorter mask; a longer one changes nothing.
    pub(super) fn within(self, prefix: u8) -> Self {
        Self { prefix: self.prefix.min(prefix), ..self }
    }

    /// The first and the last address of the range that the mask leaves open.
    pub(super) fn range(self) -> (u32, u32) {
        let mask = mask_v4(self.prefix);
        (self.bits & mask, self.bits | !mask)
    }
}

impl V6 {
    /// Reads an address of either kind, with or without a mask.
    pub(in crate::eval) fn parse(text: &str) -> Option<Self> {
        if let Some(V4 { bits, prefix }) = V4::parse(text) {
            return Some(Self { bits: mapped(bits), prefix: prefix + 96 });
        }
        let (address, prefix) = split(text, 128)?;
        let bits = address.parse::<Ipv6Addr>().ok()?.to_bits();
        let dotted = address.contains('.');
        let prefix = match prefix {
            // Behind an address that ends as IPv4, a mask that fits IPv4 counts the bits of that.
            Some(prefix) if dotted && prefix <= 32 => prefix + 96,
            Some(prefix) => prefix,
            None => 128,
        };
        let compatible = dotted && u32::try_from(bits).is_ok();
        Some(Self { bits: if compatible { mapped(bits as u32) } else { bits }, prefix })
    }

    /// The address after its mask.
    pub(super) fn network(self) -> u128 {
        self.bits & mask_v6(self.prefix)
    }

    /// The same address under a shorter mask; a longer one changes nothing.
    pub(super) fn within(self, prefix: u8) -> Self {
        Self { prefix: self.prefix.min(prefix), ..self }
    }

    /// The first and the last address of the range that the mask leaves open.
    pub(super) fn range(self) -> (u128, u128) {
        let mask = mask_v6(self.prefix);
        (self.bits & mask, self.bits | !mask)
    }
}

fn mapped(bits: u32) -> u128 {
    0xffff_0000_0000 | u128::from(bits)
}

/// The address before the slash, and the mask behind it.
fn split(text: &str, most: u8) -> Option<(&str, Option<u8>)> {
    let Some((address, mask)) = text.split_once('/') else { return Some((text, None)) };
    let digits = !mask.is_empty() && mask.bytes().all(|byte| byte.is_ascii_digit());
    let mask: u8 = if digits { mask.parse().ok()? } else { return None };
    (mask <= most).then_some((address, Some(mask)))
}

/// The IPv4 address that a text starts with, and what follows it.
pub(super) fn leading_v4(text: &str) -> Option<(u32, &str)> {
    let mut bits = 0u32;
    let mut bytes = text.as_bytes();
    for part in 0..4 {
        if part > 0 {
            bytes = bytes.strip_prefix(b".")?;
        }
        let mut value = 0u32;
        let mut digits = 0;
        while let Some(digit) = bytes.get(digits).filter(|byte| byte.is_ascii_digit()) {
            value = value * 10 + u32::from(digit - b'0');
            digits += 1;
            if digits > 3 {
                return None;
            }
        }
        let superfluous = digits > 1 && bytes.first() == Some(&b'0');
        if digits == 0 || superfluous || value > 255 {
            return None;
        }
        bits = bits << 8 | value;
        bytes = bytes.get(digits..)?;
    }
    Some((bits, text.get(text.len() - bytes.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_addresses_are_read() {
        for (text, expected) in [
            ("192.168.1.1", Some((0xc0a8_0101, 32))),
            ("192.168.1.1/24", Some((0xc0a8_0101, 24))),
            ("0.0.0.0/0", Some((0, 0))),
            ("255.255.255.255", Some((u32::MAX, 32))),
            ("256.0.0.1", None),
            ("1.2.3", None),
            ("1.2.3.4.5", None),
            ("1.2.3.4 ", None),
            ("01.2.3.4", None),
            ("1.2.3.4/33", None),
            ("1.2.3.4/+4", None),
            ("1.2.3.4/", None),
            ("::1", None),
            ("", None),
        ] {
            assert_eq!(V4::parse(text).map(|ip| (ip.bits, ip.prefix)), expected, "{text}");
        }
    }

    #[test]
    fn ipv6_addresses_take_in_ipv4() {
        for (text, expected) in [
            ("fe80::1", Some((0xfe80 << 112 | 1, 128))),
            ("fe80::1/64", Some((0xfe80 << 112 | 1, 64))),
            ("192.168.1.1/24", Some((0xffff_c0a8_0101, 120))),
            ("::192.168.1.1/24", Some((0xffff_c0a8_0101, 120))),
            ("::ffff:192.168.1.1", Some((0xffff_c0a8_0101, 128))),
            ("::ffff:c0a8:0101", Some((0xffff_c0a8_0101, 128))),
            ("::1", Some((1, 128))),
            ("fe80::1/129", None),
            ("fe80", None),
        ] {
            assert_eq!(V6::parse(text).map(|ip| (ip.bits, ip.prefix)), expected, "{text}");
        }
    }

    #[test]
    fn masks_leave_a_range_open() {
        let ip = V4::parse("10.1.2.3/8").unwrap();
        assert_eq!(ip.network(), 0x0a00_0000);
        assert_eq!(ip.range(), (0x0a00_0000, 0x0aff_ffff));
        assert_eq!(ip.within(0).range(), (0, u32::MAX));
        assert_eq!(V6::parse("::1/0").unwrap().range(), (0, u128::MAX));
    }
}
