use serde::{Deserialize, Serialize};

/// A sentence that tells much of what a recording is about, found without a language model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Highlight {
    /// Place of the segment in which it begins.
    pub segment_idx: u32,
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds.
    pub end_ms: u64,
    /// The sentence as it was said.
    pub text: String,
    /// How central it is among the sentences of the recording; the first has 1.0.
    pub score: f32,
}

/// A word that occurs often for its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWord {
    /// The word, in Korean without its particle.
    pub text: String,
    /// How often it occurs.
    pub n: u32,
}

/// What can be said of a recording without any language model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Highlights {
    /// In order of time.
    pub sentences: Vec<Highlight>,
    /// The most telling first.
    pub key_words: Vec<KeyWord>,
}
