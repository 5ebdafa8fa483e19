//! What was written from a transcript, as files: minutes and highlights.

use std::io::{self, Write};

use recordroute_core::{
    FailedPart, Highlights, Minutes, MinutesItem, MinutesSection, NOT_TRANSCRIBED, Recording, RecordingId,
    is_same_language,
};
use serde::{Deserialize, Serialize};

use crate::ExportError;
use crate::json::write_json;
use crate::markdown::escaped;
use crate::text::one_line;
use crate::time::short_clock;

/// The formats of what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenFormat {
    /// Markdown.
    Md,
    /// JSON.
    Json,
    /// Plain text.
    Txt,
}

impl WrittenFormat {
    /// The file name extension, without the point.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Md => "md",
            Self::Json => "json",
            Self::Txt => "txt",
        }
    }
}

/// The wire form; the names and their order are public and stay.
#[derive(Serialize)]
struct MinutesWire<'a> {
    id: RecordingId,
    template: &'a str,
    language: &'a str,
    model: &'a str,
    coverage: f32,
    sections: &'a [MinutesSection],
    failed_parts: &'a [FailedPart],
}

/// Writes the minutes of a recording and flushes.
pub fn write_minutes(
    format: WrittenFormat,
    recording: &Recording,
    minutes: &Minutes,
    mut to: impl Write,
) -> Result<(), ExportError> {
    let to: &mut dyn Write = &mut to;
    match format {
        WrittenFormat::Json => write_json(
            &MinutesWire {
                id: recording.id,
                template: &minutes.template,
                language: &minutes.language,
                model: &minutes.model,
                coverage: minutes.coverage,
                sections: &minutes.sections,
                failed_parts: &minutes.failed_parts,
            },
            to,
        )?,
        WrittenFormat::Md => minutes_as(&Markdown, recording, minutes, to)?,
        WrittenFormat::Txt => minutes_as(&Plain, recording, minutes, to)?,
    }
    Ok(to.flush()?)
}

/// Writes the highlights of a recording and flushes.
pub fn write_highlights(
    format: WrittenFormat,
    recording: &Recording,
    highlights: &Highlights,
    mut to: impl Write,
) -> Result<(), ExportError> {
    let to: &mut dyn Write = &mut to;
    match format {
        WrittenFormat::Json => write_json(highlights, to)?,
        WrittenFormat::Md => highlights_as(&Markdown, recording, highlights, to)?,
        WrittenFormat::Txt => highlights_as(&Plain, recording, highlights, to)?,
    }
    Ok(to.flush()?)
}

/// Stands behind a line that what it cites does not bear out.
const MARK: char = '†';

/// How headings, lines and text look.
trait Look {
    fn heading(&self, level: usize, text: &str) -> String;
    fn strong(&self, text: &str) -> String;
    fn text(&self, text: &str) -> String;
}

struct Markdown;

impl Look for Markdown {
    fn heading(&self, level: usize, text: &str) -> String {
        format!("{} {}", "#".repeat(level), self.text(text))
    }

    fn strong(&self, text: &str) -> String {
        format!("**{}**", self.text(text))
    }

    fn text(&self, text: &str) -> String {
        escaped(&one_line(text))
    }
}

struct Plain;

impl Look for Plain {
    fn heading(&self, _level: usize, text: &str) -> String {
        one_line(text)
    }

    fn strong(&self, text: &str) -> String {
        one_line(text)
    }

    fn text(&self, text: &str) -> String {
        one_line(text)
    }
}

