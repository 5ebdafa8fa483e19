//! A program that is killed at any moment, for real: a child process writes until it is shot.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{LEASE, draft, kind, segment};
use recordroute_core::{JobId, JobState};
use recordroute_store::{ChunkRecord, JobEnd, Library};

const CHILD: &str = "RECORDROUTE_STORE_TEST_CHILD";
const CHUNK_MS: u64 = 1_000;
const SEGMENTS_OF_A_CHUNK: u64 = 3;

fn record(library: &Library, job: JobId, owner: &str, chunk_idx: u64) {
    let start_ms = chunk_idx * CHUNK_MS;
    let segments: Vec<_> = (0..SEGMENTS_OF_A_CHUNK)
        .map(|idx| {
            let start_ms = start_ms + idx * 300;
            segment(start_ms, start_ms + 299, &format!("말 {chunk_idx} {idx}"))
        })
        .collect();
    let chunk = ChunkRecord {
        source_end_ms: start_ms + CHUNK_MS,
        segments: &segments,
        language: None,
    };
    library.record_chunk(job, owner, &chunk).unwrap();
}

/// What the child does: takes up the job and writes chunks until it is killed.
fn write_until_killed(dir: &Path) -> ! {
    let library = Library::open(dir).unwrap();
    let owner = format!("process {}", std::process::id());
    let job = library.claim_next(&owner, Duration::ZERO).unwrap().unwrap();
    let mut chunk_idx = job.done_ms / CHUNK_MS;
    loop {
        record(&library, job.id, &owner, chunk_idx);
        chunk_idx += 1;
    }
}

#[test]
fn a_program_killed_while_it_writes_loses_and_doubles_nothing() {
    if let Some(dir) = std::env::var_os(CHILD) {
        write_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let library = Library::open(dir.path()).unwrap();
    let id = library.add_recording(&draft("긴 회의")).unwrap();
    let job = library.enqueue(id, &kind()).unwrap();
    let mut done_ms = 0;
    for round in 0..6_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "a_program_killed_while_it_writes_loses_and_doubles_nothing",
            ])
            .env(CHILD, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Until it has written something, then a moment more, another one in each round.
        let mut waits_left = 2_000;
        while library.job(job).unwrap().done_ms <= done_ms {
            waits_left -= 1;
            assert!(waits_left > 0, "the child of round {round} writes nothing");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_micros(u64::from(round) * 1_730));
        child.kill().unwrap();
        child.wait().unwrap();

        let seen = library.job(job).unwrap();
        assert!(seen.done_ms > done_ms, "round {round} brought the job further");
        done_ms = seen.done_ms;
        let transcript = library.transcript_of_job(job).unwrap();
        let expected: Vec<String> = (0..done_ms / CHUNK_MS)
            .flat_map(|chunk| (0..SEGMENTS_OF_A_CHUNK).map(move |idx| format!("말 {chunk} {idx}")))
            .collect();
        assert_eq!(
            transcript.text(),
            expected.join("\n"),
            "after round {round} exactly the segments before {done_ms} ms are there"
        );
        assert_eq!(
            library
                .find_segments(&["말".to_owned()], usize::MAX)
                .unwrap()
                .len(),
            expected.len(),
            "and each is found once"
        );
    }
    let last = library.claim_next("last", LEASE).unwrap().unwrap();
    assert_eq!(
        (last.id, last.n_attempts),
        (job, 7),
        "the job was begun seven times"
    );
    record(&library, job, "last", done_ms / CHUNK_MS);
    library.finish(job, "last", &JobEnd::Done).unwrap();
    assert_eq!(library.job(job).unwrap().state, JobState::Done, "and ends well");
    assert_eq!(
        library.damage().unwrap(),
        Vec::<String>::new(),
        "six kills have not damaged the file"
    );
}
