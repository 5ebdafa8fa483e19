//! The messages between the program and its worker, and how they are framed: a little-endian
//! `u32` length, then that many bytes of JSON.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use recordroute_audio::MediaInfo;
use recordroute_core::{
    DetectedLanguage, EngineInfo, ErrorCode, GenerateOptions, Generated, GeneratorSpeed, Segment,
    SpeedLengths, TextRole, TranscribeOptions,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The longest frame either side accepts; a chunk's segments are some kilobytes.
const MAX_FRAME_BYTES: u32 = 64 * 1024 * 1024;

/// A transcription, as the worker needs to know it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TranscribeRequest {
    /// The model's file.
    pub model_path: PathBuf,
    /// The recording's file.
    pub media_path: PathBuf,
    /// What the user set.
    pub options: TranscribeOptions,
    /// Chunks that end at or before this are stored already.
    pub resume_from_ms: u64,
}

/// A recording that is being made, as the worker needs to know it to tell what is said in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ListenRequest {
    /// The model's file.
    pub model_path: PathBuf,
    /// The file that grows.
    pub capture_path: PathBuf,
    /// From there on; what lies before is left alone.
    pub start_ms: u64,
    /// What the user set.
    pub options: TranscribeOptions,
}

/// A language model, as the worker needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageModel {
    /// The model's file.
    pub path: PathBuf,
    /// Its name, for sentences about it.
    pub id: String,
    /// Threads for computing; none lets the model choose.
    pub n_threads: Option<usize>,
    /// The longest context, prompt and answer together, in tokens; the model's own limit may be lower.
    pub max_context_tokens: usize,
}

/// What a language model is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "task")]
pub enum LanguageTask {
    /// To be in memory; answered by [`Message::LanguageReady`].
    Load,
    /// The tokens of texts; answered by [`Message::Counted`].
    Count {
        /// The texts.
        texts: Vec<String>,
    },
    /// The tokens of a prompt with everything around it; answered by [`Message::Counted`] with one number.
    CountPrompt {
        /// The prompt.
        prompt: String,
        /// How it would be answered.
        options: GenerateOptions,
    },
    /// A text; answered by [`Message::Text`] as it is written, then by [`Message::Generated`].
    Generate {
        /// The prompt.
        prompt: String,
        /// How it is to be answered.
        options: GenerateOptions,
    },
}

/// An embedding model, as the worker needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddingModel {
    /// The model's folder.
    pub path: PathBuf,
    /// Its name, for sentences about it.
    pub id: String,
    /// Threads for computing; none lets the model choose.
    pub n_threads: Option<usize>,
}

/// What an embedding model is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "task")]
pub enum EmbeddingTask {
    /// To be in memory; answered by [`Message::EmbeddingReady`].
    Load,
    /// The tokens of texts; answered by [`Message::Counted`].
    Count {
        /// The texts.
        texts: Vec<String>,
    },
    /// The vectors of texts; answered by [`Message::Embedded`].
    Embed {
        /// The texts.
        texts: Vec<String>,
        /// What they are.
        role: TextRole,
    },
}

/// What the program asks of its worker. Requests are answered one after the other; each carries
/// a number so that a late [`Request::Cancel`] cannot hit the next one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Request {
    /// Looks into a file; answered by [`Message::Probed`] or [`Message::Failed`].
    Probe {
        /// Number of the request.
        seq: u64,
        /// The file.
        media_path: PathBuf,
    },
    /// Decodes a file; answered by [`Message::Done`].
    Decode {
        /// Number of the request.
        seq: u64,
        /// The file.
        media_path: PathBuf,
        /// Where the samples go as WAV; none throws them away.
        wav_path: Option<PathBuf>,
    },
    /// Transcribes a file.
    Transcribe {
        /// Number of the request.
        seq: u64,
        /// What and how.
        job: TranscribeRequest,
    },
    /// Tells what is being said in a recording that is being made, until it is cancelled.
    Listen {
        /// Number of the request.
        seq: u64,
        /// What and how.
        job: ListenRequest,
    },
    /// Asks a language model, which is loaded where it is not in memory.
    Language {
        /// Number of the request.
        seq: u64,
        /// The model.
        model: LanguageModel,
        /// What is asked.
        task: LanguageTask,
    },
    /// Asks an embedding model, which is loaded where it is not in memory.
    Embedding {
        /// Number of the request.
        seq: u64,
        /// The model.
        model: EmbeddingModel,
        /// What is asked.
        task: EmbeddingTask,
    },
    /// Measures how fast a language model is; answered by [`Message::LanguageMeasured`].
    MeasureLanguage {
        /// Number of the request.
        seq: u64,
        /// The model.
        model: LanguageModel,
        /// With texts of these lengths.
        lengths: SpeedLengths,
    },
    /// Ends the numbered request early.
    Cancel {
        /// Number of the request to end.
        seq: u64,
    },
}

