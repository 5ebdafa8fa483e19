//! The whole pass against candle-transformers' own models, on small random models of each family, and
//! against itself: in chunks, from a kept beginning, cancelled.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result, Tensor};
use candle_transformers::models::{
    quantized_gemma3, quantized_llama, quantized_phi3, quantized_qwen2, quantized_qwen3,
};
use recordroute_core::{CancellationToken, InferenceError, LANGUAGE_ARCHITECTURES};

use super::Model;
use super::kernels::Activation;
use crate::family::{Dimensions, Family};
use crate::gguf::Gguf;

/// A model of random weights, small enough for a test.
struct RandomModel {
    metadata: Vec<(String, Value)>,
    tensors: Vec<(String, QTensor)>,
}

impl RandomModel {
    fn new(family: Family, dtype: GgmlDType) -> Self {
        let (n_layers, n_heads, n_kv_heads, hidden, feed_forward, n_vocabulary) = (3, 8, 2, 256, 512, 300);
        let head_size = match family {
            Family::Qwen3 | Family::Gemma3 => 64,
            _ => hidden / n_heads,
        };
        let arch = family.name();
        let mut model = Self {
            metadata: vec![("general.architecture".to_owned(), Value::String(arch.to_owned()))],
            tensors: Vec::new(),
        };
        for (key, value) in [
            ("context_length", 2_048),
            ("embedding_length", hidden),
            ("block_count", n_layers),
            ("feed_forward_length", feed_forward),
            ("attention.head_count", n_heads),
            ("attention.head_count_kv", n_kv_heads),
            ("attention.key_length", head_size),
            ("attention.value_length", head_size),
            ("attention.sliding_window", 1_024),
            ("rope.dimension_count", head_size),
        ] {
            model.set(&format!("{arch}.{key}"), Value::U32(value as u32));
        }
        model.set(
            &format!("{arch}.attention.layer_norm_rms_epsilon"),
            Value::F32(1e-6),
        );
        model.set(&format!("{arch}.rope.freq_base"), Value::F32(10_000.0));
        // Or candle-transformers turns queries and keys in 16-bit floats.
        model.set("general.dtype", Value::U32(0));

        let (q, kv) = (n_heads * head_size, n_kv_heads * head_size);
        model.add("token_embd.weight", &[n_vocabulary, hidden], dtype);
        model.add("output_norm.weight", &[hidden], GgmlDType::F32);
        model.add("output.weight", &[n_vocabulary, hidden], dtype);
        for layer_idx in 0..n_layers {
            let mut add = |suffix: &str, shape: &[usize], dtype| {
                model.add(&format!("blk.{layer_idx}.{suffix}"), shape, dtype);
            };
            add("attn_norm.weight", &[hidden], GgmlDType::F32);
            add("ffn_norm.weight", &[hidden], GgmlDType::F32);
            add("attn_output.weight", &[hidden, q], dtype);
            add("ffn_down.weight", &[hidden, feed_forward], dtype);
            if family == Family::Phi3 {
                add("attn_qkv.weight", &[q + 2 * kv, hidden], dtype);
                add("ffn_up.weight", &[2 * feed_forward, hidden], dtype);
                continue;
            }
            add("attn_q.weight", &[q, hidden], dtype);
            add("attn_k.weight", &[kv, hidden], dtype);
            add("attn_v.weight", &[kv, hidden], dtype);
            add("ffn_gate.weight", &[feed_forward, hidden], dtype);
            add("ffn_up.weight", &[feed_forward, hidden], dtype);
            if family == Family::Qwen2 {
                add("attn_q.bias", &[q], GgmlDType::F32);
                add("attn_k.bias", &[kv], GgmlDType::F32);
                add("attn_v.bias", &[kv], GgmlDType::F32);
            }
            if matches!(family, Family::Qwen3 | Family::Gemma3) {
                add("attn_q_norm.weight", &[head_size], GgmlDType::F32);
                add("attn_k_norm.weight", &[head_size], GgmlDType::F32);
            }
            if family == Family::Gemma3 {
                add("post_attention_norm.weight", &[hidden], GgmlDType::F32);
                add("post_ffw_norm.weight", &[hidden], GgmlDType::F32);
            }
        }
        model
    }

