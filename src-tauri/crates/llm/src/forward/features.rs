//! Values of all tokens of a chunk, sixteen features of each token side by side. A matrix writes
//! sixteen rows at a time, so each thread's part of a product is one piece of memory; a head's part is
//! one as well.

use super::panel::{LANES, Lanes};

#[derive(Debug, Default)]
pub(crate) struct Features {
    /// For each 16 features the lanes of every token.
    pub panels: Vec<Lanes>,
    pub n_tokens: usize,
}

impl Features {
    pub fn resize(&mut self, n_features: usize, n_tokens: usize) {
        self.n_tokens = n_tokens;
        self.panels
            .resize(n_features.div_ceil(LANES) * n_tokens, [0.0; LANES]);
    }

    pub fn get(&self, token: usize, to: &mut [f32]) {
        gather(&self.panels, self.n_tokens, token, to);
    }

    pub fn set(&mut self, token: usize, values: &[f32]) {
        scatter(&mut self.panels, self.n_tokens, token, values);
    }
}

/// One token's features out of some panels.
pub(crate) fn gather(panels: &[Lanes], n_tokens: usize, token: usize, to: &mut [f32]) {
    for (lanes, to) in panels.chunks_exact(n_tokens).zip(to.chunks_mut(LANES)) {
        to.copy_from_slice(&lanes[token][..to.len()]);
    }
}

pub(crate) fn scatter(panels: &mut [Lanes], n_tokens: usize, token: usize, values: &[f32]) {
    for (lanes, values) in panels.chunks_exact_mut(n_tokens).zip(values.chunks(LANES)) {
        lanes[token][..values.len()].copy_from_slice(values);
    }
}
