use recordroute_core::{JobId, Minutes, MinutesSection, RecordingId};
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use crate::edits::{self, TextVersion};
use crate::{Library, StoreError, clock, from_sql_int, leases, recordings, to_sql_int};

// What they were written from is no foreign key: minutes outlive a transcript that is made anew, and
// are outdated then. Of one template the newest counts; older ones that the user edited stay.
pub(crate) const SCHEMA_V3: &str = "
CREATE TABLE minutes (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    recording_id   INTEGER NOT NULL REFERENCES recordings (id) ON DELETE CASCADE,
    transcript_id  INTEGER NOT NULL,
    revision       INTEGER NOT NULL,
    template       TEXT NOT NULL,
    language       TEXT NOT NULL,
    model          TEXT NOT NULL,
    prompt_version TEXT NOT NULL,
    coverage       REAL NOT NULL,
    took_ms        INTEGER NOT NULL,
    sections       TEXT NOT NULL,
    failed_parts   TEXT NOT NULL,
    is_edited      INTEGER NOT NULL DEFAULT 0,
    created_at     TEXT NOT NULL
) STRICT;
CREATE INDEX minutes_by_recording ON minutes (recording_id, template);
";

/// Most bytes of the sections of one recording's minutes.
const MAX_SECTIONS_BYTES: usize = 4 << 20;

/// Minutes and what became of them since they were written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredMinutes {
    /// The minutes.
    pub minutes: Minutes,
    /// When they were written, RFC 3339 in UTC.
    pub created_at: String,
    /// The user changed them.
    pub is_edited: bool,
    /// The recording's text is another one since.
    pub is_outdated: bool,
}

impl Library {
    /// Stores minutes that a job wrote from a text that it read. They take the place of earlier ones by
    /// the same template.
    pub fn save_minutes(
        &self,
        job_id: JobId,
        owner: &str,
        read: TextVersion,
        minutes: &Minutes,
    ) -> Result<(), StoreError> {
        let sections = packed(&minutes.sections)?;
        let failed_parts = serde_json::to_string(&minutes.failed_parts)?;
        self.write(|transaction| {
            let recording_id = leases::recording_of(transaction, job_id, owner)?;
            transaction.execute(
                "DELETE FROM minutes WHERE recording_id = ?1 AND template = ?2 AND NOT is_edited",
                params![recording_id.0, minutes.template],
            )?;
            transaction.execute(
                "INSERT INTO minutes (recording_id, transcript_id, revision, template, language, model,
                     prompt_version, coverage, took_ms, sections, failed_parts, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    recording_id.0,
                    read.transcript_id,
                    read.revision,
                    minutes.template,
                    minutes.language,
                    minutes.model,
                    minutes.prompt_version,
                    minutes.coverage.clamp(0.0, 1.0),
                    to_sql_int(minutes.took_ms),
                    sections,
                    failed_parts,
                    clock::now(),
                ],
            )?;
            Ok(())
        })
    }

    /// The minutes of a recording, those of the template that was used last first.
    pub fn minutes(&self, id: RecordingId) -> Result<Vec<StoredMinutes>, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            let current = edits::current_version(connection, id)?;
            let mut statement = connection.prepare_cached(
                "SELECT template, language, model, prompt_version, coverage, took_ms, sections, failed_parts,
                        created_at, is_edited, transcript_id, revision
                 FROM minutes WHERE id IN
                     (SELECT max(id) FROM minutes WHERE recording_id = ?1 GROUP BY template)
                 ORDER BY id DESC",
            )?;
            let mut rows = statement.query([id.0])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(from_row(row, current)?);
            }
            Ok(found)
        })
    }

    /// Puts what the user made of the minutes in their place.
    pub fn edit_minutes(
        &self,
        id: RecordingId,
        template: &str,
        sections: &[MinutesSection],
    ) -> Result<(), StoreError> {
        let sections = packed(sections)?;
        self.write(|transaction| {
            recordings::exists(transaction, id)?;
            let newest: Option<i64> = transaction
                .query_row(
                    "SELECT max(id) FROM minutes WHERE recording_id = ?1 AND template = ?2",
                    params![id.0, template],
                    |row| row.get(0),
                )
                .optional()?
                .flatten();
            let Some(newest) = newest else {
                return Err(StoreError::InvalidInput(format!(
                    "There are no minutes by the template “{template}” yet. Make them first."
                )));
            };
            transaction.execute(
                "UPDATE minutes SET sections = ?2, is_edited = 1 WHERE id = ?1",
                params![newest, sections],
            )?;
            Ok(())
        })
    }
}

fn packed(sections: &[MinutesSection]) -> Result<String, StoreError> {
    let packed = serde_json::to_string(sections)?;
    if packed.len() > MAX_SECTIONS_BYTES {
        return Err(StoreError::InvalidInput(
            "The minutes are too long to be stored. Shorten them.".to_owned(),
        ));
    }
    Ok(packed)
}

fn from_row(row: &Row<'_>, current: Option<TextVersion>) -> Result<StoredMinutes, StoreError> {
    let read = TextVersion {
        transcript_id: row.get(10)?,
        revision: row.get(11)?,
    };
    Ok(StoredMinutes {
        minutes: Minutes {
            template: row.get(0)?,
            language: row.get(1)?,
            model: row.get(2)?,
            prompt_version: row.get(3)?,
            coverage: row.get(4)?,
            took_ms: from_sql_int(row.get(5)?),
            sections: serde_json::from_str(row.get_ref(6)?.as_str().unwrap_or_default())?,
            failed_parts: serde_json::from_str(row.get_ref(7)?.as_str().unwrap_or_default())?,
        },
        created_at: row.get(8)?,
        is_edited: row.get(9)?,
        is_outdated: current != Some(read),
    })
}
