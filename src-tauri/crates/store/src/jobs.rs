use recordroute_core::{Job, JobId, JobKind, JobState, RecordingId, Stage};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params, params_from_iter};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Library, StoreError, clock, from_sql_int, recordings, to_sql_int, transcripts};

// `position` is the order in the queue. `owner` and `lease_until_ms` belong to a running job; an
// owner that does not renew its lease is taken for dead (leases.rs).
pub(crate) const SCHEMA_V1: &str = "
CREATE TABLE jobs (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    recording_id     INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    kind             TEXT NOT NULL,
    state            TEXT NOT NULL,
    stage            TEXT NOT NULL,
    position         INTEGER NOT NULL,
    done_ms          INTEGER NOT NULL DEFAULT 0,
    n_attempts       INTEGER NOT NULL DEFAULT 0,
    error            TEXT,
    error_code       TEXT,
    owner            TEXT,
    lease_until_ms   INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    created_at       TEXT NOT NULL,
    finished_at      TEXT
) STRICT;
CREATE INDEX jobs_open ON jobs (position) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_by_recording ON jobs (recording_id);
";

const COLUMNS: &str = "
    j.id, j.recording_id, r.title, j.kind, j.state, j.stage, j.done_ms, j.n_attempts, j.error,
    j.error_code, j.created_at, j.finished_at
    FROM jobs j JOIN recordings r ON r.id = j.recording_id";

/// Which jobs to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobListing {
    /// Only those that wait or run.
    pub open_only: bool,
    /// Only those of this recording.
    pub recording_id: Option<RecordingId>,
    /// At most so many; none lists all.
    pub limit: Option<u64>,
}

impl Library {
    /// Puts a job at the end of the queue.
    pub fn enqueue(&self, recording_id: RecordingId, kind: &JobKind) -> Result<JobId, StoreError> {
        self.write(|transaction| insert(transaction, recording_id, kind))
    }

    /// The job with that number.
    pub fn job(&self, id: JobId) -> Result<Job, StoreError> {
        self.read(|connection| find(connection, id))
    }

    /// Jobs: running ones first, then the queue in its order, then those that ended, newest first.
    pub fn jobs(&self, listing: &JobListing) -> Result<Vec<Job>, StoreError> {
        let mut sql = format!("SELECT {COLUMNS} WHERE 1");
        let mut values = Vec::new();
        if listing.open_only {
            sql.push_str(" AND j.state IN ('queued', 'running')");
        }
        if let Some(id) = listing.recording_id {
            sql.push_str(" AND j.recording_id = ?");
            values.push(Value::from(id.0));
        }
        sql.push_str(
            " ORDER BY CASE j.state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 ELSE 2 END,
                       CASE WHEN j.state IN ('queued', 'running') THEN j.position END,
                       j.finished_at DESC, j.id DESC LIMIT ?",
        );
        values.push(Value::from(listing.limit.map_or(-1, to_sql_int)));
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut jobs = Vec::new();
            while let Some(row) = rows.next()? {
                jobs.push(from_row(row)?);
            }
            Ok(jobs)
        })
    }

    /// Cancels a job: at once where it waits or its owner is dead, else its owner learns of it from
    /// [`Library::renew`]. Returns the state that it is in now. One that has ended stays as it is.
    pub fn request_cancel(&self, id: JobId) -> Result<JobState, StoreError> {
        self.write(|transaction| {
            let job = find(transaction, id)?;
            match job.state {
                JobState::Queued => cancel(transaction, id)?,
                JobState::Running if !crate::leases::is_leased(transaction, id)? => cancel(transaction, id)?,
                JobState::Running => {
                    transaction.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = ?1", [id.0])?;
                }
                JobState::Done | JobState::Failed | JobState::Cancelled => {}
            }
            Ok(find(transaction, id)?.state)
        })
    }

    /// Puts a failed or cancelled job at the end of the queue. What it stored stays, and it goes on
    /// from there.
    pub fn retry(&self, id: JobId) -> Result<(), StoreError> {
        self.write(|transaction| requeue(transaction, id, &[JobState::Failed, JobState::Cancelled]))
    }

    /// Puts a job that has ended, however, at the end of the queue to be done again from the
    /// beginning: what it stored is deleted.
    pub fn restart(&self, id: JobId) -> Result<(), StoreError> {
        self.write(|transaction| {
            let ended = [JobState::Failed, JobState::Cancelled, JobState::Done];
            requeue(transaction, id, &ended)?;
            transaction.execute("UPDATE jobs SET done_ms = 0 WHERE id = ?1", [id.0])?;
            transaction.execute("DELETE FROM transcripts WHERE job_id = ?1", [id.0])?;
            transcripts::settle_current(transaction, find(transaction, id)?.recording_id)
        })
    }

    /// Moves a waiting job to a place in the queue: 0 is next, anything past the end is last.
    pub fn move_job(&self, id: JobId, position: usize) -> Result<(), StoreError> {
        self.write(|transaction| {
            match find(transaction, id)?.state {
                JobState::Queued => {}
                JobState::Running => return Err(StoreError::JobTaken(id)),
                JobState::Done | JobState::Failed | JobState::Cancelled => {
                    return Err(StoreError::JobEnded(id));
                }
            }
            let mut queue: Vec<(i64, i64)> = transaction
                .prepare_cached("SELECT id, position FROM jobs WHERE state = 'queued' ORDER BY position, id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            // The places stay, the jobs in them change: running jobs are not overtaken.
            let places: Vec<i64> = queue.iter().map(|(_, place)| *place).collect();
            let Some(from) = queue.iter().position(|(job, _)| *job == id.0) else {
                return Ok(());
            };
            let moved = queue.remove(from);
            queue.insert(position.min(queue.len()), moved);
            let mut update = transaction.prepare_cached("UPDATE jobs SET position = ?2 WHERE id = ?1")?;
            for ((job, old_place), place) in queue.into_iter().zip(places) {
                if old_place != place {
                    update.execute([job, place])?;
                }
            }
            Ok(())
        })
    }
}

