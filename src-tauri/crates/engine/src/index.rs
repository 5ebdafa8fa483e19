//! The index of what was said, by meaning: kept up with the transcripts by a thread of its own, a
//! recording at a time and only what changed.

use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use recordroute_core::{CancellationToken, ErrorCode, Event, RecordingId, TextRole};
use recordroute_models::InstalledModel;
use recordroute_search::{PassageLimits, passages};
use recordroute_store::{EmbeddingModel, IndexState, StoreError};

use crate::embedding_model::choose_embedding_model;
use crate::meaning::{Meaning, model_id};
use crate::worker::WorkerEmbedder;
use crate::{Engine, Error};

/// How often the library is looked at for texts that other programs made or changed.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Passages that are embedded together: few, so that a question need not wait long.
const BATCH: usize = 8;

/// Recordings that are taken up before it is looked again what waits.
const ROUND: usize = 32;

/// How far the index is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct IndexReport {
    /// The model that is indexed with; none where none is installed.
    pub model: Option<String>,
    /// The model whose vectors answer now.
    pub answering: Option<String>,
    /// Recordings that can be found by meaning as they are now.
    pub n_indexed: u64,
    /// Recordings that wait, those with an earlier text in the index among them.
    pub n_waiting: u64,
    /// Recordings that could not be indexed.
    pub n_failed: u64,
    /// Vectors of the model.
    pub n_passages: u64,
    /// Why nothing is indexed; a sentence.
    pub problem: Option<String>,
}

/// The thread that keeps the index up; dropping it ends it.
pub(crate) struct Indexer {
    meaning: Arc<Meaning>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Indexer {
    /// Where nothing is to be done unasked there is no thread.
    pub(crate) fn idle(meaning: Arc<Meaning>) -> Self {
        Self {
            meaning,
            stop: CancellationToken::new(),
            thread: None,
        }
    }

    pub(crate) fn start(meaning: Arc<Meaning>) -> Self {
        let stop = CancellationToken::new();
        let (theirs, until) = (Arc::clone(&meaning), stop.clone());
        let thread = std::thread::Builder::new()
            .name("indexer".to_owned())
            .spawn(move || keep_up(&theirs, &until))
            .map_err(|error| tracing::error!(%error, "nothing will be indexed"));
        Self {
            meaning,
            stop,
            thread: thread.ok(),
        }
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.stop.cancel();
        self.meaning.poke();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the indexer panicked");
        }
    }
}

fn keep_up(meaning: &Meaning, stop: &CancellationToken) {
    // A failure is told once, not with each look.
    let mut told = None;
    while !stop.is_cancelled() {
        let poked = meaning.poked.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = meaning
            .poked
            .1
            .wait_timeout_while(poked, LOOK_EVERY, |poked| !*poked);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
        if stop.is_cancelled() {
            return;
        }
        match meaning.index_waiting(stop, &mut |_, _| {}) {
            // Who has no model for it does not want it.
            Ok(_) | Err(Error::NoEmbeddingModel { .. }) => told = None,
            Err(error) => {
                let sentence = error.to_string();
                if told.as_ref() != Some(&sentence) {
                    tracing::warn!(error = sentence, "recordings could not be indexed");
                }
                told = Some(sentence);
            }
        }
        let idle = Duration::from_secs(60 * u64::from(meaning.settings().model_idle_minutes));
        if !idle.is_zero() {
            meaning.let_go_after(idle);
        }
    }
}

impl Meaning {
    /// Indexes every recording that waits, the newest first. Returns how many it indexed, or `None` where
    /// it was cancelled; what is stored by then stays. `on_recording` gets how many are done and wait.
    fn index_waiting(
        &self,
        cancel: &CancellationToken,
        on_recording: &mut dyn FnMut(u64, u64),
    ) -> Result<Option<u64>, Error> {
        if self.library.is_read_only() {
            return Ok(Some(0));
        }
        let installed = choose_embedding_model(&self.models, &self.settings())?;
        let Some(model) = self.stored_model(&installed, cancel)? else {
            return Ok((!cancel.is_cancelled()).then_some(0));
        };
        let mut n_done = 0;
        loop {
            let waiting = self.library.waiting_for_index(&model, ROUND)?;
            if waiting.is_empty() {
                break;
            }
            let mut n_waiting = self.library.index_status(&model)?.n_waiting;
            for id in waiting {
                let indexed = match self.index_recording(id, &installed, &model, cancel) {
                    Ok(indexed) => indexed,
                    // It was deleted meanwhile.
                    Err(Error::Store(StoreError::NotFound { .. })) => Some(()),
                    Err(error) => return Err(error),
                };
                if indexed.is_none() || cancel.is_cancelled() {
                    return Ok(None);
                }
                n_done += 1;
                n_waiting = n_waiting.saturating_sub(1);
                on_recording(n_done, n_waiting);
                if n_waiting > 0 {
                    self.announce(n_waiting);
                }
            }
        }
        // From here on the model answers, where another one did; that all is done is told after that.
        if self.library.finish_model(&model)? && n_done > 0 {
            self.announce(0);
        }
        Ok(Some(n_done))
    }

    /// How an installed model is known to the index. The length of its vectors is asked of the model itself,
    /// unless it answers already. `None` where nothing is there to be indexed, for which no model need be
    /// in memory, and where it was cancelled.
    fn stored_model(
        &self,
        installed: &InstalledModel,
        cancel: &CancellationToken,
    ) -> Result<Option<EmbeddingModel>, Error> {
        let name = Self::stored_name(installed);
        if let Some(answering) = self.vectors.model(&self.library)?
            && answering.name == name
        {
            return Ok(Some(answering));
        }
        let of_any_length = EmbeddingModel {
            name: name.clone(),
            n_dimensions: 0,
        };
        if self.library.waiting_for_index(&of_any_length, 1)?.is_empty() {
            return Ok(None);
        }
        let n_dimensions =
            self.with_embedder(installed, cancel, |embedder| Ok(Some(embedder.n_dimensions())))?;
        Ok(n_dimensions.map(|n_dimensions| EmbeddingModel { name, n_dimensions }))
    }

