//! Texts as tokens, by a folder's `tokenizer.json`.

use std::borrow::Cow;
use std::path::Path;

use recordroute_core::InferenceError;
use tokenizers::{PostProcessor, Tokenizer, TruncationDirection};

use super::recipe::Recipe;
use crate::error::{failed, invalid_model};
use crate::file::read_limited;

const MAX_TOKENIZER_BYTES: u64 = 64 << 20;
/// No token spells more bytes on average; what comes after the model's context is not worth tokenizing.
const MAX_BYTES_A_TOKEN: usize = 64;

pub(crate) struct TextTokens {
    tokenizer: Tokenizer,
    /// Special tokens around each text.
    n_special: usize,
    /// The most tokens of a text, special ones included.
    max_tokens: usize,
    /// Those of them that the longer prefix takes.
    n_prefix: usize,
    is_lower_case: bool,
}

impl TextTokens {
    pub fn read(path: &Path, n_vocabulary: usize, recipe: &Recipe) -> Result<Self, InferenceError> {
        let damaged = |error: tokenizers::Error| {
            tracing::warn!(path = %path.display(), %error, "a tokenizer cannot be used");
            invalid_model(path, "the tokenizer is damaged")
        };
        let bytes = read_limited(path, MAX_TOKENIZER_BYTES)?;
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(damaged)?;
        // The file may pad or cut every text to a length of its own.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(damaged)?;
        let n_special = tokenizer
            .get_post_processor()
            .map_or(0, |processor| processor.added_tokens(false));
        let mut tokens = Self {
            tokenizer,
            n_special,
            max_tokens: recipe.max_tokens,
            n_prefix: 0,
            is_lower_case: recipe.is_lower_case,
        };
        let is_another = tokens.tokenizer.get_vocab_size(true) > n_vocabulary || n_special == 0;
        let prefixes = [&recipe.query_prefix, &recipe.passage_prefix];
        let lengths = prefixes.map(|prefix| tokens.count(&format!("{prefix}a")));
        let alone = tokens.count("a").map_err(|_| damaged("it does not run".into()))?;
        for length in lengths {
            let length = length.map_err(|_| damaged("it does not run".into()))?;
            tokens.n_prefix = tokens.n_prefix.max(length.saturating_sub(alone));
        }
        if is_another {
            return Err(invalid_model(path, "the tokenizer belongs to another model"));
        }
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
        let encoding = self.tokenizer.encode_fast(self.cased(text).as_ref(), false);
        Ok(encoding.map_err(failed)?.len())
    }

    /// The text's beginning, with the prefix before it and the special tokens around.
    pub fn encode(&self, prefix: &str, text: &str) -> Result<Vec<u32>, InferenceError> {
        let max_bytes = text.len().min(self.max_tokens * MAX_BYTES_A_TOKEN);
        let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at));
        let text = self.cased(text.get(..end.unwrap_or(0)).unwrap_or_default());
        let text = format!("{prefix}{text}");
        let mut encoding = self.tokenizer.encode_fast(text, false).map_err(failed)?;
        let room = self.max_tokens - self.n_special;
        encoding.truncate(room, 0, TruncationDirection::Right);
        let whole = self
            .tokenizer
            .post_process(encoding, None, true)
            .map_err(failed)?;
        Ok(whole.get_ids().to_vec())
    }

    fn cased<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.is_lower_case {
            text.to_lowercase().into()
        } else {
            text.into()
        }
    }
}
