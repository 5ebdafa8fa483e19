use std::collections::HashSet;

use recordroute_core::RecordingId;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::fold::{fold, grams, query};
use crate::streams::{Stream, next_common};
use crate::transcripts::SEGMENT_BITS;
use crate::{Library, Scope, StoreError, from_sql_int};

// Both indexes hold the runs of one, two and three characters of the folded text (fold.rs);
// SQLite's own trigram tokenizer does not find words of one or two characters, and many Korean
// words have two. They keep neither text nor positions: candidates are compared with the text
// itself. `ascii` parts at blanks and takes everything beyond ASCII as it is.
pub(crate) const SCHEMA_V1: &str = "
CREATE VIRTUAL TABLE segment_grams USING fts5 (
    grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
CREATE VIRTUAL TABLE title_grams USING fts5 (
    grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
CREATE TRIGGER segments_deleted AFTER DELETE ON segments BEGIN
    DELETE FROM segment_grams WHERE rowid = old.id;
END;
";

/// A segment that holds what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentMatch {
    /// Its recording.
    pub recording_id: RecordingId,
    /// The recording's title.
    pub title: String,
    /// When the recording was added, RFC 3339 in UTC.
    pub created_at: String,
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds.
    pub end_ms: u64,
    /// The segment's text in NFC.
    pub text: String,
}

/// A recording whose title holds what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleMatch {
    /// The recording.
    pub recording_id: RecordingId,
    /// Its title in NFC.
    pub title: String,
    /// When it was added, RFC 3339 in UTC.
    pub created_at: String,
}

const SEGMENT_COLUMNS: &str = "
    r.id, r.title, r.created_at, s.start_ms, s.end_ms, s.text
    FROM segment_grams g
    CROSS JOIN segments s ON s.id = g.rowid
    CROSS JOIN recordings r ON r.transcript_id = (g.rowid >> 20)
    WHERE segment_grams MATCH ?1 AND r.trashed_at IS NULL";

impl Library {
    /// Segments that hold all `words` (each as [`fold`] made it; a word may be a phrase with blanks),
    /// the newest first, at most `limit`. Only current transcripts of recordings outside the trash.
    pub fn find_segments(&self, words: &[String], limit: usize) -> Result<Vec<SegmentMatch>, StoreError> {
        self.find_segments_in(words, &Scope::default(), limit)
    }

