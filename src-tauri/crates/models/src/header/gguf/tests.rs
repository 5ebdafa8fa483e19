//! What of sound files does not run, and why.

use recordroute_core::{
    CancellationToken, LANGUAGE_ARCHITECTURES, LANGUAGE_TOKENIZERS, LANGUAGE_WEIGHT_TYPES,
};

use super::block;
use crate::error::ModelsError;
use crate::folder::ModelFolder;
use crate::import::ImportOptions;
use crate::installed::InstalledModel;

/// A file of zeros with these metadata, and a tensor for each ggml type and shape.
struct Written<'a> {
    texts: Vec<(&'a str, &'a str)>,
    numbers: Vec<(&'a str, u32)>,
    tensors: Vec<(u32, &'a [u64])>,
}

const MATRIX: &[u64] = &[256, 2];
const VECTOR: &[u64] = &[256];

fn sound<'a>() -> Written<'a> {
    Written {
        texts: vec![
            ("general.architecture", "llama"),
            ("tokenizer.ggml.model", "gpt2"),
        ],
        numbers: Vec::new(),
        tensors: vec![(0, VECTOR), (12, MATRIX)],
    }
}

impl Written<'_> {
    fn bytes(&self) -> Vec<u8> {
        fn put(bytes: &mut Vec<u8>, text: &str) {
            bytes.extend((text.len() as u64).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend(((self.texts.len() + self.numbers.len()) as u64).to_le_bytes());
        for (key, text) in &self.texts {
            put(&mut bytes, key);
            bytes.extend(8_u32.to_le_bytes());
            put(&mut bytes, text);
        }
        for (key, number) in &self.numbers {
            put(&mut bytes, key);
            bytes.extend(4_u32.to_le_bytes());
            bytes.extend(number.to_le_bytes());
        }
        for (kind, shape) in &self.tensors {
            put(&mut bytes, "weight");
            bytes.extend((shape.len() as u32).to_le_bytes());
            for n in *shape {
                bytes.extend(n.to_le_bytes());
            }
            bytes.extend(kind.to_le_bytes());
            bytes.extend(0_u64.to_le_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(32) + 512 * 8, 0);
        bytes
    }

    /// The model in a folder in which the file lies.
    fn listed(&self) -> InstalledModel {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("made.gguf"), self.bytes()).unwrap();
        ModelFolder::new(dir.path()).list().unwrap().remove(0)
    }

    fn problem(&self) -> Option<String> {
        self.listed().problem
    }
}

#[test]
fn every_architecture_that_runs_is_taken_and_no_other() {
    for architecture in LANGUAGE_ARCHITECTURES.into_iter().chain(["falcon"]) {
        let mut file = sound();
        file.texts[0].1 = architecture;
        let problem = file.problem();
        assert_eq!(
            problem.is_some(),
            architecture == "falcon",
            "{architecture}: {problem:?}"
        );
    }
}

#[test]
fn only_weights_of_types_that_run_are_taken() {
    assert_eq!(
        sound().problem(),
        None,
        "the file is sound but for what is changed"
    );
    for kind in 0..=30 {
        for shape in [MATRIX, VECTOR] {
            let mut file = sound();
            file.tensors.push((kind, shape));
            assert_eq!(
                file.problem().is_none(),
                LANGUAGE_WEIGHT_TYPES.iter().any(|(runs, _)| *runs == kind),
                "type {kind} in the shape {shape:?}: {:?}",
                file.problem()
            );
        }
    }
    let mut file = sound();
    file.tensors.extend([(11, MATRIX), (10, MATRIX)]);
    assert_eq!(
        file.problem().as_deref(),
        Some("its weights are Q3_K, which this program does not run; choose a file in Q4_K_M, Q6_K or Q8_0"),
        "the type is named, and others that run"
    );
    for (kind, name) in LANGUAGE_WEIGHT_TYPES {
        let known = block(kind).map(|(name, ..)| name);
        assert_eq!(known, Some(name), "type {kind} has one name everywhere");
    }
    for advised in ["Q4_K", "Q6_K", "Q8_0", "Q5_0", "F32"] {
        assert!(
            LANGUAGE_WEIGHT_TYPES.iter().any(|(_, runs)| *runs == advised),
            "files of the advised types hold {advised}, which runs"
        );
    }
}

#[test]
fn mixtures_of_experts_are_told_apart() {
    for (n_experts, runs) in [(0, true), (1, true), (8, false)] {
        let mut file = sound();
        file.numbers.push(("llama.expert_count", n_experts));
        let problem = file.problem();
        assert_eq!(problem.is_none(), runs, "{n_experts} experts: {problem:?}");
        assert!(
            problem.is_none_or(|problem| problem.contains("choose a dense model")),
            "it says what to choose instead"
        );
    }
}

#[test]
fn only_tokenizers_that_run_are_taken() {
    let with = |kind: &str| {
        let mut file = sound();
        file.texts[1].1 = kind;
        file.problem()
    };
    for kind in LANGUAGE_TOKENIZERS {
        assert_eq!(with(kind), None, "{kind} runs");
    }
    assert_eq!(
        with("rw\nkv").as_deref(),
        Some("its tokenizer “rwkv” is not among those this program runs (gpt2, llama)"),
        "another is named, on one line"
    );
    let mut file = sound();
    file.texts.pop();
    assert_eq!(
        file.problem().as_deref(),
        Some("it has no tokenizer; choose a file that has one"),
        "nothing can be read without one"
    );
}

#[test]
fn a_part_of_a_split_model_is_none() {
    for (n_parts, runs) in [(0, true), (1, true), (3, false)] {
        let mut file = sound();
        file.numbers.push(("split.count", n_parts));
        assert_eq!(file.problem().is_none(), runs, "a model in {n_parts} files");
    }
    let mut second = sound();
    second.texts.clear();
    second.numbers.push(("split.count", 3));
    assert_eq!(
        second.problem().as_deref(),
        Some("it is one of the 3 parts of a model; choose a model that is one file"),
        "also a part that does not say what it is"
    );
}

#[test]
fn what_does_not_run_is_not_imported() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made.gguf");
    let mut file = sound();
    file.tensors.push((23, MATRIX));
    std::fs::write(&path, file.bytes()).unwrap();
    let folder = ModelFolder::new(dir.path().join("models"));
    let refused = folder.import(
        &path,
        &ImportOptions::default(),
        &CancellationToken::new(),
        |_| {},
    );
    assert!(
        matches!(&refused, Err(ModelsError::NotAModel { reason, .. }) if reason.contains("IQ4_XS")),
        "the import says why: {refused:?}"
    );
    assert!(folder.list().unwrap().is_empty(), "and leaves nothing behind");
}

#[test]
fn a_chat_template_or_a_name_tells_that_a_model_was_instructed() {
    for (key, text, is_instructed) in [
        ("tokenizer.chat_template", "{{ messages }}", true),
        ("tokenizer.chat_template", "\n", false),
        ("general.name", "Gemma 3 270M It", true),
        ("general.name", "Gemma 3 270m", false),
    ] {
        let mut file = sound();
        file.texts.push((key, text));
        assert_eq!(file.listed().is_instructed, is_instructed, "{key}: {text:?}");
    }
}
