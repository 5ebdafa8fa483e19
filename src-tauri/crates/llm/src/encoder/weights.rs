//! Opening a file of safetensors that may be damaged or made to harm.
//!
//! Tables, of which few rows are ever looked at, stay in the mapped file; matrices are read from the file
//! without the map, so that they are in memory once.
//!
//! Layout: <https://github.com/huggingface/safetensors#format>

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use half::{bf16, f16};
use memmap2::Mmap;
use recordroute_core::InferenceError;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata};

use crate::error::{invalid_model, unreadable};

/// The header of a model with some hundred tensors has some ten thousand bytes.
const MAX_HEADER_BYTES: u64 = 4 << 20;
const HEADER_LENGTH_BYTES: usize = 8;
/// Some files have all names behind that of the model they were cut out of.
const PREFIXES: [&str; 3] = ["", "bert.", "roberta."];

/// A file whose header is sound and whose tensors all lie inside the file.
pub(crate) struct Weights {
    path: PathBuf,
    file: File,
    bytes: Arc<Mmap>,
    metadata: Metadata,
    /// Byte of the file with which the tensors begin.
    start: usize,
    prefix: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    F32,
    F16,
    Bf16,
}

/// Where a tensor of the right shape lies.
struct Place {
    format: Format,
    /// Byte of the file.
    start: usize,
    n_values: usize,
}

/// A matrix of which single rows are read.
pub(crate) struct Table {
    bytes: Arc<Mmap>,
    place: Place,
    width: usize,
}

impl Weights {
    pub fn open(path: &Path) -> Result<Self, InferenceError> {
        let cannot_read = |error: io::Error| unreadable(path, &error);
        let file = File::open(path).map_err(cannot_read)?;
        let bytes = map(&file).map_err(cannot_read)?;
        let damaged = || invalid_model(path, "the header of its weights is damaged or cut");
        let length = bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
        if length.is_none_or(|length| length > MAX_HEADER_BYTES) {
            return Err(damaged());
        }
        let (n_header, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| {
            tracing::warn!(path = %path.display(), %error, "the header of a safetensors file is damaged");
            damaged()
        })?;
        let start = n_header + HEADER_LENGTH_BYTES;
        if bytes.len() - start < metadata.data_len() {
            return Err(invalid_model(path, "its file ends in the middle"));
        }
        let prefix = PREFIXES.into_iter().find(|prefix| {
            metadata
                .info(&format!("{prefix}embeddings.word_embeddings.weight"))
                .is_some()
        });
        let prefix = prefix.ok_or_else(|| invalid_model(path, "its weights are another model's"))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            bytes: Arc::new(bytes),
            metadata,
            start,
            prefix,
        })
    }

    pub fn table(&self, name: &str, n_rows: usize, width: usize) -> Result<Table, InferenceError> {
        Ok(Table {
            bytes: Arc::clone(&self.bytes),
            place: self.place(name, &[n_rows, width])?,
            width,
        })
    }

    pub fn vector(&self, name: &str, n: usize) -> Result<Vec<f32>, InferenceError> {
        let place = self.place(name, &[n])?;
        let mut values = vec![0.0; n];
        self.read(&place, 0, &mut Vec::new(), &mut values)?;
        Ok(values)
    }

    /// Calls `take` with the number and the values of each row in turn.
    pub fn each_row(
        &self,
        name: &str,
        n_rows: usize,
        width: usize,
        mut take: impl FnMut(usize, &[f32]),
    ) -> Result<(), InferenceError> {
        const ROWS_A_READ: usize = 32;
        let place = self.place(name, &[n_rows, width])?;
        let mut bytes = Vec::new();
        let mut values = vec![0.0; ROWS_A_READ.min(n_rows) * width];
        for first_row in (0..n_rows).step_by(ROWS_A_READ) {
            let values = &mut values[..ROWS_A_READ.min(n_rows - first_row) * width];
            self.read(&place, first_row * width, &mut bytes, values)?;
            for (i, row) in values.chunks_exact(width).enumerate() {
                take(first_row + i, row);
            }
        }
        Ok(())
    }

    /// The tensor has the name or, in old files of BERT's, an older one for the weights of norms.
    fn place(&self, name: &str, shape: &[usize]) -> Result<Place, InferenceError> {
        let unfit = |reason: &str| {
            tracing::warn!(path = %self.path.display(), name, reason, "a tensor cannot be used");
            invalid_model(&self.path, "its weights do not fit its configuration")
        };
        let older = name
            .replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta");
        let info = [name, &older]
            .into_iter()
            .find_map(|name| self.metadata.info(&format!("{}{name}", self.prefix)))
            .ok_or_else(|| unfit("it is missing"))?;
        if info.shape != shape {
            return Err(unfit("its shape is another"));
        }
        let format = match info.dtype {
            Dtype::F32 => Format::F32,
            Dtype::F16 => Format::F16,
            Dtype::BF16 => Format::Bf16,
            _ => {
                return Err(invalid_model(
                    &self.path,
                    "its weights are of a type that this program does not know",
                ));
            }
        };
        Ok(Place {
            format,
            start: self.start + info.data_offsets.0,
            n_values: shape.iter().product(),
        })
    }

    fn read(
        &self,
        place: &Place,
        first: usize,
        bytes: &mut Vec<u8>,
        values: &mut [f32],
    ) -> Result<(), InferenceError> {
        let n = place.format.n_bytes();
        bytes.resize(values.len() * n, 0);
        let mut file = &self.file;
        file.seek(SeekFrom::Start((place.start + first * n) as u64))
            .and_then(|_| file.read_exact(bytes))
            .map_err(|error| unreadable(&self.path, &error))?;
        place.format.each(bytes, values, |value, to| *to = value);
        Ok(())
    }
}

impl Table {
    pub fn add_row(&self, row: usize, to: &mut [f32]) {
        let n = self.width * self.place.format.n_bytes();
        let bytes = &self.bytes[self.place.start + row * n..][..n];
        self.place.format.each(bytes, to, |value, to| *to += value);
    }

    pub fn n_rows(&self) -> usize {
        self.place.n_values / self.width
    }

    pub fn n_bytes(&self) -> u64 {
        (self.place.n_values * self.place.format.n_bytes()) as u64
    }
}

impl Format {
    fn n_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    fn each(self, bytes: &[u8], to: &mut [f32], put: impl Fn(f32, &mut f32)) {
        match self {
            Self::F32 => {
                for (bytes, to) in bytes.as_chunks().0.iter().zip(to) {
                    put(f32::from_le_bytes(*bytes), to);
                }
            }
            Self::F16 => {
                for (bytes, to) in bytes.as_chunks().0.iter().zip(to) {
                    put(f16::from_le_bytes(*bytes).to_f32(), to);
                }
            }
            Self::Bf16 => {
                for (bytes, to) in bytes.as_chunks().0.iter().zip(to) {
                    put(bf16::from_le_bytes(*bytes).to_f32(), to);
                }
            }
        }
    }
}

#[allow(unsafe_code)]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the map is only read. Were another program to write to the file meanwhile, weights would
    // change; were it to cut it, this process would be ended by a signal: models are loaded in the
    // worker process only, which is started again.
    unsafe { Mmap::map(file) }
}
