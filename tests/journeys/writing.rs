//! What happens around a language model: deaths, cancels, turns in memory, edits meanwhile.

use std::time::{Duration, Instant};

use recordroute_engine::core::{
    CorrectionState, ErrorCode, Event, JobId, JobState, MinutesSection, RecordingId, Stage, TranscribeOptions,
};
use recordroute_engine::{
    AddOptions, Added, Engine, MinutesChoice, Outdated, ProcessOptions, QueueMode, Settings,
};
use recordroute_store::Library;
use recordroute_testkit::{Home, WrittenRecording};
use tokio::sync::broadcast::Receiver;

use crate::support::{
    LANGUAGE_MODEL, QUICK_MODEL, fake_engine, run, run_well, settings, tone_file, transcribed, wait_for,
    wait_for_end,
};

const TEXTS: [&str; 4] = [
    "We meet to talk about the budget of the next year.",
    "Kim will send the numbers until Friday.",
    "There is a risk that the printer does not arrive in time.",
    "We decided to wait for the offer of the second shop.",
];

fn behaviour(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn choice() -> MinutesChoice {
    MinutesChoice {
        model: Some(LANGUAGE_MODEL.to_owned()),
        ..MinutesChoice::default()
    }
}

/// Waits until the job is doing that.
fn wait_for_stage(events: &mut Receiver<Event>, id: JobId, stage: Stage) {
    wait_for(events, |event| match event {
        Event::JobProgress { job_id, progress, .. } if *job_id == id && progress.stage == stage => Some(()),
        _ => None,
    });
}

/// How long it takes from the wish to cancel to the end of the job.
fn time_to_cancel(words: &[&str], stage: Stage) -> Duration {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let engine = fake_engine(&home, QueueMode::All, &behaviour(words));
    let mut events = engine.subscribe();
    let job_id = engine.make_minutes(id, &choice()).unwrap();
    wait_for_stage(&mut events, job_id, stage);
    let asked = Instant::now();
    engine.cancel_job(job_id).unwrap();
    let end = wait_for_end(&mut events, job_id);
    let took = asked.elapsed();
    assert!(
        matches!(end, Event::JobCancelled { .. }),
        "it was cancelled: {end:?}"
    );
    assert!(
        engine.minutes(id).unwrap().is_empty(),
        "nothing half-made is stored"
    );
    took
}

#[test]
fn a_cancel_is_felt_at_once_whatever_is_being_computed() {
    for (words, stage) in [
        (&["load-ms=20000"][..], Stage::LoadingModel),
        (&["token-ms=40"][..], Stage::Writing),
        (&["token-ms=20000", "deaf"][..], Stage::Writing),
    ] {
        // The best of some tries: what is measured is the program, not how busy the machine is.
        let best = (0..4).map(|_| time_to_cancel(words, stage)).min().unwrap();
        assert!(
            best < Duration::from_millis(200),
            "{words:?} is cancelled within 200 ms, not {best:?}"
        );
    }
}

#[test]
fn a_worker_that_dies_once_costs_nothing() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let marker = home.join("died");
    let died_once = format!("die-once={}", marker.display());
    let engine = fake_engine(&home, QueueMode::All, &behaviour(&["die-at-token=1", &died_once]));
    let mut events = engine.subscribe();
    let job_id = engine.make_minutes(id, &choice()).unwrap();
    let end = wait_for_end(&mut events, job_id);
    assert!(marker.exists(), "the worker must really have died");
    assert!(
        matches!(end, Event::JobDone { .. }),
        "the part is tried again: {end:?}"
    );
    let minutes = &engine.minutes(id).unwrap()[0].minutes;
    assert_eq!(minutes.coverage, 1.0, "and nothing of the transcript is missing");
}

