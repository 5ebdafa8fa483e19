//! With two real small models, all-MiniLM-L6-v2 and multilingual-e5-small, which the set-up installs for tests,
//! and with tiny models of random weights. `reference/encoders.py` made these and all expected vectors.

use std::path::{Path, PathBuf};

use recordroute_core::{CancellationToken, Embedder, InferenceError, TextRole};
use recordroute_llm::BertEmbedder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    text: String,
    vector: Vec<f32>,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn expected(name: &str) -> Vec<Expected> {
    let bytes = std::fs::read(fixture(name)).expect("the fixture is there");
    serde_json::from_slice(&bytes).expect("the fixture is sound")
}

fn model_folder() -> PathBuf {
    recordroute_testkit::installed_models().join("all-minilm-l6-v2")
}

fn load_from(folder: &Path) -> BertEmbedder {
    BertEmbedder::load(folder).expect("run the set-up first: it installs the model")
}

fn load() -> BertEmbedder {
    load_from(&model_folder())
}

fn embed_by(embedder: &mut BertEmbedder, texts: &[&str], role: TextRole) -> Vec<Vec<f32>> {
    embedder
        .embed(texts, role, &CancellationToken::new())
        .expect("texts can be embedded")
}

fn embed(texts: &[&str]) -> Vec<Vec<f32>> {
    embed_by(&mut load(), texts, TextRole::Passage)
}

fn similarity(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "both vectors have the model's dimensions");
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn assert_as_expected(embedder: &mut BertEmbedder, role: TextRole, name: &str, within: f32) {
    let expected = expected(name);
    let texts: Vec<&str> = expected.iter().map(|expected| expected.text.as_str()).collect();
    let vectors = embed_by(embedder, &texts, role);
    assert_eq!(vectors.len(), expected.len(), "each text has a vector");
    for (vector, expected) in vectors.iter().zip(&expected) {
        let difference = largest_difference(vector, &expected.vector);
        assert!(
            difference < within,
            "{name}: “{:.30}” has the reference's vector but for {difference}",
            expected.text
        );
    }
}

/// A copy of a model's folder with one file changed; none takes it away.
fn changed(from: &Path, name: &str, change: &dyn Fn(Vec<u8>) -> Option<Vec<u8>>) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder can be made");
    std::fs::create_dir(home.path().join("1_Pooling")).expect("a folder can be made");
    for file in [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "modules.json",
        "1_Pooling/config.json",
        "sentence_bert_config.json",
        "config_sentence_transformers.json",
    ] {
        let bytes = std::fs::read(from.join(file)).unwrap_or_default();
        let bytes = if file == name {
            change(bytes)
        } else {
            Some(bytes).filter(|bytes| !bytes.is_empty())
        };
        if let Some(bytes) = bytes {
            std::fs::write(home.path().join(file), bytes).expect("a file can be written");
        }
    }
    home
}

fn replaced<'a>(from: &'a str, to: &'a str) -> impl Fn(Vec<u8>) -> Option<Vec<u8>> + 'a {
    move |bytes| {
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(from), "the file says {from}");
        Some(text.replace(from, to).into_bytes())
    }
}

fn refusal(folder: &Path) -> String {
    match BertEmbedder::load(folder) {
        Err(InferenceError::InvalidModel(message)) => message,
        Err(other) => panic!("a damaged model is an invalid model, not {other:?}"),
        Ok(_) => panic!("a damaged folder must be refused"),
    }
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
    // 256 tokens count, as the model's card says: the last of the texts has more.
    assert_as_expected(&mut load(), TextRole::Query, "all-minilm-l6-v2.json", 1e-5);
}

#[test]
fn a_model_of_both_languages_has_the_vectors_of_an_independent_implementation() {
    let mut embedder = load_from(&recordroute_testkit::installed_models().join("multilingual-e5-small"));
    assert_as_expected(
        &mut embedder,
        TextRole::Passage,
        "multilingual-e5-small.json",
        1e-5,
    );
    let [question, answer, other] = [
        (TextRole::Query, "예산은 누가 승인했나요?"),
        (TextRole::Passage, "이사회가 내년 지출 계획에 동의했습니다."),
        (TextRole::Passage, "고양이가 오후 내내 햇볕에서 잤다."),
    ]
    .map(|(role, text)| embed_by(&mut embedder, &[text], role).remove(0));
    let (near, far) = (similarity(&question, &answer), similarity(&question, &other));
    assert!(
        near > far + 0.03,
        "an answer in other words is closer than something else: {near} against {far}"
    );
}

