//! With a real small model, SmolLM2 135M instruct, which the set-up installs for tests.

use std::path::PathBuf;

use recordroute_core::{CancellationToken, GenerateOptions, Generated, Generator, InferenceError, Outcome};
use recordroute_llm::{GgufGenerator, LoadOptions};

fn model_path() -> PathBuf {
    recordroute_testkit::installed_models().join("smollm2-135m-instruct.gguf")
}

fn load() -> GgufGenerator {
    GgufGenerator::load(&model_path(), &LoadOptions::default())
        .expect("run the set-up first: it installs the model")
}

fn ask(generator: &mut GgufGenerator, prompt: &str, options: &GenerateOptions) -> Generated {
    let mut streamed = String::new();
    let generated = generator
        .generate(prompt, options, &CancellationToken::new(), &mut |text| {
            streamed.push_str(text);
            true
        })
        .expect("a short prompt can be answered");
    assert_eq!(
        generated.text, streamed,
        "the whole text is what was handed out piece by piece"
    );
    generated
}

#[test]
fn a_question_is_answered_and_the_answer_ends() {
    let mut generator = load();
    let options = GenerateOptions {
        max_tokens: 64,
        ..GenerateOptions::default()
    };
    // From tests/reference/smollm2.py. Of answers that begin nearly as likely in another way, rounding would
    // choose.
    for (prompt, n_prompt_tokens, n_tokens, expected) in [
        (
            "What is the capital of Japan?",
            37,
            7,
            "The capital of Japan is Tokyo.",
        ),
        (
            "What is the capital of Germany?",
            37,
            7,
            "The capital of Germany is Berlin.",
        ),
        ("Translate to French: Good morning.", 38, 6, "Je suis bonjour."),
    ] {
        let answer = ask(&mut generator, prompt, &options);
        assert_eq!(
            answer.text, expected,
            "greedy decoding gives the reference's text"
        );
        assert_eq!(
            (answer.n_prompt_tokens, answer.n_tokens),
            (n_prompt_tokens, n_tokens),
            "the tokenizer, built from the model's file, parts text as the reference's does"
        );
        assert!(
            !answer.is_cut,
            "the model's end of turn is recognised before 64 tokens"
        );
        assert_eq!(answer.outcome, Outcome::Complete, "nothing was cancelled");
    }
}

#[test]
fn a_raw_prompt_is_continued() {
    let options = GenerateOptions {
        max_tokens: 8,
        raw: true,
        ..GenerateOptions::default()
    };
    let answer = ask(&mut load(), "The capital of France is", &options);
    assert!(
        answer.text.starts_with(" Paris"),
        "the prompt is continued in the sentence: {:?}",
        answer.text
    );
    assert_eq!(
        (answer.n_tokens, answer.is_cut),
        (8, true),
        "it is cut at the limit and says so"
    );
}

#[test]
fn the_same_seed_gives_the_same_text() {
    let mut generator = load();
    let greedy = GenerateOptions {
        max_tokens: 24,
        ..GenerateOptions::default()
    };
    let first = ask(&mut generator, "Write a short poem about rain.", &greedy);
    let again = ask(&mut generator, "Write a short poem about rain.", &greedy);
    assert_eq!(
        first.text, again.text,
        "nothing of the first text is left in the model"
    );

    let drawn = GenerateOptions {
        temperature: Some(1.0),
        top_p: Some(0.95),
        seed: 7,
        ..greedy.clone()
    };
    let first = ask(&mut generator, "Write a short poem about rain.", &drawn);
    let again = ask(&mut generator, "Write a short poem about rain.", &drawn);
    assert_eq!(first.text, again.text, "chance is the seed's");
    let other = ask(
        &mut generator,
        "Write a short poem about rain.",
        &GenerateOptions { seed: 8, ..drawn },
    );
    assert_ne!(first.text, other.text, "another seed draws other tokens");
}

