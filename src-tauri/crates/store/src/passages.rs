use std::collections::{HashMap, VecDeque};

use recordroute_core::RecordingId;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::edits::TextVersion;
use crate::{Library, StoreError, from_sql_int, index_file, to_sql_int, vectors};

// Of the index (index_file.rs). `texts` says which text of a recording the passages of a model were
// made of (`fingerprint`; none where they are not all there), or why they could not be. Whoever keeps
// vectors in memory reads again what has a newer generation. A passage's place in a transcript holds
// for that transcript; its times hold for the recording.
pub(crate) const SCHEMA: &str = "
CREATE TABLE facts (
    generation INTEGER NOT NULL,
    begun_at   TEXT NOT NULL
) STRICT;

CREATE TABLE models (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL UNIQUE,
    n_dimensions INTEGER NOT NULL,
    is_answering INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE texts (
    model_id      INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    recording_id  INTEGER NOT NULL,
    transcript_id INTEGER NOT NULL,
    fingerprint   TEXT,
    error         TEXT,
    generation    INTEGER NOT NULL,
    PRIMARY KEY (model_id, recording_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE passages (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id          INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    recording_id      INTEGER NOT NULL,
    first_segment_idx INTEGER NOT NULL,
    last_segment_idx  INTEGER NOT NULL,
    start_ms          INTEGER NOT NULL,
    end_ms            INTEGER NOT NULL,
    text_hash         INTEGER NOT NULL,
    scale             REAL NOT NULL,
    vector            BLOB NOT NULL
) STRICT;
CREATE INDEX passages_by_text ON passages (model_id, recording_id);
";

/// A stretch of a transcript that has a vector of its own, or should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassagePlace {
    /// The first of its segments, counted from 0 in the transcript.
    pub first_segment_idx: u32,
    /// The last of its segments.
    pub last_segment_idx: u32,
    /// Where the first segment starts in the recording, milliseconds.
    pub start_ms: u64,
    /// Where the last segment ends in the recording, milliseconds.
    pub end_ms: u64,
    /// [`text_hash`] of what the vector is made of.
    pub text_hash: u64,
}

/// What makes vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingModel {
    /// Its name, which is another one for another version or another way of giving it texts.
    pub name: String,
    /// Length of its vectors.
    pub n_dimensions: usize,
}

/// FNV-1a in 64 bits (Fowler, Noll and Vo): the same in every version of the program. Texts are
/// compared inside one recording only, and nobody gains by making two alike.
pub fn text_hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// A row of `passages` that can be used again.
struct Kept {
    id: i64,
    place: PassagePlace,
}

impl Library {
    /// Which of the passages that a recording should have lack a vector of that model: their places in
    /// `wanted`, in order. What was said before in the same words has one already, wherever it stood.
    pub fn passages_to_embed(
        &self,
        id: RecordingId,
        wanted: &[PassagePlace],
        model: &EmbeddingModel,
    ) -> Result<Vec<usize>, StoreError> {
        let lacking = self.index().read(|connection| {
            let Some(model_id) = model_id(connection, model)? else {
                return Ok((0..wanted.len()).collect());
            };
            let (matched, _) = matched(kept(connection, model_id, id, model.n_dimensions)?, wanted);
            let lacking = matched.iter().enumerate().filter(|(_, row)| row.is_none());
            Ok(lacking.map(|(idx, _)| idx).collect())
        })?;
        Ok(lacking.unwrap_or_else(|| (0..wanted.len()).collect()))
    }

    /// Stores vectors of length 1.0, each with its place in `wanted`, for the text that was `read`. Once
    /// all wanted passages have one, those of an earlier text go and the recording is indexed; before
    /// that, what is stored is only kept for the next time. Tells whether the recording is indexed
    /// now, which it is not either where its text is another one meanwhile.
    ///
    /// The first model that stores anything answers; a later one begins to when
    /// [`Library::finish_model`] says so.
    pub fn store_passages(
        &self,
        id: RecordingId,
        read: TextVersion,
        model: &EmbeddingModel,
        wanted: &[PassagePlace],
        new: &[(usize, Vec<f32>)],
    ) -> Result<bool, StoreError> {
        let mut stored = Vec::with_capacity(new.len());
        for (idx, vector) in new {
            let place = wanted.get(*idx).ok_or_else(|| invalid("has no passage"))?;
            if vector.len() != model.n_dimensions {
                return Err(invalid("has not the model's length"));
            }
            let (scale, bytes) = vectors::pack(vector).ok_or_else(|| invalid("is no direction"))?;
            stored.push((*idx, *place, scale, bytes));
        }
        let fingerprint = self.fingerprint(id, read)?;
        self.index().write(|transaction| {
            let model_id = model_id_or_new(transaction, model)?;
            let (matched, left_over) = matched(kept(transaction, model_id, id, model.n_dimensions)?, wanted);
            let mut is_there: Vec<bool> = matched.iter().map(Option::is_some).collect();
            for (idx, place, scale, bytes) in &stored {
                if let Some(is_there) = is_there.get_mut(*idx)
                    && !*is_there
                {
                    insert(transaction, model_id, id, place, *scale, bytes)?;
                    *is_there = true;
                }
            }
            if fingerprint.is_none() || !is_there.iter().all(|is_there| *is_there) {
                return Ok(false);
            }
            for row in left_over {
                transaction
                    .prepare_cached("DELETE FROM passages WHERE id = ?1")?
                    .execute([row])?;
            }
            for (place, row) in wanted.iter().zip(matched) {
                if let Some(row) = row.filter(|row| row.place != *place) {
                    move_to(transaction, row.id, place)?;
                }
            }
            let generation = next_generation(transaction)?;
            set_text(
                transaction,
                model_id,
                id,
                read,
                fingerprint.as_deref(),
                None,
                generation,
            )?;
            Ok(true)
        })
    }

    /// Says that the text that was `read` cannot be indexed, and why, in a sentence for the user. It is
    /// not tried again until the text is another one or [`Library::retry_failed_index`] is called.
    pub fn fail_index(
        &self,
        id: RecordingId,
        read: TextVersion,
        model: &EmbeddingModel,
        why: &str,
    ) -> Result<(), StoreError> {
        let fingerprint = self.fingerprint(id, read)?;
        self.index().write(|transaction| {
            let model_id = model_id_or_new(transaction, model)?;
            let generation = next_generation(transaction)?;
            set_text(
                transaction,
                model_id,
                id,
                read,
                fingerprint.as_deref(),
                Some(why),
                generation,
            )
        })
    }

    /// Lets every recording that could not be indexed be tried again.
    pub fn retry_failed_index(&self) -> Result<(), StoreError> {
        self.index().write(|transaction| {
            transaction.execute(
                "UPDATE texts SET error = NULL, fingerprint = NULL WHERE error IS NOT NULL",
                [],
            )?;
            Ok(())
        })
    }

    /// Says that what is stored for recordings cannot be used: they wait to be indexed again.
    pub fn mark_outdated(&self, ids: &[RecordingId]) -> Result<(), StoreError> {
        self.index().write(|transaction| {
            for id in ids {
                transaction.execute(
                    "UPDATE texts SET fingerprint = NULL WHERE recording_id = ?1",
                    [id.0],
                )?;
            }
            Ok(())
        })
    }

    /// Lets a model answer from now on and drops what others left, if every recording that can be
    /// indexed is. Tells whether it does.
    pub fn finish_model(&self, model: &EmbeddingModel) -> Result<bool, StoreError> {
        if self.index_status(model)?.n_waiting > 0 {
            return Ok(false);
        }
        self.index().write(|transaction| {
            let model_id = model_id_or_new(transaction, model)?;
            transaction.execute("DELETE FROM models WHERE id <> ?1", [model_id])?;
            let n_changed = transaction.execute(
                "UPDATE models SET is_answering = 1 WHERE id = ?1 AND is_answering = 0",
                [model_id],
            )?;
            if n_changed > 0 {
                next_generation(transaction)?;
            }
            Ok(true)
        })
    }

    /// Throws the whole index away; it is computed again by whoever asks what is waiting.
    pub fn clear_index(&self) -> Result<(), StoreError> {
        self.index().empty()
    }

    pub(crate) fn index(&self) -> &index_file::IndexFile {
        &self.index
    }
}

/// Takes recordings that are gone out of the index.
pub(crate) fn forget(transaction: &Transaction<'_>, ids: &[RecordingId]) -> Result<(), StoreError> {
    for id in ids {
        transaction.execute("DELETE FROM passages WHERE recording_id = ?1", [id.0])?;
        transaction.execute("DELETE FROM texts WHERE recording_id = ?1", [id.0])?;
    }
    if !ids.is_empty() {
        next_generation(transaction)?;
    }
    Ok(())
}

fn invalid(what: &str) -> StoreError {
    StoreError::InvalidInput(format!(
        "A vector of the embedding model {what}. Choose another model for search by meaning."
    ))
}

/// The number of a model; none where it has stored nothing. One of the same name with vectors of
/// another length is another model.
fn model_id(connection: &Connection, model: &EmbeddingModel) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT id FROM models WHERE name = ?1 AND n_dimensions = ?2")?
        .query_row(
            params![model.name, to_sql_int(model.n_dimensions as u64)],
            |row| row.get(0),
        )
        .optional()?)
}

