//! Search by meaning: an embedding model in a process of its own, and the vectors in memory. The queue's
//! worker changes its model with each job; a question is answered while somebody types.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use recordroute_core::{CancellationToken, Event, RecordingId, TextRole};
use recordroute_models::{InstalledModel, ModelFolder};
use recordroute_search::{AnswerPassage, Hit, Mode, Query, SimilarRecording, Vectors};
use recordroute_store::{EmbeddingModel, Library};
use tokio::sync::broadcast;

use crate::embedding_model::{choose_embedding_model, find_embedding_model};
use crate::engine::{SharedSettings, settings_of};
use crate::worker::{self, WorkerCommand, WorkerEmbedder, WorkerProcess};
use crate::writing::is_hangul;
use crate::{Engine, Error, Settings};

/// Questions whose vectors are kept: one types, deletes, and types on.
const MAX_KNOWN: usize = 64;

/// Between the name of a model and the way in which texts are cut for it: vectors that were made in
/// another way are another model's.
const FORM: &str = "#1";

/// What was found, and whether meaning had a part in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The best first.
    pub hits: Vec<Hit>,
    /// Meaning was searched as well as words, or alone.
    pub by_meaning: bool,
    /// Why it was not although there is an index; a sentence.
    pub problem: Option<String>,
}

/// What search by meaning works with.
pub(crate) struct Meaning {
    pub(crate) library: Arc<Library>,
    pub(crate) models: ModelFolder,
    pub(crate) settings: SharedSettings,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) vectors: Vectors,
    command: WorkerCommand,
    embedder: Mutex<Option<Loaded>>,
    /// The process with the language model that answered last.
    pub(crate) asker: Resting<WorkerProcess>,
    /// Those who ask and wait; whoever indexes lets them go first.
    n_asking: AtomicUsize,
    known: Mutex<VecDeque<Known>>,
    /// Something may be there to index.
    pub(crate) poked: (Mutex<bool>, Condvar),
}

struct Loaded {
    embedder: WorkerEmbedder,
    used_at: Instant,
}

/// Something that is kept for the next time.
pub(crate) struct Resting<T>(Mutex<Option<(T, Instant)>>);

impl<T> Default for Resting<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Resting<T> {
    pub(crate) fn take(&self) -> Option<T> {
        lock(&self.0).take().map(|(kept, _)| kept)
    }

    pub(crate) fn keep(&self, used: Option<T>) {
        *lock(&self.0) = used.map(|used| (used, Instant::now()));
    }

    fn let_go_after(&self, idle: Duration) {
        let mut place = lock(&self.0);
        if place.as_ref().is_some_and(|(_, since)| since.elapsed() > idle) {
            *place = None;
        }
    }
}

