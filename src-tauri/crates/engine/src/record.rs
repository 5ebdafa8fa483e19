//! Recording: what is heard becomes a recording of the library, and nothing of it is lost on the way.
//!
//! The journal is written before the first frame. The sound grows in the library's own folder, so
//! that it is moved, not copied, when it ends. A lock on a file beside it tells other programs that
//! its own lives; the system lets go of it with the process, however that ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Zoned;
use recordroute_audio::capture::{
    CaptureLog, CaptureOptions, CaptureStatus, Choice, DeviceSource, EndReason, InputDevice, Levels,
    Recorder, Source, devices,
};
use recordroute_core::{CaptureId, ErrorCode, JobId, Note, NoteKind, RecordingId};
use recordroute_store::{CaptureDraft, StoreError};
use recordroute_system::{Awake, Sleep};

use crate::capture_lock::CaptureLock;
use crate::live_transcript::{LiveText, LiveTranscript};
use crate::recover::Saved;
use crate::{Engine, Error, InterfaceLanguage};

/// Folder inside the library where recordings grow.
pub(crate) const FOLDER: &str = "captures";

/// What is recorded, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordOptions {
    /// Its title; none takes the time of day.
    pub title: Option<String>,
    /// Id of the device; none takes the system's microphone, or with `system` none at all.
    pub device: Option<String>,
    /// The computer's own sound as well; with a device as the second channel of one file.
    pub system: bool,
    /// Transcribe it when it has ended, where a model is installed.
    pub transcribe: bool,
    /// Tell what is said while it is said, as well as the machine can.
    pub live: bool,
}

impl Default for RecordOptions {
    fn default() -> Self {
        Self {
            title: None,
            device: None,
            system: false,
            transcribe: true,
            live: false,
        }
    }
}

/// What can be recorded now, the defaults first. Needs no library.
pub fn input_devices() -> Result<Vec<InputDevice>, Error> {
    Ok(devices()?)
}

/// A recording that is being made. Dropped without [`LiveRecording::stop`] it ends with its file
/// whole, and is offered as unfinished.
pub struct LiveRecording {
    engine: Engine,
    id: CaptureId,
    path: PathBuf,
    recorder: Recorder,
    transcribe: bool,
    transcript: Option<LiveTranscript>,
    lock: CaptureLock,
    _awake: Awake,
}

/// A recording that has become one of the library.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its number.
    pub recording_id: RecordingId,
    /// Its file.
    pub path: PathBuf,
    /// Its length.
    pub duration_ms: u64,
    /// Frames that were lost because the computer was too busy.
    pub n_frames_lost: u64,
    /// How far the clock of each device went away from the computer's, milliseconds.
    pub drift_ms: Vec<f64>,
    /// Why it ended.
    pub reason: EndReason,
    /// What should be known about its sound; a sentence each.
    pub notices: Vec<String>,
    /// The transcription, where one was wanted and could be queued.
    pub job_id: Option<JobId>,
    /// Why none was queued although it was wanted; a sentence.
    pub not_transcribed: Option<String>,
}

impl Engine {
    /// Begins to record. Needs no model, and goes on beside any job.
    pub fn record(&self, options: &RecordOptions) -> Result<LiveRecording, Error> {
        let mut choices = Vec::new();
        match (&options.device, options.system) {
            (Some(id), _) => choices.push(Choice::Id(id.clone())),
            (None, false) => choices.push(Choice::DefaultInput),
            (None, true) => {}
        }
        if options.system {
            choices.push(Choice::SystemSound);
        }
        let mut sources: Vec<Box<dyn Source>> = Vec::new();
        let mut names = Vec::new();
        for choice in choices {
            let source = DeviceSource::new(choice)?;
            names.push(source.name().to_owned());
            sources.push(Box::new(source));
        }
        self.record_from(sources, &names.join(" + "), options)
    }

    /// Begins to record from sources that are no devices of this computer, such as those of a test.
    pub fn record_from(
        &self,
        sources: Vec<Box<dyn Source>>,
        device: &str,
        options: &RecordOptions,
    ) -> Result<LiveRecording, Error> {
        let library = &self.inner.library;
        if self.is_read_only() {
            return Err(StoreError::ReadOnly(library.dir().to_owned()).into());
        }
        let folder = library.dir().join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|source| Error::Unwritable {
            path: folder.clone(),
            source,
        })?;
        let (stem, lock) = CaptureLock::new_in(&folder)?;
        let title = options.title.clone().filter(|title| !title.trim().is_empty());
        let is_titled = title.is_some();
        let title = title.unwrap_or_else(|| title_of(&Zoned::now(), self.settings().interface_language));
        let id = library.begin_capture(&CaptureDraft {
            file: format!("{FOLDER}/{stem}.wav"),
            title,
            is_titled,
            device: device.to_owned(),
        })?;
        let path = folder.join(format!("{stem}.wav"));
        let free_bytes = |path: &Path| fs4::available_space(path.parent().unwrap_or(path)).ok();
        match Recorder::start(sources, &path, CaptureOptions::new(Arc::new(free_bytes))) {
            Ok(recorder) => Ok(LiveRecording {
                engine: self.clone(),
                id,
                transcript: options.live.then(|| LiveTranscript::begin(self, &path)),
                path,
                recorder,
                transcribe: options.transcribe,
                lock,
                _awake: Awake::new(Sleep::Any, "A recording is being made"),
            }),
            Err(error) => {
                // Nothing was heard yet, so that nothing is lost.
                if !path.exists() {
                    library.forget_capture(id)?;
                    lock.remove();
                }
                Err(error.into())
            }
        }
    }
}

