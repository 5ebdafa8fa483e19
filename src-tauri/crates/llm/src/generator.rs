use std::path::Path;
use std::time::Instant;

use candle_core::{Device, Tensor};
use candle_transformers::generation::LogitsProcessor;
use recordroute_core::{
    CancellationToken, EngineInfo, GenerateOptions, Generated, Generator, InferenceError, Outcome,
};

use crate::answer::AnswerText;
use crate::device::default_threads;
use crate::error::{failed, invalid_model};
use crate::family::Dimensions;
use crate::forward::Model;
use crate::gguf::Gguf;
use crate::template::ChatFormat;
use crate::tokenizer::TextTokenizer;

/// How a model is to be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadOptions {
    /// The longest context, prompt and answer together, in tokens; memory is spent in proportion.
    /// The model's own limit may be lower.
    pub max_context_tokens: usize,
    /// Threads that compute; none for as many as the environment says, else as the machine has.
    pub n_threads: Option<usize>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            max_context_tokens: 4_096,
            n_threads: None,
        }
    }
}

/// A language model from one GGUF file, run on the processor.
pub struct GgufGenerator {
    model: Model,
    tokenizer: TextTokenizer,
    format: ChatFormat,
    dimensions: Dimensions,
    name: String,
}

impl GgufGenerator {
    /// Loads a model of the architectures llama, qwen2, qwen3, gemma3 and phi3, with the tokenizer and the
    /// chat template that stand in the file.
    ///
    /// # Errors
    /// [`InferenceError::InvalidModel`] for a missing, damaged or foreign file.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Self, InferenceError> {
        let gguf = Gguf::open(path)?;
        let dimensions = Dimensions::read(&gguf, path, options.max_context_tokens.max(1))?;
        let tokenizer = TextTokenizer::read(&gguf, path)?;
        if tokenizer.n_tokens() > dimensions.n_vocabulary {
            return Err(invalid_model(path, "its tokenizer belongs to another model"));
        }
        let format = ChatFormat::detect(gguf.text("tokenizer.chat_template"), &tokenizer);
        let name = display_name(&gguf, path);
        let n_threads = options.n_threads.unwrap_or_else(default_threads).max(1);
        let model = Model::load(gguf, dimensions.clone(), path, n_threads)?;
        tracing::debug!(name, ?dimensions, ?format, "language model loaded");
        Ok(Self {
            model,
            tokenizer,
            format,
            dimensions,
            name,
        })
    }

    /// Memory that loading the model and filling its context takes at the peak, in bytes, judged from
    /// its header alone: an estimate from above.
    ///
    /// # Errors
    /// [`InferenceError::InvalidModel`] for a missing, damaged or foreign file.
    pub fn memory_needed_bytes(path: &Path, options: &LoadOptions) -> Result<u64, InferenceError> {
        let gguf = Gguf::open(path)?;
        let dimensions = Dimensions::read(&gguf, path, options.max_context_tokens.max(1))?;
        Ok(dimensions.memory_bytes(gguf.n_weight_bytes))
    }

    /// The prompt in tokens, with the chat template around it.
    fn encode(&self, prompt: &str, options: &GenerateOptions) -> Result<Vec<u32>, InferenceError> {
        let n_context = self.dimensions.n_context;
        // No token spells more than a few dozen bytes; a text that is far too long is not worth
        // tokenizing.
        const MAX_BYTES_A_TOKEN: usize = 64;
        if prompt.len() / MAX_BYTES_A_TOKEN > n_context {
            return Err(too_long(prompt.len() / MAX_BYTES_A_TOKEN, n_context));
        }
        let format = if options.raw {
            ChatFormat::Plain
        } else {
            self.format
        };
        let tokens =
            self.tokenizer
                .encode(&format.pieces(options.system.as_deref(), prompt, options.thinking))?;
        if tokens.len() >= n_context {
            return Err(too_long(tokens.len(), n_context));
        }
        if tokens.is_empty() {
            return Err(InferenceError::Failed(
                "The prompt is empty. Write what the model should do.".to_owned(),
            ));
        }
        Ok(tokens)
    }
}

fn too_long(n_tokens: usize, n_context: usize) -> InferenceError {
    InferenceError::Failed(format!(
        "The prompt has {n_tokens} tokens or more, and this model takes fewer than {n_context}. Shorten it, or choose another model."
    ))
}

