//! Search over the library: words to hits, ranked, with the place in the text that matched.
//!
//! A word is found wherever its letters stand in a row, also inside a longer word: Korean hangs its
//! particles on the word (`회의` finds `회의를`). Case and Unicode form make no difference. Words in
//! quotes are looked for as one phrase. All words must occur: those that stand together in one
//! segment or in the title come first, then recordings that have them in different places.

mod rank;
mod snippet;
mod words;

use std::collections::HashSet;

use recordroute_core::RecordingId;
use recordroute_store::{Library, SegmentMatch, StoreError};
use serde::{Deserialize, Serialize};

use rank::Ranking;
pub use snippet::{Snippet, SnippetPart};

/// The newest so many matching segments are ranked; a word that occurs more often than that is no
/// word to search by.
const MAX_CANDIDATES: usize = 1_000;

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

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The recording.
    pub recording_id: RecordingId,
    /// Its title.
    pub title: String,
    /// When it was added, RFC 3339 in UTC.
    pub created_at: String,
    /// The segment; none where the title matched.
    pub segment: Option<HitSegment>,
    /// The segment's text, or the title, shortened around the words that were found.
    pub snippet: Snippet,
    /// Higher is better; comparable only among the hits of one search.
    pub score: f32,
}

/// Finds at most `limit` hits for what the user typed, the best first.
pub fn search(library: &Library, words: &str, limit: usize) -> Result<Vec<Hit>, SearchError> {
    let words = words::parse(words)?;
    if limit == 0 {
        return Ok(Vec::new());
    }
    let ranking = Ranking::new(library, &words)?;
    let segments = library.find_segments(&words, MAX_CANDIDATES.max(limit))?;
    let titles = library.find_titles(&words, limit)?;
    let known: HashSet<RecordingId> = segments
        .iter()
        .map(|segment| segment.recording_id)
        .chain(titles.iter().map(|title| title.recording_id))
        .collect();

    let mut found = scored(&ranking, segments);
    found.extend(titles.into_iter().map(|title| Found {
        score: ranking.title(&title.title),
        recording_id: title.recording_id,
        title: title.title,
        created_at: title.created_at,
        segment: None,
    }));
    rank::sort(&mut found);
    found.truncate(limit);

    if words.len() > 1 && found.len() < limit {
        let mut scattered = scored(
            &ranking,
            library.find_scattered(&words, &known, limit - found.len())?,
        );
        rank::sort(&mut scattered);
        // They come last, whatever the one segment that is shown would score.
        let ceiling = found.last().map_or(f32::INFINITY, |last| last.score);
        for one in &mut scattered {
            one.score = one.score.min(ceiling);
        }
        found.extend(scattered);
    }
    Ok(found.into_iter().map(|one| one.into_hit(&words)).collect())
}

/// A hit before its snippet is made, which only those that are shown need.
struct Found {
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
            score: self.score,
        }
    }
}

fn scored(ranking: &Ranking<'_>, segments: Vec<SegmentMatch>) -> Vec<Found> {
    segments
        .into_iter()
        .map(|found| Found {
            score: ranking.segment(&found.text, &found.title),
            recording_id: found.recording_id,
            title: found.title,
            created_at: found.created_at,
            segment: Some(HitSegment {
                start_ms: found.start_ms,
                end_ms: found.end_ms,
                text: found.text,
            }),
        })
        .collect()
}
