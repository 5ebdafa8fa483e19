use serde::{Deserialize, Serialize};

use crate::{CancellationToken, EngineInfo, InferenceError, Outcome};

/// What may be set for one generated text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GenerateOptions {
    /// The most tokens to write; the room in the model's context may allow fewer.
    pub max_tokens: usize,
    /// None, or zero, takes the likeliest token each time; 1.0 follows the model's own probabilities.
    pub temperature: Option<f32>,
    /// Only so many of the likeliest tokens are drawn from; counts only with a temperature.
    pub top_k: Option<usize>,
    /// Only the likeliest tokens that together have this probability are drawn from; counts only
    /// with a temperature.
    pub top_p: Option<f32>,
    /// Only tokens that have at least this share of the likeliest one's probability are drawn from;
    /// counts only with a temperature.
    pub min_p: Option<f32>,
    /// Divides the scores of tokens that were written or read lately (as CTRL does, arXiv 1909.05858);
    /// none or 1.0 leaves them.
    pub repetition_penalty: Option<f32>,
    /// The same seed, prompt and model give the same text.
    pub seed: u64,
    /// The answer is one JSON value of this JSON Schema, held while it is written; only an answer
    /// that is cut or cancelled is not. A schema that uses what is not supported is refused.
    pub json_schema: Option<serde_json::Value>,
    /// What the model should keep to, said before the prompt.
    pub system: Option<String>,
    /// Continue the prompt as it stands, without the model's chat template.
    pub raw: bool,
    /// Let a model that can think aloud do so before it answers. The thoughts are never handed out.
    pub thinking: bool,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self {
            max_tokens: 512,
            temperature: None,
            top_k: None,
            top_p: None,
            min_p: None,
            repetition_penalty: None,
            seed: 0,
            json_schema: None,
            system: None,
            raw: false,
            thinking: false,
        }
    }
}

/// What a language model wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// The whole text, as it was handed out piece by piece.
    pub text: String,
    /// Tokens of the prompt, with those of the chat template.
    pub n_prompt_tokens: usize,
    /// Those of them that were known from the prompt before and not read again.
    pub n_cached_tokens: usize,
    /// Tokens written, with those of thoughts that were not handed out.
    pub n_tokens: usize,
    /// The text ends because `max_tokens` or the model's context was used up, not because the model was done.
    pub is_cut: bool,
    /// Time spent on reading the prompt, milliseconds.
    pub prompt_ms: u64,
    /// Time spent on writing, milliseconds.
    pub decode_ms: u64,
    /// Whether the text was cancelled; what was handed out stands.
    pub outcome: Outcome,
}

/// Text to text. One value holds one loaded model, which stays loaded between prompts.
pub trait Generator: Send {
    /// Device, threads and model.
    fn info(&self) -> EngineInfo;

    /// The most tokens of prompt and answer together.
    fn max_context_tokens(&self) -> usize;

    /// Tokens of a text by the model's own tokenizer, without a chat template around it.
    fn count_tokens(&self, text: &str) -> Result<usize, InferenceError>;

    /// The same of many texts at once, in order; for a model that is elsewhere one question for all.
    fn count_tokens_of(&self, texts: &[&str]) -> Result<Vec<usize>, InferenceError> {
        texts.iter().map(|text| self.count_tokens(text)).collect()
    }

    /// Tokens that [`Generator::generate`] would read for this prompt, with everything around it. A prompt
    /// that is too long is counted as any other.
    fn count_prompt_tokens(&self, prompt: &str, options: &GenerateOptions) -> Result<usize, InferenceError>;

    /// Answers one prompt; nothing is remembered from earlier ones. `on_text` gets the text piece
    /// by piece, never cut inside a character, and returns `false` to stop, which counts as
    /// cancelled. Looks at `cancel` at least at each token.
    ///
    /// A prompt that does not fit into the model's context is refused with
    /// [`InferenceError::Failed`], never shortened silently.
    fn generate(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, InferenceError>;
}

/// What a text is to an [`Embedder`]: models of some families want the two marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRole {
    /// What somebody looks for.
    Query,
    /// What is looked through.
    Passage,
}

/// Text to vectors whose dot product says how close two texts are in meaning.
pub trait Embedder: Send {
    /// Device, threads and model.
    fn info(&self) -> EngineInfo;

    /// Length of each vector.
    fn dimensions(&self) -> usize;

    /// The most tokens of a text that count, by [`Embedder::count_tokens`]; what the model wants before
    /// and after a text is taken off already.
    fn max_tokens(&self) -> usize;

    /// Tokens of each text by the model's own tokenizer, in order, without special ones and without what
    /// marks a text's role. Nothing is cut, so that it may be more than the model takes.
    fn count_tokens(&self, texts: &[&str]) -> Result<Vec<usize>, InferenceError>;

    /// One vector of length 1.0 for each text, in order. A text longer than the model's context is
    /// judged by its beginning. Looks at `cancel` many times in each layer; once cancelled the vectors
    /// of the first texts are returned, fewer than `texts`.
    fn embed(
        &mut self,
        texts: &[&str],
        role: TextRole,
        cancel: &CancellationToken,
    ) -> Result<Vec<Vec<f32>>, InferenceError>;
}
