use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use recordroute_core::{CancellationToken, Chunk, SAMPLE_RATE_HZ};

use crate::AudioError;
use crate::capture::Tail;
use crate::gain::QuickGain;
use crate::phrase::{Phrase, PhraseCutter, join};
use crate::resample::To16k;
use crate::segment::{Frame, Segmenter};
use crate::vad::{FRAME_SAMPLES, VoiceActivity};

/// How often the file is looked at.
const TICK: Duration = Duration::from_millis(100);

/// Who is further behind than this will never catch up …
const HOPELESS_MS: u64 = 60_000;

/// … and goes on with what was said in the last seconds.
const FRESH_MS: u64 = 10_000;

/// What was heard.
#[derive(Debug)]
pub enum Heard {
    /// One phrase, or several that waited, as one chunk.
    Speech(Chunk),
    /// What was said here was left out, because whoever takes the chunks is too slow.
    Skipped {
        /// From there in the recording.
        start_ms: u64,
        /// Up to there.
        end_ms: u64,
    },
}

/// What is being said in a recording that is being made. A thread of its own follows the file's end and
/// cuts what comes at pauses; whoever falls behind gets several phrases at once, so that he catches up.
///
/// The recorder knows nothing of this and cannot be disturbed by it. Cancelling ends the iteration.
pub struct Phrases {
    shared: Arc<Shared>,
    cancel: CancellationToken,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Phrase>,
    skipped: Option<(u64, u64)>,
    error: Option<AudioError>,
    position_ms: u64,
    ended: bool,
}

impl Phrases {
    /// Follows a recording from a moment on.
    pub fn open(path: &Path, start_ms: u64, cancel: CancellationToken) -> Result<Self, AudioError> {
        let tail = Tail::open(path, start_ms)?;
        let cancel = cancel.child_token();
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let listener = Listener {
            to_16k: To16k::new(tail.sample_rate_hz())?,
            n_framed: tail.position_ms() * u64::from(SAMPLE_RATE_HZ) / 1_000,
            tail,
            waiting: Vec::new(),
            gain: QuickGain::default(),
            voice: VoiceActivity::new(),
            segmenter: Segmenter::default(),
            cutter: PhraseCutter::default(),
            shared: Arc::clone(&shared),
            cancel: cancel.clone(),
        };
        std::thread::Builder::new()
            .name("listen".to_owned())
            .spawn(move || listener.run())?;
        Ok(Self { shared, cancel })
    }

    /// For how long the oldest phrase has waited; 0 where none does.
    pub fn behind_ms(&self) -> u64 {
        let state = self.shared.lock();
        state
            .waiting
            .front()
            .map_or(0, |oldest| state.position_ms.saturating_sub(oldest.end_ms()))
    }
}

impl Iterator for Phrases {
    type Item = Result<Heard, AudioError>;

    /// Waits until somebody has said something.
    fn next(&mut self) -> Option<Self::Item> {
        let mut state = self.shared.lock();
        loop {
            if self.cancel.is_cancelled() {
                return None;
            }
            if let Some((start_ms, end_ms)) = state.skipped.take() {
                return Some(Ok(Heard::Skipped { start_ms, end_ms }));
            }
            if let Some(chunk) = join(&mut state.waiting) {
                return Some(Ok(Heard::Speech(chunk)));
            }
            if let Some(error) = state.error.take() {
                return Some(Err(error));
            }
            if state.ended {
                return None;
            }
            // Woken by what comes, and now and then to see whether it was cancelled.
            let woken = self.shared.changed.wait_timeout(state, TICK);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Phrases {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, phrase: Phrase) {
        let now_ms = phrase.end_ms();
        self.waiting.push_back(phrase);
        let is_older = |phrase: &Phrase, than_ms| now_ms.saturating_sub(phrase.end_ms()) > than_ms;
        if !self
            .waiting
            .front()
            .is_some_and(|oldest| is_older(oldest, HOPELESS_MS))
        {
            return;
        }
        while self
            .waiting
            .front()
            .is_some_and(|oldest| is_older(oldest, FRESH_MS))
            && let Some(old) = self.waiting.pop_front()
        {
            let (start_ms, _) = *self.skipped.get_or_insert((old.start_ms(), 0));
            self.skipped = Some((start_ms, old.end_ms()));
        }
    }
}

/// The thread's side.
struct Listener {
    tail: Tail,
    to_16k: To16k,
    /// Samples that do not fill a frame yet.
    waiting: Vec<f32>,
    n_framed: u64,
    gain: QuickGain,
    voice: VoiceActivity,
    segmenter: Segmenter,
    cutter: PhraseCutter,
    shared: Arc<Shared>,
    cancel: CancellationToken,
}

impl Listener {
    fn run(mut self) {
        let mut mono = Vec::new();
        while !self.cancel.is_cancelled() {
            match self.advance(&mut mono) {
                Ok(true) => {}
                Ok(false) => std::thread::sleep(TICK),
                Err(error) => {
                    self.shared.lock().error = Some(error);
                    break;
                }
            }
        }
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }

    /// Goes on with what is new in the file; tells whether there may be more.
    fn advance(&mut self, mono: &mut Vec<f32>) -> Result<bool, AudioError> {
        mono.clear();
        let may_be_more = self.tail.read(mono)?;
        self.to_16k.push(mono, &mut self.waiting)?;
        let waiting = std::mem::take(&mut self.waiting);
        let frames = waiting.chunks_exact(FRAME_SAMPLES);
        self.waiting.extend_from_slice(frames.remainder());
        let mut phrases = Vec::new();
        frames.for_each(|samples| self.listen(samples, &mut phrases));
        let mut state = self.shared.lock();
        state.position_ms = self.tail.position_ms();
        let has_news = !phrases.is_empty();
        phrases.into_iter().for_each(|phrase| state.push(phrase));
        drop(state);
        if has_news {
            self.shared.changed.notify_all();
        }
        Ok(may_be_more)
    }

    fn listen(&mut self, samples: &[f32], phrases: &mut Vec<Phrase>) {
        let mut audible = samples.to_vec();
        self.gain.apply(&mut audible);
        let frame = Frame {
            samples: samples.into(),
            source_start: self.n_framed,
            probability: self.voice.probability(&audible),
            damaged: false,
        };
        self.n_framed += samples.len() as u64;
        let mut flagged = Vec::new();
        self.segmenter.push(frame, &mut flagged);
        phrases.extend(
            flagged
                .into_iter()
                .filter_map(|flagged| self.cutter.push(flagged)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::tests::phrases;

    #[test]
    fn who_is_hopelessly_behind_goes_on_with_the_present_and_is_told() {
        let mut state = State::default();
        let said = phrases(&[(true, 3_000, 0.2), (false, 3_000, 0.0)].repeat(20));
        let mut n_pushed = 0;
        for phrase in said {
            state.push(phrase);
            n_pushed += 1;
            if state.skipped.is_some() {
                break;
            }
            assert_eq!(state.waiting.len(), n_pushed, "up to a minute everything waits");
        }
        assert_eq!(n_pushed, 12, "a minute after the end of the first that waits");
        assert_eq!(state.waiting.len(), 2, "the last ten seconds are kept");
        let (start_ms, end_ms) = state.skipped.unwrap();
        assert_eq!(start_ms, 0, "what is left out begins with the first");
        let kept_ms = state.waiting[0].start_ms();
        assert!(
            end_ms < kept_ms && kept_ms - end_ms < 3_000,
            "and ends before the first that is kept"
        );
    }
}
