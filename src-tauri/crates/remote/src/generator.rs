use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use recordroute_core::{
    CancellationToken, EngineInfo, GenerateOptions, Generated, Generator, InferenceError, Outcome,
};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::answer::Answer;
use crate::error::{Miss, cleaned};
use crate::event::{MAX_BODY_BYTES, Stream, read_value, too_long};
use crate::http::Server;
use crate::models::{RemoteModel, chosen, count, is_same, list, props_context};
use crate::request::{Rigour, completion};

/// What a chat template adds to system prompt and prompt, in tokens, where only their text is counted.
const TEMPLATE_TOKENS: usize = 40;

/// Where the server is and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteOptions {
    /// The address with or without `/v1`, such as `http://localhost:11434`.
    pub address: String,
    /// The name of the model there; empty takes the only one that there is.
    pub model: String,
    /// Sent as a bearer token where the server wants one.
    pub api_key: Option<String>,
    /// The context that the server gives the model, prompt and answer together, in tokens. Where the
    /// server tells that it gives less, less it is.
    pub max_context_tokens: usize,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the server may take until its first word: it may have to load the model, and reads the
    /// whole prompt.
    pub first_timeout: Duration,
    /// How long it may say nothing after that.
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
            first_timeout: Duration::from_secs(300),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// A language model behind an OpenAI-compatible server.
///
/// Tokens are counted by the server where it has llama.cpp's `/tokenize`. Elsewhere there is no
/// tokenizer to ask, and a text counts as one token for every two bytes: more than the tokenizers of
/// today's models make of English or Korean, so that what fits by this count fits.
pub struct RemoteGenerator {
    options: RemoteOptions,
    runtime: Arc<Runtime>,
    server: Server,
    model: String,
    max_context_tokens: usize,
    has_tokenizer: Cell<bool>,
    rigour: Rigour,
    /// The server was asked which context it gives.
    knows_context: bool,
    /// Ends counting, as it ends connecting.
    cancel: CancellationToken,
}

impl RemoteGenerator {
    /// Connects and looks whether the model is there; `None` where it was cancelled.
    ///
    /// # Errors
    /// [`InferenceError::Failed`] with a sentence: the address is not of the user's own network, nobody
    /// answers, or the server does not have the model.
    pub fn connect(
        options: RemoteOptions,
        cancel: &CancellationToken,
    ) -> Result<Option<Self>, InferenceError> {
        let runtime = runtime()?;
        let reached = runtime.block_on(async {
            let server = Server::reach(&options, cancel).await?;
            let model = match list(&server, cancel).await {
                Ok(models) => chosen(&models, &options.model, &server.address.host)?,
                // A server without a list may still have the model.
                Err(Miss::Refused {
                    status: 404 | 405 | 501,
                    ..
                }) if !options.model.trim().is_empty() => options.model.trim().to_owned(),
                Err(miss) => return Err(miss),
            };
            let has_tokenizer = count(&server, "a", cancel).await.is_some();
            let context = if has_tokenizer {
                props_context(&server, cancel).await
            } else {
                None
            };
            Ok((server, model, has_tokenizer, context))
        });
        match reached {
            Ok((server, model, has_tokenizer, context)) if !cancel.is_cancelled() => Ok(Some(Self {
                max_context_tokens: options
                    .max_context_tokens
                    .min(context.unwrap_or(usize::MAX))
                    .max(1),
                knows_context: context.is_some(),
                options,
                runtime: Arc::new(runtime),
                server,
                model,
                has_tokenizer: Cell::new(has_tokenizer),
                rigour: Rigour::Full,
                cancel: cancel.clone(),
            })),
            not_reached => {
                // A name that is still being looked up is not waited for.
                runtime.shutdown_background();
                match not_reached {
                    Ok(_) | Err(Miss::Cancelled) => Ok(None),
                    Err(miss) => Err(miss.into_error(&host_of(&options))),
                }
            }
        }
    }

