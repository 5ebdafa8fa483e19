//! Tokens to text and words. A token holds bytes: a Korean syllable can be spread over three.

use recordroute_core::Word;

use crate::window::TextToken;

/// Languages that are written without spaces: there each token that ends a character is a word.
const WITHOUT_SPACES: [&str; 9] = ["zh", "ja", "th", "lo", "my", "km", "yue", "bo", "jw"];

/// The text of the tokens; bytes that form no character are left out.
pub(crate) fn text(tokens: &[TextToken]) -> String {
    let bytes: Vec<u8> = tokens
        .iter()
        .flat_map(|token| token.bytes.iter().copied())
        .collect();
    decode(&bytes)
}

fn decode(bytes: &[u8]) -> String {
    bytes.utf8_chunks().map(|chunk| chunk.valid()).collect()
}

/// Geometric mean of the tokens' probabilities.
pub(crate) fn confidence(tokens: &[TextToken]) -> f32 {
    if tokens.is_empty() {
        return 0.0;
    }
    let mean = tokens.iter().map(|token| token.logprob).sum::<f32>() / tokens.len() as f32;
    mean.exp().clamp(0.0, 1.0)
}

/// Words with times in the window.
pub(crate) fn words(tokens: &[TextToken], language: &str) -> Vec<Word> {
    by_word(tokens, language).into_iter().filter_map(word).collect()
}

/// The tokens of each word.
pub(crate) fn by_word<'a>(tokens: &'a [TextToken], language: &str) -> Vec<&'a [TextToken]> {
    let by_token = WITHOUT_SPACES.contains(&language);
    let mut groups: Vec<&[TextToken]> = Vec::new();
    let mut first = 0;
    for idx in 1..tokens.len() {
        let Some(token) = tokens.get(idx) else { break };
        let is_new = if by_token {
            tokens.get(first..idx).is_some_and(is_whole) && !is_punctuation(token)
        } else {
            token.bytes.first().is_some_and(u8::is_ascii_whitespace)
        };
        if is_new {
            groups.extend(tokens.get(first..idx));
            first = idx;
        }
    }
    groups.extend(tokens.get(first..));
    groups
}

fn is_whole(tokens: &[TextToken]) -> bool {
    let bytes: Vec<u8> = tokens
        .iter()
        .flat_map(|token| token.bytes.iter().copied())
        .collect();
    std::str::from_utf8(&bytes).is_ok()
}

fn is_punctuation(token: &TextToken) -> bool {
    let text = decode(&token.bytes);
    !text.is_empty() && text.chars().all(|c| !c.is_alphanumeric() && !c.is_whitespace())
}

fn word(tokens: &[TextToken]) -> Option<Word> {
    let text = text(tokens).trim().to_owned();
    let (start_ms, end_ms) = (tokens.first()?.start_ms, tokens.last()?.end_ms);
    (!text.is_empty()).then(|| Word {
        start_ms,
        end_ms: end_ms.max(start_ms),
        text,
        confidence: confidence(tokens),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(bytes: &[u8], start_ms: u64) -> TextToken {
        TextToken {
            bytes: bytes.to_vec(),
            start_ms,
            end_ms: start_ms + 100,
            logprob: (0.5_f32).ln(),
        }
    }

    #[test]
    fn syllables_that_are_spread_over_tokens_come_together() {
        let syllable = "한".as_bytes();
        let tokens = [
            token(&[b" ", &syllable[..1]].concat(), 0),
            token(&syllable[1..], 100),
            token("국".as_bytes(), 200),
            token(" 말.".as_bytes(), 300),
        ];
        let words = words(&tokens, "ko");
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["한국", "말."], "words are what stands between spaces");
        assert_eq!(
            (words[0].start_ms, words[0].end_ms),
            (0, 300),
            "a word lasts from its first token to its last"
        );
        assert!(
            (words[0].confidence - 0.5).abs() < 1e-6,
            "the mean of equal probabilities is that probability"
        );
    }

    #[test]
    fn half_a_syllable_is_left_out_and_never_a_question_mark() {
        let tokens = [token(" 좋".as_bytes(), 0), token(&"다".as_bytes()[..2], 100)];
        assert_eq!(text(&tokens), " 좋", "broken bytes are no text");
    }

    #[test]
    fn languages_without_spaces_have_words_by_token() {
        let tokens = [
            token("今日".as_bytes(), 0),
            token("は".as_bytes(), 100),
            token("。".as_bytes(), 200),
        ];
        let words = words(&tokens, "ja");
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(
            texts,
            ["今日", "は。"],
            "punctuation belongs to the word before it"
        );
    }
}
