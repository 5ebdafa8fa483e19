//! Choosing the next token from its logits.
//!
//! The steps and their order are llama.cpp's: repetition penalty, top-k, top-p, min-p, temperature,
//! and a draw (<https://github.com/ggml-org/llama.cpp/blob/master/tools/completion/README.md>). Top-p and
//! min-p therefore judge the model's own probabilities, before a temperature flattens them.

use std::collections::VecDeque;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use recordroute_core::GenerateOptions;

/// How far back the repetition penalty looks, in tokens.
const PENALTY_WINDOW: usize = 64;

/// A token that may be drawn.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    token: u32,
    /// Its logit after the penalty; never NaN.
    score: f32,
}

/// Draws tokens for one answer.
pub(crate) struct Sampler {
    /// None takes the likeliest.
    temperature: Option<f32>,
    top_k: usize,
    top_p: f32,
    min_p: f32,
    penalty: f32,
    recent: VecDeque<u32>,
    rng: ChaCha8Rng,
    /// Taken up for each token anew, so that its memory is had once.
    candidates: Vec<Candidate>,
}

impl Sampler {
    /// `prompt`: its last tokens count for the repetition penalty. Options that make no sense are as
    /// good as none.
    pub fn new(options: &GenerateOptions, prompt: &[u32]) -> Self {
        let positive = |value: Option<f32>| value.filter(|value| value.is_finite() && *value > 0.0);
        let mut sampler = Self {
            temperature: positive(options.temperature),
            top_k: options.top_k.filter(|&k| k > 0).unwrap_or(usize::MAX),
            top_p: positive(options.top_p).unwrap_or(1.0),
            min_p: positive(options.min_p).unwrap_or(0.0).min(1.0),
            penalty: positive(options.repetition_penalty).unwrap_or(1.0),
            recent: VecDeque::with_capacity(PENALTY_WINDOW),
            rng: ChaCha8Rng::seed_from_u64(options.seed),
            candidates: Vec::new(),
        };
        for &token in &prompt[prompt.len().saturating_sub(PENALTY_WINDOW)..] {
            sampler.accept(token);
        }
        sampler
    }

    /// Remembers a token that was written.
    pub fn accept(&mut self, token: u32) {
        if self.recent.len() == PENALTY_WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(token);
    }

    /// The next token of those that `is_allowed`; none where it allows none.
    pub fn sample(&mut self, logits: &[f32], mut is_allowed: impl FnMut(u32) -> bool) -> Option<u32> {
        self.candidates.clear();
        let allowed = (0_u32..).zip(logits).filter(|&(token, _)| is_allowed(token));
        self.candidates.extend(allowed.map(|(token, &logit)| Candidate {
            token,
            score: sane(logit),
        }));
        self.penalize();
        let best = likeliest(&self.candidates)?;
        let Some(temperature) = self.temperature else {
            return Some(best.token);
        };
        self.keep_top_k();
        self.keep_top_p(best.score);
        let least = best.score + self.min_p.ln();
        self.candidates.retain(|candidate| candidate.score >= least);
        Some(self.draw(best, temperature))
    }

    /// Divides the scores of recent tokens, or multiplies them where they are negative.
    fn penalize(&mut self) {
        if self.penalty == 1.0 {
            return;
        }
        for (idx, token) in self.recent.iter().enumerate() {
            if self.recent.iter().take(idx).any(|earlier| earlier == token) {
                continue;
            }
            // In the order of their numbers, since nothing has moved yet.
            let place = self
                .candidates
                .binary_search_by_key(token, |candidate| candidate.token);
            if let Ok(place) = place {
                let score = &mut self.candidates[place].score;
                *score = sane(if *score > 0.0 {
                    *score / self.penalty
                } else {
                    *score * self.penalty
                });
            }
        }
    }

    fn keep_top_k(&mut self) {
        if self.top_k < self.candidates.len() {
            self.candidates.select_nth_unstable_by(self.top_k - 1, by_rank);
            self.candidates.truncate(self.top_k);
        }
    }

