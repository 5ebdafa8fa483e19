use std::io::{self, Write};

use crate::Document;
use crate::text::{one_line, with_speaker};

/// A segment a line, nothing else: for reading and pasting.
pub(crate) fn write(document: &Document, to: &mut dyn Write) -> io::Result<()> {
    for segment in &document.transcript.segments {
        let text = one_line(&segment.text);
        if !text.is_empty() {
            writeln!(to, "{}", with_speaker(segment.speaker.as_deref(), &text))?;
        }
    }
    Ok(())
}
