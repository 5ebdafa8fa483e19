//! Tokens of a window, cut at the model's timestamps.

use crate::window::{TextToken, Token};

/// Tokens between two timestamps; times in the window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimedTokens {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) tokens: Vec<TextToken>,
}

/// Cuts at timestamps. Text after the last one reaches to the end of the window.
pub(crate) fn cut(tokens: Vec<Token>, window_ms: u64) -> Vec<TimedTokens> {
    let mut pieces: Vec<TimedTokens> = Vec::new();
    let mut start_ms = 0;
    let mut text = Vec::new();
    let mut close = |start_ms: u64, end_ms: u64, tokens: Vec<TextToken>| {
        if !tokens.is_empty() {
            pieces.push(TimedTokens {
                start_ms,
                end_ms: end_ms.max(start_ms),
                tokens,
            });
        }
    };
    for token in tokens {
        match token {
            Token::Text(token) => text.push(token),
            Token::Time(at_ms) => {
                // The model may claim times in its padding, or go back; the window's end is the limit.
                let at_ms = at_ms.min(window_ms).max(start_ms);
                close(start_ms, at_ms, std::mem::take(&mut text));
                start_ms = at_ms;
            }
        }
    }
    close(start_ms, window_ms, text);
    pieces
}

/// Where the model stopped: the timestamp that closes its last text, if there is one.
pub(crate) fn stopped_at_ms(tokens: &[Token]) -> Option<u64> {
    let last_text = tokens.iter().rposition(|token| matches!(token, Token::Text(_)));
    match tokens.get(last_text.map_or(0, |idx| idx + 1)) {
        Some(Token::Time(at_ms)) => Some(*at_ms),
        _ => None,
    }
}

/// Drops text that no timestamp closes, and tells whether one closes any at `min_ms` or later: then it is
/// known how far the model came.
pub(crate) fn drop_open_end(tokens: &mut Vec<Token>, min_ms: u64) -> bool {
    let closes = |(idx, token): (usize, &Token)| {
        let follows_text = idx > 0 && matches!(tokens[idx - 1], Token::Text(_));
        matches!(token, Token::Time(at_ms) if follows_text && *at_ms >= min_ms)
    };
    let Some(last) = tokens.iter().enumerate().rposition(closes) else {
        return false;
    };
    tokens.truncate(last + 1);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &str) -> Token {
        Token::Text(TextToken {
            bytes: bytes.as_bytes().to_vec(),
            start_ms: 0,
            end_ms: 0,
            logprob: -0.1,
        })
    }

    #[test]
    fn timestamps_cut_and_stay_in_order() {
        let tokens = vec![
            Token::Time(0),
            text(" one"),
            Token::Time(2_000),
            Token::Time(2_000),
            text(" two"),
            Token::Time(1_000),
            text(" three"),
        ];
        let pieces = cut(tokens, 5_000);
        let times: Vec<(u64, u64)> = pieces
            .iter()
            .map(|piece| (piece.start_ms, piece.end_ms))
            .collect();
        assert_eq!(
            times,
            [(0, 2_000), (2_000, 2_000), (2_000, 5_000)],
            "a time that goes back does not reorder text"
        );
    }

    #[test]
    fn the_model_stopped_where_its_last_text_was_closed() {
        let left_of_a_loop = [
            Token::Time(0),
            text(" one"),
            Token::Time(2_000),
            Token::Time(2_000),
            Token::Time(4_000),
        ];
        assert_eq!(
            stopped_at_ms(&left_of_a_loop),
            Some(2_000),
            "the times of what was cut out of a loop do not count"
        );
        assert_eq!(
            stopped_at_ms(&[Token::Time(0), text(" one")]),
            None,
            "an open end reaches to the end of the window"
        );
    }

    #[test]
    fn what_is_not_closed_is_dropped_where_something_is() {
        let whole = [
            Token::Time(0),
            text(" one"),
            Token::Time(4_000),
            Token::Time(4_000),
        ];
        let mut tokens = whole[..3].to_vec();
        tokens.extend([Token::Time(4_000), text(" two"), text(" th")]);
        assert!(drop_open_end(&mut tokens, 1_000));
        assert_eq!(tokens, whole[..3], "it is decoded again from there");
        let mut open = vec![Token::Time(0), text(" one"), Token::Time(400), text(" two")];
        let before = open.clone();
        assert!(!drop_open_end(&mut open, 1_000), "that would lead nowhere");
        assert_eq!(open, before);
    }

    #[test]
    fn no_text_is_no_piece() {
        assert!(
            cut(vec![Token::Time(0), Token::Time(400)], 5_000).is_empty(),
            "times alone say nothing"
        );
    }
}