fn model_id_or_new(transaction: &Transaction<'_>, model: &EmbeddingModel) -> Result<i64, StoreError> {
    if let Some(id) = model_id(transaction, model)? {
        return Ok(id);
    }
    if model.n_dimensions == 0 || model.n_dimensions > vectors::MAX_DIMENSIONS {
        return Err(invalid("is too long"));
    }
    transaction.execute("DELETE FROM models WHERE name = ?1", [&model.name])?;
    transaction.execute(
        "INSERT INTO models (name, n_dimensions, is_answering)
         SELECT ?1, ?2, NOT EXISTS (SELECT 1 FROM models WHERE is_answering)",
        params![model.name, to_sql_int(model.n_dimensions as u64)],
    )?;
    Ok(transaction.last_insert_rowid())
}

/// What is stored for a recording and whole, in order; what is damaged is left to be replaced.
fn kept(
    connection: &Connection,
    model_id: i64,
    id: RecordingId,
    n_dimensions: usize,
) -> Result<(Vec<Kept>, Vec<i64>), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, first_segment_idx, last_segment_idx, start_ms, end_ms, text_hash, length(vector), scale
         FROM passages WHERE model_id = ?1 AND recording_id = ?2 ORDER BY id",
    )?;
    let mut rows = statement.query([model_id, id.0])?;
    let (mut kept, mut damaged) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        if vectors::is_whole(from_sql_int(row.get(6)?) as usize, row.get(7)?, n_dimensions) {
            kept.push(Kept {
                id: row.get(0)?,
                place: place_from_row(row, 1)?,
            });
        } else {
            damaged.push(row.get(0)?);
        }
    }
    Ok((kept, damaged))
}

