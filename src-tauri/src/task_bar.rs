//! The progress on the program's button in the task bar or dock.

use tauri::{AppHandle, Runtime};

/// Shows a percentage; None takes the bar away.
pub struct TaskBar {
    #[cfg(target_os = "linux")]
    percents: std::sync::mpsc::Sender<Option<u64>>,
    #[cfg(not(target_os = "linux"))]
    show: Box<dyn Fn(Option<u64>) + Send>,
    shown: Option<u64>,
}

impl TaskBar {
    pub fn show(&mut self, percent: Option<u64>) {
        if self.shown == percent {
            return;
        }
        self.shown = percent;
        #[cfg(target_os = "linux")]
        // A desktop without a message bus has ended the thread: it has no bar to show.
        let _ = self.percents.send(percent);
        #[cfg(not(target_os = "linux"))]
        (self.show)(percent);
    }
}

#[cfg(not(target_os = "linux"))]
impl TaskBar {
    pub fn new<R: Runtime>(app: AppHandle<R>) -> Self {
        use tauri::Manager;
        use tauri::window::{ProgressBarState, ProgressBarStatus};

        let show = move |percent: Option<u64>| {
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
        };
        Self {
            show: Box::new(show),
            shown: None,
        }
    }
}

/// The docks of GNOME, KDE and others listen to one signal on the message bus. Tauri would send it only
/// where libunity is installed, which hardly any system has.
#[cfg(target_os = "linux")]
impl TaskBar {
    pub fn new<R: Runtime>(_: AppHandle<R>) -> Self {
        let (percents, wanted) = std::sync::mpsc::channel();
        // A thread, because the bus may take its time and the order of the signals matters.
        let thread = std::thread::Builder::new().name("task-bar".to_owned());
        let sending = thread.spawn(move || {
            if let Err(error) = send_each(&wanted) {
                tracing::debug!(%error, "the desktop shows no progress");
            }
        });
        if let Err(error) = sending {
            tracing::debug!(%error, "the desktop shows no progress");
        }
        Self {
            percents,
            shown: None,
        }
    }
}

#[cfg(target_os = "linux")]
fn send_each(percents: &std::sync::mpsc::Receiver<Option<u64>>) -> zbus::Result<()> {
    use std::collections::HashMap;
    use zbus::zvariant::Value;

    /// As the installed package names it.
    const DESKTOP_FILE: &str = "application://RecordRoute.desktop";

    let Ok(mut percent) = percents.recv() else {
        return Ok(());
    };
    let bus = zbus::blocking::Connection::session()?;
    loop {
        let fraction = percent.unwrap_or(0) as f64 / 100.0;
        let state = HashMap::from([
            ("progress", Value::from(fraction)),
            ("progress-visible", Value::from(percent.is_some())),
        ]);
        bus.emit_signal(
            None::<&str>,
            "/org/recordroute/desktop",
            "com.canonical.Unity.LauncherEntry",
            "Update",
            &(DESKTOP_FILE, state),
        )?;
        match percents.recv() {
            Ok(next) => percent = next,
            Err(_) => return Ok(()),
        }
    }
}
