//! Copies of recordings for a player that cannot decode the original, such as a web view without
//! Opus: decoded by the worker into plain WAV, kept while the program runs.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use recordroute_core::RecordingId;

use crate::media::MediaName;
use crate::worker::{Message, Request, TICK, WorkerProcess};
use crate::{Engine, Error};

/// Folder inside the library.
const FOLDER: &str = "playable";

/// An hour takes 115 MB, and who listens to one recording rarely comes back to the fourth before it.
const MAX_COPIES: usize = 3;

/// Ten hours are decoded in half a minute; a network drive may stall.
const PATIENCE: Duration = Duration::from_secs(300);

/// The copies that were made, oldest first. Only these are given out: what an earlier start left may
/// belong to a recording that is gone.
#[derive(Default)]
pub(crate) struct PlayableCopies {
    made: Mutex<VecDeque<RecordingId>>,
}

impl PlayableCopies {
    /// Removes all of them.
    pub(crate) fn clear(&self, library: &Path) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
        remove(library.join(FOLDER).as_path(), |folder| {
            std::fs::remove_dir_all(folder)
        });
    }
}

fn remove(path: &Path, how: impl FnOnce(&Path) -> std::io::Result<()>) {
    match how(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "a copy for playing could not be removed");
        }
        _ => {}
    }
}

impl Engine {
    /// Makes a copy that every player can decode, unless there is one. Takes seconds for an hour.
    pub fn make_playable(&self, id: RecordingId) -> Result<(), Error> {
        let original = self.existing_media_path(id)?;
        // Held while it is made: a second wish for the same waits for the first.
        let mut made = self
            .inner
            .playable
            .made
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if made.contains(&id) {
            return Ok(());
        }
        let path = self.copy_path(id);
        let folder = self.inner.library.dir().join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|source| Error::Unwritable { path: folder, source })?;
        while made.len() >= MAX_COPIES
            && let Some(oldest) = made.pop_front()
        {
            remove(&self.copy_path(oldest), |copy| std::fs::remove_file(copy));
        }
        self.decode_into(original, path.clone())
            .inspect_err(|_| remove(&path, |copy| std::fs::remove_file(copy)))?;
        made.push_back(id);
        Ok(())
    }

    /// The file that a player asked for; none where there is no such recording, or no copy of it.
    pub(crate) fn named_media(&self, name: MediaName) -> Option<PathBuf> {
        if !name.is_copy {
            return self.media_path(name.id).ok();
        }
        let made = self
            .inner
            .playable
            .made
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        made.contains(&name.id).then(|| self.copy_path(name.id))
    }

    fn copy_path(&self, id: RecordingId) -> PathBuf {
        self.inner.library.dir().join(FOLDER).join(format!("{id}.wav"))
    }

    fn decode_into(&self, media_path: PathBuf, wav_path: PathBuf) -> Result<(), Error> {
        let mut worker = WorkerProcess::spawn(&self.inner.worker_command)?;
        let wav_path = Some(wav_path);
        worker.send(|seq| Request::Decode {
            seq,
            media_path: media_path.clone(),
            wav_path,
        })?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match worker.receive(TICK)? {
                Some(Message::Done { .. }) => return Ok(()),
                Some(Message::Failed { code, message }) => return Err(Error::Refused { code, message }),
                _ => {}
            }
        }
        worker.kill();
        Err(Error::not_answering(&media_path))
    }
}
