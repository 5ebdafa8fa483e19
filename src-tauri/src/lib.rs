//! The window: a Tauri shell over the engine. Wiring only; every rule of the program is in the
//! engine's crates, and a command here is a few lines around one method of [`recordroute_engine::Engine`].
//!
//! - [`main`]: the composition root. Started with `worker` it is the inference process instead.
//! - `commands/`: what the page may ask for; `ipc.rs` lists it and writes `ui/src/bindings.ts`.
//! - The types that cross to the page are the crate `wire`, with the one error that does.
//! - `shell.rs`: settings and the opened engine. `events.rs`: what the page is told unasked.
//! - `media.rs`: the protocol that plays recordings.
//! - `window.rs`, `attention.rs`, `dialogs.rs`, `desk.rs`: what the system shows outside the page.

mod attention;
mod commands;
mod desk;
mod dialogs;
mod events;
mod ipc;
mod media;
mod shell;
mod task_bar;
mod window;

use std::path::Path;
use std::process::ExitCode;

use recordroute_engine::{OfferedPaths, Overrides, Session, SettingsSources, Tasks, files_of, log_to_file};
use recordroute_inference::run_as_worker;
use recordroute_system::Clipboard;
use tauri::async_runtime::spawn_blocking;
use tauri::{App, Manager, RunEvent, Runtime};
use tauri_plugin_window_state::StateFlags;

use shell::Shell;

/// Log files of the window begin with this.
const LOG_PREFIX: &str = "recordroute-window";

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    if let Some(code) = run_as_worker() {
        return code;
    }
    let session = Session::new(SettingsSources::of_user(&Overrides::default()), LOG_PREFIX);
    let settings = session.settings().ok();
    let _log = settings.map(|settings| log_to_file(&settings, LOG_PREFIX, false));
    match run(Shell::new(session)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no window to say it in; a terminal or the system's journal keeps it.
            tracing::error!(%error, "the window cannot be opened");
            eprintln!("the window cannot be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(shell: Shell) -> tauri::Result<()> {
    let app = build(with_plugins(tauri::Builder::default()), shell)?;
    let folder = std::env::current_dir().unwrap_or_default();
    events::open_files(app.handle(), files_of(std::env::args_os(), &folder));
    app.run(|app, event| match event {
        RunEvent::Ready => desk::start(app),
        // The process ends right after this without dropping anything: close the engine here, so
        // that a running job goes back to the queue.
        RunEvent::Exit => {
            app.state::<Shell>().session().close();
            app.state::<Clipboard>().close();
            recordroute_system::take_tray_away();
        }
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            let files = urls.iter().filter_map(|url| url.to_file_path().ok()).collect();
            events::open_files(app, files);
            window::show(app);
        }
        _ => {}
    });
    Ok(())
}

/// What a test without a display goes without.
fn with_plugins<R: Runtime>(builder: tauri::Builder<R>) -> tauri::Builder<R> {
    let place = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    builder
        // First of all: a second start hands its files over and ends.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            let arguments = arguments.into_iter().map(Into::into);
            events::open_files(app, files_of(arguments, Path::new(&folder)));
            window::show(app);
        }))
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(place)
                .build(),
        )
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        // Links of the page are not opened by a script of the plugin's.
        .plugin(
            tauri_plugin_opener::Builder::new()
                .open_js_links_on_click(false)
                .build(),
        )
}

fn build<R: Runtime>(builder: tauri::Builder<R>, shell: Shell) -> tauri::Result<App<R>> {
    let ipc = ipc::builder::<R>();
    let app = builder
        .manage(shell)
        .manage(Tasks::default())
        .manage(OfferedPaths::default())
        .manage(Clipboard::default())
        .register_asynchronous_uri_scheme_protocol("media", |context, request, responder| {
            let shell = context.app_handle().state::<Shell>().inner().clone();
            spawn_blocking(move || responder.respond(media::answer(shell.session(), &request)));
        })
        .invoke_handler(ipc.invoke_handler())
        .on_window_event(window::on_event)
        .on_menu_event(|app, event| desk::chosen(app, event.id().as_ref()))
        .setup(|app| {
            if let Ok(settings) = app.state::<Shell>().session().settings() {
                window::set_theme(app.handle(), settings.theme);
            }
            Ok(())
        })
        .build(tauri::generate_context!())?;
    ipc.mount_events(&app);
    app.state::<Shell>().attach(app.handle());
    Ok(app)
}

#[cfg(test)]
mod tests;
