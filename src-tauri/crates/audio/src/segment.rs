//! From probabilities to speech and pauses, with hysteresis.

use std::collections::VecDeque;

/// Probability from which a pause may end.
pub(crate) const ENTER_PROBABILITY: f32 = 0.35;

/// Probability below which speech may end.
pub(crate) const LEAVE_PROBABILITY: f32 = 0.2;

/// Frames above the upper threshold that make speech: 64 ms; a shorter burst is a click.
const MIN_SPEECH_FRAMES: usize = 2;

/// Frames below the lower threshold that make a pause: 320 ms; shorter ones lie between words.
const MIN_SILENCE_FRAMES: usize = 10;

/// 32 ms of sound.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    /// Shorter than a full frame only at the end of the recording.
    pub samples: Box<[f32]>,
    /// Position in the recording.
    pub source_start: u64,
    /// Probability of speech; 1 until the detector has heard it.
    pub probability: f32,
    pub damaged: bool,
}

/// A frame and the verdict on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flagged {
    pub frame: Frame,
    pub voiced: bool,
}

/// Decides for each frame whether it belongs to speech, some frames after the fact.
#[derive(Debug, Default)]
pub(crate) struct Segmenter {
    in_speech: bool,
    undecided: VecDeque<Frame>,
    /// Frames at the end of `undecided` that speak for a change.
    n_contrary: usize,
}

impl Segmenter {
    /// Takes the next frame; appends to `out` what is decided by it.
    pub(crate) fn push(&mut self, frame: Frame, out: &mut Vec<Flagged>) {
        let probability = frame.probability;
        self.undecided.push_back(frame);
        if self.in_speech {
            self.n_contrary = if probability < LEAVE_PROBABILITY {
                self.n_contrary + 1
            } else {
                0
            };
            if self.n_contrary == 0 {
                self.decide(true, out);
            } else if self.n_contrary == MIN_SILENCE_FRAMES {
                self.in_speech = false;
                self.n_contrary = 0;
                self.decide(false, out);
            }
        } else {
            // Frames between the thresholds neither make speech nor unmake its beginning.
            if probability >= ENTER_PROBABILITY {
                self.n_contrary += 1;
            } else if probability < LEAVE_PROBABILITY {
                self.n_contrary = 0;
                self.decide(false, out);
            }
            if self.n_contrary == MIN_SPEECH_FRAMES {
                self.in_speech = true;
                self.n_contrary = 0;
                self.decide(true, out);
            } else if self.undecided.len() > MIN_SILENCE_FRAMES {
                self.n_contrary = 0;
                self.decide(false, out);
            }
        }
    }

    /// Decides what is left at the end of the recording.
    pub(crate) fn finish(&mut self, out: &mut Vec<Flagged>) {
        // Speech that the end of the recording cuts off is speech; a single trailing frame is not.
        let voiced = self.in_speech;
        let n_voiced = if voiced {
            self.undecided.len() - self.n_contrary
        } else {
            0
        };
        for (frame_idx, frame) in self.undecided.drain(..).enumerate() {
            out.push(Flagged {
                frame,
                voiced: frame_idx < n_voiced,
            });
        }
        self.n_contrary = 0;
    }

    fn decide(&mut self, voiced: bool, out: &mut Vec<Flagged>) {
        out.extend(self.undecided.drain(..).map(|frame| Flagged { frame, voiced }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(probabilities: &[f32]) -> Vec<bool> {
        let mut segmenter = Segmenter::default();
        let mut out = Vec::new();
        for probability in probabilities {
            let frame = Frame {
                samples: Box::default(),
                source_start: 0,
                probability: *probability,
                damaged: false,
            };
            segmenter.push(frame, &mut out);
        }
        segmenter.finish(&mut out);
        assert_eq!(
            out.len(),
            probabilities.len(),
            "each frame gets exactly one verdict"
        );
        out.iter().map(|flagged| flagged.voiced).collect()
    }

    #[test]
    fn clicks_are_no_speech_and_short_pauses_no_pauses() {
        let click = [[0.0; 10].as_slice(), &[0.9; 1], &[0.0; 30]].concat();
        assert!(!flags(&click).contains(&true), "32 ms are a click");
        let words = [
            [0.0; 10].as_slice(),
            &[0.9; 20],
            &[0.1; 5],
            &[0.9; 20],
            &[0.0; 40],
        ]
        .concat();
        let voiced = flags(&words);
        assert_eq!(
            voiced.iter().filter(|voiced| **voiced).count(),
            45,
            "a pause of 160 ms between words belongs to them"
        );
        assert!(
            voiced[10] && voiced[54] && !voiced[55],
            "edges are where they were"
        );
    }

    #[test]
    fn a_doubtful_onset_belongs_to_the_speech_after_it() {
        let voiced = flags(&[[0.0; 5].as_slice(), &[0.3; 4], &[0.9; 10], &[0.0; 30]].concat());
        assert!(
            voiced[5],
            "frames between the thresholds right before speech are its onset"
        );
        let doubtful = flags(&[0.3; 200]);
        assert!(!doubtful.contains(&true), "doubt alone never becomes speech");
    }

    #[test]
    fn speech_at_the_very_end_counts() {
        let voiced = flags(&[[0.0; 5].as_slice(), &[0.9; 10], &[0.1; 3]].concat());
        assert!(voiced[14], "the end of the file does not take the last word");
        assert!(!voiced[17], "what comes after the last word is silence");
    }
}
