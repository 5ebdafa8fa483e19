//! A rolling log file in the user's folder. Logs never hold transcript text.

use std::io;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Settings;

/// Days of logs that are kept.
const MAX_LOG_FILES: usize = 7;

/// Keeps the log going; what is not written yet is written when it is dropped.
#[must_use = "the log ends with its guard"]
pub struct LogGuard {
    _writer: Option<WorkerGuard>,
}

/// For the worker, whose stderr the program reads.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("RECORDROUTE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
}

/// For a program, into files that begin with `prefix`, and to stderr too where `verbose`. A log
/// folder that cannot be written is no reason not to work.
pub fn log_to_file(settings: &Settings, prefix: &str, verbose: bool) -> LogGuard {
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // The appender complains on stderr about a folder that is not there yet.
    let appender = std::fs::create_dir_all(&settings.logs).ok().and_then(|()| {
        RollingFileAppender::builder()
            .rotation(Rotation::DAILY)
            .filename_prefix(prefix)
            .filename_suffix("log")
            .max_log_files(MAX_LOG_FILES)
            .build(&settings.logs)
            .ok()
    });
    let (writer, guard) = appender.map(tracing_appender::non_blocking).unzip();
    let file = writer.map(|writer| {
        tracing_subscriber::fmt::layer()
            .with_writer(writer)
            .with_ansi(false)
    });
    let console = verbose.then(|| tracing_subscriber::fmt::layer().with_writer(io::stderr));
    tracing_subscriber::registry()
        .with(filter)
        .with(file)
        .with(console)
        .init();
    LogGuard { _writer: guard }
}
