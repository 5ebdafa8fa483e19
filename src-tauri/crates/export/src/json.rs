use std::io::Write;

use recordroute_core::{RecordingId, Segment};
use serde::Serialize;

use crate::{Document, ExportError};

/// The wire form; the names and their order are public and stay.
#[derive(Serialize)]
struct Wire<'a> {
    id: Option<RecordingId>,
    title: &'a str,
    source: &'a str,
    language: Option<&'a str>,
    duration_ms: Option<u64>,
    model: Option<&'a str>,
    device: Option<&'a str>,
    speed: Option<f32>,
    segments: &'a [Segment],
}

/// One object with everything; numbers that are none become null.
pub(crate) fn write(document: &Document, to: &mut dyn Write) -> Result<(), ExportError> {
    let wire = Wire {
        id: document.id,
        title: &document.title,
        source: &document.source,
        language: document.language.as_deref(),
        duration_ms: document.duration_ms,
        model: document.model.as_deref(),
        device: document.device.as_deref(),
        speed: document.speed,
        segments: &document.transcript.segments,
    };
    write_json(&wire, to)
}

/// One value over several lines, with a line feed at the end.
pub(crate) fn write_json(value: &impl Serialize, to: &mut dyn Write) -> Result<(), ExportError> {
    serde_json::to_writer_pretty(&mut *to, value).map_err(|error| match error.io_error_kind() {
        Some(kind) => ExportError::Io(kind.into()),
        None => ExportError::Json(error),
    })?;
    Ok(to.write_all(b"\n")?)
}
