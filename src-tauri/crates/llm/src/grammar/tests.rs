//! Whatever is drawn, the answer parses and keeps to its schema.

use proptest::prelude::*;
use recordroute_core::GenerateOptions;
use serde_json::{Value, json};

use super::matcher::Matcher;
use super::{Constraint, Next, Schema, TokenIndex};
use crate::sampler::Sampler;

/// Whether a value keeps to a schema, written down apart from the compiler.
fn is_valid(schema: &Value, value: &Value) -> bool {
    if let Some(allowed) = schema.get("const") {
        return value == allowed;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array) {
        return allowed.contains(value);
    }
    if let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) {
        return alternatives.iter().any(|schema| is_valid(schema, value));
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    let count = |key: &str, default: u64| schema.get(key).and_then(Value::as_u64).unwrap_or(default) as usize;
    let within = |n: usize, least: &str, most: &str| n >= count(least, 0) && n <= count(most, u64::MAX);
    let in_range = |n: f64| {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        bound("minimum").is_none_or(|low| n >= low) && bound("maximum").is_none_or(|high| n <= high)
    };
    kinds.iter().any(|kind| match (kind.as_str(), value) {
        (Some("null"), Value::Null) | (Some("boolean"), Value::Bool(_)) => true,
        (Some("integer"), Value::Number(n)) => n.is_i64() && in_range(n.as_f64().expect("a number")),
        (Some("number"), Value::Number(n)) => in_range(n.as_f64().expect("a number")),
        (Some("string"), Value::String(text)) => within(text.chars().count(), "minLength", "maxLength"),
        (Some("array"), Value::Array(items)) => {
            within(items.len(), "minItems", "maxItems")
                && items.iter().all(|item| is_valid(&schema["items"], item))
        }
        (Some("object"), Value::Object(members)) => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            required
                .iter()
                .all(|name| members.contains_key(name.as_str().expect("a name")))
                && members.iter().all(|(name, value)| {
                    let schema = schema["properties"].get(name);
                    schema.is_some_and(|schema| is_valid(schema, value))
                })
        }
        _ => false,
    })
}

fn any_schema() -> impl Strategy<Value = Value> {
    let bounds = |most: u64| (0..most, 0..most).prop_map(|(a, b)| (a.min(b), a.max(b)));
    let leaf = prop_oneof![
        Just(json!({"type": "null"})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "integer"})),
        Just(json!({"type": "number"})),
        Just(json!({"type": "string"})),
        Just(json!({"type": ["string", "null", "integer"], "maxLength": 3, "minimum": 2})),
        Just(json!({"enum": ["결정", "결제", "a\"b", 1, 12, 120, null, {"a": [1, 2]}]})),
        (-200..200_i64, 0..300_i64)
            .prop_map(|(low, n)| json!({"type": "integer", "minimum": low, "maximum": low + n})),
        (-2_000..2_000_i64, 0..3_000_i64).prop_map(|(low, n)| {
            json!({"type": "number", "minimum": low as f64 / 1_000.0, "maximum": (low + n) as f64 / 1_000.0})
        }),
        bounds(6).prop_map(|(min, max)| json!({"type": "string", "minLength": min, "maxLength": max})),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            (inner.clone(), bounds(5)).prop_map(|(item, (min, max))| {
                json!({"type": "array", "items": item, "minItems": min, "maxItems": max})
            }),
            inner.clone().prop_map(|item| json!({"type": "array", "items": item})),
            proptest::collection::vec(inner.clone(), 1..4)
                .prop_map(|alternatives| json!({"anyOf": alternatives})),
            proptest::collection::vec((inner, any::<bool>()), 0..5).prop_map(|members| {
                let names = ["who", "what", "when", "회의", "w\"\\"];
                let named = || names.iter().zip(&members);
                let properties: serde_json::Map<String, Value> = named()
                    .map(|(name, (schema, _))| ((*name).to_owned(), schema.clone()))
                    .collect();
                let required: Vec<&str> = named()
                    .filter(|(_, (_, is_required))| *is_required)
                    .map(|(name, _)| *name)
                    .collect();
                json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
            }),
        ]
    })
}

/// Every byte, and some longer tokens as vocabularies have them, which cross the places of a value.
fn vocabulary() -> Vec<Vec<u8>> {
    let mut tokens: Vec<Vec<u8>> = vec![Vec::new()];
    tokens.extend((0..=255).map(|byte| vec![byte]));
    let longer = [
        "{\"", "\":", "\": \"", "\", \"", "\"}", "\"}]", "},{\"", "[]", "{}", "[{\"", ": ", ", ", "\"who",
        "who\":\"", "null", "true,", "12", "0.5", "회의", " the", "\\n", "\\u", "00e9", "\\\"", "]}", "],\"",
        "null}", "1,2,", "  ",
    ];
    tokens.extend(longer.map(|text| text.as_bytes().to_vec()));
    let syllable = "결".as_bytes();
    tokens.extend([
        syllable[..2].to_vec(),
        syllable[1..].to_vec(),
        [syllable, &syllable[..1]].concat(),
    ]);
    tokens
}

