//! Files that are cut, damaged or made to harm: no panic, no endless work, the truth about the rest.

mod support;

use std::path::Path;

use proptest::prelude::*;
use recordroute_audio::Decoder;
use support::{decode_bytes, fixture};

/// One of each demuxer and decoder, small.
const KINDS: &[&str] = &[
    "formats/aac.m4a",
    "formats/aac-faststart.m4a",
    "formats/fragmented.mp4",
    "formats/opus.mp4",
    "formats/alac.m4a",
    "formats/aac.aac",
    "formats/vbr.mp3",
    "formats/opus.opus",
    "formats/vorbis.ogg",
    "formats/opus.webm",
    "formats/two-tracks.mkv",
    "formats/ima-adpcm.wav",
    "formats/ms-adpcm.wav",
    "formats/rf64.wav",
    "formats/pcm.aiff",
    "formats/alac.caf",
    "formats/flac.flac",
    "formats/flac.oga",
    "silent-video.mp4",
];

/// How files begin that a demuxer takes on.
const MAGIC: &[&[u8]] = &[
    b"RIFF\xff\xff\0\0WAVEfmt ",
    b"OggS",
    b"fLaC",
    b"\x1a\x45\xdf\xa3",
    b"caff\0\x01\0\0",
    b"FORM\0\0\xff\xffAIFC",
    b"\0\0\0\x20ftypisom",
    b"ID3\x04\0\0",
    b"\xff\xfb\x90\x64",
    b"\xff\xf1\x50\x80",
];

/// A damaged time stamp may ask for hours of silence; a quarter of an hour shows that it streams.
const MAX_BLOCKS: usize = 1_800;

