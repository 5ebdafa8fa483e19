//! Takes in whatever was dropped: files, folders, hundreds at once, from drives that stall.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};
use recordroute_core::{CancellationToken, JobId, RecordingId};

use crate::walk::{Found, walk};
use crate::{AddOptions, Added, Engine, Error};

/// How often a wish to stop is looked for.
const TICK: Duration = Duration::from_millis(50);
/// How long a file that was begun may take to stop; then it is left to end on its own.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// What became of one file.
#[derive(Debug)]
pub enum AddResult {
    /// It is a new recording.
    Added {
        /// The file.
        path: PathBuf,
        /// Its name.
        name: String,
        /// The recording.
        recording_id: RecordingId,
        /// The job that transcribes it.
        job_id: Option<JobId>,
        /// Why there is no job, such as a missing model.
        problem: Option<Error>,
    },
    /// The same bytes are in the library already; nothing was added.
    Duplicate {
        /// The file.
        path: PathBuf,
        /// Its name.
        name: String,
        /// The recording that is there.
        recording_id: RecordingId,
        /// Its title.
        title: String,
    },
    /// It was not added.
    Refused {
        /// The file.
        path: PathBuf,
        /// Its name.
        name: String,
        /// Why.
        error: Error,
    },
}

/// How far the adding is.
#[derive(Debug)]
pub struct AddProgress {
    /// Files that were tried.
    pub n_done: usize,
    /// Files found so far; grows while folders are walked.
    pub n_total: usize,
    /// What became of the file that was tried last; none where only more were found.
    pub result: Option<AddResult>,
}

/// What became of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddSummary {
    /// New recordings.
    pub n_added: usize,
    /// Files that were there already.
    pub n_duplicates: usize,
    /// Files that were refused.
    pub n_refused: usize,
    /// Not everything was tried: the user had enough, or more was found than is added at once.
    pub stopped: bool,
}

impl Engine {
    /// Adds files and the media in folders one after the other, and queues their transcription as
    /// the settings say. Blocks until all were tried or `cancel` is cancelled; a drive that stalls
    /// does not keep it from ending then.
    pub fn add_paths(
        &self,
        paths: Vec<PathBuf>,
        options: &AddOptions,
        cancel: &CancellationToken,
        tell: &mut dyn FnMut(AddProgress),
    ) -> AddSummary {
        let (sender, found) = crossbeam_channel::unbounded();
        let walking = cancel.child_token();
        let _ends_the_walk = walking.clone().drop_guard();
        std::thread::spawn(move || walk(paths, &walking, &sender));
        let mut heap = Heap::new(found);
        let mut summary = AddSummary::default();
        let mut n_done = 0;
        while !cancel.is_cancelled() {
            let Some(path) = heap.next() else {
                if heap.is_complete {
                    summary.stopped = heap.too_many;
                    return summary;
                }
                if heap.wait() {
                    let n_total = heap.n_total;
                    tell(AddProgress {
                        n_done,
                        n_total,
                        result: None,
                    });
                }
                continue;
            };
            let Some(result) = self.take_in(path, options, cancel) else {
                break;
            };
            match result {
                AddResult::Added { .. } => summary.n_added += 1,
                AddResult::Duplicate { .. } => summary.n_duplicates += 1,
                AddResult::Refused { .. } => summary.n_refused += 1,
            }
            n_done += 1;
            tell(AddProgress {
                n_done,
                n_total: heap.n_total,
                result: Some(result),
            });
        }
        summary.stopped = true;
        summary
    }

    /// One file, on a thread of its own, which is left alone where it hangs; none where the user
    /// had enough.
    fn take_in(&self, path: PathBuf, options: &AddOptions, cancel: &CancellationToken) -> Option<AddResult> {
        let (sender, added) = crossbeam_channel::bounded(1);
        let (engine, options, token) = (self.clone(), options.clone(), cancel.clone());
        let file = path.clone();
        std::thread::spawn(move || {
            let added = engine.add_until(&file, &options, &token).transpose();
            // The waiting side may have gone; what was added is in the library.
            let _ = sender.send(added.map(|added| engine.queue_added(added, file)));
        });
        let mut stopped_at: Option<Instant> = None;
        loop {
            match added.recv_timeout(TICK) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Disconnected) => {
                    let sentence = "The program made a mistake with this file and could not add it.";
                    return Some(self.queue_added(Err(Error::Invalid(sentence.to_owned())), path));
                }
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => {
                    if stopped_at.get_or_insert_with(Instant::now).elapsed() > STOP_GRACE {
                        return None;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn queue_added(&self, added: Result<Added, Error>, path: PathBuf) -> AddResult {
        let name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
        let recording_id = match added {
            Ok(Added::New(id)) => id,
            Ok(Added::Duplicate(recording)) => {
                return AddResult::Duplicate {
                    path,
                    name,
                    recording_id: recording.id,
                    title: recording.title,
                };
            }
            Err(error) => return AddResult::Refused { path, name, error },
        };
        let options = self.settings().transcribe_options();
        let (job_id, problem) = match self.transcribe(recording_id, None, options) {
            Ok(job_id) => (Some(job_id), None),
            Err(error) => (None, Some(error)),
        };
        AddResult::Added {
            path,
            name,
            recording_id,
            job_id,
            problem,
        }
    }
}

/// Files that were found and not tried yet.
struct Heap {
    found: Receiver<Found>,
    waiting: VecDeque<PathBuf>,
    n_total: usize,
    is_complete: bool,
    too_many: bool,
}

impl Heap {
    fn new(found: Receiver<Found>) -> Self {
        Self {
            found,
            waiting: VecDeque::new(),
            n_total: 0,
            is_complete: false,
            too_many: false,
        }
    }

    fn next(&mut self) -> Option<PathBuf> {
        loop {
            match self.found.try_recv() {
                Ok(found) => self.put(found),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.is_complete = true;
                    break;
                }
            }
        }
        self.waiting.pop_front()
    }

    /// Waits a moment for more; whether some came.
    fn wait(&mut self) -> bool {
        match self.found.recv_timeout(TICK) {
            Ok(found) => {
                self.put(found);
                true
            }
            Err(_) => false,
        }
    }

    fn put(&mut self, found: Found) {
        match found {
            Found::File(path) => {
                self.n_total += 1;
                self.waiting.push_back(path);
            }
            Found::TooMany => self.too_many = true,
        }
    }
}