/// Title of a recording that got none: when it was begun.
fn title_of(now: &Zoned, language: InterfaceLanguage) -> String {
    let form = match language.is_korean() {
        true => "녹음 %Y-%m-%d %H:%M",
        false => "Recording %Y-%m-%d %H:%M",
    };
    now.strftime(form).to_string()
}

impl LiveRecording {
    /// Its number in the journal.
    pub fn id(&self) -> CaptureId {
        self.id
    }

    /// How it is now; cheap, to be asked as often as the eye sees.
    pub fn status(&self) -> CaptureStatus {
        self.recorder.status()
    }

    /// The levels since the last call, for the meter and the waveform.
    pub fn take_levels(&self) -> Vec<Levels> {
        self.recorder.take_levels()
    }

    /// How the live transcript is, with the lines after the first `n_known`; none where none was wanted.
    pub fn live_text(&self, n_known: usize) -> Option<LiveText> {
        self.transcript
            .as_ref()
            .map(|transcript| transcript.since(n_known))
    }

    /// Writes nothing until [`LiveRecording::resume`].
    pub fn pause(&self) {
        self.recorder.pause();
    }

    /// Goes on after a pause.
    pub fn resume(&self) {
        self.recorder.resume();
    }

    /// Writes a note at this moment of the recording; tells its time.
    pub fn note(&self, text: &str) -> Result<u64, Error> {
        let at_ms = self.status().elapsed_ms;
        let note = Note {
            at_ms,
            kind: NoteKind::User,
            text: text.to_owned(),
        };
        self.engine.inner.library.add_capture_note(self.id, &note)?;
        Ok(at_ms)
    }

    /// Gives it another title.
    pub fn rename(&self, title: &str) -> Result<(), Error> {
        Ok(self.engine.inner.library.rename_capture(self.id, title)?)
    }

    /// Whether it is to be transcribed when it ends.
    pub fn set_transcribe(&mut self, transcribe: bool) {
        self.transcribe = transcribe;
    }

    /// Ends it and puts it into the library. Where that fails, what was heard is kept, and offered as
    /// unfinished.
    pub fn stop(mut self) -> Result<Recorded, Error> {
        self.transcript = None;
        let devices = self.status().devices;
        let finished = self.recorder.stop()?;
        let saved = self
            .engine
            .save_capture(self.id, &self.path, Some(&finished.log))?;
        self.lock.remove();
        let Saved {
            recording_id, path, ..
        } = saved.ok_or_else(|| Error::Refused {
            code: ErrorCode::NoAudio,
            message: "Nothing was heard, so nothing was kept. Check the sound input and try again."
                .to_owned(),
        })?;
        let (job_id, not_transcribed) = self.engine.transcribe_if(self.transcribe, recording_id);
        Ok(Recorded {
            recording_id,
            path,
            duration_ms: finished.duration_ms,
            n_frames_lost: finished.log.n_frames_lost,
            drift_ms: devices.iter().map(|device| device.drift_ms).collect(),
            reason: finished.reason,
            notices: finished
                .log
                .notices()
                .into_iter()
                .map(|(_, sentence)| sentence)
                .collect(),
            job_id,
            not_transcribed,
        })
    }
}

impl Engine {
    /// Queues the transcription of what is safe in the library already; that it cannot be is no error.
    fn transcribe_if(&self, wanted: bool, id: RecordingId) -> (Option<JobId>, Option<String>) {
        if !wanted {
            return (None, None);
        }
        match self.transcribe(id, None, self.settings().transcribe_options()) {
            Ok(job_id) => (Some(job_id), None),
            Err(error) => (None, Some(error.to_string())),
        }
    }

    /// Writes a note of the user's at a time of a recording.
    pub fn add_note(&self, id: RecordingId, at_ms: u64, text: &str) -> Result<(), Error> {
        let note = Note {
            at_ms,
            kind: NoteKind::User,
            text: text.to_owned(),
        };
        Ok(self.inner.library.add_note(id, &note)?)
    }

    /// The notes of a recording, in order of time.
    pub fn notes(&self, id: RecordingId) -> Result<Vec<Note>, Error> {
        Ok(self.inner.library.notes(id)?)
    }

    /// What happened while a recording was made, and whose channel is whose; none where it came as a
    /// file.
    pub fn capture_log(&self, id: RecordingId) -> Result<Option<CaptureLog>, Error> {
        let text = self.inner.library.capture_log(id)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn a_recording_without_a_title_is_called_by_its_time() {
        let now = date(2026, 11, 25).at(9, 5, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        assert_eq!(
            title_of(&now, InterfaceLanguage::En),
            "Recording 2026-11-25 09:05",
            "English"
        );
        assert_eq!(
            title_of(&now, InterfaceLanguage::Ko),
            "녹음 2026-11-25 09:05",
            "and Korean for whom the window is Korean"
        );
    }
}
