//! Texts as tokens, by a folder's `tokenizer.json`.

use std::borrow::Cow;
use std::path::Path;

use recordroute_core::InferenceError;
use serde::Deserialize;
use tokenizers::{
    DecoderWrapper, Encoding, NormalizerWrapper, PostProcessor, PostProcessorWrapper, PreTokenizerWrapper,
    Tokenizer, TokenizerImpl, TruncationDirection,
};

use super::pieces::Pieces;
use super::recipe::Recipe;
use crate::error::{failed, invalid_model};
use crate::file::{read_json, read_limited};

const MAX_TOKENIZER_BYTES: u64 = 64 << 20;
/// No token spells more bytes on average; what comes after the model's context is not worth tokenizing.
const MAX_BYTES_A_TOKEN: usize = 64;

pub(crate) struct TextTokens {
    tokenizer: AnyTokenizer,
    /// Special tokens around each text.
    n_special: usize,
    /// The most tokens of a text, special ones included.
    max_tokens: usize,
    /// Those of them that the longer prefix takes.
    n_prefix: usize,
    is_lower_case: bool,
}

enum AnyTokenizer {
    Pieces(Box<PieceTokenizer>),
    Other(Box<Tokenizer>),
}

type PieceTokenizer =
    TokenizerImpl<Pieces, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// What of `tokenizer.json` tells its kind.
#[derive(Deserialize)]
struct Kind {
    model: ModelKind,
}

#[derive(Deserialize)]
struct ModelKind {
    r#type: Option<String>,
}

impl Kind {
    fn is_unigram(&self) -> bool {
        self.model.r#type.as_deref() == Some("Unigram")
    }
}

/// Bytes that a folder's tokenizer takes at most, its file included.
///
/// # Errors
/// [`InferenceError::InvalidModel`] for a missing or damaged file.
pub(crate) fn memory_bytes(path: &Path) -> Result<u64, InferenceError> {
    let bytes = read_limited(path, MAX_TOKENIZER_BYTES)?;
    let kind: Kind = read_json(path, &bytes)?;
    let bytes_a_byte = if kind.is_unigram() { 3 } else { 16 };
    Ok(bytes.len() as u64 * bytes_a_byte)
}

impl AnyTokenizer {
    /// Without the padding and the cutting that the file may ask for.
    fn read(path: &Path) -> Result<Self, InferenceError> {
        let damaged = |error: tokenizers::Error| {
            tracing::warn!(path = %path.display(), %error, "a tokenizer cannot be used");
            invalid_model(path, "the tokenizer is damaged")
        };
        let bytes = read_limited(path, MAX_TOKENIZER_BYTES)?;
        let kind: Kind = serde_json::from_slice(&bytes).map_err(|error| damaged(error.into()))?;
        if kind.is_unigram() {
            let tokenizer = serde_json::from_slice(&bytes).map_err(|error| damaged(error.into()))?;
            let mut tokenizer: Box<PieceTokenizer> = Box::new(tokenizer);
            tokenizer.with_padding(None);
            tokenizer.with_truncation(None).map_err(damaged)?;
            return Ok(Self::Pieces(tokenizer));
        }
        let mut tokenizer = Box::new(Tokenizer::from_bytes(bytes).map_err(damaged)?);
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(damaged)?;
        Ok(Self::Other(tokenizer))
    }

    /// Special tokens around each text.
    fn n_special(&self) -> usize {
        let processor = match self {
            Self::Pieces(tokenizer) => tokenizer.get_post_processor(),
            Self::Other(tokenizer) => tokenizer.get_post_processor(),
        };
        processor.map_or(0, |processor| processor.added_tokens(false))
    }

    fn n_vocabulary(&self) -> usize {
        match self {
            Self::Pieces(tokenizer) => tokenizer.get_vocab_size(true),
            Self::Other(tokenizer) => tokenizer.get_vocab_size(true),
        }
    }

    /// Without special tokens.
    fn encode(&self, text: &str) -> Result<Encoding, InferenceError> {
        let encoding = match self {
            Self::Pieces(tokenizer) => tokenizer.encode_fast(text, false),
            Self::Other(tokenizer) => tokenizer.encode_fast(text, false),
        };
        encoding.map_err(failed)
    }

    fn add_special(&self, encoding: Encoding) -> Result<Encoding, InferenceError> {
        let encoding = match self {
            Self::Pieces(tokenizer) => tokenizer.post_process(encoding, None, true),
            Self::Other(tokenizer) => tokenizer.post_process(encoding, None, true),
        };
        encoding.map_err(failed)
    }
}

impl TextTokens {
    pub fn read(path: &Path, n_vocabulary: usize, recipe: &Recipe) -> Result<Self, InferenceError> {
        let tokenizer = AnyTokenizer::read(path)?;
        let n_special = tokenizer.n_special();
        if tokenizer.n_vocabulary() > n_vocabulary || n_special == 0 {
            return Err(invalid_model(path, "the tokenizer belongs to another model"));
        }
        let mut tokens = Self {
            tokenizer,
            n_special,
            max_tokens: recipe.max_tokens,
            n_prefix: 0,
            is_lower_case: recipe.is_lower_case,
        };
        let count = |text: &str| {
            let n_tokens = tokens.count(text);
            n_tokens.map_err(|_| invalid_model(path, "the tokenizer is damaged"))
        };
        let n_alone = count("a")?;
        let mut n_prefix = 0;
        for prefix in [&recipe.query_prefix, &recipe.passage_prefix] {
            n_prefix = count(&format!("{prefix}a"))?
                .saturating_sub(n_alone)
                .max(n_prefix);
        }
        tokens.n_prefix = n_prefix;
        if tokens.max_text_tokens() == 0 {
            return Err(invalid_model(path, "its model has no room for a text"));
        }
        Ok(tokens)
    }

    /// The most tokens of a text that count, without special ones and without the prefix.
    pub fn max_text_tokens(&self) -> usize {
        self.max_tokens.saturating_sub(self.n_special + self.n_prefix)
    }

    /// Tokens of a whole text without special ones.
    pub fn count(&self, text: &str) -> Result<usize, InferenceError> {
        Ok(self.tokenizer.encode(&self.cased(text))?.len())
    }

    /// The text's beginning, with the prefix before it and the special tokens around.
    pub fn encode(&self, prefix: &str, text: &str) -> Result<Vec<u32>, InferenceError> {
        let max_bytes = text.len().min(self.max_tokens * MAX_BYTES_A_TOKEN);
        let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at));
        let text = self.cased(text.get(..end.unwrap_or(0)).unwrap_or_default());
        let text = format!("{prefix}{text}");
        let mut encoding = self.tokenizer.encode(&text)?;
        let room = self.max_tokens - self.n_special;
        encoding.truncate(room, 0, TruncationDirection::Right);
        Ok(self.tokenizer.add_special(encoding)?.get_ids().to_vec())
    }

    fn cased<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_lower_case {
            text.to_lowercase().into()
        } else {
            text.into()
        }
    }
}
