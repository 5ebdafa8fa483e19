//! With a real small model, all-MiniLM-L6-v2, which the set-up installs for tests.

use std::path::PathBuf;

use recordroute_core::{CancellationToken, Embedder, InferenceError};
use recordroute_llm::BertEmbedder;

fn model_folder() -> PathBuf {
    recordroute_testkit::installed_models().join("all-minilm-l6-v2")
}

fn load() -> BertEmbedder {
    BertEmbedder::load(&model_folder()).expect("run the set-up first: it installs the model")
}

fn embed(texts: &[&str]) -> Vec<Vec<f32>> {
    load()
        .embed(texts, &CancellationToken::new())
        .expect("texts can be embedded")
}

fn similarity(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn meaning_is_closer_than_words() {
    let vectors = embed(&[
        "The budget was approved by the board.",
        "The directors agreed to the spending plan.",
        "The cat slept in the sun all afternoon.",
    ]);
    let [budget, spending, cat] = vectors.as_slice() else {
        panic!("three texts give three vectors")
    };
    let (near, far) = (similarity(budget, spending), similarity(budget, cat));
    assert!(
        near > far + 0.3,
        "a paraphrase is closer than something else: {near} against {far}"
    );
    for vector in &vectors {
        assert_eq!(vector.len(), 384, "the model has 384 dimensions");
        assert!(
            (similarity(vector, vector) - 1.0).abs() < 1e-4,
            "vectors have length 1"
        );
    }
}

#[test]
fn vectors_are_those_of_an_independent_implementation() {
    let vectors = embed(&["This is an example sentence", "회의록"]);
    // From tests/reference/minilm.py.
    let expected = [
        [
            0.067_656_9,
            0.063_495_9,
            0.048_713_1,
            0.079_305,
            0.037_448_1,
            0.002_652_8,
            0.039_375,
            -0.007_098_5_f32,
        ],
        [
            -0.041_596_4,
            -0.024_681_8,
            0.077_893_1,
            -0.006_149_5,
            0.017_001_5,
            0.001_262,
            0.123_739_6,
            -0.001_971_5,
        ],
    ];
    for (vector, expected) in vectors.iter().zip(expected) {
        for (value, expected) in vector.iter().zip(expected) {
            assert!(
                (value - expected).abs() < 1e-5,
                "the first numbers are the reference's: {value}, not {expected}"
            );
        }
    }
}

#[test]
fn a_text_has_the_same_vector_in_any_company() {
    let long = "The quarterly report was discussed at length. ".repeat(30);
    let together = embed(&["Short.", &long, "", "회의록"]);
    let alone = embed(&["Short."]);
    assert_eq!(together.len(), 4, "each text has a vector, the empty one too");
    assert!(
        similarity(&together[0], &alone[0]) > 0.9999,
        "padding does not count"
    );
    assert!(
        together.iter().flatten().all(|value| value.is_finite()),
        "no text gives a vector that is no number"
    );
}

#[test]
fn many_texts_keep_their_order() {
    let texts: Vec<String> = (0..70)
        .map(|number| format!("Agenda item number {number}."))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = embed(&texts);
    assert_eq!(vectors.len(), 70, "more than one batch is computed");
    let alone = embed(&[texts[40]]);
    assert!(
        similarity(&vectors[40], &alone[0]) > 0.9999,
        "the forty-first vector is the forty-first text's"
    );
}

#[test]
fn a_text_beyond_the_context_is_judged_by_its_beginning() {
    let long = "An endless sentence about trains and railways. ".repeat(20_000);
    let vectors = embed(&[&long]);
    let short = embed(&["An endless sentence about trains and railways."]);
    assert!(
        similarity(&vectors[0], &short[0]) > 0.6,
        "the beginning decides, and a megabyte does no harm"
    );
}

#[test]
fn cancelling_returns_what_is_done() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let vectors = load()
        .embed(&["one", "two"], &cancel)
        .expect("cancelling is no error");
    assert!(vectors.is_empty(), "nothing was done before it was cancelled");
}

#[test]
fn damaged_and_foreign_folders_are_refused() {
    let home = tempfile::tempdir().expect("a folder can be made");
    let refusal = |changed: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        for name in ["config.json", "tokenizer.json", "model.safetensors"] {
            let bytes = std::fs::read(model_folder().join(name)).expect("the model is installed");
            let bytes = if name == changed { change(bytes) } else { bytes };
            std::fs::write(home.path().join(name), bytes).expect("a file can be written");
        }
        match BertEmbedder::load(home.path()) {
            Err(InferenceError::InvalidModel(message)) => message,
            Err(other) => panic!("a damaged model is an invalid model, not {other:?}"),
            Ok(_) => panic!("a folder with a damaged {changed} must be refused"),
        }
    };
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace(from, to).into_bytes()
    };
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let cut = refusal(name, &|bytes| bytes[..bytes.len() / 2].to_vec());
        assert!(
            cut.contains(name) && cut.ends_with('.'),
            "a cut file is named: {cut}"
        );
    }
    let message = refusal("config.json", &replace("\"bert\"", "\"xlm-roberta\""));
    assert!(
        message.contains("“xlm-roberta”"),
        "a kind that does not run is named: {message}"
    );
    let heads = refusal(
        "config.json",
        &replace("\"num_attention_heads\": 12", "\"num_attention_heads\": 0"),
    );
    assert!(
        heads.contains("contradict"),
        "a division by zero is prevented: {heads}"
    );
    refusal(
        "config.json",
        &replace("\"hidden_size\": 384", "\"hidden_size\": 768"),
    );
    refusal("model.safetensors", &|_| {
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}".to_vec()
    });

    let missing = BertEmbedder::load(&home.path().join("none"));
    assert!(
        matches!(missing, Err(InferenceError::InvalidModel(_))),
        "a missing folder is an invalid model"
    );
}
