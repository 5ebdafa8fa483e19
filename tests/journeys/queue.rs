//! What happens around the transcriber: deaths, cancels, restarts, two programs on one library.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use recordroute_engine::core::{
    ErrorCode, Event, JobId, JobState, RecordingId, TranscribeOptions, Transcript,
};
use recordroute_engine::{AddOptions, Added, Engine, QueueMode};
use recordroute_testkit::Home;
use tokio::sync::broadcast::Receiver;

use crate::support::{PATIENCE, QUICK_MODEL, fake_engine, tone_file, wait_for, wait_for_end};

fn options() -> TranscribeOptions {
    // The fake is asked about plain stretches of sound; tones are no speech.
    TranscribeOptions {
        vad: false,
        ..TranscribeOptions::default()
    }
}

fn add(engine: &Engine, path: &Path) -> RecordingId {
    match engine
        .add(path, &AddOptions::default())
        .expect("the file is taken")
    {
        Added::New(id) => id,
        Added::Duplicate(recording) => panic!("{} was thought to be #{}", path.display(), recording.id),
    }
}

fn transcribe(engine: &Engine, id: RecordingId) -> JobId {
    engine
        .transcribe(id, Some(QUICK_MODEL), options())
        .expect("the job is queued")
}

/// Every stretch of the recording once, in order, and up to its end.
fn assert_whole(transcript: &Transcript, duration_ms: u64) {
    let texts: Vec<&str> = transcript
        .segments
        .iter()
        .map(|segment| segment.text.as_str())
        .collect();
    let wanted: Vec<String> = (0..texts.len()).map(|idx| format!("chunk {idx}")).collect();
    assert_eq!(texts, wanted, "each chunk is stored once and in order");
    let mut reached_ms = 0;
    for segment in &transcript.segments {
        assert_eq!(
            segment.start_ms, reached_ms,
            "no stretch is left out and none is told twice"
        );
        reached_ms = segment.end_ms;
    }
    assert!(
        reached_ms.abs_diff(duration_ms) < 50,
        "it ends at {reached_ms}, the recording at {duration_ms}"
    );
}

#[test]
fn a_job_runs_and_tells_how_far_it_is() {
    let home = Home::new().unwrap();
    let engine = fake_engine(&home, QueueMode::All, &[]);
    let mut events = engine.subscribe();
    let id = add(&engine, &tone_file(&home, "회의 🎙 meeting.wav", 70.0));
    let job_id = transcribe(&engine, id);
    let mut fractions = Vec::new();
    wait_for(&mut events, |event| match event {
        Event::JobProgress { progress, .. } => {
            fractions.extend(progress.fraction);
            None
        }
        Event::JobDone { job_id: done, .. } => (*done == job_id).then_some(()),
        _ => None,
    });
    assert!(fractions.is_sorted(), "progress never goes back: {fractions:?}");
    assert_eq!(fractions.last(), Some(&1.0), "what is done is wholly done");
    assert_whole(&engine.transcript(id).unwrap(), 70_000);
    let recording = engine.recording(id).unwrap();
    assert_eq!(
        recording.source, "회의 🎙 meeting.wav",
        "names of every script are kept"
    );
    assert_eq!(
        recording.device.as_deref(),
        Some("fake"),
        "what computed is remembered"
    );
    assert!(recording.speed.is_some(), "how fast it was is remembered");
}

#[test]
fn a_worker_that_dies_after_progress_costs_nothing() {
    let home = Home::new().unwrap();
    let marker = home.join("died");
    let behaviour = ["die-at=2".to_owned(), format!("die-once={}", marker.display())];
    let engine = fake_engine(&home, QueueMode::All, &behaviour);
    let mut events = engine.subscribe();
    let id = add(&engine, &tone_file(&home, "a.wav", 130.0));
    let job_id = transcribe(&engine, id);
    let end = wait_for_end(&mut events, job_id);
    assert!(marker.exists(), "the worker must really have died");
    assert!(
        matches!(end, Event::JobDone { .. }),
        "it goes on by itself: {end:?}"
    );
    assert_whole(&engine.transcript(id).unwrap(), 130_000);
}

