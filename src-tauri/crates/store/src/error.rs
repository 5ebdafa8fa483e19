use std::path::{Path, PathBuf};

use recordroute_core::{ErrorCode, JobId};
use rusqlite::ErrorCode as Sqlite;

/// Why the library could not do what it was asked for. The messages are for the user.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The library folder cannot be made: let the user choose another one.
    #[error("The library folder {path} cannot be made: {source}. Choose another folder.", path = path.display())]
    CannotCreate {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file stands where the library folder should be: let the user choose another one.
    #[error("{path} is a file, not a folder. Choose a folder for the library.", path = .0.display())]
    NotADirectory(PathBuf),
    /// The library was written by a newer version: the user has to update the program.
    #[error(
        "The library in {path} was made by a newer version of RecordRoute (format {found}, this version knows {known}). Update RecordRoute to open it.",
        path = path.display()
    )]
    NewerLibrary {
        /// The library folder.
        path: PathBuf,
        /// Format of the file.
        found: i64,
        /// Newest format that this version knows.
        known: i64,
    },
    /// The library can be read but not written: offer reading, or another folder.
    #[error(
        "The library in {path} cannot be written. Make the folder writable or choose another one.",
        path = .0.display()
    )]
    ReadOnly(PathBuf),
    /// The database is damaged. Nothing was overwritten: let the user restore a backup or move it away.
    #[error(
        "The library's database {path} is damaged and was left as it is. Restore it from a backup, or move it away to begin a new library.",
        path = .0.display()
    )]
    Damaged(PathBuf),
    /// The database belongs to another program: let the user choose another folder.
    #[error("{path} belongs to another program. Choose another folder for the library.", path = .0.display())]
    NotALibrary(PathBuf),
    /// The disk has no room; what was stored before stands. Let the user make room and try again.
    #[error("The disk of the library in {path} is full. Free some space and try again.", path = .0.display())]
    DiskFull(PathBuf),
    /// Another program kept the library locked for many seconds: try again.
    #[error("Another program is using the library. Try again in a moment.")]
    Busy,
    /// Nothing has that number: say so.
    #[error("There is no {what} number {id}. Look at the list for the right number.")]
    NotFound {
        /// What was looked for, such as `recording`.
        what: &'static str,
        /// Its number.
        id: i64,
    },
    /// The job is somebody else's now, or nobody's: stop working on it and store nothing more.
    #[error("Job {0} was taken over by another program.")]
    LeaseLost(JobId),
    /// Another program works on the job: leave it alone.
    #[error("Job {0} is being worked on by another program. Wait for it or cancel it first.")]
    JobTaken(JobId),
    /// The job is over and what was asked makes no sense for it.
    #[error("Job {0} has ended already. List the jobs to see how.")]
    JobEnded(JobId),
    /// The job is waiting or running, so that it cannot be begun again.
    #[error("Job {0} has not ended yet. Cancel it first.")]
    JobOpen(JobId),
    /// The stored path of a media file leads out of the library; such a file is never touched.
    #[error("The path “{0}” leads out of the library folder, so it is not opened.")]
    UnsafeMediaPath(String),
    /// What was given cannot be stored: a mistake of the user (empty title) or of the program.
    #[error("{0}")]
    InvalidInput(String),
    /// A file or folder of the library could not be read or written.
    #[error("{path} could not be used: {source}.", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A stored value cannot be understood: the row was changed from outside. Show and log it.
    #[error(
        "The library holds a value that this version cannot read: {0}. Update RecordRoute or restore a backup."
    )]
    StoredValue(String),
    /// Anything else that SQLite says: show and log it.
    #[error("The library's database refused: {0}.")]
    Database(rusqlite::Error),
}

impl StoreError {
    /// The class of the error, for doors that branch on it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NewerLibrary { .. } => ErrorCode::NewerLibrary,
            Self::ReadOnly(_) | Self::CannotCreate { .. } => ErrorCode::ReadOnly,
            Self::Damaged(_) | Self::StoredValue(_) => ErrorCode::DamagedLibrary,
            Self::DiskFull(_) => ErrorCode::DiskFull,
            Self::NotFound { .. } => ErrorCode::NotFound,
            Self::NotADirectory(_)
            | Self::NotALibrary(_)
            | Self::InvalidInput(_)
            | Self::UnsafeMediaPath(_) => ErrorCode::InvalidInput,
            Self::Busy
            | Self::LeaseLost(_)
            | Self::JobTaken(_)
            | Self::JobEnded(_)
            | Self::JobOpen(_)
            | Self::Io { .. }
            | Self::Database(_) => ErrorCode::Other,
        }
    }

    /// Names the library in errors that were made where only SQLite was known.
    pub(crate) fn in_library(self, dir: &Path) -> Self {
        let unnamed = |path: &PathBuf| path.as_os_str().is_empty();
        match self {
            Self::ReadOnly(path) if unnamed(&path) => Self::ReadOnly(dir.to_owned()),
            Self::Damaged(path) if unnamed(&path) => Self::Damaged(dir.join(crate::connection::FILE_NAME)),
            Self::DiskFull(path) if unnamed(&path) => Self::DiskFull(dir.to_owned()),
            other => other,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(Sqlite::DiskFull) => Self::DiskFull(PathBuf::new()),
            Some(Sqlite::ReadOnly | Sqlite::PermissionDenied) => Self::ReadOnly(PathBuf::new()),
            Some(Sqlite::NotADatabase | Sqlite::DatabaseCorrupt) => Self::Damaged(PathBuf::new()),
            Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::StoredValue(error.to_string())
    }
}
