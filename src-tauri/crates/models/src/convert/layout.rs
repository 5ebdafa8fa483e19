//! What the layouts have in common: from “where does this tensor lie” to a whole model.

use std::path::Path;

use super::tensors::{Expected, Place, Role, Side, expected_tensors};
use super::{Dtype, Located, MelAndVocabulary, WhisperSource, vocabulary};
use crate::disk::PieceReader;
use crate::error::ModelsError;
use crate::header::ggml::Hyperparameters;

/// Larger than any Whisper model.
const MAX_LAYERS: u32 = 96;

/// A run of rows in a source file.
#[derive(Debug, Clone)]
pub(super) struct Slice {
    pub(super) file_idx: usize,
    pub(super) dtype: Dtype,
    pub(super) offset: u64,
    /// Outermost dimension first.
    pub(super) shape: Vec<u64>,
    pub(super) scales: Option<u64>,
}

/// Puts a model together from a layout that finds tensors by their place. `n_heads` is that of
/// encoder and decoder, where the layout says it.
pub(super) fn assemble(
    dir: &Path,
    files: Vec<PieceReader>,
    n_heads: [Option<u32>; 2],
    find: &dyn Fn(&Place) -> Option<Slice>,
) -> Result<WhisperSource, ModelsError> {
    let words = vocabulary::read(dir)?;
    let hyperparameters = hyperparameters(dir, &words, n_heads, find)?;
    let tensors = expected_tensors(&hyperparameters)
        .iter()
        .map(|expected| locate(dir, expected, find))
        .collect::<Result<_, _>>()?;
    Ok(WhisperSource {
        files,
        hyperparameters,
        mel_and_vocabulary: MelAndVocabulary::Words(words),
        tensors,
    })
}

fn hyperparameters(
    dir: &Path,
    words: &[Vec<u8>],
    n_heads: [Option<u32>; 2],
    find: &dyn Fn(&Place) -> Option<Slice>,
) -> Result<Hyperparameters, ModelsError> {
    let dim = |side, part, leaf, axis: usize| {
        let place = Place {
            side,
            block: None,
            part,
            leaf,
        };
        find(&place)
            .and_then(|slice| slice.shape.get(axis).copied())
            .and_then(|dim| u32::try_from(dim).ok())
            .ok_or_else(|| missing(dir, &place))
    };
    let n_layers = |side| {
        let has = |block: &u32| {
            let place = Place {
                side,
                block: Some(*block),
                part: "mlp.0",
                leaf: "weight",
            };
            find(&place).is_some()
        };
        (0..=MAX_LAYERS).take_while(has).count() as u32
    };
    let state = dim(Side::Decoder, "token_embedding", "weight", 1)?;
    let n_mels = dim(Side::Encoder, "conv1", "weight", 1)?;
    let n_rows = dim(Side::Decoder, "token_embedding", "weight", 0)?;
    // Heads of 64 numbers are the rule in every Whisper model.
    let [n_audio_head, n_text_head] = n_heads.map(|n_heads| n_heads.unwrap_or(state / 64));
    let numbers = Hyperparameters {
        n_vocab: n_vocab(n_rows, n_mels, words),
        n_audio_ctx: dim(Side::Encoder, "positional_embedding", "", 0)?,
        n_audio_state: state,
        n_audio_head,
        n_audio_layer: n_layers(Side::Encoder),
        n_text_ctx: dim(Side::Decoder, "positional_embedding", "", 0)?,
        n_text_state: state,
        n_text_head,
        n_text_layer: n_layers(Side::Decoder),
        n_mels,
    };
    numbers
        .check()
        .map_err(|reason| ModelsError::not_a_model(dir, reason))?;
    Ok(numbers)
}

/// whisper.cpp tells the special tokens by the size of the vocabulary. Some fine-tunes append
/// padding or tokens of their own; those rows are left away.
fn n_vocab(n_rows: u32, n_mels: u32, words: &[Vec<u8>]) -> u32 {
    if n_rows <= 51_866 {
        return n_rows;
    }
    let is_english = words.last().is_some_and(|word| !word.is_empty());
    let known = match (is_english, n_mels) {
        (true, _) => 51_864,
        (false, 128) => 51_866,
        (false, _) => 51_865,
    };
    tracing::warn!(n_rows, known, "the model has added tokens, which are left away");
    known
}

fn locate(
    dir: &Path,
    expected: &Expected,
    find: &dyn Fn(&Place) -> Option<Slice>,
) -> Result<Located, ModelsError> {
    let slice = find(&expected.place).ok_or_else(|| missing(dir, &expected.place))?;
    // Vectors are columns in one layout and plain in another; padding rows are left away.
    let n_elements: u64 = slice
        .shape
        .iter()
        .try_fold(1_u64, |product, dim| product.checked_mul(*dim))
        .unwrap_or(0);
    let fits = match expected.role {
        Role::Exact => n_elements == expected.n_elements(),
        _ if expected.place.part == "token_embedding" => {
            slice.shape.get(1..) == expected.shape.get(1..) && slice.shape.first() >= expected.shape.first()
        }
        _ => slice.shape == expected.shape,
    };
    if !fits {
        return Err(ModelsError::not_a_model(
            dir,
            format!(
                "{} has the shape {:?} and should have {:?}",
                expected.place.name(),
                slice.shape,
                expected.shape
            ),
        ));
    }
    Ok(Located {
        file_idx: slice.file_idx,
        dtype: slice.dtype,
        offset: slice.offset,
        scales: slice.scales,
    })
}

fn missing(dir: &Path, place: &Place) -> ModelsError {
    ModelsError::not_a_model(
        dir,
        format!(
            "the tensor {} is missing or of a type that is not known",
            place.name()
        ),
    )
}