#[test]
fn a_worker_that_only_dies_fails_the_job_and_not_the_next() {
    let home = Home::new().unwrap();
    let marker = home.join("died");
    let behaviour = ["die-at=0".to_owned(), format!("die-once={}", marker.display())];
    let engine = fake_engine(&home, QueueMode::All, &behaviour);
    let mut events = engine.subscribe();
    let first = transcribe(&engine, add(&engine, &tone_file(&home, "a.wav", 40.0)));
    let second = transcribe(&engine, add(&engine, &tone_file(&home, "b.wav", 40.0)));
    let Event::JobFailed { message, code, .. } = wait_for_end(&mut events, first) else {
        panic!("a job whose worker died without progress must fail")
    };
    assert_eq!(
        code,
        ErrorCode::WorkerDied,
        "the window offers a retry on this code"
    );
    assert!(
        message.contains("crashed"),
        "the user is told what happened: {message}"
    );
    assert!(
        matches!(wait_for_end(&mut events, second), Event::JobDone { .. }),
        "the next job runs"
    );

    engine.retry_job(first).unwrap();
    assert!(
        matches!(wait_for_end(&mut events, first), Event::JobDone { .. }),
        "a retry can end well"
    );
    assert_whole(
        &engine
            .transcript(engine.job(first).unwrap().recording_id)
            .unwrap(),
        40_000,
    );
}

#[test]
fn a_model_that_is_refused_fails_with_the_reason() {
    let home = Home::new().unwrap();
    let engine = fake_engine(&home, QueueMode::All, &["refuse".to_owned()]);
    let mut events = engine.subscribe();
    let job_id = transcribe(&engine, add(&engine, &tone_file(&home, "a.wav", 5.0)));
    let Event::JobFailed { message, code, .. } = wait_for_end(&mut events, job_id) else {
        panic!("a model that cannot be loaded must fail the job")
    };
    assert_eq!(
        code,
        ErrorCode::ModelInvalid,
        "the window offers the model list on this code"
    );
    assert_eq!(
        message, "The model is damaged. Get it again.",
        "the reason reaches the user whole"
    );
    assert_eq!(
        engine.job(job_id).unwrap().error.as_deref(),
        Some(message.as_str()),
        "and stays readable later"
    );
}

#[test]
fn cancelling_takes_less_than_two_seconds_and_keeps_what_was_done() {
    let home = Home::new().unwrap();
    // Deaf for longer than the test waits, as native code can be.
    let engine = fake_engine(&home, QueueMode::All, &["chunk-ms=4000".to_owned()]);
    let mut events = engine.subscribe();
    let id = add(&engine, &tone_file(&home, "a.wav", 130.0));
    let job_id = transcribe(&engine, id);
    wait_for(&mut events, |event| {
        matches!(event, Event::Segments { .. }).then_some(())
    });
    let asked = Instant::now();
    engine.cancel_job(job_id).unwrap();
    assert!(
        matches!(wait_for_end(&mut events, job_id), Event::JobCancelled { .. }),
        "cancelled is an end of its own"
    );
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "it took {:?}",
        asked.elapsed()
    );
    assert_eq!(
        engine.transcript(id).unwrap().segments.len(),
        1,
        "what was finished stays"
    );
    assert_eq!(
        engine.job(job_id).unwrap().state,
        JobState::Cancelled,
        "and the library knows"
    );
}

#[test]
fn a_waiting_job_can_be_cancelled_and_moved() {
    let home = Home::new().unwrap();
    let engine = fake_engine(&home, QueueMode::All, &["chunk-ms=600".to_owned()]);
    let mut events = engine.subscribe();
    let jobs: Vec<JobId> = ["a.wav", "b.wav", "c.wav", "d.wav"]
        .iter()
        .map(|name| transcribe(&engine, add(&engine, &tone_file(&home, name, 40.0))))
        .collect();
    engine.cancel_job(jobs[1]).unwrap();
    engine.move_job(jobs[3], 0).unwrap();
    let mut ended = Vec::new();
    wait_for(&mut events, |event| {
        match event {
            Event::JobDone { job_id, .. } | Event::JobCancelled { job_id, .. } => ended.push(*job_id),
            _ => {}
        }
        (ended.len() == jobs.len()).then_some(())
    });
    let place = |job: JobId| ended.iter().position(|ended| *ended == job).unwrap();
    assert!(
        place(jobs[3]) < place(jobs[2]),
        "the moved job overtook the other: {ended:?}"
    );
    assert_eq!(
        engine.job(jobs[1]).unwrap().state,
        JobState::Cancelled,
        "the cancelled one never ran"
    );
    assert_eq!(
        engine.job(jobs[1]).unwrap().done_ms,
        0,
        "the cancelled one never ran"
    );
}

