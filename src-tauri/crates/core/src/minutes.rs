use serde::{Deserialize, Serialize};

/// One line of the minutes, with the segments it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MinutesItem {
    /// What was said, decided or is to be done; one or two sentences.
    pub text: String,
    /// Whom it concerns, where that was said.
    #[serde(default)]
    pub who: Option<String>,
    /// Until when, or when, as it was said.
    #[serde(default)]
    pub when: Option<String>,
    /// Places in the transcript that it rests on, ascending; empty only where the user wrote the line.
    pub segments: Vec<u32>,
    /// Start of the first of them, milliseconds in the recording.
    pub start_ms: u64,
    /// End of the last of them, milliseconds in the recording.
    pub end_ms: u64,
    /// Whether they bear it out as far as that can be checked; a line that they do not bear out is marked.
    /// What the user wrote is not checked.
    #[serde(default = "not_marked")]
    pub is_supported: bool,
}

/// Lines that were kept before any were marked.
fn not_marked() -> bool {
    true
}

/// A heading of the minutes and what stands under it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MinutesSection {
    /// The key that the template gives it, such as `decisions`.
    pub key: String,
    /// The heading in the language of the minutes.
    pub title: String,
    /// In order of time.
    pub items: Vec<MinutesItem>,
}

/// Why what comes after the transcript is not in the minutes.
pub const NOT_TRANSCRIBED: &str =
    "This was not transcribed yet; let the transcription go on, then make the minutes again.";

/// A stretch of the recording that is not in the minutes, because the model failed at it or because it was
/// not transcribed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedPart {
    /// From there, milliseconds in the recording.
    pub start_ms: u64,
    /// Up to there.
    pub end_ms: u64,
    /// Why; a sentence for the user.
    pub reason: String,
}

/// The minutes of a recording, and how they came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Minutes {
    /// The template's id, such as `meeting`.
    pub template: String,
    /// The language they are written in, as a code such as `ko`.
    pub language: String,
    /// The language model's id.
    pub model: String,
    /// Which prompts they were written with; changes whenever a prompt does.
    pub prompt_version: String,
    /// Share of the transcript's segments that the model read with success, 0.0..=1.0.
    pub coverage: f32,
    /// In the template's order; those with nothing in them are left out.
    pub sections: Vec<MinutesSection>,
    /// What is missing; empty where the coverage is 1.0.
    pub failed_parts: Vec<FailedPart>,
    /// How long the writing took, milliseconds.
    pub took_ms: u64,
}
