//! Plain Rust: what the others are held against, and what runs where there is nothing faster. Most
//! functions are inlined, so that the other kernels can have them compiled for their instructions.

use super::{Kernels, Norm, Row, WIDTH, Wide};
use crate::forward::exp;

pub(super) static KERNELS: Kernels = Kernels {
    name: "portable",
    multiply,
    gelu,
    largest,
    exponentials,
    normalize,
};

const LANES: usize = 16;

fn multiply(rows: &[Row], panel: &[Wide], bias: Option<&Wide>, out: &mut [f32], stride: usize) {
    const ROWS: usize = 4;
    for (i, rows) in rows.chunks(ROWS).enumerate() {
        let out = &mut out[i * ROWS * stride..];
        match rows {
            [a, b, c, d] => tile([a, b, c, d], panel, bias, out, stride),
            rows => {
                for (row, out) in rows.iter().zip(out.chunks_mut(stride)) {
                    tile([row], panel, bias, out, stride);
                }
            }
        }
    }
}

/// A few totals at a time, so that they stay in registers.
fn tile<const N: usize>(
    rows: [&Row; N],
    panel: &[Wide],
    bias: Option<&Wide>,
    out: &mut [f32],
    stride: usize,
) {
    const LANES: usize = 8;
    for first in (0..WIDTH).step_by(LANES) {
        let part = first..first + LANES;
        let mut totals = [[0.0_f32; LANES]; N];
        for (out, totals) in out.chunks(stride).zip(&mut totals) {
            let from = bias.map_or(out, |bias| &bias.0);
            totals.copy_from_slice(&from[part.clone()]);
        }
        for (k, wide) in panel.iter().enumerate() {
            let weights = &wide.0[part.clone()];
            for (row, totals) in rows.iter().zip(&mut totals) {
                let value = row[k];
                for (total, weight) in totals.iter_mut().zip(weights) {
                    *total = multiply_add(value, *weight, *total);
                }
            }
        }
        for (out, totals) in out.chunks_mut(stride).zip(totals) {
            out[part.clone()].copy_from_slice(&totals);
        }
    }
}

/// In one step where every processor of the kind has an instruction for it; elsewhere that would be a
/// call.
#[inline(always)]
fn multiply_add(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(target_arch = "aarch64") {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

#[inline(always)]
pub(super) fn gelu(values: &mut [f32]) {
    for value in values {
        let x = *value;
        *value = 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
    }
}

/// The error function to within 1e-6, without branches, so that it becomes vector instructions: a
/// quotient of polynomials that Eigen uses for the same purpose.
#[inline(always)]
fn erf(x: f32) -> f32 {
    const ABOVE: [f32; 7] = [
        -2.726_142_3e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_4e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const BELOW: [f32; 5] = [
        -1.456_607_2e-5,
        -2.133_740_6e-4,
        -1.682_827e-3,
        -7.373_329_2e-3,
        -1.426_473_9e-2,
    ];
    // Beyond four it is one to the last bit. Comparisons let NaN through, unlike `clamp`.
    let (is_below, is_above) = (x < -4.0, x > 4.0);
    let square = x * x;
    let polynomial = |coefficients: &[f32]| {
        let mut sum = 0.0;
        for coefficient in coefficients {
            sum = sum * square + coefficient;
        }
        sum
    };
    let near = x * polynomial(&ABOVE) / polynomial(&BELOW);
    let near = if is_above { 1.0 } else { near };
    if is_below { -1.0 } else { near }
}

#[inline(always)]
pub(super) fn largest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (whole, rest) = values.as_chunks::<LANES>();
    for values in whole {
        for (lane, value) in lanes.iter_mut().zip(values) {
            *lane = larger(*lane, *value);
        }
    }
    rest.iter().copied().fold(fold(lanes, larger), larger)
}

#[inline(always)]
pub(super) fn exponentials(values: &mut [f32], largest: f32) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (whole, rest) = values.as_chunks_mut::<LANES>();
    for values in whole {
        for (sum, value) in sums.iter_mut().zip(values) {
            *value = exp(*value - largest);
            *sum += *value;
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *value = exp(*value - largest);
        *sum += *value;
    }
    fold(sums, |a, b| a + b)
}

#[inline(always)]
pub(super) fn normalize(values: &mut [f32], other: &[f32], norm: &Norm) {
    for (value, other) in values.iter_mut().zip(other) {
        *value += other;
    }
    let n = norm.weights.len();
    let values = &mut values[..n];
    let mean = sum(values, |value| value) / n as f32;
    let variance = sum(values, |value| (value - mean) * (value - mean)) / n as f32;
    let factor = 1.0 / (variance + norm.epsilon).sqrt();
    for ((value, weight), bias) in values.iter_mut().zip(&norm.weights).zip(&norm.bias) {
        *value = (*value - mean) * factor * weight + bias;
    }
}

/// By lanes, so that it becomes vector instructions.
#[inline(always)]
fn sum(values: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    for values in whole {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += of(*value);
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += of(*value);
    }
    fold(sums, |a, b| a + b)
}

/// Half with half, which takes fewer steps than one after the other.
#[inline(always)]
fn fold(mut lanes: [f32; LANES], of: impl Fn(f32, f32) -> f32) -> f32 {
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            lanes[i] = of(lanes[i], lanes[i + n]);
        }
    }
    lanes[0]
}
