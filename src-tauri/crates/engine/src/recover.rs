//! Recordings that a program left unfinished: offered, kept or put into the trash, never deleted.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use recordroute_audio::capture::{CaptureError, CaptureLog, ChannelLoudness, measure, repair};
use recordroute_core::{
    CancellationToken, Capture, CaptureId, JobId, MediaPlace, Note, NoteKind, Recording, RecordingDraft,
    RecordingId,
};
use recordroute_store::{CaptureDraft, CaptureEnd};
use serde::Serialize;

use crate::add::hash_file;
use crate::capture_lock::CaptureLock;
use crate::record::FOLDER;
use crate::{Engine, Error};

/// A recording whose program is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnfinishedRecording {
    /// Its number in the journal.
    pub id: CaptureId,
    /// Its title.
    pub title: String,
    /// What was recorded.
    pub device: String,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// How much of it there is.
    pub duration_ms: u64,
}

/// A recording that is in the library now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Saved {
    pub recording_id: RecordingId,
    pub path: PathBuf,
}

impl Engine {
    /// Recordings that were being made when their program ended, however it ended. Those that another
    /// program is making right now are not among them.
    pub fn unfinished_recordings(&self) -> Result<Vec<UnfinishedRecording>, Error> {
        let mut unfinished = Vec::new();
        if self.is_read_only() {
            return Ok(unfinished);
        }
        self.adopt_orphans()?;
        for capture in self.inner.library.captures()? {
            let path = self.capture_path(&capture);
            // A folder that is not there now, such as one on a drive, may come back.
            if !path.parent().is_some_and(Path::is_dir) {
                continue;
            }
            let Some(lock) = CaptureLock::take_over(&path)? else {
                continue;
            };
            // Its program may have moved it, or even finished it, until it was locked here.
            let Some(capture) = self
                .inner
                .library
                .captures()?
                .into_iter()
                .find(|now| now.id == capture.id)
            else {
                lock.remove();
                continue;
            };
            match self.measured_ms(&capture, &path) {
                Some(duration_ms) => unfinished.push(UnfinishedRecording {
                    id: capture.id,
                    title: capture.title,
                    device: capture.device,
                    started_at: capture.started_at,
                    duration_ms,
                }),
                None => {
                    tracing::info!(file = capture.file, "a recording ended before its first frame");
                    self.forget(&capture, &path)?;
                    lock.remove();
                }
            }
        }
        Ok(unfinished)
    }

