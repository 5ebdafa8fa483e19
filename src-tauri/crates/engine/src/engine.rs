use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use recordroute_core::{
    Event, Job, JobId, JobKind, JobState, Recording, RecordingId, TranscribeOptions, Transcript,
};
use recordroute_export::Document;
use recordroute_models::ModelFolder;
use recordroute_search::Hit;
use recordroute_store::{JobListing, Library, Listing, StoreError};
use tokio::sync::broadcast;

use crate::advice::choose_speech_model;
use crate::index::Indexer;
use crate::meaning::Meaning;
use crate::playable::PlayableCopies;
use crate::queue::{LEASE, Queue, QueueContext};
use crate::worker::{WorkerCommand, WorkerProcess};
use crate::{Error, Format, Settings};

/// Events that a slow door may fall behind before it must look the state up again.
const EVENT_CAPACITY: usize = 4_096;

/// How often a job is tried to be had that a dead program may still hold.
const CLAIM_RETRY: Duration = Duration::from_millis(500);

/// Which jobs this program works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueMode {
    /// Every job of the library in order, also those that a dead program left: the window.
    All,
    /// Only jobs that were made or taken up through this handle: the command line.
    Own,
}

/// The handle to everything that RecordRoute does. Cheap to clone; all clones are the same engine.
/// When the last one is dropped, a running job is given back to the queue and the worker ends.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

/// The settings in force, which may change while the program runs.
pub(crate) type SharedSettings = Arc<RwLock<Arc<Settings>>>;

pub(crate) fn settings_of(shared: &SharedSettings) -> Arc<Settings> {
    Arc::clone(&shared.read().unwrap_or_else(PoisonError::into_inner))
}

pub(crate) struct Inner {
    // Dropped first: it gives the running job back to the library.
    queue: Queue,
    /// Held for its thread.
    _indexer: Indexer,
    pub(crate) meaning: Arc<Meaning>,
    settings: SharedSettings,
    pub(crate) library: Arc<Library>,
    pub(crate) models: ModelFolder,
    pub(crate) worker_command: WorkerCommand,
    pub(crate) prober: Mutex<Option<WorkerProcess>>,
    pub(crate) playable: PlayableCopies,
    events: broadcast::Sender<Event>,
    owner: String,
}

