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
const MAX_WINDOWS: usize = 8;
/// What was closed in less time does not tell how far a model came that had no room for more.
const MIN_ADVANCE_MS: u64 = 1_000;
/// What is shorter is not cut in two.
const MIN_HALVED_MS: u64 = 8_000;
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
    let n_samples = chunk.samples.len();
    // Stretches from one sample to another, the first one last.
    let mut waiting = vec![(0, n_samples)];
    for _ in 0..MAX_WINDOWS {
        let Some((first, end)) = waiting.pop() else { break };
        let samples = chunk.samples.get(first..end).unwrap_or_default();
        if samples.len() <= SAMPLE_RATE_HZ as usize / 10 {
            continue;
        }
        let offset_ms = samples_to_ms(first as u64);
        let end_ms = samples_to_ms(end as u64);
        let Some(Settled { mut window, loops }) =
            attempts::settle(state, samples, chunk.voiced_ms(offset_ms, end_ms), task)?
        else {
            return Ok(None);
        };
        let window_ms = samples_to_ms(samples.len() as u64);
        if window.is_full
            && !loops
            && !pieces::drop_open_end(&mut window.tokens, MIN_ADVANCE_MS)
            && window_ms >= MIN_HALVED_MS
        {
            // Nothing tells how far the model came: in less time less is said.
            let middle = first + quietest(samples);
            waiting.extend([(middle, end), (first, middle)]);
            continue;
        }
        let stopped_ms = pieces::stopped_at_ms(&window.tokens);
        let is_empty = !window.tokens.iter().any(|token| matches!(token, Token::Text(_)));
        for piece in pieces::cut(window.tokens, window_ms) {
            for part in seams::part(piece, chunk, offset_ms, &task.language.code) {
                segments.extend(segment(chunk, offset_ms, &part, window.no_speech, loops, task));
            }
        }
        // The model sometimes stops in the middle of the speech: go on from there.
        let Some(stopped_ms) = stopped_ms.filter(|ms| !is_empty && *ms > 0) else {
            continue;
        };
        let reached_ms = offset_ms + stopped_ms;
        if chunk.voiced_ms(reached_ms, end_ms) >= MIN_REST_MS {
            let reached = usize::try_from(ms_to_samples(reached_ms)).unwrap_or(usize::MAX);
            waiting.push((reached.min(end), end));
        }
    }
    put_in_order(&mut segments);
    Ok(Some(TranscribedChunk {
        chunk_idx: chunk.idx,
        source_end_ms: samples_to_ms(chunk.map.source_end()),
        segments,
        language: task.language.clone(),
    }))
}

/// Where it is quietest in the middle third, so that no word is cut where there is a pause.
fn quietest(samples: &[f32]) -> usize {
    /// Samples of a fifth of a second.
    const PAUSE: usize = SAMPLE_RATE_HZ as usize / 5;
    let third = samples.len() / 3;
    let power = |at: usize| -> f32 {
        let pause = samples.get(at - PAUSE / 2..at + PAUSE / 2).unwrap_or_default();
        pause.iter().map(|sample| sample * sample).sum()
    };
    let places = (third.max(PAUSE)..third * 2).step_by(PAUSE / 4);
    places
        .min_by(|one, other| power(*one).total_cmp(&power(*other)))
        .unwrap_or(samples.len() / 2)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_cut_where_it_is_quietest() {
        let mut samples = vec![0.3; 16_000 * 12];
        let pause = 16_000 * 7..16_000 * 7 + 8_000;
        samples[pause.clone()].fill(0.001);
        samples[16_000..32_000].fill(0.0);
        assert!(
            pause.contains(&quietest(&samples)),
            "not in a longer pause at its edge"
        );
        assert_eq!(quietest(&[0.1; 100]), 50, "of very little, in the middle");
    }
}
