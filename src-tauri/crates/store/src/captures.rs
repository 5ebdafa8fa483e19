use recordroute_core::{Capture, CaptureId, MediaPlace, Note, RecordingDraft, RecordingId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{Library, StoreError, clock, media, notes, recordings, titles, to_sql_int};

// A row stands here from before the first frame until the recording is in the library. Whether its
// program lives is not in here: that is told by a lock on a file, which goes with the program.
pub(crate) const SCHEMA_V2: &str = "
CREATE TABLE captures (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    file       TEXT NOT NULL,
    moved_to   TEXT,
    title      TEXT NOT NULL,
    device     TEXT NOT NULL,
    started_at TEXT NOT NULL
) STRICT;

CREATE TABLE capture_logs (
    recording_id INTEGER PRIMARY KEY REFERENCES recordings (id) ON DELETE CASCADE,
    log          TEXT NOT NULL,
    loudness     BLOB
) STRICT;
";

const COLUMNS: &str = "id, file, moved_to, title, device, started_at FROM captures";

/// What is known of a recording before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureDraft {
    /// Where it will be written; relative to the library folder, `/` between parts.
    pub file: String,
    /// Title of the recording.
    pub title: String,
    /// The user gave the title.
    pub is_titled: bool,
    /// What is recorded, for people.
    pub device: String,
}

/// What is known of a recording once it has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureEnd<'a> {
    /// The recording, its file in its place.
    pub recording: &'a RecordingDraft,
    /// Its length.
    pub duration_ms: u64,
    /// What happened meanwhile, in whatever text the audio crate made of it.
    pub log: Option<&'a str>,
    /// How loud its channels are, in whatever bytes the audio crate made of it.
    pub loudness: Option<&'a [u8]>,
    /// What people should know about the sound, beside their own notes.
    pub notes: &'a [Note],
}

impl Library {
    /// Writes into the journal that a recording begins.
    pub fn begin_capture(&self, draft: &CaptureDraft) -> Result<CaptureId, StoreError> {
        media::check_relative(&draft.file)?;
        let title = recordings::clean_title(&draft.title).unwrap_or_else(|| "Untitled".to_owned());
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO captures (file, title, is_titled, device, started_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![draft.file, title, draft.is_titled, draft.device, clock::now()],
            )?;
            Ok(CaptureId(transaction.last_insert_rowid()))
        })
    }

    /// The journal, oldest first: recordings that are being made or were left unfinished.
    pub fn captures(&self) -> Result<Vec<Capture>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} ORDER BY id"))?;
            let rows = statement.query_map([], from_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One row of the journal.
    pub fn capture(&self, id: CaptureId) -> Result<Capture, StoreError> {
        self.read(|connection| find(connection, id))
    }

    /// Gives the recording that is being made another title.
    pub fn rename_capture(&self, id: CaptureId, title: &str) -> Result<(), StoreError> {
        let title = recordings::typed_title(title)?;
        self.write(|transaction| {
            change(
                transaction,
                id,
                "UPDATE captures SET title = ?2, is_titled = 1 WHERE id = ?1",
                &title,
            )
        })
    }

    /// Says where the file is about to be moved, so that it is found if the program dies on the way.
    pub fn move_capture(&self, id: CaptureId, place: &MediaPlace) -> Result<(), StoreError> {
        let MediaPlace::Library(path) = place else {
            return Err(StoreError::InvalidInput(
                "A recording is kept inside the library.".to_owned(),
            ));
        };
        media::check_relative(path)?;
        self.write(|transaction| {
            change(
                transaction,
                id,
                "UPDATE captures SET moved_to = ?2 WHERE id = ?1",
                path,
            )
        })
    }

    /// Makes a recording of it, with its notes, and takes it out of the journal: both or neither.
    pub fn finish_capture(&self, id: CaptureId, end: &CaptureEnd<'_>) -> Result<RecordingId, StoreError> {
        self.write(|transaction| {
            let capture = find(transaction, id)?;
            // It counts from when it was begun, also where it is kept a week later.
            // It may have been renamed since the draft was made.
            let draft = RecordingDraft {
                title: capture.title,
                ..end.recording.clone()
            };
            let recording_id = recordings::insert(transaction, &draft, &capture.started_at)?;
            transaction.execute(
                "UPDATE recordings SET duration_ms = ?2 WHERE id = ?1",
                [recording_id.0, to_sql_int(end.duration_ms)],
            )?;
            let is_titled: bool =
                transaction.query_row("SELECT is_titled FROM captures WHERE id = ?1", [id.0], |row| {
                    row.get(0)
                })?;
            if is_titled {
                titles::given_by_user(transaction, recording_id)?;
            }
            if let Some(log) = end.log {
                transaction.execute(
                    "INSERT INTO capture_logs (recording_id, log, loudness) VALUES (?1, ?2, ?3)",
                    params![recording_id.0, log, end.loudness],
                )?;
            }
            notes::take_over(transaction, id, recording_id)?;
            for note in end.notes {
                notes::insert(transaction, notes::Of::Recording(recording_id), note)?;
            }
            transaction.execute("DELETE FROM captures WHERE id = ?1", [id.0])?;
            Ok(recording_id)
        })
    }

    /// Takes a recording out of the journal of which nothing was written.
    pub fn forget_capture(&self, id: CaptureId) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM captures WHERE id = ?1", [id.0])?;
            Ok(())
        })
    }

    /// How loud the channels of a recording are; none where that says nothing.
    pub fn capture_loudness(&self, id: RecordingId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| {
            let loudness = connection
                .prepare_cached("SELECT loudness FROM capture_logs WHERE recording_id = ?1")?
                .query_row([id.0], |row| row.get::<_, Option<Vec<u8>>>(0))
                .optional()?;
            Ok(loudness.flatten())
        })
    }

    /// What happened while a recording was made; none where it came as a file.
    pub fn capture_log(&self, id: RecordingId) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            Ok(connection
                .prepare_cached("SELECT log FROM capture_logs WHERE recording_id = ?1")?
                .query_row([id.0], |row| row.get(0))
                .optional()?)
        })
    }
}

fn change(transaction: &Transaction<'_>, id: CaptureId, sql: &str, value: &str) -> Result<(), StoreError> {
    match transaction.execute(sql, params![id.0, value])? {
        0 => Err(not_found(id)),
        _ => Ok(()),
    }
}

pub(crate) fn find(connection: &Connection, id: CaptureId) -> Result<Capture, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} WHERE id = ?1"))?
        .query_row([id.0], from_row)
        .optional()?
        .ok_or_else(|| not_found(id))
}

fn not_found(id: CaptureId) -> StoreError {
    StoreError::NotFound {
        what: "unfinished recording",
        id: id.0,
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Capture> {
    Ok(Capture {
        id: CaptureId(row.get(0)?),
        file: row.get(1)?,
        moved_to: row.get(2)?,
        title: row.get(3)?,
        device: row.get(4)?,
        started_at: row.get(5)?,
    })
}
