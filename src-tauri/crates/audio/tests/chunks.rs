//! Cutting a whole recording: the same chunks each time, nothing spoken lost, times that lead back.

mod support;

use std::path::Path;
use std::time::Duration;

use recordroute_audio::{ChunkOptions, Chunks, PEAKS_PER_SECOND};
use recordroute_core::{CancellationToken, Chunk};
use support::{PER_MS, decode, fixture};

fn chunks_of(path: &Path, vad: bool) -> (Vec<Chunk>, Chunks) {
    let mut chunks = Chunks::open(path, ChunkOptions { vad }, CancellationToken::new()).expect("it opens");
    let all = chunks.by_ref().map(|chunk| chunk.expect("it decodes")).collect();
    (all, chunks)
}

#[test]
fn the_same_file_gives_the_same_chunks_and_peaks() {
    for vad in [true, false] {
        let (first, first_end) = chunks_of(&fixture("sample-en.m4a"), vad);
        let (second, second_end) = chunks_of(&fixture("sample-en.m4a"), vad);
        assert_eq!(first, second, "a job that goes on after a crash relies on it");
        assert_eq!(
            first_end.take_peaks(),
            second_end.take_peaks(),
            "the waveform, too"
        );
    }
}

/// The same sound, amplified by what changes less than the ear notices.
fn assert_is_amplified(even: &[f32], original: &[f32], why: &str) {
    let mut gain_before = None;
    for (sample, source) in even.iter().zip(original) {
        // In silence no gain can be told.
        if source.abs() < f32::MIN_POSITIVE {
            assert_eq!(sample, source, "{why}: silence");
            gain_before = None;
            continue;
        }
        let gain = sample / source;
        assert!((0.999..=101.0).contains(&gain), "{why}: a gain of {gain}");
        let change = gain / gain_before.replace(gain).unwrap_or(gain);
        assert!((change - 1.0).abs() < 2e-3, "{why}: the gain jumps by {change}");
    }
}

#[test]
fn chunks_hold_what_the_recording_holds_at_the_times_they_say() {
    let decoded = decode(&fixture("sample-en.m4a")).expect("the fixture decodes");
    for vad in [true, false] {
        let (chunks, end) = chunks_of(&fixture("sample-en.m4a"), vad);
        let mut n_covered = 0;
        for piece_of in &chunks {
            for piece in piece_of.map.pieces() {
                let (from, at) = (piece.source_start as usize, piece.chunk_start as usize);
                let n = piece.n_samples as usize;
                assert_is_amplified(
                    &piece_of.samples[at..at + n],
                    &decoded.samples[from..from + n],
                    &format!("a time in a chunk leads back to the same sound (voice activity {vad})"),
                );
                n_covered += n;
            }
        }
        if !vad {
            assert_eq!(
                n_covered,
                decoded.samples.len(),
                "without voice activity nothing is left out"
            );
        }
        assert_eq!(
            end.total_ms(),
            Some(decoded.ms()),
            "the length is known at the end"
        );
        let peaks = end.take_peaks().expect("the waveform is there at the end");
        let n_buckets = decoded.samples.len().div_ceil(16_000 / PEAKS_PER_SECOND as usize);
        assert_eq!(peaks.len(), 2 * n_buckets, "two bytes for each tenth of a second");
        assert_eq!(end.take_peaks(), None, "handed out once");
    }
}

#[test]
fn a_chunk_that_nobody_takes_does_not_hold_the_thread() {
    let cancel = CancellationToken::new();
    let mut chunks =
        Chunks::open(&fixture("sample-en.m4a"), ChunkOptions::default(), cancel.clone()).expect("it opens");
    cancel.cancel();
    assert!(
        chunks.next().is_none(),
        "cancelling ends the chunks without an error"
    );
    drop(chunks);
    std::thread::sleep(Duration::from_millis(10));
}

#[test]
fn silence_has_no_chunks() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("silence.wav");
    let mut wav = support::tone_wav(1, 16_000, 1);
    wav.data = vec![0; 16_000 * 2 * 60];
    std::fs::write(&path, wav.bytes()).expect("the test's file can be written");
    let (chunks, end) = chunks_of(&path, true);
    assert!(chunks.is_empty(), "a minute of nothing has nothing to transcribe");
    assert_eq!(end.total_ms(), Some(60_000), "and is a minute long all the same");
    let (chunks, _) = chunks_of(&path, false);
    assert!(
        chunks.iter().all(|chunk| chunk.samples.len() <= 30_000 * PER_MS) && chunks.len() >= 2,
        "without voice activity all of it is handed out, 30 s at a time"
    );
}
