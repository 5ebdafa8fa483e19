mod key_words;
mod rank;
mod sentences;

use recordroute_core::{Highlight, Highlights, Segment};

use self::rank::Ranking;
pub(crate) use self::sentences::pieces;
use self::sentences::{Sentence, sentences};

/// Key words that are shown.
const N_KEY_WORDS: usize = 12;
/// How much more telling a sentence has to be for each bit that it repeats of those chosen before:
/// the λ of maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).
const RELEVANCE: f32 = 0.7;
/// Only so many of the most central sentences are compared with those that were chosen.
const MAX_CANDIDATES: usize = 400;

/// The at most `n` most telling sentences, and key words, found without a language model: sentences
/// by their centrality among all (LexRank, Erkan and Radev 2004) that do not repeat each other, words
/// by frequency. `language` is a code such as `ko`; it says how words are told apart where their
/// letters do not. A transcript without words has neither.
///
/// The time is linear in the words of the transcript.
pub fn highlights(segments: &[Segment], language: &str, n: usize) -> Highlights {
    let sentences = sentences(segments);
    let ranking = Ranking::new(&sentences);
    let chosen = choose(&ranking, n);
    let best = chosen
        .iter()
        .map(|(_, score)| *score)
        .fold(f32::MIN_POSITIVE, f32::max);
    let mut chosen: Vec<(&Sentence, f32)> = chosen
        .into_iter()
        .map(|(idx, score)| (&sentences[idx], (score / best).clamp(0.0, 1.0)))
        .collect();
    chosen.sort_by_key(|(sentence, _)| (sentence.start_ms, sentence.segment_idx));
    Highlights {
        sentences: chosen
            .into_iter()
            .map(|(sentence, score)| Highlight {
                segment_idx: u32::try_from(sentence.segment_idx).unwrap_or(u32::MAX),
                start_ms: sentence.start_ms,
                end_ms: sentence.end_ms,
                text: sentence.text.clone(),
                score,
            })
            .collect(),
        key_words: key_words::key_words(segments, language, N_KEY_WORDS),
    }
}

/// The best sentences one by one, each the more telling the less it repeats.
fn choose(ranking: &Ranking, n: usize) -> Vec<(usize, f32)> {
    let mut candidates: Vec<(usize, f32)> = ranking.candidates(MAX_CANDIDATES.max(n));
    let best = candidates.first().map_or(0.0, |(_, score)| *score);
    let mut repeated = vec![0.0_f32; candidates.len()];
    let mut chosen: Vec<(usize, f32)> = Vec::new();
    while chosen.len() < n && !candidates.is_empty() && best > 0.0 {
        let worth = |at: usize| RELEVANCE * candidates[at].1 / best - (1.0 - RELEVANCE) * repeated[at];
        let Some(at) = (0..candidates.len()).max_by(|a, b| worth(*a).total_cmp(&worth(*b)).then(b.cmp(a)))
        else {
            break;
        };
        // A sentence that was said twice tells nothing new.
        if repeated[at] > 0.85 {
            candidates.swap_remove(at);
            repeated.swap_remove(at);
            continue;
        }
        let one = candidates.swap_remove(at);
        repeated.swap_remove(at);
        for (other, repeated) in candidates.iter().zip(&mut repeated) {
            *repeated = repeated.max(ranking.likeness(one.0, other.0));
        }
        chosen.push(one);
    }
    chosen
}

#[cfg(test)]
mod tests;
