//! The safetensors layout: the length of a JSON header, the header, the numbers.
//! Source: the format description in Hugging Face's safetensors repository.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::disk::PieceReader;
use crate::error::ModelsError;

const MAX_HEADER_BYTES: u64 = 32 << 20;

/// Where a tensor lies in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SafeTensor {
    pub(crate) name: String,
    /// As the file names it, such as `BF16`.
    pub(crate) dtype: String,
    pub(crate) shape: Vec<u64>,
    /// Where the numbers begin, in bytes from the start of the file.
    pub(crate) offset: u64,
    pub(crate) n_bytes: u64,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// Reads the header; every tensor must lie inside the file.
pub(crate) fn read(path: &Path) -> Result<Vec<SafeTensor>, ModelsError> {
    let mut reader = PieceReader::open(path)?;
    let damaged = |reason: &str| ModelsError::invalid(path, reason);
    let len = reader.len();
    let mut length = [0; 8];
    if len < 8 {
        return Err(damaged("the file is cut short"));
    }
    reader.read_at(0, &mut length)?;
    let n_header = u64::from_le_bytes(length);
    if n_header > MAX_HEADER_BYTES {
        return Err(damaged("it is not a safetensors file"));
    }
    let numbers_start = 8 + n_header;
    if numbers_start > len {
        return Err(damaged("the file is cut short"));
    }
    let mut header = vec![0; n_header as usize];
    reader.read_at(8, &mut header)?;
    let entries: Map<String, Value> =
        serde_json::from_slice(&header).map_err(|_| damaged("its header is damaged"))?;
    let mut tensors = Vec::with_capacity(entries.len());
    for (name, entry) in entries {
        if name == "__metadata__" {
            continue;
        }
        let entry = Entry::deserialize(entry).map_err(|_| damaged("its header is damaged"))?;
        let (start, end) = entry.data_offsets;
        let offset = numbers_start.saturating_add(start);
        if start > end || numbers_start.saturating_add(end) > len {
            return Err(damaged("the file is cut short"));
        }
        tensors.push(SafeTensor {
            name,
            dtype: entry.dtype,
            shape: entry.shape,
            offset,
            n_bytes: end - start,
        });
    }
    Ok(tensors)
}
