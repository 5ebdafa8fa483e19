//! How fast language models are on this machine, measured while they write, so that what comes next can
//! be told before it is begun.

use recordroute_core::{
    CancellationToken, EngineInfo, GenerateOptions, Generated, Generator, InferenceError,
};
use recordroute_digest::TokenEstimate;
use recordroute_store::Library;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where the speeds are kept in the library.
const KEY: &str = "language_model_speeds";

/// So few tokens say nothing about a speed.
const MIN_TOKENS: f64 = 20.0;

/// Tokens a second of one model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Speed {
    reading: f64,
    writing: f64,
}

impl Speed {
    /// How long it would take.
    pub(crate) fn seconds(self, estimate: &TokenEstimate) -> u64 {
        let reading = estimate.n_prompt_tokens as f64 / self.reading;
        let writing = estimate.n_answer_tokens as f64 / self.writing;
        (reading + writing).ceil() as u64
    }
}

/// A generator that counts what it reads and writes, and how long that takes.
pub(crate) struct Measured<'a> {
    generator: &'a mut dyn Generator,
    n_read: f64,
    n_written: f64,
    reading_ms: f64,
    writing_ms: f64,
}

impl<'a> Measured<'a> {
    pub(crate) fn new(generator: &'a mut dyn Generator) -> Self {
        Self {
            generator,
            n_read: 0.0,
            n_written: 0.0,
            reading_ms: 0.0,
            writing_ms: 0.0,
        }
    }

    fn speed(&self) -> Option<Speed> {
        let telling = self.n_read >= MIN_TOKENS && self.n_written >= MIN_TOKENS;
        let timed = self.reading_ms > 0.0 && self.writing_ms > 0.0;
        (telling && timed).then(|| Speed {
            reading: self.n_read / self.reading_ms * 1_000.0,
            writing: self.n_written / self.writing_ms * 1_000.0,
        })
    }
}

impl Generator for Measured<'_> {
    fn info(&self) -> EngineInfo {
        self.generator.info()
    }

    fn max_context_tokens(&self) -> usize {
        self.generator.max_context_tokens()
    }

    fn count_tokens(&self, text: &str) -> Result<usize, InferenceError> {
        self.generator.count_tokens(text)
    }

    fn count_tokens_of(&self, texts: &[&str]) -> Result<Vec<usize>, InferenceError> {
        self.generator.count_tokens_of(texts)
    }

    fn count_prompt_tokens(&self, prompt: &str, options: &GenerateOptions) -> Result<usize, InferenceError> {
        self.generator.count_prompt_tokens(prompt, options)
    }

    fn generate(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, InferenceError> {
        let generated = self.generator.generate(prompt, options, cancel, on_text)?;
        self.n_read += generated
            .n_prompt_tokens
            .saturating_sub(generated.n_cached_tokens) as f64;
        self.n_written += generated.n_tokens as f64;
        self.reading_ms += generated.prompt_ms as f64;
        self.writing_ms += generated.decode_ms as f64;
        Ok(generated)
    }
}

/// Keeps what was measured in the place of what was known before.
pub(crate) fn remember_speed(library: &Library, model: &str, measured: &Measured<'_>) {
    let Some(speed) = measured.speed() else {
        return;
    };
    let stored = library.setting(KEY).and_then(|known| {
        let mut speeds = match known {
            Some(Value::Object(speeds)) => speeds,
            _ => serde_json::Map::new(),
        };
        let speed = serde_json::json!({ "reading": speed.reading, "writing": speed.writing });
        speeds.insert(model.to_owned(), speed);
        library.set_setting(KEY, &Value::Object(speeds))
    });
    if let Err(error) = stored {
        tracing::warn!(%error, "the speed of a language model was not kept");
    }
}

/// How fast a model was here the last time; none where it never wrote.
pub(crate) fn known_speed(library: &Library, model: &str) -> Option<Speed> {
    let speeds = library.setting(KEY).ok()??;
    let speed: Speed = serde_json::from_value(speeds.get(model)?.clone()).ok()?;
    (speed.reading > 0.0 && speed.writing > 0.0).then_some(speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_and_writing_have_their_own_speeds() {
        let speed = Speed {
            reading: 100.0,
            writing: 10.0,
        };
        let estimate = TokenEstimate {
            n_parts: 2,
            n_prompt_tokens: 1_000,
            n_answer_tokens: 50,
        };
        assert_eq!(
            speed.seconds(&estimate),
            15,
            "ten seconds to read and five to write"
        );
    }

    #[test]
    fn what_was_measured_is_known_the_next_time() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::open(dir.path()).unwrap();
        assert_eq!(
            known_speed(&library, "m"),
            None,
            "a model that never wrote is not guessed at"
        );
        let mut none = NoModel;
        let mut measured = Measured::new(&mut none);
        remember_speed(&library, "m", &measured);
        assert_eq!(known_speed(&library, "m"), None, "nor one that wrote nothing");
        measured.n_read = 400.0;
        measured.reading_ms = 2_000.0;
        measured.n_written = 50.0;
        measured.writing_ms = 1_000.0;
        remember_speed(&library, "m", &measured);
        let speed = known_speed(&library, "m").unwrap();
        assert_eq!((speed.reading, speed.writing), (200.0, 50.0), "tokens a second");
    }

    struct NoModel;

    impl Generator for NoModel {
        fn info(&self) -> EngineInfo {
            EngineInfo {
                device: String::new(),
                n_threads: 0,
                model: String::new(),
            }
        }

        fn max_context_tokens(&self) -> usize {
            0
        }

        fn count_tokens(&self, _text: &str) -> Result<usize, InferenceError> {
            Ok(0)
        }

        fn count_prompt_tokens(&self, _: &str, _: &GenerateOptions) -> Result<usize, InferenceError> {
            Ok(0)
        }

        fn generate(
            &mut self,
            _: &str,
            _: &GenerateOptions,
            _: &CancellationToken,
            _: &mut dyn FnMut(&str) -> bool,
        ) -> Result<Generated, InferenceError> {
            Err(InferenceError::Failed("There is none.".to_owned()))
        }
    }
}
