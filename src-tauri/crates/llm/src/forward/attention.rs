//! Attention over the keys and values of the text so far, block by block with a running softmax
//! (FlashAttention, Dao et al. 2022, <https://arxiv.org/abs/2205.14135>): no matrix of scores is ever
//! whole, so memory does not grow with the text.

use std::cell::RefCell;

use recordroute_core::CancellationToken;

use super::cache::HeadCache;
use super::features::{Features, gather};
use super::kernels::{Kernels, ScoreRow};
use super::panel::{LANES, Lanes};
use super::threads::Pool;

/// Rows of queries that a thread computes together: tokens times the heads that share a key head.
const ROWS: usize = 64;
/// Keys that are looked at together; a multiple of the lanes.
const KEYS: usize = 128;

pub(crate) struct Attention<'a> {
    pub n_heads: usize,
    pub head_size: usize,
    pub scale: f32,
    /// Keys that a token looks back on, itself included; none for all.
    pub window: Option<usize>,
    /// The chunk's first token is the text's token number `n_past`.
    pub n_past: usize,
    pub kernels: &'a Kernels,
}

/// What comes out, in tiles of a few tokens: of each tile the key heads, of each the heads that share
/// it, of each the tile's tokens.
#[derive(Debug, Default)]
pub(crate) struct Attended {
    values: Vec<f32>,
    head_size: usize,
    n_heads: usize,
    tile_tokens: usize,
}

impl Attended {
    /// All heads of a token.
    pub fn get(&self, token: usize, to: &mut [f32]) {
        let (tile, row) = (token / self.tile_tokens, token % self.tile_tokens);
        for (head, to) in to.chunks_exact_mut(self.head_size).enumerate() {
            // The key head and the head among those that share it count on in one number.
            let at = ((tile * self.n_heads + head) * self.tile_tokens + row) * self.head_size;
            to.copy_from_slice(&self.values[at..][..self.head_size]);
        }
    }
}

/// A thread's memory for one tile.
#[derive(Default)]
struct Tile {
    /// Row after row.
    queries: Vec<f32>,
    /// For each 16 keys the scores of every row.
    scores: Vec<Lanes>,
    /// Row after row, for each key of a block.
    weights: Vec<f32>,
    /// For each 16 dimensions the sums of every row.
    sums: Vec<Lanes>,
    largest: Vec<f32>,
    totals: Vec<f32>,
}

/// Which tokens a tile holds.
#[derive(Clone, Copy)]
struct Place {
    head: usize,
    first_token: usize,
    n_tokens: usize,
}

