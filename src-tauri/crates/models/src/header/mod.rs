//! What the first bytes of a model say about it. Everything read here is hostile: counts are
//! bounded before anything is allocated, and offsets are compared with the length of the file.

pub(crate) mod ggml;
pub(crate) mod gguf;
pub(crate) mod safetensors;

use std::io::{self, Read};

/// Little-endian numbers from any reader.
pub(crate) trait ReadLe: Read {
    fn u8(&mut self) -> io::Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> io::Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> io::Result<i32> {
        self.array().map(i32::from_le_bytes)
    }

    fn u64(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn read_bytes(&mut self, n_bytes: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; n_bytes];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: Read + ?Sized> ReadLe for R {}

/// Whether bytes begin as a web page.
pub(crate) fn is_web_page(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head.get(..head.len().min(256)).unwrap_or_default()).to_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with("<!doctype html") || text.starts_with("<html")
}

/// What a file is not, told from its first bytes; half a sentence for the user.
pub(crate) fn describe_foreign(head: &[u8]) -> String {
    if head.is_empty() {
        "the file is empty".into()
    } else if is_web_page(head) {
        "it is a web page and not a model; download the file itself".into()
    } else if head.starts_with(b"version https://git-lfs") {
        "it is a Git LFS pointer and not the model; fetch the file itself with “git lfs pull”".into()
    } else if head.starts_with(b"PK\x03\x04") {
        "it is a zip archive or a PyTorch checkpoint; unpack it, or export the model as safetensors".into()
    } else if head.starts_with(b"\x80\x02") || head.starts_with(b"\x80\x04") {
        "it is a PyTorch pickle; export the model as safetensors".into()
    } else if head.starts_with(b"\x1f\x8b") {
        "it is a compressed archive; unpack it first".into()
    } else {
        "it is neither a ggml Whisper model nor a GGUF file".into()
    }
}
