use std::time::Duration;

use recordroute_core::{
    DetectedLanguage, ErrorCode, Job, JobId, JobKind, JobState, RecordingId, Segment, Stage,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{Library, StoreError, clock, from_sql_int, jobs, to_sql_int, transcripts};

/// Longest lease. One that seems to last longer was given before the computer's clock was set back.
const MAX_LEASE_MS: i64 = 60 * 60 * 1_000;

/// SQL for "somebody's lease is good"; takes the time as ?1 and the longest lease as ?2.
const LEASED: &str = "(lease_until_ms > ?1 AND lease_until_ms <= ?1 + ?2)";

/// What one chunk of a recording became.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChunkRecord<'a> {
    /// One past the last millisecond of the recording that the chunk covers.
    pub source_end_ms: u64,
    /// What was said in it, with times of the recording, in order.
    pub segments: &'a [Segment],
    /// The language in use; that of the newest chunk is the transcript's.
    pub language: Option<&'a DetectedLanguage>,
}

/// What is known about a run beside its text. What is none stays as it was.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunFacts {
    /// The model, for the user.
    pub model: Option<String>,
    /// What computes.
    pub device: Option<String>,
    /// Audio seconds a wall-clock second.
    pub speed: Option<f32>,
    /// The language.
    pub language: Option<DetectedLanguage>,
}

/// How a job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd {
    /// Everything is stored.
    Done,
    /// It cannot be done; what was stored stays.
    Failed {
        /// A sentence for the user.
        message: String,
        /// Where a program branches on it.
        code: ErrorCode,
    },
    /// The user did not want it any more; what was stored stays.
    Cancelled,
}

impl Library {
    /// Makes a job that is claimed by `owner` from the first: nobody else takes it up.
    pub fn enqueue_claimed(
        &self,
        recording_id: RecordingId,
        kind: &JobKind,
        owner: &str,
        lease: Duration,
    ) -> Result<JobId, StoreError> {
        self.write(|transaction| {
            let id = jobs::insert(transaction, recording_id, kind)?;
            take(transaction, id, owner, lease)?;
            Ok(id)
        })
    }

    /// Claims the first job in order that waits, or whose owner let its lease run out. `owner` names
    /// one running program and must be its own, such as a process id with a random number.
    pub fn claim_next(&self, owner: &str, lease: Duration) -> Result<Option<Job>, StoreError> {
        self.write(|transaction| {
            // Nobody is left to notice that a dead owner's job was to be cancelled.
            transaction.execute(
                &format!(
                    "UPDATE jobs SET state = 'cancelled', finished_at = ?3, owner = NULL, cancel_requested = 0,
                                     lease_until_ms = NULL
                     WHERE state = 'running' AND cancel_requested = 1 AND NOT coalesce({LEASED}, 0)"
                ),
                params![clock::now_ms(), MAX_LEASE_MS, clock::now()],
            )?;
            let next: Option<i64> = transaction
                .prepare_cached(&format!(
                    "SELECT id FROM jobs
                     WHERE state IN ('queued', 'running')
                       AND (state = 'queued' OR NOT coalesce({LEASED}, 0))
                     ORDER BY position, id LIMIT 1"
                ))?
                .query_row([clock::now_ms(), MAX_LEASE_MS], |row| row.get(0))
                .optional()?;
            let Some(id) = next.map(JobId) else {
                return Ok(None);
            };
            take(transaction, id, owner, lease)?;
            jobs::find(transaction, id).map(Some)
        })
    }

    /// Claims that job, if it waits, or is the caller's, or its owner is dead.
    pub fn claim(&self, id: JobId, owner: &str, lease: Duration) -> Result<Job, StoreError> {
        self.write(|transaction| {
            match jobs::find(transaction, id)?.state {
                JobState::Queued => {}
                JobState::Running => {
                    if is_leased(transaction, id)? && !is_owner(transaction, id, owner)? {
                        return Err(StoreError::JobTaken(id));
                    }
                }
                JobState::Done | JobState::Failed | JobState::Cancelled => {
                    return Err(StoreError::JobEnded(id));
                }
            }
            take(transaction, id, owner, lease)?;
            jobs::find(transaction, id)
        })
    }

