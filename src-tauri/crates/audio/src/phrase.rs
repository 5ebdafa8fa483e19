//! Where a phrase ends, while somebody speaks.

use std::collections::VecDeque;

use recordroute_core::{Chunk, samples_to_ms};

use crate::gain::AutoGain;
use crate::pack::{MAX_FRAMES, Packer, frames, quietest};
use crate::segment::{Flagged, Frame};

/// A pause of this length ends a phrase: most sentences end with one, few words do.
const END_FRAMES: usize = frames(500);

/// Of the pauses around a phrase this much goes with it, so that words keep their edges.
const PAD_FRAMES: usize = frames(350);

/// Who draws no breath is cut …
const LONGEST_FRAMES: usize = frames(12_000);

/// … at the quietest moment after this much.
const LONG_ENOUGH_FRAMES: usize = frames(7_000);

/// What was said without a pause, with a little silence around it.
#[derive(Debug, Default)]
pub(crate) struct Phrase {
    frames: Vec<Flagged>,
}

impl Phrase {
    pub fn n_frames(&self) -> usize {
        self.frames.len()
    }

    /// First millisecond in the recording.
    pub fn start_ms(&self) -> u64 {
        self.frames
            .first()
            .map_or(0, |first| samples_to_ms(first.frame.source_start))
    }

    /// One past its last millisecond.
    pub fn end_ms(&self) -> u64 {
        self.frames
            .last()
            .map_or(0, |last| samples_to_ms(source_end(&last.frame)))
    }
}

fn source_end(frame: &Frame) -> u64 {
    frame.source_start + frame.samples.len() as u64
}

/// Takes frames with a verdict in order, gives phrases in order.
#[derive(Debug, Default)]
pub(crate) struct PhraseCutter {
    /// The phrase under way, or the last of a pause.
    frames: VecDeque<Flagged>,
    in_phrase: bool,
    n_silent: usize,
}

impl PhraseCutter {
    /// Takes the next frame; gives the phrase that has ended by it.
    pub fn push(&mut self, flagged: Flagged) -> Option<Phrase> {
        let voiced = flagged.voiced;
        self.frames.push_back(flagged);
        if voiced {
            self.in_phrase = true;
            self.n_silent = 0;
            return (self.frames.len() >= LONGEST_FRAMES).then(|| {
                let late = self.frames.iter().skip(LONG_ENOUGH_FRAMES);
                self.cut(LONG_ENOUGH_FRAMES + quietest(late.map(|flagged| &flagged.frame)))
            });
        }
        if !self.in_phrase {
            if self.frames.len() > PAD_FRAMES {
                self.frames.pop_front();
            }
            return None;
        }
        self.n_silent += 1;
        (self.n_silent == END_FRAMES).then(|| {
            self.in_phrase = false;
            self.cut(self.frames.len() - (END_FRAMES - PAD_FRAMES))
        })
    }

    fn cut(&mut self, n_frames: usize) -> Phrase {
        Phrase {
            frames: self.frames.drain(..n_frames).collect(),
        }
    }
}

/// As many of the first phrases as fit into one chunk; at least one. Their loudness is evened out now that
/// all of it is known.
pub(crate) fn join(waiting: &mut VecDeque<Phrase>) -> Option<Chunk> {
    let (mut flags, mut even) = (Vec::new(), Vec::new());
    let mut gain = AutoGain::default();
    let mut n_frames = 0;
    while let Some(phrase) = waiting.pop_front() {
        n_frames += phrase.n_frames();
        for flagged in phrase.frames {
            flags.push(flagged.voiced);
            gain.push(flagged.frame, &mut even);
        }
        if waiting
            .front()
            .is_none_or(|next| n_frames + next.n_frames() > MAX_FRAMES)
        {
            break;
        }
    }
    gain.finish(&mut even);
    let (mut packer, mut chunks) = (Packer::default(), Vec::new());
    for (frame, voiced) in even.into_iter().zip(flags) {
        packer.push(Flagged { frame, voiced }, &mut chunks);
    }
    packer.finish(&mut chunks);
    chunks.pop()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::vad::FRAME_SAMPLES;

    /// Runs of (voiced, milliseconds, amplitude) as phrases.
    pub(crate) fn phrases(runs: &[(bool, usize, f32)]) -> VecDeque<Phrase> {
        let mut cutter = PhraseCutter::default();
        let mut source_start = 0;
        let mut phrases = VecDeque::new();
        for (voiced, ms, amplitude) in runs {
            for _ in 0..frames(*ms) {
                let frame = Frame {
                    samples: [*amplitude; FRAME_SAMPLES].into(),
                    source_start,
                    probability: if *voiced { 0.9 } else { 0.1 },
                    damaged: false,
                };
                source_start += FRAME_SAMPLES as u64;
                phrases.extend(cutter.push(Flagged {
                    frame,
                    voiced: *voiced,
                }));
            }
        }
        phrases
    }

    #[test]
    fn a_phrase_ends_with_a_pause_and_keeps_its_edges() {
        let said = phrases(&[
            (false, 5_000, 0.0),
            (true, 2_000, 0.2),
            (false, 400, 0.0),
            (true, 1_000, 0.2),
            (false, 600, 0.0),
            (true, 1_000, 0.2),
        ]);
        assert_eq!(said.len(), 1, "a breath is no end, and what goes on has none yet");
        let (start_ms, end_ms) = (said[0].start_ms(), said[0].end_ms());
        assert!(
            start_ms.abs_diff(4_650) < 64,
            "it begins a little before the voice: {start_ms}"
        );
        assert!(
            end_ms.abs_diff(8_650) < 130,
            "and ends a little after it: {end_ms}"
        );
    }

    #[test]
    fn who_draws_no_breath_is_cut_at_the_quietest() {
        let said = phrases(&[(true, 9_000, 0.2), (true, 128, 0.01), (true, 20_000, 0.2)]);
        assert!(
            said[0].end_ms().abs_diff(9_064) < 64,
            "between two words: {} ms",
            said[0].end_ms()
        );
        assert_eq!(said[1].start_ms(), said[0].end_ms(), "nothing is left out there");
    }

    #[test]
    fn phrases_that_wait_are_taken_together_up_to_a_window() {
        let mut said = phrases(&[(true, 6_000, 0.2), (false, 3_000, 0.0)].repeat(6));
        assert_eq!(said.len(), 6, "each is one");
        let chunk = join(&mut said).unwrap();
        assert_eq!(said.len(), 2, "four fit into 30 seconds");
        assert_eq!(chunk.map.pieces().len(), 4, "without the silence between them");
        assert_eq!(chunk.voice.len(), 4, "and it is known where the voice is");
        assert!(
            chunk.samples.len() <= Chunk::MAX_SAMPLES,
            "which is all that the model takes"
        );
        let rest = join(&mut said).unwrap();
        assert!(
            rest.map.source_start() > chunk.map.source_end(),
            "then come the others"
        );
        assert!(join(&mut said).is_none(), "and then nothing waits");
    }
}