impl Generator for GgufGenerator {
    fn info(&self) -> EngineInfo {
        let n_threads = self.model.n_threads();
        EngineInfo {
            device: format!("CPU ({n_threads} threads)"),
            n_threads,
            model: format!("{} ({})", self.name, self.dimensions.family.name()),
        }
    }

    fn max_context_tokens(&self) -> usize {
        self.dimensions.n_context
    }

    fn count_tokens(&self, text: &str) -> Result<usize, InferenceError> {
        self.tokenizer.count(text)
    }

    fn count_prompt_tokens(&self, prompt: &str, options: &GenerateOptions) -> Result<usize, InferenceError> {
        Ok(self.encode(prompt, options)?.len())
    }

    fn generate(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, InferenceError> {
        if options.json_schema.is_some() {
            return Err(InferenceError::Failed(
                "This program cannot hold a model to a JSON Schema yet.".to_owned(),
            ));
        }
        let prompt_tokens = self.encode(prompt, options)?;
        let max_tokens = options
            .max_tokens
            .min(self.dimensions.n_context - prompt_tokens.len());
        let is_raw = options.raw || self.format == ChatFormat::Plain;
        let mut generated = Generated {
            text: String::new(),
            n_prompt_tokens: prompt_tokens.len(),
            n_cached_tokens: 0,
            n_tokens: 0,
            is_cut: false,
            prompt_ms: 0,
            decode_ms: 0,
            outcome: Outcome::Complete,
        };

        self.model.keep(0);
        let started = Instant::now();
        let logits = self.model.forward(&prompt_tokens, cancel)?.map(<[f32]>::to_vec);
        generated.prompt_ms = elapsed_ms(started);
        let Some(logits) = logits else {
            generated.outcome = Outcome::Cancelled;
            return Ok(generated);
        };

        let started = Instant::now();
        let written = self.write(
            logits,
            max_tokens,
            options,
            is_raw,
            cancel,
            on_text,
            &mut generated,
        );
        generated.decode_ms = elapsed_ms(started);
        written?;
        Ok(generated)
    }
}

impl GgufGenerator {
    #[allow(clippy::too_many_arguments)]
    fn write(
        &mut self,
        mut logits: Vec<f32>,
        max_tokens: usize,
        options: &GenerateOptions,
        is_raw: bool,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
        generated: &mut Generated,
    ) -> Result<(), InferenceError> {
        let finite = |value: Option<f32>| value.filter(|value| value.is_finite()).map(f64::from);
        let mut sampler =
            LogitsProcessor::new(options.seed, finite(options.temperature), finite(options.top_p));
        let mut answer = AnswerText::new(is_raw);
        let mut hand_out = |text: String, generated: &mut Generated| {
            generated.text.push_str(&text);
            if !text.is_empty() && !on_text(&text) {
                generated.outcome = Outcome::Cancelled;
            }
        };
        loop {
            if cancel.is_cancelled() {
                generated.outcome = Outcome::Cancelled;
            }
            if generated.outcome == Outcome::Cancelled {
                return Ok(());
            }
            if generated.n_tokens == max_tokens {
                generated.is_cut = true;
                break;
            }
            let n_logits = logits.len();
            let token = Tensor::from_vec(std::mem::take(&mut logits), n_logits, &Device::Cpu)
                .and_then(|logits| sampler.sample(&logits))
                .map_err(failed)?;
            if self.tokenizer.is_end(token) {
                break;
            }
            generated.n_tokens += 1;
            hand_out(answer.push(self.tokenizer.bytes(token)), generated);
            if generated.n_tokens < max_tokens && generated.outcome == Outcome::Complete {
                match self.model.forward(&[token], cancel)? {
                    Some(next) => logits = next.to_vec(),
                    None => generated.outcome = Outcome::Cancelled,
                }
            }
        }
        hand_out(answer.finish(), generated);
        Ok(())
    }
}

fn elapsed_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The name that the file gives itself, made fit for one line.
fn display_name(gguf: &Gguf, path: &Path) -> String {
    let own = gguf.text("general.name").unwrap_or_default();
    let own: String = own.chars().filter(|c| !c.is_control()).take(80).collect();
    match own.trim() {
        "" => path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        own => own.to_owned(),
    }
}
