//! Parts what the model said in one breath where a silence was left out of its window.
//!
//! A line of subtitles that reaches over a minute of silence would stand there all that time, and one
//! whose end the model puts 100 ms too late would as well.

use recordroute_core::Chunk;

use crate::pieces::TimedTokens;
use crate::window::TextToken;
use crate::words;

/// Less voice than this on one side of a silence is the model's inexact time, not a word.
const MIN_VOICE_MS: u64 = 250;

/// The parts of a piece, whose times count from `offset_ms` in the chunk, between silences left out.
pub(crate) fn part(piece: TimedTokens, chunk: &Chunk, offset_ms: u64, language: &str) -> Vec<TimedTokens> {
    let mut parts = Vec::new();
    let mut rest = piece;
    for seam_ms in chunk.map.seams_ms() {
        let Some(seam_ms) = seam_ms
            .checked_sub(offset_ms)
            .filter(|seam_ms| (rest.start_ms + 1..rest.end_ms).contains(seam_ms))
        else {
            continue;
        };
        let voiced_ms = |from_ms: u64, to_ms: u64| chunk.voiced_ms(offset_ms + from_ms, offset_ms + to_ms);
        let n_before = if voiced_ms(rest.start_ms, seam_ms) < MIN_VOICE_MS {
            0
        } else if voiced_ms(seam_ms, rest.end_ms) < MIN_VOICE_MS {
            rest.tokens.len()
        } else {
            n_said_before(seam_ms, &rest.tokens, language)
        };
        if n_before == rest.tokens.len() {
            rest.end_ms = seam_ms;
            break;
        }
        let after = rest.tokens.split_off(n_before);
        let before = std::mem::replace(&mut rest.tokens, after);
        if !before.is_empty() {
            parts.push(TimedTokens {
                start_ms: rest.start_ms,
                end_ms: seam_ms,
                tokens: before,
            });
        }
        rest.start_ms = seam_ms;
    }
    parts.push(rest);
    parts
}

/// Number of tokens in words whose greater part lies before a moment.
fn n_said_before(moment_ms: u64, tokens: &[TextToken], language: &str) -> usize {
    words::by_word(tokens, language)
        .into_iter()
        .take_while(|word| {
            let (start_ms, end_ms) = (
                word.first().map_or(0, |token| token.start_ms),
                word.last().map_or(0, |token| token.end_ms),
            );
            start_ms + end_ms < 2 * moment_ms
        })
        .map(<[TextToken]>::len)
        .sum()
}

#[cfg(test)]
mod tests {
    use recordroute_core::{TimeMap, VoiceSpan, ms_to_samples};

    use super::*;

    /// Speech for 3 s, a minute of silence of which 0.8 s were kept, speech for 3 s.
    fn chunk() -> Chunk {
        let mut map = TimeMap::new();
        map.push(0, ms_to_samples(3_400));
        map.push(ms_to_samples(62_600), ms_to_samples(3_400));
        let voice = [(0, 3_000), (3_800, 6_800)].map(|(start_ms, end_ms)| VoiceSpan {
            start_ms,
            end_ms,
            probability: 0.9,
        });
        Chunk {
            idx: 0,
            samples: Vec::new(),
            map,
            voice: voice.to_vec(),
            damaged: false,
        }
    }

    fn piece(start_ms: u64, end_ms: u64, words: &[(&str, u64, u64)]) -> TimedTokens {
        TimedTokens {
            start_ms,
            end_ms,
            tokens: words
                .iter()
                .map(|(text, start_ms, end_ms)| TextToken {
                    bytes: text.as_bytes().to_vec(),
                    start_ms: *start_ms,
                    end_ms: *end_ms,
                    logprob: -0.1,
                })
                .collect(),
        }
    }

    fn parts(piece: TimedTokens, offset_ms: u64) -> Vec<(String, u64, u64)> {
        part(piece, &chunk(), offset_ms, "en")
            .into_iter()
            .map(|part| (words::text(&part.tokens), part.start_ms, part.end_ms))
            .collect()
    }

    #[test]
    fn an_inexact_end_does_not_reach_over_the_silence() {
        let late = piece(500, 3_700, &[(" Good", 500, 1_500), (" morning.", 1_500, 3_700)]);
        assert_eq!(
            parts(late, 0),
            [(" Good morning.".to_owned(), 500, 3_400)],
            "nobody speaks after the silence yet"
        );
        let early = piece(3_100, 5_000, &[(" Welcome.", 3_100, 5_000)]);
        assert_eq!(
            parts(early, 0),
            [(" Welcome.".to_owned(), 3_400, 5_000)],
            "nobody speaks before the silence any more"
        );
    }

    #[test]
    fn a_sentence_on_both_sides_is_parted_between_words() {
        let both = piece(
            1_000,
            5_500,
            &[
                (" as", 1_000, 2_000),
                (" ne", 2_800, 3_200),
                ("ver", 3_200, 3_500),
                (" been", 4_000, 5_500),
            ],
        );
        assert_eq!(
            parts(both.clone(), 0),
            [
                (" as never".to_owned(), 1_000, 3_400),
                (" been".to_owned(), 3_400, 5_500)
            ],
            "a word stays whole, on the side where most of it lies"
        );
        let mut later = both;
        later.start_ms -= 1_000;
        later.end_ms -= 1_000;
        for token in &mut later.tokens {
            token.start_ms -= 1_000;
            token.end_ms -= 1_000;
        }
        assert_eq!(
            parts(later, 1_000),
            [
                (" as never".to_owned(), 0, 2_400),
                (" been".to_owned(), 2_400, 4_500)
            ],
            "a second window counts from its own beginning"
        );
    }
}