const END: u32 = 0;

fn index(vocabulary: &[Vec<u8>]) -> TokenIndex {
    TokenIndex::new((0..).zip(vocabulary.iter().map(Vec::as_slice)))
}

/// Writes an answer with tokens drawn blindly; returns it and whether the room was too short.
fn write(schema: &Value, seed: u64, max_tokens: usize) -> (Vec<u8>, bool) {
    let vocabulary = vocabulary();
    let index = index(&vocabulary);
    let schema = Schema::compile(schema).expect("the schema is supported");
    let mut constraint = Constraint::new(schema, &index);
    let options = GenerateOptions {
        temperature: Some(1.0),
        seed,
        ..GenerateOptions::default()
    };
    let mut sampler = Sampler::new(&options, &[]);
    let logits = vec![0.0; vocabulary.len()];
    let bytes = |token: u32| vocabulary[token as usize].as_slice();
    let mut answer = Vec::new();
    for n_tokens in 0..max_tokens {
        match constraint.next(&mut sampler, &logits, bytes, &[END], max_tokens - n_tokens) {
            Next::Token(token) => answer.extend(bytes(token)),
            Next::Close(tokens) => {
                assert!(
                    tokens.len() <= max_tokens - n_tokens,
                    "the room is kept: {} tokens",
                    tokens.len()
                );
                tokens.iter().for_each(|&token| answer.extend(bytes(token)));
                return (answer, true);
            }
            Next::End => return (answer, false),
            Next::Stuck => panic!("every byte is a token: {answer:?}"),
        }
    }
    let is_whole = matches!(
        constraint.next(&mut sampler, &logits, bytes, &[END], 0),
        Next::End
    );
    (answer, !is_whole)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_answer_parses_and_is_valid(schema in any_schema(), seed: u64, max_tokens in 20_usize..200) {
        let compiled = Schema::compile(&schema).expect("the schema is supported");
        prop_assume!(compiled.shortest(compiled.root).len() <= max_tokens);
        let (answer, _) = write(&schema, seed, max_tokens);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let value: Value = serde_json::from_slice(&answer)
            .map_err(|error| TestCaseError::fail(format!("{schema}: {text}: {error}")))?;
        prop_assert!(is_valid(&schema, &value), "{schema}: {text}");
    }

    #[test]
    fn tokens_are_allowed_as_their_bytes_are(schema in any_schema(), seed: u64, n_tokens in 0_usize..30) {
        let vocabulary = vocabulary();
        let index = index(&vocabulary);
        let (answer, _) = write(&schema, seed, n_tokens);
        let mut matcher = Matcher::new(Schema::compile(&schema).expect("the schema is supported"));
        prop_assert!(answer.is_empty() || matcher.accept(&answer), "what was written is allowed again");
        let mut is_allowed = vec![false; vocabulary.len()];
        index.allow(&mut matcher, &mut is_allowed);
        for (token, bytes) in vocabulary.iter().enumerate().skip(1) {
            prop_assert_eq!(is_allowed[token], matcher.after(bytes).is_some(), "{:?} after {:?}", bytes, answer);
        }
    }
}

fn accepts(schema: &Value, text: &str) -> bool {
    let mut matcher = Matcher::new(Schema::compile(schema).expect("the schema is supported"));
    matcher.accept(text.as_bytes()) && matcher.can_end()
}

#[test]
fn members_have_their_order_and_optional_ones_may_be_left_out() {
    let schema = json!({
        "type": "object",
        "properties": {"text": {"type": "string"}, "due": {"type": "string"}, "owner": {"type": ["string", "null"]}},
        "required": ["text"],
    });
    for good in [
        r#"{"text":"a"}"#,
        r#"{"text": "a", "due": "b"}"#,
        r#"{"text":"a","owner":null}"#,
        r#"{"text":"a","due":"b","owner":"c"}"#,
    ] {
        assert!(accepts(&schema, good), "{good}");
    }
    for bad in [
        r#"{}"#,
        r#"{"due":"b","text":"a"}"#,
        r#"{"text":"a","owner":"c","due":"b"}"#,
        r#"{"text":"a","text":"b"}"#,
        r#"{"text":"a",}"#,
        r#"{"text":"a","other":1}"#,
        r#"{"text":  "a"}"#,
        r#"{ "text":"a"}"#,
        r#"{"text":"a"} "#,
        "{\n\"text\":\"a\"}",
    ] {
        assert!(!accepts(&schema, bad), "{bad}");
    }
}

