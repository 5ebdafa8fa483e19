//! The journal of recordings that are being made, and notes.
// Every function here is a test or helps one.
#![allow(clippy::unwrap_used)]

mod common;

use common::library;
use recordroute_core::{CaptureId, MediaPlace, Note, NoteKind, RecordingDraft};
use recordroute_store::{CaptureDraft, CaptureEnd, Library, StoreError};

fn begun(library: &Library) -> CaptureId {
    let draft = CaptureDraft {
        file: "captures/a.wav".to_owned(),
        title: "주간\n회의".to_owned(),
        is_titled: false,
        device: "Microphone".to_owned(),
    };
    library.begin_capture(&draft).unwrap()
}

fn note(at_ms: u64, kind: NoteKind, text: &str) -> Note {
    Note {
        at_ms,
        kind,
        text: text.to_owned(),
    }
}

fn recording() -> RecordingDraft {
    RecordingDraft {
        title: "주간 회의".to_owned(),
        source: "주간 회의.wav".to_owned(),
        media: MediaPlace::Library("media/a.wav".to_owned()),
        hash: "cd".repeat(32),
        bytes: 5,
    }
}

#[test]
fn what_is_being_made_is_known_to_every_program_until_it_is_a_recording() {
    let (dir, library) = library();
    let id = begun(&library);
    let other = Library::open(dir.path()).unwrap();
    let listed = other.captures().unwrap();
    assert_eq!((listed.len(), listed[0].id), (1, id), "the journal tells it");
    assert_eq!(listed[0].title, "주간 회의", "with a title of one line");
    library.rename_capture(id, "예산").unwrap();
    library
        .add_capture_note(id, &note(2_000, NoteKind::User, "둘째"))
        .unwrap();
    library
        .add_capture_note(id, &note(1_000, NoteKind::User, " 첫째 "))
        .unwrap();
    library
        .move_capture(id, &MediaPlace::Library("media/a.wav".to_owned()))
        .unwrap();
    let capture = library.capture(id).unwrap();
    assert_eq!(capture.title, "예산", "the new title counts");
    assert_eq!(
        capture.moved_to.as_deref(),
        Some("media/a.wav"),
        "and where it goes"
    );
    let end = CaptureEnd {
        recording: &recording(),
        duration_ms: 3_000,
        log: Some("{}"),
        loudness: Some(&[1, 2]),
        notes: &[note(1_500, NoteKind::Recorder, "away")],
    };
    let recording_id = library.finish_capture(id, &end).unwrap();
    assert!(
        library.captures().unwrap().is_empty(),
        "then it is no longer in the journal"
    );
    let recording = library.recording(recording_id).unwrap();
    assert_eq!(recording.duration_ms, Some(3_000), "but in the library");
    assert_eq!(
        recording.created_at, capture.started_at,
        "at the time when it began"
    );
    let texts: Vec<String> = library
        .notes(recording_id)
        .unwrap()
        .into_iter()
        .map(|note| note.text)
        .collect();
    assert_eq!(texts, ["첫째", "away", "둘째"], "with all notes in order");
    assert_eq!(
        library.capture_loudness(recording_id).unwrap(),
        Some(vec![1, 2]),
        "its loudness is kept"
    );
    assert_eq!(
        library.capture_log(recording_id).unwrap().as_deref(),
        Some("{}"),
        "and what happened"
    );
    assert!(
        matches!(library.finish_capture(id, &end), Err(StoreError::NotFound { .. })),
        "it does not become two"
    );
    library.trash(recording_id).unwrap();
    library.purge(None).unwrap();
    assert!(
        library.notes(recording_id).is_err(),
        "notes go with their recording"
    );
}

#[test]
fn paths_that_lead_out_and_empty_notes_are_refused() {
    let (_dir, library) = library();
    let draft = CaptureDraft {
        file: "../a.wav".to_owned(),
        title: "a".to_owned(),
        is_titled: false,
        device: "b".to_owned(),
    };
    assert!(
        matches!(library.begin_capture(&draft), Err(StoreError::UnsafeMediaPath(_))),
        "the journal names files of the library only"
    );
    let id = begun(&library);
    assert!(
        library
            .add_capture_note(id, &note(0, NoteKind::User, " \n"))
            .is_err(),
        "nothing is no note"
    );
    library.forget_capture(id).unwrap();
    assert!(
        library.captures().unwrap().is_empty(),
        "what never began can be forgotten"
    );
    assert!(
        library
            .add_capture_note(id, &note(0, NoteKind::User, "x"))
            .is_err(),
        "and takes no notes any more"
    );
}
