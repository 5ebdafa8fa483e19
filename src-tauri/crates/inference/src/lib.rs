//! The worker that window and command line start themselves as, with the models that they are built
//! with: Whisper for speech, GGUF models for language.
#![warn(missing_docs)]

use std::path::Path;
use std::process::ExitCode;

use recordroute_engine::core::{
    CancellationToken, Embedder, Generator, GeneratorSpeed, InferenceError, SpeedLengths, Transcriber,
};
use recordroute_engine::log_to_stderr;
use recordroute_engine::worker::{EmbeddingModel, LanguageModel, LoadModels, serve};
use recordroute_llm::{BertEmbedder, GgufGenerator, measure_speed};
use recordroute_transcribe::Whisper;

/// Where the process was started as a worker: answers its program until that goes away. The worker
/// speaks frames on stdout, so nothing else of the program may run in it: ask this first.
pub fn run_as_worker() -> Option<ExitCode> {
    let is_worker = std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == "worker");
    is_worker.then(|| {
        log_to_stderr();
        serve(&BuiltIn)
    })
}

struct BuiltIn;

impl LoadModels for BuiltIn {
    fn transcriber(
        &self,
        path: &Path,
        n_threads: Option<usize>,
    ) -> Result<Box<dyn Transcriber>, InferenceError> {
        let options = recordroute_transcribe::LoadOptions { n_threads };
        Ok(Box::new(Whisper::load(path, &options)?))
    }

    fn generator(&self, model: &LanguageModel) -> Result<Box<dyn Generator>, InferenceError> {
        Ok(Box::new(GgufGenerator::load(&model.path, &options_of(model))?))
    }

    fn generator_bytes(&self, model: &LanguageModel) -> Result<u64, InferenceError> {
        GgufGenerator::memory_needed_bytes(&model.path, &options_of(model))
    }

    fn embedder(&self, model: &EmbeddingModel) -> Result<Box<dyn Embedder>, InferenceError> {
        Ok(Box::new(BertEmbedder::load(&model.path)?))
    }

    fn embedder_bytes(&self, model: &EmbeddingModel) -> Result<u64, InferenceError> {
        BertEmbedder::memory_needed_bytes(&model.path)
    }

    fn generator_speed(
        &self,
        model: &LanguageModel,
        lengths: &SpeedLengths,
        cancel: &CancellationToken,
    ) -> Result<Option<GeneratorSpeed>, InferenceError> {
        measure_speed(&model.path, model.n_threads, lengths, cancel)
    }
}

fn options_of(model: &LanguageModel) -> recordroute_llm::LoadOptions {
    recordroute_llm::LoadOptions {
        max_context_tokens: model.max_context_tokens,
        n_threads: model.n_threads,
    }
}
