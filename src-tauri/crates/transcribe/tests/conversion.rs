//! The models that the set-up converts compute what their source computes: logits of whisper.cpp on
//! the converted file against those of CTranslate2 on the original (`reference/logits.py`).
//!
//! Everything that conversion can get wrong shows here: weights, their order, biases, the mel
//! filters, and the numbering of the tokens.

use std::path::Path;

use recordroute_audio::Decoder;
use recordroute_testkit::installed_models;
use serde::Deserialize;
use whisper_rs::{WhisperContext, WhisperContextParameters};

/// Weights of 16 bits, sums of 16 or 32 bits and a mel spectrogram of their own make each side
/// differ by this much in a logit; a swapped tensor makes them differ by whole units.
const TOLERANCE: f32 = 0.15;

#[derive(Deserialize)]
struct Reference {
    prompt: Vec<i32>,
    steps: Vec<Step>,
}

/// What the source chose after the tokens before it, and its likeliest tokens with their logits.
#[derive(Deserialize)]
struct Step {
    token: i32,
    best: Vec<(usize, f32)>,
}

fn assert_same_logits(model: &str, recording: &str, reference: &str) {
    let reference: Reference = serde_json::from_str(reference).expect("the reference is JSON");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures");
    let mut decoder = Decoder::open(&fixtures.join(recording)).expect("the recording opens");
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block().expect("the recording can be decoded") {
        samples.extend(block.samples);
    }
    let path = installed_models().join(format!("{model}.bin"));
    let path = path.to_str().expect("the path is text");
    let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())
        .expect("the set-up has installed the model");
    let mut state = context.create_state().expect("there is memory");
    state
        .pcm_to_mel(&samples, 2)
        .expect("the sound becomes a spectrogram");
    state.encode(0, 2).expect("the encoder runs");

    // One token at a time: the logits of several would lie beyond the slice that can be read.
    let chosen = reference.steps.iter().map(|step| &step.token);
    for (n_past, token) in reference.prompt.iter().chain(chosen).enumerate() {
        state.decode(&[*token], n_past, 2).expect("the decoder runs");
        let Some(step_idx) = (n_past + 1).checked_sub(reference.prompt.len()) else {
            continue;
        };
        let Some(step) = reference.steps.get(step_idx) else {
            break;
        };
        let logits = state.get_logits().expect("there are logits");
        for (token, wanted) in &step.best {
            let found = logits[*token];
            assert!(
                (found - wanted).abs() < TOLERANCE,
                "{model}, step {step_idx}: token {token} has {found}, its source gives {wanted}"
            );
        }
    }
}

#[test]
fn a_converted_english_model_computes_what_its_source_computes() {
    assert_same_logits(
        "whisper-tiny.en",
        "short-en.wav",
        include_str!("reference/tiny-en.json"),
    );
}

#[test]
fn a_converted_multilingual_model_computes_what_its_source_computes() {
    assert_same_logits(
        "whisper-base",
        "sample-ko.mp3",
        include_str!("reference/base-ko.json"),
    );
}
