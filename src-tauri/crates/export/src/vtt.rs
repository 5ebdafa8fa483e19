use std::io::{self, Write};

use crate::Document;
use crate::cues::cues;
use crate::text::one_line;
use crate::time::clock;

/// WebVTT (W3C, "WebVTT: The Web Video Text Tracks Format"). Text and names are escaped, so that no
/// arrow or tag is left in them.
pub(crate) fn write(document: &Document, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "WEBVTT")?;
    let title = one_line(&document.title);
    if !title.is_empty() {
        // A comment block; it must not hold an arrow either.
        writeln!(to, "\nNOTE {}", escaped(&title))?;
    }
    for cue in cues(&document.transcript) {
        writeln!(
            to,
            "\n{} --> {}",
            clock(cue.start_ms, '.'),
            clock(cue.end_ms, '.')
        )?;
        match &cue.speaker {
            Some(speaker) => writeln!(to, "<v {}>{}", escaped(speaker), escaped(&cue.text))?,
            None => writeln!(to, "{}", escaped(&cue.text))?,
        }
    }
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
