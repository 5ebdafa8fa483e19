use std::path::Path;
use std::time::Instant;

use recordroute_core::{CancellationToken, InferenceError};
use serde::Serialize;

use crate::device::default_threads;
use crate::family::Dimensions;
use crate::forward::Model;
use crate::generator::LoadOptions;
use crate::gguf::Gguf;
use crate::tokenizer::TextTokenizer;

/// How fast a model loads, reads and writes on this machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Speed {
    /// Until the first token could be read, tokenizer included.
    pub load_ms: u64,
    /// Threads that computed.
    pub n_threads: usize,
    /// Reading that many tokens from an empty context.
    pub prefill: Vec<SpeedAt>,
    /// Writing token by token after that many.
    pub decode: Vec<SpeedAt>,
}

/// A speed and the length of the text that it was measured with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SpeedAt {
    /// Tokens read, or tokens before the first one written.
    pub n_tokens: usize,
    /// Tokens in a second.
    pub tokens_per_second: f64,
}

/// Tokens written to measure decoding, as many as llama.cpp's `llama-bench -n 32`.
const N_DECODED: usize = 32;

/// Measures a GGUF model once, with a text of one token over and over: speed does not depend on what
/// is read.
///
/// # Errors
/// [`InferenceError::InvalidModel`] for a missing, damaged or foreign file, and
/// [`InferenceError::Failed`] for lengths beyond the model's context.
pub fn measure_speed(
    path: &Path,
    n_threads: Option<usize>,
    prefill_tokens: &[usize],
    decode_after: &[usize],
) -> Result<Speed, InferenceError> {
    let cancel = CancellationToken::new();
    let longest = prefill_tokens
        .iter()
        .copied()
        .chain(decode_after.iter().map(|n| n + N_DECODED))
        .max();
    let max_context_tokens = longest.unwrap_or(LoadOptions::default().max_context_tokens);
    let started = Instant::now();
    let gguf = Gguf::open(path)?;
    let dimensions = Dimensions::read(&gguf, path, max_context_tokens)?;
    TextTokenizer::read(&gguf, path)?;
    let n_threads = n_threads.unwrap_or_else(default_threads);
    let mut model = Model::load(gguf, dimensions, path, n_threads)?;
    let load_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);

    let per_second = |n_tokens: usize, started: Instant| n_tokens as f64 / started.elapsed().as_secs_f64();
    let text = vec![1; max_context_tokens];
    // Pages of the file are read for the first time, and threads wake up.
    model.forward(&text[..1], &cancel)?;
    let mut prefill = Vec::new();
    for &n_tokens in prefill_tokens {
        model.keep(0);
        let started = Instant::now();
        model.forward(&text[..n_tokens], &cancel)?;
        prefill.push(SpeedAt {
            n_tokens,
            tokens_per_second: per_second(n_tokens, started),
        });
    }
    let mut decode = Vec::new();
    for &n_tokens in decode_after {
        model.keep(n_tokens);
        if model.n_past() < n_tokens {
            model.forward(&text[model.n_past()..n_tokens], &cancel)?;
        }
        let started = Instant::now();
        for _ in 0..N_DECODED {
            model.forward(&text[..1], &cancel)?;
        }
        decode.push(SpeedAt {
            n_tokens,
            tokens_per_second: per_second(N_DECODED, started),
        });
    }
    Ok(Speed {
        load_ms,
        n_threads: model.n_threads(),
        prefill,
        decode,
    })
}
