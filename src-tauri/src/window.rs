//! What happens to the window itself: files dropped on it, and its closing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use recordroute_engine::core::JobState;
use recordroute_engine::{OfferedPaths, Theme};
use tauri::{AppHandle, CloseRequestApi, DragDropEvent, Manager, Runtime, Window, WindowEvent};

use crate::events::{AppEvent, tell};
use crate::shell::Shell;
use crate::wire::Crossing;

/// Asking so often in so short a time closes: a page that does not answer must not keep its window open.
const N_INSISTING: u32 = 3;
const INSISTING: Duration = Duration::from_secs(5);

/// Whether the window may close although jobs run.
#[derive(Default)]
pub struct Closing {
    agreed: AtomicBool,
    /// Since when how often the window was to close.
    asked: Mutex<Option<(Instant, u32)>>,
}

impl Closing {
    /// The user wants it.
    pub fn agree(&self) {
        self.agreed.store(true, Ordering::Relaxed);
    }

    /// Whether the user has to be asked first.
    fn must_ask(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, n_asked) = asked
            .filter(|(since, _)| since.elapsed() < INSISTING)
            .unwrap_or((Instant::now(), 0));
        *asked = Some((since, n_asked + 1));
        n_asked + 1 < N_INSISTING && !self.agreed.load(Ordering::Relaxed)
    }
}

pub fn on_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    let app = window.app_handle();
    match event {
        WindowEvent::DragDrop(DragDropEvent::Enter { paths, .. }) => {
            let n_paths = Crossing::cross(paths.len());
            tell(app, AppEvent::DragOver { n_paths });
        }
        WindowEvent::DragDrop(DragDropEvent::Leave) => tell(app, AppEvent::DragLeft),
        WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) => {
            let paths = app.state::<OfferedPaths>().offer(paths.iter().cloned());
            tell(app, AppEvent::FilesDropped { paths });
        }
        WindowEvent::CloseRequested { api, .. } => close_requested(app, api),
        _ => {}
    }
}

fn close_requested<R: Runtime>(app: &AppHandle<R>, api: &CloseRequestApi) {
    let n_running = n_running(app);
    let recording = app.state::<Shell>().session().live().is_busy();
    if (recording || n_running > 0) && app.state::<Closing>().must_ask() {
        api.prevent_close();
        tell(app, AppEvent::CloseAsked { n_running, recording });
    }
}

fn n_running<R: Runtime>(app: &AppHandle<R>) -> u32 {
    let jobs = app
        .state::<Shell>()
        .session()
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
    if let Some(window) = app.get_webview_window("main")
        && let Err(error) = window.set_theme(theme)
    {
        tracing::debug!(%error, "the frame keeps its colours");
    }
}
