//! Which language is spoken: set, or heard in the first chunks.

use recordroute_core::{CancellationToken, Chunk, ChunkSource, DetectedLanguage, InferenceError, Language};
use whisper_rs::{WhisperState, get_lang_str};

use crate::window::padded;

/// Above this probability one chunk is enough.
const SURE: f32 = 0.8;
/// Chunks that are listened to at most.
const MAX_CHUNKS: usize = 3;

/// The language and the chunks that were taken from the source to find it.
pub(crate) struct Found {
    pub(crate) language: DetectedLanguage,
    pub(crate) heard: Vec<Chunk>,
}

/// Settles the language of a recording; `None` where it was cancelled.
pub(crate) fn settle(
    state: &mut WhisperState,
    is_multilingual: bool,
    chunks: &mut ChunkSource<'_>,
    wanted: Language,
    n_threads: usize,
    cancel: &CancellationToken,
) -> Result<Option<Found>, InferenceError> {
    let fixed = if is_multilingual {
        wanted.code()
    } else {
        Some("en")
    };
    if let Some(code) = fixed {
        let language = DetectedLanguage {
            code: code.to_owned(),
            probability: None,
        };
        return Ok(Some(Found {
            language,
            heard: Vec::new(),
        }));
    }
    let mut heard = Vec::new();
    let mut sums: Vec<f32> = Vec::new();
    while heard.len() < MAX_CHUNKS {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let Some(chunk) = chunks.next() else { break };
        let chunk = chunk.map_err(InferenceError::Source)?;
        let probabilities = listen(state, &chunk, n_threads)?;
        heard.push(chunk);
        sums.resize(probabilities.len(), 0.0);
        for (sum, probability) in sums.iter_mut().zip(&probabilities) {
            *sum += probability;
        }
        let best = sums.iter().copied().fold(0.0, f32::max) / heard.len() as f32;
        if best >= SURE {
            break;
        }
    }
    let best = sums.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let language = match best {
        Some((id, sum)) => DetectedLanguage {
            code: i32::try_from(id)
                .ok()
                .and_then(get_lang_str)
                .unwrap_or("en")
                .to_owned(),
            probability: Some((sum / heard.len() as f32).min(1.0)),
        },
        // Nothing is said: the language is of no account.
        None => DetectedLanguage {
            code: "en".to_owned(),
            probability: Some(0.0),
        },
    };
    Ok(Some(Found { language, heard }))
}

fn listen(state: &mut WhisperState, chunk: &Chunk, n_threads: usize) -> Result<Vec<f32>, InferenceError> {
    let samples = padded(&chunk.samples);
    state
        .pcm_to_mel(&samples, n_threads)
        .and_then(|()| state.lang_detect(0, n_threads))
        .map(|(_, probabilities)| probabilities)
        .map_err(|error| InferenceError::Failed(format!("The language could not be detected ({error}).")))
}
