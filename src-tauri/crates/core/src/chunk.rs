use serde::{Deserialize, Serialize};

use crate::{SAMPLE_RATE_HZ, ms_to_samples, samples_to_ms};

/// A run of samples that stands in a chunk as it stood in the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Where it begins in the chunk, in samples.
    pub chunk_start: u64,
    /// Where it begins in the recording, in samples.
    pub source_start: u64,
    /// Its length in samples.
    pub n_samples: u64,
}

/// Leads times in a chunk, from which long silences were cut, back to times in the recording.
///
/// Pieces are in order and touch each other in the chunk; in the recording they may have gaps
/// between them and never overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeMap {
    pieces: Vec<Piece>,
}

impl TimeMap {
    /// A map without pieces.
    pub fn new() -> Self {
        Self::default()
    }

    /// A chunk that is one uncut run of the recording, beginning at `source_start` (samples).
    pub fn contiguous(source_start: u64, n_samples: u64) -> Self {
        Self {
            pieces: vec![Piece {
                chunk_start: 0,
                source_start,
                n_samples,
            }],
        }
    }

    /// Appends a run that begins at `source_start` in the recording; joins it to the last piece
    /// where the two touch.
    pub fn push(&mut self, source_start: u64, n_samples: u64) {
        if n_samples == 0 {
            return;
        }
        let chunk_start = self.n_samples();
        if let Some(last) = self.pieces.last_mut()
            && last.source_start + last.n_samples == source_start
        {
            last.n_samples += n_samples;
            return;
        }
        self.pieces.push(Piece {
            chunk_start,
            source_start,
            n_samples,
        });
    }

    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Where in the chunk something of the recording was left out, in milliseconds, in order.
    pub fn seams_ms(&self) -> impl Iterator<Item = u64> {
        self.pieces
            .iter()
            .skip(1)
            .map(|piece| samples_to_ms(piece.chunk_start))
    }

    /// Length of the chunk in samples.
    pub fn n_samples(&self) -> u64 {
        self.pieces
            .last()
            .map_or(0, |piece| piece.chunk_start + piece.n_samples)
    }

    /// First sample of the recording in the chunk.
    pub fn source_start(&self) -> u64 {
        self.pieces.first().map_or(0, |piece| piece.source_start)
    }

    /// One past the last sample of the recording in the chunk.
    pub fn source_end(&self) -> u64 {
        self.pieces
            .last()
            .map_or(0, |piece| piece.source_start + piece.n_samples)
    }

    /// Time in the recording of something that *begins* at `chunk_ms` in the chunk. At a cut the
    /// later piece wins: what begins there was said after the silence.
    pub fn start_to_source_ms(&self, chunk_ms: u64) -> u64 {
        let at = ms_to_samples(chunk_ms);
        let piece_idx = self
            .pieces
            .partition_point(|piece| piece.chunk_start <= at)
            .saturating_sub(1);
        self.map(piece_idx, at)
    }

    /// Time in the recording of something that *ends* at `chunk_ms` in the chunk. At a cut the
    /// earlier piece wins: what ends there was said before the silence.
    pub fn end_to_source_ms(&self, chunk_ms: u64) -> u64 {
        let at = ms_to_samples(chunk_ms);
        let piece_idx = self
            .pieces
            .partition_point(|piece| piece.chunk_start < at)
            .saturating_sub(1);
        self.map(piece_idx, at)
    }

    fn map(&self, piece_idx: usize, at: u64) -> u64 {
        self.pieces.get(piece_idx).map_or(0, |piece| {
            let within = at.saturating_sub(piece.chunk_start).min(piece.n_samples);
            samples_to_ms(piece.source_start + within)
        })
    }
}

/// A stretch of a chunk in which the voice activity detector heard speech.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VoiceSpan {
    /// Start in the chunk, milliseconds.
    pub start_ms: u64,
    /// End in the chunk, milliseconds.
    pub end_ms: u64,
    /// Mean speech probability of its frames.
    pub probability: f32,
}

/// At most 30 seconds of speech, cut out of a recording in its pauses.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    /// Number of the chunk in the recording, from 0; the same input gives the same chunks.
    pub idx: usize,
    /// Mono, 16 kHz.
    pub samples: Vec<f32>,
    /// Where the samples stood in the recording.
    pub map: TimeMap,
    /// Where speech was heard, in order. Covers the whole chunk where voice activity is off.
    pub voice: Vec<VoiceSpan>,
    /// The source was damaged somewhere in this chunk.
    pub damaged: bool,
}

impl Chunk {
    /// Length in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        samples_to_ms(self.samples.len() as u64)
    }

    /// Share of `start_ms..end_ms` (times in the chunk) in which speech was heard, 0.0..=1.0.
    pub fn voiced_share(&self, start_ms: u64, end_ms: u64) -> f32 {
        if end_ms <= start_ms {
            return 0.0;
        }
        (self.voiced_ms(start_ms, end_ms) as f32 / (end_ms - start_ms) as f32).min(1.0)
    }

    /// Milliseconds of speech heard in `start_ms..end_ms` (times in the chunk).
    pub fn voiced_ms(&self, start_ms: u64, end_ms: u64) -> u64 {
        self.voice
            .iter()
            .map(|span| {
                span.end_ms
                    .min(end_ms)
                    .saturating_sub(span.start_ms.max(start_ms))
            })
            .sum()
    }

    /// The longest chunk that the transcriber takes, in samples.
    pub const MAX_SAMPLES: usize = 30 * SAMPLE_RATE_HZ as usize;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_silence_cut() -> TimeMap {
        let mut map = TimeMap::new();
        map.push(ms_to_samples(1_000), ms_to_samples(2_000));
        map.push(ms_to_samples(10_000), ms_to_samples(3_000));
        map
    }

    #[test]
    fn a_cut_belongs_to_the_words_on_either_side() {
        let map = with_silence_cut();
        assert_eq!(
            map.end_to_source_ms(2_000),
            3_000,
            "what ends at the cut ended before the silence"
        );
        assert_eq!(
            map.start_to_source_ms(2_000),
            10_000,
            "what begins at the cut began after the silence"
        );
        assert_eq!(
            map.start_to_source_ms(2_500),
            10_500,
            "inside a piece times run evenly"
        );
    }

    #[test]
    fn times_past_the_end_stay_inside_the_recording() {
        let map = with_silence_cut();
        assert_eq!(
            map.end_to_source_ms(60_000),
            13_000,
            "the model may claim times in its own padding"
        );
    }

    #[test]
    fn touching_runs_are_one_piece() {
        let mut map = TimeMap::contiguous(0, 100);
        map.push(100, 50);
        assert_eq!(map.pieces().len(), 1, "a run without a gap needs no second piece");
        assert_eq!(map.n_samples(), 150, "both runs count");
    }
}
