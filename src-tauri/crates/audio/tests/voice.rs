//! Voice activity over speech of known position: found at every level and in noise, and nowhere else.

mod support;

use recordroute_audio::{ChunkOptions, Chunks};
use recordroute_core::CancellationToken;
use support::{PER_MS, Wav, decode, fixture, rms};

/// Samples of 10 ms.
const TEN_MS: usize = 10 * PER_MS;

/// Noise that is the same at every run, uniform within ±1.
fn noise(n_samples: usize) -> Vec<f32> {
    let mut state = 12_345_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..n_samples).map(|_| next()).collect()
}

/// Marks each sample of the recording in which speech was found.
fn voiced(samples: &[f32]) -> Vec<bool> {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let path = folder.path().join("mixture.wav");
    let wav = Wav {
        tag: 3,
        n_channels: 1,
        rate_hz: 16_000,
        bits: 32,
        data: samples.iter().flat_map(|sample| sample.to_le_bytes()).collect(),
        claimed_len: None,
    };
    std::fs::write(&path, wav.bytes()).expect("the test's file can be written");
    let chunks = Chunks::open(&path, ChunkOptions::default(), CancellationToken::new()).expect("it opens");
    let mut marks = vec![false; samples.len()];
    for chunk in chunks {
        let chunk = chunk.expect("it decodes");
        for span in &chunk.voice {
            let start = chunk.map.start_to_source_ms(span.start_ms) as usize * PER_MS;
            let end = chunk.map.end_to_source_ms(span.end_ms) as usize * PER_MS;
            marks[start..end.min(samples.len())].fill(true);
        }
    }
    marks
}

/// Five sentences with pauses, then ten seconds of nothing; true where somebody speaks.
fn speech() -> (Vec<f32>, Vec<bool>) {
    let mut samples = decode(&fixture("sample-en.m4a"))
        .expect("the fixture decodes")
        .samples;
    samples.resize(samples.len() + 160_000, 0.0);
    samples.truncate(samples.len() / TEN_MS * TEN_MS);
    let loud: Vec<bool> = samples.chunks(TEN_MS).map(|part| rms(part) > 0.003).collect();
    let truth = loud.iter().flat_map(|loud| [*loud; TEN_MS]).collect();
    (samples, truth)
}

fn share(of: impl Iterator<Item = bool>) -> f64 {
    let (mut n_true, mut n) = (0, 0);
    for one in of {
        n_true += usize::from(one);
        n += 1;
    }
    f64::from(n_true as u32) / f64::from(n.max(1))
}

#[test]
fn speech_is_found_at_every_level_and_in_noise() {
    let (speech, truth) = speech();
    let level = rms(&speech);
    for (gain_db, noise_db) in [(0, -90), (-20, -90), (-40, -90), (0, -20), (0, -10), (0, -5)] {
        let factor = |db: i32| 10_f32.powf(db as f32 / 20.0);
        let mixed: Vec<f32> = speech
            .iter()
            .zip(noise(speech.len()))
            .map(|(sample, noise)| {
                (sample + noise * 3_f32.sqrt() * level * factor(noise_db)) * factor(gain_db)
            })
            .collect();
        let marks = voiced(&mixed);
        let case = format!("speech at {gain_db} dB with noise at {noise_db} dB");
        let missed = share(
            marks
                .iter()
                .zip(&truth)
                .filter(|(_, truth)| **truth)
                .map(|(mark, _)| !mark),
        );
        assert!(missed < 0.06, "{case}: {missed:.3} of the speech is lost");
        let tail = marks.len() - 140_000;
        let wrong = share(marks[tail..].iter().copied());
        assert!(
            wrong < 0.05,
            "{case}: {wrong:.3} of what comes after is taken for speech"
        );
    }
}

#[test]
fn what_is_no_speech_is_not_taken_for_it() {
    let n_samples = 30 * 16_000;
    let hum = |frequency: f32| -> Vec<f32> {
        let turn = |i: usize| (i as f32 * frequency * std::f32::consts::TAU / 16_000.0).sin() * 0.3;
        (0..n_samples).map(turn).collect()
    };
    let chords = [220.0, 277.2, 329.6]
        .map(hum)
        .into_iter()
        .reduce(|a, b| a.iter().zip(b).map(|(a, b)| a + b).collect());
    let quiet_noise = noise(n_samples).iter().map(|sample| sample * 0.01).collect();
    for (name, samples) in [
        ("silence", vec![0.0; n_samples]),
        (
            "noise",
            noise(n_samples).iter().map(|sample| sample * 0.3).collect(),
        ),
        ("a noisy microphone", quiet_noise),
        ("the hum of the mains", hum(50.0)),
        ("a whistle", hum(1_000.0)),
        ("a chord", chords.expect("three tones")),
    ] {
        let wrong = share(voiced(&samples).into_iter());
        assert!(wrong < 0.02, "{wrong:.3} of {name} is taken for speech");
    }
}