    fn set(&mut self, key: &str, value: Value) {
        self.metadata.retain(|(known, _)| known != key);
        self.metadata.push((key.to_owned(), value));
    }

    fn add(&mut self, name: &str, shape: &[usize], dtype: GgmlDType) {
        // Norms lie around one, matrices keep their input's size.
        let (mean, deviation) = if shape.len() == 1 && name.ends_with(".weight") {
            (1.0_f32, 0.1)
        } else {
            (0.0, 1.0 / (shape[shape.len() - 1] as f32).sqrt())
        };
        let tensor = Tensor::randn(mean, deviation, shape, &Device::Cpu).expect("numbers can be drawn");
        let tensor = QTensor::quantize(&tensor, dtype).expect("the type can be written");
        self.tensors.push((name.to_owned(), tensor));
    }

    fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("random.gguf");
        let metadata: Vec<_> = self
            .metadata
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        let tensors: Vec<_> = self
            .tensors
            .iter()
            .map(|(name, tensor)| (name.as_str(), tensor))
            .collect();
        let mut file = File::create(&path).expect("a file can be made");
        gguf_file::write(&mut file, &metadata, &tensors).expect("and written");
        path
    }
}

fn open(path: &Path, n_threads: usize) -> std::result::Result<Model, InferenceError> {
    let gguf = Gguf::open(path)?;
    let dimensions = Dimensions::read(&gguf, path, 4_096)?;
    Model::load(gguf, dimensions, path, n_threads)
}

fn logits(model: &mut Model, tokens: &[u32]) -> Vec<f32> {
    let logits = model.forward(tokens, &CancellationToken::new());
    logits.expect("the tokens fit").expect("nothing cancels").to_vec()
}

/// As candle-transformers runs it: its Gemma 3 gates by SiLU, while the model was trained with GELU.
fn open_as_candle_does(path: &Path) -> Model {
    let mut model = open(path, 2).expect("the model is there and sound");
    model.activation = Activation::Silu;
    model
}

enum Original {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
    Qwen3(quantized_qwen3::ModelWeights),
    Gemma3(quantized_gemma3::ModelWeights),
    Phi3(quantized_phi3::ModelWeights),
}

impl Original {
    fn open(path: &Path) -> Result<Self> {
        let (mut file, device) = (File::open(path)?, Device::Cpu);
        let content = Content::read(&mut file)?;
        let architecture = content.metadata["general.architecture"].to_string()?.clone();
        Ok(match architecture.as_str() {
            "llama" => Self::Llama(quantized_llama::ModelWeights::from_gguf(
                content, &mut file, &device,
            )?),
            "qwen2" => Self::Qwen2(quantized_qwen2::ModelWeights::from_gguf(
                content, &mut file, &device,
            )?),
            "qwen3" => Self::Qwen3(quantized_qwen3::ModelWeights::from_gguf(
                content, &mut file, &device,
            )?),
            "gemma3" => Self::Gemma3(quantized_gemma3::ModelWeights::from_gguf(
                content, &mut file, &device,
            )?),
            _ => Self::Phi3(quantized_phi3::ModelWeights::from_gguf(
                false, content, &mut file, &device,
            )?),
        })
    }

    fn logits(&mut self, tokens: &[u32], n_past: usize) -> Vec<f32> {
        let input = Tensor::new(tokens, &Device::Cpu)
            .and_then(|input| input.unsqueeze(0))
            .expect("tokens");
        let logits = match self {
            Self::Llama(model) => model.forward(&input, n_past),
            Self::Qwen2(model) => model.forward(&input, n_past),
            Self::Qwen3(model) => model.forward(&input, n_past),
            Self::Gemma3(model) => model.forward(&input, n_past),
            Self::Phi3(model) => model.forward(&input, n_past),
        };
        let logits = logits.and_then(|logits| logits.flatten_all()?.to_vec1());
        logits.expect("the original runs")
    }
}

