use std::sync::{Mutex, PoisonError};

use recordroute_engine::Engine;
use recordroute_engine::core::RecordingId;
use tauri::{AppHandle, Runtime, State};
use tauri_plugin_opener::OpenerExt;

use crate::dialogs;
use crate::error::CommandError;
use crate::shell::{Shell, blocking};
use crate::wire::{Format, shown};

/// The clipboard, kept open: on X11 what was copied is served by the program that copied it.
#[derive(Default)]
pub struct Clipboard {
    handle: Mutex<Option<arboard::Clipboard>>,
}

impl Clipboard {
    fn copy(&self, text: String) -> Result<(), arboard::Error> {
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        let clipboard = match handle.take() {
            Some(clipboard) => clipboard,
            None => arboard::Clipboard::new()?,
        };
        handle.insert(clipboard).set_text(text)
    }

    /// Hands what was copied over to the system, where it takes it, before the program ends.
    pub fn close(&self) {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Asks where to write and writes; none where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn export_to_file<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
    format: Format,
) -> Result<Option<String>, CommandError> {
    let id = RecordingId(recording_id);
    let name = shell
        .call(&app, move |engine| engine.export_file_name(id, format.into()))
        .await?;
    let Some(path) = dialogs::save(&app, dialogs::words(&shell), &name).await else {
        return Ok(None);
    };
    shell
        .call(&app, move |engine| {
            engine.export_to_file(id, format.into(), &path)?;
            Ok(Some(shown(&path)))
        })
        .await
}

/// Copies a transcript in a format.
#[tauri::command]
#[specta::specta]
pub async fn copy_transcript<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
    format: Format,
) -> Result<(), CommandError> {
    let text = shell
        .call(&app, move |engine| {
            export_text(engine, RecordingId(recording_id), format)
        })
        .await?;
    copy(app, text).await
}

/// Copies a text.
#[tauri::command]
#[specta::specta]
pub async fn copy_text<R: Runtime>(app: AppHandle<R>, text: String) -> Result<(), CommandError> {
    copy(app, text).await
}

/// Shows the media's file in the system's file manager.
#[tauri::command]
#[specta::specta]
pub async fn show_media<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
) -> Result<(), CommandError> {
    let path = shell
        .call(&app, move |engine| {
            engine.existing_media_path(RecordingId(recording_id))
        })
        .await?;
    blocking(move || {
        let shown = app.opener().reveal_item_in_dir(&path).or_else(|_| {
            let folder = path.parent().unwrap_or(&path).to_string_lossy().into_owned();
            app.opener().open_path(folder, None::<&str>)
        });
        shown.map_err(|error| CommandError::other(&format!("The file manager cannot be opened ({error}).")))
    })
    .await
}

fn export_text(
    engine: &Engine,
    id: RecordingId,
    format: Format,
) -> Result<String, recordroute_engine::Error> {
    let mut bytes = Vec::new();
    engine.export(id, format.into(), &mut bytes)?;
    // Only spreadsheets that read a file want the mark at its beginning.
    Ok(String::from_utf8_lossy(&bytes)
        .trim_start_matches('\u{feff}')
        .to_owned())
}

async fn copy<R: Runtime>(app: AppHandle<R>, text: String) -> Result<(), CommandError> {
    use tauri::Manager;
    blocking(move || {
        app.state::<Clipboard>().copy(text).map_err(|error| {
            CommandError::other(&format!("The clipboard cannot be used ({error}). Try it again."))
        })
    })
    .await
}
