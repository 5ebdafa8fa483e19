use recordroute_engine::core::RecordingId;
use recordroute_engine::{Engine, Error};

use super::{Answer, Core};
use crate::events::AppEvent;
use crate::wire::{Listing, Recording, SearchHit, Segment, TagCount, Word};

/// Recordings, newest first.
#[tauri::command]
#[specta::specta]
pub async fn recordings(core: Core<'_>, listing: Listing) -> Answer<Vec<Recording>> {
    core.ask(move |engine| engine.recordings(&listing.into())).await
}

/// One recording.
#[tauri::command]
#[specta::specta]
pub async fn recording(core: Core<'_>, recording_id: i64) -> Answer<Recording> {
    core.ask(move |engine| engine.recording(RecordingId(recording_id)))
        .await
}

/// Every tag with the number of recordings that carry it.
#[tauri::command]
#[specta::specta]
pub async fn tags(core: Core<'_>) -> Answer<Vec<TagCount>> {
    core.ask(Engine::tags).await
}

/// The newest transcript of a recording, in order of time.
#[tauri::command]
#[specta::specta]
pub async fn transcript(core: Core<'_>, recording_id: i64) -> Answer<Vec<Segment>> {
    core.ask(move |engine| engine.segments(RecordingId(recording_id)))
        .await
}

/// Words that begin between two times of the newest transcript.
#[tauri::command]
#[specta::specta]
pub async fn words(core: Core<'_>, recording_id: i64, from_ms: u64, to_ms: u64) -> Answer<Vec<Word>> {
    core.ask(move |engine| engine.words(RecordingId(recording_id), from_ms, to_ms))
        .await
}

/// Titles and segments in which all the words occur, best first.
#[tauri::command]
#[specta::specta]
pub async fn search(core: Core<'_>, words: String, limit: u32) -> Answer<Vec<SearchHit>> {
    core.ask(move |engine| engine.search(&words, limit as usize))
        .await
}

/// Gives a recording another title.
#[tauri::command]
#[specta::specta]
pub async fn rename(core: Core<'_>, recording_id: i64, title: String) -> Answer<()> {
    change(&core, recording_id, move |engine, id| engine.rename(id, &title)).await
}

/// Puts a tag on a recording.
#[tauri::command]
#[specta::specta]
pub async fn add_tag(core: Core<'_>, recording_id: i64, tag: String) -> Answer<()> {
    change(&core, recording_id, move |engine, id| engine.add_tag(id, &tag)).await
}

/// Takes a tag off a recording.
#[tauri::command]
#[specta::specta]
pub async fn remove_tag(core: Core<'_>, recording_id: i64, tag: String) -> Answer<()> {
    change(&core, recording_id, move |engine, id| engine.remove_tag(id, &tag)).await
}

/// Puts a recording in the trash.
#[tauri::command]
#[specta::specta]
pub async fn trash(core: Core<'_>, recording_id: i64) -> Answer<()> {
    change(&core, recording_id, Engine::trash).await
}

/// Takes a recording out of the trash.
#[tauri::command]
#[specta::specta]
pub async fn restore(core: Core<'_>, recording_id: i64) -> Answer<()> {
    change(&core, recording_id, Engine::restore).await
}

/// Deletes what is in the trash for good, and tells how many recordings that were.
#[tauri::command]
#[specta::specta]
pub async fn empty_trash(core: Core<'_>) -> Answer<u32> {
    let n_purged = core.ask(Engine::empty_trash).await?;
    core.tell(AppEvent::LibraryChanged { recording_id: None });
    Ok(n_purged)
}

/// Where an audio element finds the media.
#[tauri::command]
#[specta::specta]
pub async fn media_url(core: Core<'_>, recording_id: i64) -> Answer<String> {
    core.run(move |session| session.media_address(RecordingId(recording_id)))
        .await
}

/// Loudness over time.
#[tauri::command]
#[specta::specta]
pub async fn peaks(core: Core<'_>, recording_id: i64) -> Answer<Vec<u8>> {
    core.ask(move |engine| engine.loudness(RecordingId(recording_id)))
        .await
}

async fn change(
    core: &Core<'_>,
    recording_id: i64,
    use_case: impl FnOnce(&Engine, RecordingId) -> Result<(), Error> + Send + 'static,
) -> Answer<()> {
    core.ask::<(), ()>(move |engine| use_case(engine, RecordingId(recording_id)))
        .await?;
    core.tell(AppEvent::LibraryChanged {
        recording_id: Some(recording_id),
    });
    Ok(())
}
