//! The queue: leases between programs, work that goes on where a dead program left it.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{LEASE, draft, kind, korean, library, segment, transcribe, transcribed};
use recordroute_core::{ErrorCode, JobState, Stage};
use recordroute_store::{ChunkRecord, JobEnd, JobListing, Library, RunFacts, StoreError};

const NO_TIME: Duration = Duration::ZERO;

#[test]
fn jobs_are_taken_in_order_and_each_by_one_program() {
    let (dir, window) = library();
    let terminal = Library::open(dir.path()).unwrap();
    let id = window.add_recording(&draft("a")).unwrap();
    let first = window.enqueue(id, &kind()).unwrap();
    let second = window.enqueue(id, &kind()).unwrap();

    let job = window.claim_next("window", LEASE).unwrap().unwrap();
    assert_eq!(job.id, first, "the oldest job comes first");
    assert_eq!(
        (job.state, job.n_attempts),
        (JobState::Running, 1),
        "it was begun once"
    );
    assert!(
        matches!(
            terminal.claim(first, "terminal", LEASE),
            Err(StoreError::JobTaken(_))
        ),
        "a job with a living owner is not taken"
    );
    assert_eq!(
        terminal.claim_next("terminal", LEASE).unwrap().unwrap().id,
        second,
        "the second program goes on with the second job"
    );
    assert_eq!(
        window.claim_next("window", LEASE).unwrap(),
        None,
        "nothing is left to take"
    );
}

#[test]
fn a_dead_owner_loses_its_job_and_nothing_is_lost_or_doubled() {
    let (dir, library_a) = library();
    let library_b = Library::open(dir.path()).unwrap();
    let id = library_a.add_recording(&draft("회의")).unwrap();
    let job = library_a.enqueue_claimed(id, &kind(), "a", NO_TIME).unwrap();
    let language = korean();
    let chunk = |end_ms: u64, texts: &[&str]| {
        let start_ms = end_ms - 10_000;
        let segments: Vec<_> = texts.iter().map(|text| segment(start_ms, end_ms, text)).collect();
        (end_ms, segments)
    };
    let record = |library: &Library, owner: &str, (end_ms, segments): &(u64, Vec<_>)| {
        let chunk = ChunkRecord {
            source_end_ms: *end_ms,
            segments,
            language: Some(&language),
        };
        library.record_chunk(job, owner, &chunk)
    };
    assert!(
        record(&library_a, "a", &chunk(10_000, &["하나"])).unwrap(),
        "the first chunk is stored"
    );
    drop(library_a);

    let taken = library_b.claim_next("b", LEASE).unwrap().unwrap();
    assert_eq!(
        (taken.id, taken.done_ms, taken.n_attempts),
        (job, 10_000, 2),
        "it goes on where it was"
    );
    assert!(
        !record(&library_b, "b", &chunk(10_000, &["하나"])).unwrap(),
        "the stored chunk is not stored again"
    );
    assert!(
        record(&library_b, "b", &chunk(20_000, &["둘"])).unwrap(),
        "the next one is"
    );

    let back = Library::open(dir.path()).unwrap();
    assert!(
        matches!(
            record(&back, "a", &chunk(30_000, &["셋"])),
            Err(StoreError::LeaseLost(_))
        ),
        "the first owner, woken from sleep, may not write into it any more"
    );
    library_b.finish(job, "b", &JobEnd::Done).unwrap();
    assert_eq!(
        back.transcript(id).unwrap().text(),
        "하나\n둘",
        "every segment is there once"
    );
    assert_eq!(
        back.job(job).unwrap().state,
        JobState::Done,
        "and the job ended well"
    );
}

#[test]
fn a_lease_that_ran_out_still_counts_while_nobody_else_came() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let job = library.enqueue_claimed(id, &kind(), "a", NO_TIME).unwrap();
    assert!(
        library.renew("a", LEASE).unwrap().is_empty(),
        "nobody wants it cancelled"
    );
    assert_eq!(
        library.claim_next("b", LEASE).unwrap(),
        None,
        "the renewed lease holds again"
    );
    library.finish(job, "a", &JobEnd::Done).unwrap();
}

