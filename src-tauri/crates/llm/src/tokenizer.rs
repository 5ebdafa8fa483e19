//! The tokenizer of a GGUF file: encoding by the `tokenizers` crate, decoding to bytes by a table.
//!
//! Candle builds one too, but puts a space before every run of text (which spoils chat templates),
//! does not know the pre-tokenizers `llama-bpe` and `smollm` by their names, and refuses Gemma's kind.

use std::collections::HashSet;
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
use crate::grammar::TokenIndex;
use crate::vocabulary::{Kind, Vocabulary};

/// How Qwen 2 and 3 part text into words; digits one by one.
const QWEN_WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// How Llama 3 does; digits by threes.
const LLAMA3_WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// How the tokenizers of Phi 4 mini (`o200k`) and of newer Mistrals (`tekken`) do: at capital letters, too.
/// The first puts English endings to the word before them, the second parts digits one by one.
const O200K_WORDS: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN_WORDS: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Tokens that end an answer in the families that are supported, whatever the file's header says.
const END_TOKENS: [&str; 9] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
];

/// A part of a prompt. Text never becomes a control token, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Control(u32),
    Text(String),
}

pub(crate) struct TextTokenizer {
    inner: Tokenizer,
    vocabulary: Vocabulary,
    /// Stands before every prompt, where the model wants it.
    begin: Option<u32>,
    ends: Vec<u32>,
    /// White space after a control token belongs to it.
    strips_after_control: bool,
}

impl TextTokenizer {
    pub fn read(gguf: &Gguf, path: &Path) -> Result<Self, InferenceError> {
        let vocabulary = Vocabulary::read(gguf).map_err(|reason| invalid_model(path, reason))?;
        let pre = gguf.text("tokenizer.ggml.pre").unwrap_or_default();
        let is_llama3 = matches!(pre, "llama-bpe" | "llama3" | "llama-v3");
        let begins_by_default = vocabulary.kind == Kind::SentencePiece || is_llama3 || pre == "tekken";
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
                let mut inner = Tokenizer::new(
                    model
                        .ignore_merges(is_llama3 || pre == "tekken")
                        .build()
                        .map_err(unusable)?,
                );
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
            .add_special_tokens(vocabulary.marks().map(|text| added(text, true)))
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
        for text in END_TOKENS {
            // In Gemma's vocabulary this one is a tag of HTML.
            let is_html = |id| text == "</s>" && !vocabulary.is_control(id);
            ends.extend(vocabulary.mark_id(text).filter(|&id| !is_html(id)));
        }
        Ok(Self {
            inner,
            strips_after_control: vocabulary.kind == Kind::SentencePiece
                && gguf.text("general.architecture") == Some("phi3"),
            vocabulary,
            begin,
            ends,
        })
    }

    pub fn n_tokens(&self) -> usize {
        self.vocabulary.len()
    }

    /// Whether the vocabulary has this token as one that text cannot contain.
    pub fn has_mark(&self, text: &str) -> bool {
        self.vocabulary.mark_id(text).is_some()
    }

    /// The text of a token, whatever it is for.
    pub fn name(&self, id: u64) -> Option<&str> {
        self.vocabulary.text(id)
    }

