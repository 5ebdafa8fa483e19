use recordroute_engine::{self as engine, Tasks};
use tauri::ipc::Channel;
use tauri::{AppHandle, Runtime, State};

use super::{Answer, Core, teller};
use crate::dialogs;
use crate::events::AppEvent;
use recordroute_wire::{
    Crossing, DownloadOutcome, ImportFrom, InstalledModel, ModelProgress, Models, Verification,
};

commands! {
    /// Models that are there and models that can be had.
    models() -> Models = run |session| engine::list_models(&session.models()?);
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
    let folder = core.session().models()?;
    let task = tasks.begin_model_work(&id)?;
    let outcome = engine::download_model(&folder, &id, task.token(), teller(tell)).await?;
    core.tell(AppEvent::ModelsChanged);
    Ok(Crossing::cross(outcome))
}

/// Ends a download, import or check; what a download fetched is kept.
#[tauri::command]
#[specta::specta]
pub async fn cancel_model_work(tasks: State<'_, Tasks>, id: String) -> Answer<()> {
    tasks.cancel_model_work(&id);
    Ok(())
}

/// Asks for a file or folder and imports the model in it; none where the user dismissed the question
/// or cancelled.
#[tauri::command]
#[specta::specta]
pub async fn import_model<R: Runtime>(
    app: AppHandle<R>,
    core: Core<'_>,
    tasks: State<'_, Tasks>,
    from: ImportFrom,
    tell: Channel<ModelProgress>,
) -> Answer<Option<InstalledModel>> {
    let words = dialogs::words(&core);
    let chosen = match from {
        ImportFrom::File => dialogs::model_file(&app, words).await,
        ImportFrom::Folder => dialogs::folder(&app, words.choose_model).await,
    };
    let Some(path) = chosen else {
        return Ok(None);
    };
    let task = tasks.begin_model_work(&engine::import_name(&path))?;
    let imported = core
        .run(move |session| engine::import_model(&session.models()?, &path, task.token(), teller(tell)))
        .await?;
    core.tell(AppEvent::ModelsChanged);
    Ok(imported)
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
    let task = tasks.begin_model_work(&id)?;
    core.run(move |session| engine::verify_model(&session.models()?, &id, task.token(), teller(tell)))
        .await
}

/// Deletes a model, and what was left of a broken download.
#[tauri::command]
#[specta::specta]
pub async fn remove_model(core: Core<'_>, id: String) -> Answer<()> {
    let removed = move |session: &engine::Session| Ok(session.models()?.remove(&engine::model_id(&id)?)?);
    core.run::<(), ()>(removed).await?;
    core.tell(AppEvent::ModelsChanged);
    Ok(())
}
