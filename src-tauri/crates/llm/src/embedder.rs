mod pieces;
mod recipe;
mod tokens;

use std::path::Path;

use recordroute_core::{CancellationToken, Embedder, EngineInfo, InferenceError, TextRole};

use crate::device::default_threads;
use crate::encoder::{Config, Encoder};
use crate::error::failed;
use recipe::{Pooling, Recipe};
use tokens::TextTokens;

/// Tokens that are computed together where texts are short, for each thread: enough that all have something
/// to do, few enough that what lies between two layers stays near the processor.
const TOKENS_A_THREAD: usize = 448;
/// A sentence embedding model of the architectures BERT and XLM-RoBERTa, run on the processor. Runs
/// all-MiniLM-L6-v2, multilingual-e5-small and bge-m3.
///
/// Texts are put before the model as it wants them, such as with `query: ` before what is looked for; what
/// it wants is read from sentence-transformers' files in its folder, or known of its family.
pub struct BertEmbedder {
    encoder: Encoder,
    tokens: TextTokens,
    recipe: Recipe,
    dimensions: usize,
    name: String,
}

impl BertEmbedder {
    /// Loads `model.safetensors`, `config.json` and `tokenizer.json` of a folder; of sentence-transformers'
    /// files `modules.json`, `1_Pooling/config.json`, `sentence_bert_config.json` and
    /// `config_sentence_transformers.json` are looked at where they are there. Weights are in floats of 32
    /// or 16 bits. Threads are as many as the environment says, else as the machine has.
    ///
    /// # Errors
    /// [`InferenceError::InvalidModel`] for a missing, damaged or foreign file.
    pub fn load(folder: &Path) -> Result<Self, InferenceError> {
        let config = Config::read(&folder.join("config.json"))?;
        let recipe = Recipe::read(folder, &config)?;
        let tokens = TextTokens::read(&folder.join("tokenizer.json"), config.n_vocabulary, &recipe)?;
        let dimensions = config.hidden;
        let encoder = Encoder::load(
            &folder.join("model.safetensors"),
            config,
            default_threads().max(1),
        )?;
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        tracing::debug!(name, ?recipe, "embedding model loaded");
        Ok(Self {
            encoder,
            tokens,
            recipe,
            dimensions,
            name,
        })
    }

    /// Memory that loading the model and embedding long texts takes at the peak, in bytes, judged from its
    /// files' headers alone: an estimate from above.
    ///
    /// # Errors
    /// [`InferenceError::InvalidModel`] for a missing, damaged or foreign file.
    pub fn memory_needed_bytes(folder: &Path) -> Result<u64, InferenceError> {
        let config = Config::read(&folder.join("config.json"))?;
        let recipe = Recipe::read(folder, &config)?;
        let tokenizer = tokens::memory_bytes(&folder.join("tokenizer.json"))?;
        let weights = Encoder::weight_bytes(&folder.join("model.safetensors"), &config)?;
        let batch = Encoder::batch_bytes(&config, recipe.max_tokens.max(TOKENS_A_THREAD * n_threads()));
        Ok(weights + batch + tokenizer)
    }

    /// Vectors of some texts given as tokens; none once it is cancelled.
    fn embed_batch(
        &mut self,
        tokens: &[u32],
        lengths: &[usize],
        cancel: &CancellationToken,
    ) -> Result<Option<Vec<Vec<f32>>>, InferenceError> {
        let pooling = self.recipe.pooling;
        let encoded = self.encoder.encode(tokens, lengths, cancel);
        let Some(encoded) = encoded.map_err(|error| failed(format!("{error:?}")))? else {
            return Ok(None);
        };
        encoded
            .texts()
            .map(|mut tokens| {
                let mut vector = tokens.next().unwrap_or_default().to_vec();
                if pooling == Pooling::Mean {
                    // The mean's direction is the sum's.
                    for token in tokens {
                        vector
                            .iter_mut()
                            .zip(token)
                            .for_each(|(sum, value)| *sum += value);
                    }
                }
                let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
                if !length.is_finite() || length == 0.0 {
                    return Err(failed("a vector has no direction"));
                }
                vector.iter_mut().for_each(|value| *value /= length);
                Ok(vector)
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

fn n_threads() -> usize {
    default_threads().max(1)
}

impl Embedder for BertEmbedder {
    fn info(&self) -> EngineInfo {
        let n_threads = self.encoder.n_threads();
        EngineInfo {
            device: format!("CPU ({n_threads} threads)"),
            n_threads,
            model: self.name.clone(),
        }
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn max_tokens(&self) -> usize {
        self.tokens.max_text_tokens()
    }

    fn count_tokens(&self, texts: &[&str]) -> Result<Vec<usize>, InferenceError> {
        texts.iter().map(|text| self.tokens.count(text)).collect()
    }

    /// Batches need not be made by length: there is no padding.
    fn embed(
        &mut self,
        texts: &[&str],
        role: TextRole,
        cancel: &CancellationToken,
    ) -> Result<Vec<Vec<f32>>, InferenceError> {
        let batch_tokens = TOKENS_A_THREAD * self.encoder.n_threads();
        let mut vectors = Vec::with_capacity(texts.len());
        let (mut batch, mut lengths) = (Vec::new(), Vec::new());
        for (text_idx, text) in texts.iter().enumerate() {
            if cancel.is_cancelled() {
                break;
            }
            let tokens = self.tokens.encode(self.recipe.prefix(role), text)?;
            batch.extend_from_slice(&tokens);
            lengths.push(tokens.len());
            if batch.len() < batch_tokens && text_idx + 1 < texts.len() {
                continue;
            }
            let Some(done) = self.embed_batch(&batch, &lengths, cancel)? else {
                break;
            };
            vectors.extend(done);
            batch.clear();
            lengths.clear();
        }
        Ok(vectors)
    }
}
