use std::path::Path;

use recordroute_engine::core::{ErrorCode, ModelId};
use recordroute_engine::models::{self, ImportOptions, ImportOutcome};
use recordroute_engine::{Error, list_models};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use crate::dialogs;
use crate::error::CommandError;
use crate::events::AppEvent;
use crate::shell::{Shell, blocking};
use crate::tasks::Tasks;
use crate::wire::{
    DownloadOutcome, ImportFrom, InstalledModel, ModelProgress, ModelWork, Models, Verification,
};

fn model_id(id: &str) -> Result<ModelId, CommandError> {
    id.parse()
        .map_err(|_| CommandError::new(ErrorCode::InvalidInput, "There is no model by that name."))
}

fn failed(error: models::ModelsError) -> CommandError {
    Error::from(error).into()
}

/// Models that are there and models that can be had.
#[tauri::command]
#[specta::specta]
pub async fn models(shell: State<'_, Shell>) -> Result<Models, CommandError> {
    let folder = shell.models()?;
    blocking(move || Ok(list_models(&folder)?.into())).await
}

/// Downloads a model; goes on where a broken download ended.
#[tauri::command]
#[specta::specta]
pub async fn download_model<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    tasks: State<'_, Tasks>,
    id: String,
    tell: Channel<ModelProgress>,
) -> Result<DownloadOutcome, CommandError> {
    let (folder, model) = (shell.models()?, model_id(&id)?);
    let task = tasks.begin_model_work(&id)?;
    let progress = |progress| {
        // A page that was reloaded listens no more; the download goes on.
        let _ = tell.send(ModelProgress::download(&id, progress));
    };
    let outcome = folder
        .download(&model, task.token(), progress)
        .await
        .map_err(failed)?;
    AppEvent::ModelsChanged.tell(&app);
    Ok(match outcome {
        models::DownloadOutcome::Installed(_) => DownloadOutcome::Installed,
        models::DownloadOutcome::Cancelled => DownloadOutcome::Cancelled,
    })
}

/// Ends a download, import or check; what a download fetched is kept.
#[tauri::command]
#[specta::specta]
pub async fn cancel_model_work(tasks: State<'_, Tasks>, id: String) -> Result<(), CommandError> {
    tasks.cancel(&id);
    Ok(())
}

/// Asks for a file or folder and imports the model in it.
#[tauri::command]
#[specta::specta]
pub async fn import_model<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    tasks: State<'_, Tasks>,
    from: ImportFrom,
    tell: Channel<ModelProgress>,
) -> Result<Option<InstalledModel>, CommandError> {
    let (folder, words) = (shell.models()?, dialogs::words(&shell));
    let chosen = match from {
        ImportFrom::File => dialogs::model_file(&app, words).await,
        ImportFrom::Folder => dialogs::folder(&app, words.choose_model).await,
    };
    let Some(path) = chosen else {
        return Ok(None);
    };
    let name = import_name(&path);
    let task = tasks.begin_model_work(&name)?;
    blocking(move || {
        let progress = |share| {
            let _ = tell.send(ModelProgress::share(&name, ModelWork::Import, share));
        };
        let outcome = folder.import(&path, &ImportOptions::default(), task.token(), progress);
        match outcome.map_err(failed)? {
            ImportOutcome::Installed(model) => {
                AppEvent::ModelsChanged.tell(&app);
                Ok(Some(model.into()))
            }
            ImportOutcome::Cancelled => Ok(None),
        }
    })
    .await
}

/// What the import is called while it runs; the model's own name is known when it is done.
fn import_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    ModelId::nearest(&stem).map_or_else(|| "model".to_owned(), String::from)
}

/// Reads a whole model and compares it with what it should be.
#[tauri::command]
#[specta::specta]
pub async fn verify_model<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    tasks: State<'_, Tasks>,
    id: String,
    tell: Channel<ModelProgress>,
) -> Result<Verification, CommandError> {
    let (folder, model) = (shell.models()?, model_id(&id)?);
    let task = tasks.begin_model_work(&id)?;
    blocking(move || {
        let progress = |share| {
            let _ = tell.send(ModelProgress::share(&id, ModelWork::Verify, share));
        };
        let verification = folder.verify(&model, task.token(), progress).map_err(failed)?;
        if matches!(verification, models::Verification::Damaged { .. }) {
            AppEvent::ModelsChanged.tell(&app);
        }
        Ok(verification.into())
    })
    .await
}

/// Deletes a model, and what was left of a broken download.
#[tauri::command]
#[specta::specta]
pub async fn remove_model<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    id: String,
) -> Result<(), CommandError> {
    let (folder, model) = (shell.models()?, model_id(&id)?);
    blocking(move || folder.remove(&model).map_err(failed)).await?;
    AppEvent::ModelsChanged.tell(&app);
    Ok(())
}
