use std::fs::File;
use std::io::Read;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use recordroute_core::{CancellationToken, Embedder, EngineInfo, InferenceError};
use serde::Deserialize;
use tokenizers::{Tokenizer, TruncationParams};

use crate::device::{best_device, describe};
use crate::error::{failed, inconsistent, invalid_model, unreadable};

const MAX_CONFIG_BYTES: u64 = 1 << 20;
const MAX_TOKENIZER_BYTES: u64 = 64 << 20;
const MAX_WEIGHT_BYTES: u64 = 4 << 30;
/// Longer texts are judged by their beginning, as such models are trained.
const MAX_TOKENS: usize = 512;
/// Texts are computed together up to so many tokens, padding included.
const MAX_BATCH_TOKENS: usize = 4_096;
const MAX_BATCH_TEXTS: usize = 32;
/// No token spells more bytes on average; what comes after is not worth tokenizing.
const MAX_TEXT_BYTES: usize = MAX_TOKENS * 64;

/// A sentence embedding model of the BERT architecture, run by Candle: the mean over the last layer's
/// tokens, of length 1.0. Runs all-MiniLM-L6-v2 and multilingual-e5-small.
///
/// The E5 family wants its texts marked: `query: ` before what is looked for, `passage: ` before what
/// is searched. That is the caller's to do.
pub struct BertEmbedder {
    model: BertModel,
    tokenizer: Tokenizer,
    dimensions: usize,
    name: String,
    device: Device,
}

/// What of `config.json` decides whether the model runs here at all.
#[derive(Deserialize)]
struct Kind {
    model_type: Option<String>,
}

impl BertEmbedder {
    /// Loads `model.safetensors`, `config.json` and `tokenizer.json` of a folder.
    ///
    /// # Errors
    /// [`InferenceError::InvalidModel`] for a missing, damaged or foreign file.
    pub fn load(folder: &Path) -> Result<Self, InferenceError> {
        let config_path = folder.join("config.json");
        let config = read_config(&config_path)?;
        let tokenizer = read_tokenizer(&folder.join("tokenizer.json"), &config)?;

        let weights_path = folder.join("model.safetensors");
        let weights = read_limited(&weights_path, MAX_WEIGHT_BYTES)?;
        let device = best_device();
        let model = VarBuilder::from_buffered_safetensors(weights, DType::F32, &device)
            .and_then(|weights| BertModel::load(weights, &config))
            .map_err(|error| inconsistent(&weights_path, &error))?;
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            model,
            tokenizer,
            dimensions: config.hidden_size,
            name,
            device,
        })
    }

    fn embed_batch(&self, encoded: &[Vec<u32>]) -> candle_core::Result<Vec<Vec<f32>>> {
        let n_texts = encoded.len();
        let n_columns = encoded.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut ids = vec![0_u32; n_texts * n_columns];
        let mut mask = vec![0_f32; n_texts * n_columns];
        for (text_idx, tokens) in encoded.iter().enumerate() {
            let row = text_idx * n_columns;
            for (column, &token) in tokens.iter().enumerate() {
                ids[row + column] = token;
                mask[row + column] = 1.0;
            }
        }
        let shape = (n_texts, n_columns);
        let ids = Tensor::from_vec(ids, shape, &self.device)?;
        let mask = Tensor::from_vec(mask, shape, &self.device)?;
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;

        let mask = mask.unsqueeze(2)?;
        let sums = hidden.broadcast_mul(&mask)?.sum(1)?;
        let means = sums.broadcast_div(&mask.sum(1)?)?;
        let lengths = means.sqr()?.sum_keepdim(1)?.sqrt()?;
        means.broadcast_div(&lengths)?.to_vec2()
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>, InferenceError> {
        let end = (0..=text.len().min(MAX_TEXT_BYTES))
            .rev()
            .find(|&at| text.is_char_boundary(at));
        let beginning = text.get(..end.unwrap_or(0)).unwrap_or_default();
        Ok(self
            .tokenizer
            .encode_fast(beginning, true)
            .map_err(failed)?
            .get_ids()
            .to_vec())
    }
}

