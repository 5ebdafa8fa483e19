use recordroute_engine::core::{MinutesSection as Section, RecordingId};
use recordroute_system::Clipboard;
use tauri::{AppHandle, Runtime, State};

use super::out::copy;
use super::{Answer, Core};
use crate::dialogs;
use recordroute_wire::{
    Correction, CorrectionState, Highlights, LanguageModels, MinutesChoice, MinutesEstimate, MinutesFormat,
    MinutesSection, MinutesTemplates, MinutesView, Outdated, shown,
};

commands! {
    /// Those of a recording, the newest first.
    minutes(recording_id: i64) -> Vec<MinutesView> = ask |engine| engine.minutes(RecordingId(recording_id));

    /// Queues the writing; what is written meanwhile is told.
    make_minutes(recording_id: i64, choice: MinutesChoice) -> i64 =
        ask |engine| engine.make_minutes(RecordingId(recording_id), &choice.into());

    /// Takes what the user made of them.
    save_minutes(recording_id: i64, template: String, sections: Vec<MinutesSection>) -> () =
        change(recording_id) |engine| {
            let sections: Vec<Section> = sections.into_iter().map(Into::into).collect();
            engine.save_minutes(RecordingId(recording_id), &template, sections)
        };

    /// What they would cost.
    minutes_estimate(recording_id: i64, choice: MinutesChoice) -> MinutesEstimate =
        ask |engine| engine.minutes_estimate(RecordingId(recording_id), &choice.into());

    /// What they can be made by.
    minutes_templates() -> MinutesTemplates = ask |engine| Ok(engine.templates());

    /// What can write: installed models and those of the user's own server.
    language_models() -> LanguageModels = ask |engine| engine.language_models();

    /// The most telling sentences and words; no language model is asked.
    highlights(recording_id: i64) -> Highlights = ask |engine| engine.highlights(RecordingId(recording_id));

    /// Proposals for the text as it is, in its order.
    corrections(recording_id: i64) -> Vec<Correction> =
        ask |engine| engine.corrections(RecordingId(recording_id));

    /// Queues the making of proposals.
    make_corrections(recording_id: i64, model: Option<String>) -> i64 =
        ask |engine| engine.make_corrections(RecordingId(recording_id), model.as_deref());

    /// Accepts or refuses proposals, or opens them again.
    decide_corrections(recording_id: i64, segment_idxs: Vec<u32>, state: CorrectionState) -> () =
        change(recording_id) |engine| {
            engine.decide_corrections(RecordingId(recording_id), &segment_idxs, state.into())
        };

    /// Names and terms that accepted corrections brought.
    learned_words() -> Vec<String> = ask |engine| engine.learned_words();

    /// Takes one of them out for good.
    forget_word(word: String) -> () = ask |engine| engine.forget_word(&word);

    /// Changes the text of a segment; what was heard is kept.
    edit_segment(recording_id: i64, segment_idx: u32, text: String) -> () =
        change(recording_id) |engine| engine.edit_segment(RecordingId(recording_id), segment_idx, &text);

    /// What was written of an earlier text.
    outdated(recording_id: i64) -> Outdated = ask |engine| engine.outdated(RecordingId(recording_id));

    /// Queues the writing of just that.
    renew(recording_id: i64) -> Vec<i64> = ask |engine| engine.renew(RecordingId(recording_id));

    /// Queues the finding of a title.
    make_title(recording_id: i64) -> i64 = ask |engine| engine.make_title(RecordingId(recording_id), None);
}

/// Asks where to write the minutes and writes; none where the user dismissed the question.
#[tauri::command]
#[specta::specta]
pub async fn export_minutes<R: Runtime>(
    app: AppHandle<R>,
    core: Core<'_>,
    recording_id: i64,
    template: String,
    format: MinutesFormat,
) -> Answer<Option<String>> {
    let (id, format, of) = (RecordingId(recording_id), format.into(), template.clone());
    let name: String = core
        .ask(move |engine| engine.minutes_file_name(id, &of, format))
        .await?;
    let Some(path) = dialogs::save(&app, dialogs::words(&core), &name).await else {
        return Ok(None);
    };
    let written = shown(&path);
    core.ask::<(), ()>(move |engine| engine.export_minutes_to_file(id, Some(&template), format, &path))
        .await?;
    Ok(Some(written))
}

/// Copies the minutes as text.
#[tauri::command]
#[specta::specta]
pub async fn copy_minutes(
    core: Core<'_>,
    clipboard: State<'_, Clipboard>,
    recording_id: i64,
    template: String,
) -> Answer<()> {
    let format = MinutesFormat::Md.into();
    let text = core
        .ask(move |engine| engine.minutes_text(RecordingId(recording_id), Some(&template), format))
        .await?;
    copy(&clipboard, text)
}
