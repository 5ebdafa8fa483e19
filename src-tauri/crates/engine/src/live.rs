//! The recording that a window makes: one at a time, watched by whoever shows it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use recordroute_audio::capture::{
    CaptureError, CaptureState, CaptureStatus, DeviceStatus, EndReason, InputDevice, Levels, NO_SIGNAL_MS,
    Source,
};
use recordroute_core::{Note, NoteKind};
use recordroute_system::Glance;

use crate::live_transcript::LiveText;
use crate::record::{LiveRecording, RecordOptions, Recorded, input_devices};
use crate::{Engine, Error};

/// How often a watcher is told; as often as the recorder measures.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// How often who only glances at it is told of the running time.
const GLANCE_EVERY: Duration = Duration::from_millis(500);

/// What can be recorded now, the defaults first; none at all is no error for who shows a list.
pub fn inputs() -> Result<Vec<InputDevice>, Error> {
    match input_devices() {
        Err(Error::Capture(CaptureError::NoDevice)) => Ok(Vec::new()),
        other => other,
    }
}

/// What does not change by itself in a recording that is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveFacts {
    /// Its title.
    pub title: String,
    /// It is transcribed when it ends.
    pub transcribe: bool,
    /// A microphone is heard.
    pub microphone: bool,
    /// The computer's own sound is heard.
    pub system: bool,
    /// The user's notes so far, in order of time.
    pub notes: Vec<Note>,
}

/// What a recording in a window is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveState {
    /// Sound is being written.
    Running,
    /// The user wants nothing to be written for now.
    Paused,
    /// It ended by itself because the disk is nearly full, and waits to be stopped.
    DiskFull,
    /// It ended by itself because no device came back, and waits to be stopped.
    DeviceLost,
    /// It ended by itself because its file cannot be written any more, and waits to be stopped.
    WriteFailed,
}

/// How a recording is, for the eye.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveStatus {
    /// What it is doing.
    pub state: LiveState,
    /// Length so far, without pauses.
    pub elapsed_ms: u64,
    /// The devices, in order of their channels.
    pub devices: Vec<DeviceStatus>,
    /// Nothing has come for a while from where something should.
    pub no_signal: bool,
    /// Samples at full scale, by channel.
    pub n_clipped: Vec<u64>,
    /// Sound that was lost because the computer was too busy.
    pub lost_ms: u64,
    /// For how long a device was away so far.
    pub away_ms: u64,
    /// Free bytes, where there is little room left.
    pub disk_low_bytes: Option<u64>,
    /// The levels since the watcher was told last, oldest first.
    pub levels: Vec<Levels>,
    /// The live transcript, with the lines since the watcher was told last; none where none was wanted.
    pub text: Option<LiveText>,
}

/// The recording of a window, where there is one.
#[derive(Default)]
pub struct Live {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    /// Devices are being opened, which takes a while and must not happen twice.
    beginning: bool,
    running: Option<Running>,
    /// So many have ended and are on their way into the library.
    n_saving: usize,
    /// Who watches last is told; the one before is told no more.
    watcher: u64,
    n_changes: u64,
}

struct Running {
    engine: Engine,
    recording: LiveRecording,
    facts: LiveFacts,
}

impl Live {
    /// Begins to record from devices.
    pub fn begin(&self, engine: &Engine, options: &RecordOptions) -> Result<LiveFacts, Error> {
        self.begin_as(engine, options, || engine.record(options))
    }

    /// Begins to record from sources that are no devices of this computer, such as those of a test.
    pub fn begin_from(
        &self,
        engine: &Engine,
        sources: Vec<Box<dyn Source>>,
        options: &RecordOptions,
    ) -> Result<LiveFacts, Error> {
        self.begin_as(engine, options, || engine.record_from(sources, "test", options))
    }

