//! Finds out what somebody points at.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::convert::is_ct2;
use crate::disk::read_limited;
use crate::error::ModelsError;
use crate::header::{describe_foreign, ggml};

const MAX_CONFIG_BYTES: u64 = 1 << 20;
const MAX_ENTRIES: usize = 1_000;

/// What can be imported; a folder or a file each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Incoming {
    Ggml(PathBuf),
    Gguf(PathBuf),
    Ct2(PathBuf),
    HfWhisper(PathBuf),
    Embedding(PathBuf),
}

impl Incoming {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Ggml(path)
            | Self::Gguf(path)
            | Self::Ct2(path)
            | Self::HfWhisper(path)
            | Self::Embedding(path) => path,
        }
    }
}

/// Tells by content and not by name; an error says what it is and what would do.
pub(super) fn sniff(path: &Path) -> Result<Incoming, ModelsError> {
    let meta = fs::metadata(path).map_err(ModelsError::io("reading", path))?;
    if meta.is_dir() {
        sniff_folder(path)
    } else {
        sniff_file(path)
    }
}

fn sniff_file(path: &Path) -> Result<Incoming, ModelsError> {
    let head = head(path)?;
    if head.starts_with(&ggml::MAGIC.to_le_bytes()) {
        return Ok(Incoming::Ggml(path.to_owned()));
    }
    if head.starts_with(b"GGUF") {
        return Ok(Incoming::Gguf(path.to_owned()));
    }
    // A part of a model's folder stands for the folder.
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let is_part = is_ct2(&head) || name == "config.json" || name.starts_with("model.safetensors");
    match path.parent().filter(|_| is_part) {
        Some(dir) => sniff_folder(dir),
        None => Err(ModelsError::not_a_model(path, describe_foreign(&head))),
    }
}

fn sniff_folder(dir: &Path) -> Result<Incoming, ModelsError> {
    let weights = dir.join("model.bin");
    if weights.is_file() && is_ct2(&head(&weights)?) {
        return Ok(Incoming::Ct2(dir.to_owned()));
    }
    let has_safetensors =
        dir.join("model.safetensors").is_file() || dir.join("model.safetensors.index.json").is_file();
    let config = dir.join("config.json");
    if has_safetensors && config.is_file() {
        return sniff_transformers(dir, &config);
    }
    if let Some(only) = only_model_file(dir)? {
        return sniff_file(&only);
    }
    let reason = if dir.join("adapter_config.json").is_file() {
        "it is an adapter; merge it into the model it was made for and save that"
    } else if dir.join("pytorch_model.bin").is_file() {
        "its weights are a PyTorch pickle; save the model as safetensors"
    } else {
        "it holds no model: neither model.safetensors with config.json, nor a CTranslate2 model.bin, nor exactly one ggml or GGUF file"
    };
    Err(ModelsError::not_a_model(dir, reason))
}

fn sniff_transformers(dir: &Path, config: &Path) -> Result<Incoming, ModelsError> {
    let config: Value = serde_json::from_slice(&read_limited(config, MAX_CONFIG_BYTES)?)
        .map_err(|_| ModelsError::not_a_model(dir, "its config.json is damaged"))?;
    match config
        .get("model_type")
        .and_then(Value::as_str)
        .unwrap_or_default()
    {
        "whisper" => Ok(Incoming::HfWhisper(dir.to_owned())),
        "bert" | "xlm-roberta" if dir.join("tokenizer.json").is_file() => {
            Ok(Incoming::Embedding(dir.to_owned()))
        }
        "bert" | "xlm-roberta" => Err(ModelsError::not_a_model(dir, "it has no tokenizer.json")),
        other => Err(ModelsError::not_a_model(
            dir,
            format!(
                "its architecture “{other}” is neither Whisper nor an embedding model that this program runs; language models come as GGUF files"
            ),
        )),
    }
}

/// The one ggml or GGUF file of a folder, where there is exactly one.
fn only_model_file(dir: &Path) -> Result<Option<PathBuf>, ModelsError> {
    let mut files = fs::read_dir(dir)
        .map_err(ModelsError::io("reading", dir))?
        .take(MAX_ENTRIES)
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .filter(|path| {
            head(path)
                .is_ok_and(|head| head.starts_with(&ggml::MAGIC.to_le_bytes()) || head.starts_with(b"GGUF"))
        });
    Ok(match (files.next(), files.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    })
}

fn head(path: &Path) -> Result<Vec<u8>, ModelsError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(512).read_to_end(&mut bytes))
        .map_err(ModelsError::io("reading", path))?;
    Ok(bytes)
}
