use recordroute_core::{CaptureId, Note, NoteKind, RecordingId};
use rusqlite::{Connection, Transaction, params};
use unicode_normalization::UnicodeNormalization;

use crate::{Library, StoreError, captures, clock, from_sql_int, recordings, to_sql_int};

// A note belongs to a recording, or to one that is being made and will hand it on.
pub(crate) const SCHEMA_V2: &str = "
CREATE TABLE notes (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    recording_id INTEGER REFERENCES recordings (id) ON DELETE CASCADE,
    capture_id   INTEGER REFERENCES captures (id) ON DELETE CASCADE,
    at_ms        INTEGER NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('user', 'recorder')),
    text         TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    CHECK ((recording_id IS NULL) <> (capture_id IS NULL))
) STRICT;
CREATE INDEX notes_by_recording ON notes (recording_id, at_ms) WHERE recording_id IS NOT NULL;
CREATE INDEX notes_by_capture ON notes (capture_id, at_ms) WHERE capture_id IS NOT NULL;
";

/// Longest note in characters; longer ones are cut.
const MAX_NOTE_CHARS: usize = 10_000;

/// What a note belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Recording(RecordingId),
    Capture(CaptureId),
}

impl Library {
    /// Writes a note at a time of a recording.
    pub fn add_note(&self, id: RecordingId, note: &Note) -> Result<(), StoreError> {
        self.write(|transaction| {
            recordings::exists(transaction, id)?;
            insert(transaction, Of::Recording(id), note)
        })
    }

    /// Writes a note at a time of a recording that is being made.
    pub fn add_capture_note(&self, id: CaptureId, note: &Note) -> Result<(), StoreError> {
        self.write(|transaction| {
            captures::find(transaction, id)?;
            insert(transaction, Of::Capture(id), note)
        })
    }

    /// The notes of a recording, in order of time.
    pub fn notes(&self, id: RecordingId) -> Result<Vec<Note>, StoreError> {
        self.read(|connection| {
            recordings::exists(connection, id)?;
            list(connection, "recording_id", id.0)
        })
    }

    /// The notes of a recording that is being made, in order of time.
    pub fn capture_notes(&self, id: CaptureId) -> Result<Vec<Note>, StoreError> {
        self.read(|connection| list(connection, "capture_id", id.0))
    }
}

fn list(connection: &Connection, column: &str, id: i64) -> Result<Vec<Note>, StoreError> {
    let sql = format!("SELECT at_ms, kind, text FROM notes WHERE {column} = ?1 ORDER BY at_ms, id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([id], |row| {
        let kind = match row.get_ref(1)?.as_str().unwrap_or_default() {
            "recorder" => NoteKind::Recorder,
            _ => NoteKind::User,
        };
        Ok(Note {
            at_ms: from_sql_int(row.get(0)?),
            kind,
            text: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn insert(transaction: &Transaction<'_>, of: Of, note: &Note) -> Result<(), StoreError> {
    let text: String = note.text.trim().nfc().take(MAX_NOTE_CHARS).collect();
    if text.is_empty() {
        return Err(StoreError::InvalidInput(
            "A note needs at least one visible character. Type what should be remembered.".to_owned(),
        ));
    }
    let (recording_id, capture_id) = match of {
        Of::Recording(id) => (Some(id.0), None),
        Of::Capture(id) => (None, Some(id.0)),
    };
    let kind = match note.kind {
        NoteKind::User => "user",
        NoteKind::Recorder => "recorder",
    };
    transaction.execute(
        "INSERT INTO notes (recording_id, capture_id, at_ms, kind, text, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            recording_id,
            capture_id,
            to_sql_int(note.at_ms),
            kind,
            text,
            clock::now()
        ],
    )?;
    Ok(())
}

/// Hands the notes of what was being made on to what it became.
pub(crate) fn take_over(
    transaction: &Transaction<'_>,
    from: CaptureId,
    to: RecordingId,
) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE notes SET recording_id = ?2, capture_id = NULL WHERE capture_id = ?1",
        [from.0, to.0],
    )?;
    Ok(())
}
