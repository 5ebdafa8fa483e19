//! Any sample rate to 16 kHz, streamed, without shifting anything in time.

use recordroute_core::SAMPLE_RATE_HZ;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler, WindowFunction};

use crate::AudioError;

/// Length of the anti-aliasing filter at the output rate. Longer is sharper and slower; 512 taps
/// keep everything below 7.7 kHz.
const FILTER_OUT_FRAMES: u64 = 512;

/// Turns mono frames at a source rate into 16 kHz mono.
pub(crate) struct To16k {
    source_rate_hz: u32,
    fft: Option<Fft<f32>>,
    waiting: Vec<f32>,
    output: Vec<f32>,
    n_delay_left: usize,
    n_in: u64,
    n_out: u64,
}

impl To16k {
    pub(crate) fn new(source_rate_hz: u32) -> Result<Self, AudioError> {
        let fft = if source_rate_hz == SAMPLE_RATE_HZ {
            None
        } else {
            let n_in = FILTER_OUT_FRAMES * u64::from(source_rate_hz) / u64::from(SAMPLE_RATE_HZ);
            let fft = Fft::new_custom(
                source_rate_hz as usize,
                SAMPLE_RATE_HZ as usize,
                (n_in as usize).max(64),
                1,
                1,
                WindowFunction::BlackmanHarris2,
                FixedSync::Both,
            )
            .map_err(|error| {
                tracing::warn!(%error, source_rate_hz, "no resampler");
                AudioError::UnsupportedFormat {
                    format: format!("a recording at {source_rate_hz} Hz"),
                }
            })?;
            Some(fft)
        };
        let n_delay_left = fft.as_ref().map_or(0, Resampler::output_delay);
        let n_output = fft.as_ref().map_or(0, Resampler::output_frames_max);
        Ok(Self {
            source_rate_hz,
            fft,
            waiting: Vec::new(),
            output: vec![0.0; n_output],
            n_delay_left,
            n_in: 0,
            n_out: 0,
        })
    }

    pub(crate) fn source_rate_hz(&self) -> u32 {
        self.source_rate_hz
    }

    /// Resamples `frames` and appends what is ready to `out`.
    pub(crate) fn push(&mut self, frames: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        self.n_in += frames.len() as u64;
        let Some(n_chunk) = self.fft.as_ref().map(Resampler::input_frames_next) else {
            self.n_out += frames.len() as u64;
            out.extend_from_slice(frames);
            return Ok(());
        };
        let mut rest = frames;
        if !self.waiting.is_empty() {
            let n_taken = rest.len().min(n_chunk - self.waiting.len());
            let (taken, left) = rest.split_at(n_taken);
            self.waiting.extend_from_slice(taken);
            rest = left;
            if self.waiting.len() == n_chunk {
                let waiting = std::mem::take(&mut self.waiting);
                self.process(&waiting, out)?;
                self.waiting = waiting;
                self.waiting.clear();
            }
        }
        let chunks = rest.chunks_exact(n_chunk);
        let remainder = chunks.remainder();
        for chunk in chunks {
            self.process(chunk, out)?;
        }
        self.waiting.extend_from_slice(remainder);
        Ok(())
    }

    /// Appends everything that is still under way; afterwards the total is exactly the source's
    /// length at 16 kHz, rounded.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), AudioError> {
        if self.fft.is_none() {
            return Ok(());
        }
        let rate = u64::from(self.source_rate_hz);
        let n_total = (self.n_in * u64::from(SAMPLE_RATE_HZ) + rate / 2) / rate;
        let waiting = std::mem::take(&mut self.waiting);
        let mut last: &[f32] = &waiting;
        while self.n_out < n_total {
            self.process(last, out)?;
            last = &[];
        }
        let n_surplus = usize::try_from(self.n_out - n_total).unwrap_or(usize::MAX);
        out.truncate(out.len().saturating_sub(n_surplus));
        self.n_out = n_total;
        Ok(())
    }

    fn process(&mut self, chunk: &[f32], out: &mut Vec<f32>) -> Result<(), AudioError> {
        let Some(fft) = self.fft.as_mut() else {
            return Ok(());
        };
        let failed = |error: String| AudioError::Damaged(format!("its sound cannot be resampled ({error})"));
        let n_output = self.output.len();
        let input =
            InterleavedSlice::new(chunk, 1, chunk.len()).map_err(|error| failed(error.to_string()))?;
        let mut output = InterleavedSlice::new_mut(&mut self.output, 1, n_output)
            .map_err(|error| failed(error.to_string()))?;
        let indexing = Indexing::new().partial_len(chunk.len());
        let (_, n_done) = fft
            .process_into_buffer(&input, &mut output, Some(&indexing))
            .map_err(|error| failed(error.to_string()))?;
        let n_skipped = self.n_delay_left.min(n_done);
        self.n_delay_left -= n_skipped;
        let ready = self.output.get(n_skipped..n_done).unwrap_or_default();
        self.n_out += ready.len() as u64;
        out.extend_from_slice(ready);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_stays_where_it_was_at_every_rate() {
        for rate_hz in [
            4_000, 8_000, 11_025, 22_050, 44_100, 44_101, 48_000, 96_000, 192_000, 384_000,
        ] {
            let mut frames = vec![0.0; rate_hz as usize * 2];
            let at = rate_hz as usize;
            frames[at..at + 3].fill(0.9);
            let mut resampler = To16k::new(rate_hz).expect("a rate within the limits");
            let mut out = Vec::new();
            for piece in frames.chunks(1_000) {
                resampler.push(piece, &mut out).expect("samples go through");
            }
            resampler.finish(&mut out).expect("the rest comes out");
            assert_eq!(out.len(), 32_000, "two seconds stay two seconds at {rate_hz} Hz");
            let (peak, _) = out
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
                .expect("there are samples");
            assert!(
                peak.abs_diff(16_000) <= 8,
                "the click at 1 s came out at sample {peak} at {rate_hz} Hz"
            );
        }
    }

    #[test]
    fn tones_keep_their_level_and_aliases_vanish() {
        let rms = |frequency: f64| {
            let frames: Vec<f32> = (0..88_200)
                .map(|i| (f64::from(i) * frequency * std::f64::consts::TAU / 44_100.0).sin() as f32 * 0.5)
                .collect();
            let mut resampler = To16k::new(44_100).expect("a common rate");
            let mut out = Vec::new();
            resampler.push(&frames, &mut out).expect("samples go through");
            resampler.finish(&mut out).expect("the rest comes out");
            let middle = &out[8_000..24_000];
            (middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32).sqrt()
        };
        assert!((rms(440.0) - 0.3536).abs() < 0.002, "a tone keeps its level");
        assert!(
            (rms(7_500.0) - 0.3536).abs() < 0.004,
            "sibilants keep their level"
        );
        for frequency in [8_100.0, 9_000.0, 12_000.0, 20_000.0] {
            let alias = rms(frequency);
            assert!(
                alias < 0.3536e-4,
                "what 16 kHz cannot hold must not fold back, not even 80 dB lower: {frequency} Hz, {alias}"
            );
        }
    }
}
