//! A file with a tokenizer and no weights, for tests of what is read from its header.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{Value, write};

use crate::gguf::Gguf;
use crate::tokenizer::TextTokenizer;

/// A tokenizer of single bytes in GPT-2's alphabet, after these control tokens.
pub(crate) fn byte_tokenizer(architecture: &str, control: &[&str]) -> TextTokenizer {
    let printable = (33..=126).chain(161..=172).chain(174..=255);
    let others = 256..324;
    let letters = printable
        .chain(others)
        .filter_map(char::from_u32)
        .map(String::from);
    let tokens: Vec<String> = control
        .iter()
        .map(|&text| text.to_owned())
        .chain(letters)
        .collect();
    let types = (0..tokens.len()).map(|idx| if idx < control.len() { 3 } else { 1 });
    let gguf = header(&[
        ("general.architecture", Value::String(architecture.to_owned())),
        ("tokenizer.ggml.model", Value::String("gpt2".to_owned())),
        ("tokenizer.ggml.tokens", texts(&tokens)),
        (
            "tokenizer.ggml.token_type",
            Value::Array(types.map(Value::I32).collect()),
        ),
        ("tokenizer.ggml.merges", texts(&[])),
    ]);
    read_tokenizer(&gguf)
}

/// A tokenizer of SentencePiece's kind: tokens with their types and scores.
pub(crate) fn piece_tokenizer(architecture: &str, pieces: &[(&str, i32, f32)]) -> TextTokenizer {
    let tokens: Vec<String> = pieces.iter().map(|piece| piece.0.to_owned()).collect();
    let gguf = header(&[
        ("general.architecture", Value::String(architecture.to_owned())),
        ("tokenizer.ggml.model", Value::String("llama".to_owned())),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
        ("tokenizer.ggml.add_space_prefix", Value::Bool(false)),
        ("tokenizer.ggml.tokens", texts(&tokens)),
        (
            "tokenizer.ggml.token_type",
            Value::Array(pieces.iter().map(|piece| Value::I32(piece.1)).collect()),
        ),
        (
            "tokenizer.ggml.scores",
            Value::Array(pieces.iter().map(|piece| Value::F32(piece.2)).collect()),
        ),
    ]);
    read_tokenizer(&gguf)
}

/// A file whose metadata are these texts.
pub(crate) fn described(metadata: &[(&str, &str)]) -> Gguf {
    let metadata: Vec<_> = metadata
        .iter()
        .map(|&(key, text)| (key, Value::String(text.to_owned())))
        .collect();
    header(&metadata)
}

fn texts(texts: &[String]) -> Value {
    Value::Array(texts.iter().cloned().map(Value::String).collect())
}

fn header(metadata: &[(&str, Value)]) -> Gguf {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("header.gguf");
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let mut bytes = Cursor::new(Vec::new());
    write(&mut bytes, &metadata, &[]).expect("a header can be written");
    std::fs::write(&path, bytes.into_inner()).expect("a file can be written");
    Gguf::open(&path).expect("the header is sound")
}

fn read_tokenizer(gguf: &Gguf) -> TextTokenizer {
    TextTokenizer::read(gguf, "header.gguf".as_ref()).expect("the tokenizer is sound")
}
