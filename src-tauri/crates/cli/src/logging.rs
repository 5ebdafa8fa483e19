//! A rolling log file in the user's folder. Logs never hold transcript text.

use std::io;

use recordroute_engine::Settings;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Days of logs that are kept.
const MAX_LOG_FILES: usize = 7;

/// For the worker, whose stderr the program reads.
pub fn to_stderr() {
    let filter = EnvFilter::try_from_env("RECORDROUTE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
}

/// For the program; the guard writes the rest when it is dropped. A log folder that cannot be
/// written is no reason not to work.
pub fn to_file(settings: &Settings, verbose: bool) -> Option<WorkerGuard> {
    let filter = EnvFilter::try_new(&settings.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("recordroute")
        .filename_suffix("log")
        .max_log_files(MAX_LOG_FILES)
        .build(&settings.logs);
    let (file, guard) = match appender {
        Ok(appender) => {
            let (writer, guard) = tracing_appender::non_blocking(appender);
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(writer)
                .with_ansi(false);
            (Some(layer), Some(guard))
        }
        Err(_) => (None, None),
    };
    let console = verbose.then(|| tracing_subscriber::fmt::layer().with_writer(io::stderr));
    tracing_subscriber::registry()
        .with(filter)
        .with(file)
        .with(console)
        .init();
    guard
}
