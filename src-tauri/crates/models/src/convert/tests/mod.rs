//! Conversion of whole folders, from the outside: what goes in is written by hand, what comes out is
//! read back.

mod folders;

use std::fs;
use std::path::{Path, PathBuf};

use half::f16;
use proptest::prelude::*;
use recordroute_core::{CancellationToken, Quantization};

use self::folders::{FeedForward, STATE, Weights, weights, write_ct2, write_transformers};
use super::{MelAndVocabulary, WhisperSource, output_bytes};
use crate::catalogue::Catalogue;
use crate::error::ModelsError;
use crate::folder::ModelFolder;
use crate::header::ggml::{self, Hyperparameters, TensorType};
use crate::import::{ImportOptions, ImportOutcome};
use crate::installed::InstalledModel;

fn try_import(
    models: &Path,
    from: &Path,
    quantize: Option<Quantization>,
) -> Result<InstalledModel, ModelsError> {
    let options = ImportOptions {
        quantize,
        ..ImportOptions::default()
    };
    match ModelFolder::new(models).import(from, &options, &CancellationToken::new(), |_| {})? {
        ImportOutcome::Installed(model) => Ok(model),
        ImportOutcome::Cancelled => panic!("nobody cancelled"),
    }
}

fn import(models: &Path, from: &Path, quantize: Option<Quantization>) -> Vec<u8> {
    fs::read(try_import(models, from, quantize).unwrap().path).unwrap()
}

/// One folder of each layout with the same weights.
fn both(dir: &Path, weights: &Weights) -> (PathBuf, PathBuf) {
    let (hf, ct2) = (dir.join("from-hf"), dir.join("from-ct2"));
    write_transformers(&hf, weights);
    write_ct2(&ct2, weights, FeedForward::F16);
    (hf, ct2)
}

/// The numbers of a tensor of a ggml file, by its name there.
fn numbers(path: &Path, name: &str) -> Vec<f32> {
    let header = ggml::read(path).unwrap();
    let tensor = header.tensors.iter().find(|tensor| tensor.name == name).unwrap();
    let n_elements: u64 = tensor.shape.iter().product();
    let bytes = fs::read(path).unwrap();
    let bytes = &bytes[tensor.offset as usize..];
    match tensor.kind {
        TensorType::F32 => bytes.as_chunks::<4>().0[..n_elements as usize]
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect(),
        TensorType::F16 => bytes.as_chunks::<2>().0[..n_elements as usize]
            .iter()
            .map(|bytes| f16::from_le_bytes(*bytes).to_f32())
            .collect(),
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn both_layouts_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (hf, ct2) = both(dir.path(), &weights());
    let models = dir.path().join("models");
    for (quantize, description) in [
        (None, "f16"),
        (Some(Quantization::Q8_0), "q8_0"),
        (Some(Quantization::Q5_1), "q5_1"),
    ] {
        let from_hf = try_import(&models, &hf, quantize).unwrap();
        let from_ct2 = try_import(&models, &ct2, quantize).unwrap();
        let bytes = fs::read(&from_hf.path).unwrap();
        assert!(
            bytes == fs::read(&from_ct2.path).unwrap(),
            "the same weights are the same {description} model, wherever they come from"
        );
        assert!(
            from_hf
                .description
                .ends_with(&format!("multilingual, {description}")),
            "the header says what it is: {}",
            from_hf.description
        );
        assert_eq!(from_hf.problem, None, "the whole file can be walked over");
    }
    let plain = models.join("from-hf.bin");
    assert!(
        import(&dir.path().join("more"), &plain, Some(Quantization::Q5_1))
            == fs::read(models.join("from-ct2-q5_1.bin")).unwrap(),
        "a ggml file of 16 bits quantises to the same as its source"
    );
}

#[test]
fn every_part_lands_under_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let weights = weights();
    let (_, ct2) = both(dir.path(), &weights);
    let model = try_import(&dir.path().join("models"), &ct2, None).unwrap();
    for (ggml, source) in [
        ("encoder.conv1.weight", "encoder.conv1.weight"),
        ("encoder.positional_embedding", "encoder.embed_positions.weight"),
        ("encoder.ln_post.weight", "encoder.layer_norm.weight"),
        (
            "encoder.blocks.0.attn.query.bias",
            "encoder.layers.0.self_attn.q_proj.bias",
        ),
        (
            "encoder.blocks.0.attn.key.weight",
            "encoder.layers.0.self_attn.k_proj.weight",
        ),
        (
            "encoder.blocks.0.attn.value.bias",
            "encoder.layers.0.self_attn.v_proj.bias",
        ),
        (
            "encoder.blocks.0.attn_ln.bias",
            "encoder.layers.0.self_attn_layer_norm.bias",
        ),
        (
            "encoder.blocks.0.mlp_ln.weight",
            "encoder.layers.0.final_layer_norm.weight",
        ),
        ("decoder.token_embedding.weight", "decoder.embed_tokens.weight"),
        (
            "decoder.blocks.0.attn.out.weight",
            "decoder.layers.0.self_attn.out_proj.weight",
        ),
        (
            "decoder.blocks.0.cross_attn.query.weight",
            "decoder.layers.0.encoder_attn.q_proj.weight",
        ),
        (
            "decoder.blocks.0.cross_attn.key.weight",
            "decoder.layers.0.encoder_attn.k_proj.weight",
        ),
        (
            "decoder.blocks.0.cross_attn.value.weight",
            "decoder.layers.0.encoder_attn.v_proj.weight",
        ),
        (
            "decoder.blocks.0.cross_attn.out.bias",
            "decoder.layers.0.encoder_attn.out_proj.bias",
        ),
        (
            "decoder.blocks.0.cross_attn_ln.weight",
            "decoder.layers.0.encoder_attn_layer_norm.weight",
        ),
        ("decoder.blocks.0.mlp.0.weight", "decoder.layers.0.fc1.weight"),
        ("decoder.blocks.0.mlp.2.bias", "decoder.layers.0.fc2.bias"),
        ("decoder.ln.bias", "decoder.layer_norm.bias"),
    ] {
        assert!(
            numbers(&model.path, ggml) == weights[source].1,
            "{ggml} holds the numbers of {source}"
        );
    }
}

