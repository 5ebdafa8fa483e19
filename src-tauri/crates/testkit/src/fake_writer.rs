use std::time::Duration;

use recordroute_core::{
    CancellationToken, EngineInfo, GenerateOptions, Generated, Generator, InferenceError, Outcome,
};
use serde_json::{Map, Value, json};

use crate::Behaviour;

/// Letters of a token.
const TOKEN_CHARS: usize = 4;

/// A language model in a worker, for what happens around it: it writes the smallest answer that keeps
/// to the schema, or its prompt's last words, and is slow, deaf or mortal as its behaviour says.
pub struct FakeWriter {
    behaviour: Behaviour,
    max_context_tokens: usize,
}

impl FakeWriter {
    /// A fake, or the refusal that its behaviour asks for.
    pub fn load(behaviour: &Behaviour, max_context_tokens: usize) -> Result<Self, InferenceError> {
        std::thread::sleep(Duration::from_millis(behaviour.load_ms));
        if behaviour.refuse {
            return Err(InferenceError::InvalidModel(
                "The model is damaged. Get it again.".to_owned(),
            ));
        }
        Ok(Self {
            behaviour: behaviour.clone(),
            max_context_tokens,
        })
    }
}

impl Generator for FakeWriter {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            device: "fake".to_owned(),
            n_threads: 1,
            model: "fake".to_owned(),
        }
    }

    fn max_context_tokens(&self) -> usize {
        self.max_context_tokens
    }

    fn count_tokens(&self, text: &str) -> Result<usize, InferenceError> {
        Ok(text.chars().count().div_ceil(TOKEN_CHARS))
    }

    fn count_prompt_tokens(&self, prompt: &str, options: &GenerateOptions) -> Result<usize, InferenceError> {
        let system = options.system.as_deref().unwrap_or_default();
        Ok(self.count_tokens(system)? + self.count_tokens(prompt)?)
    }

    fn generate(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, InferenceError> {
        let answer = match &options.json_schema {
            Some(schema) => smallest(schema, first_line(prompt)).to_string(),
            None => last_words(prompt),
        };
        let letters: Vec<char> = answer.chars().collect();
        let mut generated = Generated {
            text: String::new(),
            n_prompt_tokens: self.count_prompt_tokens(prompt, options)?,
            n_cached_tokens: 0,
            n_tokens: 0,
            is_cut: false,
            prompt_ms: 1,
            decode_ms: 1,
            outcome: Outcome::Complete,
        };
        for token in letters.chunks(TOKEN_CHARS) {
            if self.behaviour.die_at_token == Some(generated.n_tokens) && self.behaviour.may_die() {
                std::process::abort();
            }
            std::thread::sleep(Duration::from_millis(self.behaviour.token_ms));
            if cancel.is_cancelled() && !self.behaviour.deaf {
                generated.outcome = Outcome::Cancelled;
                break;
            }
            let text: String = token.iter().collect();
            generated.text.push_str(&text);
            generated.n_tokens += 1;
            if !on_text(&text) && !self.behaviour.deaf {
                generated.outcome = Outcome::Cancelled;
                break;
            }
        }
        Ok(generated)
    }
}

fn last_words(prompt: &str) -> String {
    let words: Vec<&str> = prompt.split_whitespace().collect();
    words[words.len().saturating_sub(8)..].join(" ")
}

/// What the line says that a prompt numbers as its first: text that stands however it is checked.
fn first_line(prompt: &str) -> &str {
    let line = prompt.lines().find_map(|line| line.strip_prefix("[1] "));
    line.unwrap_or("text")
}

/// The smallest value that a JSON Schema allows, as far as this project's schemas go; `text` for its texts.
fn smallest(schema: &Value, text: &str) -> Value {
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    for choices in ["anyOf", "oneOf"] {
        if let Some(first) = schema[choices].as_array().and_then(|values| values.first()) {
            return smallest(first, text);
        }
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("array") => {
            let n_items = schema["minItems"].as_u64().unwrap_or_default();
            (0..n_items).map(|_| smallest(&schema["items"], text)).collect()
        }
        Some("string") => json!(text),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some("null") => Value::Null,
        _ => {
            let properties = schema["properties"].as_object();
            let members: Map<String, Value> = properties
                .into_iter()
                .flatten()
                .map(|(key, schema)| (key.clone(), smallest(schema, text)))
                .collect();
            Value::Object(members)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_to_its_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "lines": { "type": "array", "minItems": 1, "items": { "type": "integer", "minimum": 3 } },
                "kind": { "enum": ["a", "b"] },
                "who": { "type": ["string", "null"] },
            },
        });
        assert_eq!(
            smallest(&schema, first_line("Two lines:\n[1] Kim\n[2] Lee")),
            json!({ "lines": [3], "kind": "a", "who": "Kim" }),
            "everything that is asked for is there"
        );
    }
}
