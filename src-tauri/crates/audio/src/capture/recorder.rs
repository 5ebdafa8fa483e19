//! The handle to a running recording.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::CaptureError;
use super::file::CaptureFormat;
use super::levels::Levels;
use super::log::{CaptureLog, CaptureTrack, Gap};
use super::source::Source;
use super::writer::Writer;

/// Windows of levels that wait for somebody to take them: a minute.
const MAX_LEVELS: usize = 1_200;

/// Tells the free bytes of the disk that a path is on; none where that is not known.
pub type FreeBytes = Arc<dyn Fn(&Path) -> Option<u64> + Send + Sync>;

/// How a recording is kept safe.
#[derive(Clone)]
pub struct CaptureOptions {
    /// How much room the disk has.
    pub free_bytes: FreeBytes,
    /// With less room than this the user is warned.
    pub warn_below_bytes: u64,
    /// With less room than this the recording is ended, as long as it still can be.
    pub stop_below_bytes: u64,
    /// Longest time for which what was recorded may not be on the disk.
    pub sync_every: Duration,
    /// A device that stays away for so long ends the recording.
    pub give_up_after: Duration,
}

impl CaptureOptions {
    /// The usual limits on a disk of so much room.
    pub fn new(free_bytes: FreeBytes) -> Self {
        Self {
            free_bytes,
            warn_below_bytes: 1_000_000_000,
            stop_below_bytes: 100_000_000,
            sync_every: Duration::from_millis(900),
            give_up_after: Duration::from_secs(600),
        }
    }
}

/// What a recording is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum CaptureState {
    /// Sound is being written.
    Running,
    /// The user wants nothing to be written for now.
    Paused,
    /// It ended by itself and waits to be taken over with [`Recorder::stop`].
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// Why a recording ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "message")]
pub enum EndReason {
    /// The user wanted it.
    Stopped,
    /// The disk is nearly full.
    DiskFull,
    /// No device came back.
    DeviceLost,
    /// The file cannot be written any more; the system's reason.
    WriteFailed(String),
}

/// How a recording is, for the eye; renewed about twenty times a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaptureStatus {
    /// What it is doing.
    #[serde(flatten)]
    pub state: CaptureState,
    /// Length so far, without pauses.
    pub elapsed_ms: u64,
    /// What of it is with the system, so that it outlives this program.
    pub written_ms: u64,
    /// What the file holds.
    pub format: CaptureFormat,
    /// The devices.
    pub devices: Vec<DeviceStatus>,
    /// The newest levels.
    pub levels: Option<Levels>,
    /// Samples at full scale, by channel: it is too loud.
    pub n_clipped: Vec<u64>,
    /// Digital silence up to now, by channel; beyond five seconds nothing is connected or it is muted.
    pub silent_ms: Vec<u64>,
    /// Frames that were lost because the computer was too busy.
    pub n_frames_lost: u64,
    /// Stretches without sound.
    pub gaps: Vec<Gap>,
    /// Free bytes, where there is little room left.
    pub disk_low_bytes: Option<u64>,
}

/// Silence for so long means that nothing is connected, or that it is muted.
pub const NO_SIGNAL_MS: u64 = 5_000;

impl CaptureStatus {
    /// Whether nothing has come for a while, although it should.
    pub fn has_no_signal(&self) -> bool {
        self.state == CaptureState::Running && self.silent_ms.iter().all(|ms| *ms >= NO_SIGNAL_MS)
    }

    /// Why it ended by itself.
    pub fn end_reason(&self) -> Option<&EndReason> {
        match &self.state {
            CaptureState::Ended { reason } => Some(reason),
            CaptureState::Running | CaptureState::Paused => None,
        }
    }
}

/// How one device is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceStatus {
    /// Its name now.
    pub name: String,
    /// Whether it delivers.
    pub is_connected: bool,
    /// How far its clock went away from the computer's, milliseconds.
    pub drift_ms: f64,
    /// How often the system lost sound before this program could see it.
    pub n_xruns: u64,
}

/// A recording that has ended, whole on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The file, a WAV.
    pub path: PathBuf,
    /// What it holds.
    pub format: CaptureFormat,
    /// Whole frames.
    pub n_frames: u64,
    /// Its length.
    pub duration_ms: u64,
    /// What happened meanwhile.
    pub log: CaptureLog,
    /// Why it ended.
    pub reason: EndReason,
}

