use recordroute_engine as engine;
use recordroute_engine::core as domain;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{Crossing, mirror, mirror_enum};

mirror! {
    /// A recording in the list. Times of day are RFC 3339 in UTC.
    Recording = domain::Recording {
        id: i64, title: String, source: String, bytes: u64, duration_ms: Option<u64>, language: Option<String>,
        model: Option<String>, device: Option<String>, speed: Option<f32>, notice: Option<String>,
        created_at: String, trashed_at: Option<String>, tags: Vec<String>, n_segments: u64,
    }
}

/// Which recordings are listed.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Listing {
    pub trashed: bool,
    pub tag: Option<String>,
    pub offset: u32,
    pub limit: u32,
}

mirror! {
    /// A tag and how many recordings carry it.
    TagCount = engine::TagCount { name: String, n_recordings: u64 }
}

mirror! {
    /// A stretch of speech.
    Segment = domain::Segment {
        start_ms: u64, end_ms: u64, text: String,
        // A share is always a number, which the generator cannot know of a float.
        #[specta(type = u32)] confidence: f32,
        speaker: Option<String>, flags: Vec<SegmentFlag>,
    } of _segment {
        // What was heard, where the text was changed since: never of one that was just heard.
        original: Option<String> = None,
    }
}

impl Crossing<engine::ShownSegment> for Segment {
    fn cross(shown: engine::ShownSegment) -> Self {
        Self {
            original: shown.original,
            ..Self::cross(shown.segment)
        }
    }
}

mirror_enum! {
    /// What is doubtful about a segment.
    SegmentFlag = domain::SegmentFlag { LowConfidence, MaybeNoSpeech, Repetition, KnownPhantom, DamagedAudio }
}

mirror! {
    /// A word of a segment.
    Word = domain::Word { start_ms: u64, end_ms: u64, text: String, #[specta(type = u32)] confidence: f32 }
}

mirror! {
    /// A run of a snippet.
    SnippetPart = engine::SnippetPart { text: String, matched: bool }
}

mirror_enum! {
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