impl Engine {
    /// Opens the library, empties its trash of what lay there long enough, and starts the queue.
    /// A library that cannot be written is opened for reading; jobs are then refused.
    pub fn open(settings: Settings, worker_command: WorkerCommand, mode: QueueMode) -> Result<Self, Error> {
        let library = Arc::new(Library::open(&settings.library)?);
        if !library.is_read_only() && settings.trash_days > 0 {
            let age = Duration::from_secs(u64::from(settings.trash_days) * 24 * 60 * 60);
            match library.purge(Some(age)) {
                Ok(purged) if !purged.is_empty() => {
                    tracing::info!(n_recordings = purged.len(), "trash emptied")
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the trash could not be emptied"),
            }
        }
        let models = ModelFolder::new(&settings.models);
        let queue_models = models.clone();
        let (events, _) = broadcast::channel(EVENT_CAPACITY);
        let owner = owner_name();
        let settings: SharedSettings = Arc::new(RwLock::new(Arc::new(settings)));
        let meaning = Arc::new(Meaning::new(
            Arc::clone(&library),
            models.clone(),
            Arc::clone(&settings),
            events.clone(),
            worker_command.clone(),
        ));
        let indexer = match mode {
            QueueMode::All => Indexer::start(Arc::clone(&meaning)),
            QueueMode::Own => Indexer::idle(Arc::clone(&meaning)),
        };
        let queue = Queue::start(QueueContext {
            library: Arc::clone(&library),
            models: queue_models,
            events: events.clone(),
            worker_command: worker_command.clone(),
            owner: owner.clone(),
            mode,
            settings: Arc::clone(&settings),
            meaning: Arc::clone(&meaning),
        });
        let prober = Mutex::new(None);
        let playable = PlayableCopies::default();
        if mode == QueueMode::All && !library.is_read_only() {
            playable.clear(library.dir());
        }
        let inner = Inner {
            queue,
            _indexer: indexer,
            meaning,
            settings,
            library,
            models,
            worker_command,
            prober,
            playable,
            events,
            owner,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The settings in force.
    pub fn settings(&self) -> Arc<Settings> {
        settings_of(&self.inner.settings)
    }

    /// Puts other settings in force, for everything that begins from now on. The folders stay those
    /// that the engine was opened with.
    pub fn set_settings(&self, mut settings: Settings) {
        let mut place = self
            .inner
            .settings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        settings.library.clone_from(&place.library);
        settings.models.clone_from(&place.models);
        *place = Arc::new(settings);
    }

    /// Whether the library can only be read.
    pub fn is_read_only(&self) -> bool {
        self.inner.library.is_read_only()
    }

    /// Everything that happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    /// The folder of models: list, download, import, verify, remove.
    pub fn models(&self) -> &ModelFolder {
        &self.inner.models
    }

    /// Recordings, newest first.
    pub fn recordings(&self, listing: &Listing) -> Result<Vec<Recording>, Error> {
        Ok(self.inner.library.recordings(listing)?)
    }

    /// One recording.
    pub fn recording(&self, id: RecordingId) -> Result<Recording, Error> {
        Ok(self.inner.library.recording(id)?)
    }

    /// The newest transcript of a recording; empty where there is none yet.
    pub fn transcript(&self, id: RecordingId) -> Result<Transcript, Error> {
        Ok(self.inner.library.transcript(id)?)
    }

    /// Gives a recording another title.
    pub fn rename(&self, id: RecordingId, title: &str) -> Result<(), Error> {
        Ok(self.inner.library.rename(id, title)?)
    }

    /// Puts a recording in the trash and ends its jobs. It can be restored.
    pub fn trash(&self, id: RecordingId) -> Result<(), Error> {
        let listing = JobListing {
            open_only: true,
            recording_id: Some(id),
            limit: None,
        };
        for job in self.jobs(&listing)? {
            self.cancel_job(job.id)?;
        }
        Ok(self.inner.library.trash(id)?)
    }

    /// Takes a recording out of the trash.
    pub fn restore(&self, id: RecordingId) -> Result<(), Error> {
        Ok(self.inner.library.restore(id)?)
    }

    /// Deletes what is in the trash for good, and tells how many recordings that were.
    pub fn empty_trash(&self) -> Result<usize, Error> {
        let purged = self.inner.library.purge(None)?;
        self.inner.playable.clear(self.inner.library.dir());
        Ok(purged.len())
    }

    /// Puts a tag on a recording.
    pub fn add_tag(&self, id: RecordingId, tag: &str) -> Result<(), Error> {
        self.inner.library.add_tag(id, tag)?;
        Ok(())
    }

    /// Takes a tag off a recording.
    pub fn remove_tag(&self, id: RecordingId, tag: &str) -> Result<(), Error> {
        self.inner.library.remove_tag(id, tag)?;
        Ok(())
    }

    /// Recordings and segments in which all the words occur, best first.
    pub fn search(&self, words: &str, limit: usize) -> Result<Vec<Hit>, Error> {
        Ok(recordroute_search::search(&self.inner.library, words, limit)?)
    }

    /// A recording with its transcript, as exports write it.
    pub fn document(&self, id: RecordingId) -> Result<Document, Error> {
        Ok(Document::new(self.recording(id)?, self.transcript(id)?))
    }

    /// Writes a recording's transcript in a format.
    pub fn export(&self, id: RecordingId, format: Format, out: &mut dyn Write) -> Result<(), Error> {
        let document = self.document(id)?;
        recordroute_export::write(format, &document, out).map_err(|error| Error::Invalid(error.to_string()))
    }

    /// Writes a recording's transcript to a file, whole or not at all.
    pub fn export_to_file(&self, id: RecordingId, format: Format, path: &Path) -> Result<(), Error> {
        let mut bytes = Vec::new();
        self.export(id, format, &mut bytes)?;
        write_whole(path, &bytes)
    }

    /// Queues the transcription of a recording. `model` none: the one in the settings, else the
    /// installed one that fits the machine best.
    pub fn transcribe(
        &self,
        id: RecordingId,
        model: Option<&str>,
        options: TranscribeOptions,
    ) -> Result<JobId, Error> {
        self.begin(id, &self.transcription(model, options)?)
    }

    /// Queues a job that writes; one that waits already to do the same is taken instead of a second.
    pub(crate) fn begin_writing(&self, id: RecordingId, kind: &JobKind) -> Result<JobId, Error> {
        let same = same_job(&self.inner.library, id, kind)?;
        let Some(waiting) = same.filter(|job| job.state == JobState::Queued) else {
            return self.begin(id, kind);
        };
        if self.inner.queue.mode() == QueueMode::Own {
            self.inner.library.claim(waiting.id, &self.inner.owner, LEASE)?;
        }
        self.inner.queue.submit(waiting.id);
        Ok(waiting.id)
    }

    /// Queues a job, which is this program's own in [`QueueMode::Own`].
    fn begin(&self, id: RecordingId, kind: &JobKind) -> Result<JobId, Error> {
        let job_id = match self.inner.queue.mode() {
            QueueMode::All => self.inner.library.enqueue(id, kind)?,
            QueueMode::Own => self
                .inner
                .library
                .enqueue_claimed(id, kind, &self.inner.owner, LEASE)?,
        };
        self.announce(Event::JobQueued {
            job_id,
            recording_id: id,
        });
        self.inner.queue.submit(job_id);
        Ok(job_id)
    }

    /// The same for whoever works through the queue, in [`QueueMode::Own`] not this program.
    pub(crate) fn transcribe_later(&self, id: RecordingId) -> Result<JobId, Error> {
        let options = self.settings().transcribe_options();
        let job_id = self
            .inner
            .library
            .enqueue(id, &self.transcription(None, options)?)?;
        self.announce(Event::JobQueued {
            job_id,
            recording_id: id,
        });
        if self.inner.queue.mode() == QueueMode::All {
            self.inner.queue.submit(job_id);
        }
        Ok(job_id)
    }

    fn transcription(&self, model: Option<&str>, options: TranscribeOptions) -> Result<JobKind, Error> {
        let model = choose_speech_model(&self.inner.models, &self.settings(), model, options.language)?;
        Ok(JobKind::Transcribe {
            model: model.id.to_string(),
            options,
        })
    }

    /// Jobs: running ones first, then the queue in its order, then those that ended, newest first.
    pub fn jobs(&self, listing: &JobListing) -> Result<Vec<Job>, Error> {
        Ok(self.inner.library.jobs(listing)?)
    }

    /// One job.
    pub fn job(&self, id: JobId) -> Result<Job, Error> {
        Ok(self.inner.library.job(id)?)
    }

    /// Ends a job, also one that another program runs; what it stored stays.
    pub fn cancel_job(&self, id: JobId) -> Result<(), Error> {
        let job = self.job(id)?;
        if matches!(job.state, JobState::Done | JobState::Failed | JobState::Cancelled) {
            return Err(Error::JobState {
                id,
                state: "has ended already",
                advice: "There is nothing to cancel.",
            });
        }
        if self.inner.queue.cancel(id) {
            return Ok(());
        }
        if self.inner.library.request_cancel(id)? == JobState::Cancelled {
            self.announce(Event::JobCancelled {
                job_id: id,
                recording_id: job.recording_id,
            });
        }
        Ok(())
    }

    /// Puts a failed, cancelled or interrupted job back into the queue; it goes on after its last
    /// stored segment. In [`QueueMode::Own`] this program takes it up itself.
    pub fn retry_job(&self, id: JobId) -> Result<(), Error> {
        let job = self.job(id)?;
        match job.state {
            JobState::Done => {
                return Err(Error::JobState {
                    id,
                    state: "is done",
                    advice: "Begin a new one to get a new result.",
                });
            }
            JobState::Failed | JobState::Cancelled => self.inner.library.retry(id)?,
            JobState::Queued | JobState::Running if self.inner.queue.has(id) => return Ok(()),
            JobState::Queued | JobState::Running => {}
        }
        if self.inner.queue.mode() == QueueMode::Own {
            self.claim_when_free(id)?;
        }
        self.announce(Event::JobQueued {
            job_id: id,
            recording_id: job.recording_id,
        });
        self.inner.queue.submit(id);
        Ok(())
    }

    /// Claims a job. A program that died a moment ago still holds its lease: that is waited for. One
    /// that lives renews it, and the refusal stands.
    fn claim_when_free(&self, id: JobId) -> Result<(), Error> {
        let deadline = Instant::now() + LEASE + CLAIM_RETRY;
        loop {
            match self.inner.library.claim(id, &self.inner.owner, LEASE) {
                Err(StoreError::JobTaken(_)) if Instant::now() < deadline => std::thread::sleep(CLAIM_RETRY),
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Jobs that wait, run, or were left by a program that died.
    pub fn open_jobs(&self) -> Result<Vec<Job>, Error> {
        self.jobs(&JobListing {
            open_only: true,
            ..JobListing::default()
        })
    }

    /// Moves a waiting job to a place in the queue, 0 being next.
    pub fn move_job(&self, id: JobId, position: usize) -> Result<(), Error> {
        Ok(self.inner.library.move_job(id, position)?)
    }

    pub(crate) fn announce(&self, event: Event) {
        // Nobody listening is fine: the state is in the library.
        let _ = self.inner.events.send(event);
    }
}

/// A job that waits to do the same, or does it.
pub(crate) fn same_job(library: &Library, id: RecordingId, kind: &JobKind) -> Result<Option<Job>, Error> {
    let open = library.jobs(&JobListing {
        open_only: true,
        recording_id: Some(id),
        limit: None,
    })?;
    Ok(open.into_iter().find(|job| job.kind.is_same_work(kind)))
}

/// Writes a file under another name first, so that nobody finds half of it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let unwritable = |source| Error::Unwritable {
        path: path.to_owned(),
        source,
    };
    let mut partial = path.as_os_str().to_owned();
    partial.push(".part");
    let partial = std::path::PathBuf::from(partial);
    std::fs::write(&partial, bytes).map_err(unwritable)?;
    std::fs::rename(&partial, path).map_err(|error| {
        // What could not be moved into place is of no use to anybody.
        let _ = std::fs::remove_file(&partial);
        unwritable(error)
    })
}

/// Tells programs on one library apart; a process id alone comes again.
fn owner_name() -> String {
    let since_epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    format!("{}-{:x}", std::process::id(), since_epoch.as_nanos())
}
