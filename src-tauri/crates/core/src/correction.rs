use serde::{Deserialize, Serialize};

/// What a stretch of a [`Correction`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffKind {
    /// Stands in both texts.
    Same,
    /// Stands in the original only.
    Removed,
    /// Stands in the proposal only.
    Added,
}

/// A stretch of words, with the white space and punctuation around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffPart {
    /// Where it stands.
    pub kind: DiffKind,
    /// Its text.
    pub text: String,
}

/// Why a correction deserves a second look: it may change what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionMark {
    /// A number differs.
    Number,
    /// A "not", "no" or its like came or went.
    Negation,
    /// A sentence or much of the text was added.
    Added,
    /// A sentence or much of the text is missing.
    Missing,
}

/// What became of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionState {
    /// Nobody decided yet.
    Open,
    /// It stands in the transcript; the original is kept.
    Accepted,
    /// The original stays.
    Refused,
}

/// A proposal for the text of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// The segment's place in the transcript.
    pub segment_idx: u32,
    /// What was heard.
    pub original: String,
    /// What is proposed.
    pub proposed: String,
    /// The two as word differences; together they spell both.
    pub diff: Vec<DiffPart>,
    /// Why it deserves a second look; ascending.
    pub marks: Vec<CorrectionMark>,
    /// What became of it.
    pub state: CorrectionState,
}
