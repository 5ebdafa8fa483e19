use std::io::{self, Write};

use crate::Document;
use crate::text::one_line;
use crate::time::clock;

/// Without it spreadsheets take UTF-8 for the system's old code page, and Korean is garbage.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// A table (RFC 4180): a row for each segment under one row of names.
pub(crate) fn write(document: &Document, to: &mut dyn Write) -> io::Result<()> {
    to.write_all(BYTE_ORDER_MARK)?;
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(to);
    table.write_record([
        "start_ms",
        "end_ms",
        "start",
        "end",
        "speaker",
        "text",
        "confidence",
        "flags",
    ])?;
    for segment in &document.transcript.segments {
        let flags: Vec<String> = segment
            .flags
            .iter()
            .filter_map(|flag| serde_json::to_value(flag).ok())
            .filter_map(|flag| flag.as_str().map(str::to_owned))
            .collect();
        table.write_record([
            segment.start_ms.to_string(),
            segment.end_ms.to_string(),
            clock(segment.start_ms, '.'),
            clock(segment.end_ms, '.'),
            no_formula(&one_line(segment.speaker.as_deref().unwrap_or_default())),
            no_formula(&one_line(&segment.text)),
            format!("{:.3}", segment.confidence),
            flags.join(" "),
        ])?;
    }
    table.flush()
}

/// Spreadsheets run what begins like a formula (OWASP, "CSV Injection"); an apostrophe before it
/// makes it text. Full-width signs count as well, where the input method is Korean or Japanese.
fn no_formula(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => format!("'{text}"),
        _ => text.to_owned(),
    }
}
