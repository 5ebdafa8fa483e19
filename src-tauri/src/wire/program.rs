use recordroute_engine as engine;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{mirror, shown};

/// What the program is and where it keeps things.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AppInfo {
    pub version: String,
    pub system: String,
    pub n_cores: u32,
    pub memory_bytes: u64,
    pub library_dir: String,
    pub models_dir: String,
    pub logs_dir: String,
    pub languages: Vec<String>,
}

/// How the library is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum LibraryState {
    Ready {
        path: String,
        n_recordings: u64,
        n_trashed: u64,
    },
    ReadOnly {
        path: String,
        n_recordings: u64,
        n_trashed: u64,
        message: String,
    },
    Damaged {
        path: String,
        backup_path: Option<String>,
        message: String,
    },
    Newer {
        path: String,
        message: String,
    },
    Unavailable {
        path: String,
        message: String,
    },
}

mirror! {
    /// How grave a line of the log is.
    LogLevel = engine::LogLevel { Error, Warn, Info, Debug, Trace }
}

/// A line of the log.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct LogLine {
    pub at: String,
    pub level: LogLevel,
    pub target: String,
    pub message: String,
}

/// A folder of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Library,
    Backup,
    Models,
    Logs,
}

impl From<engine::LogLine> for LogLine {
    fn from(line: engine::LogLine) -> Self {
        Self {
            at: line.at,
            level: line.level.into(),
            target: line.target,
            message: line.message,
        }
    }
}

impl From<engine::LibraryState> for LibraryState {
    fn from(state: engine::LibraryState) -> Self {
        match state {
            engine::LibraryState::Ready {
                dir,
                n_recordings,
                n_trashed,
            } => Self::Ready {
                path: shown(&dir),
                n_recordings,
                n_trashed,
            },
            engine::LibraryState::ReadOnly {
                dir,
                n_recordings,
                n_trashed,
                message,
            } => Self::ReadOnly {
                path: shown(&dir),
                n_recordings,
                n_trashed,
                message,
            },
            engine::LibraryState::Damaged { dir, backup, message } => Self::Damaged {
                path: shown(&dir),
                backup_path: backup.map(|path| shown(&path)),
                message,
            },
            engine::LibraryState::Newer { dir, message } => Self::Newer {
                path: shown(&dir),
                message,
            },
            engine::LibraryState::Unavailable { dir, message } => Self::Unavailable {
                path: shown(&dir),
                message,
            },
        }
    }
}
