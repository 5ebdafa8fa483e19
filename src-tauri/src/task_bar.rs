//! The progress on the program's button in the task bar or dock.

use tauri::{AppHandle, Runtime};

/// Shows a percentage; None takes the bar away.
pub type ShowProgress = Box<dyn Fn(Option<u64>) + Send>;

#[cfg(target_os = "linux")]
pub fn of<R: Runtime>(_: &AppHandle<R>) -> ShowProgress {
    let signal = recordroute_system::TaskBarSignal::new();
    Box::new(move |percent| signal.show(percent))
}

#[cfg(not(target_os = "linux"))]
pub fn of<R: Runtime>(app: &AppHandle<R>) -> ShowProgress {
    use tauri::Manager;
    use tauri::window::{ProgressBarState, ProgressBarStatus};

    let app = app.clone();
    Box::new(move |percent| {
        let status = percent.map_or(ProgressBarStatus::None, |_| ProgressBarStatus::Normal);
        let state = ProgressBarState {
            status: Some(status),
            progress: percent,
        };
        if let Some(window) = app.get_webview_window("main")
            && let Err(error) = window.set_progress_bar(state)
        {
            tracing::debug!(%error, "the system shows no progress");
        }
    })
}