impl Attention<'_> {
    /// The keys and values of the chunk itself are in the cache already.
    pub fn compute(
        &self,
        queries: &Features,
        heads: &[HeadCache],
        out: &mut Attended,
        pool: &mut Pool,
        cancel: &CancellationToken,
    ) {
        thread_local! {
            static TILE: RefCell<Tile> = RefCell::default();
        }
        let n_tokens = queries.n_tokens;
        let n_shared = self.n_heads / heads.len();
        let tile_tokens = (ROWS / n_shared).clamp(1, n_tokens);
        let n_tiles = n_tokens.div_ceil(tile_tokens);
        let tile_len = n_shared * tile_tokens * self.head_size;
        out.values.resize(n_tiles * heads.len() * tile_len, 0.0);
        out.tile_tokens = tile_tokens;
        out.n_heads = self.n_heads;
        out.head_size = self.head_size;
        pool.for_each_chunk(&mut out.values, tile_len, cancel, &|i, out| {
            let first_token = i / heads.len() * tile_tokens;
            let place = Place {
                head: i % heads.len(),
                first_token,
                n_tokens: tile_tokens.min(n_tokens - first_token),
            };
            TILE.with_borrow_mut(|tile| {
                self.fill(queries, n_shared, place, tile);
                self.attend(&heads[place.head], place, tile);
                let n_rows = tile.totals.len();
                for (row, total) in tile.totals.iter().enumerate() {
                    let (shared, token) = (row / place.n_tokens, row % place.n_tokens);
                    let at = (shared * tile_tokens + token) * self.head_size;
                    let out = &mut out[at..][..self.head_size];
                    gather(&tile.sums, n_rows, row, out);
                    let factor = 1.0 / total;
                    out.iter_mut().for_each(|value| *value *= factor);
                }
            });
        });
    }

    /// Takes the tile's queries: row `shared * n_tokens + token`.
    fn fill(&self, queries: &Features, n_shared: usize, place: Place, tile: &mut Tile) {
        let n_rows = n_shared * place.n_tokens;
        let panels_a_head = self.head_size / LANES * queries.n_tokens;
        tile.queries.resize(n_rows * self.head_size, 0.0);
        for (row, query) in tile.queries.chunks_exact_mut(self.head_size).enumerate() {
            let head = place.head * n_shared + row / place.n_tokens;
            let token = place.first_token + row % place.n_tokens;
            let panels = &queries.panels[head * panels_a_head..][..panels_a_head];
            gather(panels, queries.n_tokens, token, query);
            query.iter_mut().for_each(|value| *value *= self.scale);
        }
        tile.sums.clear();
        tile.sums.resize(self.head_size / LANES * n_rows, [0.0; LANES]);
        tile.largest.clear();
        tile.largest.resize(n_rows, f32::NEG_INFINITY);
        tile.totals.clear();
        tile.totals.resize(n_rows, 0.0);
    }

    fn attend(&self, cache: &HeadCache, place: Place, tile: &mut Tile) {
        let first_position = self.n_past + place.first_token;
        let n_keys = first_position + place.n_tokens;
        let first_key = self.first_key(first_position) / LANES * LANES;
        for from in (first_key..n_keys).step_by(KEYS) {
            self.attend_block(cache, from, (from + KEYS).min(n_keys), place, tile);
        }
    }

    /// Adds the keys `from..to` to the running softmax of every row.
    fn attend_block(&self, cache: &HeadCache, from: usize, to: usize, place: Place, tile: &mut Tile) {
        let (size, n_keys) = (self.head_size, to - from);
        let n_rows = tile.totals.len();
        tile.scores.clear();
        tile.scores.resize(n_keys.div_ceil(LANES) * n_rows, [0.0; LANES]);
        let keys = cache.keys[from * size..].chunks_exact(LANES * size);
        for (keys, scores) in keys.zip(tile.scores.chunks_exact_mut(n_rows)) {
            (self.kernels.halves)(keys, LANES, &tile.queries, size, scores);
        }

        tile.weights.resize(n_rows * n_keys, 0.0);
        for (row, weights) in tile.weights[..n_rows * n_keys]
            .chunks_exact_mut(n_keys)
            .enumerate()
        {
            let position = self.n_past + place.first_token + row % place.n_tokens;
            let of = ScoreRow {
                n_rows,
                row,
                from: self.first_key(position).clamp(from, to) - from,
                to: (position + 1).clamp(from, to) - from,
            };
            let before = tile.largest[row];
            let (largest, sum) = (self.kernels.exponentials)(&tile.scores, of, before, weights);
            tile.largest[row] = largest;
            // Nothing was seen before, and nothing is to be shrunk.
            let factor = if before == f32::NEG_INFINITY {
                0.0
            } else {
                (before - largest).exp()
            };
            tile.totals[row] = tile.totals[row] * factor + sum;
            if factor != 1.0 {
                for lanes in tile.sums[row..].iter_mut().step_by(n_rows) {
                    lanes.iter_mut().for_each(|value| *value *= factor);
                }
            }
        }

        let values = &cache.values[from * size..to * size];
        for (panel, sums) in tile.sums.chunks_exact_mut(n_rows).enumerate() {
            (self.kernels.halves)(&values[panel * LANES..], size, &tile.weights, n_keys, sums);
        }
    }

    fn first_key(&self, position: usize) -> usize {
        self.window
            .map_or(0, |window| (position + 1).saturating_sub(window))
    }
}
