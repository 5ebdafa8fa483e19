//! The weight types of GGUF files, unpacked into one common form: small whole numbers in groups, and for
//! each group `value = scale * weight - min`. What the types look like byte by byte:
//! <https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h>

use candle_core::quantized::GgmlDType;
use half::f16;

/// Weights of a super-block of the K types.
pub(crate) const SUPER_BLOCK: usize = 256;

/// The [`LANGUAGE_WEIGHT_TYPES`](recordroute_core::LANGUAGE_WEIGHT_TYPES).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    F32,
    F16,
    Bf16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q4K,
    Q5K,
    Q6K,
}

/// One block, unpacked. Only the first `block_len` bytes and `block_len / group_len` scales and mins
/// mean something.
pub(crate) struct Unpacked {
    /// Of [`Format::Q8_0`] in two's complement, else from 0 to 63.
    pub weights: [u8; SUPER_BLOCK],
    pub scales: [f32; SUPER_BLOCK / 16],
    pub mins: [f32; SUPER_BLOCK / 16],
}

impl Unpacked {
    pub const fn new() -> Self {
        Self {
            weights: [0; SUPER_BLOCK],
            scales: [0.0; SUPER_BLOCK / 16],
            mins: [0.0; SUPER_BLOCK / 16],
        }
    }
}

