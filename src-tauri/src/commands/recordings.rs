use recordroute_engine::Engine;
use recordroute_engine::core::RecordingId;

use super::{Answer, Core};
use crate::events::AppEvent;
use recordroute_wire::{Listing, Recording, Segment, TagCount, Word};

commands! {
    /// Recordings, newest first.
    recordings(listing: Listing) -> Vec<Recording> = ask |engine| engine.recordings(&listing.into());

    /// One recording.
    recording(recording_id: i64) -> Recording = ask |engine| engine.recording(RecordingId(recording_id));

    /// Every tag with the number of recordings that carry it.
    tags() -> Vec<TagCount> = ask |engine| engine.tags();

    /// The newest transcript of a recording, in order of time: all of it or `most` segments from the start.
    transcript(recording_id: i64, most: Option<u32>) -> Vec<Segment> =
        ask |engine| engine.shown_segments(RecordingId(recording_id), most);

    /// Words that begin between two times of the newest transcript.
    words(recording_id: i64, from_ms: u64, to_ms: u64) -> Vec<Word> =
        ask |engine| engine.words(RecordingId(recording_id), from_ms, to_ms);

    /// Gives a recording another title.
    rename(recording_id: i64, title: String) -> () =
        change(recording_id) |engine| engine.rename(RecordingId(recording_id), &title);

    /// Puts a tag on a recording.
    add_tag(recording_id: i64, tag: String) -> () =
        change(recording_id) |engine| engine.add_tag(RecordingId(recording_id), &tag);

    /// Takes a tag off a recording.
    remove_tag(recording_id: i64, tag: String) -> () =
        change(recording_id) |engine| engine.remove_tag(RecordingId(recording_id), &tag);

    /// Puts a recording in the trash.
    trash(recording_id: i64) -> () = change(recording_id) |engine| engine.trash(RecordingId(recording_id));

    /// Takes a recording out of the trash.
    restore(recording_id: i64) -> () =
        change(recording_id) |engine| engine.restore(RecordingId(recording_id));

    /// Where an audio element finds the media.
    media_url(recording_id: i64) -> String =
        run |session| session.media_address(RecordingId(recording_id));

    /// The same of a copy that every audio element can decode; making it takes seconds for an hour.
    playable_url(recording_id: i64) -> String =
        run |session| session.playable_address(RecordingId(recording_id));

    /// Loudness over time.
    peaks(recording_id: i64) -> Vec<u8> = ask |engine| engine.loudness(RecordingId(recording_id));
}

/// Deletes what is in the trash for good, and tells how many recordings that were.
#[tauri::command]
#[specta::specta]
pub async fn empty_trash(core: Core<'_>) -> Answer<u32> {
    let n_purged = core.ask(Engine::empty_trash).await?;
    core.tell(AppEvent::LibraryChanged { recording_id: None });
    Ok(n_purged)
}
