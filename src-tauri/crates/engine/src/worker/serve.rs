//! The worker's side: answers requests until the program goes away.

use std::io::{self, Stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use recordroute_audio::{AudioError, ChunkOptions, Chunks, Decoder, Peaks, SpeechWav};
use recordroute_core::{
    CancellationToken, Chunk, Embedder, Generator, GeneratorSpeed, InferenceError, Outcome, SpeedLengths,
    Transcriber, samples_to_ms,
};

use super::memory::peak_memory_bytes;
use super::protocol::{
    EmbeddingModel, LanguageModel, Message, Request, TranscribeRequest, read_frame, write_frame,
};
use crate::error::{audio_error_code, inference_error_code};

/// Loads models from their files; given by the program, which alone knows the engines.
pub trait LoadModels {
    /// A speech model with a number of threads.
    fn transcriber(
        &self,
        path: &Path,
        n_threads: Option<usize>,
    ) -> Result<Box<dyn Transcriber>, InferenceError>;

    /// A language model.
    fn generator(&self, model: &LanguageModel) -> Result<Box<dyn Generator>, InferenceError>;

    /// Memory that a language model takes with its context, in bytes, judged from above.
    fn generator_bytes(&self, model: &LanguageModel) -> Result<u64, InferenceError>;

    /// An embedding model.
    fn embedder(&self, model: &EmbeddingModel) -> Result<Box<dyn Embedder>, InferenceError>;

    /// Memory that an embedding model takes while it computes, in bytes, judged from above.
    fn embedder_bytes(&self, model: &EmbeddingModel) -> Result<u64, InferenceError>;

    /// How fast a language model is; `None` where it was cancelled.
    fn generator_speed(
        &self,
        model: &LanguageModel,
        lengths: &SpeedLengths,
        cancel: &CancellationToken,
    ) -> Result<Option<GeneratorSpeed>, InferenceError>;
}

/// The request that is being worked on, so that the reader can cancel it.
type Current = Arc<Mutex<Option<(u64, CancellationToken)>>>;

/// Answers requests from stdin on stdout until stdin ends, which is how the program leaves or dies.
pub fn serve(load: &dyn LoadModels) -> ExitCode {
    let (sender, requests) = crossbeam_channel::unbounded();
    let current: Current = Arc::default();
    let reader_current = Arc::clone(&current);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            match read_frame::<Request>(&mut stdin) {
                Ok(Some(Request::Cancel { seq })) => {
                    let current = reader_current.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some((running, token)) = current.as_ref()
                        && *running == seq
                    {
                        token.cancel();
                    }
                }
                Ok(Some(request)) => {
                    if sender.send(request).is_err() {
                        break;
                    }
                }
                // Nobody is left to hear an answer: leave at once, whatever native code is doing.
                Ok(None) | Err(_) => std::process::exit(0),
            }
        }
    });

    let mut worker = Worker {
        out: io::stdout(),
        load,
        loaded: None,
        language: None,
        embedding: None,
    };
    for request in requests {
        let token = CancellationToken::new();
        *current.lock().unwrap_or_else(PoisonError::into_inner) = Some((request.seq(), token.clone()));
        if worker.answer(request, &token).is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

impl Request {
    fn seq(&self) -> u64 {
        match self {
            Self::Probe { seq, .. }
            | Self::Decode { seq, .. }
            | Self::Transcribe { seq, .. }
            | Self::Listen { seq, .. }
            | Self::Language { seq, .. }
            | Self::MeasureLanguage { seq, .. }
            | Self::Embedding { seq, .. }
            | Self::Cancel { seq } => *seq,
        }
    }
}

pub(super) struct Loaded {
    path: PathBuf,
    n_threads: Option<usize>,
    pub(super) transcriber: Box<dyn Transcriber>,
}

pub(super) struct LoadedLanguage {
    pub(super) model: LanguageModel,
    pub(super) generator: Box<dyn Generator>,
}

pub(super) struct LoadedEmbedding {
    pub(super) model: EmbeddingModel,
    pub(super) embedder: Box<dyn Embedder>,
}

/// Models take turns in memory: loading one lets the others go.
pub(super) struct Worker<'a> {
    pub(super) out: Stdout,
    pub(super) load: &'a dyn LoadModels,
    pub(super) loaded: Option<Loaded>,
    pub(super) language: Option<LoadedLanguage>,
    pub(super) embedding: Option<LoadedEmbedding>,
}