    /// Writes recordings into the journal that are in the folder and not in there: what was recorded while
    /// a library broke is no part of the new one.
    fn adopt_orphans(&self) -> Result<(), Error> {
        let library = &self.inner.library;
        let Ok(entries) = std::fs::read_dir(library.dir().join(FOLDER)) else {
            return Ok(());
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut waiting: Vec<String> = names.filter(|name| name.ends_with(".wav")).collect();
        waiting.sort();
        for name in waiting {
            let file = format!("{FOLDER}/{name}");
            let path = library.dir().join(&file);
            let Some(lock) = CaptureLock::take_over(&path)? else {
                continue;
            };
            // Whoever makes it writes into the journal while it has the lock.
            let is_known = library.captures()?.iter().any(|capture| capture.file == file);
            let has_sound = || measure(&path).is_ok_and(|found| found.n_frames > 0);
            if !is_known && has_sound() {
                tracing::warn!(file, "a recording was in no journal");
                library.begin_capture(&CaptureDraft {
                    title: name.trim_end_matches(".wav").to_owned(),
                    is_titled: false,
                    device: String::new(),
                    file,
                })?;
            }
            drop(lock);
        }
        Ok(())
    }

    /// Puts an unfinished recording into the library, repaired, and queues its transcription where
    /// that is wanted and a model is installed.
    pub fn keep_unfinished(
        &self,
        id: CaptureId,
        transcribe: bool,
    ) -> Result<(Recording, Option<JobId>), Error> {
        let recording_id = self.finish_unfinished(id)?;
        let queued = transcribe.then(|| self.transcribe_later(recording_id));
        let job_id = queued.and_then(|queued| match queued {
            Ok(job_id) => Some(job_id),
            Err(error) => {
                tracing::warn!(%error, "a recovered recording is not transcribed");
                None
            }
        });
        Ok((self.recording(recording_id)?, job_id))
    }

    /// Puts an unfinished recording into the trash, from where it can be taken back.
    pub fn discard_unfinished(&self, id: CaptureId) -> Result<Recording, Error> {
        let recording_id = self.finish_unfinished(id)?;
        self.trash(recording_id)?;
        self.recording(recording_id)
    }

    fn finish_unfinished(&self, id: CaptureId) -> Result<RecordingId, Error> {
        let capture = self.inner.library.capture(id)?;
        let path = self.capture_path(&capture);
        let lock = CaptureLock::take_over(&path)?.ok_or_else(|| {
            Error::Invalid(format!(
                "“{}” is still being recorded. Stop it where it is being recorded.",
                capture.title
            ))
        })?;
        let log = CaptureLog::load(&path);
        let saved = self.save_capture(id, &path, log.as_ref())?;
        lock.remove();
        saved
            .map(|saved| saved.recording_id)
            .ok_or_else(|| Error::Invalid(format!("Nothing of “{}” had been written yet.", capture.title)))
    }

    fn capture_path(&self, capture: &Capture) -> PathBuf {
        self.inner.library.dir().join(&capture.file)
    }

    /// Where its file was moved to, if it was.
    fn moved_path(&self, capture: &Capture) -> Option<PathBuf> {
        let moved = self.inner.library.dir().join(capture.moved_to.as_ref()?);
        moved.is_file().then_some(moved)
    }

    /// None where there is not one frame. A file that cannot be understood is somebody's all the same.
    fn measured_ms(&self, capture: &Capture, path: &Path) -> Option<u64> {
        let moved = self.moved_path(capture).filter(|_| !path.exists());
        let path = moved.as_deref().unwrap_or(path);
        match measure(path) {
            Ok(found) => Some(found.format.duration_ms(found.n_frames)).filter(|_| found.n_frames > 0),
            Err(CaptureError::NotACapture { .. }) => {
                let n_bytes = path.metadata().map_or(0, |metadata| metadata.len());
                (n_bytes > recordroute_audio::capture::HEAD_BYTES).then_some(0)
            }
            Err(error) => {
                tracing::warn!(%error, "an unfinished recording cannot be read");
                path.exists().then_some(0)
            }
        }
    }

    fn forget(&self, capture: &Capture, path: &Path) -> Result<(), Error> {
        self.inner.library.forget_capture(capture.id)?;
        remove_quietly(path);
        remove_quietly(&CaptureLog::path_for(path));
        Ok(())
    }

    /// Makes a recording of a capture that has ended: repaired, moved into the media folder, taken out
    /// of the journal. Whatever happens on the way, either the journal or the library has it, and
    /// doing it again goes on from there. None where there was not one frame.
    pub(crate) fn save_capture(
        &self,
        id: CaptureId,
        path: &Path,
        log: Option<&CaptureLog>,
    ) -> Result<Option<Saved>, Error> {
        let library = &self.inner.library;
        let capture = library.capture(id)?;
        let started_at = capture.started_at.parse().unwrap_or_else(|_| Timestamp::now());
        let source = format!("{}.wav", capture.title);
        let (target, place) = match (self.moved_path(&capture), &capture.moved_to) {
            (Some(target), Some(moved_to)) if !path.exists() => {
                (target, MediaPlace::Library(moved_to.clone()))
            }
            _ => library.new_media(started_at, &source),
        };
        let present = if path.exists() { path } else { target.as_path() };
        let repaired = repair(present)?;
        if repaired.n_frames == 0 {
            self.forget(&capture, path)?;
            return Ok(None);
        }
        let unreadable = |source| Error::Unreadable {
            path: present.to_owned(),
            source,
        };
        let bytes = present.metadata().map_err(unreadable)?.len();
        let hash = hash_file(present, &CancellationToken::new())
            .map_err(unreadable)?
            .unwrap_or_default();
        if present == path {
            library.move_capture(id, &place)?;
            std::fs::rename(path, &target).map_err(|source| Error::Unwritable {
                path: target.clone(),
                source,
            })?;
        }
        let recording = RecordingDraft {
            title: capture.title.clone(),
            source,
            media: place,
            hash,
            bytes,
        };
        let loudness = log
            .filter(|log| log.is_labelled())
            .and_then(|_| loudness_of(&target));
        let log_text = log.and_then(|log| serde_json::to_string(log).ok());
        let notes: Vec<Note> = log
            .map(CaptureLog::notices)
            .unwrap_or_default()
            .into_iter()
            .map(note)
            .collect();
        let recording_id = library.finish_capture(
            id,
            &CaptureEnd {
                recording: &recording,
                duration_ms: repaired.format.duration_ms(repaired.n_frames),
                log: log_text.as_deref(),
                loudness: loudness.as_ref().map(ChannelLoudness::as_bytes),
                notes: &notes,
            },
        )?;
        remove_quietly(&CaptureLog::path_for(path));
        Ok(Some(Saved {
            recording_id,
            path: target,
        }))
    }
}

/// Without it a transcript lacks the labels of its channels, no more.
fn loudness_of(path: &Path) -> Option<ChannelLoudness> {
    ChannelLoudness::of_file(path)
        .inspect_err(|error| tracing::warn!(%error, "the channels of a recording could not be compared"))
        .ok()
}

fn note((at_ms, text): (u64, String)) -> Note {
    Note {
        at_ms,
        kind: NoteKind::Recorder,
        text,
    }
}

/// Of no use to anybody any more.
fn remove_quietly(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a file of a recording was left behind");
    }
}
