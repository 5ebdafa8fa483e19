//! Follows another clock: reads frames at a step that may change a little all the time.

/// Interpolates between four frames (Catmull-Rom). Steps are near 1 or below, where that is clean; for
/// larger ones frames are averaged first, so that what the file cannot hold does not fold into it.
#[derive(Debug)]
pub(crate) struct Stepper {
    n_channels: usize,
    /// Frames that are still needed, interleaved.
    frames: Vec<f32>,
    /// Where the next frame is read, in frames from the second that is held.
    position: f64,
}

impl Stepper {
    pub fn new(n_channels: usize) -> Self {
        Self {
            n_channels,
            // Silence before the first frame, for it to have a neighbour.
            frames: vec![0.0; n_channels],
            position: 0.0,
        }
    }

    /// Reads through `input` in steps of so many frames, appending what is read.
    pub fn process(&mut self, input: &[f32], step: f64, out: &mut Vec<f32>) {
        let width = step.round() as usize;
        if width > 1 {
            self.push_averaged(input, width);
        } else {
            self.frames.extend_from_slice(input);
        }
        let n_frames = self.frames.len() / self.n_channels;
        // Frame k of the input is held at k + 1; reading at k needs k - 1 to k + 2.
        while (self.position as usize) + 3 < n_frames {
            let first = self.position as usize;
            let t = (self.position - first as f64) as f32;
            for channel in 0..self.n_channels {
                let frame = |idx: usize| {
                    self.frames
                        .get((first + idx) * self.n_channels + channel)
                        .copied()
                };
                let [a, b, c, d] = [0, 1, 2, 3].map(|idx| frame(idx).unwrap_or(0.0));
                let slope = c - a;
                let curve = 2.0 * a - 5.0 * b + 4.0 * c - d;
                let twist = 3.0 * (b - c) + d - a;
                out.push(b + 0.5 * t * (slope + t * (curve + t * twist)));
            }
            self.position += step;
        }
        let n_done = (self.position as usize).min(n_frames.saturating_sub(1));
        self.frames.drain(..n_done * self.n_channels);
        self.position -= n_done as f64;
    }

    fn push_averaged(&mut self, input: &[f32], width: usize) {
        let n_frames = input.len() / self.n_channels;
        for idx in 0..n_frames {
            let from = (idx + 1).saturating_sub(width);
            for channel in 0..self.n_channels {
                let sum: f32 = (from..=idx)
                    .filter_map(|frame| input.get(frame * self.n_channels + channel))
                    .sum();
                self.frames.push(sum / (idx - from + 1) as f32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_stays_a_tone_at_any_step() {
        for (step, why) in [
            (1.0, "as it is"),
            (0.999, "a little slower"),
            (44_100.0 / 48_000.0, "another rate"),
        ] {
            let tone = |position: f64| (position * 0.05).sin() as f32;
            let input: Vec<f32> = (0..20_000).map(|idx| tone(f64::from(idx))).collect();
            let mut stepper = Stepper::new(1);
            let mut out = Vec::new();
            for block in input.chunks(333) {
                stepper.process(block, step, &mut out);
            }
            let expected = 20_000.0 / step;
            assert!(
                (out.len() as f64 - expected).abs() < 5.0,
                "{why}: as long as it should be"
            );
            let worst = out
                .iter()
                .enumerate()
                .skip(2)
                .map(|(idx, sample)| (sample - tone(idx as f64 * step)).abs())
                .fold(0.0, f32::max);
            assert!(
                worst < 1e-3,
                "{why}: each frame is where it belongs, off by {worst}"
            );
        }
    }
}
