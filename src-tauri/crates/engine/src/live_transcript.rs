//! What is said in a recording, told while it is being made.
//!
//! A worker of its own follows the file that the recorder writes. The recorder knows nothing of it: a worker
//! that is slow, stuck or dead costs text here, and never a frame there. Nothing of it is stored: the
//! transcription after the recording makes the transcript.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use recordroute_audio::capture::measure;
use recordroute_core::{CancellationToken, ErrorCode};
use recordroute_models::ModelFolder;

use crate::advice::{choose_live_model, refuse_what_does_not_fit};
use crate::diagnostics::n_cores;
use crate::worker::{ListenRequest, Message, Request, WorkerCommand, WorkerError, WorkerProcess};
use crate::{Engine, Error, Settings};

/// How often it is looked whether the recording has ended.
const TICK: Duration = Duration::from_millis(50);
/// One core is left to the recorder and to whatever is talked through: threads of the model wait for each
/// other, and with all cores one that has to wait for another program makes all of them late. Above this,
/// matrices are too small to share.
const MAX_THREADS: usize = 8;
/// How often a worker that died is followed by another.
const MAX_RESTARTS: u32 = 3;

/// A line of a live transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveLine {
    /// Start in the recording, milliseconds.
    pub start_ms: u64,
    /// End in the recording, milliseconds.
    pub end_ms: u64,
    /// What was said; none where something may have been said that is left out here.
    pub text: Option<String>,
    /// It deserves a second look.
    pub doubtful: bool,
}

/// What a live transcript is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveTextState {
    /// The model is being loaded.
    Loading,
    /// What is said is heard.
    Listening,
    /// No speech model is installed: the recording goes on without.
    NoModel,
    /// It ended before the recording, which goes on.
    Ended,
}

/// Why there is no live transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveProblem {
    /// Where a program branches on it.
    pub code: ErrorCode,
    /// A sentence for the user.
    pub message: String,
}

/// What of a live transcript its watcher does not know yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveText {
    /// What it is doing.
    pub state: LiveTextState,
    /// For how long what was said waits to be heard.
    pub behind_ms: u64,
    /// Why it ended or never began.
    pub problem: Option<LiveProblem>,
    /// New lines, in order of time.
    pub lines: Vec<LiveLine>,
}

/// The transcript of a recording that is being made. Dropping it ends it at once.
pub(crate) struct LiveTranscript {
    text: Arc<Mutex<LiveText>>,
    stop: CancellationToken,
}

impl LiveTranscript {
    /// Begins to listen to the end of a file, in a thread of its own; never waits.
    pub fn begin(engine: &Engine, capture_path: &Path) -> Self {
        let text = Arc::new(Mutex::new(LiveText {
            state: LiveTextState::Loading,
            behind_ms: 0,
            problem: None,
            lines: Vec::new(),
        }));
        let stop = CancellationToken::new();
        let follower = Follower {
            command: engine.inner.worker_command.clone(),
            models: engine.inner.models.clone(),
            settings: engine.settings(),
            capture_path: capture_path.to_owned(),
            text: Arc::clone(&text),
            stop: stop.clone(),
        };
        let thread = std::thread::Builder::new().name("live transcript".to_owned());
        if let Err(error) = thread.spawn(move || follower.run()) {
            end(
                &text,
                &Error::Invalid(format!("It could not be started ({error}).")),
            );
        }
        Self { text, stop }
    }

    /// How it is, with the lines after the first `n_known`.
    pub fn since(&self, n_known: usize) -> LiveText {
        let text = lock(&self.text);
        LiveText {
            lines: text.lines.get(n_known..).unwrap_or_default().to_vec(),
            problem: text.problem.clone(),
            ..*text
        }
    }
}

impl Drop for LiveTranscript {
    fn drop(&mut self) {
        // The thread ends the worker; who stops a recording does not wait for either.
        self.stop.cancel();
    }
}

fn lock(text: &Mutex<LiveText>) -> MutexGuard<'_, LiveText> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
}

fn end(text: &Mutex<LiveText>, error: &Error) {
    let (code, message) = (error.code(), error.to_string());
    tracing::warn!(?code, %message, "the live transcript ended");
    let mut text = lock(text);
    text.state = match error {
        Error::NoSpeechModel { .. } => LiveTextState::NoModel,
        _ => LiveTextState::Ended,
    };
    text.behind_ms = 0;
    text.problem = Some(LiveProblem { code, message });
}

/// The thread's side. It holds no engine, which must be able to end without it.
struct Follower {
    command: WorkerCommand,
    models: ModelFolder,
    settings: Arc<Settings>,
    capture_path: PathBuf,
    text: Arc<Mutex<LiveText>>,
    stop: CancellationToken,
}

impl Follower {
    fn run(self) {
        let mut start_ms = 0;
        for n_restarts in 0..=MAX_RESTARTS {
            let error = match self.listen(start_ms) {
                Ok(()) => return,
                Err(error) => error,
            };
            if self.stop.is_cancelled() {
                return;
            }
            if n_restarts == MAX_RESTARTS || !matches!(error, Error::Worker(WorkerError::Died(_))) {
                return end(&self.text, &error);
            }
            tracing::warn!(%error, "the worker of the live transcript died; another one listens from now on");
            match measure(&self.capture_path) {
                Ok(so_far) => start_ms = so_far.format.duration_ms(so_far.n_frames),
                Err(error) => return end(&self.text, &error.into()),
            }
            let mut text = lock(&self.text);
            (text.state, text.behind_ms) = (LiveTextState::Loading, 0);
            let reached_ms = text.lines.last().map_or(0, |line| line.end_ms);
            push_gap(&mut text.lines, reached_ms, start_ms);
        }
    }

    /// Listens until the recording ends, or it cannot go on.
    fn listen(&self, start_ms: u64) -> Result<(), Error> {
        let model = choose_live_model(&self.models, &self.settings)?;
        refuse_what_does_not_fit(&model)?;
        let mut worker = WorkerProcess::spawn(&self.command)?;
        let mut options = self.settings.transcribe_options();
        options.n_threads = options.n_threads.or(Some((n_cores() - 1).clamp(1, MAX_THREADS)));
        let job = ListenRequest {
            model_path: model.path,
            capture_path: self.capture_path.clone(),
            start_ms,
            options,
        };
        worker.send(|seq| Request::Listen { seq, job })?;
        loop {
            let message = worker.receive(TICK)?;
            if self.stop.is_cancelled() {
                worker.kill();
                return Ok(());
            }
            let mut text = lock(&self.text);
            match message {
                Some(Message::Listening { behind_ms }) => {
                    (text.state, text.behind_ms) = (LiveTextState::Listening, behind_ms);
                }
                Some(Message::Skipped { start_ms, end_ms }) => push_gap(&mut text.lines, start_ms, end_ms),
                Some(Message::Chunk { segments, .. }) => {
                    text.lines.extend(segments.into_iter().map(|segment| LiveLine {
                        start_ms: segment.start_ms,
                        end_ms: segment.end_ms,
                        text: Some(segment.text),
                        doubtful: !segment.flags.is_empty(),
                    }));
                }
                Some(Message::Failed { code, message }) => return Err(Error::Refused { code, message }),
                Some(_) | None => {}
            }
        }
    }
}

fn push_gap(lines: &mut Vec<LiveLine>, start_ms: u64, end_ms: u64) {
    match lines.last_mut().filter(|last| last.text.is_none()) {
        // One gap after the other is one.
        Some(last) => last.end_ms = end_ms,
        None => lines.push(LiveLine {
            start_ms,
            end_ms,
            text: None,
            doubtful: false,
        }),
    }
}