#[test]
fn a_chunk_that_cannot_be_stored_leaves_nothing_behind() {
    let (dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let job = library.enqueue_claimed(id, &kind(), "a", LEASE).unwrap();
    let good = [segment(0, 9_000, "one")];
    let chunk = ChunkRecord {
        source_end_ms: 10_000,
        segments: &good,
        language: None,
    };
    library.record_chunk(job, "a", &chunk).unwrap();
    // From outside, as a fault in the middle of the transaction.
    let outside = rusqlite::Connection::open(dir.path().join("library.db")).unwrap();
    outside
        .execute_batch(
            "CREATE TRIGGER fault BEFORE INSERT ON segments WHEN new.text = 'three'
             BEGIN SELECT RAISE(ABORT, 'fault'); END",
        )
        .unwrap();
    let bad = [segment(10_000, 12_000, "two"), segment(12_000, 14_000, "three")];
    let chunk = ChunkRecord {
        source_end_ms: 20_000,
        segments: &bad,
        language: None,
    };
    assert!(
        library.record_chunk(job, "a", &chunk).is_err(),
        "the fault is told"
    );
    assert_eq!(
        library.job(job).unwrap().done_ms,
        10_000,
        "the job is where it was"
    );
    assert_eq!(
        library.transcript_of_job(job).unwrap().text(),
        "one",
        "half a chunk is not stored"
    );
    assert!(
        library.find_segments(&["two".to_owned()], 5).unwrap().is_empty(),
        "nor can it be found"
    );
}

#[test]
fn segments_come_back_as_they_went_in() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let job = library.enqueue_claimed(id, &kind(), "a", LEASE).unwrap();
    let mut spoken = segment(100, 2_000, "안녕하세요 😀");
    spoken.speaker = Some("화자 1".to_owned());
    let segments = [spoken, segment(2_000, 3_000, "Hello.")];
    let chunk = ChunkRecord {
        source_end_ms: 3_000,
        segments: &segments,
        language: Some(&korean()),
    };
    library.record_chunk(job, "a", &chunk).unwrap();
    let facts = RunFacts {
        device: Some("CPU (2 threads)".to_owned()),
        speed: Some(8.5),
        ..RunFacts::default()
    };
    library.set_run_facts(job, "a", &facts).unwrap();
    library.finish(job, "a", &JobEnd::Done).unwrap();

    let transcript = library.transcript(id).unwrap();
    assert_eq!(transcript.segments, segments, "nothing is lost on the way");
    assert_eq!(
        transcript.language,
        Some(korean()),
        "the language is the last chunk's"
    );
    let recording = library.recording(id).unwrap();
    assert_eq!(
        recording.model.as_deref(),
        Some("whisper-base"),
        "the model is the job's"
    );
    assert_eq!(
        recording.device.as_deref(),
        Some("CPU (2 threads)"),
        "the device was told"
    );
    assert_eq!(recording.speed, Some(8.5), "and the speed");
    assert_eq!(recording.n_segments, 2, "the list shows how many there are");
}

#[test]
fn the_newest_finished_transcript_is_the_recordings() {
    let (_dir, library) = library();
    let (id, old) = transcribed(&library, "a", &["old words"]);
    let job = library.enqueue_claimed(id, &kind(), "a", LEASE).unwrap();
    let segments = [segment(0, 1_000, "half done")];
    let chunk = ChunkRecord {
        source_end_ms: 1_000,
        segments: &segments,
        language: None,
    };
    library.record_chunk(job, "a", &chunk).unwrap();
    assert_eq!(
        library.transcript(id).unwrap().text(),
        "old words",
        "a whole transcript stands until the new one is whole"
    );
    library.finish(job, "a", &JobEnd::Done).unwrap();
    assert_eq!(
        library.transcript(id).unwrap().text(),
        "half done",
        "now the new one counts"
    );
    assert_eq!(
        library.transcript_of_job(old).unwrap().text(),
        "old words",
        "the old one is still there"
    );
    let found = |word: &str| library.find_segments(&[word.to_owned()], 5).unwrap().len();
    assert_eq!(
        (found("old"), found("half")),
        (0, 1),
        "only the current one is found"
    );
}

#[test]
fn silence_is_a_result() {
    let (_dir, library) = library();
    let (id, _) = transcribed(&library, "a", &["first try"]);
    let job = library.enqueue_claimed(id, &kind(), "a", LEASE).unwrap();
    library.finish(job, "a", &JobEnd::Done).unwrap();
    assert!(
        library.transcript(id).unwrap().segments.is_empty(),
        "a finished run that heard nothing is the newest transcript"
    );
}

