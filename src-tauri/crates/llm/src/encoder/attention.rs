//! Attention of each text's tokens to all tokens of the same text.

use std::cell::RefCell;
use std::ops::Range;

use recordroute_core::CancellationToken;

use super::kernels::{DEPTH, Kernels, Row, WIDTH, Wide};
use super::linear::{Tokens, Workers};

/// Queries that are computed together.
const QUERIES: usize = 56;
/// With fewer texts for each thread the heads of a text go to several threads.
const TEXTS_A_THREAD: usize = 4;
const ZEROS: Wide = Wide([0.0; WIDTH]);

#[derive(Clone, Copy)]
pub(crate) struct Attention {
    pub n_heads: usize,
    pub head_size: usize,
}

/// Some heads of one text.
struct Part<'a> {
    first_token: usize,
    n_tokens: usize,
    heads: Range<usize>,
    /// A row for each token with the heads beside each other, and what room is after them.
    out: &'a mut [f32],
    out_width: usize,
}

/// A thread's memory for one head of a text.
#[derive(Default)]
struct Scratch {
    /// For each 32 keys their values for each dimension.
    keys: Vec<Wide>,
    /// For each 32 dimensions their values for each key.
    values: Vec<Wide>,
    queries: Vec<Row>,
    /// For each `DEPTH` keys a row for each query.
    scores: Vec<Row>,
    sums: Vec<f32>,
    totals: Vec<f32>,
}

impl Attention {
    /// `projected` has queries, keys and values of all heads for each token; the texts have so many tokens
    /// each. `spare` is memory to work in.
    pub fn compute(
        self,
        projected: &Tokens,
        lengths: &[usize],
        out: &mut Tokens,
        spare: &mut Vec<f32>,
        with: &mut Workers<'_>,
    ) {
        let hidden = self.n_heads * self.head_size;
        out.resize(projected.n_tokens(), hidden);
        let Workers {
            pool,
            kernels,
            cancel,
        } = with;
        let is_by_text = lengths.len() >= pool.n_threads() * TEXTS_A_THREAD;
        let (heads_a_part, width) = if is_by_text {
            (self.n_heads, out.width)
        } else {
            (1, self.head_size)
        };
        let mut rest: &mut [f32] = if is_by_text {
            &mut out.values
        } else {
            spare.resize(projected.n_tokens() * hidden, 0.0);
            spare
        };
        let mut parts = Vec::with_capacity(lengths.len() * self.n_heads / heads_a_part);
        let mut first_token = 0;
        for &n_tokens in lengths {
            for first_head in (0..self.n_heads).step_by(heads_a_part) {
                let (part, after) = rest.split_at_mut(n_tokens * width);
                rest = after;
                parts.push(Part {
                    first_token,
                    n_tokens,
                    heads: first_head..first_head + heads_a_part,
                    out: part,
                    out_width: width,
                });
            }
            first_token += n_tokens;
        }
        pool.for_each_chunk(&mut parts, 1, cancel, &|_, parts| {
            for part in parts {
                self.attend(projected, part, kernels, cancel);
            }
        });
        if !is_by_text {
            let mut first_token = 0;
            for &n_tokens in lengths {
                let rows = &mut out.values[first_token * out.width..][..n_tokens * out.width];
                let heads = &spare[first_token * hidden..][..n_tokens * hidden];
                for (token, row) in rows.chunks_exact_mut(out.width).enumerate() {
                    let heads = heads.chunks_exact(n_tokens * self.head_size);
                    for (head, to) in heads.zip(row.chunks_exact_mut(self.head_size)) {
                        to.copy_from_slice(&head[token * self.head_size..][..self.head_size]);
                    }
                }
                first_token += n_tokens;
            }
        }
    }