#[test]
fn a_long_prompt_is_read_in_parts() {
    let mut generator = load();
    let filler = "The meeting was long and nothing was decided about the budget. ".repeat(44);
    let prompt = format!("{filler}\nThe project is led by Amelia. Who leads the project?");
    let answer = ask(
        &mut generator,
        &prompt,
        &GenerateOptions {
            max_tokens: 24,
            ..GenerateOptions::default()
        },
    );
    assert!(
        answer.n_prompt_tokens > 512,
        "the prompt is longer than two parts: {}",
        answer.n_prompt_tokens
    );
    assert!(
        answer.text.contains("Amelia"),
        "what the last part says is found: {:?}",
        answer.text
    );
}

#[test]
fn cancelling_stops_within_a_token() {
    let mut generator = load();
    let cancel = CancellationToken::new();
    let mut n_pieces = 0;
    let options = GenerateOptions {
        max_tokens: 200,
        ..GenerateOptions::default()
    };
    let stopped = generator
        .generate("Tell me a long story.", &options, &cancel, &mut |_| {
            n_pieces += 1;
            if n_pieces == 3 {
                cancel.cancel();
            }
            true
        })
        .expect("cancelling is no error");
    assert_eq!(
        stopped.outcome,
        Outcome::Cancelled,
        "it says that it was cancelled"
    );
    assert_eq!(n_pieces, 3, "nothing comes after the token was cancelled");

    let refused = generator
        .generate(
            "Tell me a long story.",
            &options,
            &CancellationToken::new(),
            &mut |_| false,
        )
        .expect("stopping is no error");
    assert_eq!(
        (refused.outcome, refused.n_tokens <= 2),
        (Outcome::Cancelled, true),
        "a listener that is gone stops it too"
    );

    let before = generator
        .generate("Hello", &options, &cancel, &mut |_| true)
        .expect("cancelling is no error");
    assert_eq!(
        (before.outcome, before.n_tokens),
        (Outcome::Cancelled, 0),
        "what is cancelled already does not begin"
    );
}

#[test]
fn a_prompt_beyond_the_context_is_refused() {
    let options = LoadOptions {
        max_context_tokens: 64,
        ..LoadOptions::default()
    };
    let mut generator = GgufGenerator::load(&model_path(), &options).expect("the model is installed");
    assert_eq!(generator.max_context_tokens(), 64, "the limit is kept");
    let prompt = "word ".repeat(100);
    let refused = generator.generate(
        &prompt,
        &GenerateOptions::default(),
        &CancellationToken::new(),
        &mut |_| true,
    );
    let Err(InferenceError::Failed(message)) = refused else {
        panic!("a long prompt must be refused: {refused:?}")
    };
    assert!(
        message.contains("fewer than 64") && message.ends_with('.'),
        "it says how much fits: {message}"
    );

    let n_tokens = generator.count_prompt_tokens(&prompt, &GenerateOptions::default());
    assert!(
        n_tokens.is_ok_and(|n_tokens| n_tokens > 64),
        "it is counted all the same, for whoever is to shorten it"
    );

    let answer = ask(
        &mut generator,
        "Count from one to one hundred.",
        &GenerateOptions::default(),
    );
    assert_eq!(
        answer.n_prompt_tokens + answer.n_tokens,
        64,
        "an answer ends where the context ends"
    );
    assert!(answer.is_cut, "and says that it was cut");
}

#[test]
fn control_tokens_in_a_prompt_are_text() {
    let mut generator = load();
    let options = GenerateOptions {
        max_tokens: 1,
        ..GenerateOptions::default()
    };
    let plain = ask(&mut generator, "a b", &options).n_prompt_tokens;
    let hostile = ask(&mut generator, "a<|im_end|>b", &options).n_prompt_tokens;
    assert!(
        hostile > plain + 3,
        "the tag is spelled out of ordinary tokens: {hostile} against {plain}"
    );
}

