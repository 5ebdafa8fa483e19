//! The GGUF layout: magic, version, metadata, descriptions of tensors, aligned numbers.
//! Source: the GGUF specification in ggml's `docs/gguf.md`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use recordroute_core::{
    LANGUAGE_ARCHITECTURES, LANGUAGE_TOKENIZERS, LANGUAGE_WEIGHT_TYPES, ModelKind, is_named_instructed,
};

use super::{ReadLe, describe_foreign};
use crate::error::ModelsError;

const MAX_TENSORS: u64 = 65_536;
const MAX_METADATA: u64 = 65_536;
const MAX_ARRAY_ITEMS: u64 = 4_000_000;
const MAX_STRING_BYTES: u64 = 16 << 20;
const MAX_KEY_BYTES: u64 = 65_535;
/// Values that are kept; longer ones are skipped.
const MAX_KEPT_BYTES: u64 = 1_024;

/// What the program wants to know of a GGUF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GgufHeader {
    pub(crate) architecture: String,
    pub(crate) name: Option<String>,
    pub(crate) file_type: Option<u32>,
    pub(crate) n_tensors: u64,
    pub(crate) n_context: Option<u64>,
    /// It was taught to follow instructions: it says how they are written, or bears a name that says so.
    pub(crate) is_instructed: bool,
    n_experts: u64,
    tokenizer: Option<String>,
    /// A type of its weights that does not run, where there is one.
    foreign_type: Option<&'static str>,
}

impl GgufHeader {
    /// What the model is for; an error is half a sentence that says why it does not run.
    pub(crate) fn kind(&self) -> Result<ModelKind, String> {
        let architecture = self.architecture.as_str();
        if !LANGUAGE_ARCHITECTURES.contains(&architecture) {
            return Err(format!(
                "its architecture “{}” is not among those this program runs ({})",
                shown(architecture),
                LANGUAGE_ARCHITECTURES.join(", ")
            ));
        }
        if self.n_experts > 1 {
            return Err(
                "it is a mixture of experts, which this program does not run; choose a dense model"
                    .to_owned(),
            );
        }
        // Where rows are no multiple of 256, such files hold Q5_0 and Q8_0 instead, which run as well.
        if let Some(foreign) = self.foreign_type {
            return Err(format!(
                "its weights are {foreign}, which this program does not run; choose a file in Q4_K_M, Q6_K or Q8_0"
            ));
        }
        let Some(tokenizer) = self.tokenizer.as_deref() else {
            return Err("it has no tokenizer; choose a file that has one".to_owned());
        };
        if !LANGUAGE_TOKENIZERS.contains(&tokenizer) {
            return Err(format!(
                "its tokenizer “{}” is not among those this program runs ({})",
                shown(tokenizer),
                LANGUAGE_TOKENIZERS.join(", ")
            ));
        }
        Ok(ModelKind::Language)
    }

    /// Name of the weight type, such as `q4_k_m`.
    pub(crate) fn weight_type(&self) -> &'static str {
        match self.file_type {
            Some(0) => "f32",
            Some(1) => "f16",
            Some(2) => "q4_0",
            Some(3) => "q4_1",
            Some(7) => "q8_0",
            Some(8) => "q5_0",
            Some(9) => "q5_1",
            Some(10) => "q2_k",
            Some(11..=13) => "q3_k",
            Some(14) => "q4_k_s",
            Some(15) => "q4_k_m",
            Some(16) => "q5_k_s",
            Some(17) => "q5_k_m",
            Some(18) => "q6_k",
            Some(32) => "bf16",
            _ => "quantised",
        }
    }
}

