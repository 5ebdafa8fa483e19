//! What a server is asked.

use recordroute_core::GenerateOptions;
use serde_json::{Value, json};

/// How much a server is asked to hold a model to; each falls back to the next where it refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rigour {
    /// `json_schema`, what the standard does not have, and no effort at thinking, which some do not take.
    Full,
    /// The same without that effort.
    Extras,
    /// `json_schema`.
    Schema,
    /// `json_object`, with the schema in the instructions.
    Object,
    /// Nothing beyond what every server knows; the schema in the instructions.
    Plain,
}

impl Rigour {
    /// What to try next; without a schema only the extras can be left out.
    pub fn next(self, has_schema: bool) -> Option<Self> {
        match self {
            Self::Full => Some(Self::Extras),
            Self::Extras if has_schema => Some(Self::Schema),
            Self::Schema if has_schema => Some(Self::Object),
            Self::Extras | Self::Schema | Self::Object => Some(Self::Plain),
            Self::Plain => None,
        }
    }

    /// The server holds the model to the schema; else it is said in words.
    pub fn holds_schema(self) -> bool {
        matches!(self, Self::Full | Self::Extras | Self::Schema)
    }
}

/// The path and the body of a request for one answer.
pub(crate) fn completion(
    model: &str,
    prompt: &str,
    options: &GenerateOptions,
    max_tokens: usize,
    rigour: Rigour,
) -> (&'static str, Value) {
    let mut body = json!({
        "model": model,
        "stream": true,
        "stream_options": { "include_usage": true },
        "max_tokens": max_tokens,
        "temperature": options.temperature.unwrap_or(0.0),
        "seed": options.seed,
    });
    if let Some(top_p) = options.top_p {
        body["top_p"] = json!(top_p);
    }
    if matches!(rigour, Rigour::Full | Rigour::Extras) {
        add_extras(&mut body, options, rigour);
    }
    if options.raw {
        body["prompt"] = json!(prompt);
        return ("v1/completions", body);
    }
    let mut system = options.system.clone().unwrap_or_default();
    if let Some(schema) = &options.json_schema {
        match rigour {
            Rigour::Full | Rigour::Extras | Rigour::Schema => {
                body["response_format"] = json!({
                    "type": "json_schema",
                    "json_schema": { "name": "answer", "strict": true, "schema": schema },
                });
            }
            Rigour::Object => body["response_format"] = json!({ "type": "json_object" }),
            Rigour::Plain => {}
        }
        if !rigour.holds_schema() {
            if !system.is_empty() {
                system.push_str("\n\n");
            }
            system.push_str("Answer with JSON alone that keeps to this JSON Schema: ");
            system.push_str(&schema.to_string());
        }
    }
    let mut messages = Vec::new();
    if !system.is_empty() {
        messages.push(json!({ "role": "system", "content": system }));
    }
    messages.push(json!({ "role": "user", "content": prompt }));
    body["messages"] = json!(messages);
    ("v1/chat/completions", body)
}

/// What the standard does not have and most of these servers know.
fn add_extras(body: &mut Value, options: &GenerateOptions, rigour: Rigour) {
    if let Some(top_k) = options.top_k {
        body["top_k"] = json!(top_k);
    }
    if let Some(min_p) = options.min_p {
        body["min_p"] = json!(min_p);
    }
    if let Some(penalty) = options.repetition_penalty {
        body["repeat_penalty"] = json!(penalty);
    }
    if !options.thinking && !options.raw {
        // llama.cpp, LM Studio and vLLM know the one, Ollama the other.
        body["chat_template_kwargs"] = json!({ "enable_thinking": false });
        if rigour == Rigour::Full {
            body["reasoning_effort"] = json!("none");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_knows_no_schema_is_told_it_in_words() {
        let options = GenerateOptions {
            json_schema: Some(json!({"type": "object"})),
            system: Some("Be brief.".to_owned()),
            top_k: Some(5),
            ..GenerateOptions::default()
        };
        let (path, full) = completion("m", "Hi", &options, 9, Rigour::Full);
        assert_eq!(path, "v1/chat/completions", "a chat");
        assert_eq!(
            (&full["top_k"], &full["reasoning_effort"]),
            (&json!(5), &json!("none")),
            "thoughts would cost as much as the answer"
        );
        let (_, strict) = completion("m", "Hi", &options, 9, Rigour::Schema);
        assert!(
            strict.get("top_k").is_none() && strict.get("reasoning_effort").is_none(),
            "who does not know the extras may know the schema: {strict}"
        );
        assert_eq!(
            strict["response_format"]["type"], "json_schema",
            "held by the server"
        );
        assert_eq!(
            strict["messages"][0]["content"], "Be brief.",
            "and not said twice"
        );
        let (_, plain) = completion("m", "Hi", &options, 9, Rigour::Plain);
        assert!(
            plain.get("response_format").is_none() && plain.get("top_k").is_none(),
            "{plain}"
        );
        let system = plain["messages"][0]["content"].as_str().unwrap();
        assert!(
            system.ends_with(r#"{"type":"object"}"#),
            "said in words: {system}"
        );
    }

    #[test]
    fn raw_prompts_go_without_a_template() {
        let options = GenerateOptions {
            raw: true,
            ..GenerateOptions::default()
        };
        let (path, body) = completion("m", "Once", &options, 9, Rigour::Full);
        assert_eq!(
            (path, &body["prompt"]),
            ("v1/completions", &json!("Once")),
            "continued as it stands"
        );
    }
}
