//! What a bug report needs, as text, and no word of any transcript, title or file name.

use recordroute_models::ModelFolder;
use sysinfo::System;

use crate::advice::machine_memory;
use crate::logs::LogLine;
use crate::{Engine, LibraryState, Settings};

/// Such as `Windows 11 (26100), x86_64`.
pub(crate) fn system_name() -> String {
    let name = System::long_os_version().unwrap_or_else(|_| std::env::consts::OS.to_owned());
    format!("{name}, {}", std::env::consts::ARCH)
}

/// Cores that the program may use.
pub(crate) fn n_cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Everything about the program, in lines. `engine` is none where the library cannot be opened;
/// `library` says why.
pub(crate) fn diagnostics(
    version: &str,
    settings: &Settings,
    library: &LibraryState,
    engine: Option<&Engine>,
    log: &[LogLine],
) -> String {
    let memory = machine_memory();
    let mut lines = vec![
        format!("RecordRoute {version}"),
        format!(
            "{}, {} cores, {} MB of memory, {} MB free",
            system_name(),
            n_cores(),
            memory.total_bytes / 1_000_000,
            memory.available_bytes / 1_000_000
        ),
        format!("library: {}", library_line(library)),
        format!("settings: {}", settings_line(settings)),
    ];
    match ModelFolder::new(&settings.models).list() {
        Ok(models) => lines.extend(models.iter().map(|model| {
            // A model of the user's own may be named after anything.
            let id = if model.known {
                model.id.as_str()
            } else {
                "own model"
            };
            let problem = model.problem.as_ref().map_or("", |_| ", damaged");
            format!(
                "model: {id}, {}, {} bytes{problem}",
                model.description, model.bytes
            )
        })),
        Err(_) => lines.push("models: the folder cannot be read".to_owned()),
    }
    if let Some(report) = engine.and_then(|engine| engine.doctor().ok()) {
        lines.push(format!("open jobs: {}", report.n_open_jobs));
        for folder in &report.folders {
            let free = folder
                .free_bytes
                .map_or_else(|| "?".to_owned(), |bytes| (bytes / 1_000_000).to_string());
            let writable = if folder.writable {
                "writable"
            } else {
                "not writable"
            };
            lines.push(format!("{} folder: {writable}, {free} MB free", folder.purpose));
        }
        lines.extend(
            report
                .findings
                .iter()
                .map(|finding| format!("finding: {}", redacted(&finding.what))),
        );
    }
    lines.push("log:".to_owned());
    lines.extend(log.iter().map(|line| {
        format!(
            "{} {:?} {}: {}",
            line.at,
            line.level,
            line.target,
            redacted(&line.message)
        )
    }));
    lines.push(String::new());
    lines.join("\n")
}

fn library_line(state: &LibraryState) -> String {
    match state {
        LibraryState::Ready {
            n_recordings,
            n_trashed,
            ..
        } => format!("ready, {n_recordings} recordings, {n_trashed} in the trash"),
        LibraryState::ReadOnly {
            n_recordings,
            n_trashed,
            ..
        } => format!("read-only, {n_recordings} recordings, {n_trashed} in the trash"),
        LibraryState::Damaged { backup_path, .. } => {
            format!(
                "damaged, {}",
                if backup_path.is_some() {
                    "copied"
                } else {
                    "not copied"
                }
            )
        }
        LibraryState::Newer { .. } => "of a newer version".to_owned(),
        LibraryState::Unavailable { message, .. } => format!("unavailable: {}", redacted(message)),
    }
}

fn settings_line(settings: &Settings) -> String {
    format!(
        "language {}, model {}, threads {}, {} words of vocabulary, media {:?}, trash {} days, idle {} minutes, \
         interface {:?}, theme {:?}, log {}",
        settings.language,
        if settings.model.is_some() {
            "chosen"
        } else {
            "left to the program"
        },
        settings
            .threads
            .map_or_else(|| "left to the program".to_owned(), |n| n.to_string()),
        settings.vocabulary.len(),
        settings.media,
        settings.trash_days,
        settings.model_idle_minutes,
        settings.interface_language,
        settings.theme,
        settings.log,
    )
}

/// A sentence up to where it begins to quote or to name a file: what comes then may be a title.
fn redacted(sentence: &str) -> String {
    let line = sentence.lines().next().unwrap_or_default();
    let is_drive = |at: usize| {
        let mut after = line[at..].chars().skip(1);
        after.next() == Some(':') && matches!(after.next(), Some('\\' | '/'))
    };
    let ends = line
        .char_indices()
        .find(|(at, c)| {
            matches!(c, '/' | '\\' | '“' | '"' | '\'' | '‘') || (c.is_ascii_alphabetic() && is_drive(*at))
        })
        .map(|(at, _)| at);
    match ends {
        Some(at) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::LogLevel;
    use crate::settings_file::SettingsSources;

    #[test]
    fn nothing_private_is_in_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = SettingsSources::in_folder(folder.path()).load().unwrap();
        settings.vocabulary = vec!["김하늘".to_owned()];
        std::fs::create_dir_all(&settings.models).unwrap();
        std::fs::write(settings.models.join("boss-voice.bin"), b"rubbish").unwrap();
        let line = |message: &str| LogLine {
            at: "2026-11-24T08:00:00Z".to_owned(),
            level: LogLevel::Warn,
            target: "recordroute_engine".to_owned(),
            message: message.to_owned(),
        };
        let log = [
            line("job failed job_id=3 message=/home/kim/주간 회의.m4a cannot be read"),
            line(r"C:\Users\kim\Secret talk.m4a does not answer."),
            line("The title “Secret talk” is too long"),
            line("worker started pid=12"),
        ];
        let state = LibraryState::Unavailable {
            path: folder.path().to_owned(),
            message: "/home/kim/library cannot be made".to_owned(),
        };
        let text = diagnostics("0.1.0", &settings, &state, None, &log);
        for private in ["김하늘", "주간", "kim", "Secret", "boss"] {
            assert!(
                !text.contains(private),
                "“{private}” must not leave the computer: {text}"
            );
        }
        assert!(text.contains("worker started pid=12"), "what helps stays: {text}");
        assert!(
            text.contains("job failed job_id=3"),
            "up to where it names a file: {text}"
        );
    }
}