#[test]
fn cancelling_reaches_jobs_wherever_they_are() {
    let (dir, window) = library();
    let terminal = Library::open(dir.path()).unwrap();
    let id = window.add_recording(&draft("a")).unwrap();
    let waiting = window.enqueue(id, &kind()).unwrap();
    assert_eq!(
        window.request_cancel(waiting).unwrap(),
        JobState::Cancelled,
        "a waiting job ends at once"
    );
    let running = window.enqueue_claimed(id, &kind(), "window", LEASE).unwrap();
    assert_eq!(
        terminal.request_cancel(running).unwrap(),
        JobState::Running,
        "a running one is up to its owner"
    );
    assert_eq!(
        window.renew("window", LEASE).unwrap(),
        [running],
        "who learns of it when it renews its lease"
    );
    window.finish(running, "window", &JobEnd::Cancelled).unwrap();
    assert_eq!(
        window.job(running).unwrap().state,
        JobState::Cancelled,
        "and ends it"
    );

    let dead = window.enqueue_claimed(id, &kind(), "dead", NO_TIME).unwrap();
    assert_eq!(
        terminal.request_cancel(dead).unwrap(),
        JobState::Cancelled,
        "nobody is there to ask, so it ends at once"
    );
    assert_eq!(
        terminal.request_cancel(dead).unwrap(),
        JobState::Cancelled,
        "cancelling twice changes nothing"
    );
}

#[test]
fn a_cancel_that_its_owner_did_not_live_to_see_counts() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let lease = Duration::from_millis(300);
    let job = library.enqueue_claimed(id, &kind(), "dead", lease).unwrap();
    assert_eq!(
        library.request_cancel(job).unwrap(),
        JobState::Running,
        "the owner seems to live"
    );
    std::thread::sleep(lease * 2);
    assert_eq!(
        library.claim_next("b", LEASE).unwrap(),
        None,
        "the job is not taken up again"
    );
    assert_eq!(
        library.job(job).unwrap().state,
        JobState::Cancelled,
        "it is cancelled"
    );
}

#[test]
fn a_failed_job_is_retried_from_where_it_was() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let job = library.enqueue_claimed(id, &kind(), "a", LEASE).unwrap();
    let segments = [segment(0, 9_000, "one")];
    let chunk = ChunkRecord {
        source_end_ms: 10_000,
        segments: &segments,
        language: None,
    };
    library.record_chunk(job, "a", &chunk).unwrap();
    let end = JobEnd::Failed {
        message: "The worker died.".to_owned(),
        code: ErrorCode::WorkerDied,
    };
    library.finish(job, "a", &end).unwrap();
    let failed = library.job(job).unwrap();
    assert_eq!(
        failed.error.as_deref(),
        Some("The worker died."),
        "the reason is kept"
    );
    assert_eq!(
        failed.error_code,
        Some(ErrorCode::WorkerDied),
        "also for programs"
    );
    assert_eq!(
        library.recording(id).unwrap().n_segments,
        1,
        "what was heard before stands"
    );
    library.retry(job).unwrap();
    let again = library.claim_next("b", LEASE).unwrap().unwrap();
    assert_eq!(
        (again.id, again.done_ms, again.error),
        (job, 10_000, None),
        "it goes on from there"
    );
    library.finish(job, "b", &JobEnd::Done).unwrap();
    assert!(
        matches!(library.retry(job), Err(StoreError::JobEnded(_))),
        "a job that is done has nothing to retry"
    );
    library.restart(job).unwrap();
    let anew = library.claim_next("b", LEASE).unwrap().unwrap();
    assert_eq!(anew.done_ms, 0, "done again, it begins at the beginning");
    assert!(
        library.transcript(id).unwrap().segments.is_empty(),
        "and its old segments are gone"
    );
    assert!(
        library.find_segments(&["one".to_owned()], 5).unwrap().is_empty(),
        "also for the search"
    );
}

#[test]
fn the_queue_can_be_reordered() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let jobs: Vec<_> = (0..4).map(|_| library.enqueue(id, &kind()).unwrap()).collect();
    let order = || -> Vec<_> {
        let listing = JobListing {
            open_only: true,
            ..JobListing::default()
        };
        library.jobs(&listing).unwrap().iter().map(|job| job.id).collect()
    };
    library.move_job(jobs[3], 0).unwrap();
    assert_eq!(order(), [jobs[3], jobs[0], jobs[1], jobs[2]], "the last is first");
    library.move_job(jobs[3], 99).unwrap();
    assert_eq!(order(), jobs, "and last again");
    library.claim(jobs[2], "a", LEASE).unwrap();
    library.move_job(jobs[1], 0).unwrap();
    assert_eq!(
        order(),
        [jobs[2], jobs[1], jobs[0], jobs[3]],
        "a running job leads the list and is not in the way"
    );
    assert!(
        matches!(library.move_job(jobs[2], 0), Err(StoreError::JobTaken(_))),
        "a running job has no place in the queue"
    );
}

