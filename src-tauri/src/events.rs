use recordroute_engine::core::{Event as EngineEvent, Stage as EngineStage};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, Runtime};
use tauri_specta::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// What changed in the library; the page looks the rest up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type, Event)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum LibraryEvent {
    /// Look up the list and what is open.
    Changed {
        /// The recording that changed; none where more than one may have.
        recording_id: Option<i64>,
    },
    /// A recording is being transcribed.
    Progress {
        /// The recording.
        recording_id: i64,
        /// What is being done.
        stage: Stage,
        /// Share of the audio that is done, 0 to 1; none while the length is unknown.
        fraction: Option<f32>,
    },
    /// A recording is not worked on any more; look it up again.
    Ended {
        /// The recording.
        recording_id: i64,
    },
    /// Something went wrong.
    Failed {
        /// The recording.
        recording_id: i64,
        /// A sentence for the user.
        message: String,
    },
}

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for its turn.
    Waiting,
    /// The model is being loaded.
    LoadingModel,
    /// Speech is becoming text.
    Transcribing,
    /// Everything is stored.
    Finished,
}

impl From<EngineEvent> for LibraryEvent {
    fn from(event: EngineEvent) -> Self {
        match event {
            EngineEvent::JobProgress {
                recording_id,
                progress,
                ..
            } => Self::Progress {
                recording_id: recording_id.0,
                stage: match progress.stage {
                    EngineStage::Waiting => Stage::Waiting,
                    EngineStage::LoadingModel => Stage::LoadingModel,
                    EngineStage::Transcribing => Stage::Transcribing,
                    EngineStage::Finished => Stage::Finished,
                },
                fraction: progress.fraction,
            },
            EngineEvent::JobFailed {
                recording_id,
                message,
                ..
            } => Self::Failed {
                recording_id: recording_id.0,
                message,
            },
            EngineEvent::JobQueued { recording_id, .. } | EngineEvent::Segments { recording_id, .. } => {
                Self::Changed {
                    recording_id: Some(recording_id.0),
                }
            }
            EngineEvent::JobDone { recording_id, .. } | EngineEvent::JobCancelled { recording_id, .. } => {
                Self::Ended {
                    recording_id: recording_id.0,
                }
            }
        }
    }
}

/// Tells the page what the engine tells us, until the engine is gone.
pub fn forward<R: Runtime>(mut engine: Receiver<EngineEvent>, app: AppHandle<R>) {
    tauri::async_runtime::spawn(async move {
        loop {
            let event = match engine.recv().await {
                Ok(event) => event.into(),
                // Too many at once: the page looks everything up instead.
                Err(RecvError::Lagged(_)) => LibraryEvent::Changed { recording_id: None },
                Err(RecvError::Closed) => return,
            };
            if let Err(error) = event.emit(&app) {
                tracing::warn!(%error, "the page could not be told");
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use recordroute_engine::core::{ErrorCode, JobId, RecordingId};

    use super::*;

    #[test]
    fn what_ends_a_job_ends_its_progress_on_the_page() {
        let (job_id, recording_id) = (JobId(1), RecordingId(7));
        let done = EngineEvent::JobDone {
            job_id,
            recording_id,
            notice: None,
        };
        assert_eq!(
            LibraryEvent::from(done),
            LibraryEvent::Ended { recording_id: 7 },
            "done takes the bar away"
        );
        let cancelled = EngineEvent::JobCancelled { job_id, recording_id };
        assert_eq!(
            LibraryEvent::from(cancelled),
            LibraryEvent::Ended { recording_id: 7 },
            "cancelled takes the bar away"
        );
        let failed = EngineEvent::JobFailed {
            job_id,
            recording_id,
            message: "The model is cut short.".to_owned(),
            code: ErrorCode::ModelInvalid,
        };
        let json = serde_json::to_value(LibraryEvent::from(failed)).unwrap();
        assert_eq!(json["kind"], "failed", "the page branches on the tag");
        assert_eq!(
            json["message"], "The model is cut short.",
            "the sentence reaches the user"
        );
    }
}
