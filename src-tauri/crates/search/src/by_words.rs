use std::collections::HashSet;

use recordroute_core::RecordingId;
use recordroute_store::{Library, Scope, SegmentMatch};

use crate::rank::{self, Ranking};
use crate::terms::{Terms, Worth};
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
/// the question's weight that it holds. Words that were said shortly before or after count as well: a
/// sentence takes up what the one before named. Of what stands near each other the best is found. Leaves
/// out those that are `known`.
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
    let mut seen: HashSet<Key> = HashSet::new();
    let mut said: Vec<(Found, Worth)> = Vec::new();
    let mut take = |found: Found, worth: Worth| {
        if seen.insert(key(&found)) {
            said.push((found, worth));
        }
    };
    for stem in terms.stems() {
        let word = [stem.to_owned()];
        for segment in library.find_segments_in(&word, scope, MAX_CANDIDATES_OF_TERM)? {
            let worth = terms.worth(&segment.text, &segment.title);
            take(from_segment(segment, 0.0), worth);
        }
        for title in library.find_titles_in(&word, scope, limit)? {
            let worth = terms.worth(&title.title, &title.title);
            let one = Found {
                score: 0.0,
                recording_id: title.recording_id,
                title: title.title,
                created_at: title.created_at,
                segment: None,
            };
            take(one, worth);
        }
    }
    said.sort_by_key(|(found, _)| key(found));
    let mut found: Vec<(Found, f32)> = (0..said.len())
        .filter_map(|idx| weighed(&said, idx, terms))
        .collect();
    found.sort_by(|(a, a_covered), (b, b_covered)| {
        let both = b.score * b_covered;
        both.total_cmp(&(a.score * a_covered))
            .then_with(|| b.created_at.cmp(&a.created_at))
            .then_with(|| key(b).cmp(&key(a)))
    });
    let mut kept: Vec<(Found, f32)> = Vec::with_capacity(limit);
    let is_known: HashSet<Key> = known.iter().map(key).collect();
    for one in found {
        if kept.len() >= limit {
            break;
        }
        let is_there =
            is_known.contains(&key(&one.0)) || kept.iter().any(|(other, _)| is_near(other, &one.0));
        if !is_there {
            kept.push(one);
        }
    }
    Ok(kept)
}

/// How far apart in a recording what was said belongs together.
const NEAR_MS: u64 = 20_000;

/// What a word counts that was said near by, against one that was said here.
const NEAR_PART: f32 = 0.5;

type Key = (RecordingId, Option<u64>);

fn key(found: &Found) -> Key {
    (
        found.recording_id,
        found.segment.as_ref().map(|segment| segment.start_ms),
    )
}

/// Whether two segments of a recording stand near each other.
fn is_near(a: &Found, b: &Found) -> bool {
    let starts = a.segment.as_ref().zip(b.segment.as_ref());
    a.recording_id == b.recording_id
        && starts.is_some_and(|(a, b)| a.start_ms.abs_diff(b.start_ms) <= NEAR_MS)
}

/// One of those that were found, in the order of their keys, with what its words and those around it
/// score.
fn weighed(said: &[(Found, Worth)], idx: usize, terms: &Terms) -> Option<(Found, f32)> {
    let (found, worth) = said.get(idx)?;
    let mut worth = worth.clone();
    let before = said.get(..idx)?.iter().rev();
    let after = said.get(idx + 1..)?.iter();
    let is_near = |(other, _): &&(Found, Worth)| is_near(other, found);
    for (_, near) in before.take_while(is_near).chain(after.take_while(is_near)) {
        worth.add_near(near, NEAR_PART);
    }
    let (score, covered) = terms.score(&worth);
    let found = Found {
        score,
        ..found.clone()
    };
    Some((found, covered))
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