/// Decodes as far as it goes; what matters is that it returns.
fn survive(path: &Path) -> u64 {
    let Ok(mut decoder) = Decoder::open(path) else {
        return 0;
    };
    for _ in 0..MAX_BLOCKS {
        match decoder.next_block() {
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    let _ = decoder.notice();
    decoder.n_samples()
}

#[test]
fn a_file_cut_anywhere_gives_what_is_there_or_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("cut");
    for name in KINDS {
        let whole = std::fs::read(fixture(name)).expect("the fixture is there");
        std::fs::write(&path, &whole).expect("the test's file can be written");
        let n_whole = survive(&path);
        // Every length in the headers at either end, samples of the middle.
        let lengths = (0..whole.len()).filter(|len| *len < 200 || whole.len() - len < 100 || len % 211 == 0);
        for len in lengths {
            std::fs::write(&path, &whole[..len]).expect("the test's file can be written");
            let n_cut = survive(&path);
            assert!(
                n_cut <= n_whole + 1_600,
                "{name} cut to {len} bytes became longer: {n_cut} of {n_whole} samples"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_never_take_the_program_down(
        kind in prop::sample::select(KINDS),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        in_header in any::<bool>(),
    ) {
        let mut bytes = std::fs::read(fixture(kind)).expect("the fixture is there");
        let reach = if in_header { bytes.len().min(700) } else { bytes.len() };
        for (place, value) in flips {
            bytes[place.index(reach)] = value;
        }
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("flipped");
        std::fs::write(&path, bytes).expect("the test's file can be written");
        survive(&path);
    }

    #[test]
    fn bytes_behind_a_magic_number_never_take_the_program_down(
        magic in prop::sample::select(MAGIC),
        rest in prop::collection::vec(any::<u8>(), 0..3_000),
    ) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("made-up");
        std::fs::write(&path, [magic, &rest].concat()).expect("the test's file can be written");
        survive(&path);
    }
}

/// Puts the index of an mp4 before its sound, as files from the web have it.
fn fast_start(bytes: &[u8]) -> Vec<u8> {
    let size = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    let (mut at, mut parts) = (0, Vec::new());
    while at < bytes.len() {
        parts.push((&bytes[at + 4..at + 8], &bytes[at..at + size(at)]));
        at += size(at);
    }
    let pick = |wanted: &dyn Fn(&[u8]) -> bool| {
        let picked = parts
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(_, part)| *part);
        picked.collect::<Vec<_>>().concat()
    };
    let mut moov = pick(&|name| name == b"moov");
    let table = moov
        .windows(4)
        .position(|window| window == b"stco")
        .expect("offsets are there");
    let n_offsets = u32::from_be_bytes(moov[table + 8..table + 12].try_into().expect("four bytes"));
    let shift = moov.len() as u32;
    for offset in moov[table + 12..].chunks_exact_mut(4).take(n_offsets as usize) {
        let moved = u32::from_be_bytes(offset.try_into().expect("four bytes")) + shift;
        offset.copy_from_slice(&moved.to_be_bytes());
    }
    [
        pick(&|name| name == b"ftyp"),
        moov,
        pick(&|name| name != b"ftyp" && name != b"moov"),
    ]
    .concat()
}

#[test]
fn a_recording_cut_in_the_middle_is_read_to_there_and_says_so() {
    let m4a = std::fs::read(fixture("sample-en.m4a")).expect("the fixture is there");
    let mp3 = std::fs::read(fixture("sample-ko.mp3")).expect("the fixture is there");
    let flac = std::fs::read(fixture("short-en.flac")).expect("the fixture is there");
    for (name, bytes) in [
        ("talk.m4a", fast_start(&m4a)),
        ("talk.mp3", mp3),
        ("talk.flac", flac),
    ] {
        let whole = decode_bytes(name, &bytes).expect("the whole file decodes");
        assert_eq!(whole.notice, None, "{name}: nothing is wrong with the whole");
        let half = decode_bytes(name, &bytes[..bytes.len() / 2]).expect("half a file decodes");
        let share = half.ms() as f64 / whole.ms() as f64;
        assert!(
            (0.4..0.6).contains(&share),
            "{name}: half the bytes are {share} of the sound"
        );
        let notice = half.notice.expect("a cut file says so");
        assert!(
            notice.starts_with("The file ends in the middle; the first"),
            "{name}: the user learns how much was read: {notice}"
        );
        let n_same = half.samples.len() - 4_000;
        assert_eq!(
            half.samples[..n_same],
            whole.samples[..n_same],
            "{name}: what is there is what was there"
        );
    }
}

#[test]
fn damage_in_the_middle_becomes_silence_and_moves_nothing() {
    let mut bytes = std::fs::read(fixture("sample-en.m4a")).expect("the fixture is there");
    let whole = decode_bytes("talk.m4a", &bytes).expect("the whole file decodes");
    let at = bytes.len() / 3;
    bytes[at..at + 1_500].fill(0xff);
    let damaged = decode_bytes("talk.m4a", &bytes).expect("a damaged file decodes");
    assert_eq!(
        damaged.samples.len(),
        whole.samples.len(),
        "times after the damage stay right"
    );
    assert!(
        damaged.damaged,
        "the blocks are marked, so that no words are invented there"
    );
    let notice = damaged.notice.expect("damage is told");
    assert!(notice.contains("damaged"), "in words: {notice}");
    let end = whole.samples.len() - 48_000;
    assert_eq!(
        damaged.samples[end..],
        whole.samples[end..],
        "what comes later is untouched"
    );
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_told() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("shrinking.wav");
    let mut wav = support::tone_wav(1, 48_000, 2);
    wav.data = wav.data.repeat(40);
    std::fs::write(&path, wav.bytes()).expect("the test's file can be written");
    let mut decoder = Decoder::open(&path).expect("it is whole at first");
    decoder.next_block().expect("the beginning is read");
    let file = std::fs::File::options()
        .write(true)
        .open(&path)
        .expect("it can be opened");
    file.set_len(1_000_000).expect("it can be cut");
    while let Ok(Some(_)) = decoder.next_block() {}
    assert!(
        decoder
            .notice()
            .is_some_and(|notice| notice.contains("ends in the middle")),
        "a copy that is still under way, or a drive that was pulled: {:?}",
        decoder.notice()
    );
}