#[test]
fn xlm_roberta_has_its_own_positions_and_its_first_token_for_a_vector() {
    let mut embedder = BertEmbedder::load(&fixture("tiny-xlm-roberta")).expect("the fixture is a model");
    assert_eq!(embedder.dimensions(), 40, "the configuration says so");
    assert_eq!(embedder.max_tokens(), 298, "300 less the two special tokens");
    for role in [TextRole::Query, TextRole::Passage] {
        assert_as_expected(&mut embedder, role, "tiny-xlm-roberta/passage.json", 1e-4);
    }
}

#[test]
fn a_family_with_prefixes_gets_them_and_sixteen_bits_do() {
    let mut embedder = BertEmbedder::load(&fixture("tiny-e5")).expect("the fixture is a model");
    assert_as_expected(&mut embedder, TextRole::Query, "tiny-e5/query.json", 1e-4);
    assert_as_expected(&mut embedder, TextRole::Passage, "tiny-e5/passage.json", 1e-4);
    let [query, passage] =
        [TextRole::Query, TextRole::Passage].map(|role| embed_by(&mut embedder, &["the"], role).concat());
    assert!(
        largest_difference(&query, &passage) > 0.01,
        "the two roles are told apart"
    );
    let n_tokens = embedder
        .count_tokens(&["", "the", "the was"])
        .expect("texts can be counted");
    assert_eq!(n_tokens, [0, 1, 2], "neither prefix nor special tokens count");
    // ▁passage and the colon.
    assert_eq!(
        embedder.max_tokens(),
        50 - 2 - 2,
        "what the longer prefix takes is taken off"
    );
}

#[test]
fn weights_of_bfloat_run() {
    let folder = fixture("tiny-xlm-roberta");
    let home = changed(&folder, "model.safetensors", &|bytes| Some(to_bfloat(&bytes)));
    let mut embedder = BertEmbedder::load(home.path()).expect("the weights are sound");
    // Eight bits of each weight are left.
    assert_as_expected(
        &mut embedder,
        TextRole::Passage,
        "tiny-xlm-roberta/passage.json",
        0.02,
    );
}

/// Cuts the weights of a file down to their upper halves.
fn to_bfloat(bytes: &[u8]) -> Vec<u8> {
    let n_header = u64::from_le_bytes(*bytes.first_chunk().expect("there is a length")) as usize;
    let (header, data) = bytes[8..].split_at(n_header);
    let mut header: serde_json::Value = serde_json::from_slice(header).expect("the header is JSON");
    for (name, tensor) in header.as_object_mut().expect("the header is a map") {
        if name == "__metadata__" {
            continue;
        }
        tensor["dtype"] = "BF16".into();
        for offset in tensor["data_offsets"].as_array_mut().expect("two offsets") {
            *offset = (offset.as_u64().expect("a number") / 2).into();
        }
    }
    let header = header.to_string();
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(header.as_bytes());
    let (values, _) = data.as_chunks::<4>();
    out.extend(values.iter().flat_map(|value| [value[2], value[3]]));
    out
}

#[test]
fn a_text_has_the_same_vector_in_any_company() {
    let mut embedder = load();
    let long = "The quarterly report was discussed at length. ".repeat(30);
    let many: Vec<&str> = [["Short."; 3].as_slice(), &[long.as_str(); 30], &["", "회의록"]].concat();
    let together = embed_by(&mut embedder, &many, TextRole::Passage);
    assert_eq!(together.len(), 35, "each text has a vector, the empty one too");
    for (text, vector) in many.iter().zip(&together) {
        let alone = embed_by(&mut embedder, &[text], TextRole::Passage).concat();
        let difference = largest_difference(vector, &alone);
        assert!(
            difference < 1e-5,
            "“{text:.10}” does not depend on the others: {difference}"
        );
    }
}

#[test]
fn many_texts_keep_their_order() {
    let texts: Vec<String> = (0..300)
        .map(|number| format!("Agenda item number {number}{}", " and more".repeat(number % 7)))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut embedder = load();
    let vectors = embed_by(&mut embedder, &texts, TextRole::Passage);
    assert_eq!(vectors.len(), 300, "more than one batch is computed");
    for i in [0, 41, 170, 299] {
        let alone = embed_by(&mut embedder, &[texts[i]], TextRole::Passage).concat();
        assert!(
            largest_difference(&vectors[i], &alone) < 1e-5,
            "vector {i} is that of text {i}"
        );
    }
}

