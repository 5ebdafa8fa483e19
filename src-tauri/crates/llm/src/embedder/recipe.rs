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

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder without sentence-transformers' files.
    fn recipe(architecture: Architecture, shape: [usize; 4], tokenizer_class: Option<&str>) -> Recipe {
        let [n_layers, hidden, n_vocabulary, n_positions] = shape;
        let config = Config {
            architecture,
            hidden,
            n_layers,
            n_heads: 12,
            feed_forward: 4 * hidden,
            n_vocabulary,
            n_positions,
            n_types: 2,
            epsilon: 1e-12,
            padding: 1,
            tokenizer_class: tokenizer_class.map(str::to_owned),
        };
        let folder = tempfile::tempdir().expect("a folder can be made");
        Recipe::read(folder.path(), &config).expect("nothing in the folder is wrong")
    }

    #[test]
    fn catalogued_families_are_known_by_their_configuration() {
        let e5 = recipe(
            Architecture::Bert,
            [12, 384, 250_037, 512],
            Some("XLMRobertaTokenizer"),
        );
        assert_eq!(e5.pooling, Pooling::Mean, "as the card of E5 says");
        assert_eq!(e5.prefix(TextRole::Query), "query: ", "as the card of E5 says");
        assert_eq!(
            e5.prefix(TextRole::Passage),
            "passage: ",
            "as the card of E5 says"
        );
        assert_eq!(e5.max_tokens, 512, "as many as it has positions");

        let paraphrase = recipe(Architecture::Bert, [12, 384, 250_037, 512], None);
        assert_eq!(
            paraphrase.prefix(TextRole::Query),
            "",
            "the model of the same shape knows no prefix"
        );

        let bge = recipe(Architecture::XlmRoberta, [24, 1_024, 250_002, 8_194], None);
        assert_eq!(bge.pooling, Pooling::First, "as the files of bge-m3 say");
        assert_eq!(bge.prefix(TextRole::Query), "", "bge-m3 wants none");
        assert_eq!(bge.max_tokens, 8_192, "two positions are no text's");

        let minilm = recipe(Architecture::Bert, [6, 384, 30_522, 512], None);
        assert_eq!(
            minilm.max_tokens, 256,
            "as its files say, not as many as it has positions"
        );
        assert_eq!(minilm.pooling, Pooling::Mean, "as its files say");
    }

    #[test]
    fn an_unknown_model_has_the_mean_and_no_prefix() {
        let unknown = recipe(Architecture::XlmRoberta, [12, 768, 250_002, 514], None);
        assert_eq!(unknown.pooling, Pooling::Mean, "the most usual way");
        assert_eq!(
            unknown.prefix(TextRole::Passage),
            "",
            "nothing is known to be wanted"
        );
        assert_eq!(unknown.max_tokens, 512, "as many as it has positions");
    }

    #[test]
    fn ways_of_pooling_are_read_from_older_and_newer_files() {
        let pooling = |file: &str| {
            let file: PoolingFile = serde_json::from_str(file).expect("the file is sound");
            file.pooling()
        };
        for (file, expected) in [
            (r#"{"pooling_mode_mean_tokens":true}"#, Some(Pooling::Mean)),
            (r#"{"pooling_mode_cls_token":true}"#, Some(Pooling::First)),
            (r#"{"pooling_mode":"mean"}"#, Some(Pooling::Mean)),
            (
                r#"{"pooling_mode":"cls","include_prompt":true}"#,
                Some(Pooling::First),
            ),
            (r#"{"pooling_mode":"lasttoken"}"#, None),
            (r#"{"pooling_mode_max_tokens":true}"#, None),
            (
                r#"{"pooling_mode_mean_tokens":true,"pooling_mode_max_tokens":true}"#,
                None,
            ),
            (
                r#"{"pooling_mode_mean_tokens":true,"include_prompt":false}"#,
                None,
            ),
            ("{}", None),
        ] {
            assert_eq!(pooling(file), expected, "{file} says how");
        }
    }
}
