use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use recordroute_core::{MediaPlace, RecordingId};
use rusqlite::params;
use rusqlite::types::Value;

use crate::{Library, StoreError, clock, jobs, passages, recordings};

/// A recording that is gone for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    /// The number that it had.
    pub id: RecordingId,
    /// Its title.
    pub title: String,
    /// Where its media lay. A referenced file was left alone.
    pub media: MediaPlace,
    /// Whether a copy inside the library was deleted with it.
    pub media_removed: bool,
}

impl Library {
    /// Puts a recording in the trash. Its waiting jobs are cancelled, a running one is asked to stop.
    /// Does nothing to one that is in the trash already.
    pub fn trash(&self, id: RecordingId) -> Result<(), StoreError> {
        self.write(|transaction| {
            recordings::change(
                transaction,
                id,
                "UPDATE recordings SET trashed_at = coalesce(trashed_at, ?2) WHERE id = ?1",
                Value::from(clock::now()),
            )?;
            jobs::cancel_all_of(transaction, id)
        })
    }

    /// Takes a recording out of the trash. Cancelled jobs stay cancelled; they can be retried.
    pub fn restore(&self, id: RecordingId) -> Result<(), StoreError> {
        self.write(|transaction| {
            recordings::change(
                transaction,
                id,
                "UPDATE recordings SET trashed_at = ?2 WHERE id = ?1",
                Value::Null,
            )
        })
    }

    /// Deletes for good what has been in the trash for longer than `older_than`, or all of it. Media
    /// that was copied into the library is deleted, media elsewhere never.
    pub fn purge(&self, older_than: Option<Duration>) -> Result<Vec<Purged>, StoreError> {
        let until = match older_than {
            None => Timestamp::MAX,
            Some(age) => SignedDuration::try_from(age)
                .ok()
                .and_then(|age| Timestamp::now().checked_sub(age).ok())
                .unwrap_or(Timestamp::MIN),
        };
        let (mut purged, still_used) = self.write(|transaction| {
            let mut statement = transaction.prepare(
                "DELETE FROM recordings WHERE trashed_at IS NOT NULL AND trashed_at <= ?1
                 RETURNING id, title, media_kind, media_path",
            )?;
            let rows = statement.query_map([clock::rfc3339(until)], |row| {
                let path: String = row.get(3)?;
                let kind: String = row.get(2)?;
                Ok(Purged {
                    id: RecordingId(row.get(0)?),
                    title: row.get(1)?,
                    media: if kind == "library" {
                        MediaPlace::Library(path)
                    } else {
                        MediaPlace::Referenced(path)
                    },
                    media_removed: false,
                })
            })?;
            let purged: Vec<Purged> = rows.collect::<Result<_, _>>()?;
            let mut still_used = Vec::with_capacity(purged.len());
            for one in &purged {
                transaction.execute("DELETE FROM title_grams WHERE rowid = ?1", [one.id.0])?;
                let path = match &one.media {
                    MediaPlace::Library(path) | MediaPlace::Referenced(path) => path,
                };
                still_used.push(transaction.query_row(
                    "SELECT EXISTS (SELECT 1 FROM recordings WHERE media_kind = 'library' AND media_path = ?1)",
                    params![path],
                    |row| row.get::<_, bool>(0),
                )?);
            }
            Ok((purged, still_used))
        })?;
        let ids: Vec<RecordingId> = purged.iter().map(|one| one.id).collect();
        if !ids.is_empty()
            && self.index().is_there()
            && let Err(error) = self
                .index()
                .write(|transaction| passages::forget(transaction, &ids))
        {
            // Nobody finds them there: what is found is looked up in the library.
            tracing::warn!(%error, "deleted recordings are still in the index");
        }
        // Files go after the rows are gone: a crash in between leaves a file too many, never a
        // recording without its sound.
        for (one, still_used) in purged.iter_mut().zip(still_used) {
            if matches!(one.media, MediaPlace::Library(_)) && !still_used {
                one.media_removed = self.remove_media(&one.media);
            }
        }
        Ok(purged)
    }

    fn remove_media(&self, media: &MediaPlace) -> bool {
        let path = match self.resolve(media) {
            Ok(path) => path,
            Err(error) => {
                tracing::warn!(%error, "a media file was not deleted");
                return false;
            }
        };
        match std::fs::remove_file(&path) {
            Ok(()) => true,
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    tracing::warn!(path = %path.display(), %error, "a media file could not be deleted");
                }
                false
            }
        }
    }
}