    /// Keeps the fewest of the likeliest that together reach the probability.
    fn keep_top_p(&mut self, best: f32) {
        if self.top_p >= 1.0 {
            return;
        }
        let weight = |candidate: &Candidate| f64::from(candidate.score - best).exp();
        let wanted = self.candidates.iter().map(weight).sum::<f64>() * f64::from(self.top_p);
        // Few are mostly enough, so only those are sorted.
        let mut n_sorted = 0;
        let mut reached = 0.0;
        while n_sorted < self.candidates.len() {
            let rest = &mut self.candidates[n_sorted..];
            let n_next = (n_sorted * 4).max(64).min(rest.len());
            if n_next < rest.len() {
                rest.select_nth_unstable_by(n_next - 1, by_rank);
            }
            rest[..n_next].sort_unstable_by(by_rank);
            for candidate in &rest[..n_next] {
                reached += weight(candidate);
                n_sorted += 1;
                if reached >= wanted {
                    self.candidates.truncate(n_sorted);
                    return;
                }
            }
        }
    }

    fn draw(&mut self, best: Candidate, temperature: f32) -> u32 {
        let weight = |candidate: &Candidate| f64::from((candidate.score - best.score) / temperature).exp();
        let total: f64 = self.candidates.iter().map(weight).sum();
        // 53 random bits are all that a double holds between zero and one.
        let mut left = (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64 * total;
        for candidate in &self.candidates {
            left -= weight(candidate);
            if left < 0.0 {
                return candidate.token;
            }
        }
        // Rounding has eaten the last bit.
        best.token
    }
}

/// A broken model may compute anything; what is no number is the unlikeliest.
fn sane(logit: f32) -> f32 {
    if logit.is_nan() {
        f32::MIN
    } else {
        logit.clamp(f32::MIN, f32::MAX)
    }
}

/// Likelier first, then by number, so that equal scores do not depend on chance.
fn by_rank(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then(a.token.cmp(&b.token))
}

fn likeliest(candidates: &[Candidate]) -> Option<Candidate> {
    candidates.iter().copied().min_by(by_rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> GenerateOptions {
        GenerateOptions {
            temperature: Some(1.0),
            ..GenerateOptions::default()
        }
    }

    /// How often each token is drawn.
    fn drawn(options: &GenerateOptions, logits: &[f32]) -> Vec<usize> {
        let mut sampler = Sampler::new(options, &[]);
        let mut n_drawn = vec![0; logits.len()];
        for _ in 0..2_000 {
            let token = sampler.sample(logits, |_| true).expect("all are allowed");
            n_drawn[token as usize] += 1;
        }
        n_drawn
    }

    /// Probabilities of 0.5, 0.25, 0.15 and 0.1.
    fn logits() -> [f32; 4] {
        [0.1_f32.ln(), 0.5_f32.ln(), 0.15_f32.ln(), 0.25_f32.ln()]
    }

    #[test]
    fn without_a_temperature_the_likeliest_is_taken() {
        for temperature in [None, Some(0.0), Some(-1.0), Some(f32::NAN)] {
            let options = GenerateOptions {
                temperature,
                ..options()
            };
            let mut sampler = Sampler::new(&options, &[]);
            assert_eq!(
                sampler.sample(&logits(), |_| true),
                Some(1),
                "{temperature:?} leaves nothing to chance"
            );
            assert_eq!(
                sampler.sample(&logits(), |token| token != 1),
                Some(3),
                "what is not allowed is passed over"
            );
            assert_eq!(
                sampler.sample(&logits(), |_| false),
                None,
                "where nothing is allowed nothing is taken"
            );
        }
        let mut sampler = Sampler::new(&GenerateOptions::default(), &[]);
        assert_eq!(
            sampler.sample(&[1.0, 1.0, 1.0], |_| true),
            Some(0),
            "of equals the first"
        );
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let n_drawn = drawn(&options(), &logits());
        for (n_drawn, expected) in n_drawn.iter().zip([200, 1_000, 300, 500]) {
            assert!(
                n_drawn.abs_diff(expected) < 100,
                "{n_drawn} draws are near {expected} of 2,000"
            );
        }
        let hot = GenerateOptions {
            temperature: Some(100.0),
            ..options()
        };
        assert!(
            drawn(&hot, &logits()).iter().all(|&n| n.abs_diff(500) < 100),
            "a high temperature makes all alike"
        );
        let cold = GenerateOptions {
            temperature: Some(0.01),
            ..options()
        };
        assert_eq!(drawn(&cold, &logits())[1], 2_000, "a low one takes the likeliest");
    }

    #[test]
    fn only_the_likeliest_are_drawn_from() {
        for (options, allowed, why) in [
            (
                GenerateOptions {
                    top_k: Some(2),
                    ..options()
                },
                [false, true, false, true],
                "the first two",
            ),
            (
                GenerateOptions {
                    top_k: Some(9),
                    ..options()
                },
                [true; 4],
                "more than there are",
            ),
            (
                GenerateOptions {
                    top_p: Some(0.8),
                    ..options()
                },
                [false, true, true, true],
                "0.75 is not enough",
            ),
            (
                GenerateOptions {
                    top_p: Some(0.01),
                    ..options()
                },
                [false, true, false, false],
                "one is always kept",
            ),
            (
                GenerateOptions {
                    min_p: Some(0.29),
                    ..options()
                },
                [false, true, true, true],
                "0.29 of 0.5",
            ),
            (
                GenerateOptions {
                    min_p: Some(7.0),
                    ..options()
                },
                [false, true, false, false],
                "more than all is one",
            ),
            (
                GenerateOptions {
                    top_k: Some(2),
                    top_p: Some(0.6),
                    ..options()
                },
                [false, true, false, false],
                "top-p sees what top-k has left: 0.5 of 0.75 is enough",
            ),
            (
                GenerateOptions {
                    temperature: Some(100.0),
                    top_p: Some(0.5),
                    ..options()
                },
                [false, true, false, false],
                "the temperature comes last",
            ),
        ] {
            let is_drawn: Vec<bool> = drawn(&options, &logits()).iter().map(|&n| n > 0).collect();
            assert_eq!(is_drawn, allowed, "{why}");
        }
    }

    #[test]
    fn a_large_vocabulary_is_cut_as_if_it_were_sorted() {
        // Scores in disorder; the likeliest 1,000 share nearly all of the probability.
        let logits: Vec<f32> = (0..100_000_u32)
            .map(|token| -0.005 * (token.wrapping_mul(48_271) % 100_000) as f32)
            .collect();
        let mut sorted: Vec<f64> = logits.iter().map(|&logit| f64::from(logit).exp()).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let total: f64 = sorted.iter().sum();
        let expected = sorted
            .iter()
            .scan(0.0, |sum, p| {
                *sum += p / total;
                Some(*sum)
            })
            .take_while(|&sum| sum < f64::from(0.9_f32))
            .count()
            + 1;
        let options = GenerateOptions {
            top_p: Some(0.9),
            ..options()
        };
        let mut sampler = Sampler::new(&options, &[]);
        sampler.sample(&logits, |_| true);
        assert_eq!(
            sampler.candidates.len(),
            expected,
            "as many stay as a full sort would keep"
        );
    }

    #[test]
    fn what_was_written_lately_is_less_likely() {
        let options = GenerateOptions {
            repetition_penalty: Some(2.0),
            ..GenerateOptions::default()
        };
        let mut sampler = Sampler::new(&options, &[1]);
        assert_eq!(
            sampler.sample(&[1.5, 2.0, -1.0], |_| true),
            Some(0),
            "2.0 became 1.0"
        );
        sampler.accept(1);
        sampler.accept(0);
        assert_eq!(
            sampler.sample(&[-1.5, -1.0, -2.5], |_| true),
            Some(1),
            "each is punished once, and negative scores fall too"
        );
        for token in 10..80 {
            sampler.accept(token);
        }
        assert_eq!(
            sampler.sample(&[1.5, 2.0, -1.0], |_| true),
            Some(1),
            "what lies further back is forgotten"
        );
    }

    #[test]
    fn broken_logits_never_panic() {
        let broken = [
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            0.0,
            f32::MAX,
            f32::MIN,
        ];
        for n_logits in 1..=broken.len() {
            for (temperature, top_p, penalty) in
                [(None, 1.0, 1.0), (Some(1.0), 0.9, 1.3), (Some(0.1), 0.0, 0.1)]
            {
                let options = GenerateOptions {
                    temperature,
                    top_p: Some(top_p),
                    min_p: Some(0.05),
                    repetition_penalty: Some(penalty),
                    ..options()
                };
                let mut sampler = Sampler::new(&options, &[0, 1, 2, 3, 4, 5, 6_000]);
                for _ in 0..20 {
                    let token = sampler.sample(&broken[..n_logits], |_| true);
                    assert!(
                        token.is_some_and(|token| (token as usize) < n_logits),
                        "some token is drawn: {token:?}"
                    );
                }
            }
        }
        let mut sampler = Sampler::new(&options(), &[]);
        assert_eq!(sampler.sample(&[], |_| true), None, "no logits, no token");
        let mut greedy = Sampler::new(&GenerateOptions::default(), &[]);
        assert_eq!(
            greedy.sample(&[f32::NAN, -5.0, f32::NAN], |_| true),
            Some(1),
            "what is no number is never the likeliest"
        );
    }
}