#[test]
fn a_text_beyond_the_context_is_judged_by_its_beginning() {
    let mut embedder = load();
    assert_eq!(
        embedder.max_tokens(),
        254,
        "256 tokens as the model's card says, less the two special ones"
    );
    let long = "An endless sentence about trains and railways. ".repeat(20_000);
    let n_tokens = embedder
        .count_tokens(&[&long])
        .expect("a long text can be counted");
    assert_eq!(
        n_tokens,
        [160_000],
        "nothing of a text is left out when it is counted"
    );
    let beginning: String = long.chars().take(2_000).collect();
    let vectors = embed_by(&mut embedder, &[&long, &beginning], TextRole::Passage);
    assert!(
        largest_difference(&vectors[0], &vectors[1]) < 1e-5,
        "only the beginning counts, and a megabyte does no harm"
    );
}

#[test]
fn hundreds_of_segments_are_counted_in_no_time() {
    let embedder = load();
    let segments = ["We should talk about the budget for the next quarter first."; 1_000];
    let started = std::time::Instant::now();
    let n_tokens = embedder.count_tokens(&segments).expect("texts can be counted");
    let took = started.elapsed();
    assert_eq!(n_tokens, [12; 1_000], "eleven words and a full stop");
    assert!(took.as_secs_f32() < 1.0, "a thousand segments take {took:?}");
}

#[test]
fn cancelling_returns_what_is_done() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let mut embedder = load();
    let vectors = embedder
        .embed(&["one", "two"], TextRole::Passage, &cancel)
        .expect("cancelling is no error");
    assert!(vectors.is_empty(), "nothing was done before it was cancelled");

    let long = "The quarterly report was discussed at length. ".repeat(30);
    let texts = vec![long.as_str(); 2_000];
    let cancel = CancellationToken::new();
    let vectors = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(500));
            cancel.cancel();
        });
        let vectors = embedder.embed(&texts, TextRole::Passage, &cancel);
        vectors.expect("cancelling is no error")
    });
    assert!(vectors.len() < texts.len(), "it ends before the last text");
    let alone = embed_by(&mut embedder, &[&long], TextRole::Passage).concat();
    assert!(
        vectors
            .iter()
            .all(|vector| largest_difference(vector, &alone) < 1e-5),
        "what is returned is whole"
    );
}

#[test]
fn damaged_and_foreign_folders_are_refused() {
    let folder = fixture("tiny-e5");
    for name in [
        "config.json",
        "tokenizer.json",
        "model.safetensors",
        "1_Pooling/config.json",
        "sentence_bert_config.json",
        "config_sentence_transformers.json",
    ] {
        let cut = refusal(changed(&folder, name, &|bytes| Some(bytes[..bytes.len() / 2].to_vec())).path());
        let name = name.rsplit('/').next().unwrap_or_default();
        assert!(
            cut.contains(name) && cut.ends_with('.'),
            "a cut file is named: {cut}"
        );
    }
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let missing = refusal(changed(&folder, name, &|_| None).path());
        assert!(missing.contains(name), "a missing file is named: {missing}");
        let empty = refusal(changed(&folder, name, &|_| Some(Vec::new())).path());
        assert!(empty.contains(name), "an empty file is named: {empty}");
    }
    let no_modules = changed(&folder, "config_sentence_transformers.json", &|_| None);
    assert!(
        BertEmbedder::load(no_modules.path()).is_ok(),
        "a folder may be without sentence-transformers' files"
    );

    for (name, from, to, said) in [
        ("config.json", "\"bert\"", "\"deberta\"", "“deberta”"),
        ("config.json", "\"gelu\"", "\"relu\"", "“relu”"),
        (
            "config.json",
            "\"absolute\"",
            "\"relative_key\"",
            "“relative_key”",
        ),
        (
            "config.json",
            "_attention_heads\": 3",
            "_attention_heads\": 0",
            "contradict",
        ),
        (
            "config.json",
            "_attention_heads\": 3",
            "_attention_heads\": 7",
            "contradict",
        ),
        (
            "config.json",
            "_hidden_layers\": 1",
            "_hidden_layers\": 90000",
            "contradict",
        ),
        (
            "config.json",
            "_hidden_layers\": 1",
            "_hidden_layers\": 2",
            "do not fit",
        ),
        (
            "config.json",
            "hidden_size\": 96",
            "hidden_size\": 192",
            "do not fit",
        ),
        (
            "config.json",
            "_embeddings\": 64",
            "_embeddings\": 1",
            "contradict",
        ),
        (
            "config.json",
            "vocab_size\": 49",
            "vocab_size\": 48",
            "another model",
        ),
        (
            "1_Pooling/config.json",
            "cls_token\": false",
            "cls_token\": true",
            "does not compute",
        ),
        ("sentence_bert_config.json", ": 50", ": 3", "no room"),
        (
            "model.safetensors",
            "embeddings.word",
            "embeddings.worm",
            "another model's",
        ),
        ("model.safetensors", "F16", "U16", "of a type"),
    ] {
        let message = if name == "model.safetensors" {
            refusal(changed(&folder, name, &|bytes| Some(replaced_bytes(&bytes, from, to))).path())
        } else {
            refusal(changed(&folder, name, &replaced(from, to)).path())
        };
        assert!(message.contains(said), "{to} in {name}: {message}");
    }

    let dense = changed(&folder, "modules.json", &|_| {
        Some(br#"[{"type": "sentence_transformers.models.Dense"}]"#.to_vec())
    });
    let message = refusal(dense.path());
    assert!(
        message.contains("“Dense”"),
        "a part that is not computed is named: {message}"
    );
    let missing = BertEmbedder::load(&folder.join("none"));
    assert!(
        matches!(missing, Err(InferenceError::InvalidModel(_))),
        "a missing folder is an invalid model"
    );
}

