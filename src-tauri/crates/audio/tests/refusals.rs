//! What cannot be decoded ends in one sentence that says why and what to do.

mod support;

use std::path::Path;

use recordroute_audio::{AudioError, Decoder, probe};
use support::{decode, decode_bytes, fixture, refusal};

fn fixture_bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).expect("the fixture is there")
}

/// Replaces the `nth` place (from 0) where `old` stands.
fn patch(bytes: &mut [u8], old: &[u8], nth: usize, new: &[u8]) {
    let places = bytes
        .windows(old.len())
        .enumerate()
        .filter(|(_, window)| *window == old);
    let (at, _) = { places }
        .nth(nth)
        .expect("the fixture holds what is to be replaced");
    bytes[at..at + new.len()].copy_from_slice(new);
}

#[test]
fn files_that_are_no_recordings_are_told_by_their_content() {
    for (name, bytes, what) in [
        ("empty.mp3", &b""[..], "empty"),
        (
            "notes.mp3",
            b"Minutes of the meeting\nAll were there.\n",
            "a text file",
        ),
        (
            "notes.mp3",
            "회의록: 모두 참석했습니다.\n".as_bytes(),
            "a text file",
        ),
        ("euc-kr.mp3", b"\xc8\xb8\xc0\xc7\xb7\xcf\n", "a text file"),
        (
            "letter.m4a",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
            "a PDF document",
        ),
        (
            "page.mp4",
            b"<!DOCTYPE html><html><body>404</body></html>",
            "a web page",
        ),
        ("talk.docx.wav", b"PK\x03\x04\x14\0\x06\0\x08\0", "a ZIP archive"),
        ("photo.mp3", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01", "a JPEG picture"),
        ("short.wav", b"R", "not audio or video"),
        ("header.wav", b"RIFF\x24\0\0\0WAVE", "damaged"),
        ("page.ogg", b"OggS\0\x02\0\0", "damaged"),
    ] {
        let sentence = refusal(name, bytes);
        assert!(
            sentence.contains(what) && sentence.ends_with('.'),
            "{name} has to be told as {what}: {sentence}"
        );
    }
}

#[test]
fn random_bytes_are_no_mp3_though_they_hold_sync_words() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for n_bytes in [100, 5_000, 300_000] {
        let bytes: Vec<u8> = (0..n_bytes).map(|_| next().to_le_bytes()[3]).collect();
        let sentence = refusal("noise.mp3", &bytes);
        assert!(
            sentence.contains("of no known kind") || sentence.contains("damaged"),
            "{n_bytes} random bytes are nothing: {sentence}"
        );
    }
}

#[test]
fn what_is_not_decoded_is_named() {
    for (name, codec) in [
        ("ac3.mp4", "AC-3 (Dolby Digital)"),
        ("ac3.mkv", "AC-3 (Dolby Digital)"),
        ("eac3.mp4", "E-AC-3 (Dolby Digital Plus)"),
    ] {
        let sentence = refusal(name, &fixture_bytes(&format!("formats/{name}")));
        assert!(sentence.contains(codec), "{name} has to name {codec}: {sentence}");
    }
    for (head, name) in [
        (&b"#!AMR\n\x3c\x08"[..], "AMR"),
        (b"#!AMR-WB\n\x3c\x08", "AMR-WB"),
        (
            b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c",
            "Windows Media",
        ),
        (b"RIFF\0\x10\0\0AVI LIST", "AVI"),
        (b"FLV\x01\x05\0\0\0\x09", "Flash"),
        (b"NIST_1A\n   1024\n", "SPHERE"),
        (b"wvpk\0\0\0\0", "WavPack"),
        (b"\x0b\x77\x12\x34", "AC-3"),
    ] {
        let sentence = refusal("recording.m4a", head);
        assert!(sentence.contains(name), "{name} has to be named: {sentence}");
    }
}

