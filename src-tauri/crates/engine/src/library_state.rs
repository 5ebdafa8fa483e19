//! Whether the library can be used, and what is done with one that cannot.

use std::path::{Path, PathBuf};

use recordroute_core::ErrorCode;

use crate::{Engine, Error};

/// How the library is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LibraryState {
    /// It can be used.
    Ready {
        /// Its folder.
        path: PathBuf,
        /// Recordings outside the trash.
        n_recordings: u64,
        /// Recordings in the trash.
        n_trashed: u64,
    },
    /// It can be looked at.
    ReadOnly {
        /// Its folder.
        path: PathBuf,
        /// Recordings outside the trash.
        n_recordings: u64,
        /// Recordings in the trash.
        n_trashed: u64,
        /// A sentence for the user.
        message: String,
    },
    /// Its database is damaged and was left as it is.
    Damaged {
        /// Its folder.
        path: PathBuf,
        /// The copy that was made of the database before anything else; none where that failed.
        backup_path: Option<PathBuf>,
        /// A sentence for the user.
        message: String,
    },
    /// A newer version of the program made it.
    Newer {
        /// Its folder.
        path: PathBuf,
        /// A sentence for the user.
        message: String,
    },
    /// It cannot be reached, such as on a drive that is not there.
    Unavailable {
        /// Its folder.
        path: PathBuf,
        /// A sentence for the user.
        message: String,
    },
}

impl LibraryState {
    /// What an error says about the library in `dir`. Of a damaged one a copy is made first.
    pub fn after(error: &Error, dir: &Path) -> Self {
        let (path, message) = (dir.to_owned(), error.to_string());
        match error.code() {
            ErrorCode::DamagedLibrary => {
                let backup_path = recordroute_store::back_up(&path)
                    .inspect_err(|error| tracing::warn!(%error, "the damaged library could not be copied"))
                    .ok();
                Self::Damaged {
                    path,
                    backup_path,
                    message,
                }
            }
            ErrorCode::NewerLibrary => Self::Newer { path, message },
            _ => Self::Unavailable { path, message },
        }
    }
}

impl Engine {
    /// How the library is now; one whose tables cannot be counted is damaged.
    pub fn library_state(&self) -> LibraryState {
        let library = &self.inner.library;
        let path = library.dir().to_owned();
        let counted = library
            .n_recordings(false)
            .and_then(|n_recordings| Ok((n_recordings, library.n_recordings(true)?)));
        match counted {
            Ok((n_recordings, n_trashed)) if library.is_read_only() => LibraryState::ReadOnly {
                message: recordroute_store::StoreError::ReadOnly(path.clone()).to_string(),
                path,
                n_recordings,
                n_trashed,
            },
            Ok((n_recordings, n_trashed)) => LibraryState::Ready {
                path,
                n_recordings,
                n_trashed,
            },
            Err(error) => LibraryState::after(&error.into(), &path),
        }
    }

    /// Reads all of the database; where it is damaged, makes a copy of it and tells. For when a use
    /// case has met damage: then close the engine.
    pub fn examine_library(&self) -> Option<LibraryState> {
        let library = &self.inner.library;
        let damaged = match library.damage() {
            Ok(findings) => !findings.is_empty(),
            Err(error) => error.code() == ErrorCode::DamagedLibrary,
        };
        damaged.then(|| {
            let error = recordroute_store::StoreError::Damaged(library.dir().join("library.db"));
            LibraryState::after(&error.into(), library.dir())
        })
    }
}

/// Moves the database of a library that no engine has open aside, deleting nothing, so that an empty
/// one can begin in its place. Tells the name that the old one has now.
pub(crate) fn begin_new_library(dir: &Path) -> Result<PathBuf, Error> {
    Ok(recordroute_store::move_aside(dir)?)
}

/// Where a library lies if the user chooses that folder: in it, where there is one already or
/// nothing at all, else in a folder of its own inside, so that no files get mixed up.
pub(crate) fn library_folder_in(chosen: &Path) -> PathBuf {
    let is_library = chosen.join("library.db").is_file();
    let is_empty = std::fs::read_dir(chosen).is_ok_and(|mut entries| entries.next().is_none());
    if is_library || is_empty || !chosen.exists() {
        chosen.to_owned()
    } else {
        chosen.join("RecordRoute")
    }
}

#[cfg(test)]
mod tests {
    use recordroute_store::Library;

    use super::*;

    #[test]
    fn a_damaged_library_is_copied_before_anything_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        std::fs::write(dir.join("library.db"), "rubbish").unwrap();
        let error = Library::open(dir).unwrap_err().into();
        let LibraryState::Damaged { backup_path, .. } = LibraryState::after(&error, dir) else {
            panic!("rubbish is a damaged library, not {error}");
        };
        let copy = std::fs::read(backup_path.unwrap()).unwrap();
        assert_eq!(copy, b"rubbish", "the copy holds what was there");
        begin_new_library(dir).unwrap();
        assert!(Library::open(dir).is_ok(), "then an empty one can begin");
    }

    #[test]
    fn a_library_does_not_spread_among_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        assert_eq!(library_folder_in(dir), dir, "an empty folder is taken as it is");
        std::fs::write(dir.join("letter.txt"), "").unwrap();
        assert_eq!(
            library_folder_in(dir),
            dir.join("RecordRoute"),
            "among other files it gets a folder of its own"
        );
        std::fs::write(dir.join("library.db"), "").unwrap();
        assert_eq!(library_folder_in(dir), dir, "a library that is there is opened");
    }
}
