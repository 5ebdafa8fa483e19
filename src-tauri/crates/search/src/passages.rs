//! Cuts a transcript into passages: what a vector is made of.
//!
//! A passage is whole segments in a row, so that it leads to a second and can be shown as it was said.
//! Who speaks does not matter: a question and its answer belong together. Titles are left to the search by
//! words.

use recordroute_core::Segment;
use recordroute_store::{PassagePlace, text_hash};

/// How long passages are, in the embedding model's own tokens, without those that it adds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassageLimits {
    /// Most tokens of a passage, unless a single segment has more.
    pub max_tokens: usize,
    /// Most tokens that a passage shares with the one before.
    pub overlap_tokens: usize,
}

/// 200 tokens are about a minute of talk: long enough for a thought and its answer, short enough that one
/// vector still says what it is about.
///
/// Of 52 questions to English and Korean recordings (`tests/fixtures/finding`) multilingual-e5-small led to
/// the answer among the first five passages for 42 with 40 tokens and with 100, for 44 with 140, for 47 with
/// 180, for 50 with 200, for 44 with 220 and for 42 with 300. With the title before the text it were 46 with
/// 200, and 44 with 140.
const MAX_TOKENS: usize = 200;

impl PassageLimits {
    /// What suits a model that takes so many tokens: no more than half of them, since the end of a long text
    /// weighs little. Nearly a third of a passage stands in two, so that what is said across a border stands
    /// whole in one of them.
    pub fn of_model(max_tokens: usize) -> Self {
        let max_tokens = (max_tokens / 2).clamp(1, MAX_TOKENS);
        Self {
            max_tokens,
            overlap_tokens: max_tokens * 3 / 10,
        }
    }
}

/// A stretch of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Where it is.
    pub place: PassagePlace,
    /// What is embedded: its segments' texts with blanks between them.
    pub text: String,
}

/// Cuts a transcript into passages. `n_tokens` tells for each segment how many tokens its text has; a
/// segment without a count counts as one of none. A segment with more tokens than a passage may have
/// is one of its own, and the model judges it by its beginning: speech is cut every half minute at
/// the latest, so that this is rare and no more than the end of a breathless sentence is lost.
pub fn passages(segments: &[Segment], n_tokens: &[usize], limits: PassageLimits) -> Vec<Passage> {
    let tokens_of = |idx: usize| n_tokens.get(idx).copied().unwrap_or(0);
    let mut found = Vec::new();
    let mut first = 0;
    while first < segments.len() {
        let mut end = first + 1;
        let mut n_in_passage = tokens_of(first);
        while end < segments.len() && n_in_passage + tokens_of(end) <= limits.max_tokens {
            n_in_passage += tokens_of(end);
            end += 1;
        }
        found.extend(passage(segments, first, end));
        if end == segments.len() {
            break;
        }
        // What is repeated leaves room for the next segment; else the next passage would end where
        // this one does.
        let mut next = end;
        let mut n_shared = 0;
        while next > first + 1 {
            let shared = n_shared + tokens_of(next - 1);
            if shared > limits.overlap_tokens || shared + tokens_of(end) > limits.max_tokens {
                break;
            }
            n_shared = shared;
            next -= 1;
        }
        first = next;
    }
    found
}

fn passage(segments: &[Segment], first: usize, end: usize) -> Option<Passage> {
    let within = segments.get(first..end)?;
    let (first_segment, last_segment) = (within.first()?, within.last()?);
    let texts: Vec<&str> = within.iter().map(|segment| segment.text.as_str()).collect();
    let text = texts.join(" ");
    Some(Passage {
        place: PassagePlace {
            first_segment_idx: u32::try_from(first).ok()?,
            last_segment_idx: u32::try_from(end - 1).ok()?,
            start_ms: first_segment.start_ms,
            end_ms: last_segment.end_ms,
            text_hash: text_hash(&text),
        },
        text,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segments(n: usize) -> Vec<Segment> {
        (0..n as u64)
            .map(|idx| Segment {
                start_ms: idx * 1_000,
                end_ms: idx * 1_000 + 900,
                text: format!("s{idx}"),
                confidence: 1.0,
                speaker: None,
                flags: Vec::new(),
                words: Vec::new(),
            })
            .collect()
    }

    fn spans(n_tokens: &[usize], limits: PassageLimits) -> Vec<(u32, u32)> {
        passages(&segments(n_tokens.len()), n_tokens, limits)
            .iter()
            .map(|passage| (passage.place.first_segment_idx, passage.place.last_segment_idx))
            .collect()
    }

    const SHORT: PassageLimits = PassageLimits {
        max_tokens: 10,
        overlap_tokens: 2,
    };

    #[test]
    fn passages_follow_segments_and_overlap() {
        assert_eq!(
            spans(&[2; 9], SHORT),
            [(0, 4), (4, 8)],
            "five segments fill one, and the last of them begins the next"
        );
        assert_eq!(
            spans(&[5, 5, 5], SHORT),
            [(0, 1), (2, 2)],
            "a segment longer than the overlap is not repeated"
        );
        let passage = passages(&segments(2), &[1, 1], SHORT);
        assert_eq!(passage[0].text, "s0 s1", "the texts stand beside each other");
        assert_eq!(
            (passage[0].place.start_ms, passage[0].place.end_ms),
            (0, 1_900),
            "from the first word to the last"
        );
    }

    #[test]
    fn passages_suit_the_model() {
        let of = |max_tokens| {
            let limits = PassageLimits::of_model(max_tokens);
            (limits.max_tokens, limits.overlap_tokens)
        };
        assert_eq!(of(510), (200, 60), "a minute of talk");
        assert_eq!(of(254), (127, 38), "half of what a small model takes");
        assert_eq!(of(0), (1, 0), "and never nothing");
    }

    #[test]
    fn long_segments_stand_alone_and_short_ones_are_no_passages_twice() {
        assert_eq!(
            spans(&[1, 50, 1, 1], SHORT),
            [(0, 0), (1, 1), (2, 3)],
            "what is longer than a passage is one"
        );
        assert_eq!(spans(&[4, 4], SHORT), [(0, 1)], "nothing is left over to repeat");
        assert!(spans(&[], SHORT).is_empty(), "nothing was said");
        assert_eq!(
            spans(&[2, 2, 2, 2, 2, 9], SHORT),
            [(0, 4), (5, 5)],
            "what would leave no room for the next segment is not repeated"
        );
    }

    proptest! {
        #[test]
        fn every_segment_is_in_a_passage_and_none_is_too_long(
            n_tokens in prop::collection::vec(0..40_usize, 0..60),
            max_tokens in 0..50_usize,
            overlap_tokens in 0..50_usize,
        ) {
            let limits = PassageLimits { max_tokens, overlap_tokens };
            let spans = spans(&n_tokens, limits);
            let mut next = 0;
            for (first, last) in &spans {
                prop_assert!(*first <= next, "no segment is left out before {first}: {spans:?}");
                prop_assert!(*last >= next, "each passage says something new: {spans:?}");
                let total: usize = n_tokens[*first as usize..=*last as usize].iter().sum();
                prop_assert!(first == last || total <= max_tokens, "{total} tokens in {first}..={last}");
                next = last + 1;
            }
            prop_assert_eq!(next as usize, n_tokens.len(), "up to the last one");
        }
    }
}