    /// The models that a server offers, in its own order; `None` where it was cancelled.
    ///
    /// # Errors
    /// As [`RemoteGenerator::connect`].
    pub fn models(
        options: &RemoteOptions,
        cancel: &CancellationToken,
    ) -> Result<Option<Vec<RemoteModel>>, InferenceError> {
        let runtime = runtime()?;
        let listed = runtime.block_on(async {
            let server = Server::reach(options, cancel).await?;
            list(&server, cancel).await
        });
        runtime.shutdown_background();
        match listed {
            Ok(models) => Ok(Some(models)),
            Err(Miss::Cancelled) => Ok(None),
            Err(miss) => Err(miss.into_error(&host_of(options))),
        }
    }

    fn too_long(&self, n_tokens: usize) -> InferenceError {
        InferenceError::Failed(format!(
            "The prompt has about {n_tokens} tokens, and the server gives this model fewer than {}. Shorten it, or give the model a longer context there.",
            self.max_context_tokens
        ))
    }

    /// Sends the request, with less and less rigour as long as the server refuses.
    async fn ask(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        max_tokens: usize,
        cancel: &CancellationToken,
    ) -> Result<reqwest::Response, Miss> {
        loop {
            let (path, body) = completion(&self.model, prompt, options, max_tokens, self.rigour);
            let sent = self
                .server
                .send(
                    Method::POST,
                    path,
                    Some(&body),
                    self.options.first_timeout,
                    cancel,
                )
                .await;
            match sent {
                // What servers answer that do not know a field or a schema.
                Err(Miss::Refused {
                    status: status @ (400 | 415 | 422 | 500 | 501),
                    message,
                }) => {
                    let Some(next) = self.rigour.next(options.json_schema.is_some()) else {
                        return Err(Miss::Refused { status, message });
                    };
                    tracing::info!(status, message, ?next, "a model server refuses; asking for less");
                    self.rigour = next;
                }
                other => return other,
            }
        }
    }

    async fn answer(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        max_tokens: usize,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
        generated: &mut Generated,
    ) -> Result<(), Miss> {
        let started = Instant::now();
        let before = self.rigour;
        let mut response = match self.ask(prompt, options, max_tokens, cancel).await {
            Ok(response) => response,
            Err(miss) => {
                // It was not the rigour that it refused.
                self.rigour = before;
                return Err(miss);
            }
        };
        let is_whole = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"));
        let mut answer = Answer::new(options.raw, on_text, generated);
        let mut stream = Stream::default();
        let mut whole: Vec<u8> = Vec::new();
        loop {
            let limit = match answer.first_word {
                Some(_) => self.options.idle_timeout,
                None => self.options.first_timeout,
            };
            let Some(bytes) = self.server.chunk(&mut response, limit, cancel).await? else {
                break;
            };
            let events = if is_whole {
                whole.extend_from_slice(bytes.as_ref());
                if whole.len() > MAX_BODY_BYTES {
                    return Err(too_long());
                }
                Vec::new()
            } else {
                stream.push(bytes.as_ref())?
            };
            if !answer.take(events) {
                return Err(Miss::Cancelled);
            }
            if answer.is_over {
                break;
            }
        }
        let mut rest = stream.finish()?;
        if is_whole {
            let value: Value = serde_json::from_slice(&whole).unwrap_or(Value::Null);
            read_value(&value, &mut rest)?;
        }
        if !answer.take(rest) || !answer.finish() {
            return Err(Miss::Cancelled);
        }
        if !answer.is_finished {
            return Err(Miss::Failed(format!(
                "The model server at {} ended in the middle of its answer. Look into its log, and try again.",
                self.server.address.host
            )));
        }
        let (first_word, usage) = (answer.first_word.unwrap_or_else(Instant::now), answer.usage);
        generated.prompt_ms = millis(first_word.duration_since(started));
        generated.decode_ms = millis(first_word.elapsed());
        generated.n_prompt_tokens = usage.n_prompt_tokens.unwrap_or(generated.n_prompt_tokens);
        generated.n_cached_tokens = usage.n_cached_tokens;
        generated.n_tokens = usage.n_tokens.unwrap_or(generated.n_tokens);
        Ok(())
    }

