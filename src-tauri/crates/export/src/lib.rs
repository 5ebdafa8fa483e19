//! Transcripts as files: txt, srt, vtt, json, csv and md; and what was written from them: minutes and
//! highlights as md, json and txt.
//!
//! [`write`] takes a [`Document`] and a [`Format`]; all output is UTF-8 without a byte order mark
//! (CSV has one, because spreadsheets need it to see Korean) and ends with a line feed. Whatever the
//! text holds, the file stays well-formed: cues never overlap or run backwards, and no text of a
//! recording becomes mark-up, a cue, a formula or a heading.

mod csv;
mod cues;
mod format;
mod json;
mod markdown;
mod srt;
mod text;
mod time;
mod txt;
mod vtt;
mod written;

use std::io::{self, Write};

use recordroute_core::{Recording, RecordingId, Transcript};

pub use format::{Format, UnknownFormat};
pub use written::{WrittenFormat, write_highlights, write_minutes};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The disk is full or the reader went away: tell the user; half a file may be there.
    #[error("The file could not be written: {0}.")]
    Io(#[from] io::Error),
    /// The JSON writer refused; report it as a fault of the program.
    #[error("The transcript could not be written as JSON: {0}.")]
    Json(serde_json::Error),
}

/// A transcript with everything that is said about it in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// Number in the library; none for one that is not stored.
    pub id: Option<RecordingId>,
    /// Title of the recording.
    pub title: String,
    /// Name of the file that it came from.
    pub source: String,
    /// Code of the language, such as `ko`.
    pub language: Option<String>,
    /// Length in milliseconds.
    pub duration_ms: Option<u64>,
    /// The model that wrote it.
    pub model: Option<String>,
    /// What computed, such as `CPU (2 threads)`.
    pub device: Option<String>,
    /// Audio seconds a wall-clock second.
    pub speed: Option<f32>,
    /// When it was recorded or added, RFC 3339.
    pub created_at: Option<String>,
    /// What should be known about the media; a sentence.
    pub notice: Option<String>,
    /// What was said.
    pub transcript: Transcript,
}

impl Document {
    /// A recording of the library with its transcript.
    pub fn new(recording: Recording, transcript: Transcript) -> Self {
        let language = transcript.language.as_ref().or(recording.language.as_ref());
        Self {
            id: Some(recording.id),
            language: language.map(|language| language.code.clone()),
            title: recording.title,
            source: recording.source,
            duration_ms: recording.duration_ms,
            model: recording.model,
            device: recording.device,
            speed: recording.speed,
            created_at: Some(recording.created_at),
            notice: recording.notice,
            transcript,
        }
    }
}

/// Writes the document in that format and flushes.
pub fn write(format: Format, document: &Document, mut to: impl Write) -> Result<(), ExportError> {
    let to: &mut dyn Write = &mut to;
    match format {
        Format::Txt => txt::write(document, to)?,
        Format::Srt => srt::write(document, to)?,
        Format::Vtt => vtt::write(document, to)?,
        Format::Json => json::write(document, to)?,
        Format::Csv => csv::write(document, to)?,
        Format::Md => markdown::write(document, to)?,
    }
    to.flush()?;
    Ok(())
}

/// The file's content, for a clipboard or a response.
pub fn to_string(format: Format, document: &Document) -> Result<String, ExportError> {
    let mut bytes = Vec::new();
    write(format, document, &mut bytes)?;
    String::from_utf8(bytes).map_err(|error| ExportError::Io(io::Error::other(error)))
}
