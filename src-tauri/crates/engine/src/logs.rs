//! The end of the program's own log, for the window's viewer and for reports.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// What is read of the end of a file.
const MAX_TAIL_BYTES: u64 = 1 << 20;
/// Days that are looked at.
const MAX_FILES: usize = 2;

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is wrong and the program goes on.
    Warn,
    /// What it does.
    Info,
    /// What it does, closely.
    Debug,
    /// Everything.
    Trace,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// How grave.
    pub level: LogLevel,
    /// Which part of the program.
    pub target: String,
    /// What it says.
    pub message: String,
}

/// The last lines of the files in `dir` that begin with `prefix`, oldest first. A log that cannot be
/// read is an empty one.
pub(crate) fn log_tail(dir: &Path, prefix: &str, limit: usize) -> Vec<LogLine> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with('.'))
                && name.ends_with(".log")
        })
        .map(|entry| entry.path())
        .collect();
    // Their names hold the day.
    files.sort();
    let newest = files.len().saturating_sub(MAX_FILES);
    let mut lines: Vec<LogLine> = Vec::new();
    for file in &files[newest..] {
        for line in tail(file).lines() {
            match (parse(line), lines.last_mut()) {
                (Some(line), _) => lines.push(line),
                (None, Some(last)) => last.message.push_str(&format!("\n{line}")),
                (None, None) => {}
            }
        }
    }
    lines.split_off(lines.len().saturating_sub(limit))
}

fn tail(path: &Path) -> String {
    let read = || {
        let mut file = File::open(path)?;
        let n_bytes = file.metadata()?.len();
        file.seek(SeekFrom::Start(n_bytes.saturating_sub(MAX_TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.take(MAX_TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// `2026-11-24T08:05:09.120000Z  INFO recordroute_engine::queue: message field=value`
fn parse(line: &str) -> Option<LogLine> {
    let (at, rest) = line.split_once(' ')?;
    let (level, rest) = rest.trim_start().split_once(' ')?;
    let level = match level {
        "ERROR" => LogLevel::Error,
        "WARN" => LogLevel::Warn,
        "INFO" => LogLevel::Info,
        "DEBUG" => LogLevel::Debug,
        "TRACE" => LogLevel::Trace,
        _ => return None,
    };
    let (target, message) = rest.split_once(": ")?;
    let is_time = at.ends_with('Z') && at.contains('T');
    is_time.then(|| LogLine {
        at: at.to_owned(),
        level,
        target: target.to_owned(),
        message: message.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_come_in_order_over_two_days() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write(
            "window.2026-11-23.log",
            "2026-11-23T08:00:00Z  INFO a: yesterday\n",
        );
        write(
            "window.2026-11-24.log",
            "2026-11-24T08:00:00Z  WARN recordroute_engine::queue: two\nlines\n2026-11-24T08:00:01Z ERROR b: last\n",
        );
        write(
            "other.2026-11-24.log",
            "2026-11-24T09:00:00Z  INFO c: of another program\n",
        );
        let lines = log_tail(folder.path(), "window", 10);
        let messages: Vec<&str> = lines.iter().map(|line| line.message.as_str()).collect();
        assert_eq!(messages, ["yesterday", "two\nlines", "last"], "oldest first");
        assert_eq!(lines[1].level, LogLevel::Warn, "levels are read");
        assert_eq!(
            lines[1].target, "recordroute_engine::queue",
            "and the part of the program"
        );
        let last = log_tail(folder.path(), "window", 1);
        assert_eq!(last[0].message, "last", "a limit keeps the newest");
    }
}