fn minutes_as(
    look: &dyn Look,
    recording: &Recording,
    minutes: &Minutes,
    to: &mut dyn Write,
) -> io::Result<()> {
    writeln!(to, "{}", look.heading(1, &recording.title))?;
    for section in &minutes.sections {
        writeln!(to, "\n{}\n", look.heading(2, &section.title))?;
        for item in &section.items {
            writeln!(to, "- {}", line(look, item))?;
        }
    }
    let korean = minutes.language == "ko";
    if minutes.sections.is_empty() {
        match korean {
            true => writeln!(to, "\n모델이 이 녹음에서 적을 내용을 찾지 못했습니다.")?,
            false => writeln!(to, "\nThe model found nothing to write down in this recording.")?,
        }
    }
    if !minutes.failed_parts.is_empty() {
        let heading = if korean { "빠진 부분" } else { "Missing parts" };
        writeln!(to, "\n{}\n", look.heading(2, heading))?;
        for part in &minutes.failed_parts {
            let (from, to_) = (short_clock(part.start_ms), short_clock(part.end_ms));
            match korean {
                true if part.reason == NOT_TRANSCRIBED => writeln!(
                    to,
                    "- {from}–{to_}: 아직 텍스트로 바뀌지 않은 부분입니다. 변환을 마저 한 뒤 회의록을 다시 만드세요."
                )?,
                // Others are sentences of the program's or of a server's, in English.
                true => writeln!(to, "- {from}–{to_}: 모델이 이 부분을 처리하지 못했습니다.")?,
                false => writeln!(to, "- {from}–{to_}: {}", look.text(&part.reason))?,
            }
        }
    }
    let mut items = minutes.sections.iter().flat_map(|section| &section.items);
    if items.any(|item| !item.is_supported) {
        match korean {
            true => writeln!(to, "\n{MARK} 표시가 있는 줄은 녹음에서 찾지 못한 내용입니다.")?,
            false => writeln!(to, "\nWhat is marked {MARK} was not found in the recordings.")?,
        }
    }
    if is_translated(recording, minutes) {
        match korean {
            true => writeln!(
                to,
                "\n녹음의 언어로 쓴 뒤 모델이 번역했습니다. 번역은 숫자와 일부 이름만 확인했고, 번역하지 못한 줄은 그대로 두었습니다."
            )?,
            false => writeln!(
                to,
                "\nWritten in the language of the recording and translated by the model; of the translation only numbers and some names were checked; what could not be translated stands as it was."
            )?,
        }
    }
    let share = (minutes.coverage * 100.0).floor();
    let model = look.text(&minutes.model);
    match korean {
        true => writeln!(
            to,
            "\n{model} 모델이 녹취의 {share} %를 읽고 썼습니다. 확인하고 쓰세요."
        ),
        false => writeln!(
            to,
            "\nWritten by {model} from {share} % of the transcript. Check before use."
        ),
    }
}

/// Whether the minutes are in another language than the recording.
fn is_translated(recording: &Recording, minutes: &Minutes) -> bool {
    let spoken = recording.language.as_ref();
    spoken.is_some_and(|spoken| !is_same_language(&spoken.code, &minutes.language))
}

/// `09:12  text (who, when)`; a line of the user's own has no time, and one that nothing bears out a mark.
fn line(look: &dyn Look, item: &MinutesItem) -> String {
    let mut line = String::new();
    if !item.segments.is_empty() {
        line.push_str(&look.strong(&short_clock(item.start_ms)));
        line.push(' ');
    }
    line.push_str(&look.text(&item.text));
    let facts: Vec<String> = [&item.who, &item.when]
        .into_iter()
        .flatten()
        .map(|fact| look.text(fact))
        .filter(|fact| !fact.is_empty())
        .collect();
    if !facts.is_empty() {
        line.push_str(&format!(" ({})", facts.join(", ")));
    }
    if !item.is_supported {
        line.push_str(&format!(" {MARK}"));
    }
    line
}

fn highlights_as(
    look: &dyn Look,
    recording: &Recording,
    highlights: &Highlights,
    to: &mut dyn Write,
) -> io::Result<()> {
    writeln!(to, "{}\n", look.heading(1, &recording.title))?;
    for sentence in &highlights.sentences {
        let at = look.strong(&short_clock(sentence.start_ms));
        writeln!(to, "- {at} {}", look.text(&sentence.text))?;
    }
    if !highlights.key_words.is_empty() {
        let words: Vec<String> = highlights
            .key_words
            .iter()
            .map(|word| format!("{} ({})", look.text(&word.text), word.n))
            .collect();
        writeln!(to, "\n{}", words.join(", "))?;
    }
    Ok(())
}