/// What the worker answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Message {
    /// The file could be opened.
    Probed {
        /// What is in it.
        info: MediaInfo,
    },
    /// The model is being read.
    LoadingModel,
    /// The model is in memory.
    ModelLoaded {
        /// Device, threads, model.
        info: EngineInfo,
    },
    /// Decoding began.
    Opened {
        /// Length of the audio where the file tells it.
        total_ms: Option<u64>,
    },
    /// A chunk was transcribed.
    Chunk {
        /// One past the last millisecond that it covers.
        source_end_ms: u64,
        /// In order of time; empty where nothing was said.
        segments: Vec<Segment>,
        /// The language in use.
        language: DetectedLanguage,
    },
    /// The model hears what is being said; what waits longest has waited for so long.
    Listening {
        /// 0 where nothing waits.
        behind_ms: u64,
    },
    /// What was said there is left out, because the model cannot keep up.
    Skipped {
        /// From there in the recording.
        start_ms: u64,
        /// Up to there.
        end_ms: u64,
    },
    /// The language model is in memory.
    LanguageReady {
        /// Device, threads, model.
        info: EngineInfo,
        /// The most tokens of prompt and answer together.
        max_context_tokens: usize,
    },
    /// Tokens of each text, in order.
    Counted {
        /// As many as there were texts.
        n_tokens: Vec<usize>,
    },
    /// A language model wrote on.
    Text {
        /// What is new, never cut inside a character.
        text: String,
    },
    /// A language model has written.
    Generated {
        /// The text without repeating it, and what it took.
        generated: Generated,
    },
    /// The embedding model is in memory.
    EmbeddingReady {
        /// Device, threads, model.
        info: EngineInfo,
        /// Length of its vectors.
        n_dimensions: usize,
        /// The most tokens of a text that count.
        max_tokens: usize,
    },
    /// Vectors of length 1.0.
    Embedded {
        /// One for each text, in order.
        vectors: Vec<Vec<f32>>,
    },
    /// A language model was measured.
    LanguageMeasured {
        /// How fast it is.
        speed: GeneratorSpeed,
        /// The most memory that the worker ever held, where the system tells it.
        peak_memory_bytes: Option<u64>,
    },
    /// The request was fulfilled.
    Done {
        /// True length of the audio.
        duration_ms: u64,
        /// What should be known about the file; a sentence.
        notice: Option<String>,
        /// Waveform peaks as the audio crate packs them.
        peaks: Vec<u8>,
        /// The most memory that the worker ever held, where the system tells it.
        peak_memory_bytes: Option<u64>,
    },
    /// The request was cancelled.
    Cancelled,
    /// The request failed; the worker goes on.
    Failed {
        /// Where a program branches on it.
        code: ErrorCode,
        /// A sentence for the user.
        message: String,
    },
}

/// Writes one frame and flushes it.
pub fn write_frame(out: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len())
        .ok()
        .filter(|length| *length <= MAX_FRAME_BYTES)
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "a message is longer than a frame may be",
            )
        })?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&body)?;
    out.flush()
}

/// Reads one frame; `None` where the stream ends between frames.
pub fn read_frame<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0_u8; 4];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_le_bytes(length);
    if length > MAX_FRAME_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a frame claims to be too long",
        ));
    }
    let mut body = vec![0_u8; length as usize];
    input.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_went() {
        let mut wire = Vec::new();
        write_frame(&mut wire, &Request::Cancel { seq: 7 }).unwrap();
        write_frame(&mut wire, &Request::Cancel { seq: 8 }).unwrap();
        let mut input = wire.as_slice();
        for wanted in [7, 8] {
            let frame: Option<Request> = read_frame(&mut input).unwrap();
            assert!(
                matches!(frame, Some(Request::Cancel { seq }) if seq == wanted),
                "frames keep their order"
            );
        }
        let end: Option<Request> = read_frame(&mut input).unwrap();
        assert!(end.is_none(), "the end between frames is an ordinary end");
    }

    #[test]
    fn a_frame_cut_short_or_too_long_is_an_error() {
        let mut wire = Vec::new();
        write_frame(&mut wire, &Message::Cancelled).unwrap();
        let cut: io::Result<Option<Message>> = read_frame(&mut &wire[..wire.len() - 1]);
        assert!(cut.is_err(), "half a message must not pass for none");
        let huge: io::Result<Option<Message>> = read_frame(&mut [0xff_u8; 8].as_slice());
        assert!(
            huge.is_err(),
            "a length from a confused peer must not be allocated"
        );
    }
}
