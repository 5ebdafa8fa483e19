use recordroute_store::{Filters, Library, PlaceText, Scope};
use serde::{Deserialize, Serialize};

use crate::fusion::{self, Joined};
use crate::matrix::{Near, Nearest};
use crate::terms::{self, Terms};
use crate::vectors::Vectors;
use crate::{Found, FoundBy, Hit, HitPassage, HitSegment, SearchError, by_words, snippet, words};

/// What is searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Words, all of which must occur.
    Words,
    /// Meaning, whatever the words.
    Meaning,
    /// Both, joined. Words need not all occur, so that a whole question can be asked.
    #[default]
    Hybrid,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// As the user typed it.
    pub text: String,
    /// What is searched by.
    pub mode: Mode,
    /// What the search is narrowed to, before anything is ranked.
    pub filters: Filters,
    /// Most hits.
    pub limit: usize,
}

/// No list is longer than that.
const MAX_LIMIT: usize = 1_000;

/// What was found, before its texts are looked up.
pub(crate) struct Lists {
    pub joined: Vec<Joined>,
    /// What to mark in texts.
    pub marks: Vec<String>,
}

/// Finds hits, the best first. `vector` is what the user typed as the model of [`Vectors::model`] embeds
/// it, of length 1.0; without one the search is by words alone, and [`Mode::Meaning`] refuses.
///
/// With filters only what they leave is searched, so that there are as many hits as without. Of one
/// recording three hits stand in their place; further ones follow after those of others, except in
/// [`Mode::Words`].
pub fn find(
    library: &Library,
    vectors: &Vectors,
    query: &Query,
    vector: Option<&[f32]>,
) -> Result<Vec<Hit>, SearchError> {
    let limit = query.limit.min(MAX_LIMIT);
    if query.mode == Mode::Words {
        let words = words::parse(&query.text)?;
        let found = by_words::all_words(library, &words, &library.scope(&query.filters)?, limit, true)?;
        let found = found.in_places.into_iter().chain(found.scattered);
        return Ok(found.map(|one| one.into_hit(&words)).collect());
    }
    let scope = library.scope(&query.filters)?;
    let lists = lists(library, vectors, query, &scope, vector, limit)?;
    let mut hits = Vec::with_capacity(limit);
    for one in fusion::spread(lists.joined) {
        if hits.len() >= limit {
            break;
        }
        hits.extend(hit(library, one, &lists.marks, scope.speaker())?);
    }
    Ok(hits)
}

