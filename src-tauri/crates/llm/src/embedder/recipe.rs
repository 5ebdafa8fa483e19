//! How a model's vectors are made of its tokens: what is put before a text, how many tokens count, and
//! which of the last layer's become the vector.

use std::path::Path;

use recordroute_core::{InferenceError, TextRole};
use serde::Deserialize;

use crate::encoder::{Architecture, Config};
use crate::error::invalid_model;
use crate::file::{read_json, read_limited};

const MAX_FILE_BYTES: u64 = 1 << 20;
/// What is put before a text is a sentence at most.
const MAX_PREFIX_BYTES: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The mean over all tokens.
    Mean,
    /// The first token, which stands for the whole text.
    First,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub pooling: Pooling,
    pub query_prefix: String,
    pub passage_prefix: String,
    /// The most tokens of a text, special ones included; the model's positions may allow fewer.
    pub max_tokens: usize,
    pub is_lower_case: bool,
}

/// `modules.json` of sentence-transformers: what comes after each other.
#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

/// `1_Pooling/config.json`: older versions have a flag for each way, newer ones a name.
#[derive(Deserialize)]
struct PoolingFile {
    pooling_mode: Option<String>,
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
    #[serde(default)]
    pooling_mode_weightedmean_tokens: bool,
    #[serde(default)]
    pooling_mode_lasttoken: bool,
    /// Whether what is put before a text counts.
    include_prompt: Option<bool>,
}

/// `sentence_bert_config.json`.
#[derive(Deserialize)]
struct LengthFile {
    max_seq_length: Option<usize>,
    do_lower_case: Option<bool>,
}

/// `config_sentence_transformers.json`.
#[derive(Deserialize)]
struct PromptsFile {
    #[serde(default)]
    prompts: Prompts,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Prompts {
    query: Option<String>,
    passage: Option<String>,
    document: Option<String>,
}

impl Recipe {
    /// What sentence-transformers' files in the folder say, else what is known of the model's family.
    ///
    /// # Errors
    /// [`InferenceError::InvalidModel`] for a damaged file, and where a vector is to be made in a way
    /// that is not computed here.
    pub fn read(folder: &Path, config: &Config) -> Result<Self, InferenceError> {
        let mut recipe = Self::of_family(config);
        let modules: Option<Vec<Module>> = optional(&folder.join("modules.json"))?;
        for module in modules.iter().flatten() {
            let kind = module.kind.rsplit('.').next().unwrap_or_default();
            if !["Transformer", "Pooling", "Normalize"].contains(&kind) {
                let kind: String = kind.chars().filter(|c| !c.is_control()).take(40).collect();
                return Err(invalid_model(
                    &folder.join("modules.json"),
                    format!("it has a part of the kind “{kind}”, which this program does not compute"),
                ));
            }
        }
        let pooling_path = folder.join("1_Pooling").join("config.json");
        if let Some(file) = optional::<PoolingFile>(&pooling_path)? {
            recipe.pooling = file.pooling().ok_or_else(|| {
                invalid_model(
                    &pooling_path,
                    "its vectors are made in a way that this program does not compute",
                )
            })?;
        }
        if let Some(file) = optional::<LengthFile>(&folder.join("sentence_bert_config.json"))? {
            if let Some(max_tokens) = file.max_seq_length {
                recipe.max_tokens = max_tokens;
            }
            recipe.is_lower_case = file.do_lower_case.unwrap_or(false);
        }
        let prompts_path = folder.join("config_sentence_transformers.json");
        if let Some(PromptsFile { prompts }) = optional(&prompts_path)? {
            let passage = prompts.passage.or(prompts.document);
            if prompts.query.is_some() || passage.is_some() {
                recipe.query_prefix = prompts.query.unwrap_or_default();
                recipe.passage_prefix = passage.unwrap_or_default();
            }
        }
        if recipe.query_prefix.len().max(recipe.passage_prefix.len()) > MAX_PREFIX_BYTES {
            return Err(invalid_model(
                &prompts_path,
                "what it wants before each text is longer than any known model's",
            ));
        }
        recipe.max_tokens = recipe.max_tokens.min(config.max_tokens());
        Ok(recipe)
    }

    /// Families whose catalogued files are without those of sentence-transformers, told by what their
    /// configuration says. Where nothing is known: the mean, and nothing before a text.
    fn of_family(config: &Config) -> Self {
        let mut recipe = Self {
            pooling: Pooling::Mean,
            query_prefix: String::new(),
            passage_prefix: String::new(),
            max_tokens: usize::MAX,
            is_lower_case: false,
        };
        let shape = (config.architecture, config.n_layers, config.hidden);
        match (shape, config.n_vocabulary, config.n_positions) {
            // multilingual-e5-small: a BERT with XLM-RoBERTa's tokenizer, which the BERT of the same shape
            // that has no prefix, paraphrase-multilingual-MiniLM-L12-v2, does not name in its file.
            // Wang et al. 2024, <https://arxiv.org/abs/2402.05672>, and the model's card:
            // <https://huggingface.co/intfloat/multilingual-e5-small>.
            ((Architecture::Bert, 12, 384), 250_037, 512)
                if config.tokenizer_class.as_deref() == Some("XLMRobertaTokenizer") =>
            {
                recipe.query_prefix = "query: ".to_owned();
                recipe.passage_prefix = "passage: ".to_owned();
            }
            // bge-m3: Chen et al. 2024, <https://arxiv.org/abs/2402.03216>, and `1_Pooling/config.json` of
            // <https://huggingface.co/BAAI/bge-m3>.
            ((Architecture::XlmRoberta, 24, 1_024), 250_002, 8_194) => recipe.pooling = Pooling::First,
            // all-MiniLM-L6-v2: `sentence_bert_config.json` of
            // <https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2>.
            ((Architecture::Bert, 6, 384), 30_522, 512) => recipe.max_tokens = 256,
            _ => (),
        }
        recipe
    }

    pub fn prefix(&self, role: TextRole) -> &str {
        match role {
            TextRole::Query => &self.query_prefix,
            TextRole::Passage => &self.passage_prefix,
        }
    }
}

impl PoolingFile {
    fn pooling(&self) -> Option<Pooling> {
        if self.include_prompt == Some(false) {
            return None;
        }
        if let Some(name) = &self.pooling_mode {
            return match name.as_str() {
                "mean" => Some(Pooling::Mean),
                "cls" => Some(Pooling::First),
                _ => None,
            };
        }
        let others = self.pooling_mode_max_tokens
            || self.pooling_mode_mean_sqrt_len_tokens
            || self.pooling_mode_weightedmean_tokens
            || self.pooling_mode_lasttoken;
        match (self.pooling_mode_mean_tokens, self.pooling_mode_cls_token, others) {
            (true, false, false) => Some(Pooling::Mean),
            (false, true, false) => Some(Pooling::First),
            _ => None,
        }
    }
}

/// A file that a folder may be without.
fn optional<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, InferenceError> {
    if !path.exists() {
        return Ok(None);
    }
    read_json(path, &read_limited(path, MAX_FILE_BYTES)?).map(Some)
}
