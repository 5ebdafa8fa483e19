use recordroute_engine::core as domain;
use recordroute_engine::core::JobKind;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Crossing, mirror, mirror_enum};
use crate::error::CommandError;

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

/// A job of the queue.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Job {
    pub id: i64,
    pub recording_id: i64,
    pub title: String,
    pub state: JobState,
    pub stage: Stage,
    pub model: String,
    pub language: String,
    pub done_ms: u64,
    pub n_attempts: u32,
    pub error: Option<CommandError>,
    pub created_at: String,
    pub finished_at: Option<String>,
}

/// How a recording is transcribed; none takes the setting.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct TranscribeChoice {
    pub model: Option<String>,
    pub language: Option<String>,
}

impl Crossing<domain::Job> for Job {
    fn cross(job: domain::Job) -> Self {
        let JobKind::Transcribe { model, options } = job.kind;
        let code = job.error_code.unwrap_or(domain::ErrorCode::Other);
        Self {
            id: job.id.0,
            recording_id: job.recording_id.0,
            title: job.title,
            state: Crossing::cross(job.state),
            stage: Crossing::cross(job.stage),
            model,
            language: options.language.to_string(),
            done_ms: job.done_ms,
            n_attempts: job.n_attempts,
            error: job.error.map(|message| CommandError::new(code, &message)),
            created_at: job.created_at,
            finished_at: job.finished_at,
        }
    }
}
