//! What happens to the window itself: files dropped on it, and its closing.

use recordroute_engine::{Busy, OfferedPaths, Theme};
use tauri::{AppHandle, CloseRequestApi, DragDropEvent, Manager, Runtime, Window, WindowEvent};

use crate::events::{AppEvent, tell};
use crate::shell::Shell;
use recordroute_wire::{CommandError, Crossing};

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
    let asked = app.state::<Shell>().session().ask_before_closing();
    if let Some(Busy { n_running, recording }) = asked {
        api.prevent_close();
        // The wish may have come from elsewhere, and the question is asked here.
        show(app);
        let n_running = Crossing::cross(n_running);
        tell(app, AppEvent::CloseAsked { n_running, recording });
    }
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

/// Closes it as its frame does, which may ask first.
pub fn close<R: Runtime>(app: &AppHandle<R>) -> Result<(), CommandError> {
    let window = app.get_webview_window("main");
    let closed = window.map_or(Ok(()), |window| window.close());
    closed.map_err(|error| CommandError::other(&format!("The window does not close ({error}).")))
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
