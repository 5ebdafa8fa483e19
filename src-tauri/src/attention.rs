//! What shows outside the window how jobs go: the bar in the task bar or dock, and a notification.

use recordroute_engine::core::{Event, RecordingId};
use recordroute_engine::{Change, Outside};
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_notification::NotificationExt;

use crate::dialogs;
use crate::shell::Shell;
use crate::task_bar::{self, ShowProgress};

pub struct Attention<R: Runtime> {
    app: AppHandle<R>,
    jobs: Outside,
    show_progress: ShowProgress,
}

impl<R: Runtime> Attention<R> {
    pub fn new(app: AppHandle<R>) -> Self {
        Self {
            show_progress: task_bar::of(&app),
            app,
            jobs: Outside::default(),
        }
    }

    pub fn follow(&mut self, event: &Event) {
        let Change { percent, ended } = self.jobs.follow(event);
        if let Some(percent) = percent {
            (self.show_progress)(percent);
        }
        if let Some((recording_id, is_done)) = ended {
            self.notify(recording_id, is_done);
        }
    }

    fn notify(&self, recording_id: RecordingId, is_done: bool) {
        let (app, shell) = (self.app.clone(), self.app.state::<Shell>().inner().clone());
        // The library may take its time.
        tauri::async_runtime::spawn_blocking(move || {
            let engine = shell.session().opened();
            if let Some(recording) = engine.and_then(|engine| engine.recording(recording_id).ok()) {
                let words = dialogs::words(&shell);
                let body = if is_done { words.job_done } else { words.job_failed };
                notify(&app, Urgency::AsSet, &recording.title, body);
            }
        });
    }
}

#[derive(PartialEq, Eq)]
pub enum Urgency {
    /// Said where the settings say so.
    AsSet,
    /// Somebody believes what is not so.
    Trouble,
}

/// Says it beside the window, where that is not in front; may take its time.
pub fn notify<R: Runtime>(app: &AppHandle<R>, urgency: Urgency, title: &str, body: &str) {
    let window = app.get_webview_window("main");
    let is_seen = window.is_some_and(|window| window.is_focused().unwrap_or(false));
    let settings = app.state::<Shell>().session().settings();
    let is_wanted = urgency == Urgency::Trouble || settings.is_ok_and(|settings| settings.notify);
    if is_seen || !is_wanted {
        return;
    }
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        tracing::debug!(%error, "the system shows no notification");
    }
}
