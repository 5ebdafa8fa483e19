use recordroute_engine::core as domain;
use recordroute_engine::core::JobKind;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{CommandError, mirror, mirror_enum};

mirror_enum! {
    /// What a job is doing.
    Stage = domain::Stage { Waiting, LoadingModel, Transcribing, Finished }
}

mirror_enum! {
    /// Where a job stands.
    JobState = domain::JobState { Queued, Running, Done, Failed, Cancelled }
}

mirror! {
    /// How far a job is.
    Progress = domain::Progress {
        stage: Stage, fraction: Option<f32>, audio_done_ms: u64, audio_total_ms: Option<u64>, speed: Option<f32>,
        eta_ms: Option<u64>, device: Option<String>,
    }
}

mirror! {
    /// A job of the queue.
    Job = domain::Job {
        id: i64, recording_id: i64, title: String, state: JobState, stage: Stage, done_ms: u64, n_attempts: u32,
        created_at: String, finished_at: Option<String>,
    } of job {
        model: String = options_of(job).0.clone(),
        language: String = options_of(job).1.language.to_string(),
        error: Option<CommandError> = job.error.as_deref().map(|message| {
            CommandError::new(job.error_code.unwrap_or(domain::ErrorCode::Other), message)
        }),
    }
}

fn options_of(job: &domain::Job) -> (&String, &domain::TranscribeOptions) {
    let JobKind::Transcribe { model, options } = &job.kind;
    (model, options)
}

/// How a recording is transcribed; none takes the setting.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct TranscribeChoice {
    pub model: Option<String>,
    pub language: Option<String>,
}
