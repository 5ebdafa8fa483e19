//! Small things about files that every part of the crate needs done the same way.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use recordroute_core::ModelId;

use crate::error::ModelsError;

/// Room that is left free beside a model, so that the library can still be written.
const SPARE_BYTES: u64 = 64 << 20;

/// Refuses where `dir` has no room for `needed_bytes`. A system that does not say is trusted.
pub(crate) fn check_room(dir: &Path, needed_bytes: u64) -> Result<(), ModelsError> {
    let Ok(free_bytes) = fs4::available_space(dir) else {
        return Ok(());
    };
    if free_bytes < needed_bytes.saturating_add(SPARE_BYTES) {
        return Err(ModelsError::NoRoom {
            dir: dir.to_owned(),
            needed_bytes: needed_bytes.saturating_add(SPARE_BYTES),
            free_bytes,
        });
    }
    Ok(())
}

/// Held while a model is being downloaded or imported; the system lets it go when the program dies.
/// The empty file stays: were it removed, a program that has just opened it would hold a lock that
/// the next one does not see.
#[derive(Debug)]
pub(crate) struct ModelLock {
    _file: File,
}

impl ModelLock {
    pub(crate) fn acquire(dir: &Path, id: &ModelId) -> Result<Self, ModelsError> {
        let path = dir.join(format!(".{id}.lock"));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(ModelsError::io("writing", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(ModelsError::Busy { id: id.to_string() }),
            // Some network folders have no locks; one program at a time is the rule there.
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, path = %path.display(), "no lock on this folder");
                Ok(Self { _file: file })
            }
        }
    }
}

/// Makes a rename survive a power cut. Windows has no such call for folders.
pub(crate) fn sync_dir(dir: &Path) {
    #[cfg(unix)]
    if let Ok(dir) = File::open(dir) {
        let _ = dir.sync_all();
    }
    #[cfg(not(unix))]
    let _ = dir;
}

/// A file that is read in pieces at any place, with its length known.
#[derive(Debug)]
pub(crate) struct PieceReader {
    file: File,
    path: PathBuf,
    len: u64,
}

impl PieceReader {
    pub(crate) fn open(path: &Path) -> Result<Self, ModelsError> {
        let file = File::open(path).map_err(ModelsError::io("reading", path))?;
        let meta = file.metadata().map_err(ModelsError::io("reading", path))?;
        if !meta.is_file() {
            return Err(ModelsError::not_a_model(path, "it is not a file"));
        }
        Ok(Self {
            file,
            path: path.to_owned(),
            len: meta.len(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Fills `out` from `offset`; reading past the end is an error.
    pub(crate) fn read_at(&mut self, offset: u64, out: &mut [u8]) -> Result<(), ModelsError> {
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| self.file.read_exact(out))
            .map_err(ModelsError::io("reading", &self.path))
    }

    /// At most `limit` bytes from the start.
    pub(crate) fn head(&mut self, limit: usize) -> Result<Vec<u8>, ModelsError> {
        let mut bytes = vec![0; limit.min(usize::try_from(self.len).unwrap_or(usize::MAX))];
        self.read_at(0, &mut bytes)?;
        Ok(bytes)
    }
}

/// Reads a whole small file, refusing one beyond `limit_bytes`.
pub(crate) fn read_limited(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, ModelsError> {
    let file = File::open(path).map_err(ModelsError::io("reading", path))?;
    let mut bytes = Vec::new();
    file.take(limit_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(ModelsError::io("reading", path))?;
    if bytes.len() as u64 > limit_bytes {
        return Err(ModelsError::not_a_model(
            path,
            format!("it is larger than {} MB", limit_bytes >> 20),
        ));
    }
    Ok(bytes)
}
