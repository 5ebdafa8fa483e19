//! A language model in the worker process, as the program sees it.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use recordroute_core::{
    CancellationToken, EngineInfo, ErrorCode, GenerateOptions, Generated, Generator, InferenceError, Outcome,
};

use super::process::{WorkerCommand, WorkerError, WorkerProcess};
use super::protocol::{LanguageModel, LanguageTask, Message, Request};
use crate::Error;

/// How often who waits for the worker looks whether it is still wanted.
const TICK: Duration = Duration::from_millis(20);
/// How long a worker may go on once the user has cancelled: it is ended then, so that cancelling is
/// felt within 200 milliseconds whatever is being computed.
const CANCEL_GRACE: Duration = Duration::from_millis(120);
/// How long it may go on where only the text is not wanted any more; ending it would cost the model.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// A worker that died is started again so often until it has answered. What killed it may have been one
/// part of a transcript.
const MAX_DEATHS: u32 = 3;

/// A loaded language model. Its process is given back by [`WorkerGenerator::into_worker`].
pub(crate) struct WorkerGenerator {
    command: WorkerCommand,
    worker: RefCell<Option<WorkerProcess>>,
    model: LanguageModel,
    info: EngineInfo,
    max_context_tokens: usize,
    cancel: CancellationToken,
    n_deaths: Cell<u32>,
    last_death: RefCell<Option<String>>,
}

impl WorkerGenerator {
    /// Loads the model, in `worker` where there is one; `None` where it was cancelled meanwhile. `cancel`
    /// holds for everything that is asked later, too.
    pub(crate) fn load(
        worker: Option<WorkerProcess>,
        command: &WorkerCommand,
        model: LanguageModel,
        cancel: &CancellationToken,
    ) -> Result<Option<Self>, Error> {
        let generator = Self {
            command: command.clone(),
            worker: RefCell::new(worker),
            model,
            info: EngineInfo {
                device: String::new(),
                n_threads: 0,
                model: String::new(),
            },
            max_context_tokens: 0,
            cancel: cancel.clone(),
            n_deaths: Cell::new(0),
            last_death: RefCell::new(None),
        };
        let mut worker = generator.take_worker()?;
        let answer = generator.talk(&mut worker, LanguageTask::Load, cancel, &mut |_| true)?;
        match answer {
            _ if cancel.is_cancelled() => Ok(None),
            Some(Message::LanguageReady {
                info,
                max_context_tokens,
            }) => Ok(Some(Self {
                info,
                max_context_tokens,
                worker: RefCell::new(Some(worker)),
                ..generator
            })),
            Some(Message::Failed { code, message }) => Err(Error::Refused { code, message }),
            _ => Err(WorkerError::Died(NONSENSE.to_owned()).into()),
        }
    }

    /// The process with the model in it; `None` where it was ended.
    pub(crate) fn into_worker(self) -> Option<WorkerProcess> {
        self.worker.into_inner()
    }

    /// Why the worker died last, where it did.
    pub(crate) fn last_death(&self) -> Option<WorkerError> {
        self.last_death.borrow().clone().map(WorkerError::Died)
    }

    fn take_worker(&self) -> Result<WorkerProcess, WorkerError> {
        match self.worker.borrow_mut().take() {
            Some(worker) => Ok(worker),
            None => WorkerProcess::spawn(&self.command),
        }
    }

