use std::collections::{HashMap, HashSet};

use recordroute_core::RecordingId;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::fold::{fold, query};
use crate::transcripts::SEGMENT_BITS;
use crate::{Library, StoreError};

// Who spoke is known for few recordings or none: those without it are not in the index.
pub(crate) const SCHEMA_V4: &str = "
CREATE INDEX segments_by_speaker ON segments (speaker) WHERE speaker IS NOT NULL;
";

/// What a search is narrowed to; what is empty narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    /// Only recordings that were added at this time or later. RFC 3339 in UTC, or the beginning of it,
    /// such as a day.
    pub from: Option<String>,
    /// Only recordings that were added at this time or before, the whole day where it is a day.
    pub to: Option<String>,
    /// Only recordings in this language, by its code.
    pub language: Option<String>,
    /// Only recordings that carry all of these tags.
    pub tags: Vec<String>,
    /// Only what this speaker said.
    pub speaker: Option<String>,
    /// Only recordings whose title holds these words as they stand.
    pub title: Option<String>,
    /// Only these recordings.
    pub recording_ids: Vec<RecordingId>,
}

/// Where is searched: [`Filters`], looked up once for one search.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The recordings; none where it is all of them outside the trash.
    only: Option<Only>,
    trashed: HashSet<RecordingId>,
    speaker: Option<Speaker>,
}

#[derive(Debug, Clone, Default)]
struct Only {
    recordings: HashSet<RecordingId>,
    /// Their transcripts, ascending.
    transcripts: Vec<i64>,
}

#[derive(Debug, Clone)]
struct Speaker {
    name: String,
    /// The segments that the speaker said, ascending, by transcript.
    segments: HashMap<i64, Vec<u32>>,
}

impl Scope {
    /// Whether a recording is in it.
    pub fn has_recording(&self, id: RecordingId) -> bool {
        match &self.only {
            Some(only) => only.recordings.contains(&id),
            None => !self.trashed.contains(&id),
        }
    }

    /// Whether some of a transcript's segments are in it, from `first_segment_idx` to the last one. Of a
    /// recording that is in it.
    pub fn has_segments(&self, transcript_id: i64, first_segment_idx: u32, last_segment_idx: u32) -> bool {
        let Some(speaker) = &self.speaker else {
            return true;
        };
        // A transcript that is no longer the recording's has no place in the one that is.
        speaker.segments.get(&transcript_id).is_some_and(|segments| {
            let at = segments.partition_point(|idx| *idx < first_segment_idx);
            segments.get(at).is_some_and(|idx| *idx <= last_segment_idx)
        })
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.only.as_ref().is_some_and(|only| only.recordings.is_empty())
    }

    /// How many recordings it was narrowed to; none where it was not.
    pub fn n_recordings(&self) -> Option<usize> {
        self.only.as_ref().map(|only| only.recordings.len())
    }

    /// The speaker that it was narrowed to.
    pub fn speaker(&self) -> Option<&str> {
        self.speaker.as_ref().map(|speaker| speaker.name.as_str())
    }

    /// The highest number below `end` that one of its transcripts has, or could have where it was not
    /// narrowed.
    pub(crate) fn last_before(&self, end: i64) -> Option<i64> {
        match self.transcripts() {
            None => Some(end - 1).filter(|last| *last > 0),
            Some(all) => {
                let n_before = all.partition_point(|id| *id < end);
                n_before.checked_sub(1).and_then(|at| all.get(at).copied())
            }
        }
    }

    /// The transcripts that it was narrowed to, ascending.
    pub(crate) fn transcripts(&self) -> Option<&[i64]> {
        self.only.as_ref().map(|only| only.transcripts.as_slice())
    }
}

impl Library {
    /// Looks up which recordings a search is narrowed to.
    pub fn scope(&self, filters: &Filters) -> Result<Scope, StoreError> {
        self.read(|connection| {
            if *filters == Filters::default() {
                let mut statement =
                    connection.prepare_cached("SELECT id FROM recordings WHERE trashed_at IS NOT NULL")?;
                let rows = statement.query_map([], |row| Ok(RecordingId(row.get(0)?)))?;
                return Ok(Scope {
                    trashed: rows.collect::<Result<_, _>>()?,
                    ..Scope::default()
                });
            }
            let speaker = match &filters.speaker {
                Some(name) => Some(speaker(connection, name)?),
                None => None,
            };
            let only = only(connection, filters, speaker.as_ref())?;
            Ok(Scope {
                only: Some(only),
                speaker,
                ..Scope::default()
            })
        })
    }
}

fn only(connection: &Connection, filters: &Filters, speaker: Option<&Speaker>) -> Result<Only, StoreError> {
    let mut sql = String::from(
        "SELECT r.id, r.transcript_id, r.title FROM recordings r
         LEFT JOIN transcripts t ON t.id = r.transcript_id WHERE r.trashed_at IS NULL",
    );
    let mut values = Vec::new();
    let mut narrow = |condition: &str, value: String| {
        sql.push_str(condition);
        values.push(Value::from(value));
    };
    if let Some(from) = &filters.from {
        narrow(" AND r.created_at >= ?", from.clone());
    }
    if let Some(to) = &filters.to {
        // The sign stands after every one that a time is written with.
        narrow(" AND r.created_at < ?", format!("{to}~"));
    }
    if let Some(language) = &filters.language {
        narrow(" AND t.language = ?", language.clone());
    }
    for tag in &filters.tags {
        narrow(
            " AND r.id IN (SELECT recording_id FROM recording_tags JOIN tags ON tags.id = tag_id WHERE name = ?)",
            tag.nfc().collect(),
        );
    }
    let title = filters.title.as_deref().map(fold);
    if let Some(grams) = title.as_deref().map(query).filter(|grams| !grams.is_empty()) {
        narrow(
            " AND r.id IN (SELECT rowid FROM title_grams WHERE title_grams MATCH ?)",
            grams,
        );
    }
    let wanted: HashSet<RecordingId> = filters.recording_ids.iter().copied().collect();
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut only = Only::default();
    while let Some(row) = rows.next()? {
        let id = RecordingId(row.get(0)?);
        let transcript_id: Option<i64> = row.get(1)?;
        let is_wanted = wanted.is_empty() || wanted.contains(&id);
        let has_title = match &title {
            Some(title) => fold(row.get_ref(2)?.as_str().unwrap_or_default()).contains(title),
            None => true,
        };
        let is_heard = speaker.is_none_or(|speaker| {
            transcript_id.is_some_and(|transcript_id| speaker.segments.contains_key(&transcript_id))
        });
        if is_wanted && has_title && is_heard {
            only.recordings.insert(id);
            only.transcripts.extend(transcript_id);
        }
    }
    only.transcripts.sort_unstable();
    Ok(only)
}

fn speaker(connection: &Connection, name: &str) -> Result<Speaker, StoreError> {
    let name: String = name.nfc().collect();
    let mut statement =
        connection.prepare_cached("SELECT id FROM segments WHERE speaker = ?1 ORDER BY id")?;
    let mut rows = statement.query([&name])?;
    let mut segments: HashMap<i64, Vec<u32>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let idx = id & ((1 << SEGMENT_BITS) - 1);
        segments
            .entry(id >> SEGMENT_BITS)
            .or_default()
            .push(u32::try_from(idx).unwrap_or(0));
    }
    Ok(Speaker { name, segments })
}