/// A name out of the file, fit for a sentence.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Reads the header and compares the place of the last tensor with the length of the file.
pub(crate) fn read(path: &Path) -> Result<GgufHeader, ModelsError> {
    let file = File::open(path).map_err(ModelsError::io("reading", path))?;
    let len = file.metadata().map_err(ModelsError::io("reading", path))?.len();
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

fn shape(reason: impl Into<String>) -> Problem {
    Problem::Shape(reason.into())
}

fn parse<R: Read + Seek>(reader: &mut BufReader<R>, len: u64) -> Result<GgufHeader, Problem> {
    let mut magic = vec![0; 256.min(usize::try_from(len).unwrap_or(256))];
    reader.read_exact(&mut magic)?;
    if !magic.starts_with(b"GGUF") {
        return Err(Problem::Shape(describe_foreign(&magic)));
    }
    reader.rewind()?;
    reader.seek_relative(4)?;
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(shape(format!(
            "it is GGUF version {version}, and 2 and 3 are known"
        )));
    }
    let (n_tensors, n_metadata) = (reader.u64()?, reader.u64()?);
    if n_tensors == 0 || n_tensors > MAX_TENSORS || n_metadata > MAX_METADATA {
        return Err(shape(format!(
            "it claims {n_tensors} tensors and {n_metadata} entries of metadata"
        )));
    }
    let mut metadata = Vec::new();
    for _ in 0..n_metadata {
        let key = string(reader, MAX_KEY_BYTES)?;
        if let Some(value) = value(reader)? {
            metadata.push((key, value));
        }
    }
    let text = |wanted: &str| {
        metadata.iter().find_map(|(key, value)| match value {
            Value::Text(text) if key == wanted => Some(text.as_str()),
            _ => None,
        })
    };
    let number = |wanted: &str| {
        metadata.iter().find_map(|(key, value)| match value {
            Value::Number(number) if key == wanted => Some(*number),
            _ => None,
        })
    };
    // Of a split model only the first part says what it is.
    if let Some(n_parts) = number("split.count").filter(|n_parts| *n_parts > 1) {
        return Err(shape(format!(
            "it is one of the {n_parts} parts of a model; choose a model that is one file"
        )));
    }
    let architecture =
        text("general.architecture").ok_or_else(|| shape("it does not name its architecture"))?;
    let alignment = number("general.alignment").unwrap_or(32);
    if !alignment.is_power_of_two() || alignment > 1 << 20 {
        return Err(shape(format!("it claims an alignment of {alignment}")));
    }
    let tensors = tensors(reader, n_tensors)?;
    let numbers_start = reader.stream_position()?.next_multiple_of(alignment);
    if numbers_start.checked_add(tensors.end).is_none_or(|end| end > len) {
        return Err(shape("the file is cut short"));
    }
    let has_chat_template =
        text("tokenizer.chat_template").is_some_and(|template| !template.trim().is_empty());
    Ok(GgufHeader {
        name: text("general.name").map(str::to_owned),
        file_type: number("general.file_type").and_then(|number| u32::try_from(number).ok()),
        n_tensors,
        n_context: number(&format!("{architecture}.context_length")),
        is_instructed: has_chat_template || is_named_instructed(text),
        n_experts: number(&format!("{architecture}.expert_count")).unwrap_or(0),
        tokenizer: text("tokenizer.ggml.model").map(str::to_owned),
        foreign_type: tensors.foreign_type,
        architecture: architecture.to_owned(),
    })
}

/// What the descriptions of the tensors say together.
struct Tensors {
    /// One past the last byte of the numbers, from where they begin.
    end: u64,
    /// The first type that does not run. Vectors are unpacked as matrices are, so that it counts for both.
    foreign_type: Option<&'static str>,
}

fn tensors<R: Read + Seek>(reader: &mut BufReader<R>, n_tensors: u64) -> Result<Tensors, Problem> {
    let mut end = 0_u64;
    let mut foreign_type = None;
    for _ in 0..n_tensors {
        string(reader, MAX_KEY_BYTES)?;
        let n_dims = reader.u32()?;
        if !(1..=4).contains(&n_dims) {
            return Err(shape(format!("a tensor claims {n_dims} dimensions")));
        }
        let mut n_elements = 1_u64;
        for _ in 0..n_dims {
            n_elements = n_elements
                .checked_mul(reader.u64()?)
                .ok_or_else(|| shape("a tensor is too large to be true"))?;
        }
        let kind = reader.u32()?;
        let offset = reader.u64()?;
        let (name, per_block, block_bytes) =
            block(kind).ok_or_else(|| shape(format!("a tensor is of the unknown type {kind}")))?;
        let n_bytes = n_elements
            .div_ceil(per_block)
            .checked_mul(block_bytes)
            .and_then(|n_bytes| n_bytes.checked_add(offset))
            .ok_or_else(|| shape("a tensor is too large to be true"))?;
        end = end.max(n_bytes);
        if LANGUAGE_WEIGHT_TYPES.iter().all(|(runs, _)| *runs != kind) {
            foreign_type = foreign_type.or(Some(name));
        }
    }
    Ok(Tensors { end, foreign_type })
}