#[test]
fn eight_bit_weights_come_back_within_half_a_step() {
    let dir = tempfile::tempdir().unwrap();
    let weights = weights();
    let ct2 = dir.path().join("ct2");
    write_ct2(&ct2, &weights, FeedForward::I8);
    let model = try_import(&dir.path().join("models"), &ct2, None).unwrap();
    let converted = numbers(&model.path, "decoder.blocks.0.mlp.2.weight");
    let (_, exact) = &weights["decoder.layers.0.fc2.weight"];
    assert_eq!(converted.len(), 4 * STATE * STATE, "the whole matrix is there");
    for (idx, (converted, exact)) in converted.iter().zip(exact).enumerate() {
        // Weights lie within ±0.5; half a step of 127, and the rounding to 16 bits.
        let error = (converted - exact).abs();
        assert!(
            error <= 0.5 / 127.0 / 2.0 + 3e-4,
            "weight {idx} is off by {error}"
        );
    }
}

/// The sizes that whisper.cpp publishes fix every tensor's type and shape: what is left of them
/// must be the words of the one vocabulary, whatever the size of the model.
#[test]
fn sizes_are_those_of_the_published_files() {
    let shape = |name: &str| match name.split('-').next().unwrap_or_default() {
        "tiny" => (384, 6, 4, 4, 80),
        "base" => (512, 8, 6, 6, 80),
        "small" => (768, 12, 12, 12, 80),
        "medium" => (1_024, 16, 24, 24, 80),
        _ if name.contains("turbo") => (1_280, 20, 32, 4, 128),
        _ => (1_280, 20, 32, 32, 128),
    };
    let fixed_bytes = |name: &str, n_vocab: u32, weights| {
        let (state, n_head, n_audio_layer, n_text_layer, n_mels) = shape(name);
        let source = WhisperSource {
            files: Vec::new(),
            hyperparameters: Hyperparameters {
                n_vocab,
                n_audio_ctx: 1_500,
                n_audio_state: state,
                n_audio_head: n_head,
                n_audio_layer,
                n_text_ctx: 448,
                n_text_state: state,
                n_text_head: n_head,
                n_text_layer,
                n_mels,
            },
            mel_and_vocabulary: MelAndVocabulary::Words(vec![Vec::new(); 50_257]),
            tensors: Vec::new(),
        };
        output_bytes(&source, weights)
    };
    let mut n_compared = 0;
    for entry in Catalogue::builtin().entries() {
        let Some(name) = entry.id.as_str().strip_prefix("whisper-") else {
            continue;
        };
        let (name, weights) = match name {
            _ if name.ends_with("-q5_0") => continue,
            _ if name.ends_with("-q8_0") => (name.trim_end_matches("-q8_0"), Quantization::Q8_0),
            _ if name.ends_with("-q5_1") => (name.trim_end_matches("-q5_1"), Quantization::Q5_1),
            _ => (name, Quantization::F16),
        };
        let (size, n_vocab, words_bytes) = match name.strip_suffix(".en") {
            Some(size) => (size, 51_864, ENGLISH_WORDS_BYTES),
            None if name.starts_with("large") => (name, 51_866, WORDS_BYTES),
            None => (name, 51_865, WORDS_BYTES),
        };
        assert_eq!(
            fixed_bytes(size, n_vocab, weights) + words_bytes,
            entry.bytes(),
            "{} is as large as the published file",
            entry.id
        );
        n_compared += 1;
    }
    assert!(
        n_compared >= 20,
        "nearly all speech models of the catalogue are compared, not {n_compared}"
    );
}

/// Bytes of all words of the multilingual vocabulary.
const WORDS_BYTES: u64 = 307_057;
/// And of the English one.
const ENGLISH_WORDS_BYTES: u64 = 320_827;

