//! Opening a GGUF file that may be damaged or made to harm.
//!
//! Candle's reader is careful with counts, but divides by the alignment that the file states, turns
//! each byte of an array into 32 bytes of memory, and leaves the tensors' extents to the moment
//! they are read. So the header is walked here first, without keeping anything of it.
//!
//! Layout: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::{Content, Value};
use memmap2::Mmap;
use recordroute_core::InferenceError;

use crate::error::{invalid_model, unreadable};
use crate::forward::dequantize;

const MAX_TENSORS: u64 = 16_384;
const MAX_METADATA: u64 = 4_096;
const MAX_STRING_BYTES: u64 = 4 << 20;
/// All arrays together. Gemma 3, the largest vocabulary in use, needs 0.8 million.
const MAX_ARRAY_ELEMENTS: u64 = 4 << 20;
const MAX_TENSOR_ELEMENTS: u64 = 1 << 40;

/// A GGUF file whose header is sound and whose tensors all lie inside the file.
pub(crate) struct Gguf {
    content: Content,
    /// The whole file, mapped into memory.
    pub bytes: Mmap,
    /// Sum over all tensors.
    pub n_weight_bytes: u64,
}

impl Gguf {
    pub fn open(path: &Path) -> Result<Self, InferenceError> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let bytes = map(&file).map_err(|error| unreadable(path, &error))?;
        let mut reader = Cursor::new(&bytes[..]);
        walk_header(&mut reader).map_err(|fault| match fault {
            Fault::Io(error) => unreadable(path, &error),
            Fault::Wrong(reason) => invalid_model(path, reason),
        })?;
        reader.rewind().map_err(|error| unreadable(path, &error))?;
        let content = Content::read(&mut reader).map_err(|error| {
            tracing::warn!(path = %path.display(), %error, "the header of a GGUF file is damaged");
            invalid_model(
                path,
                "its header is damaged or names a weight type that this program does not know",
            )
        })?;
        let n_weight_bytes =
            check_extents(&content, bytes.len() as u64).map_err(|reason| invalid_model(path, reason))?;
        Ok(Self {
            content,
            bytes,
            n_weight_bytes,
        })
    }

    /// A whole number of the metadata, whatever its width.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.content.metadata.get(key)? {
            Value::I8(n) => u64::try_from(*n).ok(),
            Value::I16(n) => u64::try_from(*n).ok(),
            Value::I32(n) => u64::try_from(*n).ok(),
            Value::I64(n) => u64::try_from(*n).ok(),
            Value::Bool(_) => None,
            value => value.to_u64().ok(),
        }
    }

    pub fn float(&self, key: &str) -> Option<f32> {
        match self.content.metadata.get(key)? {
            Value::F64(x) => Some(*x as f32),
            Value::F32(x) => Some(*x),
            _ => self.number(key).map(|n| n as f32),
        }
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.content
            .metadata
            .get(key)?
            .to_string()
            .ok()
            .map(String::as_str)
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key)?.to_bool().ok()
    }

    pub fn array(&self, key: &str) -> Option<&[Value]> {
        self.content.metadata.get(key)?.to_vec().ok().map(Vec::as_slice)
    }

    /// Shape of a tensor, rows first.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.content.tensor_infos.get(name).map(|info| info.shape.dims())
    }

    /// Names of all tensors.
    pub fn tensors(&self) -> impl Iterator<Item = &str> {
        self.content.tensor_infos.keys().map(String::as_str)
    }

    /// Type of a tensor and the byte of the file with which it begins.
    pub fn tensor(&self, name: &str) -> Option<(GgmlDType, usize)> {
        let info = self.content.tensor_infos.get(name)?;
        let start = self.content.tensor_data_offset + info.offset;
        Some((info.ggml_dtype, usize::try_from(start).ok()?))
    }

    /// A tensor of one dimension, in floats.
    pub fn vector(&self, name: &str) -> Option<Vec<f32>> {
        let (dtype, start) = self.tensor(name)?;
        let &[n] = self.shape(name)? else { return None };
        dequantize(dtype, self.bytes.get(start..)?, n)
    }
}

#[allow(unsafe_code)]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the map is only read. Were another program to write to the file meanwhile, weights would
    // change; were it to cut it, this process would be ended by a signal: models are loaded in the
    // worker process only, which is started again.
    unsafe { Mmap::map(file) }
}

