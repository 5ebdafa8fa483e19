use serde::{Deserialize, Serialize};

use crate::{DetectedLanguage, RecordingId};

/// Where the media of a recording lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "path")]
pub enum MediaPlace {
    /// Copied into the library; relative to the library folder, `/` between parts.
    Library(String),
    /// Left where it was; absolute.
    Referenced(String),
}

/// A recording as the library lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Its number in the library.
    pub id: RecordingId,
    /// Title, editable; at first the name of the file.
    pub title: String,
    /// The file's name as it came in.
    pub source: String,
    /// Where the media is.
    pub media: MediaPlace,
    /// SHA-256 of the media's bytes in lower-case hexadecimal: the same file added twice is noticed.
    pub hash: String,
    /// Size of the media in bytes.
    pub bytes: u64,
    /// Length in milliseconds; known once it was decoded.
    pub duration_ms: Option<u64>,
    /// Language of the newest transcript.
    pub language: Option<DetectedLanguage>,
    /// Model of the newest transcript.
    pub model: Option<String>,
    /// Device of the newest transcript, such as `CPU (2 threads)`.
    pub device: Option<String>,
    /// Speed of the newest transcription: audio seconds a wall-clock second.
    pub speed: Option<f32>,
    /// What should be known about the media, such as that it is cut short; a sentence.
    pub notice: Option<String>,
    /// When it was added, RFC 3339 in UTC.
    pub created_at: String,
    /// When it was put in the trash, RFC 3339 in UTC.
    pub trashed_at: Option<String>,
    /// Tags in alphabetical order.
    pub tags: Vec<String>,
    /// Number of segments of the newest transcript.
    pub n_segments: u64,
}

/// What is known of a recording when it is added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordingDraft {
    /// Title; at first the name of the file without its extension.
    pub title: String,
    /// The file's name as it came in.
    pub source: String,
    /// Where the media is.
    pub media: MediaPlace,
    /// SHA-256 in lower-case hexadecimal.
    pub hash: String,
    /// Size in bytes.
    pub bytes: u64,
}
