//! Which transcripts hold each of several words: one stream of numbers for each word, highest first,
//! read in batches and only as far as they are needed. A stream that is behind the others does not
//! read its way to them but looks the place up, so that a rare word beside a common one costs little.

use std::collections::HashMap;

use recordroute_core::RecordingId;
use rusqlite::{Connection, params};

use crate::StoreError;
use crate::fold::{fold, query};
use crate::transcripts::SEGMENT_BITS;

/// Rows of the first batch; each next one is twice as long up to the largest.
const FIRST_BATCH: i64 = 128;
const LARGEST_BATCH: i64 = 8_192;

/// The current transcripts of all recordings outside the trash, with their recordings' folded titles.
pub(crate) struct TitledTranscripts {
    pub(crate) by_id: HashMap<i64, (RecordingId, String)>,
}

impl TitledTranscripts {
    pub(crate) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT transcript_id, id, title FROM recordings
             WHERE trashed_at IS NULL AND transcript_id IS NOT NULL",
        )?;
        let mut rows = statement.query([])?;
        let mut by_id = HashMap::new();
        while let Some(row) = rows.next()? {
            let title = fold(row.get_ref(2)?.as_str().unwrap_or_default());
            by_id.insert(row.get(0)?, (RecordingId(row.get(1)?), title));
        }
        Ok(Self { by_id })
    }
}

/// The transcripts that may hold one word in a segment, or do in the title.
pub(crate) struct Stream {
    query: String,
    /// Numbers by title, ascending.
    by_title: Vec<i64>,
    /// Numbers by segments that were read and not used yet, ascending.
    batch: Vec<i64>,
    n_rows: i64,
    /// The next batch begins at this number; none after the last one.
    next: Option<i64>,
}

impl Stream {
    pub(crate) fn new(
        connection: &Connection,
        word: &str,
        transcripts: &TitledTranscripts,
    ) -> Result<Self, StoreError> {
        let query = query(word);
        let mut statement = connection.prepare_cached(
            "SELECT r.transcript_id FROM title_grams g CROSS JOIN recordings r ON r.id = g.rowid
             WHERE title_grams MATCH ?1 AND r.transcript_id IS NOT NULL",
        )?;
        let ids = statement.query_map([&query], |row| row.get(0))?;
        let mut by_title: Vec<i64> = ids.collect::<Result<_, _>>()?;
        by_title.retain(|id| {
            transcripts
                .by_id
                .get(id)
                .is_some_and(|(_, title)| title.contains(word))
        });
        by_title.sort_unstable();
        Ok(Self {
            query,
            by_title,
            batch: Vec::new(),
            n_rows: FIRST_BATCH,
            next: Some(i64::MAX >> SEGMENT_BITS),
        })
    }

    /// The highest number that is not above `at_most`.
    fn highest(&mut self, connection: &Connection, at_most: i64) -> Result<Option<i64>, StoreError> {
        let drop_above = |ids: &mut Vec<i64>| {
            while ids.last().is_some_and(|id| *id > at_most) {
                ids.pop();
            }
        };
        drop_above(&mut self.by_title);
        drop_above(&mut self.batch);
        while self.batch.is_empty()
            && let Some(next) = self.next
        {
            if next > at_most {
                self.n_rows = FIRST_BATCH;
            }
            self.read_batch(connection, next.min(at_most))?;
            drop_above(&mut self.batch);
        }
        Ok(self.by_title.last().max(self.batch.last()).copied())
    }

    fn read_batch(&mut self, connection: &Connection, at_most: i64) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT rowid FROM segment_grams WHERE segment_grams MATCH ?1 AND rowid <= ?2
             ORDER BY rowid DESC LIMIT ?3",
        )?;
        let last_row = (at_most << SEGMENT_BITS) | ((1 << SEGMENT_BITS) - 1);
        let mut rows = statement.query(params![self.query, last_row, self.n_rows])?;
        let mut n_read = 0;
        while let Some(row) = rows.next()? {
            n_read += 1;
            let transcript_id = row.get::<_, i64>(0)? >> SEGMENT_BITS;
            if self.batch.last() != Some(&transcript_id) {
                self.batch.push(transcript_id);
            }
        }
        self.next = match self.batch.last() {
            Some(lowest) if n_read == self.n_rows => Some(lowest - 1),
            _ => None,
        };
        self.batch.reverse();
        self.n_rows = (self.n_rows * 2).min(LARGEST_BATCH);
        Ok(())
    }
}

/// The highest number, not above `at_most`, that is in all streams.
pub(crate) fn next_common(
    connection: &Connection,
    streams: &mut [Stream],
    mut at_most: i64,
) -> Result<Option<i64>, StoreError> {
    loop {
        let before = at_most;
        for stream in streams.iter_mut() {
            match stream.highest(connection, at_most)? {
                Some(highest) => at_most = highest,
                None => return Ok(None),
            }
        }
        // No stream had to go lower: this number is in all of them.
        if at_most == before {
            return Ok(Some(at_most));
        }
    }
}
