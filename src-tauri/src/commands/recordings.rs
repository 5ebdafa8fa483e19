use recordroute_engine::core::RecordingId;
use tauri::{AppHandle, Runtime, State};

use crate::error::CommandError;
use crate::events::AppEvent;
use crate::shell::Shell;
use crate::wire::{Listing, Recording, SearchHit, Segment, TagCount, Word};

/// Recordings, newest first.
#[tauri::command]
#[specta::specta]
pub async fn recordings<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    listing: Listing,
) -> Result<Vec<Recording>, CommandError> {
    let listed = shell
        .call(&app, move |engine| engine.recordings(&listing.into()))
        .await?;
    Ok(listed.into_iter().map(Recording::from).collect())
}

/// One recording.
#[tauri::command]
#[specta::specta]
pub async fn recording<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
) -> Result<Recording, CommandError> {
    let found = shell
        .call(&app, move |engine| engine.recording(RecordingId(recording_id)))
        .await?;
    Ok(found.into())
}

/// Every tag with the number of recordings that carry it.
#[tauri::command]
#[specta::specta]
pub async fn tags<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<Vec<TagCount>, CommandError> {
    let tags = shell.call(&app, |engine| engine.tags()).await?;
    let count = |(name, n_recordings)| TagCount { name, n_recordings };
    // A tag that only recordings in the trash carry would list nothing.
    Ok(tags.into_iter().filter(|(_, n)| *n > 0).map(count).collect())
}

/// The newest transcript of a recording, in order of time.
#[tauri::command]
#[specta::specta]
pub async fn transcript<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
) -> Result<Vec<Segment>, CommandError> {
    let segments = shell
        .call(&app, move |engine| engine.segments(RecordingId(recording_id)))
        .await?;
    Ok(segments.into_iter().map(Segment::from).collect())
}

/// Words that begin between two times of the newest transcript.
#[tauri::command]
#[specta::specta]
pub async fn words<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
    from_ms: u64,
    to_ms: u64,
) -> Result<Vec<Word>, CommandError> {
    let words = shell
        .call(&app, move |engine| {
            engine.words(RecordingId(recording_id), from_ms, to_ms)
        })
        .await?;
    Ok(words.into_iter().map(Word::from).collect())
}

/// Titles and segments in which all the words occur, best first.
#[tauri::command]
#[specta::specta]
pub async fn search<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    words: String,
    limit: u32,
) -> Result<Vec<SearchHit>, CommandError> {
    let hits = shell
        .call(&app, move |engine| engine.search(&words, limit as usize))
        .await?;
    Ok(hits.into_iter().map(SearchHit::from).collect())
}

/// Gives a recording another title.
#[tauri::command]
#[specta::specta]
pub async fn rename<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
    title: String,
) -> Result<(), CommandError> {
    let id = RecordingId(recording_id);
    change(&app, &shell, id, move |engine| engine.rename(id, &title)).await
}

/// Puts a tag on a recording.
#[tauri::command]
#[specta::specta]
pub async fn add_tag<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
    tag: String,
) -> Result<(), CommandError> {
    let id = RecordingId(recording_id);
    change(&app, &shell, id, move |engine| engine.add_tag(id, &tag)).await
}

/// Takes a tag off a recording.
#[tauri::command]
#[specta::specta]
pub async fn remove_tag<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
    tag: String,
) -> Result<(), CommandError> {
    let id = RecordingId(recording_id);
    change(&app, &shell, id, move |engine| engine.remove_tag(id, &tag)).await
}

/// Puts a recording in the trash.
#[tauri::command]
#[specta::specta]
pub async fn trash<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
) -> Result<(), CommandError> {
    let id = RecordingId(recording_id);
    change(&app, &shell, id, move |engine| engine.trash(id)).await
}

/// Takes a recording out of the trash.
#[tauri::command]
#[specta::specta]
pub async fn restore<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
) -> Result<(), CommandError> {
    let id = RecordingId(recording_id);
    change(&app, &shell, id, move |engine| engine.restore(id)).await
}

/// Deletes what is in the trash for good, and tells how many recordings that were.
#[tauri::command]
#[specta::specta]
pub async fn empty_trash<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<u32, CommandError> {
    let n_purged = shell.call(&app, |engine| engine.empty_trash()).await?;
    AppEvent::LibraryChanged { recording_id: None }.tell(&app);
    Ok(u32::try_from(n_purged).unwrap_or(u32::MAX))
}

/// Loudness over time.
#[tauri::command]
#[specta::specta]
pub async fn peaks<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
) -> Result<Vec<u8>, CommandError> {
    shell
        .call(&app, move |engine| engine.loudness(RecordingId(recording_id)))
        .await
}

async fn change<R: Runtime>(
    app: &AppHandle<R>,
    shell: &Shell,
    id: RecordingId,
    use_case: impl FnOnce(&recordroute_engine::Engine) -> Result<(), recordroute_engine::Error> + Send + 'static,
) -> Result<(), CommandError> {
    shell.call(app, use_case).await?;
    AppEvent::LibraryChanged {
        recording_id: Some(id.0),
    }
    .tell(app);
    Ok(())
}
