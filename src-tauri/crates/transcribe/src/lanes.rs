//! Decodes several chunks side by side and hands them out in order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, mpsc};

use recordroute_core::{
    CancellationToken, Chunk, DetectedLanguage, InferenceError, Outcome, SAMPLE_RATE_HZ, Segment,
    TranscribeOptions, TranscribedChunk, ms_to_samples, samples_to_ms,
};
use whisper_rs::{WhisperContext, WhisperState};

use crate::attempts::{self, Settled};
use crate::guards::{self, Evidence, Verdict};
use crate::pieces::{self, TimedTokens};
use crate::seams;
use crate::window::Token;
use crate::words;

/// Windows that one chunk may take.
const MAX_WINDOWS: usize = 4;
/// Voice after the model has stopped that is worth another window.
const MIN_REST_MS: u64 = 1_000;
/// What all lanes of a run share.
pub(crate) struct Task<'a> {
    pub(crate) context: &'a WhisperContext,
    pub(crate) options: &'a TranscribeOptions,
    pub(crate) language: DetectedLanguage,
    pub(crate) prompt: Option<String>,
    /// Threads of one lane.
    pub(crate) n_threads: usize,
    /// Somebody waits for the text while he speaks.
    pub(crate) in_a_hurry: bool,
    pub(crate) cancel: &'a CancellationToken,
}

/// A chunk's place in the order of handing out, and what became of it; `None` where cancelled.
type Done = (usize, Result<Option<TranscribedChunk>, InferenceError>);

/// Runs until the source is empty, a chunk fails, or somebody cancels.
pub(crate) fn run(
    states: &mut [WhisperState],
    chunks: &mut (dyn Iterator<Item = Result<Chunk, String>> + Send),
    task: &Task<'_>,
    sink: &mut dyn FnMut(TranscribedChunk) -> bool,
) -> Result<Outcome, InferenceError> {
    let source = Mutex::new((0_usize, chunks));
    // Lanes that are ahead wait at the full channel instead of heaping up results.
    let (sender, results) = mpsc::sync_channel::<Done>(states.len() * 2);
    std::thread::scope(|scope| {
        for state in states {
            let (sender, source) = (sender.clone(), &source);
            scope.spawn(move || {
                loop {
                    let (place, chunk) = {
                        let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                        if task.cancel.is_cancelled() {
                            return;
                        }
                        let Some(chunk) = source.1.next() else { return };
                        source.0 += 1;
                        (source.0 - 1, chunk)
                    };
                    let done = chunk
                        .map_err(InferenceError::Source)
                        .and_then(|chunk| transcribe(state, &chunk, task));
                    let is_last = !matches!(done, Ok(Some(_)));
                    if sender.send((place, done)).is_err() || is_last {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut next = 0;
        for (place, done) in results {
            early.insert(place, done);
            while let Some(done) = early.remove(&next) {
                next += 1;
                let Some(chunk) = done? else {
                    return Ok(Outcome::Cancelled);
                };
                if !sink(chunk) {
                    return Ok(Outcome::Cancelled);
                }
            }
        }
        if task.cancel.is_cancelled() {
            Ok(Outcome::Cancelled)
        } else {
            Ok(Outcome::Complete)
        }
    })
}

fn transcribe(
    state: &mut WhisperState,
    chunk: &Chunk,
    task: &Task<'_>,
) -> Result<Option<TranscribedChunk>, InferenceError> {
    let mut segments = Vec::new();
    let mut offset_ms = 0;
    for _ in 0..MAX_WINDOWS {
        let first = usize::try_from(ms_to_samples(offset_ms)).unwrap_or(usize::MAX);
        let Some(samples) = chunk
            .samples
            .get(first..)
            .filter(|rest| rest.len() > SAMPLE_RATE_HZ as usize / 10)
        else {
            break;
        };
        let Some(Settled { window, loops }) =
            attempts::settle(state, samples, chunk.voiced_ms(offset_ms, u64::MAX), task)?
        else {
            return Ok(None);
        };
        let window_ms = samples_to_ms(samples.len() as u64);
        let stopped_ms = pieces::stopped_at_ms(&window.tokens);
        let is_empty = !window.tokens.iter().any(|token| matches!(token, Token::Text(_)));
        for piece in pieces::cut(window.tokens, window_ms) {
            for part in seams::part(piece, chunk, offset_ms, &task.language.code) {
                segments.extend(segment(chunk, offset_ms, &part, window.no_speech, loops, task));
            }
        }
        // The model sometimes stops in the middle of the speech: go on from there.
        let Some(stopped_ms) = stopped_ms.filter(|_| !is_empty) else {
            break;
        };
        let reached_ms = offset_ms + stopped_ms;
        if stopped_ms == 0 || chunk.voiced_ms(reached_ms, u64::MAX) < MIN_REST_MS {
            break;
        }
        offset_ms = reached_ms;
    }
    put_in_order(&mut segments);
    Ok(Some(TranscribedChunk {
        chunk_idx: chunk.idx,
        source_end_ms: samples_to_ms(chunk.map.source_end()),
        segments,
        language: task.language.clone(),
    }))
}

/// One segment with times of the recording; `None` where the guards drop it.
fn segment(
    chunk: &Chunk,
    offset_ms: u64,
    piece: &TimedTokens,
    no_speech: f32,
    loops: bool,
    task: &Task<'_>,
) -> Option<Segment> {
    let text = words::text(&piece.tokens).trim().to_owned();
    if text.is_empty() {
        return None;
    }
    let (from_ms, to_ms) = (offset_ms + piece.start_ms, offset_ms + piece.end_ms);
    let evidence = Evidence {
        voiced_share: chunk.voiced_share(from_ms, to_ms),
        voice_probability: guards::voice_probability(chunk, from_ms, to_ms),
        no_speech,
        confidence: words::confidence(&piece.tokens),
        loops,
        damaged: chunk.damaged,
    };
    let Verdict::Keep(flags) = guards::judge(&text, &evidence) else {
        tracing::debug!(
            chunk_idx = chunk.idx,
            ?evidence,
            "an invented sentence was dropped"
        );
        return None;
    };
    let start_ms = chunk.map.start_to_source_ms(from_ms);
    let end_ms = chunk.map.end_to_source_ms(to_ms).max(start_ms);
    let mut words = words::words(&piece.tokens, &task.language.code);
    let mut reached_ms = start_ms;
    for word in &mut words {
        // Inside the segment, and one after the other.
        word.start_ms = chunk
            .map
            .start_to_source_ms(offset_ms + word.start_ms)
            .clamp(reached_ms, end_ms);
        word.end_ms = chunk
            .map
            .end_to_source_ms(offset_ms + word.end_ms)
            .clamp(word.start_ms, end_ms);
        reached_ms = word.end_ms;
    }
    Some(Segment {
        start_ms,
        end_ms,
        text,
        confidence: evidence.confidence,
        speaker: None,
        flags,
        words,
    })
}

/// No segment begins before the one before it has ended.
fn put_in_order(segments: &mut [Segment]) {
    let mut reached_ms = 0;
    for segment in segments {
        segment.start_ms = segment.start_ms.max(reached_ms);
        segment.end_ms = segment.end_ms.max(segment.start_ms);
        for word in &mut segment.words {
            word.start_ms = word.start_ms.clamp(segment.start_ms, segment.end_ms);
            word.end_ms = word.end_ms.clamp(word.start_ms, segment.end_ms);
        }
        reached_ms = segment.end_ms;
    }
}
