//! Every container and codec that the README names, with the sound where a player has it.

mod support;

use recordroute_audio::probe;
use support::{PER_MS, decode, fixture, lag, rms};

/// Length of the sentence in `formats/`.
const SENTENCE_MS: u64 = 1_100;

/// A fixture, its container and codec as users read them, and the milliseconds by which the
/// format's own header lets the sound come late.
const FILES: &[(&str, &str, &str, usize)] = &[
    ("flac.flac", "FLAC", "FLAC", 0),
    ("mulaw.wav", "WAV", "µ-law", 0),
    ("alaw.wav", "WAV", "A-law", 0),
    ("ima-adpcm.wav", "WAV", "ADPCM", 0),
    ("ms-adpcm.wav", "WAV", "ADPCM", 0),
    ("rf64.wav", "WAV", "PCM Unsigned 8-bit", 0),
    ("pcm.aiff", "AIFF", "PCM Signed 16-bit", 0),
    ("mulaw.aifc", "AIFF", "µ-law", 0),
    ("pcm.caf", "CAF", "PCM Signed 16-bit", 0),
    ("alac.caf", "CAF", "ALAC", 0),
    ("mulaw.caf", "CAF", "µ-law", 0),
    ("lame.mp3", "MP3", "MP3", 0),
    ("vbr.mp3", "MP3", "MP3", 0),
    // Without a tag nobody knows the encoder's delay: 1,105 frames at 16 kHz, in any player.
    ("no-tag.mp3", "MP3", "MP3", 69),
    ("vorbis.ogg", "Ogg", "Vorbis", 0),
    ("opus.opus", "Ogg", "Opus", 0),
    ("flac.oga", "Ogg", "FLAC", 0),
    ("opus.webm", "Matroska/WebM", "Opus", 0),
    ("vorbis.webm", "Matroska/WebM", "Vorbis", 0),
    ("pcm.mkv", "Matroska/WebM", "PCM Signed 16-bit", 0),
    // ADTS has no place to write its priming of 1,024 frames, and Matroska's is used for Opus only.
    ("aac.mkv", "Matroska/WebM", "AAC", 23),
    ("aac.aac", "ADTS", "AAC", 23),
    ("aac.m4a", "MP4", "AAC", 0),
    ("aac-faststart.m4a", "MP4", "AAC", 0),
    ("alac.m4a", "MP4", "ALAC", 0),
    ("opus.mp4", "MP4", "Opus", 0),
    ("flac.mp4", "MP4", "FLAC", 0),
    ("mp3.mp4", "MP4", "MP3", 0),
    ("fragmented.mp4", "MP4", "AAC", 23),
    ("pcm.mov", "MP4", "PCM Signed 16-bit", 0),
    ("two-tracks.mp4", "MP4", "AAC", 0),
    ("two-tracks.mov", "MP4", "AAC", 0),
    ("two-tracks.mkv", "Matroska/WebM", "Vorbis", 0),
    ("voice-memo.qta", "MP4", "AAC", 0),
];

#[test]
fn every_format_of_the_readme_keeps_length_time_and_level() {
    let reference = decode(&fixture("formats/flac.flac")).expect("the lossless one decodes");
    assert_eq!(
        reference.ms(),
        SENTENCE_MS,
        "the fixture is as long as it was made"
    );
    let mut wrong = Vec::new();
    for (name, container, codec, late_ms) in FILES {
        let path = fixture("formats").join(name);
        let decoded = match decode(&path) {
            Ok(decoded) => decoded,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let info = probe(&path).expect("what decodes can be probed");
        let (shift, agreement) = lag(&decoded.samples, &reference.samples);
        let level = rms(&decoded.samples) / rms(&reference.samples);
        let is_right = info.container == *container
            && info.codec.starts_with(codec)
            && decoded.ms().abs_diff(SENTENCE_MS + *late_ms as u64) <= 50
            && shift.unsigned_abs().abs_diff(late_ms * PER_MS) <= 2 * PER_MS
            && agreement > 0.85
            && (0.8..1.2).contains(&level)
            && decoded.notice.is_none();
        if !is_right {
            wrong.push(format!(
                "{name}: {} {} {} ms, {shift} samples late, agreement {agreement:.3}, level {level:.2}, {:?}",
                info.container,
                info.codec,
                decoded.ms(),
                decoded.notice
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "these formats lose the name, the length, the time, the level or the sound:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn sound_that_begins_after_the_pictures_stays_late() {
    let reference = decode(&fixture("formats/flac.flac")).expect("the lossless one decodes");
    let late = decode(&fixture("formats/late.mp4")).expect("a video with late sound decodes");
    let (shift, agreement) = lag(&late.samples[500 * PER_MS..], &reference.samples);
    assert!(
        shift.unsigned_abs() <= 2 * PER_MS && agreement > 0.85,
        "an edit list delays the sound by half a second: {shift} samples off, agreement {agreement}"
    );
    assert!(
        rms(&late.samples[..430 * PER_MS]) < 1e-3,
        "before that there is silence, so that times are those of the picture"
    );
}

#[test]
fn the_content_wins_over_the_name() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    for (source, disguise) in [
        ("aac.m4a", "talk.mp3"),
        ("lame.mp3", "talk.wav"),
        ("opus.opus", "talk.m4a"),
        ("mulaw.wav", "talk.ogg"),
        ("flac.flac", "talk"),
    ] {
        let path = folder.path().join(disguise);
        std::fs::copy(fixture("formats").join(source), &path).expect("the fixture can be copied");
        let (renamed, original) = (decode(&path), decode(&fixture("formats").join(source)));
        assert_eq!(
            renamed.expect("a renamed recording decodes").samples,
            original.expect("the original decodes").samples,
            "{source} called {disguise} is the same sound"
        );
    }
}

#[test]
fn names_of_any_script_and_length_open() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let deep = folder.path().join("회의 🎙 녹음".repeat(8)).join("a".repeat(200));
    std::fs::create_dir_all(&deep).expect("long folders can be made");
    let path = deep.join("오늘 회의 – “첫째”.m4a");
    std::fs::copy(fixture("formats/aac.m4a"), &path).expect("the fixture can be copied");
    assert!(
        decode(&path).is_ok(),
        "Korean, emoji, spaces and 300 characters are ordinary paths"
    );
}

#[test]
fn of_a_video_the_picture_is_noticed_and_the_sound_read() {
    for name in ["two-tracks.mp4", "two-tracks.mov", "two-tracks.mkv"] {
        let info = probe(&fixture("formats").join(name)).expect("a video is probed");
        assert!(info.has_video, "{name} has a picture, which the window may show");
    }
    let info = probe(&fixture("formats/aac.m4a")).expect("an m4a is probed");
    assert!(!info.has_video, "sound alone has none");
    assert_eq!(info.sample_rate_hz, 44_100, "the source's rate is told");
    assert_eq!(info.n_channels, 1, "and its channels");
    assert_eq!(
        info.duration_ms,
        Some(SENTENCE_MS),
        "and its length without priming"
    );
}

#[test]
fn a_picture_larger_than_the_sound_does_not_hide_it() {
    let mp3 = std::fs::read(fixture("formats/no-tag.mp3")).expect("the fixture is there");
    let tag = [&b"ID3\x04\0\0\0\x02\0\0APIC\0\x01\x7f\x76\0\0"[..], &[0; 32_758]].concat();
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("cover.mp3");
    std::fs::write(&path, [tag, mp3].concat()).expect("the test's file can be written");
    let decoded = decode(&path).expect("an mp3 with a cover is an mp3");
    assert!(decoded.ms() > 1_000, "the sound behind the tag is read");
}
