use recordroute_engine::Engine;
use recordroute_engine::core::{JobId, RecordingId};

use super::{Answer, Core};
use crate::wire::{Job, TranscribeChoice, parse_language};

/// Running ones, the queue in its order, then those that ended lately.
#[tauri::command]
#[specta::specta]
pub async fn jobs(core: Core<'_>) -> Answer<Vec<Job>> {
    core.ask(Engine::recent_jobs).await
}

/// Queues the transcription of a recording.
#[tauri::command]
#[specta::specta]
pub async fn transcribe(core: Core<'_>, recording_id: i64, choice: TranscribeChoice) -> Answer<i64> {
    let language = choice.language.as_deref().map(parse_language).transpose()?;
    core.ask(move |engine| {
        let mut options = engine.settings().transcribe_options();
        options.language = language.unwrap_or(options.language);
        engine.transcribe(RecordingId(recording_id), choice.model.as_deref(), options)
    })
    .await
}

/// Ends a job; what it stored stays.
#[tauri::command]
#[specta::specta]
pub async fn cancel_job(core: Core<'_>, job_id: i64) -> Answer<()> {
    core.ask(move |engine| engine.cancel_job(JobId(job_id))).await
}

/// Puts a job that failed or was cancelled back into the queue.
#[tauri::command]
#[specta::specta]
pub async fn retry_job(core: Core<'_>, job_id: i64) -> Answer<()> {
    core.ask(move |engine| engine.retry_job(JobId(job_id))).await
}

/// Moves a job to a place in the queue, 0 being next.
#[tauri::command]
#[specta::specta]
pub async fn move_job(core: Core<'_>, job_id: i64, position: u32) -> Answer<()> {
    core.ask(move |engine| engine.move_job(JobId(job_id), position as usize))
        .await
}
