//! For x86-64 processors with AVX2, FMA and F16C, which is nearly every one since 2013: the two halves
//! of a panel in two registers.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use half::f16;

use super::{Activation, Kernels, ScoreRow, portable};
use crate::forward::column::{Column, GROUP};
use crate::forward::formats::{Format, Unpacked};
use crate::forward::panel::{LANES, Lanes, Panel};

pub(super) fn kernels() -> Option<&'static Kernels> {
    let is_there = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    is_there.then_some(&KERNELS)
}

// SAFETY: of each block below: the table is handed out by `kernels` alone, which looked for every
// feature that the functions are compiled with.
static KERNELS: Kernels = Kernels {
    name: "AVX2",
    fill_panel: |panel, format, rows, n_columns| unsafe { fill_panel(panel, format, rows, n_columns) },
    quantized: |panel, columns, out| unsafe { quantized(panel, columns, out) },
    floats: |panel, columns, out| unsafe { floats(panel, columns, out) },
    halves: |panel, stride, columns, depth, out| unsafe { halves(panel, stride, columns, depth, out) },
    dot: |format, row, column| unsafe { dot(format, row, column) },
    round: |column| unsafe { round(column) },
    gate: |activation, gate, up| unsafe { gated(activation, gate, up) },
    exponentials: |scores, of, largest, weights| unsafe { exponentials(scores, of, largest, weights) },
};

