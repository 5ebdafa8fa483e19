use recordroute_engine::core::{JobId, RecordingId};
use tauri::{AppHandle, Runtime, State};

use crate::error::CommandError;
use crate::shell::Shell;
use crate::wire::{Job, TranscribeChoice, parse_language};

/// Running ones, the queue in its order, then those that ended lately.
#[tauri::command]
#[specta::specta]
pub async fn jobs<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>) -> Result<Vec<Job>, CommandError> {
    let jobs = shell.call(&app, |engine| engine.recent_jobs()).await?;
    Ok(jobs.into_iter().map(Job::from).collect())
}

/// Queues the transcription of a recording.
#[tauri::command]
#[specta::specta]
pub async fn transcribe<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
    choice: TranscribeChoice,
) -> Result<i64, CommandError> {
    let language = choice.language.as_deref().map(parse_language).transpose()?;
    let job_id = shell
        .call(&app, move |engine| {
            let mut options = engine.settings().transcribe_options();
            options.language = language.unwrap_or(options.language);
            engine.transcribe(RecordingId(recording_id), choice.model.as_deref(), options)
        })
        .await?;
    Ok(job_id.0)
}

/// Ends a job; what it stored stays.
#[tauri::command]
#[specta::specta]
pub async fn cancel_job<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    job_id: i64,
) -> Result<(), CommandError> {
    shell
        .call(&app, move |engine| engine.cancel_job(JobId(job_id)))
        .await
}

/// Puts a job that failed or was cancelled back into the queue.
#[tauri::command]
#[specta::specta]
pub async fn retry_job<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    job_id: i64,
) -> Result<(), CommandError> {
    shell
        .call(&app, move |engine| engine.retry_job(JobId(job_id)))
        .await
}

/// Moves a job to a place in the queue, 0 being next.
#[tauri::command]
#[specta::specta]
pub async fn move_job<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    job_id: i64,
    position: u32,
) -> Result<(), CommandError> {
    shell
        .call(&app, move |engine| {
            engine.move_job(JobId(job_id), position as usize)
        })
        .await
}