fn place_from_row(row: &Row<'_>, at: usize) -> Result<PassagePlace, StoreError> {
    let idx =
        |at: usize| -> Result<u32, StoreError> { Ok(u32::try_from(row.get::<_, i64>(at)?).unwrap_or(0)) };
    Ok(PassagePlace {
        first_segment_idx: idx(at)?,
        last_segment_idx: idx(at + 1)?,
        start_ms: from_sql_int(row.get(at + 2)?),
        end_ms: from_sql_int(row.get(at + 3)?),
        text_hash: row.get::<_, i64>(at + 4)?.cast_unsigned(),
    })
}

/// For each wanted passage the row with its text, no row twice; and the rows that nobody wants.
fn matched((kept, damaged): (Vec<Kept>, Vec<i64>), wanted: &[PassagePlace]) -> (Vec<Option<Kept>>, Vec<i64>) {
    let mut by_text: HashMap<u64, VecDeque<Kept>> = HashMap::new();
    for row in kept {
        by_text.entry(row.place.text_hash).or_default().push_back(row);
    }
    let matched = wanted
        .iter()
        .map(|place| by_text.get_mut(&place.text_hash).and_then(VecDeque::pop_front))
        .collect();
    let unwanted = by_text.into_values().flatten().map(|row| row.id);
    (matched, unwanted.chain(damaged).collect())
}

fn insert(
    transaction: &Transaction<'_>,
    model_id: i64,
    id: RecordingId,
    place: &PassagePlace,
    scale: f32,
    bytes: &[u8],
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO passages (model_id, recording_id, first_segment_idx, last_segment_idx, start_ms, end_ms,
                                   text_hash, scale, vector)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            model_id,
            id.0,
            place.first_segment_idx,
            place.last_segment_idx,
            to_sql_int(place.start_ms),
            to_sql_int(place.end_ms),
            place.text_hash.cast_signed(),
            scale,
            bytes
        ])?;
    Ok(())
}

fn move_to(transaction: &Transaction<'_>, row_id: i64, place: &PassagePlace) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE passages SET first_segment_idx = ?2, last_segment_idx = ?3, start_ms = ?4, end_ms = ?5
             WHERE id = ?1",
        )?
        .execute(params![
            row_id,
            place.first_segment_idx,
            place.last_segment_idx,
            to_sql_int(place.start_ms),
            to_sql_int(place.end_ms)
        ])?;
    Ok(())
}

fn set_text(
    transaction: &Transaction<'_>,
    model_id: i64,
    id: RecordingId,
    read: TextVersion,
    fingerprint: Option<&str>,
    error: Option<&str>,
    generation: i64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO texts (model_id, recording_id, transcript_id, fingerprint, error, generation)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![model_id, id.0, read.transcript_id, fingerprint, error, generation])?;
    Ok(())
}

fn next_generation(transaction: &Transaction<'_>) -> Result<i64, StoreError> {
    Ok(transaction
        .prepare_cached("UPDATE facts SET generation = generation + 1 RETURNING generation")?
        .query_row([], |row| row.get(0))?)
}
