//! Turns Whisper models of other layouts into ggml files, to 16-bit floats or quantised.
//!
//! A layout (`ct2`, `hf`, `ggml_source`) only says where each of ggml's tensors lies in its files;
//! `write` streams them through one block buffer, so that memory stays flat however large the
//! model is. Source of the target layout: whisper.cpp's `models/` documentation and loader.

mod ct2;
mod ggml_source;
mod hf;
mod layout;
mod mel;
pub(crate) mod quantize;
mod tensors;
#[cfg(test)]
mod tests;
mod vocabulary;
mod write;

pub(crate) use ct2::{is_model as is_ct2, open as open_ct2};
pub(crate) use ggml_source::open as open_ggml;
pub(crate) use hf::open as open_hf;
pub(crate) use tensors::expected_tensors;
pub(crate) use write::{output_bytes, write};

use crate::disk::PieceReader;
use crate::header::ggml::Hyperparameters;

/// How the numbers of a source are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dtype {
    F32,
    F16,
    Bf16,
    /// 8-bit integers with one scale a row, as CTranslate2 writes them.
    I8,
}

impl Dtype {
    pub(crate) fn n_bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::I8 => 1,
        }
    }
}

/// Where the numbers of one of ggml's tensors lie, row-major and without gaps.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub(crate) file_idx: usize,
    pub(crate) dtype: Dtype,
    /// Bytes from the start of the file.
    pub(crate) offset: u64,
    /// Where the 32-bit scales of the rows begin, for [`Dtype::I8`].
    pub(crate) scales: Option<u64>,
}

/// What stands between the hyperparameters and the tensors of a ggml file.
#[derive(Debug)]
pub(crate) enum MelAndVocabulary {
    /// The words by number; the mel filter bank is computed.
    Words(Vec<Vec<u8>>),
    /// The bytes as another ggml file has them.
    Copied(Vec<u8>),
}

/// A Whisper model in whatever layout, ready to be written as ggml.
#[derive(Debug)]
pub(crate) struct WhisperSource {
    pub(crate) files: Vec<PieceReader>,
    pub(crate) hyperparameters: Hyperparameters,
    pub(crate) mel_and_vocabulary: MelAndVocabulary,
    /// In the order of [`expected_tensors`].
    pub(crate) tensors: Vec<Located>,
}
