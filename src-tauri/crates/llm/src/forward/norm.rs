//! Root mean square norms (Zhang and Sennrich 2019, <https://arxiv.org/abs/1910.07467>).

use recordroute_core::CancellationToken;

use super::features::Features;
use super::panel::LANES;
use super::threads::Pool;

/// Scales values to a root mean square of one, then by the norm's weights.
pub(crate) fn normalize(values: &mut [f32], weights: &[f32], epsilon: f32) {
    let factor = factor(sum_of_squares(values), values.len(), epsilon);
    for (value, weight) in values.iter_mut().zip(weights) {
        *value *= factor * weight;
    }
}

/// Adds a layer's result to the stream of the tokens, through a norm of its own where it has one.
pub(crate) fn add(
    stream: &mut Features,
    result: &Features,
    norm: Option<&[f32]>,
    epsilon: f32,
    pool: &mut Pool,
    cancel: &CancellationToken,
) {
    let n_tokens = stream.n_tokens;
    let factors: Option<Vec<f32>> = norm.map(|weights| {
        let mut sums = vec![0.0; n_tokens];
        for panel in result.panels.chunks_exact(n_tokens) {
            for (sum, lanes) in sums.iter_mut().zip(panel) {
                *sum += sum_of_squares(lanes);
            }
        }
        let factors = sums.iter().map(|&sum| factor(sum, weights.len(), epsilon));
        factors.collect()
    });
    pool.for_each_chunk(&mut stream.panels, n_tokens, cancel, &|panel_idx, panel| {
        let result = &result.panels[panel_idx * n_tokens..][..n_tokens];
        let (Some(norm), Some(factors)) = (norm, &factors) else {
            for (lanes, result) in panel.iter_mut().zip(result) {
                for (value, result) in lanes.iter_mut().zip(result) {
                    *value += result;
                }
            }
            return;
        };
        let norm = &norm[panel_idx * LANES..];
        for ((lanes, result), factor) in panel.iter_mut().zip(result).zip(factors) {
            for ((value, result), weight) in lanes.iter_mut().zip(result).zip(norm) {
                *value += result * factor * weight;
            }
        }
    });
}

fn factor(sum_of_squares: f32, n: usize, epsilon: f32) -> f32 {
    1.0 / (sum_of_squares / n as f32 + epsilon).sqrt()
}

/// By lanes, so that it becomes vector instructions.
fn sum_of_squares(values: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for values in values.chunks(LANES) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += value * value;
        }
    }
    sums.iter().sum()
}
