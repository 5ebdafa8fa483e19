//! A rolling log file in the user's folder. Logs never hold transcript text.

use std::io;

use recordroute_engine::Settings;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Days of logs that are kept.
const MAX_LOG_FILES: usize = 7;

/// For the worker, whose stderr the window's process reads.
pub fn to_stderr() {
    let filter = EnvFilter::try_from_env("RECORDROUTE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
}

/// For the window; the guard writes the rest when it is dropped. A log folder that cannot be
/// written is no reason not to work.
pub fn to_file(settings: &Settings) -> Option<WorkerGuard> {
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("recordroute-window")
        .filename_suffix("log")
        .max_log_files(MAX_LOG_FILES)
        .build(&settings.logs)
        .ok()?;
    let (writer, guard) = tracing_appender::non_blocking(appender);
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(false)
        .init();
    Some(guard)
}