#[test]
fn a_program_that_leaves_gives_its_job_back() {
    let home = Home::new().unwrap();
    let engine = fake_engine(&home, QueueMode::All, &["chunk-ms=300".to_owned()]);
    let mut events = engine.subscribe();
    let id = add(&engine, &tone_file(&home, "a.wav", 190.0));
    let job_id = transcribe(&engine, id);
    wait_for(&mut events, |event| {
        matches!(event, Event::Segments { .. }).then_some(())
    });
    drop(engine);

    let engine = fake_engine(&home, QueueMode::All, &[]);
    let mut events = engine.subscribe();
    let began = Instant::now();
    assert!(
        engine.job(job_id).unwrap().done_ms > 0,
        "what was done before is remembered"
    );
    assert!(
        matches!(wait_for_end(&mut events, job_id), Event::JobDone { .. }),
        "it goes on after the restart"
    );
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "a job that was given back needs no lease to run out"
    );
    assert_whole(&engine.transcript(id).unwrap(), 190_000);
}

#[test]
fn two_programs_on_one_library_share_the_work() {
    let home = Home::new().unwrap();
    let behaviour = ["chunk-ms=100".to_owned()];
    let engines = [
        fake_engine(&home, QueueMode::All, &behaviour),
        fake_engine(&home, QueueMode::All, &behaviour),
    ];
    let mut done_by: HashMap<JobId, usize> = HashMap::new();
    let mut events: Vec<Receiver<Event>> = engines.iter().map(Engine::subscribe).collect();
    let jobs: Vec<JobId> = (0..6)
        .map(|file_idx| {
            let file = tone_file(&home, &format!("{file_idx}.wav"), 95.0);
            transcribe(&engines[0], add(&engines[0], &file))
        })
        .collect();
    let deadline = Instant::now() + PATIENCE;
    while done_by.len() < jobs.len() && Instant::now() < deadline {
        for (engine_idx, events) in events.iter_mut().enumerate() {
            while let Ok(event) = events.try_recv() {
                if let Event::JobDone { job_id, .. } = event {
                    let earlier = done_by.insert(job_id, engine_idx);
                    assert_eq!(earlier, None, "job {job_id} was done twice");
                }
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(done_by.len(), jobs.len(), "every job is done");
    for job_id in jobs {
        let recording_id = engines[1].job(job_id).unwrap().recording_id;
        assert_whole(&engines[1].transcript(recording_id).unwrap(), 95_000);
    }
}

#[test]
fn another_program_can_cancel() {
    let home = Home::new().unwrap();
    let runner = fake_engine(&home, QueueMode::All, &["chunk-ms=300".to_owned()]);
    let other = fake_engine(&home, QueueMode::Own, &[]);
    let mut events = runner.subscribe();
    let job_id = transcribe(&runner, add(&runner, &tone_file(&home, "a.wav", 600.0)));
    wait_for(&mut events, |event| {
        matches!(event, Event::Segments { .. }).then_some(())
    });
    let asked = Instant::now();
    other.cancel_job(job_id).unwrap();
    assert!(
        matches!(wait_for_end(&mut events, job_id), Event::JobCancelled { .. }),
        "the owner hears of it"
    );
    assert!(
        asked.elapsed() < Duration::from_secs(3),
        "it took {:?}",
        asked.elapsed()
    );
}

#[test]
fn the_same_file_is_noticed_but_not_refused() {
    let home = Home::new().unwrap();
    let engine = fake_engine(&home, QueueMode::Own, &[]);
    let file = tone_file(&home, "a.wav", 5.0);
    let id = add(&engine, &file);
    let copy = home.join("copy of a.wav");
    std::fs::copy(&file, &copy).unwrap();
    match engine.add(&copy, &AddOptions::default()).unwrap() {
        Added::Duplicate(recording) => assert_eq!(recording.id, id, "the user is shown which one it is"),
        Added::New(_) => panic!("the same bytes under another name are the same recording"),
    }
    let again = AddOptions {
        on_duplicate: recordroute_engine::OnDuplicate::AddAgain,
        media: None,
    };
    assert!(
        matches!(engine.add(&copy, &again).unwrap(), Added::New(second) if second != id),
        "the user may insist"
    );
}