fn largest(logits: &[f32]) -> u32 {
    let of = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
    (0..logits.len()).reduce(of).unwrap_or(0) as u32
}

/// One minus the cosine of the angle between two results.
fn distance(ours: &[f32], expected: &[f32]) -> f64 {
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    1.0 - dot(ours, expected) / (dot(ours, ours) * dot(expected, expected)).sqrt()
}

/// A text of random tokens, the same for each call.
fn tokens(n: usize, n_vocabulary: u32) -> Vec<u32> {
    let mut state = 7_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % n_vocabulary
    };
    std::iter::repeat_with(next).take(n).collect()
}

#[test]
fn every_architecture_that_can_be_installed_has_its_pass() {
    assert_eq!(Family::ALL.map(Family::name), LANGUAGE_ARCHITECTURES);
}

#[test]
fn each_family_gives_the_logits_of_candles_own_model() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for family in Family::ALL {
        // In floats both must agree; before packed weights Candle rounds in coarser groups.
        for (dtype, tolerance) in [
            (GgmlDType::F32, 1e-5),
            (GgmlDType::Q8_0, 5e-3),
            (GgmlDType::Q4K, 5e-3),
        ] {
            let path = RandomModel::new(family, dtype).write(folder.path());
            let mut model = open_as_candle_does(&path);
            let mut original = Original::open(&path).expect("Candle runs it too");
            let prompt = tokens(70, 300);
            let mut n_past = 0;
            // A prompt, then a few tokens one by one.
            for part in [&prompt[..66], &prompt[66..67], &prompt[67..68], &prompt[68..]] {
                // Candle's mask of several tokens with a past is not right for every family.
                for part in if n_past > 0 {
                    part.chunks(1)
                } else {
                    part.chunks(66)
                } {
                    let (ours, expected) = (logits(&mut model, part), original.logits(part, n_past));
                    n_past += part.len();
                    assert_eq!(ours.len(), 300, "a logit for each entry of the vocabulary");
                    let distance = distance(&ours, &expected);
                    assert!(
                        distance < tolerance,
                        "{} in {dtype:?} after {n_past}: {distance:e}",
                        family.name()
                    );
                }
            }
            assert_eq!(model.n_past(), 70, "every token is counted");
        }
    }
}

/// The real models that the set-up installs.
#[test]
fn real_models_write_what_candle_writes() {
    for (name, prompt) in [
        // "The capital of France is" in the vocabulary of each.
        ("smollm2-135m-instruct.gguf", vec![504_u32, 3575, 282, 4649, 314]),
        ("gemma-3-270m.gguf", vec![2_u32, 818, 5279, 529, 7001, 563]),
    ] {
        let path = recordroute_testkit::installed_models().join(name);
        let mut model = open_as_candle_does(&path);
        let mut original = Original::open(&path).expect("Candle runs it too");
        let (mut part, mut n_past) = (prompt, 0);
        for _ in 0..24 {
            let (ours, expected) = (logits(&mut model, &part), original.logits(&part, n_past));
            n_past += part.len();
            let distance = distance(&ours, &expected);
            assert!(distance < 5e-3, "{name} after {n_past} tokens: {distance:e}");
            let (next, other) = (largest(&ours), largest(&expected));
            // The two round activations in groups of another size, which may turn a near tie over.
            let lead = expected[other as usize] - expected[next as usize];
            let mean = expected.iter().sum::<f32>() / expected.len() as f32;
            assert!(
                next == other || lead < 0.02 * (expected[other as usize] - mean),
                "{name} after {n_past} tokens: {next} should be {other}, ahead by {lead}"
            );
            part = vec![other];
        }
    }
}