#[test]
fn a_program_that_ends_gives_its_jobs_back() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let first = library.enqueue(id, &kind()).unwrap();
    let second = library.enqueue(id, &kind()).unwrap();
    library.claim_next("a", LEASE).unwrap();
    library.set_stage(first, "a", Stage::LoadingModel).unwrap();
    library.release("a").unwrap();
    let job = library.job(first).unwrap();
    assert_eq!(
        (job.state, job.stage),
        (JobState::Queued, Stage::Waiting),
        "it waits again"
    );
    assert_eq!(
        library.claim_next("b", LEASE).unwrap().unwrap().id,
        first,
        "in its old place, before the second ({second})",
    );
}

#[test]
fn a_lease_from_before_the_clock_was_set_back_is_void() {
    let (dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let job = library.enqueue_claimed(id, &kind(), "a", LEASE).unwrap();
    rusqlite::Connection::open(dir.path().join("library.db"))
        .unwrap()
        .execute("UPDATE jobs SET lease_until_ms = lease_until_ms + 86400000", [])
        .unwrap();
    assert_eq!(
        library.claim_next("b", LEASE).unwrap().map(|job| job.id),
        Some(job),
        "a day-long lease was never given"
    );
}

#[test]
fn trashing_stops_the_jobs_of_a_recording() {
    let (_dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    let running = library.enqueue_claimed(id, &kind(), "a", LEASE).unwrap();
    let waiting = library.enqueue(id, &kind()).unwrap();
    library.trash(id).unwrap();
    assert_eq!(
        library.job(waiting).unwrap().state,
        JobState::Cancelled,
        "it never begins"
    );
    assert_eq!(
        library.renew("a", LEASE).unwrap(),
        [running],
        "the running one is to stop"
    );
    library.purge(None).unwrap();
    assert!(
        matches!(
            library.finish(running, "a", &JobEnd::Cancelled),
            Err(StoreError::LeaseLost(_))
        ),
        "purged under its owner's hands, the job is simply gone"
    );
}

#[test]
fn reading_does_not_wait_for_writing() {
    let (dir, library) = library();
    let (id, _) = transcribed(&library, "a", &["stored before"]);
    let writing = rusqlite::Connection::open(dir.path().join("library.db")).unwrap();
    writing
        .execute_batch("BEGIN EXCLUSIVE; UPDATE recordings SET title = 'half written'")
        .unwrap();
    assert_eq!(
        library.recording(id).unwrap().title,
        "a",
        "the list shows what is whole while another program writes"
    );
    assert_eq!(
        library.find_segments(&["before".to_owned()], 5).unwrap().len(),
        1,
        "and the search goes on"
    );
    writing.execute_batch("ROLLBACK").unwrap();
    library.rename(id, "b").unwrap();
    assert_eq!(
        library.recording(id).unwrap().title,
        "b",
        "afterwards writing goes on too"
    );
}

#[test]
fn many_programs_share_one_queue() {
    let (dir, library) = library();
    let id = library.add_recording(&draft("a")).unwrap();
    for _ in 0..20 {
        library.enqueue(id, &kind()).unwrap();
    }
    let workers: Vec<_> = (0..4)
        .map(|number| {
            let dir = dir.path().to_owned();
            std::thread::spawn(move || {
                let library = Library::open(&dir).unwrap();
                let owner = format!("worker {number}");
                let mut taken = Vec::new();
                while let Some(job) = library.claim_next(&owner, LEASE).unwrap() {
                    library.finish(job.id, &owner, &JobEnd::Done).unwrap();
                    taken.push(job.id);
                }
                taken
            })
        })
        .collect();
    let mut taken: Vec<_> = workers
        .into_iter()
        .flat_map(|worker| worker.join().unwrap())
        .collect();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 20, "every job was done, and none twice");
    let again = transcribe(&library, id, &["later"]);
    assert!(again > taken[19], "and the library still works");
}
