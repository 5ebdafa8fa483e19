use std::path::Path;

use candle_core::quantized::gguf_file::Value;
use recordroute_core::InferenceError;

use crate::error::invalid_model;
use crate::gguf::Gguf;

/// Architectures that Candle runs from GGUF files, by the name in `general.architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Llama,
    Qwen2,
    Qwen3,
    Gemma3,
}

impl Family {
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
        }
    }

    /// The longest context for which Candle's forward pass is right.
    fn max_context(self) -> usize {
        match self {
            // Its table of rotations has 4,096 rows.
            Self::Llama => 4_096,
            Self::Qwen2 | Self::Qwen3 => 32_768,
            // It fails on the second part of a prompt, so a prompt is read in one go, whose memory
            // grows with the square of its length; and once it writes, its local layers look further
            // back than they were trained to.
            Self::Gemma3 => 2_048,
        }
    }
}

/// The measures of a model, checked against its tensors.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dimensions {
    pub family: Family,
    pub n_layers: usize,
    pub n_heads: usize,
    pub n_kv_heads: usize,
    pub head_size: usize,
    pub hidden_size: usize,
    pub n_vocabulary: usize,
    /// Tokens of prompt and answer together.
    pub n_context: usize,
}

impl Dimensions {
    /// Reads the measures, refuses what would make Candle divide by zero or allocate without bound,
    /// and compares every tensor's shape.
    pub fn read(gguf: &Gguf, path: &Path, max_context_tokens: usize) -> Result<Self, InferenceError> {
        let architecture = gguf.text("general.architecture").unwrap_or_default();
        let family = match architecture {
            "llama" => Family::Llama,
            "qwen2" => Family::Qwen2,
            "qwen3" => Family::Qwen3,
            "gemma3" => Family::Gemma3,
            other => {
                let other: String = other.chars().filter(|c| !c.is_control()).take(40).collect();
                return Err(invalid_model(
                    path,
                    format!(
                        "models of the kind “{other}” do not run in this program, only llama, qwen2, qwen3 and gemma3"
                    ),
                ));
            }
        };
        let number = |key: &str, most: u64| {
            gguf.number(&format!("{architecture}.{key}"))
                .filter(|n| (1..=most).contains(n))
                .map(|n| n as usize)
                .ok_or_else(|| invalid_model(path, format!("its header says nothing sensible about {key}")))
        };
        if gguf.number("llama.expert_count").is_some_and(|n| n > 1) {
            return Err(invalid_model(
                path,
                "mixtures of experts do not run in this program",
            ));
        }
        let n_heads = number("attention.head_count", 1_024)?;
        let n_kv_heads = number("attention.head_count_kv", 1_024)?;
        let hidden_size = number("embedding_length", 1 << 16)?;
        let head_size = match family {
            Family::Llama | Family::Qwen2 => hidden_size / n_heads,
            Family::Qwen3 | Family::Gemma3 => number("attention.key_length", 1_024)?,
        };
        let n_context = number("context_length", u64::from(u32::MAX))?
            .min(family.max_context())
            .min(max_context_tokens);
        let dimensions = Self {
            family,
            n_layers: number("block_count", 512)?,
            n_heads,
            n_kv_heads,
            head_size,
            hidden_size,
            n_vocabulary: gguf
                .shape("token_embd.weight")
                .and_then(<[usize]>::first)
                .copied()
                .unwrap_or(0),
            n_context,
        };
        let is_sound = n_heads % n_kv_heads == 0
            && head_size > 0
            && head_size % 2 == 0
            && (!matches!(family, Family::Llama | Family::Qwen2) || head_size * n_heads == hidden_size)
            && (family != Family::Llama || number("rope.dimension_count", 1_024)? == head_size);
        if !is_sound {
            return Err(invalid_model(
                path,
                "the numbers in its header contradict each other",
            ));
        }
        dimensions.check_shapes(gguf).map_err(|name| {
            invalid_model(
                path,
                format!("its tensor “{name}” is missing or of another shape than the header says"),
            )
        })?;
        Ok(dimensions)
    }