macro_rules! with_features {
    ($($item:item)*) => { $(#[target_feature(enable = "avx2,fma,f16c")] $item)* };
}

with_features! {
    fn fill_panel(panel: &mut Panel, format: Format, rows: &[u8], n_columns: usize) {
        panel.fill(format, rows, n_columns);
    }

    fn round(column: &mut Column) {
        column.round();
    }

    fn gated(activation: Activation, gate: &mut [f32], up: &[f32]) {
        portable::gate(activation, gate, up);
    }

    fn exponentials(scores: &[Lanes], of: ScoreRow, largest: f32, weights: &mut [f32]) -> (f32, f32) {
        portable::exponentials(scores, of, largest, weights)
    }

    fn floats(panel: &[Lanes], columns: &[Column], out: &mut [Lanes]) {
        portable::floats(panel, columns, out);
    }

    /// Four products of unsigned weights (signed ones where `SIGNED`) and bytes, added, for each lane.
    fn four_products<const SIGNED: bool>(weights: __m256i, bytes: __m256i) -> __m256i {
        let pairs = if SIGNED {
            // The instruction wants unsigned weights: their signs go to the bytes, which are never -128.
            _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(bytes, weights))
        } else {
            // At most 2 * 63 * 127, far from overflowing.
            _mm256_maddubs_epi16(weights, bytes)
        };
        _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))
    }

    fn quantized(panel: &Panel, columns: &[Column], out: &mut [Lanes]) {
        match (panel.group_len, panel.is_signed) {
            (GROUP, false) => quantized_tiles::<8, false>(panel, columns, out),
            (GROUP, true) => quantized_tiles::<8, true>(panel, columns, out),
            _ => quantized_tiles::<4, false>(panel, columns, out),
        }
    }

    fn quantized_tiles<const QUADS: usize, const SIGNED: bool>(
        panel: &Panel,
        columns: &[Column],
        out: &mut [Lanes],
    ) {
        for (columns, out) in columns.chunks(4).zip(out.chunks_mut(4)) {
            if columns.len() == 4 {
                quantized_tile::<4, QUADS, SIGNED>(panel, columns, out);
                continue;
            }
            for (column, out) in columns.iter().zip(out) {
                quantized_tile::<1, QUADS, SIGNED>(panel, std::slice::from_ref(column), std::slice::from_mut(out));
            }
        }
    }

    fn quantized_tile<const N: usize, const QUADS: usize, const SIGNED: bool>(
        panel: &Panel,
        columns: &[Column],
        out: &mut [Lanes],
    ) {
        let n_groups = panel.weights.len() / QUADS;
        assert!(columns.len() == N && out.len() == N);
        assert!(panel.scales.len() == n_groups && panel.mins.len() == n_groups);
        for column in columns {
            let of_groups = if QUADS == 8 { &column.sums } else { &column.half_sums };
            assert!(column.bytes.len() == panel.weights.len() * 4);
            assert!(column.scales.len() * GROUP == column.bytes.len() && of_groups.len() == n_groups);
        }
        for side in 0..2 {
            let mut totals = [_mm256_setzero_ps(); N];
            for group in 0..n_groups {
                // SAFETY: `group` is below `n_groups`, which was compared with every length above; a
                // side is one of the two halves of a panel's row.
                unsafe {
                    let quads = panel.weights.as_ptr().add(group * QUADS);
                    let scale = _mm256_loadu_ps(panel.scales.as_ptr().add(group).cast::<f32>().add(8 * side));
                    let min = _mm256_loadu_ps(panel.mins.as_ptr().add(group).cast::<f32>().add(8 * side));
                    let mut products = [_mm256_setzero_si256(); N];
                    for q in 0..QUADS {
                        let weights = _mm256_loadu_si256(quads.add(q).cast::<__m256i>().add(side));
                        for (c, product) in products.iter_mut().enumerate() {
                            let bytes = columns[c].bytes.as_ptr().cast::<i32>();
                            let four = bytes.add(group * QUADS + q).read_unaligned();
                            let added = four_products::<SIGNED>(weights, _mm256_set1_epi32(four));
                            *product = _mm256_add_epi32(*product, added);
                        }
                    }
                    for (c, product) in products.into_iter().enumerate() {
                        let of_groups = if QUADS == 8 { &columns[c].sums } else { &columns[c].half_sums };
                        let of_column = *columns[c].scales.as_ptr().add(group * QUADS / 8);
                        let sum = *of_groups.as_ptr().add(group);
                        let scale = _mm256_mul_ps(scale, _mm256_set1_ps(of_column));
                        totals[c] = _mm256_fmadd_ps(scale, _mm256_cvtepi32_ps(product), totals[c]);
                        totals[c] = _mm256_fnmadd_ps(min, _mm256_set1_ps(sum), totals[c]);
                    }
                }
            }
            for (out, total) in out.iter_mut().zip(totals) {
                // SAFETY: each side is eight of sixteen floats.
                unsafe { _mm256_storeu_ps(out.as_mut_ptr().add(8 * side), total) };
            }
        }
    }

    fn halves(panel: &[f16], stride: usize, columns: &[f32], depth: usize, out: &mut [Lanes]) {
        let mut done = 0;
        while out.len() - done >= 6 {
            halves_tile::<6>(panel, stride, &columns[done * depth..], depth, &mut out[done..]);
            done += 6;
        }
        for done in done..out.len() {
            halves_tile::<1>(panel, stride, &columns[done * depth..], depth, &mut out[done..]);
        }
    }

    fn halves_tile<const N: usize>(
        panel: &[f16],
        stride: usize,
        columns: &[f32],
        depth: usize,
        out: &mut [Lanes],
    ) {
        assert!(depth == 0 || panel.len() >= (depth - 1) * stride + LANES);
        assert!(columns.len() >= N * depth && out.len() >= N);
        let mut totals = [[_mm256_setzero_ps(); 2]; N];
        for (total, out) in totals.iter_mut().zip(out.iter()) {
            // SAFETY: sixteen floats are read from an array of sixteen.
            *total = unsafe { [_mm256_loadu_ps(out.as_ptr()), _mm256_loadu_ps(out.as_ptr().add(8))] };
        }
        for row in 0..depth {
            // SAFETY: `row` is below `depth`, which was compared with both lengths.
            unsafe {
                let at = panel.as_ptr().add(row * stride).cast::<__m128i>();
                let first = _mm256_cvtph_ps(_mm_loadu_si128(at));
                let second = _mm256_cvtph_ps(_mm_loadu_si128(at.add(1)));
                for (c, total) in totals.iter_mut().enumerate() {
                    let value = _mm256_set1_ps(*columns.as_ptr().add(c * depth + row));
                    total[0] = _mm256_fmadd_ps(first, value, total[0]);
                    total[1] = _mm256_fmadd_ps(second, value, total[1]);
                }
            }
        }
        for (out, total) in out.iter_mut().zip(totals) {
            // SAFETY: sixteen floats are written to an array of sixteen.
            unsafe {
                _mm256_storeu_ps(out.as_mut_ptr(), total[0]);
                _mm256_storeu_ps(out.as_mut_ptr().add(8), total[1]);
            }
        }
    }

    pub(super) fn dot(format: Format, row: &[u8], column: &Column) -> f32 {
        match format {
            Format::F32 | Format::F16 | Format::Bf16 => portable::dot_floats(format, row, &column.values),
            // One branch for each, so that each is compiled for its own unpacking.
            Format::Q4_0 => dot_blocks::<false, 1>(Format::Q4_0, row, column),
            Format::Q4_1 => dot_blocks::<false, 1>(Format::Q4_1, row, column),
            Format::Q5_0 => dot_blocks::<false, 1>(Format::Q5_0, row, column),
            Format::Q5_1 => dot_blocks::<false, 1>(Format::Q5_1, row, column),
            Format::Q8_0 => dot_blocks::<true, 1>(Format::Q8_0, row, column),
            Format::Q4K => dot_blocks::<false, 1>(Format::Q4K, row, column),
            Format::Q5K => dot_blocks::<false, 1>(Format::Q5K, row, column),
            Format::Q6K => dot_blocks::<false, 2>(Format::Q6K, row, column),
        }
    }
}

