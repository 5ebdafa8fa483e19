use recordroute_core::{Correction, CorrectionState, JobId, RecordingId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::edits::{self, TextVersion};
use crate::transcripts::{SEGMENT_BITS, clean_text};
use crate::{Library, StoreError, clock, jobs, leases, recordings, vocabulary};

// At most one for each segment, under the segment's own number. While it is open or refused the
// segment reads `original`, while it is accepted `proposed`: whatever else changes a segment's text
// takes its correction away.
pub(crate) const SCHEMA_V3: &str = "
CREATE TABLE corrections (
    segment_id INTEGER PRIMARY KEY,
    original   TEXT NOT NULL,
    proposed   TEXT NOT NULL,
    diff       TEXT NOT NULL,
    marks      TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'refused')),
    created_at TEXT NOT NULL
) STRICT;
CREATE TRIGGER segments_corrected AFTER DELETE ON segments BEGIN
    DELETE FROM corrections WHERE segment_id = old.id;
END;
";

const COLUMNS: &str = "segment_id, original, proposed, diff, marks, state FROM corrections";

/// Which words are worth remembering when a correction is accepted.
pub type WordsToLearn<'a> = &'a dyn Fn(&Correction) -> Vec<String>;

impl Library {
    /// Stores what a job proposes for a text that it read. A proposal takes the place of an open one;
    /// what was decided stays unless something else is proposed now. Segments whose text was changed
    /// meanwhile are left out. Tells how many wait for a decision.
    pub fn save_corrections(
        &self,
        job_id: JobId,
        owner: &str,
        read: TextVersion,
        proposals: &[Correction],
    ) -> Result<usize, StoreError> {
        self.write(|transaction| {
            let recording_id = leases::recording_of(transaction, job_id, owner)?;
            let current = edits::current_version(transaction, recording_id)?;
            if current.is_none_or(|current| current.transcript_id != read.transcript_id) {
                return Ok(0);
            }
            for proposal in proposals {
                propose(transaction, read.transcript_id, proposal)?;
            }
            let open = all(transaction, read.transcript_id)?;
            let is_open = |correction: &&Correction| correction.state == CorrectionState::Open;
            Ok(open.iter().filter(is_open).count())
        })
    }

    /// The corrections of a recording's text, in its order.
    pub fn corrections(&self, id: RecordingId) -> Result<Vec<Correction>, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            match edits::current_version(connection, id)? {
                Some(version) => all(connection, version.transcript_id),
                None => Ok(Vec::new()),
            }
        })
    }

    /// Accepts or refuses corrections, or opens them again, all or none. The text follows, and the
    /// vocabulary learns `words` of what is accepted and unlearns those of what no longer is.
    pub fn decide_corrections(
        &self,
        id: RecordingId,
        segment_idxs: &[u32],
        state: CorrectionState,
        words: WordsToLearn<'_>,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            recordings::exists(transaction, id)?;
            let Some(version) = edits::current_version(transaction, id)? else {
                return segment_idxs.first().map_or(Ok(()), |idx| Err(not_found(*idx)));
            };
            let mut changed = false;
            for segment_idx in segment_idxs {
                let segment_id = edits::segment_id(version.transcript_id, *segment_idx);
                let correction = find(transaction, segment_id)?.ok_or_else(|| not_found(*segment_idx))?;
                changed |= decide(transaction, segment_id, &correction, state, words)?;
            }
            match changed {
                true => edits::grow(transaction, version.transcript_id),
                false => Ok(()),
            }
        })
    }
}

/// Tells whether the text changed with it.
fn decide(
    transaction: &Transaction<'_>,
    segment_id: i64,
    correction: &Correction,
    state: CorrectionState,
    words: WordsToLearn<'_>,
) -> Result<bool, StoreError> {
    transaction
        .prepare_cached("UPDATE corrections SET state = ?2 WHERE segment_id = ?1")?
        .execute(params![segment_id, jobs::name_of(&state)?])?;
    let was_accepted = correction.state == CorrectionState::Accepted;
    let is_accepted = state == CorrectionState::Accepted;
    if was_accepted == is_accepted {
        return Ok(false);
    }
    let (text, learned) = match is_accepted {
        true => (&correction.proposed, 1),
        false => (&correction.original, -1),
    };
    edits::set_text(transaction, segment_id, text)?;
    vocabulary::count(transaction, &words(correction), learned)?;
    Ok(true)
}

fn propose(
    transaction: &Transaction<'_>,
    transcript_id: i64,
    proposal: &Correction,
) -> Result<(), StoreError> {
    let segment_id = edits::segment_id(transcript_id, proposal.segment_idx);
    let proposed = clean_text(&proposal.proposed);
    let text = edits::text_of(transaction, segment_id, proposal.segment_idx)?;
    if text != proposal.original || proposed.is_empty() || proposed == text {
        return Ok(());
    }
    transaction
        .prepare_cached(
            "INSERT INTO corrections (segment_id, original, proposed, diff, marks, state, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 'open', ?6)
             ON CONFLICT (segment_id) DO UPDATE SET
                 original = excluded.original, proposed = excluded.proposed, diff = excluded.diff,
                 marks = excluded.marks, state = 'open', created_at = excluded.created_at
             WHERE NOT (state = 'refused' AND proposed = excluded.proposed)",
        )?
        .execute(params![
            segment_id,
            proposal.original,
            proposed,
            serde_json::to_string(&proposal.diff)?,
            serde_json::to_string(&proposal.marks)?,
            clock::now(),
        ])?;
    Ok(())
}

/// Takes the correction of a segment away, whose text is somebody's own from now on.
pub(crate) fn withdraw(transaction: &Transaction<'_>, segment_id: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM corrections WHERE segment_id = ?1")?
        .execute([segment_id])?;
    Ok(())
}

fn all(connection: &Connection, transcript_id: i64) -> Result<Vec<Correction>, StoreError> {
    let first_id = transcript_id << SEGMENT_BITS;
    let sql = format!("SELECT {COLUMNS} WHERE segment_id >= ?1 AND segment_id < ?2 ORDER BY segment_id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([first_id, first_id + (1 << SEGMENT_BITS)])?;
    let mut corrections = Vec::new();
    while let Some(row) = rows.next()? {
        corrections.push(from_row(row)?);
    }
    Ok(corrections)
}

fn find(connection: &Connection, segment_id: i64) -> Result<Option<Correction>, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} WHERE segment_id = ?1"))?
        .query_row([segment_id], |row| Ok(from_row(row)))
        .optional()?
        .transpose()
}

fn not_found(segment_idx: u32) -> StoreError {
    StoreError::NotFound {
        what: "correction for segment",
        id: segment_idx.into(),
    }
}

fn from_row(row: &Row<'_>) -> Result<Correction, StoreError> {
    let segment_id: i64 = row.get(0)?;
    let segment_idx = segment_id & ((1 << SEGMENT_BITS) - 1);
    Ok(Correction {
        segment_idx: u32::try_from(segment_idx).unwrap_or_default(),
        original: row.get(1)?,
        proposed: row.get(2)?,
        diff: serde_json::from_str(row.get_ref(3)?.as_str().unwrap_or_default())?,
        marks: serde_json::from_str(row.get_ref(4)?.as_str().unwrap_or_default())?,
        state: jobs::named(row.get(5)?)?,
    })
}
