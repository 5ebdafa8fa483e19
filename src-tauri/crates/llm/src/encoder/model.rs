//! The layers, one after the other.

use std::path::Path;

use recordroute_core::{CancellationToken, InferenceError};

use super::attention::Attention;
use super::config::Config;
use super::kernels::{self, Kernels, Norm};
use super::linear::{Linear, Tokens, Workers};
use super::weights::{Table, Weights};
use crate::forward::Pool;

/// Tokens whose embeddings are looked up together.
const LOOKED_UP: usize = 16;

pub(crate) struct Encoder {
    config: Config,
    words: Table,
    positions: Table,
    types: Table,
    norm: Norm,
    layers: Vec<Layer>,
    pub(super) kernels: &'static Kernels,
    pool: Pool,
    memory: Memory,
}

struct Layer {
    /// Queries, keys and values of all heads.
    projection: Linear,
    attended: Linear,
    attended_norm: Norm,
    up: Linear,
    down: Linear,
    down_norm: Norm,
}

/// Kept between batches, so that memory is not asked for again and again.
#[derive(Default)]
struct Memory {
    stream: Tokens,
    next: Tokens,
    projected: Tokens,
    attended: Tokens,
    wide: Tokens,
    spare: Vec<f32>,
}

/// What the last layer says of the tokens of some texts.
pub(crate) struct Encoded<'a> {
    tokens: &'a Tokens,
    lengths: &'a [usize],
    hidden: usize,
}

impl<'a> Encoded<'a> {
    /// The tokens of each text, one after the other.
    pub fn texts(&self) -> impl Iterator<Item = impl ExactSizeIterator<Item = &'a [f32]>> {
        let (hidden, width) = (self.hidden, self.tokens.width);
        let mut rest = self.tokens.values.as_slice();
        self.lengths.iter().map(move |n_tokens| {
            let (text, after) = rest.split_at(n_tokens * width);
            rest = after;
            text.chunks_exact(width).map(move |token| &token[..hidden])
        })
    }
}

impl Encoder {
    /// Takes the weights of a file of safetensors.
    ///
    /// # Errors
    /// [`InferenceError::InvalidModel`] for a missing or damaged file, and for one whose weights are not
    /// those of the configuration.
    pub fn load(path: &Path, config: Config, n_threads: usize) -> Result<Self, InferenceError> {
        let weights = Weights::open(path)?;
        let hidden = config.hidden;
        let norm = |name: &str| {
            Ok(Norm {
                weights: weights.vector(&format!("{name}.LayerNorm.weight"), hidden)?,
                bias: weights.vector(&format!("{name}.LayerNorm.bias"), hidden)?,
                epsilon: config.epsilon,
            })
        };
        let table = |name: &str, n_rows| {
            weights.table(&format!("embeddings.{name}_embeddings.weight"), n_rows, hidden)
        };
        let layer = |layer_idx: usize| {
            let named = |name: &str| format!("encoder.layer.{layer_idx}.{name}");
            let projected = ["query", "key", "value"].map(|part| named(&format!("attention.self.{part}")));
            let linear =
                |name: &str, n_inputs, n_outputs| Linear::load(&weights, &[named(name)], n_inputs, n_outputs);
            Ok(Layer {
                projection: Linear::load(&weights, &projected, hidden, hidden)?,
                attended: linear("attention.output.dense", hidden, hidden)?,
                attended_norm: norm(&named("attention.output"))?,
                up: linear("intermediate.dense", hidden, config.feed_forward)?,
                down: linear("output.dense", config.feed_forward, hidden)?,
                down_norm: norm(&named("output"))?,
            })
        };
        let kernels = kernels::best();
        tracing::debug!(kernels = kernels.name, n_threads, "the encoder is ready");
        Ok(Self {
            words: table("word", config.n_vocabulary)?,
            positions: table("position", config.n_positions)?,
            types: table("token_type", config.n_types)?,
            norm: norm("embeddings")?,
            layers: (0..config.n_layers)
                .map(layer)
                .collect::<Result<_, InferenceError>>()?,
            kernels,
            pool: Pool::new(n_threads),
            memory: Memory::default(),
            config,
        })
    }

    /// Bytes that the weights of a file take once they are loaded and all tables were looked at, judged
    /// from its header alone.
    ///
    /// # Errors
    /// As [`Encoder::load`].
    pub fn weight_bytes(path: &Path, config: &Config) -> Result<u64, InferenceError> {
        let weights = Weights::open(path)?;
        let (hidden, feed_forward) = (config.hidden, config.feed_forward);
        let tables = [
            ("word", config.n_vocabulary),
            ("position", config.n_positions),
            ("token_type", config.n_types),
        ];
        let mut n_bytes = 0;
        for (name, n_rows) in tables {
            let name = format!("embeddings.{name}_embeddings.weight");
            n_bytes += weights.table(&name, n_rows, hidden)?.n_bytes();
        }
        let matrices = [
            (hidden, 3 * hidden),
            (hidden, hidden),
            (hidden, feed_forward),
            (feed_forward, hidden),
        ];
        let layer_bytes: u64 = matrices
            .map(|(inputs, outputs)| Linear::bytes(inputs, outputs))
            .iter()
            .sum();
        Ok(n_bytes + config.n_layers as u64 * layer_bytes)
    }

