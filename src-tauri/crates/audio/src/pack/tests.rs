use proptest::prelude::*;

use super::*;

/// Stretches of frames, alternately silent and voiced, as lengths.
fn pack(lengths: &[usize], last_frame_samples: usize) -> (Vec<bool>, Vec<Chunk>) {
    let flags: Vec<bool> = lengths
        .iter()
        .enumerate()
        .flat_map(|(run_idx, n_frames)| std::iter::repeat_n(run_idx % 2 == 1, *n_frames))
        .collect();
    let mut packer = Packer::default();
    let mut chunks = Vec::new();
    for (frame_idx, voiced) in flags.iter().enumerate() {
        let is_last = frame_idx + 1 == flags.len();
        let n_samples = if is_last {
            last_frame_samples
        } else {
            FRAME_SAMPLES
        };
        let source_start = (frame_idx * FRAME_SAMPLES) as u64;
        // Each sample is its own position, which an f32 holds exactly for 17 minutes.
        let samples = (0..n_samples as u64).map(|i| (source_start + i) as f32);
        let frame = Frame {
            samples: samples.collect(),
            source_start,
            probability: if *voiced { 0.9 } else { 0.1 },
            damaged: false,
        };
        packer.push(
            Flagged {
                frame,
                voiced: *voiced,
            },
            &mut chunks,
        );
    }
    packer.finish(&mut chunks);
    (flags, chunks)
}

/// How often each frame of the recording is in a chunk.
fn uses(flags: &[bool], chunks: &[Chunk]) -> Vec<usize> {
    let mut uses = vec![0; flags.len()];
    for piece in chunks.iter().flat_map(|chunk| chunk.map.pieces()) {
        let first = piece.source_start as usize / FRAME_SAMPLES;
        let n_frames = (piece.n_samples as usize).div_ceil(FRAME_SAMPLES);
        uses[first..first + n_frames].iter_mut().for_each(|n| *n += 1);
    }
    uses
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_voiced_sample_is_in_exactly_one_chunk_and_leads_back(
        lengths in prop::collection::vec(prop_oneof![1usize..60, 60usize..400, 400usize..1_800], 1..14),
        last_frame_samples in 1..=FRAME_SAMPLES,
    ) {
        let (flags, chunks) = pack(&lengths, last_frame_samples);
        for (frame_idx, (voiced, n_uses)) in flags.iter().zip(uses(&flags, &chunks)).enumerate() {
            prop_assert!(n_uses <= 1, "frame {frame_idx} would be transcribed twice");
            prop_assert!(!voiced || n_uses == 1, "frame {frame_idx} is speech and would be lost");
        }
        for (chunk_idx, chunk) in chunks.iter().enumerate() {
            prop_assert_eq!(chunk.idx, chunk_idx, "chunks are numbered in order");
            prop_assert!(chunk.samples.len() <= Chunk::MAX_SAMPLES, "a chunk is 30 s at most");
            prop_assert_eq!(chunk.samples.len() as u64, chunk.map.n_samples(), "the map covers it");
            for piece in chunk.map.pieces() {
                let start = piece.chunk_start as usize;
                for i in [0, piece.n_samples / 2, piece.n_samples - 1] {
                    let found = chunk.samples[start + i as usize];
                    let expected = (piece.source_start + i) as f32;
                    prop_assert_eq!(found, expected, "a position leads back to where it came from");
                }
            }
            let voiced_ms: u64 = chunk.voice.iter().map(|span| span.end_ms - span.start_ms).sum();
            prop_assert!(voiced_ms > 0, "a chunk without speech has nothing to transcribe");
        }
        let ends: Vec<u64> = chunks.iter().map(|chunk| chunk.map.source_end()).collect();
        prop_assert!(ends.is_sorted(), "chunks come in the order of the recording: {ends:?}");
    }
}

#[test]
fn words_keep_their_edges_and_long_silences_go() {
    let (flags, chunks) = pack(&[500, 100, 500, 100, 500], FRAME_SAMPLES);
    assert_eq!(chunks.len(), 1, "two short stretches of speech fit one chunk");
    let used = uses(&flags, &chunks);
    assert!(
        used[500 - PAD_BEFORE_FRAMES..600 + PAD_AFTER_FRAMES]
            .iter()
            .all(|n| *n == 1),
        "a voiceless beginning or end of a word lies outside what the detector takes for voice"
    );
    assert_eq!(
        used.iter().sum::<usize>(),
        2 * (100 + PAD_BEFORE_FRAMES + PAD_AFTER_FRAMES),
        "of 48 s of silence only the edges stay"
    );
}

#[test]
fn a_speech_without_pauses_is_cut_at_its_quietest() {
    let mut packer = Packer::default();
    let mut chunks = Vec::new();
    let quiet = 850..854;
    for frame_idx in 0..1_250 {
        let level = if quiet.contains(&frame_idx) { 0.001 } else { 0.5 };
        let frame = Frame {
            samples: vec![level; FRAME_SAMPLES].into(),
            source_start: (frame_idx * FRAME_SAMPLES) as u64,
            probability: 1.0,
            damaged: false,
        };
        packer.push(Flagged { frame, voiced: true }, &mut chunks);
    }
    packer.finish(&mut chunks);
    let cut = chunks[0].samples.len() / FRAME_SAMPLES;
    assert!(
        quiet.contains(&cut),
        "cut at frame {cut}, in the middle of a word"
    );
}
