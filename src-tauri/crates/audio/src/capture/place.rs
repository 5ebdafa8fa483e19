//! Places the blocks of one source on the recording's timeline.

use std::collections::VecDeque;

use super::resample::Stepper;
use super::source::SourceFormat;

/// Delays of blocks are judged over so long, by the smallest: a busy computer delivers late now and
/// then, never early.
const WINDOW_S: f64 = 2.0;

/// The drift is told by the smallest delays of so many windows at the beginning and at the end: a computer
/// that is busy for seconds delivers late all the while.
const DRIFT_WINDOWS: usize = 15;

/// A source that became later by so much has swallowed sound. Less may be a sound server that changed
/// its latency, which is bounded by the blocks that were asked for.
const SWALLOWED_S: f64 = 0.3;

/// By how much a source may become later in a window because its clock is slow: 500 parts in a million.
const SLOW_S: f64 = 0.001;

/// A deviation from the clock is worked off over this time.
const SETTLE_S: f64 = 10.0;

/// The most by which the speed is changed for that: a hundredth of a semitone is 0.06 %.
const MAX_CORRECTION: f64 = 0.002;

/// What is ahead of the clock by so much is no sound: some drivers deliver as fast as they are read.
const AHEAD_S: f64 = 5.0;

/// By how much more it may be ahead for each second, because its clock is fast.
const FAST_S: f64 = 0.001;

/// What is placed and not yet written, and where it belongs.
#[derive(Debug)]
pub(crate) struct Placer {
    sample_rate_hz: u32,
    n_channels: usize,
    /// Follows the clock frame by frame; else frames are kept as they came.
    is_aligned: bool,
    /// Interleaved.
    pending: Vec<f32>,
    n_placed: u64,
    anchored: bool,
    stepper: Option<(SourceFormat, Stepper)>,
    correction: f64,
    window: Option<Window>,
    /// What the delay would be had nothing been swallowed.
    usual_s: Option<f64>,
    /// Of the first windows.
    first_floor_s: Option<f64>,
    n_windows: usize,
    /// Of the last windows.
    last_floors_s: VecDeque<f64>,
    mixed: Vec<f32>,
}

#[derive(Debug)]
struct Window {
    began_s: f64,
    smallest_s: f64,
}

impl Placer {
    pub fn new(sample_rate_hz: u32, n_channels: u16, is_aligned: bool) -> Self {
        Self {
            sample_rate_hz,
            n_channels: usize::from(n_channels),
            is_aligned,
            pending: Vec::new(),
            n_placed: 0,
            anchored: false,
            stepper: None,
            correction: 0.0,
            window: None,
            usual_s: None,
            first_floor_s: None,
            n_windows: 0,
            last_floors_s: VecDeque::new(),
            mixed: Vec::new(),
        }
    }

    /// The next block begins wherever the clock says: after a gap, and at the start.
    pub fn let_go(&mut self) {
        self.anchored = false;
        self.stepper = None;
        self.window = None;
        self.first_floor_s = None;
        self.n_windows = 0;
        self.last_floors_s.clear();
        self.usual_s = None;
    }

    /// Frames that are placed and not yet taken.
    pub fn n_pending(&self) -> usize {
        self.pending.len() / self.n_channels
    }

    /// Frames placed since the beginning.
    pub fn n_placed(&self) -> u64 {
        self.n_placed
    }

    /// By how much the source's clock went away from the computer's, milliseconds; what is aligned
    /// stays near 0.
    pub fn drift_ms(&self) -> f64 {
        let now = self.last_floors_s.iter().copied().reduce(f64::min);
        match (now, self.first_floor_s) {
            (Some(now), Some(first)) => (now - first) * 1_000.0,
            _ => 0.0,
        }
    }

