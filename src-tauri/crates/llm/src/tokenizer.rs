//! The tokenizer of a GGUF file: encoding by the `tokenizers` crate, decoding to bytes by a table.
//!
//! Candle builds one too, but puts a space before every run of text (which spoils chat templates),
//! does not know the pre-tokenizers `llama-bpe` and `smollm` by their names, and refuses Gemma's kind.

use std::path::Path;

use recordroute_core::InferenceError;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::{NFC, NormalizerWrapper, Prepend, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};

use crate::error::{failed, invalid_model};
use crate::gguf::Gguf;
use crate::vocabulary::{Kind, Vocabulary};

/// How Qwen 2 and 3 part text into words; digits one by one.
const QWEN_WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// How Llama 3 does; digits by threes.
const LLAMA3_WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Tokens that end an answer in the families that are supported.
const END_TOKENS: [&str; 8] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
];

/// A part of a prompt. Text never becomes a control token, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Control(&'static str),
    Text(String),
}

pub(crate) struct TextTokenizer {
    inner: Tokenizer,
    vocabulary: Vocabulary,
    /// Stands before every prompt, where the model wants it.
    begin: Option<u32>,
    ends: Vec<u32>,
}

impl TextTokenizer {
    pub fn read(gguf: &Gguf, path: &Path) -> Result<Self, InferenceError> {
        let vocabulary = Vocabulary::read(gguf).map_err(|reason| invalid_model(path, reason))?;
        let pre = gguf.text("tokenizer.ggml.pre").unwrap_or_default();
        let is_llama3 = matches!(pre, "llama-bpe" | "llama3" | "llama-v3");
        let begins_by_default = vocabulary.kind == Kind::SentencePiece || is_llama3;
        let unusable = |error: tokenizers::Error| {
            tracing::warn!(path = %path.display(), %error, "a tokenizer cannot be built");
            invalid_model(path, "its tokenizer is damaged")
        };

        let model = BPE::builder().vocab_and_merges(
            vocabulary.ids(),
            vocabulary
                .merges(gguf)
                .map_err(|reason| invalid_model(path, reason))?,
        );
        let mut inner = match vocabulary.kind {
            Kind::ByteLevel => {
                let mut inner = Tokenizer::new(model.ignore_merges(is_llama3).build().map_err(unusable)?);
                if pre.contains("qwen") {
                    inner.with_normalizer(Some(NFC)).map_err(unusable)?;
                }
                inner.with_pre_tokenizer(Some(words_of(pre).map_err(unusable)?));
                inner
            }
            Kind::SentencePiece => {
                let mut model = model.byte_fallback(true).fuse_unk(true);
                if let Some(unknown) = gguf
                    .number("tokenizer.ggml.unknown_token_id")
                    .and_then(|id| vocabulary.text(id))
                {
                    model = model.unk_token(unknown.to_owned());
                }
                let mut inner = Tokenizer::new(model.build().map_err(unusable)?);
                let mut steps: Vec<NormalizerWrapper> = Vec::new();
                if gguf.flag("tokenizer.ggml.add_space_prefix").unwrap_or(true) {
                    steps.push(Prepend::new("▁".to_owned()).into());
                }
                steps.push(Replace::new(" ", "▁").map_err(unusable)?.into());
                inner
                    .with_normalizer(Some(Normalizers::new(steps)))
                    .map_err(unusable)?;
                inner
            }
        };
        let added =
            |text: &str, is_special: bool| AddedToken::from(text.to_owned(), is_special).normalized(false);
        inner
            .add_special_tokens(vocabulary.control().map(|text| added(text, true)))
            .map_err(unusable)?;
        inner
            .add_tokens(vocabulary.user_defined().map(|text| added(text, false)))
            .map_err(unusable)?;
        // Makes what looks like a control token in a text be ordinary text.
        inner.set_encode_special_tokens(true);

        let begin = gguf
            .flag("tokenizer.ggml.add_bos_token")
            .unwrap_or(begins_by_default)
            .then(|| gguf.number("tokenizer.ggml.bos_token_id"))
            .flatten()
            .filter(|&id| vocabulary.text(id).is_some())
            .map(|id| id as u32);
        let mut ends: Vec<u32> = ["eos_token_id", "eot_token_id", "eom_token_id"]
            .iter()
            .filter_map(|key| gguf.number(&format!("tokenizer.ggml.{key}")))
            .filter_map(|id| u32::try_from(id).ok())
            .collect();
        ends.extend(END_TOKENS.iter().filter_map(|text| vocabulary.control_id(text)));
        Ok(Self {
            inner,
            vocabulary,
            begin,
            ends,
        })
    }

    pub fn n_tokens(&self) -> usize {
        self.vocabulary.len()
    }

    /// Whether the vocabulary has this token as one that text cannot contain.
    pub fn has_control(&self, text: &str) -> bool {
        self.vocabulary.control_id(text).is_some()
    }

    pub fn encode(&self, pieces: &[Piece]) -> Result<Vec<u32>, InferenceError> {
        let mut ids: Vec<u32> = self.begin.into_iter().collect();
        for piece in pieces {
            match piece {
                Piece::Control(text) => ids.extend(self.vocabulary.control_id(text)),
                Piece::Text(text) => {
                    ids.extend_from_slice(
                        self.inner
                            .encode_fast(text.as_str(), false)
                            .map_err(failed)?
                            .get_ids(),
                    );
                }
            }
        }
        Ok(ids)
    }

    /// Tokens of a text alone.
    pub fn count(&self, text: &str) -> Result<usize, InferenceError> {
        Ok(self.inner.encode_fast(text, false).map_err(failed)?.len())
    }

    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// The token's part of the text. Empty for control tokens; not always whole characters.
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.vocabulary.bytes(id)
    }
}

fn words_of(pre: &str) -> tokenizers::Result<PreTokenizerWrapper> {
    let by_pattern = |pattern: &str| -> tokenizers::Result<PreTokenizerWrapper> {
        let pattern = SplitPattern::Regex(pattern.to_owned());
        let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?;
        Ok(PreTokenizers::new(vec![split.into(), ByteLevel::new(false, false, false).into()]).into())
    };
    match pre {
        "qwen2" => by_pattern(QWEN_WORDS),
        "llama-bpe" | "llama3" | "llama-v3" => by_pattern(LLAMA3_WORDS),
        "smollm" => Ok(PreTokenizers::new(vec![
            Digits::new(true).into(),
            ByteLevel::new(false, false, true).into(),
        ])
        .into()),
        other => {
            if !matches!(other, "" | "default" | "gpt-2" | "gpt2") {
                tracing::warn!(pre = other, "unknown pre-tokenizer; parting words as GPT-2 does");
            }
            Ok(ByteLevel::new(false, false, true).into())
        }
    }
}
