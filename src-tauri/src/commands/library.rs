use tauri::{AppHandle, Runtime};

use super::{Answer, Core};
use crate::dialogs;
use crate::wire::LibraryState;

/// Whether the library can be used.
#[tauri::command]
#[specta::specta]
pub async fn library_state(core: Core<'_>) -> Answer<LibraryState> {
    core.run(|session| Ok(session.library_state())).await
}

/// Looks at the library again, such as after a drive was connected.
#[tauri::command]
#[specta::specta]
pub async fn reopen_library(core: Core<'_>) -> Answer<LibraryState> {
    core.run(|session| Ok(session.reopen())).await
}

/// Asks for a folder and opens the library there; none where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn choose_library<R: Runtime>(app: AppHandle<R>, core: Core<'_>) -> Answer<Option<LibraryState>> {
    match dialogs::folder(&app, dialogs::words(&core).choose_library).await {
        Some(folder) => Ok(Some(core.run(move |session| session.move_to(&folder)).await?)),
        None => Ok(None),
    }
}

/// Moves a damaged library aside, deleting nothing, and begins an empty one.
#[tauri::command]
#[specta::specta]
pub async fn begin_new_library(core: Core<'_>) -> Answer<LibraryState> {
    core.run(|session| session.begin_new()).await
}
