//! The window: a Tauri shell over the engine. Wiring only; every rule of the program is in the
//! engine's crates, and a command here is a few lines around one method of [`recordroute_engine::Engine`].
//!
//! - [`main`]: the composition root. Started with `worker` it is the inference process instead.
//! - `commands/`: what the page may ask for; `ipc.rs` lists it and writes `ui/src/bindings.ts`.
//! - `wire.rs`: the types that cross to the page. `error.rs`: the one error that does.
//! - `shell.rs`: the opened engine. `events.rs`: what the page is told unasked.

mod commands;
mod error;
mod events;
mod ipc;
mod shell;
mod wire;

use std::path::Path;
use std::process::ExitCode;

use recordroute_engine::core::{InferenceError, Transcriber};
use recordroute_engine::worker::serve;
use recordroute_engine::{Overrides, Settings, log_to_file, log_to_stderr};
use tauri::{App, Manager, RunEvent, Runtime};

use shell::Shell;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    // The worker speaks frames on stdout: nothing of the window may run in it.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == "worker")
    {
        log_to_stderr();
        return serve(&load_whisper);
    }
    let settings = Settings::load(&Overrides::default());
    let _log = settings
        .as_ref()
        .ok()
        .map(|settings| log_to_file(settings, "recordroute-window", false));
    match run(Shell::new(settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no window to say it in; a terminal or the system's journal keeps it.
            tracing::error!(%error, "the window cannot be opened");
            eprintln!("the window cannot be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

fn load_whisper(path: &Path, n_threads: Option<usize>) -> Result<Box<dyn Transcriber>, InferenceError> {
    let options = recordroute_transcribe::LoadOptions {
        n_threads,
        ..Default::default()
    };
    Ok(Box::new(recordroute_transcribe::Whisper::load(path, &options)?))
}

fn run(shell: Shell) -> tauri::Result<()> {
    build(tauri::Builder::default(), shell)?.run(|app, event| {
        // The process ends right after this without dropping anything: close the engine here, so
        // that a running job goes back to the queue.
        if let RunEvent::Exit = event {
            app.state::<Shell>().close();
        }
    });
    Ok(())
}

fn build<R: Runtime>(builder: tauri::Builder<R>, shell: Shell) -> tauri::Result<App<R>> {
    let ipc = ipc::builder::<R>();
    builder
        .manage(shell)
        .invoke_handler(ipc.invoke_handler())
        .setup(move |app| {
            ipc.mount_events(app);
            Ok(())
        })
        .build(tauri::generate_context!())
}

#[cfg(test)]
mod tests;
