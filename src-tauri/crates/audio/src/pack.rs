//! Packs speech into chunks of up to 30 seconds, cut in pauses, with long silences left out.

use std::collections::VecDeque;

use recordroute_core::{Chunk, SAMPLE_RATE_HZ, TimeMap, VoiceSpan, samples_to_ms};

use crate::segment::{Flagged, Frame};
use crate::vad::FRAME_SAMPLES;

pub(crate) const fn frames(ms: usize) -> usize {
    ms * SAMPLE_RATE_HZ as usize / 1_000 / FRAME_SAMPLES
}

/// A full chunk.
pub(crate) const MAX_FRAMES: usize = Chunk::MAX_SAMPLES / FRAME_SAMPLES;

/// Pauses up to this length stay as they are: somebody may murmur in them below what the detector
/// hears.
const JOIN_FRAMES: usize = frames(2_000);

/// Of a longer pause this much stays after speech …
const PAD_AFTER_FRAMES: usize = frames(400);

/// … and this much before it, so that words keep their edges and the model hears a pause.
const PAD_BEFORE_FRAMES: usize = frames(400);

/// A chunk is cut in the longest pause after this much of it …
const FULL_ENOUGH_FRAMES: usize = frames(24_000);

/// … or else in the longest after this much …
const HALF_FULL_FRAMES: usize = frames(12_000);

/// … or else, where nobody draws breath, at the quietest moment of its last five seconds.
const QUIET_SEARCH_FRAMES: usize = frames(5_000);

/// The quietest moment is looked for in windows of 96 ms: a closed consonant is shorter.
const QUIET_WINDOW_FRAMES: usize = 3;

#[derive(Debug)]
struct Kept {
    frame: Frame,
    voiced: bool,
}

impl Kept {
    fn source_end(&self) -> u64 {
        self.frame.source_start + self.frame.samples.len() as u64
    }
}

/// The middle of the quietest moment among frames; their end where there are too few to have one.
pub(crate) fn quietest<'a>(frames: impl Iterator<Item = &'a Frame>) -> usize {
    let energy = |frame: &Frame| frame.samples.iter().map(|sample| sample * sample).sum();
    let energies: Vec<f32> = frames.map(energy).collect();
    energies
        .windows(QUIET_WINDOW_FRAMES)
        .map(|window| window.iter().sum::<f32>())
        .enumerate()
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map_or(energies.len(), |(idx, _)| idx + QUIET_WINDOW_FRAMES / 2)
}

/// Takes flagged frames in order, gives chunks in order.
#[derive(Debug, Default)]
pub(crate) struct Packer {
    /// What the chunk under way will hold.
    kept: Vec<Kept>,
    /// Frames since the last speech of which it is not known whether they will be kept.
    pause: VecDeque<Frame>,
    /// The pause is long: its beginning was kept, of the rest only the end will be.
    pause_is_long: bool,
    n_chunks: usize,
}

impl Packer {
    /// Takes the next frame; appends to `out` the chunk that is full by it.
    pub(crate) fn push(&mut self, flagged: Flagged, out: &mut Vec<Chunk>) {
        if !flagged.voiced {
            self.push_pause(flagged.frame);
            return;
        }
        self.kept
            .extend(self.pause.drain(..).map(|frame| Kept { frame, voiced: false }));
        self.pause_is_long = false;
        self.kept.push(Kept {
            frame: flagged.frame,
            voiced: true,
        });
        while self.kept.len() > MAX_FRAMES {
            let rest = self.kept.split_off(self.cut_at());
            let full = std::mem::replace(&mut self.kept, rest);
            out.push(self.chunk(full));
        }
    }

    /// The chunk under way, at the end of the recording.
    pub(crate) fn finish(&mut self, out: &mut Vec<Chunk>) {
        if !self.pause_is_long {
            self.keep_after_speech();
        }
        self.pause.clear();
        let last = std::mem::take(&mut self.kept);
        if last.iter().any(|kept| kept.voiced) {
            out.push(self.chunk(last));
        }
    }

