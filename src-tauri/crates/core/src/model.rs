use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Name of a model in the catalogue or of an imported one, such as `whisper-base-q5_1`.
/// Lower-case letters of any script (NFC), digits, `.`, `-` and `_`; at most 100 bytes; safe as a
/// file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

/// The text cannot name a model.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "“{0}” cannot name a model. Use letters, digits, points, hyphens and underscores, 100 bytes at most."
)]
pub struct InvalidModelId(String);

impl ModelId {
    /// The longest name, in UTF-8; leaves room for endings in a file system's 255 bytes.
    pub const MAX_BYTES: usize = 100;

    /// The nearest name to a text, such as a file's name from another system.
    pub fn nearest(text: &str) -> Option<Self> {
        let mut name = String::new();
        // Some systems take letters apart into base and mark; only composed they are letters.
        for letter in text.nfc().flat_map(char::to_lowercase) {
            let letter = if is_allowed(letter) { letter } else { '-' };
            if name.len() + letter.len_utf8() > Self::MAX_BYTES {
                break;
            }
            name.push(letter);
        }
        name.trim_matches(['.', '-']).parse().ok()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_allowed(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_')
}

impl FromStr for ModelId {
    type Err = InvalidModelId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id: String = text.trim().nfc().collect::<String>().to_lowercase();
        let fits = !id.is_empty()
            && id.len() <= Self::MAX_BYTES
            && !id.starts_with('.')
            && id.chars().all(is_allowed);
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

/// Architectures of the language models that the program runs, as GGUF files name them; llama is also that
/// of SmolLM2 and Mistral.
pub const LANGUAGE_ARCHITECTURES: [&str; 5] = ["llama", "qwen2", "qwen3", "gemma3", "phi3"];

/// Types of weights that the program runs in language models, by the numbers and names that ggml gives them.
pub const LANGUAGE_WEIGHT_TYPES: [(u32, &str); 11] = [
    (0, "F32"),
    (1, "F16"),
    (2, "Q4_0"),
    (3, "Q4_1"),
    (6, "Q5_0"),
    (7, "Q5_1"),
    (8, "Q8_0"),
    (12, "Q4_K"),
    (13, "Q5_K"),
    (14, "Q6_K"),
    (30, "BF16"),
];

/// Kinds of tokenizers that the program runs in language models, as GGUF files name them: byte-level BPE
/// and SentencePiece.
pub const LANGUAGE_TOKENIZERS: [&str; 2] = ["gpt2", "llama"];

/// Whether a language model follows instructions by what its GGUF file calls it, where no chat template
/// tells; `text` gives the texts of the file's metadata.
pub fn is_named_instructed<'a>(text: impl Fn(&str) -> Option<&'a str>) -> bool {
    let names = ["general.name", "general.finetune", "general.basename"];
    names.into_iter().filter_map(text).any(|name| {
        let mut words = name.split(|c: char| !c.is_alphanumeric());
        words.any(|word| {
            ["instruct", "chat", "it"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        })
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_names_of_models() {
        let nearest = |text: &str| ModelId::nearest(text).map(String::from);
        assert_eq!(
            nearest("내 모델").as_deref(),
            Some("내-모델"),
            "Korean stays Korean"
        );
        assert_eq!(
            nearest("\u{1102}\u{1162}").as_deref(),
            Some("내"),
            "macOS takes syllables apart; the name is the same"
        );
        assert_eq!(
            nearest("../My Model (v2)").as_deref(),
            Some("my-model--v2"),
            "no path gets through"
        );
        assert_eq!(nearest("🎉"), None, "a name needs a letter");
        let long = nearest(&"회의".repeat(60)).unwrap_or_default();
        assert!(
            !long.is_empty() && long.len() <= ModelId::MAX_BYTES,
            "it fits a file system: {}",
            long.len()
        );
    }

    #[test]
    fn names_tell_models_that_follow_instructions() {
        for (key, name, is_instructed) in [
            ("general.name", "Gemma 3 270M It", true),
            ("general.name", "mistral-7b-INSTRUCT-v0.3", true),
            ("general.finetune", "it", true),
            ("general.basename", "llama_2_chat", true),
            ("general.name", "Gemma 3 270m", false),
            ("general.name", "OpenChatty Italian Instructions", false),
            ("general.organization", "Chat", false),
        ] {
            let text = |wanted: &str| (wanted == key).then_some(name);
            assert_eq!(
                is_named_instructed(text),
                is_instructed,
                "only a whole word of one of its names counts: {key} {name}"
            );
        }
    }
}