    fn begin_as(
        &self,
        engine: &Engine,
        options: &RecordOptions,
        open: impl FnOnce() -> Result<LiveRecording, Error>,
    ) -> Result<LiveFacts, Error> {
        let mut slot = self.lock();
        if slot.beginning || slot.running.is_some() {
            return Err(Error::Invalid("A recording is being made already.".to_owned()));
        }
        slot.beginning = true;
        drop(slot);
        let opened = open().and_then(|recording| {
            let facts = LiveFacts {
                title: engine.inner.library.capture(recording.id())?.title,
                transcribe: options.transcribe,
                microphone: options.device.is_some() || !options.system,
                system: options.system,
                notes: Vec::new(),
            };
            Ok((recording, facts))
        });
        let mut slot = self.lock();
        slot.beginning = false;
        let (recording, facts) = opened?;
        slot.running = Some(Running {
            engine: engine.clone(),
            recording,
            facts: facts.clone(),
        });
        self.tell_glancing(&mut slot);
        Ok(facts)
    }

    /// What is being recorded.
    pub fn facts(&self) -> Option<LiveFacts> {
        self.lock().running.as_ref().map(|running| running.facts.clone())
    }

    /// Tells how it is about twenty times a second until it ends, or somebody else watches. A page that
    /// was loaded again watches again.
    pub fn watch(self: &Arc<Self>, mut tell: impl FnMut(LiveStatus) + Send + 'static) -> Result<(), Error> {
        let mut slot = self.lock();
        slot.watcher += 1;
        let watcher = slot.watcher;
        drop(slot);
        let live = Arc::clone(self);
        let watching = move || {
            let mut n_lines = 0;
            while let Some(status) = live.status_for(watcher, n_lines) {
                n_lines += status.text.as_ref().map_or(0, |text| text.lines.len());
                tell(status);
                std::thread::sleep(TELL_EVERY);
            }
        };
        let thread = std::thread::Builder::new().name("recording status".to_owned());
        let refused = |error| Error::Invalid(format!("The recording cannot be watched ({error})."));
        thread.spawn(watching).map(drop).map_err(refused)
    }

    fn status_for(&self, watcher: u64, n_lines: usize) -> Option<LiveStatus> {
        let slot = self.lock();
        let running = slot.running.as_ref().filter(|_| slot.watcher == watcher)?;
        let recording = &running.recording;
        let levels = recording.take_levels();
        let status = status_of(recording.status(), levels, running.facts.microphone);
        let text = recording.live_text(n_lines);
        Some(LiveStatus { text, ..status })
    }

    /// Writes nothing for a while, or goes on. One that has ended by itself does neither.
    pub fn pause(&self, paused: bool) -> Result<(), Error> {
        self.change(|running| {
            if running.recording.status().end_reason().is_some() {
                return Err(Error::Invalid(
                    "The recording has ended by itself. Stop it to keep what was recorded.".to_owned(),
                ));
            }
            match paused {
                true => running.recording.pause(),
                false => running.recording.resume(),
            }
            Ok(())
        })??;
        self.tell_glancing(&mut self.lock());
        Ok(())
    }

    /// Whether it is to be transcribed when it ends.
    pub fn set_transcribe(&self, transcribe: bool) -> Result<(), Error> {
        self.change(|running| {
            running.recording.set_transcribe(transcribe);
            running.facts.transcribe = transcribe;
        })
    }

    /// Gives it another title.
    pub fn rename(&self, title: &str) -> Result<(), Error> {
        let (engine, id) = self.change(|running| (running.engine.clone(), running.recording.id()))?;
        // Written without the lock: whoever watches must not wait for the disk.
        engine.inner.library.rename_capture(id, title)?;
        let title = engine.inner.library.capture(id)?.title;
        self.change(|running| running.facts.title = title)
    }

    /// Writes a note at this moment of the recording.
    pub fn note(&self, text: &str) -> Result<Note, Error> {
        let (engine, id, at_ms) = self.change(|running| {
            let at_ms = running.recording.status().elapsed_ms;
            (running.engine.clone(), running.recording.id(), at_ms)
        })?;
        let note = Note {
            at_ms,
            kind: NoteKind::User,
            text: text.trim().to_owned(),
        };
        engine.inner.library.add_capture_note(id, &note)?;
        // It is kept, also where the recording has ended meanwhile.
        let _ = self.change(|running| running.facts.notes.push(note.clone()));
        Ok(note)
    }

