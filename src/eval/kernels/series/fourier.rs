//! The discrete Fourier transform, and what is computed by it.

use std::f64::consts::PI;

use super::super::{Env, Kernel};
use super::{array, columns, reals};
use crate::eval::cell::Cell;

pub(in super::super) const KERNELS: &[Kernel] = &[
    Kernel::strict("series_fft", |env, args| transformed(env, args, false)),
    Kernel::strict("series_ifft", |env, args| transformed(env, args, true)),
];

/// A complex number: real and imaginary part.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Complex(f64, f64);

impl Complex {
    /// The number of length 1 at an angle, in turns of the circle.
    fn turn(turns: f64) -> Self {
        let (sin, cos) = (2.0 * PI * turns).sin_cos();
        Self(cos, sin)
    }

    const fn conjugate(self) -> Self {
        Self(self.0, -self.1)
    }
}

impl std::ops::Add for Complex {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }
}

impl std::ops::Sub for Complex {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0, self.1 - other.1)
    }
}

impl std::ops::Mul for Complex {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self(self.0 * other.0 - self.1 * other.1, self.0 * other.1 + self.1 * other.0)
    }
}

/// Transforms a number of values that is a power of two, by Cooley and Tukey's algorithm. Unscaled.
fn transform_power_of_two(values: &mut [Complex], inverse: bool) {
    let length = values.len();
    if length < 2 {
        return;
    }
    let shift = usize::BITS - length.trailing_zeros();
    for at in 0..length {
        let other = at.reverse_bits() >> shift;
        if at < other {
            values.swap(at, other);
        }
    }
    let direction = if inverse { 1.0 } else { -1.0 };
    let turns: Vec<Complex> = (0..length / 2).map(|at| Complex::turn(direction * at as f64 / length as f64)).collect();
    let mut half = 1;
    while half < length {
        let stride = length / (2 * half);
        for block in values.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((low, high), turn) in low.iter_mut().zip(high).zip(turns.iter().step_by(stride)) {
                let turned = *high * *turn;
                *high = *low - turned;
                *low = *low + turned;
            }
        }
        half *= 2;
    }
}

/// Transforms any number of values; others than powers of two by Bluestein's algorithm, which makes a convolution of the
/// transform. Unscaled.
fn transform(values: &mut [Complex], inverse: bool) {
    let length = values.len();
    if length.is_power_of_two() || length < 2 {
        return transform_power_of_two(values, inverse);
    }
    let direction = if inverse { 1.0 } else { -1.0 };
    // Squares are taken modulo the circle before they become angles: large angles would lose their fraction.
    let circle = 2 * length as u128;
    let chirp: Vec<Complex> =
        (0..length as u128).map(|at| Complex::turn(direction * (at * at % circle) as f64 / circle as f64)).collect();
    let room = (2 * length - 1).next_power_of_two();
    let mut signal = vec![Complex::default(); room];
    let mut kernel = vec![Complex::default(); room];
    for (at, (value, chirp)) in values.iter().zip(&chirp).enumerate() {
        signal[at] = *value * *chirp;
        kernel[at] = chirp.conjugate();
        kernel[(room - at) % room] = chirp.conjugate();
    }
    transform_power_of_two(&mut signal, false);
    transform_power_of_two(&mut kernel, false);
    for (signal, kernel) in signal.iter_mut().zip(&kernel) {
        *signal = *signal * *kernel;
    }
    transform_power_of_two(&mut signal, true);
    let scale = 1.0 / room as f64;
    for ((value, signal), chirp) in values.iter_mut().zip(&signal).zip(&chirp) {
        let turned = *signal * *chirp;
        *value = Complex(turned.0 * scale, turned.1 * scale);
    }
}

