use std::time::Duration;

use recordroute_core::{
    CancellationToken, EngineInfo, GenerateOptions, Generated, Generator, InferenceError,
};

/// Where the server is and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteOptions {
    /// The address with or without `/v1`, such as `http://localhost:11434`.
    pub address: String,
    /// The name of the model there.
    pub model: String,
    /// Sent as a bearer token where the server wants one.
    pub api_key: Option<String>,
    /// The context that the server gives the model, prompt and answer together, in tokens.
    pub max_context_tokens: usize,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the server may say nothing; it reads the whole prompt before its first word.
    pub idle_timeout: Duration,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            address: "http://127.0.0.1:11434".to_owned(),
            model: String::new(),
            api_key: None,
            max_context_tokens: 8_192,
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// A model that a server offers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RemoteModel {
    /// Its name there.
    pub id: String,
}

/// A language model behind an OpenAI-compatible server.
pub struct RemoteGenerator {
    options: RemoteOptions,
}

impl RemoteGenerator {
    /// Connects and looks whether the model is there.
    ///
    /// # Errors
    /// [`InferenceError::Failed`] with a sentence: the address is not of the user's own network, nobody
    /// answers, or the server does not have the model.
    pub fn connect(options: RemoteOptions) -> Result<Self, InferenceError> {
        Ok(Self { options })
    }

    /// The models that a server offers, by its own order.
    ///
    /// # Errors
    /// As [`RemoteGenerator::connect`].
    pub fn models(
        _options: &RemoteOptions,
        _cancel: &CancellationToken,
    ) -> Result<Vec<RemoteModel>, InferenceError> {
        Ok(Vec::new())
    }
}

impl Generator for RemoteGenerator {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            device: self.options.address.clone(),
            n_threads: 0,
            model: self.options.model.clone(),
        }
    }

    fn max_context_tokens(&self) -> usize {
        self.options.max_context_tokens
    }

    fn count_tokens(&self, text: &str) -> Result<usize, InferenceError> {
        Ok(text.len().div_ceil(2))
    }

    fn count_prompt_tokens(&self, prompt: &str, _options: &GenerateOptions) -> Result<usize, InferenceError> {
        Ok(prompt.len().div_ceil(2))
    }

    fn generate(
        &mut self,
        _prompt: &str,
        _options: &GenerateOptions,
        _cancel: &CancellationToken,
        _on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, InferenceError> {
        Err(InferenceError::Failed(String::new()))
    }
}
