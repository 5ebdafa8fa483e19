//! The layout of Hugging Face's transformers: `config.json`, `model.safetensors` (in one piece or
//! in shards) and a tokenizer.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde_json::Value;

use super::layout::{Slice, assemble};
use super::tensors::{Place, Side};
use super::{Dtype, WhisperSource};
use crate::disk::{PieceReader, read_limited};
use crate::error::ModelsError;
use crate::header::safetensors::{self, SafeTensor};

const MAX_JSON_BYTES: u64 = 16 << 20;
const MAX_SHARDS: usize = 64;
const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Opens the folder.
pub(crate) fn open(dir: &Path) -> Result<WhisperSource, ModelsError> {
    let config: Value = json(&dir.join("config.json"))?;
    let n_heads = ["encoder_attention_heads", "decoder_attention_heads"].map(|name| {
        config
            .get(name)
            .and_then(Value::as_u64)
            .and_then(|n_heads| u32::try_from(n_heads).ok())
    });
    let mut files = Vec::new();
    let mut tensors = HashMap::new();
    for (file_idx, name) in shards(dir)?.iter().enumerate() {
        let path = dir.join(name);
        for tensor in safetensors::read(&path)? {
            // Whole models and bare encoder-decoders differ in this prefix.
            let name = tensor.name.strip_prefix("model.").unwrap_or(&tensor.name);
            tensors.insert(name.to_owned(), (file_idx, tensor));
        }
        files.push(PieceReader::open(&path)?);
    }
    assemble(dir, files, n_heads, &|place| {
        let (file_idx, tensor) = tensors.get(&source_name(place)?)?;
        slice(*file_idx, tensor)
    })
}

/// Names of the weight files: plain names only, since an index may come from anybody.
fn shards(dir: &Path) -> Result<BTreeSet<String>, ModelsError> {
    if dir.join(WEIGHTS).is_file() {
        return Ok(BTreeSet::from([WEIGHTS.to_owned()]));
    }
    let index: Value = json(&dir.join(INDEX))?;
    let names: BTreeSet<String> = index
        .get("weight_map")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|map| map.values())
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let plain = |name: &String| !name.contains(['/', '\\', ':']) && name.ends_with(".safetensors");
    if names.is_empty() || names.len() > MAX_SHARDS || !names.iter().all(plain) {
        return Err(ModelsError::not_a_model(dir, format!("its {INDEX} is damaged")));
    }
    Ok(names)
}

fn json(path: &Path) -> Result<Value, ModelsError> {
    let bytes = read_limited(path, MAX_JSON_BYTES)?;
    serde_json::from_slice(&bytes).map_err(|_| ModelsError::not_a_model(path, "it is damaged"))
}

fn source_name(place: &Place) -> Option<String> {
    let stem = match place.block {
        Some(block) => format!("{}.layers.{block}", place.side.as_str()),
        None => place.side.as_str().to_owned(),
    };
    let layer = match place.part {
        "positional_embedding" => return Some(format!("{stem}.embed_positions.weight")),
        "token_embedding" => "embed_tokens",
        "conv1" => "conv1",
        "conv2" => "conv2",
        "ln" | "ln_post" => "layer_norm",
        "mlp_ln" => "final_layer_norm",
        "mlp.0" => "fc1",
        "mlp.2" => "fc2",
        "attn_ln" => "self_attn_layer_norm",
        "attn.query" => "self_attn.q_proj",
        "attn.key" => "self_attn.k_proj",
        "attn.value" => "self_attn.v_proj",
        "attn.out" => "self_attn.out_proj",
        "cross_attn_ln" if place.side == Side::Decoder => "encoder_attn_layer_norm",
        "cross_attn.query" => "encoder_attn.q_proj",
        "cross_attn.key" => "encoder_attn.k_proj",
        "cross_attn.value" => "encoder_attn.v_proj",
        "cross_attn.out" => "encoder_attn.out_proj",
        _ => return None,
    };
    Some(format!("{stem}.{layer}.{}", place.leaf))
}

fn slice(file_idx: usize, tensor: &SafeTensor) -> Option<Slice> {
    let dtype = match tensor.dtype.as_str() {
        "F32" => Dtype::F32,
        "F16" => Dtype::F16,
        "BF16" => Dtype::Bf16,
        _ => return None,
    };
    let n_elements = tensor
        .shape
        .iter()
        .try_fold(1_u64, |product, dim| product.checked_mul(*dim))?;
    (n_elements.checked_mul(dtype.n_bytes())? == tensor.n_bytes).then_some(())?;
    Some(Slice {
        file_idx,
        dtype,
        offset: tensor.offset,
        shape: tensor.shape.clone(),
        scales: None,
    })
}
