//! The types that cross to the page: what it shows, and no more.

use recordroute_engine::Hit;
use recordroute_engine::core as domain;
use serde::Serialize;
use specta::Type;

/// A recording in the list. Times of day are RFC 3339 in UTC.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Recording {
    pub id: i64,
    pub title: String,
    pub created_at: String,
    pub duration_ms: Option<u64>,
    /// Code such as `ko`.
    pub language: Option<String>,
    pub model: Option<String>,
    /// What should be known about the media; a sentence.
    pub notice: Option<String>,
    pub n_segments: u64,
}

/// A stretch of speech.
#[derive(Debug, Clone, Serialize, Type)]
pub struct Segment {
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
    pub speaker: Option<String>,
    /// Why it deserves a second look; empty where it does not.
    pub flags: Vec<SegmentFlag>,
}

/// What is doubtful about a segment.
#[derive(Debug, Clone, Copy, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SegmentFlag {
    LowConfidence,
    MaybeNoSpeech,
    Repetition,
    KnownPhantom,
    DamagedAudio,
}

/// Something that was found.
#[derive(Debug, Clone, Serialize, Type)]
pub struct SearchHit {
    pub recording_id: i64,
    pub title: String,
    /// Where it was said; none where the title matched.
    pub start_ms: Option<u64>,
    /// The text around what was found.
    pub snippet: Vec<SnippetPart>,
}

/// A run of a snippet.
#[derive(Debug, Clone, Serialize, Type)]
pub struct SnippetPart {
    pub text: String,
    /// This is what was looked for.
    pub matched: bool,
}

/// Where the library is and whether it can be written.
#[derive(Debug, Clone, Serialize, Type)]
pub struct LibraryInfo {
    pub path: String,
    pub read_only: bool,
}

impl From<domain::Recording> for Recording {
    fn from(recording: domain::Recording) -> Self {
        Self {
            id: recording.id.0,
            title: recording.title,
            created_at: recording.created_at,
            duration_ms: recording.duration_ms,
            language: recording.language.map(|language| language.code),
            model: recording.model,
            notice: recording.notice,
            n_segments: recording.n_segments,
        }
    }
}

impl From<domain::Segment> for Segment {
    fn from(segment: domain::Segment) -> Self {
        Self {
            start_ms: segment.start_ms,
            end_ms: segment.end_ms,
            text: segment.text,
            speaker: segment.speaker,
            flags: segment.flags.into_iter().map(SegmentFlag::from).collect(),
        }
    }
}

impl From<domain::SegmentFlag> for SegmentFlag {
    fn from(flag: domain::SegmentFlag) -> Self {
        match flag {
            domain::SegmentFlag::LowConfidence => Self::LowConfidence,
            domain::SegmentFlag::MaybeNoSpeech => Self::MaybeNoSpeech,
            domain::SegmentFlag::Repetition => Self::Repetition,
            domain::SegmentFlag::KnownPhantom => Self::KnownPhantom,
            domain::SegmentFlag::DamagedAudio => Self::DamagedAudio,
        }
    }
}

impl From<Hit> for SearchHit {
    fn from(hit: Hit) -> Self {
        Self {
            recording_id: hit.recording_id.0,
            title: hit.title,
            start_ms: hit.segment.map(|segment| segment.start_ms),
            snippet: hit
                .snippet
                .parts
                .into_iter()
                .map(|part| SnippetPart {
                    text: part.text,
                    matched: part.matched,
                })
                .collect(),
        }
    }
}
