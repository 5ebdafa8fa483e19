//! How files come into the library.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use recordroute_audio::MediaInfo;
use recordroute_core::{ErrorCode, MediaPlace, Recording, RecordingDraft, RecordingId};
use recordroute_store::StoreError;
use sha2::{Digest, Sha256};

use crate::worker::{Message, Request, WorkerProcess};
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
        let mut slot = self.inner.prober.lock().unwrap_or_else(PoisonError::into_inner);
        let mut worker = match slot.take() {
            Some(worker) => worker,
            None => WorkerProcess::spawn(&self.inner.worker_command)?,
        };
        let media_path = path.to_owned();
        worker.send(|seq| Request::Probe { seq, media_path })?;
        match worker.receive(PROBE_TIMEOUT)? {
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
                Err(Error::Refused {
                    code: ErrorCode::Other,
                    message: format!(
                        "{} does not answer. If it lies on a network drive, copy it to this computer first.",
                        path.display()
                    ),
                })
            }
        }
    }

    /// Adds a file to the library after looking into it. Files that hold no audio are refused and
    /// leave nothing behind.
    pub fn add(&self, path: &Path, options: &AddOptions) -> Result<Added, Error> {
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
        let info = self.probe(&path)?;
        let hash = hash_file(&path).map_err(unreadable)?;
        if options.on_duplicate == OnDuplicate::Ask
            && let Some(existing) = self.inner.library.find_by_hash(&hash)?.into_iter().next()
        {
            return Ok(Added::Duplicate(Box::new(existing)));
        }
        let source = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let title = path
            .file_stem()
            .map_or_else(|| source.clone(), |stem| stem.to_string_lossy().into_owned());
        let media = match options.media.unwrap_or(self.inner.settings.media) {
            MediaPolicy::Copy => self.copy_into_library(&path, &source)?,
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
        Ok(Added::New(id))
    }

    /// Copies under a temporary name first, so that a name in the media folder is always whole.
    fn copy_into_library(&self, path: &Path, source: &str) -> Result<MediaPlace, Error> {
        let (target, place) = self.inner.library.new_media(Timestamp::now(), source);
        let partial = partial_name(&target);
        let unwritable = |source| Error::Unwritable {
            path: target.clone(),
            source,
        };
        let copied = std::fs::copy(path, &partial)
            .and_then(|_| File::open(&partial)?.sync_all())
            .and_then(|()| std::fs::rename(&partial, &target));
        if let Err(error) = copied {
            // Half a copy is of no use; the original is untouched.
            let _ = std::fs::remove_file(&partial);
            return Err(unwritable(error));
        }
        Ok(place)
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

fn hash_file(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        let n_bytes = file.read(&mut buffer)?;
        if n_bytes == 0 {
            break;
        }
        hasher.update(&buffer[..n_bytes]);
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
