use std::path::Path;
use std::time::Instant;

use recordroute_core::{
    CancellationToken, GeneratorSpeed, InferenceError, N_TOKENS_WRITTEN, SpeedAt, SpeedLengths,
};

use crate::device::default_threads;
use crate::family::Dimensions;
use crate::forward::Model;
use crate::gguf::Gguf;
use crate::tokenizer::TextTokenizer;

/// Measures a GGUF model once, with a text of one token over and over: speed does not depend on what
/// is read. `None` where it was cancelled.
///
/// # Errors
/// [`InferenceError::InvalidModel`] for a missing, damaged or foreign file, and
/// [`InferenceError::Failed`] for lengths of zero or beyond the model's context.
pub fn measure_speed(
    path: &Path,
    n_threads: Option<usize>,
    lengths: &SpeedLengths,
    cancel: &CancellationToken,
) -> Result<Option<GeneratorSpeed>, InferenceError> {
    let longest = lengths.longest();
    let started = Instant::now();
    let gguf = Gguf::open(path)?;
    let dimensions = Dimensions::read(&gguf, path, longest)?;
    if longest > dimensions.n_context || lengths.prefill.contains(&0) || lengths.decode_after.contains(&0) {
        return Err(InferenceError::Failed(format!(
            "A model is measured with one token at least, and this one with {} at most.",
            dimensions.n_trained
        )));
    }
    TextTokenizer::read(&gguf, path)?;
    let n_threads = n_threads.unwrap_or_else(default_threads);
    let mut model = Model::load(gguf, dimensions, path, n_threads)?;
    let load_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);

    let text = vec![1; longest];
    // Pages of the file are read for the first time, and threads wake up.
    model.forward(&text[..1], cancel)?;
    let mut prefill = Vec::new();
    for &n_tokens in &lengths.prefill {
        model.keep(0);
        let started = Instant::now();
        model.forward(&text[..n_tokens], cancel)?;
        prefill.push(speed_at(n_tokens, n_tokens, started));
    }
    let mut decode = Vec::new();
    for &n_tokens in &lengths.decode_after {
        model.keep(n_tokens);
        if model.n_past() < n_tokens {
            model.forward(&text[model.n_past()..n_tokens], cancel)?;
        }
        let started = Instant::now();
        for _ in 0..N_TOKENS_WRITTEN {
            model.forward(&text[..1], cancel)?;
        }
        decode.push(speed_at(n_tokens, N_TOKENS_WRITTEN, started));
    }
    Ok((!cancel.is_cancelled()).then(|| GeneratorSpeed {
        load_ms,
        n_threads: model.n_threads(),
        prefill,
        decode,
    }))
}

fn speed_at(n_tokens: usize, n_done: usize, started: Instant) -> SpeedAt {
    SpeedAt {
        n_tokens,
        tokens_per_second: n_done as f64 / started.elapsed().as_secs_f64(),
    }
}
