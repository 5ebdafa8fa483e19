//! What is done with a database that cannot be read: it is copied and moved, never written or deleted.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::connection::FILE_NAME;
use crate::{StoreError, index_file};

/// What SQLite keeps beside a database: the newest writes may only be in the log.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Copies the database of the library in `dir` beside it, and tells where. Where such a copy of the
/// same bytes is there already it is enough: a damaged library may be looked at every day.
pub fn back_up(dir: &Path) -> Result<PathBuf, StoreError> {
    let database = dir.join(FILE_NAME);
    if let Some(earlier) = earlier_copy(dir, &database) {
        return Ok(earlier);
    }
    let copy = free_name(dir, "backup");
    copy_whole(&database, &copy)?;
    for companion in COMPANIONS {
        let source = with_suffix(&database, companion);
        if source.is_file() {
            copy_whole(&source, &with_suffix(&copy, companion))?;
        }
    }
    Ok(copy)
}

/// Gives the database of the library in `dir` another name, so that a new one can begin there, and
/// tells which. The media stay where they are: with the database's old name back, all is as it was.
pub fn move_aside(dir: &Path) -> Result<PathBuf, StoreError> {
    let database = dir.join(FILE_NAME);
    let aside = free_name(dir, "aside");
    for companion in COMPANIONS {
        let source = with_suffix(&database, companion);
        if source.exists() {
            rename(&source, &with_suffix(&aside, companion))?;
        }
    }
    rename(&database, &aside)?;
    // A new library gives the same numbers to other recordings.
    if let Err(error) = index_file::remove_from(dir) {
        tracing::warn!(%error, "the index of the library that was moved cannot be deleted");
    }
    Ok(aside)
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(io_error(from))
}

/// `library-backup-20261124-080509.db`, numbered where that is taken.
fn free_name(dir: &Path, what: &str) -> PathBuf {
    let stamp = Timestamp::now().strftime("%Y%m%d-%H%M%S");
    let mut name = dir.join(format!("library-{what}-{stamp}.db"));
    let mut number = 2;
    while name.symlink_metadata().is_ok() {
        name = dir.join(format!("library-{what}-{stamp}-{number}.db"));
        number += 1;
    }
    name
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Under a temporary name first, so that a backup by its own name is always whole.
fn copy_whole(from: &Path, to: &Path) -> Result<(), StoreError> {
    let partial = with_suffix(to, ".part");
    let copied = fs::copy(from, &partial)
        .and_then(|_| File::open(&partial)?.sync_all())
        .and_then(|()| fs::rename(&partial, to));
    copied.map_err(|source| {
        let _ = fs::remove_file(&partial);
        match source.kind() {
            io::ErrorKind::StorageFull => StoreError::DiskFull(to.to_owned()),
            _ => io_error(to)(source),
        }
    })
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}

fn earlier_copy(dir: &Path, database: &Path) -> Option<PathBuf> {
    let is_copy = |path: &PathBuf| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        name.starts_with("library-backup-")
            && name.ends_with(".db")
            && same_bytes(path, database).unwrap_or(false)
    };
    fs::read_dir(dir)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(is_copy)
}

fn same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut block_a, mut block_b) = (vec![0_u8; 1 << 16], vec![0_u8; 1 << 16]);
    loop {
        let n_bytes = a.read(&mut block_a)?;
        if n_bytes == 0 {
            return Ok(true);
        }
        b.read_exact(&mut block_b[..n_bytes])?;
        if block_a[..n_bytes] != block_b[..n_bytes] {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Library;

    const RUBBISH: &[u8] = b"this was a library once";

    #[test]
    fn a_damaged_library_is_copied_once_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join(FILE_NAME);
        fs::write(&database, RUBBISH).unwrap();
        let copy = back_up(dir.path()).unwrap();
        assert_eq!(fs::read(&copy).unwrap(), RUBBISH, "the copy is whole");
        assert_eq!(fs::read(&database).unwrap(), RUBBISH, "the original is untouched");
        assert_eq!(
            back_up(dir.path()).unwrap(),
            copy,
            "looking again makes no second copy"
        );
        fs::write(&database, b"damaged in another way").unwrap();
        assert_ne!(back_up(dir.path()).unwrap(), copy, "other bytes are copied anew");
        assert_eq!(fs::read(&copy).unwrap(), RUBBISH, "and no copy is written over");
    }

    #[test]
    fn moving_aside_makes_room_and_deletes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join(FILE_NAME);
        fs::write(&database, RUBBISH).unwrap();
        fs::write(with_suffix(&database, "-wal"), b"log").unwrap();
        let aside = move_aside(dir.path()).unwrap();
        assert_eq!(
            fs::read(&aside).unwrap(),
            RUBBISH,
            "the old database is there under another name"
        );
        assert_eq!(
            fs::read(with_suffix(&aside, "-wal")).unwrap(),
            b"log",
            "with what belongs to it"
        );
        let library = Library::open(dir.path()).unwrap();
        assert_eq!(
            library.n_recordings(false).unwrap(),
            0,
            "and a new library begins in its place"
        );
    }
}