#[test]
fn what_was_written_of_an_earlier_text_is_renewed_and_nothing_else() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let engine = fake_engine(&home, QueueMode::All, &[]);
    let mut events = engine.subscribe();
    let mut wait_for_all = |jobs: Vec<JobId>| {
        for job_id in jobs {
            let end = wait_for_end(&mut events, job_id);
            assert!(matches!(end, Event::JobDone { .. }), "it is written: {end:?}");
        }
    };
    wait_for_all(vec![engine.make_minutes(id, &choice()).unwrap()]);
    wait_for_all(vec![engine.make_title(id, Some(LANGUAGE_MODEL)).unwrap()]);
    assert_eq!(
        engine.outdated(id).unwrap(),
        Outdated::default(),
        "all is of this text"
    );
    assert!(
        engine.renew(id).unwrap().is_empty(),
        "so that nothing is to be done"
    );

    engine
        .edit_segment(id, 0, "We meet to talk about the cellar.")
        .unwrap();
    let everything = Outdated {
        title: true,
        minutes: true,
    };
    assert_eq!(
        engine.outdated(id).unwrap(),
        everything,
        "both are of the earlier one"
    );
    let jobs = engine.renew(id).unwrap();
    assert_eq!(jobs.len(), 2, "each is written once");
    wait_for_all(jobs);
    assert_eq!(
        engine.outdated(id).unwrap(),
        Outdated::default(),
        "now of the new one"
    );

    engine.rename(id, "Our cellar").unwrap();
    engine
        .edit_segment(id, 1, "Kim will send the plan until Friday.")
        .unwrap();
    let only_minutes = Outdated {
        title: false,
        minutes: true,
    };
    assert_eq!(
        engine.outdated(id).unwrap(),
        only_minutes,
        "a title of the user's own is no model's"
    );
}

#[test]
fn a_worker_that_always_dies_fails_the_job_with_the_reason() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let engine = fake_engine(&home, QueueMode::All, &behaviour(&["die-at-token=1"]));
    let mut events = engine.subscribe();
    let job_id = engine.make_minutes(id, &choice()).unwrap();
    match wait_for_end(&mut events, job_id) {
        Event::JobFailed { code, message, .. } => {
            assert_eq!(
                code,
                ErrorCode::WorkerDied,
                "a door can offer to try again: {message}"
            );
            assert!(
                message.contains("crashed"),
                "the user learns what happened: {message}"
            );
        }
        other => panic!("it does not end well: {other:?}"),
    }
    assert!(
        engine.minutes(id).unwrap().is_empty(),
        "there are no minutes of nothing"
    );
    assert_eq!(
        engine.recordings(&Default::default()).unwrap().len(),
        1,
        "the library goes on"
    );
}

#[test]
fn a_model_without_room_in_memory_is_refused_by_name() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let needs_much = format!("needed-bytes={}", u64::MAX / 2);
    let engine = fake_engine(&home, QueueMode::All, &behaviour(&[&needs_much]));
    let mut events = engine.subscribe();
    let job_id = engine.make_title(id, Some(LANGUAGE_MODEL)).unwrap();
    match wait_for_end(&mut events, job_id) {
        Event::JobFailed { code, message, .. } => {
            assert_eq!(code, ErrorCode::OutOfMemory, "a door can offer a smaller one");
            assert!(message.contains(LANGUAGE_MODEL), "which model it was: {message}");
        }
        other => panic!("it is not begun with: {other:?}"),
    }
}

#[test]
fn a_program_that_leaves_gives_its_writing_back() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let engine = fake_engine(&home, QueueMode::All, &behaviour(&["token-ms=20000", "deaf"]));
    let mut events = engine.subscribe();
    let job_id = engine.make_corrections(id, Some(LANGUAGE_MODEL)).unwrap();
    wait_for_stage(&mut events, job_id, Stage::Writing);
    drop(engine);
    let next = fake_engine(&home, QueueMode::Own, &[]);
    assert_eq!(
        next.job(job_id).unwrap().state,
        JobState::Queued,
        "the next program finds it waiting"
    );
    let mut events = next.subscribe();
    next.retry_job(job_id).unwrap();
    let end = wait_for_end(&mut events, job_id);
    assert!(matches!(end, Event::JobDone { .. }), "and does it: {end:?}");
}

fn add_tone(home: &Home, engine: &Engine, seconds: f32) -> RecordingId {
    match engine.add(&tone_file(home, "tone.wav", seconds), &AddOptions::default()) {
        Ok(Added::New(id)) => id,
        other => panic!("the file is new: {other:?}"),
    }
}

fn plain_sound() -> TranscribeOptions {
    // The fake is asked about plain stretches of sound; tones are no speech.
    TranscribeOptions {
        vad: false,
        ..TranscribeOptions::default()
    }
}

