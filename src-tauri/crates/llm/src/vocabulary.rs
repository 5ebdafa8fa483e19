use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;
use tokenizers::models::bpe::Vocab;

use crate::gguf::Gguf;

/// How tokens spell bytes: the [`LANGUAGE_TOKENIZERS`](recordroute_core::LANGUAGE_TOKENIZERS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Each byte is a printable character of GPT-2's alphabet.
    ByteLevel,
    /// Text as it is, `▁` for a space, `<0x0A>` for bytes that no token has.
    SentencePiece,
}

impl Kind {
    const ALL: [Self; 2] = [Self::ByteLevel, Self::SentencePiece];

    /// As `tokenizer.ggml.model` names it.
    fn name(self) -> &'static str {
        match self {
            Self::ByteLevel => "gpt2",
            Self::SentencePiece => "llama",
        }
    }
}

/// What a token is, as `tokenizer.ggml.token_type` numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Text,
    /// Steers the model; never part of a text.
    Control,
    /// Taken out of a text before it is parted into words.
    UserDefined,
    Byte,
}

struct Token {
    text: String,
    role: Role,
    bytes: Box<[u8]>,
}

/// Every token of a model by its number.
pub(crate) struct Vocabulary {
    pub kind: Kind,
    tokens: Vec<Token>,
    marks: HashMap<String, u32>,
}

impl Vocabulary {
    /// The error is the middle of a sentence.
    pub fn read(gguf: &Gguf) -> Result<Self, String> {
        let name = gguf.text("tokenizer.ggml.model").ok_or("it has no tokenizer")?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| {
            let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            format!("tokenizers of the kind “{name}” do not run in this program")
        })?;
        let texts = gguf
            .array("tokenizer.ggml.tokens")
            .filter(|texts| !texts.is_empty());
        let texts = texts.ok_or("it has no tokenizer")?;
        let types = gguf.array("tokenizer.ggml.token_type").unwrap_or_default();
        let mut tokens = Vec::with_capacity(texts.len());
        let mut marks = HashMap::new();
        for (token_idx, text) in texts.iter().enumerate() {
            let text = text.to_string().map_err(|_| "its tokenizer is damaged")?.clone();
            let role = match types.get(token_idx) {
                Some(Value::I32(2 | 3 | 5) | Value::U32(2 | 3 | 5)) => Role::Control,
                Some(Value::I32(4) | Value::U32(4)) => Role::UserDefined,
                Some(Value::I32(6) | Value::U32(6)) => Role::Byte,
                _ => Role::Text,
            };
            let bytes = spelled_bytes(kind, role, &text);
            if is_mark(role, &text) {
                marks.insert(text.clone(), token_idx as u32);
            }
            tokens.push(Token { text, role, bytes });
        }
        Ok(Self { kind, tokens, marks })
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    pub fn text(&self, id: u64) -> Option<&str> {
        self.tokens
            .get(usize::try_from(id).ok()?)
            .map(|token| token.text.as_str())
    }

    pub fn bytes(&self, id: u32) -> &[u8] {
        self.tokens.get(id as usize).map_or(&[], |token| &token.bytes)
    }

    /// The number of a token that steers the model. Tags such as `<think>` are user-defined in some
    /// files and control in others; neither is ever made from a prompt's own text.
    pub fn mark_id(&self, text: &str) -> Option<u32> {
        self.marks.get(text).copied()
    }

    pub fn marks(&self) -> impl Iterator<Item = &str> {
        self.marks.keys().map(String::as_str)
    }

    /// Tokens that are taken out of a text before it is parted into words, and steer nothing.
    pub fn user_defined(&self) -> impl Iterator<Item = &str> {
        self.tokens
            .iter()
            .filter(|token| token.role == Role::UserDefined && !is_mark(token.role, &token.text))
            .map(|token| token.text.as_str())
    }

    /// Number and bytes of each token that text is made of.
    pub fn texts(&self) -> impl Iterator<Item = (u32, &[u8])> {
        (0..)
            .zip(&self.tokens)
            .filter(|(_, token)| matches!(token.role, Role::Text | Role::Byte))
            .map(|(id, token)| (id, &*token.bytes))
    }

