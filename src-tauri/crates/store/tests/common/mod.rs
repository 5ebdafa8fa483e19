//! A throw-away library and things to put in it.
#![allow(dead_code, clippy::unwrap_used)]

pub mod passages;

use std::time::Duration;

use recordroute_core::{
    DetectedLanguage, JobId, JobKind, MediaPlace, RecordingDraft, RecordingId, Segment, SegmentFlag,
    TranscribeOptions, Word,
};
use recordroute_store::{ChunkRecord, JobEnd, Library};

pub const LEASE: Duration = Duration::from_secs(60);

pub fn library() -> (tempfile::TempDir, Library) {
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    (dir, library)
}

pub fn draft(title: &str) -> RecordingDraft {
    RecordingDraft {
        title: title.to_owned(),
        source: format!("{title}.m4a"),
        media: MediaPlace::Referenced(format!("/somewhere/{title}.m4a")),
        hash: "ab".repeat(32),
        bytes: 1_234,
    }
}

pub fn kind() -> JobKind {
    JobKind::Transcribe {
        model: "whisper-base".to_owned(),
        options: TranscribeOptions::default(),
    }
}

pub fn korean() -> DetectedLanguage {
    DetectedLanguage {
        code: "ko".to_owned(),
        probability: Some(0.75),
    }
}

pub fn segment(start_ms: u64, end_ms: u64, text: &str) -> Segment {
    Segment {
        start_ms,
        end_ms,
        text: text.to_owned(),
        confidence: 0.5,
        speaker: None,
        flags: vec![SegmentFlag::LowConfidence],
        words: vec![Word {
            start_ms,
            end_ms,
            text: text.to_owned(),
            confidence: 0.25,
        }],
    }
}

/// A recording with a finished transcript, a segment for each text, ten seconds apart.
pub fn transcribed(library: &Library, title: &str, texts: &[&str]) -> (RecordingId, JobId) {
    let id = library.add_recording(&draft(title)).unwrap();
    (id, transcribe(library, id, texts))
}

pub fn transcribe(library: &Library, id: RecordingId, texts: &[&str]) -> JobId {
    let segments: Vec<Segment> = (0..)
        .zip(texts)
        .map(|(idx, text)| segment(idx * 10_000, idx * 10_000 + 9_000, text))
        .collect();
    let job = library.enqueue_claimed(id, &kind(), "fixture", LEASE).unwrap();
    let chunk = ChunkRecord {
        source_end_ms: texts.len() as u64 * 10_000,
        segments: &segments,
        language: Some(&korean()),
    };
    library.record_chunk(job, "fixture", &chunk).unwrap();
    library.finish(job, "fixture", &JobEnd::Done).unwrap();
    job
}
