//! What is said in a recording while it is made, by a real worker; and recordings whose worker is slow or dies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use recordroute_audio::Decoder;
use recordroute_engine::capture::{
    CaptureError, Faults, InputKind, OpenSource, SampleWidth, Source, SourceFormat, ring,
};
use recordroute_engine::core::{Event, JobId, Language, word_error_rate};
use recordroute_engine::worker::WorkerCommand;
use recordroute_engine::{
    Engine, LiveLine, LiveRecording, LiveText, LiveTextState, QueueMode, RecordOptions, Recorded, Settings,
};
use recordroute_testkit::Home;

use crate::support::{MULTILINGUAL_MODEL, QUICK_MODEL, fixture, settings, words};

/// Long enough for a busy machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(180);
const SAMPLE_RATE_HZ: usize = 16_000;
/// Frames that are delivered at once, every 10 ms.
const BLOCK: usize = SAMPLE_RATE_HZ / 100;

/// Plays samples once, as a microphone would deliver them, and then silence.
struct Player(Arc<[f32]>);

struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Source for Player {
    fn kind(&self) -> InputKind {
        InputKind::Microphone
    }

    fn open(&mut self) -> Result<OpenSource, CaptureError> {
        let format = SourceFormat {
            sample_rate_hz: SAMPLE_RATE_HZ as u32,
            n_channels: 1,
            width: SampleWidth::Bits16,
        };
        let (mut inlet, outlet) = ring(format, 5);
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, samples) = (Arc::clone(&stop), Arc::clone(&self.0));
        std::thread::spawn(move || {
            let began = Instant::now();
            for idx in 0.. {
                let due = began + Duration::from_millis(10) * (idx as u32 + 1);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let block = samples
                    .get(idx * BLOCK..(idx + 1) * BLOCK)
                    .unwrap_or(&[0.0; BLOCK]);
                inlet.push(block, |sample| sample, due);
            }
        });
        Ok(OpenSource {
            format,
            name: "Player".to_owned(),
            outlet,
            faults: Arc::new(Faults::default()),
            stream: Box::new(Stop(stop)),
        })
    }
}

/// A fixture in whole blocks of samples that 16 bits hold exactly.
fn speech(name: &str) -> Vec<f32> {
    let mut decoder = Decoder::open(&fixture(name)).unwrap();
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block().unwrap() {
        samples.extend(
            block
                .samples
                .iter()
                .map(|sample| (sample * 32_768.0).round() / 32_768.0),
        );
    }
    samples.resize(samples.len().next_multiple_of(BLOCK), 0.0);
    samples
}

fn silence(ms: usize) -> Vec<f32> {
    vec![0.0; SAMPLE_RATE_HZ * ms / 1_000]
}

fn engine(home: &Home, worker: WorkerCommand, model: &str) -> Engine {
    let settings = Settings {
        model: Some(model.to_owned()),
        language: Language::ENGLISH,
        ..settings(home)
    };
    Engine::open(settings, worker, QueueMode::Own).unwrap()
}

fn real_worker() -> WorkerCommand {
    WorkerCommand {
        program: PathBuf::from(env!("CARGO_BIN_EXE_recordroute-under-test")),
        arguments: vec!["worker".into()],
    }
}

fn fake_worker(behaviour: &[String]) -> WorkerCommand {
    WorkerCommand {
        program: PathBuf::from(env!("CARGO_BIN_EXE_recordroute-fake-worker")),
        arguments: behaviour.iter().map(OsString::from).collect(),
    }
}

fn begin(engine: &Engine, samples: &[f32], transcribe: bool) -> LiveRecording {
    let options = RecordOptions {
        transcribe,
        live: true,
        ..RecordOptions::default()
    };
    let began = Instant::now();
    let player: Box<dyn Source> = Box::new(Player(samples.into()));
    let recording = engine.record_from(vec![player], "Player", &options).unwrap();
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(2),
        "it begins at once, whatever listens: {took:?}"
    );
    recording
}

/// Ends it, which waits for no worker.
fn stop(recording: LiveRecording) -> Recorded {
    let began = Instant::now();
    let recorded = recording.stop().unwrap();
    let took = began.elapsed();
    assert!(
        took < Duration::from_secs(2),
        "it ends at once, whatever listens: {took:?}"
    );
    recorded
}