/// `SCALES` scales for each 32 weights.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn dot_blocks<const SIGNED: bool, const SCALES: usize>(format: Format, row: &[u8], column: &Column) -> f32 {
    let groups_of_block = format.block_len() / GROUP;
    let n_groups = row.len() / format.block_bytes() * groups_of_block;
    let sums = if SCALES == 1 {
        &column.sums
    } else {
        &column.half_sums
    };
    assert!(column.bytes.len() == n_groups * GROUP && column.scales.len() == n_groups);
    assert!(sums.len() == n_groups * SCALES);
    let mut unpacked = Unpacked::new();
    let mut total = _mm256_setzero_ps();
    let mut mins = [0.0_f32; 4];
    for (block_idx, block) in row.chunks_exact(format.block_bytes()).enumerate() {
        format.unpack(block, &mut unpacked);
        for i in 0..groups_of_block {
            let group = block_idx * groups_of_block + i;
            // SAFETY: `group` is below `n_groups`, which was compared with every length; a block's
            // groups lie inside what is unpacked.
            unsafe {
                let weights = _mm256_loadu_si256(unpacked.weights.as_ptr().add(GROUP * i).cast());
                let bytes = _mm256_loadu_si256(column.bytes.as_ptr().add(GROUP * group).cast());
                let product = _mm256_cvtepi32_ps(four_products::<SIGNED>(weights, bytes));
                let first = unpacked.scales[SCALES * i];
                let second = unpacked.scales[SCALES * i + SCALES - 1];
                let scale = _mm256_set_m128(_mm_set1_ps(second), _mm_set1_ps(first));
                let scale = _mm256_mul_ps(scale, _mm256_set1_ps(*column.scales.as_ptr().add(group)));
                total = _mm256_fmadd_ps(scale, product, total);
            }
            for half in 0..SCALES {
                mins[(i + half) % 4] += unpacked.mins[SCALES * i + half] * sums[SCALES * group + half];
            }
        }
    }
    let mut lanes = [0.0_f32; 8];
    // SAFETY: eight floats are written to an array of eight.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), total) };
    lanes.iter().sum::<f32>() - mins.iter().sum::<f32>()
}