    fn attend(self, projected: &Tokens, part: &mut Part<'_>, kernels: &Kernels, cancel: &CancellationToken) {
        thread_local! {
            static SCRATCH: RefCell<Scratch> = RefCell::default();
        }
        let text = &projected.values[part.first_token * projected.width..];
        let text = &text[..part.n_tokens * projected.width];
        SCRATCH.with_borrow_mut(|scratch| {
            for (i, head) in part.heads.clone().enumerate() {
                self.pack(text, projected.width, head, scratch);
                for first in (0..part.n_tokens).step_by(QUERIES) {
                    if cancel.is_cancelled() {
                        return;
                    }
                    let n_queries = QUERIES.min(part.n_tokens - first);
                    let queries = &text[first * projected.width..][..n_queries * projected.width];
                    self.attend_block(queries, projected.width, head, part.n_tokens, kernels, scratch);
                    let size = self.head_size.next_multiple_of(WIDTH);
                    let rows = part.out[first * part.out_width..].chunks_exact_mut(part.out_width);
                    for ((out, sums), total) in rows.zip(scratch.sums.chunks_exact(size)).zip(&scratch.totals)
                    {
                        let out = &mut out[i * self.head_size..][..self.head_size];
                        for (out, sum) in out.iter_mut().zip(sums) {
                            *out = sum / total;
                        }
                    }
                }
            }
        });
    }

    /// Brings a head's keys and values into the shape of the kernels' panels.
    fn pack(self, text: &[f32], width: usize, head: usize, scratch: &mut Scratch) {
        let size = self.head_size;
        let hidden = self.n_heads * size;
        let n_keys = text.len() / width;
        scratch.keys.clear();
        scratch
            .keys
            .resize(n_keys.div_ceil(WIDTH) * size, Wide([0.0; WIDTH]));
        scratch.values.clear();
        scratch
            .values
            .resize(n_keys * size.div_ceil(WIDTH), Wide([0.0; WIDTH]));
        for (key, token) in text.chunks_exact(width).enumerate() {
            let panel = &mut scratch.keys[key / WIDTH * size..][..size];
            for (wide, value) in panel.iter_mut().zip(&token[hidden + head * size..]) {
                wide.0[key % WIDTH] = *value;
            }
            let values = &token[2 * hidden + head * size..][..size];
            for (panel, values) in values.chunks(WIDTH).enumerate() {
                scratch.values[panel * n_keys + key].0[..values.len()].copy_from_slice(values);
            }
        }
    }

    /// Leaves the weighted sums of values, and by what they are to be divided, in `scratch`.
    fn attend_block(
        self,
        queries: &[f32],
        width: usize,
        head: usize,
        n_keys: usize,
        kernels: &Kernels,
        scratch: &mut Scratch,
    ) {
        let size = self.head_size;
        let n_queries = queries.len() / width;
        let scale = 1.0 / (size as f32).sqrt();
        scratch.queries.resize(n_queries, [0.0; DEPTH]);
        for (row, query) in scratch.queries.iter_mut().zip(queries.chunks_exact(width)) {
            for (to, value) in row.iter_mut().zip(&query[head * size..][..size]) {
                *to = value * scale;
            }
        }
        let n_blocks = n_keys.div_ceil(DEPTH);
        let n_scores = |block: usize| DEPTH.min(n_keys - block * DEPTH);
        scratch.scores.resize(n_blocks * n_queries, [0.0; DEPTH]);
        for (block, scores) in scratch.scores.chunks_exact_mut(n_queries).enumerate() {
            let n_panels = n_scores(block).div_ceil(WIDTH);
            let scores = scores.as_flattened_mut();
            for i in 0..n_panels {
                let panel = &scratch.keys[(block * (DEPTH / WIDTH) + i) * size..][..size];
                (kernels.multiply)(
                    &scratch.queries,
                    panel,
                    Some(&ZEROS),
                    &mut scores[i * WIDTH..],
                    DEPTH,
                );
            }
        }

        scratch.totals.clear();
        for query in 0..n_queries {
            let mut largest = f32::NEG_INFINITY;
            for block in 0..n_blocks {
                let row = &scratch.scores[block * n_queries + query][..n_scores(block)];
                largest = largest.max((kernels.largest)(row));
            }
            let mut total = 0.0;
            for block in 0..n_blocks {
                let row = &mut scratch.scores[block * n_queries + query][..n_scores(block)];
                total += (kernels.exponentials)(row, largest);
            }
            scratch.totals.push(total);
        }

        let sums_width = size.next_multiple_of(WIDTH);
        scratch.sums.resize(n_queries * sums_width, 0.0);
        for (block, weights) in scratch.scores.chunks_exact(n_queries).enumerate() {
            for (i, panel) in scratch.values.chunks_exact(n_keys).enumerate() {
                let panel = &panel[block * DEPTH..][..n_scores(block)];
                let before = (block == 0).then_some(&ZEROS);
                (kernels.multiply)(weights, panel, before, &mut scratch.sums[i * WIDTH..], sums_width);
            }
        }
    }
}
