//! The ggml layout of Whisper models: magic, hyperparameters, mel filter bank, vocabulary, tensors
//! until the end of the file. Source: whisper.cpp, `models/README.md` and its loader.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::{ReadLe, describe_foreign};
use crate::disk::PieceReader;
use crate::error::ModelsError;

/// `ggml` read as a little-endian number.
pub(crate) const MAGIC: u32 = 0x6767_6d6c;
/// Quantised files carry the version of the block formats as thousands of `ftype`.
pub(crate) const QUANTIZATION_VERSION: u32 = 2;
pub(crate) const QUANTIZATION_VERSION_FACTOR: u32 = 1_000;
/// Mel filters reach from 0 Hz to the Nyquist frequency of a 400-point transform.
pub(crate) const N_FFT_BINS: u32 = 201;
/// Words of the byte-level vocabulary that the file spells out; the special ones follow by number.
pub(crate) const N_BASE_TOKENS: u32 = 50_257;

const MAX_TENSORS: usize = 4_096;
const MAX_WORD_BYTES: u32 = 4_096;

/// The numbers that shape a Whisper model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hyperparameters {
    pub(crate) n_vocab: u32,
    pub(crate) n_audio_ctx: u32,
    pub(crate) n_audio_state: u32,
    pub(crate) n_audio_head: u32,
    pub(crate) n_audio_layer: u32,
    pub(crate) n_text_ctx: u32,
    pub(crate) n_text_state: u32,
    pub(crate) n_text_head: u32,
    pub(crate) n_text_layer: u32,
    pub(crate) n_mels: u32,
}

impl Hyperparameters {
    /// The order in the file, without the closing `ftype`.
    pub(crate) fn to_array(self) -> [u32; 10] {
        [
            self.n_vocab,
            self.n_audio_ctx,
            self.n_audio_state,
            self.n_audio_head,
            self.n_audio_layer,
            self.n_text_ctx,
            self.n_text_state,
            self.n_text_head,
            self.n_text_layer,
            self.n_mels,
        ]
    }

    pub(crate) fn from_array(numbers: [u32; 10]) -> Self {
        let [
            n_vocab,
            n_audio_ctx,
            n_audio_state,
            n_audio_head,
            n_audio_layer,
            n_text_ctx,
            n_text_state,
            n_text_head,
            n_text_layer,
            n_mels,
        ] = numbers;
        Self {
            n_vocab,
            n_audio_ctx,
            n_audio_state,
            n_audio_head,
            n_audio_layer,
            n_text_ctx,
            n_text_state,
            n_text_head,
            n_text_layer,
            n_mels,
        }
    }

    /// Says what no Whisper model has. whisper.cpp trusts these numbers when it allocates.
    pub(crate) fn check(&self) -> Result<(), String> {
        let state = 64..=4_096;
        let layers = 1..=96;
        let fits = (51_864..=51_866).contains(&self.n_vocab)
            && self.n_audio_ctx == 1_500
            && self.n_text_ctx == 448
            && state.contains(&self.n_audio_state)
            && self.n_audio_state == self.n_text_state
            && self.n_audio_state.is_multiple_of(32)
            && layers.contains(&self.n_audio_layer)
            && layers.contains(&self.n_text_layer)
            && self.n_audio_head >= 1
            && self.n_text_head >= 1
            && self.n_audio_state.is_multiple_of(self.n_audio_head)
            && self.n_text_state.is_multiple_of(self.n_text_head)
            && matches!(self.n_mels, 80 | 128);
        if fits {
            Ok(())
        } else {
            Err(format!("no Whisper model has such a shape ({self:?})"))
        }
    }

    /// Whether the model knows languages besides English.
    pub(crate) fn is_multilingual(&self) -> bool {
        self.n_vocab >= 51_865
    }

