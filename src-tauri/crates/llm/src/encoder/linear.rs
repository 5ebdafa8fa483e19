//! Products of all tokens with a matrix of weights, which was packed for the kernels once.

use std::cell::RefCell;
use std::ops::Range;

use recordroute_core::{CancellationToken, InferenceError};

use super::kernels::{DEPTH, Kernels, Row, WIDTH, Wide};
use super::weights::Weights;
use crate::forward::Pool;

/// The most tokens that go through a panel of weights together: enough for the weights to come from far
/// away seldom, few enough to stay near themselves.
const TOKENS: usize = 112;
/// With fewer tokens for each thread, the threads take some outputs each.
const MIN_TOKENS_A_THREAD: usize = 112;
/// Parts for each thread: a thread that is held up leaves its parts to the others.
const PARTS_A_THREAD: usize = 4;

/// A matrix and what is added to its product.
pub(crate) struct Linear {
    /// For each 32 outputs a row of their weights for each input.
    panels: Vec<Wide>,
    /// Zeros stand after the last output where panels have room.
    bias: Vec<Wide>,
    n_inputs: usize,
}

/// Values of tokens, a token's beside each other. The room of each is a multiple of the kernels' width;
/// what is after the values is zero.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub values: Vec<f32>,
    pub width: usize,
}

impl Tokens {
    pub fn resize(&mut self, n_tokens: usize, n_values: usize) {
        self.width = n_values.next_multiple_of(WIDTH);
        self.values.resize(n_tokens * self.width, 0.0);
    }

    pub fn n_tokens(&self) -> usize {
        self.values.len() / self.width.max(1)
    }
}

impl Linear {
    /// Takes several matrices of a file as one, their outputs one after the other.
    pub fn load(
        weights: &Weights,
        names: &[String],
        n_inputs: usize,
        n_outputs: usize,
    ) -> Result<Self, InferenceError> {
        let n_panels = (names.len() * n_outputs).div_ceil(WIDTH);
        let mut panels = vec![Wide([0.0; WIDTH]); n_panels * n_inputs];
        let mut bias = vec![Wide([0.0; WIDTH]); n_panels];
        for (i, name) in names.iter().enumerate() {
            weights.each_row(&format!("{name}.weight"), n_outputs, n_inputs, |row, values| {
                let output = i * n_outputs + row;
                let panel = &mut panels[output / WIDTH * n_inputs..][..n_inputs];
                for (wide, value) in panel.iter_mut().zip(values) {
                    wide.0[output % WIDTH] = *value;
                }
            })?;
            for (row, value) in weights
                .vector(&format!("{name}.bias"), n_outputs)?
                .iter()
                .enumerate()
            {
                let output = i * n_outputs + row;
                bias[output / WIDTH].0[output % WIDTH] = *value;
            }
        }
        Ok(Self {
            panels,
            bias,
            n_inputs,
        })
    }

    /// Bytes that so large a matrix takes once it is packed.
    pub fn bytes(n_inputs: usize, n_outputs: usize) -> u64 {
        (n_outputs.next_multiple_of(WIDTH) * (n_inputs + 1) * size_of::<f32>()) as u64
    }

    /// Multiplies all tokens and calls `finish` with the products of some tokens, while they are near, and
    /// the number of the first of them. `spare` is memory to work in.
    pub fn multiply(
        &self,
        tokens: &Tokens,
        out: &mut Tokens,
        spare: &mut Vec<f32>,
        with: &mut Workers<'_>,
        finish: &(dyn Fn(usize, &mut [f32]) + Sync),
    ) {
        let n_tokens = tokens.n_tokens();
        out.resize(n_tokens, self.bias.len() * WIDTH);
        let Workers {
            pool,
            kernels,
            cancel,
        } = with;
        let n_panels = self.bias.len();
        let n_threads = pool.n_threads();
        let width = out.width;
        if n_threads == 1 || n_tokens >= n_threads * MIN_TOKENS_A_THREAD {
            let n_blocks = n_tokens.div_ceil(TOKENS).next_multiple_of(n_threads);
            let block_tokens = n_tokens.div_ceil(n_blocks);
            pool.for_each_chunk(&mut out.values, block_tokens * width, cancel, &|i, out| {
                let first = i * block_tokens;
                let tokens_here = &tokens.values[first * tokens.width..];
                self.multiply_part(tokens_here, tokens.width, 0..n_panels, kernels, out);
                finish(first, out);
            });
            return;
        }
        // Few tokens: the threads take some outputs each, for all of them.
        let n_parts = n_threads * PARTS_A_THREAD;
        let part_panels = n_panels.div_ceil(n_parts);
        let part_width = part_panels * WIDTH;
        spare.resize(n_tokens * width, 0.0);
        pool.for_each_chunk(spare, n_tokens * part_width, cancel, &|i, out| {
            let first = i * part_panels;
            let panels = first..(first + part_panels).min(n_panels);
            self.multiply_part(&tokens.values, tokens.width, panels, kernels, out);
        });
        let spare = &*spare;
        let chunk_tokens = n_tokens.div_ceil(n_parts);
        pool.for_each_chunk(&mut out.values, chunk_tokens * width, cancel, &|i, out| {
            for (row, out) in out.chunks_exact_mut(width).enumerate() {
                let token = i * chunk_tokens + row;
                for (part, out) in out.chunks_mut(part_width).enumerate() {
                    let part = &spare[part * part_width * n_tokens..];
                    out.copy_from_slice(&part[token * out.len()..][..out.len()]);
                }
            }
            finish(i * chunk_tokens, out);
        });
    }

    /// Some panels for as many tokens as `out` has room for.
    fn multiply_part(
        &self,
        tokens: &[f32],
        token_width: usize,
        panels: Range<usize>,
        kernels: &Kernels,
        out: &mut [f32],
    ) {
        thread_local! {
            static ROWS: RefCell<Vec<Row>> = const { RefCell::new(Vec::new()) };
        }
        let width = panels.len() * WIDTH;
        ROWS.with_borrow_mut(|rows| {
            let blocks = tokens.chunks(TOKENS * token_width);
            for (tokens, out) in blocks.zip(out.chunks_mut(TOKENS * width)) {
                let n_tokens = out.len() / width;
                for from in (0..self.n_inputs).step_by(DEPTH) {
                    let depth = DEPTH.min(self.n_inputs - from);
                    rows.resize(n_tokens, [0.0; DEPTH]);
                    for (row, token) in rows.iter_mut().zip(tokens.chunks_exact(token_width)) {
                        row[..depth].copy_from_slice(&token[from..from + depth]);
                    }
                    for (i, panel_idx) in panels.clone().enumerate() {
                        let panel = &self.panels[panel_idx * self.n_inputs + from..][..depth];
                        let bias = (from == 0).then_some(&self.bias[panel_idx]);
                        (kernels.multiply)(rows, panel, bias, &mut out[i * WIDTH..], width);
                    }
                }
            }
        });
    }
}

/// Who computes.
pub(crate) struct Workers<'a> {
    pub pool: &'a mut Pool,
    pub kernels: &'static Kernels,
    pub cancel: &'a CancellationToken,
}
