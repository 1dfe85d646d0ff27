//! Geohashes: places on a grid of longitude and latitude, named by their bits in turn, five to a character.

const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// The longest geohash: 45 bits of longitude and of latitude, which reals hold exactly.
pub(super) const MAX_LENGTH: usize = 18;

/// A rectangle of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geohash {
    /// The column, counted from west.
    column: u64,
    /// The row, counted from south.
    row: u64,
    /// The number of characters.
    length: usize,
}

/// The bounds of a rectangle in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

/// Which of 2^bits equal parts of a range a value is in, by halving: each bound is exact.
fn part(value: f64, size: f64, bits: u32) -> u64 {
    let (mut low, mut high) = (-size, size);
    let mut part = 0;
    for _ in 0..bits {
        let middle = f64::midpoint(low, high);
        part <<= 1;
        if value >= middle {
            part |= 1;
            low = middle;
        } else {
            high = middle;
        }
    }
    part
}

impl Geohash {
    /// The rectangle around a point; the length lies from 1 to [`MAX_LENGTH`].
    pub(super) fn of(longitude: f64, latitude: f64, length: usize) -> Self {
        let length = length.clamp(1, MAX_LENGTH);
        let (columns, rows) = bits(length);
        Self { column: part(longitude, 180.0, columns), row: part(latitude, 90.0, rows), length }
    }

    /// Reads a geohash; nothing where it is none, or too long.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let length = text.len();
        if length == 0 || length > MAX_LENGTH {
            return None;
        }
        let (mut column, mut row) = (0, 0);
        let mut is_column = true;
        for byte in text.bytes() {
            let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
            for bit in (0..5).rev() {
                let axis = if is_column { &mut column } else { &mut row };
                *axis = *axis << 1 | (digit as u64 >> bit & 1);
                is_column = !is_column;
            }
        }
        Some(Self { column, row, length })
    }

    /// Its name.
    pub(super) fn text(self) -> String {
        let (mut columns, mut rows) = bits(self.length);
        let mut is_column = true;
        let mut text = String::with_capacity(self.length);
        for _ in 0..self.length {
            let mut digit = 0;
            for _ in 0..5 {
                let (axis, left) = if is_column { (self.column, &mut columns) } else { (self.row, &mut rows) };
                *left -= 1;
                digit = digit << 1 | (axis >> *left & 1) as usize;
                is_column = !is_column;
            }
            text.push(ALPHABET.get(digit).copied().unwrap_or(b'0').into());
        }
        text
    }

    /// Its bounds.
    #[expect(clippy::cast_precision_loss, reason = "45 bits are exact")]
    pub(super) fn bounds(self) -> Bounds {
        let (columns, rows) = bits(self.length);
        let (width, height) = (360.0 / (1u64 << columns) as f64, 180.0 / (1u64 << rows) as f64);
        let (west, south) = (-180.0 + self.column as f64 * width, -90.0 + self.row as f64 * height);
        Bounds { west, south, east: west + width, north: south + height }
    }

    /// The rectangles around it, in the order of the documentation's example: south-west, north-west, south-east,
    /// north, west, north-east, east, south. There are none beyond the poles; west of the westernmost is the easternmost.
    pub(super) fn neighbours(self) -> impl Iterator<Item = Self> {
        const STEPS: [(i64, i64); 8] = [(-1, -1), (-1, 1), (1, -1), (0, 1), (-1, 0), (1, 1), (1, 0), (0, -1)];
        let (columns, rows) = bits(self.length);
        STEPS.into_iter().filter_map(move |(east, north)| {
            let column = self.column.wrapping_add_signed(east) & ((1 << columns) - 1);
            let row = self.row.checked_add_signed(north).filter(|row| *row < 1 << rows)?;
            Some(Self { column, row, ..self })
        })
    }
}

/// How many bits of column and row so many characters hold.
fn bits(length: usize) -> (u32, u32) {
    let bits = 5 * length as u32;
    (bits.div_ceil(2), bits / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_geohashes() {
        for (longitude, latitude, length, text) in [
            (139.806_115, 35.554_128, 12, "xn76m27ty9g4"),
            (-80.195_829, 25.802_215, 8, "dhwfz15h"),
            (-122.303_404, 47.570_482, 5, "c23n8"),
            (180.0, 90.0, 3, "zzz"),
            (-180.0, -90.0, 3, "000"),
        ] {
            let geohash = Geohash::of(longitude, latitude, length);
            assert_eq!(geohash.text(), text);
            assert_eq!(Geohash::parse(text), Some(geohash));
        }
        assert_eq!(Geohash::of(1.0, 1.0, 18).text().len(), 18);
        for text in ["", "a", "sunnY", "0123456789012345678"] {
            assert_eq!(Geohash::parse(text), None, "{text}");
        }
    }

    #[test]
    fn geohashes_have_bounds() {
        let bounds =
            Bounds { west: -74.003_906_25, south: 40.737_304_687_5, east: -73.959_960_937_5, north: 40.781_25 };
        assert_eq!(Geohash::parse("dr5ru").unwrap().bounds(), bounds);
    }

    #[test]
    fn geohashes_have_neighbours() {
        let neighbours = |text| Geohash::parse(text).unwrap().neighbours().map(Geohash::text).collect::<Vec<_>>();
        assert_eq!(neighbours("sunny"), ["sunnt", "sunpj", "sunnx", "sunpn", "sunnv", "sunpp", "sunnz", "sunnw"]);
        assert_eq!(neighbours("zz").len(), 5);
        assert!(neighbours("zz").contains(&"bp".to_owned()));
    }
}