/// A question and its vector.
struct Known {
    model: String,
    text: String,
    vector: Vec<f32>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Meaning {
    pub(crate) fn new(
        library: Arc<Library>,
        models: ModelFolder,
        settings: SharedSettings,
        events: broadcast::Sender<Event>,
        command: WorkerCommand,
    ) -> Self {
        Self {
            library,
            models,
            settings,
            events,
            vectors: Vectors::default(),
            command,
            embedder: Mutex::default(),
            asker: Resting::default(),
            n_asking: AtomicUsize::new(0),
            known: Mutex::default(),
            poked: (Mutex::new(true), Condvar::new()),
        }
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        settings_of(&self.settings)
    }

    /// Says that there may be something to index.
    pub(crate) fn poke(&self) {
        *lock(&self.poked.0) = true;
        self.poked.1.notify_all();
    }

    /// Lets `work` have the model, which is loaded where it is not in memory; `None` where it was cancelled.
    pub(crate) fn with_embedder<T>(
        &self,
        model: &InstalledModel,
        cancel: &CancellationToken,
        work: impl FnOnce(&mut WorkerEmbedder) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        let wanted = worker::EmbeddingModel {
            path: model.path.clone(),
            id: model.id.to_string(),
            n_threads: self.settings().threads,
        };
        let mut place = lock(&self.embedder);
        let loaded = place.take().filter(|loaded| *loaded.embedder.model() == wanted);
        let embedder = match loaded {
            Some(loaded) => Some(loaded.embedder),
            None => WorkerEmbedder::load(&self.command, wanted, cancel)?,
        };
        let Some(mut embedder) = embedder else {
            return Ok(None);
        };
        let done = work(&mut embedder)?;
        if done.is_some() {
            *place = Some(Loaded {
                embedder,
                used_at: Instant::now(),
            });
        }
        Ok(done)
    }

    /// Ends the processes that nobody used for so long.
    pub(crate) fn let_go_after(&self, idle: Duration) {
        self.asker.let_go_after(idle);
        // Who holds it uses it.
        if let Ok(mut place) = self.embedder.try_lock()
            && place
                .as_ref()
                .is_some_and(|loaded| loaded.used_at.elapsed() > idle)
        {
            *place = None;
        }
    }

    /// Waits until nobody asks, or for a moment.
    pub(crate) fn give_way(&self) {
        const PATIENCE: Duration = Duration::from_secs(2);
        let since = Instant::now();
        while self.n_asking.load(Ordering::Acquire) > 0 && since.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The vector of a question, made by the model whose vectors answer; `None` where none do.
    fn question_vector(&self, text: &str) -> Result<Option<Vec<f32>>, Error> {
        let Some(answering) = self.vectors.model(&self.library)? else {
            return Ok(None);
        };
        let is_it = |known: &&Known| known.model == answering.name && known.text == text;
        if let Some(known) = lock(&self.known).iter().find(is_it) {
            return Ok(Some(known.vector.clone()));
        }
        let model = find_embedding_model(&self.models, model_id(&answering))?;
        if !knows_language_of(&model, text) {
            return Ok(None);
        }
        self.n_asking.fetch_add(1, Ordering::AcqRel);
        let vectors = self.with_embedder(&model, &CancellationToken::new(), |embedder| {
            embedder.embed(vec![text.to_owned()], TextRole::Query, &CancellationToken::new())
        });
        self.n_asking.fetch_sub(1, Ordering::AcqRel);
        let Some(vector) = vectors?.and_then(|vectors| vectors.into_iter().next()) else {
            return Ok(None);
        };
        let mut known = lock(&self.known);
        if known.len() == MAX_KNOWN {
            known.pop_front();
        }
        known.push_back(Known {
            model: answering.name,
            text: text.to_owned(),
            vector: vector.clone(),
        });
        Ok(Some(vector))
    }

    /// The same for a query; where it cannot be had and words will do, why.
    fn query_vector(&self, query: &Query) -> Result<(Option<Vec<f32>>, Option<String>), Error> {
        if query.mode == Mode::Words {
            return Ok((None, None));
        }
        match self.question_vector(query.text.trim()) {
            Ok(None) if query.mode == Mode::Meaning => {
                // Either there is no model, which the choice says, or it knows the language not, or nothing
                // is indexed by one yet.
                let model = choose_embedding_model(&self.models, &self.settings())?;
                if !knows_language_of(&model, &query.text) {
                    return Err(Error::Invalid(format!(
                        "{} knows no Korean. Choose another model for search by meaning, or search by words.",
                        model.id
                    )));
                }
                Err(Error::Invalid(
                    "Nothing can be found by meaning yet. Wait until the recordings are indexed.".to_owned(),
                ))
            }
            Ok(vector) => Ok((vector, None)),
            Err(error) if query.mode == Mode::Hybrid => {
                tracing::warn!(%error, "search by meaning failed");
                Ok((None, Some(error.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    /// What vectors of an installed model are stored under.
    pub(crate) fn stored_name(model: &InstalledModel) -> String {
        format!("{}{FORM}", model.id)
    }
}

/// Vectors of a language that the model does not know lie anywhere.
fn knows_language_of(model: &InstalledModel, text: &str) -> bool {
    let is_known = |known: &String| known == "*" || known == "ko";
    model.languages.is_empty() || model.languages.iter().any(is_known) || !text.contains(is_hangul)
}

/// The id of the model that made stored vectors.
pub(crate) fn model_id(stored: &EmbeddingModel) -> &str {
    stored
        .name
        .rsplit_once('#')
        .map_or(stored.name.as_str(), |(id, _)| id)
}

impl Engine {
    /// Finds what the user looks for, by words, by meaning or by both. Where both are asked for and
    /// meaning cannot be had, words alone are searched.
    pub fn find(&self, query: &Query) -> Result<Found, Error> {
        let meaning = &self.inner.meaning;
        let (vector, problem) = meaning.query_vector(query)?;
        let hits = recordroute_search::find(&self.inner.library, &meaning.vectors, query, vector.as_deref())?;
        Ok(Found {
            hits,
            by_meaning: vector.is_some(),
            problem,
        })
    }

    /// Recordings that are about the same as one, the most alike first.
    pub fn similar(&self, id: RecordingId, limit: usize) -> Result<Vec<SimilarRecording>, Error> {
        self.recording(id)?;
        let vectors = &self.inner.meaning.vectors;
        Ok(recordroute_search::similar(
            &self.inner.library,
            vectors,
            id,
            limit,
        )?)
    }

    /// The passages that are the likeliest to answer a question, the best first.
    pub(crate) fn best_passages(&self, query: &Query, n: usize) -> Result<Vec<AnswerPassage>, Error> {
        let meaning = &self.inner.meaning;
        let (vector, _) = meaning.query_vector(query)?;
        Ok(recordroute_search::best_passages(
            &self.inner.library,
            &meaning.vectors,
            query,
            vector.as_deref(),
            n,
        )?)
    }
}
