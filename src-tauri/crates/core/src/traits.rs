use crate::{CancellationToken, Chunk, DetectedLanguage, Segment, TranscribeOptions};

/// Where inference runs, for the user.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EngineInfo {
    /// What computes, such as `CPU (2 threads)`.
    pub device: String,
    /// Threads in use.
    pub n_threads: usize,
    /// The model's own description, such as `whisper base, multilingual, f16`.
    pub model: String,
}

/// What became of one chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct TranscribedChunk {
    /// The chunk's number.
    pub chunk_idx: usize,
    /// One past the last millisecond of the recording that the chunk covers.
    pub source_end_ms: u64,
    /// Times are those of the recording; in order; empty where nothing was said.
    pub segments: Vec<Segment>,
    /// The language in use for this chunk.
    pub language: DetectedLanguage,
}

/// How a run ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every chunk was handed out.
    Complete,
    /// The token was cancelled; what was handed out stands.
    Cancelled,
}

/// Inference went wrong.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The model's file is missing, cut short, or of another kind: tell the user to get it again.
    #[error("{0}")]
    InvalidModel(String),
    /// There is too little memory: tell the user to close programs or to take a smaller model.
    #[error("{0}")]
    OutOfMemory(String),
    /// The source of the chunks failed; the message is its own.
    #[error("{0}")]
    Source(String),
    /// The native library refused; the job fails with this sentence.
    #[error("{0}")]
    Failed(String),
}

/// Gives chunks one after the other; an error of the source is a sentence for the user.
pub type ChunkSource<'a> = dyn Iterator<Item = Result<Chunk, String>> + Send + 'a;

/// Speech to text. One value holds one loaded model, which stays loaded between files.
pub trait Transcriber: Send {
    /// Device, threads and model.
    fn info(&self) -> EngineInfo;

    /// Transcribes the chunks of one recording in order and hands each out, in order, as soon as
    /// it is done. May work on several chunks at a time. Looks at `cancel` at least at each token.
    /// `sink` returns `false` to stop, which counts as cancelled.
    fn transcribe(
        &mut self,
        chunks: &mut ChunkSource<'_>,
        options: &TranscribeOptions,
        cancel: &CancellationToken,
        sink: &mut dyn FnMut(TranscribedChunk) -> bool,
    ) -> Result<Outcome, InferenceError>;

    /// Transcribes one chunk as quickly as it can be had, for text while somebody still speaks; `None`
    /// where it was cancelled. May be less exact than [`Transcriber::transcribe`].
    fn transcribe_now(
        &mut self,
        chunk: Chunk,
        options: &TranscribeOptions,
        cancel: &CancellationToken,
    ) -> Result<Option<TranscribedChunk>, InferenceError> {
        let mut done = None;
        self.transcribe(&mut std::iter::once(Ok(chunk)), options, cancel, &mut |chunk| {
            done = Some(chunk);
            true
        })?;
        Ok(done)
    }
}
