//! The recording from outside the window: the tray icon and the shortcut.

use std::sync::Arc;
use std::time::Instant;

use recordroute_engine::core::ErrorCode;
use recordroute_engine::{Fulfilled, Trouble, Troubles, Wish};
use recordroute_system::{ShortcutError, TrayCommand, TrayLook, is_unreachable, show_tray, take_shortcut};
use tauri::async_runtime::{spawn, spawn_blocking};
use tauri::{AppHandle, Manager, Runtime};
use tokio::sync::oneshot;

use crate::attention::{Urgency, notify};
use crate::events::{AppEvent, tell};
use crate::shell::Shell;
use crate::{dialogs, window};
use recordroute_wire::{CommandError, Crossing};

/// Shows the icon and takes the shortcut of the settings.
pub fn start<R: Runtime>(app: &AppHandle<R>) {
    let shell = app.state::<Shell>().inner().clone();
    let (live, words_of, mut seen) = (Arc::clone(shell.session().live()), shell.clone(), None);
    let look = move || TrayLook::of(live.next_glance(&mut seen), dialogs::words(&words_of));
    let main = app.clone();
    show_tray(look, move |work| {
        // Only a program that is ending has no main thread.
        let _ = main.run_on_main_thread(work);
    });
    watch(app, &shell);
    let app = app.clone();
    spawn(async move {
        let settings = shell.session().settings().ok();
        let keys = settings.and_then(|settings| settings.record_shortcut);
        if keys.is_some() && take_keys(&app, keys).await.is_err() {
            let words = dialogs::words(&shell);
            let say = move || notify(&app, Urgency::Trouble, words.no_shortcut, words.see_settings);
            spawn_blocking(say);
        }
    });
}

/// Tells whoever does not see the window of what is wrong with a recording.
fn watch<R: Runtime>(app: &AppHandle<R>, shell: &Shell) {
    let (app, shell) = (app.clone(), shell.clone());
    let watching = move || {
        let (live, mut troubles, mut seen) = (shell.session().live(), Troubles::default(), None);
        loop {
            live.next_glance(&mut seen);
            let status = live.status();
            let Some(trouble) = troubles.look(status.as_ref(), Instant::now()) else {
                continue;
            };
            let words = dialogs::words(&shell);
            let title = match trouble {
                Trouble::Ended => words.ended_by_itself,
                Trouble::DeviceAway => words.device_away,
                Trouble::DiskLow => words.disk_low,
                Trouble::NoSignal => words.no_signal,
            };
            notify(&app, Urgency::Trouble, title, words.see_window);
        }
    };
    let thread = std::thread::Builder::new().name("recording troubles".to_owned());
    if let Err(error) = thread.spawn(watching) {
        tracing::warn!(%error, "nobody is told of what is wrong with a recording");
    }
}

/// What was chosen in a menu, where it was that of the icon.
pub fn chosen<R: Runtime>(app: &AppHandle<R>, entry: &str) {
    match TrayCommand::of_entry(entry) {
        Some(TrayCommand::Record(wish)) => fulfil(app, wish),
        Some(TrayCommand::Show) => window::show(app),
        // Whoever sees no window that closes asks again.
        Some(TrayCommand::Quit) => drop(window::close(app)),
        None => {}
    }
}

/// Does what is asked; the page is told what came of it, and whoever does not see the page.
fn fulfil<R: Runtime>(app: &AppHandle<R>, wish: Wish) {
    let (app, shell) = (app.clone(), app.state::<Shell>().inner().clone());
    spawn_blocking(move || {
        let words = dialogs::words(&shell);
        let (event, urgency, title, body) = match shell.session().fulfil(wish) {
            Ok(Fulfilled::Paused | Fulfilled::Nothing) => return,
            Ok(Fulfilled::Began) => {
                let event = AppEvent::RecordingBegan;
                (event, Urgency::AsSet, "RecordRoute", words.recording)
            }
            Ok(Fulfilled::Stopped(recorded)) => {
                let recorded = Crossing::cross(recorded);
                let event = AppEvent::RecordingEnded { recorded };
                (event, Urgency::AsSet, "RecordRoute", words.recording_saved)
            }
            Err(error) => {
                let event = AppEvent::RecordingFailed { error: error.into() };
                (event, Urgency::Trouble, words.not_recorded, words.see_window)
            }
        };
        tell(&app, event);
        notify(&app, urgency, title, body);
    });
}

/// Takes the keys instead of those before.
pub async fn take_keys<R: Runtime>(app: &AppHandle<R>, keys: Option<String>) -> Result<(), CommandError> {
    let (sender, answer) = oneshot::channel();
    let for_keys = app.clone();
    let pressed = move || fulfil(&for_keys, Wish::BeginOrStop);
    let take = move || {
        let _ = sender.send(take_shortcut(keys.as_deref(), pressed));
    };
    let asked = app.run_on_main_thread(take).is_ok();
    match answer.await {
        Ok(taken) if asked => taken.map_err(refusal),
        _ => Ok(()),
    }
}

/// Why the shortcut of the settings does not work, or would not if there was one.
pub async fn trouble_with_keys<R: Runtime>(app: &AppHandle<R>) -> Option<CommandError> {
    if is_unreachable() {
        return Some(refusal(ShortcutError::Wayland));
    }
    let keys = app.state::<Shell>().session().settings().ok()?.record_shortcut;
    take_keys(app, keys).await.err()
}

fn refusal(error: ShortcutError) -> CommandError {
    CommandError::new(ErrorCode::InvalidInput, &error.to_string())
}
