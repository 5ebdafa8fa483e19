//! The CTranslate2 layout, in which faster-whisper's models are published. Source: CTranslate2's
//! model specification (`model.bin` version 6, `WhisperSpec`).

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use super::layout::{Slice, assemble};
use super::tensors::Place;
use super::{Dtype, WhisperSource};
use crate::disk::PieceReader;
use crate::error::ModelsError;
use crate::header::ReadLe;

const VERSION: u32 = 6;
const MAX_VARIABLES: u32 = 65_536;

#[derive(Debug, Clone)]
struct Variable {
    shape: Vec<u64>,
    dtype: u8,
    offset: u64,
    /// The first bytes of the value, for numbers that stand alone.
    start: [u8; 4],
}

/// Whether a file begins as a Whisper model of CTranslate2.
pub(crate) fn is_model(head: &[u8]) -> bool {
    let mut reader = head;
    reader.u32().is_ok_and(|version| (1..=64).contains(&version))
        && text(&mut reader).is_ok_and(|spec| spec == "WhisperSpec")
}

/// Opens the folder with `model.bin` and a vocabulary.
pub(crate) fn open(dir: &Path) -> Result<WhisperSource, ModelsError> {
    let path = dir.join("model.bin");
    let file = PieceReader::open(&path)?;
    let variables = index(&path, file.len())?;
    let n_heads = ["encoder/num_heads", "decoder/num_heads"].map(|name| {
        let Variable {
            dtype,
            start: [a, b, c, d],
            ..
        } = variables.get(name)?;
        match dtype {
            2 => Some(u32::from(u16::from_le_bytes([*a, *b]))),
            3 => Some(u32::from_le_bytes([*a, *b, *c, *d])),
            _ => None,
        }
    });
    assemble(dir, vec![file], n_heads, &|place| find(&variables, place))
}

/// CTranslate2's name of a tensor, and which of how many equal runs of its rows it is.
fn source_name(place: &Place) -> Option<(String, u64, u64)> {
    let side = place.side.as_str();
    let stem = match place.block {
        Some(block) => format!("{side}/layer_{block}"),
        None => side.to_owned(),
    };
    let (layer, idx, n_runs) = match place.part {
        "positional_embedding" => return Some((format!("{stem}/position_encodings/encodings"), 0, 1)),
        "token_embedding" => ("embeddings", 0, 1),
        "conv1" => ("conv1", 0, 1),
        "conv2" => ("conv2", 0, 1),
        "ln" | "ln_post" => ("layer_norm", 0, 1),
        "mlp_ln" => ("ffn/layer_norm", 0, 1),
        "mlp.0" => ("ffn/linear_0", 0, 1),
        "mlp.2" => ("ffn/linear_1", 0, 1),
        "attn_ln" => ("self_attention/layer_norm", 0, 1),
        "attn.query" => ("self_attention/linear_0", 0, 3),
        "attn.key" => ("self_attention/linear_0", 1, 3),
        "attn.value" => ("self_attention/linear_0", 2, 3),
        "attn.out" => ("self_attention/linear_1", 0, 1),
        "cross_attn_ln" => ("attention/layer_norm", 0, 1),
        "cross_attn.query" => ("attention/linear_0", 0, 1),
        "cross_attn.key" => ("attention/linear_1", 0, 2),
        "cross_attn.value" => ("attention/linear_1", 1, 2),
        "cross_attn.out" => ("attention/linear_2", 0, 1),
        _ => return None,
    };
    let leaf = match (place.part, place.leaf) {
        ("ln" | "ln_post" | "mlp_ln" | "attn_ln" | "cross_attn_ln", "weight") => "gamma",
        ("ln" | "ln_post" | "mlp_ln" | "attn_ln" | "cross_attn_ln", _) => "beta",
        (_, leaf) => leaf,
    };
    Some((format!("{stem}/{layer}/{leaf}"), idx, n_runs))
}