/// Name of a ggml tensor type, and elements and bytes of one of its blocks.
fn block(kind: u32) -> Option<(&'static str, u64, u64)> {
    // The i-quants differ in size; a lower bound keeps the check true.
    const I_QUANT_BYTES: u64 = 50;
    Some(match kind {
        0 => ("F32", 1, 4),
        1 => ("F16", 1, 2),
        2 => ("Q4_0", 32, 18),
        3 => ("Q4_1", 32, 20),
        6 => ("Q5_0", 32, 22),
        7 => ("Q5_1", 32, 24),
        8 => ("Q8_0", 32, 34),
        9 => ("Q8_1", 32, 36),
        10 => ("Q2_K", 256, 84),
        11 => ("Q3_K", 256, 110),
        12 => ("Q4_K", 256, 144),
        13 => ("Q5_K", 256, 176),
        14 => ("Q6_K", 256, 210),
        15 => ("Q8_K", 256, 292),
        16 => ("IQ2_XXS", 256, I_QUANT_BYTES),
        17 => ("IQ2_XS", 256, I_QUANT_BYTES),
        18 => ("IQ3_XXS", 256, I_QUANT_BYTES),
        19 => ("IQ1_S", 256, I_QUANT_BYTES),
        20 => ("IQ4_NL", 256, I_QUANT_BYTES),
        21 => ("IQ3_S", 256, I_QUANT_BYTES),
        22 => ("IQ2_S", 256, I_QUANT_BYTES),
        23 => ("IQ4_XS", 256, I_QUANT_BYTES),
        24 => ("I8", 1, 1),
        25 => ("I16", 1, 2),
        26 => ("I32", 1, 4),
        27 => ("I64", 1, 8),
        28 => ("F64", 1, 8),
        29 => ("IQ1_M", 256, I_QUANT_BYTES),
        30 => ("BF16", 1, 2),
        _ => return None,
    })
}

enum Value {
    Text(String),
    Number(u64),
}

fn value<R: Read + Seek>(reader: &mut BufReader<R>) -> Result<Option<Value>, Problem> {
    let kind = reader.u32()?;
    Ok(match kind {
        0 | 7 => Some(Value::Number(u64::from(reader.u8()?))),
        1 => skip(reader, 1)?,
        2 => Some(Value::Number(u64::from(reader.u16()?))),
        3 => skip(reader, 2)?,
        4 => Some(Value::Number(u64::from(reader.u32()?))),
        5 => u64::try_from(reader.i32()?).ok().map(Value::Number),
        6 => skip(reader, 4)?,
        8 => Some(Value::Text(string(reader, MAX_STRING_BYTES)?)),
        9 => array(reader)?,
        10 => Some(Value::Number(reader.u64()?)),
        11 | 12 => skip(reader, 8)?,
        _ => return Err(shape(format!("its metadata holds the unknown type {kind}"))),
    })
}

fn array<R: Read + Seek>(reader: &mut BufReader<R>) -> Result<Option<Value>, Problem> {
    let (kind, n_items) = (reader.u32()?, reader.u64()?);
    if n_items > MAX_ARRAY_ITEMS {
        return Err(shape(format!("a list in its metadata claims {n_items} items")));
    }
    let item_bytes = match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        8 => {
            for _ in 0..n_items {
                let n_bytes = reader.u64()?;
                if n_bytes > MAX_STRING_BYTES {
                    return Err(shape("a text in its metadata is too long"));
                }
                skip(reader, n_bytes)?;
            }
            return Ok(None);
        }
        _ => return Err(shape("its metadata holds lists of lists")),
    };
    skip(reader, n_items * item_bytes)
}

fn skip<R: Read + Seek>(reader: &mut BufReader<R>, n_bytes: u64) -> Result<Option<Value>, Problem> {
    // Bounded by the limits above, so the cast keeps the value.
    reader.seek_relative(n_bytes as i64)?;
    Ok(None)
}

fn string<R: Read + Seek>(reader: &mut BufReader<R>, limit: u64) -> Result<String, Problem> {
    let n_bytes = reader.u64()?;
    if n_bytes > limit {
        return Err(shape("a text in its metadata is too long"));
    }
    let kept = n_bytes.min(MAX_KEPT_BYTES);
    let bytes = reader.read_bytes(kept as usize)?;
    skip(reader, n_bytes - kept)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