#[test]
fn numbers_that_are_none_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut weights = weights();
    weights.get_mut("decoder.layers.0.fc1.weight").unwrap().1[77] = f32::NAN;
    let hf = dir.path().join("hf");
    write_transformers(&hf, &weights);
    let models = dir.path().join("models");
    let error = try_import(&models, &hf, None).unwrap_err().to_string();
    assert!(
        error.contains("decoder.blocks.0.mlp.0.weight"),
        "the tensor is named: {error}"
    );
    assert!(
        ModelFolder::new(&models).list().unwrap().is_empty(),
        "a broken fine-tune is no model"
    );
}

#[test]
fn a_folder_that_lacks_something_says_what() {
    let dir = tempfile::tempdir().unwrap();
    let mut weights = weights();
    let (hf, ct2) = both(dir.path(), &weights);
    let models = dir.path().join("models");
    fs::remove_file(ct2.join("tokenizer.json")).unwrap();
    let error = try_import(&models, &ct2, None).unwrap_err().to_string();
    assert!(
        error.contains("tokenizer.json"),
        "the file that would help is named: {error}"
    );

    weights.remove("encoder.layers.0.fc2.bias");
    write_transformers(&hf, &weights);
    let error = try_import(&models, &hf, None).unwrap_err().to_string();
    assert!(
        error.contains("encoder.blocks.0.mlp.2.bias is missing"),
        "the tensor is named: {error}"
    );

    weights.insert("encoder.layers.0.fc2.bias".into(), (vec![3], vec![0.0; 3]));
    write_transformers(&hf, &weights);
    let error = try_import(&models, &hf, None).unwrap_err().to_string();
    assert!(error.contains("shape"), "a wrong shape is told: {error}");
    let left: Vec<_> = fs::read_dir(&models)
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert!(
        left.iter().all(|name| name.to_string_lossy().ends_with(".lock")),
        "nothing half-made is left: {left:?}"
    );
}

#[test]
fn cancelling_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (hf, _) = both(dir.path(), &weights());
    let models = ModelFolder::new(dir.path().join("models"));
    let cancel = CancellationToken::new();
    let outcome = models.import(&hf, &ImportOptions::default(), &cancel, |share| {
        if share > 0.3 {
            cancel.cancel();
        }
    });
    assert_eq!(
        outcome.unwrap(),
        ImportOutcome::Cancelled,
        "it stops in the middle"
    );
    assert!(models.list().unwrap().is_empty(), "no model came of it");
    assert!(
        !models.dir().join(".from-hf.importing").exists(),
        "no draft is left"
    );
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (hf, ct2) = both(dir.path(), &weights());
    let models = dir.path().join("models");
    let ggml = try_import(&models, &hf, None).unwrap().path;
    for (path, from) in [
        (ct2.join("model.bin"), &ct2),
        (hf.join("model.safetensors"), &hf),
        (ggml.clone(), &ggml),
    ] {
        let whole = fs::read(&path).unwrap();
        for n_bytes in [0, 3, 7, 50, 3_000, 70_000, whole.len() / 2, whole.len() - 9_000] {
            fs::write(&path, &whole[..n_bytes]).unwrap();
            let cut = ModelFolder::new(dir.path().join("cut"));
            let imported = cut.import(from, &ImportOptions::default(), &CancellationToken::new(), |_| {});
            assert!(
                imported.is_err(),
                "{n_bytes} bytes of {} are no model",
                path.display()
            );
        }
        fs::write(&path, &whole).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever stands in a header: an error or a model, and never a panic or a large allocation.
    #[test]
    fn damaged_headers_never_panic(
        head in 0_usize..4,
        places in prop::collection::vec((0_usize..1_200, any::<u8>()), 1..12),
    ) {
        let whole = &heads()[head];
        let mut damaged = whole.1.clone();
        for (place, byte) in places {
            if let Some(there) = damaged.get_mut(place) {
                *there = byte;
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(whole.0);
        fs::write(&path, &damaged).unwrap();
        for (name, text) in [("config.json", r#"{"model_type":"whisper"}"#), ("tokenizer.json", "{}")] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let folder = ModelFolder::new(dir.path().join("models"));
        for from in [path.as_path(), dir.path()] {
            let _ = folder.import(from, &ImportOptions::default(), &CancellationToken::new(), |_| {});
        }
        let _ = InstalledModel::recognise(&path, folder.catalogue());
    }
}

/// The beginnings of a file of each layout, by the names that files have.
fn heads() -> &'static [(&'static str, Vec<u8>); 4] {
    static HEADS: std::sync::LazyLock<[(&str, Vec<u8>); 4]> = std::sync::LazyLock::new(|| {
        let dir = tempfile::tempdir().unwrap();
        let (hf, ct2) = both(dir.path(), &weights());
        let ggml = import(&dir.path().join("models"), &hf, None);
        let head = |bytes: Vec<u8>| bytes[..90_000].to_vec();
        [
            ("model.bin", head(fs::read(ct2.join("model.bin")).unwrap())),
            (
                "model.safetensors",
                head(fs::read(hf.join("model.safetensors")).unwrap()),
            ),
            ("ggml-made.bin", head(ggml)),
            ("made.gguf", crate::download::tests::gguf(1)[..2_000].to_vec()),
        ]
    });
    &HEADS
}
