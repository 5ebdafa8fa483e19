use std::path::Path;

use recordroute_engine::core::ModelId;
use recordroute_engine::models::{self, ImportOptions, ImportOutcome, ModelsError};
use recordroute_engine::{Error, Tasks, list_models};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use super::{Answer, Core};
use crate::dialogs;
use crate::error::CommandError;
use crate::events::AppEvent;
use crate::shell::blocking;
use crate::wire::{
    Crossing, DownloadOutcome, ImportFrom, InstalledModel, ModelProgress, ModelWork, Models, Verification,
};

fn model_id(id: &str) -> Answer<ModelId> {
    let unknown = |_| Error::Invalid("There is no model by that name.".to_owned()).into();
    id.parse().map_err(unknown)
}

fn failed(error: ModelsError) -> CommandError {
    Error::from(error).into()
}

/// Models that are there and models that can be had.
#[tauri::command]
#[specta::specta]
pub async fn models(core: Core<'_>) -> Answer<Models> {
    let folder = core.models()?;
    blocking(move || Ok(Crossing::cross(list_models(&folder)?))).await
}

/// Downloads a model; goes on where a broken download ended.
#[tauri::command]
#[specta::specta]
pub async fn download_model(
    core: Core<'_>,
    tasks: State<'_, Tasks>,
    id: String,
    tell: Channel<ModelProgress>,
) -> Answer<DownloadOutcome> {
    let (folder, model) = (core.models()?, model_id(&id)?);
    let task = tasks.begin_model_work(&id)?;
    let progress = |progress| {
        // A page that was reloaded listens no more; the download goes on.
        let _ = tell.send(ModelProgress::download(&id, progress));
    };
    let outcome = folder
        .download(&model, task.token(), progress)
        .await
        .map_err(failed)?;
    core.tell(AppEvent::ModelsChanged);
    Ok(match outcome {
        models::DownloadOutcome::Installed(_) => DownloadOutcome::Installed,
        models::DownloadOutcome::Cancelled => DownloadOutcome::Cancelled,
    })
}

/// Ends a download, import or check; what a download fetched is kept.
#[tauri::command]
#[specta::specta]
pub async fn cancel_model_work(tasks: State<'_, Tasks>, id: String) -> Answer<()> {
    tasks.cancel_model_work(&id);
    Ok(())
}

/// Asks for a file or folder and imports the model in it.
#[tauri::command]
#[specta::specta]
pub async fn import_model<R: Runtime>(
    app: AppHandle<R>,
    core: Core<'_>,
    tasks: State<'_, Tasks>,
    from: ImportFrom,
    tell: Channel<ModelProgress>,
) -> Answer<Option<InstalledModel>> {
    let (folder, words) = (core.models()?, dialogs::words(&core));
    let chosen = match from {
        ImportFrom::File => dialogs::model_file(&app, words).await,
        ImportFrom::Folder => dialogs::folder(&app, words.choose_model).await,
    };
    let Some(path) = chosen else {
        return Ok(None);
    };
    let name = import_name(&path);
    let task = tasks.begin_model_work(&name)?;
    let imported = blocking(move || {
        let progress = |share| {
            let _ = tell.send(ModelProgress::share(&name, ModelWork::Import, share));
        };
        let outcome = folder.import(&path, &ImportOptions::default(), task.token(), progress);
        outcome.map_err(failed)
    })
    .await?;
    Ok(match imported {
        ImportOutcome::Installed(model) => {
            core.tell(AppEvent::ModelsChanged);
            Some(Crossing::cross(model))
        }
        ImportOutcome::Cancelled => None,
    })
}

/// What the import is called while it runs; the model's own name is known when it is done.
fn import_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    ModelId::nearest(&stem).map_or_else(|| "model".to_owned(), String::from)
}

/// Reads a whole model and compares it with what it should be.
#[tauri::command]
#[specta::specta]
pub async fn verify_model(
    core: Core<'_>,
    tasks: State<'_, Tasks>,
    id: String,
    tell: Channel<ModelProgress>,
) -> Answer<Verification> {
    let (folder, model) = (core.models()?, model_id(&id)?);
    let task = tasks.begin_model_work(&id)?;
    let verification = blocking(move || {
        let progress = |share| {
            let _ = tell.send(ModelProgress::share(&id, ModelWork::Verify, share));
        };
        folder.verify(&model, task.token(), progress).map_err(failed)
    })
    .await?;
    if matches!(verification, models::Verification::Damaged { .. }) {
        core.tell(AppEvent::ModelsChanged);
    }
    Ok(Crossing::cross(verification))
}

/// Deletes a model, and what was left of a broken download.
#[tauri::command]
#[specta::specta]
pub async fn remove_model(core: Core<'_>, id: String) -> Answer<()> {
    let (folder, model) = (core.models()?, model_id(&id)?);
    blocking(move || folder.remove(&model).map_err(failed)).await?;
    core.tell(AppEvent::ModelsChanged);
    Ok(())
}
