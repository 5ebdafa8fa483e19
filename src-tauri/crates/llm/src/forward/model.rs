use std::path::Path;

use memmap2::Mmap;
use recordroute_core::{CancellationToken, InferenceError};

use super::attention::{Attended, Attention};
use super::cache::Cache;
use super::column::Column;
use super::features::Features;
use super::heads::{Preparation, remember};
use super::kernels::{self, Activation, Kernels};
use super::matmul::{Product, multiply};
use super::norm::{add, normalize};
use super::rope::{Rope, Rotations};
use super::threads::Pool;
use super::weights::{Layer, Matrix, Weights};
use crate::family::{Dimensions, Family};
use crate::gguf::Gguf;

/// Tokens of a prompt that go through the layers together: more is hardly faster and takes more memory.
pub(crate) const CHUNK: usize = 512;
/// Tokens whose values a thread rounds together.
const TOKENS_A_PART: usize = 8;

/// A loaded model with the keys and values of the text so far.
pub(crate) struct Model {
    file: Mmap,
    weights: Weights,
    dimensions: Dimensions,
    ropes: [Rope; 2],
    cache: Cache,
    n_past: usize,
    pool: Pool,
    kernels: &'static Kernels,
    pub(super) activation: Activation,
    room: Room,
}

/// Memory of one chunk, kept for the next.
#[derive(Default)]
struct Room {
    stream: Features,
    columns: Vec<Column>,
    queries: Features,
    keys: Features,
    values: Features,
    attended: Attended,
    result: Features,
    gate: Features,
    up: Features,
    rotations: [Rotations; 2],
    logits: Features,
}

impl Model {
    /// `gguf` is the file that `dimensions` was read from.
    pub fn load(
        gguf: Gguf,
        dimensions: Dimensions,
        path: &Path,
        n_threads: usize,
    ) -> Result<Self, InferenceError> {
        let weights = Weights::read(&gguf, &dimensions, path)?;
        let (rope, local_rope) = Rope::read(&gguf, &dimensions, path)?;
        let kernels = kernels::best();
        tracing::debug!(kernels = kernels.name, n_threads, "the forward pass is ready");
        Ok(Self {
            file: gguf.bytes,
            weights,
            ropes: [rope, local_rope],
            cache: Cache::new(dimensions.n_layers, dimensions.n_kv_heads, dimensions.head_size),
            n_past: 0,
            pool: Pool::new(n_threads),
            kernels,
            activation: match dimensions.family {
                Family::Gemma3 => Activation::Gelu,
                _ => Activation::Silu,
            },
            room: Room::default(),
            dimensions,
        })
    }

    pub fn n_threads(&self) -> usize {
        self.pool.n_threads()
    }

    /// Tokens read so far.
    pub fn n_past(&self) -> usize {
        self.n_past
    }

    /// Forgets everything after the first `n` tokens; returns how many are really kept.
    pub fn keep(&mut self, n: usize) -> usize {
        self.n_past = self.n_past.min(n);
        self.n_past
    }

    /// Reads tokens; returns the logits of the one that follows, one for each entry of the vocabulary,
    /// or none where it was cancelled: then the chunks that were finished are kept.
    ///
    /// # Errors
    /// [`InferenceError::Failed`] for no tokens, for more than the context takes, and for tokens that
    /// are not in the vocabulary; nothing is read then.
    pub fn forward(
        &mut self,
        tokens: &[u32],
        cancel: &CancellationToken,
    ) -> Result<Option<&[f32]>, InferenceError> {
        let n_vocabulary = self.dimensions.n_vocabulary;
        if tokens.is_empty() || tokens.len() > self.dimensions.n_context - self.n_past {
            return Err(crate::error::failed("no tokens, or more than the context takes"));
        }
        if tokens.iter().any(|&token| token as usize >= n_vocabulary) {
            return Err(crate::error::failed("a token beyond the vocabulary"));
        }
        self.cache.reserve(self.n_past + tokens.len());
        for chunk in tokens.chunks(CHUNK) {
            let is_last = chunk.as_ptr_range().end == tokens.as_ptr_range().end;
            self.read(chunk, is_last, cancel);
            if cancel.is_cancelled() {
                return Ok(None);
            }
            self.n_past += chunk.len();
        }
        let logits = self.room.logits.panels.as_flattened();
        Ok(Some(&logits[..n_vocabulary]))
    }

    fn read(&mut self, tokens: &[u32], wants_logits: bool, cancel: &CancellationToken) {
        self.embed(tokens);
        for (rope, rotations) in self.ropes.iter().zip(&mut self.room.rotations) {
            rope.rotations(self.n_past, tokens.len(), rotations);
        }
        self.room.columns.resize_with(tokens.len(), Column::default);
        for layer_idx in 0..self.weights.layers.len() {
            if cancel.is_cancelled() {
                return;
            }
            self.attend(layer_idx, cancel);
            self.feed_forward(layer_idx, cancel);
        }
        if wants_logits {
            self.predict(tokens.len() - 1, cancel);
        }
    }

    fn embed(&mut self, tokens: &[u32]) {
        let Dimensions {
            hidden_size, family, ..
        } = self.dimensions;
        let embedding = self.weights.embedding;
        let mut values = vec![0.0; hidden_size];
        self.room.stream.resize(hidden_size, tokens.len());
        for (i, &token) in tokens.iter().enumerate() {
            let row = embedding.rows(&self.file, token as usize, 1);
            embedding.format.dequantize(row, &mut values);
            if family == Family::Gemma3 {
                let factor = (hidden_size as f32).sqrt();
                values.iter_mut().for_each(|value| *value *= factor);
            }
            self.room.stream.set(i, &values);
        }
    }

