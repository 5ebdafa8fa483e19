//! What is shown while recording: how loud it is, whether anything comes at all, whether too much.

use serde::{Deserialize, Serialize};

/// Windows a second for the meter and the live waveform.
pub const LEVELS_PER_SECOND: u32 = 20;

/// At or beyond this a 16-bit converter is at its end.
const FULL_SCALE: f32 = 32_766.5 / 32_768.0;

/// Below half a step of 24 bits there is nothing.
const DIGITAL_SILENCE: f32 = 0.5 / 8_388_608.0;

/// Loudness of one channel in one window; 1.0 is full scale.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Level {
    /// Lowest sample.
    pub low: f32,
    /// Highest sample.
    pub high: f32,
    /// Root of the mean square.
    pub rms: f32,
}

impl Level {
    /// The larger of both directions.
    pub fn peak(&self) -> f32 {
        self.high.max(-self.low)
    }
}

/// All channels in one window of 50 ms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Levels {
    /// Where the window begins in the recording.
    pub at_ms: u64,
    /// One for each channel.
    pub channels: Vec<Level>,
}

/// Measures frames as they are written.
#[derive(Debug)]
pub(crate) struct Meter {
    sample_rate_hz: u32,
    window_frames: u64,
    n_frames: u64,
    channels: Vec<Channel>,
}

#[derive(Debug, Clone, Default)]
struct Channel {
    low: f32,
    high: f32,
    sum_of_squares: f64,
    n_clipped: u64,
    n_silent: u64,
}

impl Meter {
    pub fn new(sample_rate_hz: u32, n_channels: u16) -> Self {
        Self {
            sample_rate_hz,
            window_frames: u64::from(sample_rate_hz / LEVELS_PER_SECOND).max(1),
            n_frames: 0,
            channels: vec![Channel::default(); usize::from(n_channels)],
        }
    }

    /// Goes on with interleaved frames; hands out each window that is full.
    pub fn push(&mut self, interleaved: &[f32], mut on_window: impl FnMut(Levels)) {
        for frame in interleaved.chunks_exact(self.channels.len()) {
            for (channel, sample) in self.channels.iter_mut().zip(frame) {
                channel.low = channel.low.min(*sample);
                channel.high = channel.high.max(*sample);
                channel.sum_of_squares += f64::from(sample * sample);
                channel.n_clipped += u64::from(sample.abs() >= FULL_SCALE);
                channel.n_silent = if sample.abs() < DIGITAL_SILENCE {
                    channel.n_silent + 1
                } else {
                    0
                };
            }
            self.n_frames += 1;
            if self.n_frames.is_multiple_of(self.window_frames) {
                on_window(self.close_window());
            }
        }
    }

    fn close_window(&mut self) -> Levels {
        let begin = self.n_frames - self.window_frames;
        let n_frames = self.window_frames as f64;
        let levels = self.channels.iter_mut().map(|channel| {
            let level = Level {
                low: channel.low,
                high: channel.high,
                rms: (channel.sum_of_squares / n_frames).sqrt() as f32,
            };
            (channel.low, channel.high, channel.sum_of_squares) = (0.0, 0.0, 0.0);
            level
        });
        Levels {
            channels: levels.collect(),
            at_ms: begin * 1_000 / u64::from(self.sample_rate_hz),
        }
    }

    /// Samples at full scale, by channel.
    pub fn n_clipped(&self) -> impl Iterator<Item = u64> {
        self.channels.iter().map(|channel| channel.n_clipped)
    }

    /// For how long there was digital silence, by channel.
    pub fn silent_ms(&self) -> impl Iterator<Item = u64> {
        self.channels
            .iter()
            .map(|channel| channel.n_silent * 1_000 / u64::from(self.sample_rate_hz))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loud_silent_and_clipped_channels_are_told_apart() {
        let mut meter = Meter::new(1_000, 2);
        let mut windows = Vec::new();
        let frames: Vec<f32> = (0..6_000)
            .flat_map(|idx| [if idx % 2 == 0 { 1.0 } else { -0.5 }, 0.0])
            .collect();
        meter.push(&frames, |levels| windows.push(levels));
        assert_eq!(windows.len(), 120, "six seconds of twenty windows");
        assert_eq!(windows[119].at_ms, 5_950, "each with its time");
        let loud = windows[0].channels[0];
        assert_eq!(
            (loud.low, loud.high, loud.peak()),
            (-0.5, 1.0, 1.0),
            "extremes of both directions"
        );
        assert!((loud.rms - 0.79).abs() < 0.01, "and the mean: {}", loud.rms);
        assert_eq!(
            meter.n_clipped().collect::<Vec<_>>(),
            [3_000, 0],
            "full scale is counted"
        );
        assert_eq!(
            meter.silent_ms().collect::<Vec<_>>(),
            [0, 6_000],
            "a dead channel is known"
        );
    }
}