#[test]
fn codecs_inside_an_mp4_are_named_by_their_four_letters() {
    for (fourcc, name) in [
        (b"samr", "AMR"),
        (b"drms", "FairPlay"),
        (b"dtsc", "DTS"),
        (b"zzzz", "“zzzz”"),
    ] {
        let mut bytes = fixture_bytes("formats/aac.m4a");
        patch(&mut bytes, b"mp4a", 0, fourcc);
        let sentence = refusal("patched.m4a", &bytes);
        assert!(sentence.contains(name), "{name} has to be named: {sentence}");
    }
}

/// The AudioSpecificConfig that ffmpeg writes: AAC-LC, 44.1 kHz, mono, explicitly without SBR.
const MONO_AAC: &[u8] = &[0x12, 0x08, 0x56, 0xe5, 0x00];

#[test]
fn surround_aac_is_named_and_he_aac_gives_its_core() {
    let mut surround = fixture_bytes("formats/aac.m4a");
    patch(&mut surround, MONO_AAC, 0, &[0x12, 0x30]);
    let sentence = refusal("surround.m4a", &surround);
    assert!(
        sentence.contains("AAC with 6 channels"),
        "the reason is the number of channels: {sentence}"
    );
    // The same stream, announced as the core of an HE-AAC at 48 kHz.
    let mut he_aac = fixture_bytes("formats/aac.m4a");
    patch(&mut he_aac, MONO_AAC, 0, &[0x12, 0x08, 0x56, 0xe5, 0x98]);
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("he-aac.m4a");
    std::fs::write(&path, he_aac).expect("the test's file can be written");
    let info = probe(&path).expect("the core of HE-AAC is plain AAC");
    assert_eq!(info.codec, "HE-AAC", "the user reads what it is");
    assert_eq!(
        decode(&path).expect("the core decodes").samples,
        decode(&fixture("formats/aac.m4a"))
            .expect("the original decodes")
            .samples,
        "all of what 16 kHz can hold lies in the core"
    );
}

#[test]
fn a_take_that_cannot_be_decoded_gives_way_to_one_that_can() {
    let mut memo = fixture_bytes("formats/voice-memo.qta");
    patch(&mut memo, b"mp4a", 0, b"apac");
    let decoded = decode_bytes("memo.qta", &memo).expect("the second take is AAC");
    assert_eq!(decoded.ms(), 1_100, "it is as long as the first");
    while memo.windows(4).any(|window| window == b"mp4a") {
        patch(&mut memo, b"mp4a", 0, b"apac");
    }
    let sentence = refusal("memo.qta", &memo);
    assert!(
        sentence.contains("APAC"),
        "with none left the codec is named: {sentence}"
    );
}

#[test]
fn a_video_without_sound_says_so() {
    let error = decode(&fixture("silent-video.mp4"))
        .err()
        .expect("there is nothing to decode");
    assert!(
        matches!(error, AudioError::NoAudio(_)),
        "it is not damaged: {error}"
    );
    assert_eq!(
        error.to_string(),
        "The video has no sound, so there is nothing to transcribe.",
        "the user has to look for another file, not for a converter"
    );
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let error = Decoder::open(folder.path())
        .err()
        .expect("a folder is no recording");
    assert!(error.to_string().contains("a folder"), "it is told: {error}");
    let error = Decoder::open(&folder.path().join("gone.mp3"))
        .err()
        .expect("it does not exist");
    assert!(
        matches!(error, AudioError::Io(_)),
        "the system's own words are in it: {error}"
    );
    #[cfg(unix)]
    {
        let error = Decoder::open(Path::new("/dev/null"))
            .err()
            .expect("a device never ends");
        assert!(
            error.to_string().contains("a device"),
            "reading one could hang: {error}"
        );
    }
}

#[test]
fn an_mp4_whose_index_was_never_written_says_why() {
    let mut bytes = fixture_bytes("formats/aac.m4a");
    let at = bytes
        .windows(4)
        .position(|window| window == b"moov")
        .expect("the index is there");
    bytes.truncate(at - 4);
    let sentence = refusal("unfinished.m4a", &bytes);
    assert!(
        sentence.contains("index"),
        "recorders that die leave such files: {sentence}"
    );
}
