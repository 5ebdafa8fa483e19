use std::ops::{Range, RangeInclusive};

use recordroute_core::{RecordingId, Segment};
use rusqlite::{OptionalExtension, params};

use crate::transcripts::SEGMENT_BITS;
use crate::{Library, StoreError, from_sql_int, to_sql_int};

/// What was said at a place of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceText {
    /// The recording's title.
    pub title: String,
    /// When the recording was added, RFC 3339 in UTC.
    pub created_at: String,
    /// The first of the segments, counted from 0 in the recording's transcript.
    pub first_segment_idx: u32,
    /// The segments, without their words; at least one.
    pub segments: Vec<Segment>,
}

impl Library {
    /// What is said at a place of a recording, by its current transcript: in those segments where they
    /// are of that transcript, else in those that touch the times, in milliseconds, since another
    /// transcript says the same in other segments. None where nothing is said there, and for what is in the trash or gone.
    pub fn place_text(
        &self,
        id: RecordingId,
        in_transcript: Option<(i64, RangeInclusive<u32>)>,
        times_ms: Range<u64>,
    ) -> Result<Option<PlaceText>, StoreError> {
        self.read(|connection| {
            let recording: Option<(String, String, i64)> = connection
                .prepare_cached(
                    "SELECT title, created_at, transcript_id FROM recordings
                     WHERE id = ?1 AND trashed_at IS NULL AND transcript_id IS NOT NULL",
                )?
                .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((title, created_at, current_id)) = recording else {
                return Ok(None);
            };
            let first_id = current_id << SEGMENT_BITS;
            let (ids, times) = match &in_transcript {
                Some((transcript_id, segments)) if *transcript_id == current_id => (
                    (
                        first_id + i64::from(*segments.start()),
                        first_id + i64::from(*segments.end()),
                    ),
                    (-1, i64::MAX),
                ),
                _ => (
                    (first_id, first_id + (1 << SEGMENT_BITS) - 1),
                    (to_sql_int(times_ms.start), to_sql_int(times_ms.end)),
                ),
            };
            let mut statement = connection.prepare_cached(
                "SELECT id - ?1, start_ms, end_ms, text, confidence, speaker FROM segments
                 WHERE id >= ?2 AND id <= ?3 AND end_ms > ?4 AND start_ms < ?5 ORDER BY id",
            )?;
            let mut rows = statement.query(params![first_id, ids.0, ids.1, times.0, times.1])?;
            let mut first_segment_idx = None;
            let mut segments = Vec::new();
            while let Some(row) = rows.next()? {
                let idx = u32::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
                first_segment_idx.get_or_insert(idx);
                segments.push(Segment {
                    start_ms: from_sql_int(row.get(1)?),
                    end_ms: from_sql_int(row.get(2)?),
                    text: row.get(3)?,
                    confidence: row.get(4)?,
                    speaker: row.get(5)?,
                    flags: Vec::new(),
                    words: Vec::new(),
                });
            }
            Ok(first_segment_idx.map(|first_segment_idx| PlaceText {
                title,
                created_at,
                first_segment_idx,
                segments,
            }))
        })
    }
}
