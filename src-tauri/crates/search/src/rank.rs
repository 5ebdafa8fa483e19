use recordroute_store::{Library, fold};

use crate::{Found, SearchError};

// The usual constants of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25
// and Beyond", 2009).
pub(crate) const K1: f32 = 1.2;
pub(crate) const B: f32 = 0.75;

/// Length of a usual segment in characters, against which longer and shorter ones are weighed.
pub(crate) const USUAL_SEGMENT_CHARS: f32 = 60.0;

/// A title that holds every word is worth so many times a perfect segment.
const TITLE_WEIGHT: f32 = 2.0;

/// What a word in the title adds to a segment that holds it as well.
pub(crate) const TITLE_BONUS: f32 = 0.5;

/// What an occurrence inside a word counts against one at a word's start.
const INSIDE_WORD: f32 = 0.5;

/// Counting stops here: beyond, a word is common and its exact number changes nothing.
pub(crate) const MAX_FREQUENCY: u64 = 5_000;

/// BM25 over segments, by occurrences in the text itself.
pub(crate) struct Ranking<'a> {
    /// Each folded word with its inverse document frequency.
    words: Vec<(&'a str, f32)>,
}

impl<'a> Ranking<'a> {
    pub(crate) fn new(library: &Library, words: &'a [String]) -> Result<Self, SearchError> {
        // With one word there is nothing to weigh against each other.
        if let [word] = words {
            return Ok(Self {
                words: vec![(word, 1.0)],
            });
        }
        let n_segments = library.n_segments()?;
        let mut weighed = Vec::with_capacity(words.len());
        for word in words {
            let n_with_word = library.segment_frequency(word, MAX_FREQUENCY)?;
            weighed.push((word.as_str(), weight(n_segments, n_with_word)));
        }
        Ok(Self { words: weighed })
    }

    /// Score of a segment in a recording with that title.
    pub(crate) fn segment(&self, text: &str, title: &str) -> f32 {
        let text = fold(text);
        let title = fold(title);
        let length = text.chars().count() as f32 / USUAL_SEGMENT_CHARS;
        self.words
            .iter()
            .map(|(word, weight)| {
                let n = occurrences(&text, word);
                let saturated = n * (K1 + 1.0) / (n + K1 * (1.0 - B + B * length));
                let bonus = if title.contains(word) { TITLE_BONUS } else { 0.0 };
                weight * (saturated + bonus)
            })
            .sum()
    }

    /// Score of a recording whose title holds all words.
    pub(crate) fn title(&self, title: &str) -> f32 {
        let title = fold(title);
        self.words
            .iter()
            .map(|(word, weight)| weight * TITLE_WEIGHT * (0.5 + occurrences(&title, word).min(1.0)))
            .sum()
    }
}

/// Inverse document frequency.
pub(crate) fn weight(n_segments: u64, n_with_word: u64) -> f32 {
    let n_without = n_segments.saturating_sub(n_with_word) as f32;
    (1.0 + (n_without + 0.5) / (n_with_word as f32 + 0.5)).ln()
}

/// How often `word` stands in `text`; inside a longer word it counts less than at a word's start.
pub(crate) fn occurrences(text: &str, word: &str) -> f32 {
    text.match_indices(word)
        .map(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            if before.is_some_and(char::is_alphanumeric) {
                INSIDE_WORD
            } else {
                1.0
            }
        })
        .sum()
}

/// Best first; equal ones by the newer recording, then by their order in it.
pub(crate) fn sort(found: &mut [Found]) {
    let start_ms = |one: &Found| one.segment.as_ref().map(|segment| segment.start_ms);
    found.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| b.created_at.cmp(&a.created_at))
            .then_with(|| b.recording_id.cmp(&a.recording_id))
            .then_with(|| start_ms(a).cmp(&start_ms(b)))
    });
}
