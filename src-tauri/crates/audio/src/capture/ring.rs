//! From the callback of a device to the writer: a lock-free ring of samples, and one of marks that
//! say when each block came and what was lost before it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::priority::CallThread;
use super::source::SourceFormat;

/// Seconds of sound that the ring holds while the writer waits for a slow disk.
pub const RING_SECONDS: u32 = 20;

/// Samples that are converted on the stack before they are copied.
const PART_SAMPLES: usize = 512;

/// Shortest block that devices deliver, for the number of marks.
const MARKS_PER_SECOND: u32 = 1_000;

/// One call of the device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    /// When the last frame of the block was there.
    pub ended_at: Instant,
    /// Frames in the ring for this block.
    pub n_frames: usize,
    /// Frames that found no room, before this block's.
    pub n_lost: u64,
}

/// What a stream reports beside its sound. Set from any thread, also from the callback.
#[derive(Debug, Default)]
pub struct Faults {
    gone: AtomicBool,
    n_xruns: AtomicU64,
    pub(super) call_thread: CallThread,
}

impl Faults {
    /// The device is gone or its stream is of no use any more: it has to be opened again.
    pub fn set_gone(&self) {
        self.gone.store(true, Ordering::Release);
    }

    /// The system lost sound before it reached the callback.
    pub fn count_xrun(&self) {
        self.n_xruns.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    pub(crate) fn n_xruns(&self) -> u64 {
        self.n_xruns.load(Ordering::Relaxed)
    }
}

/// The end of the ring for the callback: neither allocates, nor locks, nor waits.
pub struct Inlet {
    samples: HeapProd<f32>,
    marks: HeapProd<Mark>,
    n_channels: usize,
    n_lost: u64,
}

/// The end of the ring for the writer.
pub struct Outlet {
    samples: HeapCons<f32>,
    marks: HeapCons<Mark>,
    n_channels: usize,
}

/// A ring for that many seconds of the format.
pub fn ring(format: SourceFormat, seconds: u32) -> (Inlet, Outlet) {
    let n_channels = usize::from(format.n_channels.max(1));
    let n_frames = format.sample_rate_hz as usize * seconds.max(1) as usize;
    let (samples, samples_out) = HeapRb::new(n_frames * n_channels).split();
    let (marks, marks_out) = HeapRb::new((MARKS_PER_SECOND * seconds.max(1)) as usize).split();
    let inlet = Inlet {
        samples,
        marks,
        n_channels,
        n_lost: 0,
    };
    let outlet = Outlet {
        samples: samples_out,
        marks: marks_out,
        n_channels,
    };
    (inlet, outlet)
}

impl Inlet {
    /// Takes interleaved samples in, the last of which was heard at `ended_at`. What finds no room
    /// is counted, and the count travels with the next block that does.
    pub fn push<T: Copy>(&mut self, interleaved: &[T], to_f32: impl Fn(T) -> f32, ended_at: Instant) {
        let n_frames = interleaved.len() / self.n_channels;
        let n_room = self.samples.vacant_len() / self.n_channels;
        let n_taken = if self.marks.is_full() {
            0
        } else {
            n_frames.min(n_room)
        };
        if n_taken > 0 {
            let taken = interleaved.get(..n_taken * self.n_channels).unwrap_or_default();
            let mut converted = [0.0_f32; PART_SAMPLES];
            for part in taken.chunks(PART_SAMPLES) {
                for (to, sample) in converted.iter_mut().zip(part) {
                    *to = to_f32(*sample);
                }
                self.samples
                    .push_slice(converted.get(..part.len()).unwrap_or_default());
            }
            let mark = Mark {
                ended_at,
                n_frames: n_taken,
                n_lost: std::mem::take(&mut self.n_lost),
            };
            // There was room a moment ago, and only this end fills it.
            let _ = self.marks.try_push(mark);
        }
        self.n_lost += (n_frames - n_taken) as u64;
    }
}

impl Outlet {
    /// The next block: its mark, with its samples put into `samples` in place of what was there.
    pub(crate) fn pop(&mut self, samples: &mut Vec<f32>) -> Option<Mark> {
        let mark = self.marks.try_pop()?;
        samples.resize(mark.n_frames * self.n_channels, 0.0);
        let n_popped = self.samples.pop_slice(samples);
        debug_assert_eq!(n_popped, samples.len(), "samples are pushed before their mark");
        Some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::source::SampleWidth;

    #[test]
    fn what_finds_no_room_is_counted_and_told_with_the_next_block() {
        let format = SourceFormat {
            sample_rate_hz: 100,
            n_channels: 2,
            width: SampleWidth::Bits16,
        };
        let (mut inlet, mut outlet) = ring(format, 1);
        let mut out = Vec::new();
        inlet.push(&[0.5_f32; 160], |sample| sample, Instant::now());
        inlet.push(&[0.25_f32; 100], |sample| sample, Instant::now());
        let first = outlet.pop(&mut out).unwrap();
        assert_eq!((first.n_frames, first.n_lost), (80, 0), "the first block fits");
        let second = outlet.pop(&mut out).unwrap();
        assert_eq!(second.n_frames, 20, "of the second what there is room for");
        assert_eq!(out, [0.25; 40], "whole frames and in order");
        inlet.push(&[0.1_f32; 2], |sample| sample, Instant::now());
        let third = outlet.pop(&mut out).unwrap();
        assert_eq!(
            (third.n_frames, third.n_lost),
            (1, 30),
            "what was lost is not hidden"
        );
    }
}
