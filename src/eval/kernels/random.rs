//! Random numbers for `rand` and `new_guid`. Nothing secret hangs on them.

use std::cell::Cell;

thread_local! {
    static STATE: Cell<u64> = Cell::new(seed());
}

/// A seed from the operating system; without one, a fixed one is better than none.
fn seed() -> u64 {
    getrandom::u64().unwrap_or(0x9e37_79b9_7f4a_7c15)
}

/// 64 random bits, by `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub(super) fn bits() -> u64 {
    STATE.with(|state| {
        let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(next);
        let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

/// A real from 0 to below 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits are what a real holds exactly")]
pub(super) fn real() -> f64 {
    (bits() >> 11) as f64 / (1u64 << 53) as f64
}

/// A guid of version 4 (RFC 9562, section 5.4).
pub(super) fn guid() -> u128 {
    const FIXED: u128 = 0xf000_c000_0000_0000_0000;
    const VERSION: u128 = 0x4000_8000_0000_0000_0000;
    let random = u128::from(bits()) << 64 | u128::from(bits());
    random & !FIXED | VERSION
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::literal::format_guid;

    #[test]
    fn guids_are_of_version_4() {
        for _ in 0..20 {
            let guid = format_guid(guid());
            assert_eq!(&guid[14..15], "4", "{guid}");
            assert!("89ab".contains(&guid[19..20]), "{guid}");
        }
    }

    #[test]
    fn numbers_differ() {
        let mut numbers: Vec<u64> = (0..100).map(|_| bits()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 100);
        assert!((0..100).map(|_| real()).all(|number| (0.0..1.0).contains(&number)));
    }
}