#[test]
fn a_long_prompt_gives_the_same_in_chunks_and_token_by_token() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for family in Family::ALL {
        let path = RandomModel::new(family, GgmlDType::Q8_0).write(folder.path());
        let mut model = open(&path, 2).expect("the model is sound");
        let prompt = tokens(super::CHUNK + 150, 300);
        let whole = logits(&mut model, &prompt);
        assert_eq!(model.keep(0), 0, "everything can be forgotten");
        for part in prompt.chunks(97) {
            logits(&mut model, part);
        }
        model.keep(prompt.len() - 1);
        let in_parts = logits(&mut model, &prompt[prompt.len() - 1..]);
        let difference = distance(&in_parts, &whole);
        assert!(difference < 1e-4, "{}: {difference:e}", family.name());
    }
}

#[test]
fn what_is_kept_is_as_good_as_read_again() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = RandomModel::new(Family::Qwen3, GgmlDType::Q4K).write(folder.path());
    let mut model = open(&path, 1).expect("the model is sound");
    let first = tokens(60, 300);
    let mut second = first.clone();
    second[41..].reverse();
    logits(&mut model, &first);
    assert_eq!(model.keep(41), 41, "the common beginning stays");
    let continued = logits(&mut model, &second[41..]);
    model.keep(0);
    let fresh = logits(&mut model, &second);
    let difference = distance(&continued, &fresh);
    assert!(
        difference < 1e-6,
        "nothing of the other text is left: {difference:e}"
    );
    assert_eq!(model.keep(1_000), 60, "no more is kept than there is");
}

#[test]
fn threads_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = RandomModel::new(Family::Llama, GgmlDType::Q5K).write(folder.path());
    let prompt = tokens(100, 300);
    let alone = logits(&mut open(&path, 1).expect("the model is sound"), &prompt);
    let three = logits(&mut open(&path, 3).expect("the model is sound"), &prompt);
    assert_eq!(
        alone, three,
        "each number is computed by one thread, in one order"
    );
}

#[test]
fn a_sliding_window_forgets_what_lies_before_it() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut random = RandomModel::new(Family::Phi3, GgmlDType::F32);
    random.set("phi3.attention.sliding_window", Value::U32(20));
    let path = random.write(folder.path());
    let mut model = open(&path, 2).expect("the model is sound");
    let mut text = tokens(200, 300);
    let before = logits(&mut model, &text);
    // Three layers of 20 tokens reach back 57 tokens and no further.
    text[140] = (text[140] + 1) % 300;
    model.keep(0);
    assert_eq!(
        logits(&mut model, &text),
        before,
        "a token before the windows is not seen"
    );
    text[143] = (text[143] + 1) % 300;
    model.keep(0);
    assert_ne!(logits(&mut model, &text), before, "the first token inside is");
}

#[test]
fn cancelling_keeps_whole_chunks_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = RandomModel::new(Family::Llama, GgmlDType::Q4_0).write(folder.path());
    let mut model = open(&path, 2).expect("the model is sound");
    let prompt = tokens(1_900, 300);
    let expected = logits(&mut model, &prompt);
    model.keep(0);
    let cancel = CancellationToken::new();
    let cancelled_at = std::thread::scope(|scope| {
        let canceller = scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(30));
            cancel.cancel();
            std::time::Instant::now()
        });
        let outcome = model.forward(&prompt, &cancel).expect("cancelling is no error");
        let returned = std::time::Instant::now();
        let is_none = outcome.is_none();
        let cancelled_at = canceller.join().expect("it ends");
        is_none.then(|| returned.saturating_duration_since(cancelled_at))
    });
    if let Some(delay) = cancelled_at {
        assert!(delay.as_millis() < 200, "it took {delay:?} to notice");
    }
    let n_past = model.n_past();
    assert!(
        n_past == prompt.len() || n_past.is_multiple_of(super::CHUNK),
        "what was read is whole chunks: {n_past}"
    );
    if n_past < prompt.len() {
        let continued = logits(&mut model, &prompt[n_past..]);
        let difference = distance(&continued, &expected);
        assert!(
            difference < 1e-6,
            "reading goes on where it stopped: {difference:e}"
        );
    }
}

