//! Decodes a window until the result can be believed, or the attempts are used up.

use recordroute_core::{InferenceError, Sampling};
use whisper_rs::WhisperState;

use crate::lanes::Task;
use crate::repetition;
use crate::window::{self, Attempt, TextToken, Token, Window};
use crate::words;

const FIRST: Attempt = Attempt {
    temperature: 0.0,
    use_prompt: true,
    may_be_short: true,
};
/// A prompt can be what misleads the model, so it is left out.
const RETRIES: [Attempt; 2] = [
    Attempt {
        temperature: 0.4,
        use_prompt: false,
        may_be_short: false,
    },
    Attempt {
        temperature: 0.8,
        use_prompt: false,
        may_be_short: false,
    },
];
/// In a hurry there is time for one more, in which the encoder looks at as much as it was taught to.
const RETRY_IN_A_HURRY: [Attempt; 1] = [Attempt {
    may_be_short: false,
    ..FIRST
}];
/// Below this mean log probability of its tokens a result is tried again; the value of Whisper's authors.
const MIN_LOGPROB: f32 = -1.0;
/// A loop is given up for another text only where that one is at least this sure of itself: people
/// do repeat themselves, and chance must not turn what they said into something else.
const MIN_LOGPROB_INSTEAD_OF_LOOP: f32 = -0.6;
/// Nobody says more letters a second; a loop that runs free does.
const MAX_LETTERS_A_SECOND: f32 = 25.0;

/// What a window became in the end.
pub(crate) struct Settled {
    pub(crate) window: Window,
    /// The text repeats itself, and decoding again did not help.
    pub(crate) loops: bool,
}

/// Decodes a window with `voiced_ms` of voice in it; `None` where it was cancelled.
pub(crate) fn settle(
    state: &mut WhisperState,
    samples: &[f32],
    voiced_ms: u64,
    task: &Task<'_>,
) -> Result<Option<Settled>, InferenceError> {
    let Some(first) = decode(state, samples, task, FIRST)? else {
        return Ok(None);
    };
    let mut best = Judged::new(first);
    let retries: &[Attempt] = if task.in_a_hurry {
        &RETRY_IN_A_HURRY
    } else {
        &RETRIES
    };
    for attempt in retries {
        if !best.loops && best.logprob >= MIN_LOGPROB {
            break;
        }
        let Some(window) = decode(state, samples, task, *attempt)? else {
            return Ok(None);
        };
        let again = Judged::new(window);
        if again.is_better_than(&best) {
            best = again;
        }
    }
    let Judged {
        mut window,
        loops,
        n_letters,
        ..
    } = best;
    // What fits into the time in which somebody spoke may have been said; the rest never was.
    if loops && n_letters as f32 > MAX_LETTERS_A_SECOND * voiced_ms as f32 / 1_000.0 {
        window.tokens = repetition::collapse(window.tokens);
    }
    Ok(Some(Settled { window, loops }))
}

/// The same window gives the same text whatever was decoded before it: where chance is involved,
/// whisper.cpp draws from a generator that lives as long as its state, so a new one is made.
fn decode(
    state: &mut WhisperState,
    samples: &[f32],
    task: &Task<'_>,
    attempt: Attempt,
) -> Result<Option<Window>, InferenceError> {
    if attempt.temperature == 0.0 && task.options.sampling == Sampling::Greedy {
        return window::decode(state, samples, task, attempt);
    }
    let mut fresh = task.context.create_state().map_err(|_| {
        InferenceError::OutOfMemory(
            "There is too little memory for this model. Close other programs or choose a smaller model."
                .to_owned(),
        )
    })?;
    window::decode(&mut fresh, samples, task, attempt)
}

struct Judged {
    window: Window,
    loops: bool,
    /// Mean over the text's tokens.
    logprob: f32,
    n_letters: usize,
}

impl Judged {
    fn new(window: Window) -> Self {
        let tokens: Vec<TextToken> = window
            .tokens
            .iter()
            .filter_map(|token| match token {
                Token::Text(token) => Some(token.clone()),
                Token::Time(_) => None,
            })
            .collect();
        let text = words::text(&tokens);
        let n_tokens = tokens.len().max(1);
        Self {
            loops: repetition::is_loop(&text),
            logprob: tokens.iter().map(|token| token.logprob).sum::<f32>() / n_tokens as f32,
            n_letters: text.chars().filter(|letter| letter.is_alphanumeric()).count(),
            window,
        }
    }

    fn is_better_than(&self, other: &Self) -> bool {
        match (self.loops, other.loops) {
            (false, true) => self.n_letters > 0 && self.logprob >= MIN_LOGPROB_INSTEAD_OF_LOOP,
            (true, false) => false,
            _ => self.n_letters > 0 && self.logprob > other.logprob,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str, logprob: f32) -> Judged {
        Judged::new(Window {
            tokens: vec![Token::Text(TextToken {
                bytes: text.as_bytes().to_vec(),
                start_ms: 0,
                end_ms: 0,
                logprob,
            })],
            no_speech: 0.0,
            is_full: false,
        })
    }

    #[test]
    fn a_loop_gives_way_only_to_a_text_that_is_sure_of_itself() {
        let looping = judged(&"Thank you very much. ".repeat(6), -0.1);
        assert!(looping.loops, "six times the same is a loop");
        assert!(
            judged("We begin with the budget.", -0.4).is_better_than(&looping),
            "a fair text is better than a loop"
        );
        assert!(
            !judged("Dowu lai berry.", -0.9).is_better_than(&looping),
            "chance must not put nonsense where somebody may have repeated himself"
        );
        assert!(
            !looping.is_better_than(&judged("We begin.", -1.5)),
            "a loop is never chosen over a text"
        );
    }

    #[test]
    fn silence_is_not_preferred_to_an_unsure_text() {
        let unsure = judged("Something about the budget.", -1.2);
        assert!(
            !judged("", 0.0).is_better_than(&unsure),
            "what the model is unsure of is flagged, not lost"
        );
        assert!(
            judged("Something about a budget.", -0.8).is_better_than(&unsure),
            "a surer text is taken"
        );
    }
}