/// Ends it when all of it was played.
fn stop_after(recording: LiveRecording, played: &[f32]) -> Recorded {
    let length_ms = (played.len() * 1_000 / SAMPLE_RATE_HZ) as u64;
    while recording.status().elapsed_ms < length_ms + 200 {
        std::thread::sleep(Duration::from_millis(50));
    }
    stop(recording)
}

/// Waits until the live transcript is as wished.
fn wait_for(recording: &LiveRecording, wanted: impl Fn(&LiveText) -> bool) -> LiveText {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = recording.live_text(0).unwrap();
        if wanted(&text) {
            return text;
        }
        assert!(Instant::now() < deadline, "it did not come: {text:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn said(lines: &[LiveLine]) -> String {
    let texts: Vec<&str> = lines.iter().filter_map(|line| line.text.as_deref()).collect();
    texts.join(" ")
}

/// Every sample that was played stands in the file where it was played.
fn assert_complete(path: &Path, played: &[f32]) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let heard: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
    let played: Vec<i16> = played.iter().map(|sample| (sample * 32_768.0) as i16).collect();
    assert!(
        heard.len() >= played.len(),
        "the recording is as long as what was played"
    );
    let first = heard
        .iter()
        .zip(&played)
        .position(|(heard, played)| heard != played);
    assert_eq!(first, None, "each frame is what was played");
}