#[test]
fn alternatives_that_begin_alike_are_told_apart_later() {
    let schema = json!({"type": "array", "items": {"anyOf": [
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "null"}}, "required": ["a", "b"]},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"const": "{"},
    ]}});
    assert!(
        accepts(&schema, r#"[{"a":1,"b":null},{"a":"x"},"{",{"a":"1"}]"#),
        "each item chooses anew"
    );
    assert!(
        !accepts(&schema, r#"[{"a":1}]"#),
        "the first alternative needs its second member"
    );
    assert!(
        !accepts(&schema, r#"[{"a":"x","b":null}]"#),
        "which the other does not have"
    );
}

#[test]
fn many_items_of_many_alternatives_stay_few_places() {
    let alternatives = vec![json!({"type": ["string", "integer"]}); 40];
    let schema = json!({"type": "array", "items": {"anyOf": alternatives}});
    let mut matcher = Matcher::new(Schema::compile(&schema).expect("the schema is supported"));
    assert!(matcher.accept(b"["), "an array begins");
    for _ in 0..2_000 {
        assert!(matcher.accept(b"\"a\","), "another item follows");
    }
    assert!(
        matcher.threads().len() <= 40 && matcher.stack().len() <= 40,
        "what was written before leaves nothing: {} places on {} entries",
        matcher.threads().len(),
        matcher.stack().len()
    );
}

#[test]
fn too_little_room_ends_the_value_and_far_too_little_cuts_it() {
    let schema = json!({
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"type": "string"}}, "done": {"type": "boolean"}},
        "required": ["items", "done"],
    });
    for seed in 0..50 {
        let (answer, is_cut) = write(&schema, seed, 40);
        let value: Value = serde_json::from_slice(&answer).expect("there was room for a short value");
        assert!(is_valid(&schema, &value), "{value}");
        // Blind draws seldom end an array by themselves.
        assert!(
            is_cut || answer.len() < 400,
            "an answer that ended in time is not called cut"
        );
    }
    let (answer, is_cut) = write(&schema, 1, 5);
    assert!(
        is_cut && serde_json::from_slice::<Value>(&answer).is_err(),
        "five tokens are no answer, and it is said"
    );
}

#[test]
fn a_vocabulary_without_a_needed_byte_is_stuck_and_says_so() {
    let vocabulary: Vec<Vec<u8>> = vec![Vec::new(), b"{".to_vec(), b"a".to_vec()];
    let index = index(&vocabulary);
    let schema = Schema::compile(&json!({"const": {"a": 1}})).expect("the schema is supported");
    let mut constraint = Constraint::new(schema, &index);
    let mut sampler = Sampler::new(&GenerateOptions::default(), &[]);
    let bytes = |token: u32| vocabulary[token as usize].as_slice();
    let logits = [0.0; 3];
    let first = constraint.next(&mut sampler, &logits, bytes, &[END], 100);
    assert_eq!(first, Next::Token(1), "the brace can be spelled");
    let second = constraint.next(&mut sampler, &logits, bytes, &[END], 100);
    assert_eq!(second, Next::Stuck, "a quote cannot");
}

#[test]
fn a_vocabulary_of_the_usual_size_is_judged_token_by_token() {
    let mut state = 7_u32;
    let mut random = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % n
    };
    let letters = ['a', 'b', 'e', ' ', '회', '의', '"', '\\', '\n', '{', '1'];
    let vocabulary: Vec<Vec<u8>> = (0..150_000)
        .map(|_| {
            let text: String = (0..=random(9)).map(|_| letters[random(11) as usize]).collect();
            text.into_bytes()
        })
        .collect();
    let index = index(&vocabulary);
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "string", "maxLength": 6}}, "required": ["a"]});
    let mut matcher = Matcher::new(Schema::compile(&schema).expect("the schema is supported"));
    for written in ["", "{", "\"a\":", "\"", "be", " \\", "n회"] {
        assert!(
            written.is_empty() || matcher.accept(written.as_bytes()),
            "{written} comes next"
        );
        let mut is_allowed = vec![false; vocabulary.len()];
        index.allow(&mut matcher, &mut is_allowed);
        for (bytes, is_allowed) in vocabulary.iter().zip(is_allowed) {
            assert_eq!(
                is_allowed,
                matcher.after(bytes).is_some(),
                "{:?} after {written}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}
