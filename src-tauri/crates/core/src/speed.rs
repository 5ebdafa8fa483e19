use serde::{Deserialize, Serialize};

/// How fast a language model loads, reads and writes on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GeneratorSpeed {
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpeedAt {
    /// Tokens read, or tokens before the first one written.
    pub n_tokens: usize,
    /// Tokens in a second.
    pub tokens_per_second: f64,
}

/// The lengths at which a language model is measured, in tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeedLengths {
    /// Tokens to read from an empty context.
    pub prefill: Vec<usize>,
    /// Tokens that stand before those that are written.
    pub decode_after: Vec<usize>,
}

/// Tokens that are written to measure how fast, as many as llama.cpp's `llama-bench -n 32`.
pub const N_TOKENS_WRITTEN: usize = 32;

impl SpeedLengths {
    /// The longest context that they need.
    pub fn longest(&self) -> usize {
        let written = self
            .decode_after
            .iter()
            .map(|n_before| n_before.saturating_add(N_TOKENS_WRITTEN));
        self.prefill.iter().copied().chain(written).max().unwrap_or(1)
    }
}