    /// Ends it and puts it into the library. Where that fails it is offered as unfinished.
    pub fn stop(&self) -> Result<Recorded, Error> {
        let mut slot = self.lock();
        let running = slot.running.take().ok_or_else(nothing_recorded)?;
        slot.n_saving += 1;
        self.tell_glancing(&mut slot);
        drop(slot);
        let _saving = Saving(self);
        running.recording.stop()
    }

    /// Ends what is being recorded and waits until all is in the library that was recorded.
    pub(crate) fn close(&self) -> Result<(), Error> {
        let ended = match self.is_recording() {
            true => self.stop().map(drop),
            false => Ok(()),
        };
        let mut slot = self.lock();
        while slot.n_saving > 0 {
            slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        ended
    }

    /// How it looks from outside the window.
    pub fn glance(&self) -> Glance {
        glance_of(&self.lock())
    }

    /// The same as soon as it is not as it was when `seen` was told, or after a while as long as it runs.
    pub fn next_glance(&self, seen: &mut Option<u64>) -> Glance {
        let mut slot = self.lock();
        while *seen == Some(slot.n_changes) {
            if glance_of(&slot) == Glance::Idle {
                slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.changed.wait_timeout(slot, GLANCE_EVERY);
            slot = waited.unwrap_or_else(PoisonError::into_inner).0;
            break;
        }
        *seen = Some(slot.n_changes);
        glance_of(&slot)
    }

    /// Lets who glances at it look again, such as when the language has changed.
    pub fn look_again(&self) {
        self.tell_glancing(&mut self.lock());
    }

    /// How it is, for whoever does not see the window; none where nothing is recorded.
    pub fn status(&self) -> Option<LiveStatus> {
        let slot = self.lock();
        let running = slot.running.as_ref()?;
        Some(status_of(
            running.recording.status(),
            Vec::new(),
            running.facts.microphone,
        ))
    }

    fn tell_glancing(&self, slot: &mut Slot) {
        slot.n_changes += 1;
        self.changed.notify_all();
    }

    /// Whether something is being recorded, or about to be.
    pub fn is_recording(&self) -> bool {
        let slot = self.lock();
        slot.beginning || slot.running.is_some()
    }

    /// Whether something is being recorded, or is on its way into the library.
    pub fn is_busy(&self) -> bool {
        self.is_recording() || self.lock().n_saving > 0
    }

    /// Refuses what must not happen meanwhile.
    pub(crate) fn refuse_while_busy(&self) -> Result<(), Error> {
        match self.is_busy() {
            true => Err(Error::Invalid("Stop the recording first.".to_owned())),
            false => Ok(()),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Running) -> T) -> Result<T, Error> {
        self.lock()
            .running
            .as_mut()
            .map(change)
            .ok_or_else(nothing_recorded)
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A recording is on its way into the library for as long as this lives.
struct Saving<'a>(&'a Live);

impl Drop for Saving<'_> {
    fn drop(&mut self) {
        let mut slot = self.0.lock();
        slot.n_saving -= 1;
        self.0.tell_glancing(&mut slot);
    }
}

fn nothing_recorded() -> Error {
    Error::Invalid("Nothing is being recorded any more.".to_owned())
}

fn glance_of(slot: &Slot) -> Glance {
    let Some(running) = &slot.running else {
        return Glance::Idle;
    };
    let status = running.recording.status();
    let elapsed_s = status.elapsed_ms / 1_000;
    match status.state {
        CaptureState::Running => Glance::Running { elapsed_s },
        CaptureState::Paused | CaptureState::Ended { .. } => Glance::Paused { elapsed_s },
    }
}

fn status_of(status: CaptureStatus, levels: Vec<Levels>, has_microphone: bool) -> LiveStatus {
    // Beside a microphone the computer's sound is silent for as long as nobody plays anything.
    let no_signal = match status.silent_ms.first() {
        Some(ms) if has_microphone && status.devices.len() > 1 => {
            status.state == CaptureState::Running && *ms >= NO_SIGNAL_MS
        }
        _ => status.has_no_signal(),
    };
    let away_ms = status
        .gaps
        .iter()
        .filter(|gap| gap.reason == recordroute_audio::capture::GapReason::DeviceLost)
        .map(|gap| {
            gap.end_ms
                .unwrap_or(status.elapsed_ms)
                .saturating_sub(gap.start_ms)
        });
    LiveStatus {
        state: match status.state {
            CaptureState::Running => LiveState::Running,
            CaptureState::Paused => LiveState::Paused,
            CaptureState::Ended { reason } => match reason {
                EndReason::DiskFull => LiveState::DiskFull,
                EndReason::DeviceLost => LiveState::DeviceLost,
                EndReason::WriteFailed(_) => LiveState::WriteFailed,
                // Who stops it takes it away before.
                EndReason::Stopped => LiveState::Paused,
            },
        },
        elapsed_ms: status.elapsed_ms,
        no_signal,
        lost_ms: status.n_frames_lost * 1_000 / u64::from(status.format.sample_rate_hz.max(1)),
        away_ms: away_ms.sum(),
        devices: status.devices,
        n_clipped: status.n_clipped,
        disk_low_bytes: status.disk_low_bytes,
        levels,
        text: None,
    }
}

#[cfg(test)]
mod tests {
    use recordroute_audio::capture::{CaptureFormat, Gap, GapReason};

    use super::*;

    fn status(n_devices: usize, silent_ms: &[u64]) -> CaptureStatus {
        let device = DeviceStatus {
            name: "Hum".to_owned(),
            is_connected: true,
            drift_ms: 0.0,
            n_xruns: 0,
        };
        CaptureStatus {
            state: CaptureState::Running,
            elapsed_ms: 60_000,
            written_ms: 59_500,
            format: CaptureFormat {
                sample_rate_hz: 48_000,
                n_channels: 2,
                width: recordroute_audio::capture::SampleWidth::Bits16,
            },
            devices: vec![device; n_devices],
            levels: None,
            n_clipped: vec![0, 0],
            silent_ms: silent_ms.to_vec(),
            n_frames_lost: 4_800,
            gaps: vec![
                Gap {
                    track: 0,
                    start_ms: 10_000,
                    end_ms: Some(12_000),
                    reason: GapReason::DeviceLost,
                },
                Gap {
                    track: 0,
                    start_ms: 57_000,
                    end_ms: None,
                    reason: GapReason::DeviceLost,
                },
                Gap {
                    track: 0,
                    start_ms: 1_000,
                    end_ms: Some(1_100),
                    reason: GapReason::Overrun,
                },
            ],
            disk_low_bytes: None,
        }
    }

    #[test]
    fn silence_is_told_of_where_somebody_should_be_heard() {
        let no_signal = |n_devices, silent_ms: &[u64]| {
            status_of(status(n_devices, silent_ms), Vec::new(), true).no_signal
        };
        assert!(no_signal(1, &[6_000, 6_000]), "a dead microphone");
        assert!(!no_signal(1, &[6_000, 0]), "one of its channels is alive");
        assert!(
            no_signal(2, &[6_000, 0]),
            "a dead microphone beside a computer that plays"
        );
        assert!(
            !no_signal(2, &[0, 600_000]),
            "a computer that plays nothing beside a microphone is usual"
        );
    }

    #[test]
    fn what_is_missing_is_told_in_time() {
        let status = status_of(status(1, &[0, 0]), Vec::new(), true);
        assert_eq!(status.lost_ms, 100, "frames are time at this rate");
        assert_eq!(status.away_ms, 5_000, "a gap that lasts counts up to now");
        let ended = CaptureStatus {
            state: CaptureState::Ended {
                reason: EndReason::DiskFull,
            },
            ..self::status(1, &[9_000])
        };
        let ended = status_of(ended, Vec::new(), true);
        assert_eq!(
            (ended.state, ended.no_signal),
            (LiveState::DiskFull, false),
            "what ended is silent with reason"
        );
    }
}