/// Minutes of a meeting in small.
fn schema() -> serde_json::Value {
    serde_json::json!({
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 60},
            "mood": {"enum": ["good", "bad", "mixed"]},
            "items": {
                "type": "array",
                "maxItems": 3,
                "items": {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string", "maxLength": 80},
                        "who": {"type": ["string", "null"], "maxLength": 20},
                        "segments": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 40}, "maxItems": 3},
                    },
                    "required": ["text", "who", "segments"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["title", "mood", "items"],
        "additionalProperties": false,
    })
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SmallMinutes {
    title: String,
    mood: String,
    items: Vec<SmallItem>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SmallItem {
    text: String,
    who: Option<String>,
    segments: Vec<u8>,
}

#[test]
fn answers_held_to_a_schema_always_parse() {
    let mut generator = load();
    let prompt = "Sum up this meeting as JSON: Amelia moves the launch to May and is happy with it.";
    let mut n_whole = 0;
    for (temperature, seed, max_tokens) in [
        (None, 0, 120),
        (Some(1.0), 1, 100),
        (Some(1.5), 2, 100),
        (Some(1.2), 3, 40),
    ] {
        let options = GenerateOptions {
            max_tokens,
            temperature,
            seed,
            json_schema: Some(schema()),
            ..GenerateOptions::default()
        };
        let answer = ask(&mut generator, prompt, &options);
        let minutes: SmallMinutes = serde_json::from_str(&answer.text)
            .unwrap_or_else(|error| panic!("at {temperature:?}: {error}: {}", answer.text));
        let is_short = minutes.title.chars().count() <= 60
            && minutes.items.len() <= 3
            && ["good", "bad", "mixed"].contains(&minutes.mood.as_str())
            && minutes.items.iter().all(|item| {
                item.text.chars().count() <= 80
                    && item.who.iter().all(|who| who.chars().count() <= 20)
                    && item.segments.iter().all(|segment| (1..=40).contains(segment))
            });
        assert!(
            is_short,
            "at {temperature:?} the schema's limits are kept: {minutes:?}"
        );
        assert!(
            answer.n_tokens <= max_tokens,
            "a value that is ended early keeps to its room: {}",
            answer.n_tokens
        );
        n_whole += usize::from(!answer.is_cut);
    }
    assert!(
        n_whole > 0,
        "a model that may end its answer does so by itself, at least once"
    );
}

#[test]
fn a_schema_that_cannot_be_held_is_refused() {
    let options = GenerateOptions {
        json_schema: Some(serde_json::json!({"type": "string", "pattern": "^a"})),
        ..GenerateOptions::default()
    };
    let refused = load().generate("Hello", &options, &CancellationToken::new(), &mut |_| true);
    assert!(
        matches!(&refused, Err(InferenceError::Failed(message)) if message.contains("“pattern”")),
        "what is not supported is named: {refused:?}"
    );
}

#[test]
fn a_broken_chat_template_is_replaced_by_its_familys() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("broken-template.gguf");
    let mut bytes = std::fs::read(model_path()).expect("the model is installed");
    let template = b"{% for message in messages %}";
    let at = bytes
        .windows(template.len())
        .position(|window| window == template)
        .expect("the template goes through the messages");
    bytes[at..at + 6].copy_from_slice(b"{% fro");
    std::fs::write(&path, bytes).expect("a file can be written");
    let mut generator = GgufGenerator::load(&path, &LoadOptions::default())
        .expect("the template alone is no reason to refuse");
    let options = GenerateOptions {
        max_tokens: 16,
        ..GenerateOptions::default()
    };
    let answer = ask(&mut generator, "What is the capital of France?", &options);
    assert_eq!(
        (answer.text.as_str(), answer.n_prompt_tokens),
        ("The capital of France is Paris.", 16),
        "its control tokens tell the format, which has no system text of its own"
    );
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let whole = std::fs::read(model_path()).expect("the model is installed");
    let path = folder.path().join("damaged.gguf");
    let refusal = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("a file can be written");
        match GgufGenerator::load(&path, &LoadOptions::default()) {
            Err(InferenceError::InvalidModel(message)) => message,
            Err(other) => panic!("a damaged model is an invalid model, not {other:?}"),
            Ok(_) => panic!("a damaged model must be refused"),
        }
    };

    for n_bytes in [0, 3, 20, 1_000, 2_000_000, whole.len() / 2, whole.len() - 1] {
        let message = refusal(&whole[..n_bytes]);
        assert!(
            message.contains("damaged.gguf") && message.ends_with('.'),
            "cut at {n_bytes}: {message}"
        );
    }
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(100_000)
    .collect();
    assert!(
        refusal(&noise).contains("not a GGUF file"),
        "random bytes are no GGUF file"
    );
    let mut after_magic = b"GGUF\x03\0\0\0".to_vec();
    after_magic.extend(&noise);
    refusal(&after_magic);

    let mut foreign = whole[..2_000_000].to_vec();
    let at = foreign
        .windows(5)
        .position(|bytes| bytes == b"llama")
        .expect("the architecture stands near the start");
    foreign[at..at + 5].copy_from_slice(b"mamba");
    foreign.extend(&whole[2_000_000..]);
    assert!(
        refusal(&foreign).contains("“mamba”"),
        "a kind that does not run is named"
    );

    let missing = GgufGenerator::load(&folder.path().join("none.gguf"), &LoadOptions::default());
    assert!(
        matches!(missing, Err(InferenceError::InvalidModel(_))),
        "a missing file is an invalid model"
    );
}

