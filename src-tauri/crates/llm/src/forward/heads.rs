//! Queries, keys and values between their matrices and attention: biases, norms, rotation, and the way
//! into the cache.

use half::f16;
use recordroute_core::CancellationToken;

use super::cache::HeadCache;
use super::features::{Features, gather, scatter};
use super::norm::normalize;
use super::panel::{LANES, Lanes};
use super::rope::Rotations;
use super::threads::Pool;

/// What is done to one kind of heads of a layer.
#[derive(Clone, Copy)]
pub(crate) struct Preparation<'a> {
    pub head_size: usize,
    pub bias: Option<&'a [f32]>,
    pub norm: Option<&'a [f32]>,
    pub epsilon: f32,
    pub rotations: Option<&'a Rotations>,
}

impl Preparation<'_> {
    fn read(&self, panels: &[Lanes], n_tokens: usize, head: usize, token: usize, to: &mut [f32]) {
        gather(panels, n_tokens, token, to);
        if let Some(bias) = self.bias {
            for (value, bias) in to.iter_mut().zip(&bias[head * self.head_size..]) {
                *value += bias;
            }
        }
        if let Some(norm) = self.norm {
            normalize(to, norm, self.epsilon);
        }
        if let Some(rotations) = self.rotations {
            rotations.apply(token, to);
        }
    }

    fn panels_a_head(&self, n_tokens: usize) -> usize {
        self.head_size / LANES * n_tokens
    }

    /// Changes heads where they stand.
    pub fn in_place(&self, heads: &mut Features, pool: &mut Pool, cancel: &CancellationToken) {
        let n_tokens = heads.n_tokens;
        let len = self.panels_a_head(n_tokens);
        pool.for_each_chunk(&mut heads.panels, len, cancel, &|head, panels| {
            let mut values = vec![0.0; self.head_size];
            for token in 0..n_tokens {
                self.read(panels, n_tokens, head, token, &mut values);
                scatter(panels, n_tokens, token, &values);
            }
        });
    }
}

/// Puts a chunk's keys and values into a layer's cache, from `n_past` on.
pub(crate) fn remember(
    (keys, of_keys): (&Features, Preparation<'_>),
    (values, of_values): (&Features, Preparation<'_>),
    heads: &mut [HeadCache],
    n_past: usize,
    pool: &mut Pool,
    cancel: &CancellationToken,
) {
    let n_tokens = keys.n_tokens;
    let len = of_keys.panels_a_head(n_tokens);
    pool.for_each_chunk(heads, 1, cancel, &|head, caches| {
        let mut floats = vec![0.0; of_keys.head_size];
        let mut halves = vec![f16::ZERO; of_keys.head_size];
        let of_head = head * len..(head + 1) * len;
        for cache in caches {
            for token in 0..n_tokens {
                let (keys, values) = (&keys.panels[of_head.clone()], &values.panels[of_head.clone()]);
                of_keys.read(keys, n_tokens, head, token, &mut floats);
                cache.set_key(n_past + token, &floats, &mut halves);
                of_values.read(values, n_tokens, head, token, &mut floats);
                cache.set_value(n_past + token, &floats);
            }
        }
    });
}