    /// Bytes that so many tokens take while they are computed.
    pub fn batch_bytes(config: &Config, n_tokens: usize) -> u64 {
        // The stream, the next one and what was attended to, what is projected, the wide layer, and a copy
        // of one of these two where tokens are few.
        let (projected, wide) = (3 * config.hidden, config.feed_forward);
        let values = 3 * config.hidden + projected + wide + projected.max(wide);
        (n_tokens * values * size_of::<f32>()) as u64
    }

    pub fn n_threads(&self) -> usize {
        self.pool.n_threads()
    }

    /// Computes some texts, given as tokens; none once it is cancelled.
    pub fn encode<'a>(
        &'a mut self,
        tokens: &[u32],
        lengths: &'a [usize],
        cancel: &CancellationToken,
    ) -> Result<Option<Encoded<'a>>, UnknownToken> {
        let Self {
            config,
            words,
            positions: position_table,
            types,
            norm,
            layers,
            kernels,
            pool,
            memory,
        } = self;
        let kernels = *kernels;
        let positions = positions(config, tokens, lengths);
        let is_known = tokens.iter().all(|&token| (token as usize) < words.n_rows())
            && positions
                .iter()
                .all(|&position| position < position_table.n_rows());
        if !is_known {
            return Err(UnknownToken);
        }
        let with = &mut Workers {
            pool,
            kernels,
            cancel,
        };
        let Memory {
            stream,
            next,
            projected,
            attended,
            wide,
            spare,
        } = memory;
        let hidden = config.hidden;
        stream.resize(tokens.len(), hidden);
        let width = stream.width;
        let chunk_len = LOOKED_UP * width;
        with.pool
            .for_each_chunk(&mut stream.values, chunk_len, cancel, &|chunk_idx, rows| {
                for (i, row) in rows.chunks_exact_mut(width).enumerate() {
                    let token = chunk_idx * LOOKED_UP + i;
                    row.fill(0.0);
                    let row = &mut row[..hidden];
                    words.add_row(tokens[token] as usize, row);
                    types.add_row(0, row);
                    position_table.add_row(positions[token], row);
                    (kernels.normalize)(row, &[], norm);
                }
            });
        let attention = Attention {
            n_heads: config.n_heads,
            head_size: config.head_size(),
        };
        for layer in layers {
            layer
                .projection
                .multiply(stream, projected, spare, with, &|_, _| ());
            attention.compute(projected, lengths, attended, spare, with);
            let normalize = |norm: &Norm, stream: &Tokens, first: usize, rows: &mut [f32]| {
                let before = stream.values[first * width..].chunks_exact(width);
                for (row, before) in rows.chunks_exact_mut(width).zip(before) {
                    (kernels.normalize)(row, before, norm);
                }
            };
            layer
                .attended
                .multiply(attended, next, spare, with, &|first, rows| {
                    normalize(&layer.attended_norm, stream, first, rows);
                });
            std::mem::swap(stream, next);
            layer
                .up
                .multiply(stream, wide, spare, with, &|_, rows| (kernels.gelu)(rows));
            layer.down.multiply(wide, next, spare, with, &|first, rows| {
                normalize(&layer.down_norm, stream, first, rows);
            });
            std::mem::swap(stream, next);
            if cancel.is_cancelled() {
                return Ok(None);
            }
        }
        Ok(Some(Encoded {
            tokens: stream,
            lengths,
            hidden,
        }))
    }
}

/// A text has a token that the model has no row for, or more tokens than the model has positions.
#[derive(Debug)]
pub(crate) struct UnknownToken;

/// The rows of the table of positions. In XLM-RoBERTa the token that stands for nothing has its own, which
/// no other token has (transformers' `create_position_ids_from_input_ids`).
fn positions(config: &Config, tokens: &[u32], lengths: &[usize]) -> Vec<usize> {
    let first = config.first_position();
    let mut positions = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    for &n_tokens in lengths {
        let (text, after) = rest.split_at(n_tokens);
        rest = after;
        let mut next = first;
        for &token in text {
            if first > 0 && token == config.padding {
                positions.push(config.padding as usize);
            } else {
                positions.push(next);
                next += 1;
            }
        }
    }
    positions
}
