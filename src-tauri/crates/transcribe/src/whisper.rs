use std::path::Path;

use recordroute_core::{
    CancellationToken, Chunk, ChunkSource, EngineInfo, InferenceError, Outcome, TranscribeOptions,
    TranscribedChunk, Transcriber,
};
use whisper_rs::{SystemInfo, WhisperContext, WhisperContextParameters, WhisperState};

use crate::abort::map_file;
use crate::lanes::{self, Task};
use crate::model_file::{self, ModelFile};
use crate::{language, prompt};

/// Above this width a state takes hundreds of megabytes and its matrices are large enough to keep
/// all threads busy: one lane. Base has 512, small 768.
const MAX_STATE_FOR_LANES: u32 = 768;

/// How a model is loaded.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Threads for inference; none takes one for each core.
    pub n_threads: Option<usize>,
}

/// A loaded Whisper model with the states it decodes in.
pub struct Whisper {
    context: WhisperContext,
    states: Vec<WhisperState>,
    n_threads: usize,
    file: ModelFile,
}

impl Whisper {
    /// Loads a ggml model. The file is checked first and mapped, not opened by name: whisper.cpp
    /// cannot open every path on every system.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Self, InferenceError> {
        whisper_rs::install_logging_hooks();
        let unreadable = |error: std::io::Error| {
            InferenceError::InvalidModel(format!(
                "The model {} cannot be read ({error}). Get it again.",
                path.display()
            ))
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let bytes = map_file(&file).map_err(unreadable)?;
        let file = model_file::inspect(&bytes)?;
        let parameters = WhisperContextParameters {
            // On the processor the attention written as two matrix products takes a quarter less of
            // the whole time, and 90 MB more a lane (base): its products are blocked, flash's are not.
            flash_attn: cfg!(any(feature = "cuda", feature = "metal", feature = "vulkan")),
            ..WhisperContextParameters::default()
        };
        let context = WhisperContext::new_from_buffer_with_params(&bytes, parameters).map_err(|_| {
            InferenceError::InvalidModel(
                "The model could not be loaded: its file is damaged. Get the model again.".to_owned(),
            )
        })?;
        let n_threads = options.n_threads.unwrap_or_else(n_cores).max(1);
        let n_lanes = if file.n_text_state <= MAX_STATE_FOR_LANES && n_threads >= 2 {
            2
        } else {
            1
        };
        let states = (0..n_lanes)
            .map(|_| context.create_state())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| out_of_memory())?;
        Ok(Self {
            context,
            states,
            n_threads,
            file,
        })
    }
}

impl Whisper {
    /// In a hurry there is one lane with all the threads, and the encoder looks at no more than there is.
    fn run(
        &mut self,
        in_a_hurry: bool,
        chunks: &mut ChunkSource<'_>,
        options: &TranscribeOptions,
        cancel: &CancellationToken,
        sink: &mut dyn FnMut(TranscribedChunk) -> bool,
    ) -> Result<Outcome, InferenceError> {
        let n_lanes = if in_a_hurry { 1 } else { self.states.len() };
        let states = self.states.get_mut(..n_lanes).unwrap_or_default();
        let found = language::settle(
            states.first_mut().ok_or_else(out_of_memory)?,
            self.file.is_multilingual,
            chunks,
            options.language,
            self.n_threads,
            cancel,
        )?;
        let Some(found) = found else {
            return Ok(Outcome::Cancelled);
        };
        let task = Task {
            context: &self.context,
            options,
            language: found.language,
            prompt: prompt::compose(&self.context, options),
            n_threads: self.n_threads.div_ceil(n_lanes),
            in_a_hurry,
            cancel,
        };
        let mut all = found.heard.into_iter().map(Ok).chain(chunks);
        lanes::run(states, &mut all, &task, sink)
    }
}

fn out_of_memory() -> InferenceError {
    InferenceError::OutOfMemory(
        "There is too little memory for this model. Close other programs or choose a smaller model."
            .to_owned(),
    )
}

/// Logical cores; hyper-threads bring little, but counting cores needs more than the standard library
/// and a thread too many costs little on few cores. Above eight, matrices are too small to share.
fn n_cores() -> usize {
    std::thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(8)
}

impl Transcriber for Whisper {
    fn info(&self) -> EngineInfo {
        let system = SystemInfo::default();
        let instructions = if system.avx2 && system.fma { ", AVX2" } else { "" };
        let threads = if self.n_threads == 1 { "thread" } else { "threads" };
        let languages = if self.file.is_multilingual {
            "multilingual"
        } else {
            "English only"
        };
        EngineInfo {
            device: format!("CPU ({} {threads}{instructions})", self.n_threads),
            n_threads: self.n_threads,
            model: format!("whisper {}, {languages}, {}", self.file.size, self.file.weights),
        }
    }

    fn transcribe(
        &mut self,
        chunks: &mut ChunkSource<'_>,
        options: &TranscribeOptions,
        cancel: &CancellationToken,
        sink: &mut dyn FnMut(TranscribedChunk) -> bool,
    ) -> Result<Outcome, InferenceError> {
        self.run(false, chunks, options, cancel, sink)
    }

    fn transcribe_now(
        &mut self,
        chunk: Chunk,
        options: &TranscribeOptions,
        cancel: &CancellationToken,
    ) -> Result<Option<TranscribedChunk>, InferenceError> {
        let mut done = None;
        self.run(
            true,
            &mut std::iter::once(Ok(chunk)),
            options,
            cancel,
            &mut |chunk| {
                done = Some(chunk);
                true
            },
        )?;
        Ok(done)
    }
}