    /// Memory that whisper.cpp needs besides the weights, in bytes: caches and scratch space, which
    /// grow with the width of the model (fitted to the table in whisper.cpp's README).
    pub(crate) fn working_memory_bytes(&self) -> u64 {
        200_000_000 + u64::from(self.n_audio_state.saturating_sub(384)) * 670_000
    }

    /// The size by which people know the model.
    pub(crate) fn size_name(&self) -> &'static str {
        match (self.n_audio_state, self.n_audio_layer, self.n_text_layer) {
            (384, 4, 4) => "tiny",
            (512, 6, 6) => "base",
            (768, 12, 12) => "small",
            (1_024, 24, 24) => "medium",
            (1_280, 32, 32) if self.n_mels == 128 => "large-v3",
            (1_280, 32, 32) => "large",
            (1_280, 32, 4) => "large-v3-turbo",
            (_, _, 1 | 2) => "distilled",
            _ => "of an unusual size",
        }
    }
}

/// How the numbers of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TensorType {
    F32,
    F16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
}

impl TensorType {
    pub(crate) fn from_ggml(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            6 => Self::Q5_0,
            7 => Self::Q5_1,
            8 => Self::Q8_0,
            _ => return None,
        })
    }

    pub(crate) fn to_ggml(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q4_1 => 3,
            Self::Q5_0 => 6,
            Self::Q5_1 => 7,
            Self::Q8_0 => 8,
        }
    }

    /// Elements and bytes of one block.
    pub(crate) fn block(self) -> (u64, u64) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 => (1, 2),
            Self::Q4_0 => (32, 18),
            Self::Q4_1 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 => (32, 24),
            Self::Q8_0 => (32, 34),
        }
    }

    /// Bytes of `n_elements`, whose rows have `row` elements.
    pub(crate) fn n_bytes(self, n_elements: u64, row: u64) -> Option<u64> {
        let (per_block, block_bytes) = self.block();
        row.is_multiple_of(per_block).then_some(())?;
        (n_elements / per_block).checked_mul(block_bytes)
    }
}

/// Where a tensor lies in a file.
#[derive(Debug, Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    /// Outermost dimension first, as everybody but ggml writes shapes.
    pub(crate) shape: Vec<u64>,
    pub(crate) kind: TensorType,
    /// Where the numbers begin, in bytes from the start of the file.
    pub(crate) offset: u64,
}

/// Everything of a ggml Whisper file but the numbers themselves.
#[derive(Debug)]
pub(crate) struct GgmlHeader {
    pub(crate) hyperparameters: Hyperparameters,
    pub(crate) ftype: u32,
    /// From the number of mel bands to the last word of the vocabulary, as it stands.
    pub(crate) mel_and_vocabulary: (u64, u64),
    pub(crate) tensors: Vec<Tensor>,
}

impl GgmlHeader {
    /// Name of the weight type, such as `q5_1`.
    pub(crate) fn weight_type(&self) -> &'static str {
        match self.ftype % QUANTIZATION_VERSION_FACTOR {
            0 => "f32",
            1 => "f16",
            2 => "q4_0",
            3 => "q4_1",
            7 => "q8_0",
            8 => "q5_0",
            9 => "q5_1",
            _ => "mixed",
        }
    }
}

/// Reads the header and walks over every tensor, so that a file that is cut short or has other
/// bytes in the middle is found. The numbers are skipped: this costs milliseconds.
pub(crate) fn read(path: &Path) -> Result<GgmlHeader, ModelsError> {
    let mut head = PieceReader::open(path)?;
    let len = head.len();
    let first = head.head(512)?;
    if first.get(..4) != Some(&MAGIC.to_le_bytes()) {
        return Err(ModelsError::invalid(path, describe_foreign(&first)));
    }
    let file = File::open(path).map_err(ModelsError::io("reading", path))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    parse(&mut reader, len).map_err(|problem| match problem {
        Problem::Shape(reason) => ModelsError::invalid(path, reason),
        Problem::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            ModelsError::invalid(path, "the file is cut short")
        }
        Problem::Io(error) => ModelsError::io("reading", path)(error),
    })
}

