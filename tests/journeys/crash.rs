//! kill -9 of the worker and of the program in the middle of real work.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use recordroute_engine::core::{JobState, Transcript};
use recordroute_engine::{Engine, QueueMode};
use recordroute_testkit::Home;
use serde_json::Value;

use crate::support::{QUICK_MODEL, arg, fake_engine, interrupt, long_speech, recordroute, run_well};

/// How often the sample is repeated: some minutes of speech, seconds of work.
const N_TIMES: usize = 8;

fn start(home: &Home, file: &str) -> Child {
    recordroute(home)
        .process_group(0)
        .args(["transcribe", file, "--model", QUICK_MODEL, "--language", "en"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// Waits until the first segments were printed: then they are stored, and more is to come.
fn wait_for_first_line(child: &mut Child) {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("stdout is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("a line is printed");
    assert!(!line.trim().is_empty(), "the first segment has words");
}

fn kill(pid: u32) {
    let status = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success(), "process {pid} was there to be killed");
}

fn child_of(pid: u32) -> Option<u32> {
    let output = Command::new("pgrep")
        .args(["-P", &pid.to_string()])
        .output()
        .expect("pgrep runs");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()
}

fn is_alive(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// The library as another program sees it; runs no jobs.
fn look(home: &Home) -> Engine {
    fake_engine(home, QueueMode::Own, &[])
}

fn stored(home: &Home) -> Transcript {
    let engine = look(home);
    let recordings = engine.recordings(&Default::default()).expect("the library opens");
    assert_eq!(
        recordings.len(),
        1,
        "one file is one recording, however often it was tried"
    );
    engine
        .transcript(recordings[0].id)
        .expect("the transcript can be read")
}

fn undisturbed(file: &str) -> Transcript {
    let home = Home::new().unwrap();
    run_well(
        &home,
        &["transcribe", file, "--model", QUICK_MODEL, "--language", "en"],
    );
    stored(&home)
}

fn assert_same(found: &Transcript, wanted: &Transcript) {
    let lines = |transcript: &Transcript| -> Vec<(u64, u64, String)> {
        transcript
            .segments
            .iter()
            .map(|s| (s.start_ms, s.end_ms, s.text.clone()))
            .collect()
    };
    assert_eq!(
        lines(found),
        lines(wanted),
        "nothing is lost, doubled or changed by the interruption"
    );
}

#[test]
fn the_program_is_killed_and_the_job_ends_rightly_after_restart() {
    let home = Home::new().unwrap();
    let path = long_speech(&home, N_TIMES);
    let file = arg(&path);
    let mut program = start(&home, file);
    wait_for_first_line(&mut program);
    let worker = child_of(program.id()).expect("the worker runs");
    kill(program.id());
    program.wait().expect("it is gone");

    let deadline = Instant::now() + Duration::from_secs(5);
    while is_alive(worker) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!is_alive(worker), "a worker without its program leaves by itself");
    {
        let engine = look(&home);
        let job = engine
            .open_jobs()
            .unwrap()
            .pop()
            .expect("the job is not forgotten");
        assert_eq!(job.state, JobState::Running, "it was interrupted, not ended");
        assert!(job.done_ms > 0, "what was printed is stored");
    }

    let summary = run_well(&home, &["jobs", "run", "--json"]);
    let job: Value = serde_json::from_str(summary.trim()).expect("one job as JSON");
    assert_eq!(job["state"], "done", "the interrupted job comes to its end");
    assert_same(&stored(&home), &undisturbed(file));
}

#[test]
fn the_worker_is_killed_and_the_job_ends_rightly() {
    let home = Home::new().unwrap();
    let path = long_speech(&home, N_TIMES);
    let file = arg(&path);
    let mut program = start(&home, file);
    wait_for_first_line(&mut program);
    kill(child_of(program.id()).expect("the worker runs"));
    // Its output must be read to the end, or the program waits for its reader.
    let mut rest = program.stdout.take().expect("stdout is piped");
    std::io::copy(&mut rest, &mut std::io::sink()).expect("output can be read");
    let status = program.wait().expect("it ends");
    assert!(
        status.success(),
        "the program outlives its worker and ends the job: {status}"
    );
    assert_same(&stored(&home), &undisturbed(file));
}

#[test]
fn ctrl_c_cancels_keeps_what_was_done_and_says_so() {
    let home = Home::new().unwrap();
    let path = long_speech(&home, N_TIMES);
    let mut program = start(&home, arg(&path));
    wait_for_first_line(&mut program);
    let asked = Instant::now();
    interrupt(&program);
    let mut rest = program.stdout.take().expect("stdout is piped");
    std::io::copy(&mut rest, &mut std::io::sink()).expect("output can be read");
    let status = program.wait().expect("it ends");
    assert_eq!(status.code(), Some(3), "cancelled has its own exit status");
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "it took {:?}",
        asked.elapsed()
    );
    assert!(!stored(&home).segments.is_empty(), "what was transcribed stays");
}