    fn index_recording(
        &self,
        id: RecordingId,
        installed: &InstalledModel,
        model: &EmbeddingModel,
        cancel: &CancellationToken,
    ) -> Result<Option<()>, Error> {
        let Some((transcript, read)) = self.library.versioned_transcript(id)? else {
            return Ok(Some(()));
        };
        let texts: Vec<String> = transcript
            .segments
            .iter()
            .map(|segment| segment.text.clone())
            .collect();
        let counted = self.in_turn(installed, cancel, |embedder| {
            let counted = embedder.count_tokens(texts, cancel)?;
            Ok(counted.map(|n_tokens| (n_tokens, embedder.max_tokens())))
        });
        let Some((n_tokens, max_tokens)) = self.or_failed(id, read, model, counted)? else {
            return Ok(None);
        };
        let limits = PassageLimits::of_model(max_tokens);
        let cut = passages(&transcript.segments, &n_tokens, limits);
        let places: Vec<_> = cut.iter().map(|passage| passage.place).collect();
        let lacking = self.library.passages_to_embed(id, &places, model)?;
        for idxs in lacking.chunks(BATCH) {
            let texts: Vec<String> = idxs
                .iter()
                .filter_map(|idx| cut.get(*idx))
                .map(|passage| passage.text.clone())
                .collect();
            let embedded = self.in_turn(installed, cancel, |embedder| {
                embedder.embed(texts, TextRole::Passage, cancel)
            });
            let Some(vectors) = self.or_failed(id, read, model, embedded)? else {
                return Ok(None);
            };
            let new: Vec<(usize, Vec<f32>)> = idxs.iter().copied().zip(vectors).collect();
            self.library.store_passages(id, read, model, &places, &new)?;
        }
        if lacking.is_empty() {
            self.library.store_passages(id, read, model, &places, &[])?;
        }
        Ok(Some(()))
    }

    /// One request to the model, after those who ask a question.
    fn in_turn<T>(
        &self,
        installed: &InstalledModel,
        cancel: &CancellationToken,
        work: impl FnOnce(&mut WorkerEmbedder) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        self.give_way();
        self.with_embedder(installed, cancel, work)
    }

    /// A text that ends the model's process or that it fails at must not be tried for ever: it is noted
    /// as failed. A model that cannot be had fails at all texts, which is told instead.
    fn or_failed<T>(
        &self,
        id: RecordingId,
        read: recordroute_store::TextVersion,
        model: &EmbeddingModel,
        done: Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        if let Err(error) = &done
            && matches!(error.code(), ErrorCode::WorkerDied | ErrorCode::Other)
        {
            self.library.fail_index(id, read, model, &error.to_string())?;
        }
        done
    }

    fn announce(&self, n_waiting: u64) {
        // Nobody listens where no door is open.
        let _ = self.events.send(Event::Indexed { n_waiting });
    }
}

impl Engine {
    /// How far the index is.
    pub fn index_report(&self) -> Result<IndexReport, Error> {
        let meaning = &self.inner.meaning;
        let answering = meaning.vectors.model(&meaning.library)?;
        let mut report = IndexReport {
            model: None,
            answering: answering.as_ref().map(|model| model_id(model).to_owned()),
            n_indexed: 0,
            n_waiting: 0,
            n_failed: 0,
            n_passages: 0,
            problem: None,
        };
        let wanted = choose_embedding_model(&meaning.models, &meaning.settings()).and_then(|installed| {
            report.model = Some(installed.id.to_string());
            meaning.stored_model(&installed, &CancellationToken::new())
        });
        let model = match wanted {
            Ok(model) => model.or(answering),
            Err(error) => {
                report.problem = Some(error.to_string());
                answering
            }
        };
        if let Some(model) = model {
            let status = meaning.library.index_status(&model)?;
            report.n_indexed = status.n_indexed;
            report.n_waiting = status.n_waiting;
            report.n_failed = status.n_failed;
            report.n_passages = status.n_passages;
        }
        Ok(report)
    }

    /// Whether a recording can be found by meaning; none where nothing is indexed at all.
    pub fn index_state(&self, id: RecordingId) -> Result<Option<IndexState>, Error> {
        let meaning = &self.inner.meaning;
        let Some(model) = meaning.vectors.model(&meaning.library)? else {
            return Ok(None);
        };
        Ok(Some(meaning.library.index_state(id, &model)?))
    }

    /// Indexes all recordings that wait, now and here; `None` where it was cancelled. `on_recording` gets
    /// how many are done and how many wait.
    pub fn index(
        &self,
        cancel: &CancellationToken,
        on_recording: &mut dyn FnMut(u64, u64),
    ) -> Result<Option<u64>, Error> {
        self.inner.meaning.index_waiting(cancel, on_recording)
    }

    /// Throws the index away, so that it is computed anew from the transcripts.
    pub fn rebuild_index(&self) -> Result<(), Error> {
        let meaning = &self.inner.meaning;
        meaning.library.clear_index()?;
        meaning.vectors.unload();
        meaning.poke();
        Ok(())
    }

    /// Tries again what could not be indexed.
    pub fn retry_index(&self) -> Result<(), Error> {
        self.inner.meaning.library.retry_failed_index()?;
        self.inner.meaning.poke();
        Ok(())
    }
}
