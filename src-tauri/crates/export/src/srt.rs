use std::io::{self, Write};

use crate::Document;
use crate::cues::cues;
use crate::text::with_speaker;
use crate::time::clock;

/// SubRip: number, times, text, empty line. There is no way to escape in SubRip, so an arrow in the
/// text, which a reader would take for a line of times, is written as the sign for one; `<` and `>`
/// around a tag's name, which players take for styling, become single angle quotes.
pub(crate) fn write(document: &Document, to: &mut dyn Write) -> io::Result<()> {
    for (idx, cue) in cues(&document.transcript).iter().enumerate() {
        writeln!(to, "{}", idx + 1)?;
        writeln!(to, "{} --> {}", clock(cue.start_ms, ','), clock(cue.end_ms, ','))?;
        let text = with_speaker(cue.speaker.as_deref(), &cue.text);
        writeln!(to, "{}\n", without_markup(&text))?;
    }
    Ok(())
}

fn without_markup(text: &str) -> String {
    let text = text.replace("-->", "→");
    let mut chars = text.chars().peekable();
    let mut plain = String::with_capacity(text.len());
    let mut in_tag = false;
    while let Some(c) = chars.next() {
        match c {
            '<' if chars
                .peek()
                .is_some_and(|next| next.is_ascii_alphabetic() || *next == '/') =>
            {
                in_tag = true;
                plain.push('‹');
            }
            '>' if in_tag => {
                in_tag = false;
                plain.push('›');
            }
            // `{\an8}` moves a cue in many players.
            '{' if chars.peek() == Some(&'\\') => plain.push('('),
            c => plain.push(c),
        }
    }
    plain
}
