//! What a model's `config.json` says, as far as the forward pass needs it.

use std::path::Path;

use recordroute_core::InferenceError;
use serde::Deserialize;

use super::kernels::DEPTH;
use crate::error::invalid_model;
use crate::file::{read_json, read_limited};

const MAX_CONFIG_BYTES: u64 = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    Bert,
    XlmRoberta,
}

/// Numbers that do not contradict each other; what they say of tensors is compared with the weights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub architecture: Architecture,
    pub hidden: usize,
    pub n_layers: usize,
    pub n_heads: usize,
    pub feed_forward: usize,
    pub n_vocabulary: usize,
    /// Rows of the table of positions.
    pub n_positions: usize,
    pub n_types: usize,
    pub epsilon: f32,
    /// The token that stands for nothing. XLM-RoBERTa counts positions from its number on.
    pub padding: u32,
    /// The class of the tokenizer, which tells families apart that are otherwise alike.
    pub tokenizer_class: Option<String>,
}

/// The file as it is. What is not stated has the value that transformers' BertConfig and
/// XLMRobertaConfig give it.
#[derive(Deserialize)]
struct Stated {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: Option<usize>,
    layer_norm_eps: Option<f32>,
    hidden_act: Option<String>,
    pad_token_id: Option<u32>,
    position_embedding_type: Option<String>,
    tokenizer_class: Option<String>,
}

/// What decides whether the model runs here at all.
#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
}

impl Config {
    /// # Errors
    /// [`InferenceError::InvalidModel`] for a damaged file, and for a model that does not run here.
    pub fn read(path: &Path) -> Result<Self, InferenceError> {
        let bytes = read_limited(path, MAX_CONFIG_BYTES)?;
        let Kind { model_type } = read_json(path, &bytes)?;
        let architecture = match model_type.as_deref() {
            Some("bert") => Architecture::Bert,
            Some("xlm-roberta") => Architecture::XlmRoberta,
            _ => {
                let kind = shown(&model_type.unwrap_or_default());
                return Err(invalid_model(
                    path,
                    format!(
                        "embedding models of the kind “{kind}” do not run in this program, only bert and xlm-roberta"
                    ),
                ));
            }
        };
        let stated: Stated = read_json(path, &bytes)?;
        let needs = |what: &str, value: &str| {
            let value = shown(value);
            invalid_model(
                path,
                format!("it wants {what} “{value}”, which this program does not compute"),
            )
        };
        if let Some(activation) = stated.hidden_act.filter(|name| name != "gelu") {
            return Err(needs("the activation", &activation));
        }
        if let Some(kind) = stated.position_embedding_type.filter(|name| name != "absolute") {
            return Err(needs("positions of the kind", &kind));
        }
        let config = Self {
            architecture,
            hidden: stated.hidden_size,
            n_layers: stated.num_hidden_layers,
            n_heads: stated.num_attention_heads,
            feed_forward: stated.intermediate_size,
            n_vocabulary: stated.vocab_size,
            n_positions: stated.max_position_embeddings,
            n_types: stated.type_vocab_size.unwrap_or(2),
            epsilon: stated.layer_norm_eps.unwrap_or(1e-12),
            padding: stated.pad_token_id.unwrap_or(match architecture {
                Architecture::Bert => 0,
                Architecture::XlmRoberta => 1,
            }),
            tokenizer_class: stated.tokenizer_class,
        };
        if config.is_sound() {
            Ok(config)
        } else {
            Err(invalid_model(
                path,
                "the numbers in its configuration contradict each other",
            ))
        }
    }

    pub fn head_size(&self) -> usize {
        self.hidden / self.n_heads
    }

    /// The first token of a text has this row of the table of positions.
    pub fn first_position(&self) -> usize {
        match self.architecture {
            Architecture::Bert => 0,
            Architecture::XlmRoberta => self.padding as usize + 1,
        }
    }

    /// The most tokens of a text, special ones included.
    pub fn max_tokens(&self) -> usize {
        self.n_positions - self.first_position()
    }

    fn is_sound(&self) -> bool {
        (1..=256).contains(&self.n_heads)
            && (1..=100).contains(&self.n_layers)
            && (16..=1 << 14).contains(&self.hidden)
            && (16..=1 << 17).contains(&self.feed_forward)
            && self.hidden.is_multiple_of(self.n_heads)
            && self.head_size() <= DEPTH
            && (1..=1 << 24).contains(&self.n_vocabulary)
            && (self.padding as usize) < self.n_vocabulary
            && (self.first_position() + 2..=1 << 20).contains(&self.n_positions)
            && (1..=1 << 10).contains(&self.n_types)
            && (0.0..1.0).contains(&self.epsilon)
    }
}

/// A word of a foreign file, so that it can stand in a sentence.
fn shown(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}
