//! Plain Rust: what the others are held against, and what runs where there is nothing faster. The
//! functions are inlined, so that the other kernels can have them compiled for their instructions.

use half::f16;

use super::{Activation, Kernels, ScoreRow};
use crate::forward::column::{Column, GROUP};
use crate::forward::formats::{Format, Unpacked};
use crate::forward::panel::{LANES, Lanes, Panel};

pub(super) static KERNELS: Kernels = Kernels {
    name: "portable",
    fill_panel: |panel, format, rows, n_columns| panel.fill(format, rows, n_columns),
    quantized,
    floats,
    halves,
    dot,
    round: |column| column.round(),
    gate,
    exponentials,
};

fn quantized(panel: &Panel, columns: &[Column], out: &mut [Lanes]) {
    let quads_of_group = panel.group_len / 4;
    for (column, out) in columns.iter().zip(out) {
        *out = [0.0; LANES];
        let sums = if panel.group_len == GROUP {
            &column.sums
        } else {
            &column.half_sums
        };
        let groups = panel.weights.chunks_exact(quads_of_group);
        for (group, (quads, bytes)) in groups.zip(column.bytes.chunks_exact(panel.group_len)).enumerate() {
            let mut products = [0_i32; LANES];
            for (quad, bytes) in quads.iter().zip(bytes.chunks_exact(4)) {
                for (product, weights) in products.iter_mut().zip(quad.chunks_exact(4)) {
                    for (&weight, &byte) in weights.iter().zip(bytes) {
                        *product += whole(weight, panel.is_signed) * i32::from(byte);
                    }
                }
            }
            let scale = column.scales[group * panel.group_len / GROUP];
            for lane in 0..LANES {
                out[lane] += panel.scales[group][lane] * scale * products[lane] as f32
                    - panel.mins[group][lane] * sums[group];
            }
        }
    }
}

#[inline(always)]
fn whole(weight: u8, is_signed: bool) -> i32 {
    if is_signed {
        i32::from(weight as i8)
    } else {
        i32::from(weight)
    }
}

#[inline(always)]
pub(super) fn floats(panel: &[Lanes], columns: &[Column], out: &mut [Lanes]) {
    for (column, out) in columns.iter().zip(out) {
        *out = [0.0; LANES];
        for (weights, &value) in panel.iter().zip(&column.values) {
            for (sum, weight) in out.iter_mut().zip(weights) {
                *sum += weight * value;
            }
        }
    }
}

fn halves(panel: &[f16], stride: usize, columns: &[f32], depth: usize, out: &mut [Lanes]) {
    for (column, out) in columns.chunks_exact(depth).zip(out) {
        for (row, &value) in column.iter().enumerate() {
            for (sum, half) in out.iter_mut().zip(&panel[row * stride..][..LANES]) {
                *sum += half.to_f32() * value;
            }
        }
    }
}

#[inline(always)]
pub(super) fn dot(format: Format, row: &[u8], column: &Column) -> f32 {
    if format.is_float() {
        return dot_floats(format, row, &column.values);
    }
    let (block_len, group_len) = (format.block_len(), format.group_len());
    let sums = if group_len == GROUP {
        &column.sums
    } else {
        &column.half_sums
    };
    let mut unpacked = Unpacked::new();
    let mut total = 0.0;
    for (block_idx, block) in row.chunks_exact(format.block_bytes()).enumerate() {
        format.unpack(block, &mut unpacked);
        let bytes = &column.bytes[block_idx * block_len..][..block_len];
        for (i, bytes) in bytes.chunks_exact(group_len).enumerate() {
            let weights = &unpacked.weights[i * group_len..][..group_len];
            let product: i32 = weights
                .iter()
                .zip(bytes)
                .map(|(&weight, &byte)| whole(weight, format.is_signed()) * i32::from(byte))
                .sum();
            let group = block_idx * (block_len / group_len) + i;
            let scale = column.scales[group * group_len / GROUP];
            total += unpacked.scales[i] * scale * product as f32 - unpacked.mins[i] * sums[group];
        }
    }
    total
}

#[inline(always)]
pub(super) fn dot_floats(format: Format, row: &[u8], values: &[f32]) -> f32 {
    let mut weights = [0.0; GROUP];
    let mut sums = [0.0_f32; LANES];
    let parts = row.chunks(GROUP * format.block_bytes());
    for (part, values) in parts.zip(values.chunks(GROUP)) {
        let weights = &mut weights[..values.len()];
        format.dequantize(part, weights);
        for (weights, values) in weights.chunks(LANES).zip(values.chunks(LANES)) {
            for ((sum, weight), value) in sums.iter_mut().zip(weights).zip(values) {
                *sum += weight * value;
            }
        }
    }
    sums.iter().sum()
}

#[inline(always)]
pub(super) fn gate(activation: Activation, gate: &mut [f32], up: &[f32]) {
    match activation {
        Activation::Silu => {
            for (gate, up) in gate.iter_mut().zip(up) {
                *gate = *gate / (1.0 + exp(-*gate)) * up;
            }
        }
        Activation::Gelu => {
            // 2 * sqrt(2 / pi): x/2 * (1 + tanh(u)) is x / (1 + exp(-2 u)).
            const FACTOR: f32 = 1.595_769;
            for (gate, up) in gate.iter_mut().zip(up) {
                let x = *gate;
                let u = FACTOR * (x + 0.044_715 * x * x * x);
                *gate = x / (1.0 + exp(-u)) * up;
            }
        }
    }
}

#[inline(always)]
pub(super) fn exponentials(scores: &[Lanes], of: ScoreRow, largest: f32, weights: &mut [f32]) -> (f32, f32) {
    let row = |panel: usize| &scores[panel * of.n_rows + of.row];
    let mut highest = [f32::NEG_INFINITY; LANES];
    let (mut from, mut to) = (of.from, of.to);
    weights.fill(0.0);
    // Panels that count as a whole go by lanes, the others key by key.
    let whole_panels = from.div_ceil(LANES)..(to / LANES).max(from.div_ceil(LANES));
    for panel in whole_panels.clone() {
        for (highest, &score) in highest.iter_mut().zip(row(panel)) {
            *highest = if score > *highest { score } else { *highest };
        }
    }
    let mut largest = highest.iter().fold(largest, |a, &b| a.max(b));
    let before = from..to.min(whole_panels.start * LANES);
    let after = (whole_panels.end * LANES).max(before.end)..to;
    for key in before.clone().chain(after.clone()) {
        largest = largest.max(row(key / LANES)[key % LANES]);
    }
    (from, to) = (whole_panels.start * LANES, whole_panels.end * LANES);
    let mut sums = [0.0_f32; LANES];
    if from < to {
        for (panel, weights) in whole_panels.zip(weights[from..to].chunks_exact_mut(LANES)) {
            let scores = row(panel);
            for lane in 0..LANES {
                weights[lane] = exp(scores[lane] - largest);
                sums[lane] += weights[lane];
            }
        }
    }
    let mut sum: f32 = sums.iter().sum();
    for key in before.chain(after) {
        weights[key] = exp(row(key / LANES)[key % LANES] - largest);
        sum += weights[key];
    }
    (largest, sum)
}

/// The exponential to within two units of the last place, without branches, so that it becomes vector
/// instructions. Below -87 it gives about 1e-38, above 88 about 1e38.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, so that the difference below is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // A comparison that lets NaN through, unlike `clamp`'s and `max`'s.
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_1e-4_f32;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + coefficient;
    }
    let p = p * r * r + r + 1.0;
    // The whole number stands in the low bits of the sum; it goes into the exponent.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    p * power
}