    /// Ollama cuts a prompt silently to the context that it gives a model, and tells that context once
    /// the model is loaded.
    async fn learn_context(&mut self, cancel: &CancellationToken) -> Result<(), Miss> {
        if std::mem::replace(&mut self.knows_context, true) {
            return Ok(());
        }
        let loaded = match self.server.json(Method::GET, "api/ps", None, cancel).await {
            Err(Miss::Cancelled) => return Err(Miss::Cancelled),
            loaded => loaded.unwrap_or(Value::Null),
        };
        let context = loaded["models"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|model| {
                model["name"]
                    .as_str()
                    .is_some_and(|name| is_same(name, &self.model))
            })
            .and_then(|model| model["context_length"].as_u64())
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n > 0);
        if let Some(context) = context {
            self.max_context_tokens = self.max_context_tokens.min(context);
        }
        Ok(())
    }
}

impl Generator for RemoteGenerator {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            device: format!("server at {}", self.server.address.host),
            n_threads: 0,
            model: cleaned(&self.model, 80),
        }
    }

    fn max_context_tokens(&self) -> usize {
        self.max_context_tokens
    }

    fn count_tokens(&self, text: &str) -> Result<usize, InferenceError> {
        if self.has_tokenizer.get() {
            let counted = self.runtime.block_on(count(&self.server, text, &self.cancel));
            if let Some(n) = counted {
                return Ok(n);
            }
            // It is not asked again: each time it would keep the user waiting.
            self.has_tokenizer.set(false);
        }
        Ok(estimate(text))
    }

    fn count_prompt_tokens(&self, prompt: &str, options: &GenerateOptions) -> Result<usize, InferenceError> {
        let system = options.system.as_deref().unwrap_or_default();
        let said = match &options.json_schema {
            // A server that cannot be held to a schema is told it.
            Some(schema) if !self.rigour.holds_schema() => estimate(&schema.to_string()),
            _ => 0,
        };
        if options.raw {
            return self.count_tokens(prompt);
        }
        Ok(self.count_tokens(prompt)? + self.count_tokens(system)? + said + TEMPLATE_TOKENS)
    }

    fn generate(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, InferenceError> {
        let n_prompt_tokens = self.count_prompt_tokens(prompt, options)?;
        if n_prompt_tokens >= self.max_context_tokens {
            return Err(self.too_long(n_prompt_tokens));
        }
        let max_tokens = options.max_tokens.min(self.max_context_tokens - n_prompt_tokens);
        let mut generated = Generated {
            text: String::new(),
            n_prompt_tokens,
            n_cached_tokens: 0,
            n_tokens: 0,
            is_cut: false,
            prompt_ms: 0,
            decode_ms: 0,
            outcome: Outcome::Complete,
        };
        let runtime = Arc::clone(&self.runtime);
        let answered = runtime.block_on(async {
            self.answer(prompt, options, max_tokens, cancel, on_text, &mut generated)
                .await?;
            self.learn_context(cancel).await
        });
        if answered.is_err() {
            // Nobody drives the connection any more, so that it would stay open and the server go on
            // writing: with its runtime it is closed.
            self.runtime = Arc::new(self::runtime()?);
        }
        match answered {
            Ok(()) if n_prompt_tokens >= self.max_context_tokens => Err(self.too_long(n_prompt_tokens)),
            Ok(()) => Ok(generated),
            Err(Miss::Cancelled) => {
                generated.outcome = Outcome::Cancelled;
                Ok(generated)
            }
            Err(miss) => Err(miss.into_error(&self.server.address.host)),
        }
    }
}

fn runtime() -> Result<Runtime, InferenceError> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            tracing::warn!(%error, "no runtime for the network");
            InferenceError::Failed("No connection can be made to a model server on this computer.".to_owned())
        })
}

/// The server in sentences, as far as its address can be read.
fn host_of(options: &RemoteOptions) -> String {
    crate::address::Address::parse(&options.address)
        .map_or_else(|_| cleaned(&options.address, 80), |address| address.host)
}

fn estimate(text: &str) -> usize {
    text.len().div_ceil(2)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
