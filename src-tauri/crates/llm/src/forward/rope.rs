//! Rotary position embeddings (Su et al. 2021, <https://arxiv.org/abs/2104.09864>) with the ways of
//! stretching them to longer contexts that GGUF files name: linear, YaRN
//! (<https://arxiv.org/abs/2309.00071>), and factors for each frequency (Llama 3, LongRoPE).

use std::path::Path;

use recordroute_core::InferenceError;

use crate::error::invalid_model;
use crate::family::{Dimensions, Family};
use crate::gguf::Gguf;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rope {
    /// Radians a token, for each pair of dimensions that turn.
    frequencies: Vec<f64>,
    /// What turned values are multiplied with.
    magnitude: f64,
    /// Whether a pair is two neighbours; else the halves of what turns are each other's partners.
    is_interleaved: bool,
}

/// Cosines and sines of a chunk's positions.
#[derive(Debug, Default)]
pub(crate) struct Rotations {
    turns: Vec<(f32, f32)>,
    n_pairs: usize,
    is_interleaved: bool,
}

impl Rope {
    /// The rotation of the layers that see everything, and of those that see a window.
    pub fn read(gguf: &Gguf, dimensions: &Dimensions, path: &Path) -> Result<(Self, Self), InferenceError> {
        let arch = dimensions.family.name();
        let number = |key: &str| gguf.float(&format!("{arch}.rope.{key}"));
        let base = f64::from(number("freq_base").unwrap_or(10_000.0));
        let n_rotated = dimensions.n_rotated;
        let plain = |base: f64| -> Vec<f64> {
            (0..n_rotated / 2)
                .map(|i| base.powf(-2.0 * i as f64 / n_rotated as f64))
                .collect()
        };
        let refuse = |reason: &str| Err(invalid_model(path, reason));
        let mut rope = Self {
            frequencies: plain(base),
            magnitude: 1.0,
            is_interleaved: dimensions.family == Family::Llama,
        };
        let local = Self {
            frequencies: plain(match dimensions.family {
                Family::Gemma3 => f64::from(number("local_freq_base").unwrap_or(10_000.0)),
                _ => base,
            }),
            ..rope.clone()
        };
        if !(base > 1.0 && base.is_finite()) || local.frequencies.iter().any(|f| !f.is_finite()) {
            return refuse("the numbers in its header contradict each other");
        }

        let factor = f64::from(number("scaling.factor").unwrap_or(1.0));
        let n_trained =
            number("scaling.original_context_length").map_or(dimensions.n_trained as f64, f64::from);
        let kind = gguf.text(&format!("{arch}.rope.scaling.type")).unwrap_or("none");
        // Old files give the factor of a linear stretch alone.
        let kind = if kind == "none" && factor > 1.0 {
            "linear"
        } else {
            kind
        };
        if !(factor >= 1.0 && factor.is_finite() && n_trained >= 1.0) {
            return refuse("the numbers in its header contradict each other");
        }
        match kind {
            "none" | "longrope" => {}
            "linear" => rope.frequencies.iter_mut().for_each(|f| *f /= factor),
            "yarn" => rope.stretch_by_yarn(base, factor, n_trained),
            _ => return refuse("it stretches its context in a way that does not run in this program"),
        }

        // Longer factors where the context goes beyond what the model was first trained for.
        let is_long = dimensions.n_context as f64 > n_trained;
        let long_or_short = if is_long {
            "rope_factors_long.weight"
        } else {
            "rope_factors_short.weight"
        };
        for name in ["rope_freqs.weight", long_or_short] {
            if gguf.shape(name).is_none() {
                continue;
            }
            let factors = gguf.vector(name).unwrap_or_default();
            if factors.len() != rope.frequencies.len()
                || factors
                    .iter()
                    .any(|factor| !factor.is_sign_positive() || !factor.is_normal())
            {
                return refuse("its rotations do not fit its header");
            }
            for (frequency, factor) in rope.frequencies.iter_mut().zip(factors) {
                *frequency /= f64::from(factor);
            }
        }
        if let Some(magnitude) = number("scaling.attn_factor").filter(|it| *it > 0.0 && it.is_finite()) {
            rope.magnitude *= f64::from(magnitude);
        }
        let local = if dimensions.family == Family::Gemma3 {
            local
        } else {
            rope.clone()
        };
        Ok((rope, local))
    }

    /// Fast turns stay as they are, slow ones are slowed down by the factor, those between by a part.
    fn stretch_by_yarn(&mut self, base: f64, factor: f64, n_trained: f64) {
        const FAST: f64 = 32.0;
        const SLOW: f64 = 1.0;
        let n_rotated = 2.0 * self.frequencies.len() as f64;
        let pair_of = |n_turns: f64| {
            n_rotated * (n_trained / (n_turns * std::f64::consts::TAU)).ln() / (2.0 * base.ln())
        };
        let low = pair_of(FAST).floor().max(0.0);
        let high = pair_of(SLOW).ceil().min(n_rotated - 1.0);
        for (i, frequency) in self.frequencies.iter_mut().enumerate() {
            let ramp = ((i as f64 - low) / (high - low).max(0.001)).clamp(0.0, 1.0);
            *frequency = *frequency / factor * ramp + *frequency * (1.0 - ramp);
        }
        self.magnitude *= 1.0 + 0.1 * factor.ln();
    }

    pub fn rotations(&self, first_position: usize, n_tokens: usize, to: &mut Rotations) {
        to.n_pairs = self.frequencies.len();
        to.is_interleaved = self.is_interleaved;
        to.turns.clear();
        for position in first_position..first_position + n_tokens {
            to.turns.extend(self.frequencies.iter().map(|frequency| {
                let (sin, cos) = (position as f64 * frequency).sin_cos();
                ((cos * self.magnitude) as f32, (sin * self.magnitude) as f32)
            }));
        }
    }
}

impl Rotations {
    /// Turns one head of one token of the chunk.
    pub fn apply(&self, token: usize, head: &mut [f32]) {
        let turns = &self.turns[token * self.n_pairs..][..self.n_pairs];
        if self.is_interleaved {
            for (pair, &(cos, sin)) in head.chunks_exact_mut(2).zip(turns) {
                let (a, b) = (pair[0], pair[1]);
                pair[0] = a * cos - b * sin;
                pair[1] = a * sin + b * cos;
            }
        } else {
            let (first, second) = head[..2 * self.n_pairs].split_at_mut(self.n_pairs);
            for ((a, b), &(cos, sin)) in first.iter_mut().zip(second).zip(turns) {
                (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
            }
        }
    }
}