#[derive(Debug)]
enum Fault {
    Io(io::Error),
    Wrong(&'static str),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn walk_header(reader: &mut (impl Read + Seek)) -> Result<(), Fault> {
    let mut magic = [0; 4];
    reader
        .read_exact(&mut magic)
        .map_err(|_| Fault::Wrong("it is not a GGUF file"))?;
    if &magic != b"GGUF" {
        return Err(Fault::Wrong("it is not a GGUF file"));
    }
    if !matches!(read_u32(reader)?, 2 | 3) {
        return Err(Fault::Wrong(
            "it is of a GGUF version that this program does not know",
        ));
    }
    let (n_tensors, n_metadata) = (read_u64(reader)?, read_u64(reader)?);
    if n_tensors > MAX_TENSORS || n_metadata > MAX_METADATA {
        return Err(Fault::Wrong("its header is damaged"));
    }
    let mut n_elements_left = MAX_ARRAY_ELEMENTS;
    for _ in 0..n_metadata {
        let key = read_key(reader)?;
        let kind = read_u32(reader)?;
        if key == b"general.alignment" {
            let alignment = if kind == 4 { read_u32(reader)? } else { 0 };
            if !alignment.is_power_of_two() || alignment > 1 << 16 {
                return Err(Fault::Wrong("its header is damaged"));
            }
            continue;
        }
        skip_value(reader, kind, &mut n_elements_left)?;
    }
    Ok(())
}

fn skip_value(reader: &mut (impl Read + Seek), kind: u32, n_elements_left: &mut u64) -> Result<(), Fault> {
    const STRING: u32 = 8;
    const ARRAY: u32 = 9;
    if kind == STRING {
        return skip_string(reader);
    }
    if kind != ARRAY {
        return skip(reader, width(kind)?);
    }
    let (element_kind, n_elements) = (read_u32(reader)?, read_u64(reader)?);
    *n_elements_left = n_elements_left
        .checked_sub(n_elements)
        .ok_or(Fault::Wrong("its header is larger than any known model's"))?;
    if element_kind == STRING {
        (0..n_elements).try_for_each(|_| skip_string(reader))
    } else {
        // No writer makes arrays of arrays, and `width` knows none.
        skip(reader, n_elements * width(element_kind)?)
    }
}

fn width(kind: u32) -> Result<u64, Fault> {
    match kind {
        0 | 1 | 7 => Ok(1),
        2 | 3 => Ok(2),
        4..=6 => Ok(4),
        10..=12 => Ok(8),
        _ => Err(Fault::Wrong("its header is damaged")),
    }
}

fn read_key(reader: &mut impl Read) -> Result<Vec<u8>, Fault> {
    let n_bytes = read_u64(reader)?;
    if n_bytes > 1 << 16 {
        return Err(Fault::Wrong("its header is damaged"));
    }
    let mut key = vec![0; n_bytes as usize];
    reader.read_exact(&mut key)?;
    Ok(key)
}

fn skip_string(reader: &mut (impl Read + Seek)) -> Result<(), Fault> {
    let n_bytes = read_u64(reader)?;
    if n_bytes > MAX_STRING_BYTES {
        return Err(Fault::Wrong("its header is damaged"));
    }
    skip(reader, n_bytes)
}

/// Reads over bytes; a seek would walk past the end of a file that is cut short.
fn skip(reader: &mut impl Read, n_bytes: u64) -> Result<(), Fault> {
    let n_skipped = io::copy(&mut reader.take(n_bytes), &mut io::sink())?;
    if n_skipped < n_bytes {
        Err(Fault::Io(io::ErrorKind::UnexpectedEof.into()))
    } else {
        Ok(())
    }
}

fn read_u32(reader: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn read_u64(reader: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// Each tensor is of whole blocks and lies inside the file; returns the bytes of all.
fn check_extents(content: &Content, n_file_bytes: u64) -> Result<u64, &'static str> {
    let mut n_total_bytes = 0_u64;
    for info in content.tensor_infos.values() {
        let block = info.ggml_dtype.block_size() as u64;
        let n_columns = info.shape.dims().last().map_or(1, |&n| n as u64);
        let n_elements = info
            .shape
            .dims()
            .iter()
            .try_fold(1_u64, |product, &n| product.checked_mul(n as u64))
            .filter(|&n| n > 0 && n <= MAX_TENSOR_ELEMENTS && n_columns % block == 0)
            .ok_or("its header is damaged")?;
        let n_bytes = n_elements / block * info.ggml_dtype.type_size() as u64;
        let end = content
            .tensor_data_offset
            .checked_add(info.offset)
            .and_then(|start| start.checked_add(n_bytes));
        if end.is_none_or(|end| end > n_file_bytes) {
            return Err("its file is cut short");
        }
        n_total_bytes = n_total_bytes.saturating_add(n_bytes);
    }
    Ok(n_total_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(n_tensors: u64, n_metadata: u64, rest: &[u8]) -> io::Cursor<Vec<u8>> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(n_tensors.to_le_bytes());
        bytes.extend(n_metadata.to_le_bytes());
        bytes.extend(rest);
        io::Cursor::new(bytes)
    }

    fn entry(key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
        let mut bytes = (key.len() as u64).to_le_bytes().to_vec();
        bytes.extend(key.as_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(value);
        bytes
    }

    #[test]
    fn an_alignment_of_zero_is_refused() {
        let sound = entry("general.alignment", 4, &32_u32.to_le_bytes());
        assert!(
            walk_header(&mut header(0, 1, &sound)).is_ok(),
            "the usual alignment is allowed"
        );
        let zero = entry("general.alignment", 4, &0_u32.to_le_bytes());
        assert!(
            matches!(walk_header(&mut header(0, 1, &zero)), Err(Fault::Wrong(_))),
            "the data's start is computed by dividing by it"
        );
    }

    #[test]
    fn claims_beyond_the_file_are_refused_before_memory_is_taken() {
        let mut array = 0_u32.to_le_bytes().to_vec();
        array.extend(u64::MAX.to_le_bytes());
        let mut nested = 9_u32.to_le_bytes().to_vec();
        nested.extend(1_u64.to_le_bytes());
        for (rest, why) in [
            (entry("a", 8, &u64::MAX.to_le_bytes()), "a string of 16 EiB"),
            (entry("a", 9, &array), "an array of 16 EiB"),
            (entry("a", 9, &nested), "an array of arrays"),
            (entry("a", 77, &[]), "a kind of value that does not exist"),
        ] {
            assert!(
                matches!(walk_header(&mut header(0, 1, &rest)), Err(Fault::Wrong(_))),
                "{why} is refused"
            );
        }
        assert!(
            walk_header(&mut header(u64::MAX, 0, &[])).is_err(),
            "no model has so many tensors"
        );
        assert!(
            walk_header(&mut header(0, 2, &[])).is_err(),
            "two entries are promised and none is there"
        );
    }
}
