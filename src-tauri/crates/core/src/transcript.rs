use serde::{Deserialize, Serialize};

use crate::DetectedLanguage;

/// A word as it was heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds; never before `start_ms`.
    pub end_ms: u64,
    /// The word with its punctuation, without surrounding white space.
    pub text: String,
    /// Geometric mean of the probabilities of the word's tokens.
    pub confidence: f32,
}

/// Why a segment deserves a second look. Flagged segments are shown, never hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentFlag {
    /// The model was unsure of these words.
    LowConfidence,
    /// The model itself thinks that nobody speaks here.
    MaybeNoSpeech,
    /// The text repeats itself and did not get better when decoded again.
    Repetition,
    /// A sentence that Whisper is known to invent over silence; speech was heard, so it was kept.
    KnownPhantom,
    /// The audio under this segment was damaged and partly replaced by silence.
    DamagedAudio,
}

/// A stretch of speech with its text; the unit of transcripts, subtitles and citations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds; never before `start_ms`, never after the next segment's start.
    pub end_ms: u64,
    /// The text without surrounding white space; never empty.
    pub text: String,
    /// Geometric mean of the probabilities of the text's tokens.
    pub confidence: f32,
    /// Who speaks, where known.
    pub speaker: Option<String>,
    /// What is doubtful about it.
    pub flags: Vec<SegmentFlag>,
    /// The words in order, inside the segment's times.
    pub words: Vec<Word>,
}

/// Everything that was heard in one recording.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// The language that was set or found.
    pub language: Option<DetectedLanguage>,
    /// In order of time, without overlaps.
    pub segments: Vec<Segment>,
}

impl Transcript {
    /// The whole text, a segment a line.
    pub fn text(&self) -> String {
        let lines: Vec<&str> = self
            .segments
            .iter()
            .map(|segment| segment.text.as_str())
            .collect();
        lines.join("\n")
    }
}