/// An engine that hears one sentence, and wants minutes of every new transcript.
fn minuting_engine(home: &Home, mode: QueueMode) -> Engine {
    let said = behaviour(&["say=we talk about the budget of next year"]);
    let engine = fake_engine(home, mode, &said);
    engine.set_settings(Settings {
        auto_minutes: true,
        language_model: Some(LANGUAGE_MODEL.to_owned()),
        ..settings(home)
    });
    engine
}

#[test]
fn everything_is_made_of_a_recording_in_order() {
    let home = Home::new().unwrap();
    // What is wanted of every transcript anyway is not made twice.
    let engine = minuting_engine(&home, QueueMode::Own);
    let mut events = engine.subscribe();
    let id = add_tone(&home, &engine, 35.0);
    let options = ProcessOptions {
        speech_model: Some(QUICK_MODEL.to_owned()),
        transcribe: Some(plain_sound()),
        correct: true,
        minutes: choice(),
    };
    let jobs = engine.process(id, &options).unwrap();
    assert_eq!(jobs.len(), 4, "transcript, corrections, title, minutes");
    // The worker that heard the recording writes: each model leaves the memory for the next.
    let mut ended = Vec::new();
    while ended.len() < jobs.len() {
        ended.push(wait_for(&mut events, |event| match event {
            Event::JobDone { job_id, .. } | Event::JobFailed { job_id, .. } => Some(*job_id),
            _ => None,
        }));
    }
    assert_eq!(ended, jobs, "each in its turn");
    assert!(
        engine.open_jobs().unwrap().is_empty(),
        "and nothing is left to do"
    );
    assert_eq!(
        engine.minutes(id).unwrap()[0].minutes.coverage,
        1.0,
        "the minutes are of the new transcript"
    );
}

#[test]
fn what_the_settings_want_is_written_from_a_new_transcript() {
    let home = Home::new().unwrap();
    let engine = minuting_engine(&home, QueueMode::All);
    let mut events = engine.subscribe();
    let id = add_tone(&home, &engine, 35.0);
    let job_id = engine.transcribe(id, Some(QUICK_MODEL), plain_sound()).unwrap();
    let written = wait_for(&mut events, |event| match event {
        Event::JobDone { job_id: done, .. } if *done != job_id => Some(*done),
        _ => None,
    });
    assert!(written > job_id, "the minutes come after the transcript, unasked");
    assert_eq!(engine.minutes(id).unwrap().len(), 1, "and are there");
}

#[test]
fn words_that_were_learned_are_told_to_whisper() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &["Kim Hanul speaks about the budget."]);
    let engine = fake_engine(&home, QueueMode::Own, &behaviour(&["say-vocabulary"]));
    propose(&home, id, "Kim Haneul speaks about the budget.");
    engine
        .decide_corrections(id, &[0], CorrectionState::Accepted)
        .unwrap();
    let learned = engine.learned_words().unwrap();
    assert!(!learned.is_empty(), "a name that was mended is learned");
    let mut events = engine.subscribe();
    let next = add_tone(&home, &engine, 35.0);
    let options = TranscribeOptions {
        vocabulary: vec!["RecordRoute".to_owned()],
        ..plain_sound()
    };
    let job_id = engine.transcribe(next, Some(QUICK_MODEL), options).unwrap();
    wait_for_end(&mut events, job_id);
    let heard = engine.transcript(next).unwrap().text();
    assert!(
        heard.contains("RecordRoute") && learned.iter().all(|word| heard.contains(word.as_str())),
        "the user's own words and the learned ones: {heard}"
    );
}

/// As a model would propose it.
fn propose(home: &Home, id: RecordingId, proposed: &str) {
    use recordroute_engine::core::{Correction, JobKind};
    let library = recordroute_store::Library::open(&home.library()).unwrap();
    let (transcript, read) = library.versioned_transcript(id).unwrap().unwrap();
    let kind = JobKind::Correct {
        model: LANGUAGE_MODEL.to_owned(),
    };
    let job = library
        .enqueue_claimed(id, &kind, "fixture", Duration::from_secs(60))
        .unwrap();
    let correction = Correction {
        segment_idx: 0,
        original: transcript.segments[0].text.clone(),
        proposed: proposed.to_owned(),
        diff: Vec::new(),
        marks: Vec::new(),
        state: CorrectionState::Open,
    };
    library
        .save_corrections(job, "fixture", read, &[correction])
        .unwrap();
    library
        .finish(job, "fixture", &recordroute_store::JobEnd::Done)
        .unwrap();
}

