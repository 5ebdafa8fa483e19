use std::path::Path;

use recordroute_core::{InferenceError, LANGUAGE_ARCHITECTURES};

use crate::error::invalid_model;
use crate::forward::{CHUNK, Cache};
use crate::gguf::Gguf;

/// The [`LANGUAGE_ARCHITECTURES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Also SmolLM2 and Mistral.
    Llama,
    Qwen2,
    Qwen3,
    Gemma3,
    Phi3,
}

impl Family {
    pub const ALL: [Self; 5] = [Self::Llama, Self::Qwen2, Self::Qwen3, Self::Gemma3, Self::Phi3];

    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
            Self::Phi3 => "phi3",
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
    /// Dimensions of a head that turn with their place.
    pub n_rotated: usize,
    pub hidden_size: usize,
    pub n_feed_forward: usize,
    pub n_vocabulary: usize,
    /// What is added to the mean square in a norm.
    pub epsilon: f32,
    /// Tokens that local layers look back on.
    pub window: Option<usize>,
    /// Every such layer is a global one; the others are local.
    global_every: usize,
    /// Logits are bent so that none is beyond.
    pub logit_cap: Option<f32>,
    /// Tokens that the model was made for.
    pub n_trained: usize,
    /// Tokens of prompt and answer together.
    pub n_context: usize,
}

impl Dimensions {
    /// Reads the measures, refuses what would make the forward pass divide by zero or allocate without
    /// bound, and compares every tensor's shape.
    pub fn read(gguf: &Gguf, path: &Path, max_context_tokens: usize) -> Result<Self, InferenceError> {
        let family = family(gguf, path)?;
        let key = |key: &str| format!("{}.{key}", family.name());
        let optional = |name: &str, most: u64| gguf.number(&key(name)).filter(|n| (1..=most).contains(n));
        let number = |name: &str, most: u64| {
            optional(name, most)
                .map(|n| n as usize)
                .ok_or_else(|| invalid_model(path, format!("its header says nothing sensible about {name}")))
        };
        if gguf.number(&key("expert_count")).is_some_and(|n| n > 1) {
            return Err(invalid_model(
                path,
                "mixtures of experts do not run in this program",
            ));
        }
        let n_heads = number("attention.head_count", 1_024)?;
        let hidden_size = number("embedding_length", 1 << 16)?;
        let head_size = optional("attention.key_length", 1_024).map_or(hidden_size / n_heads, |n| n as usize);
        let n_trained = number("context_length", u64::from(u32::MAX))?;
        let has_window = matches!(family, Family::Gemma3 | Family::Phi3);
        let dimensions = Self {
            family,
            n_layers: number("block_count", 512)?,
            n_heads,
            n_kv_heads: optional("attention.head_count_kv", 1_024).map_or(n_heads, |n| n as usize),
            head_size,
            n_rotated: optional("rope.dimension_count", 1_024).map_or(head_size, |n| n as usize),
            hidden_size,
            n_feed_forward: number("feed_forward_length", 1 << 20)?,
            n_vocabulary: gguf
                .shape("token_embd.weight")
                .and_then(<[usize]>::first)
                .copied()
                .unwrap_or(0),
            epsilon: gguf
                .float(&key("attention.layer_norm_rms_epsilon"))
                .unwrap_or(1e-6),
            window: optional("attention.sliding_window", u64::from(u32::MAX))
                .filter(|_| has_window)
                .map(|n| n as usize),
            global_every: match family {
                Family::Gemma3 => optional("attention.sliding_window_pattern", 512).unwrap_or(6) as usize,
                _ => usize::MAX,
            },
            logit_cap: gguf
                .float(&key("final_logit_softcapping"))
                .filter(|cap| *cap > 0.0),
            n_trained,
            n_context: n_trained.min(max_context_tokens),
        };
        if !dimensions.is_sound()
            || optional("attention.value_length", 1_024).is_some_and(|n| n != head_size as u64)
        {
            return Err(invalid_model(
                path,
                "the numbers in its header contradict each other",
            ));
        }
        dimensions.check_shapes(gguf, path)?;
        Ok(dimensions)
    }

    fn is_sound(&self) -> bool {
        self.n_heads.is_multiple_of(self.n_kv_heads)
            && self.head_size > 0
            && self.head_size.is_multiple_of(16)
            && self.n_rotated.is_multiple_of(2)
            && self.n_rotated <= self.head_size
            && self.n_vocabulary > 0
            && u32::try_from(self.n_vocabulary).is_ok()
            && (0.0..1.0).contains(&self.epsilon)
    }

    /// Rows of the matrix of queries.
    pub fn n_q(&self) -> usize {
        self.n_heads * self.head_size
    }

    /// Rows of the matrix of keys, and of values.
    pub fn n_kv(&self) -> usize {
        self.n_kv_heads * self.head_size
    }

    pub fn is_local(&self, layer_idx: usize) -> bool {
        self.window.is_some() && !(layer_idx + 1).is_multiple_of(self.global_every)
    }

    /// What scores are multiplied with before the softmax.
    pub fn attention_scale(&self) -> f32 {
        // Gemma 3 with 27 billion weights, the only one of 62 layers, was trained with another.
        let size = match self.family {
            Family::Gemma3 if self.n_layers == 62 => self.hidden_size / self.n_heads,
            _ => self.head_size,
        };
        1.0 / (size as f32).sqrt()
    }

