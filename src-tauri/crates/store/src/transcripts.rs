use recordroute_core::{DetectedLanguage, JobId, RecordingId, Segment, Transcript, Word};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use unicode_normalization::UnicodeNormalization;

use crate::{Library, StoreError, clock, edits, find, from_sql_int, recordings, to_sql_int};

// A segment's id is its transcript's number shifted by SEGMENT_BITS plus its place in it. So the
// segments of a transcript are one range of rows in order, the same numbers serve the full-text
// index, and which transcript a found row belongs to is known without reading it. The trigger
// replaces a foreign key, which would need an index over every segment.
pub(crate) const SCHEMA_V1: &str = "
CREATE TABLE transcripts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    recording_id INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    job_id       INTEGER NOT NULL UNIQUE,
    model        TEXT,
    language     TEXT,
    probability  REAL,
    device       TEXT,
    speed        REAL,
    n_segments   INTEGER NOT NULL DEFAULT 0,
    created_at   TEXT NOT NULL,
    completed_at TEXT
) STRICT;
CREATE INDEX transcripts_by_recording ON transcripts (recording_id);

CREATE TABLE segments (
    id         INTEGER PRIMARY KEY,
    start_ms   INTEGER NOT NULL,
    end_ms     INTEGER NOT NULL CHECK (end_ms >= start_ms),
    text       TEXT NOT NULL CHECK (text <> ''),
    confidence REAL NOT NULL,
    speaker    TEXT,
    flags      TEXT,
    words      TEXT
) STRICT;

CREATE TRIGGER transcripts_deleted AFTER DELETE ON transcripts BEGIN
    DELETE FROM segments WHERE id >= old.id << 20 AND id < (old.id + 1) << 20;
END;
";

/// Bits of a segment's id that number it inside its transcript.
pub(crate) const SEGMENT_BITS: u32 = 20;

/// Most segments of one transcript: a month of talk.
pub(crate) const MAX_SEGMENTS: u64 = 1 << SEGMENT_BITS;

/// Longest text of a segment or word in characters. Half a minute of speech has some hundred.
const MAX_TEXT_CHARS: usize = 20_000;

/// Most words of one segment that are kept.
const MAX_WORDS: usize = 5_000;

/// A segment without its words, and what was heard in it where its text was changed since.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownSegment {
    /// The segment.
    pub segment: Segment,
    /// None where the text is what was heard.
    pub original: Option<String>,
}

/// A word as it is stored: start, end, text, confidence.
type StoredWord = (u64, u64, String, f32);

impl Library {
    /// What was heard in a recording: its newest completed transcript, else its newest one that has
    /// segments, else nothing.
    pub fn transcript(&self, id: RecordingId) -> Result<Transcript, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            read_current(connection, id)
        })
    }

    /// The segments of [`Library::transcript`] without their words, of which there are ten times as
    /// many: for lists that ask for words only where somebody looks.
    pub fn segments(&self, id: RecordingId) -> Result<Vec<Segment>, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            let found = current(connection, id)?;
            Ok(read_transcript(connection, found, false)?.segments)
        })
    }

    /// The same with what was heard, all of them or `most` from the start.
    pub fn shown_segments(
        &self,
        id: RecordingId,
        most: Option<u32>,
    ) -> Result<Vec<ShownSegment>, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            let Some((transcript_id, _)) = current(connection, id)? else {
                return Ok(Vec::new());
            };
            let first_id = transcript_id << SEGMENT_BITS;
            let n = most.map_or(MAX_SEGMENTS, |most| u64::from(most).min(MAX_SEGMENTS));
            let mut statement = connection.prepare_cached(
                "SELECT start_ms, end_ms, text, confidence, speaker, flags, original FROM segments
                 WHERE id >= ?1 AND id < ?2 ORDER BY id",
            )?;
            let mut rows = statement.query([first_id, first_id + to_sql_int(n)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(ShownSegment {
                    segment: read_segment(row)?,
                    original: row.get(6)?,
                });
            }
            Ok(found)
        })
    }

    /// Whether [`Library::transcript`] is whole: what heard it came to its end.
    pub fn has_whole_transcript(&self, id: RecordingId) -> Result<bool, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            Ok(connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM transcripts t JOIN recordings r ON r.transcript_id = t.id
                     WHERE r.id = ?1 AND t.completed_at IS NOT NULL)",
                )?
                .query_row([id.0], |row| row.get(0))?)
        })
    }

    /// Words of [`Library::transcript`] that begin in `from_ms..to_ms`, in order.
    pub fn words(&self, id: RecordingId, from_ms: u64, to_ms: u64) -> Result<Vec<Word>, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            let Some((transcript_id, _)) = current(connection, id)? else {
                return Ok(Vec::new());
            };
            let first_id = transcript_id << SEGMENT_BITS;
            let mut statement = connection.prepare_cached(
                "SELECT words, CASE WHEN original IS NOT NULL THEN text END FROM segments
                 WHERE id >= ?1 AND id < ?2 AND end_ms >= ?3 AND start_ms < ?4 AND words IS NOT NULL ORDER BY id",
            )?;
            let mut rows = statement.query([
                first_id,
                first_id + (1 << SEGMENT_BITS),
                to_sql_int(from_ms),
                to_sql_int(to_ms),
            ])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let words = read_words(row.get(0)?, row.get(1)?)?;
                found.extend(words.into_iter().filter(|word| (from_ms..to_ms).contains(&word.start_ms)));
            }
            Ok(found)
        })
    }

    /// What one job heard, so far or altogether; nothing where it has not begun.
    pub fn transcript_of_job(&self, job_id: JobId) -> Result<Transcript, StoreError> {
        self.read(|connection| {
            let found = connection
                .prepare_cached("SELECT id, language, probability FROM transcripts WHERE job_id = ?1")?
                .query_row([job_id.0], head)
                .optional()?;
            read_transcript(connection, found, true)
        })
    }
}

