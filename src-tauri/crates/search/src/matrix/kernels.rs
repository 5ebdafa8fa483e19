//! The inner loop of a search by meaning: the products of rows of bytes with one vector. Once for every
//! processor, and once more for each family of instructions that makes it faster.

/// `out[r]` becomes the product of row `r` with the vector; rows stand one after the other. A row's
/// product with the largest vector that is handed in fits into 32 bits: see [`largest_component`].
pub(super) type Products = fn(rows: &[i8], vector: &[i16], out: &mut [i32]);

/// Largest component that a vector of so many dimensions may have, so that no sum overflows.
pub(super) fn largest_component(n_dimensions: usize) -> i16 {
    let largest = i32::MAX as usize / (128 * n_dimensions.max(1));
    i16::try_from(largest).unwrap_or(i16::MAX)
}

/// The fastest that this processor runs.
pub(super) fn best() -> Products {
    available().pop().map_or(portable, |(_, products)| products)
}

/// All that this processor runs, the fastest last.
pub(super) fn available() -> Vec<(&'static str, Products)> {
    let mut kernels: Vec<(&'static str, Products)> = vec![("portable", portable)];
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") {
            kernels.push(("AVX2", x86::avx2));
        }
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
            kernels.push(("AVX-512", x86::avx512));
        }
    }
    kernels
}

/// Written so that the compiler makes vector instructions of it, on ARM and older x86 alike.
fn portable(rows: &[i8], vector: &[i16], out: &mut [i32]) {
    for (row, out) in rows.chunks_exact(vector.len().max(1)).zip(out) {
        *out = product(row, vector);
    }
}

fn product(row: &[i8], vector: &[i16]) -> i32 {
    let products = row.iter().zip(vector).map(|(a, b)| i32::from(*a) * i32::from(*b));
    products.sum()
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86 {
    use std::arch::x86_64::*;

    // SAFETY: of the two blocks below: `available` alone hands these out, and looked for the features
    // that the functions are compiled with.
    pub(super) fn avx2(rows: &[i8], vector: &[i16], out: &mut [i32]) {
        unsafe { products_avx2(rows, vector, out) }
    }

    pub(super) fn avx512(rows: &[i8], vector: &[i16], out: &mut [i32]) {
        unsafe { products_avx512(rows, vector, out) }
    }

    #[target_feature(enable = "avx2")]
    fn products_avx2(rows: &[i8], vector: &[i16], out: &mut [i32]) {
        const STEP: usize = 16;
        let (steps, rest) = vector.as_chunks::<STEP>();
        for (row, out) in rows.chunks_exact(vector.len().max(1)).zip(out) {
            let (row_steps, row_rest) = row.as_chunks::<STEP>();
            let mut sums = _mm256_setzero_si256();
            for (bytes, words) in row_steps.iter().zip(steps) {
                // SAFETY: both arrays hold exactly what is loaded; loads need no alignment.
                let (bytes, words) = unsafe {
                    (
                        _mm_loadu_si128(bytes.as_ptr().cast()),
                        _mm256_loadu_si256(words.as_ptr().cast()),
                    )
                };
                let products = _mm256_madd_epi16(_mm256_cvtepi8_epi16(bytes), words);
                sums = _mm256_add_epi32(sums, products);
            }
            let half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
            let half = _mm_add_epi32(half, _mm_shuffle_epi32::<0b01_00_11_10>(half));
            let half = _mm_add_epi32(half, _mm_shuffle_epi32::<0b10_11_00_01>(half));
            *out = _mm_cvtsi128_si32(half) + super::product(row_rest, rest);
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    fn products_avx512(rows: &[i8], vector: &[i16], out: &mut [i32]) {
        const STEP: usize = 32;
        let (steps, rest) = vector.as_chunks::<STEP>();
        for (row, out) in rows.chunks_exact(vector.len().max(1)).zip(out) {
            let (row_steps, row_rest) = row.as_chunks::<STEP>();
            let mut sums = _mm512_setzero_si512();
            for (bytes, words) in row_steps.iter().zip(steps) {
                // SAFETY: both arrays hold exactly what is loaded; loads need no alignment.
                let (bytes, words) = unsafe {
                    (
                        _mm256_loadu_si256(bytes.as_ptr().cast()),
                        _mm512_loadu_si512(words.as_ptr().cast()),
                    )
                };
                let products = _mm512_madd_epi16(_mm512_cvtepi8_epi16(bytes), words);
                sums = _mm512_add_epi32(sums, products);
            }
            *out = _mm512_reduce_add_epi32(sums) + super::product(row_rest, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_processor_computes_the_same() {
        for n_dimensions in [1, 7, 16, 31, 32, 33, 64, 384, 385, 1_024] {
            let largest = largest_component(n_dimensions);
            let mut seed = 7_u32;
            let mut roll = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 16
            };
            let mut rows: Vec<i8> = (0..n_dimensions * 5)
                .map(|_| (roll() % 255) as u8 as i8)
                .collect();
            let mut vector: Vec<i16> = (0..n_dimensions)
                .map(|_| (roll() % u32::from(largest.unsigned_abs())) as i16)
                .collect();
            // The largest sum that can come.
            rows[..n_dimensions].fill(-127);
            vector[0] = largest;
            let expected: Vec<i32> = rows
                .chunks(n_dimensions)
                .map(|row| {
                    row.iter()
                        .zip(&vector)
                        .map(|(a, b)| i64::from(*a) * i64::from(*b))
                        .sum::<i64>()
                })
                .map(|sum| i32::try_from(sum).unwrap())
                .collect();
            for (name, products) in available() {
                let mut out = vec![0; 5];
                products(&rows, &vector, &mut out);
                assert_eq!(out, expected, "{name} with {n_dimensions} dimensions");
            }
        }
    }

    #[test]
    fn the_largest_sum_fits() {
        for n_dimensions in [1, 384, 1_024, 8_192] {
            let sum = 127 * n_dimensions as i64 * i64::from(largest_component(n_dimensions));
            assert!(
                i32::try_from(sum).is_ok(),
                "{n_dimensions} dimensions overflow: {sum}"
            );
        }
        assert!(
            largest_component(384) > 10_000,
            "and the vector keeps its directions"
        );
    }
}
