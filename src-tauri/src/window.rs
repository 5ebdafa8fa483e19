//! What happens to the window itself: files dropped on it, and its closing.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use recordroute_engine::Theme;
use recordroute_engine::core::JobState;
use tauri::{AppHandle, CloseRequestApi, DragDropEvent, Manager, Runtime, Window, WindowEvent};

use crate::events::AppEvent;
use crate::paths::Paths;
use crate::shell::{Page, Shell};
use crate::wire::Crossing;

/// Asking again after that closes: a page that does not answer must not keep its window open.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the window may close.
#[derive(Default)]
pub struct Closing {
    state: Mutex<ClosingState>,
}

#[derive(Default)]
enum ClosingState {
    #[default]
    Open,
    Asked(Instant),
    Agreed,
}

impl Closing {
    /// The user wants the window closed although jobs run.
    pub fn agree(&self) {
        *self.lock() = ClosingState::Agreed;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ClosingState> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether the user has to be asked first.
    fn must_ask(&self) -> bool {
        let mut state = self.lock();
        match *state {
            ClosingState::Agreed => false,
            ClosingState::Asked(at) if at.elapsed() > PATIENCE => false,
            ClosingState::Asked(_) => true,
            ClosingState::Open => {
                *state = ClosingState::Asked(Instant::now());
                true
            }
        }
    }
}

pub fn on_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    let app = window.app_handle();
    match event {
        WindowEvent::DragDrop(DragDropEvent::Enter { paths, .. }) => app.tell(AppEvent::DragOver {
            n_paths: Crossing::cross(paths.len()),
        }),
        WindowEvent::DragDrop(DragDropEvent::Leave) => app.tell(AppEvent::DragLeft),
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            let paths = app.state::<Paths>().offer(paths.iter().cloned());
            app.tell(AppEvent::FilesDropped { paths });
        }
        WindowEvent::CloseRequested { api, .. } => close_requested(app, api),
        _ => {}
    }
}

fn close_requested<R: Runtime>(app: &AppHandle<R>, api: &CloseRequestApi) {
    let n_running = n_running(app);
    if n_running > 0 && app.state::<Closing>().must_ask() {
        api.prevent_close();
        app.tell(AppEvent::CloseAsked { n_running });
    }
}

fn n_running<R: Runtime>(app: &AppHandle<R>) -> u32 {
    let jobs = app
        .state::<Shell>()
        .opened()
        .and_then(|engine| engine.open_jobs().ok())
        .unwrap_or_default();
    let n_running = jobs.iter().filter(|job| job.state == JobState::Running).count();
    Crossing::cross(n_running)
}

/// Brings the window to the front.
pub fn show<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window("main") {
        let shown = window
            .unminimize()
            .and_then(|()| window.show())
            .and_then(|()| window.set_focus());
        if let Err(error) = shown {
            tracing::debug!(%error, "the window did not come to the front");
        }
    }
}

/// Colours of the frame; the page takes its own from the settings.
pub fn set_theme<R: Runtime>(app: &AppHandle<R>, theme: Theme) {
    let theme = match theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    };
    app.set_theme(theme);
}
