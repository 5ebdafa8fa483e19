//! A ggml file as the source of a conversion: quantises models that are not quantised yet.

use std::path::Path;

use super::tensors::expected_tensors;
use super::{Dtype, Located, MelAndVocabulary, WhisperSource};
use crate::disk::PieceReader;
use crate::error::ModelsError;
use crate::header::ggml::{self, TensorType};

/// Larger than any vocabulary that passed the header's checks in a real model.
const MAX_MIDDLE_BYTES: u64 = 16 << 20;

pub(crate) fn open(path: &Path) -> Result<WhisperSource, ModelsError> {
    let header = ggml::read(path)?;
    let mut file = PieceReader::open(path)?;
    let (start, end) = header.mel_and_vocabulary;
    if end - start > MAX_MIDDLE_BYTES {
        return Err(ModelsError::invalid(path, "its vocabulary is too large"));
    }
    let mut middle = vec![0; (end - start) as usize];
    file.read_at(start, &mut middle)?;
    let tensors = expected_tensors(&header.hyperparameters)
        .iter()
        .map(|expected| {
            let name = expected.place.name();
            let found = header
                .tensors
                .iter()
                .find(|tensor| tensor.name == name && tensor.shape == expected.shape)
                .ok_or_else(|| ModelsError::invalid(path, format!("{name} is missing or misshapen")))?;
            let dtype = match found.kind {
                TensorType::F32 => Dtype::F32,
                TensorType::F16 => Dtype::F16,
                _ => {
                    return Err(ModelsError::not_a_model(
                        path,
                        format!(
                            "it is quantised already ({}); convert the unquantised model instead",
                            header.weight_type()
                        ),
                    ));
                }
            };
            Ok(Located {
                file_idx: 0,
                dtype,
                offset: found.offset,
                scales: None,
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(WhisperSource {
        files: vec![file],
        hyperparameters: header.hyperparameters,
        mel_and_vocabulary: MelAndVocabulary::Copied(middle),
        tensors,
    })
}
