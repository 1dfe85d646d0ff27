//! The sketch of distinct values behind `dcount` and `hll`.
//!
//! Up to a number of distinct values their hashes are kept, and the count is exact but for two values with one 64-bit
//! hash; beyond, the sketch is a `HyperLogLog` (Flajolet and others, 2007), read by the improved estimator of Ertl ("New
//! cardinality estimation algorithms for `HyperLogLog` sketches", 2017). Which form it has depends on the values alone, not
//! on the order or the grouping in which they came, so the estimate is the same at any partitioning.

use datafusion::common::{HashSet, Result, internal_datafusion_err};
use xxhash_rust::xxh64::xxh64;

use super::codec::{Reader, Writer};
use crate::eval::cell::Cell;
use crate::eval::dynamic::{self, Shown, View};
use crate::ir::Json;

/// Bits of a hash that choose a register, by Kusto's level of accuracy (0 to 4); the standard error is
/// 1.04 / √(2^bits): 1.6, 0.8, 0.4, 0.28 and 0.2 %.
const REGISTER_BITS: [u8; 5] = [12, 14, 16, 17, 18];

/// The bits of a level of accuracy.
pub(crate) fn register_bits(level: i64) -> Option<u8> {
    usize::try_from(level).ok().and_then(|level| REGISTER_BITS.get(level)).copied()
}

/// A sketch.
#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    bits: u8,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Hashes(HashSet<u64>),
    Registers(Vec<u8>),
}

/// A hash of a whole number; different numbers have different ones. The finaliser of `MurmurHash3`.
const fn hash_number(value: i64) -> u64 {
    let mut hash = value as u64;
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ hash >> 33
}

/// The hash of a value; that of a dynamic is that of the scalar in it.
pub(crate) fn hash(cell: &Cell<'_>) -> Option<u64> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Bool(value) => hash_number(i64::from(*value)),
        Cell::Real(value) if value.is_nan() => hash_number(f64::NAN.to_bits() as i64),
        Cell::Real(value) => hash_number((value + 0.0).to_bits() as i64),
        Cell::Decimal(value) => xxh64(&crate::eval::arrays::decimal_bytes(*value), 0),
        Cell::Guid(value) => xxh64(&value.to_be_bytes(), 0),
        Cell::String(text) => xxh64(text.as_bytes(), 0),
        Cell::Dynamic(bytes) => match View::new(bytes).shown() {
            Shown::Null => return None,
            Shown::String(text) => xxh64(text.as_bytes(), 0),
            Shown::Long(value) | Shown::DateTime(value) | Shown::TimeSpan(value) => hash_number(value),
            Shown::Real(value) => return hash(&Cell::Real(value)),
            Shown::Bool(value) => hash_number(i64::from(value)),
            Shown::Guid(value) => xxh64(&value.to_be_bytes(), 0),
            Shown::Array(_) | Shown::Bag(_) => xxh64(&dynamic::by_name(bytes), 0),
        },
        Cell::Int(_) | Cell::Long(_) | Cell::DateTime(_) | Cell::TimeSpan(_) => {
            hash_number(cell.as_long().unwrap_or_default())
        }
    })
}

impl Sketch {
    /// The sketch of nothing.
    pub(crate) fn new(bits: u8) -> Self {
        Self { bits, form: Form::Hashes(HashSet::default()) }
    }

    /// How many hashes are kept: as many as take the room of the registers, and at least 1,024.
    fn room(&self) -> usize {
        ((1 << self.bits) / size_of::<u64>()).max(1024)
    }

    /// Takes in a hash; gives by how many bytes it has grown.
    pub(crate) fn insert(&mut self, hash: u64) -> usize {
        match &mut self.form {
            Form::Registers(registers) => {
                set(registers, self.bits, hash);
                0
            }
            Form::Hashes(hashes) => {
                let before = hashes.capacity();
                hashes.insert(hash);
                if hashes.len() <= self.room() {
                    (hashes_capacity(&self.form) - before) * HASH_BYTES
                } else {
                    let before = before * HASH_BYTES;
                    self.densify();
                    self.heap().saturating_sub(before)
                }
            }
        }
    }