#[test]
fn an_edit_outdates_the_minutes_and_new_ones_are_not() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let engine = fake_engine(&home, QueueMode::All, &[]);
    let mut events = engine.subscribe();
    let job_id = engine.make_minutes(id, &choice()).unwrap();
    wait_for_end(&mut events, job_id);
    assert!(
        !engine.minutes(id).unwrap()[0].is_outdated,
        "they are of the text as it is"
    );
    engine
        .edit_segment(id, 1, "Kim will send the numbers until Monday.")
        .unwrap();
    assert!(
        engine.minutes(id).unwrap()[0].is_outdated,
        "which is another one now"
    );
    assert_eq!(
        engine.search("until Monday", 5).unwrap().len(),
        1,
        "and is found by what it says now"
    );
    let job_id = engine.make_minutes(id, &choice()).unwrap();
    wait_for_end(&mut events, job_id);
    assert!(
        !engine.minutes(id).unwrap()[0].is_outdated,
        "made anew they are not outdated"
    );
}

/// Waits until a job is done; gives what is to be known about it.
fn wait_until_done(events: &mut Receiver<Event>, id: JobId) -> Option<String> {
    match wait_for_end(events, id) {
        Event::JobDone { notice, .. } => notice,
        end => panic!("it ends well: {end:?}"),
    }
}

/// The minutes with another text in their first line.
fn edited(engine: &Engine, id: RecordingId, text: &str) -> Vec<MinutesSection> {
    let mut sections = engine.minutes(id).unwrap().remove(0).minutes.sections;
    sections[0].items[0].text = text.to_owned();
    engine.save_minutes(id, "meeting", sections.clone()).unwrap();
    sections
}

#[test]
fn what_the_user_writes_while_a_renewal_waits_stays() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let engine = fake_engine(&home, QueueMode::All, &behaviour(&["token-ms=30"]));
    let mut events = engine.subscribe();
    let first = [
        engine.make_minutes(id, &choice()).unwrap(),
        engine.make_title(id, Some(LANGUAGE_MODEL)).unwrap(),
    ];
    for job_id in first {
        assert_eq!(wait_until_done(&mut events, job_id), None);
    }
    engine
        .edit_segment(id, 0, "We meet to talk about the cellar.")
        .unwrap();
    let renewed = engine.renew(id).unwrap();
    edited(&engine, id, "My own line");
    engine.rename(id, "My own title").unwrap();
    for job_id in &renewed {
        let notice = wait_until_done(&mut events, *job_id).expect("it is told");
        assert!(notice.contains("stay"), "{notice}");
    }
    assert_eq!(
        engine.minutes(id).unwrap()[0].minutes.sections[0].items[0].text,
        "My own line"
    );
    assert_eq!(engine.recording(id).unwrap().title, "My own title");

    let asked_for = engine.make_title(id, Some(LANGUAGE_MODEL)).unwrap();
    assert_eq!(
        wait_until_done(&mut events, asked_for),
        None,
        "whoever asks for one gets one"
    );
    assert_ne!(engine.recording(id).unwrap().title, "My own title");
}

#[test]
fn minutes_of_half_a_transcript_say_so_and_its_transcription_goes_on() {
    let home = Home::new().unwrap();
    let words = [
        "chunk-ms=1500",
        "token-ms=30",
        "say=we talk about the budget of next year",
    ];
    let engine = fake_engine(&home, QueueMode::All, &behaviour(&words));
    let mut events = engine.subscribe();
    let id = add_tone(&home, &engine, 130.0);
    let begun = engine.transcribe(id, Some(QUICK_MODEL), plain_sound()).unwrap();
    wait_for(&mut events, |event| {
        matches!(event, Event::Segments { .. }).then_some(())
    });
    engine.cancel_job(begun).unwrap();
    wait_for_end(&mut events, begun);
    assert!(!engine.is_transcribed(id).unwrap(), "a half is no whole");
    let job_id = engine.make_minutes(id, &choice()).unwrap();
    let notice = wait_until_done(&mut events, job_id).expect("it is told");
    assert!(notice.contains("not transcribed to its end"), "{notice}");
    let minutes = engine.minutes(id).unwrap().remove(0).minutes;
    let rest = minutes.failed_parts.last().expect("it stands in the minutes");
    let heard_ms = engine.segments(id).unwrap().last().unwrap().end_ms;
    assert_eq!(
        (rest.start_ms, rest.end_ms),
        (heard_ms, 130_000),
        "from where to where"
    );
    let options = ProcessOptions {
        speech_model: None,
        transcribe: Some(plain_sound()),
        correct: false,
        minutes: choice(),
    };
    let jobs = engine.process(id, &options).unwrap();
    assert_eq!(jobs[0], begun, "what was begun goes on");
    wait_until_done(&mut events, begun);
    assert!(engine.is_transcribed(id).unwrap(), "to its end");
    assert!(
        engine.minutes(id).unwrap()[0].is_outdated,
        "which those of the half are not of"
    );
    wait_until_done(&mut events, *jobs.last().unwrap());
    let minutes = engine.minutes(id).unwrap().remove(0).minutes;
    assert_eq!(minutes.failed_parts, [], "and the minutes are of all of it");
}

