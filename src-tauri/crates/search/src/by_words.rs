use std::collections::HashSet;

use recordroute_core::RecordingId;
use recordroute_store::{Library, Scope, SegmentMatch};

use crate::rank::{self, Ranking};
use crate::terms::Terms;
use crate::{Found, HitSegment, SearchError};

/// The newest so many matching segments are ranked; a word that occurs more often than that is no
/// word to search by.
const MAX_CANDIDATES: usize = 1_000;

/// The newest so many segments are looked at for each word of a question.
const MAX_CANDIDATES_OF_TERM: usize = 300;

/// What holds all words, the best first.
#[derive(Debug, Default)]
pub(crate) struct AllWords {
    /// All of them in one segment or title.
    pub in_places: Vec<Found>,
    /// All of them in one recording. They come last.
    pub scattered: Vec<Found>,
}

/// Finds what holds all words, at most `limit` altogether; in different places only where that is asked
/// for, because it costs most.
pub(crate) fn all_words(
    library: &Library,
    words: &[String],
    scope: &Scope,
    limit: usize,
    also_scattered: bool,
) -> Result<AllWords, SearchError> {
    if limit == 0 || scope.is_empty() {
        return Ok(AllWords::default());
    }
    let ranking = Ranking::new(library, words)?;
    let segments = library.find_segments_in(words, scope, MAX_CANDIDATES.max(limit))?;
    let titles = library.find_titles_in(words, scope, limit)?;
    let known: HashSet<RecordingId> = segments
        .iter()
        .map(|segment| segment.recording_id)
        .chain(titles.iter().map(|title| title.recording_id))
        .collect();

    let mut found = scored(segments, |text, title| ranking.segment(text, title));
    found.extend(titles.into_iter().map(|title| Found {
        score: ranking.title(&title.title),
        recording_id: title.recording_id,
        title: title.title,
        created_at: title.created_at,
        segment: None,
    }));
    rank::sort(&mut found);
    found.truncate(limit);

    let mut scattered = Vec::new();
    if also_scattered && words.len() > 1 && found.len() < limit {
        let segments = library.find_scattered_in(words, scope, &known, limit - found.len())?;
        scattered = scored(segments, |text, title| ranking.segment(text, title));
        rank::sort(&mut scattered);
        // They come last, whatever the one segment that is shown would score.
        let ceiling = found.last().map_or(f32::INFINITY, |last| last.score);
        for one in &mut scattered {
            one.score = one.score.min(ceiling);
        }
    }
    Ok(AllWords {
        in_places: found,
        scattered,
    })
}

/// Finds what holds some words of a question, at most `limit`, the best first, each with the share of
/// the question's weight that it holds. Leaves out those that are `known`.
pub(crate) fn some_words(
    library: &Library,
    terms: &Terms,
    scope: &Scope,
    limit: usize,
    known: &[Found],
) -> Result<Vec<(Found, f32)>, SearchError> {
    if limit == 0 || scope.is_empty() {
        return Ok(Vec::new());
    }
    let key = |found: &Found| {
        (
            found.recording_id,
            found.segment.as_ref().map(|segment| segment.start_ms),
        )
    };
    let mut seen: HashSet<(RecordingId, Option<u64>)> = known.iter().map(key).collect();
    let mut found = Vec::new();
    for stem in terms.stems() {
        let word = [stem.to_owned()];
        let segments = library.find_segments_in(&word, scope, MAX_CANDIDATES_OF_TERM)?;
        let titles = library.find_titles_in(&word, scope, limit)?;
        for segment in segments {
            if seen.insert((segment.recording_id, Some(segment.start_ms))) {
                let (score, covered) = terms.score(&segment.text, &segment.title);
                found.push((from_segment(segment, score), covered));
            }
        }
        for title in titles {
            if seen.insert((title.recording_id, None)) {
                let (score, covered) = terms.score(&title.title, &title.title);
                let one = Found {
                    score,
                    recording_id: title.recording_id,
                    title: title.title,
                    created_at: title.created_at,
                    segment: None,
                };
                found.push((one, covered));
            }
        }
    }
    found.sort_by(|(a, a_covered), (b, b_covered)| {
        let both = b.score * b_covered;
        both.total_cmp(&(a.score * a_covered))
            .then_with(|| b.created_at.cmp(&a.created_at))
            .then_with(|| key(b).cmp(&key(a)))
    });
    found.truncate(limit);
    Ok(found)
}

fn scored(segments: Vec<SegmentMatch>, score: impl Fn(&str, &str) -> f32) -> Vec<Found> {
    segments
        .into_iter()
        .map(|segment| {
            let score = score(&segment.text, &segment.title);
            from_segment(segment, score)
        })
        .collect()
}

fn from_segment(found: SegmentMatch, score: f32) -> Found {
    Found {
        score,
        recording_id: found.recording_id,
        title: found.title,
        created_at: found.created_at,
        segment: Some(HitSegment {
            start_ms: found.start_ms,
            end_ms: found.end_ms,
            text: found.text,
        }),
    }
}