    fn densify(&mut self) {
        if let Form::Hashes(hashes) = &self.form {
            let mut registers = vec![0; 1 << self.bits];
            for hash in hashes {
                set(&mut registers, self.bits, *hash);
            }
            self.form = Form::Registers(registers);
        }
    }

    /// Takes in another sketch. The coarser accuracy of the two is that of the result.
    pub(crate) fn merge(&mut self, mut other: Self) {
        let bits = self.bits.min(other.bits);
        self.coarsen(bits);
        other.coarsen(bits);
        match other.form {
            Form::Hashes(hashes) => {
                for hash in hashes {
                    self.insert(hash);
                }
            }
            Form::Registers(theirs) => {
                self.densify();
                if let Form::Registers(registers) = &mut self.form {
                    for (register, their) in registers.iter_mut().zip(theirs) {
                        *register = (*register).max(their);
                    }
                }
            }
        }
    }

    /// Brings it to fewer registers: those that share their first bits become one.
    fn coarsen(&mut self, bits: u8) {
        if bits >= self.bits {
            return;
        }
        let dropped = self.bits - bits;
        self.bits = bits;
        match &mut self.form {
            Form::Registers(fine) => {
                let mut registers = vec![0u8; 1 << bits];
                for (index, &rank) in fine.iter().enumerate().filter(|(_, rank)| **rank > 0) {
                    // The bits that no longer choose the register come before those whose zeros were counted.
                    let tail = index & ((1 << dropped) - 1);
                    let zeros = u32::from(dropped).saturating_sub(usize::BITS - tail.leading_zeros()) as u8;
                    let rank = if tail == 0 { dropped + rank } else { zeros + 1 };
                    let register = &mut registers[index >> dropped];
                    *register = (*register).max(rank);
                }
                *fine = registers;
            }
            Form::Hashes(hashes) => {
                if hashes.len() > self.room() {
                    self.densify();
                }
            }
        }
    }

    /// The number of distinct values.
    pub(crate) fn count(&self) -> i64 {
        match &self.form {
            Form::Hashes(hashes) => hashes.len() as i64,
            Form::Registers(registers) => estimate(registers, self.bits).round() as i64,
        }
    }

    /// Bytes on the heap.
    pub(crate) fn heap(&self) -> usize {
        match &self.form {
            Form::Hashes(hashes) => hashes.capacity() * HASH_BYTES,
            Form::Registers(registers) => registers.capacity(),
        }
    }

    pub(super) fn encode(&self, into: &mut Writer) {
        into.byte(self.bits);
        match &self.form {
            Form::Hashes(hashes) => {
                into.bool(false);
                into.len(hashes.len());
                for hash in sorted(hashes) {
                    into.u64(hash);
                }
            }
            Form::Registers(registers) => {
                into.bool(true);
                into.bytes(registers);
            }
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self> {
        let bits = from.byte()?;
        let form = if from.bool()? {
            let registers = from.bytes()?;
            if registers.len() != 1 << bits {
                return Err(internal_datafusion_err!("a sketch has {} registers", registers.len()));
            }
            Form::Registers(registers.to_vec())
        } else {
            let count = from.len()?;
            Form::Hashes((0..count).map(|_| from.u64()).collect::<Result<_>>()?)
        };
        Ok(Self { bits, form })
    }

    /// The sketch as the dynamic that `hll` gives: `[[room, bits], hashes, registers]`, registers eight to a number. Like
    /// Kusto's it is not meant to be read, and cannot be exchanged with Kusto.
    pub(crate) fn to_json(&self) -> Json {
        let longs = |values: Vec<u64>| Json::Array(values.into_iter().map(|v| Json::Long(v as i64)).collect());
        let head = Json::Array(vec![Json::Long(self.room() as i64), Json::Long(i64::from(self.bits))]);
        let (hashes, registers) = match &self.form {
            Form::Hashes(hashes) => (sorted(hashes), Vec::new()),
            Form::Registers(registers) => {
                let words = registers.chunks_exact(8);
                (Vec::new(), words.map(|eight| u64::from_le_bytes(eight.try_into().unwrap_or_default())).collect())
            }
        };
        Json::Array(vec![head, longs(hashes), longs(registers)])
    }

    /// The sketch that a dynamic holds; `None` where it holds none.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        fn longs(json: &Json) -> Option<Vec<u64>> {
            let Json::Array(items) = json else { return None };
            items.iter().map(|item| if let Json::Long(value) = item { Some(*value as u64) } else { None }).collect()
        }
        let Json::Array(parts) = json else { return None };
        let [head, hashes, registers] = parts.as_slice() else { return None };
        let bits = u8::try_from(*longs(head)?.get(1)?).ok().filter(|bits| REGISTER_BITS.contains(bits))?;
        let (hashes, words) = (longs(hashes)?, longs(registers)?);
        let form = if words.is_empty() {
            Form::Hashes(hashes.into_iter().collect())
        } else {
            let registers: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
            if registers.len() != 1 << bits {
                return None;
            }
            Form::Registers(registers)
        };
        Some(Self { bits, form })
    }
}

