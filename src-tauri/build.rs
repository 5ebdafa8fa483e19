//! Makes what the shell needs before it compiles: the folder of the page and the permissions of its commands.

fn main() {
    // Tauri embeds this folder and refuses to compile without it; Vite fills it. An empty page says
    // how, so that the Rust side also compiles alone.
    let page = std::path::Path::new("ui/dist/index.html");
    if !page.exists() {
        let folder = page.parent().unwrap_or(page);
        let text = "<!doctype html><title>RecordRoute</title><p>The page is not built: run npm start.</p>";
        if let Err(error) = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(page, text)) {
            println!("cargo::error=ui/dist cannot be written: {error}");
        }
    }
    println!("cargo::rerun-if-changed=ui/dist");

    // Naming the commands makes a permission of each; tauri.conf.json grants them to the window.
    const COMMANDS: &[&str] = &[
        "app_info",
        "settings",
        "save_settings",
        "shortcut_trouble",
        "show_place",
        "logs",
        "diagnostics",
        "close_window",
        "library_state",
        "reopen_library",
        "choose_library",
        "begin_new_library",
        "recordings",
        "recording",
        "tags",
        "transcript",
        "words",
        "search",
        "rename",
        "add_tag",
        "remove_tag",
        "trash",
        "restore",
        "empty_trash",
        "peaks",
        "media_url",
        "playable_url",
        "export_to_file",
        "copy_transcript",
        "copy_text",
        "show_media",
        "choose_files",
        "choose_folder",
        "add_paths",
        "stop_adding",
        "take_opened_paths",
        "input_devices",
        "begin_recording",
        "follow_recording",
        "pause_recording",
        "title_recording",
        "transcribe_recording",
        "note_recording",
        "stop_recording",
        "unfinished_recordings",
        "keep_unfinished",
        "discard_unfinished",
        "notes",
        "jobs",
        "transcribe",
        "cancel_job",
        "retry_job",
        "move_job",
        "models",
        "download_model",
        "cancel_model_work",
        "import_model",
        "verify_model",
        "remove_model",
    ];
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        println!("cargo::error={error:#}");
    }
}
