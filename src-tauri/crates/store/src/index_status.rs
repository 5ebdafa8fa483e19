use std::collections::HashMap;

use recordroute_core::RecordingId;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::edits::TextVersion;
use crate::passages::EmbeddingModel;
use crate::{Library, StoreError, from_sql_int, recordings, to_sql_int};

/// How far the index of a model is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexStatus {
    /// Recordings whose text, as it is now, can be found by meaning.
    pub n_indexed: u64,
    /// Of those that wait: recordings of which an earlier text was indexed.
    pub n_outdated: u64,
    /// Recordings that could not be indexed and are not tried again by themselves.
    pub n_failed: u64,
    /// Recordings that are to be indexed, outdated ones among them.
    pub n_waiting: u64,
    /// Vectors of the model.
    pub n_passages: u64,
    /// The model whose vectors answer now; none while there are no vectors at all.
    pub answering: Option<EmbeddingModel>,
    /// When the index was made, or made anew because it was damaged, RFC 3339 in UTC; none where there
    /// is no index.
    pub begun_at: Option<String>,
}

/// Whether a recording can be found by meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexState {
    /// Nothing was heard in it, or is being heard right now.
    NoText,
    /// It waits, and nothing of it was indexed.
    Waiting,
    /// It waits, and an earlier text of it can be found.
    Outdated,
    /// Its text can be found.
    Indexed,
    /// It could not be indexed; why, in a sentence for the user.
    Failed(String),
}

/// What a fingerprint is made of: a text as it is now. The time is there because a library that was
/// restored from a backup gives the same numbers again.
const CURRENT_TEXTS: &str = "
    SELECT r.id, t.id, t.revision, t.n_segments, t.created_at
    FROM recordings r JOIN transcripts t ON t.id = r.transcript_id";

/// Grows where passages are cut of the same text in another way, so that they are made anew.
const CUT: u32 = 2;

/// A transcript that a job still writes is not indexed yet.
const IS_READY: &str = "
    r.trashed_at IS NULL AND t.n_segments > 0
    AND (t.completed_at IS NOT NULL
         OR NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = t.job_id AND jobs.state IN ('queued', 'running')))";

struct StoredText {
    fingerprint: Option<String>,
    error: Option<String>,
}

impl Library {
    /// How far the index of `model` is.
    pub fn index_status(&self, model: &EmbeddingModel) -> Result<IndexStatus, StoreError> {
        let mut status = IndexStatus::default();
        let stored = self.stored_texts(model)?;
        for (id, fingerprint) in self.ready_texts()? {
            match state_of(stored.get(&id), &fingerprint) {
                IndexState::Indexed => status.n_indexed += 1,
                IndexState::Failed(_) => status.n_failed += 1,
                IndexState::Outdated => {
                    status.n_outdated += 1;
                    status.n_waiting += 1;
                }
                IndexState::Waiting | IndexState::NoText => status.n_waiting += 1,
            }
        }
        status.answering = self.answering_index()?.map(|index| index.model);
        let facts = self.index().read(|connection| {
            let begun_at: String =
                connection.query_row("SELECT begun_at FROM facts", [], |row| row.get(0))?;
            let n_passages: i64 = connection
                .prepare_cached(
                    "SELECT count(*) FROM passages WHERE model_id =
                         (SELECT id FROM models WHERE name = ?1 AND n_dimensions = ?2)",
                )?
                .query_row((&model.name, to_sql_int(model.n_dimensions as u64)), |row| {
                    row.get(0)
                })?;
            Ok((begun_at, from_sql_int(n_passages)))
        })?;
        if let Some((begun_at, n_passages)) = facts {
            status.begun_at = Some(begun_at);
            status.n_passages = n_passages;
        }
        Ok(status)
    }

    /// Whether a recording can be found by meaning, by vectors of `model`.
    pub fn index_state(&self, id: RecordingId, model: &EmbeddingModel) -> Result<IndexState, StoreError> {
        let fingerprint = self.read(|connection| {
            recordings::exists(connection, id)?;
            let sql = format!("{CURRENT_TEXTS} WHERE r.id = ?1 AND {IS_READY}");
            Ok(connection
                .prepare_cached(&sql)?
                .query_row([id.0], fingerprint_from_row)
                .optional()?)
        })?;
        let Some((_, fingerprint)) = fingerprint else {
            return Ok(IndexState::NoText);
        };
        Ok(state_of(self.stored_texts(model)?.get(&id), &fingerprint))
    }

    /// Recordings that are to be indexed for `model`, the newest first, at most `limit`.
    pub fn waiting_for_index(
        &self,
        model: &EmbeddingModel,
        limit: usize,
    ) -> Result<Vec<RecordingId>, StoreError> {
        let stored = self.stored_texts(model)?;
        let waiting = self
            .ready_texts()?
            .into_iter()
            .filter(|(id, fingerprint)| {
                let state = state_of(stored.get(id), fingerprint);
                matches!(state, IndexState::Waiting | IndexState::Outdated)
            })
            .map(|(id, _)| id);
        Ok(waiting.take(limit).collect())
    }

    /// The fingerprint of the text that was read; none where the recording has another one by now.
    pub(crate) fn fingerprint(
        &self,
        id: RecordingId,
        read: TextVersion,
    ) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            let sql = format!("{CURRENT_TEXTS} WHERE r.id = ?1 AND t.id = ?2 AND t.revision = ?3");
            let found = connection
                .prepare_cached(&sql)?
                .query_row([id.0, read.transcript_id, read.revision], fingerprint_from_row)
                .optional()?;
            Ok(found.map(|(_, fingerprint)| fingerprint))
        })
    }

    /// Every text that can be indexed, of the newest recording first.
    fn ready_texts(&self) -> Result<Vec<(RecordingId, String)>, StoreError> {
        self.read(|connection| {
            let sql = format!("{CURRENT_TEXTS} WHERE {IS_READY} ORDER BY r.created_at DESC, r.id DESC");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([], fingerprint_from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn stored_texts(&self, model: &EmbeddingModel) -> Result<HashMap<RecordingId, StoredText>, StoreError> {
        let found = self.index().read(|connection| stored_texts(connection, model))?;
        Ok(found.unwrap_or_default())
    }
}

fn stored_texts(
    connection: &Connection,
    model: &EmbeddingModel,
) -> Result<HashMap<RecordingId, StoredText>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT recording_id, fingerprint, error FROM texts WHERE model_id =
             (SELECT id FROM models WHERE name = ?1 AND n_dimensions = ?2)",
    )?;
    let rows = statement.query_map((&model.name, to_sql_int(model.n_dimensions as u64)), |row| {
        let text = StoredText {
            fingerprint: row.get(1)?,
            error: row.get(2)?,
        };
        Ok((RecordingId(row.get(0)?), text))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn state_of(stored: Option<&StoredText>, fingerprint: &str) -> IndexState {
    let Some(stored) = stored else {
        return IndexState::Waiting;
    };
    let is_current = stored.fingerprint.as_deref() == Some(fingerprint);
    match &stored.error {
        Some(error) if is_current => IndexState::Failed(error.clone()),
        None if is_current => IndexState::Indexed,
        _ => IndexState::Outdated,
    }
}

fn fingerprint_from_row(row: &Row<'_>) -> rusqlite::Result<(RecordingId, String)> {
    let numbers: (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let created_at: String = row.get(4)?;
    let fingerprint = format!("{}:{}:{}:{created_at}:{CUT}", numbers.0, numbers.1, numbers.2);
    Ok((RecordingId(row.get(0)?), fingerprint))
}