#[test]
fn tokens_that_cannot_be_read_are_refused_and_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = RandomModel::new(Family::Qwen2, GgmlDType::Q8_0).write(folder.path());
    let mut model = open(&path, 1).expect("the model is sound");
    let cancel = CancellationToken::new();
    for (tokens, why) in [
        (vec![], "nothing to read"),
        (vec![5, 300], "a token beyond the vocabulary"),
        (vec![5; 2_049], "more than the context takes"),
    ] {
        assert!(model.forward(&tokens, &cancel).is_err(), "{why} is refused");
        assert_eq!(model.n_past(), 0, "{why} leaves the model as it was");
    }
}

#[test]
fn files_whose_parts_disagree_are_refused() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let sound = || RandomModel::new(Family::Llama, GgmlDType::Q8_0);
    let mut wrong: HashMap<&str, RandomModel> = HashMap::new();
    for (key, value) in [
        ("llama.embedding_length", 512),
        ("llama.feed_forward_length", 2_560),
        ("llama.attention.head_count_kv", 3),
        ("llama.attention.head_count", 0),
        ("llama.attention.key_length", 40),
        ("llama.attention.value_length", 64),
        ("llama.block_count", 4),
        ("llama.block_count", 100_000),
        ("llama.rope.dimension_count", 34),
        ("llama.context_length", 0),
    ] {
        let mut model = sound();
        model.set(key, Value::U32(value));
        wrong.insert(key, model);
    }
    for (key, value) in [
        ("llama.rope.freq_base", Value::F32(f32::NAN)),
        ("llama.rope.scaling.factor", Value::F32(-4.0)),
        ("llama.rope.scaling.type", Value::String("su".to_owned())),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(f32::NAN)),
    ] {
        let mut model = sound();
        model.set(key, value);
        wrong.insert(key, model);
    }
    let mut model = sound();
    model.add("blk.1.ffn_gate_inp.weight", &[4, 256], GgmlDType::F32);
    wrong.insert("a tensor of another kind of model", model);
    let mut model = sound();
    model.add("rope_freqs.weight", &[3], GgmlDType::F32);
    wrong.insert("factors of too few frequencies", model);
    let mut model = sound();
    model.tensors.retain(|(name, _)| name != "blk.2.attn_k.weight");
    wrong.insert("a missing tensor", model);
    wrong.insert(
        "weights of a type that does not run",
        RandomModel::new(Family::Llama, GgmlDType::Q2K),
    );
    for (what, model) in wrong {
        let path = model.write(folder.path());
        match open(&path, 1) {
            Err(InferenceError::InvalidModel(message)) => {
                assert!(
                    message.ends_with('.'),
                    "{what} is refused with a sentence: {message}"
                );
            }
            Err(other) => panic!("{what} is an invalid model, not {other:?}"),
            Ok(_) => panic!("{what} must be refused"),
        }
    }
}

#[test]
fn an_absurd_context_takes_no_memory_before_it_is_used() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut random = RandomModel::new(Family::Llama, GgmlDType::Q8_0);
    random.set("llama.context_length", Value::U32(u32::MAX));
    let path = random.write(folder.path());
    let gguf = Gguf::open(&path).expect("the file is sound");
    let dimensions = Dimensions::read(&gguf, &path, usize::MAX).expect("so is its header");
    assert_eq!(
        dimensions.n_context,
        u32::MAX as usize,
        "the caller's limit is the caller's"
    );
    assert!(
        dimensions.memory_bytes(gguf.n_weight_bytes) > 1 << 40,
        "what it would take is told"
    );
    let mut model = Model::load(gguf, dimensions, &path, 1).expect("loading takes nothing for it");
    logits(&mut model, &[1, 2, 3]);
}
