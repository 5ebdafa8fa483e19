//! What a model may answer to a question, and how it is read.

use serde_json::{Value, json};

use crate::checks::Negations;
use crate::cited::{numbers, tidy};
use crate::clean::limited;
use crate::likeness::without_loops;

/// Sentences of one answer; who wants more asks on.
pub(super) const MAX_SENTENCES: usize = 8;
/// Characters of a sentence.
const MAX_TEXT_CHARS: usize = 400;
/// Passages that one sentence may rest on; a model that cites everything says nothing.
const MAX_CITED: usize = 4;

/// A sentence as the model wrote it; nothing of it is believed yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RawSentence {
    pub text: String,
    /// Places in the list of passages, from 0, all of them there.
    pub cited: Vec<usize>,
}

/// The JSON Schema of an answer from `n_passages` passages.
pub(super) fn schema(n_passages: usize) -> Value {
    json!({
        "type": "object",
        "properties": {
            // Whether there is an answer comes first, and passages before the text, so that a model
            // looks before it writes.
            "found": { "type": "boolean" },
            "sentences": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "passages": {
                            "type": "array",
                            "items": { "type": "integer", "minimum": 1, "maximum": n_passages.max(1) },
                            "minItems": 1,
                            "maxItems": MAX_CITED,
                        },
                        "text": { "type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS },
                    },
                    "required": ["passages", "text"],
                    "additionalProperties": false,
                },
                "maxItems": MAX_SENTENCES,
            },
        },
        "required": ["found", "sentences"],
        "additionalProperties": false,
    })
}

/// Whether a whole answer has the form that was asked for.
pub(super) fn is_an_answer(answer: &Value) -> bool {
    answer.get("sentences").is_some_and(Value::is_array) || says_nothing_is_there(answer)
}

/// Whether an answer says that the passages have none.
pub(super) fn says_nothing_is_there(answer: &Value) -> bool {
    answer.get("found") == Some(&Value::Bool(false))
}

/// The same of an answer that has just begun, so that nobody waits for its end.
pub(super) fn begins_with_nothing(text: &str) -> bool {
    let begun = || {
        let rest = text.trim_start().strip_prefix('{')?.trim_start();
        let rest = rest.strip_prefix("\"found\"")?.trim_start();
        let rest = rest.strip_prefix(':')?.trim_start();
        Some(rest.starts_with("false"))
    };
    begun().unwrap_or(false)
}

/// The sentences of an answer from `n_passages` passages; other shapes than were asked for are
/// forgiven, numbers of no passage are passed over.
pub(super) fn raw_sentences(answer: &Value, n_passages: usize) -> Vec<RawSentence> {
    let sentences = answer.get("sentences").and_then(Value::as_array);
    let sentences = sentences.into_iter().flatten();
    sentences
        .filter_map(|value| raw_sentence(value, n_passages))
        .take(MAX_SENTENCES * 2)
        .collect()
}

fn raw_sentence(value: &Value, n_passages: usize) -> Option<RawSentence> {
    let text = value.as_str().or_else(|| value.get("text")?.as_str())?;
    let text = without_loops(&limited(&tidy(text), MAX_TEXT_CHARS));
    let cited = numbers(value.get("passages"), MAX_CITED);
    text.chars().any(char::is_alphanumeric).then(|| RawSentence {
        text,
        cited: cited
            .into_iter()
            .filter_map(|number| number.checked_sub(1))
            .filter(|idx| *idx < n_passages)
            .collect(),
    })
}

/// Whether a sentence says that the answer is not there, as models like to write instead of
/// `"found": false`. Of Korean and English only.
pub(super) fn denies(text: &str) -> bool {
    const ENGLISH: [&str; 8] = [
        "passage",
        "mention",
        "informat",
        "provide",
        "stated",
        "specif",
        "transcript",
        "recording",
    ];
    const KOREAN: [&str; 8] = [
        "언급",
        "정보가",
        "정보는",
        "나와 있지",
        "알 수 없",
        "찾을 수 없",
        "구절",
        "확인할 수 없",
    ];
    let lower = text.to_lowercase();
    Negations::of(text).any()
        && (ENGLISH.iter().any(|word| lower.contains(word)) || KOREAN.iter().any(|word| lower.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_what_it_was() {
        insta::assert_json_snapshot!(schema(5));
    }

    #[test]
    fn other_shapes_are_forgiven() {
        let answer = json!({"sentences": [
            {"text": "- In May [2].", "passages": ["[2]", 1, 1, 0, 99, -3]},
            "Plain text.",
            {"text": "…", "passages": [1]},
            {"passages": [1]},
            7,
            {"text": "Single\nline.", "passages": 3},
        ]});
        let raw = raw_sentences(&answer, 3);
        let texts: Vec<&str> = raw.iter().map(|raw| raw.text.as_str()).collect();
        assert_eq!(
            texts,
            ["In May.", "Plain text.", "Single line."],
            "what says something"
        );
        assert_eq!(raw[0].cited, [0, 1], "only passages that there are");
        assert_eq!(raw[2].cited, [2], "a number for a list");
        let many = json!({ "sentences": vec!["Again."; 10_000] });
        assert!(raw_sentences(&many, 3).len() < 100, "not for ever");
    }

    #[test]
    fn an_answer_that_says_there_is_none_is_seen_at_once() {
        assert!(
            begins_with_nothing("{ \"found\" : false, \"sen"),
            "before it has ended"
        );
        for other in [
            "{\"found\": true",
            "{\"found\": f",
            "",
            "{\"sentences\": [\"found false\"]",
        ] {
            assert!(!begins_with_nothing(other), "{other} does not say so");
        }
    }

    #[test]
    fn a_sentence_that_denies_is_known() {
        for text in [
            "The passages do not mention who pays.",
            "There is no information about the budget.",
            "구절에 예산에 대한 언급이 없습니다.",
            "누가 내는지는 알 수 없습니다.",
        ] {
            assert!(denies(text), "{text}");
        }
        for text in [
            "The launch is not in May.",
            "예산은 늘리지 않습니다.",
            "Kim mentioned the budget.",
        ] {
            assert!(!denies(text), "{text}");
        }
    }
}
