//! Recording through the engine, from a source that is no device.
// Every function here is a test or helps one.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use recordroute_engine::capture::{CaptureError, CaptureState, InputKind, OpenSource, Source};
use recordroute_engine::core::{CaptureId, MediaPlace, NoteKind};
use recordroute_engine::worker::WorkerCommand;
use recordroute_engine::{
    Engine, Fulfilled, Glance, LiveRecording, LiveState, LiveTextState, QueueMode, RecordOptions, Session,
    SettingsSources, Wish,
};
use recordroute_store::Library;
use recordroute_testkit::Hum;

/// A source that is never there.
struct Nothing;

impl Source for Nothing {
    fn kind(&self) -> InputKind {
        InputKind::Microphone
    }

    fn open(&mut self) -> Result<OpenSource, CaptureError> {
        Err(CaptureError::NoDevice)
    }
}

fn engine(folder: &Path) -> Engine {
    let settings = SettingsSources::in_folder(folder).load().unwrap();
    let worker = WorkerCommand {
        program: PathBuf::from("recording needs no worker"),
        arguments: Vec::new(),
    };
    Engine::open(settings, worker, QueueMode::Own).unwrap()
}

fn begin(engine: &Engine, title: &str) -> LiveRecording {
    let options = RecordOptions {
        title: Some(title.to_owned()),
        ..RecordOptions::default()
    };
    engine.record_from(vec![Box::new(Hum)], "Hum", &options).unwrap()
}

fn captures_in(engine: &Engine) -> PathBuf {
    engine.settings().library.join("captures")
}

#[test]
fn without_a_model_and_without_a_worker_it_is_kept_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let recording = begin(&engine, "회의");
    std::thread::sleep(Duration::from_millis(400));
    let at_ms = recording.note("여기").unwrap();
    recording.rename("예산 회의").unwrap();
    recording.pause();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(recording.status().state, CaptureState::Paused, "it stands still");
    recording.resume();
    std::thread::sleep(Duration::from_millis(200));
    let recorded = recording.stop().unwrap();
    assert!(
        recorded.duration_ms.abs_diff(600) < 150,
        "{} ms without the pause",
        recorded.duration_ms
    );
    assert_eq!(recorded.job_id, None, "nothing can be transcribed");
    assert!(
        recorded.not_transcribed.unwrap().contains("No speech model"),
        "and it is said why"
    );
    let kept = engine.recording(recorded.recording_id).unwrap();
    assert_eq!(kept.title, "예산 회의", "the title is the newest");
    assert_eq!(
        kept.duration_ms,
        Some(recorded.duration_ms),
        "the length is known at once"
    );
    assert!(
        matches!(&kept.media, MediaPlace::Library(path) if path.starts_with("media/")),
        "it lies in the library"
    );
    assert_eq!(kept.bytes, recorded.path.metadata().unwrap().len(), "whole");
    let notes = engine.notes(kept.id).unwrap();
    assert_eq!(
        (notes.len(), notes[0].at_ms, notes[0].kind),
        (1, at_ms, NoteKind::User),
        "its note is there"
    );
    let log = engine.capture_log(kept.id).unwrap().unwrap();
    assert_eq!(
        (log.pauses.len(), log.tracks[0].device.as_str()),
        (1, "Hum"),
        "and how it was made"
    );
    assert!(
        engine.unfinished_recordings().unwrap().is_empty(),
        "it is not unfinished"
    );
    assert_eq!(
        std::fs::read_dir(captures_in(&engine)).unwrap().count(),
        0,
        "and nothing is left behind"
    );
}

#[test]
fn without_a_model_the_live_transcript_says_so_and_the_recording_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let options = RecordOptions {
        live: true,
        ..RecordOptions::default()
    };
    let recording = engine.record_from(vec![Box::new(Hum)], "Hum", &options).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    let text = recording.live_text(0).unwrap();
    assert_eq!(text.state, LiveTextState::NoModel, "it is said");
    assert!(
        text.problem.unwrap().message.contains("No speech model"),
        "in a sentence"
    );
    assert!(
        recording.stop().unwrap().duration_ms > 300,
        "nothing else happened"
    );
    let recording = begin(&engine, "as always");
    assert!(
        recording.live_text(0).is_none(),
        "who does not wish for it has none"
    );
}

/// Leaves a recording unfinished, as a program does that ends while recording.
fn left(engine: &Engine) -> CaptureId {
    let recording = begin(engine, "left");
    std::thread::sleep(Duration::from_millis(400));
    let id = recording.id();
    recording.note("before the end").unwrap();
    assert!(
        engine.unfinished_recordings().unwrap().is_empty(),
        "what is being made is not offered"
    );
    assert!(
        engine.keep_unfinished(id, false).is_err(),
        "and cannot be taken from who makes it"
    );
    drop(recording);
    id
}

#[test]
fn what_was_left_unfinished_is_kept_with_its_notes() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let id = left(&engine);
    let offered = engine.unfinished_recordings().unwrap();
    assert_eq!(
        (offered.len(), offered[0].id, offered[0].title.as_str()),
        (1, id, "left"),
        "it is offered"
    );
    assert!(
        offered[0].duration_ms >= 300,
        "with its length: {} ms",
        offered[0].duration_ms
    );
    let (kept, job_id) = engine.keep_unfinished(id, true).unwrap();
    assert_eq!(job_id, None, "no model is there");
    assert_eq!(
        engine.notes(kept.id).unwrap()[0].text,
        "before the end",
        "its notes are there"
    );
    assert!(
        engine.keep_unfinished(id, false).is_err(),
        "a second time there is nothing to keep"
    );
}