fn replaced_bytes(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "offsets stay");
    let mut bytes = bytes.to_vec();
    let mut found = false;
    for i in 0..bytes.len() - from.len() {
        if bytes[i..].starts_with(from.as_bytes()) {
            bytes[i..i + to.len()].copy_from_slice(to.as_bytes());
            found = true;
        }
    }
    assert!(found, "the file says {from}");
    bytes
}

#[test]
fn weights_made_to_harm_are_refused() {
    let folder = fixture("tiny-e5");
    let header = |header: &str| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes
    };
    let word = "embeddings.word_embeddings.weight";
    let harmful = [
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}".to_vec(),
        b"\x00\x00\x00\x05\x00\x00\x00\x00{}".to_vec(),
        header("{}"),
        header(&"[".repeat(1 << 20)),
        header(&format!(
            r#"{{"{word}":{{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,64]}}}}"#
        )),
        header(&format!(
            r#"{{"{word}":{{"dtype":"F32","shape":[1],"data_offsets":[4,18446744073709551615]}}}}"#
        )),
        header(&format!(
            r#"{{"{word}":{{"dtype":"F32","shape":[16],"data_offsets":[0,64]}}}}"#
        )),
    ];
    for bytes in harmful {
        let home = changed(&folder, "model.safetensors", &|_| Some(bytes.clone()));
        let message = refusal(home.path());
        assert!(
            message.contains("model.safetensors"),
            "the file is named: {message}"
        );
    }
}

#[test]
fn weights_that_are_no_numbers_give_no_vectors() {
    let folder = fixture("tiny-e5");
    let home = changed(&folder, "model.safetensors", &|mut bytes| {
        let n = bytes.len();
        bytes[n - 8_000..].fill(0xFF);
        Some(bytes)
    });
    let mut embedder = BertEmbedder::load(home.path()).expect("the header is sound");
    let result = embedder.embed(&["the"], TextRole::Query, &CancellationToken::new());
    assert!(
        matches!(result, Err(InferenceError::Failed(_))),
        "a vector that is no number is an error: {result:?}"
    );
}

#[test]
fn the_memory_that_is_needed_is_told_before_it_is_taken() {
    let needed = BertEmbedder::memory_needed_bytes(&model_folder()).expect("the model is installed");
    let weights = model_folder().join("model.safetensors");
    let weights = weights.metadata().expect("the model is installed").len();
    // Each thread adds the tokens that it works on.
    let most = weights * 12 / 10 + 10_000_000 * load().info().n_threads as u64;
    assert!(
        needed > weights && needed < most,
        "a little more than the weights' {weights} bytes, not {needed}"
    );
    let home = changed(&fixture("tiny-e5"), "model.safetensors", &|bytes| {
        Some(bytes[..bytes.len() - 1].to_vec())
    });
    assert!(
        matches!(
            BertEmbedder::memory_needed_bytes(home.path()),
            Err(InferenceError::InvalidModel(_))
        ),
        "a cut file is seen before it is loaded"
    );
}