    /// Does one task; `None` where it was cancelled and the worker had to be ended.
    fn ask(
        &self,
        task: LanguageTask,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Option<Message>, InferenceError> {
        if let Some(death) = self.last_death()
            && self.n_deaths.get() >= MAX_DEATHS
        {
            return Err(InferenceError::Failed(death.to_string()));
        }
        let told = |error: WorkerError| {
            let sentence = error.to_string();
            tracing::warn!(error = sentence, "a language model's worker died");
            self.n_deaths.set(self.n_deaths.get() + 1);
            *self.last_death.borrow_mut() = Some(sentence.clone());
            InferenceError::Failed(sentence)
        };
        let mut worker = self.take_worker().map_err(told)?;
        let answer = self.talk(&mut worker, task, cancel, on_text).map_err(told)?;
        if answer.is_some() {
            *self.worker.borrow_mut() = Some(worker);
        }
        match answer {
            Some(Message::Failed { code, message }) => Err(match code {
                ErrorCode::ModelInvalid => InferenceError::InvalidModel(message),
                ErrorCode::OutOfMemory => InferenceError::OutOfMemory(message),
                _ => InferenceError::Failed(message),
            }),
            other => Ok(other),
        }
    }

    fn talk(
        &self,
        worker: &mut WorkerProcess,
        task: LanguageTask,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Option<Message>, WorkerError> {
        let model = self.model.clone();
        let seq = worker.send(|seq| Request::Language { seq, model, task })?;
        let mut wanted = true;
        let mut ending: Option<Instant> = None;
        loop {
            let cancelled = cancel.is_cancelled() || self.cancel.is_cancelled();
            match ending {
                None if cancelled || !wanted => {
                    worker.cancel(seq)?;
                    ending = Some(Instant::now());
                }
                Some(since) if since.elapsed() > if cancelled { CANCEL_GRACE } else { STOP_GRACE } => {
                    worker.kill();
                    return Ok(None);
                }
                _ => {}
            }
            match worker.receive(TICK)? {
                None | Some(Message::LoadingModel) => {}
                Some(Message::Text { text }) => wanted = wanted && on_text(&text),
                Some(message) => return Ok(Some(message)),
            }
        }
    }

    fn count(&self, task: LanguageTask) -> Result<Vec<usize>, InferenceError> {
        match self.ask(task, &self.cancel, &mut |_| true)? {
            Some(Message::Counted { n_tokens }) => Ok(n_tokens),
            _ => Err(InferenceError::Failed(NONSENSE.to_owned())),
        }
    }
}

/// What cannot be between two halves of one program, unless somebody stops in the middle.
const NONSENSE: &str = "The model's process gave no answer. Try again.";

impl Generator for WorkerGenerator {
    fn info(&self) -> EngineInfo {
        self.info.clone()
    }

    fn max_context_tokens(&self) -> usize {
        self.max_context_tokens
    }

    fn count_tokens(&self, text: &str) -> Result<usize, InferenceError> {
        Ok(self.count_tokens_of(&[text])?.into_iter().sum())
    }

    fn count_tokens_of(&self, texts: &[&str]) -> Result<Vec<usize>, InferenceError> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let n_texts = texts.len();
        let n_tokens = self.count(LanguageTask::Count { texts })?;
        match n_tokens.len() == n_texts {
            true => Ok(n_tokens),
            false => Err(InferenceError::Failed(NONSENSE.to_owned())),
        }
    }

    fn count_prompt_tokens(&self, prompt: &str, options: &GenerateOptions) -> Result<usize, InferenceError> {
        let task = LanguageTask::CountPrompt {
            prompt: prompt.to_owned(),
            options: options.clone(),
        };
        Ok(self.count(task)?.into_iter().sum())
    }

    fn generate(
        &mut self,
        prompt: &str,
        options: &GenerateOptions,
        cancel: &CancellationToken,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Generated, InferenceError> {
        let task = LanguageTask::Generate {
            prompt: prompt.to_owned(),
            options: options.clone(),
        };
        let mut text = String::new();
        let answer = self.ask(task, cancel, &mut |piece| {
            text.push_str(piece);
            on_text(piece)
        })?;
        match answer {
            Some(Message::Generated { generated }) => {
                // What killed it was not the model as such.
                self.n_deaths.set(0);
                *self.last_death.borrow_mut() = None;
                Ok(Generated { text, ..generated })
            }
            None | Some(Message::Cancelled) => Ok(Generated {
                text,
                n_prompt_tokens: 0,
                n_cached_tokens: 0,
                n_tokens: 0,
                is_cut: false,
                prompt_ms: 0,
                decode_ms: 0,
                outcome: Outcome::Cancelled,
            }),
            Some(_) => Err(InferenceError::Failed(NONSENSE.to_owned())),
        }
    }
}
