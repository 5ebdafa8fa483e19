use serde::{Deserialize, Serialize};

use crate::Language;

/// How the next token is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Sampling {
    /// The likeliest token; higher temperatures are tried only where the guards ask for it.
    Greedy,
    /// Beam search.
    Beam {
        /// Number of beams, 2..=8.
        size: u8,
    },
}

/// What the user may set for one transcription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TranscribeOptions {
    /// Spoken language, or detection.
    pub language: Language,
    /// Write English whatever is spoken.
    pub translate: bool,
    /// Text that comes before the recording, for style and context.
    pub prompt: Option<String>,
    /// Names and jargon that may occur.
    pub vocabulary: Vec<String>,
    /// Cut silence out before decoding.
    pub vad: bool,
    /// Threads for inference; none lets the program choose.
    pub n_threads: Option<usize>,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

impl Default for TranscribeOptions {
    fn default() -> Self {
        Self {
            language: Language::Auto,
            translate: false,
            prompt: None,
            vocabulary: Vec::new(),
            vad: true,
            n_threads: None,
            sampling: Sampling::Greedy,
        }
    }
}
