//! Joins what was found by words with what was found by meaning: reciprocal rank fusion (Cormack,
//! Clarke and Büttcher, 2009). Scores of the two cannot be compared, places in a list can: a hit counts
//! one by 60 and its place, in each list that has it.
//!
//! A list does not count fully where there is little behind it. A segment that holds a part of a
//! question counts by that part. A passage that is hardly nearer than chance would put one counts two
//! fifths: it then comes after sixty good hits by words, and still before nothing at all. Each language has a
//! list by meaning of its own: of one that was asked in another language than it was said the answer would
//! else come after everything that was said in the language of the question.

use recordroute_core::RecordingId;

use crate::Found;
use crate::matrix::{MIN_ROWS_FOR_SPREAD, Near, Nearest};

/// As in the paper: how little the first places of a list stand out.
const K: f32 = 60.0;

/// What a passage counts that chance would have put there, against one that is certainly meant.
const LEAST_TRUST: f32 = 0.4;

/// Hits of one recording that come in their place; further ones come after all others.
const MAX_OF_RECORDING: usize = 3;

/// A hit of one list or both.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    pub recording_id: RecordingId,
    pub by_words: Option<Found>,
    pub by_meaning: Option<Near>,
    pub score: f32,
}

/// How far a passage is to be trusted, from two fifths to 1; of too few all are. Among `n` passages that have
/// nothing to do with what was asked the nearest one lies about √(2 ln n) deviations above their mean (the
/// largest of so many numbers of a normal distribution); real answers lie well above it.
pub(crate) fn trust(nearest: &Nearest, similarity: f32) -> f32 {
    if nearest.n_rows < MIN_ROWS_FOR_SPREAD || nearest.deviation < f32::EPSILON {
        return 1.0;
    }
    let height = (similarity - nearest.mean) / nearest.deviation;
    let chance = (2.0 * (nearest.n_rows as f32).ln()).sqrt();
    let above = ((height - TRUST_FROM * chance) / ((TRUST_TO - TRUST_FROM) * chance)).clamp(0.0, 1.0);
    LEAST_TRUST + (1.0 - LEAST_TRUST) * above
}

/// Where trust begins and where it is full, in parts of what chance reaches. Measured with
/// multilingual-e5-small on the recordings of `tests/fixtures/finding`: of 52 questions that are answered in
/// their own language the nearest passage lay at 0.64 to 1.9, half of them above 1.05; in the other language,
/// where nothing answers them, at 0.6 to 1.1, half below 0.8. Whoever asks is better served by one passage
/// too many than by none.
const TRUST_FROM: f32 = 0.7;
const TRUST_TO: f32 = 1.0;

/// Leaves out passages that share a segment with a better one.
pub(crate) fn without_overlaps(found: Vec<Near>) -> Vec<Near> {
    let mut kept: Vec<Near> = Vec::with_capacity(found.len());
    for near in found {
        let is_there = kept.iter().any(|other| {
            other.recording_id == near.recording_id
                && other.first_segment_idx <= near.last_segment_idx
                && near.first_segment_idx <= other.last_segment_idx
        });
        if !is_there {
            kept.push(near);
        }
    }
    kept
}

/// Joins a list by words and one by meaning for each language, each with what its hits count at most, into
/// one, the best first. A segment inside a passage is one hit with it; further segments inside of it are none.
pub(crate) fn join(by_words: Vec<(Found, f32)>, by_meaning: Vec<Vec<(Near, f32)>>) -> Vec<Joined> {
    let points = |idx: usize, weight: f32| weight / (K + 1.0 + idx as f32);
    let mut joined: Vec<Joined> = by_words
        .into_iter()
        .enumerate()
        .map(|(idx, (found, weight))| Joined {
            recording_id: found.recording_id,
            score: points(idx, weight),
            by_words: Some(found),
            by_meaning: None,
        })
        .collect();
    let placed = by_meaning
        .into_iter()
        .flat_map(|list| list.into_iter().enumerate());
    for (idx, (near, weight)) in placed {
        let mut one = Joined {
            recording_id: near.recording_id,
            score: points(idx, weight),
            by_words: None,
            by_meaning: Some(near),
        };
        joined.retain_mut(|other| {
            let is_inside = other.recording_id == near.recording_id
                && other.by_meaning.is_none()
                && other
                    .by_words
                    .as_ref()
                    .and_then(|found| found.segment.as_ref())
                    .is_some_and(|segment| {
                        let middle_ms = segment.start_ms.midpoint(segment.end_ms);
                        (near.start_ms..=near.end_ms).contains(&middle_ms)
                    });
            if is_inside && one.by_words.is_none() {
                one.by_words = other.by_words.take();
                one.score += other.score;
            }
            !is_inside
        });
        joined.push(one);
    }
    joined.sort_by(|a, b| {
        let similarity = |one: &Joined| one.by_meaning.map_or(0.0, |near| near.similarity);
        let created_at = |one: &Joined| one.by_words.as_ref().map(|found| found.created_at.clone());
        b.score
            .total_cmp(&a.score)
            .then_with(|| b.by_words.is_some().cmp(&a.by_words.is_some()))
            .then_with(|| similarity(b).total_cmp(&similarity(a)))
            .then_with(|| created_at(b).cmp(&created_at(a)))
            .then_with(|| b.recording_id.cmp(&a.recording_id))
    });
    joined
}

