use recordroute_core::{JobId, RecordingId};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::edits::{self, TextVersion};
use crate::{Library, StoreError, find, leases, recordings};

// In libraries of before, a title that is not the file's name was given by somebody.
pub(crate) const SCHEMA_V3: &str = "
ALTER TABLE recordings ADD COLUMN titled_by TEXT NOT NULL DEFAULT 'program'
    CHECK (titled_by IN ('program', 'user', 'model'));
ALTER TABLE recordings ADD COLUMN title_transcript_id INTEGER;
ALTER TABLE recordings ADD COLUMN title_revision INTEGER;
UPDATE recordings SET titled_by = 'user' WHERE substr(source, 1, length(title) + 1) <> title || '.';
ALTER TABLE captures ADD COLUMN is_titled INTEGER NOT NULL DEFAULT 0;
";

/// Who gave a recording its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TitledBy {
    /// The program: the file's name or the time of day.
    Program,
    /// The user.
    User,
    /// A language model.
    Model {
        /// The recording's text is another one since.
        is_outdated: bool,
    },
}

impl Library {
    /// Who gave a recording its title.
    pub fn titled_by(&self, id: RecordingId) -> Result<TitledBy, StoreError> {
        self.read(|connection| {
            let found: Option<(String, Option<TextVersion>)> = connection
                .prepare_cached(
                    "SELECT titled_by, title_transcript_id, title_revision FROM recordings WHERE id = ?1",
                )?
                .query_row([id.0], |row| {
                    let ids: (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
                    let read = ids.0.zip(ids.1).map(|(transcript_id, revision)| TextVersion {
                        transcript_id,
                        revision,
                    });
                    Ok((row.get(0)?, read))
                })
                .optional()?;
            let (titled_by, read) = found.ok_or_else(|| recordings::not_found(id))?;
            Ok(match titled_by.as_str() {
                "user" => TitledBy::User,
                "model" => TitledBy::Model {
                    is_outdated: edits::current_version(connection, id)? != read,
                },
                _ => TitledBy::Program,
            })
        })
    }

    /// Gives a recording the title that a job found for the text that it read. A title that somebody gave
    /// meanwhile, so that it no longer is `seen`, stays. Tells whether it was given.
    pub fn save_title(
        &self,
        job_id: JobId,
        owner: &str,
        read: TextVersion,
        seen: &str,
        title: &str,
    ) -> Result<bool, StoreError> {
        let title = recordings::typed_title(title)?;
        self.write(|transaction| {
            let id = leases::recording_of(transaction, job_id, owner)?;
            let n_changed = transaction.execute(
                "UPDATE recordings SET title = ?2, titled_by = 'model', title_transcript_id = ?3,
                                       title_revision = ?4
                 WHERE id = ?1 AND title = ?5",
                params![id.0, title, read.transcript_id, read.revision, seen],
            )?;
            if n_changed == 0 {
                return Ok(false);
            }
            find::index_title(transaction, id, &title)?;
            Ok(true)
        })
    }
}

/// Says that the title of a recording is the user's own.
pub(crate) fn given_by_user(transaction: &Transaction<'_>, id: RecordingId) -> Result<(), StoreError> {
    transaction.execute("UPDATE recordings SET titled_by = 'user' WHERE id = ?1", [id.0])?;
    Ok(())
}