pub(super) enum Control {
    /// From that moment on.
    Pause(Instant),
    Resume(Instant),
    Stop,
}

pub(super) struct Shared {
    pub status: CaptureStatus,
    pub levels: VecDeque<Levels>,
}

/// Whatever becomes of the thread of a recording, nobody is left in the belief that it goes on.
struct Watch(Arc<Mutex<Shared>>);

impl Drop for Watch {
    fn drop(&mut self) {
        let status = &mut lock(&self.0).status;
        if status.end_reason().is_none() {
            let reason = EndReason::WriteFailed(CaptureError::Ended.to_string());
            status.state = CaptureState::Ended { reason };
        }
    }
}

impl Shared {
    pub fn push_levels(&mut self, levels: Levels) {
        if self.levels.len() == MAX_LEVELS {
            self.levels.pop_front();
        }
        self.status.levels = Some(levels.clone());
        self.levels.push_back(levels);
    }
}

pub(super) fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running recording. Dropped without [`Recorder::stop`] it ends all the same, its file whole.
pub struct Recorder {
    control: Sender<Control>,
    shared: Arc<Mutex<Shared>>,
    thread: Option<JoinHandle<Result<Finished, CaptureError>>>,
}

impl Recorder {
    /// Opens the sources and begins to write their sound to `path`. One source keeps its channels;
    /// of two, the first is the left channel, "me", and the second the right one, "others".
    pub fn start(
        sources: Vec<Box<dyn Source>>,
        path: &Path,
        options: CaptureOptions,
    ) -> Result<Self, CaptureError> {
        let (control, controls) = channel();
        let (ready, started) = channel();
        let path = path.to_owned();
        let run = move || run(sources, &path, options, &controls, &ready);
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(run);
        let thread = thread.map_err(|_| CaptureError::Ended)?;
        match started.recv() {
            Ok(Ok(shared)) => Ok(Self {
                control,
                shared,
                thread: Some(thread),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(CaptureError::Ended),
        }
    }

    /// Writes nothing until [`Recorder::resume`].
    pub fn pause(&self) {
        // A recording that ended by itself needs no pause.
        let _ = self.control.send(Control::Pause(Instant::now()));
    }

    /// Goes on after a pause.
    pub fn resume(&self) {
        let _ = self.control.send(Control::Resume(Instant::now()));
    }

    /// How it is now.
    pub fn status(&self) -> CaptureStatus {
        lock(&self.shared).status.clone()
    }

    /// The levels since the last call, oldest first; at most those of the last minute.
    pub fn take_levels(&self) -> Vec<Levels> {
        lock(&self.shared).levels.drain(..).collect()
    }

    /// Ends it, and waits until the file is whole.
    pub fn stop(mut self) -> Result<Finished, CaptureError> {
        self.end().unwrap_or(Err(CaptureError::Ended))
    }

    fn end(&mut self) -> Option<Result<Finished, CaptureError>> {
        // Where it ended by itself nobody listens any more.
        let _ = self.control.send(Control::Stop);
        let thread = self.thread.take()?;
        Some(thread.join().unwrap_or(Err(CaptureError::Ended)))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.end() {
            tracing::error!(%error, "a recording could not be ended well");
        }
    }
}

type Ready = Sender<Result<Arc<Mutex<Shared>>, CaptureError>>;

fn run(
    sources: Vec<Box<dyn Source>>,
    path: &Path,
    options: CaptureOptions,
    controls: &Receiver<Control>,
    ready: &Ready,
) -> Result<Finished, CaptureError> {
    match Writer::begin(sources, path, options) {
        Ok(writer) => {
            let _watch = Watch(writer.shared());
            // Whoever started it waits for this.
            let _ = ready.send(Ok(writer.shared()));
            writer.run(controls)
        }
        Err(error) => {
            let _ = ready.send(Err(error));
            Err(CaptureError::Ended)
        }
    }
}

/// What [`CaptureTrack::label`] says of two sources.
pub(super) fn labelled(mut tracks: Vec<CaptureTrack>) -> Vec<CaptureTrack> {
    if let [me, others] = tracks.as_mut_slice() {
        me.label = Some("me".to_owned());
        others.label = Some("others".to_owned());
    }
    tracks
}