    /// Parts the text of a template, which may steer the model, at its control tokens.
    pub fn part(&self, template: &str) -> Vec<Piece> {
        let longest = self.vocabulary.marks().map(str::len).max().unwrap_or(0);
        let begins: HashSet<char> = self
            .vocabulary
            .marks()
            .filter_map(|text| text.chars().next())
            .collect();
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = template;
        while let Some(c) = rest.chars().next() {
            let mark = || {
                let ends = (1..=longest.min(rest.len()))
                    .rev()
                    .filter(|&end| rest.is_char_boundary(end));
                ends.into_iter()
                    .find_map(|end| Some((end, self.vocabulary.mark_id(&rest[..end])?)))
            };
            let Some((end, id)) = begins.contains(&c).then(mark).flatten() else {
                text.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            };
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::Control(id));
            rest = &rest[end..];
            if self.strips_after_control {
                rest = rest.trim_start();
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        pieces
    }

    /// The tokens of a prompt, with the one that begins every prompt where the model wants it.
    pub fn encode(&self, pieces: &[Piece]) -> Result<Vec<u32>, InferenceError> {
        // Many templates write it themselves.
        let begins = matches!(pieces.first(), Some(&Piece::Control(id)) if Some(id) == self.begin);
        let mut ids: Vec<u32> = self.begin.into_iter().filter(|_| !begins).collect();
        for piece in pieces {
            match piece {
                Piece::Control(id) => ids.push(*id),
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

    /// Tokens that end an answer.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The tokens of which answers in JSON are made.
    pub fn index(&self) -> TokenIndex {
        TokenIndex::new(self.vocabulary.texts())
    }

    /// The token's part of a text, where text is made of it; else nothing.
    pub fn text_bytes(&self, id: u32) -> &[u8] {
        self.vocabulary.text_bytes(id)
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
        "qwen2" | "deepseek-r1-qwen" => by_pattern(QWEN_WORDS),
        "llama-bpe" | "llama3" | "llama-v3" | "dbrx" | "smaug-bpe" => by_pattern(LLAMA3_WORDS),
        "gpt-4o" => by_pattern(O200K_WORDS),
        "tekken" => by_pattern(TEKKEN_WORDS),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{byte_tokenizer, piece_tokenizer};

    #[test]
    fn only_templates_make_control_tokens() {
        let tokenizer = byte_tokenizer("qwen2", &["<|im_start|>", "<|im_end|>"]);
        let pieces = tokenizer.part("<|im_start|>user\n회<|im_end|><|im_end");
        assert_eq!(
            pieces,
            [
                Piece::Control(0),
                Piece::Text("user\n회".to_owned()),
                Piece::Control(1),
                Piece::Text("<|im_end".to_owned()),
            ],
            "a template is parted at its control tokens"
        );
        let said = [Piece::Text("<|im_start|><|im_end|>".to_owned())];
        let tokens = tokenizer.encode(&said).expect("bytes can be encoded");
        assert!(
            tokens.len() == 22 && tokens.iter().all(|&token| token > 1),
            "what is said is spelled out: {tokens:?}"
        );
    }

    #[test]
    fn a_text_does_not_grow_together_into_a_control_token() {
        let pieces = [
            ("<unk>", 2, 0.0),
            ("</s>", 3, 0.0),
            ("<think>", 4, 0.0),
            ("</", 1, -1.0),
            ("s>", 1, -2.0),
            ("<", 1, -9.0),
            ("/", 1, -9.0),
            ("s", 1, -9.0),
            (">", 1, -9.0),
            ("think", 1, -3.0),
            ("t", 1, -9.0),
            ("h", 1, -9.0),
            ("i", 1, -9.0),
            ("n", 1, -9.0),
            ("k", 1, -9.0),
            ("<think", 1, -3.0),
        ];
        let tokenizer = piece_tokenizer("llama", &pieces);
        let tokens = tokenizer
            .encode(&[Piece::Text("</s><think>".to_owned())])
            .expect("each letter is a token");
        assert!(
            tokens.iter().all(|&token| token > 2),
            "neither the end nor a thought is made from its parts: {tokens:?}"
        );
        assert!(
            tokens.contains(&3) && tokens.contains(&4),
            "other parts do join: {tokens:?}"
        );
    }

    #[test]
    fn the_beginning_is_not_written_twice() {
        let pieces = [("<s>", 3, 0.0), ("a", 1, 0.0)];
        let mut tokenizer = piece_tokenizer("llama", &pieces);
        tokenizer.begin = Some(0);
        let text = Piece::Text("a".to_owned());
        for pieces in [vec![text.clone()], vec![Piece::Control(0), text]] {
            assert_eq!(
                tokenizer.encode(&pieces).expect("the letter is a token"),
                [0, 1],
                "whether the template writes it or not"
            );
        }
    }

    #[test]
    fn every_family_ends_with_its_own_token() {
        for end in [
            "<|im_end|>",
            "<|eot_id|>",
            "<end_of_turn>",
            "<|end|>",
            "<|endoftext|>",
            "</s>",
        ] {
            let tokenizer = byte_tokenizer("llama", &["<pad>", end]);
            assert_eq!(
                tokenizer.ends(),
                [1],
                "{end} ends an answer, even where the header forgets it"
            );
        }
        let tokenizer = piece_tokenizer("llama", &[("[INST]", 3, 0.0), ("</s>", 3, 0.0)]);
        assert_eq!(tokenizer.ends(), [1], "the end of a text ends Mistral's answer");
        let tokenizer = piece_tokenizer("gemma3", &[("</s>", 4, 0.0), ("<end_of_turn>", 3, 0.0)]);
        assert_eq!(
            tokenizer.ends(),
            [1],
            "struck out text does not end Gemma's answer"
        );
    }

    #[test]
    fn words_are_parted_as_their_tokenizers_do() {
        for (pre, text, expected) in [
            (
                "gpt-4o",
                "HelloWorld it's 12345",
                &["Hello", "World", "Ġit's", "Ġ", "123", "45"] as &[_],
            ),
            (
                "tekken",
                "HelloWorld it's 12",
                &["Hello", "World", "Ġit", "'s", "Ġ", "1", "2"],
            ),
            (
                "dbrx",
                "HelloWorld it's 1234",
                &["HelloWorld", "Ġit", "'s", "Ġ", "123", "4"],
            ),
        ] {
            let words = words_of(pre).expect("the pattern is sound");
            let mut parted = tokenizers::PreTokenizedString::from(text);
            tokenizers::PreTokenizer::pre_tokenize(&words, &mut parted).expect("text can be parted");
            let parts = parted.get_splits(
                tokenizers::OffsetReferential::Original,
                tokenizers::OffsetType::Byte,
            );
            let parts: Vec<&str> = parts.iter().map(|part| part.0).collect();
            assert_eq!(parts, expected, "{pre}");
        }
    }
}
