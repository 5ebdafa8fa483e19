use recordroute_engine as engine;

use crate::{mirror, mirror_enum, mirror_tagged};

mirror! {
    /// What the program is and where it keeps things.
    AppInfo = engine::About {
        version: String, system: String, n_cores: u32, memory_bytes: u64, library_dir: String, models_dir: String,
        logs_dir: String, languages: Vec<String>,
    }
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

mirror_enum! {
    /// A folder of the program.
    Place = engine::Place { Library, Backup, Models, Logs, Templates }
}