enum Problem {
    Shape(String),
    Io(io::Error),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn parse<R: Read + Seek>(reader: &mut BufReader<R>, len: u64) -> Result<GgmlHeader, Problem> {
    let _magic = reader.u32()?;
    let mut numbers = [0; 10];
    for number in &mut numbers {
        *number = reader.u32()?;
    }
    let hyperparameters = Hyperparameters::from_array(numbers);
    hyperparameters.check().map_err(Problem::Shape)?;
    let ftype = reader.u32()?;

    let start = reader.stream_position()?;
    let (n_mels, n_bins) = (reader.u32()?, reader.u32()?);
    if n_mels != hyperparameters.n_mels || n_bins != N_FFT_BINS {
        return Err(Problem::Shape(format!(
            "its mel filter bank has {n_mels} × {n_bins} numbers"
        )));
    }
    reader.seek_relative(i64::from(n_mels) * i64::from(n_bins) * 4)?;
    let n_words = reader.u32()?;
    if n_words > hyperparameters.n_vocab {
        return Err(Problem::Shape(format!("its vocabulary claims {n_words} words")));
    }
    for _ in 0..n_words {
        let n_bytes = reader.u32()?;
        if n_bytes > MAX_WORD_BYTES {
            return Err(Problem::Shape(format!(
                "a word of its vocabulary claims {n_bytes} bytes"
            )));
        }
        reader.seek_relative(i64::from(n_bytes))?;
    }
    let end = reader.stream_position()?;

    let mut tensors = Vec::new();
    loop {
        let at = reader.stream_position()?;
        if at == len {
            break;
        }
        if at > len {
            return Err(Problem::Shape("the file is cut short".into()));
        }
        if tensors.len() == MAX_TENSORS {
            return Err(Problem::Shape("it has too many tensors".into()));
        }
        tensors.push(tensor(reader, len)?);
    }
    let expected = crate::convert::expected_tensors(&hyperparameters).len();
    if tensors.len() != expected {
        return Err(Problem::Shape(format!(
            "it has {} of {expected} tensors, so it is cut short or damaged",
            tensors.len()
        )));
    }
    Ok(GgmlHeader {
        hyperparameters,
        ftype,
        mel_and_vocabulary: (start, end),
        tensors,
    })
}

fn tensor<R: Read + Seek>(reader: &mut BufReader<R>, len: u64) -> Result<Tensor, Problem> {
    let damaged = || Problem::Shape("the description of a tensor is damaged".into());
    let (n_dims, n_name, kind) = (reader.u32()?, reader.u32()?, reader.u32()?);
    if !(1..=4).contains(&n_dims) || !(1..=128).contains(&n_name) {
        return Err(damaged());
    }
    let kind = TensorType::from_ggml(kind).ok_or_else(damaged)?;
    let mut shape = Vec::with_capacity(4);
    let mut n_elements = 1_u64;
    for _ in 0..n_dims {
        let dim = u64::from(reader.u32()?);
        n_elements = n_elements
            .checked_mul(dim)
            .filter(|_| dim > 0)
            .ok_or_else(damaged)?;
        shape.push(dim);
    }
    let row = shape.first().copied().unwrap_or(1);
    shape.reverse();
    let name = String::from_utf8(reader.read_bytes(n_name as usize)?).map_err(|_| damaged())?;
    let offset = reader.stream_position()?;
    let n_bytes = kind.n_bytes(n_elements, row).ok_or_else(damaged)?;
    if n_bytes > len.saturating_sub(offset) {
        return Err(Problem::Shape("the file is cut short".into()));
    }
    reader.seek(SeekFrom::Start(offset + n_bytes))?;
    Ok(Tensor {
        name,
        shape,
        kind,
        offset,
    })
}