/// A hash and the control byte of its place in the table.
const HASH_BYTES: usize = size_of::<u64>() + 1;

fn hashes_capacity(form: &Form) -> usize {
    match form {
        Form::Hashes(hashes) => hashes.capacity(),
        Form::Registers(_) => 0,
    }
}

fn sorted(hashes: &HashSet<u64>) -> Vec<u64> {
    let mut sorted: Vec<u64> = hashes.iter().copied().collect();
    sorted.sort_unstable();
    sorted
}

/// The first bits of the hash choose a register, which keeps the most zeros seen before the first one of the rest.
fn set(registers: &mut [u8], bits: u8, hash: u64) {
    let index = (hash >> (64 - bits)) as usize;
    let rest = hash << bits;
    let rank = (rest.leading_zeros() as u8).min(64 - bits) + 1;
    registers[index] = registers[index].max(rank);
}

fn estimate(registers: &[u8], bits: u8) -> f64 {
    let most = usize::from(64 - bits);
    let mut counts = vec![0u32; most + 2];
    for &register in registers {
        counts[usize::from(register).min(most + 1)] += 1;
    }
    let m = registers.len() as f64;
    let mut z = m * tau(1.0 - f64::from(counts[most + 1]) / m);
    for count in counts[1..=most].iter().rev() {
        z = 0.5 * (z + f64::from(*count));
    }
    z += m * sigma(f64::from(counts[0]) / m);
    m * m / (2.0 * std::f64::consts::LN_2 * z)
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(bits: u8, values: impl IntoIterator<Item = i64>) -> Sketch {
        let mut sketch = Sketch::new(bits);
        for value in values {
            sketch.insert(hash_number(value));
        }
        sketch
    }

    #[test]
    fn few_values_are_counted_and_many_estimated_within_the_documented_error() {
        for (level, error) in [(0, 0.016), (1, 0.008), (2, 0.004), (3, 0.0028), (4, 0.002)] {
            let bits = register_bits(level).unwrap();
            assert_eq!(sketch(bits, 0..1000).count(), 1000);
            for count in [5_000, 100_000, 400_000] {
                let estimate = sketch(bits, 0..count).count();
                let off = (estimate - count).abs() as f64 / count as f64;
                assert!(off <= 3.0 * error, "{estimate} of {count} at level {level}");
            }
        }
        assert_eq!(register_bits(5), None);
    }

    #[test]
    fn the_split_does_not_matter() {
        let whole = sketch(14, 0..50_000);
        for cut in [0, 10, 2_048, 25_000, 49_999] {
            let mut left = sketch(14, 0..cut);
            left.merge(sketch(14, cut..50_000));
            assert_eq!(left.to_json(), whole.to_json());
        }
    }

    #[test]
    fn a_coarser_sketch_is_that_of_the_same_values() {
        let mut fine = sketch(18, 0..100_000);
        fine.merge(sketch(12, []));
        assert_eq!(fine.to_json(), sketch(12, 0..100_000).to_json());
    }

    #[test]
    fn a_sketch_goes_through_a_dynamic() {
        for count in [0, 3, 100_000] {
            let before = sketch(14, 0..count);
            assert_eq!(Sketch::from_json(&before.to_json()).unwrap().count(), before.count());
        }
        assert!(Sketch::from_json(&Json::Array(vec![Json::Long(1)])).is_none());
    }
}
