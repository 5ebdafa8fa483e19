use recordroute_engine::AddOptions;
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use crate::dialogs;
use crate::error::CommandError;
use crate::paths::Paths;
use crate::shell::{Shell, blocking};
use crate::tasks::Tasks;
use crate::wire::{AddProgress, AddSummary, OnDuplicate};

/// Asks for files; empty where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn choose_files<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    paths: State<'_, Paths>,
) -> Result<Vec<String>, CommandError> {
    let chosen = dialogs::media_files(&app, dialogs::words(&shell)).await;
    Ok(paths.offer(chosen))
}

/// Asks for a folder; empty where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn choose_folder<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    paths: State<'_, Paths>,
) -> Result<Vec<String>, CommandError> {
    let chosen = dialogs::folder(&app, dialogs::words(&shell).choose_folder).await;
    Ok(paths.offer(chosen))
}

/// Adds files and what is in folders, and queues their transcription.
#[tauri::command]
#[specta::specta]
pub async fn add_paths<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    tasks: State<'_, Tasks>,
    offered: State<'_, Paths>,
    paths: Vec<String>,
    on_duplicate: OnDuplicate,
    tell: Channel<AddProgress>,
) -> Result<AddSummary, CommandError> {
    let paths = offered.check(paths)?;
    let task = tasks.begin_adding()?;
    let shell = shell.inner().clone();
    blocking(move || {
        let options = AddOptions {
            on_duplicate: on_duplicate.into(),
            media: None,
        };
        let engine = shell.engine(&app)?;
        let summary = engine.add_paths(paths, &options, task.token(), &mut |progress| {
            // A page that was reloaded listens no more; the files are added all the same.
            let _ = tell.send(progress.into());
        });
        Ok(summary.into())
    })
    .await
}

/// Ends the adding; what was added stays.
#[tauri::command]
#[specta::specta]
pub async fn stop_adding(tasks: State<'_, Tasks>) -> Result<(), CommandError> {
    tasks.stop_adding();
    Ok(())
}

/// Paths that the program was started with.
#[tauri::command]
#[specta::specta]
pub async fn take_opened_paths(paths: State<'_, Paths>) -> Result<Vec<String>, CommandError> {
    Ok(paths.take_waiting())
}