#[test]
fn a_changed_header_never_panics() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("changed.gguf");
    let whole = std::fs::read(model_path()).expect("the model is installed");
    // Most of the file's measures stand in its first kilobyte; the numbers of its tensors behind the
    // vocabulary are reached by the last places.
    let mut n_refused = 0;
    let places = (8..1_100).step_by(29);
    let n_places = places.clone().count();
    for at in places {
        let mut changed = whole.clone();
        changed[at] ^= 0xFF;
        std::fs::write(&path, &changed).expect("a file can be written");
        if GgufGenerator::load(&path, &LoadOptions::default()).is_err() {
            n_refused += 1;
        }
    }
    assert!(
        n_refused * 2 > n_places,
        "most changed bytes are noticed, and all without a panic: {n_refused}"
    );
}

#[test]
fn memory_is_estimated_from_the_header() {
    let need = |max_context_tokens| {
        let options = LoadOptions {
            max_context_tokens,
            ..LoadOptions::default()
        };
        GgufGenerator::memory_needed_bytes(&model_path(), &options).expect("the model is installed")
    };
    assert!(
        need(4_096) > 98_000_000 + 49_152 * 576 * 4,
        "weights and embeddings are counted"
    );
    assert!(
        need(4_096) < 1_500_000_000,
        "a small model does not need a large machine"
    );
    assert!(need(1_024) < need(4_096), "a shorter context takes less");
}
#[test]
fn a_common_beginning_is_read_once() {
    let mut generator = load();
    let options = GenerateOptions {
        max_tokens: 24,
        system: Some("You answer questions about a meeting in one short sentence. ".repeat(8)),
        ..GenerateOptions::default()
    };
    let first = ask(&mut generator, "Who leads the project?", &options);
    assert_eq!(first.n_cached_tokens, 0, "nothing is known at the beginning");
    let second = ask(&mut generator, "What is the capital of Japan?", &options);
    assert!(
        second.n_cached_tokens > 80 && second.n_cached_tokens < second.n_prompt_tokens,
        "the system's text is not read again: {} of {}",
        second.n_cached_tokens,
        second.n_prompt_tokens
    );
    let fresh = ask(&mut load(), "What is the capital of Japan?", &options);
    assert_eq!(second.text, fresh.text, "and the answer is a fresh model's");

    let cancel = CancellationToken::new();
    cancel.cancel();
    generator
        .generate("Something else.", &options, &cancel, &mut |_| true)
        .expect("cancelling is no error");
    let after = ask(&mut generator, "What is the capital of Japan?", &options);
    assert_eq!(after.text, fresh.text, "a cancelled prompt leaves nothing behind");
}
