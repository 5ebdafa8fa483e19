//! Who speaks when in a file whose channels are two devices: the one that is louder then.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::CaptureError;
use super::file::{HEAD_BYTES, measure};
use super::source::SampleWidth;

/// Steps a second in which loudness is kept; a syllable is longer.
const STEPS_PER_SECOND: u64 = 10;

/// Quieter than this on both channels nobody is heard, in decibels of full scale.
const NOBODY_DB: f32 = -65.0;

/// Loudness of two channels over time: two bytes a step, left then right, each twice the decibels
/// above -120. Five hours are 360 kB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelLoudness {
    bytes: Vec<u8>,
}

impl ChannelLoudness {
    /// Reads a finished file of two channels.
    pub fn of_file(path: &Path) -> Result<Self, CaptureError> {
        let io = |source| CaptureError::Io {
            path: path.to_owned(),
            source,
        };
        let found = measure(path)?;
        let width = found.format.width;
        let frame_bytes = width.n_bytes() * usize::from(found.format.n_channels.max(1));
        let step_frames = u64::from(found.format.sample_rate_hz)
            .div_ceil(STEPS_PER_SECOND)
            .max(1);
        let mut file = File::open(path).map_err(io)?;
        file.seek(SeekFrom::Start(HEAD_BYTES)).map_err(io)?;
        let mut reader = BufReader::with_capacity(1 << 18, file);
        let mut step = vec![0_u8; step_frames as usize * frame_bytes];
        let mut bytes = Vec::new();
        for _ in 0..found.n_frames / step_frames {
            reader.read_exact(&mut step).map_err(io)?;
            let mut sums = [0.0_f64; 2];
            for frame in step.chunks_exact(frame_bytes) {
                for (sum, sample) in sums.iter_mut().zip(frame.chunks_exact(width.n_bytes())) {
                    let sample = f64::from(decoded(sample, width));
                    *sum += sample * sample;
                }
            }
            bytes.extend(sums.map(|sum| to_byte((sum / step_frames as f64) as f32)));
        }
        Ok(Self { bytes })
    }

    /// What was stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// To be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The louder channel in a stretch, 0 or 1; none where nobody is heard, or it is not known.
    pub fn louder(&self, start_ms: u64, end_ms: u64) -> Option<usize> {
        let at = |ms: u64| usize::try_from(ms * STEPS_PER_SECOND / 1_000).unwrap_or(usize::MAX);
        let last = at(end_ms.max(start_ms))
            .saturating_add(1)
            .saturating_mul(2)
            .min(self.bytes.len());
        let steps = self.bytes.get(at(start_ms).saturating_mul(2)..last)?;
        let mut powers = [0.0_f32; 2];
        for step in steps.chunks_exact(2) {
            for (power, byte) in powers.iter_mut().zip(step) {
                *power += to_power(*byte);
            }
        }
        let [left, right] = powers;
        let floor = 10.0_f32.powf(NOBODY_DB / 10.0) * (steps.len() / 2) as f32;
        (left.max(right) > floor).then_some(usize::from(right > left))
    }
}

fn decoded(sample: &[u8], width: SampleWidth) -> f32 {
    match (width, sample) {
        (SampleWidth::Bits16, [low, high]) => f32::from(i16::from_le_bytes([*low, *high])) / 32_768.0,
        (SampleWidth::Bits24, [low, middle, high]) => {
            i32::from_le_bytes([0, *low, *middle, *high]) as f32 / 2_147_483_648.0
        }
        _ => 0.0,
    }
}

fn to_byte(power: f32) -> u8 {
    let decibels = 10.0 * power.max(1e-12).log10();
    ((decibels + 120.0) * 2.0).round() as u8
}

fn to_power(byte: u8) -> f32 {
    10.0_f32.powf((f32::from(byte) / 2.0 - 120.0) / 10.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::capture::file::{CaptureFile, CaptureFormat};

    #[test]
    fn the_louder_channel_is_who_speaks() {
        for width in [SampleWidth::Bits16, SampleWidth::Bits24] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.wav");
            let format = CaptureFormat {
                sample_rate_hz: 16_000,
                n_channels: 2,
                width,
            };
            let tone = |idx: i32, loud: f32| (idx as f32 * 0.1).sin() * loud;
            // First I speak, then the others, who are heard by my microphone too; then nobody.
            let frames: Vec<f32> = (0..48_000)
                .flat_map(|idx| match idx / 16_000 {
                    0 => [tone(idx, 0.2), 0.0],
                    1 => [tone(idx, 0.05), tone(idx, 0.3)],
                    _ => [tone(idx, 0.0003), 0.0],
                })
                .collect();
            let mut file = CaptureFile::create(&path, format).unwrap();
            file.append(&frames, Duration::ZERO).unwrap();
            file.finish().unwrap();
            let loudness = ChannelLoudness::of_file(&path).unwrap();
            let loudness = ChannelLoudness::from_bytes(loudness.as_bytes().to_vec());
            assert_eq!(loudness.louder(100, 900), Some(0), "the microphone");
            assert_eq!(
                loudness.louder(1_100, 1_900),
                Some(1),
                "the computer, in spite of the echo"
            );
            assert_eq!(loudness.louder(2_100, 2_900), None, "noise is nobody");
            assert_eq!(
                loudness.louder(9_000, 9_900),
                None,
                "what lies beyond the end is not known"
            );
        }
    }
}
