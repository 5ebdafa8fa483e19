//! Which transcripts hold each of several words: one stream of numbers for each word, highest first,
//! read in batches and only as far as they are needed. A stream that is behind the others does not
//! read its way to them but looks the place up, so that a rare word beside a common one costs little.

use rusqlite::{Connection, params};

use crate::StoreError;
use crate::fold::{fold, query};
use crate::transcripts::SEGMENT_BITS;

/// Rows of the first batch; each next one is twice as long up to the largest.
const FIRST_BATCH: i64 = 128;
const LARGEST_BATCH: i64 = 8_192;

/// The transcripts that may hold one word in a segment, or do in the title.
pub(crate) struct Stream {
    query: String,
    /// Numbers by title, ascending.
    by_title: Vec<i64>,
    /// Numbers by segments that were read and not used yet, ascending, each with the earliest of its
    /// segments that was read.
    batch: Vec<(i64, i64)>,
    n_rows: i64,
    /// The next batch begins at this number; none after the last one.
    next: Option<i64>,
}

impl Stream {
    pub(crate) fn new(connection: &Connection, word: &str) -> Result<Self, StoreError> {
        let query = query(word);
        let mut statement = connection.prepare_cached(
            "SELECT r.transcript_id, r.title FROM title_grams g CROSS JOIN recordings r ON r.id = g.rowid
             WHERE title_grams MATCH ?1 AND r.transcript_id IS NOT NULL",
        )?;
        let mut rows = statement.query([&query])?;
        let mut by_title: Vec<i64> = Vec::new();
        while let Some(row) = rows.next()? {
            if fold(row.get_ref(1)?.as_str().unwrap_or_default()).contains(word) {
                by_title.push(row.get(0)?);
            }
        }
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
        self.drop_above(at_most);
        while self.batch.is_empty()
            && let Some(next) = self.next
        {
            if next > at_most {
                self.n_rows = FIRST_BATCH;
            }
            self.read_batch(connection, next.min(at_most))?;
            self.drop_above(at_most);
        }
        let by_segment = self.batch.last().map(|(transcript_id, _)| *transcript_id);
        Ok(self.by_title.last().copied().max(by_segment))
    }

    /// A segment of the transcript that [`next_common`] found in which the word may be.
    pub(crate) fn segment_of(&self, transcript_id: i64) -> Option<i64> {
        let (found, segment_id) = self.batch.last()?;
        (*found == transcript_id).then_some(*segment_id)
    }

    fn drop_above(&mut self, at_most: i64) {
        while self.by_title.last().is_some_and(|id| *id > at_most) {
            self.by_title.pop();
        }
        while self.batch.last().is_some_and(|(id, _)| *id > at_most) {
            self.batch.pop();
        }
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
            let segment_id: i64 = row.get(0)?;
            let transcript_id = segment_id >> SEGMENT_BITS;
            match self.batch.last_mut() {
                Some((last, earliest)) if *last == transcript_id => *earliest = segment_id,
                _ => self.batch.push((transcript_id, segment_id)),
            }
        }
        self.next = match self.batch.last() {
            Some((lowest, _)) if n_read == self.n_rows => Some(lowest - 1),
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