pub(crate) fn insert(
    transaction: &Transaction<'_>,
    recording_id: RecordingId,
    kind: &JobKind,
) -> Result<JobId, StoreError> {
    recordings::exists(transaction, recording_id)?;
    transaction.execute(
        "INSERT INTO jobs (recording_id, kind, state, stage, position, created_at)
         VALUES (?1, ?2, 'queued', 'waiting', (SELECT coalesce(max(position), 0) + 1 FROM jobs), ?3)",
        params![recording_id.0, serde_json::to_string(kind)?, clock::now()],
    )?;
    Ok(JobId(transaction.last_insert_rowid()))
}

pub(crate) fn find(connection: &Connection, id: JobId) -> Result<Job, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} WHERE j.id = ?1"))?
        .query_row([id.0], |row| Ok(from_row(row)))
        .optional()?
        .unwrap_or(Err(StoreError::NotFound {
            what: "job",
            id: id.0,
        }))
}

/// Cancels what waits of a recording and asks what runs to stop.
pub(crate) fn cancel_all_of(transaction: &Transaction<'_>, id: RecordingId) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE jobs SET state = 'cancelled', finished_at = ?2 WHERE recording_id = ?1 AND state = 'queued'",
        params![id.0, clock::now()],
    )?;
    transaction.execute(
        "UPDATE jobs SET cancel_requested = 1 WHERE recording_id = ?1 AND state = 'running'",
        [id.0],
    )?;
    Ok(())
}

fn cancel(transaction: &Transaction<'_>, id: JobId) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE jobs SET state = 'cancelled', finished_at = ?2, cancel_requested = 0,
                         owner = NULL, lease_until_ms = NULL
         WHERE id = ?1",
        params![id.0, clock::now()],
    )?;
    Ok(())
}

fn requeue(transaction: &Transaction<'_>, id: JobId, from: &[JobState]) -> Result<(), StoreError> {
    let state = find(transaction, id)?.state;
    match state {
        JobState::Queued | JobState::Running => return Err(StoreError::JobOpen(id)),
        _ if !from.contains(&state) => return Err(StoreError::JobEnded(id)),
        _ => {}
    }
    transaction.execute(
        "UPDATE jobs SET state = 'queued', stage = 'waiting', error = NULL, error_code = NULL,
                         finished_at = NULL, cancel_requested = 0, owner = NULL, lease_until_ms = NULL,
                         position = (SELECT max(position) + 1 FROM jobs)
         WHERE id = ?1",
        [id.0],
    )?;
    Ok(())
}

/// The text of an enum's variant as serde writes it, for a column that people can read.
pub(crate) fn name_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(name) => Ok(name),
        other => Err(StoreError::StoredValue(other.to_string())),
    }
}

pub(crate) fn named<T: DeserializeOwned>(name: String) -> Result<T, StoreError> {
    Ok(serde_json::from_value(serde_json::Value::String(name))?)
}

fn from_row(row: &Row<'_>) -> Result<Job, StoreError> {
    let kind: String = row.get(3)?;
    let stage: Stage = named(row.get(5)?)?;
    let error_code: Option<String> = row.get(9)?;
    Ok(Job {
        id: JobId(row.get(0)?),
        recording_id: RecordingId(row.get(1)?),
        title: row.get(2)?,
        kind: serde_json::from_str(&kind)?,
        state: named(row.get(4)?)?,
        stage,
        done_ms: from_sql_int(row.get(6)?),
        n_attempts: row.get(7)?,
        error: row.get(8)?,
        error_code: error_code.map(named).transpose()?,
        created_at: row.get(10)?,
        finished_at: row.get(11)?,
    })
}
