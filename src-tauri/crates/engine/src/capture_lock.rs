//! Tells whether the program of a recording lives: by a lock on a file beside it, which the system
//! takes away with the process. A process id may come again, and a lease would have to be renewed by
//! writing to the library all the time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::Error;

/// Says that the program of a recording lives.
pub(crate) struct CaptureLock {
    path: PathBuf,
    // Closing it lets go of the lock.
    file: File,
}

impl CaptureLock {
    /// A new name in the folder, locked before anybody can know it.
    pub(crate) fn new_in(folder: &Path) -> Result<(String, Self), Error> {
        let base = Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
        let mut number = 1;
        loop {
            let stem = if number == 1 {
                base.clone()
            } else {
                format!("{base}-{number}")
            };
            let path = folder.join(format!("{stem}.lock"));
            let unwritable = |source| Error::Unwritable {
                path: path.clone(),
                source,
            };
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    file.lock().map_err(unwritable)?;
                    return Ok((stem, Self { path, file }));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(unwritable(error)),
            }
        }
    }

    /// The lock of a recording that nobody makes any more; none where somebody does.
    pub(crate) fn take_over(audio: &Path) -> Result<Option<Self>, Error> {
        let path = audio.with_extension("lock");
        let unwritable = |source| Error::Unwritable {
            path: path.clone(),
            source,
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { path, file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(unwritable(error)),
        }
    }

    /// For a recording that is safe in the library, or of which there is nothing.
    pub(crate) fn remove(self) {
        drop(self.file);
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the lock of a recording was left behind");
        }
    }
}
