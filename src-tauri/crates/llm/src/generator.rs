use std::cell::OnceCell;
use std::path::Path;
use std::time::Instant;

use recordroute_core::{
    CancellationToken, EngineInfo, GenerateOptions, Generated, Generator, InferenceError, Outcome,
};

use crate::answer::AnswerText;
use crate::context::Context;
use crate::device::default_threads;
use crate::error::invalid_model;
use crate::family::Dimensions;
use crate::forward::Model;
use crate::gguf::Gguf;
use crate::grammar::{Constraint, Schema, TokenIndex};
use crate::sampler::Sampler;
use crate::template::ChatTemplate;
use crate::tokenizer::TextTokenizer;
use crate::writing::Writing;

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
    context: Context<Model>,
    n_threads: usize,
    tokenizer: TextTokenizer,
    /// Made for the first answer in JSON.
    index: OnceCell<TokenIndex>,
    template: ChatTemplate,
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
        let template = ChatTemplate::read(&gguf, &tokenizer);
        let name = display_name(&gguf, path);
        let n_threads = options.n_threads.unwrap_or_else(default_threads).max(1);
        let model = Model::load(gguf, dimensions.clone(), path, n_threads)?;
        tracing::debug!(name, ?dimensions, "language model loaded");
        Ok(Self {
            context: Context::new(model),
            n_threads,
            tokenizer,
            index: OnceCell::new(),
            template,
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

    /// The prompt in tokens, and how it is put to the model.
    fn encode(
        &self,
        prompt: &str,
        options: &GenerateOptions,
    ) -> Result<(Vec<u32>, AnswerText), InferenceError> {
        let n_context = self.dimensions.n_context;
        // No token spells more than a few dozen bytes; a text that is far too long is not worth
        // tokenizing.
        const MAX_BYTES_A_TOKEN: usize = 64;
        let n_bytes = prompt.len() + options.system.as_ref().map_or(0, String::len);
        if n_bytes / MAX_BYTES_A_TOKEN > n_context {
            return Err(too_long(n_bytes / MAX_BYTES_A_TOKEN, n_context));
        }
        let prompt = self.template.prompt(prompt, options);
        let tokens = self.tokenizer.encode(&prompt.pieces)?;
        if tokens.len() >= n_context {
            return Err(too_long(tokens.len(), n_context));
        }
        if tokens.is_empty() {
            return Err(InferenceError::Failed(
                "The prompt is empty. Write what the model should do.".to_owned(),
            ));
        }
        Ok((tokens, AnswerText::new(prompt.thoughts(options))))
    }
}

fn too_long(n_tokens: usize, n_context: usize) -> InferenceError {
    InferenceError::Failed(format!(
        "The prompt has {n_tokens} tokens or more, and this model takes fewer than {n_context}. Shorten it, or choose another model."
    ))
}

impl Generator for GgufGenerator {
    fn info(&self) -> EngineInfo {
        let n_threads = self.n_threads;
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
        let prompt = self.template.prompt(prompt, options);
        Ok(self.tokenizer.encode(&prompt.pieces)?.len())
    }

    fn generate(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, InferenceError> {
        let schema = options.json_schema.as_ref().map(Schema::compile);
        let schema = schema.transpose().map_err(InferenceError::Failed)?;
        let (prompt_tokens, answer) = self.encode(prompt, options)?;
        let n_cached_tokens = self.context.rewind(&prompt_tokens);
        let mut generated = Generated {
            text: String::new(),
            n_prompt_tokens: prompt_tokens.len(),
            n_cached_tokens,
            n_tokens: 0,
            is_cut: false,
            prompt_ms: 0,
            decode_ms: 0,
            outcome: Outcome::Complete,
        };

        let started = Instant::now();
        let read = self.context.read(&prompt_tokens[n_cached_tokens..], cancel);
        generated.prompt_ms = elapsed_ms(started);
        let Some(mut logits) = read? else {
            generated.outcome = Outcome::Cancelled;
            return Ok(generated);
        };

        let started = Instant::now();
        let mut writing = Writing {
            tokenizer: &self.tokenizer,
            sampler: Sampler::new(options, &prompt_tokens),
            constraint: schema.map(|schema| {
                let index = self.index.get_or_init(|| self.tokenizer.index());
                Constraint::new(schema, index)
            }),
            answer,
            max_tokens: options
                .max_tokens
                .min(self.dimensions.n_context - prompt_tokens.len()),
            cancel,
            on_text,
            generated: &mut generated,
        };
        while let Some(token) = writing.next(logits)? {
            match self.context.read(&[token], cancel)? {
                Some(next) => logits = next,
                // Was cancelled, which the next round says.
                None => logits = &[],
            }
        }
        generated.decode_ms = elapsed_ms(started);
        Ok(generated)
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
