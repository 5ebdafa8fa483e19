//! For x86-64 processors with AVX-512: 28 of its 32 registers hold totals.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{DEPTH, Kernels, Norm, Row, WIDTH, Wide, portable};

/// Lanes of a register.
const LANES: usize = 16;
/// So many inputs before a panel's weights are needed they are called from far away: the processor itself does
/// not look beyond a page.
const AHEAD: usize = 32;
/// Rows whose totals fit into registers.
const ROWS: usize = 14;

pub(super) fn kernels() -> Option<&'static Kernels> {
    let is_there = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma");
    is_there.then_some(&KERNELS)
}

// SAFETY: of each block below: the table is handed out by `kernels` alone, which looked for every
// feature that the functions are compiled with.
static KERNELS: Kernels = Kernels {
    name: "AVX-512",
    multiply: |rows, panel, bias, out, stride| unsafe { multiply(rows, panel, bias, out, stride) },
    gelu: |values| unsafe { gelu(values) },
    largest: |values| unsafe { largest(values) },
    exponentials: |values, largest| unsafe { exponentials(values, largest) },
    normalize: |values, other, norm| unsafe { normalize(values, other, norm) },
};

macro_rules! with_features {
    ($($item:item)*) => {
        $(#[target_feature(enable = "avx512f,avx2,fma")] $item)*
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
                6 => tile::<6>(rows, panel, bias, out, stride),
                7 => tile::<7>(rows, panel, bias, out, stride),
                8 => tile::<8>(rows, panel, bias, out, stride),
                9 => tile::<9>(rows, panel, bias, out, stride),
                10 => tile::<10>(rows, panel, bias, out, stride),
                11 => tile::<11>(rows, panel, bias, out, stride),
                12 => tile::<12>(rows, panel, bias, out, stride),
                13 => tile::<13>(rows, panel, bias, out, stride),
                _ => tile::<ROWS>(rows, panel, bias, out, stride),
            }
        }
    }

    fn tile<const N: usize>(rows: &[Row], panel: &[Wide], bias: Option<&Wide>, out: &mut [f32], stride: usize) {
        assert!(rows.len() == N && panel.len() <= DEPTH && out.len() >= (N - 1) * stride + WIDTH);
        let mut totals = [[_mm512_setzero_ps(); 2]; N];
        let out = out.as_mut_ptr();
        if let Some(Wide(bias)) = bias {
            // SAFETY: a bias has 32 values.
            let start = unsafe { [_mm512_loadu_ps(bias.as_ptr()), _mm512_loadu_ps(bias.as_ptr().add(LANES))] };
            totals = [start; N];
        } else {
            for (row, totals) in totals.iter_mut().enumerate() {
                // SAFETY: the last row's 32 values end inside `out`, as was looked above.
                unsafe {
                    let out = out.add(row * stride);
                    *totals = [_mm512_loadu_ps(out), _mm512_loadu_ps(out.add(LANES))];
                }
            }
        }
        let (values, weights) = (rows.as_ptr().cast::<f32>(), panel.as_ptr().cast::<f32>());
        for k in 0..panel.len() {
            // SAFETY: `k` is below the panel's length, which is not above that of a row; there are `N`
            // rows.
            unsafe {
                let first = _mm512_load_ps(weights.add(k * WIDTH));
                let second = _mm512_load_ps(weights.add(k * WIDTH + LANES));
                let ahead = weights.wrapping_add((k + AHEAD) * WIDTH);
                _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
                _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(LANES).cast());
                for (row, totals) in totals.iter_mut().enumerate() {
                    let value = _mm512_set1_ps(*values.add(row * DEPTH + k));
                    totals[0] = _mm512_fmadd_ps(value, first, totals[0]);
                    totals[1] = _mm512_fmadd_ps(value, second, totals[1]);
                }
            }
        }
        for (row, [first, second]) in totals.iter().enumerate() {
            // SAFETY: as above.
            unsafe {
                let out = out.add(row * stride);
                _mm512_storeu_ps(out, *first);
                _mm512_storeu_ps(out.add(LANES), *second);
            }
        }
    }
}
