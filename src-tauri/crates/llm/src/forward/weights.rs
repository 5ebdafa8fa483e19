//! The weights of a model: where in its file they stand. Only norms, biases and factors, which are small,
//! are read into memory.

use std::path::Path;

use recordroute_core::InferenceError;

use super::formats::Format;
use crate::error::invalid_model;
use crate::family::{Dimensions, Family};
use crate::gguf::Gguf;

/// A matrix in the file, row after row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix {
    pub format: Format,
    pub n_rows: usize,
    pub n_columns: usize,
    start: usize,
}

impl Matrix {
    pub fn row_bytes(&self) -> usize {
        self.n_columns / self.format.block_len() * self.format.block_bytes()
    }

    pub fn rows<'a>(&self, bytes: &'a [u8], first_row: usize, n_rows: usize) -> &'a [u8] {
        let row_bytes = self.row_bytes();
        &bytes[self.start + first_row * row_bytes..][..n_rows * row_bytes]
    }

    /// Some rows of it: parts that a file keeps in one matrix.
    fn part(&self, first_row: usize, n_rows: usize) -> Self {
        Self {
            n_rows,
            start: self.start + first_row * self.row_bytes(),
            ..*self
        }
    }
}

#[derive(Debug)]
pub(crate) struct Layer {
    pub attention_norm: Vec<f32>,
    pub q: Matrix,
    pub k: Matrix,
    pub v: Matrix,
    pub q_bias: Option<Vec<f32>>,
    pub k_bias: Option<Vec<f32>>,
    pub v_bias: Option<Vec<f32>>,
    pub q_norm: Option<Vec<f32>>,
    pub k_norm: Option<Vec<f32>>,
    pub attention_output: Matrix,
    pub post_attention_norm: Option<Vec<f32>>,
    pub feed_forward_norm: Vec<f32>,
    pub gate: Matrix,
    pub up: Matrix,
    pub down: Matrix,
    pub post_feed_forward_norm: Option<Vec<f32>>,
}

#[derive(Debug)]
pub(crate) struct Weights {
    pub embedding: Matrix,
    pub layers: Vec<Layer>,
    pub output_norm: Vec<f32>,
    pub output: Matrix,
}

impl Weights {
    /// The shapes were compared by [`Dimensions::read`].
    pub fn read(gguf: &Gguf, dimensions: &Dimensions, path: &Path) -> Result<Self, InferenceError> {
        let tensors = Tensors { gguf, path };
        let embedding = tensors.matrix("token_embd.weight")?;
        let output = match gguf.shape("output.weight") {
            Some(_) => tensors.matrix("output.weight")?,
            None => embedding,
        };
        let layers = (0..dimensions.n_layers)
            .map(|layer_idx| tensors.layer(layer_idx, dimensions))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            embedding,
            layers,
            output_norm: tensors.vector("output_norm.weight")?,
            output,
        })
    }
}

struct Tensors<'a> {
    gguf: &'a Gguf,
    path: &'a Path,
}

impl Tensors<'_> {
    fn layer(&self, layer_idx: usize, dimensions: &Dimensions) -> Result<Layer, InferenceError> {
        let name = |suffix: &str| format!("blk.{layer_idx}.{suffix}");
        let matrix = |suffix: &str| self.matrix(&name(suffix));
        let vector = |suffix: &str| self.vector(&name(suffix));
        let optional = |suffix: &str| self.optional(&name(suffix));
        let (n_q, n_kv) = (dimensions.n_q(), dimensions.n_kv());
        let n_feed_forward = dimensions.n_feed_forward;
        let (q, k, v, gate, up);
        if dimensions.family == Family::Phi3 {
            let qkv = matrix("attn_qkv.weight")?;
            q = qkv.part(0, n_q);
            k = qkv.part(n_q, n_kv);
            v = qkv.part(n_q + n_kv, n_kv);
            let both = matrix("ffn_up.weight")?;
            gate = both.part(0, n_feed_forward);
            up = both.part(n_feed_forward, n_feed_forward);
        } else {
            q = matrix("attn_q.weight")?;
            k = matrix("attn_k.weight")?;
            v = matrix("attn_v.weight")?;
            gate = matrix("ffn_gate.weight")?;
            up = matrix("ffn_up.weight")?;
        }
        Ok(Layer {
            attention_norm: vector("attn_norm.weight")?,
            q,
            k,
            v,
            q_bias: optional("attn_q.bias")?,
            k_bias: optional("attn_k.bias")?,
            v_bias: optional("attn_v.bias")?,
            q_norm: optional("attn_q_norm.weight")?,
            k_norm: optional("attn_k_norm.weight")?,
            attention_output: matrix("attn_output.weight")?,
            post_attention_norm: optional("post_attention_norm.weight")?,
            feed_forward_norm: vector("ffn_norm.weight")?,
            gate,
            up,
            down: matrix("ffn_down.weight")?,
            post_feed_forward_norm: optional("post_ffw_norm.weight")?,
        })
    }

    fn matrix(&self, name: &str) -> Result<Matrix, InferenceError> {
        let (Some((dtype, start)), Some(&[n_rows, n_columns])) =
            (self.gguf.tensor(name), self.gguf.shape(name))
        else {
            return Err(invalid_model(
                self.path,
                format!("its tensor “{name}” is missing"),
            ));
        };
        let format = Format::from_dtype(dtype).ok_or_else(|| {
            invalid_model(
                self.path,
                format!("its weights are of the type {dtype:?}, which does not run in this program"),
            )
        })?;
        Ok(Matrix {
            format,
            n_rows,
            n_columns,
            start,
        })
    }

    fn vector(&self, name: &str) -> Result<Vec<f32>, InferenceError> {
        self.gguf
            .vector(name)
            .ok_or_else(|| invalid_model(self.path, format!("its tensor “{name}” is missing or packed")))
    }

    fn optional(&self, name: &str) -> Result<Option<Vec<f32>>, InferenceError> {
        self.gguf.shape(name).map(|_| self.vector(name)).transpose()
    }
}