    /// The bytes of a token that text is made of, else none.
    pub fn text_bytes(&self, id: u32) -> &[u8] {
        match self.tokens.get(id as usize) {
            Some(token) if matches!(token.role, Role::Text | Role::Byte) => &token.bytes,
            _ => &[],
        }
    }

    pub fn is_control(&self, id: u32) -> bool {
        self.tokens
            .get(id as usize)
            .is_some_and(|token| token.role == Role::Control)
    }

    pub fn ids(&self) -> Vocab {
        self.tokens
            .iter()
            .enumerate()
            .map(|(token_idx, token)| (token.text.clone(), token_idx as u32))
            .collect()
    }

    /// Pairs of tokens that join into one, the first to be joined first. Each joined token is in
    /// the vocabulary: the `tokenizers` crate relies on that. None is a mark, so that no text spells one.
    pub fn merges(&self, gguf: &Gguf) -> Result<Vec<(String, String)>, String> {
        let known: HashMap<&str, usize> = self
            .tokens
            .iter()
            .enumerate()
            .map(|(token_idx, token)| (token.text.as_str(), token_idx))
            .collect();
        match self.kind {
            Kind::ByteLevel => {
                let merges = gguf
                    .array("tokenizer.ggml.merges")
                    .ok_or("its tokenizer is incomplete")?;
                let mut pairs = Vec::with_capacity(merges.len());
                let mut joined = String::new();
                for merge in merges {
                    let (left, right) = merge
                        .to_string()
                        .ok()
                        .and_then(|merge| merge.split_once(' '))
                        .ok_or("its tokenizer is damaged")?;
                    joined.clear();
                    joined.push_str(left);
                    joined.push_str(right);
                    if [left, right, joined.as_str()]
                        .iter()
                        .any(|text| !known.contains_key(text))
                    {
                        return Err("its tokenizer is damaged".to_owned());
                    }
                    if !self.marks.contains_key(&joined) {
                        pairs.push((left.to_owned(), right.to_owned()));
                    }
                }
                Ok(pairs)
            }
            Kind::SentencePiece => {
                let scores = gguf
                    .array("tokenizer.ggml.scores")
                    .ok_or("its tokenizer is incomplete")?;
                let score = |token_idx: usize| {
                    let token = &self.tokens[token_idx];
                    let score = scores.get(token_idx)?.to_f32().ok()?;
                    (!is_mark(token.role, &token.text)).then_some(score)
                };
                Ok(merges_by_score(
                    self.tokens.iter().map(|token| token.text.as_str()),
                    &known,
                    score,
                ))
            }
        }
    }
}

/// SentencePiece joins, of all neighbours, those first whose joined token has the highest score.
/// Written as merges: each token can come from any two tokens that spell it, in order of score.
fn merges_by_score<'a>(
    texts: impl Iterator<Item = &'a str>,
    known: &HashMap<&str, usize>,
    score: impl Fn(usize) -> Option<f32>,
) -> Vec<(String, String)> {
    /// No vocabulary has longer tokens, except in a file that is made to take time.
    const MAX_TOKEN_BYTES: usize = 256;
    let mut splits: Vec<(f32, usize, &str, &str)> = Vec::new();
    for (token_idx, text) in texts
        .enumerate()
        .filter(|(_, text)| text.len() <= MAX_TOKEN_BYTES)
    {
        let Some(score) = score(token_idx) else { continue };
        for (at, _) in text.char_indices().skip(1) {
            let (left, right) = text.split_at(at);
            if known.contains_key(left) && known.contains_key(right) {
                splits.push((score, token_idx, left, right));
            }
        }
    }
    splits.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    splits
        .into_iter()
        .map(|(_, _, left, right)| (left.to_owned(), right.to_owned()))
        .collect()
}

/// Whether a token steers the model: all control tokens, and what looks like a tag of the user-defined
/// ones.
fn is_mark(role: Role, text: &str) -> bool {
    let encloses = |open, close| text.len() > 2 && text.starts_with(open) && text.ends_with(close);
    role == Role::Control || role == Role::UserDefined && (encloses('<', '>') || encloses('[', ']'))
}

