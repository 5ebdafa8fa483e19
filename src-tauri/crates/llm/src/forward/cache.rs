//! Keys and values of the text so far, in 16-bit floats, for each layer and head on its own.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::panel::LANES;

/// Tokens by which room grows. A multiple of the lanes.
const STEP: usize = 512;

#[derive(Debug, Default)]
pub(crate) struct HeadCache {
    /// Sixteen keys side by side: for each dimension their sixteen values, so that a score of each
    /// comes out of one vector.
    pub keys: Vec<f16>,
    /// Value after value.
    pub values: Vec<f16>,
}

#[derive(Debug)]
pub(crate) struct Cache {
    /// Of each layer, of each key and value head.
    pub layers: Vec<Vec<HeadCache>>,
    head_size: usize,
    n_room: usize,
}

impl Cache {
    pub fn new(n_layers: usize, n_heads: usize, head_size: usize) -> Self {
        let layer = || std::iter::repeat_with(HeadCache::default).take(n_heads).collect();
        Self {
            layers: std::iter::repeat_with(layer).take(n_layers).collect(),
            head_size,
            n_room: 0,
        }
    }

    /// Makes room for so many tokens; what is there stays.
    pub fn reserve(&mut self, n_tokens: usize) {
        if n_tokens <= self.n_room {
            return;
        }
        self.n_room = n_tokens.next_multiple_of(STEP);
        let n_halves = self.n_room * self.head_size;
        for head in self.layers.iter_mut().flatten() {
            for halves in [&mut head.keys, &mut head.values] {
                halves.reserve_exact(n_halves - halves.len());
                halves.resize(n_halves, f16::ZERO);
            }
        }
    }

    /// Memory for so many tokens, in bytes.
    pub fn bytes(n_layers: usize, n_heads: usize, head_size: usize, n_tokens: usize) -> u64 {
        [
            n_layers,
            n_heads,
            head_size,
            n_tokens.next_multiple_of(STEP),
            2 * size_of::<f16>(),
        ]
        .iter()
        .fold(1_u64, |product, &n| product.saturating_mul(n as u64))
    }
}

impl HeadCache {
    pub fn set_key(&mut self, position: usize, key: &[f32], scratch: &mut [f16]) {
        scratch.convert_from_f32_slice(key);
        let block = position / LANES * LANES * key.len();
        let lanes = self.keys[block..].chunks_exact_mut(LANES);
        for (lanes, &half) in lanes.zip(scratch.iter()) {
            lanes[position % LANES] = half;
        }
    }

    pub fn set_value(&mut self, position: usize, value: &[f32]) {
        self.values[position * value.len()..][..value.len()].convert_from_f32_slice(value);
    }
}
