//! Writes a ggml file from located tensors, block by block.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use recordroute_core::{CancellationToken, Quantization};

use super::tensors::{Expected, Role, expected_tensors};
use super::{Dtype, Located, MelAndVocabulary, WhisperSource, mel, quantize};
use crate::disk::PieceReader;
use crate::error::{Halt, ModelsError};
use crate::header::ggml::{MAGIC, N_FFT_BINS, QUANTIZATION_VERSION, QUANTIZATION_VERSION_FACTOR, TensorType};

/// Weights in the block buffer: one megabyte of 32-bit floats; whole quantisation blocks.
const BLOCK_WEIGHTS: u64 = 1 << 18;

fn tensor_type(role: Role, weights: Quantization) -> TensorType {
    match (role, weights) {
        (Role::Exact, _) => TensorType::F32,
        (Role::Convolution, _) | (Role::Matrix, Quantization::F16) => TensorType::F16,
        (Role::Matrix, Quantization::Q8_0) => TensorType::Q8_0,
        (Role::Matrix, Quantization::Q5_1) => TensorType::Q5_1,
    }
}

/// ggml's number for files whose matrices are of this type.
fn ftype(weights: Quantization) -> u32 {
    let version = QUANTIZATION_VERSION * QUANTIZATION_VERSION_FACTOR;
    match weights {
        Quantization::F16 => 1,
        Quantization::Q8_0 => version + 7,
        Quantization::Q5_1 => version + 9,
    }
}

/// Size of the file that [`write`] makes.
pub(crate) fn output_bytes(source: &WhisperSource, weights: Quantization) -> u64 {
    let middle = match &source.mel_and_vocabulary {
        MelAndVocabulary::Copied(bytes) => bytes.len() as u64,
        MelAndVocabulary::Words(words) => {
            let bank = u64::from(source.hyperparameters.n_mels) * u64::from(N_FFT_BINS) * 4;
            let words: u64 = words.iter().map(|word| 4 + word.len() as u64).sum();
            12 + bank + words
        }
    };
    let tensors: u64 = expected_tensors(&source.hyperparameters)
        .iter()
        .map(|tensor| {
            let head = 12 + 4 * tensor.shape.len() + tensor.place.name().len();
            let kind = tensor_type(tensor.role, weights);
            head as u64 + kind.n_bytes(tensor.n_elements(), tensor.row()).unwrap_or(0)
        })
        .sum();
    48 + middle + tensors
}

/// Writes `source` to a new file at `path`. `progress` is told the share that is done.
pub(crate) fn write(
    source: &mut WhisperSource,
    weights: Quantization,
    path: &Path,
    cancel: &CancellationToken,
    progress: &mut dyn FnMut(f32),
) -> Result<(), Halt> {
    let failed = |error| Halt::Failed(ModelsError::io("writing", path)(error));
    let file = File::create(path).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    write_head(source, weights, &mut out).map_err(failed)?;

    let expected = expected_tensors(&source.hyperparameters);
    let total: u64 = expected.iter().map(Expected::n_elements).sum();
    let mut n_done = 0;
    let mut stream = TensorStream::default();
    for (tensor, located) in expected.iter().zip(&source.tensors) {
        let kind = tensor_type(tensor.role, weights);
        write_tensor_head(tensor, kind, &mut out).map_err(failed)?;
        let Some(file) = source.files.get_mut(located.file_idx) else {
            return Err(ModelsError::invalid(path, "a tensor has no file").into());
        };
        let mut start = 0;
        while start < tensor.n_elements() {
            if cancel.is_cancelled() {
                return Err(Halt::Cancelled);
            }
            let n_weights = BLOCK_WEIGHTS.min(tensor.n_elements() - start);
            stream.read(file, located, tensor.row(), start, n_weights)?;
            stream.encode(kind);
            if stream.has_bad_number() {
                return Err(ModelsError::not_a_model(
                    file.path(),
                    format!("{} holds numbers that are not finite", tensor.place.name()),
                )
                .into());
            }
            out.write_all(&stream.encoded).map_err(failed)?;
            start += n_weights;
            n_done += n_weights;
            progress(n_done as f32 / total as f32);
        }
    }
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)
}

