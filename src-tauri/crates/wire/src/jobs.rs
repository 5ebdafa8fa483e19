use recordroute_engine::core as domain;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::error::CommandError;
use crate::{mirror, mirror_enum};

mirror_enum! {
    /// What a job is doing.
    Stage = domain::Stage { Waiting, LoadingModel, Transcribing, Writing, Finished }
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
        kind: JobKind = JobKind::of(&job.kind),
        model: String = model_of(&job.kind).to_owned(),
        language: String = language_of(&job.kind),
        error: Option<CommandError> = job.error.as_deref().map(|message| {
            CommandError::new(job.error_code.unwrap_or(domain::ErrorCode::Other), message)
        }),
    }
}

/// What a job does: speech to text, minutes, proposals for corrections, a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    Transcribe,
    Minutes,
    Correct,
    Title,
}

impl JobKind {
    fn of(kind: &domain::JobKind) -> Self {
        match kind {
            domain::JobKind::Transcribe { .. } => Self::Transcribe,
            domain::JobKind::Minutes { .. } => Self::Minutes,
            domain::JobKind::Correct { .. } => Self::Correct,
            domain::JobKind::Title { .. } => Self::Title,
        }
    }
}

fn model_of(kind: &domain::JobKind) -> &str {
    match kind {
        domain::JobKind::Transcribe { model, .. }
        | domain::JobKind::Minutes { model, .. }
        | domain::JobKind::Correct { model }
        | domain::JobKind::Title { model, .. } => model,
    }
}

/// `auto` where that of the recording is taken.
fn language_of(kind: &domain::JobKind) -> String {
    match kind {
        domain::JobKind::Transcribe { options, .. } => options.language.to_string(),
        domain::JobKind::Minutes {
            language: Some(language),
            ..
        } => language.clone(),
        _ => domain::Language::Auto.to_string(),
    }
}

/// How a recording is transcribed; none takes the setting.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct TranscribeChoice {
    pub model: Option<String>,
    pub language: Option<String>,
}
