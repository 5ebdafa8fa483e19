use recordroute_engine as engine;
use recordroute_engine::core as domain;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::mirror;

/// A recording in the list. Times of day are RFC 3339 in UTC.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Recording {
    pub id: i64,
    pub title: String,
    pub source: String,
    pub bytes: u64,
    pub duration_ms: Option<u64>,
    pub language: Option<String>,
    pub model: Option<String>,
    pub device: Option<String>,
    pub speed: Option<f32>,
    pub notice: Option<String>,
    pub created_at: String,
    pub trashed_at: Option<String>,
    pub tags: Vec<String>,
    pub n_segments: u64,
}

/// Which recordings are listed.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Listing {
    pub trashed: bool,
    pub tag: Option<String>,
    pub offset: u32,
    pub limit: u32,
}

/// A tag and how many recordings carry it.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct TagCount {
    pub name: String,
    pub n_recordings: u64,
}

/// A stretch of speech.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Segment {
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
    pub confidence: f32,
    pub speaker: Option<String>,
    pub flags: Vec<SegmentFlag>,
}

mirror! {
    /// What is doubtful about a segment.
    SegmentFlag = domain::SegmentFlag {
        LowConfidence, MaybeNoSpeech, Repetition, KnownPhantom, DamagedAudio,
    }
}

/// A word of a segment.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Word {
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
    pub confidence: f32,
}

/// Something that was found.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SearchHit {
    pub recording_id: i64,
    pub title: String,
    pub start_ms: Option<u64>,
    pub snippet: Vec<SnippetPart>,
}

/// A run of a snippet.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SnippetPart {
    pub text: String,
    pub matched: bool,
}

mirror! {
    /// The kind of file that is written.
    Format = engine::Format { Txt, Srt, Vtt, Json, Csv, Md }
}

impl From<Listing> for engine::Listing {
    fn from(listing: Listing) -> Self {
        Self {
            trashed: listing.trashed,
            tag: listing.tag,
            offset: u64::from(listing.offset),
            limit: Some(u64::from(listing.limit)),
        }
    }
}

impl From<domain::Recording> for Recording {
    fn from(recording: domain::Recording) -> Self {
        Self {
            id: recording.id.0,
            title: recording.title,
            source: recording.source,
            bytes: recording.bytes,
            duration_ms: recording.duration_ms,
            language: recording.language.map(|language| language.code),
            model: recording.model,
            device: recording.device,
            speed: recording.speed,
            notice: recording.notice,
            created_at: recording.created_at,
            trashed_at: recording.trashed_at,
            tags: recording.tags,
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
            confidence: segment.confidence,
            speaker: segment.speaker,
            flags: segment.flags.into_iter().map(SegmentFlag::from).collect(),
        }
    }
}

impl From<domain::Word> for Word {
    fn from(word: domain::Word) -> Self {
        Self {
            start_ms: word.start_ms,
            end_ms: word.end_ms,
            text: word.text,
            confidence: word.confidence,
        }
    }
}

impl From<engine::Hit> for SearchHit {
    fn from(hit: engine::Hit) -> Self {
        let parts = hit.snippet.parts.into_iter();
        Self {
            recording_id: hit.recording_id.0,
            title: hit.title,
            start_ms: hit.segment.map(|segment| segment.start_ms),
            snippet: parts
                .map(|part| SnippetPart {
                    text: part.text,
                    matched: part.matched,
                })
                .collect(),
        }
    }
}
