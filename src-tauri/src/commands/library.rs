use recordroute_engine::Listing;
use recordroute_engine::core::RecordingId;
use tauri::{AppHandle, Runtime, State};

use crate::error::CommandError;
use crate::shell::Shell;
use crate::wire::{LibraryInfo, Recording, SearchHit, Segment};

/// Recordings, newest first; a page of at most `limit` after the newest `offset`.
#[tauri::command]
#[specta::specta]
pub async fn recordings<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    offset: u32,
    limit: u32,
) -> Result<Vec<Recording>, CommandError> {
    let listing = Listing {
        offset: u64::from(offset),
        limit: Some(u64::from(limit)),
        ..Listing::default()
    };
    let recordings = shell
        .call(&app, move |engine| engine.recordings(&listing))
        .await?;
    Ok(recordings.into_iter().map(Recording::from).collect())
}

/// The newest transcript of a recording, in order of time.
#[tauri::command]
#[specta::specta]
pub async fn transcript<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
    recording_id: i64,
) -> Result<Vec<Segment>, CommandError> {
    let transcript = shell
        .call(&app, move |engine| engine.transcript(RecordingId(recording_id)))
        .await?;
    Ok(transcript.segments.into_iter().map(Segment::from).collect())
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

/// Where the library is and whether it can be written.
#[tauri::command]
#[specta::specta]
pub async fn library_info<R: Runtime>(
    app: AppHandle<R>,
    shell: State<'_, Shell>,
) -> Result<LibraryInfo, CommandError> {
    shell
        .call(&app, |engine| {
            let path = engine.settings().library.display().to_string();
            Ok(LibraryInfo {
                path,
                read_only: engine.is_read_only(),
            })
        })
        .await
}
