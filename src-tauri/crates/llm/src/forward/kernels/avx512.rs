//! For x86-64 processors with AVX-512 and its VNNI: sixteen rows of a matrix fill a register, and one
//! instruction multiplies and adds four weights of each.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use half::f16;

use super::{Activation, Kernels, ScoreRow, avx2, portable};
use crate::forward::column::{Column, GROUP};
use crate::forward::formats::{Format, SUPER_BLOCK};
use crate::forward::panel::{LANES, Lanes, Panel};

pub(super) fn kernels() -> Option<&'static Kernels> {
    let is_there = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    is_there.then_some(&KERNELS)
}

// SAFETY: of each block below: the table is handed out by `kernels` alone, which looked for every
// feature that the functions are compiled with.
static KERNELS: Kernels = Kernels {
    name: "AVX-512",
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
    ($($item:item)*) => {
        $(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")] $item)*
    };
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

    fn quantized(panel: &Panel, columns: &[Column], out: &mut [Lanes]) {
        match (panel.group_len, panel.is_signed) {
            (GROUP, false) => quantized_tiles::<8, false>(panel, columns, out),
            (GROUP, true) => quantized_tiles::<8, true>(panel, columns, out),
            _ => quantized_tiles::<4, false>(panel, columns, out),
        }
    }

    /// `QUADS` times four weights share a scale.
    fn quantized_tiles<const QUADS: usize, const SIGNED: bool>(
        panel: &Panel,
        columns: &[Column],
        out: &mut [Lanes],
    ) {
        for (columns, out) in columns.chunks(8).zip(out.chunks_mut(8)) {
            if columns.len() == 8 {
                quantized_tile::<8, QUADS, SIGNED>(panel, columns, out);
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
        let mut bytes = [std::ptr::null::<i32>(); N];
        let mut scales = [std::ptr::null::<f32>(); N];
        let mut sums = [std::ptr::null::<f32>(); N];
        for (c, column) in columns.iter().enumerate() {
            let of_groups = if QUADS == 8 { &column.sums } else { &column.half_sums };
            assert!(column.bytes.len() == panel.weights.len() * 4);
            assert!(column.scales.len() * GROUP == column.bytes.len() && of_groups.len() == n_groups);
            bytes[c] = column.bytes.as_ptr().cast();
            scales[c] = column.scales.as_ptr();
            sums[c] = of_groups.as_ptr();
        }
        let flip = _mm512_set1_epi8(i8::MIN);
        let mut totals = [_mm512_setzero_ps(); N];
        for group in 0..n_groups {
            // SAFETY: `group` is below `n_groups`, which was compared with every length above.
            unsafe {
                let quads = panel.weights.as_ptr().add(group * QUADS);
                let mut weights = [_mm512_setzero_si512(); QUADS];
                for (q, weights) in weights.iter_mut().enumerate() {
                    *weights = _mm512_loadu_si512(quads.add(q).cast());
                    if SIGNED {
                        // The instruction wants unsigned weights: 128 is added here and taken away
                        // with the min.
                        *weights = _mm512_xor_si512(*weights, flip);
                    }
                }
                let scale = _mm512_loadu_ps(panel.scales.as_ptr().add(group).cast());
                let mut min = _mm512_loadu_ps(panel.mins.as_ptr().add(group).cast());
                if SIGNED {
                    min = _mm512_fmadd_ps(scale, _mm512_set1_ps(128.0), min);
                }
                for c in 0..N {
                    let mut product = _mm512_setzero_si512();
                    for (q, weights) in weights.iter().enumerate() {
                        let four = bytes[c].add(group * QUADS + q).read_unaligned();
                        product = _mm512_dpbusd_epi32(product, *weights, _mm512_set1_epi32(four));
                    }
                    let scale = _mm512_mul_ps(scale, _mm512_set1_ps(*scales[c].add(group * QUADS / 8)));
                    totals[c] = _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(product), totals[c]);
                    totals[c] = _mm512_fnmadd_ps(min, _mm512_set1_ps(*sums[c].add(group)), totals[c]);
                }
            }
        }
        for (out, total) in out.iter_mut().zip(totals) {
            // SAFETY: sixteen floats are written to an array of sixteen.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), total) };
        }
    }

    fn floats(panel: &[Lanes], columns: &[Column], out: &mut [Lanes]) {
        portable::floats(panel, columns, out);
    }

    fn halves(panel: &[f16], stride: usize, columns: &[f32], depth: usize, out: &mut [Lanes]) {
        let mut done = 0;
        while out.len() - done >= 16 {
            halves_tile::<16>(panel, stride, &columns[done * depth..], depth, &mut out[done..]);
            done += 16;
        }
        while out.len() - done >= 4 {
            halves_tile::<4>(panel, stride, &columns[done * depth..], depth, &mut out[done..]);
            done += 4;
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
        let mut totals = [_mm512_setzero_ps(); N];
        for (total, out) in totals.iter_mut().zip(out.iter()) {
            // SAFETY: sixteen floats are read from an array of sixteen.
            *total = unsafe { _mm512_loadu_ps(out.as_ptr()) };
        }
        for row in 0..depth {
            // SAFETY: `row` is below `depth`, which was compared with both lengths.
            unsafe {
                let half = _mm256_loadu_si256(panel.as_ptr().add(row * stride).cast());
                let lanes = _mm512_cvtph_ps(half);
                for (c, total) in totals.iter_mut().enumerate() {
                    let value = *columns.as_ptr().add(c * depth + row);
                    *total = _mm512_fmadd_ps(lanes, _mm512_set1_ps(value), *total);
                }
            }
        }
        for (out, total) in out.iter_mut().zip(totals) {
            // SAFETY: sixteen floats are written to an array of sixteen.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), total) };
        }
    }

    fn dot(format: Format, row: &[u8], column: &Column) -> f32 {
        match format {
            Format::Q4K => dot_q4k(row, column),
            Format::Q6K => dot_q6k(row, column),
            Format::Q4_0 => dot_blocks::<18, 8>(row, column, |block| nibbles(block, 2), |_| 0.0),
            Format::Q4_1 => dot_blocks::<20, 0>(row, column, |block| nibbles(block, 4), |block| half(block, 2)),
            Format::Q5_0 => dot_blocks::<22, 16>(row, column, |block| fives(block, 2), |_| 0.0),
            Format::Q5_1 => dot_blocks::<24, 0>(row, column, |block| fives(block, 4), |block| half(block, 2)),
            Format::Q8_0 => dot_blocks::<34, 128>(row, column, |block| eights(block), |_| 0.0),
            Format::Q5K | Format::F32 | Format::F16 | Format::Bf16 => avx2::dot(format, row, column),
        }
    }

    /// Fetches what stands as far behind as memory takes to answer. The processor's own prefetching
    /// stops at each end of a page.
    #[allow(unused_unsafe)]
    fn prefetch(block: &[u8]) {
        const AHEAD: usize = 2_048;
        for line in (0..block.len()).step_by(64) {
            let place = block.as_ptr().wrapping_add(AHEAD + line);
            // SAFETY: a prefetch is a hint and reads nothing, also beyond the file's end. (Newer
            // compilers know that.)
            unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
        }
    }

    /// Types whose blocks have one scale and 32 weights, `value = scale * (weight - OFFSET) + more`.
    fn dot_blocks<const BYTES: usize, const OFFSET: i32>(
        row: &[u8],
        column: &Column,
        weights_of: impl Fn(&[u8; BYTES]) -> __m256i,
        more_of: impl Fn(&[u8; BYTES]) -> f32,
    ) -> f32 {
        let (blocks, _) = row.as_chunks::<BYTES>();
        assert!(column.bytes.len() == blocks.len() * GROUP);
        let mut totals = [_mm256_setzero_ps(); 4];
        let mut sums = [0.0_f32; 4];
        let bytes = column.bytes.as_chunks::<GROUP>().0.chunks(4);
        let scales = column.scales.chunks(4).zip(column.sums.chunks(4));
        for ((blocks, bytes), (scales, column_sums)) in blocks.chunks(4).zip(bytes).zip(scales) {
            prefetch(blocks.as_flattened());
            for (i, (block, bytes)) in blocks.iter().zip(bytes).enumerate() {
                let scale = half(block, 0);
                // SAFETY: 32 bytes are read from an array of 32.
                let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
                let product = _mm256_dpbusd_epi32(_mm256_setzero_si256(), weights_of(block), bytes);
                let both = _mm256_set1_ps(scale * scales[i]);
                totals[i] = _mm256_fmadd_ps(both, _mm256_cvtepi32_ps(product), totals[i]);
                sums[i] += (more_of(block) - scale * OFFSET as f32) * column_sums[i];
            }
        }
        let total = _mm256_add_ps(_mm256_add_ps(totals[0], totals[1]), _mm256_add_ps(totals[2], totals[3]));
        _mm512_reduce_add_ps(_mm512_zextps256_ps512(total)) + sums.iter().sum::<f32>()
    }

    /// The low halves of 16 bytes, then the high ones.
    fn nibbles(block: &[u8], at: usize) -> __m256i {
        let packed: &[u8] = &block[at..at + 16];
        // SAFETY: 16 bytes are read from a slice of 16.
        let packed = unsafe { _mm_loadu_si128(packed.as_ptr().cast()) };
        let both = _mm256_set_m128i(_mm_srli_epi16::<4>(packed), packed);
        _mm256_and_si256(both, _mm256_set1_epi8(15))
    }

    /// Nibbles behind 32 bits that are their fifth ones.
    fn fives(block: &[u8], at: usize) -> __m256i {
        let high = u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
        let low = nibbles(block, at + 4);
        _mm256_mask_add_epi8(low, high, low, _mm256_set1_epi8(16))
    }

    /// Signed weights with 128 added.
    fn eights(block: &[u8; 34]) -> __m256i {
        // SAFETY: 32 bytes are read from the third of 34 on.
        let weights = unsafe { _mm256_loadu_si256(block.as_ptr().add(2).cast()) };
        _mm256_xor_si256(weights, _mm256_set1_epi8(i8::MIN))
    }

    fn half(block: &[u8], at: usize) -> f32 {
        let bits = u16::from_le_bytes([block[at], block[at + 1]]);
        _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(i32::from(bits))))
    }

    /// Two groups of 32 at a time: the low and the high halves of the same 32 bytes.
    fn dot_q4k(row: &[u8], column: &Column) -> f32 {
        let (blocks, _) = row.as_chunks::<144>();
        let n_blocks = blocks.len();
        assert!(column.bytes.len() == n_blocks * SUPER_BLOCK);
        assert!(column.scales.len() == n_blocks * 8 && column.sums.len() == n_blocks * 8);
        let shifts = _mm512_set_epi64(4, 4, 4, 4, 0, 0, 0, 0);
        let low = _mm512_set1_epi8(15);
        let pairs = [
            _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0),
            _mm512_set_epi32(3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2),
            _mm512_set_epi32(5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4),
            _mm512_set_epi32(7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6, 6, 6),
        ];
        let mut totals = [_mm512_setzero_ps(); 4];
        let mut mins_total = _mm256_setzero_ps();
        for (block_idx, block) in blocks.iter().enumerate() {
            prefetch(block);
            let (scales, mins) = six_bits(&block[4..16]);
            let (d, d_min) = (half(block, 0), half(block, 2));
            // SAFETY: `block_idx` is below `n_blocks`, which was compared with every length.
            unsafe {
                let block = block.as_ptr();
                let of_column = _mm256_loadu_ps(column.scales.as_ptr().add(block_idx * 8));
                let scales = _mm256_mul_ps(_mm256_mul_ps(scales, _mm256_set1_ps(d)), of_column);
                let sums = _mm256_loadu_ps(column.sums.as_ptr().add(block_idx * 8));
                mins_total =
                    _mm256_fnmadd_ps(_mm256_mul_ps(mins, _mm256_set1_ps(d_min)), sums, mins_total);
                let scales = _mm512_castps256_ps512(scales);
                let bytes = column.bytes.as_ptr().add(block_idx * SUPER_BLOCK);
                for i in 0..4 {
                    let packed = _mm256_loadu_si256(block.add(16 + 32 * i).cast());
                    let both = _mm512_srlv_epi64(_mm512_broadcast_i64x4(packed), shifts);
                    let weights = _mm512_and_si512(both, low);
                    let bytes = _mm512_loadu_si512(bytes.add(64 * i).cast());
                    let product = _mm512_dpbusd_epi32(_mm512_setzero_si512(), weights, bytes);
                    let scale = _mm512_permutexvar_ps(pairs[i], scales);
                    totals[i] = _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(product), totals[i]);
                }
            }
        }
        let total = _mm512_add_ps(_mm512_add_ps(totals[0], totals[1]), _mm512_add_ps(totals[2], totals[3]));
        _mm512_reduce_add_ps(total) + _mm512_reduce_add_ps(_mm512_zextps256_ps512(mins_total))
    }

    /// Eight scales and eight mins of six bits each, out of twelve bytes.
    fn six_bits(packed: &[u8]) -> (__m256, __m256) {
        let word = |at: usize| u32::from_le_bytes([packed[at], packed[at + 1], packed[at + 2], packed[at + 3]]);
        let (a, b, c) = (word(0), word(4), word(8));
        let scales = u64::from(a & 0x3F3F_3F3F)
            | u64::from((c & 0x0F0F_0F0F) | ((a >> 2) & 0x3030_3030)) << 32;
        let mins = u64::from(b & 0x3F3F_3F3F)
            | u64::from(((c >> 4) & 0x0F0F_0F0F) | ((b >> 2) & 0x3030_3030)) << 32;
        let floats = |eight: u64| _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(eight as i64)));
        (floats(scales), floats(mins))
    }

    /// Half a block, 128 weights, in two registers: 64 bytes of low parts, and 32 bytes of high ones
    /// that serve all four quarters.
    fn dot_q6k(row: &[u8], column: &Column) -> f32 {
        let (blocks, _) = row.as_chunks::<210>();
        let n_blocks = blocks.len();
        assert!(column.bytes.len() == n_blocks * SUPER_BLOCK);
        assert!(column.scales.len() == n_blocks * 8 && column.half_sums.len() == n_blocks * 16);
        let first_shifts = _mm512_set_epi64(2, 2, 2, 2, 0, 0, 0, 0);
        let last_shifts = _mm512_set_epi64(6, 6, 6, 6, 4, 4, 4, 4);
        let low = _mm512_set1_epi8(15);
        let two = _mm512_set1_epi8(3);
        let twice = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
        let quarters = [
            _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0),
            _mm512_set_epi32(7, 7, 7, 7, 6, 6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4),
            _mm512_set_epi32(11, 11, 11, 11, 10, 10, 10, 10, 9, 9, 9, 9, 8, 8, 8, 8),
            _mm512_set_epi32(15, 15, 15, 15, 14, 14, 14, 14, 13, 13, 13, 13, 12, 12, 12, 12),
        ];
        let mut totals = [_mm512_setzero_ps(); 4];
        let mut mins_total = _mm512_setzero_ps();
        for (block_idx, block) in blocks.iter().enumerate() {
            prefetch(block);
            let d = _mm512_set1_ps(half(block, 208));
            // SAFETY: `block_idx` is below `n_blocks`, which was compared with every length.
            unsafe {
                let block = block.as_ptr();
                let scales = _mm512_cvtepi8_epi32(_mm_loadu_si128(block.add(192).cast()));
                let scales = _mm512_mul_ps(_mm512_cvtepi32_ps(scales), d);
                let half_sums = _mm512_loadu_ps(column.half_sums.as_ptr().add(block_idx * 16));
                mins_total = _mm512_fmadd_ps(scales, half_sums, mins_total);
                let of_column = _mm256_loadu_ps(column.scales.as_ptr().add(block_idx * 8));
                let of_column = _mm512_permutexvar_ps(twice, _mm512_castps256_ps512(of_column));
                let scales = _mm512_mul_ps(scales, of_column);
                let bytes = column.bytes.as_ptr().add(block_idx * SUPER_BLOCK);
                for i in 0..2 {
                    let packed = _mm512_loadu_si512(block.add(64 * i).cast());
                    let high = _mm512_broadcast_i64x4(_mm256_loadu_si256(block.add(128 + 32 * i).cast()));
                    let high_of = |shifts| {
                        let bits = _mm512_and_si512(_mm512_srlv_epi64(high, shifts), two);
                        _mm512_slli_epi16::<4>(bits)
                    };
                    let first = _mm512_or_si512(_mm512_and_si512(packed, low), high_of(first_shifts));
                    let last = _mm512_and_si512(_mm512_srli_epi16::<4>(packed), low);
                    let last = _mm512_or_si512(last, high_of(last_shifts));
                    for (j, weights) in [first, last].into_iter().enumerate() {
                        let part = 2 * i + j;
                        let bytes = _mm512_loadu_si512(bytes.add(64 * part).cast());
                        let product = _mm512_dpbusd_epi32(_mm512_setzero_si512(), weights, bytes);
                        let scale = _mm512_permutexvar_ps(quarters[part], scales);
                        totals[part] = _mm512_fmadd_ps(scale, _mm512_cvtepi32_ps(product), totals[part]);
                    }
                }
            }
        }
        let total = _mm512_add_ps(_mm512_add_ps(totals[0], totals[1]), _mm512_add_ps(totals[2], totals[3]));
        _mm512_reduce_add_ps(_mm512_fnmadd_ps(mins_total, _mm512_set1_ps(32.0), total))
    }
}