    fn check_shapes(&self, gguf: &Gguf) -> Result<(), String> {
        let hidden = self.hidden_size;
        let (q, kv) = (self.n_heads * self.head_size, self.n_kv_heads * self.head_size);
        let feed_forward = gguf
            .shape("blk.0.ffn_up.weight")
            .and_then(<[usize]>::first)
            .copied()
            .unwrap_or(0);
        let expect = |name: String, shape: &[usize]| {
            if gguf.shape(&name) == Some(shape) {
                Ok(())
            } else {
                Err(name)
            }
        };
        expect("token_embd.weight".to_owned(), &[self.n_vocabulary, hidden])?;
        expect("output_norm.weight".to_owned(), &[hidden])?;
        if gguf.shape("output.weight").is_some() {
            expect("output.weight".to_owned(), &[self.n_vocabulary, hidden])?;
        }
        let mut of_layer: Vec<(&str, Vec<usize>)> = vec![
            ("attn_norm.weight", vec![hidden]),
            ("attn_q.weight", vec![q, hidden]),
            ("attn_k.weight", vec![kv, hidden]),
            ("attn_v.weight", vec![kv, hidden]),
            ("attn_output.weight", vec![hidden, q]),
            ("ffn_norm.weight", vec![hidden]),
            ("ffn_gate.weight", vec![feed_forward, hidden]),
            ("ffn_up.weight", vec![feed_forward, hidden]),
            ("ffn_down.weight", vec![hidden, feed_forward]),
        ];
        match self.family {
            Family::Llama => {}
            Family::Qwen2 => of_layer.extend([
                ("attn_q.bias", vec![q]),
                ("attn_k.bias", vec![kv]),
                ("attn_v.bias", vec![kv]),
            ]),
            Family::Qwen3 | Family::Gemma3 => of_layer.extend([
                ("attn_q_norm.weight", vec![self.head_size]),
                ("attn_k_norm.weight", vec![self.head_size]),
            ]),
        }
        if self.family == Family::Gemma3 {
            of_layer.extend([
                ("post_attention_norm.weight", vec![hidden]),
                ("post_ffw_norm.weight", vec![hidden]),
            ]);
        }
        for layer_idx in 0..self.n_layers {
            for (suffix, shape) in &of_layer {
                expect(format!("blk.{layer_idx}.{suffix}"), shape)?;
            }
        }
        Ok(())
    }

    /// Metadata that Candle would take literally to its harm.
    pub fn amend(&self, gguf: &mut Gguf) {
        let metadata = &mut gguf.content.metadata;
        // The table of rotations gets a row for each position that the header promises.
        let context = Value::U32(self.n_context as u32);
        metadata.insert(format!("{}.context_length", self.family.name()), context);
        if self.family == Family::Qwen3 {
            // Without this key the rotations are computed in 16-bit floats, in which positions
            // above 2,048 run together.
            metadata.insert("general.dtype".to_owned(), Value::U32(0));
        }
    }

    /// Memory at the peak of a full context, in bytes: an estimate from above.
    pub fn memory_bytes(&self, n_weight_bytes: u64) -> u64 {
        const FLOAT: u64 = 4;
        let wide = |n: usize| n as u64;
        let (layers, context, head) = (wide(self.n_layers), wide(self.n_context), wide(self.head_size));
        let embeddings = wide(self.n_vocabulary) * wide(self.hidden_size) * FLOAT;
        let kv_of = |n_positions: u64| layers * n_positions * wide(self.n_kv_heads) * head * 2 * FLOAT;
        let kv = match self.family {
            // Keeps two copies for the prompt, one of them for 4,096 positions from the start.
            Family::Qwen3 => kv_of(context) + kv_of(context.max(4_096).next_power_of_two()),
            _ => kv_of(context),
        };
        let rotations = match self.family {
            // A table of 131,072 rows of cosines and sines for each layer.
            Family::Gemma3 => layers * 131_072 * head * FLOAT,
            _ => context * head * 2 * FLOAT,
        };
        let n_rows = wide(super::model::prefill_tokens(self.family)).min(context);
        let scores = 4 * wide(self.n_heads) * n_rows * context * FLOAT;
        // The tokenizer's tables, with their merges.
        let tokenizer = wide(self.n_vocabulary) * 500;
        n_weight_bytes + embeddings + kv + rotations + scores + tokenizer
    }
}
