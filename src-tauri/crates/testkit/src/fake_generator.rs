use std::collections::VecDeque;

use recordroute_core::{
    CancellationToken, EngineInfo, GenerateOptions, Generated, Generator, InferenceError, Outcome,
};

/// What a [`FakeGenerator`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// This text, a few letters at a time.
    Text(String),
    /// This text, and then there is no room for more.
    Cut(String),
    /// The error [`InferenceError::Failed`] with this sentence.
    Fail(String),
    /// The error [`InferenceError::OutOfMemory`] with this sentence.
    OutOfMemory(String),
    /// The error [`InferenceError::Failed`] with this sentence, now and at whatever is asked after it.
    Gone(String),
}

type Respond = Box<dyn FnMut(&str, &GenerateOptions) -> Reply + Send>;

/// A language model that answers what a test tells it. A token is a word, or what `tokens` says.
pub struct FakeGenerator {
    respond: Respond,
    tokens: fn(&str) -> usize,
    max_context_tokens: usize,
    cannot_count: Option<String>,
    /// What it was asked, in order.
    pub asked: Vec<(String, GenerateOptions)>,
}

impl FakeGenerator {
    /// Answers each prompt by a function of prompt and options.
    pub fn new(respond: impl FnMut(&str, &GenerateOptions) -> Reply + Send + 'static) -> Self {
        Self {
            respond: Box::new(respond),
            tokens: |text| text.split_whitespace().count(),
            max_context_tokens: 4_096,
            cannot_count: None,
            asked: Vec::new(),
        }
    }

    /// Answers these one after the other, and fails once there are no more.
    pub fn scripted(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        Self::new(move |_, _| {
            replies
                .pop_front()
                .unwrap_or_else(|| Reply::Fail("The script is at its end.".to_owned()))
        })
    }

    /// With another context.
    #[must_use]
    pub fn with_context(mut self, max_context_tokens: usize) -> Self {
        self.max_context_tokens = max_context_tokens;
        self
    }

    /// With another way to count tokens.
    #[must_use]
    pub fn with_tokens(mut self, tokens: fn(&str) -> usize) -> Self {
        self.tokens = tokens;
        self
    }
}

impl Generator for FakeGenerator {
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
        Ok((self.tokens)(text))
    }

    fn count_prompt_tokens(&self, prompt: &str, options: &GenerateOptions) -> Result<usize, InferenceError> {
        if let Some(reason) = &self.cannot_count {
            return Err(InferenceError::Failed(reason.clone()));
        }
        Ok((self.tokens)(prompt) + options.system.as_deref().map_or(0, self.tokens))
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
            return Err(InferenceError::Failed("The prompt is too long.".to_owned()));
        }
        self.asked.push((prompt.to_owned(), options.clone()));
        let (text, is_cut) = match (self.respond)(prompt, options) {
            Reply::Text(text) => (text, false),
            Reply::Cut(text) => (text, true),
            Reply::Fail(reason) => return Err(InferenceError::Failed(reason)),
            Reply::OutOfMemory(reason) => return Err(InferenceError::OutOfMemory(reason)),
            Reply::Gone(reason) => {
                self.cannot_count = Some(reason.clone());
                return Err(InferenceError::Failed(reason));
            }
        };
        let mut generated = Generated {
            text: String::new(),
            n_prompt_tokens,
            n_cached_tokens: 0,
            n_tokens: 0,
            is_cut,
            prompt_ms: 0,
            decode_ms: 0,
            outcome: Outcome::Complete,
        };
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(5) {
            let piece: String = piece.iter().collect();
            if cancel.is_cancelled() {
                generated.outcome = Outcome::Cancelled;
                break;
            }
            generated.text.push_str(&piece);
            generated.n_tokens += 1;
            if !on_text(&piece) {
                generated.outcome = Outcome::Cancelled;
                break;
            }
        }
        Ok(generated)
    }
}
