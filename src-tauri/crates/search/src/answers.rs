use recordroute_core::{RecordingId, Segment};
use recordroute_store::Library;

use crate::hybrid::{self, Query};
use crate::vectors::Vectors;
use crate::{FoundBy, SearchError};

/// What is shown around a segment that was found by its words, before and after it.
const AROUND_MS: u64 = 20_000;

/// A stretch of a recording that may answer a question.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerPassage {
    /// The recording.
    pub recording_id: RecordingId,
    /// Its title.
    pub title: String,
    /// When it was added, RFC 3339 in UTC.
    pub created_at: String,
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds.
    pub end_ms: u64,
    /// The first of the segments, counted from 0 in the recording's transcript.
    pub first_segment_idx: u32,
    /// The segments as they are now, without their words.
    pub segments: Vec<Segment>,
    /// Their texts with blanks between them.
    pub text: String,
    /// Which side found it.
    pub found_by: FoundBy,
    /// What the words scored; comparable only among the passages of one question.
    pub word_score: Option<f32>,
    /// How near it is to the question: the cosine of the angle between the two vectors.
    pub similarity: Option<f32>,
    /// Both sides joined; higher is better.
    pub score: f32,
}

/// The `n` passages that are the likeliest to answer a question, the best first, none twice. Like
/// [`find`](crate::find), with whole passages instead of hits; of one recording any number. A title
/// answers nothing, so that hits in titles are left out.
pub fn best_passages(
    library: &Library,
    vectors: &Vectors,
    query: &Query,
    vector: Option<&[f32]>,
    n: usize,
) -> Result<Vec<AnswerPassage>, SearchError> {
    let scope = library.scope(&query.filters)?;
    let lists = hybrid::lists(library, vectors, query, &scope, vector, n * 2 + 10)?;
    let mut passages: Vec<AnswerPassage> = Vec::with_capacity(n);
    for one in lists.joined {
        if passages.len() >= n {
            break;
        }
        let segment = one.by_words.as_ref().and_then(|found| found.segment.as_ref());
        let text = match (&one.by_meaning, segment) {
            (Some(near), _) => hybrid::text_of(library, near)?,
            (None, Some(segment)) => {
                let from_ms = segment.start_ms.saturating_sub(AROUND_MS);
                let to_ms = segment.end_ms.saturating_add(AROUND_MS);
                library.place_text(one.recording_id, None, from_ms..to_ms)?
            }
            (None, None) => None,
        };
        let Some(text) = text else {
            continue;
        };
        let (Some(first), Some(last)) = (text.segments.first(), text.segments.last()) else {
            continue;
        };
        let (start_ms, end_ms) = (first.start_ms, last.end_ms);
        let middle_ms = match segment {
            Some(segment) => segment.start_ms.midpoint(segment.end_ms),
            None => start_ms.midpoint(end_ms),
        };
        let is_there = passages.iter().any(|other| {
            other.recording_id == one.recording_id && (other.start_ms..=other.end_ms).contains(&middle_ms)
        });
        if is_there {
            continue;
        }
        passages.push(AnswerPassage {
            recording_id: one.recording_id,
            start_ms,
            end_ms,
            first_segment_idx: text.first_segment_idx,
            text: hybrid::joined_text(&text),
            found_by: match (&one.by_words, &one.by_meaning) {
                (Some(_), Some(_)) => FoundBy::Both,
                (None, Some(_)) => FoundBy::Meaning,
                _ => FoundBy::Words,
            },
            word_score: one.by_words.map(|found| found.score),
            similarity: one.by_meaning.map(|near| near.similarity),
            title: text.title,
            created_at: text.created_at,
            segments: text.segments,
            score: one.score,
        });
    }
    Ok(passages)
}