/// Searches by both sides and joins them.
pub(crate) fn lists(
    library: &Library,
    vectors: &Vectors,
    query: &Query,
    scope: &Scope,
    vector: Option<&[f32]>,
    limit: usize,
) -> Result<Lists, SearchError> {
    let content = terms::content(&words::parse(&query.text)?);
    let vector = match vector {
        Some(vector) if vectors.n_dimensions(library)? == Some(vector.len()) => Some(vector),
        _ => None,
    };
    if vector.is_none() && query.mode == Mode::Meaning {
        return Err(SearchError::NoVector);
    }
    if limit == 0 || scope.is_empty() {
        return Ok(Lists {
            joined: Vec::new(),
            marks: Vec::new(),
        });
    }
    let terms = Terms::new(library, &content)?;
    let said = match query.mode {
        Mode::Meaning => Vec::new(),
        Mode::Words | Mode::Hybrid => said(library, &content, &terms, scope, limit)?,
    };
    let meant = match vector {
        Some(vector) => meant(library, vectors, vector, scope, limit)?,
        None => Vec::new(),
    };
    let mut marks = content;
    for mark in terms.marks() {
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
    Ok(Lists {
        joined: fusion::join(said, meant),
        marks,
    })
}

/// Half of a question says an eighth of what the whole does: which half it is, is chance.
const PART_POWER: i32 = 3;

/// What holds the words, the best first, each with what it counts. Recordings that hold all of them in
/// different places are not looked for by themselves: each of those places is found by its own words.
fn said(
    library: &Library,
    content: &[String],
    terms: &Terms,
    scope: &Scope,
    limit: usize,
) -> Result<Vec<(Found, f32)>, SearchError> {
    let all = by_words::all_words(library, content, scope, limit, false)?.in_places;
    let some = by_words::some_words(library, terms, scope, limit.saturating_sub(all.len()), &all)?;
    let all = all.into_iter().map(|found| (found, 1.0));
    let some = some
        .into_iter()
        .map(|(found, covered)| (found, covered.powi(PART_POWER)));
    Ok(all.chain(some).collect())
}

/// What is near in meaning, for each language the best first, each with what it counts.
fn meant(
    library: &Library,
    vectors: &Vectors,
    vector: &[f32],
    scope: &Scope,
    limit: usize,
) -> Result<Vec<Vec<(Near, f32)>>, SearchError> {
    // Of passages that overlap only one stays; of each recording some may have to wait.
    let nearest = vectors.nearest(library, vector, limit * 4 + 60, scope)?;
    let weighed = |mut nearest: Nearest| {
        let mut found = fusion::without_overlaps(std::mem::take(&mut nearest.found));
        found.truncate(limit * 2 + 20);
        let found = found
            .into_iter()
            .map(|near| (near, fusion::trust(&nearest, near.similarity)));
        found.collect()
    };
    Ok(nearest.into_iter().map(weighed).collect())
}

/// A hit with its texts; none where the recording is gone meanwhile.
fn hit(
    library: &Library,
    one: Joined,
    marks: &[String],
    speaker: Option<&str>,
) -> Result<Option<Hit>, SearchError> {
    let Some(near) = one.by_meaning else {
        return Ok(one.by_words.map(|found| Hit {
            score: one.score,
            ..found.into_hit(marks)
        }));
    };
    let passage = Some(HitPassage {
        start_ms: near.start_ms,
        end_ms: near.end_ms,
    });
    if let Some(found) = one.by_words {
        return Ok(Some(Hit {
            score: one.score,
            passage,
            found_by: FoundBy::Both,
            ..found.into_hit(marks)
        }));
    }
    let Some(text) = text_of(library, &near)? else {
        return Ok(None);
    };
    Ok(Some(Hit {
        recording_id: near.recording_id,
        segment: shown_segment(&text, marks, speaker),
        snippet: snippet::snippet(&joined_text(&text), marks),
        title: text.title,
        created_at: text.created_at,
        passage,
        found_by: FoundBy::Meaning,
        score: one.score,
    }))
}

/// What is said in a passage now.
pub(crate) fn text_of(library: &Library, near: &Near) -> Result<Option<PlaceText>, SearchError> {
    let segments = near.first_segment_idx..=near.last_segment_idx;
    let in_transcript = Some((near.transcript_id, segments));
    Ok(library.place_text(near.recording_id, in_transcript, near.start_ms..near.end_ms)?)
}

/// The text of a place as it was embedded.
pub(crate) fn joined_text(text: &PlaceText) -> String {
    let texts: Vec<&str> = text
        .segments
        .iter()
        .map(|segment| segment.text.as_str())
        .collect();
    texts.join(" ")
}

/// The segment that holds most of the words, the first of them; of the speaker who was asked for.
fn shown_segment(text: &PlaceText, marks: &[String], speaker: Option<&str>) -> Option<HitSegment> {
    let n_marks = |said: &str| {
        let folded = recordroute_store::fold(said);
        marks.iter().filter(|mark| folded.contains(mark.as_str())).count()
    };
    let of_speaker = text
        .segments
        .iter()
        .filter(|segment| speaker.is_none() || segment.speaker.as_deref() == speaker);
    // `max_by_key` takes the last of equal ones.
    let best = of_speaker.rev().max_by_key(|segment| n_marks(&segment.text))?;
    Some(HitSegment {
        start_ms: best.start_ms,
        end_ms: best.end_ms,
        text: best.text.clone(),
    })
}