fn wait_for_job(engine: &Engine, job_id: JobId) {
    let mut events = engine.subscribe();
    let deadline = Instant::now() + PATIENCE;
    while engine.job(job_id).unwrap().finished_at.is_none() {
        assert!(Instant::now() < deadline, "the transcription ends");
        if let Ok(Event::JobFailed { message, .. }) = events.try_recv() {
            panic!("the transcription failed: {message}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_said_is_told_at_once_and_the_transcript_replaces_it() {
    let home = Home::new().unwrap();
    let engine = engine(&home, real_worker(), QUICK_MODEL);
    let played = [speech("sample-en.m4a"), silence(1_000)].concat();
    let recording = begin(&engine, &played, true);
    let end_ms = phrase_ends(&played).pop().unwrap();
    let text = wait_for(&recording, |text| has_reached(text, end_ms));
    assert_eq!(text.state, LiveTextState::Listening, "it goes on listening");
    assert!(
        text.lines.is_sorted_by_key(|line| line.start_ms),
        "in the order in which it was said: {:?}",
        text.lines
    );
    let truth = std::fs::read_to_string(fixture("sample-en.txt")).unwrap();
    let live = word_error_rate(&truth, &said(&text.lines));
    assert!(
        live.rate() < 0.1,
        "what was said is what is told: {} ({live:?})",
        said(&text.lines)
    );
    let recorded = stop_after(recording, &played);
    assert_complete(&recorded.path, &played);
    wait_for_job(&engine, recorded.job_id.unwrap());
    let transcript = engine.transcript(recorded.recording_id).unwrap();
    assert_eq!(
        words(&transcript.text()),
        words(&truth),
        "the transcript is that of the whole, with nothing of the other in it"
    );
}

#[test]
fn a_worker_that_dies_is_followed_by_another_and_the_recording_does_not_notice() {
    let home = Home::new().unwrap();
    let marker = format!("die-once={}", home.join("died").display());
    let engine = engine(&home, fake_worker(&["die-at=0".to_owned(), marker]), QUICK_MODEL);
    let phrase = [speech("short-en.wav"), silence(1_500)].concat();
    let played = phrase.repeat(3);
    let recording = begin(&engine, &played, false);
    let text = wait_for(&recording, |text| {
        text.lines.iter().any(|line| line.text.is_some())
    });
    assert!(home.join("died").exists(), "the first one died");
    assert_eq!(text.lines[0].text, None, "what it left out is told");
    assert_eq!(text.state, LiveTextState::Listening, "the next one listens");
    let recorded = stop_after(recording, &played);
    assert_eq!(recorded.n_frames_lost, 0, "no frame is lost");
    assert_complete(&recorded.path, &played);
}

#[test]
fn workers_that_die_again_and_again_end_the_text_and_not_the_recording() {
    let home = Home::new().unwrap();
    let engine = engine(&home, fake_worker(&["die-at=0".to_owned()]), QUICK_MODEL);
    let played = [speech("short-en.wav"), silence(1_000)].concat().repeat(8);
    let recording = begin(&engine, &played, false);
    let text = wait_for(&recording, |text| text.state == LiveTextState::Ended);
    assert!(text.problem.is_some(), "it is said why");
    let at_ms = recording.status().elapsed_ms;
    std::thread::sleep(Duration::from_millis(500));
    assert!(
        recording.status().elapsed_ms > at_ms + 300,
        "the recording goes on"
    );
    let recorded = stop(recording);
    let n_whole = (at_ms * 16) as usize;
    assert_complete(&recorded.path, played.get(..n_whole).unwrap_or(&played));
}

#[test]
fn a_slow_worker_takes_what_waits_together_and_the_recording_loses_nothing() {
    let home = Home::new().unwrap();
    let engine = engine(&home, fake_worker(&["chunk-ms=12000".to_owned()]), QUICK_MODEL);
    let phrase = [speech("short-en.wav"), silence(1_000)].concat();
    let phrase_ms = (phrase.len() / 16) as u64;
    let played = phrase.repeat(4);
    let recording = begin(&engine, &played, false);
    let text = wait_for(&recording, |text| text.lines.len() == 2);
    let together = &text.lines[1];
    assert!(
        together.end_ms - together.start_ms > phrase_ms,
        "what waited is taken together: {together:?}"
    );
    let recorded = stop_after(recording, &played);
    assert_eq!(recorded.n_frames_lost, 0, "no frame is lost");
    assert_complete(&recorded.path, &played);
}

/// Where speech ends before a pause that is long enough to end a phrase, in milliseconds.
fn phrase_ends(samples: &[f32]) -> Vec<u64> {
    const PAUSE_BLOCKS: usize = 55;
    let is_loud = |block: &[f32]| block.iter().any(|sample| sample.abs() > 0.01);
    let loud: Vec<usize> = samples
        .chunks(BLOCK)
        .enumerate()
        .filter_map(|(idx, block)| is_loud(block).then_some(idx))
        .collect();
    let ends = loud.windows(2).filter(|pair| pair[1] - pair[0] > PAUSE_BLOCKS);
    let ends = ends.map(|pair| pair[0]).chain(loud.last().copied());
    ends.map(|block_idx| (block_idx as u64 + 1) * 10).collect()
}

/// Whether what ended then is told; the model's times are exact to a second.
fn has_reached(text: &LiveText, end_ms: u64) -> bool {
    text.lines.iter().any(|line| line.end_ms + 1_200 > end_ms)
}

/// Plays speech and measures how long after the end of each phrase its text is there.
fn delays_ms(model: &str) -> Vec<u64> {
    let home = Home::new().unwrap();
    let engine = engine(&home, real_worker(), model);
    let minute = [
        speech("sample-en.m4a"),
        silence(1_000),
        speech("short-en.wav"),
        silence(1_500),
    ]
    .concat();
    // The model is loaded while nobody speaks.
    let played = [silence(5_000), minute.repeat(2)].concat();
    let recording = begin(&engine, &played, false);
    let mut delays = Vec::new();
    let mut n_lines = 0;
    for end_ms in phrase_ends(&played) {
        let text = wait_for(&recording, |text| has_reached(text, end_ms));
        delays.push(recording.status().elapsed_ms.saturating_sub(end_ms));
        for line in &text.lines[n_lines..] {
            let text = line.text.as_deref().unwrap_or("…");
            eprintln!(
                "{:>6} ms later [{:>6}–{:>6}] {text}",
                delays[delays.len() - 1],
                line.start_ms,
                line.end_ms
            );
        }
        n_lines = text.lines.len();
    }
    stop(recording);
    delays.sort_unstable();
    delays
}

#[test]
#[ignore = "long, and only true where nothing else runs; `npm run test:long`"]
fn text_comes_within_three_seconds_of_its_phrase() {
    let delays = delays_ms(MULTILINGUAL_MODEL);
    let (median, worst) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    eprintln!(
        "{} phrases: {median} ms in the median, {worst} ms at worst",
        delays.len()
    );
    assert!(
        median < 3_000,
        "half of the phrases are there within 3 s: {delays:?}"
    );
}
