use recordroute_engine::core::Event as EngineEvent;
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, Runtime};
use tauri_specta::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::attention::Attention;
use crate::error::CommandError;
use crate::shell::Page;
use crate::wire::{Crossing, LibraryState, ModelProgress, Progress, Segment};

/// Everything that the core tells the page without being asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type, Event)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AppEvent {
    JobQueued {
        job_id: i64,
        recording_id: i64,
    },
    JobProgress {
        job_id: i64,
        recording_id: i64,
        progress: Progress,
    },
    /// In order of time; they come after all that came before.
    Segments {
        job_id: i64,
        recording_id: i64,
        segments: Vec<Segment>,
    },
    JobDone {
        job_id: i64,
        recording_id: i64,
        notice: Option<String>,
    },
    JobFailed {
        job_id: i64,
        recording_id: i64,
        error: CommandError,
    },
    JobCancelled {
        job_id: i64,
        recording_id: i64,
    },
    /// None where more than one may have changed.
    LibraryChanged {
        recording_id: Option<i64>,
    },
    LibraryState {
        state: LibraryState,
    },
    ModelProgress {
        progress: ModelProgress,
    },
    ModelsChanged,
    /// Files hang over the window.
    DragOver {
        n_paths: u32,
    },
    DragLeft,
    FilesDropped {
        paths: Vec<String>,
    },
    /// "Open with", or a second start with files.
    FilesOpened {
        paths: Vec<String>,
    },
    /// The window shall close while jobs run.
    CloseAsked {
        n_running: u32,
    },
}

impl From<EngineEvent> for AppEvent {
    fn from(event: EngineEvent) -> Self {
        match event {
            EngineEvent::JobQueued { job_id, recording_id } => Self::JobQueued {
                job_id: job_id.0,
                recording_id: recording_id.0,
            },
            EngineEvent::JobProgress {
                job_id,
                recording_id,
                progress,
            } => Self::JobProgress {
                job_id: job_id.0,
                recording_id: recording_id.0,
                progress: Crossing::cross(progress),
            },
            EngineEvent::Segments {
                job_id,
                recording_id,
                segments,
            } => Self::Segments {
                job_id: job_id.0,
                recording_id: recording_id.0,
                segments: Crossing::cross(segments),
            },
            EngineEvent::JobDone {
                job_id,
                recording_id,
                notice,
            } => Self::JobDone {
                job_id: job_id.0,
                recording_id: recording_id.0,
                notice,
            },
            EngineEvent::JobFailed {
                job_id,
                recording_id,
                message,
                code,
            } => Self::JobFailed {
                job_id: job_id.0,
                recording_id: recording_id.0,
                error: CommandError::new(code, &message),
            },
            EngineEvent::JobCancelled { job_id, recording_id } => Self::JobCancelled {
                job_id: job_id.0,
                recording_id: recording_id.0,
            },
        }
    }
}

impl<R: Runtime> Page for AppHandle<R> {
    fn tell(&self, event: AppEvent) {
        if let Err(error) = event.emit(self) {
            tracing::warn!(%error, "the page could not be told");
        }
    }

    fn follow(&self, mut engine: Receiver<EngineEvent>) {
        let app = self.clone();
        tauri::async_runtime::spawn(async move {
            let mut attention = Attention::new(app.clone());
            loop {
                match engine.recv().await {
                    Ok(event) => {
                        attention.follow(&event);
                        app.tell(event.into());
                    }
                    // Too many at once: the page looks everything up instead.
                    Err(RecvError::Lagged(_)) => app.tell(AppEvent::LibraryChanged { recording_id: None }),
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use recordroute_engine::core::{ErrorCode, JobId, RecordingId};

    use super::*;

    #[test]
    fn the_end_of_a_job_reaches_the_page_with_its_reason() {
        let failed = EngineEvent::JobFailed {
            job_id: JobId(1),
            recording_id: RecordingId(7),
            message: "The model is cut short.".to_owned(),
            code: ErrorCode::ModelInvalid,
        };
        let json = serde_json::to_value(AppEvent::from(failed)).unwrap();
        assert_eq!(json["kind"], "job_failed", "the page branches on the tag");
        assert_eq!(json["recording_id"], 7, "and knows which recording it is");
        assert_eq!(
            json["error"]["code"], "model_invalid",
            "the way out depends on the code"
        );
        assert_eq!(
            json["error"]["message"], "The model is cut short.",
            "the sentence reaches the user"
        );
    }
}
