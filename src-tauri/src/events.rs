use std::path::PathBuf;

use recordroute_engine::core::Event as EngineEvent;
use recordroute_engine::{LibraryState as EngineLibraryState, OfferedPaths, SessionListener};
use tauri::{AppHandle, Manager, Runtime};
use tauri_specta::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::attention::Attention;
use recordroute_wire::{
    CommandError, Crossing, LibraryState, MinutesSection, ModelProgress, Progress, Recorded, Segment,
};

/// The events; those of the engine's jobs are the same on both sides, field by field.
macro_rules! app_event {
    (
        $(#[$doc:meta])* $name:ident
        jobs { $($job:ident { $($job_field:ident: $job_type:ty),* }),* $(,)? }
        others { $($(#[$other_doc:meta])* $other:ident $({ $($field:ident: $type:ty),* })?),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, specta::Type, Event)]
        #[serde(rename_all = "snake_case", tag = "kind")]
        pub enum $name {
            $($job { $($job_field: $job_type),* },)*
            $($(#[$other_doc])* $other $({ $($field: $type),* })?),*
        }

        impl From<EngineEvent> for $name {
            fn from(event: EngineEvent) -> Self {
                match event {
                    $(EngineEvent::$job { $($job_field),* } =>
                        Self::$job { $($job_field: Crossing::cross($job_field)),* },)*
                    EngineEvent::Indexed { n_waiting } => Self::Indexed { n_waiting },
                    EngineEvent::JobFailed { job_id, recording_id, message, code } => Self::JobFailed {
                        job_id: job_id.0,
                        recording_id: recording_id.0,
                        error: CommandError::new(code, &message),
                    },
                }
            }
        }
    };
}

app_event! {
    /// Everything that the core tells the page without being asked.
    AppEvent
    jobs {
        JobQueued { job_id: i64, recording_id: i64 },
        JobProgress { job_id: i64, recording_id: i64, progress: Progress },
        Segments { job_id: i64, recording_id: i64, segments: Vec<Segment> },
        MinutesDraft { job_id: i64, recording_id: i64, template: String, sections: Vec<MinutesSection> },
        JobDone { job_id: i64, recording_id: i64, notice: Option<String> },
        JobCancelled { job_id: i64, recording_id: i64 },
    }
    others {
        JobFailed { job_id: i64, recording_id: i64, error: CommandError },
        /// The index of search by meaning moved on.
        Indexed { n_waiting: u64 },
        /// None where more than one may have changed.
        LibraryChanged { recording_id: Option<i64> },
        LibraryState { state: LibraryState },
        ModelProgress { progress: ModelProgress },
        ModelsChanged,
        /// Files hang over the window.
        DragOver { n_paths: u32 },
        DragLeft,
        FilesDropped { paths: Vec<String> },
        /// "Open with", or a second start with files.
        FilesOpened { paths: Vec<String> },
        /// A recording was begun by the tray icon or the shortcut.
        RecordingBegan,
        /// It was ended by them and is in the library.
        RecordingEnded { recorded: Recorded },
        /// What was asked by them went wrong.
        RecordingFailed { error: CommandError },
        /// The window shall close while jobs run, or something is recorded.
        CloseAsked { n_running: u32, recording: bool },
    }
}

/// Tells the page; one that is gone needs no news.
pub fn tell<R: Runtime>(app: &AppHandle<R>, event: AppEvent) {
    if let Err(error) = event.emit(app) {
        tracing::warn!(%error, "the page could not be told");
    }
}

/// Hands opened files to the page, or keeps them until it asks.
pub fn open_files<R: Runtime>(app: &AppHandle<R>, paths: Vec<PathBuf>) {
    if let Some(paths) = app.state::<OfferedPaths>().open(paths) {
        tell(app, AppEvent::FilesOpened { paths });
    }
}

/// The page as the session knows it.
pub struct Page<R: Runtime>(pub AppHandle<R>);

impl<R: Runtime> SessionListener for Page<R> {
    fn opened(&self, mut events: Receiver<EngineEvent>) {
        let app = self.0.clone();
        tauri::async_runtime::spawn(async move {
            let mut attention = Attention::new(app.clone());
            loop {
                match events.recv().await {
                    Ok(event) => {
                        attention.follow(&event);
                        tell(&app, event.into());
                    }
                    // Too many at once: the page looks everything up instead.
                    Err(RecvError::Lagged(_)) => tell(&app, AppEvent::LibraryChanged { recording_id: None }),
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }

    fn library_state(&self, state: EngineLibraryState) {
        let state = Crossing::cross(state);
        tell(&self.0, AppEvent::LibraryState { state });
        tell(&self.0, AppEvent::LibraryChanged { recording_id: None });
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