impl Format {
    /// None for types that do not run here: those of fewer than four bits, and those of intermediate results.
    pub fn from_dtype(dtype: GgmlDType) -> Option<Self> {
        Some(match dtype {
            GgmlDType::F32 => Self::F32,
            GgmlDType::F16 => Self::F16,
            GgmlDType::BF16 => Self::Bf16,
            GgmlDType::Q4_0 => Self::Q4_0,
            GgmlDType::Q4_1 => Self::Q4_1,
            GgmlDType::Q5_0 => Self::Q5_0,
            GgmlDType::Q5_1 => Self::Q5_1,
            GgmlDType::Q8_0 => Self::Q8_0,
            GgmlDType::Q4K => Self::Q4K,
            GgmlDType::Q5K => Self::Q5K,
            GgmlDType::Q6K => Self::Q6K,
            _ => return None,
        })
    }

    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F16 | Self::Bf16)
    }

    pub fn is_signed(self) -> bool {
        self == Self::Q8_0
    }

    /// Weights in a block.
    #[inline(always)]
    pub fn block_len(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => 1,
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 => 32,
            Self::Q4K | Self::Q5K | Self::Q6K => SUPER_BLOCK,
        }
    }

    #[inline(always)]
    pub fn block_bytes(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q5_0 => 22,
            Self::Q5_1 => 24,
            Self::Q8_0 => 34,
            Self::Q4K => 144,
            Self::Q5K => 176,
            Self::Q6K => 210,
        }
    }

    /// Weights that share a scale.
    #[inline(always)]
    pub fn group_len(self) -> usize {
        if self == Self::Q6K { 16 } else { 32 }
    }

    /// Unpacks a block of a quantised type. Inlined, so that each caller gets it compiled for its own
    /// instructions.
    #[inline(always)]
    pub fn unpack(self, block: &[u8], to: &mut Unpacked) {
        match self {
            Self::Q4_0 => {
                nibbles(&block[2..18], &mut to.weights);
                to.scales[0] = half(block, 0);
                to.mins[0] = to.scales[0] * 8.0;
            }
            Self::Q4_1 => {
                nibbles(&block[4..20], &mut to.weights);
                to.scales[0] = half(block, 0);
                to.mins[0] = -half(block, 2);
            }
            Self::Q5_0 => {
                nibbles(&block[6..22], &mut to.weights);
                fifth_bits(&block[2..6], &mut to.weights);
                to.scales[0] = half(block, 0);
                to.mins[0] = to.scales[0] * 16.0;
            }
            Self::Q5_1 => {
                nibbles(&block[8..24], &mut to.weights);
                fifth_bits(&block[4..8], &mut to.weights);
                to.scales[0] = half(block, 0);
                to.mins[0] = -half(block, 2);
            }
            Self::Q8_0 => {
                to.weights[..32].copy_from_slice(&block[2..34]);
                to.scales[0] = half(block, 0);
                to.mins[0] = 0.0;
            }
            Self::Q4K => {
                scales_and_mins(block, to);
                for (part, weights) in block[16..144]
                    .chunks_exact(32)
                    .zip(to.weights.chunks_exact_mut(64))
                {
                    for l in 0..32 {
                        weights[l] = part[l] & 15;
                        weights[l + 32] = part[l] >> 4;
                    }
                }
            }
            Self::Q5K => {
                scales_and_mins(block, to);
                let high = &block[16..48];
                let parts = block[48..176].chunks_exact(32);
                for (i, (part, weights)) in parts.zip(to.weights.chunks_exact_mut(64)).enumerate() {
                    for l in 0..32 {
                        weights[l] = (part[l] & 15) | ((high[l] >> (2 * i)) & 1) << 4;
                        weights[l + 32] = (part[l] >> 4) | ((high[l] >> (2 * i + 1)) & 1) << 4;
                    }
                }
            }
            Self::Q6K => {
                let d = half(block, 208);
                for (i, &scale) in block[192..208].iter().enumerate() {
                    to.scales[i] = d * f32::from(scale as i8);
                    to.mins[i] = to.scales[i] * 32.0;
                }
                let parts = block[..128]
                    .chunks_exact(64)
                    .zip(block[128..192].chunks_exact(32));
                for ((low, high), weights) in parts.zip(to.weights.chunks_exact_mut(128)) {
                    for l in 0..32 {
                        weights[l] = (low[l] & 15) | (high[l] & 3) << 4;
                        weights[l + 32] = (low[l + 32] & 15) | ((high[l] >> 2) & 3) << 4;
                        weights[l + 64] = (low[l] >> 4) | ((high[l] >> 4) & 3) << 4;
                        weights[l + 96] = (low[l + 32] >> 4) | (high[l] >> 6) << 4;
                    }
                }
            }
            Self::F32 | Self::F16 | Self::Bf16 => {}
        }
    }

    /// A row as floats; `row` and `to` are of the same number of weights.
    pub fn dequantize(self, row: &[u8], to: &mut [f32]) {
        match self {
            Self::F32 => {
                for (value, bytes) in to.iter_mut().zip(row.chunks_exact(4)) {
                    *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                }
            }
            Self::F16 => {
                for (i, value) in to.iter_mut().enumerate() {
                    *value = half(row, 2 * i);
                }
            }
            Self::Bf16 => {
                for (value, bytes) in to.iter_mut().zip(row.chunks_exact(2)) {
                    *value = f32::from_bits(u32::from(u16::from_le_bytes([bytes[0], bytes[1]])) << 16);
                }
            }
            _ => {
                let mut unpacked = Unpacked::new();
                let blocks = row.chunks_exact(self.block_bytes());
                for (block, values) in blocks.zip(to.chunks_exact_mut(self.block_len())) {
                    self.unpack(block, &mut unpacked);
                    for (i, value) in values.iter_mut().enumerate() {
                        let weight = unpacked.weights[i];
                        let weight = if self.is_signed() {
                            f32::from(weight as i8)
                        } else {
                            f32::from(weight)
                        };
                        let group = i / self.group_len();
                        *value = unpacked.scales[group] * weight - unpacked.mins[group];
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn half(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// The low halves of 16 bytes are the first 16 weights, the high halves the others.
#[inline(always)]
fn nibbles(packed: &[u8], weights: &mut [u8; SUPER_BLOCK]) {
    for l in 0..16 {
        weights[l] = packed[l] & 15;
        weights[l + 16] = packed[l] >> 4;
    }
}

#[inline(always)]
fn fifth_bits(packed: &[u8], weights: &mut [u8; SUPER_BLOCK]) {
    for l in 0..32 {
        weights[l] |= ((packed[l / 8] >> (l % 8)) & 1) << 4;
    }
}

/// Eight scales and eight mins of six bits each in twelve bytes.
#[inline(always)]
fn scales_and_mins(block: &[u8], to: &mut Unpacked) {
    let (d, d_min) = (half(block, 0), half(block, 2));
    let packed = &block[4..16];
    for i in 0..4 {
        to.scales[i] = d * f32::from(packed[i] & 63);
        to.mins[i] = d_min * f32::from(packed[i + 4] & 63);
        to.scales[i + 4] = d * f32::from((packed[i + 8] & 15) | (packed[i] >> 6) << 4);
        to.mins[i + 4] = d_min * f32::from((packed[i + 8] >> 4) | (packed[i + 4] >> 6) << 4);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};
    use recordroute_core::LANGUAGE_WEIGHT_TYPES;

    use super::*;
    use crate::gguf::Gguf;

    /// A GGUF file with one matrix, of the type that ggml gives this number.
    fn file_of_type(number: u32) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(1_u64.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        bytes.extend(1_u64.to_le_bytes());
        bytes.extend(b"w");
        bytes.extend(2_u32.to_le_bytes());
        bytes.extend(256_u64.to_le_bytes());
        bytes.extend(1_u64.to_le_bytes());
        bytes.extend(number.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        bytes.resize(bytes.len().next_multiple_of(32) + 256 * 4, 0);
        bytes
    }

    #[test]
    fn every_type_that_can_be_installed_runs_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("type.gguf");
        let mut running = Vec::new();
        for number in 0..100 {
            std::fs::write(&path, file_of_type(number)).unwrap();
            // Candle does not open a file with a type that it does not know.
            let tensor = Gguf::open(&path).ok().and_then(|gguf| gguf.tensor("w"));
            if let Some((dtype, _)) = tensor.filter(|(dtype, _)| Format::from_dtype(*dtype).is_some()) {
                running.push((number, format!("{dtype:?}")));
            }
        }
        assert_eq!(
            running,
            LANGUAGE_WEIGHT_TYPES.map(|(number, name)| (number, name.replace("_K", "K"))),
            "what the models folder lets in can be loaded"
        );
    }

    #[test]
    fn every_type_gives_the_values_that_candle_gives() {
        for dtype in [
            GgmlDType::F32,
            GgmlDType::F16,
            GgmlDType::BF16,
            GgmlDType::Q4_0,
            GgmlDType::Q4_1,
            GgmlDType::Q5_0,
            GgmlDType::Q5_1,
            GgmlDType::Q8_0,
            GgmlDType::Q4K,
            GgmlDType::Q5K,
            GgmlDType::Q6K,
        ] {
            let format = Format::from_dtype(dtype).expect("the type is known");
            let values = Tensor::randn(0.1_f32, 1.0, 1_024, &Device::Cpu).unwrap();
            let packed = QTensor::quantize(&values, dtype).unwrap();
            let expected: Vec<f32> = packed.dequantize(&Device::Cpu).unwrap().to_vec1().unwrap();
            let mut ours = vec![0.0; 1_024];
            format.dequantize(&packed.data().unwrap(), &mut ours);
            for (ours, expected) in ours.iter().zip(&expected) {
                assert!(
                    (ours - expected).abs() <= 1e-5,
                    "{dtype:?}: {ours} should be {expected}"
                );
            }
        }
    }
}
