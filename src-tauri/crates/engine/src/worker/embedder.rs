//! An embedding model in the worker process, as the program sees it.

use std::time::{Duration, Instant};

use recordroute_core::{CancellationToken, TextRole};

use super::process::{WorkerCommand, WorkerError, WorkerProcess};
use super::protocol::{EmbeddingModel, EmbeddingTask, Message, Request};
use crate::Error;

/// How often who waits for the worker looks whether it is still wanted.
const TICK: Duration = Duration::from_millis(20);
/// How long a worker may go on once nobody wants its answer.
const CANCEL_GRACE: Duration = Duration::from_millis(500);

/// A loaded embedding model, with a process of its own.
pub(crate) struct WorkerEmbedder {
    worker: WorkerProcess,
    model: EmbeddingModel,
    n_dimensions: usize,
    max_tokens: usize,
}

impl WorkerEmbedder {
    /// Starts a process and loads the model in it; `None` where it was cancelled meanwhile.
    pub(crate) fn load(
        command: &WorkerCommand,
        model: EmbeddingModel,
        cancel: &CancellationToken,
    ) -> Result<Option<Self>, Error> {
        let mut embedder = Self {
            worker: WorkerProcess::spawn(command)?,
            model,
            n_dimensions: 0,
            max_tokens: 0,
        };
        match embedder.ask(EmbeddingTask::Load, cancel)? {
            Some(Message::EmbeddingReady {
                n_dimensions,
                max_tokens,
                ..
            }) => Ok(Some(Self {
                n_dimensions,
                max_tokens,
                ..embedder
            })),
            None => Ok(None),
            Some(_) => Err(nonsense()),
        }
    }

    pub(crate) fn model(&self) -> &EmbeddingModel {
        &self.model
    }

    /// Length of each vector.
    pub(crate) fn n_dimensions(&self) -> usize {
        self.n_dimensions
    }

    /// The most tokens of a text that count.
    pub(crate) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// Tokens of each text, in order; `None` where it was cancelled.
    pub(crate) fn count_tokens(
        &mut self,
        texts: Vec<String>,
        cancel: &CancellationToken,
    ) -> Result<Option<Vec<usize>>, Error> {
        let n_texts = texts.len();
        match self.ask(EmbeddingTask::Count { texts }, cancel)? {
            Some(Message::Counted { n_tokens }) if n_tokens.len() == n_texts => Ok(Some(n_tokens)),
            None => Ok(None),
            Some(_) => Err(nonsense()),
        }
    }

    /// A vector of each text, in order; `None` where it was cancelled.
    pub(crate) fn embed(
        &mut self,
        texts: Vec<String>,
        role: TextRole,
        cancel: &CancellationToken,
    ) -> Result<Option<Vec<Vec<f32>>>, Error> {
        let n_texts = texts.len();
        match self.ask(EmbeddingTask::Embed { texts, role }, cancel)? {
            Some(Message::Embedded { vectors }) if vectors.len() == n_texts => Ok(Some(vectors)),
            None => Ok(None),
            Some(_) => Err(nonsense()),
        }
    }

    /// After `None`, and after an error, the process is of no use any more.
    fn ask(&mut self, task: EmbeddingTask, cancel: &CancellationToken) -> Result<Option<Message>, Error> {
        let model = self.model.clone();
        let seq = self.worker.send(|seq| Request::Embedding { seq, model, task })?;
        let mut cancelled_at: Option<Instant> = None;
        loop {
            match cancelled_at {
                None if cancel.is_cancelled() => {
                    self.worker.cancel(seq)?;
                    cancelled_at = Some(Instant::now());
                }
                Some(since) if since.elapsed() > CANCEL_GRACE => {
                    self.worker.kill();
                    return Ok(None);
                }
                _ => {}
            }
            match self.worker.receive(TICK)? {
                None | Some(Message::LoadingModel) => {}
                Some(Message::Cancelled) => return Ok(None),
                Some(Message::Failed { code, message }) => return Err(Error::Refused { code, message }),
                Some(message) => return Ok(Some(message)),
            }
        }
    }
}

/// What cannot be between two halves of one program, unless somebody stops in the middle.
fn nonsense() -> Error {
    WorkerError::Died("The model's process gave no answer. Try again.".to_owned()).into()
}