    pub fn take(&mut self, n_frames: usize) -> std::vec::Drain<'_, f32> {
        let n_samples = (n_frames * self.n_channels).min(self.pending.len());
        self.pending.drain(..n_samples)
    }

    /// Silence up to a position.
    pub fn fill_to(&mut self, position_s: f64) {
        let target = (position_s.max(0.0) * f64::from(self.sample_rate_hz)) as u64;
        self.silence(target.saturating_sub(self.n_placed));
    }

    fn silence(&mut self, n_frames: u64) {
        let n_samples = usize::try_from(n_frames).unwrap_or(0) * self.n_channels;
        self.pending.resize(self.pending.len() + n_samples, 0.0);
        self.n_placed += n_frames;
    }

    /// Places a block, interleaved as its format says, that began at `start_s` and before which
    /// `n_lost` frames are known to be lost. Returns how many frames of the file are silence because
    /// they are lost, also those that the device swallowed without telling.
    pub fn place(&mut self, block: &[f32], format: SourceFormat, start_s: f64, n_lost: u64) -> u64 {
        let mut block = block;
        let in_channels = usize::from(format.n_channels.max(1));
        let ahead_s = self.placed_s() - start_s;
        if self.anchored && ahead_s > AHEAD_S + start_s * FAST_S {
            return 0;
        }
        let mut n_filled = 0;
        if n_lost > 0 {
            let n_lost =
                n_lost as f64 * f64::from(self.sample_rate_hz) / f64::from(format.sample_rate_hz.max(1));
            // Never beyond the clock: what is lost took its time.
            let n_room = (-ahead_s + WINDOW_S).max(0.0) * f64::from(self.sample_rate_hz);
            n_filled = n_lost.min(n_room) as u64;
            self.silence(n_filled);
        }
        if !self.anchored {
            self.anchored = true;
            self.fill_to(start_s);
            // What came already is not told twice.
            let early_s = self.placed_s() - start_s;
            let n_early = (early_s.max(0.0) * f64::from(format.sample_rate_hz)).round() as usize;
            block = block.get(n_early * in_channels..).unwrap_or_default();
        }
        if block.is_empty() {
            return n_filled;
        }
        n_filled += self.observe(start_s);
        let mut mixed = std::mem::take(&mut self.mixed);
        mix(block, in_channels, self.n_channels, &mut mixed);
        let n_before = self.pending.len();
        if self.is_aligned || format.sample_rate_hz != self.sample_rate_hz {
            let nominal = f64::from(format.sample_rate_hz) / f64::from(self.sample_rate_hz);
            let correction = if self.is_aligned { self.correction } else { 0.0 };
            let n_channels = self.n_channels;
            if !matches!(&self.stepper, Some((known, _)) if *known == format) {
                self.stepper = Some((format, Stepper::new(n_channels)));
            }
            if let Some((_, stepper)) = &mut self.stepper {
                stepper.process(&mixed, nominal * (1.0 - correction), &mut self.pending);
            }
        } else {
            self.pending.extend_from_slice(&mixed);
        }
        self.n_placed += ((self.pending.len() - n_before) / self.n_channels) as u64;
        self.mixed = mixed;
        n_filled
    }

    fn note_floor(&mut self, floor_s: f64) {
        if self.n_windows < DRIFT_WINDOWS {
            let first_s = self.first_floor_s.unwrap_or(floor_s);
            self.first_floor_s = Some(first_s.min(floor_s));
        }
        self.n_windows += 1;
        if self.last_floors_s.len() == DRIFT_WINDOWS {
            self.last_floors_s.pop_front();
        }
        self.last_floors_s.push_back(floor_s);
    }

    fn placed_s(&self) -> f64 {
        self.n_placed as f64 / f64::from(self.sample_rate_hz)
    }

    /// Compares a block's time with its place. Returns frames that are missing and were filled in.
    fn observe(&mut self, start_s: f64) -> u64 {
        let delay_s = start_s - self.placed_s();
        let Some(window) = &mut self.window else {
            self.window = Some(Window {
                began_s: start_s,
                smallest_s: delay_s,
            });
            return 0;
        };
        window.smallest_s = window.smallest_s.min(delay_s);
        if start_s - window.began_s < WINDOW_S {
            return 0;
        }
        let mut floor_s = window.smallest_s;
        self.window = None;
        let usual_s = self.usual_s.unwrap_or(floor_s);
        let swallowed_s = floor_s - usual_s;
        self.usual_s = Some(usual_s + swallowed_s.min(SLOW_S));
        let mut n_swallowed = 0;
        if swallowed_s > SWALLOWED_S {
            n_swallowed = (swallowed_s * f64::from(self.sample_rate_hz)) as u64;
            self.silence(n_swallowed);
            floor_s -= swallowed_s;
        }
        self.note_floor(floor_s);
        self.correction = (floor_s / SETTLE_S).clamp(-MAX_CORRECTION, MAX_CORRECTION);
        n_swallowed
    }
}