/// The transcript that a job writes, made where it has none yet.
pub(crate) fn of_job(
    transaction: &Transaction<'_>,
    job_id: JobId,
    recording_id: RecordingId,
    model: &str,
) -> Result<i64, StoreError> {
    let found: Option<i64> = transaction
        .prepare_cached("SELECT id FROM transcripts WHERE job_id = ?1")?
        .query_row([job_id.0], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    transaction
        .prepare_cached(
            "INSERT INTO transcripts (recording_id, job_id, model, created_at) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![recording_id.0, job_id.0, model, clock::now()])?;
    Ok(transaction.last_insert_rowid())
}

/// Appends segments, of which those before `done_ms` are left out because they are stored already.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    transcript_id: i64,
    segments: &[Segment],
    done_ms: u64,
) -> Result<(), StoreError> {
    let mut segment_idx: i64 = transaction
        .prepare_cached("SELECT n_segments FROM transcripts WHERE id = ?1")?
        .query_row([transcript_id], |row| row.get(0))?;
    let first_id = transcript_id << SEGMENT_BITS;
    let mut last_end_ms: u64 = transaction
        .prepare_cached("SELECT end_ms FROM segments WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 1")?
        .query_row([first_id, first_id + segment_idx], |row| row.get(0))
        .optional()?
        .map_or(0, from_sql_int);
    let mut insert = transaction.prepare_cached(
        "INSERT INTO segments (id, start_ms, end_ms, text, confidence, speaker, flags, words)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for segment in segments {
        let text = clean_text(&segment.text);
        // Judged by its middle: a start may be rounded to a millisecond before the border.
        let middle_ms = segment.start_ms / 2 + segment.end_ms / 2;
        if text.is_empty() || (done_ms > 0 && middle_ms < done_ms) {
            continue;
        }
        if from_sql_int(segment_idx) >= MAX_SEGMENTS {
            return Err(StoreError::InvalidInput(
                "The transcript has too many segments. Split the recording into shorter files.".to_owned(),
            ));
        }
        let start_ms = segment.start_ms.max(last_end_ms);
        let end_ms = segment.end_ms.max(start_ms);
        last_end_ms = end_ms;
        let id = first_id + segment_idx;
        insert.execute(params![
            id,
            to_sql_int(start_ms),
            to_sql_int(end_ms),
            text,
            probability(segment.confidence),
            segment.speaker.as_deref().map(clean_text),
            (!segment.flags.is_empty())
                .then(|| serde_json::to_string(&segment.flags))
                .transpose()?,
            stored_words(&segment.words, start_ms)?,
        ])?;
        find::index_segment(transaction, id, &text)?;
        segment_idx += 1;
    }
    transaction
        .prepare_cached("UPDATE transcripts SET n_segments = ?2 WHERE id = ?1")?
        .execute([transcript_id, segment_idx])?;
    Ok(())
}

/// Settles which transcript is the recording's: the newest completed one, else the newest that has
/// segments.
pub(crate) fn settle_current(transaction: &Transaction<'_>, id: RecordingId) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE recordings SET transcript_id =
                 (SELECT t.id FROM transcripts t
                  WHERE t.recording_id = ?1 AND (t.completed_at IS NOT NULL OR t.n_segments > 0)
                  ORDER BY t.completed_at IS NULL, t.completed_at DESC, t.id DESC LIMIT 1)
             WHERE id = ?1",
        )?
        .execute([id.0])?;
    Ok(())
}