fn write_head(source: &WhisperSource, weights: Quantization, out: &mut impl Write) -> io::Result<()> {
    out.write_all(&MAGIC.to_le_bytes())?;
    for number in source.hyperparameters.to_array() {
        out.write_all(&number.to_le_bytes())?;
    }
    out.write_all(&ftype(weights).to_le_bytes())?;
    let words = match &source.mel_and_vocabulary {
        MelAndVocabulary::Copied(bytes) => return out.write_all(bytes),
        MelAndVocabulary::Words(words) => words,
    };
    let n_mels = source.hyperparameters.n_mels;
    out.write_all(&n_mels.to_le_bytes())?;
    out.write_all(&N_FFT_BINS.to_le_bytes())?;
    for weight in mel::filter_bank(n_mels) {
        out.write_all(&weight.to_le_bytes())?;
    }
    out.write_all(&(words.len() as u32).to_le_bytes())?;
    for word in words {
        out.write_all(&(word.len() as u32).to_le_bytes())?;
        out.write_all(word)?;
    }
    Ok(())
}

fn write_tensor_head(tensor: &Expected, kind: TensorType, out: &mut impl Write) -> io::Result<()> {
    let name = tensor.place.name();
    for number in [tensor.shape.len() as u32, name.len() as u32, kind.to_ggml()] {
        out.write_all(&number.to_le_bytes())?;
    }
    for dim in tensor.shape.iter().rev() {
        out.write_all(&(*dim as u32).to_le_bytes())?;
    }
    out.write_all(name.as_bytes())
}

/// The buffers through which all weights go.
#[derive(Default)]
struct TensorStream {
    raw: Vec<u8>,
    weights: Vec<f32>,
    halves: Vec<f16>,
    encoded: Vec<u8>,
}

impl TensorStream {
    fn read(
        &mut self,
        file: &mut PieceReader,
        located: &Located,
        row: u64,
        start: u64,
        n_weights: u64,
    ) -> Result<(), ModelsError> {
        let width = located.dtype.n_bytes();
        self.raw.resize((n_weights * width) as usize, 0);
        file.read_at(located.offset + start * width, &mut self.raw)?;
        self.weights.clear();
        let (pairs, quads) = (self.raw.as_chunks::<2>().0, self.raw.as_chunks::<4>().0);
        match located.dtype {
            Dtype::F32 => self
                .weights
                .extend(quads.iter().map(|bytes| f32::from_le_bytes(*bytes))),
            Dtype::F16 => {
                self.halves.clear();
                self.halves
                    .extend(pairs.iter().map(|bytes| f16::from_le_bytes(*bytes)));
                self.weights.resize(self.halves.len(), 0.0);
                self.halves.convert_to_f32_slice(&mut self.weights);
            }
            Dtype::Bf16 => self
                .weights
                .extend(pairs.iter().map(|bytes| bf16::from_le_bytes(*bytes).to_f32())),
            Dtype::I8 => {
                let scales = row_scales(file, located, start / row, (start + n_weights).div_ceil(row))?;
                let scale_of = |idx: u64| {
                    let at = (start + idx) / row - start / row;
                    scales.get(at as usize).copied().unwrap_or(f32::NAN)
                };
                let weights = self.raw.iter().zip(0_u64..);
                self.weights
                    .extend(weights.map(|(byte, idx)| f32::from(*byte as i8) / scale_of(idx)));
            }
        }
        Ok(())
    }

    fn encode(&mut self, kind: TensorType) {
        self.encoded.clear();
        match kind {
            TensorType::F32 => self
                .encoded
                .extend(self.weights.iter().flat_map(|weight| weight.to_le_bytes())),
            TensorType::Q8_0 => quantize::q8_0(&self.weights, &mut self.encoded),
            TensorType::Q5_1 => quantize::q5_1(&self.weights, &mut self.encoded),
            _ => {
                self.halves.resize(self.weights.len(), f16::ZERO);
                self.halves.convert_from_f32_slice(&self.weights);
                self.encoded
                    .extend(self.halves.iter().flat_map(|weight| weight.to_le_bytes()));
            }
        }
    }

    /// Numbers beyond what 16-bit floats hold are as bad as those that are none.
    fn has_bad_number(&self) -> bool {
        let most = f16::MAX.to_f32();
        !self.weights.iter().all(|weight| weight.abs() <= most)
    }
}

/// The scales of rows `from..to`.
fn row_scales(
    file: &mut PieceReader,
    located: &Located,
    from: u64,
    to: u64,
) -> Result<Vec<f32>, ModelsError> {
    let Some(scales) = located.scales else {
        return Err(ModelsError::invalid(
            file.path(),
            "8-bit weights without their scales",
        ));
    };
    let mut bytes = vec![0; ((to - from) * 4) as usize];
    file.read_at(scales + from * 4, &mut bytes)?;
    Ok(bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect())
}
