use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Name of a model in the catalogue or of an imported one, such as `whisper-base-q5_1`.
/// Lower-case letters, digits, `.`, `-` and `_`; at most 100 characters; safe as a file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

/// The text cannot name a model.
#[derive(Debug, Clone, thiserror::Error)]
#[error("“{0}” cannot name a model. Use up to 100 letters, digits, points, hyphens and underscores.")]
pub struct InvalidModelId(String);

impl ModelId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelId {
    type Err = InvalidModelId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = text.trim().to_ascii_lowercase();
        let fits = !id.is_empty()
            && id.len() <= 100
            && !id.starts_with('.')
            && id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if fits {
            Ok(Self(id))
        } else {
            Err(InvalidModelId(text.to_owned()))
        }
    }
}

impl TryFrom<String> for ModelId {
    type Error = InvalidModelId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ModelId> for String {
    fn from(id: ModelId) -> Self {
        id.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// Speech to text.
    Speech,
    /// Writes minutes, corrections and answers.
    Language,
    /// Turns text into vectors for search by meaning.
    Embedding,
}

/// How a model lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelFormat {
    /// One whisper.cpp `.bin` file.
    Ggml,
    /// One GGUF file.
    Gguf,
    /// A folder of `model.safetensors`, `config.json` and `tokenizer.json`.
    Safetensors,
}

/// Weight types that a speech model can be converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantization {
    /// 16-bit floats.
    F16,
    /// 8 bits and a scale for each 32 weights.
    Q8_0,
    /// 5 bits, a scale and a minimum for each 32 weights.
    Q5_1,
}
