//! Everything that crosses between window and page, in one list, from which the page's types are
//! written. The only file that knows the generator.

use tauri::Runtime;
use tauri_specta::{Builder, collect_commands, collect_events};

use crate::commands::{adding, finding, jobs, library, models, out, program, recorder, recordings, writing};
use crate::events::AppEvent;

/// Commands and events of the window.
pub fn builder<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        .commands(collect_commands![
            program::app_info::<tauri::Wry>,
            program::settings,
            program::save_settings::<tauri::Wry>,
            program::rest_shortcut::<tauri::Wry>,
            program::shortcut_trouble::<tauri::Wry>,
            program::show_place::<tauri::Wry>,
            program::logs,
            program::diagnostics::<tauri::Wry>,
            program::close_window::<tauri::Wry>,
            library::library_state,
            library::reopen_library,
            library::choose_library::<tauri::Wry>,
            library::begin_new_library,
            recordings::recordings,
            recordings::recording,
            recordings::tags,
            recordings::transcript,
            recordings::words,
            recordings::rename,
            recordings::add_tag,
            recordings::remove_tag,
            recordings::trash,
            recordings::restore,
            recordings::empty_trash,
            recordings::peaks,
            recordings::media_url,
            recordings::playable_url,
            out::export_to_file::<tauri::Wry>,
            out::copy_transcript,
            out::copy_text,
            out::show_media::<tauri::Wry>,
            adding::choose_files::<tauri::Wry>,
            adding::choose_folder::<tauri::Wry>,
            adding::add_paths,
            adding::stop_adding,
            adding::take_opened_paths,
            recorder::input_devices,
            recorder::begin_recording,
            recorder::follow_recording,
            recorder::pause_recording,
            recorder::title_recording,
            recorder::transcribe_recording,
            recorder::note_recording,
            recorder::add_note,
            recorder::stop_recording,
            recorder::unfinished_recordings,
            recorder::keep_unfinished,
            recorder::discard_unfinished,
            recorder::notes,
            finding::find,
            finding::similar,
            finding::index_report,
            finding::update_index,
            finding::rebuild_index,
            finding::ask,
            finding::stop_asking,
            jobs::jobs,
            jobs::transcribe,
            jobs::cancel_job,
            jobs::retry_job,
            jobs::move_job,
            writing::minutes,
            writing::make_minutes,
            writing::save_minutes,
            writing::minutes_estimate,
            writing::minutes_templates,
            writing::export_minutes::<tauri::Wry>,
            writing::copy_minutes,
            writing::language_models,
            writing::highlights,
            writing::corrections,
            writing::make_corrections,
            writing::decide_corrections,
            writing::learned_words,
            writing::forget_word,
            writing::edit_segment,
            writing::make_title,
            writing::outdated,
            writing::renew,
            models::models,
            models::download_model,
            models::cancel_model_work,
            models::import_model::<tauri::Wry>,
            models::verify_model,
            models::remove_model,
        ])
        .events(collect_events![AppEvent])
        // Ids count up from 1 and times are milliseconds: both stay far below 2^53.
        .dangerously_cast_bigints_to_number()
        // One shape of each type: what is written is what is read.
        .disable_serde_phases()
}

#[cfg(test)]
mod tests {
    use specta_typescript::Typescript;

    use super::*;

    #[test]
    fn the_window_may_call_every_command() {
        let list = include_str!("ipc.rs");
        let within = list.split("collect_commands![").nth(1).unwrap();
        let within = within.split(']').next().unwrap();
        let conf: serde_json::Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        let granted = conf["app"]["security"]["capabilities"][0]["permissions"]
            .as_array()
            .unwrap();
        for path in within.split(',').map(str::trim).filter(|path| !path.is_empty()) {
            let name = path.split("::<").next().unwrap().rsplit("::").next().unwrap();
            let permission = format!("allow-{}", name.replace('_', "-"));
            assert!(
                granted.iter().any(|granted| *granted == permission),
                "tauri.conf.json grants {permission}"
            );
        }
    }

    #[test]
    fn bindings_of_the_page_are_up_to_date() {
        let committed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/bindings.ts");
        let before = std::fs::read_to_string(&committed).unwrap_or_default();
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join("bindings.ts");
        builder::<tauri::Wry>()
            .export(Typescript::default(), &written)
            .unwrap();
        let now = std::fs::read_to_string(&written).unwrap();
        if before.replace("\r\n", "\n") != now {
            std::fs::write(&committed, &now).unwrap();
            panic!("ui/src/bindings.ts was not what the commands say; it is written anew, commit it");
        }
    }
}