    /// Renews the leases of everything that `owner` works on, and tells which of these jobs somebody
    /// wants cancelled. To be called several times within a lease.
    pub fn renew(&self, owner: &str, lease: Duration) -> Result<Vec<JobId>, StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("UPDATE jobs SET lease_until_ms = ?2 WHERE state = 'running' AND owner = ?1")?
                .execute(params![owner, lease_until_ms(lease)])?;
            let mut statement = transaction.prepare_cached(
                "SELECT id FROM jobs WHERE state = 'running' AND owner = ?1 AND cancel_requested = 1",
            )?;
            let ids = statement.query_map([owner], |row| Ok(JobId(row.get(0)?)))?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
    }

    /// Stores what a chunk became and that the job is so far, in one transaction. Returns false, and
    /// stores nothing, where that stretch of the recording is stored already.
    pub fn record_chunk(&self, id: JobId, owner: &str, chunk: &ChunkRecord<'_>) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let held = held(transaction, id, owner)?;
            if chunk.source_end_ms <= held.done_ms {
                return Ok(false);
            }
            let transcript_id = held.transcript(transaction)?;
            transcripts::append(transaction, transcript_id, chunk.segments, held.done_ms)?;
            let facts = RunFacts {
                language: chunk.language.cloned(),
                ..RunFacts::default()
            };
            set_facts(transaction, transcript_id, &facts)?;
            transaction
                .prepare_cached("UPDATE jobs SET done_ms = ?2, stage = 'transcribing' WHERE id = ?1")?
                .execute([id.0, to_sql_int(chunk.source_end_ms)])?;
            transcripts::settle_current(transaction, held.recording_id)?;
            Ok(true)
        })
    }

    /// Says what the job is doing.
    pub fn set_stage(&self, id: JobId, owner: &str, stage: Stage) -> Result<(), StoreError> {
        self.write(|transaction| {
            held(transaction, id, owner)?;
            transaction.execute(
                "UPDATE jobs SET stage = ?2 WHERE id = ?1",
                params![id.0, jobs::name_of(&stage)?],
            )?;
            Ok(())
        })
    }

    /// Stores what is known about the run.
    pub fn set_run_facts(&self, id: JobId, owner: &str, facts: &RunFacts) -> Result<(), StoreError> {
        self.write(|transaction| {
            let transcript_id = held(transaction, id, owner)?.transcript(transaction)?;
            set_facts(transaction, transcript_id, facts)
        })
    }

    /// Ends a job and gives up its lease.
    pub fn finish(&self, id: JobId, owner: &str, end: &JobEnd) -> Result<(), StoreError> {
        self.write(|transaction| {
            let held = held(transaction, id, owner)?;
            let (state, stage, error) = match end {
                JobEnd::Done => (JobState::Done, Some(Stage::Finished), None),
                JobEnd::Failed { message, code } => (JobState::Failed, None, Some((message, code))),
                JobEnd::Cancelled => (JobState::Cancelled, None, None),
            };
            let now = clock::now();
            transaction.execute(
                "UPDATE jobs SET state = ?2, stage = coalesce(?3, stage), error = ?4, error_code = ?5,
                                 finished_at = ?6, owner = NULL, lease_until_ms = NULL, cancel_requested = 0
                 WHERE id = ?1",
                params![
                    id.0,
                    jobs::name_of(&state)?,
                    stage.map(|stage| jobs::name_of(&stage)).transpose()?,
                    error.map(|(message, _)| message),
                    error.map(|(_, code)| jobs::name_of(code)).transpose()?,
                    now
                ],
            )?;
            // It may have gone on after something was written of what it had.
            transaction.execute(
                "UPDATE transcripts SET revision = revision + 1 WHERE job_id = ?1",
                [id.0],
            )?;
            if *end == JobEnd::Done
                && let Some(transcript_id) = held.written_transcript(transaction)?
            {
                transaction.execute(
                    "UPDATE transcripts SET completed_at = ?2 WHERE id = ?1",
                    params![transcript_id, now],
                )?;
            }
            transcripts::settle_current(transaction, held.recording_id)
        })
    }

    /// Gives back everything that `owner` works on, for a program that ends: its jobs wait again in
    /// their old places, and those that were to be cancelled are.
    pub fn release(&self, owner: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE jobs SET
                     state = CASE cancel_requested WHEN 1 THEN 'cancelled' ELSE 'queued' END,
                     finished_at = CASE cancel_requested WHEN 1 THEN ?2 END,
                     stage = CASE cancel_requested WHEN 1 THEN stage ELSE 'waiting' END,
                     owner = NULL, lease_until_ms = NULL, cancel_requested = 0
                 WHERE state = 'running' AND owner = ?1",
                params![owner, clock::now()],
            )?;
            Ok(())
        })
    }
}