impl Embedder for BertEmbedder {
    fn info(&self) -> EngineInfo {
        let (device, n_threads) = describe(&self.device);
        EngineInfo {
            device,
            n_threads,
            model: self.name.clone(),
        }
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&mut self, texts: &[&str], cancel: &CancellationToken) -> Result<Vec<Vec<f32>>, InferenceError> {
        let mut vectors = Vec::with_capacity(texts.len());
        let mut batch: Vec<Vec<u32>> = Vec::new();
        for text in texts {
            let tokens = self.encode(text)?;
            let n_columns = batch.iter().map(Vec::len).max().unwrap_or(0).max(tokens.len());
            if batch.len() == MAX_BATCH_TEXTS || (batch.len() + 1) * n_columns > MAX_BATCH_TOKENS {
                if cancel.is_cancelled() {
                    return Ok(vectors);
                }
                vectors.extend(self.embed_batch(&batch).map_err(failed)?);
                batch.clear();
            }
            batch.push(tokens);
        }
        if !batch.is_empty() && !cancel.is_cancelled() {
            vectors.extend(self.embed_batch(&batch).map_err(failed)?);
        }
        Ok(vectors)
    }
}

fn read_config(path: &Path) -> Result<Config, InferenceError> {
    let bytes = read_limited(path, MAX_CONFIG_BYTES)?;
    let Kind { model_type } = serde_json::from_slice(&bytes)
        .map_err(|_| invalid_model(path, "it is not a model's configuration"))?;
    if model_type.as_deref() != Some("bert") {
        let kind: String = model_type
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(40)
            .collect();
        return Err(invalid_model(
            path,
            format!("embedding models of the kind “{kind}” do not run in this program, only bert"),
        ));
    }
    let config: Config = serde_json::from_slice(&bytes).map_err(|error| {
        tracing::warn!(path = %path.display(), %error, "a configuration cannot be read");
        invalid_model(path, "its configuration is of an unknown form")
    })?;
    let is_sound = (1..=256).contains(&config.num_attention_heads)
        && (1..=100).contains(&config.num_hidden_layers)
        && (1..=1 << 16).contains(&config.hidden_size)
        && config.hidden_size.is_multiple_of(config.num_attention_heads)
        && config.max_position_embeddings >= 2;
    if is_sound {
        Ok(config)
    } else {
        Err(invalid_model(
            path,
            "the numbers in its configuration contradict each other",
        ))
    }
}

fn read_tokenizer(path: &Path, config: &Config) -> Result<Tokenizer, InferenceError> {
    let damaged = |error: tokenizers::Error| {
        tracing::warn!(path = %path.display(), %error, "a tokenizer cannot be used");
        invalid_model(path, "the tokenizer is damaged")
    };
    let mut tokenizer = Tokenizer::from_bytes(read_limited(path, MAX_TOKENIZER_BYTES)?).map_err(damaged)?;
    if tokenizer.get_vocab_size(true) > config.vocab_size {
        return Err(invalid_model(path, "the tokenizer belongs to another model"));
    }
    // The file may pad every text to a fixed length; batches are padded to their own.
    tokenizer.with_padding(None);
    let max_length = config.max_position_embeddings.min(MAX_TOKENS);
    tokenizer
        .with_truncation(Some(TruncationParams {
            max_length,
            ..TruncationParams::default()
        }))
        .map_err(damaged)?;
    Ok(tokenizer)
}

fn read_limited(path: &Path, max_bytes: u64) -> Result<Vec<u8>, InferenceError> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let n_bytes = file.metadata().map_err(|error| unreadable(path, &error))?.len();
    if n_bytes > max_bytes {
        return Err(invalid_model(path, "the file is larger than any known model's"));
    }
    let mut bytes = Vec::with_capacity(n_bytes as usize);
    file.take(max_bytes)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}