fn find(variables: &HashMap<String, Variable>, place: &Place) -> Option<Slice> {
    let (name, idx, n_runs) = source_name(place)?;
    let variable = variables.get(&name)?;
    let dtype = match variable.dtype {
        0 => Dtype::F32,
        1 => Dtype::I8,
        4 => Dtype::F16,
        5 => Dtype::Bf16,
        _ => return None,
    };
    let mut shape = variable.shape.clone();
    let rows = shape.first_mut()?;
    if !rows.is_multiple_of(n_runs) {
        return None;
    }
    *rows /= n_runs;
    let first_row = *rows * idx;
    let row: u64 = shape.get(1..)?.iter().product();
    let scales = match dtype {
        Dtype::I8 => {
            let scales = variables.get(&format!("{name}_scale"))?;
            let n_rows = variable.shape.first()?;
            (scales.dtype == 0 && scales.shape.iter().product::<u64>() == *n_rows).then_some(())?;
            Some(scales.offset + first_row * 4)
        }
        _ => None,
    };
    Some(Slice {
        file_idx: 0,
        dtype,
        offset: variable.offset + first_row * row * dtype.n_bytes(),
        shape,
        scales,
    })
}

/// Reads the names and places of all variables, skipping their values.
fn index(path: &Path, len: u64) -> Result<HashMap<String, Variable>, ModelsError> {
    let file = File::open(path).map_err(ModelsError::io("reading", path))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    parse(&mut reader, len).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => ModelsError::not_a_model(path, "the file is cut short"),
        io::ErrorKind::InvalidData => ModelsError::not_a_model(path, error.to_string()),
        _ => ModelsError::io("reading", path)(error),
    })
}

fn parse<R: Read + Seek>(reader: &mut BufReader<R>, len: u64) -> io::Result<HashMap<String, Variable>> {
    let bad = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
    let version = reader.u32()?;
    if version != VERSION {
        return Err(bad(format!(
            "it is version {version} of CTranslate2's format, and version {VERSION} is known"
        )));
    }
    let spec = text(reader)?;
    if spec != "WhisperSpec" {
        return Err(bad(format!(
            "it is a CTranslate2 model of the kind “{spec}” and not Whisper"
        )));
    }
    let _revision = reader.u32()?;
    let n_variables = reader.u32()?;
    if n_variables > MAX_VARIABLES {
        return Err(bad(format!("it claims {n_variables} variables")));
    }
    let mut variables = HashMap::new();
    for _ in 0..n_variables {
        let name = text(reader)?;
        let rank = reader.u8()?;
        if rank > 4 {
            return Err(bad(format!("{name} claims {rank} dimensions")));
        }
        let mut shape = Vec::with_capacity(4);
        for _ in 0..rank {
            shape.push(u64::from(reader.u32()?));
        }
        let dtype = reader.u8()?;
        let n_bytes = u64::from(reader.u32()?);
        let offset = reader.stream_position()?;
        if n_bytes > len.saturating_sub(offset) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let width = match dtype {
            0 | 3 => 4,
            2 | 4 | 5 => 2,
            _ => 1,
        };
        let n_elements = shape
            .iter()
            .try_fold(1_u64, |product, dim| product.checked_mul(*dim));
        if n_elements.and_then(|n| n.checked_mul(width)) != Some(n_bytes) {
            return Err(bad(format!("the size of {name} does not fit its shape")));
        }
        let mut start = [0; 4];
        let n_start = n_bytes.min(4);
        if let Some(start) = start.get_mut(..n_start as usize) {
            reader.read_exact(start)?;
        }
        reader.seek_relative((n_bytes - n_start) as i64)?;
        variables.insert(
            name,
            Variable {
                shape,
                dtype,
                offset,
                start,
            },
        );
    }
    // Aliases follow (the output projection is the embedding); ggml ties them by itself.
    Ok(variables)
}

/// A text: its length with the closing NUL, and the bytes.
fn text(reader: &mut impl Read) -> io::Result<String> {
    let n_bytes = reader.u16()?;
    let mut bytes = reader.read_bytes(usize::from(n_bytes))?;
    bytes.pop();
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a name is damaged"))
}