    fn check_shapes(&self, gguf: &Gguf, path: &Path) -> Result<(), InferenceError> {
        let wrong = |name: &str| {
            Err(invalid_model(
                path,
                format!("its tensor “{name}” is missing or of another shape than the header says"),
            ))
        };
        let hidden = self.hidden_size;
        let whole = [
            ("token_embd.weight", vec![self.n_vocabulary, hidden], true),
            ("output_norm.weight", vec![hidden], true),
            ("output.weight", vec![self.n_vocabulary, hidden], false),
        ];
        for (name, shape, is_needed) in &whole {
            if !fits(gguf.shape(name), shape, *is_needed) {
                return wrong(name);
            }
        }
        let of_layer = self.layer_tensors();
        for layer_idx in 0..self.n_layers {
            for (suffix, shape, is_needed) in &of_layer {
                let name = format!("blk.{layer_idx}.{suffix}");
                if !fits(gguf.shape(&name), shape, *is_needed) {
                    return wrong(&name);
                }
            }
        }
        // What the pass would leave out would make it another model.
        for name in gguf.tensors() {
            let is_known = match name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
                Some((_, suffix)) => {
                    suffix == "attn_rot_embd" || of_layer.iter().any(|(known, ..)| *known == suffix)
                }
                None => name.starts_with("rope_") || whole.iter().any(|(known, ..)| *known == name),
            };
            if !is_known {
                let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
                let reason = format!("its tensor “{name}” belongs to a kind of model that does not run here");
                return Err(invalid_model(path, reason));
            }
        }
        Ok(())
    }

    /// Name, shape and whether it must be there, of each tensor of a layer.
    fn layer_tensors(&self) -> Vec<(&'static str, Vec<usize>, bool)> {
        let (hidden, feed_forward) = (self.hidden_size, self.n_feed_forward);
        let (q, kv) = (self.n_q(), self.n_kv());
        let mut tensors = vec![
            ("attn_norm.weight", vec![hidden], true),
            ("attn_output.weight", vec![hidden, q], true),
            ("ffn_norm.weight", vec![hidden], true),
            ("ffn_down.weight", vec![hidden, feed_forward], true),
        ];
        if self.family == Family::Phi3 {
            tensors.push(("attn_qkv.weight", vec![q + 2 * kv, hidden], true));
            tensors.push(("ffn_up.weight", vec![2 * feed_forward, hidden], true));
            return tensors;
        }
        tensors.extend([
            ("attn_q.weight", vec![q, hidden], true),
            ("attn_k.weight", vec![kv, hidden], true),
            ("attn_v.weight", vec![kv, hidden], true),
            ("ffn_gate.weight", vec![feed_forward, hidden], true),
            ("ffn_up.weight", vec![feed_forward, hidden], true),
        ]);
        if matches!(self.family, Family::Llama | Family::Qwen2) {
            let is_needed = self.family == Family::Qwen2;
            tensors.extend([
                ("attn_q.bias", vec![q], is_needed),
                ("attn_k.bias", vec![kv], is_needed),
                ("attn_v.bias", vec![kv], is_needed),
            ]);
        } else {
            tensors.extend([
                ("attn_q_norm.weight", vec![self.head_size], true),
                ("attn_k_norm.weight", vec![self.head_size], true),
            ]);
        }
        if self.family == Family::Gemma3 {
            tensors.extend([
                ("post_attention_norm.weight", vec![hidden], true),
                ("post_ffw_norm.weight", vec![hidden], true),
            ]);
        }
        tensors
    }

    /// Memory at the peak of a full context, in bytes: an estimate from above.
    pub fn memory_bytes(&self, n_weight_bytes: u64) -> u64 {
        const FLOAT: u64 = 4;
        let wide = |n: usize| n as u64;
        let kv = Cache::bytes(self.n_layers, self.n_kv_heads, self.head_size, self.n_context);
        // What a token of a chunk takes: the stream and results, heads, both sides of the gate, and a
        // column of them in floats and bytes.
        let values = 3 * self.hidden_size + 3 * self.n_q() + 4 * self.n_feed_forward;
        let chunk = wide(CHUNK.min(self.n_context)) * wide(values) * FLOAT;
        // The tokenizer's tables, with their merges, and the logits.
        let vocabulary = wide(self.n_vocabulary) * 500;
        n_weight_bytes
            .saturating_add(kv)
            .saturating_add(chunk + vocabulary + (64 << 20))
    }
}

fn fits(found: Option<&[usize]>, expected: &[usize], is_needed: bool) -> bool {
    found.map_or(!is_needed, |found| found == expected)
}

fn family(gguf: &Gguf, path: &Path) -> Result<Family, InferenceError> {
    let name = gguf.text("general.architecture").unwrap_or_default();
    let found = Family::ALL.into_iter().find(|family| family.name() == name);
    found.ok_or_else(|| {
        let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
        let reason = format!(
            "models of the kind “{name}” do not run in this program, only {}",
            LANGUAGE_ARCHITECTURES.join(", ")
        );
        invalid_model(path, reason)
    })
}
