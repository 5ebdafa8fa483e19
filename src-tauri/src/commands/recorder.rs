use recordroute_engine::core::{CaptureId, RecordingId};
use recordroute_engine::inputs;
use tauri::ipc::Channel;

use super::{Answer, Core, teller};
use recordroute_wire::{
    InputDevice, LiveFacts, LiveStatus, RecordChoice, Recorded, Recording, RecordingNote, Unfinished,
};

/// Begins to record, one recording at a time; tells how it is until it ends.
#[tauri::command]
#[specta::specta]
pub async fn begin_recording(
    core: Core<'_>,
    choice: RecordChoice,
    tell: Channel<LiveStatus>,
) -> Answer<LiveFacts> {
    core.run(move |session| {
        let facts = session.live().begin(&session.engine()?, &choice.into())?;
        session.live().watch(teller(tell)).map(|()| facts)
    })
    .await
}

/// The recording that is being made, for a page that was loaded meanwhile.
#[tauri::command]
#[specta::specta]
pub async fn follow_recording(core: Core<'_>, tell: Channel<LiveStatus>) -> Answer<Option<LiveFacts>> {
    core.run(move |session| {
        session.live().watch(teller(tell))?;
        Ok(session.live().facts())
    })
    .await
}

commands! {
    /// What can be recorded now, the defaults first; empty where there is no sound input at all.
    input_devices() -> Vec<InputDevice> = run |_session| inputs();

    /// Writes nothing for a while, or goes on.
    pause_recording(paused: bool) -> () = run |session| session.live().pause(paused);

    /// Gives the recording that is being made another title.
    title_recording(title: String) -> () = run |session| session.live().rename(&title);

    /// Whether it is to be transcribed when it ends.
    transcribe_recording(transcribe: bool) -> () = run |session| session.live().set_transcribe(transcribe);

    /// Writes a note at this moment of the recording.
    note_recording(text: String) -> RecordingNote = run |session| session.live().note(&text);

    /// Writes a note at a time of a recording that is in the library.
    add_note(recording_id: i64, at_ms: u64, text: String) -> () =
        change(recording_id) |engine| engine.add_note(RecordingId(recording_id), at_ms, &text);

    /// Ends it and puts it into the library; where that fails it is among the unfinished ones.
    stop_recording() -> Recorded = run |session| session.live().stop();

    /// Recordings that were being made when their program ended, however it ended.
    unfinished_recordings() -> Vec<Unfinished> = ask |engine| engine.unfinished_recordings();

    /// Puts an unfinished recording into the library; transcribed where a model is installed.
    keep_unfinished(id: i64) -> Recording =
        ask |engine| engine.keep_unfinished(CaptureId(id), true).map(|(recording, _)| recording);

    /// Puts an unfinished recording into the trash.
    discard_unfinished(id: i64) -> Recording = ask |engine| engine.discard_unfinished(CaptureId(id));

    /// The notes of a recording, in order of time.
    notes(recording_id: i64) -> Vec<RecordingNote> = ask |engine| engine.notes(RecordingId(recording_id));
}
