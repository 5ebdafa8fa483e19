//! Finds loops: the same words over and over, which Whisper falls into over noise and music.

use std::io::Write;
use std::ops::Range;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::window::{TextToken, Token};

/// The longest stretch that is looked for as the repeated unit, in characters.
const MAX_UNIT: usize = 80;
/// A loop covers at least so many characters: "no, no, no" is speech.
const MIN_LOOP: usize = 24;
/// Text that shrinks by more than this repeats itself; ordinary speech shrinks by half at most.
/// Whisper's authors take 2.4; Korean, with three bytes a syllable, needs room above that.
const MAX_COMPRESSION: f64 = 2.9;
/// Short texts compress badly whatever they say.
const MIN_COMPRESSIBLE: usize = 120;

/// Whether the text is a loop.
pub(crate) fn is_loop(text: &str) -> bool {
    let characters: Vec<char> = text.to_lowercase().chars().collect();
    find(&characters).is_some() || (text.len() >= MIN_COMPRESSIBLE && compression(text) > MAX_COMPRESSION)
}

/// How often a unit must follow itself to be a loop.
fn min_repeats(unit: usize) -> usize {
    match unit {
        ..=4 => 8,
        5..=12 => 5,
        _ => 3,
    }
}

/// The first loop: the range of its repeats after the first instance of the unit.
fn find(characters: &[char]) -> Option<Range<usize>> {
    for unit in 1..=MAX_UNIT.min(characters.len() / 2) {
        let mut run = 0;
        for idx in unit..=characters.len() {
            let repeats = idx < characters.len() && characters.get(idx) == characters.get(idx - unit);
            if repeats {
                run += 1;
                continue;
            }
            let n_repeats = run / unit + 1;
            if n_repeats >= min_repeats(unit) && run + unit >= MIN_LOOP {
                return Some(idx - run..idx);
            }
            run = 0;
        }
    }
    None
}

fn compression(text: &str) -> f64 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail.
    let compressed = encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .unwrap_or_default();
    text.len() as f64 / compressed.len().max(1) as f64
}

/// Leaves one instance of each loop; timestamps stay.
pub(crate) fn collapse(tokens: Vec<Token>) -> Vec<Token> {
    let mut tokens = tokens;
    // Each round shortens the text; the limit is only for peace of mind.
    for _ in 0..16 {
        let mut characters = Vec::new();
        // Where each token's characters lie; timestamps have none.
        let mut places = Vec::new();
        for token in &tokens {
            let start = characters.len();
            if let Token::Text(TextToken { bytes, .. }) = token {
                characters.extend(String::from_utf8_lossy(bytes).to_lowercase().chars());
            }
            places.push(start..characters.len());
        }
        let Some(repeats) = find(&characters) else { break };
        let n_before = tokens.len();
        let mut places = places.into_iter();
        // A token that lies in the repeats by half belongs to what stands around them.
        tokens.retain(|_| {
            places.next().is_none_or(|place| {
                place.is_empty() || place.start < repeats.start || place.end > repeats.end
            })
        });
        if tokens.len() == n_before {
            break;
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_found_in_both_languages() {
        for text in [
            "Thank you. ".repeat(6),
            "감사합니다 ".repeat(8),
            "아".repeat(40),
            format!("We begin here. {}", "and then we go to the next one, ".repeat(4)),
        ] {
            assert!(is_loop(&text), "this repeats itself: {text}");
        }
    }

    #[test]
    fn speech_is_no_loop() {
        for text in [
            "No, no, no, no. That is not what I said.",
            "네, 네, 네, 알겠습니다. 그러면 다음 안건으로 넘어가겠습니다.",
            "하하하하하",
            "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.",
            "The committee will meet on Monday, and the committee will then decide whether the committee needs a chair.",
        ] {
            assert!(!is_loop(text), "this is ordinary speech: {text}");
        }
    }

    #[test]
    fn one_instance_is_left() {
        let token = |text: &str| {
            Token::Text(TextToken {
                bytes: text.as_bytes().to_vec(),
                start_ms: 0,
                end_ms: 0,
                logprob: 0.0,
            })
        };
        let mut tokens = vec![Token::Time(0), token(" So"), token(" it"), token(" begins.")];
        for _ in 0..8 {
            tokens.extend([token(" Thank"), token(" you.")]);
        }
        tokens.push(Token::Time(9_000));
        let left: String = collapse(tokens)
            .iter()
            .filter_map(|token| match token {
                Token::Text(token) => Some(String::from_utf8_lossy(&token.bytes).into_owned()),
                Token::Time(_) => None,
            })
            .collect();
        assert_eq!(
            left, " So it begins. Thank you.",
            "what was said once is kept once"
        );
    }
}
