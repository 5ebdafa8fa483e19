use std::path::PathBuf;

use recordroute_engine::core::RecordingId;
use recordroute_system::Clipboard;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_opener::OpenerExt;

use super::{Answer, Core};
use crate::dialogs;
use recordroute_wire::{CommandError, Format, shown};

/// Asks where to write and writes; none where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn export_to_file<R: Runtime>(
    app: AppHandle<R>,
    core: Core<'_>,
    recording_id: i64,
    format: Format,
) -> Answer<Option<String>> {
    let id = RecordingId(recording_id);
    let name: String = core
        .ask(move |engine| engine.export_file_name(id, format.into()))
        .await?;
    let Some(path) = dialogs::save(&app, dialogs::words(&core), &name).await else {
        return Ok(None);
    };
    let written = shown(&path);
    core.ask::<(), ()>(move |engine| engine.export_to_file(id, format.into(), &path))
        .await?;
    Ok(Some(written))
}

/// Copies a transcript in a format.
#[tauri::command]
#[specta::specta]
pub async fn copy_transcript(
    core: Core<'_>,
    clipboard: State<'_, Clipboard>,
    recording_id: i64,
    format: Format,
) -> Answer<()> {
    let text = core
        .ask(move |engine| engine.export_text(RecordingId(recording_id), format.into()))
        .await?;
    copy(&clipboard, text)
}

/// Copies a text.
#[tauri::command]
#[specta::specta]
pub async fn copy_text(clipboard: State<'_, Clipboard>, text: String) -> Answer<()> {
    copy(&clipboard, text)
}

/// Shows the media's file in the system's file manager.
#[tauri::command]
#[specta::specta]
pub async fn show_media<R: Runtime>(app: AppHandle<R>, core: Core<'_>, recording_id: i64) -> Answer<()> {
    let id = RecordingId(recording_id);
    let path: String = core.ask(move |engine| engine.existing_media_path(id)).await?;
    let path = PathBuf::from(path);
    let shown = app.opener().reveal_item_in_dir(&path).or_else(|_| {
        // Without a file manager that can point at a file, its folder has to do.
        let folder = path.parent().unwrap_or(&path).to_string_lossy().into_owned();
        app.opener().open_path(folder, None::<&str>)
    });
    shown.map_err(|error| CommandError::other(&format!("The file manager cannot be opened ({error}).")))
}

/// What the system refuses has no code of its own.
pub(super) fn copy(clipboard: &Clipboard, text: String) -> Answer<()> {
    clipboard
        .copy(text)
        .map_err(|error| CommandError::other(&error.to_string()))
}
