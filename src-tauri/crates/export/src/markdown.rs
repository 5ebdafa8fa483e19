use std::io::{self, Write};

use recordroute_core::SegmentFlag;

use crate::Document;
use crate::text::one_line;
use crate::time::short_clock;

/// A heading, what is known, then a paragraph for each segment with its time. Doubtful segments are
/// marked with the reason.
pub(crate) fn write(document: &Document, to: &mut dyn Write) -> io::Result<()> {
    let title = one_line(&document.title);
    writeln!(
        to,
        "# {}\n",
        if title.is_empty() {
            "Transcript".to_owned()
        } else {
            escaped(&title)
        }
    )?;
    let facts = [
        (
            "Source",
            Some(document.source.clone()).filter(|source| !source.is_empty()),
        ),
        ("Date", document.created_at.clone()),
        ("Length", document.duration_ms.map(short_clock)),
        ("Language", document.language.clone()),
        ("Model", document.model.clone()),
        ("Note", document.notice.clone()),
    ];
    let mut any = false;
    for (name, value) in facts {
        if let Some(value) = value {
            writeln!(to, "- {name}: {}", escaped(&one_line(&value)))?;
            any = true;
        }
    }
    if any {
        writeln!(to)?;
    }
    for segment in &document.transcript.segments {
        let text = one_line(&segment.text);
        if text.is_empty() {
            continue;
        }
        write!(to, "**{}**", short_clock(segment.start_ms))?;
        if let Some(speaker) = segment
            .speaker
            .as_deref()
            .map(one_line)
            .filter(|speaker| !speaker.is_empty())
        {
            write!(to, " **{}:**", escaped(&speaker))?;
        }
        write!(to, " {}", escaped(&text))?;
        if !segment.flags.is_empty() {
            let reasons: Vec<&str> = segment.flags.iter().map(reason).collect();
            write!(to, " *(doubtful: {})*", reasons.join(", "))?;
        }
        writeln!(to, "\n")?;
    }
    Ok(())
}

fn reason(flag: &SegmentFlag) -> &'static str {
    match flag {
        SegmentFlag::LowConfidence => "unsure of the words",
        SegmentFlag::MaybeNoSpeech => "perhaps no speech",
        SegmentFlag::Repetition => "repeats itself",
        SegmentFlag::KnownPhantom => "often invented over silence",
        SegmentFlag::DamagedAudio => "damaged audio",
    }
}

/// Text that Markdown shows as it is. Signs that matter only at the start of a line need no escape,
/// because text never starts one; a heading's closing signs and everything inline does.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '$' | '&'
        ) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