#[test]
fn minutes_that_were_changed_by_hand_are_shown_and_not_made_anew() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let engine = fake_engine(&home, QueueMode::All, &[]);
    let mut events = engine.subscribe();
    let job_id = engine.make_minutes(id, &choice()).unwrap();
    wait_until_done(&mut events, job_id);
    edited(&engine, id, "My own line");
    engine
        .edit_segment(id, 0, "We meet to talk about the cellar.")
        .unwrap();
    let options = ProcessOptions {
        speech_model: None,
        transcribe: None,
        correct: false,
        minutes: choice(),
    };
    let jobs = engine.process(id, &options).unwrap();
    let notice = wait_until_done(&mut events, *jobs.last().unwrap()).expect("it is told");
    assert!(notice.contains("stay"), "nor with all the rest: {notice}");
    drop(engine);
    let number = id.to_string();
    let shown = run_well(&home, &["minutes", &number]);
    assert!(shown.contains("My own line"), "{shown}");
    let refused = run(&home, &["minutes", &number, "--language", "ko"]);
    assert!(!refused.status.success(), "others would take their place");
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("--again"), "unless that is wanted: {why}");
}

#[test]
fn a_new_transcript_replaces_no_minutes_that_the_user_changed() {
    let home = Home::new().unwrap();
    let engine = minuting_engine(&home, QueueMode::All);
    let mut events = engine.subscribe();
    let id = add_tone(&home, &engine, 35.0);
    let transcribe = || engine.transcribe(id, Some(QUICK_MODEL), plain_sound()).unwrap();
    let first = transcribe();
    wait_for(&mut events, |event| match event {
        Event::JobDone { job_id, .. } if *job_id > first => Some(()),
        _ => None,
    });
    edited(&engine, id, "My own line");
    wait_until_done(&mut events, transcribe());
    assert!(engine.open_jobs().unwrap().is_empty(), "none are written");
    let stored = engine.minutes(id).unwrap().remove(0);
    assert_eq!(stored.minutes.sections[0].items[0].text, "My own line");
    assert!(
        stored.is_outdated,
        "and that they are of the earlier text is said"
    );
}

#[test]
fn an_edit_of_minutes_of_an_earlier_transcript_moves_no_line() {
    let home = Home::new().unwrap();
    let id = transcribed(&home, "talk", &TEXTS);
    let engine = fake_engine(&home, QueueMode::All, &[]);
    let mut events = engine.subscribe();
    let job_id = engine.make_minutes(id, &choice()).unwrap();
    assert_eq!(wait_until_done(&mut events, job_id), None);
    let places = |engine: &Engine| -> Vec<(Vec<u32>, u64, u64)> {
        let sections = engine.minutes(id).unwrap().remove(0).minutes.sections;
        let items = sections.into_iter().flat_map(|section| section.items);
        items
            .map(|item| (item.segments, item.start_ms, item.end_ms))
            .collect()
    };
    let before = places(&engine);
    assert!(!before.is_empty(), "there are lines to be moved");

    let mut later = WrittenRecording::of_texts("talk", &["One sentence, much later."]);
    later.segments[0].start_ms += 500_000;
    later.segments[0].end_ms += 500_000;
    later
        .transcribe(&Library::open(&home.library()).unwrap(), id)
        .unwrap();
    edited(&engine, id, "My own line");
    assert_eq!(places(&engine), before, "a line is heard where it was said");
}
