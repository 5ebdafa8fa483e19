use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};

use zbus::zvariant::Value;

/// As the installed package names it.
const DESKTOP_FILE: &str = "application://RecordRoute.desktop";

/// The progress on the program's button. The docks of GNOME, KDE and others listen to one signal on the
/// message bus; Tauri would send it only where libunity is installed, which hardly any system has.
pub struct TaskBarSignal {
    percents: Sender<Option<u64>>,
}

impl TaskBarSignal {
    /// Begins without a bar.
    pub fn new() -> Self {
        let (percents, wanted) = channel();
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
        Self { percents }
    }

    /// Shows a percentage; none takes the bar away.
    pub fn show(&self, percent: Option<u64>) {
        // A desktop without a message bus has ended the thread: it has no bar to show.
        let _ = self.percents.send(percent);
    }
}

impl Default for TaskBarSignal {
    fn default() -> Self {
        Self::new()
    }
}

fn send_each(percents: &Receiver<Option<u64>>) -> zbus::Result<()> {
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