/// From the channels of the device to those of the file.
fn mix(block: &[f32], n_in: usize, n_out: usize, out: &mut Vec<f32>) {
    out.clear();
    if n_in == n_out {
        out.extend_from_slice(block);
        return;
    }
    for frame in block.chunks_exact(n_in) {
        if n_out == 1 {
            out.push(frame.iter().sum::<f32>() / n_in as f32);
        } else {
            // A mono device goes to all channels; of more than there are, the first are kept.
            let last = frame.last().copied().unwrap_or(0.0);
            let missing = if n_in == 1 { last } else { 0.0 };
            out.extend((0..n_out).map(|channel| frame.get(channel).copied().unwrap_or(missing)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::source::SampleWidth;

    fn format(sample_rate_hz: u32) -> SourceFormat {
        SourceFormat {
            sample_rate_hz,
            n_channels: 1,
            width: SampleWidth::Bits16,
        }
    }

    /// Feeds a source whose clock is off by `ppm` for so long, and returns the placer.
    fn fed(ppm: f64, minutes: f64, is_aligned: bool) -> Placer {
        let mut placer = Placer::new(16_000, 1, is_aligned);
        let mut n_sent = 0_u64;
        let true_rate = 16_000.0 * (1.0 + ppm / 1e6);
        while (n_sent as f64) < minutes * 60.0 * true_rate {
            let start_s = n_sent as f64 / true_rate;
            // Blocks come late by up to 30 ms, in an order that repeats.
            let late_s = f64::from((n_sent / 160 % 7) as u32) * 0.005;
            placer.place(&[0.1; 160], format(16_000), start_s + late_s, 0);
            n_sent += 160;
            let n_pending = placer.n_pending();
            placer.take(n_pending);
        }
        placer
    }

    #[test]
    fn clocks_that_differ_stay_together() {
        for ppm in [-200.0, -50.0, 100.0, 300.0] {
            let placer = fed(ppm, 30.0, true);
            let off_ms = (placer.n_placed() as f64 / 16_000.0 - 30.0 * 60.0) * 1_000.0;
            assert!(
                off_ms.abs() < 20.0,
                "{ppm} ppm are {off_ms:.1} ms after half an hour, instead of {}",
                ppm * 1.8
            );
        }
    }

    #[test]
    fn one_source_alone_is_kept_as_it_came() {
        let placer = fed(100.0, 5.0, false);
        let off = placer.n_placed() as f64 - 300.0 * 16_000.0 * 1.0001;
        assert!(
            off.abs() < 200.0,
            "no frame is made and none is lost, off by {off}"
        );
        assert!(
            (placer.drift_ms() + 30.0).abs() < 6.0,
            "and the drift is told: {}",
            placer.drift_ms()
        );
    }

    #[test]
    fn a_computer_that_is_busy_for_seconds_is_no_drift() {
        let mut placer = Placer::new(16_000, 1, false);
        for idx in 0..6_000_u32 {
            // Four seconds of every fifteen, from the first on, all blocks are late.
            let late_s = if idx % 1_500 < 400 { 0.08 } else { 0.002 };
            placer.place(&[0.1; 160], format(16_000), f64::from(idx) * 0.01 + late_s, 0);
        }
        assert!(
            placer.drift_ms().abs() < 1.0,
            "the clocks are the same, told are {} ms",
            placer.drift_ms()
        );
    }

    #[test]
    fn sound_that_a_device_swallowed_is_filled_in_and_counted() {
        let mut placer = Placer::new(16_000, 1, false);
        let mut n_swallowed = 0_u64;
        for idx in 0..1_000 {
            let gone_s = if idx >= 500 { 0.5 } else { 0.0 };
            let start_s = f64::from(idx) * 0.01 + gone_s;
            n_swallowed += placer.place(&[0.1; 160], format(16_000), start_s, 0);
        }
        assert!(
            n_swallowed.abs_diff(8_000) < 10,
            "half a second is missing, {n_swallowed} were noticed"
        );
        assert!(
            placer.n_placed().abs_diff(168_000) < 20,
            "so that what follows is at its time"
        );
    }

    #[test]
    fn small_pieces_that_are_swallowed_add_up() {
        let mut placer = Placer::new(16_000, 1, false);
        let mut n_swallowed = 0_u64;
        for idx in 0..6_000 {
            // A twentieth of a second is missing every six.
            let start_s = f64::from(idx) * 0.01 + f64::from(idx / 600) * 0.05;
            n_swallowed += placer.place(&[0.1; 160], format(16_000), start_s, 0);
        }
        let off_s = (60.0 + 9.0 * 0.05) - placer.n_placed() as f64 / 16_000.0;
        assert!(n_swallowed > 0, "it is noticed");
        assert!(off_s < SWALLOWED_S, "and never off by more, but {off_s} s");
    }

    #[test]
    fn a_driver_that_runs_away_does_not_fill_the_disk() {
        let mut placer = Placer::new(16_000, 1, false);
        for _ in 0..10_000 {
            placer.place(&[0.1; 160], format(16_000), 0.5, 1 << 40);
        }
        let placed_s = placer.n_placed() as f64 / 16_000.0;
        assert!(
            placed_s < 8.0,
            "half a second has passed, {placed_s} s were placed"
        );
    }

    #[test]
    fn a_fast_clock_loses_nothing_in_a_long_day() {
        let mut placer = Placer::new(16_000, 1, false);
        let n_blocks = 8 * 3_600;
        for idx in 0..n_blocks {
            // 400 parts in a million: it delivers a second in less than a second.
            placer.place(&[0.1; 16_000], format(16_000), f64::from(idx) / 1.000_4, 0);
            let _ = placer.take(16_000);
        }
        assert_eq!(placer.n_placed(), u64::from(n_blocks as u32) * 16_000);
    }

    #[test]
    fn a_gap_is_filled_so_that_times_stay_true() {
        let mut placer = Placer::new(16_000, 1, false);
        placer.place(&[0.5; 1_600], format(16_000), 0.0, 0);
        placer.let_go();
        placer.fill_to(1.0);
        placer.place(&[0.5; 3_200], format(16_000), 0.9, 0);
        assert_eq!(
            placer.n_placed(),
            17_600,
            "what lies before the silence that was written is dropped"
        );
        placer.let_go();
        placer.place(&[0.5; 4_800], format(48_000), 2.0, 0);
        assert!(
            placer.n_placed().abs_diff(33_600) < 4,
            "another rate is brought to that of the file"
        );
        placer.place(&[0.5; 160], format(48_000), 2.1, 480);
        let n_placed = placer.n_placed();
        assert!(
            n_placed.abs_diff(33_600 + 160 + 53) < 5,
            "lost frames are silence: {n_placed}"
        );
    }
}