fn spelled_bytes(kind: Kind, role: Role, text: &str) -> Box<[u8]> {
    match (kind, role) {
        // Whoever leaves thoughts out must see where they begin and end.
        (_, Role::Control) if matches!(text, "<think>" | "</think>") => text.as_bytes().into(),
        (_, Role::Control) => Box::default(),
        (Kind::ByteLevel, Role::UserDefined) => text.as_bytes().into(),
        (Kind::ByteLevel, _) => text
            .chars()
            .map(byte_of_char)
            .collect::<Option<Vec<u8>>>()
            .map_or_else(|| text.as_bytes().into(), Vec::into_boxed_slice),
        (Kind::SentencePiece, Role::Byte) => text
            .strip_prefix("<0x")
            .and_then(|hex| u8::from_str_radix(hex.strip_suffix('>')?, 16).ok())
            .map_or_else(Box::default, |byte| Box::new([byte])),
        (Kind::SentencePiece, _) => text.replace('▁', " ").into_bytes().into_boxed_slice(),
    }
}

/// The byte that a character of GPT-2's alphabet stands for: printable characters of Latin-1 stand
/// for themselves, the other 68 bytes in order for the characters from U+0100 on.
fn byte_of_char(c: char) -> Option<u8> {
    let code = u32::from(c);
    let byte = match code {
        33..=126 | 161..=172 | 174..=255 => code,
        256..=288 => code - 256,
        289..=322 => code - 289 + 127,
        323 => 173,
        _ => return None,
    };
    u8::try_from(byte).ok()
}

#[cfg(test)]
mod tests {
    use recordroute_core::LANGUAGE_TOKENIZERS;

    use super::*;

    #[test]
    fn every_tokenizer_that_can_be_installed_is_read_and_no_other() {
        assert_eq!(
            Kind::ALL.map(Kind::name),
            LANGUAGE_TOKENIZERS,
            "what the models folder lets in can be loaded"
        );
    }

    #[test]
    fn every_byte_has_one_character() {
        let mut bytes: Vec<u8> = (0..400)
            .filter_map(char::from_u32)
            .filter_map(byte_of_char)
            .collect();
        bytes.sort_unstable();
        assert_eq!(
            bytes,
            (0..=255).collect::<Vec<u8>>(),
            "the alphabet is one to one"
        );
        assert_eq!(
            byte_of_char('Ġ'),
            Some(b' '),
            "the alphabet's best known character is the space"
        );
        assert_eq!(byte_of_char('Ċ'), Some(b'\n'), "and the next the line feed");
    }

    #[test]
    fn pieces_with_higher_scores_join_first() {
        let texts = ["a", "b", "c", "ab", "bc", "abc"];
        let scores = [0.0, 0.0, 0.0, -2.0, -1.0, -3.0];
        let known = texts
            .iter()
            .enumerate()
            .map(|(token_idx, &text)| (text, token_idx))
            .collect();
        let merges = merges_by_score(texts.into_iter(), &known, |token_idx| {
            scores.get(token_idx).copied()
        });
        let pairs: Vec<(&str, &str)> = merges.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            pairs,
            [("b", "c"), ("a", "b"), ("a", "bc"), ("ab", "c")],
            "“bc” scores higher than “ab”, and “abc” can come from either"
        );
    }

    #[test]
    fn sentence_pieces_spell_spaces_and_bytes() {
        assert_eq!(
            &*spelled_bytes(Kind::SentencePiece, Role::Text, "▁회의"),
            " 회의".as_bytes(),
            "the mark is a space"
        );
        assert_eq!(
            &*spelled_bytes(Kind::SentencePiece, Role::Byte, "<0xED>"),
            &[0xED],
            "a byte is one byte"
        );
        assert!(
            spelled_bytes(Kind::ByteLevel, Role::Control, "<|im_end|>").is_empty(),
            "control is no text"
        );
        assert_eq!(
            &*spelled_bytes(Kind::ByteLevel, Role::Control, "</think>"),
            b"</think>",
            "except where thoughts end"
        );
    }
}
