//! Search over the library: words to hits, ranked, with the place in the text that matched.
//!
//! A word is found wherever its letters stand in a row, also inside a longer word: Korean hangs its
//! particles on the word (`회의` finds `회의를`). Case and Unicode form make no difference. Words in
//! quotes are looked for as one phrase. All words must occur: those that stand together in one
//! segment or in the title come first, then recordings that have them in different places.
//!
//! By meaning, a question is a vector, and what was said is found by the vectors that are nearest to
//! it, whatever the words. Vectors are made elsewhere, of what [`passages()`] cuts; [`Vectors`] holds
//! them in memory. [`find`] searches by words, by meaning or by both joined.

mod answers;
mod by_words;
mod fusion;
mod hybrid;
mod matrix;
mod passages;
mod rank;
mod similar;
mod snippet;
mod terms;
mod vectors;
mod words;

use recordroute_core::RecordingId;
use recordroute_store::{Library, Scope, StoreError};
use serde::{Deserialize, Serialize};

pub use answers::{AnswerPassage, best_passages};
pub use hybrid::{Mode, Query, find};
pub use passages::{Passage, PassageLimits, passages};
pub use recordroute_store::Filters;
pub use similar::{SimilarRecording, similar};
pub use snippet::{Snippet, SnippetPart};
pub use vectors::Vectors;

/// Why nothing was searched.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// There is nothing to look for: ask for words.
    #[error("There is nothing to search for. Type a word with at least one letter or digit.")]
    NothingToFind,
    /// Far more was typed or pasted than can be looked for: ask for less.
    #[error("The search has more than {max_chars} characters. Use fewer words.")]
    TooLong {
        /// The most that is taken.
        max_chars: usize,
    },
    /// Search by meaning was asked for without a vector of the model that answers: embed the question
    /// with [`Vectors::model`], or offer to set search by meaning up.
    #[error("The search by meaning is not ready. Choose a model for it in the settings, or search by words.")]
    NoVector,
    /// The library failed; its message says what to do.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where in a recording a hit is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitSegment {
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds.
    pub end_ms: u64,
    /// The whole text of the segment.
    pub text: String,
}

/// What a hit was found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// Its words.
    #[default]
    Words,
    /// Its meaning.
    Meaning,
    /// Both.
    Both,
}

/// The stretch of a recording that a hit by meaning stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HitPassage {
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds.
    pub end_ms: u64,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The recording.
    pub recording_id: RecordingId,
    /// Its title.
    pub title: String,
    /// When it was added, RFC 3339 in UTC.
    pub created_at: String,
    /// The segment; none where the title matched. Of a passage, the one that holds most of the words,
    /// else its first.
    pub segment: Option<HitSegment>,
    /// The passage around it; none where it was found by its words alone.
    #[serde(default)]
    pub passage: Option<HitPassage>,
    /// What it was found by.
    #[serde(default)]
    pub found_by: FoundBy,
    /// The text of the segment or passage, or the title, shortened around the words that were found.
    pub snippet: Snippet,
    /// Higher is better; comparable only among the hits of one search.
    pub score: f32,
}

/// Finds at most `limit` hits for what the user typed, the best first.
pub fn search(library: &Library, words: &str, limit: usize) -> Result<Vec<Hit>, SearchError> {
    let words = words::parse(words)?;
    let found = by_words::all_words(library, &words, &Scope::default(), limit, true)?;
    let found = found.in_places.into_iter().chain(found.scattered);
    Ok(found.map(|one| one.into_hit(&words)).collect())
}

/// A hit before its snippet is made, which only those that are shown need.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    score: f32,
    recording_id: RecordingId,
    title: String,
    created_at: String,
    segment: Option<HitSegment>,
}

impl Found {
    fn into_hit(self, words: &[String]) -> Hit {
        let shown = self.segment.as_ref().map_or(&self.title, |segment| &segment.text);
        Hit {
            snippet: snippet::snippet(shown, words),
            recording_id: self.recording_id,
            title: self.title,
            created_at: self.created_at,
            segment: self.segment,
            passage: None,
            found_by: FoundBy::Words,
            score: self.score,
        }
    }
}