    /// Those of [`Library::find_segments`] that are in `scope`.
    pub fn find_segments_in(
        &self,
        words: &[String],
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<SegmentMatch>, StoreError> {
        let Some(query) = all_of(words) else {
            return Ok(Vec::new());
        };
        self.read(|connection| match scope.transcripts() {
            None => everywhere(connection, &query, words, limit),
            Some(transcripts) => within(connection, &query, words, scope, transcripts, limit),
        })
    }

    /// Recordings whose title holds all `words`, newest first, at most `limit`.
    pub fn find_titles(&self, words: &[String], limit: usize) -> Result<Vec<TitleMatch>, StoreError> {
        self.find_titles_in(words, &Scope::default(), limit)
    }

    /// Those of [`Library::find_titles`] that are in `scope`; none where it is what somebody said.
    pub fn find_titles_in(
        &self,
        words: &[String],
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<TitleMatch>, StoreError> {
        if scope.speaker().is_some() {
            return Ok(Vec::new());
        }
        let Some(query) = all_of(words) else {
            return Ok(Vec::new());
        };
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT r.id, r.title, r.created_at FROM title_grams g CROSS JOIN recordings r ON r.id = g.rowid
                 WHERE title_grams MATCH ?1 AND r.trashed_at IS NULL ORDER BY g.rowid DESC",
            )?;
            let mut rows = statement.query([query])?;
            let mut matches = Vec::new();
            while matches.len() < limit
                && let Some(row) = rows.next()?
            {
                let id = RecordingId(row.get(0)?);
                if !scope.has_recording(id) {
                    continue;
                }
                let found = TitleMatch {
                    recording_id: id,
                    title: row.get(1)?,
                    created_at: row.get(2)?,
                };
                let title = fold(&found.title);
                if words.iter().all(|word| title.contains(word)) {
                    matches.push(found);
                }
            }
            Ok(matches)
        })
    }

    /// Recordings that hold all `words`, though not all in one place: each word in the title or in
    /// some segment. For each, the first segment that holds a word which the title does not. Leaves
    /// out those in `known`. Newest first, at most `limit`.
    pub fn find_scattered(
        &self,
        words: &[String],
        known: &HashSet<RecordingId>,
        limit: usize,
    ) -> Result<Vec<SegmentMatch>, StoreError> {
        self.find_scattered_in(words, &Scope::default(), known, limit)
    }

    /// Those of [`Library::find_scattered`] that are in `scope`; none where it is what somebody said.
    pub fn find_scattered_in(
        &self,
        words: &[String],
        scope: &Scope,
        known: &HashSet<RecordingId>,
        limit: usize,
    ) -> Result<Vec<SegmentMatch>, StoreError> {
        if all_of(words).is_none() || limit == 0 || scope.speaker().is_some() {
            return Ok(Vec::new());
        }
        self.read(|connection| {
            let mut streams = Vec::with_capacity(words.len());
            for word in words {
                streams.push(Stream::new(connection, word)?);
            }
            let mut matches = Vec::new();
            let mut at_most = scope.last_before(i64::MAX >> SEGMENT_BITS);
            while matches.len() < limit
                && let Some(highest) = at_most
                && let Some(transcript_id) = next_common(connection, &mut streams, highest)?
            {
                if scope.last_before(transcript_id + 1) == Some(transcript_id) {
                    matches.extend(scattered_in(connection, transcript_id, words, &streams, known)?);
                }
                at_most = scope.last_before(transcript_id);
            }
            Ok(matches)
        })
    }

    /// In how many segments `word` may occur, counted up to `limit`: its weight in ranking.
    pub fn segment_frequency(&self, word: &str, limit: u64) -> Result<u64, StoreError> {
        let query = query(word);
        if query.is_empty() {
            return Ok(0);
        }
        self.read(|connection| {
            let n: i64 = connection
                .prepare_cached(
                    "SELECT count(*) FROM (SELECT 1 FROM segment_grams WHERE segment_grams MATCH ?1 LIMIT ?2)",
                )?
                .query_row(params![query, crate::to_sql_int(limit)], |row| row.get(0))?;
            Ok(from_sql_int(n))
        })
    }

    /// Number of segments in all transcripts.
    pub fn n_segments(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let n: i64 = connection
                .prepare_cached("SELECT coalesce(sum(n_segments), 0) FROM transcripts")?
                .query_row([], |row| row.get(0))?;
            Ok(from_sql_int(n))
        })
    }
}

/// Puts a segment into the index, in the place of what it said before; its text is in NFC.
pub(crate) fn index_segment(transaction: &Transaction<'_>, id: i64, text: &str) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO segment_grams (rowid, grams) VALUES (?1, ?2)")?
        .execute(params![id, grams(&fold(text))])?;
    Ok(())
}

/// Puts a title into the index, in the place of an older one.
pub(crate) fn index_title(
    transaction: &Transaction<'_>,
    id: RecordingId,
    title: &str,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO title_grams (rowid, grams) VALUES (?1, ?2)")?
        .execute(params![id.0, grams(&fold(title))])?;
    Ok(())
}

/// The query for all words together; none where one of them cannot be looked up.
fn all_of(words: &[String]) -> Option<String> {
    let queries: Vec<String> = words.iter().map(|word| query(word)).collect();
    if queries.is_empty() || queries.iter().any(String::is_empty) {
        return None;
    }
    Some(queries.join(" AND "))
}

/// The newest segments of all recordings that hold the words.
fn everywhere(
    connection: &Connection,
    query: &str,
    words: &[String],
    limit: usize,
) -> Result<Vec<SegmentMatch>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {SEGMENT_COLUMNS} ORDER BY g.rowid DESC"))?;
    let mut rows = statement.query([query])?;
    let mut matches = Vec::new();
    while matches.len() < limit
        && let Some(row) = rows.next()?
    {
        matches.extend(match_from_row(row, words)?);
    }
    Ok(matches)
}