impl Worker<'_> {
    fn answer(&mut self, request: Request, cancel: &CancellationToken) -> io::Result<()> {
        let end = match request {
            Request::Probe { media_path, .. } => match recordroute_audio::probe(&media_path) {
                Ok(info) => Message::Probed { info },
                Err(error) => audio_failure(&error),
            },
            Request::Decode {
                media_path, wav_path, ..
            } => {
                decode(&media_path, wav_path.as_deref(), cancel).unwrap_or_else(|error| audio_failure(&error))
            }
            Request::Transcribe { job, .. } => self.transcribe(&job, cancel)?,
            Request::Listen { job, .. } => self.listen(&job, cancel)?,
            Request::Language { model, task, .. } => self.write(model, task, cancel)?,
            Request::Embedding { model, task, .. } => self.embed(model, task, cancel)?,
            Request::MeasureLanguage { model, lengths, .. } => self.measure(&model, &lengths, cancel),
            Request::Cancel { .. } => return Ok(()),
        };
        write_frame(&mut self.out, &end)
    }

    pub(super) fn let_models_go(&mut self) {
        self.loaded = None;
        self.language = None;
        self.embedding = None;
    }

    /// Brings a model into the memory where it is not there, and tells of it; else how the request ends.
    pub(super) fn load(&mut self, path: &Path, n_threads: Option<usize>) -> io::Result<Result<(), Message>> {
        let is_loaded = |loaded: &Loaded| loaded.path == path && loaded.n_threads == n_threads;
        if !self.loaded.as_ref().is_some_and(is_loaded) {
            write_frame(&mut self.out, &Message::LoadingModel)?;
            self.let_models_go();
            match self.load.transcriber(path, n_threads) {
                Ok(transcriber) => {
                    self.loaded = Some(Loaded {
                        path: path.to_owned(),
                        n_threads,
                        transcriber,
                    });
                }
                Err(error) => return Ok(Err(inference_failure(&error))),
            }
        }
        if let Some(Loaded { transcriber, .. }) = &self.loaded {
            let info = transcriber.info();
            write_frame(&mut self.out, &Message::ModelLoaded { info })?;
        }
        Ok(Ok(()))
    }

    fn transcribe(&mut self, job: &TranscribeRequest, cancel: &CancellationToken) -> io::Result<Message> {
        // The file is opened first: a damaged one is refused before a model is loaded for seconds.
        let options = ChunkOptions { vad: job.options.vad };
        let mut chunks = match Chunks::open(&job.media_path, options, cancel.clone()) {
            Ok(chunks) => chunks,
            // Cancelling ends the reading in the middle, which is no fault of the file.
            Err(_) if cancel.is_cancelled() => return Ok(Message::Cancelled),
            Err(error) => return Ok(audio_failure(&error)),
        };
        if let Err(end) = self.load(&job.model_path, job.options.n_threads)? {
            return Ok(end);
        }
        let Some(Loaded { transcriber, .. }) = &mut self.loaded else {
            return Ok(Message::Cancelled);
        };
        write_frame(
            &mut self.out,
            &Message::Opened {
                total_ms: chunks.total_ms(),
            },
        )?;

        let mut source_error = None;
        let mut rest = Unstored {
            chunks: &mut chunks,
            resume_from_ms: job.resume_from_ms,
            error: &mut source_error,
        };
        let out = &mut self.out;
        let mut broken_pipe = None;
        let outcome = transcriber.transcribe(&mut rest, &job.options, cancel, &mut |chunk| {
            let message = Message::Chunk {
                source_end_ms: chunk.source_end_ms,
                segments: chunk.segments,
                language: chunk.language,
            };
            match write_frame(out, &message) {
                Ok(()) => true,
                Err(error) => {
                    broken_pipe = Some(error);
                    false
                }
            }
        });
        if let Some(error) = broken_pipe {
            return Err(error);
        }
        Ok(match outcome {
            _ if cancel.is_cancelled() => Message::Cancelled,
            Ok(Outcome::Cancelled) => Message::Cancelled,
            Ok(Outcome::Complete) => Message::Done {
                duration_ms: chunks.total_ms().unwrap_or_default(),
                notice: chunks.notice(),
                peaks: chunks.take_peaks().unwrap_or_default(),
                peak_memory_bytes: peak_memory_bytes(),
            },
            Err(error) => source_error
                .as_ref()
                .map_or_else(|| inference_failure(&error), audio_failure),
        })
    }
}

/// The chunks that are not stored yet. Keeps the source's own error, which says more than the
/// sentence that passes through the transcriber.
struct Unstored<'a> {
    chunks: &'a mut Chunks,
    resume_from_ms: u64,
    error: &'a mut Option<AudioError>,
}

impl Iterator for Unstored<'_> {
    type Item = Result<Chunk, String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.chunks.next()? {
                Ok(chunk) if samples_to_ms(chunk.map.source_end()) <= self.resume_from_ms => {}
                Ok(chunk) => return Some(Ok(chunk)),
                Err(error) => {
                    let sentence = error.to_string();
                    *self.error = Some(error);
                    return Some(Err(sentence));
                }
            }
        }
    }
}

fn decode(path: &Path, wav_path: Option<&Path>, cancel: &CancellationToken) -> Result<Message, AudioError> {
    let mut decoder = Decoder::open(path)?;
    let mut wav = wav_path.map(SpeechWav::create).transpose()?;
    let mut peaks = Peaks::new();
    while let Some(block) = decoder.next_block()? {
        if cancel.is_cancelled() {
            return Ok(Message::Cancelled);
        }
        peaks.push(&block.samples);
        if let Some(wav) = &mut wav {
            wav.push(&block.samples)?;
        }
    }
    wav.map(SpeechWav::finish).transpose()?;
    Ok(Message::Done {
        duration_ms: samples_to_ms(decoder.n_samples()),
        notice: decoder.notice(),
        peaks: peaks.finish(),
        peak_memory_bytes: peak_memory_bytes(),
    })
}

pub(super) fn audio_failure(error: &AudioError) -> Message {
    Message::Failed {
        code: audio_error_code(error),
        message: error.to_string(),
    }
}

pub(super) fn inference_failure(error: &InferenceError) -> Message {
    Message::Failed {
        code: inference_error_code(error),
        message: error.to_string(),
    }
}
