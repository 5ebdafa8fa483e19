//! A worker whose models are fakes: for tests of what happens around it.

use std::path::Path;
use std::process::ExitCode;

use recordroute_engine::core::{
    CancellationToken, Embedder, Generator, GeneratorSpeed, InferenceError, SpeedLengths, Transcriber,
};
use recordroute_engine::worker::{EmbeddingModel, LanguageModel, LoadModels, serve};
use recordroute_testkit::{Behaviour, FakeTranscriber, FakeWriter};

struct Fakes(Behaviour);

impl LoadModels for Fakes {
    fn transcriber(
        &self,
        _path: &Path,
        _n_threads: Option<usize>,
    ) -> Result<Box<dyn Transcriber>, InferenceError> {
        Ok(Box::new(FakeTranscriber::load(&self.0)?))
    }

    fn generator(&self, model: &LanguageModel) -> Result<Box<dyn Generator>, InferenceError> {
        Ok(Box::new(FakeWriter::load(&self.0, model.max_context_tokens)?))
    }

    fn generator_bytes(&self, _model: &LanguageModel) -> Result<u64, InferenceError> {
        Ok(self.0.needed_bytes)
    }

    fn embedder(&self, _model: &EmbeddingModel) -> Result<Box<dyn Embedder>, InferenceError> {
        Err(InferenceError::InvalidModel("A fake has no vectors.".to_owned()))
    }

    fn embedder_bytes(&self, _model: &EmbeddingModel) -> Result<u64, InferenceError> {
        Ok(self.0.needed_bytes)
    }

    fn generator_speed(
        &self,
        _model: &LanguageModel,
        _lengths: &SpeedLengths,
        _cancel: &CancellationToken,
    ) -> Result<Option<GeneratorSpeed>, InferenceError> {
        Err(InferenceError::Failed("A fake has no speed.".to_owned()))
    }
}

fn main() -> ExitCode {
    serve(&Fakes(Behaviour::from_args(std::env::args().skip(1))))
}
