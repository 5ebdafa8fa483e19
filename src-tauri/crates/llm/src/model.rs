use candle_core::{DType, Device, Result, Tensor};
use candle_transformers::models::{quantized_gemma3, quantized_llama, quantized_qwen2, quantized_qwen3};
use recordroute_core::CancellationToken;

use crate::family::Family;
use crate::gguf::Gguf;

/// Tokens of a prompt that are read in one go: more is faster and takes more memory for attention
/// scores.
pub(crate) fn prefill_tokens(family: Family) -> usize {
    match family {
        Family::Gemma3 => usize::MAX,
        _ => 256,
    }
}

/// A loaded model with the keys and values of the text so far.
pub(crate) struct Model {
    weights: Weights,
    device: Device,
    n_past: usize,
    logits: Vec<f32>,
}

enum Weights {
    /// The first is never run and is copied for each text. Copies share the weights; what they
    /// do not share are keys, values and a table of masks that would grow with every new
    /// length of a prompt.
    Llama(
        Box<quantized_llama::ModelWeights>,
        Box<quantized_llama::ModelWeights>,
    ),
    Gemma3(
        Box<quantized_gemma3::ModelWeights>,
        Box<quantized_gemma3::ModelWeights>,
    ),
    Qwen2(Box<quantized_qwen2::ModelWeights>),
    Qwen3(Box<quantized_qwen3::ModelWeights>),
}

impl Model {
    pub fn load(family: Family, gguf: Gguf, device: &Device) -> Result<Self> {
        let Gguf {
            content, mut reader, ..
        } = gguf;
        let reader = &mut reader;
        let weights = match family {
            Family::Llama => {
                let weights = quantized_llama::ModelWeights::from_gguf(content, reader, device)?;
                Weights::Llama(Box::new(weights.clone()), Box::new(weights))
            }
            Family::Gemma3 => {
                let weights = quantized_gemma3::ModelWeights::from_gguf(content, reader, device)?;
                Weights::Gemma3(Box::new(weights.clone()), Box::new(weights))
            }
            Family::Qwen2 => Weights::Qwen2(Box::new(quantized_qwen2::ModelWeights::from_gguf(
                content, reader, device,
            )?)),
            Family::Qwen3 => Weights::Qwen3(Box::new(quantized_qwen3::ModelWeights::from_gguf(
                content, reader, device,
            )?)),
        };
        Ok(Self {
            weights,
            device: device.clone(),
            n_past: 0,
            logits: Vec::new(),
        })
    }

    /// Tokens whose keys and values are held.
    pub fn n_past(&self) -> usize {
        self.n_past
    }

    /// Forgets everything after the first `n` tokens; returns how many are really kept. Candle's
    /// models keep all or none.
    pub fn keep(&mut self, n: usize) -> usize {
        if n == 0 || n != self.n_past {
            self.n_past = 0;
            match &mut self.weights {
                Weights::Llama(fresh, used) => used.clone_from(fresh),
                Weights::Gemma3(fresh, used) => used.clone_from(fresh),
                Weights::Qwen2(weights) => weights.clear_kv_cache(),
                Weights::Qwen3(weights) => weights.clear_kv_cache(),
            }
        }
        self.n_past
    }

    /// Takes the next tokens; returns the logits of the one that follows, one for each entry of
    /// the vocabulary, or none where it was cancelled, which may be after some of the tokens.
    pub fn forward(&mut self, tokens: &[u32], cancel: &CancellationToken) -> Result<Option<&[f32]>> {
        let mut rest = tokens;
        while !rest.is_empty() {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let (now, later) = rest.split_at(self.n_next(rest.len()));
            let logits = self.forward_part(now)?;
            if later.is_empty() {
                self.logits = logits.to_dtype(DType::F32)?.to_vec1()?;
            }
            rest = later;
        }
        Ok(Some(&self.logits))
    }

    fn forward_part(&mut self, tokens: &[u32]) -> Result<Tensor> {
        let input = Tensor::new(tokens, &self.device)?.unsqueeze(0)?;
        let logits = match &mut self.weights {
            Weights::Llama(_, weights) => weights.forward(&input, self.n_past),
            Weights::Gemma3(_, weights) => weights.forward(&input, self.n_past),
            Weights::Qwen2(weights) => weights.forward(&input, self.n_past),
            Weights::Qwen3(weights) => weights.forward(&input, self.n_past),
        }?;
        self.n_past += tokens.len();
        logits.squeeze(0)
    }

    fn n_next(&self, n_left: usize) -> usize {
        match self.weights {
            Weights::Llama(..) => n_left.min(prefill_tokens(Family::Llama)),
            Weights::Gemma3(..) => n_left,
            Weights::Qwen3(_) => n_left.min(prefill_tokens(Family::Qwen3)),
            // Its masks are kept for ever, one for each length at each place, and it cannot be
            // copied. Powers of two keep the places few.
            Weights::Qwen2(_) => 1 << n_left.min(prefill_tokens(Family::Qwen2)).ilog2(),
        }
    }
}
