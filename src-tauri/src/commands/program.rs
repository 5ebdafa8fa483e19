use tauri::{AppHandle, Runtime};
use tauri_plugin_opener::OpenerExt;

use super::{Answer, Core};
use crate::{desk, window};
use recordroute_wire::{AppInfo, CommandError, Crossing, LogLine, Place, Settings};

/// What the program is and where it keeps things.
#[tauri::command]
#[specta::specta]
pub async fn app_info<R: Runtime>(app: AppHandle<R>, core: Core<'_>) -> Answer<AppInfo> {
    let version = app.package_info().version.to_string();
    core.run(move |session| session.about(&version)).await
}

/// The settings in force.
#[tauri::command]
#[specta::specta]
pub async fn settings(core: Core<'_>) -> Answer<Settings> {
    Ok(Crossing::cross(core.session().settings()?))
}

/// Takes all settings, and tells what is in force.
#[tauri::command]
#[specta::specta]
pub async fn save_settings<R: Runtime>(
    app: AppHandle<R>,
    core: Core<'_>,
    settings: Settings,
) -> Answer<Settings> {
    if settings.record_shortcut != core.session().settings()?.record_shortcut {
        desk::take_keys(&app, settings.record_shortcut.clone()).await?;
    }
    let change = settings.change()?;
    let saved: Settings = core.run(move |session| session.change_settings(change)).await?;
    window::set_theme(&app, saved.theme.into());
    core.session().live().look_again();
    Ok(saved)
}

/// Gives the shortcut back while another one is chosen, so that pressing it begins nothing.
#[tauri::command]
#[specta::specta]
pub async fn rest_shortcut<R: Runtime>(app: AppHandle<R>) -> Answer<()> {
    desk::take_keys(&app, None).await
}

/// Takes the shortcut of the settings, and tells why it does not work; none where it does.
#[tauri::command]
#[specta::specta]
pub async fn shortcut_trouble<R: Runtime>(app: AppHandle<R>) -> Answer<Option<CommandError>> {
    Ok(desk::trouble_with_keys(&app).await)
}

/// Shows a folder of the program in the system's file manager.
#[tauri::command]
#[specta::specta]
pub async fn show_place<R: Runtime>(app: AppHandle<R>, core: Core<'_>, place: Place) -> Answer<()> {
    let folder: String = core.run(move |session| session.place(place.into())).await?;
    let opened = app.opener().open_path(&folder, None::<&str>);
    opened.map_err(|error| CommandError::other(&format!("{folder} cannot be shown ({error}).")))
}

commands! {
    /// The last lines of the log, oldest first.
    logs(limit: u32) -> Vec<LogLine> = run |session| session.logs(limit as usize);
}

/// What a bug report needs, without any text of a transcript.
#[tauri::command]
#[specta::specta]
pub async fn diagnostics<R: Runtime>(app: AppHandle<R>, core: Core<'_>) -> Answer<String> {
    let version = app.package_info().version.to_string();
    core.run(move |session| session.diagnostics(&version)).await
}

/// Closes the window although jobs run; they go on at the next start.
#[tauri::command]
#[specta::specta]
pub async fn close_window<R: Runtime>(app: AppHandle<R>, core: Core<'_>) -> Answer<()> {
    core.session().agree_to_close();
    window::close(&app)
}
