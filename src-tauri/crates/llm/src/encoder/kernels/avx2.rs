//! For x86-64 processors with AVX2: 12 of its 16 registers hold totals.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{DEPTH, Kernels, Norm, Row, WIDTH, Wide, portable};

/// Lanes of a register.
const LANES: usize = 8;
/// So many inputs before a panel's weights are needed they are called from far away: the processor itself does
/// not look beyond a page.
const AHEAD: usize = 32;
/// Rows whose totals fit into registers.
const ROWS: usize = 6;

pub(super) fn kernels() -> Option<&'static Kernels> {
    let is_there = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    is_there.then_some(&KERNELS)
}

// SAFETY: of each block below: the table is handed out by `kernels` alone, which looked for every
// feature that the functions are compiled with.
static KERNELS: Kernels = Kernels {
    name: "AVX2",
    multiply: |rows, panel, bias, out, stride| unsafe { multiply(rows, panel, bias, out, stride) },
    gelu: |values| unsafe { gelu(values) },
    largest: |values| unsafe { largest(values) },
    exponentials: |values, largest| unsafe { exponentials(values, largest) },
    normalize: |values, other, norm| unsafe { normalize(values, other, norm) },
};

macro_rules! with_features {
    ($($item:item)*) => {
        $(#[target_feature(enable = "avx2,fma")] $item)*
    };
}

with_features! {
    fn gelu(values: &mut [f32]) {
        portable::gelu(values);
    }

    fn largest(values: &[f32]) -> f32 {
        portable::largest(values)
    }

    fn exponentials(values: &mut [f32], largest: f32) -> f32 {
        portable::exponentials(values, largest)
    }

    fn normalize(values: &mut [f32], other: &[f32], norm: &Norm) {
        portable::normalize(values, other, norm);
    }

    /// The rows in tiles of about the same height.
    fn multiply(rows: &[Row], panel: &[Wide], bias: Option<&Wide>, out: &mut [f32], stride: usize) {
        let n_tiles = rows.len().div_ceil(ROWS);
        for i in 0..n_tiles {
            let (from, to) = (i * rows.len() / n_tiles, (i + 1) * rows.len() / n_tiles);
            let (rows, out) = (&rows[from..to], &mut out[from * stride..]);
            match rows.len() {
                1 => tile::<1>(rows, panel, bias, out, stride),
                2 => tile::<2>(rows, panel, bias, out, stride),
                3 => tile::<3>(rows, panel, bias, out, stride),
                4 => tile::<4>(rows, panel, bias, out, stride),
                5 => tile::<5>(rows, panel, bias, out, stride),
                _ => tile::<ROWS>(rows, panel, bias, out, stride),
            }
        }
    }

    /// Half of the outputs at a time.
    fn tile<const N: usize>(rows: &[Row], panel: &[Wide], bias: Option<&Wide>, out: &mut [f32], stride: usize) {
        assert!(rows.len() == N && panel.len() <= DEPTH && out.len() >= (N - 1) * stride + WIDTH);
        let (values, weights) = (rows.as_ptr().cast::<f32>(), panel.as_ptr().cast::<f32>());
        let out = out.as_mut_ptr();
        for half in [0, WIDTH / 2] {
            let mut totals = [[_mm256_setzero_ps(); 2]; N];
            if let Some(Wide(bias)) = bias {
                // SAFETY: a bias has 32 values.
                let start = unsafe {
                    let bias = bias.as_ptr().add(half);
                    [_mm256_loadu_ps(bias), _mm256_loadu_ps(bias.add(LANES))]
                };
                totals = [start; N];
            } else {
                for (row, totals) in totals.iter_mut().enumerate() {
                    // SAFETY: the last row's 32 values end inside `out`, as was looked above.
                    unsafe {
                        let out = out.add(row * stride + half);
                        *totals = [_mm256_loadu_ps(out), _mm256_loadu_ps(out.add(LANES))];
                    }
                }
            }
            for k in 0..panel.len() {
                // SAFETY: `k` is below the panel's length, which is not above that of a row; there are
                // `N` rows.
                unsafe {
                    let first = _mm256_load_ps(weights.add(k * WIDTH + half));
                    let second = _mm256_load_ps(weights.add(k * WIDTH + half + LANES));
                    _mm_prefetch::<_MM_HINT_T0>(weights.wrapping_add((k + AHEAD) * WIDTH + half).cast());
                    for (row, totals) in totals.iter_mut().enumerate() {
                        let value = _mm256_set1_ps(*values.add(row * DEPTH + k));
                        totals[0] = _mm256_fmadd_ps(value, first, totals[0]);
                        totals[1] = _mm256_fmadd_ps(value, second, totals[1]);
                    }
                }
            }
            for (row, [first, second]) in totals.iter().enumerate() {
                // SAFETY: as above.
                unsafe {
                    let out = out.add(row * stride + half);
                    _mm256_storeu_ps(out, *first);
                    _mm256_storeu_ps(out.add(LANES), *second);
                }
            }
        }
    }
}
