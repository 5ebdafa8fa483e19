use std::time::Duration;

use recordroute_core::{
    DetectedLanguage, JobKind, MediaPlace, RecordingDraft, RecordingId, Segment, TranscribeOptions,
};
use recordroute_store::{ChunkRecord, JobEnd, Library, StoreError};
use serde::Deserialize;

/// A recording that nobody made, with its transcript.
#[derive(Debug, Clone, Deserialize)]
pub struct WrittenRecording {
    /// What a test calls it by.
    pub key: String,
    /// Title.
    pub title: String,
    /// Language as a code.
    pub language: String,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What is said in it.
    pub segments: Vec<WrittenSegment>,
}

/// A segment of a [`WrittenRecording`].
#[derive(Debug, Clone, Deserialize)]
pub struct WrittenSegment {
    /// Start, milliseconds.
    pub start_ms: u64,
    /// End, milliseconds.
    pub end_ms: u64,
    /// Who speaks.
    pub speaker: Option<String>,
    /// The text.
    pub text: String,
}

impl WrittenRecording {
    /// Of these texts, ten seconds each.
    pub fn of_texts(title: &str, texts: &[&str]) -> Self {
        let segments = (0..).zip(texts).map(|(idx, text)| WrittenSegment {
            start_ms: idx * 10_000,
            end_ms: idx * 10_000 + 9_000,
            speaker: None,
            text: (*text).to_owned(),
        });
        Self {
            key: title.to_owned(),
            title: title.to_owned(),
            language: String::new(),
            tags: Vec::new(),
            segments: segments.collect(),
        }
    }

    /// Puts it into a library as if it had been transcribed there.
    pub fn keep(&self, library: &Library) -> Result<RecordingId, StoreError> {
        let draft = RecordingDraft {
            title: self.title.clone(),
            source: format!("{}.wav", self.key),
            media: MediaPlace::Referenced(format!("/nowhere/{}.wav", self.key)),
            hash: String::new(),
            bytes: 0,
        };
        let id = library.add_recording(&draft)?;
        for tag in &self.tags {
            library.add_tag(id, tag)?;
        }
        self.transcribe(library, id)?;
        Ok(id)
    }

    /// Gives a recording these segments as a new transcript.
    pub fn transcribe(&self, library: &Library, id: RecordingId) -> Result<(), StoreError> {
        const OWNER: &str = "shelf";
        let kind = JobKind::Transcribe {
            model: "whisper-tiny.en".to_owned(),
            options: TranscribeOptions::default(),
        };
        let segments: Vec<Segment> = self.segments.iter().map(WrittenSegment::to_segment).collect();
        let language = (!self.language.is_empty()).then(|| DetectedLanguage {
            code: self.language.clone(),
            probability: None,
        });
        let job = library.enqueue_claimed(id, &kind, OWNER, Duration::from_secs(60))?;
        let chunk = ChunkRecord {
            source_end_ms: segments.last().map_or(0, |last| last.end_ms),
            segments: &segments,
            language: language.as_ref(),
        };
        library.record_chunk(job, OWNER, &chunk)?;
        library.set_duration_ms(id, chunk.source_end_ms)?;
        library.finish(job, OWNER, &JobEnd::Done)?;
        Ok(())
    }
}

impl WrittenSegment {
    fn to_segment(&self) -> Segment {
        Segment {
            start_ms: self.start_ms,
            end_ms: self.end_ms,
            text: self.text.clone(),
            confidence: 0.9,
            speaker: self.speaker.clone(),
            flags: Vec::new(),
            words: Vec::new(),
        }
    }
}
