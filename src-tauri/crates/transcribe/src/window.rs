//! One call of whisper.cpp: up to 30 seconds of sound to tokens.

use std::sync::atomic::AtomicBool;

use recordroute_core::{InferenceError, SAMPLE_RATE_HZ, Sampling};
use whisper_rs::{FullParams, SamplingStrategy, WhisperState};

use crate::abort;
use crate::lanes::Task;

/// whisper.cpp returns nothing for less than a second.
const MIN_SAMPLES: usize = SAMPLE_RATE_HZ as usize * 11 / 10;
/// Milliseconds of one step of the model's timestamps.
const TIMESTAMP_STEP_MS: u64 = 20;

/// Samples of one step of the encoder, which is as long as one of the timestamps.
const STEP_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 50;
/// Steps of 30 seconds.
const MAX_STEPS: usize = 1_500;
/// Silent steps that the encoder is left after the sound, so that the model hears that it is over.
const SILENT_STEPS: usize = 100;

/// A token of text, with times in the window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextToken {
    /// Part of a UTF-8 text; a character can be spread over several tokens.
    pub(crate) bytes: Vec<u8>,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    /// Natural logarithm of the token's probability.
    pub(crate) logprob: f32,
}

/// What the model put out, in order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Text(TextToken),
    /// A moment in the window, milliseconds.
    Time(u64),
}

/// What a window became.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window {
    pub(crate) tokens: Vec<Token>,
    /// Probability that nobody speaks, by the model.
    pub(crate) no_speech: f32,
    /// The model had no room for more: more may be said than stands here.
    pub(crate) is_full: bool,
}

/// How a window is decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) temperature: f32,
    pub(crate) use_prompt: bool,
    /// In a hurry the encoder may look at less than 30 seconds.
    pub(crate) may_be_short: bool,
}

/// The samples, made long enough for whisper.cpp by silence.
pub(crate) fn padded(samples: &[f32]) -> Vec<f32> {
    let mut samples = samples.to_vec();
    if samples.len() < MIN_SAMPLES {
        samples.resize(MIN_SAMPLES, 0.0);
    }
    samples
}

/// Steps of the encoder for so many samples, which it would fill up with silence to 30 seconds.
fn encoder_steps(n_samples: usize) -> i32 {
    let n_steps = (n_samples / STEP_SAMPLES + SILENT_STEPS).next_multiple_of(64);
    i32::try_from(n_steps.min(MAX_STEPS)).unwrap_or(0)
}

/// Decodes one window; `None` where it was cancelled.
pub(crate) fn decode(
    state: &mut WhisperState,
    samples: &[f32],
    task: &Task<'_>,
    attempt: Attempt,
) -> Result<Option<Window>, InferenceError> {
    let strategy = match task.options.sampling {
        Sampling::Greedy => SamplingStrategy::Greedy { best_of: 2 },
        Sampling::Beam { size } => SamplingStrategy::BeamSearch {
            beam_size: i32::from(size),
            patience: -1.0,
        },
    };
    let mut params = FullParams::new(strategy);
    params.set_n_threads(i32::try_from(task.n_threads).unwrap_or(1));
    params.set_language(Some(&task.language.code));
    params.set_translate(task.options.translate);
    params.set_no_context(true);
    // Timestamps stay among the tokens.
    params.set_single_segment(true);
    params.set_token_timestamps(true);
    params.set_suppress_blank(true);
    params.set_suppress_nst(true);
    params.set_temperature(attempt.temperature);
    // Whether a result is good enough, and what is tried then, is for `attempts` to say.
    params.set_temperature_inc(0.0);
    // whisper.cpp would drop text on its own judgement above this; ours looks at voice activity too.
    params.set_no_speech_thold(2.0);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_special(false);
    params.set_print_timestamps(false);
    if let Some(prompt) = task.prompt.as_deref().filter(|_| attempt.use_prompt) {
        params.set_initial_prompt(prompt);
    }
    let samples = padded(samples);
    if task.in_a_hurry && attempt.may_be_short {
        params.set_audio_ctx(encoder_steps(samples.len()));
    }
    abort::cancel_by(&mut params, task.cancel);
    let has_encoded = AtomicBool::new(false);
    abort::encode_once(&mut params, &has_encoded);
    let result = state.full(params, &samples);
    if task.cancel.is_cancelled() {
        return Ok(None);
    }
    result
        .map_err(|error| InferenceError::Failed(format!("The speech model failed ({error}). Try again.")))?;
    Ok(Some(read(state, task)))
}

fn read(state: &WhisperState, task: &Task<'_>) -> Window {
    let (first_time, end_of_text) = (task.context.token_beg(), task.context.token_eot());
    let mut window = Window {
        tokens: Vec::new(),
        no_speech: 0.0,
        is_full: false,
    };
    let mut n_tokens = 0;
    for segment in state.as_iter() {
        window.no_speech = segment.no_speech_probability();
        n_tokens += segment.n_tokens();
        for token_idx in 0..segment.n_tokens() {
            let Some(token) = segment.get_token(token_idx) else {
                continue;
            };
            let data = token.token_data();
            if data.id >= first_time {
                window.tokens.push(Token::Time(
                    u64::from((data.id - first_time).unsigned_abs()) * TIMESTAMP_STEP_MS,
                ));
            } else if data.id < end_of_text {
                // Times are hundredths of a second and can be negative where there are none.
                let ms = |hundredths: i64| u64::try_from(hundredths).unwrap_or(0) * 10;
                window.tokens.push(Token::Text(TextToken {
                    bytes: token.to_bytes().map(<[u8]>::to_vec).unwrap_or_default(),
                    start_ms: ms(data.t0),
                    end_ms: ms(data.t1),
                    logprob: data.plog.min(0.0),
                }));
            }
        }
    }
    // As whisper.cpp reckons it: one half of the context is for what came before.
    window.is_full = n_tokens >= task.context.n_text_ctx() / 2 - 4;
    window
}
