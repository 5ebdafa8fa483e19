use serde::{Deserialize, Serialize};

use crate::CaptureId;

/// A recording that is being made, or that a program left unfinished, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// Its number in the journal.
    pub id: CaptureId,
    /// Where its sound is being written; relative to the library folder, `/` between parts.
    pub file: String,
    /// Where in the media folder it is being moved to, once it has ended; relative as well.
    pub moved_to: Option<String>,
    /// Title that the recording will have.
    pub title: String,
    /// What is being recorded, for people.
    pub device: String,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
}

/// Who wrote a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// The user.
    User,
    /// The recorder: something happened to the sound there.
    Recorder,
}

/// A line of text at a time of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Where in the recording.
    pub at_ms: u64,
    /// Who wrote it.
    pub kind: NoteKind,
    /// The text; one line or several.
    pub text: String,
}