type Head = (i64, Option<DetectedLanguage>);

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    let probability = row.get(2)?;
    let code: Option<String> = row.get(1)?;
    Ok((
        row.get(0)?,
        code.map(|code| DetectedLanguage { code, probability }),
    ))
}

/// The recording's current transcript, where it has one.
fn current(connection: &Connection, id: RecordingId) -> Result<Option<Head>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT t.id, t.language, t.probability FROM transcripts t
             JOIN recordings r ON r.transcript_id = t.id WHERE r.id = ?1",
        )?
        .query_row([id.0], head)
        .optional()?)
}

/// The recording's current transcript with its words; empty where it has none.
pub(crate) fn read_current(connection: &Connection, id: RecordingId) -> Result<Transcript, StoreError> {
    read_transcript(connection, current(connection, id)?, true)
}

fn read_transcript(
    connection: &Connection,
    found: Option<Head>,
    with_words: bool,
) -> Result<Transcript, StoreError> {
    let Some((transcript_id, language)) = found else {
        return Ok(Transcript::default());
    };
    let first_id = transcript_id << SEGMENT_BITS;
    let mut statement = connection.prepare_cached(
        "SELECT start_ms, end_ms, text, confidence, speaker, flags, CASE WHEN ?3 THEN words END,
                CASE WHEN original IS NOT NULL THEN text END FROM segments
         WHERE id >= ?1 AND id < ?2 ORDER BY id",
    )?;
    let end_id = first_id + (1 << SEGMENT_BITS);
    let mut rows = statement.query([first_id, end_id, i64::from(with_words)])?;
    let mut segments = Vec::new();
    while let Some(row) = rows.next()? {
        segments.push(Segment {
            words: read_words(row.get(6)?, row.get(7)?)?,
            ..read_segment(row)?
        });
    }
    Ok(Transcript { language, segments })
}

/// A segment without its words, out of the first six columns.
fn read_segment(row: &Row<'_>) -> Result<Segment, StoreError> {
    let flags: Option<String> = row.get(5)?;
    Ok(Segment {
        start_ms: from_sql_int(row.get(0)?),
        end_ms: from_sql_int(row.get(1)?),
        text: row.get(2)?,
        confidence: row.get(3)?,
        speaker: row.get(4)?,
        flags: flags.map_or(Ok(Vec::new()), |flags| serde_json::from_str(&flags))?,
        words: Vec::new(),
    })
}

/// Words as they are stored, which is as they were heard; `changed` is the text of a segment that was
/// changed since.
fn read_words(stored: Option<String>, changed: Option<String>) -> Result<Vec<Word>, StoreError> {
    let Some(stored) = stored else {
        return Ok(Vec::new());
    };
    let words: Vec<StoredWord> = serde_json::from_str(&stored)?;
    let word = |(start_ms, end_ms, text, confidence)| Word {
        start_ms,
        end_ms,
        text,
        confidence,
    };
    let words: Vec<Word> = words.into_iter().map(word).collect();
    Ok(match changed {
        Some(text) => edits::realigned(&words, &text),
        None => words,
    })
}

fn stored_words(words: &[Word], segment_start_ms: u64) -> Result<Option<String>, StoreError> {
    if words.is_empty() {
        return Ok(None);
    }
    let words: Vec<StoredWord> = words
        .iter()
        .take(MAX_WORDS)
        .map(|word| {
            let start_ms = word.start_ms.max(segment_start_ms);
            let end_ms = word.end_ms.max(start_ms);
            (
                start_ms,
                end_ms,
                clean_text(&word.text),
                probability(word.confidence),
            )
        })
        .collect();
    Ok(Some(serde_json::to_string(&words)?))
}

/// NFC without NUL, which SQLite and C read as the end, and without surrounding white space.
pub(crate) fn clean_text(text: &str) -> String {
    let text: String = text
        .trim()
        .nfc()
        .filter(|c| *c != '\0')
        .take(MAX_TEXT_CHARS)
        .collect();
    text.trim().to_owned()
}

/// A number that is none (the model's own arithmetic gone wrong) counts as no confidence.
fn probability(value: f32) -> f32 {
    if value.is_finite() {
        value.clamp(0.0, 1.0)
    } else {
        0.0
    }
}
