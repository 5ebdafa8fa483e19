use tauri::{AppHandle, Runtime};

use super::{Answer, Core};
use crate::dialogs;
use recordroute_wire::LibraryState;

commands! {
    /// Whether the library can be used.
    library_state() -> LibraryState = run |session| Ok(session.library_state());

    /// Looks at the library again, such as after a drive was connected.
    reopen_library() -> LibraryState = run |session| Ok(session.reopen());
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

commands! {
    /// Moves a damaged library aside, deleting nothing, and begins an empty one.
    begin_new_library() -> LibraryState = run |session| session.begin_new();
}
