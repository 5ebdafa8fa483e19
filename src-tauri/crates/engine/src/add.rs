//! How files come into the library.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use recordroute_audio::MediaInfo;
use recordroute_core::{CancellationToken, MediaPlace, Recording, RecordingDraft, RecordingId};
use recordroute_store::StoreError;
use sha2::{Digest, Sha256};

use crate::worker::{Message, Request, TICK, WorkerProcess};
use crate::{Engine, Error, MediaPolicy};

/// How long a look into a file may take; a network drive may stall.
const PROBE_TIMEOUT: Duration = Duration::from_secs(60);

/// What to do with a file that is in the library already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnDuplicate {
    /// Add nothing and tell which recording it is, so that the user can be asked.
    #[default]
    Ask,
    /// Add it as a second recording.
    AddAgain,
}

/// How a file is added.
#[derive(Debug, Clone, Default)]
pub struct AddOptions {
    /// What to do with a file that is in the library already.
    pub on_duplicate: OnDuplicate,
    /// Copy or reference; none takes the setting.
    pub media: Option<MediaPolicy>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Added {
    /// It is a new recording.
    New(RecordingId),
    /// The same bytes are in the library already; nothing was added.
    Duplicate(Box<Recording>),
}

impl Engine {
    /// Looks into a file without adding it: container, codec, length.
    pub fn probe(&self, path: &Path) -> Result<MediaInfo, Error> {
        self.probe_until(path, &CancellationToken::new())
    }

    fn probe_until(&self, path: &Path, cancel: &CancellationToken) -> Result<MediaInfo, Error> {
        let mut slot = self.inner.prober.lock().unwrap_or_else(PoisonError::into_inner);
        let mut worker = match slot.take() {
            Some(worker) => worker,
            None => WorkerProcess::spawn(&self.inner.worker_command)?,
        };
        let media_path = path.to_owned();
        worker.send(|seq| Request::Probe { seq, media_path })?;
        let deadline = Instant::now() + PROBE_TIMEOUT;
        let mut answer = None;
        while answer.is_none() && Instant::now() < deadline && !cancel.is_cancelled() {
            answer = worker.receive(TICK)?;
        }
        match answer {
            Some(Message::Probed { info }) => {
                *slot = Some(worker);
                Ok(info)
            }
            Some(Message::Failed { code, message }) => {
                *slot = Some(worker);
                Err(Error::Refused { code, message })
            }
            Some(_) | None => {
                worker.kill();
                Err(Error::not_answering(path))
            }
        }
    }

    /// Adds a file to the library after looking into it. Files that hold no audio are refused and
    /// leave nothing behind.
    pub fn add(&self, path: &Path, options: &AddOptions) -> Result<Added, Error> {
        // Nobody cancels this token.
        self.add_until(path, options, &CancellationToken::new())?
            .ok_or_else(|| Error::Invalid("The adding was stopped.".to_owned()))
    }

    /// As [`Engine::add`]; none, and nothing added, where it was cancelled on the way.
    pub(crate) fn add_until(
        &self,
        path: &Path,
        options: &AddOptions,
        cancel: &CancellationToken,
    ) -> Result<Option<Added>, Error> {
        let unreadable = |source| Error::Unreadable {
            path: path.to_owned(),
            source,
        };
        let path = std::path::absolute(path).map_err(unreadable)?;
        let metadata = std::fs::metadata(&path).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(Error::Invalid(format!(
                "{} is a folder. Name the files in it.",
                path.display()
            )));
        }
        // Opening a pipe would wait for somebody to write into it.
        if !metadata.is_file() {
            return Err(Error::Invalid(format!(
                "{} is a device or pipe, not audio or video. Name a recording.",
                path.display()
            )));
        }
        if self.is_read_only() {
            return Err(StoreError::ReadOnly(self.inner.library.dir().to_owned()).into());
        }
        let info = self.probe_until(&path, cancel);
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let info = info?;
        let Some(hash) = hash_file(&path, cancel).map_err(unreadable)? else {
            return Ok(None);
        };
        if options.on_duplicate == OnDuplicate::Ask
            && let Some(existing) = self.inner.library.find_by_hash(&hash)?.into_iter().next()
        {
            return Ok(Some(Added::Duplicate(Box::new(existing))));
        }
        let source = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let title = path
            .file_stem()
            .map_or_else(|| source.clone(), |stem| stem.to_string_lossy().into_owned());
        let media = match options.media.unwrap_or(self.settings().media) {
            MediaPolicy::Copy => match self.copy_into_library(&path, &source, cancel)? {
                Some(place) => place,
                None => return Ok(None),
            },
            MediaPolicy::Reference => MediaPlace::Referenced(referenced(&path)?),
        };
        let draft = RecordingDraft {
            title,
            source,
            media,
            hash,
            bytes: metadata.len(),
        };
        let id = self.inner.library.add_recording(&draft)?;
        if let Some(duration_ms) = info.duration_ms {
            self.inner.library.set_duration_ms(id, duration_ms)?;
        }
        Ok(Some(Added::New(id)))
    }

    /// Copies under a temporary name first, so that a name in the media folder is always whole.
    fn copy_into_library(
        &self,
        path: &Path,
        source: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<MediaPlace>, Error> {
        let (target, place) = self.inner.library.new_media(Timestamp::now(), source);
        let partial = partial_name(&target);
        let unwritable = |source| Error::Unwritable {
            path: target.clone(),
            source,
        };
        let copied = copy_file(path, &partial, cancel);
        if !matches!(copied, Ok(true)) {
            // Half a copy is of no use; the original is untouched.
            let _ = std::fs::remove_file(&partial);
        }
        if !copied.map_err(unwritable)? {
            return Ok(None);
        }
        std::fs::rename(&partial, &target).map_err(|error| {
            let _ = std::fs::remove_file(&partial);
            unwritable(error)
        })?;
        Ok(Some(place))
    }
}

fn partial_name(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// The library stores text; a path that is none can still be copied.
fn referenced(path: &Path) -> Result<String, Error> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::Invalid(format!(
            "The name {} is not valid text and cannot be remembered. Rename the file, or let it be copied.",
            path.display()
        ))
    })
}

/// None where it was cancelled.
pub(crate) fn hash_file(path: &Path, cancel: &CancellationToken) -> std::io::Result<Option<String>> {
    let mut hasher = Sha256::new();
    let is_whole = read_blocks(path, cancel, |block| {
        hasher.update(block);
        Ok(())
    })?;
    let hex = |hasher: Sha256| {
        hasher
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    Ok(is_whole.then(|| hex(hasher)))
}

/// Whether all of it was copied; not where it was cancelled.
fn copy_file(from: &Path, to: &Path, cancel: &CancellationToken) -> std::io::Result<bool> {
    let mut target = File::create(to)?;
    let is_whole = read_blocks(from, cancel, |block| target.write_all(block))?;
    if is_whole {
        target.sync_all()?;
    }
    Ok(is_whole)
}

/// Whether it was read to the end; not where it was cancelled.
fn read_blocks(
    path: &Path,
    cancel: &CancellationToken,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<bool> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0_u8; 1 << 20];
    while !cancel.is_cancelled() {
        let n_bytes = file.read(&mut buffer)?;
        if n_bytes == 0 {
            return Ok(true);
        }
        take(&buffer[..n_bytes])?;
    }
    Ok(false)
}
