//! ggml's block formats q8_0 and q5_1: 32 weights a block. Source: the reference rows in ggml's
//! `ggml-quants.c`; the same weights give the same bytes there.

use half::f16;

/// Weights in one block.
pub(crate) const BLOCK: usize = 32;

/// Appends blocks of a 16-bit scale and 32 signed bytes: `weight = scale · byte`.
pub(crate) fn q8_0(weights: &[f32], out: &mut Vec<u8>) {
    for block in weights.chunks_exact(BLOCK) {
        let largest = block
            .iter()
            .fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        let scale = largest / 127.0;
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        out.extend(f16::from_f32(scale).to_le_bytes());
        out.extend(block.iter().map(|weight| (weight * inverse).round() as i8 as u8));
    }
}

/// Appends blocks of a 16-bit scale, a 16-bit minimum, the fifth bits of 32 numbers, and their lower
/// four bits, of which byte `i` holds those of numbers `i` and `i + 16`:
/// `weight = scale · number + minimum`.
pub(crate) fn q5_1(weights: &[f32], out: &mut Vec<u8>) {
    for block in weights.chunks_exact(BLOCK) {
        let minimum = block.iter().fold(f32::MAX, |least, weight| least.min(*weight));
        let maximum = block.iter().fold(f32::MIN, |most, weight| most.max(*weight));
        let scale = (maximum - minimum) / 31.0;
        let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
        let number = |weight: f32| ((weight - minimum) * inverse + 0.5) as u8;
        let (first, second) = block.split_at(BLOCK / 2);
        let mut fifth_bits = 0_u32;
        let mut lower_bits = [0_u8; BLOCK / 2];
        for (idx, (byte, (a, b))) in lower_bits.iter_mut().zip(first.iter().zip(second)).enumerate() {
            let (a, b) = (number(*a), number(*b));
            *byte = (a & 0x0f) | (b & 0x0f) << 4;
            fifth_bits |= u32::from(a >> 4 & 1) << idx;
            fifth_bits |= u32::from(b >> 4 & 1) << (idx + BLOCK / 2);
        }
        out.extend(f16::from_f32(scale).to_le_bytes());
        out.extend(f16::from_f32(minimum).to_le_bytes());
        out.extend(fifth_bits.to_le_bytes());
        out.extend(lower_bits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn half(bytes: &[u8]) -> f32 {
        f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
    }

    fn back_from_q8_0(bytes: &[u8]) -> Vec<f32> {
        bytes
            .chunks_exact(34)
            .flat_map(|block| {
                let scale = half(block);
                block[2..].iter().map(move |byte| scale * f32::from(*byte as i8))
            })
            .collect()
    }

    fn back_from_q5_1(bytes: &[u8]) -> Vec<f32> {
        bytes
            .chunks_exact(24)
            .flat_map(|block| {
                let (scale, minimum) = (half(block), half(&block[2..]));
                let fifth = u32::from_le_bytes(block[4..8].try_into().unwrap());
                let lower = block[8..].to_vec();
                (0..32).map(move |idx| {
                    let nibble = if idx < 16 {
                        lower[idx] & 15
                    } else {
                        lower[idx - 16] >> 4
                    };
                    let number = u32::from(nibble) | (fifth >> idx & 1) << 4;
                    scale * number as f32 + minimum
                })
            })
            .collect()
    }

    proptest! {
        #[test]
        fn weights_come_back_within_half_a_step(weights in prop::collection::vec(-4.0_f32..4.0, 64)) {
            let spread = |block: &[f32]| {
                let least = block.iter().copied().fold(f32::MAX, f32::min);
                let most = block.iter().copied().fold(f32::MIN, f32::max);
                (most - least, most.abs().max(least.abs()))
            };
            let (mut eight, mut five) = (Vec::new(), Vec::new());
            q8_0(&weights, &mut eight);
            q5_1(&weights, &mut five);
            prop_assert_eq!(eight.len(), 68, "34 bytes for each 32 weights");
            prop_assert_eq!(five.len(), 48, "24 bytes for each 32 weights");
            for (idx, weight) in weights.iter().enumerate() {
                let block = &weights[idx / 32 * 32..idx / 32 * 32 + 32];
                let (range, largest) = spread(block);
                // Half a step, and what rounding scale and minimum to 16 bits adds.
                let bound = largest / 254.0 + largest * 1e-3;
                let error = (back_from_q8_0(&eight)[idx] - weight).abs();
                prop_assert!(error <= bound, "q8_0 is off by {error}, more than {bound}");
                let bound = range / 62.0 + (range + largest) * 1e-3;
                let error = (back_from_q5_1(&five)[idx] - weight).abs();
                prop_assert!(error <= bound, "q5_1 is off by {error}, more than {bound}");
            }
        }
    }

    #[test]
    fn a_block_of_equal_weights_stays_what_it_is() {
        let (mut eight, mut five) = (Vec::new(), Vec::new());
        q8_0(&[0.0; 32], &mut eight);
        q5_1(&[0.5; 32], &mut five);
        assert_eq!(
            back_from_q8_0(&eight),
            [0.0; 32],
            "a scale of zero must not divide"
        );
        assert_eq!(
            back_from_q5_1(&five),
            [0.5; 32],
            "the minimum alone carries the weight"
        );
    }
}