    fn push_pause(&mut self, frame: Frame) {
        self.pause.push_back(frame);
        if self.kept.is_empty() {
            self.pause_is_long = true;
        }
        if !self.pause_is_long && self.pause.len() > JOIN_FRAMES {
            self.keep_after_speech();
            self.pause_is_long = true;
        }
        if self.pause_is_long {
            while self.pause.len() > PAD_BEFORE_FRAMES {
                self.pause.pop_front();
            }
        }
    }

    /// Keeps the beginning of the pause, as far as the chunk has room.
    fn keep_after_speech(&mut self) {
        let room = MAX_FRAMES.saturating_sub(self.kept.len());
        let n_kept = PAD_AFTER_FRAMES.min(self.pause.len()).min(room);
        self.kept.extend(
            self.pause
                .drain(..n_kept)
                .map(|frame| Kept { frame, voiced: false }),
        );
    }

    /// Number of frames after which the chunk, which is too long, is best cut.
    fn cut_at(&self) -> usize {
        let pauses = self.pauses();
        let longest = |range: std::ops::RangeInclusive<usize>| {
            pauses
                .iter()
                .filter(|(cut, _)| range.contains(cut))
                .max_by_key(|(cut, n_samples)| (*n_samples, *cut))
                .map(|(cut, _)| *cut)
        };
        longest(FULL_ENOUGH_FRAMES..=MAX_FRAMES)
            .or_else(|| longest(HALF_FULL_FRAMES..=FULL_ENOUGH_FRAMES))
            .unwrap_or_else(|| self.quietest())
    }

    /// Places to cut, with the length that each pause has in the recording, in samples.
    fn pauses(&self) -> Vec<(usize, u64)> {
        let mut pauses = Vec::new();
        let mut start = 0;
        while start < self.kept.len() {
            let n_silent = self
                .kept
                .iter()
                .skip(start)
                .take_while(|kept| !kept.voiced)
                .count();
            if n_silent == 0 {
                start += 1;
                continue;
            }
            let run = self.kept.get(start..start + n_silent).unwrap_or_default();
            // Where silence was left out is the place; otherwise the middle.
            let seam = run
                .windows(2)
                .position(|pair| matches!(pair, [a, b] if a.source_end() != b.frame.source_start));
            let cut = start + seam.map_or(n_silent / 2, |seam_idx| seam_idx + 1);
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                let n_samples = last.source_end().saturating_sub(first.frame.source_start);
                pauses.push((cut.min(MAX_FRAMES), n_samples));
            }
            start += n_silent;
        }
        pauses.retain(|(cut, _)| *cut > 0);
        pauses
    }

    fn quietest(&self) -> usize {
        let first = MAX_FRAMES - QUIET_SEARCH_FRAMES;
        let last_seconds = self.kept.get(first..MAX_FRAMES).unwrap_or_default();
        first + quietest(last_seconds.iter().map(|kept| &kept.frame))
    }

    fn chunk(&mut self, kept: Vec<Kept>) -> Chunk {
        let mut map = TimeMap::new();
        let mut samples = Vec::with_capacity(kept.len() * FRAME_SAMPLES);
        for one in &kept {
            map.push(one.frame.source_start, one.frame.samples.len() as u64);
            samples.extend_from_slice(&one.frame.samples);
        }
        let idx = self.n_chunks;
        self.n_chunks += 1;
        Chunk {
            idx,
            samples,
            map,
            voice: voice_spans(&kept),
            damaged: kept.iter().any(|one| one.frame.damaged),
        }
    }
}

fn voice_spans(kept: &[Kept]) -> Vec<VoiceSpan> {
    let mut spans = Vec::new();
    let mut position: u64 = 0;
    for run in kept.chunk_by(|a, b| a.voiced == b.voiced) {
        let start = position;
        position += run.iter().map(|one| one.frame.samples.len() as u64).sum::<u64>();
        if run.first().is_some_and(|one| one.voiced) {
            let sum: f32 = run.iter().map(|one| one.frame.probability).sum();
            spans.push(VoiceSpan {
                start_ms: samples_to_ms(start),
                end_ms: samples_to_ms(position),
                probability: sum / run.len() as f32,
            });
        }
    }
    spans
}

#[cfg(test)]
mod tests;