#[test]
fn what_was_moved_already_is_found_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let id = left(&engine);
    // The program dies after the move and before the library knows of it.
    let library = Library::open(&engine.settings().library).unwrap();
    let capture = library.capture(id).unwrap();
    let (target, place) = library.new_media(capture.started_at.parse().unwrap(), "left.wav");
    library.move_capture(id, &place).unwrap();
    std::fs::rename(library.dir().join(&capture.file), &target).unwrap();
    assert_eq!(
        engine.unfinished_recordings().unwrap().len(),
        1,
        "it is offered still"
    );
    let discarded = engine.discard_unfinished(id).unwrap();
    assert_eq!(discarded.media, place, "it stays where it was moved to");
    assert!(
        discarded.trashed_at.is_some() && target.is_file(),
        "and what is discarded is in the trash"
    );
    engine.restore(discarded.id).unwrap();
}

#[test]
fn what_never_began_is_not_offered() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let refused = engine.record_from(vec![Box::new(Nothing)], "Nothing", &RecordOptions::default());
    assert!(refused.is_err(), "there is no device");
    let library = Library::open(&engine.settings().library).unwrap();
    assert!(
        library.captures().unwrap().is_empty(),
        "the journal has nothing of it"
    );
    // A program that died between the journal and the file.
    let draft = recordroute_store::CaptureDraft {
        file: "captures/never.wav".to_owned(),
        title: "never".to_owned(),
        is_titled: false,
        device: "Hum".to_owned(),
    };
    library.begin_capture(&draft).unwrap();
    assert!(
        engine.unfinished_recordings().unwrap().is_empty(),
        "nothing was heard"
    );
    assert!(
        library.captures().unwrap().is_empty(),
        "and nothing has to be remembered"
    );
    assert_eq!(
        std::fs::read_dir(captures_in(&engine)).unwrap().count(),
        0,
        "nor is anything left behind"
    );
}

#[test]
fn what_is_asked_from_outside_the_window_is_done_and_seen_there() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::new(Ok(SettingsSources::in_folder(folder.path())), "test");
    let (live, engine) = (session.live(), session.engine().unwrap());
    let mut seen = None;
    assert_eq!(
        live.next_glance(&mut seen),
        Glance::Idle,
        "who looks first is told at once"
    );
    let watching = {
        let live = Arc::clone(live);
        std::thread::spawn(move || live.next_glance(&mut seen))
    };
    live.begin_from(&engine, vec![Box::new(Hum)], &RecordOptions::default())
        .unwrap();
    let is_running = |glance| matches!(glance, Glance::Running { .. });
    assert!(
        is_running(watching.join().unwrap()),
        "the next look waits for something to happen"
    );
    assert_eq!(
        session.fulfil(Wish::Begin).unwrap(),
        Fulfilled::Nothing,
        "it runs already, and that is no error"
    );
    std::thread::sleep(Duration::from_millis(300));
    let is_paused = || matches!(live.glance(), Glance::Paused { .. });
    assert_eq!(
        session.fulfil(Wish::PauseOrResume).unwrap(),
        Fulfilled::Paused,
        "it is paused"
    );
    let deadline = Instant::now() + Duration::from_secs(5);
    while !is_paused() {
        assert!(Instant::now() < deadline, "and is seen to be");
        std::thread::sleep(Duration::from_millis(10));
    }
    session.fulfil(Wish::PauseOrResume).unwrap();
    let Fulfilled::Stopped(recorded) = session.fulfil(Wish::BeginOrStop).unwrap() else {
        panic!("the key that begins a recording also ends it");
    };
    assert_eq!(
        engine.recording(recorded.recording_id).unwrap().bytes,
        recorded.path.metadata().unwrap().len(),
        "it is in the library"
    );
    assert_eq!(live.glance(), Glance::Idle, "all is quiet");
    assert_eq!(
        session.fulfil(Wish::Stop).unwrap(),
        Fulfilled::Nothing,
        "there is nothing to stop"
    );
}

#[test]
fn a_recording_that_is_in_no_journal_is_offered() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let recording = begin(&engine, "Talk");
    let id = recording.id();
    std::thread::sleep(Duration::from_millis(500));
    let row_is_lost = Library::open(&engine.settings().library).unwrap();
    row_is_lost.forget_capture(id).unwrap();
    assert!(
        engine.unfinished_recordings().unwrap().is_empty(),
        "not while its program lives"
    );
    assert!(recording.stop().is_err(), "it cannot be kept without its row");
    let offered = engine.unfinished_recordings().unwrap();
    assert_eq!(offered.len(), 1, "but it is there");
    assert!(offered[0].duration_ms >= 400, "{} ms", offered[0].duration_ms);
    assert_eq!(engine.unfinished_recordings().unwrap().len(), 1, "once");
    let (kept, _) = engine.keep_unfinished(offered[0].id, false).unwrap();
    assert_eq!(kept.duration_ms, Some(offered[0].duration_ms));
    assert!(engine.unfinished_recordings().unwrap().is_empty());
}

#[test]
fn a_program_that_closes_waits_for_what_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::new(Ok(SettingsSources::in_folder(folder.path())), "test");
    let (live, engine) = (Arc::clone(session.live()), session.engine().unwrap());
    live.begin_from(&engine, vec![Box::new(Hum)], &RecordOptions::default())
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(live.status().unwrap().state, LiveState::Running);
    let stopping = {
        let live = Arc::clone(&live);
        std::thread::spawn(move || live.stop())
    };
    while live.facts().is_some() {
        std::thread::yield_now();
    }
    session.close();
    assert!(!live.is_busy(), "nothing is on its way any more");
    let library = Library::open(&engine.settings().library).unwrap();
    assert_eq!(library.n_recordings(false).unwrap(), 1, "it is in the library");
    stopping.join().unwrap().unwrap();
}
