//! WAV as programs and recorders write it, rightly and wrongly.

mod support;

use support::{ENCODINGS, PER_MS, decode_bytes, onset, tone_wav};

#[test]
fn every_depth_is_read_with_its_level_and_time() {
    for (encoding, (name, ..)) in ENCODINGS.iter().enumerate() {
        let decoded = decode_bytes("depth.wav", &tone_wav(encoding, 16_000, 1).bytes())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(decoded.samples.len(), 24_000, "{name}: a second and a half");
        let at = onset(&decoded.samples);
        assert!(
            (8_000..8_010).contains(&at),
            "{name}: the tone begins at half a second, not at sample {at}"
        );
        let loudest = decoded.samples.iter().copied().fold(0.0, f32::max);
        assert!(
            (loudest - 0.5).abs() < 0.02,
            "{name}: half scale stays half scale, not {loudest}"
        );
    }
}

#[test]
fn every_rate_from_4_to_384_khz_keeps_length_and_time() {
    for rate_hz in [
        4_000, 5_512, 6_000, 8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 37_800, 44_056, 44_100,
        47_999, 48_000, 88_200, 96_000, 176_400, 192_000, 352_800, 384_000,
    ] {
        let decoded = decode_bytes("rate.wav", &tone_wav(1, rate_hz, 1).bytes())
            .unwrap_or_else(|error| panic!("{rate_hz} Hz: {error}"));
        assert!(
            decoded.ms().abs_diff(1_500) <= 1,
            "{rate_hz} Hz: a second and a half, give or take a frame"
        );
        let at = onset(&decoded.samples);
        assert!(
            at.abs_diff(8_000) <= 2 * PER_MS,
            "{rate_hz} Hz: the tone begins at half a second, not at sample {at}"
        );
        let whole = decoded.rms();
        assert!(
            (whole - 0.204).abs() < 0.01,
            "{rate_hz} Hz: the tone keeps its level, not {whole}"
        );
    }
}

#[test]
fn one_to_eight_channels_are_mixed_into_one() {
    for n_channels in 1..=8 {
        let decoded = decode_bytes("channels.wav", &tone_wav(1, 48_000, n_channels).bytes())
            .unwrap_or_else(|error| panic!("{n_channels} channels: {error}"));
        assert_eq!(decoded.ms(), 1_500, "{n_channels} channels are as long as one");
        let whole = decoded.rms();
        assert!(
            (whole - 0.204).abs() < 0.01,
            "the same sound in {n_channels} channels has the level of one, not {whole}"
        );
    }
}

#[test]
fn a_header_that_claims_four_gigabytes_is_a_place_holder() {
    for claimed in [u32::MAX, u32::MAX - 36, 0x7fff_ffff, 0] {
        let mut wav = tone_wav(1, 16_000, 1);
        wav.claimed_len = Some(claimed);
        let decoded = decode_bytes("pipe.wav", &wav.bytes()).expect("the sound is there");
        assert_eq!(
            decoded.ms(),
            1_500,
            "all that is there is read (claimed {claimed})"
        );
        assert_eq!(
            decoded.notice, None,
            "programs that write to a pipe and recorders that lost power write such lengths"
        );
    }
}

#[test]
fn a_file_that_is_cut_is_read_as_far_as_it_goes_and_says_so() {
    let mut wav = tone_wav(1, 16_000, 1);
    wav.claimed_len = Some(16_000 * 2 * 60);
    let decoded = decode_bytes("cut.wav", &wav.bytes()).expect("the beginning is there");
    assert_eq!(decoded.ms(), 1_500, "what is there is read");
    assert_eq!(
        decoded.notice.as_deref(),
        Some("The file ends in the middle; the first 1.5 s of 1 min 0 s could be read."),
        "the user learns what is missing"
    );
}

#[test]
fn chunks_around_the_sound_are_passed_over() {
    let wav = tone_wav(1, 16_000, 1);
    let bytes = wav.bytes();
    let extra = [b"LIST".as_slice(), &7u32.to_le_bytes(), b"INFOabc\0"].concat();
    let before = [&bytes[..36], &extra, &bytes[36..]].concat();
    let after = [&bytes[..], &extra].concat();
    for (place, bytes) in [("before", before), ("after", after)] {
        let decoded = decode_bytes("list.wav", &bytes).expect("notes do not hinder");
        assert_eq!(
            decoded.samples.len(),
            24_000,
            "a chunk {place} the sound is not sound"
        );
    }
}

#[test]
fn numbers_that_are_none_do_not_spread() {
    let mut wav = tone_wav(4, 44_100, 1);
    for (place, absurd) in [(20_000, f32::NAN), (30_000, f32::INFINITY), (40_000, 1e30)] {
        wav.data[place * 4..place * 4 + 4].copy_from_slice(&absurd.to_le_bytes());
    }
    let decoded = decode_bytes("nan.wav", &wav.bytes()).expect("three wild samples are no reason to refuse");
    let tone = &decoded.samples[9_000..10_500];
    let level = support::rms(tone);
    assert!(
        (level - 0.354).abs() < 0.01,
        "the tone beside them is whole, not {level}"
    );
}
