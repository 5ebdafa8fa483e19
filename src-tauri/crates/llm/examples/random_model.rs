//! Writes a GGUF file in the exact shape and quantisation of Qwen3-0.6B Q4_K_M, filled with random
//! blocks: how fast a model runs does not depend on what its weights say.
//! `cargo run --release -p recordroute-llm --example random_model -- OUT.gguf`

use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result, Tensor};

const N_LAYERS: usize = 28;
const HIDDEN: usize = 1_024;
const N_HEADS: usize = 16;
const N_KV_HEADS: usize = 8;
const HEAD: usize = 128;
const FEED_FORWARD: usize = 3_072;
const N_VOCABULARY: usize = 151_936;
/// The last tokens of the vocabulary, which steer the model.
const CONTROLS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("Name the file to write.")?;
    let mut random = Random(1);
    let mut tensors: Vec<(String, QTensor)> = Vec::new();
    let mut add = |name: String, shape: &[usize], dtype| -> Result<()> {
        tensors.push((name, random.tensor(shape, dtype)?));
        Ok(())
    };
    add("output_norm.weight".to_owned(), &[HIDDEN], GgmlDType::F32)?;
    add(
        "token_embd.weight".to_owned(),
        &[N_VOCABULARY, HIDDEN],
        GgmlDType::Q6K,
    )?;
    for layer_idx in 0..N_LAYERS {
        // llama.cpp's rule for Q4_K_M: these two matrices in more bits in the first and last eighth of
        // the layers, and in every third of the others.
        let middle = N_LAYERS / 8..7 * N_LAYERS / 8;
        let is_finer = !middle.contains(&layer_idx) || (layer_idx - middle.start) % 3 == 2;
        let finer = if is_finer { GgmlDType::Q6K } else { GgmlDType::Q4K };
        for (suffix, shape, dtype) in [
            ("attn_norm", &[HIDDEN][..], GgmlDType::F32),
            ("attn_q_norm", &[HEAD], GgmlDType::F32),
            ("attn_k_norm", &[HEAD], GgmlDType::F32),
            ("ffn_norm", &[HIDDEN], GgmlDType::F32),
            ("attn_q", &[N_HEADS * HEAD, HIDDEN], GgmlDType::Q4K),
            ("attn_k", &[N_KV_HEADS * HEAD, HIDDEN], GgmlDType::Q4K),
            ("attn_v", &[N_KV_HEADS * HEAD, HIDDEN], finer),
            ("attn_output", &[HIDDEN, N_HEADS * HEAD], GgmlDType::Q4K),
            ("ffn_gate", &[FEED_FORWARD, HIDDEN], GgmlDType::Q4K),
            ("ffn_up", &[FEED_FORWARD, HIDDEN], GgmlDType::Q4K),
            ("ffn_down", &[HIDDEN, FEED_FORWARD], finer),
        ] {
            add(format!("blk.{layer_idx}.{suffix}.weight"), shape, dtype)?;
        }
    }
    let metadata = metadata();
    let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<_> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    gguf_file::write(&mut BufWriter::new(File::create(path)?), &metadata, &tensors)?;
    Ok(())
}

struct Random(u32);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % n
    }

    /// Real blocks of random weights, in random order: quantising all of them would take minutes.
    fn tensor(&mut self, shape: &[usize], dtype: GgmlDType) -> Result<QTensor> {
        const N_BLOCKS: usize = 256;
        let n_elements: usize = shape.iter().product();
        if dtype == GgmlDType::F32 {
            return QTensor::quantize(&Tensor::randn(1.0_f32, 0.1, shape, &Device::Cpu)?, dtype);
        }
        let values = Tensor::randn(0.0_f32, 0.03, N_BLOCKS * dtype.block_size(), &Device::Cpu)?;
        let blocks = QTensor::quantize(&values, dtype)?;
        let blocks = blocks.data()?;
        let block_bytes = dtype.type_size();
        let mut bytes = Vec::with_capacity(n_elements / dtype.block_size() * block_bytes);
        while bytes.len() < bytes.capacity() {
            let start = self.below(N_BLOCKS) * block_bytes;
            bytes.extend_from_slice(&blocks[start..start + block_bytes]);
        }
        let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, dtype)?;
        QTensor::new(storage, shape.to_vec())
    }
}

fn metadata() -> Vec<(&'static str, Value)> {
    let text = |text: &str| Value::String(text.to_owned());
    let number = |n: usize| Value::U32(n as u32);
    let (tokens, merges) = vocabulary();
    let types = (0..N_VOCABULARY).map(|i| Value::I32(if i < N_VOCABULARY - CONTROLS.len() { 1 } else { 3 }));
    vec![
        ("general.architecture", text("qwen3")),
        ("general.name", text("Random in the shape of Qwen3 0.6B")),
        ("general.file_type", number(15)),
        ("general.quantization_version", number(2)),
        ("qwen3.block_count", number(N_LAYERS)),
        ("qwen3.context_length", number(40_960)),
        ("qwen3.embedding_length", number(HIDDEN)),
        ("qwen3.feed_forward_length", number(FEED_FORWARD)),
        ("qwen3.attention.head_count", number(N_HEADS)),
        ("qwen3.attention.head_count_kv", number(N_KV_HEADS)),
        ("qwen3.attention.key_length", number(HEAD)),
        ("qwen3.attention.value_length", number(HEAD)),
        ("qwen3.attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
        ("qwen3.rope.freq_base", Value::F32(1_000_000.0)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("qwen2")),
        ("tokenizer.ggml.tokens", Value::Array(tokens)),
        ("tokenizer.ggml.token_type", Value::Array(types.collect())),
        ("tokenizer.ggml.merges", Value::Array(merges)),
        ("tokenizer.ggml.eos_token_id", number(N_VOCABULARY - 1)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
    ]
}

/// As many tokens and merges as the real one: bytes, pairs of bytes, triples.
fn vocabulary() -> (Vec<Value>, Vec<Value>) {
    // GPT-2's alphabet: printable bytes stand for themselves, the others for characters from 256 on.
    let mut n_others = 0;
    let alphabet: Vec<char> = (0..=255_u8)
        .map(|byte| {
            if matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF) {
                return char::from(byte);
            }
            n_others += 1;
            char::from_u32(255 + n_others).unwrap_or('?')
        })
        .collect();
    let mut tokens: Vec<String> = alphabet.iter().map(char::to_string).collect();
    let mut merges = Vec::new();
    let mut first = 0;
    'all: loop {
        for last in &alphabet {
            if tokens.len() == N_VOCABULARY - CONTROLS.len() {
                break 'all;
            }
            merges.push(Value::String(format!("{} {last}", tokens[first])));
            tokens.push(format!("{}{last}", tokens[first]));
        }
        first += 1;
    }
    tokens.extend(CONTROLS.map(str::to_owned));
    (tokens.into_iter().map(Value::String).collect(), merges)
}
