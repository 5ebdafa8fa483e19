use recordroute_engine::{AddOptions, OfferedPaths, Tasks};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use super::{Answer, Core, teller};
use crate::dialogs;
use recordroute_wire::{AddProgress, AddSummary, OnDuplicate};

/// Asks for files; empty where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn choose_files<R: Runtime>(
    app: AppHandle<R>,
    core: Core<'_>,
    paths: State<'_, OfferedPaths>,
) -> Answer<Vec<String>> {
    Ok(paths.offer(dialogs::media_files(&app, dialogs::words(&core)).await))
}

/// Asks for a folder; empty where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn choose_folder<R: Runtime>(
    app: AppHandle<R>,
    core: Core<'_>,
    paths: State<'_, OfferedPaths>,
) -> Answer<Vec<String>> {
    Ok(paths.offer(dialogs::folder(&app, dialogs::words(&core).choose_folder).await))
}

/// Adds files and what is in folders, and queues their transcription.
#[tauri::command]
#[specta::specta]
pub async fn add_paths(
    core: Core<'_>,
    tasks: State<'_, Tasks>,
    offered: State<'_, OfferedPaths>,
    paths: Vec<String>,
    on_duplicate: OnDuplicate,
    tell: Channel<AddProgress>,
) -> Answer<AddSummary> {
    let paths = offered.check(paths)?;
    let task = tasks.begin_adding()?;
    core.run(move |session| {
        let options = AddOptions {
            on_duplicate: on_duplicate.into(),
            media: None,
        };
        let engine = session.engine()?;
        Ok(engine.add_paths(paths, &options, task.token(), &mut teller(tell)))
    })
    .await
}

/// Ends the adding; what was added stays.
#[tauri::command]
#[specta::specta]
pub async fn stop_adding(tasks: State<'_, Tasks>) -> Answer<()> {
    tasks.stop_adding();
    Ok(())
}

/// Paths that the program was started with.
#[tauri::command]
#[specta::specta]
pub async fn take_opened_paths(paths: State<'_, OfferedPaths>) -> Answer<Vec<String>> {
    Ok(paths.take_waiting())
}
