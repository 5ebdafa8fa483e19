//! The inner loops, once for every processor and once more for each family of instructions that makes
//! them faster. Which are used is decided when a model is loaded.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
#[cfg(test)]
mod tests;

use half::f16;
pub(crate) use portable::exp;

use super::column::Column;
use super::formats::Format;
use super::panel::{Lanes, Panel};

/// What the gate of a feed-forward network passes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    Silu,
    /// By the hyperbolic tangent, as Gemma was trained.
    Gelu,
}

/// The part of an attention score's row that a token may look at, and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScoreRow {
    /// Rows of scores beside each other.
    pub n_rows: usize,
    pub row: usize,
    /// Keys that count, from and to.
    pub from: usize,
    pub to: usize,
}

/// One implementation of all inner loops.
pub(crate) struct Kernels {
    pub name: &'static str,
    pub fill_panel: fn(panel: &mut Panel, format: Format, rows: &[u8], n_columns: usize),
    /// `out[c]` becomes the panel's product with column `c`, rounded to eight bits.
    pub quantized: fn(panel: &Panel, columns: &[Column], out: &mut [Lanes]),
    /// `out[c]` becomes the product of a panel of floats with column `c`.
    pub floats: fn(panel: &[Lanes], columns: &[Column], out: &mut [Lanes]),
    /// Adds to `out[c]` the product with column `c` of a panel of 16 lanes, whose rows stand `stride`
    /// apart; columns stand one after the other, `depth` long.
    pub halves: fn(panel: &[f16], stride: usize, columns: &[f32], depth: usize, out: &mut [Lanes]),
    /// The product of one row with one column.
    pub dot: fn(format: Format, row: &[u8], column: &Column) -> f32,
    pub round: fn(column: &mut Column),
    /// `gate = activation(gate) * up`
    pub gate: fn(activation: Activation, gate: &mut [f32], up: &[f32]),
    /// Writes the exponentials of a row of scores, less the largest so far, into `weights`; zero where
    /// the token may not look. Returns the new largest score and the sum.
    pub exponentials: Exponentials,
}

type Exponentials = fn(scores: &[Lanes], of: ScoreRow, largest: f32, weights: &mut [f32]) -> (f32, f32);

/// The fastest that this processor runs.
pub(crate) fn best() -> &'static Kernels {
    available().pop().unwrap_or(&portable::KERNELS)
}

/// All that this processor runs, the fastest last.
pub(crate) fn available() -> Vec<&'static Kernels> {
    let mut kernels = vec![&portable::KERNELS];
    #[cfg(target_arch = "x86_64")]
    {
        kernels.extend(avx2::kernels());
        kernels.extend(avx512::kernels());
    }
    kernels
}