/// The inverse alone is scaled, by the length. Without imaginary parts they are 0; null where the parts differ in length.
fn transformed(_: Env, args: &[Cell<'_>], inverse: bool) -> Cell<'static> {
    let Some(real) = args.first().and_then(reals) else { return Cell::Null };
    let imaginary = match args.get(1) {
        Some(imaginary) => reals(imaginary),
        None => Some(vec![0.0; real.len()]),
    };
    let Some(imaginary) = imaginary.filter(|imaginary| imaginary.len() == real.len()) else { return Cell::Null };
    let mut values: Vec<Complex> =
        real.into_iter().zip(imaginary).map(|(real, imaginary)| Complex(real, imaginary)).collect();
    transform(&mut values, inverse);
    let scale = if inverse { 1.0 / values.len() as f64 } else { 1.0 };
    columns(vec![array(values.iter().map(|value| value.0 * scale)), array(values.iter().map(|value| value.1 * scale))])
}

/// The autocorrelation of a series at each lag below its length: the products of what lies the lag apart, summed and
/// divided by the sum at lag 0. That makes it smaller at large lags, where fewer products are summed. All zero for a
/// constant series.
pub(super) fn autocorrelation(values: &[f64]) -> Vec<f64> {
    let mean = super::statistics::mean(values);
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let power: f64 = centred.iter().map(|value| value * value).sum();
    // Rounding leaves a constant series a power of its own.
    let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    if power <= (largest * 1e-12).powi(2) * values.len() as f64 {
        return vec![0.0; values.len()];
    }
    let room = (2 * values.len()).next_power_of_two();
    let mut spectrum: Vec<Complex> = centred.iter().map(|value| Complex(*value, 0.0)).collect();
    spectrum.resize(room, Complex::default());
    transform_power_of_two(&mut spectrum, false);
    for value in &mut spectrum {
        *value = *value * value.conjugate();
    }
    transform_power_of_two(&mut spectrum, true);
    spectrum.iter().take(values.len()).map(|value| value.0 / room as f64 / power).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{check, check_nearly};
    use super::*;

    #[test]
    fn known_transforms() {
        check_nearly(&[
            ("series_fft", "[[1,0,0,0]]", "[[1,1,1,1],[0,0,0,0]]"),
            ("series_fft", "[[1,2,3,4]]", "[[10,-2,-2,-2],[0,2,0,-2]]"),
            ("series_fft", "[[1,2,3]]", "[[6,-1.5,-1.5],[0,0.8660,-0.8660]]"),
            ("series_fft", "[[0,0],[1,1]]", "[[0,0],[2,0]]"),
            ("series_ifft", "[[10,-2,-2,-2],[0,2,0,-2]]", "[[1,2,3,4],[0,0,0,0]]"),
            ("series_ifft", "[[6,-1.5,-1.5],[0,0.8660254,-0.8660254]]", "[[1,2,3],[0,0,0]]"),
            ("series_fft", "[[7]]", "[[7],[0]]"),
            ("series_fft", "[[]]", "[[],[]]"),
        ]);
        check(&[("series_fft", "[[1,2],[1]]", "null"), ("series_fft", r#"[["a"]]"#, "null")]);
    }

    #[test]
    fn the_inverse_gives_back_what_was_transformed() {
        for length in [1usize, 2, 3, 5, 12, 60, 64, 97] {
            let values: Vec<Complex> =
                (0..length).map(|at| Complex((at * at % 7) as f64, (at % 3) as f64 - 1.0)).collect();
            let mut back = values.clone();
            transform(&mut back, false);
            transform(&mut back, true);
            for (value, back) in values.iter().zip(&back) {
                assert!((value.0 - back.0 / length as f64).abs() < 1e-9, "{length}");
                assert!((value.1 - back.1 / length as f64).abs() < 1e-9, "{length}");
            }
        }
    }

    #[test]
    fn autocorrelation_is_that_of_its_definition() {
        let values = [2.0, 5.0, 3.0, 4.0, 3.0, 2.0, 1.0, 2.0, 9.0];
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let at = |lag: usize| -> f64 { values.iter().zip(&values[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum() };
        for (lag, found) in autocorrelation(&values).into_iter().enumerate() {
            assert!((found - at(lag) / at(0)).abs() < 1e-12, "{lag}");
        }
        assert_eq!(autocorrelation(&[0.1; 5]), [0.0; 5]);
    }
}
