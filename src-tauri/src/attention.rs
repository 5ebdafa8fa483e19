//! What shows outside the window how jobs go: the bar in the task bar or dock, and a notification.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use recordroute_engine::core::{Event, JobId, RecordingId};
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_notification::NotificationExt;

use crate::native_words::Words;
use crate::shell::Shell;
use crate::task_bar::TaskBar;

/// From then on people turn to something else while they wait.
const LONG_JOB: Duration = Duration::from_secs(30);

pub struct Attention<R: Runtime> {
    app: AppHandle<R>,
    began: HashMap<JobId, Instant>,
    task_bar: TaskBar,
}

impl<R: Runtime> Attention<R> {
    pub fn new(app: AppHandle<R>) -> Self {
        Self {
            task_bar: TaskBar::new(app.clone()),
            app,
            began: HashMap::new(),
        }
    }

    pub fn follow(&mut self, event: &Event) {
        match event {
            Event::JobProgress { job_id, progress, .. } => {
                self.began.entry(*job_id).or_insert_with(Instant::now);
                if let Some(fraction) = progress.fraction {
                    self.task_bar
                        .show(Some((fraction.clamp(0.0, 1.0) * 100.0) as u64));
                }
            }
            Event::JobDone {
                job_id, recording_id, ..
            } => self.ended(*job_id, Some((*recording_id, true))),
            Event::JobFailed {
                job_id, recording_id, ..
            } => self.ended(*job_id, Some((*recording_id, false))),
            Event::JobCancelled { job_id, .. } => self.ended(*job_id, None),
            Event::JobQueued { .. } | Event::Segments { .. } => {}
        }
    }

    fn ended(&mut self, job_id: JobId, tell: Option<(RecordingId, bool)>) {
        self.task_bar.show(None);
        let was_long = self
            .began
            .remove(&job_id)
            .is_some_and(|began| began.elapsed() >= LONG_JOB);
        if let Some((recording_id, is_done)) = tell.filter(|_| was_long) {
            self.notify(recording_id, is_done);
        }
    }

    fn notify(&self, recording_id: RecordingId, is_done: bool) {
        let window = self.app.get_webview_window("main");
        if window.is_some_and(|window| window.is_focused().unwrap_or(false)) {
            return;
        }
        let (app, shell) = (self.app.clone(), self.app.state::<Shell>().inner().clone());
        // Both the library and the system's notifications may take their time.
        tauri::async_runtime::spawn_blocking(move || {
            let Ok(settings) = shell.session().settings() else {
                return;
            };
            let recording = shell
                .session()
                .opened()
                .and_then(|engine| engine.recording(recording_id).ok());
            let Some(recording) = recording.filter(|_| settings.notify) else {
                return;
            };
            let words = Words::of(Some(&settings));
            let body = if is_done { words.job_done } else { words.job_failed };
            let notification = app.notification().builder().title(recording.title).body(body);
            if let Err(error) = notification.show() {
                tracing::debug!(%error, "the system shows no notification");
            }
        });
    }
}