/// The newest segments of those transcripts that hold the words. What is in others is passed over in the
/// index, before anything of it is read; to look into each transcript by itself takes longer from a few
/// on, because the index finds its beginning by reading.
fn within(
    connection: &Connection,
    query: &str,
    words: &[String],
    scope: &Scope,
    transcripts: &[i64],
    limit: usize,
) -> Result<Vec<SegmentMatch>, StoreError> {
    let mut found = connection.prepare_cached(
        "SELECT rowid FROM segment_grams WHERE segment_grams MATCH ?1 AND rowid >= ?2 AND rowid < ?3
         ORDER BY rowid DESC",
    )?;
    let mut segment = connection.prepare_cached(
        "SELECT r.id, r.title, r.created_at, s.start_ms, s.end_ms, s.text
         FROM segments s CROSS JOIN recordings r ON r.transcript_id = (s.id >> 20)
         WHERE s.id = ?1 AND r.trashed_at IS NULL AND (?2 IS NULL OR s.speaker = ?2)",
    )?;
    let (Some(first), Some(last)) = (transcripts.first(), transcripts.last()) else {
        return Ok(Vec::new());
    };
    let mut rows = found.query(params![query, first << SEGMENT_BITS, (last + 1) << SEGMENT_BITS])?;
    let mut matches = Vec::new();
    while matches.len() < limit
        && let Some(row) = rows.next()?
    {
        let segment_id: i64 = row.get(0)?;
        if transcripts.binary_search(&(segment_id >> SEGMENT_BITS)).is_err() {
            continue;
        }
        let mut rows = segment.query(params![segment_id, scope.speaker()])?;
        if let Some(row) = rows.next()? {
            matches.extend(match_from_row(row, words)?);
        }
    }
    Ok(matches)
}

/// The segment, if its text holds the words: the index knows only runs of characters.
fn match_from_row(row: &Row<'_>, words: &[String]) -> Result<Option<SegmentMatch>, StoreError> {
    let text = fold(row.get_ref(5)?.as_str().unwrap_or_default());
    match words.iter().all(|word| text.contains(word)) {
        true => segment_from_row(row).map(Some),
        false => Ok(None),
    }
}

/// The segment to show for a transcript that may hold all words in different places, if it does and
/// is the current one of a recording that is neither `known` nor in the trash.
fn scattered_in(
    connection: &Connection,
    transcript_id: i64,
    words: &[String],
    streams: &[Stream],
    known: &HashSet<RecordingId>,
) -> Result<Option<SegmentMatch>, StoreError> {
    let recording: Option<(i64, String)> = connection
        .prepare_cached("SELECT id, title FROM recordings WHERE transcript_id = ?1 AND trashed_at IS NULL")?
        .query_row([transcript_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let title = match recording {
        Some((id, title)) if !known.contains(&RecordingId(id)) => fold(&title),
        _ => return Ok(None),
    };
    let mut shown: Option<SegmentMatch> = None;
    for (word, stream) in words.iter().zip(streams) {
        if title.contains(word) {
            continue;
        }
        // The index may be wrong about the one segment (its runs of characters may come apart), and
        // then another one may hold the word; looking that up costs far more than reading a row.
        let in_segment = match stream.segment_of(transcript_id) {
            Some(segment_id) => segment_with(connection, segment_id, word)?,
            None => None,
        };
        let found = match in_segment {
            Some(found) => found,
            None => match first_with(connection, transcript_id, word)? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        if shown.as_ref().is_none_or(|shown| found.start_ms < shown.start_ms) {
            shown = Some(found);
        }
    }
    Ok(shown)
}

/// That segment, if it holds the word.
fn segment_with(
    connection: &Connection,
    segment_id: i64,
    word: &str,
) -> Result<Option<SegmentMatch>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT r.id, r.title, r.created_at, s.start_ms, s.end_ms, s.text
             FROM segments s CROSS JOIN recordings r ON r.transcript_id = (s.id >> 20) WHERE s.id = ?1",
        )?
        .query_row([segment_id], |row| Ok(segment_from_row(row)))
        .optional()?
        .transpose()?;
    Ok(found.filter(|found| fold(&found.text).contains(word)))
}

/// The first segment of a transcript that holds the word.
fn first_with(
    connection: &Connection,
    transcript_id: i64,
    word: &str,
) -> Result<Option<SegmentMatch>, StoreError> {
    let first_id = transcript_id << SEGMENT_BITS;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {SEGMENT_COLUMNS} AND g.rowid >= ?2 AND g.rowid < ?3 ORDER BY g.rowid"
    ))?;
    let mut rows = statement.query(params![query(word), first_id, first_id + (1 << SEGMENT_BITS)])?;
    while let Some(row) = rows.next()? {
        if fold(row.get_ref(5)?.as_str().unwrap_or_default()).contains(word) {
            return segment_from_row(row).map(Some);
        }
    }
    Ok(None)
}

fn segment_from_row(row: &Row<'_>) -> Result<SegmentMatch, StoreError> {
    Ok(SegmentMatch {
        recording_id: RecordingId(row.get(0)?),
        title: row.get(1)?,
        created_at: row.get(2)?,
        start_ms: from_sql_int(row.get(3)?),
        end_ms: from_sql_int(row.get(4)?),
        text: row.get(5)?,
    })
}
