use std::path::PathBuf;

use recordroute_engine::core::Language;
use recordroute_engine::{
    LibraryState, diagnostics as report, log_tail, machine_memory, n_cores, system_name,
};
use tauri::{AppHandle, Manager, Runtime, State};
use tauri_plugin_opener::OpenerExt;

use crate::LOG_PREFIX;
use crate::error::CommandError;
use crate::shell::{Shell, blocking};
use crate::window::{self, Closing};
use crate::wire::{AppInfo, LogLine, Place, Settings, shown};

/// Lines of the log in a report.
const REPORT_LINES: usize = 200;

/// What the program is and where it keeps things.
#[tauri::command]
#[specta::specta]
pub async fn app_info<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<AppInfo, CommandError> {
    let settings = shell.settings()?;
    let version = app.package_info().version.to_string();
    blocking(move || {
        Ok(AppInfo {
            version,
            system: system_name(),
            n_cores: u32::try_from(n_cores()).unwrap_or(u32::MAX),
            memory_bytes: machine_memory().total_bytes,
            library_dir: shown(&settings.library),
            models_dir: shown(&settings.models),
            logs_dir: shown(&settings.logs),
            languages: Language::codes().iter().map(|code| (*code).to_owned()).collect(),
        })
    })
    .await
}

/// The settings in force.
#[tauri::command]
#[specta::specta]
pub async fn settings(shell: State<'_, Shell>) -> Result<Settings, CommandError> {
    Ok(Settings::from(&shell.settings()?))
}

/// Takes all settings, and tells what is in force.
#[tauri::command]
#[specta::specta]
pub async fn save_settings<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    settings: Settings,
) -> Result<Settings, CommandError> {
    let shell = shell.inner().clone();
    let saved = blocking(move || shell.change_settings(|now| settings.over(now))).await?;
    window::set_theme(&app, saved.theme);
    Ok(Settings::from(&saved))
}

/// Shows a folder of the program in the system's file manager.
#[tauri::command]
#[specta::specta]
pub async fn show_place<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    place: Place,
) -> Result<(), CommandError> {
    let shell = shell.inner().clone();
    blocking(move || {
        let settings = shell.settings()?;
        let folder: PathBuf = match place {
            // A backup lies beside the library that it is of.
            Place::Library | Place::Backup => settings.library,
            Place::Models => settings.models,
            Place::Logs => settings.logs,
        };
        let failed = |reason: String| {
            CommandError::other(&format!("{} cannot be shown ({reason}).", folder.display()))
        };
        std::fs::create_dir_all(&folder).map_err(|error| failed(error.to_string()))?;
        app.opener()
            .open_path(shown(&folder), None::<&str>)
            .map_err(|error| failed(error.to_string()))
    })
    .await
}

/// The last lines of the log, oldest first.
#[tauri::command]
#[specta::specta]
pub async fn logs(shell: State<'_, Shell>, limit: u32) -> Result<Vec<LogLine>, CommandError> {
    let dir = shell.settings()?.logs;
    blocking(move || {
        let lines = log_tail(&dir, LOG_PREFIX, limit as usize);
        Ok(lines.into_iter().map(LogLine::from).collect())
    })
    .await
}

/// What a bug report needs, without any text of a transcript.
#[tauri::command]
#[specta::specta]
pub async fn diagnostics<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<String, CommandError> {
    let shell = shell.inner().clone();
    let version = app.package_info().version.to_string();
    blocking(move || {
        let settings = shell.settings()?;
        let library: LibraryState = shell.library_state(&app);
        let log = log_tail(&settings.logs, LOG_PREFIX, REPORT_LINES);
        Ok(report(
            &version,
            &settings,
            &library,
            shell.opened().as_ref(),
            &log,
        ))
    })
    .await
}

/// Closes the window although jobs run; they go on at the next start.
#[tauri::command]
#[specta::specta]
pub async fn close_window<R: Runtime>(
    app: AppHandle<R>,
    closing: State<'_, Closing>,
) -> Result<(), CommandError> {
    closing.agree();
    match app.get_webview_window("main") {
        Some(window) => window
            .close()
            .map_err(|error| CommandError::other(&format!("The window does not close ({error})."))),
        None => Ok(()),
    }
}
