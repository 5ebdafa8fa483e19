use recordroute_engine as engine;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{mirror, mirror_enum, mirror_tagged};

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

mirror_tagged! {
    /// How the library is.
    LibraryState = engine::LibraryState {
        Ready { path: String, n_recordings: u64, n_trashed: u64 },
        ReadOnly { path: String, n_recordings: u64, n_trashed: u64, message: String },
        Damaged { path: String, backup_path: Option<String>, message: String },
        Newer { path: String, message: String },
        Unavailable { path: String, message: String },
    }
}

mirror_enum! {
    /// How grave a line of the log is.
    LogLevel = engine::LogLevel { Error, Warn, Info, Debug, Trace }
}

mirror! {
    /// A line of the log.
    LogLine = engine::LogLine { at: String, level: LogLevel, target: String, message: String }
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