/// A running job that the caller owns.
struct Held {
    job_id: JobId,
    recording_id: RecordingId,
    kind: String,
    done_ms: u64,
}

impl Held {
    /// The transcript that a transcription writes, made where there is none yet: also where nothing was
    /// said, since "no words" is a result. None for other jobs.
    fn written_transcript(&self, transaction: &Transaction<'_>) -> Result<Option<i64>, StoreError> {
        match serde_json::from_str(&self.kind)? {
            JobKind::Transcribe { model, .. } => {
                transcripts::of_job(transaction, self.job_id, self.recording_id, &model).map(Some)
            }
            JobKind::Minutes { .. } | JobKind::Correct { .. } | JobKind::Title { .. } => Ok(None),
        }
    }

    fn transcript(&self, transaction: &Transaction<'_>) -> Result<i64, StoreError> {
        self.written_transcript(transaction)?
            .ok_or_else(|| StoreError::InvalidInput(format!("Job {} writes no transcript.", self.job_id)))
    }
}

/// The recording of a job that is the caller's.
pub(crate) fn recording_of(
    transaction: &Transaction<'_>,
    id: JobId,
    owner: &str,
) -> Result<RecordingId, StoreError> {
    Ok(held(transaction, id, owner)?.recording_id)
}

/// The job, if it is the caller's. A lease that ran out counts as long as nobody else took the job:
/// a laptop that slept for an hour loses no work.
fn held(transaction: &Transaction<'_>, id: JobId, owner: &str) -> Result<Held, StoreError> {
    transaction
        .prepare_cached(
            "SELECT recording_id, kind, done_ms FROM jobs WHERE id = ?1 AND state = 'running' AND owner = ?2",
        )?
        .query_row(params![id.0, owner], |row| {
            Ok(Held {
                job_id: id,
                recording_id: RecordingId(row.get(0)?),
                kind: row.get(1)?,
                done_ms: from_sql_int(row.get(2)?),
            })
        })
        .optional()?
        .ok_or(StoreError::LeaseLost(id))
}

pub(crate) fn is_leased(connection: &Connection, id: JobId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT coalesce({LEASED}, 0) FROM jobs WHERE id = ?3"))?
        .query_row(params![clock::now_ms(), MAX_LEASE_MS, id.0], |row| row.get(0))?)
}

fn is_owner(connection: &Connection, id: JobId, owner: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT owner IS ?2 FROM jobs WHERE id = ?1")?
        .query_row(params![id.0, owner], |row| row.get(0))?)
}

fn take(transaction: &Transaction<'_>, id: JobId, owner: &str, lease: Duration) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE jobs SET state = 'running', owner = ?2, lease_until_ms = ?3, n_attempts = n_attempts + 1,
                         cancel_requested = 0
         WHERE id = ?1",
        params![id.0, owner, lease_until_ms(lease)],
    )?;
    Ok(())
}

fn set_facts(transaction: &Transaction<'_>, transcript_id: i64, facts: &RunFacts) -> Result<(), StoreError> {
    let language = facts.language.as_ref();
    transaction
        .prepare_cached(
            "UPDATE transcripts SET model = coalesce(?2, model), device = coalesce(?3, device),
                 speed = coalesce(?4, speed),
                 probability = CASE WHEN ?5 IS NULL THEN probability ELSE ?6 END,
                 language = coalesce(?5, language)
             WHERE id = ?1",
        )?
        .execute(params![
            transcript_id,
            facts.model,
            facts.device,
            facts.speed.filter(|speed| speed.is_finite()),
            language.map(|language| &language.code),
            language.and_then(|language| language.probability),
        ])?;
    Ok(())
}

fn lease_until_ms(lease: Duration) -> i64 {
    let lease_ms = i64::try_from(lease.as_millis())
        .unwrap_or(MAX_LEASE_MS)
        .min(MAX_LEASE_MS);
    clock::now_ms() + lease_ms
}
