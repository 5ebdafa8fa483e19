use tauri::{AppHandle, Runtime, State};

use crate::dialogs;
use crate::error::CommandError;
use crate::shell::{Shell, blocking};
use crate::wire::LibraryState;

/// Whether the library can be used.
#[tauri::command]
#[specta::specta]
pub async fn library_state<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<LibraryState, CommandError> {
    let shell = shell.inner().clone();
    blocking(move || Ok(shell.library_state(&app).into())).await
}

/// Looks at the library again, such as after a drive was connected.
#[tauri::command]
#[specta::specta]
pub async fn reopen_library<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<LibraryState, CommandError> {
    let shell = shell.inner().clone();
    blocking(move || Ok(shell.reopen(&app).into())).await
}

/// Asks for a folder and opens the library there.
#[tauri::command]
#[specta::specta]
pub async fn choose_library<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<Option<LibraryState>, CommandError> {
    let shell = shell.inner().clone();
    let title = dialogs::words(&shell).choose_library;
    let Some(folder) = dialogs::folder(&app, title).await else {
        return Ok(None);
    };
    blocking(move || Ok(Some(shell.move_to(&app, &folder)?.into()))).await
}

/// Moves a damaged library aside, deleting nothing, and begins an empty one.
#[tauri::command]
#[specta::specta]
pub async fn begin_new_library<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<LibraryState, CommandError> {
    let shell = shell.inner().clone();
    blocking(move || Ok(shell.begin_new(&app)?.into())).await
}
