//! The system's own dialogs, opened from here: the page never gets to see a path that nobody chose.

use std::path::PathBuf;

use recordroute_engine::MEDIA_ENDINGS;
use recordroute_system::Words;
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use crate::shell::Shell;

const MODELS: [&str; 2] = ["bin", "gguf"];

/// In the language of the window; English where the settings cannot be read.
pub fn words(shell: &Shell) -> &'static Words {
    let settings = shell.session().settings();
    Words::of(settings.is_ok_and(|settings| settings.interface_language.is_korean()))
}

fn builder<R: Runtime>(app: &AppHandle<R>, title: &str) -> FileDialogBuilder<R> {
    let builder = app.dialog().file().set_title(title);
    match app.get_webview_window("main") {
        Some(window) => builder.set_parent(&window),
        None => builder,
    }
}

/// Waits for the answer; none where the user dismissed the dialog, or where there can be none.
async fn answer<T: Send + 'static>(open: impl FnOnce(Box<dyn FnOnce(Option<T>) + Send>)) -> Option<T> {
    let (sender, answer) = oneshot::channel();
    open(Box::new(move |chosen| {
        // The window may have closed meanwhile.
        let _ = sender.send(chosen);
    }));
    answer.await.ok().flatten()
}

fn path_of(chosen: FilePath) -> Option<PathBuf> {
    chosen.into_path().ok()
}

pub async fn media_files<R: Runtime>(app: &AppHandle<R>, words: &Words) -> Vec<PathBuf> {
    let builder = builder(app, words.choose_files)
        .add_filter(words.media, &MEDIA_ENDINGS)
        .add_filter(words.all_files, &["*"]);
    let chosen = answer(|tell| builder.pick_files(tell)).await;
    chosen.into_iter().flatten().filter_map(path_of).collect()
}

pub async fn folder<R: Runtime>(app: &AppHandle<R>, title: &str) -> Option<PathBuf> {
    let builder = builder(app, title);
    answer(|tell| builder.pick_folder(tell)).await.and_then(path_of)
}

pub async fn model_file<R: Runtime>(app: &AppHandle<R>, words: &Words) -> Option<PathBuf> {
    let builder = builder(app, words.choose_model)
        .add_filter(words.choose_model, &MODELS)
        .add_filter(words.all_files, &["*"]);
    answer(|tell| builder.pick_file(tell)).await.and_then(path_of)
}

/// Where to write; with the ending of `name` where the user left it away.
pub async fn save<R: Runtime>(app: &AppHandle<R>, words: &Words, name: &str) -> Option<PathBuf> {
    let ending = name.rsplit('.').next().unwrap_or_default().to_owned();
    let builder = builder(app, words.export)
        .set_file_name(name)
        .add_filter(ending.to_uppercase(), &[&ending]);
    let path = answer(|tell| builder.save_file(tell)).await.and_then(path_of)?;
    Some(if path.extension().is_some() {
        path
    } else {
        path.with_extension(ending)
    })
}
