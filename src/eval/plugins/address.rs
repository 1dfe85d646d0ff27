//! IP addresses and ranges in prefix notation.

use crate::eval::kernels::address::{V4, V6};

/// How many bits an address has, and how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// 32 bits.
    V4,
    /// 128 bits; an IPv4 address stands for the IPv6 address that maps it.
    V6,
}

/// An address, and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// The bits, the first as the most significant of 128.
    pub(super) bits: u128,
    /// How many of them count.
    pub(super) prefix: u8,
}

/// The first bits, the others 0.
pub(super) const fn masked(bits: u128, prefix: u8) -> u128 {
    match prefix {
        0 => 0,
        prefix if prefix >= 128 => bits,
        prefix => bits & (u128::MAX << (128 - prefix)),
    }
}

impl Range {
    /// Reads an address with or without a prefix.
    pub(super) fn parse(text: &str, family: Family) -> Option<Self> {
        match family {
            Family::V4 => V4::parse(text).map(|v4| Self { bits: u128::from(v4.bits) << 96, prefix: v4.prefix }),
            Family::V6 => V6::parse(text).map(|v6| Self { bits: v6.bits, prefix: v6.prefix }),
        }
    }

    /// Whether both are the same as far as the shorter prefix says.
    pub(super) fn meets(self, other: Self) -> bool {
        let prefix = self.prefix.min(other.prefix);
        masked(self.bits, prefix) == masked(other.bits, prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_in_prefix_notation() {
        for (text, family, valid) in [
            ("10.0.0.1", Family::V4, true),
            ("10.0.0.0/8", Family::V4, true),
            ("10.0.0.0/33", Family::V4, false),
            ("10.0.0", Family::V4, false),
            ("::1", Family::V4, false),
            ("", Family::V4, false),
            ("2001:db8::/32", Family::V6, true),
            ("10.0.0.0/8", Family::V6, true),
            ("::/129", Family::V6, false),
        ] {
            assert_eq!(Range::parse(text, family).is_some(), valid, "{text}");
        }
    }

    #[test]
    fn the_shorter_prefix_decides() {
        let meets = |a: &str, b: &str, family| Range::parse(a, family).unwrap().meets(Range::parse(b, family).unwrap());
        assert!(meets("10.1.2.3", "10.0.0.0/8", Family::V4));
        assert!(meets("10.1.0.0/16", "10.1.2.0/24", Family::V4));
        assert!(!meets("10.1.0.0/16", "10.2.2.0/24", Family::V4));
        assert!(meets("1.2.3.4", "0.0.0.0/0", Family::V4));
        assert!(meets("10.1.2.3", "::ffff:10.0.0.0/104", Family::V6));
        assert!(!meets("2001:db8::1", "2001:db9::/32", Family::V6));
    }
}
