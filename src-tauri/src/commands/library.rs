use tauri::{AppHandle, Runtime};

use super::{Answer, Core};
use crate::dialogs;
use crate::shell::blocking;
use crate::wire::{Crossing, LibraryState};

/// Whether the library can be used.
#[tauri::command]
#[specta::specta]
pub async fn library_state(core: Core<'_>) -> Answer<LibraryState> {
    let shell = core.inner().clone();
    blocking(move || Ok(Crossing::cross(shell.library_state()))).await
}

/// Looks at the library again, such as after a drive was connected.
#[tauri::command]
#[specta::specta]
pub async fn reopen_library(core: Core<'_>) -> Answer<LibraryState> {
    let shell = core.inner().clone();
    blocking(move || Ok(Crossing::cross(shell.reopen()))).await
}

/// Asks for a folder and opens the library there; none where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn choose_library<R: Runtime>(app: AppHandle<R>, core: Core<'_>) -> Answer<Option<LibraryState>> {
    let shell = core.inner().clone();
    let Some(folder) = dialogs::folder(&app, dialogs::words(&shell).choose_library).await else {
        return Ok(None);
    };
    blocking(move || Ok(Some(Crossing::cross(shell.move_to(&folder)?)))).await
}

/// Moves a damaged library aside, deleting nothing, and begins an empty one.
#[tauri::command]
#[specta::specta]
pub async fn begin_new_library(core: Core<'_>) -> Answer<LibraryState> {
    let shell = core.inner().clone();
    blocking(move || Ok(Crossing::cross(shell.begin_new()?))).await
}
