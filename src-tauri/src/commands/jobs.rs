use recordroute_engine::core::{JobId, RecordingId};

use super::{Answer, Core};
use recordroute_wire::{Job, TranscribeChoice, parse_language};

commands! {
    /// Running ones, the queue in its order, then those that ended lately.
    jobs() -> Vec<Job> = ask |engine| engine.recent_jobs();
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

commands! {
    /// Ends a job; what it stored stays.
    cancel_job(job_id: i64) -> () = ask |engine| engine.cancel_job(JobId(job_id));

    /// Puts a job that failed or was cancelled back into the queue.
    retry_job(job_id: i64) -> () = ask |engine| engine.retry_job(JobId(job_id));

    /// Moves a job to a place in the queue, 0 being next.
    move_job(job_id: i64, position: u32) -> () =
        ask |engine| engine.move_job(JobId(job_id), position as usize);
}