    fn attend(&mut self, layer_idx: usize, cancel: &CancellationToken) {
        let dimensions = &self.dimensions;
        let Dimensions {
            n_heads,
            head_size,
            epsilon,
            ..
        } = *dimensions;
        let layer = &self.weights.layers[layer_idx];
        let is_local = dimensions.is_local(layer_idx);
        let (room, pool, bytes, kernels) = (&mut self.room, &mut self.pool, &self.file, self.kernels);

        {
            let input = normalized(&room.stream, &layer.attention_norm, epsilon);
            fill_columns(&mut room.columns, &layer.q, &input, kernels, pool, cancel);
        }
        let products = [
            product(&layer.q, &mut room.queries),
            product(&layer.k, &mut room.keys),
            product(&layer.v, &mut room.values),
        ];
        multiply(products, &room.columns, bytes, kernels, pool, cancel);

        let plain = Preparation {
            head_size,
            bias: layer.v_bias.as_deref(),
            norm: None,
            epsilon,
            rotations: None,
        };
        let turned = Preparation {
            rotations: Some(&room.rotations[usize::from(is_local)]),
            ..plain
        };
        let of_queries = Preparation {
            bias: layer.q_bias.as_deref(),
            norm: layer.q_norm.as_deref(),
            ..turned
        };
        let of_keys = Preparation {
            bias: layer.k_bias.as_deref(),
            norm: layer.k_norm.as_deref(),
            ..turned
        };
        of_queries.in_place(&mut room.queries, pool, cancel);
        let heads = &mut self.cache.layers[layer_idx];
        let (keys, values) = ((&room.keys, of_keys), (&room.values, plain));
        remember(keys, values, heads, self.n_past, pool, cancel);
        let attention = Attention {
            n_heads,
            head_size,
            scale: dimensions.attention_scale(),
            window: dimensions.window.filter(|_| is_local),
            n_past: self.n_past,
            kernels,
        };
        attention.compute(&room.queries, heads, &mut room.attended, pool, cancel);

        let output = &layer.attention_output;
        let attended = &room.attended;
        let fill = |token: usize, to: &mut [f32]| attended.get(token, to);
        fill_columns(&mut room.columns, output, &fill, kernels, pool, cancel);
        let products = [product(output, &mut room.result)];
        multiply(products, &room.columns, bytes, kernels, pool, cancel);
        let norm = layer.post_attention_norm.as_deref();
        add(&mut room.stream, &room.result, norm, epsilon, pool, cancel);
    }

    fn feed_forward(&mut self, layer_idx: usize, cancel: &CancellationToken) {
        let layer: &Layer = &self.weights.layers[layer_idx];
        let epsilon = self.dimensions.epsilon;
        let (room, pool, bytes, kernels) = (&mut self.room, &mut self.pool, &self.file, self.kernels);
        {
            let input = normalized(&room.stream, &layer.feed_forward_norm, epsilon);
            fill_columns(&mut room.columns, &layer.gate, &input, kernels, pool, cancel);
        }
        let products = [
            product(&layer.gate, &mut room.gate),
            product(&layer.up, &mut room.up),
        ];
        multiply(products, &room.columns, bytes, kernels, pool, cancel);

        let (n_tokens, activation) = (room.gate.n_tokens, self.activation);
        let up = &room.up.panels;
        pool.for_each_chunk(&mut room.gate.panels, n_tokens, cancel, &|panel, gate| {
            let up = &up[panel * n_tokens..][..n_tokens];
            (kernels.gate)(activation, gate.as_flattened_mut(), up.as_flattened());
        });

        let gate = &room.gate;
        let fill = |token: usize, to: &mut [f32]| gate.get(token, to);
        fill_columns(&mut room.columns, &layer.down, &fill, kernels, pool, cancel);
        let products = [product(&layer.down, &mut room.result)];
        multiply(products, &room.columns, bytes, kernels, pool, cancel);
        let norm = layer.post_feed_forward_norm.as_deref();
        add(&mut room.stream, &room.result, norm, epsilon, pool, cancel);
    }

    fn predict(&mut self, token: usize, cancel: &CancellationToken) {
        let (room, pool, kernels) = (&mut self.room, &mut self.pool, self.kernels);
        let output = &self.weights.output;
        let normalize = normalized(&room.stream, &self.weights.output_norm, self.dimensions.epsilon);
        let fill = |_: usize, to: &mut [f32]| normalize(token, to);
        let columns = &mut room.columns[..1];
        fill_columns(columns, output, &fill, kernels, pool, cancel);
        let products = [product(output, &mut room.logits)];
        multiply(products, columns, &self.file, kernels, pool, cancel);
        if let Some(cap) = self.dimensions.logit_cap {
            for logit in room.logits.panels.as_flattened_mut() {
                *logit = cap * (*logit / cap).tanh();
            }
        }
    }
}

fn product<'a>(matrix: &'a Matrix, out: &'a mut Features) -> Product<'a> {
    Product { matrix, out }
}

fn normalized(stream: &Features, norm: &[f32], epsilon: f32) -> impl Fn(usize, &mut [f32]) + Sync {
    move |token, to| {
        stream.get(token, to);
        normalize(to, norm, epsilon);
    }
}

/// Takes what `fill` writes for each token as the columns before a matrix.
fn fill_columns(
    columns: &mut [Column],
    matrix: &Matrix,
    fill: &(dyn Fn(usize, &mut [f32]) + Sync),
    kernels: &Kernels,
    pool: &mut Pool,
    cancel: &CancellationToken,
) {
    pool.for_each_chunk(columns, TOKENS_A_PART, cancel, &|part, columns| {
        for (i, column) in columns.iter_mut().enumerate() {
            column.resize(matrix.n_columns);
            fill(part * TOKENS_A_PART + i, &mut column.values);
            (kernels.round)(column);
        }
    });
}
