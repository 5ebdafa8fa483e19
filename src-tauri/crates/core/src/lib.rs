//! The words that every other crate speaks: recordings, segments, chunks, jobs, events, and the
//! three traits behind which the inference engines stand. Nothing in here does IO.
//!
//! Times are `u64` milliseconds from the start of the recording, samples are mono `f32` in
//! -1.0..=1.0 at [`SAMPLE_RATE_HZ`], probabilities and confidences are `f32` in 0.0..=1.0.
#![warn(missing_docs)]

mod answer;
mod capture;
mod chunk;
mod correction;
mod error_code;
mod error_rate;
mod event;
mod generate;
mod highlights;
mod ids;
mod job;
mod language;
mod minutes;
mod model;
mod options;
mod recording;
mod speed;
mod thoughts;
mod traits;
mod transcript;

pub use answer::{Answer, AnswerPassage, AnswerSentence, Exchange};
pub use capture::{Capture, Note, NoteKind};
pub use chunk::{Chunk, Piece, TimeMap, VoiceSpan};
pub use correction::{Correction, CorrectionMark, CorrectionState, DiffKind, DiffPart};
pub use error_code::ErrorCode;
pub use error_rate::{ErrorRate, character_error_rate, word_error_rate};
pub use event::{Event, Progress, Stage};
pub use generate::{Embedder, GenerateOptions, Generated, Generator, TextRole};
pub use highlights::{Highlight, Highlights, KeyWord};
pub use ids::{CaptureId, JobId, RecordingId, TagId};
pub use job::{Job, JobKind, JobState};
pub use language::{
    DetectedLanguage, Language, LanguageCode, UnknownLanguage, is_same_language, primary_language,
};
pub use minutes::{FailedPart, Minutes, MinutesItem, MinutesSection, NOT_TRANSCRIBED};
pub use model::{
    InvalidModelId, LANGUAGE_ARCHITECTURES, LANGUAGE_TOKENIZERS, LANGUAGE_WEIGHT_TYPES, ModelFormat, ModelId,
    ModelKind, Quantization, is_named_instructed,
};
pub use options::{Sampling, TranscribeOptions};
pub use recording::{MediaPlace, Recording, RecordingDraft};
pub use speed::{GeneratorSpeed, N_TOKENS_WRITTEN, SpeedAt, SpeedLengths};
pub use thoughts::Thoughts;
pub use tokio_util::sync::CancellationToken;
pub use traits::{ChunkSource, EngineInfo, InferenceError, Outcome, TranscribedChunk, Transcriber};
pub use transcript::{Segment, SegmentFlag, Transcript, Word};

/// The sample rate of everything after decoding, in hertz: what Whisper and the voice activity
/// detector are trained on.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Milliseconds of a number of samples at [`SAMPLE_RATE_HZ`], rounded to the nearest.
pub fn samples_to_ms(n_samples: u64) -> u64 {
    (n_samples * 1_000 + u64::from(SAMPLE_RATE_HZ) / 2) / u64::from(SAMPLE_RATE_HZ)
}

/// Samples at [`SAMPLE_RATE_HZ`] in a number of milliseconds.
pub fn ms_to_samples(ms: u64) -> u64 {
    ms * u64::from(SAMPLE_RATE_HZ) / 1_000
}
