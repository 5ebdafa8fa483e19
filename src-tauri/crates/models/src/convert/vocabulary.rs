//! The words of a model as bytes.
//!
//! Tokenizer files spell each byte as a printable letter (the byte alphabet of GPT-2). Mapped back
//! through that alphabet the words are exact. Lists that went through UTF-8 text instead have
//! U+FFFD in every token that is a part of a character, and Korean loses syllables: such a list
//! is refused.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::disk::read_limited;
use crate::error::ModelsError;
use crate::header::ggml::N_BASE_TOKENS;

const MAX_FILE_BYTES: u64 = 64 << 20;

/// Finds the vocabulary in `dir`, the exactest file first.
pub(crate) fn read(dir: &Path) -> Result<Vec<Vec<u8>>, ModelsError> {
    let readers: [(&str, Reader); 4] = [
        ("tokenizer.json", from_tokenizer),
        ("vocab.json", from_vocab_json),
        ("vocabulary.json", from_list),
        ("vocabulary.txt", from_lines),
    ];
    let mut seen = None;
    for (name, read) in readers {
        let path = dir.join(name);
        if !path.is_file() {
            continue;
        }
        let bytes = read_limited(&path, MAX_FILE_BYTES)?;
        if let Some(words) = read(&bytes).and_then(to_bytes) {
            return Ok(words);
        }
        seen.get_or_insert(name);
    }
    Err(match seen {
        Some(name) => ModelsError::not_a_model(
            dir,
            format!(
                "its {name} does not give the exact bytes of every token; put the model's tokenizer.json beside it"
            ),
        ),
        None => ModelsError::not_a_model(
            dir,
            "it has no tokenizer.json; put the one of the model it was made from into the folder",
        ),
    })
}

/// Tokens by number, each in the byte alphabet.
type Spelled = HashMap<u64, String>;

/// Reads one kind of vocabulary file.
type Reader = fn(&[u8]) -> Option<Spelled>;

fn from_tokenizer(bytes: &[u8]) -> Option<Spelled> {
    let json: Value = serde_json::from_slice(bytes).ok()?;
    let mut words = Spelled::new();
    for token in json
        .get("added_tokens")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let (Some(id), Some(text)) = (
            token.get("id").and_then(Value::as_u64),
            token.get("content").and_then(Value::as_str),
        ) {
            words.insert(id, text.to_owned());
        }
    }
    words.extend(numbered(json.get("model")?.get("vocab")?)?);
    Some(words)
}

fn from_vocab_json(bytes: &[u8]) -> Option<Spelled> {
    numbered(&serde_json::from_slice(bytes).ok()?)
}

fn numbered(vocabulary: &Value) -> Option<Spelled> {
    vocabulary
        .as_object()?
        .iter()
        .map(|(text, id)| Some((id.as_u64()?, text.clone())))
        .collect()
}

fn from_list(bytes: &[u8]) -> Option<Spelled> {
    let words: Vec<String> = serde_json::from_slice(bytes).ok()?;
    Some((0..).zip(words).collect())
}

fn from_lines(bytes: &[u8]) -> Option<Spelled> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some((0..).zip(text.split('\n').map(str::to_owned)).collect())
}

/// The first tokens as bytes; none where one is missing or not spelled in the byte alphabet.
fn to_bytes(spelled: Spelled) -> Option<Vec<Vec<u8>>> {
    let alphabet = byte_alphabet();
    let words: Vec<Vec<u8>> = (0..u64::from(N_BASE_TOKENS))
        .map(|id| {
            let word = match spelled.get(&id) {
                Some(word) => word,
                // The slot after the last word of the English vocabulary is the first special
                // token in one layout and missing in another.
                None if id + 1 == u64::from(N_BASE_TOKENS) => "",
                None => return None,
            };
            word.chars()
                .map(|letter| alphabet.get(&letter).copied())
                .collect()
        })
        .collect::<Option<_>>()?;
    // Byte-level vocabularies begin with the 256 bytes themselves; one without them is another kind.
    let mut bytes_seen = [false; 256];
    for word in &words {
        if let [byte] = word.as_slice()
            && let Some(seen) = bytes_seen.get_mut(usize::from(*byte))
        {
            *seen = true;
        }
    }
    bytes_seen.iter().all(|seen| *seen).then_some(words)
}

/// Printable bytes stand for themselves, the others for the letters from U+0100 on, in order.
fn byte_alphabet() -> HashMap<char, u8> {
    let mut others = 0x100..;
    (0..=u8::MAX)
        .filter_map(|byte| {
            let printable = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
            let letter = if printable {
                u32::from(byte)
            } else {
                others.next()?
            };
            Some((char::from_u32(letter)?, byte))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whisper's own vocabulary is not ours to ship: bytes, then made-up words.
    fn made_up() -> Spelled {
        let mut letters: Vec<(char, u8)> = byte_alphabet().into_iter().collect();
        letters.sort_by_key(|(_, byte)| *byte);
        let mut words: Spelled = (0..)
            .zip(letters.iter().map(|(letter, _)| letter.to_string()))
            .collect();
        for id in 256..u64::from(N_BASE_TOKENS) {
            words.insert(id, format!("Ġw{id}"));
        }
        words
    }

    #[test]
    fn parts_of_korean_characters_keep_their_bytes() {
        let mut spelled = made_up();
        // The first two of the three bytes of 가, which is ea b0 80.
        spelled.insert(300, "ê°".into());
        let words = to_bytes(spelled).unwrap();
        assert_eq!(words[300], [0xea, 0xb0], "half a syllable is a token too");
        assert_eq!(words[256], b" w256", "the alphabet spells a blank as Ġ");
    }

    #[test]
    fn a_list_that_went_through_text_is_refused() {
        let mut spelled = made_up();
        spelled.insert(300, "\u{fffd}".into());
        assert!(
            to_bytes(spelled).is_none(),
            "U+FFFD stands for bytes that are lost"
        );
        let mut spelled = made_up();
        spelled.remove(&40_000);
        assert!(to_bytes(spelled).is_none(), "a missing word would shift meaning");
    }
}
