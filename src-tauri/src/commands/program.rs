use recordroute_engine::core::Language;
use recordroute_engine::{diagnostics as report, log_tail, machine_memory, n_cores, system_name};
use tauri::{AppHandle, Manager, Runtime, State};
use tauri_plugin_opener::OpenerExt;

use super::{Answer, Core};
use crate::LOG_PREFIX;
use crate::error::CommandError;
use crate::shell::blocking;
use crate::window::{self, Closing};
use crate::wire::{AppInfo, Crossing, LogLine, Place, Settings, shown};

/// Lines of the log in a report.
const REPORT_LINES: usize = 200;

/// What the program is and where it keeps things.
#[tauri::command]
#[specta::specta]
pub async fn app_info<R: Runtime>(app: AppHandle<R>, core: Core<'_>) -> Answer<AppInfo> {
    let settings = core.settings()?;
    let version = app.package_info().version.to_string();
    blocking(move || {
        Ok(AppInfo {
            version,
            system: system_name(),
            n_cores: Crossing::cross(n_cores()),
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
pub async fn settings(core: Core<'_>) -> Answer<Settings> {
    Ok(Crossing::cross(core.settings()?))
}

/// Takes all settings, and tells what is in force.
#[tauri::command]
#[specta::specta]
pub async fn save_settings<R: Runtime>(
    app: AppHandle<R>,
    core: Core<'_>,
    settings: Settings,
) -> Answer<Settings> {
    let shell = core.inner().clone();
    let saved = blocking(move || shell.change_settings(|now| settings.over(now))).await?;
    window::set_theme(&app, saved.theme);
    Ok(Crossing::cross(saved))
}

/// Shows a folder of the program in the system's file manager.
#[tauri::command]
#[specta::specta]
pub async fn show_place<R: Runtime>(app: AppHandle<R>, core: Core<'_>, place: Place) -> Answer<()> {
    let settings = core.settings()?;
    let folder = match place {
        // A backup lies beside the library that it is of.
        Place::Library | Place::Backup => settings.library,
        Place::Models => settings.models,
        Place::Logs => settings.logs,
    };
    blocking(move || {
        // A folder that nothing came into yet is not there.
        let made = std::fs::create_dir_all(&folder).map_err(|error| error.to_string());
        let opened = made.and_then(|()| {
            let opened = app.opener().open_path(shown(&folder), None::<&str>);
            opened.map_err(|error| error.to_string())
        });
        let failed =
            |reason| CommandError::other(&format!("{} cannot be shown ({reason}).", folder.display()));
        opened.map_err(failed)
    })
    .await
}

/// The last lines of the log, oldest first.
#[tauri::command]
#[specta::specta]
pub async fn logs(core: Core<'_>, limit: u32) -> Answer<Vec<LogLine>> {
    let dir = core.settings()?.logs;
    blocking(move || Ok(Crossing::cross(log_tail(&dir, LOG_PREFIX, limit as usize)))).await
}

/// What a bug report needs, without any text of a transcript.
#[tauri::command]
#[specta::specta]
pub async fn diagnostics<R: Runtime>(app: AppHandle<R>, core: Core<'_>) -> Answer<String> {
    let shell = core.inner().clone();
    let version = app.package_info().version.to_string();
    blocking(move || {
        let settings = shell.settings()?;
        let library = shell.library_state();
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
pub async fn close_window<R: Runtime>(app: AppHandle<R>, closing: State<'_, Closing>) -> Answer<()> {
    closing.agree();
    let closed = app
        .get_webview_window("main")
        .map_or(Ok(()), |window| window.close());
    closed.map_err(|error| CommandError::other(&format!("The window does not close ({error}).")))
}