/// Puts what one recording has beyond its first hits after all others, so that one meeting about a
/// matter does not hide where else it came up.
pub(crate) fn spread(joined: Vec<Joined>) -> Vec<Joined> {
    let mut n_of = std::collections::HashMap::new();
    let (first, further): (Vec<Joined>, Vec<Joined>) = joined.into_iter().partition(|one| {
        let n: &mut usize = n_of.entry(one.recording_id).or_default();
        *n += 1;
        *n <= MAX_OF_RECORDING
    });
    first.into_iter().chain(further).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HitSegment;

    fn found(recording_id: i64, start_ms: u64) -> Found {
        Found {
            score: 1.0,
            recording_id: RecordingId(recording_id),
            title: String::new(),
            created_at: String::new(),
            segment: Some(HitSegment {
                start_ms,
                end_ms: start_ms + 900,
                text: "a".to_owned(),
            }),
        }
    }

    fn near(recording_id: i64, first_segment_idx: u32) -> Near {
        Near {
            recording_id: RecordingId(recording_id),
            transcript_id: 1,
            first_segment_idx,
            last_segment_idx: first_segment_idx + 4,
            start_ms: 0,
            end_ms: 5_000,
            similarity: 0.5,
        }
    }

    fn placed(recording_id: i64, weight: f32) -> (Near, f32) {
        (near(recording_id, 0), weight)
    }

    #[test]
    fn a_place_that_both_found_is_one_hit_and_comes_first() {
        let joined = join(
            vec![
                (found(1, 0), 1.0),
                (found(2, 2_000), 1.0),
                (found(2, 3_000), 1.0),
                (found(2, 9_000), 1.0),
            ],
            vec![vec![placed(3, 1.0), placed(2, 1.0)]],
        );
        let of_two: Vec<_> = joined
            .iter()
            .filter(|one| one.recording_id == RecordingId(2))
            .collect();
        assert_eq!(
            joined[0].recording_id,
            RecordingId(2),
            "two lists count more than one"
        );
        assert_eq!(
            joined[0]
                .by_words
                .as_ref()
                .unwrap()
                .segment
                .as_ref()
                .unwrap()
                .start_ms,
            2_000,
            "the better of its segments is shown"
        );
        assert_eq!(
            of_two.len(),
            2,
            "a segment outside the passage is a hit of its own"
        );
        let expected = 1.0 / 62.0 + 1.0 / 62.0;
        assert!((joined[0].score - expected).abs() < 1e-6, "as the paper has it");
    }

    #[test]
    fn passages_without_trust_come_after_words() {
        let words = (0..20).map(|id| (found(id, 0), 1.0)).collect();
        let vague = (100..120).map(|id| placed(id, LEAST_TRUST)).collect();
        let joined = join(words, vec![vague]);
        let first: Vec<i64> = joined.iter().take(20).map(|one| one.recording_id.0).collect();
        assert_eq!(first, (0..20).collect::<Vec<_>>(), "words keep their places");
        assert_eq!(joined.len(), 40, "and what is near is shown after them");
        let sure = join(
            (0..20).map(|id| (found(id, 0), 1.0)).collect(),
            vec![(100..120).map(|id| placed(id, 1.0)).collect()],
        );
        assert!(
            sure.iter()
                .take(4)
                .filter(|one| one.recording_id.0 >= 100)
                .count()
                == 2,
            "what is certainly meant shares the first places"
        );
    }

    #[test]
    fn trust_grows_with_the_distance_from_chance() {
        let nearest = Nearest {
            found: Vec::new(),
            n_rows: 10_000,
            mean: 0.2,
            deviation: 0.05,
        };
        // Chance reaches 4.3 deviations.
        assert_eq!(trust(&nearest, 0.35), LEAST_TRUST, "three deviations are nothing");
        assert_eq!(trust(&nearest, 0.5), 1.0, "six are an answer");
        let between = trust(&nearest, 0.38);
        assert!((0.5..0.9).contains(&between), "in between it grows: {between}");
        let few = Nearest {
            n_rows: 20,
            ..nearest
        };
        assert_eq!(trust(&few, 0.1), 1.0, "of few passages nothing can be said");
    }

    #[test]
    fn one_recording_does_not_fill_the_list() {
        let words = (0..10)
            .map(|idx| (found(1, idx * 10_000), 1.0))
            .chain([(found(2, 0), 1.0)]);
        let spread = spread(join(words.collect(), Vec::new()));
        let ids: Vec<i64> = spread.iter().take(5).map(|one| one.recording_id.0).collect();
        assert_eq!(ids, [1, 1, 1, 2, 1], "three, then others, then the rest");
        assert_eq!(spread.len(), 11, "and nothing is lost");
    }

    #[test]
    fn overlapping_passages_are_one() {
        let kept = without_overlaps(vec![near(1, 0), near(1, 4), near(2, 4), near(1, 5)]);
        let places: Vec<_> = kept
            .iter()
            .map(|near| (near.recording_id.0, near.first_segment_idx))
            .collect();
        assert_eq!(places, [(1, 0), (2, 4), (1, 5)], "the better one of two stays");
    }
}
