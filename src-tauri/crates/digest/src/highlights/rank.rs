use std::collections::HashMap;

use super::sentences::Sentence;
use crate::words::features;

/// Of LexRank and PageRank: the share of chance in the walk.
const DAMPING: f32 = 0.85;
const N_ROUNDS: usize = 30;
/// A sentence that says fewer things is a reaction, not a statement.
const FULL_LENGTH: f32 = 8.0;
/// The fewest features of a sentence that is shown at all.
const MIN_FEATURES: usize = 3;

/// Sentences as TF-IDF vectors, and how central each is among all.
///
/// LexRank walks over a graph of all pairs. Here the matrix of cosines is never built: with unit
/// vectors as the rows of X it is X·Xᵀ, so that a step of the walk is two products with the sparse X
/// and costs as much as the text has words. No sentence has to be left out for the time it takes.
pub(super) struct Ranking {
    /// By sentence: features and weights, ascending by feature; of length 1, or empty.
    vectors: Vec<Vec<(u32, f32)>>,
    /// By sentence; zero for those that are not to be shown.
    scores: Vec<f32>,
}

impl Ranking {
    pub fn new(sentences: &[Sentence]) -> Self {
        let (vectors, n_terms) = vectors(sentences);
        let centrality = centrality(&vectors, n_terms);
        let scores = vectors
            .iter()
            .zip(centrality)
            .map(|(vector, centrality)| {
                if vector.len() < MIN_FEATURES {
                    return 0.0;
                }
                centrality * (vector.len() as f32 / FULL_LENGTH).min(1.0)
            })
            .collect();
        Self { vectors, scores }
    }

    /// The most central sentences with their scores, best first; of equal ones the earlier.
    pub fn candidates(&self, n: usize) -> Vec<(usize, f32)> {
        let mut candidates: Vec<(usize, f32)> = self
            .scores
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, score)| *score > 0.0)
            .collect();
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        candidates.truncate(n);
        candidates
    }

    /// Cosine of two sentences.
    pub fn likeness(&self, a: usize, b: usize) -> f32 {
        let (a, b) = (&self.vectors[a], &self.vectors[b]);
        let (mut at_a, mut at_b, mut sum) = (0, 0, 0.0);
        while let (Some(x), Some(y)) = (a.get(at_a), b.get(at_b)) {
            match x.0.cmp(&y.0) {
                std::cmp::Ordering::Less => at_a += 1,
                std::cmp::Ordering::Greater => at_b += 1,
                std::cmp::Ordering::Equal => {
                    sum += x.1 * y.1;
                    (at_a, at_b) = (at_a + 1, at_b + 1);
                }
            }
        }
        sum
    }
}

/// TF-IDF vectors of length 1, and how many features there are.
fn vectors(sentences: &[Sentence]) -> (Vec<Vec<(u32, f32)>>, usize) {
    let mut ids: HashMap<String, u32> = HashMap::new();
    let mut n_sentences_with: Vec<u32> = Vec::new();
    let mut vectors: Vec<Vec<(u32, f32)>> = Vec::with_capacity(sentences.len());
    for sentence in sentences {
        let mut vector: Vec<(u32, f32)> = Vec::new();
        let mut found: Vec<u32> = features(&sentence.text)
            .into_iter()
            .map(|feature| {
                let next = ids.len() as u32;
                *ids.entry(feature).or_insert(next)
            })
            .collect();
        n_sentences_with.resize(ids.len(), 0);
        found.sort_unstable();
        for id in found {
            match vector.last_mut() {
                Some((last, n)) if *last == id => *n += 1.0,
                _ => {
                    vector.push((id, 1.0));
                    n_sentences_with[id as usize] += 1;
                }
            }
        }
        vectors.push(vector);
    }
    let n = sentences.len() as f32;
    for vector in &mut vectors {
        for (id, weight) in vector.iter_mut() {
            let inverse = (n / n_sentences_with[*id as usize] as f32).ln() + 0.1;
            *weight = (1.0 + weight.ln()) * inverse;
        }
        let length = vector
            .iter()
            .map(|(_, weight)| weight * weight)
            .sum::<f32>()
            .sqrt();
        for (_, weight) in vector.iter_mut() {
            *weight /= length;
        }
    }
    (vectors, ids.len())
}

/// Where a walk from sentence to sentence, by likeness, is most often; sums to one.
fn centrality(vectors: &[Vec<(u32, f32)>], n_terms: usize) -> Vec<f32> {
    let n = vectors.len().max(1) as f32;
    // The product with the matrix of cosines, without its diagonal.
    let mut by_term = vec![0.0_f32; n_terms];
    let mut product = |values: &[f32]| -> Vec<f32> {
        by_term.fill(0.0);
        for (vector, value) in vectors.iter().zip(values) {
            for (id, weight) in vector {
                by_term[*id as usize] += weight * value;
            }
        }
        vectors
            .iter()
            .zip(values)
            .map(|(vector, value)| {
                let sum: f32 = vector
                    .iter()
                    .map(|(id, weight)| weight * by_term[*id as usize])
                    .sum();
                let own = if vector.is_empty() { 0.0 } else { *value };
                (sum - own).max(0.0)
            })
            .collect()
    };
    let degrees = product(&vec![1.0; vectors.len()]);
    let mut ranks = vec![1.0 / n; vectors.len()];
    for _ in 0..N_ROUNDS {
        let shares: Vec<f32> = ranks
            .iter()
            .zip(&degrees)
            .map(|(rank, degree)| if *degree > 1e-6 { rank / degree } else { 0.0 })
            .collect();
        let arrived = product(&shares);
        ranks = arrived
            .into_iter()
            .map(|arrived| (1.0 - DAMPING) / n + DAMPING * arrived)
            .collect();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> Sentence {
        Sentence {
            segment_idx: 0,
            start_ms: 0,
            end_ms: 0,
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_walk_is_that_over_all_pairs() {
        let sentences: Vec<Sentence> = [
            "The harbour budget needs a review of ships.",
            "A review of the harbour budget happens on Friday.",
            "Ships leave the harbour on Friday.",
            "Bananas taste sweet in summer.",
        ]
        .map(sentence)
        .to_vec();
        let (vectors, n_terms) = vectors(&sentences);
        let ranking = Ranking::new(&sentences);
        let n = sentences.len();
        let likeness = |a: usize, b: usize| if a == b { 0.0 } else { ranking.likeness(a, b) };
        let degrees: Vec<f32> = (0..n).map(|a| (0..n).map(|b| likeness(a, b)).sum()).collect();
        let mut ranks = vec![1.0 / n as f32; n];
        for _ in 0..N_ROUNDS {
            ranks = (0..n)
                .map(|a| {
                    let arrived: f32 = (0..n)
                        .filter(|b| degrees[*b] > 1e-6)
                        .map(|b| likeness(a, b) * ranks[b] / degrees[b])
                        .sum();
                    (1.0 - DAMPING) / n as f32 + DAMPING * arrived
                })
                .collect();
        }
        for (direct, ours) in ranks.iter().zip(centrality(&vectors, n_terms)) {
            assert!((direct - ours).abs() < 1e-4, "{direct} is {ours}");
        }
        assert!(
            ranking.scores[3] < ranking.scores[0],
            "what nothing else speaks of is not central: {:?}",
            ranking.scores
        );
    }
}
